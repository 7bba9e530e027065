/* The planner against brute force on small maps, and against the protocol's limits on large ones. */
#include "drivers/modbus.h"
#include "drivers/registers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MILLISECOND INT64_C(1000000)
#define POINTS_MAX  600

static const struct driver_line_spec slow = {
    .serial = true, .baud = 9600, .turnaround = 5 * MILLISECOND, .longest = 120 * MILLISECOND};
static const struct driver_line_spec fast = {
    .serial = true, .baud = 115200, .turnaround = 5 * MILLISECOND, .longest = 120 * MILLISECOND};
static const struct driver_line_spec tcp = {.turnaround = MILLISECOND, .longest = 250 * MILLISECOND};
static const struct driver_line_spec *const lines[] = {&slow, &fast, &tcp};

struct planned {
    struct driver_read reads[POINTS_MAX];
    uint16_t indices[POINTS_MAX];
    int count;
};

static void plan(struct planned *planned, const struct modbus_place *places, size_t count,
                 const struct driver_line_spec *line, uint16_t gap)
{
    uint16_t points[POINTS_MAX];
    for (size_t i = 0; i < count; i++)
        points[i] = (uint16_t)i;
    planned->count = modbus_plan_reads(places, line, gap, points, count, planned->reads, planned->indices);
    assert_true(planned->count >= 0);
}

static struct modbus_place random_place(unsigned addresses)
{
    struct modbus_place place = {.table = (enum modbus_table)(lrand48() % 4), .width = 1};
    place.address = (uint16_t)(lrand48() % addresses);
    if (!modbus_is_bit_table(place.table))
        place.width = (uint16_t)(lrand48() % 4 ? 1 : 2);
    place.alone = lrand48() % 10 == 0;
    return place;
}

static bool is_allowed(const struct modbus_place *places, const uint16_t *points, size_t count, uint16_t gap,
                       const struct driver_line_spec *line)
{
    struct modbus_range range = modbus_range_of(places, points, count);
    bool bits = modbus_is_bit_table(range.table);
    if (count > DRIVER_READ_POINTS_MAX || range.quantity > (bits ? REGISTERS_READ_BITS : REGISTERS_READ_MAX))
        return false;
    if (count > 1 && modbus_read_time(line, &range) > line->longest)
        return false;
    static bool used[65536 + 2];
    memset(used, 0, sizeof used);
    for (size_t i = 0; i < count; i++) {
        const struct modbus_place *place = &places[points[i]];
        if (place->table != range.table || (place->alone && count > 1))
            return false;
        for (unsigned at = place->address; at < place->address + (unsigned)place->width; at++)
            used[at] = true;
    }
    unsigned unused = 0, limit = bits ? 16u * gap : gap;
    for (unsigned at = range.first; at < range.first + (unsigned)range.quantity; at++) {
        unused = used[at] ? 0 : unused + 1;
        if (unused > limit)
            return false;
    }
    return true;
}

static void check_plan(const struct planned *planned, const struct modbus_place *places, size_t count,
                       uint16_t gap, const struct driver_line_spec *line)
{
    unsigned covered[POINTS_MAX] = {0};
    for (int i = 0; i < planned->count; i++) {
        const struct driver_read *read = &planned->reads[i];
        assert_true(read->count > 0);
        assert_true(is_allowed(places, read->points, read->count, gap, line));
        assert_true(read->typical > 0);
        for (size_t k = 0; k < read->count; k++) {
            covered[read->points[k]]++;
            assert_true(k == 0 || read->points[k] > read->points[k - 1]);
        }
    }
    for (size_t i = 0; i < count; i++)
        assert_int_equal(covered[i], 1);
}

static void every_point_is_covered_once_within_the_limits(void **state)
{
    (void)state;
    srand48(7);
    static struct modbus_place places[POINTS_MAX];
    static struct planned planned;
    for (int round = 0; round < 200; round++) {
        size_t count = (size_t)(lrand48() % POINTS_MAX);
        unsigned addresses = round % 2 ? 300 : 65536 - 2;
        for (size_t i = 0; i < count; i++)
            places[i] = random_place(addresses);
        uint16_t gap = (uint16_t)(lrand48() % 125);
        plan(&planned, places, count, lines[round % 3], gap);
        check_plan(&planned, places, count, gap, lines[round % 3]);
    }
}

/* Tries every partition: point `at` joins one of the groups so far or begins one. Any partition at all, so
 * that it also shows that nothing is lost by only looking at neighbours. */
struct search {
    const struct modbus_place *places;
    const struct driver_line_spec *line;
    size_t count;
    uint16_t gap;
    uint16_t groups[8][8];
    size_t sizes[8];
    int64_t best;
};

