/* The timetable: a ledger that the test plays answers its STOREs. */
#include "gateway/booking/timetable.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND INT64_C(1000) /* ms */
#define RIGS   2

struct fixture {
    struct timetable *timetable;
    struct booking_time now;
    struct booking_actions actions;
    struct booking_action room[64];
    uint64_t next_id, request;
};

static const struct timetable_rig rigs[RIGS] = {
    {.longest = 7200 * SECOND, .horizon = 40 * 86400 * SECOND},
    {.setup = 10 * SECOND,     .teardown = 20 * SECOND       },
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    fixture->timetable =
        timetable_create(&(struct timetable_setup){.rigs = rigs, .rig_count = RIGS}, 1000 * SECOND, 5);
    fixture->now = (struct booking_time){.wall = 1000 * SECOND, .monotonic = 77};
    fixture->actions =
        (struct booking_actions){.list = fixture->room, .capacity = timetable_actions_bound(RIGS)};
    fixture->next_id = 100;
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
    fixture->actions.count = 0;
    timetable_handle(fixture->timetable, event, fixture->now, &fixture->actions);
    assert_true(fixture->actions.count <= fixture->actions.capacity);
}

static void pass(struct fixture *fixture, int64_t seconds)
{
    fixture->now.wall += seconds * SECOND;
    fixture->now.monotonic += seconds * 1000000000;
    handle(fixture, &(struct booking_event){.kind = BOOKING_EVENT_TIME});
}

static const struct booking_action *action(const struct fixture *fixture, enum booking_action_kind kind)
{
    for (size_t i = 0; i < fixture->actions.count; i++)
        if (fixture->room[i].kind == kind)
            return &fixture->room[i];
    return NULL;
}

static const struct booking_action *expect(const struct fixture *fixture, enum booking_action_kind kind)
{
    const struct booking_action *found = action(fixture, kind);
    assert_non_null(found);
    return found;
}

static void ask(struct fixture *fixture, uint16_t rig, int64_t starts, int64_t ends, const char *key)
{
    struct booking_event event = {.kind = BOOKING_EVENT_BOOK, .request = ++fixture->request};
    struct booking_wish wish = {
        .rig = rig, .starts = starts * SECOND, .ends = ends * SECOND, .code = "join-me"};
    event.book.account = 3;
    event.book.wishes = &wish;
    event.book.count = 1;
    event.book.key = key;
    handle(fixture, &event);
}

/* The ledger's answer to a STORE. */
static void stored(struct fixture *fixture, struct booking_action store, enum booking_stored result)
{
    struct booking_event event = {.kind = BOOKING_EVENT_STORED};
    event.stored.ticket = store.ticket;
    event.stored.result = result;
    struct booking rows[16];
    assert_true(store.count <= 16);
    for (size_t i = 0; i < store.count; i++) {
        rows[i] = store.rows[i];
        if (result == BOOKING_STORED && rows[i].id == 0) {
            rows[i].id = fixture->next_id++;
            rows[i].bundle = store.count > 1 ? rows[0].id : 0;
        }
    }
    event.stored.rows = rows;
    event.stored.count = result == BOOKING_STORED_FAILED ? 0 : store.count;
    handle(fixture, &event);
}

static uint64_t book(struct fixture *fixture, uint16_t rig, int64_t starts, int64_t ends)
{
    ask(fixture, rig, starts, ends, "");
    stored(fixture, *expect(fixture, BOOKING_ACTION_STORE), BOOKING_STORED);
    const struct booking_action *answer = expect(fixture, BOOKING_ACTION_ANSWER);
    assert_int_equal(answer->result, BOOKING_OK);
    assert_int_equal(answer->request, fixture->request);
    return answer->booking.id;
}

static void cancel(struct fixture *fixture, uint64_t id)
{
    struct booking_event event = {.kind = BOOKING_EVENT_CANCEL, .request = ++fixture->request};
    event.cancel.booking = id;
    handle(fixture, &event);
}

