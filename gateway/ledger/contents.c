/* contents.c - what the ledger holds at the start. */
#include "gateway/ledger/store.h"

#include <stdlib.h>
#include <string.h>

#define KEPT (40 * INT64_C(86400000)) /* ms that what is over stays in memory */

/* A query whose every row becomes an element of a growing array. */
struct gather {
    const char *sql, *attempt;
    int64_t parameter;
    size_t size; /* of an element */
    void (*take)(sqlite3_stmt *row, void *element);
};

/* *list is the caller's to free(), whatever the result. */
static int gather(struct store *store, const struct gather *what, void **list, size_t *count)
{
    *list = NULL;
    *count = 0;
    sqlite3_stmt *query = NULL;
    if (sqlite3_prepare_v2(store->db, what->sql, -1, &query, NULL) != SQLITE_OK)
        return store_failed(store, what->attempt);
    if (sqlite3_bind_parameter_count(query) > 0)
        sqlite3_bind_int64(query, 1, what->parameter);
    size_t room = 0;
    int code, result = LEDGER_OK;
    while (result == LEDGER_OK && (code = sqlite3_step(query)) != SQLITE_DONE) {
        if (code != SQLITE_ROW) {
            result = store_failed(store, what->attempt);
            break;
        }
        if (*count == room) {
            room = room > 0 ? 2 * room : 16;
            void *grown = realloc(*list, room * what->size);
            if (grown == NULL)
                result = LEDGER_NO_MEMORY;
            else
                *list = grown;
        }
        if (result == LEDGER_OK)
            what->take(query, (char *)*list + (*count)++ * what->size);
    }
    sqlite3_finalize(query);
    return result;
}

static void take_account(sqlite3_stmt *row, void *element)
{
    store_account_row(row, element);
}

static void take_booking(sqlite3_stmt *row, void *element)
{
    store_booking_row(row, element);
}

static void take_revocation(sqlite3_stmt *row, void *element)
{
    struct ledger_revocation *revocation = element;
    *revocation = (struct ledger_revocation){.expires = sqlite3_column_int64(row, 1)};
    store_blob(row, 0, revocation->id, sizeof revocation->id);
}

static void take_standing(sqlite3_stmt *row, void *element)
{
    struct ledger_standing *standing = element;
    *standing = (struct ledger_standing){
        .account = (uint64_t)sqlite3_column_int64(row, 0),
        .kind = sqlite3_column_int(row, 1),
        .since = sqlite3_column_int64(row, 3),
        .until = sqlite3_column_int64(row, 4),
    };
    store_text(row, 2, standing->name, sizeof standing->name);
}

static void take_ticket(sqlite3_stmt *row, void *element)
{
    struct ledger_ticket *ticket = element;
    *ticket = (struct ledger_ticket){
        .id = (uint64_t)sqlite3_column_int64(row, 0),
        .account = (uint64_t)sqlite3_column_int64(row, 1),
        .length = sqlite3_column_int64(row, 5),
        .made = sqlite3_column_int64(row, 6),
        .until = sqlite3_column_int64(row, 7),
    };
    store_text(row, 2, ticket->group, sizeof ticket->group);
    store_text(row, 3, ticket->rig, sizeof ticket->rig);
    store_text(row, 4, ticket->capability, sizeof ticket->capability);
    store_text(row, 8, ticket->offer_rig, sizeof ticket->offer_rig);
    ticket->offer_starts = sqlite3_column_int64(row, 9);
    ticket->offer_ends = sqlite3_column_int64(row, 10);
    ticket->take = sqlite3_column_int64(row, 11);
}

static void take_notice(sqlite3_stmt *row, void *element)
{
    struct ledger_notice *notice = element;
    *notice = (struct ledger_notice){
        .id = (uint64_t)sqlite3_column_int64(row, 0),
        .account = (uint64_t)sqlite3_column_int64(row, 1),
        .booking = (uint64_t)sqlite3_column_int64(row, 2),
        .wall = sqlite3_column_int64(row, 3),
        .kind = sqlite3_column_int(row, 4),
        .more = (uint32_t)sqlite3_column_int64(row, 6),
    };
    store_text(row, 5, notice->text, sizeof notice->text);
    store_text(row, 7, notice->reason, sizeof notice->reason);
}

static void take_feed(sqlite3_stmt *row, void *element)
{
    struct ledger_feed *feed = element;
    *feed = (struct ledger_feed){
        .id = (uint64_t)sqlite3_column_int64(row, 0),
        .account = (uint64_t)sqlite3_column_int64(row, 1),
        .made = sqlite3_column_int64(row, 4),
    };
    store_text(row, 2, feed->rig, sizeof feed->rig);
    store_blob(row, 3, feed->hash, sizeof feed->hash);
}

