/* A copy that is made while others write is whole and of one instant; only a whole ledger is brought back. */
#include "gateway/ledger/inspect.h"
#include "tests/unit/ledger/fixture.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

static const char *beside(const struct fixture *fixture, const char *name)
{
    static _Thread_local char path[4][128];
    static _Thread_local unsigned next;
    char *text = path[next++ % 4];
    snprintf(text, sizeof path[0], "%s/%s", fixture->directory, name);
    return text;
}

static struct ledger_event backup(struct fixture *fixture)
{
    assert_int_equal(ledger_backup(fixture->ledger, ++fixture->request), LEDGER_OK);
    struct ledger_event event = fixture_wait(fixture);
    while (event.request != fixture->request) /* what was booked meanwhile */
        event = fixture_wait(fixture);
    return event;
}

/* Reads the copy part by part into a file outside. */
static void fetch(struct fixture *fixture, uint64_t size, const char *path)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (uint64_t offset = 0; offset < size;) {
        assert_int_equal(ledger_read_backup(fixture->ledger, ++fixture->request, offset, 1000), LEDGER_OK);
        struct ledger_event event = fixture_wait(fixture);
        assert_int_equal(event.result, LEDGER_OK);
        assert_int_equal(event.number, size);
        assert_true(event.byte_count > 0);
        fwrite(event.bytes, 1, event.byte_count, file);
        offset += event.byte_count;
        free(event.bytes);
    }
    fclose(file);
}