static enum booking_state state_of(const struct fixture *fixture, uint64_t id)
{
    const struct booking *booking = timetable_find(fixture->timetable, id);
    assert_non_null(booking);
    return booking->state;
}

/* Books from 1100 to 1200 s on rig 0 and lets it become live. */
static uint64_t go_live(struct fixture *fixture)
{
    uint64_t id = book(fixture, 0, 1100, 1200);
    pass(fixture, 100);
    const struct booking_action *store = expect(fixture, BOOKING_ACTION_STORE);
    assert_int_equal(store->booking.state, BOOKING_LIVE);
    assert_null(action(fixture, BOOKING_ACTION_BEGIN));
    stored(fixture, *store, BOOKING_STORED);
    expect(fixture, BOOKING_ACTION_BEGIN);
    return id;
}

/* ---- booking ------------------------------------------------------------------------------------------- */

static void a_yes_waits_for_the_ledger(void **state)
{
    struct fixture *fixture = *state;
    ask(fixture, 0, 1100, 1200, "");
    assert_null(action(fixture, BOOKING_ACTION_ANSWER));
    struct booking_action store = *expect(fixture, BOOKING_ACTION_STORE);
    assert_int_equal(store.booking.id, 0);
    assert_int_equal(store.booking.state, BOOKING_CONFIRMED);
    assert_string_equal(store.booking.code, "join-me");
    /* Tentative, and yet the time is taken. */
    ask(fixture, 0, 1150, 1160, "");
    assert_int_equal(expect(fixture, BOOKING_ACTION_ANSWER)->result, BOOKING_OVERLAPS);
    stored(fixture, store, BOOKING_STORED_FAILED);
    assert_int_equal(expect(fixture, BOOKING_ACTION_ANSWER)->result, BOOKING_NOT_STORED);
    /* It is gone. */
    book(fixture, 0, 1150, 1160);
}

static void what_cannot_be_is_refused_by_name(void **state)
{
    struct fixture *fixture = *state;
    book(fixture, 0, 2000, 2100);
    static const struct {
        uint16_t rig;
        int64_t starts, ends;
        enum booking_result result;
    } cases[] = {
        {9, 1100,    1200,    BOOKING_UNKNOWN_RIG},
        {0, 1200,    1200,    BOOKING_EMPTY      },
        {0, 900,     1100,    BOOKING_PAST       },
        {0, 960,     1000,    BOOKING_PAST       },
        {0, 1000,    900,     BOOKING_PAST       }, /* "now", until an hour that has passed */
        {0, 1100,    8301,    BOOKING_TOO_LONG   },
        {0, 4000000, 4000001, BOOKING_TOO_FAR    },
        {0, 2099,    2200,    BOOKING_OVERLAPS   },
        {0, 1900,    2001,    BOOKING_OVERLAPS   },
        {0, 2100,    2200,    BOOKING_OK         },
        {0, 1900,    2000,    BOOKING_OK         },
        {0, 941,     1001,    BOOKING_OK         },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct booking *conflict;
        assert_int_equal(timetable_check(fixture->timetable, cases[i].rig, cases[i].starts * SECOND,
                                         cases[i].ends * SECOND, fixture->now.wall, &conflict),
                         cases[i].result);
        assert_int_equal(conflict != NULL, cases[i].result == BOOKING_OVERLAPS);
    }
    assert_string_equal(booking_result_name(BOOKING_TOO_LONG), "too-long");
    assert_non_null(strstr(booking_result_text(BOOKING_CLOCK), "technician"));
}

static void setup_and_teardown_are_kept_free(void **state)
{
    struct fixture *fixture = *state;
    book(fixture, 1, 2000, 2100);
    const struct booking *conflict;
    struct timetable *timetable = fixture->timetable;
    int64_t now = fixture->now.wall;
    assert_int_equal(timetable_check(timetable, 1, 2129 * SECOND, 2200 * SECOND, now, &conflict),
                     BOOKING_OVERLAPS);
    assert_int_equal(timetable_check(timetable, 1, 2130 * SECOND, 2200 * SECOND, now, &conflict), BOOKING_OK);
    assert_int_equal(timetable_check(timetable, 1, 1900 * SECOND, 1971 * SECOND, now, &conflict),
                     BOOKING_OVERLAPS);
    assert_int_equal(timetable_check(timetable, 1, 1900 * SECOND, 1970 * SECOND, now, &conflict), BOOKING_OK);
}

