#include "gateway/ledger/store.h"
#include "gateway/ledger/boot.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CHECK_BUDGET 100000000 /* ns that the check of the file may take at the start */
#define BUSY_LIMIT   2000      /* ms to wait for somebody's backup */

#define AUDIT_READ       "SELECT number, wall, session, rig, mac, bytes FROM audit"
#define AUDIT_OF_SESSION "session = ?2 AND session <> 0 AND (?3 = '' OR rig = ?3)"
#define AUDIT_OF_RIG     "rig = ?3 AND rig <> ''"

static const char *const texts[STORE_STATEMENTS] = {
    [STORE_BEGIN] = "BEGIN IMMEDIATE",
    [STORE_COMMIT] = "COMMIT",
    [STORE_ROLLBACK] = "ROLLBACK",
    [STORE_MARK] = "SAVEPOINT mark",
    [STORE_BACK_TO_MARK] = "ROLLBACK TO mark",
    [STORE_UNMARK] = "RELEASE mark",
    [STORE_ACCOUNT_INSERT] = "INSERT INTO account(name, role, hash, password_version, disabled)"
                             " VALUES (?1, ?2, ?3, ?4, ?5)",
    [STORE_ACCOUNT_UPDATE] = "UPDATE account SET name = ?1, role = ?2, hash = ?3, password_version = ?4,"
                             " disabled = ?5 WHERE id = ?6",
    [STORE_ACCOUNT_BY_NAME] = "SELECT id FROM account WHERE name = ?1",
    [STORE_ACCOUNT_BY_ID] = STORE_ACCOUNT_QUERY " WHERE id = ?1",
    [STORE_PERSON_PUT] = "INSERT INTO person VALUES (?1, ?2) ON CONFLICT DO UPDATE SET title = ?2",
    [STORE_PERSON_ERASE] = "DELETE FROM person WHERE account = ?1",
    [STORE_BOOKING_BY_KEY] = "SELECT " STORE_BOOKING_COLUMNS ", asked_ends FROM booking"
                             " WHERE account = ?1 AND key = ?2 AND key <> ''",
    [STORE_BOOKING_BY_ID] = "SELECT " STORE_BOOKING_COLUMNS " FROM booking WHERE id = ?1",
    [STORE_BOOKING_BUNDLE] =
        "SELECT " STORE_BOOKING_COLUMNS " FROM booking WHERE bundle = ?1 AND bundle <> 0 ORDER BY id",
    [STORE_BOOKING_BEFORE] = "SELECT id, busy_until FROM booking"
                             " WHERE rig = ?1 AND busy_from < ?2 AND id <> ?3 AND state IN " STORE_ACTIVE
                             " ORDER BY busy_from DESC LIMIT 1",
    [STORE_BOOKING_INSERT] =
        "INSERT INTO booking(rig, account, starts, ends, asked_ends, setup, teardown, busy_from, busy_until, "
        "made,"
        " state, session, key, code, bundle, grp, capability, party, kind, why, used, charged, revision, "
        "revised)"
        " VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?3 - ?5, ?4 + ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, "
        "?16, ?17,"
        " ?18, ?19, 0, ?7)",
    [STORE_BOOKING_LEADS] = "UPDATE booking SET bundle = id WHERE id = ?1",
    [STORE_BOOKING_UPDATE] =
        "UPDATE booking SET rig = ?2, account = ?3, starts = ?4, ends = ?5, setup = ?6, teardown = ?7,"
        " busy_from = ?4 - ?6, busy_until = ?5 + ?7, state = ?8, session = ?9, grp = ?10, party = ?11, kind "
        "= ?12,"
        " why = ?13, used = ?14, charged = ?15, revision = ?16, revised = ?17 WHERE id = ?1",
    [STORE_SHARED_BEFORE] = "SELECT booking, busy_until FROM shared_busy"
                            " WHERE resource = ?1 AND busy_from < ?2 AND booking <> ?3"
                            " ORDER BY busy_from DESC LIMIT 1",
    [STORE_SHARED_INSERT] = "INSERT INTO shared_busy(resource, busy_from, busy_until, booking)"
                            " VALUES (?1, ?2, ?3, ?4)",
    [STORE_SHARED_DELETE] = "DELETE FROM shared_busy WHERE booking = ?1",
    [STORE_STANDING_PUT] = "INSERT INTO standing VALUES (?1, ?2, ?3, ?4, ?5)"
                           " ON CONFLICT DO UPDATE SET since = ?4, until = ?5",
    [STORE_STANDING_DROP] = "DELETE FROM standing WHERE account = ?1 AND kind = ?2 AND name = ?3",
    [STORE_TICKET_PUT] = "INSERT INTO ticket VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
                         " ON CONFLICT DO UPDATE SET offer_rig = ?9, offer_starts = ?10, offer_ends = ?11,"
                         " take = ?12",
    [STORE_TICKET_DROP] = "DELETE FROM ticket WHERE id = ?1",
    [STORE_NOTICE_INSERT] = "INSERT INTO notice(account, booking, wall, kind, text, more, reason)"
                            " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [STORE_NOTICE_DROP] = "DELETE FROM notice WHERE id BETWEEN ?1 AND ?2 AND account = ?3",
    [STORE_FEED_INSERT] = "INSERT INTO feed(account, rig, hash, made) VALUES (?1, ?2, ?3, ?4)"
                          " ON CONFLICT DO NOTHING",
    [STORE_FEED_DROP] = "DELETE FROM feed WHERE id = ?1",
    [STORE_ADDRESS_PUT] = "INSERT INTO address VALUES (?1, ?2, ?3)"
                          " ON CONFLICT DO UPDATE SET email = ?2, wanted = ?3",
    [STORE_ADDRESS_ERASE] = "DELETE FROM address WHERE account = ?1",
    [STORE_USED] = "SELECT " STORE_BOOKING_COLUMNS " FROM booking WHERE ends >= ?1 AND (ends > ?1 OR id > ?2)"
                   " AND starts < ?3 ORDER BY ends, id LIMIT ?4",
    [STORE_NO_ROOM_PUT] = "INSERT INTO no_room(account, day, rig, capability, grp, starts, ends)"
                          " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
                          " ON CONFLICT DO UPDATE SET starts = ?6, ends = ?7 WHERE ?7 - ?6 > ends - starts",
    [STORE_NO_ROOM_FORGET] = "DELETE FROM no_room WHERE id <= (SELECT max(id) FROM no_room) - ?1",
    [STORE_NO_ROOM_READ] = "SELECT id, account, day, rig, capability, grp, starts, ends FROM no_room"
                           " WHERE starts >= ?1 AND starts < ?2 AND id > ?3 ORDER BY id LIMIT ?4",
    [STORE_NEXT_SESSION] = "UPDATE gateway SET next_session = max(next_session, ?1)",
    [STORE_LAST_WALL] = "UPDATE gateway SET last_wall = max(last_wall, ?1)",
    [STORE_VOUCH_CLOCK] = "UPDATE gateway SET last_wall = ?1",
    [STORE_TRUST] = "UPDATE gateway SET doubted = 0",
    [STORE_RIG_PUT] = "INSERT INTO rig VALUES (?1, ?2) ON CONFLICT DO UPDATE SET state = ?2",
    [STORE_REVOKE] = "INSERT INTO revoked VALUES (?1, ?2) ON CONFLICT DO NOTHING",
    [STORE_REVOKED_FORGET] = "DELETE FROM revoked WHERE expires < ?1",
    [STORE_AUDIT_INSERT] = "INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [STORE_AUDIT_ALL] = AUDIT_READ " WHERE number > ?1 ORDER BY number",
    [STORE_AUDIT_SESSION] = AUDIT_READ " WHERE number > ?1 AND " AUDIT_OF_SESSION " ORDER BY number",
    [STORE_AUDIT_RIG] = AUDIT_READ " WHERE number > ?1 AND " AUDIT_OF_RIG " ORDER BY number",
    [STORE_AUDIT_ALL_BACK] = AUDIT_READ " WHERE number < ?1 ORDER BY number DESC",
    [STORE_AUDIT_SESSION_BACK] =
        AUDIT_READ " WHERE number < ?1 AND " AUDIT_OF_SESSION " ORDER BY number DESC",
    [STORE_AUDIT_RIG_BACK] = AUDIT_READ " WHERE number < ?1 AND " AUDIT_OF_RIG " ORDER BY number DESC",
};

