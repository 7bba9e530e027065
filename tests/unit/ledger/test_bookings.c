/* Bookings in the ledger: promises B1 and B2. */
#include "tests/unit/ledger/fixture.h"

#define HOUR INT64_C(3600000)

static void a_booking_is_there_after_a_restart(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_booking wanted = fixture_booking("tank-1", HOUR, 2 * HOUR, "key-1");
    struct ledger_event event = fixture_book(fixture, &wanted);
    assert_int_equal(event.result, LEDGER_OK);
    assert_true(event.booking.id > 0);
    fixture_reopen(fixture);
    assert_int_equal(fixture->contents.booking_count, 1);
    const struct ledger_booking *stored = &fixture->contents.bookings[0];
    assert_int_equal(stored->id, event.booking.id);
    assert_string_equal(stored->rig, "tank-1");
    assert_int_equal(stored->account, 7);
    assert_int_equal(stored->starts, HOUR);
    assert_int_equal(stored->ends, 2 * HOUR);
    assert_int_equal(stored->state, LEDGER_CONFIRMED);
    assert_string_equal(stored->key, "key-1");
    assert_string_equal(stored->code, "code");
}

static void overlaps_are_refused_with_the_one_in_the_way(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_booking first = fixture_booking("tank-1", 10, 20, "");
    uint64_t id = fixture_book(fixture, &first).booking.id;
    static const struct {
        int64_t starts, ends;
        int result;
    } cases[] = {
        {5,  11,  LEDGER_CONFLICT},
        {19, 30,  LEDGER_CONFLICT},
        {12, 13,  LEDGER_CONFLICT},
        {0,  100, LEDGER_CONFLICT},
        {10, 20,  LEDGER_CONFLICT},
        {0,  10,  LEDGER_OK      },
        {20, 21,  LEDGER_OK      },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ledger_booking wanted = fixture_booking("tank-1", cases[i].starts, cases[i].ends, "");
        struct ledger_event event = fixture_book(fixture, &wanted);
        assert_int_equal(event.result, cases[i].result);
        if (event.result == LEDGER_CONFLICT)
            assert_int_equal(event.booking.id, id);
    }
    struct ledger_booking other_rig = fixture_booking("tank-2", 10, 20, "");
    assert_int_equal(fixture_book(fixture, &other_rig).result, LEDGER_OK);
}

static void setup_and_teardown_do_not_overlap_either(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_booking first = fixture_booking("tank-1", 100, 200, "");
    first.setup = 10;
    first.teardown = 20;
    assert_int_equal(fixture_book(fixture, &first).result, LEDGER_OK);
    struct ledger_booking after = fixture_booking("tank-1", 225, 300, "");
    after.setup = 6;
    assert_int_equal(fixture_book(fixture, &after).result, LEDGER_CONFLICT);
    after.setup = 5;
    assert_int_equal(fixture_book(fixture, &after).result, LEDGER_OK);
    struct ledger_booking before = fixture_booking("tank-1", 50, 90, "");
    before.teardown = 1;
    assert_int_equal(fixture_book(fixture, &before).result, LEDGER_CONFLICT);
    before.teardown = 0;
    assert_int_equal(fixture_book(fixture, &before).result, LEDGER_OK);
}

static void a_repeated_key_returns_the_first_booking(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_booking wanted = fixture_booking("tank-1", 10, 20, "the same key");
    uint64_t id = fixture_book(fixture, &wanted).booking.id;
    wanted.starts = 11; /* "now", a moment later */
    struct ledger_event again = fixture_book(fixture, &wanted);
    assert_int_equal(again.result, LEDGER_OK);
    assert_int_equal(again.booking.id, id);
    assert_int_equal(again.booking.starts, 10);

    struct ledger_booking changed = fixture_booking("tank-1", 10, 21, "the same key");
    again = fixture_book(fixture, &changed);
    assert_int_equal(again.result, LEDGER_REUSED);
    assert_int_equal(again.booking.id, id);
    assert_non_null(strstr(again.why, "already used"));

    struct ledger_booking of_another = fixture_booking("tank-1", 30, 40, "the same key");
    of_another.account = 8;
    again = fixture_book(fixture, &of_another);
    assert_int_equal(again.result, LEDGER_OK);
    assert_int_not_equal(again.booking.id, id);
}

static void a_repeat_is_known_after_the_booking_ended_early(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_booking wanted = fixture_booking("tank-1", 10, 20, "key");
    struct ledger_booking changed = fixture_book(fixture, &wanted).booking;
    changed.state = LEDGER_ENDED;
    changed.ends = 12;
    assert_int_equal(fixture_update(fixture, &changed).result, LEDGER_OK);
    struct ledger_event again = fixture_book(fixture, &wanted);
    assert_int_equal(again.result, LEDGER_OK);
    assert_int_equal(again.booking.id, changed.id);
    assert_int_equal(again.booking.state, LEDGER_ENDED);
}

