/* A ledger of each older version is brought up to date, with all that was in it. A version that was released
 * has a file in versions/, written by hand in its own tables. */
#include "gateway/ledger/store.h"
#include "tests/unit/ledger/fixture.h"

#include <sqlite3.h>

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    if (file == NULL)
        fail_msg("%s is missing", path);
    fseek(file, 0, SEEK_END);
    size_t length = (size_t)ftell(file);
    rewind(file);
    char *text = calloc(1, length + 1);
    assert_int_equal(fread(text, 1, length, file), length);
    fclose(file);
    return text;
}

static void write_version(const struct fixture *fixture, int version)
{
    char path[128];
    sqlite3 *db;
    snprintf(path, sizeof path, "tests/unit/ledger/versions/%d.sql", version);
    char *sql = read_file(path);
    snprintf(path, sizeof path, "%s/ledger.sqlite", fixture->directory);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("version %d: %s", version, sqlite3_errmsg(db));
    sqlite3_close(db);
    free(sql);
}

static void version_1(void **state)
{
    struct fixture *fixture = *state;
    write_version(fixture, 1);
    if (fixture_open(fixture) != LEDGER_OK)
        fail_msg("%s", fixture->why);
    const struct ledger_contents *contents = &fixture->contents;
    assert_int_equal(contents->account_count, 2);
    assert_string_equal(contents->accounts[0].title, "安娜");
    assert_true(contents->accounts[1].disabled);
    assert_int_equal(contents->boot, 8);
    assert_int_equal(contents->next_session, 12);
    assert_int_equal(contents->last_audit, 1);
    assert_int_equal(contents->revocation_count, 1);
    assert_int_equal(contents->booking_count, 4);
    const struct ledger_booking *ended = &contents->bookings[0], *live = &contents->bookings[2];
    assert_int_equal(ended->state, LEDGER_ENDED);
    assert_int_equal(ended->setup, 60000);
    assert_int_equal(ended->used, 300000); /* charged as it was used */
    assert_int_equal(live->state, LEDGER_LIVE);
    assert_int_equal(live->session, 11);
    assert_true(live->charged);
    assert_string_equal(live->group, "");
    assert_int_equal(live->party[0], 0);
    /* What was there holds its time, and its key. */
    struct ledger_booking taken = fixture_booking("tank-1", 1790001300000, 1790001400000, "");
    struct ledger_event event = fixture_book(fixture, &taken);
    assert_int_equal(event.result, LEDGER_CONFLICT);
    assert_int_equal(event.booking.id, 4);
    struct ledger_booking again =
        fixture_booking("tank-1", 1790000000000, 1790000600000, "key of the first one");
    again.account = 1;
    event = fixture_book(fixture, &again);
    assert_int_equal(event.result, LEDGER_OK);
    assert_int_equal(event.booking.id, 1);
    /* And numbers go on. */
    struct ledger_booking fresh = fixture_booking("tank-2", 1790001300000, 1790001400000, "");
    assert_int_equal(fixture_book(fixture, &fresh).booking.id, 5);
    uint8_t bytes[4];
    assert_int_equal(ledger_get_rig(fixture->ledger, "tank-1", bytes, sizeof bytes), 2);
}

static int setup(void **state)
{
    struct fixture *fixture = malloc(sizeof *fixture);
    fixture_init(fixture);
    *state = fixture;
    return 0;
}

static void version_2(void **state)
{
    struct fixture *fixture = *state;
    write_version(fixture, 2);
    if (fixture_open(fixture) != LEDGER_OK)
        fail_msg("%s", fixture->why);
    const struct ledger_contents *contents = &fixture->contents;
    assert_int_equal(contents->booking_count, 1);
    assert_string_equal(contents->bookings[0].capability, "process-control");
    assert_int_equal(contents->bookings[0].party[0], 2);
    struct ledger_booking beside = fixture_booking("tank-3", 1790001500000, 1790001600000, "");
    snprintf(beside.shared[0], sizeof beside.shared[0], "crane");
    assert_int_equal(fixture_book(fixture, &beside).result, LEDGER_CONFLICT);
    assert_int_equal(contents->standing_count, 1);
    assert_int_equal(contents->notice_count, 1);
    assert_int_equal(contents->ticket_count, 1);
    assert_string_equal(contents->tickets[0].offer_rig, ""); /* places were offered nothing that was stored */
    assert_int_equal(contents->last_ticket, 8);
    struct ledger_ticket ticket = contents->tickets[0];
    snprintf(ticket.offer_rig, sizeof ticket.offer_rig, "tank-1");
    assert_int_equal(ledger_put_ticket(fixture->ledger, 1, &ticket), LEDGER_OK);
    assert_int_equal(fixture_wait(fixture).result, LEDGER_OK);
    fixture_reopen(fixture);
    assert_string_equal(fixture->contents.tickets[0].offer_rig, "tank-1");
}