static void a_repeat_gets_the_first_booking(void **state)
{
    struct fixture *fixture = *state;
    ask(fixture, 0, 1100, 1200, "key");
    struct booking_action store = *expect(fixture, BOOKING_ACTION_STORE);
    uint64_t first = fixture->request;
    ask(fixture, 0, 1101, 1200, "key"); /* before the ledger answered: nothing more is stored */
    assert_null(action(fixture, BOOKING_ACTION_STORE));
    assert_int_equal(expect(fixture, BOOKING_ACTION_ANSWER)->request, first);
    assert_int_equal(expect(fixture, BOOKING_ACTION_ANSWER)->result, BOOKING_BUSY);
    ask(fixture, 1, 1101, 1200, "key");
    assert_int_equal(expect(fixture, BOOKING_ACTION_ANSWER)->result, BOOKING_REUSED_KEY);
    stored(fixture, store, BOOKING_STORED);
    assert_int_equal(expect(fixture, BOOKING_ACTION_ANSWER)->request, 2);
    struct booking kept = expect(fixture, BOOKING_ACTION_ANSWER)->booking;

    ask(fixture, 0, 1100, 1200, "key"); /* after: the ledger says which booking it stands for */
    store = *expect(fixture, BOOKING_ACTION_STORE);
    store.rows = &kept;
    stored(fixture, store, BOOKING_STORED);
    assert_int_equal(expect(fixture, BOOKING_ACTION_ANSWER)->result, BOOKING_OK);
    assert_int_equal(expect(fixture, BOOKING_ACTION_ANSWER)->booking.id, kept.id);
    const struct booking *list[8];
    assert_int_equal(timetable_list(fixture->timetable, TIMETABLE_ANY_RIG, 0, INT64_MAX, 0, list, 8), 1);

    ask(fixture, 0, 1500, 1600, "key"); /* another booking under the same key */
    store = *expect(fixture, BOOKING_ACTION_STORE);
    store.rows = &kept;
    stored(fixture, store, BOOKING_STORED_REUSED);
    assert_int_equal(expect(fixture, BOOKING_ACTION_ANSWER)->result, BOOKING_REUSED_KEY);
    book(fixture, 0, 1500, 1600); /* its time was not kept */
}

static void ask_bundle(struct fixture *fixture, const struct booking_wish *wishes, size_t count,
                       const char *key)
{
    struct booking_event event = {.kind = BOOKING_EVENT_BOOK, .request = ++fixture->request};
    event.book.account = 3;
    event.book.wishes = wishes;
    event.book.count = count;
    event.book.key = key;
    handle(fixture, &event);
}