static void take_rig(sqlite3_stmt *row, void *element)
{
    struct store_rig *rig = element;
    store_text(row, 0, rig->name, sizeof rig->name);
    rig->length = store_blob(row, 1, rig->bytes, sizeof rig->bytes);
}

static int read_counters(struct store *store, struct ledger_contents *contents)
{
    static const char attempt[] = "reading the ledger's counters";
    sqlite3_stmt *query = NULL;
    if (sqlite3_prepare_v2(store->db,
                           "SELECT last_wall, next_session, number, mac, (SELECT coalesce(max(seq), 0) FROM"
                           " sqlite_sequence WHERE name = 'ticket'), doubted FROM gateway LEFT JOIN"
                           " (SELECT number, mac FROM audit ORDER BY number DESC LIMIT 1)",
                           -1, &query, NULL) != SQLITE_OK)
        return store_failed(store, attempt);
    int result = LEDGER_OK;
    if (sqlite3_step(query) == SQLITE_ROW) {
        contents->last_wall = sqlite3_column_int64(query, 0);
        contents->next_session = (uint64_t)sqlite3_column_int64(query, 1);
        contents->last_audit = (uint64_t)sqlite3_column_int64(query, 2);
        store_blob(query, 3, contents->last_mac, sizeof contents->last_mac);
        contents->last_ticket = (uint64_t)sqlite3_column_int64(query, 4);
        contents->doubted = sqlite3_column_int(query, 5) != 0;
        store->last_audit = contents->last_audit;
    } else {
        result = store_failed(store, attempt);
    }
    sqlite3_finalize(query);
    contents->boot = store->boot;
    return result;
}

int store_read_contents(struct store *store, struct ledger_contents *contents)
{
    *contents = (struct ledger_contents){0};
    int result = read_counters(store, contents);
    const struct {
        struct gather what;
        void **list;
        size_t *count;
    } lists[] = {
        {{STORE_ACCOUNT_QUERY " ORDER BY id", "reading the accounts", 0, sizeof *contents->accounts,
          take_account},
         (void **)&contents->accounts,
         &contents->account_count   },
        {{"SELECT " STORE_BOOKING_COLUMNS " FROM booking WHERE state IN " STORE_ACTIVE
          " OR ends > ?1 ORDER BY id",
          "reading the bookings", contents->last_wall - KEPT, sizeof *contents->bookings, take_booking},
         (void **)&contents->bookings,
         &contents->booking_count   },
        {{"SELECT id, expires FROM revoked WHERE expires >= ?1", "reading the logouts", contents->last_wall,
          sizeof *contents->revocations, take_revocation},
         (void **)&contents->revocations,
         &contents->revocation_count},
        {{"SELECT account, kind, name, since, until FROM standing WHERE until = 0 OR until > ?1"
          " ORDER BY account, kind, name",
          "reading people's standings", contents->last_wall, sizeof *contents->standings, take_standing},
         (void **)&contents->standings,
         &contents->standing_count  },
        {{"SELECT id, account, grp, rig, capability, length, made, until, offer_rig, offer_starts,"
          " offer_ends, take FROM ticket ORDER BY id",
          "reading the queue", 0, sizeof *contents->tickets, take_ticket},
         (void **)&contents->tickets,
         &contents->ticket_count    },
        {{"SELECT id, account, booking, wall, kind, text, more, reason FROM notice WHERE wall > ?1 ORDER BY "
          "id",
          "reading the notices", contents->last_wall - KEPT, sizeof *contents->notices, take_notice},
         (void **)&contents->notices,
         &contents->notice_count    },
        {{"SELECT id, account, rig, hash, made FROM feed ORDER BY id", "reading the feeds", 0,
          sizeof *contents->feeds, take_feed},
         (void **)&contents->feeds,
         &contents->feed_count      },
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists && result == LEDGER_OK; i++)
        result = gather(store, &lists[i].what, lists[i].list, lists[i].count);
    if (result != LEDGER_OK)
        ledger_free_contents(contents);
    return result;
}

int store_read_rigs(struct store *store, struct store_rig **rigs, size_t *count)
{
    struct gather what = {
        .sql = "SELECT name, state FROM rig",
        .attempt = "reading the rigs' state",
        .size = sizeof **rigs,
        .take = take_rig,
    };
    void *list;
    int result = gather(store, &what, &list, count);
    *rigs = list;
    return result;
}

void ledger_free_contents(struct ledger_contents *contents)
{
    free(contents->accounts);
    free(contents->bookings);
    free(contents->revocations);
    free(contents->standings);
    free(contents->tickets);
    free(contents->notices);
    free(contents->feeds);
    *contents = (struct ledger_contents){0};
}