static void execute(const char *path, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void append_audit(struct fixture *fixture, uint64_t first, size_t count)
{
    struct ledger_audit records[8] = {0};
    for (size_t i = 0; i < count; i++)
        records[i] = (struct ledger_audit){.number = first + i, .wall = 5000, .length = 1};
    assert_int_equal(ledger_append_audit(fixture->ledger, records, count), LEDGER_OK);
    assert_int_equal(fixture_wait(fixture).result, LEDGER_OK);
}

static void a_copy_is_as_of_one_instant_and_nobody_waits(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_inspection found;
    append_audit(fixture, 1, 5);
    for (int64_t i = 0; i < 200; i++) {
        struct ledger_booking booking = fixture_booking("tank-1", 10 * i, 10 * i + 10, "");
        assert_int_equal(fixture_book(fixture, &booking).result, LEDGER_OK);
    }
    assert_int_equal(ledger_backup(fixture->ledger, 1000000), LEDGER_OK);
    assert_int_equal(ledger_backup(fixture->ledger, 1000001), LEDGER_FULL);
    struct ledger_event made = {0};
    for (int64_t i = 200; made.request != 1000000; i++) {
        struct ledger_booking booking = fixture_booking("tank-1", 10 * i, 10 * i + 10, "");
        assert_int_equal(fixture_ask(fixture, 7, &booking, 1), LEDGER_OK);
        for (struct ledger_event event = {0}; event.request != 7;) {
            event = fixture_wait(fixture);
            assert_int_equal(event.result, LEDGER_OK);
            if (event.request == 1000000)
                made = event;
        }
    }
    const char *copy = beside(fixture, "copy");
    fetch(fixture, made.number, copy);
    assert_int_equal(ledger_inspect(copy, &found, fixture->why, sizeof fixture->why), LEDGER_OK);
    assert_true(found.bookings >= 200);
    assert_int_equal(found.audit_records, 5);
    /* With its last byte it is gone. */
    assert_int_equal(access(beside(fixture, "backup.sqlite"), F_OK), -1);
    assert_int_equal(ledger_read_backup(fixture->ledger, 1, 0, 10), LEDGER_OK);
    assert_int_equal(fixture_wait(fixture).result, LEDGER_NOT_FOUND);
}

static void a_copy_is_private(void **state)
{
    struct fixture *fixture = *state;
    struct stat status;
    assert_int_equal(backup(fixture).result, LEDGER_OK);
    assert_int_equal(stat(beside(fixture, "backup.sqlite"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    fixture_reopen(fixture);
    assert_int_equal(access(beside(fixture, "backup.sqlite"), F_OK), -1);
}

static void what_is_brought_back_is_the_copy_and_nothing_else(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_inspection found;
    struct ledger_booking early = fixture_booking("tank-1", 10, 20, "early"),
                          late = fixture_booking("tank-1", 30, 40, "late");
    fixture_book(fixture, &early);
    struct ledger_event made = backup(fixture);
    fetch(fixture, made.number, beside(fixture, "copy"));
    fixture_book(fixture, &late);
    uint64_t boot = fixture->contents.boot;
    assert_int_equal(ledger_restore(fixture->directory, beside(fixture, "copy"), &found, fixture->why,
                                    sizeof fixture->why),
                     LEDGER_LOCKED);
    /* A log that was left behind, as after a crash: it must not be taken for the new one's. */
    execute(beside(fixture, "ledger.sqlite"), "INSERT INTO revoked VALUES (x'00', 1)");
    assert_int_equal(link(beside(fixture, "ledger.sqlite-wal"), beside(fixture, "log")), 0);
    fixture_close(fixture);
    unlink(beside(fixture, "ledger.sqlite-wal"));
    assert_int_equal(link(beside(fixture, "log"), beside(fixture, "ledger.sqlite-wal")), 0);
    assert_int_equal(ledger_restore(fixture->directory, beside(fixture, "copy"), &found, fixture->why,
                                    sizeof fixture->why),
                     LEDGER_OK);
    assert_int_equal(found.bookings, 1);
    assert_int_equal(fixture_open(fixture), LEDGER_OK);
    assert_int_equal(fixture->contents.booking_count, 1);
    assert_string_equal(fixture->contents.bookings[0].key, "early");
    assert_true(fixture->contents.boot > boot);
    assert_true(fixture->contents.doubted); /* though the copy is of this very run */
    /* And what was there before is still there. */
    assert_int_equal(
        ledger_inspect(beside(fixture, "ledger.sqlite.before"), &found, fixture->why, sizeof fixture->why),
        LEDGER_OK);
    assert_int_equal(found.bookings, 2);
}

static void overwrite(const char *path, long offset, const char *bytes)
{
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, offset, SEEK_SET), 0);
    fputs(bytes, file);
    fclose(file);
}

static void refused(struct fixture *fixture, const char *path, int result, const char *reason)
{
    struct ledger_inspection found;
    char why[256] = "";
    assert_int_equal(ledger_restore(fixture->directory, path, &found, why, sizeof why), result);
    if (strstr(why, reason) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", why, reason);
    assert_null(strchr(why, '\n'));
    assert_int_equal(fixture_open(fixture), LEDGER_OK);
    assert_int_equal(fixture->contents.booking_count, 1);
    fixture_close(fixture);
}

static void what_is_no_whole_ledger_is_not_brought_back(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_booking booking = fixture_booking("tank-1", 10, 20, "");
    append_audit(fixture, 1, 8);
    fixture_book(fixture, &booking);
    struct ledger_event made = backup(fixture);
    const char *copy = beside(fixture, "copy");
    fetch(fixture, made.number, copy);
    fixture_close(fixture);
    refused(fixture, beside(fixture, "nothing"), LEDGER_NOT_FOUND, "No such file");
    execute(copy, "DROP TRIGGER audit_no_delete; DELETE FROM audit WHERE number = 3");
    refused(fixture, copy, LEDGER_STORAGE, "records of the audit are missing");
    execute(copy, "DELETE FROM audit");
    execute(copy, "INSERT INTO schema_version VALUES (99, 0)");
    refused(fixture, copy, LEDGER_TOO_NEW, "use the newer labgate");
    overwrite(copy, 4096 + 100, "somebody else's bytes in the middle of a page");
    overwrite(copy, 4096, "and at its begin");
    refused(fixture, copy, LEDGER_STORAGE, "damaged");
    overwrite(copy, 0, "this is no database");
    refused(fixture, copy, LEDGER_STORAGE, "damaged");
}

struct count {
    uint64_t read, wanted;
};

static bool count(void *context, const struct ledger_audit *record)
{
    struct count *counted = context;
    assert_int_equal(record->number, ++counted->read);
    return counted->read < counted->wanted;
}

static void a_copy_is_read_to_its_end_or_until_the_reader_has_enough(void **state)
{
    struct fixture *fixture = *state;
    append_audit(fixture, 1, 8);
    struct ledger_event made = backup(fixture);
    const char *copy = beside(fixture, "copy");
    fetch(fixture, made.number, copy);
    execute(copy,
            "WITH RECURSIVE n(i) AS (SELECT 9 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)"
            " INSERT INTO audit SELECT n.i, wall, session, rig, mac, bytes FROM audit, n WHERE number = 1");
    static const struct count all[] = {
        {1,               1              },
        {3,               3              },
        {LEDGER_PAGE_MAX, LEDGER_PAGE_MAX},
        {1001,            1001           },
        {2500,            UINT64_MAX     },
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct count counted = {.wanted = all[i].wanted};
        assert_int_equal(ledger_read_copy(copy, count, &counted, fixture->why, sizeof fixture->why),
                         LEDGER_OK);
        assert_int_equal(counted.read, all[i].read);
    }
}

static void closing_does_not_wait_for_a_copy(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(ledger_backup(fixture->ledger, 1), LEDGER_OK);
    fixture_reopen(fixture);
    assert_int_equal(access(beside(fixture, "backup.sqlite.new"), F_OK), -1);
    assert_int_equal(backup(fixture).result, LEDGER_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define IN_LEDGER(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
        IN_LEDGER(a_copy_is_as_of_one_instant_and_nobody_waits),
        IN_LEDGER(a_copy_is_private),
        IN_LEDGER(what_is_brought_back_is_the_copy_and_nothing_else),
        IN_LEDGER(what_is_no_whole_ledger_is_not_brought_back),
        IN_LEDGER(a_copy_is_read_to_its_end_or_until_the_reader_has_enough),
        IN_LEDGER(closing_does_not_wait_for_a_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
