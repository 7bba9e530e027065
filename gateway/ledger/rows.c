/* rows.c - what the ledger can do to its tables, within a transaction of the caller's. */
#include "gateway/ledger/store.h"

#include <stdio.h>
#include <string.h>

int store_bind_text(sqlite3_stmt *statement, int index, const char *text)
{
    return sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}

int store_set_counter(struct store *store, enum store_statement what, int64_t number)
{
    sqlite3_stmt *update = store_prepare(store, what);
    if (update == NULL)
        return LEDGER_STORAGE;
    sqlite3_bind_int64(update, 1, number);
    return store_run(store, update, "storing the ledger's counters");
}

/* ---- accounts ------------------------------------------------------------------------------------------ */

void store_account_row(sqlite3_stmt *row, struct ledger_account *account)
{
    *account = (struct ledger_account){
        .id = (uint64_t)sqlite3_column_int64(row, 0),
        .role = sqlite3_column_int(row, 2),
        .password_version = (uint64_t)sqlite3_column_int64(row, 4),
        .disabled = sqlite3_column_int(row, 5) != 0,
    };
    store_text(row, 1, account->name, sizeof account->name);
    store_text(row, 3, account->hash, sizeof account->hash);
    store_text(row, 6, account->title, sizeof account->title);
    store_text(row, 7, account->email, sizeof account->email);
    account->no_mail = account->email[0] != '\0' && sqlite3_column_int(row, 8) == 0;
}

/* LEDGER_OK, LEDGER_NOT_FOUND (*id is 0) or a failure. */
static int find_account(struct store *store, const char *name, uint64_t *id)
{
    *id = 0;
    sqlite3_stmt *query = store_prepare(store, STORE_ACCOUNT_BY_NAME);
    if (query == NULL)
        return LEDGER_STORAGE;
    store_bind_text(query, 1, name);
    int code = sqlite3_step(query);
    if (code == SQLITE_ROW)
        *id = (uint64_t)sqlite3_column_int64(query, 0);
    int result = code == SQLITE_ROW    ? LEDGER_OK
                 : code == SQLITE_DONE ? LEDGER_NOT_FOUND
                                       : store_failed(store, "looking an account up");
    sqlite3_reset(query);
    return result;
}

static int put_person(struct store *store, const struct ledger_account *account)
{
    bool erase = account->title[0] == '\0';
    sqlite3_stmt *put = store_prepare(store, erase ? STORE_PERSON_ERASE : STORE_PERSON_PUT);
    if (put == NULL)
        return LEDGER_STORAGE;
    sqlite3_bind_int64(put, 1, (sqlite3_int64)account->id);
    if (!erase)
        store_bind_text(put, 2, account->title);
    return store_run(store, put, "storing a person's name");
}

static int put_address(struct store *store, const struct ledger_account *account)
{
    bool erase = account->email[0] == '\0';
    sqlite3_stmt *put = store_prepare(store, erase ? STORE_ADDRESS_ERASE : STORE_ADDRESS_PUT);
    if (put == NULL)
        return LEDGER_STORAGE;
    sqlite3_bind_int64(put, 1, (sqlite3_int64)account->id);
    if (!erase) {
        store_bind_text(put, 2, account->email);
        sqlite3_bind_int(put, 3, !account->no_mail);
    }
    return store_run(store, put, "storing a person's address");
}

/* LEDGER_OK, LEDGER_NOT_FOUND or a failure. */
static int read_account(struct store *store, uint64_t id, struct ledger_account *row)
{
    sqlite3_stmt *query = store_prepare(store, STORE_ACCOUNT_BY_ID);
    if (query == NULL)
        return LEDGER_STORAGE;
    sqlite3_bind_int64(query, 1, (sqlite3_int64)id);
    int code = sqlite3_step(query), result = LEDGER_OK;
    if (code == SQLITE_ROW) {
        store_account_row(query, row);
    } else if (code == SQLITE_DONE) {
        snprintf(store->why, sizeof store->why, "there is no account %llu", (unsigned long long)id);
        result = LEDGER_NOT_FOUND;
    } else {
        result = store_failed(store, "looking an account up");
    }
    sqlite3_reset(query);
    return result;
}

