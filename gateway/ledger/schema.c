/* schema.c - the tables, as the list of steps that made them. A step that was released is never changed: add
 * one. */
#include "gateway/ledger/store.h"

#include <stdio.h>

/* What each column means is in docs/ledger.md. A booking is active while its state is one of ACTIVE
 * (store.h); active bookings of a rig never overlap in [busy_from, busy_until), so the last one that begins
 * before a given time also ends last, and the partial index booking_busy finds it in O(log n). The same holds
 * for shared_busy, which has rows of active bookings only. */
static const char *const migrations[] = {
    "CREATE TABLE gateway(one INTEGER PRIMARY KEY CHECK (one = 1), boot INTEGER NOT NULL,"
    "  last_wall INTEGER NOT NULL, next_session INTEGER NOT NULL) STRICT;"
    "INSERT INTO gateway VALUES (1, 0, 0, 1);"
    "CREATE TABLE account(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,"
    "  role INTEGER NOT NULL, hash TEXT NOT NULL, password_version INTEGER NOT NULL,"
    "  disabled INTEGER NOT NULL) STRICT;"
    "CREATE TABLE person(account INTEGER PRIMARY KEY REFERENCES account(id), title TEXT NOT NULL) STRICT;"
    "CREATE TABLE booking(id INTEGER PRIMARY KEY AUTOINCREMENT, rig TEXT NOT NULL, account INTEGER NOT NULL,"
    "  starts INTEGER NOT NULL, ends INTEGER NOT NULL, asked_ends INTEGER NOT NULL, setup INTEGER NOT NULL,"
    "  teardown INTEGER NOT NULL, busy_from INTEGER NOT NULL, busy_until INTEGER NOT NULL,"
    "  made INTEGER NOT NULL, state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4),"
    "  session INTEGER NOT NULL, key TEXT NOT NULL, code TEXT NOT NULL) STRICT;"
    "CREATE INDEX booking_busy ON booking(rig, busy_from) WHERE state IN (1, 2);"
    "CREATE INDEX booking_ends ON booking(ends);"
    "CREATE UNIQUE INDEX booking_key ON booking(account, key) WHERE key <> '';"
    "CREATE TABLE rig(name TEXT PRIMARY KEY, state BLOB NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE revoked(id BLOB PRIMARY KEY, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX revoked_expires ON revoked(expires);"
    "CREATE TABLE audit(number INTEGER PRIMARY KEY, wall INTEGER NOT NULL, session INTEGER NOT NULL,"
    "  rig TEXT NOT NULL, mac BLOB NOT NULL, bytes BLOB NOT NULL) STRICT;"
    "CREATE INDEX audit_session ON audit(session, number) WHERE session <> 0;"
    "CREATE INDEX audit_rig ON audit(rig, number) WHERE rig <> '';"
    "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit"
    "  BEGIN SELECT RAISE(ABORT, 'the audit only grows'); END;"
    "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit"
    "  BEGIN SELECT RAISE(ABORT, 'the audit only grows'); END;",

    /* Bundles, groups, capabilities, classes, shared resources; standings, the queue, notices. What was used
     * before is charged as it was booked. */
    "CREATE TABLE booking_2(id INTEGER PRIMARY KEY AUTOINCREMENT, rig TEXT NOT NULL, account INTEGER NOT "
    "NULL,"
    "  starts INTEGER NOT NULL, ends INTEGER NOT NULL, asked_ends INTEGER NOT NULL, setup INTEGER NOT NULL,"
    "  teardown INTEGER NOT NULL, busy_from INTEGER NOT NULL, busy_until INTEGER NOT NULL,"
    "  made INTEGER NOT NULL, state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 6),"
    "  session INTEGER NOT NULL, key TEXT NOT NULL, code TEXT NOT NULL, bundle INTEGER NOT NULL,"
    "  grp TEXT NOT NULL, capability TEXT NOT NULL, party BLOB NOT NULL, kind INTEGER NOT NULL,"
    "  why INTEGER NOT NULL, used INTEGER NOT NULL, charged INTEGER NOT NULL) STRICT;"
    "INSERT INTO booking_2 SELECT id, rig, account, starts, ends, asked_ends, setup, teardown, busy_from,"
    "  busy_until, made, state, session, key, code, 0, '', '', x'', 0, 0,"
    "  CASE WHEN session <> 0 THEN ends - starts ELSE 0 END, 1 FROM booking ORDER BY id;"
    "DROP TABLE booking;"
    "ALTER TABLE booking_2 RENAME TO booking;"
    "CREATE INDEX booking_busy ON booking(rig, busy_from) WHERE state IN (1, 2, 5, 6);"
    "CREATE INDEX booking_ends ON booking(ends);"
    "CREATE UNIQUE INDEX booking_key ON booking(account, key) WHERE key <> '';"
    "CREATE INDEX booking_bundle ON booking(bundle) WHERE bundle <> 0;"
    "CREATE TABLE shared_busy(resource TEXT NOT NULL, busy_from INTEGER NOT NULL, busy_until INTEGER NOT "
    "NULL,"
    "  booking INTEGER NOT NULL, PRIMARY KEY (resource, busy_from, booking)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX shared_busy_booking ON shared_busy(booking);"
    "CREATE TABLE standing(account INTEGER NOT NULL, kind INTEGER NOT NULL, name TEXT NOT NULL,"
    "  since INTEGER NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (account, kind, name)) STRICT, WITHOUT "
    "ROWID;"
    "CREATE TABLE ticket(id INTEGER PRIMARY KEY AUTOINCREMENT, account INTEGER NOT NULL, grp TEXT NOT NULL,"
    "  rig TEXT NOT NULL, capability TEXT NOT NULL, length INTEGER NOT NULL, made INTEGER NOT NULL,"
    "  until INTEGER NOT NULL) STRICT;"
    "CREATE TABLE notice(id INTEGER PRIMARY KEY AUTOINCREMENT, account INTEGER NOT NULL,"
    "  booking INTEGER NOT NULL, wall INTEGER NOT NULL, kind INTEGER NOT NULL, text TEXT NOT NULL) STRICT;"
    "CREATE INDEX notice_wall ON notice(wall);",

    /* What is offered to a place in the queue; the key's columns of shared_busy first (store_is_whole()). */
    "CREATE TABLE shared_busy_3(resource TEXT NOT NULL, busy_from INTEGER NOT NULL, booking INTEGER NOT NULL,"
    "  busy_until INTEGER NOT NULL, PRIMARY KEY (resource, busy_from, booking)) STRICT, WITHOUT ROWID;"
    "INSERT INTO shared_busy_3(resource, busy_from, booking, busy_until)"
    "  SELECT resource, busy_from, booking, busy_until FROM shared_busy;"
    "DROP TABLE shared_busy;"
    "ALTER TABLE shared_busy_3 RENAME TO shared_busy;"
    "CREATE INDEX shared_busy_booking ON shared_busy(booking);"
    "ALTER TABLE ticket ADD COLUMN offer_rig TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE ticket ADD COLUMN offer_starts INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE ticket ADD COLUMN offer_ends INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE ticket ADD COLUMN take INTEGER NOT NULL DEFAULT 0;",

    /* What calendars need to know of a booking's changes, who may read one, and where mail goes. */
    "ALTER TABLE booking ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE booking ADD COLUMN revised INTEGER NOT NULL DEFAULT 0;"
    "UPDATE booking SET revised = made;"
    "CREATE TABLE feed(id INTEGER PRIMARY KEY AUTOINCREMENT, account INTEGER NOT NULL, rig TEXT NOT NULL,"
    "  hash BLOB NOT NULL UNIQUE, made INTEGER NOT NULL) STRICT;"
    "CREATE TABLE address(account INTEGER PRIMARY KEY REFERENCES account(id), email TEXT NOT NULL,"
    "  wanted INTEGER NOT NULL) STRICT;",

    /* Whether it may be older than what the last run left behind. */
    "ALTER TABLE gateway ADD COLUMN doubted INTEGER NOT NULL DEFAULT 0;",

    /* Who found no room for what: once for each person, day and thing. */
    "CREATE TABLE no_room(id INTEGER PRIMARY KEY, account INTEGER NOT NULL, day INTEGER NOT NULL,"
    "  rig TEXT NOT NULL, capability TEXT NOT NULL, grp TEXT NOT NULL, starts INTEGER NOT NULL,"
    "  ends INTEGER NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX no_room_once ON no_room(account, day, rig, capability, grp);"
    "CREATE INDEX no_room_starts ON no_room(starts);",

    /* What a notice says beside its kind, for programs that have sentences of their own. */
    "ALTER TABLE notice ADD COLUMN more INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE notice ADD COLUMN reason TEXT NOT NULL DEFAULT '';",
};

