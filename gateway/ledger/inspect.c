#include "gateway/ledger/inspect.h"

#include "gateway/ledger/boot.h"
#include "gateway/ledger/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FRESH  "ledger.sqlite.new"
#define BEFORE "ledger.sqlite.before"

/* ---- inspection ---------------------------------------------------------------------------------------- */

static int damaged(char *why, size_t why_size, const char *what)
{
    snprintf(why, why_size, "it is damaged: %.100s", what);
    return LEDGER_STORAGE;
}

/* The first column of the first row; false: no row, or an error. */
static bool ask_text(sqlite3 *db, const char *sql, char *text, size_t size)
{
    sqlite3_stmt *query = NULL;
    bool found =
        sqlite3_prepare_v2(db, sql, -1, &query, NULL) == SQLITE_OK && sqlite3_step(query) == SQLITE_ROW;
    if (found)
        store_text(query, 0, text, size);
    else
        snprintf(text, size, "%s", sqlite3_errmsg(db));
    sqlite3_finalize(query);
    for (char *end = text; (end = strchr(end, '\n'));)
        *end = ' '; /* SQLite says some things in two lines */
    return found;
}

static bool ask_number(sqlite3 *db, const char *sql, int64_t *number)
{
    sqlite3_stmt *query = NULL;
    bool found =
        sqlite3_prepare_v2(db, sql, -1, &query, NULL) == SQLITE_OK && sqlite3_step(query) == SQLITE_ROW;
    if (found)
        *number = sqlite3_column_int64(query, 0);
    sqlite3_finalize(query);
    return found;
}

static int inspect_structure(sqlite3 *db, char *why, size_t why_size)
{
    char text[120];
    if (!ask_text(db, "PRAGMA integrity_check(1)", text, sizeof text) || !store_is_whole(text))
        return damaged(why, why_size, text);
    int64_t dangling;
    if (ask_number(db, "SELECT rowid FROM pragma_foreign_key_check LIMIT 1", &dangling))
        return damaged(why, why_size, "a person's name belongs to no account");
    return LEDGER_OK;
}

static int inspect_contents(sqlite3 *db, struct ledger_inspection *found, char *why, size_t why_size)
{
    int64_t version, accounts, bookings, records, last;
    if (!ask_number(db, "SELECT coalesce(max(version), 0) FROM schema_version", &version) || version < 1) {
        snprintf(why, why_size, "it is an SQLite file and no ledger");
        return LEDGER_STORAGE;
    }
    found->version = (int)version;
    if (version > schema_version()) {
        snprintf(why, why_size,
                 "its tables are of version %d and this labgate knows %d: use the newer labgate",
                 found->version, schema_version());
        return LEDGER_TOO_NEW;
    }
    if (!ask_number(db, "SELECT count(*) FROM account", &accounts) ||
        !ask_number(db, "SELECT count(*) FROM booking", &bookings) ||
        !ask_number(db, "SELECT count(*) FROM audit", &records) ||
        !ask_number(db, "SELECT coalesce(max(number), 0) FROM audit", &last) ||
        !ask_number(db, "SELECT last_wall FROM gateway", &found->newest))
        return damaged(why, why_size, sqlite3_errmsg(db));
    if (records != last)
        return damaged(why, why_size, "records of the audit are missing");
    found->accounts = (uint64_t)accounts;
    found->bookings = (uint64_t)bookings;
    found->audit_records = (uint64_t)records;
    return LEDGER_OK;
}

int ledger_inspect(const char *path, struct ledger_inspection *found, char *why, size_t why_size)
{
    *found = (struct ledger_inspection){0};
    if (access(path, R_OK) != 0) {
        snprintf(why, why_size, "%s", strerror(errno));
        return errno == ENOENT ? LEDGER_NOT_FOUND : LEDGER_STORAGE;
    }
    sqlite3 *db = NULL;
    int result = LEDGER_OK;
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    if (sqlite3_open_v2(path, &db, flags, NULL) != SQLITE_OK)
        result = damaged(why, why_size, db != NULL ? sqlite3_errmsg(db) : "no memory");
    if (result == LEDGER_OK) {
        sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
        result = inspect_structure(db, why, why_size);
    }
    if (result == LEDGER_OK)
        result = inspect_contents(db, found, why, why_size);
    sqlite3_close(db);
    return result;
}

