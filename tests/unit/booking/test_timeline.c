/* The timeline against a list that is searched from end to end. A failure names its seed. */
#include "gateway/booking/timeline.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>

#define SPANS_MAX 3000
#define SEEDS     30
#define STEPS     4000

struct world {
    uint64_t random, seed;
    struct timeline timeline;
    struct timeline_span spans[SPANS_MAX]; /* the reference, in no order */
    size_t count;
    int64_t reach; /* times lie in [0, reach) */
};

static int64_t pick(struct world *world, int64_t below)
{
    world->random = world->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)(world->random >> 33) % below;
}

#define CHECK(world, what)                                                                                   \
    do {                                                                                                     \
        if (!(what))                                                                                         \
            fail_msg("seed %llu: %s", (unsigned long long)(world)->seed, #what);                             \
    } while (0)

static bool is_taken(const struct world *world, int64_t from, int64_t until, const void *but)
{
    for (size_t i = 0; i < world->count; i++)
        if (world->spans[i].owner != but && world->spans[i].from < until && world->spans[i].until > from)
            return true;
    return false;
}

static void insert(struct world *world)
{
    int64_t from = pick(world, world->reach), until = from + 1 + pick(world, 20);
    void *owner = (void *)(uintptr_t)(world->random | 1);
    bool taken = is_taken(world, from, until, NULL);
    CHECK(world, (timeline_conflict(&world->timeline, from, until) != NULL) == taken);
    enum timeline_result result = timeline_insert(&world->timeline, from, until, owner);
    CHECK(world, result == (taken ? TIMELINE_TAKEN : TIMELINE_OK));
    if (!taken)
        world->spans[world->count++] = (struct timeline_span){from, until, owner};
}

static void take_out(struct world *world)
{
    if (world->count == 0)
        return;
    size_t at = (size_t)pick(world, (int64_t)world->count);
    struct timeline_span span = world->spans[at];
    CHECK(world, !timeline_remove(&world->timeline, span.from, NULL));
    CHECK(world, !timeline_remove(&world->timeline, span.from + 1, span.owner));
    CHECK(world, timeline_remove(&world->timeline, span.from, span.owner));
    CHECK(world, !timeline_remove(&world->timeline, span.from, span.owner));
    world->spans[at] = world->spans[--world->count];
}

static void resize(struct world *world)
{
    if (world->count == 0)
        return;
    struct timeline_span *span = &world->spans[pick(world, (int64_t)world->count)];
    int64_t until = span->from + pick(world, 30);
    bool possible = until > span->from && !is_taken(world, span->from, until, span->owner);
    enum timeline_result result = timeline_resize(&world->timeline, span->from, span->owner, until);
    CHECK(world, result == (possible ? TIMELINE_OK : TIMELINE_TAKEN));
    if (possible)
        span->until = until;
}

static void look_for_gaps(struct world *world)
{
    int64_t from = pick(world, world->reach), end = from + pick(world, 300), least = 1 + pick(world, 10);
    int64_t starts = 0, until = 0, expected = from;
    bool found = timeline_gap(&world->timeline, from, end, least, &starts, &until);
    while (expected + least <= end && is_taken(world, expected, expected + least, NULL))
        expected++;
    CHECK(world, found == (expected + least <= end));
    if (!found)
        return;
    CHECK(world, starts == expected && until <= end && !is_taken(world, starts, until, NULL));
    CHECK(world, until == end || is_taken(world, until, until + 1, NULL));
}

static void walk(struct world *world)
{
    int64_t from = pick(world, world->reach), last = INT64_MIN;
    size_t expected = 0, seen = 0;
    for (size_t i = 0; i < world->count; i++)
        expected += world->spans[i].until > from;
    struct timeline_cursor cursor = timeline_seek(&world->timeline, from);
    for (const struct timeline_span *span; (span = timeline_next(&cursor)) != NULL; seen++) {
        CHECK(world, span->until > from && span->from >= last);
        last = span->until;
    }
    CHECK(world, seen == expected && world->timeline.count == world->count);
}

static void it_agrees_with_a_list(void **state)
{
    (void)state;
    size_t blocks = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct world *world = calloc(1, sizeof *world);
        world->random = world->seed = seed;
        world->reach = seed % 3 == 0 ? 500 : 20000;
        static void (*const deeds[])(struct world *) = {insert, insert, insert,        take_out,
                                                        resize, walk,   look_for_gaps, take_out};
        size_t inserting = seed % 2 == 0 ? 7 : 8; /* it grows and shrinks, or only grows */
        for (int step = 0; step < STEPS && world->count < SPANS_MAX; step++) {
            deeds[pick(world, (int64_t)inserting)](world);
            if (world->timeline.block_count > blocks)
                blocks = world->timeline.block_count;
        }
        while (world->count > 0)
            take_out(world);
        CHECK(world, world->timeline.block_count == 0 && world->timeline.count == 0);
        timeline_finish(&world->timeline);
        free(world);
    }
    assert_true(blocks > 4);
}

static void in_order_the_blocks_stay_full(void **state)
{
    (void)state;
    struct timeline timeline = {0};
    for (int64_t i = 0; i < 10 * TIMELINE_BLOCK; i++)
        assert_int_equal(timeline_insert(&timeline, i, i + 1, &timeline), TIMELINE_OK);
    assert_int_equal(timeline.block_count, 10);
    timeline_finish(&timeline);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_agrees_with_a_list),
        cmocka_unit_test(in_order_the_blocks_stay_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
