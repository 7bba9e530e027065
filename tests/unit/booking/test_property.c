/* The timetable against a slow, obvious reference: random people, a ledger that fails and crashes, a clock
 * that jumps. A failure names its seed; run the program with that seed to see it again. */
#include "gateway/booking/timetable.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RIGS    3
#define ROWS    2000
#define WAITING 64
#define WISHES  4
#define STEPS   3000
#define SEEDS   40

/* Rigs 0 and 2 share something. */
static const uint16_t crane[] = {0};
static const struct timetable_rig rigs[RIGS] = {
    {400, 0,    0, 0, crane, 1, 0},
    {0,   0,    7, 3, NULL,  0, 0},
    {100, 5000, 1, 0, crane, 1, 0},
};

static const struct timetable_setup setup = {.rigs = rigs, .rig_count = RIGS, .shared_count = 1};

struct world {
    uint64_t random, seed;
    struct timetable *timetable;
    struct booking_time now;
    /* The ledger: what is stored, by id - 1. */
    struct booking rows[ROWS];
    size_t row_count;
    /* Asked of it and not answered. */
    struct booking_action waiting[WAITING];
    size_t waiting_count;
    uint64_t live[RIGS]; /* booking whose session has begun and not ended, as the shell sees it */
    bool over[ROWS];     /* its session has ended */
    uint64_t begun_session[ROWS];
    int64_t newest; /* that the reference believes */
    uint64_t next_request;
    size_t begins, conflicts;
};

static uint64_t pick(struct world *world, uint64_t below)
{
    world->random = world->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (world->random >> 33) % below;
}

