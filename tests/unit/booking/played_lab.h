/* A laboratory that the tests play: 4 rigs, two groups of two schools, a ledger that stores at once. */
#ifndef TESTS_UNIT_BOOKING_PLAYED_LAB_H
#define TESTS_UNIT_BOOKING_PLAYED_LAB_H

#include "gateway/booking/timetable.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define START  (20000 * DAY) /* a Sunday, 00:00 UTC */

enum { RIG_A, RIG_B, RIG_C, RIG_ALONE, RIGS };
enum { TANKS = 1, MOTORS = 2 };             /* capabilities: A and B are tanks, B and C motors */
enum { FIRST = 1, SECOND_GROUP = 2, BARE }; /* groups; BARE has no policy */
enum { NOTES_MAX = 64, ROWS_MAX = 4096, PLACES_MAX = 64 };

/* A place in the queue, as the ledger has it; id 0: none. */
struct lab_place {
    struct timetable_ticket place;
    struct booking offered;
};

struct lab {
    struct timetable *timetable;
    struct timetable_setup setup;
    struct booking_time now;
    struct booking_policy policies[2];
    struct timetable_group groups[3];
    struct booking_action room[64], answer;
    struct booking rows[ROWS_MAX];
    struct booking_action notes[NOTES_MAX];
    struct lab_place places[PLACES_MAX];
    size_t note_count, begins, ends, stores;
    bool ledger_fails;
    const struct booking_event *meanwhile; /* happens while the next STORE is under way */
    bool then_fails;                       /* as that STORE does */
    uint64_t last_id, request;
};

static const struct timetable_rig lab_rigs[RIGS] = {
    [RIG_A] = {.capabilities = 1},
    [RIG_B] = {.capabilities = 3},
    [RIG_C] = {.capabilities = 2},
    [RIG_ALONE] = {.capabilities = 0},
};
static const struct timetable_school lab_schools[2] = {{1}, {3}};

static void lab_handle(struct lab *lab, const struct booking_event *event);

/* All or nothing; what has an id is changed. */
static void lab_store(struct lab *lab, struct booking_action store)
{
    struct booking rows[256];
    assert_true(store.count <= 256);
    struct booking_event event = {.kind = BOOKING_EVENT_STORED};
    event.stored.ticket = store.ticket;
    const struct booking_event *meanwhile = lab->meanwhile;
    bool fails = lab->ledger_fails;
    if (meanwhile) {
        memcpy(rows, store.rows, store.count * sizeof *rows); /* the rows are the timetable's until then */
        store.rows = rows;
        lab->meanwhile = NULL;
        lab_handle(lab, meanwhile);
        fails = lab->then_fails;
    }
    event.stored.result = fails ? BOOKING_STORED_FAILED : BOOKING_STORED;
    lab->stores++;
    uint64_t first = lab->last_id + 1;
    for (size_t i = 0; i < store.count; i++) {
        rows[i] = store.rows[i];
        if (rows[i].id == 0 && !fails) {
            rows[i].id = ++lab->last_id;
            rows[i].bundle = store.count > 1 ? first : 0;
        }
        if (!fails)
            lab->rows[rows[i].id] = rows[i];
    }
    if (!fails && store.drops != 0)
        lab->places[store.drops].place.id = 0;
    event.stored.rows = rows;
    event.stored.count = fails ? 0 : store.count;
    lab_handle(lab, &event);
}

static void lab_write_place(struct lab *lab, const struct booking_action *action)
{
    assert_true(action->ticket < PLACES_MAX);
    struct lab_place *kept = &lab->places[action->ticket];
    kept->place = action->place; /* of DROP: none */
    if (action->place.offered == NULL)
        return;
    kept->offered = *action->place.offered;
    kept->place.offered = &kept->offered;
}

static bool is_place(const struct booking_action *action)
{
    return action->kind == BOOKING_ACTION_PUT_TICKET || action->kind == BOOKING_ACTION_DROP_TICKET;
}

static void lab_handle(struct lab *lab, const struct booking_event *event)
{
    struct booking_action room[64];
    struct booking_actions actions = {.list = room, .capacity = timetable_actions_bound(RIGS)};
    timetable_handle(lab->timetable, event, lab->now, &actions);
    assert_true(actions.count <= actions.capacity);
    for (size_t i = 0; i < actions.count; i++)
        if (is_place(&room[i]) && !lab->ledger_fails)
            lab_write_place(lab, &room[i]);
    for (size_t i = 0; i < actions.count; i++) {
        switch (room[i].kind) {
        case BOOKING_ACTION_STORE:
            lab_store(lab, room[i]);
            break;
        case BOOKING_ACTION_ANSWER:
            lab->answer = room[i];
            break;
        case BOOKING_ACTION_NOTIFY:
            assert_true(lab->note_count < NOTES_MAX);
            lab->notes[lab->note_count++] = room[i];
            break;
        case BOOKING_ACTION_BEGIN:
            lab->begins++;
            break;
        case BOOKING_ACTION_END:
            lab->ends++;
            break;
        case BOOKING_ACTION_EXTEND:
            lab->room[0] = room[i];
            break;
        case BOOKING_ACTION_PUT_TICKET:
        case BOOKING_ACTION_DROP_TICKET: {
            struct booking_event stored = {.kind = BOOKING_EVENT_TICKET};
            stored.ticket.id = room[i].ticket;
            stored.ticket.stored = !lab->ledger_fails;
            lab_handle(lab, &stored);
            break;
        }
        }
    }
}