static void a_bundle_is_granted_as_a_whole(void **state)
{
    struct fixture *fixture = *state;
    struct booking_wish wishes[] = {
        {.rig = 0, .starts = 1100 * SECOND, .ends = 1200 * SECOND, .code = "one"  },
        {.rig = 1, .starts = 1100 * SECOND, .ends = 1200 * SECOND, .code = "two"  },
        {.rig = 0, .starts = 1200 * SECOND, .ends = 1300 * SECOND, .code = "three"},
    };
    ask_bundle(fixture, wishes, 3, "bundle");
    assert_int_equal(fixture->actions.count, 1);
    struct booking_action store = *expect(fixture, BOOKING_ACTION_STORE);
    assert_int_equal(store.count, 3);
    assert_string_equal(store.rows[0].key, "bundle");
    assert_string_equal(store.rows[1].key, "");
    assert_string_equal(store.rows[2].code, "three");
    ask_bundle(fixture, wishes, 2, "bundle"); /* not the same request */
    assert_int_equal(expect(fixture, BOOKING_ACTION_ANSWER)->result, BOOKING_REUSED_KEY);
    stored(fixture, store, BOOKING_STORED);
    const struct booking_action *answer = expect(fixture, BOOKING_ACTION_ANSWER);
    assert_int_equal(answer->result, BOOKING_OK);
    assert_int_equal(answer->booking.bundle, answer->booking.id);
    const struct booking *list[4];
    assert_int_equal(timetable_bundle(fixture->timetable, &answer->booking, list, 4), 3);
    assert_int_equal(timetable_bundle(fixture->timetable, list[2], list, 4), 3);
    assert_int_equal(list[1]->rig, 1);
    uint64_t alone = book(fixture, 0, 1300, 1400);
    assert_int_equal(timetable_bundle(fixture->timetable, timetable_find(fixture->timetable, alone), list, 4),
                     1);
    pass(fixture, 100); /* each has a session of its own */
    assert_int_equal(fixture->actions.count, 2);
}

static void a_bundle_that_does_not_fit_leaves_nothing(void **state)
{
    struct fixture *fixture = *state;
    uint64_t other = book(fixture, 1, 1500, 1600);
    struct booking_wish wishes[] = {
        {.rig = 0, .starts = 1100 * SECOND, .ends = 1200 * SECOND, .code = ""},
        {.rig = 0, .starts = 1300 * SECOND, .ends = 1400 * SECOND, .code = ""},
        {.rig = 1, .starts = 1550 * SECOND, .ends = 1650 * SECOND, .code = ""},
    };
    ask_bundle(fixture, wishes, 3, "");
    const struct booking_action *answer = expect(fixture, BOOKING_ACTION_ANSWER);
    assert_int_equal(answer->result, BOOKING_OVERLAPS);
    assert_int_equal(answer->booking.id, other);
    assert_int_equal(answer->at, 2);
    wishes[2] = wishes[0]; /* it is in its own way */
    ask_bundle(fixture, wishes, 3, "");
    assert_int_equal(expect(fixture, BOOKING_ACTION_ANSWER)->result, BOOKING_OVERLAPS);
    assert_int_equal(expect(fixture, BOOKING_ACTION_ANSWER)->at, 2);
    ask_bundle(fixture, wishes, 2, "");
    stored(fixture, *expect(fixture, BOOKING_ACTION_STORE), BOOKING_STORED_FAILED);
    assert_int_equal(expect(fixture, BOOKING_ACTION_ANSWER)->result, BOOKING_NOT_STORED);
    ask_bundle(fixture, wishes, 0, "");
    assert_int_equal(expect(fixture, BOOKING_ACTION_ANSWER)->result, BOOKING_BUNDLE_TOO_LARGE);
    ask_bundle(fixture, wishes, BOOKING_BUNDLE_MAX + 1, "");
    assert_int_equal(expect(fixture, BOOKING_ACTION_ANSWER)->result, BOOKING_BUNDLE_TOO_LARGE);
    book(fixture, 0, 1100, 1400); /* all of it is free */
}

static void what_rigs_share_is_taken_with_them(void **state)
{
    struct fixture *fixture = *state;
    static const uint16_t crane[] = {0};
    static const struct timetable_rig sharing[] = {
        {0,             0, 0,           0, crane, 1, 0},
        {0,             0, 10 * SECOND, 0, crane, 1, 0},
        {5000 * SECOND, 0, 0,           0, NULL,  0, 0},
    };
    timetable_destroy(fixture->timetable);
    fixture->timetable = timetable_create(
        &(struct timetable_setup){.rigs = sharing, .rig_count = 3, .shared_count = 1}, 1000 * SECOND, 5);
    uint64_t first = book(fixture, 0, 1100, 1200);
    ask(fixture, 1, 1150, 1250, "");
    assert_int_equal(expect(fixture, BOOKING_ACTION_ANSWER)->result, BOOKING_OVERLAPS);
    assert_int_equal(expect(fixture, BOOKING_ACTION_ANSWER)->booking.id, first);
    ask(fixture, 1, 1205, 1250, "");
    assert_int_equal(expect(fixture, BOOKING_ACTION_ANSWER)->result, BOOKING_OVERLAPS);
    book(fixture, 1, 1210, 1250);
    book(fixture, 2, 1100, 1250);
    int64_t starts, until;
    timetable_next_free(fixture->timetable, 0, 1150 * SECOND, 20 * SECOND, &starts, &until);
    assert_int_equal(starts, 1250 * SECOND);
    assert_int_equal(until, INT64_MAX);
    cancel(fixture, first);
    stored(fixture, *expect(fixture, BOOKING_ACTION_STORE), BOOKING_STORED);
    book(fixture, 1, 1110, 1200);
}