#define CHECK(world, what)                                                                                   \
    do {                                                                                                     \
        if (!(what))                                                                                         \
            fail_msg("seed %llu: %s", (unsigned long long)(world)->seed, #what);                             \
    } while (0)

/* ---- the reference ------------------------------------------------------------------------------------- */

static bool is_active(const struct booking *row)
{
    return row->state == BOOKING_CONFIRMED || row->state == BOOKING_LIVE;
}

static bool touches(const struct booking *a, const struct booking *b)
{
    bool meets = a->rig == b->rig || (rigs[a->rig].shared_count > 0 && rigs[b->rig].shared_count > 0);
    return meets && a->starts - a->setup < b->ends + b->teardown &&
           b->starts - b->setup < a->ends + a->teardown;
}

static const struct booking *row_with_key(const struct world *world, const struct booking *wanted)
{
    for (size_t i = 0; i < world->row_count; i++)
        if (wanted->key[0] != '\0' && world->rows[i].account == wanted->account &&
            strcmp(world->rows[i].key, wanted->key) == 0)
            return &world->rows[i];
    return NULL;
}

static enum booking_stored change_row(struct world *world, const struct booking *booking)
{
    struct booking *row = &world->rows[booking->id - 1];
    CHECK(world, is_active(row) || row->state == booking->state);
    CHECK(world, !(row->state == BOOKING_LIVE && booking->state == BOOKING_CONFIRMED));
    *row = *booking;
    return BOOKING_STORED;
}

static const struct booking *row_in_the_way(struct world *world, const struct booking *booking)
{
    for (size_t i = 0; i < world->row_count; i++) {
        if (!is_active(&world->rows[i]) || !touches(&world->rows[i], booking))
            continue;
        /* The timetable holds tentative bookings, so the ledger only has to say no when it could not store an
         * end. */
        CHECK(world, timetable_find(world->timetable, world->rows[i].id)->state == BOOKING_ENDED);
        return &world->rows[i];
    }
    return NULL;
}

/* What the real ledger does, without an index: all of the rows or none. They become what is stored. */
static enum booking_stored store_rows(struct world *world, struct booking *rows, size_t *count)
{
    if (rows[0].id != 0)
        return change_row(world, &rows[0]);
    const struct booking *first = row_with_key(world, &rows[0]), *other;
    if (first != NULL) {
        bool same = first->rig == rows[0].rig;
        rows[0] = *first;
        *count = 1;
        return same ? BOOKING_STORED : BOOKING_STORED_REUSED;
    }
    size_t before = world->row_count;
    for (size_t i = 0; i < *count; i++) {
        other = row_in_the_way(world, &rows[i]);
        if (other != NULL) {
            rows[0] = *other;
            *count = 1;
            world->row_count = before;
            return BOOKING_STORED_CONFLICT;
        }
        CHECK(world, world->row_count < ROWS);
        rows[i].id = world->row_count + 1;
        rows[i].bundle = *count > 1 ? before + 1 : 0;
        world->rows[world->row_count++] = rows[i];
        for (size_t j = 0; j < i; j++)
            CHECK(world, !touches(&rows[i], &rows[j]));
    }
    return BOOKING_STORED;
}

/* ---- the shell ----------------------------------------------------------------------------------------- */

static void carry_out(struct world *world, const struct booking_action *action)
{
    const struct booking *booking = &action->booking;
    switch (action->kind) {
    case BOOKING_ACTION_STORE:
        CHECK(world, world->waiting_count < WAITING);
        if (booking->state == BOOKING_LIVE)
            CHECK(world, world->now.wall >= world->newest);
        world->waiting[world->waiting_count++] = *action;
        break;
    case BOOKING_ACTION_ANSWER:
        if (action->result == BOOKING_OK)
            CHECK(world, booking->id != 0 && world->rows[booking->id - 1].id == booking->id);
        world->conflicts += action->result == BOOKING_OVERLAPS;
        break;
    case BOOKING_ACTION_BEGIN:
        CHECK(world, world->live[booking->rig] == 0);
        CHECK(world, world->rows[booking->id - 1].state == BOOKING_LIVE);
        CHECK(world, world->rows[booking->id - 1].session == booking->session);
        CHECK(world, !world->over[booking->id - 1]);
        CHECK(world, world->now.wall >= world->newest);
        CHECK(world, action->until == world->now.monotonic + (booking->ends - world->now.wall) * 1000000);
        for (size_t i = 0; i < world->row_count; i++)
            CHECK(world, i == booking->id - 1 || world->begun_session[i] != booking->session);
        world->begun_session[booking->id - 1] = booking->session;
        world->live[booking->rig] = booking->id;
        world->begins++;
        break;
    case BOOKING_ACTION_END:
        CHECK(world, world->live[booking->rig] == booking->id);
        world->over[booking->id - 1] = true;
        world->live[booking->rig] = 0;
        break;
    default: /* nobody waits in this queue */
        break;
    }
}

static void handle(struct world *world, const struct booking_event *event)
{
    struct booking_action room[32];
    struct booking_actions actions = {.list = room, .capacity = timetable_actions_bound(RIGS)};
    if (event->kind == BOOKING_EVENT_TIME && world->now.wall > world->newest)
        world->newest = world->now.wall;
    timetable_handle(world->timetable, event, world->now, &actions);
    CHECK(world, actions.count <= timetable_actions_bound(RIGS));
    for (size_t i = 0; i < actions.count; i++)
        carry_out(world, &room[i]);
}

static void pass_time(struct world *world)
{
    int64_t wall = (int64_t)pick(world, 60), jump = 0;
    if (pick(world, 60) == 0)
        jump = (int64_t)pick(world, 400) - 200;
    world->now.monotonic += wall * 1000000;
    world->now.wall += wall + jump;
    handle(world, &(struct booking_event){.kind = BOOKING_EVENT_TIME});
    for (int rig = 0; rig < RIGS; rig++) {
        if (world->live[rig] == 0)
            continue;
        CHECK(world, world->now.wall < world->rows[world->live[rig] - 1].ends);
    }
    int64_t next = timetable_next_deadline(world->timetable, world->now);
    CHECK(world, next >= world->now.monotonic);
    CHECK(world, next == INT64_MAX || next <= world->now.monotonic + 1000000000);
}

static void ask(struct world *world)
{
    char key[16] = "";
    if (pick(world, 2) == 0)
        snprintf(key, sizeof key, "k%d", (int)pick(world, 200));
    struct booking_event event = {.kind = BOOKING_EVENT_BOOK, .request = ++world->next_request};
    struct booking_wish wishes[WISHES];
    event.book.account = 1 + pick(world, 2);
    event.book.wishes = wishes;
    event.book.count = pick(world, 3) == 0 ? 1 + pick(world, WISHES) : 1;
    event.book.key = key;
    for (size_t i = 0; i < event.book.count; i++) {
        wishes[i] = (struct booking_wish){.rig = (uint16_t)pick(world, RIGS), .code = ""};
        wishes[i].starts = world->now.wall + (int64_t)pick(world, 1500);
        wishes[i].ends = wishes[i].starts + (int64_t)pick(world, 150);
    }
    handle(world, &event);
}

static void cancel(struct world *world)
{
    if (world->row_count == 0)
        return;
    struct booking_event event = {.kind = BOOKING_EVENT_CANCEL, .request = ++world->next_request};
    event.cancel.booking =
        1 + world->row_count - 1 - pick(world, world->row_count < 20 ? world->row_count : 20);
    handle(world, &event);
}

/* The ledger answers its oldest request; sometimes it fails. */
static void answer(struct world *world)
{
    if (world->waiting_count == 0)
        return;
    struct booking_action asked = world->waiting[0];
    memmove(world->waiting, world->waiting + 1, --world->waiting_count * sizeof *world->waiting);
    struct booking_event event = {.kind = BOOKING_EVENT_STORED};
    event.stored.ticket = asked.ticket;
    struct booking rows[WISHES];
    memcpy(rows, asked.rows, asked.count * sizeof *rows);
    event.stored.rows = rows;
    event.stored.count = asked.count;
    event.stored.result = BOOKING_STORED_FAILED;
    if (pick(world, 12) != 0)
        event.stored.result = store_rows(world, rows, &event.stored.count);
    handle(world, &event);
}

/* Some of what was on its way is stored, nobody heard of it, and everything starts again from the ledger. */
static void crash(struct world *world)
{
    size_t done = pick(world, world->waiting_count + 1);
    for (size_t i = 0; i < done; i++) {
        struct booking rows[WISHES];
        size_t count = world->waiting[i].count;
        memcpy(rows, world->waiting[i].rows, count * sizeof *rows);
        store_rows(world, rows, &count);
    }
    world->waiting_count = 0;
    timetable_destroy(world->timetable);
    uint64_t next_session = 1;
    for (size_t i = 0; i < world->row_count; i++)
        if (world->rows[i].session >= next_session)
            next_session = world->rows[i].session + 1;
    world->timetable = timetable_create(&setup, world->newest, next_session);
    for (size_t i = 0; i < world->row_count; i++)
        CHECK(world, timetable_load(world->timetable, &world->rows[i]));
    memset(world->live, 0, sizeof world->live);
    memset(world->over, 0, sizeof world->over);
    /* Session numbers that were given out and not stored never began. */
}

/* ---- the comparison ------------------------------------------------------------------------------------ */

static bool is_free(const struct world *world, const struct booking *wanted)
{
    const struct booking *list[ROWS];
    size_t count = timetable_list(world->timetable, TIMETABLE_ANY_RIG, INT64_MIN, INT64_MAX, 0, list, ROWS);
    for (size_t i = 0; i < count; i++) {
        /* An end that is not stored yet keeps the time up to it. */
        bool holds = is_active(list[i]) || is_active(&world->rows[list[i]->id - 1]);
        struct booking held = *list[i];
        if (held.starts - held.setup == held.ends + held.teardown)
            held.ends++; /* it ended as it began, and that is not stored yet */
        if (holds && touches(&held, wanted))
            return false;
    }
    return true;
}

/* Only when nothing is on its way: then what is stored is all that holds time. */
static void compare(struct world *world)
{
    struct booking wanted = {.rig = (uint16_t)pick(world, RIGS)};
    const struct timetable_rig *policy = &rigs[wanted.rig];
    wanted.setup = policy->setup;
    wanted.teardown = policy->teardown;
    wanted.starts = world->now.wall + (int64_t)pick(world, 1500);
    wanted.ends = wanted.starts + 1 + (int64_t)pick(world, 99);
    const struct booking *conflict;
    enum booking_result result =
        timetable_check(world->timetable, wanted.rig, wanted.starts, wanted.ends, world->now.wall, &conflict);
    enum booking_result expected = world->now.wall < world->newest ? BOOKING_CLOCK
                                   : is_free(world, &wanted)       ? BOOKING_OK
                                                                   : BOOKING_OVERLAPS;
    CHECK(world, result == expected);
    int64_t starts, until;
    timetable_next_free(world->timetable, wanted.rig, wanted.starts, 1, &starts, &until);
    struct booking free_time = wanted;
    for (free_time.starts = wanted.starts; free_time.starts < wanted.starts + 3000; free_time.starts++) {
        free_time.ends = free_time.starts + 1;
        if (is_free(world, &free_time))
            break;
    }
    CHECK(world, starts == free_time.starts);
    free_time.ends = until < starts + 3000 ? until : starts + 3000;
    CHECK(world, is_free(world, &free_time));
    if (until < INT64_MAX) {
        free_time.ends = until + 1;
        CHECK(world, !is_free(world, &free_time));
    }
}

static void compare_rows(struct world *world)
{
    for (size_t i = 0; i < world->row_count; i++) {
        const struct booking *row = &world->rows[i], *here = timetable_find(world->timetable, row->id);
        CHECK(world, here != NULL && here->state == row->state && here->starts == row->starts);
        CHECK(world, here->ends == row->ends && here->session == row->session);
        for (size_t j = 0; j < i && is_active(row); j++)
            CHECK(world, !is_active(&world->rows[j]) || !touches(row, &world->rows[j]));
    }
}

static void live_a_life(uint64_t seed, size_t *begins, size_t *conflicts)
{
    struct world *world = calloc(1, sizeof *world);
    world->random = world->seed = seed;
    world->now = (struct booking_time){.wall = 100000, .monotonic = 5};
    world->newest = world->now.wall;
    world->timetable = timetable_create(&setup, world->newest, 1);
    static void (*const deeds[])(struct world *) = {pass_time, pass_time, ask,    ask,
                                                    answer,    answer,    answer, cancel};
    for (int step = 0; step < STEPS && world->row_count < ROWS - WAITING * WISHES; step++) {
        if (pick(world, 300) == 0)
            crash(world);
        else if (world->waiting_count < WAITING / 2)
            deeds[pick(world, sizeof deeds / sizeof *deeds)](world);
        else
            answer(world);
        if (world->waiting_count == 0 && pick(world, 4) == 0)
            compare(world);
    }
    /* A clock that is right again, and a ledger that works: everything comes to rest as it is stored. */
    while (world->waiting_count > 0)
        answer(world);
    while (world->now.wall < world->newest)
        pass_time(world);
    for (int i = 0; i < 200 || world->waiting_count > 0; i++) {
        world->now.monotonic += 1000000000;
        handle(world, &(struct booking_event){.kind = BOOKING_EVENT_TIME});
        while (world->waiting_count > 0)
            answer(world);
    }
    compare_rows(world);
    *begins += world->begins;
    *conflicts += world->conflicts;
    timetable_destroy(world->timetable);
    free(world);
}

static uint64_t only_seed;

static void it_agrees_with_the_reference(void **state)
{
    (void)state;
    size_t begins = 0, conflicts = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        live_a_life(only_seed != 0 ? only_seed : seed, &begins, &conflicts);
    print_message("%zu sessions began, %zu bookings were in the way of others\n", begins, conflicts);
    assert_true(begins > SEEDS && conflicts > SEEDS); /* the lives were eventful enough to mean something */
}

int main(int count, char **arguments)
{
    if (count > 1)
        only_seed = strtoull(arguments[1], NULL, 10);
    const struct CMUnitTest tests[] = {cmocka_unit_test(it_agrees_with_the_reference)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