int schema_version(void)
{
    return (int)(sizeof migrations / sizeof *migrations);
}

static int count_of(struct store *store, const char *sql, int *count)
{
    sqlite3_stmt *query = NULL;
    int code = sqlite3_prepare_v2(store->db, sql, -1, &query, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(query);
    *count = code == SQLITE_ROW ? sqlite3_column_int(query, 0) : 0;
    int result = code == SQLITE_ROW ? LEDGER_OK : store_failed(store, "opening ledger.sqlite");
    sqlite3_finalize(query);
    return result;
}

int schema_is_ours(struct store *store)
{
    int tables = 0, of_ledger = 0;
    int result = count_of(
        store, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name <> 'schema_version'",
        &tables);
    if (result == LEDGER_OK)
        result = count_of(store,
                          "SELECT count(*) FROM sqlite_schema WHERE name = 'schema_version' AND sql LIKE"
                          " '%applied INTEGER NOT NULL%'",
                          &of_ledger);
    if (result == LEDGER_OK && tables > 0 && of_ledger == 0) {
        snprintf(store->why, sizeof store->why,
                 "ledger.sqlite is another program's database: move it away, and bring a backup back with "
                 "'labgate restore DIR FILE'");
        result = LEDGER_STORAGE;
    }
    return result;
}

static int read_version(struct store *store, int *version)
{
    sqlite3_stmt *query = NULL;
    if (sqlite3_prepare_v2(store->db, "SELECT coalesce(max(version), 0) FROM schema_version", -1, &query,
                           NULL) != SQLITE_OK)
        return store_failed(store, "reading the version of the tables");
    int result = LEDGER_OK;
    if (sqlite3_step(query) == SQLITE_ROW)
        *version = sqlite3_column_int(query, 0);
    else
        result = store_failed(store, "reading the version of the tables");
    sqlite3_finalize(query);
    return result;
}

static int migrate_to(struct store *store, int version)
{
    static const char attempt[] = "bringing the tables up to date";
    char note[80];
    snprintf(note, sizeof note, "INSERT INTO schema_version VALUES (%d, unixepoch())", version);
    int result = store_begin(store);
    if (result != LEDGER_OK)
        return result;
    result = store_execute(store, migrations[version - 1], attempt);
    if (result == LEDGER_OK)
        result = store_execute(store, note, attempt);
    if (result == LEDGER_OK)
        result = store_commit(store);
    if (result != LEDGER_OK)
        store_rollback(store);
    return result;
}

int schema_migrate(struct store *store)
{
    int result = store_execute(store,
                               "CREATE TABLE IF NOT EXISTS schema_version(version INTEGER PRIMARY KEY,"
                               " applied INTEGER NOT NULL) STRICT",
                               "reading the version of the tables");
    int version = 0;
    if (result == LEDGER_OK)
        result = read_version(store, &version);
    if (result != LEDGER_OK)
        return result;
    if (version > schema_version()) {
        snprintf(store->why, sizeof store->why,
                 "the ledger has tables of version %d, this labgate knows %d: start the newer labgate that "
                 "wrote it",
                 version, schema_version());
        return LEDGER_TOO_NEW;
    }
    while (result == LEDGER_OK && version < schema_version())
        result = migrate_to(store, ++version);
    return result;
}