static const struct {
    int code;
    const char *advice;
} advices[] = {
    {SQLITE_FULL,     "free space on the disk of the state directory"                                  },
    {SQLITE_READONLY, "the state directory and its files must be writable by the gateway's user"       },
    {SQLITE_CANTOPEN, "the state directory must be writable by the gateway's user"                     },
    {SQLITE_CORRUPT,  "bring a backup back with 'labgate restore DIR FILE'"                            },
    {SQLITE_NOTADB,   "ledger.sqlite is no ledger: bring a backup back with 'labgate restore DIR FILE'"},
    {SQLITE_IOERR,    "check the disk of the state directory"                                          },
    {SQLITE_BUSY,     "another program keeps ledger.sqlite locked: close it"                           },
};

int store_failed(struct store *store, const char *attempt)
{
    int code = sqlite3_errcode(store->db) & 0xff;
    const char *advice = "see docs/ledger.md";
    for (size_t i = 0; i < sizeof advices / sizeof *advices; i++)
        if (advices[i].code == code)
            advice = advices[i].advice;
    snprintf(store->why, sizeof store->why, "%s failed: %s; %s", attempt, sqlite3_errmsg(store->db), advice);
    return code == SQLITE_NOMEM ? LEDGER_NO_MEMORY : LEDGER_STORAGE;
}

