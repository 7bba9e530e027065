/* Who found no room for what is kept once for each person, day and thing, and no more than so many of them.
 */
#include "gateway/ledger/store.h"
#include "tests/unit/ledger/fixture.h"

static struct ledger_no_room row_of(uint64_t account, const char *rig, const char *capability, int64_t day,
                                    int64_t length)
{
    struct ledger_no_room row = {
        .account = account, .day = day, .starts = 100 * day, .ends = 100 * day + length};
    snprintf(row.rig, sizeof row.rig, "%s", rig);
    snprintf(row.capability, sizeof row.capability, "%s", capability);
    snprintf(row.group, sizeof row.group, "ee-1");
    return row;
}

static void put(struct fixture *fixture, struct ledger_no_room row)
{
    assert_int_equal(ledger_put_no_room(fixture->ledger, 1, &row), LEDGER_OK);
    assert_int_equal(fixture_wait(fixture).result, LEDGER_OK);
}

static struct ledger_event read_span(struct fixture *fixture, struct ledger_used span)
{
    assert_int_equal(ledger_read_no_room(fixture->ledger, 2, &span), LEDGER_OK);
    struct ledger_event event = fixture_next(fixture);
    assert_int_equal(event.result, LEDGER_OK);
    return event;
}

static void the_same_counts_once_a_day(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, row_of(7, "tank-1", "", 3, 10));
    put(fixture, row_of(7, "tank-1", "", 3, 20)); /* the longest that was asked for */
    put(fixture, row_of(7, "tank-1", "", 3, 15));
    put(fixture, row_of(7, "", "process-control", 3, 10));
    put(fixture, row_of(8, "tank-1", "", 3, 10));
    put(fixture, row_of(7, "tank-1", "", 4, 10));
    fixture_reopen(fixture);
    struct ledger_event event = read_span(fixture, (struct ledger_used){.from = 300, .until = 400});
    assert_int_equal(event.no_room_count, 3);
    assert_false(event.more);
    assert_int_equal(event.no_room[0].account, 7);
    assert_int_equal(event.no_room[0].ends - event.no_room[0].starts, 20);
    assert_string_equal(event.no_room[0].rig, "tank-1");
    assert_string_equal(event.no_room[0].group, "ee-1");
    assert_string_equal(event.no_room[1].capability, "process-control");
    assert_int_equal(event.no_room[2].account, 8);
    free(event.no_room);
}

/* All of them at once, as the store's own thread has them: through the queue it would take a minute. */
static void fill_store(const char *directory, int64_t count)
{
    struct store store;
    assert_int_equal(store_open(&store, directory), LEDGER_OK);
    assert_int_equal(store_begin(&store), LEDGER_OK);
    for (int64_t i = 0; i < count; i++) {
        struct ledger_no_room row = row_of(7, "tank-1", "", i, 10);
        assert_int_equal(store_put_no_room(&store, &row), LEDGER_OK);
        if (i % 2 == 0) /* a repeat takes nobody's place */
            assert_int_equal(store_put_no_room(&store, &row), LEDGER_OK);
    }
    assert_int_equal(store_commit(&store), LEDGER_OK);
    store_close(&store);
}

static void the_oldest_are_forgotten_and_the_rest_is_read_in_parts(void **state)
{
    struct fixture *fixture = *state;
    fixture_close(fixture);
    fill_store(fixture->directory, LEDGER_NO_ROOM_MAX + 50);
    assert_int_equal(fixture_open(fixture), LEDGER_OK);
    struct ledger_used span = {.until = INT64_MAX};
    int64_t count = 0, first = 0;
    for (bool more = true; more;) {
        struct ledger_event event = read_span(fixture, span);
        for (size_t i = 0; i < event.no_room_count; i++, count++) {
            first = count == 0 ? event.no_room[i].day : first;
            assert_int_equal(event.no_room[i].day, first + count);
            span.after = event.no_room[i].id;
        }
        more = event.more;
        free(event.no_room);
    }
    assert_int_equal(count, LEDGER_NO_ROOM_MAX);
    assert_int_equal(first, 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_same_counts_once_a_day, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(the_oldest_are_forgotten_and_the_rest_is_read_in_parts, fixture_setup,
                                        fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