static void cancelling_frees_the_time_when_it_is_stored(void **state)
{
    struct fixture *fixture = *state;
    uint64_t id = book(fixture, 0, 1100, 1200);
    const struct booking *conflict;
    cancel(fixture, id);
    struct booking_action store = *expect(fixture, BOOKING_ACTION_STORE);
    assert_int_equal(store.booking.state, BOOKING_CANCELLED);
    assert_int_equal(
        timetable_check(fixture->timetable, 0, 1100 * SECOND, 1200 * SECOND, fixture->now.wall, &conflict),
        BOOKING_OVERLAPS);
    stored(fixture, store, BOOKING_STORED_FAILED);
    assert_int_equal(expect(fixture, BOOKING_ACTION_ANSWER)->result, BOOKING_NOT_STORED);
    assert_int_equal(state_of(fixture, id), BOOKING_CONFIRMED);
    cancel(fixture, id);
    stored(fixture, *expect(fixture, BOOKING_ACTION_STORE), BOOKING_STORED);
    assert_int_equal(expect(fixture, BOOKING_ACTION_ANSWER)->result, BOOKING_OK);
    assert_int_equal(state_of(fixture, id), BOOKING_CANCELLED);
    book(fixture, 0, 1100, 1200);
    cancel(fixture, id);
    assert_int_equal(expect(fixture, BOOKING_ACTION_ANSWER)->result, BOOKING_OVER);
    cancel(fixture, 4711);
    assert_int_equal(expect(fixture, BOOKING_ACTION_ANSWER)->result, BOOKING_UNKNOWN);
}

/* ---- time ---------------------------------------------------------------------------------------------- */

static void a_session_begins_when_it_is_stored_and_ends_by_time(void **state)
{
    struct fixture *fixture = *state;
    uint64_t id = go_live(fixture);
    const struct booking_action *begin = expect(fixture, BOOKING_ACTION_BEGIN);
    assert_int_equal(begin->booking.session, 5);
    assert_int_equal(begin->until, fixture->now.monotonic + 100 * INT64_C(1000000000));
    assert_ptr_equal(timetable_live(fixture->timetable, 0), timetable_find(fixture->timetable, id));
    assert_ptr_equal(timetable_by_code(fixture->timetable, "join-me"),
                     timetable_find(fixture->timetable, id));
    assert_null(timetable_by_code(fixture->timetable, "join-m"));
    assert_null(timetable_by_code(fixture->timetable, ""));
    assert_ptr_equal(timetable_of_session(fixture->timetable, 5), timetable_find(fixture->timetable, id));
    pass(fixture, 99);
    assert_int_equal(fixture->actions.count, 0);
    pass(fixture, 1);
    assert_int_equal(expect(fixture, BOOKING_ACTION_END)->booking.session, 5);
    assert_int_equal(expect(fixture, BOOKING_ACTION_STORE)->booking.state, BOOKING_ENDED);
    assert_null(timetable_live(fixture->timetable, 0));
    struct booking_action store = *expect(fixture, BOOKING_ACTION_STORE);
    stored(fixture, store, BOOKING_STORED_FAILED); /* the end holds all the same, and is stored later */
    assert_int_equal(fixture->actions.count, 0);
    pass(fixture, 1);
    stored(fixture, *expect(fixture, BOOKING_ACTION_STORE), BOOKING_STORED);
    assert_null(action(fixture, BOOKING_ACTION_END));
    assert_int_equal(timetable_next_deadline(fixture->timetable, fixture->now), INT64_MAX);
}

