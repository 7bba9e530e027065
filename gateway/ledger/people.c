/* people.c - what is stored about people beside their accounts: standings, places in the queue, notices,
 * feeds. */
#include "gateway/ledger/store.h"

#include <stdio.h>

int store_put_standing(struct store *store, const struct ledger_standing *standing, bool remove)
{
    sqlite3_stmt *put = store_prepare(store, remove ? STORE_STANDING_DROP : STORE_STANDING_PUT);
    if (put == NULL)
        return LEDGER_STORAGE;
    sqlite3_bind_int64(put, 1, (sqlite3_int64)standing->account);
    sqlite3_bind_int(put, 2, standing->kind);
    store_bind_text(put, 3, standing->name);
    if (!remove) {
        sqlite3_bind_int64(put, 4, standing->since);
        sqlite3_bind_int64(put, 5, standing->until);
    }
    int result = store_run(store, put, "storing a person's standing");
    if (result == LEDGER_OK && remove && sqlite3_changes(store->db) == 0) {
        snprintf(store->why, sizeof store->why, "account %llu has no \"%s\"",
                 (unsigned long long)standing->account, standing->name);
        return LEDGER_NOT_FOUND;
    }
    return result;
}

int store_put_ticket(struct store *store, const struct ledger_ticket *ticket)
{
    sqlite3_stmt *put = store_prepare(store, STORE_TICKET_PUT);
    if (put == NULL)
        return LEDGER_STORAGE;
    sqlite3_bind_int64(put, 1, (sqlite3_int64)ticket->id);
    sqlite3_bind_int64(put, 2, (sqlite3_int64)ticket->account);
    store_bind_text(put, 3, ticket->group);
    store_bind_text(put, 4, ticket->rig);
    store_bind_text(put, 5, ticket->capability);
    sqlite3_bind_int64(put, 6, ticket->length);
    sqlite3_bind_int64(put, 7, ticket->made);
    sqlite3_bind_int64(put, 8, ticket->until);
    store_bind_text(put, 9, ticket->offer_rig);
    sqlite3_bind_int64(put, 10, ticket->offer_starts);
    sqlite3_bind_int64(put, 11, ticket->offer_ends);
    sqlite3_bind_int64(put, 12, ticket->take);
    return store_run(store, put, "storing a place in the queue");
}

static int drop(struct store *store, enum store_statement which, uint64_t id, const char *what)
{
    sqlite3_stmt *remove = store_prepare(store, which);
    if (remove == NULL)
        return LEDGER_STORAGE;
    sqlite3_bind_int64(remove, 1, (sqlite3_int64)id);
    int result = store_run(store, remove, what);
    if (result != LEDGER_OK || sqlite3_changes(store->db) != 0)
        return result;
    snprintf(store->why, sizeof store->why, "%s: there is no %llu", what, (unsigned long long)id);
    return LEDGER_NOT_FOUND;
}

int store_drop_ticket(struct store *store, uint64_t ticket)
{
    return drop(store, STORE_TICKET_DROP, ticket, "taking somebody from the queue");
}

int store_put_notice(struct store *store, struct ledger_notice *notice)
{
    sqlite3_stmt *insert = store_prepare(store, STORE_NOTICE_INSERT);
    if (insert == NULL)
        return LEDGER_STORAGE;
    sqlite3_bind_int64(insert, 1, (sqlite3_int64)notice->account);
    sqlite3_bind_int64(insert, 2, (sqlite3_int64)notice->booking);
    sqlite3_bind_int64(insert, 3, notice->wall);
    sqlite3_bind_int(insert, 4, notice->kind);
    store_bind_text(insert, 5, notice->text);
    sqlite3_bind_int64(insert, 6, notice->more);
    store_bind_text(insert, 7, notice->reason);
    int result = store_run(store, insert, "storing a notice");
    if (result == LEDGER_OK)
        notice->id = (uint64_t)sqlite3_last_insert_rowid(store->db);
    return result;
}

int store_drop_notices(struct store *store, const struct ledger_seen *seen)
{
    sqlite3_stmt *query = store_prepare(store, STORE_NOTICE_DROP);
    if (query == NULL)
        return LEDGER_STORAGE;
    sqlite3_bind_int64(query, 1, (sqlite3_int64)seen->first);
    sqlite3_bind_int64(query, 2, (sqlite3_int64)seen->last);
    sqlite3_bind_int64(query, 3, (sqlite3_int64)seen->account);
    int result = store_run(store, query, "forgetting notices");
    if (result != LEDGER_OK || sqlite3_changes(store->db) != 0)
        return result;
    snprintf(store->why, sizeof store->why, "forgetting notices: there are none");
    return LEDGER_NOT_FOUND;
}

int store_put_feed(struct store *store, struct ledger_feed *feed)
{
    sqlite3_stmt *insert = store_prepare(store, STORE_FEED_INSERT);
    if (insert == NULL)
        return LEDGER_STORAGE;
    sqlite3_bind_int64(insert, 1, (sqlite3_int64)feed->account);
    store_bind_text(insert, 2, feed->rig);
    sqlite3_bind_blob(insert, 3, feed->hash, sizeof feed->hash, SQLITE_STATIC);
    sqlite3_bind_int64(insert, 4, feed->made);
    int result = store_run(store, insert, "storing a feed");
    if (result == LEDGER_OK && sqlite3_changes(store->db) == 0) {
        snprintf(store->why, sizeof store->why, "there is a feed with this key");
        return LEDGER_CONFLICT;
    }
    if (result == LEDGER_OK)
        feed->id = (uint64_t)sqlite3_last_insert_rowid(store->db);
    return result;
}

int store_drop_feed(struct store *store, uint64_t feed)
{
    return drop(store, STORE_FEED_DROP, feed, "revoking a feed");
}