static void search(struct search *all, size_t at, size_t used)
{
    if (at == all->count) {
        int64_t time = 0;
        for (size_t g = 0; g < used; g++) {
            if (!is_allowed(all->places, all->groups[g], all->sizes[g], all->gap, all->line))
                return;
            struct modbus_range range = modbus_range_of(all->places, all->groups[g], all->sizes[g]);
            time += modbus_read_time(all->line, &range);
        }
        all->best = time < all->best ? time : all->best;
        return;
    }
    for (size_t g = 0; g <= used && g < 8; g++) {
        if (g == used)
            all->sizes[g] = 0;
        all->groups[g][all->sizes[g]++] = (uint16_t)at;
        search(all, at + 1, used + (g == used));
        all->sizes[g]--;
    }
}

static void nothing_is_faster(void **state)
{
    (void)state;
    srand48(11);
    static struct planned planned;
    for (int round = 0; round < 400; round++) {
        struct modbus_place places[6];
        size_t count = 1 + (size_t)(lrand48() % 6);
        for (size_t i = 0; i < count; i++) {
            places[i] = random_place(round % 2 ? 60 : 200);
            places[i].table = lrand48() % 5 ? MODBUS_HOLDING : MODBUS_COIL;
            places[i].width = (uint16_t)(places[i].table == MODBUS_COIL ? 1 : 1 + lrand48() % 2);
        }
        struct search all = {.places = places, .line = lines[round % 3], .count = count, .gap = 124};
        all.best = INT64_MAX;
        search(&all, 0, 0);
        plan(&planned, places, count, all.line, all.gap);
        check_plan(&planned, places, count, all.gap, all.line);
        int64_t time = 0;
        for (int i = 0; i < planned.count; i++)
            time += planned.reads[i].typical;
        if (time != all.best)
            fail_msg("round %d: %lld instead of %lld", round, (long long)time, (long long)all.best);
    }
}

/* The largest gap worth reading over at 9600 baud with a 5 ms instrument, by arithmetic: a transaction
 * costs 13 characters, two silences of 3.5 and 5 ms, 27.9 ms; a register costs two characters, 2.29 ms; 12
 * registers pay. */
static void a_gap_is_read_over_where_that_pays(void **state)
{
    (void)state;
    static struct planned planned;
    for (uint16_t unused = 0; unused < 20; unused++) {
        struct modbus_place places[] = {
            {.table = MODBUS_INPUT, .address = 100,                      .width = 1},
            {.table = MODBUS_INPUT, .address = (uint16_t)(101 + unused), .width = 1},
        };
        plan(&planned, places, 2, &slow, 124);
        assert_int_equal(planned.count, unused <= 12 ? 1 : 2);
        plan(&planned, places, 2, &slow, 3);
        assert_int_equal(planned.count, unused <= 3 ? 1 : 2);
    }
}

static void no_read_is_longer_than_the_protocol_allows(void **state)
{
    (void)state;
    static struct modbus_place places[POINTS_MAX];
    static struct planned planned;
    for (size_t i = 0; i < 500; i++)
        places[i] = (struct modbus_place){.table = MODBUS_HOLDING, .address = (uint16_t)i, .width = 1};
    plan(&planned, places, 500, &tcp, 124);
    assert_int_equal(planned.count, 4);
    check_plan(&planned, places, 500, 124, &tcp);
    for (size_t i = 0; i < 500; i++)
        places[i] = (struct modbus_place){.table = MODBUS_COIL, .address = (uint16_t)(i * 4), .width = 1};
    plan(&planned, places, 500, &tcp, 124);
    assert_int_equal(planned.count, 4); /* 125 points in each */
    check_plan(&planned, places, 500, 124, &tcp);
}

static void no_read_keeps_the_line_longer_than_it_may(void **state)
{
    (void)state;
    static struct modbus_place places[POINTS_MAX];
    static struct planned planned;
    for (size_t i = 0; i < 125; i++)
        places[i] = (struct modbus_place){.table = MODBUS_HOLDING, .address = (uint16_t)i, .width = 1};
    plan(&planned, places, 125, &slow, 124);
    check_plan(&planned, places, 125, 124, &slow);
    assert_true(planned.count > 1);
    for (int i = 0; i < planned.count; i++)
        assert_true(planned.reads[i].typical <= slow.longest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_point_is_covered_once_within_the_limits),
        cmocka_unit_test(nothing_is_faster),
        cmocka_unit_test(a_gap_is_read_over_where_that_pays),
        cmocka_unit_test(no_read_keeps_the_line_longer_than_it_may),
        cmocka_unit_test(no_read_is_longer_than_the_protocol_allows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