static void one_ends_before_the_next_begins(void **state)
{
    struct fixture *fixture = *state;
    go_live(fixture);
    book(fixture, 0, 1200, 1300);
    pass(fixture, 100);
    assert_int_equal(fixture->room[0].kind, BOOKING_ACTION_END);
    assert_int_equal(fixture->room[1].kind, BOOKING_ACTION_STORE);
    assert_int_equal(fixture->room[1].booking.state, BOOKING_ENDED);
    assert_int_equal(fixture->room[2].kind, BOOKING_ACTION_STORE);
    assert_int_equal(fixture->room[2].booking.state, BOOKING_LIVE);
    assert_int_equal(fixture->room[2].booking.session, 6);
}

static void a_session_that_cannot_be_stored_does_not_begin(void **state)
{
    struct fixture *fixture = *state;
    book(fixture, 0, 1100, 1200);
    pass(fixture, 100);
    stored(fixture, *expect(fixture, BOOKING_ACTION_STORE), BOOKING_STORED_FAILED);
    assert_int_equal(fixture->actions.count, 0);
    int64_t deadline = timetable_next_deadline(fixture->timetable, fixture->now);
    assert_int_equal(deadline, fixture->now.monotonic + 1000000000);
    pass(fixture, 1);
    stored(fixture, *expect(fixture, BOOKING_ACTION_STORE), BOOKING_STORED);
    assert_int_equal(expect(fixture, BOOKING_ACTION_BEGIN)->booking.session, 6);
}

static void a_live_session_can_be_ended(void **state)
{
    struct fixture *fixture = *state;
    uint64_t id = go_live(fixture);
    pass(fixture, 50);
    cancel(fixture, id);
    expect(fixture, BOOKING_ACTION_END);
    assert_int_equal(expect(fixture, BOOKING_ACTION_ANSWER)->result, BOOKING_OK);
    assert_int_equal(expect(fixture, BOOKING_ACTION_STORE)->booking.ends, 1150 * SECOND);
    book(fixture, 0, 1150, 1200);
}

static void the_yes_to_an_end_means_that_its_time_is_free(void **state)
{
    struct fixture *fixture = *state;
    uint64_t id = go_live(fixture);
    pass(fixture, 50);
    handle(fixture, &(struct booking_event){.kind = BOOKING_EVENT_USED, .used.booking = id});
    struct booking_action used = *expect(fixture, BOOKING_ACTION_STORE);
    cancel(fixture, id);
    expect(fixture, BOOKING_ACTION_END);
    assert_null(action(fixture, BOOKING_ACTION_ANSWER));
    stored(fixture, used, BOOKING_STORED);
    assert_int_equal(expect(fixture, BOOKING_ACTION_ANSWER)->result, BOOKING_OK);
    assert_int_equal(expect(fixture, BOOKING_ACTION_STORE)->booking.ends, 1150 * SECOND);
    book(fixture, 0, 1150, 1200);
}

