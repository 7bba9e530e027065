/* What calendars and reports need: how often a booking was revised, feeds, addresses, bookings in the order
 * of their ends. */
#include "tests/unit/ledger/fixture.h"

static void a_revision_is_what_a_calendar_shows(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_booking booking = fixture_booking("tank-1", 10, 20, "");
    booking = fixture_book(fixture, &booking).booking;
    assert_int_equal(booking.revision, 0);
    assert_int_equal(booking.revised, 1000);
    /* It goes live: a calendar shows the same. */
    booking.state = LEDGER_LIVE;
    booking.session = 1;
    booking.made = 2000;
    booking = fixture_update(fixture, &booking).booking;
    assert_int_equal(booking.revision, 0);
    assert_int_equal(booking.revised, 1000);
    booking.ends = 18;
    booking.made = 3000;
    booking = fixture_update(fixture, &booking).booking;
    assert_int_equal(booking.revision, 1);
    assert_int_equal(booking.revised, 3000);
    assert_int_equal(booking.made, 1000);
    fixture_reopen(fixture);
    assert_int_equal(fixture->contents.bookings[0].revision, 1);
    assert_int_equal(fixture->contents.bookings[0].revised, 3000);
}

static void feeds_are_kept_until_they_are_dropped(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_feed feed = {
        .account = 7, .rig = "tank-1", .hash = {1, 2, 3},
                .made = 5
    };
    assert_int_equal(ledger_put_feed(fixture->ledger, 1, &feed), LEDGER_OK);
    feed = fixture_next(fixture).feed;
    assert_int_equal(feed.id, 1);
    assert_int_equal(ledger_put_feed(fixture->ledger, 2, &feed), LEDGER_OK);
    assert_int_equal(fixture_next(fixture).result, LEDGER_CONFLICT);
    fixture_reopen(fixture);
    assert_int_equal(fixture->contents.feed_count, 1);
    assert_memory_equal(fixture->contents.feeds[0].hash, feed.hash, sizeof feed.hash);
    assert_string_equal(fixture->contents.feeds[0].rig, "tank-1");
    assert_int_equal(ledger_drop_feed(fixture->ledger, 3, feed.id), LEDGER_OK);
    assert_int_equal(fixture_next(fixture).result, LEDGER_OK);
    fixture_reopen(fixture);
    assert_int_equal(fixture->contents.feed_count, 0);
}

static void an_address_can_be_erased(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_account account = {
        .name = "anna", .hash = "hash", .email = "anna@example.edu", .no_mail = true};
    assert_int_equal(ledger_put_account(fixture->ledger, 1, &account), LEDGER_OK);
    account = fixture_next(fixture).account;
    fixture_reopen(fixture);
    assert_string_equal(fixture->contents.accounts[0].email, "anna@example.edu");
    assert_true(fixture->contents.accounts[0].no_mail);
    account.email[0] = '\0';
    account.changes = LEDGER_ACCOUNT_EMAIL;
    assert_int_equal(ledger_put_account(fixture->ledger, 2, &account), LEDGER_OK);
    assert_int_equal(fixture_next(fixture).result, LEDGER_OK);
    fixture_reopen(fixture);
    assert_string_equal(fixture->contents.accounts[0].email, "");
    assert_false(fixture->contents.accounts[0].no_mail);
}

#define MANY (LEDGER_USED_MAX + 200)

static struct ledger_event read_used(struct fixture *fixture, const struct ledger_used *used)
{
    assert_int_equal(ledger_read_used(fixture->ledger, 9, used), LEDGER_OK);
    struct ledger_event event = fixture_next(fixture);
    assert_int_equal(event.result, LEDGER_OK);
    return event;
}

/* Every one that touches the time comes once, in parts. */
static void what_was_used_is_read_in_parts(void **state)
{
    struct fixture *fixture = *state;
    static struct ledger_booking rows[MANY];
    for (int64_t i = 0; i < MANY; i++) /* two rigs, so that ends come twice */
        rows[i] = fixture_booking(i % 2 ? "tank-1" : "tank-2", 100 + 10 * (i / 2), 110 + 10 * (i / 2), "");
    assert_int_equal(fixture_ask(fixture, 1, rows, MANY), LEDGER_OK);
    assert_int_equal(fixture_wait(fixture).result, LEDGER_OK);
    int64_t last = 100 + 10 * (MANY / 2);
    struct ledger_used used = {.from = 110, .until = last - 10, .after_end = 110, .after = INT64_MAX};
    size_t count = 0;
    bool more = true;
    while (more) {
        struct ledger_event event = read_used(fixture, &used);
        for (size_t i = 0; i < event.row_count; i++) {
            const struct ledger_booking *row = &event.rows[i];
            assert_true(row->ends > used.after_end || (row->ends == used.after_end && row->id > used.after));
            assert_true(row->ends > 110 && row->starts < last - 10);
            assert_string_equal(row->code, "");
            used.after_end = row->ends;
            used.after = row->id;
        }
        count += event.row_count;
        more = event.more;
        free(event.rows);
    }
    assert_int_equal(count, MANY - 4); /* not the first two, which end when it begins, nor the last two */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_revision_is_what_a_calendar_shows, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(feeds_are_kept_until_they_are_dropped, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(an_address_can_be_erased, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(what_was_used_is_read_in_parts, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