/* The account as it is to be; of a new one, as it was asked for. */
static int apply_changes(struct store *store, struct ledger_account *account)
{
    if (account->id == 0)
        return LEDGER_OK;
    struct ledger_account row = {0};
    int result = read_account(store, account->id, &row);
    if (result != LEDGER_OK)
        return result;
    if (account->only_version != 0 && account->only_version != row.password_version) {
        snprintf(store->why, sizeof store->why, "the password was changed meanwhile");
        return LEDGER_CONFLICT;
    }
    unsigned changes = account->changes;
    if (changes & LEDGER_ACCOUNT_NAME)
        memcpy(row.name, account->name, sizeof row.name);
    if (changes & LEDGER_ACCOUNT_TITLE)
        memcpy(row.title, account->title, sizeof row.title);
    if (changes & LEDGER_ACCOUNT_ROLE)
        row.role = account->role;
    if (changes & LEDGER_ACCOUNT_PASSWORD)
        memcpy(row.hash, account->hash, sizeof row.hash);
    if (changes & (LEDGER_ACCOUNT_PASSWORD | LEDGER_ACCOUNT_TOKENS))
        row.password_version++;
    if (changes & LEDGER_ACCOUNT_DISABLED)
        row.disabled = account->disabled;
    if (changes & LEDGER_ACCOUNT_EMAIL)
        memcpy(row.email, account->email, sizeof row.email);
    if (changes & LEDGER_ACCOUNT_NO_MAIL)
        row.no_mail = account->no_mail;
    *account = row;
    return LEDGER_OK;
}

int store_put_account(struct store *store, struct ledger_account *account)
{
    uint64_t holder;
    int result = apply_changes(store, account);
    if (result != LEDGER_OK)
        return result;
    result = find_account(store, account->name, &holder);
    if (result != LEDGER_OK && result != LEDGER_NOT_FOUND)
        return result;
    if (holder != 0 && holder != account->id) {
        snprintf(store->why, sizeof store->why, "the name %s is taken by another account", account->name);
        return LEDGER_CONFLICT;
    }
    bool is_new = account->id == 0;
    sqlite3_stmt *put = store_prepare(store, is_new ? STORE_ACCOUNT_INSERT : STORE_ACCOUNT_UPDATE);
    if (put == NULL)
        return LEDGER_STORAGE;
    store_bind_text(put, 1, account->name);
    sqlite3_bind_int(put, 2, account->role);
    store_bind_text(put, 3, account->hash);
    sqlite3_bind_int64(put, 4, (sqlite3_int64)account->password_version);
    sqlite3_bind_int(put, 5, account->disabled);
    if (!is_new)
        sqlite3_bind_int64(put, 6, (sqlite3_int64)account->id);
    result = store_run(store, put, "storing an account");
    if (result != LEDGER_OK)
        return result;
    if (is_new)
        account->id = (uint64_t)sqlite3_last_insert_rowid(store->db);
    result = put_person(store, account);
    return result == LEDGER_OK ? put_address(store, account) : result;
}

/* ---- rigs and tokens ----------------------------------------------------------------------------------- */

int store_put_rig(struct store *store, const char *rig, const void *bytes, size_t length)
{
    sqlite3_stmt *put = store_prepare(store, STORE_RIG_PUT);
    if (put == NULL)
        return LEDGER_STORAGE;
    store_bind_text(put, 1, rig);
    sqlite3_bind_blob(put, 2, bytes, (int)length, SQLITE_STATIC);
    return store_run(store, put, "storing a rig's state");
}

int store_trust(struct store *store)
{
    return store_run(store, store_prepare(store, STORE_TRUST), "storing that rigs' states are known");
}

int store_vouch_clock(struct store *store, int64_t wall)
{
    return store_set_counter(store, STORE_VOUCH_CLOCK, wall);
}

int store_revoke(struct store *store, const struct ledger_revocation *revocation, int64_t now)
{
    sqlite3_stmt *forget = store_prepare(store, STORE_REVOKED_FORGET);
    if (forget == NULL)
        return LEDGER_STORAGE;
    sqlite3_bind_int64(forget, 1, now);
    int result = store_run(store, forget, "forgetting old logouts");
    sqlite3_stmt *revoke = store_prepare(store, STORE_REVOKE);
    if (result != LEDGER_OK || revoke == NULL)
        return LEDGER_STORAGE;
    sqlite3_bind_blob(revoke, 1, revocation->id, LEDGER_TOKEN_ID_SIZE, SQLITE_STATIC);
    sqlite3_bind_int64(revoke, 2, revocation->expires);
    return store_run(store, revoke, "storing the logout");
}

