/* Work on many bookings stops between any two of them, and the timetable can be asked then. */
#include "gateway/booking/timetable.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define START  (20000 * INT64_C(86400000))
#define HOUR   INT64_C(3600000)
#define WISHES 60
#define ROOM   64

struct fixture {
    struct timetable *timetable;
    struct booking_wish wishes[WISHES];
    struct booking rows[WISHES];
    struct booking_action room[ROOM];
    struct booking_actions actions;
    uint64_t there; /* a booking that is there all the time; 0: none */
    size_t stops;
};

static void look(void *context)
{
    struct fixture *fixture = context;
    const struct booking *list[WISHES];
    fixture->stops++;
    assert_true((timetable_find(fixture->timetable, fixture->there) != NULL) == (fixture->there != 0));
    timetable_coming(fixture->timetable, 0, list, WISHES);
}

static int setup(void **state)
{
    static const struct timetable_rig rig;
    struct fixture *fixture = calloc(1, sizeof *fixture);
    fixture->timetable = timetable_create(
        &(struct timetable_setup){
            .rigs = &rig, .rig_count = 1, .attend = {look, fixture}
    },
        START, 1);
    fixture->actions = (struct booking_actions){.list = fixture->room, .capacity = ROOM};
    assert_true(timetable_actions_bound(1) <= ROOM);
    for (int i = 0; i < WISHES; i++)
        fixture->wishes[i] = (struct booking_wish){
            .starts = START + (2 * i + 2) * HOUR, .ends = START + (2 * i + 3) * HOUR, .code = ""};
    *state = fixture;
    return fixture->timetable == NULL;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    timetable_destroy(fixture->timetable);
    free(fixture);
    return 0;
}

static void handle(struct fixture *fixture, const struct booking_event *event)
{
    fixture->actions.count = fixture->stops = 0;
    timetable_handle(fixture->timetable, event, (struct booking_time){START, 1}, &fixture->actions);
    assert_int_equal(fixture->actions.count, 1);
}

static struct booking_event request(const struct fixture *fixture, size_t from)
{
    struct booking_event event = {.kind = BOOKING_EVENT_BOOK, .request = 1};
    event.book.account = 3;
    event.book.wishes = fixture->wishes + from;
    event.book.count = WISHES - from;
    event.book.key = "";
    return event;
}

static void answer(struct fixture *fixture, enum booking_stored result)
{
    struct booking_event event = {.kind = BOOKING_EVENT_STORED};
    event.stored.ticket = fixture->room[0].ticket;
    event.stored.result = result;
    event.stored.count = result == BOOKING_STORED ? fixture->room[0].count : 0;
    memcpy(fixture->rows, fixture->room[0].rows, event.stored.count * sizeof *fixture->rows);
    for (size_t i = 0; i < event.stored.count; i++)
        fixture->rows[i].id = fixture->there + i + 1;
    event.stored.rows = fixture->rows;
    handle(fixture, &event);
}

static void booking_many(void **state)
{
    struct fixture *fixture = *state;
    struct booking_event event = request(fixture, 0);
    handle(fixture, &event);
    assert_true(fixture->stops >= WISHES);
    answer(fixture, BOOKING_STORED);
    assert_true(fixture->stops >= WISHES);
    assert_int_equal(fixture->room[0].result, BOOKING_OK);
}

static void giving_many_back(void **state)
{
    struct fixture *fixture = *state;
    struct booking_event event = request(fixture, 0);
    handle(fixture, &event);
    answer(fixture, BOOKING_STORED_FAILED);
    assert_true(fixture->stops >= WISHES);
    fixture->wishes[WISHES - 1].starts = 0; /* the last is refused, and the others go */
    handle(fixture, &event);
    assert_true(fixture->stops >= 2 * (WISHES - 1));
    assert_int_equal(fixture->room[0].result, BOOKING_PAST);
}

static void trying_many(void **state)
{
    struct fixture *fixture = *state;
    struct booking_event one = request(fixture, WISHES - 1);
    handle(fixture, &one);
    answer(fixture, BOOKING_STORED);
    fixture->there = fixture->rows[0].id;
    struct timetable_finding findings[WISHES];
    struct timetable_examination found = {
        .findings = findings, .finding_capacity = WISHES, .people_once = true};
    const struct booking_event all = request(fixture, 0);
    fixture->stops = 0;
    assert_true(timetable_examine(fixture->timetable, &all, START, &found));
    assert_true(fixture->stops >= WISHES);
    assert_int_equal(found.finding_count, 1);
    assert_true(findings[0].alternative_count > 0);
}

static void forgetting_many(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < WISHES; i++) {
        struct booking past = {.id = (uint64_t)i + 1,
                               .account = 3,
                               .starts = START - (2 * i + 2) * HOUR,
                               .ends = START - (2 * i + 1) * HOUR,
                               .state = BOOKING_ENDED};
        assert_true(timetable_load(fixture->timetable, &past));
    }
    fixture->there = 1;
    fixture->stops = 0;
    timetable_forget(fixture->timetable, START - 2 * HOUR);
    assert_true(fixture->stops >= 2 * WISHES - 1);
    assert_null(timetable_find(fixture->timetable, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(booking_many, setup, teardown),
        cmocka_unit_test_setup_teardown(giving_many_back, setup, teardown),
        cmocka_unit_test_setup_teardown(trying_many, setup, teardown),
        cmocka_unit_test_setup_teardown(forgetting_many, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