static void what_was_missed_ends_and_what_was_live_goes_on(void **state)
{
    struct fixture *fixture = *state;
    struct booking missed = {
        .id = 1, .starts = 800 * SECOND, .ends = 900 * SECOND, .state = BOOKING_CONFIRMED};
    struct booking live = {
        .id = 2, .starts = 950 * SECOND, .ends = 1050 * SECOND, .state = BOOKING_LIVE, .session = 9};
    struct booking over = {
        .id = 3, .rig = 1, .starts = 950 * SECOND, .ends = 990 * SECOND, .state = BOOKING_LIVE, .session = 8};
    assert_true(timetable_load(fixture->timetable, &missed));
    assert_true(timetable_load(fixture->timetable, &live));
    assert_true(timetable_load(fixture->timetable, &over));
    assert_false(timetable_load(fixture->timetable, &over));
    struct booking overlaps = {
        .id = 4, .starts = 1040 * SECOND, .ends = 1060 * SECOND, .state = BOOKING_CONFIRMED};
    assert_false(timetable_load(fixture->timetable, &overlaps));
    pass(fixture, 0);
    const struct booking_action *begin = expect(fixture, BOOKING_ACTION_BEGIN);
    assert_int_equal(begin->booking.session, 9);
    assert_int_equal(begin->until, fixture->now.monotonic + 50 * INT64_C(1000000000));
    size_t ended = 0;
    for (size_t i = 0; i < fixture->actions.count; i++)
        ended +=
            fixture->room[i].kind == BOOKING_ACTION_STORE && fixture->room[i].booking.state == BOOKING_ENDED;
    assert_int_equal(ended, 2);
    assert_null(action(fixture, BOOKING_ACTION_END)); /* it never began in this life */
    cancel(fixture, 2);
    book(fixture, 1, 1100, 1200);
    pass(fixture, 100);
    assert_int_equal(expect(fixture, BOOKING_ACTION_STORE)->booking.session, 10); /* never one twice */
}

static void a_clock_set_back_starts_and_reopens_nothing(void **state)
{
    struct fixture *fixture = *state;
    uint64_t id = go_live(fixture);
    book(fixture, 1, 1150, 1300);
    fixture->now.wall = 500 * SECOND;
    pass(fixture, 1);
    assert_int_equal(fixture->actions.count, 0);
    ask(fixture, 0, 600, 700, "");
    assert_int_equal(expect(fixture, BOOKING_ACTION_ANSWER)->result, BOOKING_CLOCK);
    pass(fixture, 98);
    assert_int_equal(fixture->actions.count, 0);
    pass(fixture, 1); /* by the monotonic clock the session is over */
    assert_int_equal(expect(fixture, BOOKING_ACTION_END)->booking.id, id);
    stored(fixture, *expect(fixture, BOOKING_ACTION_STORE), BOOKING_STORED);
    pass(fixture,
         300); /* 900 by the wall: not believed, although a booking's time would not have come either */
    assert_int_equal(fixture->actions.count, 0);
    assert_int_equal(state_of(fixture, id), BOOKING_ENDED);
    assert_false(timetable_clock_plausible(fixture->timetable, fixture->now.wall));
    fixture->now.wall = 1099 * SECOND; /* still before the newest, 1100 */
    pass(fixture, 0);
    assert_int_equal(fixture->actions.count, 0);
    fixture->now.wall = 1150 * SECOND;
    pass(fixture, 0);
    assert_int_equal(expect(fixture, BOOKING_ACTION_STORE)->booking.rig, 1);
}

static void a_technician_can_vouch_for_an_earlier_clock(void **state)
{
    struct fixture *fixture = *state;
    book(fixture, 1, 1100, 3000);
    timetable_believe(fixture->timetable, 9000 * SECOND);
    pass(fixture, 150);
    assert_int_equal(fixture->actions.count, 0);
    assert_int_equal(timetable_next_deadline(fixture->timetable, fixture->now),
                     fixture->now.monotonic + 1000000000);
    ask(fixture, 0, 1200, 1300, "");
    assert_int_equal(expect(fixture, BOOKING_ACTION_ANSWER)->result, BOOKING_CLOCK);
    handle(fixture, &(struct booking_event){.kind = BOOKING_EVENT_CLOCK});
    pass(fixture, 0);
    assert_int_equal(expect(fixture, BOOKING_ACTION_STORE)->booking.state, BOOKING_LIVE);
    book(fixture, 0, 1200, 1300);
}

/* ---- views --------------------------------------------------------------------------------------------- */