int store_execute(struct store *store, const char *sql, const char *attempt)
{
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ? LEDGER_OK
                                                                       : store_failed(store, attempt);
}

sqlite3_stmt *store_prepare(struct store *store, enum store_statement which)
{
    sqlite3_stmt **statement = &store->statements[which];
    if (*statement != NULL) {
        sqlite3_reset(*statement);
        sqlite3_clear_bindings(*statement);
    } else if (sqlite3_prepare_v3(store->db, texts[which], -1, SQLITE_PREPARE_PERSISTENT, statement, NULL) !=
               SQLITE_OK) {
        store_failed(store, "preparing a statement");
    }
    return *statement;
}

int store_run(struct store *store, sqlite3_stmt *statement, const char *attempt)
{
    if (statement == NULL)
        return LEDGER_STORAGE;
    int code = sqlite3_step(statement);
    int result = code == SQLITE_DONE ? LEDGER_OK : store_failed(store, attempt);
    sqlite3_reset(statement);
    return result;
}

int store_begin(struct store *store)
{
    return store_run(store, store_prepare(store, STORE_BEGIN), "beginning a transaction");
}

int store_commit(struct store *store)
{
    return store_run(store, store_prepare(store, STORE_COMMIT), "committing");
}

void store_rollback(struct store *store)
{
    /* Some errors (a full disk) have rolled back already. */
    if (sqlite3_get_autocommit(store->db))
        return;
    char why[STORE_WHY_MAX];
    memcpy(why, store->why, sizeof why);
    store_run(store, store_prepare(store, STORE_ROLLBACK), "rolling back");
    memcpy(store->why, why, sizeof why);
}

void store_text(sqlite3_stmt *statement, int column, char *text, size_t size)
{
    const unsigned char *from = sqlite3_column_text(statement, column);
    snprintf(text, size, "%s", from != NULL ? (const char *)from : "");
}

size_t store_blob(sqlite3_stmt *statement, int column, void *bytes, size_t size)
{
    const void *from = sqlite3_column_blob(statement, column);
    size_t length = (size_t)sqlite3_column_bytes(statement, column);
    if (length > size)
        length = size;
    if (length > 0)
        memcpy(bytes, from, length);
    return length;
}

/* ---- opening ------------------------------------------------------------------------------------------- */

static int out_of_time(void *context)
{
    const struct timespec *limit = context;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec > limit->tv_sec || (now.tv_sec == limit->tv_sec && now.tv_nsec > limit->tv_nsec);
}

bool store_is_whole(const char *line)
{
    return strcmp(line, "ok") == 0 || strcmp(line, "NULL value in shared_busy.busy_until") == 0;
}

static int check(struct store *store, const char *pragma)
{
    sqlite3_stmt *statement = NULL;
    int result = LEDGER_OK;
    int code = sqlite3_prepare_v2(store->db, pragma, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        char line[60];
        store_text(statement, 0, line, sizeof line);
        if (!store_is_whole(line)) {
            line[strcspn(line, "\n")] = '\0';
            snprintf(store->why, sizeof store->why,
                     "ledger.sqlite is damaged (%s): bring a backup back with 'labgate restore DIR FILE'",
                     line);
            result = LEDGER_STORAGE;
        }
    } else if (code != SQLITE_INTERRUPT) {
        result = store_failed(store, "checking ledger.sqlite");
    }
    sqlite3_finalize(statement);
    return result;
}

/* Looks for damage as long as the start may wait; a large file is looked at in part: first whether its pages
 * are what they should be, then whether its indexes say what its tables do. */
static int check_file(struct store *store)
{
    struct timespec limit;
    clock_gettime(CLOCK_MONOTONIC, &limit);
    limit.tv_nsec += CHECK_BUDGET;
    limit.tv_sec += limit.tv_nsec / 1000000000;
    limit.tv_nsec %= 1000000000;
    sqlite3_progress_handler(store->db, 10000, out_of_time, &limit);
    int result = check(store, "PRAGMA quick_check(1)");
    if (result == LEDGER_OK && !out_of_time(&limit))
        result = check(store, "PRAGMA integrity_check(1)");
    sqlite3_progress_handler(store->db, 0, NULL, NULL);
    return result;
}

