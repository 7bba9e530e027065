/* no_room.c - who found no room for what, for the report: one row for each person, day and thing, however
 * often they asked, and no more than LEDGER_NO_ROOM_MAX of them. */
#include "gateway/ledger/store.h"

#include <stdlib.h>

int store_put_no_room(struct store *store, const struct ledger_no_room *row)
{
    sqlite3_stmt *put = store_prepare(store, STORE_NO_ROOM_PUT);
    if (put == NULL)
        return LEDGER_STORAGE;
    sqlite3_bind_int64(put, 1, (sqlite3_int64)row->account);
    sqlite3_bind_int64(put, 2, row->day);
    store_bind_text(put, 3, row->rig);
    store_bind_text(put, 4, row->capability);
    store_bind_text(put, 5, row->group);
    sqlite3_bind_int64(put, 6, row->starts);
    sqlite3_bind_int64(put, 7, row->ends);
    int result = store_run(store, put, "storing that there was no room");
    sqlite3_stmt *forget = result == LEDGER_OK ? store_prepare(store, STORE_NO_ROOM_FORGET) : NULL;
    if (result != LEDGER_OK || forget == NULL)
        return result != LEDGER_OK ? result : LEDGER_STORAGE;
    sqlite3_bind_int64(forget, 1, LEDGER_NO_ROOM_MAX);
    return store_run(store, forget, "forgetting for whom there was no room long ago");
}

static void take(sqlite3_stmt *query, struct ledger_no_room *row)
{
    *row = (struct ledger_no_room){
        .id = (uint64_t)sqlite3_column_int64(query, 0),
        .account = (uint64_t)sqlite3_column_int64(query, 1),
        .day = sqlite3_column_int64(query, 2),
        .starts = sqlite3_column_int64(query, 6),
        .ends = sqlite3_column_int64(query, 7),
    };
    store_text(query, 3, row->rig, sizeof row->rig);
    store_text(query, 4, row->capability, sizeof row->capability);
    store_text(query, 5, row->group, sizeof row->group);
}

int store_read_no_room(struct store *store, const struct ledger_used *span, struct ledger_no_room **rows,
                       size_t *count, bool *more)
{
    *count = 0;
    *more = false;
    *rows = calloc(LEDGER_USED_MAX, sizeof **rows);
    sqlite3_stmt *query = store_prepare(store, STORE_NO_ROOM_READ);
    if (*rows == NULL || query == NULL)
        return *rows == NULL ? LEDGER_NO_MEMORY : LEDGER_STORAGE;
    sqlite3_bind_int64(query, 1, span->from);
    sqlite3_bind_int64(query, 2, span->until);
    sqlite3_bind_int64(query, 3, (sqlite3_int64)span->after);
    sqlite3_bind_int(query, 4, LEDGER_USED_MAX);
    int code;
    while ((code = sqlite3_step(query)) == SQLITE_ROW)
        take(query, &(*rows)[(*count)++]);
    *more = *count == LEDGER_USED_MAX;
    int result = code == SQLITE_DONE ? LEDGER_OK : store_failed(store, "reading for whom there was no room");
    sqlite3_reset(query);
    return result;
}