static void free_time_is_found(void **state)
{
    struct fixture *fixture = *state;
    book(fixture, 0, 1000, 1100);
    book(fixture, 0, 1130, 1200);
    book(fixture, 0, 1300, 1400);
    static const struct {
        int64_t from, least, starts, until;
    } cases[] = {
        {1000, 0,   1100, 1130},
        {1000, 31,  1200, 1300},
        {1000, 101, 1400, 0   },
        {1110, 0,   1110, 1130},
        {900,  0,   900,  1000},
        {1250, 50,  1250, 1300},
        {1250, 51,  1400, 0   },
        {5000, 0,   5000, 0   },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t starts, until;
        timetable_next_free(fixture->timetable, 0, cases[i].from * SECOND, cases[i].least * SECOND, &starts,
                            &until);
        assert_int_equal(starts, cases[i].starts * SECOND);
        assert_int_equal(until, cases[i].until == 0 ? INT64_MAX : cases[i].until * SECOND);
    }
}

static void lists_are_by_rig_time_and_page(void **state)
{
    struct fixture *fixture = *state;
    for (int64_t i = 0; i < 10; i++)
        book(fixture, (uint16_t)(i % 2), 1100 + 100 * i, 1150 + 100 * i);
    const struct booking *list[16];
    struct timetable *timetable = fixture->timetable;
    assert_int_equal(timetable_list(timetable, TIMETABLE_ANY_RIG, 0, INT64_MAX, 0, list, 16), 10);
    assert_int_equal(timetable_list(timetable, 1, 0, INT64_MAX, 0, list, 16), 5);
    assert_int_equal(timetable_list(timetable, TIMETABLE_ANY_RIG, 1150 * SECOND, 1300 * SECOND, 0, list, 16),
                     1);
    assert_int_equal(list[0]->starts, 1200 * SECOND);
    assert_int_equal(timetable_list(timetable, TIMETABLE_ANY_RIG, 0, INT64_MAX, 0, list, 4), 4);
    assert_int_equal(timetable_list(timetable, TIMETABLE_ANY_RIG, 0, INT64_MAX, list[3]->id, list, 16), 6);
}

static void what_ended_long_ago_is_forgotten(void **state)
{
    struct fixture *fixture = *state;
    uint64_t id = go_live(fixture);
    pass(fixture, 100);
    stored(fixture, *expect(fixture, BOOKING_ACTION_STORE), BOOKING_STORED);
    timetable_forget(fixture->timetable, 1200 * SECOND);
    assert_non_null(timetable_find(fixture->timetable, id));
    timetable_forget(fixture->timetable, 1201 * SECOND);
    assert_null(timetable_find(fixture->timetable, id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define IN_TIMETABLE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
        IN_TIMETABLE(a_yes_waits_for_the_ledger),
        IN_TIMETABLE(what_cannot_be_is_refused_by_name),
        IN_TIMETABLE(setup_and_teardown_are_kept_free),
        IN_TIMETABLE(a_repeat_gets_the_first_booking),
        IN_TIMETABLE(a_bundle_is_granted_as_a_whole),
        IN_TIMETABLE(a_bundle_that_does_not_fit_leaves_nothing),
        IN_TIMETABLE(what_rigs_share_is_taken_with_them),
        IN_TIMETABLE(cancelling_frees_the_time_when_it_is_stored),
        IN_TIMETABLE(a_session_begins_when_it_is_stored_and_ends_by_time),
        IN_TIMETABLE(one_ends_before_the_next_begins),
        IN_TIMETABLE(a_session_that_cannot_be_stored_does_not_begin),
        IN_TIMETABLE(a_live_session_can_be_ended),
        IN_TIMETABLE(the_yes_to_an_end_means_that_its_time_is_free),
        IN_TIMETABLE(what_was_missed_ends_and_what_was_live_goes_on),
        IN_TIMETABLE(a_clock_set_back_starts_and_reopens_nothing),
        IN_TIMETABLE(a_technician_can_vouch_for_an_earlier_clock),
        IN_TIMETABLE(free_time_is_found),
        IN_TIMETABLE(lists_are_by_rig_time_and_page),
        IN_TIMETABLE(what_ended_long_ago_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