static inline void lab_pass(struct lab *lab, int64_t time)
{
    lab->now.wall += time;
    lab->now.monotonic += time * 1000000;
    lab_handle(lab, &(struct booking_event){.kind = BOOKING_EVENT_TIME});
}

static inline const struct booking_action *lab_note(const struct lab *lab, enum booking_note note)
{
    for (size_t i = 0; i < lab->note_count; i++)
        if (lab->notes[i].note == note)
            return &lab->notes[i];
    return NULL;
}

/* Of whatever was asked last. */
static inline enum booking_result lab_ask(struct lab *lab, struct booking_event event)
{
    event.request = ++lab->request;
    lab->answer = (struct booking_action){.result = BOOKING_BUSY};
    lab_handle(lab, &event);
    assert_int_equal(lab->answer.request, lab->request);
    return lab->answer.result;
}

/* From so many ms after now. */
static inline struct booking_wish lab_wish(const struct lab *lab, uint16_t rig, uint16_t capability,
                                           int64_t starts, int64_t length)
{
    return (struct booking_wish){.rig = rig,
                                 .capability = capability,
                                 .starts = lab->now.wall + starts,
                                 .ends = lab->now.wall + starts + length,
                                 .code = "code"};
}

static inline enum booking_result lab_book(struct lab *lab, uint64_t account, uint16_t group,
                                           struct booking_wish wish)
{
    struct booking_event event = {.kind = BOOKING_EVENT_BOOK};
    event.book.account = account;
    event.book.group = group;
    event.book.wishes = &wish;
    event.book.count = 1;
    event.book.key = "";
    return lab_ask(lab, event);
}

static inline const struct booking *lab_get(struct lab *lab, uint64_t id)
{
    const struct booking *booking = timetable_find(lab->timetable, id);
    assert_non_null(booking);
    return booking;
}

/* One that must be granted. */
static inline uint64_t lab_have(struct lab *lab, uint64_t account, uint16_t group, struct booking_wish wish)
{
    assert_int_equal(lab_book(lab, account, group, wish), BOOKING_OK);
    return lab->answer.booking.id;
}

static inline void lab_rig(struct lab *lab, uint16_t rig, enum booking_rig_state state)
{
    struct booking_event event = {.kind = BOOKING_EVENT_RIG_STATE};
    event.rig_state.rig = rig;
    event.rig_state.state = state;
    lab_handle(lab, &event);
}

static inline int lab_setup(void **state)
{
    struct lab *lab = calloc(1, sizeof *lab);
    for (int i = 0; i < 2; i++)
        lab->policies[i] =
            (struct booking_policy){.name = "policy", .qualification = "", .rehearsal = "", .extend = true};
    lab->groups[0] = (struct timetable_group){0, 1, &lab->policies[0]};
    lab->groups[1] = (struct timetable_group){1, 1, &lab->policies[1]};
    lab->groups[2] = (struct timetable_group){1, 1, NULL};
    lab->setup = (struct timetable_setup){
        .rigs = lab_rigs,
        .rig_count = RIGS,
        .schools = lab_schools,
        .school_count = 2,
        .groups = lab->groups,
        .group_count = 3,
        .half_life = 7 * DAY,
        .offer = 2 * MINUTE,
        .rehome_ahead = 30 * MINUTE,
    };
    lab->timetable = timetable_create(&lab->setup, START, 1);
    lab->now = (struct booking_time){.wall = START, .monotonic = 5};
    *state = lab;
    return lab->timetable == NULL;
}

/* The gateway starts again with what the ledger has. */
static inline void lab_restart(struct lab *lab)
{
    timetable_destroy(lab->timetable);
    lab->timetable = timetable_create(&lab->setup, lab->now.wall, 1000);
    assert_non_null(lab->timetable);
    for (uint64_t id = 1; id <= lab->last_id; id++)
        assert_true(timetable_load(lab->timetable, &lab->rows[id]));
    for (size_t i = 0; i < PLACES_MAX; i++)
        if (lab->places[i].place.id != 0)
            assert_true(timetable_load_ticket(lab->timetable, &lab->places[i].place));
    lab->note_count = 0;
}

static inline int lab_teardown(void **state)
{
    struct lab *lab = *state;
    timetable_destroy(lab->timetable);
    free(lab);
    return 0;
}

#define IN_LAB(test) cmocka_unit_test_setup_teardown(test, lab_setup, lab_teardown)

#endif