static void cancelling_and_ending_early_free_the_time(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_booking first = fixture_booking("tank-1", 10, 20, "");
    struct ledger_booking second = fixture_booking("tank-1", 20, 30, "");
    first = fixture_book(fixture, &first).booking;
    second = fixture_book(fixture, &second).booking;
    first.state = LEDGER_CANCELLED;
    assert_int_equal(fixture_update(fixture, &first).result, LEDGER_OK);
    second.state = LEDGER_LIVE;
    second.session = 4;
    second.ends = 25;
    assert_int_equal(fixture_update(fixture, &second).result, LEDGER_OK);
    struct ledger_booking again = fixture_booking("tank-1", 10, 20, "");
    struct ledger_booking rest = fixture_booking("tank-1", 25, 30, "");
    assert_int_equal(fixture_book(fixture, &again).result, LEDGER_OK);
    assert_int_equal(fixture_book(fixture, &rest).result, LEDGER_OK);
    second.ends = 26; /* longer again: no */
    assert_int_equal(fixture_update(fixture, &second).result, LEDGER_CONFLICT);
    fixture_reopen(fixture);
    assert_int_equal(fixture->contents.next_session, 5);
}

static void states_only_move_forward(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        enum ledger_booking_state from, to;
        int result;
    } cases[] = {
        {LEDGER_LIVE,      LEDGER_CONFIRMED, LEDGER_CONFLICT},
        {LEDGER_LIVE,      LEDGER_CANCELLED, LEDGER_CONFLICT},
        {LEDGER_ENDED,     LEDGER_LIVE,      LEDGER_CONFLICT},
        {LEDGER_CANCELLED, LEDGER_CONFIRMED, LEDGER_CONFLICT},
        {LEDGER_CANCELLED, LEDGER_ENDED,     LEDGER_CONFLICT},
        {LEDGER_ENDED,     LEDGER_ENDED,     LEDGER_OK      },
        {LEDGER_LIVE,      LEDGER_ENDED,     LEDGER_OK      },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ledger_booking booking =
            fixture_booking("tank-1", 100 * (int64_t)i, 100 * (int64_t)i + 50, "");
        booking = fixture_book(fixture, &booking).booking;
        booking.state = cases[i].from;
        assert_int_equal(fixture_update(fixture, &booking).result, LEDGER_OK);
        booking.state = cases[i].to;
        struct ledger_event event = fixture_update(fixture, &booking);
        assert_int_equal(event.result, cases[i].result);
        assert_int_equal(event.booking.state, cases[i].result == LEDGER_OK ? cases[i].to : cases[i].from);
    }
    struct ledger_booking nobody = fixture_booking("tank-1", 0, 1, "");
    nobody.id = 999;
    nobody.state = LEDGER_ENDED;
    assert_int_equal(fixture_update(fixture, &nobody).result, LEDGER_NOT_FOUND);
}

/* Many at once, by a generator of its own: the ledger agrees with an obvious list. */
static void it_agrees_with_a_slow_list(void **state)
{
    struct fixture *fixture = *state;
    struct {
        int64_t from, until;
    } taken[400];
    size_t count = 0;
    uint32_t random = 12345;
    for (int n = 0; n < 400; n++) {
        random = random * 1664525u + 1013904223u;
        int64_t starts = (random >> 8) % 2000, length = 1 + (random >> 20) % 30, setup = (random >> 4) % 4;
        struct ledger_booking wanted = fixture_booking("tank-1", starts, starts + length, "");
        wanted.setup = setup;
        bool free_time = true;
        for (size_t i = 0; i < count; i++)
            if (taken[i].from < starts + length && starts - setup < taken[i].until)
                free_time = false;
        assert_int_equal(fixture_book(fixture, &wanted).result, free_time ? LEDGER_OK : LEDGER_CONFLICT);
        if (free_time) {
            taken[count].from = starts - setup;
            taken[count++].until = starts + length;
        }
    }
    assert_true(count > 40);
}

static void old_bookings_are_not_loaded(void **state)
{
    struct fixture *fixture = *state;
    const int64_t day = 24 * HOUR, now = 100 * day;
    struct ledger_booking old = fixture_booking("tank-1", now - 50 * day, now - 49 * day, "");
    struct ledger_booking recent = fixture_booking("tank-1", now - 30 * day, now - 29 * day, "");
    struct ledger_booking missed = fixture_booking("tank-1", now - 60 * day, now - 59 * day, "");
    old.made = recent.made = missed.made = now;
    old = fixture_book(fixture, &old).booking;
    recent = fixture_book(fixture, &recent).booking;
    missed = fixture_book(fixture, &missed).booking;
    old.state = recent.state = LEDGER_ENDED;
    fixture_update(fixture, &old);
    fixture_update(fixture, &recent);
    fixture_reopen(fixture);
    assert_int_equal(fixture->contents.last_wall, now);
    assert_int_equal(fixture->contents.booking_count, 2); /* the recent one, and the one that nobody ended */
    assert_int_equal(fixture->contents.bookings[0].id, recent.id);
    assert_int_equal(fixture->contents.bookings[1].id, missed.id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define IN_LEDGER(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
        IN_LEDGER(a_booking_is_there_after_a_restart),
        IN_LEDGER(overlaps_are_refused_with_the_one_in_the_way),
        IN_LEDGER(setup_and_teardown_do_not_overlap_either),
        IN_LEDGER(a_repeated_key_returns_the_first_booking),
        IN_LEDGER(a_repeat_is_known_after_the_booking_ended_early),
        IN_LEDGER(cancelling_and_ending_early_free_the_time),
        IN_LEDGER(states_only_move_forward),
        IN_LEDGER(it_agrees_with_a_slow_list),
        IN_LEDGER(old_bookings_are_not_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