static int open_database(struct store *store, const char *directory)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/ledger.sqlite", directory) >= (int)sizeof path) {
        snprintf(store->why, sizeof store->why, "the state directory's name is too long");
        return LEDGER_STORAGE;
    }
    int result = boot_private_file(store->directory, "ledger.sqlite", store->why, sizeof store->why);
    if (result != LEDGER_OK)
        return result;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    if (sqlite3_open_v2(path, &store->db, flags, NULL) != SQLITE_OK)
        return store->db != NULL ? store_failed(store, "opening ledger.sqlite") : LEDGER_NO_MEMORY;
    sqlite3_busy_timeout(store->db, BUSY_LIMIT);
    if (sqlite3_db_readonly(store->db, "main") == 1) {
        snprintf(store->why, sizeof store->why,
                 "%.80s/ledger.sqlite cannot be written: make it and its disk writable", directory);
        return LEDGER_STORAGE;
    }
    result = schema_is_ours(store);
    if (result != LEDGER_OK)
        return result;
    /* secure_delete: a name that was erased is overwritten. A defensive handle and untrusted schema: the file
     * may come from somebody else's backup. */
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    return store_execute(
        store,
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
        "PRAGMA secure_delete = ON; PRAGMA cache_size = -512; PRAGMA journal_size_limit = 4194304;"
        "PRAGMA temp_store = MEMORY",
        "opening ledger.sqlite");
}

int store_mark_copy(const char *path, char *why, size_t why_size)
{
    struct store store = {.directory = -1, .lock = -1};
    int result = LEDGER_OK;
    if (sqlite3_open_v2(path, &store.db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        result = store.db != NULL ? store_failed(&store, "opening the copy") : LEDGER_NO_MEMORY;
    if (result == LEDGER_OK) /* no second file beside it */
        result = store_execute(&store, "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = FULL",
                               "opening the copy");
    if (result == LEDGER_OK)
        result = schema_migrate(&store);
    if (result == LEDGER_OK)
        result = store_execute(&store, "UPDATE gateway SET doubted = 1", "marking the copy");
    snprintf(why, why_size, "%s", store.why);
    store_close(&store);
    return result;
}

static int read_gateway(struct store *store, uint64_t *boot, bool *doubted)
{
    sqlite3_stmt *query = NULL;
    int result = LEDGER_OK;
    if (sqlite3_prepare_v2(store->db, "SELECT boot, doubted FROM gateway", -1, &query, NULL) == SQLITE_OK &&
        sqlite3_step(query) == SQLITE_ROW) {
        *boot = (uint64_t)sqlite3_column_int64(query, 0);
        *doubted = sqlite3_column_int(query, 1) != 0;
    } else {
        result = store_failed(store, "reading the boot counter");
    }
    sqlite3_finalize(query);
    return result;
}

/* The database has each start before the file has: when the file knows of a later one, the database is older
 * than what the last run left behind. */
static int raise_boot(struct store *store)
{
    uint64_t stored = 0, last = 0;
    bool doubted = false;
    int result = read_gateway(store, &stored, &doubted);
    if (result == LEDGER_OK)
        result = boot_read(store->directory, &last, store->why, sizeof store->why);
    if (result != LEDGER_OK)
        return result;
    store->boot = (last > stored ? last : stored) + 1;
    char sql[100];
    snprintf(sql, sizeof sql, "UPDATE gateway SET boot = %lld, doubted = %d", (long long)store->boot,
             doubted || last > stored);
    result = store_execute(store, sql, "storing the boot counter");
    if (result == LEDGER_OK)
        result = boot_write(store->directory, store->boot, store->why, sizeof store->why);
    return result;
}

int store_open(struct store *store, const char *directory)
{
    *store = (struct store){.directory = -1, .lock = -1};
    int result = boot_open_directory(directory, &store->directory, store->why, sizeof store->why);
    if (result == LEDGER_OK)
        result = boot_lock(store->directory, directory, &store->lock, store->why, sizeof store->why);
    if (result == LEDGER_OK)
        result = open_database(store, directory);
    if (result == LEDGER_OK)
        result = check_file(store);
    if (result == LEDGER_OK)
        result = schema_migrate(store);
    if (result == LEDGER_OK)
        result = raise_boot(store);
    if (result == LEDGER_OK && fsync(store->directory) != 0) {
        snprintf(store->why, sizeof store->why, "syncing the state directory failed");
        result = LEDGER_STORAGE;
    }
    if (result != LEDGER_OK)
        store_close(store);
    return result;
}

void store_close(struct store *store)
{
    for (size_t i = 0; i < STORE_STATEMENTS; i++) {
        sqlite3_finalize(store->statements[i]);
        store->statements[i] = NULL;
    }
    sqlite3_close(store->db);
    store->db = NULL;
    if (store->lock >= 0)
        close(store->lock);
    if (store->directory >= 0)
        close(store->directory);
    store->lock = store->directory = -1;
}