/* ---- audit --------------------------------------------------------------------------------------------- */

static int append_one(struct store *store, const struct ledger_audit *record)
{
    sqlite3_stmt *insert = store_prepare(store, STORE_AUDIT_INSERT);
    if (insert == NULL)
        return LEDGER_STORAGE;
    sqlite3_bind_int64(insert, 1, (sqlite3_int64)record->number);
    sqlite3_bind_int64(insert, 2, record->wall);
    sqlite3_bind_int64(insert, 3, (sqlite3_int64)record->session);
    store_bind_text(insert, 4, record->rig);
    sqlite3_bind_blob(insert, 5, record->mac, LEDGER_MAC_SIZE, SQLITE_STATIC);
    sqlite3_bind_blob(insert, 6, record->bytes, record->length, SQLITE_STATIC);
    return store_run(store, insert, "storing the audit");
}

int store_append_audit(struct store *store, const struct ledger_audit *records, size_t count)
{
    int64_t newest = INT64_MIN;
    for (size_t i = 0; i < count; i++) {
        if (records[i].number != store->last_audit + 1 + i) {
            snprintf(store->why, sizeof store->why, "audit record %llu does not follow on %llu",
                     (unsigned long long)records[i].number, (unsigned long long)(store->last_audit + i));
            return LEDGER_CONFLICT;
        }
        int result = append_one(store, &records[i]);
        if (result != LEDGER_OK)
            return result;
        if (records[i].wall > newest)
            newest = records[i].wall;
    }
    return count > 0 ? store_set_counter(store, STORE_LAST_WALL, newest) : LEDGER_OK;
}

static sqlite3_stmt *prepare_read(struct store *store, const struct store_audit_query *query)
{
    enum store_statement which = query->session != 0     ? STORE_AUDIT_SESSION
                                 : query->rig[0] != '\0' ? STORE_AUDIT_RIG
                                                         : STORE_AUDIT_ALL;
    uint64_t beyond = query->newest_first && !query->beyond ? INT64_MAX : query->beyond;
    sqlite3_stmt *statement =
        store_prepare(store, query->newest_first ? which + (STORE_AUDIT_ALL_BACK - STORE_AUDIT_ALL) : which);
    if (statement == NULL)
        return NULL;
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)beyond);
    if (which == STORE_AUDIT_SESSION)
        sqlite3_bind_int64(statement, 2, (sqlite3_int64)query->session);
    if (which != STORE_AUDIT_ALL)
        store_bind_text(statement, 3, query->rig);
    return statement;
}

int store_read_audit(struct store *store, const struct store_audit_query *query, uint64_t *last, bool *more)
{
    *last = query->beyond;
    *more = false;
    sqlite3_stmt *statement = prepare_read(store, query);
    if (statement == NULL)
        return LEDGER_STORAGE;
    int code = SQLITE_DONE;
    for (size_t n = 0; n < LEDGER_PAGE_MAX && !*more && (code = sqlite3_step(statement)) == SQLITE_ROW; n++) {
        struct ledger_audit record = {
            .number = (uint64_t)sqlite3_column_int64(statement, 0),
            .wall = sqlite3_column_int64(statement, 1),
            .session = (uint64_t)sqlite3_column_int64(statement, 2),
        };
        store_text(statement, 3, record.rig, sizeof record.rig);
        store_blob(statement, 4, record.mac, sizeof record.mac);
        record.length = (uint16_t)store_blob(statement, 5, record.bytes, sizeof record.bytes);
        *last = record.number;
        *more = !query->reader(query->context, &record) || n + 1 == LEDGER_PAGE_MAX;
    }
    int result =
        code == SQLITE_ROW || code == SQLITE_DONE ? LEDGER_OK : store_failed(store, "reading the audit");
    sqlite3_reset(statement);
    return result;
}
