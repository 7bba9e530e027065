/* Opening, damage, locks, a full disk; accounts, rigs, logouts and the audit. */
#include "tests/unit/ledger/fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char *path_of(const struct fixture *fixture, const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", fixture->directory, name);
    return path;
}

static void change_file(struct fixture *fixture, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path_of(fixture, "ledger.sqlite"), &db), SQLITE_OK);
    char *message = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
    sqlite3_close(db);
}

/* The first column of the first row. */
static int64_t number_in_file(struct fixture *fixture, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *query;
    assert_int_equal(sqlite3_open(path_of(fixture, "ledger.sqlite"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &query, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(query), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(query, 0);
    sqlite3_finalize(query);
    sqlite3_close(db);
    return number;
}

static void fill(struct ledger_audit *records, size_t count, uint64_t first)
{
    for (size_t i = 0; i < count; i++) {
        records[i] =
            (struct ledger_audit){.number = first + i, .wall = 1000 + (int64_t)(first + i), .length = 4};
        records[i].session = (first + i) % 3;
        snprintf(records[i].rig, sizeof records[i].rig, "tank-%d", (int)((first + i) % 2));
        memcpy(records[i].bytes, "\x00\x01\x02\x03", 4);
        memset(records[i].mac, (int)(first + i), sizeof records[i].mac);
    }
}

static void append(struct fixture *fixture, uint64_t first, size_t count)
{
    struct ledger_audit *records = calloc(LEDGER_BATCH_MAX, sizeof *records);
    while (count > 0) {
        size_t some = count < LEDGER_BATCH_MAX ? count : LEDGER_BATCH_MAX;
        fill(records, some, first);
        assert_int_equal(ledger_append_audit(fixture->ledger, records, some), LEDGER_OK);
        struct ledger_event event = fixture_wait(fixture);
        assert_int_equal(event.kind, LEDGER_EVENT_AUDIT);
        assert_int_equal(event.result, LEDGER_OK);
        first += some;
        count -= some;
        assert_int_equal(event.number, first - 1);
    }
    free(records);
}

/* ---- opening ------------------------------------------------------------------------------------------- */

static void files_are_the_owners_alone(void **state)
{
    struct fixture *fixture = *state;
    static const char *const names[] = {"ledger.sqlite", "ledger.sqlite-wal", "ledger.lock", "boot"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct stat status;
        assert_int_equal(stat(path_of(fixture, names[i]), &status), 0);
        assert_int_equal(status.st_mode & 0777, 0600);
    }
    fixture_close(fixture);
    chmod(path_of(fixture, "ledger.sqlite"), 0644);
    assert_int_equal(fixture_open(fixture), LEDGER_OK);
    struct stat status;
    stat(path_of(fixture, "ledger.sqlite"), &status);
    assert_int_equal(status.st_mode & 0777, 0600);
}

static void a_second_one_is_kept_out(void **state)
{
    struct fixture *fixture = *state;
    struct ledger *second;
    struct ledger_contents contents;
    char why[256], pid[32];
    assert_int_equal(ledger_open(fixture->directory, fixture->wake, &second, &contents, why, sizeof why),
                     LEDGER_LOCKED);
    snprintf(pid, sizeof pid, "process %ld", (long)getpid());
    assert_non_null(strstr(why, pid));
    assert_non_null(strstr(why, fixture->directory));
    assert_non_null(strstr(why, "stop it"));
}

static void boots_only_grow(void **state)
{
    struct fixture *fixture = *state;
    uint64_t first = fixture->contents.boot;
    assert_true(first > 0);
    fixture_reopen(fixture);
    assert_int_equal(fixture->contents.boot, first + 1);
    /* The database comes back from a backup: the counter does not. */
    fixture_close(fixture);
    change_file(fixture, "UPDATE gateway SET boot = 0");
    assert_int_equal(fixture_open(fixture), LEDGER_OK);
    assert_int_equal(fixture->contents.boot, first + 2);
    /* The other way round. */
    fixture_close(fixture);
    unlink(path_of(fixture, "boot"));
    assert_int_equal(fixture_open(fixture), LEDGER_OK);
    assert_int_equal(fixture->contents.boot, first + 3);
    /* Damaged: it is not guessed. */
    fixture_close(fixture);
    assert_int_equal(truncate(path_of(fixture, "boot"), 0), 0);
    assert_int_equal(fixture_open(fixture), LEDGER_STORAGE);
    assert_non_null(strstr(fixture->why, "boot counter"));
}

static void an_older_ledger_is_doubted_until_it_is_trusted(void **state)
{
    struct fixture *fixture = *state;
    assert_false(fixture->contents.doubted);
    fixture_reopen(fixture);
    assert_false(fixture->contents.doubted);
    fixture_close(fixture);
    change_file(fixture, "UPDATE gateway SET boot = boot - 1");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(fixture_open(fixture), LEDGER_OK);
        assert_true(fixture->contents.doubted);
        if (i == 0)
            fixture_close(fixture);
    }
    assert_int_equal(ledger_trust(fixture->ledger, 1), LEDGER_OK);
    assert_int_equal(fixture_wait(fixture).result, LEDGER_OK);
    fixture_reopen(fixture);
    assert_false(fixture->contents.doubted);
    /* Lost, while the counter is there. */
    fixture_close(fixture);
    assert_int_equal(unlink(path_of(fixture, "ledger.sqlite")), 0);
    assert_int_equal(fixture_open(fixture), LEDGER_OK);
    assert_true(fixture->contents.doubted);
    /* A start that ended between its two counters lost nothing. */
    assert_int_equal(ledger_trust(fixture->ledger, 1), LEDGER_OK);
    assert_int_equal(fixture_wait(fixture).result, LEDGER_OK);
    fixture_close(fixture);
    change_file(fixture, "UPDATE gateway SET boot = boot + 1");
    assert_int_equal(fixture_open(fixture), LEDGER_OK);
    assert_false(fixture->contents.doubted);
}

static void a_newer_ledger_is_refused(void **state)
{
    struct fixture *fixture = *state;
    fixture_close(fixture);
    change_file(fixture, "INSERT INTO schema_version VALUES (99, 0)");
    assert_int_equal(fixture_open(fixture), LEDGER_TOO_NEW);
    assert_non_null(strstr(fixture->why, "version 99"));
}

static void damage_is_told(void **state)
{
    struct fixture *fixture = *state;
    for (int64_t i = 0; i < 200; i++) {
        struct ledger_booking booking = fixture_booking("tank-1", 10 * i, 10 * i + 5, "");
        fixture_book(fixture, &booking);
    }
    fixture_close(fixture);
    struct stat status;
    int fd = open(path_of(fixture, "ledger.sqlite"), O_RDWR);
    assert_int_equal(fstat(fd, &status), 0);
    char junk[2000];
    memset(junk, 0x5a, sizeof junk);
    for (off_t at = 4096; at + 4096 <= status.st_size; at += 4096)
        assert_int_equal(pwrite(fd, junk, sizeof junk, at), sizeof junk);
    close(fd);
    assert_int_equal(fixture_open(fixture), LEDGER_STORAGE);
    assert_non_null(strstr(fixture->why, "backup"));
    fd = open(path_of(fixture, "ledger.sqlite"), O_RDWR | O_TRUNC);
    assert_int_equal(write(fd, junk, sizeof junk), sizeof junk);
    close(fd);
    assert_int_equal(fixture_open(fixture), LEDGER_STORAGE);
    assert_non_null(strstr(fixture->why, "not a"));
}

static void a_directory_that_cannot_be_is_told(void **state)
{
    (void)state;
    struct ledger *ledger;
    struct ledger_contents contents;
    char why[256];
    assert_int_equal(ledger_open("/proc/labgate", -1, &ledger, &contents, why, sizeof why), LEDGER_STORAGE);
    assert_non_null(strstr(why, "/proc/labgate"));
}

/* A page that nothing at the start needs. */
static void damage_that_only_a_check_finds_is_told(void **state)
{
    struct fixture *fixture = *state;
    append(fixture, 1, 1500);
    fixture_close(fixture);
    struct stat status;
    int fd = open(path_of(fixture, "ledger.sqlite"), O_RDWR);
    assert_int_equal(fstat(fd, &status), 0);
    off_t middle = status.st_size / 4096 / 2 * 4096;
    assert_int_equal(pwrite(fd, "\xff", 1, middle), 1);
    close(fd);
    assert_int_equal(fixture_open(fixture), LEDGER_STORAGE);
    assert_non_null(strstr(fixture->why, "backup"));
}

/* Pages that look right, and say something else than the table does: bookings are looked for in it. */
static void damage_in_an_index_is_told(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_booking booking = fixture_booking("tank-1", 10, 20, "");
    fixture_book(fixture, &booking);
    fixture_close(fixture);
    off_t end = 4096 * (off_t)number_in_file(
                           fixture, "SELECT rootpage FROM sqlite_schema WHERE name = 'booking_busy'");
    char last;
    int fd = open(path_of(fixture, "ledger.sqlite"), O_RDWR);
    assert_int_equal(pread(fd, &last, 1, end - 1), 1);
    last ^= 1;
    assert_int_equal(pwrite(fd, &last, 1, end - 1), 1);
    close(fd);
    assert_int_equal(fixture_open(fixture), LEDGER_STORAGE);
    assert_non_null(strstr(fixture->why, "backup"));
}

static void another_programs_database_is_left_alone(void **state)
{
    struct fixture *fixture = *state;
    static const char *const others[] = {
        "CREATE TABLE photo(name)",
        "CREATE TABLE account(name); CREATE TABLE schema_version(version); INSERT INTO schema_version VALUES "
        "(3)",
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        fixture_close(fixture);
        assert_int_equal(unlink(path_of(fixture, "ledger.sqlite")), 0);
        change_file(fixture, others[i]);
        int64_t tables = number_in_file(fixture, "SELECT count(*) FROM sqlite_schema");
        assert_int_equal(fixture_open(fixture), LEDGER_STORAGE);
        assert_non_null(strstr(fixture->why, "another program"));
        assert_int_equal(number_in_file(fixture, "SELECT count(*) FROM sqlite_schema"), tables);
    }
}

/* In a process of its own: the limit is for good. */
static int fill_the_disk(struct fixture *fixture)
{
    signal(SIGXFSZ, SIG_IGN);
    if (fixture_open(fixture) != LEDGER_OK)
        return 1;
    struct rlimit limit = {.rlim_cur = 200000, .rlim_max = RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &limit);
    uint64_t stored = 0;
    struct ledger_event event = {0};
    for (int64_t i = 0; i < 10000 && event.result == LEDGER_OK; i++) {
        struct ledger_booking booking = fixture_booking("tank-1", 10 * i, 10 * i + 5, "");
        event = fixture_book(fixture, &booking);
        stored += event.result == LEDGER_OK;
    }
    if (event.result != LEDGER_STORAGE || strstr(event.why, "failed") == NULL)
        return 2;
    /* There is room again: it goes on. */
    limit.rlim_cur = RLIM_INFINITY;
    setrlimit(RLIMIT_FSIZE, &limit);
    struct ledger_booking last = fixture_booking("tank-2", 1, 2, "");
    if (fixture_book(fixture, &last).result != LEDGER_OK)
        return 3;
    fixture_close(fixture);
    if (fixture_open(fixture) != LEDGER_OK)
        return 4;
    return fixture->contents.booking_count == stored + 1 ? 0 : 5;
}

static void a_full_disk_is_told_and_survived(void **state)
{
    struct fixture *fixture = *state;
    fixture_close(fixture);
    pid_t child = fork();
    if (child == 0)
        _exit(fill_the_disk(fixture));
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void the_queue_is_bounded_and_keeps_a_reserve(void **state)
{
    struct fixture *fixture = *state;
    /* Keep the file locked from outside, so that nothing moves. */
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path_of(fixture, "ledger.sqlite"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    size_t taken = 0;
    struct ledger_booking booking = fixture_booking("tank-1", 1, 2, "");
    while (fixture_ask(fixture, taken + 1, &booking, 1) == LEDGER_OK)
        assert_true(++taken < 1000);
    struct ledger_account account = {.name = "li"};
    assert_int_equal(ledger_put_account(fixture->ledger, 1, &account), LEDGER_FULL);
    assert_int_equal(ledger_put_rig(fixture->ledger, 1000, "tank-1", "x", 1), LEDGER_OK);
    assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    for (size_t i = 0; i < taken; i++)
        assert_int_equal(fixture_wait(fixture).request, i + 1); /* in order */
    assert_int_equal(fixture_wait(fixture).request, 1000);
    fixture_book(fixture, &booking); /* taken, unless the others waited too long for the lock */
    assert_int_equal(fixture_book(fixture, &booking).result, LEDGER_CONFLICT);
}

/* ---- accounts, rigs, logouts --------------------------------------------------------------------------- */

static struct ledger_account account_named(const char *name)
{
    struct ledger_account account = {.role = 1, .password_version = 3};
    snprintf(account.name, sizeof account.name, "%s", name);
    snprintf(account.title, sizeof account.title, "Title of %s", name);
    snprintf(account.hash, sizeof account.hash, "$hash$%s", name);
    return account;
}

static struct ledger_event put_account(struct fixture *fixture, const struct ledger_account *account)
{
    assert_int_equal(ledger_put_account(fixture->ledger, 5, account), LEDGER_OK);
    return fixture_wait(fixture);
}

static void accounts_are_stored_changed_and_erased(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_account li = account_named("李雷");
    struct ledger_event event = put_account(fixture, &li);
    assert_int_equal(event.result, LEDGER_OK);
    uint64_t id = event.account.id;
    struct ledger_account twin = account_named("李雷");
    event = put_account(fixture, &twin);
    assert_int_equal(event.result, LEDGER_CONFLICT);
    assert_non_null(strstr(event.why, "李雷"));
    li = account_named("erased-1");
    li.id = id;
    li.title[0] = '\0';
    li.disabled = true;
    li.changes = LEDGER_ACCOUNT_NAME | LEDGER_ACCOUNT_TITLE | LEDGER_ACCOUNT_DISABLED;
    assert_int_equal(put_account(fixture, &li).result, LEDGER_OK);
    li.id = 77;
    snprintf(li.name, sizeof li.name, "another");
    assert_int_equal(put_account(fixture, &li).result, LEDGER_NOT_FOUND);
    fixture_reopen(fixture);
    assert_int_equal(fixture->contents.account_count, 1);
    assert_string_equal(fixture->contents.accounts[0].name, "erased-1");
    assert_string_equal(fixture->contents.accounts[0].title, "");
    assert_true(fixture->contents.accounts[0].disabled);
    assert_int_equal(fixture->contents.accounts[0].password_version, 3);
}

static void a_put_changes_no_more_than_it_says(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_account old = account_named("anna");
    snprintf(old.email, sizeof old.email, "anna@example.edu");
    old.id = put_account(fixture, &old).account.id;
    struct ledger_account reset = {
        .id = old.id,
        .changes = LEDGER_ACCOUNT_PASSWORD | LEDGER_ACCOUNT_DISABLED | LEDGER_ACCOUNT_ROLE,
        .role = 2,
        .disabled = true,
        .hash = "$hash$new",
    };
    assert_int_equal(put_account(fixture, &reset).result, LEDGER_OK);
    old.no_mail = true; /* by somebody who knows nothing of that */
    old.changes = LEDGER_ACCOUNT_NO_MAIL;
    struct ledger_account stored = put_account(fixture, &old).account;
    assert_string_equal(stored.hash, "$hash$new");
    assert_int_equal(stored.password_version, 4);
    assert_true(stored.disabled && stored.no_mail);
    old.changes = LEDGER_ACCOUNT_PASSWORD;
    old.only_version = 3;
    assert_int_equal(put_account(fixture, &old).result, LEDGER_CONFLICT);
    old.changes = LEDGER_ACCOUNT_TOKENS;
    old.only_version = 0;
    assert_int_equal(put_account(fixture, &old).result, LEDGER_OK);
    fixture_reopen(fixture);
    const struct ledger_account *account = &fixture->contents.accounts[0];
    assert_string_equal(account->name, "anna");
    assert_string_equal(account->title, "Title of anna");
    assert_string_equal(account->hash, "$hash$new");
    assert_string_equal(account->email, "anna@example.edu");
    assert_int_equal(account->password_version, 5);
    assert_int_equal(account->role, 2);
    assert_true(account->disabled && account->no_mail);
}

static void an_import_is_all_or_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_account list[3] = {account_named("a"), account_named("b"), account_named("a")};
    assert_int_equal(ledger_put_accounts(fixture->ledger, 6, list, 3), LEDGER_OK);
    struct ledger_event event = fixture_wait(fixture);
    assert_int_equal(event.result, LEDGER_CONFLICT);
    assert_string_equal(event.account.name, "a");
    free(event.accounts);
    fixture_reopen(fixture);
    assert_int_equal(fixture->contents.account_count, 0);
    list[2] = account_named("c");
    assert_int_equal(ledger_put_accounts(fixture->ledger, 6, list, 3), LEDGER_OK);
    event = fixture_wait(fixture);
    assert_int_equal(event.result, LEDGER_OK);
    assert_int_equal(event.account_count, 3);
    assert_true(event.accounts[0].id != 0 && event.accounts[2].id != event.accounts[0].id);
    free(event.accounts);
}

static void what_rigs_must_remember_is_remembered(void **state)
{
    struct fixture *fixture = *state;
    char bytes[16] = "";
    assert_int_equal(ledger_get_rig(fixture->ledger, "tank-1", bytes, sizeof bytes), 0);
    ledger_put_rig(fixture->ledger, 1, "tank-1", "old", 3);
    ledger_put_rig(fixture->ledger, 2, "tank-1", "tripped", 7);
    assert_int_equal(fixture_wait(fixture).result, LEDGER_OK);
    assert_int_equal(fixture_wait(fixture).result, LEDGER_OK);
    fixture_reopen(fixture);
    assert_int_equal(ledger_get_rig(fixture->ledger, "tank-1", bytes, sizeof bytes), 7);
    assert_memory_equal(bytes, "tripped", 7);
    assert_int_equal(ledger_get_rig(fixture->ledger, "tank-2", bytes, sizeof bytes), 0);
}

static void logouts_outlast_a_restart_until_they_expire(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_revocation first = {.id = "first token", .expires = 100},
                             second = {.id = "other token", .expires = 500};
    ledger_revoke(fixture->ledger, 1, &first, 50);
    ledger_revoke(fixture->ledger, 2, &second, 50);
    assert_int_equal(fixture_wait(fixture).result, LEDGER_OK);
    assert_int_equal(fixture_wait(fixture).result, LEDGER_OK);
    fixture_reopen(fixture);
    assert_int_equal(fixture->contents.revocation_count, 2);
    ledger_revoke(fixture->ledger, 3, &second, 200); /* again; by now the first has expired */
    assert_int_equal(fixture_wait(fixture).result, LEDGER_OK);
    fixture_reopen(fixture);
    assert_int_equal(fixture->contents.revocation_count, 1);
    assert_memory_equal(fixture->contents.revocations[0].id, second.id, LEDGER_TOKEN_ID_SIZE);
}

/* ---- audit --------------------------------------------------------------------------------------------- */

struct seen {
    size_t count, most;
    uint64_t numbers[LEDGER_PAGE_MAX + 1];
};

static bool see(void *context, const struct ledger_audit *record)
{
    struct seen *seen = context;
    assert_int_equal(record->length, 4);
    assert_memory_equal(record->bytes, "\x00\x01\x02\x03", 4);
    assert_int_equal(record->mac[31], (uint8_t)record->number);
    seen->numbers[seen->count++] = record->number;
    return seen->count < seen->most;
}

static struct ledger_event query_audit(struct fixture *fixture, const struct ledger_audit_query *query,
                                       struct seen *seen)
{
    seen->count = 0;
    assert_int_equal(ledger_read_audit(fixture->ledger, 9, query, see, seen), LEDGER_OK);
    struct ledger_event event = fixture_wait(fixture);
    assert_int_equal(event.result, LEDGER_OK);
    return event;
}

static struct ledger_event read_audit(struct fixture *fixture, uint64_t session, const char *rig,
                                      uint64_t after, struct seen *seen)
{
    const struct ledger_audit_query query = {.session = session, .rig = rig, .beyond = after};
    return query_audit(fixture, &query, seen);
}

static void the_audit_is_read_from_its_newest_back(void **state)
{
    struct fixture *fixture = *state;
    append(fixture, 1, 1500);
    struct seen seen = {.most = 3};
    struct ledger_audit_query query = {.newest_first = true};
    struct ledger_event event = query_audit(fixture, &query, &seen);
    assert_int_equal(seen.count, 3);
    assert_int_equal(seen.numbers[0], 1500);
    assert_int_equal(seen.numbers[2], 1498);
    assert_true(event.more);
    query.beyond = event.number;
    seen.most = SIZE_MAX;
    event = query_audit(fixture, &query, &seen);
    assert_int_equal(seen.count, LEDGER_PAGE_MAX);
    assert_int_equal(seen.numbers[0], 1497);
    query.beyond = event.number;
    event = query_audit(fixture, &query, &seen);
    assert_int_equal(seen.numbers[seen.count - 1], 1);
    assert_false(event.more);
}

static void the_audit_is_read_in_pages(void **state)
{
    struct fixture *fixture = *state;
    append(fixture, 1, 1500);
    struct seen seen = {.most = SIZE_MAX};
    struct ledger_event event = read_audit(fixture, 0, NULL, 0, &seen);
    assert_int_equal(seen.count, LEDGER_PAGE_MAX);
    assert_int_equal(event.number, LEDGER_PAGE_MAX);
    assert_true(event.more);
    event = read_audit(fixture, 0, NULL, event.number, &seen);
    assert_int_equal(seen.count, 500);
    assert_int_equal(seen.numbers[499], 1500);
    assert_false(event.more);

    seen.most = 2;
    event = read_audit(fixture, 2, NULL, 6, &seen);
    assert_int_equal(seen.numbers[0], 8);
    assert_int_equal(seen.numbers[1], 11);
    assert_true(event.more);
    read_audit(fixture, 2, "tank-1", 6, &seen);
    assert_int_equal(seen.numbers[0], 11);
    assert_int_equal(seen.numbers[1], 17);
    read_audit(fixture, 0, "tank-1", 6, &seen);
    assert_int_equal(seen.numbers[0], 7);
    assert_int_equal(seen.numbers[1], 9);

    fixture_reopen(fixture);
    assert_int_equal(fixture->contents.last_audit, 1500);
    assert_int_equal(fixture->contents.last_mac[0], (uint8_t)1500);
    assert_int_equal(fixture->contents.last_wall, 2500);
}

static void a_clock_is_vouched_for(void **state)
{
    struct fixture *fixture = *state;
    append(fixture, 1, 10);
    fixture_reopen(fixture);
    int64_t newest = fixture->contents.last_wall;
    assert_true(newest > 1);
    assert_int_equal(ledger_vouch_clock(fixture->ledger, 1, newest - 1), LEDGER_OK);
    assert_int_equal(fixture_wait(fixture).result, LEDGER_OK);
    fixture_reopen(fixture);
    assert_int_equal(fixture->contents.last_wall, newest - 1);
    append(fixture, 11, 1); /* what is recorded later counts again */
    fixture_reopen(fixture);
    assert_true(fixture->contents.last_wall > newest - 1);
}

static void the_audit_only_grows(void **state)
{
    struct fixture *fixture = *state;
    append(fixture, 1, 10);
    struct ledger_audit records[2];
    fill(records, 2, 12); /* 11 is missing */
    assert_int_equal(ledger_append_audit(fixture->ledger, records, 2), LEDGER_OK);
    assert_int_equal(ledger_append_audit(fixture->ledger, records, 2), LEDGER_FULL); /* one at a time */
    struct ledger_event event = fixture_wait(fixture);
    assert_int_equal(event.result, LEDGER_CONFLICT);
    assert_int_equal(event.number, 10);
    append(fixture, 11, 1);
    sqlite3 *db;
    sqlite3_open(path_of(fixture, "ledger.sqlite"), &db);
    assert_int_equal(sqlite3_exec(db, "DELETE FROM audit WHERE number = 5", NULL, NULL, NULL),
                     SQLITE_CONSTRAINT);
    assert_int_equal(sqlite3_exec(db, "UPDATE audit SET wall = 0", NULL, NULL, NULL), SQLITE_CONSTRAINT);
    sqlite3_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define IN_LEDGER(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
        IN_LEDGER(files_are_the_owners_alone),
        IN_LEDGER(a_second_one_is_kept_out),
        IN_LEDGER(boots_only_grow),
        IN_LEDGER(an_older_ledger_is_doubted_until_it_is_trusted),
        IN_LEDGER(a_newer_ledger_is_refused),
        IN_LEDGER(damage_is_told),
        IN_LEDGER(damage_that_only_a_check_finds_is_told),
        IN_LEDGER(damage_in_an_index_is_told),
        IN_LEDGER(another_programs_database_is_left_alone),
        cmocka_unit_test(a_directory_that_cannot_be_is_told),
        IN_LEDGER(a_full_disk_is_told_and_survived),
        IN_LEDGER(the_queue_is_bounded_and_keeps_a_reserve),
        IN_LEDGER(accounts_are_stored_changed_and_erased),
        IN_LEDGER(a_put_changes_no_more_than_it_says),
        IN_LEDGER(an_import_is_all_or_nothing),
        IN_LEDGER(what_rigs_must_remember_is_remembered),
        IN_LEDGER(logouts_outlast_a_restart_until_they_expire),
        IN_LEDGER(the_audit_is_read_in_pages),
        IN_LEDGER(the_audit_is_read_from_its_newest_back),
        IN_LEDGER(a_clock_is_vouched_for),
        IN_LEDGER(the_audit_only_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