static void version_3(void **state)
{
    struct fixture *fixture = *state;
    write_version(fixture, 3);
    if (fixture_open(fixture) != LEDGER_OK)
        fail_msg("%s", fixture->why);
    const struct ledger_contents *contents = &fixture->contents;
    assert_int_equal(contents->booking_count, 2);
    const struct ledger_booking *class = &contents->bookings[0], *offered = &contents->bookings[1];
    assert_int_equal(class->revision, 0); /* no calendar has shown a change of it */
    assert_int_equal(class->revised, class->made);
    assert_int_equal(offered->state, LEDGER_OFFERED);
    assert_int_equal(contents->ticket_count, 1);
    assert_string_equal(contents->tickets[0].offer_rig, "tank-1");
    assert_int_equal(contents->tickets[0].take, 1790002100000);
    assert_int_equal(contents->feed_count, 0);
    struct ledger_booking beside = fixture_booking("tank-3", 1790001500000, 1790001600000, "");
    snprintf(beside.shared[0], sizeof beside.shared[0], "crane");
    assert_int_equal(fixture_book(fixture, &beside).result, LEDGER_CONFLICT);
}

static void version_4(void **state)
{
    struct fixture *fixture = *state;
    write_version(fixture, 4);
    if (fixture_open(fixture) != LEDGER_OK)
        fail_msg("%s", fixture->why);
    const struct ledger_contents *contents = &fixture->contents;
    assert_int_equal(contents->booking_count, 2);
    assert_int_equal(contents->bookings[0].revision, 2);
    assert_int_equal(contents->bookings[0].revised, 1790000850000);
    assert_int_equal(contents->feed_count, 1);
}

static void version_5(void **state)
{
    struct fixture *fixture = *state;
    write_version(fixture, 5);
    if (fixture_open(fixture) != LEDGER_OK)
        fail_msg("%s", fixture->why);
    assert_int_equal(fixture->contents.booking_count, 2);
    assert_true(fixture->contents.doubted);
    const struct ledger_used all = {.until = INT64_MAX};
    assert_int_equal(ledger_read_no_room(fixture->ledger, 1, &all), LEDGER_OK);
    struct ledger_event event = fixture_wait(fixture);
    assert_int_equal(event.no_room_count, 0);
    free(event.no_room);
}

static void version_6(void **state)
{
    struct fixture *fixture = *state;
    write_version(fixture, 6);
    if (fixture_open(fixture) != LEDGER_OK)
        fail_msg("%s", fixture->why);
    assert_int_equal(fixture->contents.notice_count, 1);
    assert_int_equal(fixture->contents.notices[0].more, 0);
    assert_string_equal(fixture->contents.notices[0].reason, "");
    const struct ledger_used all = {.until = INT64_MAX};
    assert_int_equal(ledger_read_no_room(fixture->ledger, 1, &all), LEDGER_OK);
    struct ledger_event event = fixture_wait(fixture);
    assert_int_equal(event.no_room_count, 1);
    assert_string_equal(event.no_room[0].group, "ee-2024-1");
    free(event.no_room);
}

/* Tables, columns and indexes, however they came to be. */
static char *tables_of(const struct fixture *fixture)
{
    static const char question[] =
        "SELECT group_concat(line, char(10)) FROM (SELECT m.type || ' ' || m.name || ' ' || coalesce((SELECT "
        "group_concat(name || ' ' || type || ' ' || \"notnull\" || ' ' || pk, ', ') FROM "
        "pragma_table_info(m.name)), '') || coalesce((SELECT group_concat(name) FROM "
        "pragma_index_info(m.name)), '') AS line FROM sqlite_schema m ORDER BY line)";
    char path[128];
    sqlite3 *db;
    sqlite3_stmt *query;
    snprintf(path, sizeof path, "%s/ledger.sqlite", fixture->directory);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, question, -1, &query, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(query), SQLITE_ROW);
    char *text = strdup((const char *)sqlite3_column_text(query, 0));
    sqlite3_finalize(query);
    sqlite3_close(db);
    return text;
}

static char *tables_after(int version)
{
    struct fixture fixture;
    fixture_init(&fixture);
    if (version > 0)
        write_version(&fixture, version);
    if (fixture_open(&fixture) != LEDGER_OK)
        fail_msg("version %d: %s", version, fixture.why);
    char *tables = tables_of(&fixture);
    fixture_finish(&fixture);
    return tables;
}

static void every_version_becomes_the_newest(void **state)
{
    (void)state;
    char *newest = tables_after(0);
    assert_non_null(strstr(newest, "table booking"));
    for (int version = 1; version < schema_version(); version++) {
        char *tables = tables_after(version);
        if (strcmp(tables, newest) != 0)
            fail_msg("version %d becomes\n%s\ninstead of\n%s", version, tables, newest);
        free(tables);
    }
    free(newest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(version_1, setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(version_2, setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(version_3, setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(version_4, setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(version_5, setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(version_6, setup, fixture_teardown),
        cmocka_unit_test(every_version_becomes_the_newest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