/* ---- what it holds ------------------------------------------------------------------------------------- */

int ledger_peek(const char *path, struct ledger_contents *contents, char *why, size_t why_size)
{
    struct store store = {.directory = -1, .lock = -1};
    *contents = (struct ledger_contents){0};
    if (access(path, R_OK) != 0) {
        snprintf(why, why_size, "%s", strerror(errno));
        return errno == ENOENT ? LEDGER_NOT_FOUND : LEDGER_STORAGE;
    }
    int64_t version = 0;
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    int result = LEDGER_OK;
    if (sqlite3_open_v2(path, &store.db, flags, NULL) != SQLITE_OK)
        result = damaged(why, why_size, store.db != NULL ? sqlite3_errmsg(store.db) : "no memory");
    if (result == LEDGER_OK) {
        sqlite3_busy_timeout(store.db, 2000);
        sqlite3_db_config(store.db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        sqlite3_db_config(store.db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
        if (!ask_number(store.db, "SELECT coalesce(max(version), 0) FROM schema_version", &version))
            result = damaged(why, why_size, sqlite3_errmsg(store.db));
    }
    if (result == LEDGER_OK && version != schema_version()) {
        snprintf(why, why_size, "its tables are of version %d and this labgate reads %d", (int)version,
                 schema_version());
        result = LEDGER_TOO_NEW;
    } else if (result == LEDGER_OK) {
        result = store_read_contents(&store, contents);
        if (result != LEDGER_OK)
            snprintf(why, why_size, "%s", store.why);
    }
    sqlite3_close(store.db);
    return result;
}

/* ---- the audit of a copy ------------------------------------------------------------------------------- */

/* SQLite wants to write beside a file whose log was on, and cannot on a read-only medium: there it is told
 * that nothing changes, which is only true where no log was copied along. */
static bool open_copy(const char *path, sqlite3 **db)
{
    char name[4200];
    int64_t version;
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    if (sqlite3_open_v2(path, db, flags, NULL) == SQLITE_OK &&
        (ask_number(*db, "SELECT count(*) FROM sqlite_schema", &version) ||
         sqlite3_errcode(*db) != SQLITE_CANTOPEN))
        return true;
    snprintf(name, sizeof name, "%s-wal", path);
    if (access(name, F_OK) == 0 || strpbrk(path, "?#%"))
        return false;
    sqlite3_close(*db);
    snprintf(name, sizeof name, "file:%s?immutable=1", path);
    return sqlite3_open_v2(name, db, flags | SQLITE_OPEN_URI, NULL) == SQLITE_OK;
}

/* A page that ends early says no more than that it ended: whether somebody wanted it to is noted here. */
struct copy_reading {
    ledger_audit_reader *reader;
    void *context;
    bool stopped;
};

static bool read_on(void *context, const struct ledger_audit *record)
{
    struct copy_reading *reading = context;
    reading->stopped = !reading->reader(reading->context, record);
    return !reading->stopped;
}

static int read_pages(struct store *store, struct copy_reading *reading)
{
    struct store_audit_query query = {.reader = read_on, .context = reading};
    bool more = true;
    int result = LEDGER_OK;
    while (result == LEDGER_OK && more && !reading->stopped)
        result = store_read_audit(store, &query, &query.beyond, &more);
    return result;
}

int ledger_read_copy(const char *path, ledger_audit_reader *reader, void *context, char *why, size_t why_size)
{
    struct store store = {.directory = -1, .lock = -1};
    struct copy_reading reading = {.reader = reader, .context = context};
    int64_t version = 0;
    int result = LEDGER_OK;
    if (access(path, R_OK) != 0) {
        snprintf(why, why_size, "%s", strerror(errno));
        return errno == ENOENT ? LEDGER_NOT_FOUND : LEDGER_STORAGE;
    }
    if (!open_copy(path, &store.db))
        result = damaged(why, why_size, store.db != NULL ? sqlite3_errmsg(store.db) : "no memory");
    else if (!ask_number(store.db, "SELECT coalesce(max(version), 0) FROM schema_version", &version))
        result = damaged(why, why_size, sqlite3_errmsg(store.db));
    if (result == LEDGER_OK && version > schema_version()) {
        snprintf(why, why_size,
                 "its tables are of version %d and this labgate knows %d: use the newer labgate",
                 (int)version, schema_version());
        result = LEDGER_TOO_NEW;
    }
    if (result == LEDGER_OK && (result = read_pages(&store, &reading)) != LEDGER_OK)
        snprintf(why, why_size, "%s", store.why);
    store_close(&store);
    return result;
}

/* ---- bringing it back ---------------------------------------------------------------------------------- */

static bool copy_bytes(int from, int to)
{
    char bytes[65536];
    ssize_t got;
    while ((got = read(from, bytes, sizeof bytes)) > 0)
        if (write(to, bytes, (size_t)got) != got)
            return false;
    return got == 0;
}

/* The copy belongs to whom the folder belongs to: the gateway's user, though root brings it back. */
static bool copy_beside(int directory, const char *path)
{
    struct stat owner;
    int from = open(path, O_RDONLY | O_CLOEXEC);
    int to = openat(directory, FRESH, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool good = from >= 0 && to >= 0 && fstat(directory, &owner) == 0 &&
                (fchown(to, owner.st_uid, owner.st_gid) == 0 || geteuid() != 0) && copy_bytes(from, to) &&
                fsync(to) == 0;
    int error = errno;
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
    errno = error;
    return good;
}

/* Committed work may still be in the write-ahead log. A ledger that is damaged stays as it is. */
static void empty_log(const char *directory)
{
    char path[4096];
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%s/ledger.sqlite", directory);
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK)
        sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    sqlite3_close(db);
}

static int mark_fresh(const char *directory, char *why, size_t why_size)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/" FRESH, directory);
    return store_mark_copy(path, why, why_size);
}

static bool done_or_absent(int result)
{
    return result == 0 || errno == ENOENT;
}

/* At every moment there is a ledger. The log goes before the new one comes, which would take it for its own.
 */
static bool exchange(int directory)
{
    return done_or_absent(unlinkat(directory, BEFORE, 0)) &&
           done_or_absent(unlinkat(directory, BEFORE "-wal", 0)) &&
           done_or_absent(linkat(directory, "ledger.sqlite", directory, BEFORE, 0)) &&
           done_or_absent(renameat(directory, "ledger.sqlite-wal", directory, BEFORE "-wal")) &&
           done_or_absent(unlinkat(directory, "ledger.sqlite-shm", 0)) && fsync(directory) == 0 &&
           renameat(directory, FRESH, directory, "ledger.sqlite") == 0 && fsync(directory) == 0;
}

int ledger_restore(const char *directory, const char *path, struct ledger_inspection *found, char *why,
                   size_t why_size)
{
    int folder = -1, lock = -1;
    int result = ledger_inspect(path, found, why, why_size);
    if (result == LEDGER_OK)
        result = boot_open_directory(directory, &folder, why, why_size);
    if (result == LEDGER_OK)
        result = boot_lock(folder, directory, &lock, why, why_size);
    if (result == LEDGER_OK)
        empty_log(directory);
    if (result == LEDGER_OK && !copy_beside(folder, path)) {
        snprintf(why, why_size, "%s", strerror(errno));
        result = LEDGER_STORAGE;
    }
    if (result == LEDGER_OK)
        result = mark_fresh(directory, why, why_size);
    if (result == LEDGER_OK && !exchange(folder)) {
        snprintf(why, why_size, "%s", strerror(errno));
        result = LEDGER_STORAGE;
    }
    if (lock >= 0)
        close(lock);
    if (folder >= 0)
        close(folder);
    return result;
}
