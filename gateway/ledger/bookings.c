/* bookings.c - bookings and their changes, within a transaction of the caller's: all of them are written,
 * then each that holds time is looked at, so that two that change places are never in each other's way. */
#include "gateway/ledger/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failed(struct store *store)
{
    return store_failed(store, "looking a booking up");
}

static void read_party(sqlite3_stmt *row, int column, uint64_t *party)
{
    uint8_t bytes[LEDGER_PARTY_MAX * 8];
    size_t length = store_blob(row, column, bytes, sizeof bytes);
    for (size_t i = 0; i < length / 8; i++)
        for (size_t j = 0; j < 8; j++)
            party[i] |= (uint64_t)bytes[8 * i + j] << (8 * j);
}

void store_booking_row(sqlite3_stmt *row, struct ledger_booking *booking)
{
    *booking = (struct ledger_booking){
        .id = (uint64_t)sqlite3_column_int64(row, 0),
        .account = (uint64_t)sqlite3_column_int64(row, 2),
        .starts = sqlite3_column_int64(row, 3),
        .ends = sqlite3_column_int64(row, 4),
        .setup = sqlite3_column_int64(row, 5),
        .teardown = sqlite3_column_int64(row, 6),
        .made = sqlite3_column_int64(row, 7),
        .state = (enum ledger_booking_state)sqlite3_column_int(row, 8),
        .session = (uint64_t)sqlite3_column_int64(row, 9),
        .bundle = (uint64_t)sqlite3_column_int64(row, 12),
        .kind = sqlite3_column_int(row, 16),
        .why = sqlite3_column_int(row, 17),
        .used = sqlite3_column_int64(row, 18),
        .charged = sqlite3_column_int(row, 19) != 0,
        .revision = (uint64_t)sqlite3_column_int64(row, 20),
        .revised = sqlite3_column_int64(row, 21),
    };
    store_text(row, 1, booking->rig, sizeof booking->rig);
    store_text(row, 10, booking->key, sizeof booking->key);
    store_text(row, 11, booking->code, sizeof booking->code);
    store_text(row, 13, booking->group, sizeof booking->group);
    store_text(row, 14, booking->capability, sizeof booking->capability);
    read_party(row, 15, booking->party);
}

#define AFTER_BOOKING 22 /* first column after those of a booking */

static int get_booking(struct store *store, uint64_t id, struct ledger_booking *booking)
{
    sqlite3_stmt *query = store_prepare(store, STORE_BOOKING_BY_ID);
    if (query == NULL)
        return LEDGER_STORAGE;
    sqlite3_bind_int64(query, 1, (sqlite3_int64)id);
    int code = sqlite3_step(query);
    int result = LEDGER_OK;
    if (code == SQLITE_ROW)
        store_booking_row(query, booking);
    else if (code == SQLITE_DONE)
        result = LEDGER_NOT_FOUND;
    else
        result = failed(store);
    sqlite3_reset(query);
    if (result == LEDGER_NOT_FOUND)
        snprintf(store->why, sizeof store->why, "there is no booking %llu", (unsigned long long)id);
    return result;
}

/* ---- a key that comes again ---------------------------------------------------------------------------- */

/* LEDGER_NOT_FOUND: the key is new. *same: the same was asked for, as far as one row tells. */
static int find_key(struct store *store, const struct ledger_booking *wanted, struct ledger_booking *first,
                    bool *same)
{
    sqlite3_stmt *query = store_prepare(store, STORE_BOOKING_BY_KEY);
    if (query == NULL)
        return LEDGER_STORAGE;
    sqlite3_bind_int64(query, 1, (sqlite3_int64)wanted->account);
    store_bind_text(query, 2, wanted->key);
    int result = LEDGER_OK;
    int code = sqlite3_step(query);
    if (code == SQLITE_ROW) {
        store_booking_row(query, first);
        /* Not the start: "now" is another time in a repeat. Not the present end: it may have ended early. Not
         * the rig of a capability: it may have moved. */
        *same = strcmp(first->capability, wanted->capability) == 0 &&
                (wanted->capability[0] != '\0' || strcmp(first->rig, wanted->rig) == 0) &&
                sqlite3_column_int64(query, AFTER_BOOKING) == wanted->ends;
    } else {
        result = code == SQLITE_DONE ? LEDGER_NOT_FOUND : failed(store);
    }
    sqlite3_reset(query);
    return result;
}

/* Those that were stored with this one, itself included; counts on past the room. */
static int read_bundle(struct store *store, const struct ledger_booking *first, struct ledger_booking *rows,
                       size_t room, size_t *count)
{
    *count = 1;
    rows[0] = *first;
    if (first->bundle == 0)
        return LEDGER_OK;
    sqlite3_stmt *query = store_prepare(store, STORE_BOOKING_BUNDLE);
    if (query == NULL)
        return LEDGER_STORAGE;
    sqlite3_bind_int64(query, 1, (sqlite3_int64)first->bundle);
    int code;
    for (*count = 0; (code = sqlite3_step(query)) == SQLITE_ROW; ++*count)
        if (*count < room)
            store_booking_row(query, &rows[*count]);
    int result = code == SQLITE_DONE ? LEDGER_OK : failed(store);
    sqlite3_reset(query);
    return result;
}

/* LEDGER_NOT_FOUND: nothing of this was asked for before. */
static int find_repeat(struct store *store, struct ledger_booking *rows, size_t count,
                       struct ledger_booking *other)
{
    bool same = false;
    if (rows[0].id != 0 || rows[0].key[0] == '\0')
        return LEDGER_NOT_FOUND;
    int result = find_key(store, &rows[0], other, &same);
    if (result != LEDGER_OK)
        return result;
    size_t stored = 1;
    if (same && (other->bundle != 0) == (count > 1))
        result = read_bundle(store, other, rows, count, &stored);
    if (result != LEDGER_OK || (same && stored == count && (other->bundle != 0) == (count > 1)))
        return result;
    snprintf(store->why, sizeof store->why, "this key was already used for booking %llu",
             (unsigned long long)other->id);
    return LEDGER_REUSED;
}

/* ---- room ---------------------------------------------------------------------------------------------- */

/* The last one before `until` on a rig's or a resource's time; *id 0: none is in the way. */
static int find_overlap(struct store *store, enum store_statement which, const char *name,
                        const struct ledger_booking *booking, uint64_t *id)
{
    sqlite3_stmt *query = store_prepare(store, which);
    if (query == NULL)
        return LEDGER_STORAGE;
    store_bind_text(query, 1, name);
    sqlite3_bind_int64(query, 2, booking->ends + booking->teardown);
    sqlite3_bind_int64(query, 3, (sqlite3_int64)booking->id);
    int code = sqlite3_step(query);
    bool overlaps = code == SQLITE_ROW && sqlite3_column_int64(query, 1) > booking->starts - booking->setup;
    *id = overlaps ? (uint64_t)sqlite3_column_int64(query, 0) : 0;
    int result = code == SQLITE_ROW || code == SQLITE_DONE
                     ? LEDGER_OK
                     : store_failed(store, "looking for overlapping bookings");
    sqlite3_reset(query);
    return result;
}

static int check_free(struct store *store, const struct ledger_booking *booking, struct ledger_booking *other)
{
    uint64_t id = 0;
    int result = find_overlap(store, STORE_BOOKING_BEFORE, booking->rig, booking, &id);
    for (size_t i = 0; i < LEDGER_SHARED_MAX && booking->shared[i][0] != '\0'; i++)
        if (result == LEDGER_OK && id == 0)
            result = find_overlap(store, STORE_SHARED_BEFORE, booking->shared[i], booking, &id);
    if (result != LEDGER_OK || id == 0)
        return result;
    result = get_booking(store, id, other);
    if (result != LEDGER_OK)
        return result;
    snprintf(store->why, sizeof store->why, "the time is taken by booking %llu", (unsigned long long)id);
    return LEDGER_CONFLICT;
}

/* ---- writing ------------------------------------------------------------------------------------------- */

static bool is_active(enum ledger_booking_state state)
{
    return state != LEDGER_ENDED && state != LEDGER_CANCELLED;
}

static void bind_party(sqlite3_stmt *statement, int index, const uint64_t *party)
{
    uint8_t bytes[LEDGER_PARTY_MAX * 8];
    size_t length = 0;
    for (size_t i = 0; i < LEDGER_PARTY_MAX && party[i] != 0; i++)
        for (size_t j = 0; j < 8; j++)
            bytes[length++] = (uint8_t)(party[i] >> (8 * j));
    sqlite3_bind_blob(statement, index, bytes, (int)length, SQLITE_TRANSIENT);
}

static int hold_shared(struct store *store, const struct ledger_booking *booking)
{
    int result = LEDGER_OK;
    for (size_t i = 0; i < LEDGER_SHARED_MAX && booking->shared[i][0] != '\0' && result == LEDGER_OK; i++) {
        sqlite3_stmt *insert = store_prepare(store, STORE_SHARED_INSERT);
        if (insert == NULL)
            return LEDGER_STORAGE;
        store_bind_text(insert, 1, booking->shared[i]);
        sqlite3_bind_int64(insert, 2, booking->starts - booking->setup);
        sqlite3_bind_int64(insert, 3, booking->ends + booking->teardown);
        sqlite3_bind_int64(insert, 4, (sqlite3_int64)booking->id);
        result = store_run(store, insert, "storing what the booking shares");
    }
    return result;
}

static int insert_booking(struct store *store, struct ledger_booking *booking)
{
    sqlite3_stmt *insert = store_prepare(store, STORE_BOOKING_INSERT);
    if (insert == NULL)
        return LEDGER_STORAGE;
    if (booking->state != LEDGER_PENDING && booking->state != LEDGER_OFFERED)
        booking->state = LEDGER_CONFIRMED;
    booking->session = 0;
    booking->revision = 0;
    booking->revised = booking->made;
    store_bind_text(insert, 1, booking->rig);
    sqlite3_bind_int64(insert, 2, (sqlite3_int64)booking->account);
    sqlite3_bind_int64(insert, 3, booking->starts);
    sqlite3_bind_int64(insert, 4, booking->ends);
    sqlite3_bind_int64(insert, 5, booking->setup);
    sqlite3_bind_int64(insert, 6, booking->teardown);
    sqlite3_bind_int64(insert, 7, booking->made);
    sqlite3_bind_int(insert, 8, (int)booking->state);
    sqlite3_bind_int64(insert, 9, 0);
    store_bind_text(insert, 10, booking->key);
    store_bind_text(insert, 11, booking->code);
    sqlite3_bind_int64(insert, 12, (sqlite3_int64)booking->bundle);
    store_bind_text(insert, 13, booking->group);
    store_bind_text(insert, 14, booking->capability);
    bind_party(insert, 15, booking->party);
    sqlite3_bind_int(insert, 16, booking->kind);
    sqlite3_bind_int(insert, 17, booking->why);
    sqlite3_bind_int64(insert, 18, booking->used);
    sqlite3_bind_int(insert, 19, booking->charged);
    int result = store_run(store, insert, "storing the booking");
    if (result == LEDGER_OK)
        booking->id = (uint64_t)sqlite3_last_insert_rowid(store->db);
    return result == LEDGER_OK ? hold_shared(store, booking) : result;
}

/* Its own id is what the others name it by. */
static int lead_bundle(struct store *store, struct ledger_booking *first)
{
    sqlite3_stmt *update = store_prepare(store, STORE_BOOKING_LEADS);
    if (update == NULL)
        return LEDGER_STORAGE;
    sqlite3_bind_int64(update, 1, (sqlite3_int64)first->id);
    first->bundle = first->id;
    return store_run(store, update, "storing the bundle");
}

/* Forward only; a live session ends, it is not cancelled. */
static bool may_become(enum ledger_booking_state from, enum ledger_booking_state to)
{
    static const struct {
        enum ledger_booking_state from, to;
    } moves[] = {
        {LEDGER_CONFIRMED, LEDGER_LIVE     },
        {LEDGER_CONFIRMED, LEDGER_ENDED    },
        {LEDGER_CONFIRMED, LEDGER_CANCELLED},
        {LEDGER_LIVE,      LEDGER_ENDED    },
        {LEDGER_PENDING,   LEDGER_CONFIRMED},
        {LEDGER_PENDING,   LEDGER_ENDED    },
        {LEDGER_PENDING,   LEDGER_CANCELLED},
        {LEDGER_OFFERED,   LEDGER_CONFIRMED},
        {LEDGER_OFFERED,   LEDGER_ENDED    },
        {LEDGER_OFFERED,   LEDGER_CANCELLED},
    };
    bool allowed = from == to;
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++)
        allowed |= moves[i].from == from && moves[i].to == to;
    return allowed;
}

/* Whose it is then may have to be approved. */
static bool is_handed_over(const struct ledger_booking *present, const struct ledger_booking *wanted)
{
    return present->state == LEDGER_CONFIRMED && wanted->state == LEDGER_PENDING &&
           (present->account != wanted->account || strcmp(present->group, wanted->group) != 0);
}

static int write_change(struct store *store, const struct ledger_booking *booking)
{
    sqlite3_stmt *update = store_prepare(store, STORE_BOOKING_UPDATE);
    sqlite3_stmt *let_go = store_prepare(store, STORE_SHARED_DELETE);
    if (update == NULL || let_go == NULL)
        return LEDGER_STORAGE;
    sqlite3_bind_int64(update, 1, (sqlite3_int64)booking->id);
    store_bind_text(update, 2, booking->rig);
    sqlite3_bind_int64(update, 3, (sqlite3_int64)booking->account);
    sqlite3_bind_int64(update, 4, booking->starts);
    sqlite3_bind_int64(update, 5, booking->ends);
    sqlite3_bind_int64(update, 6, booking->setup);
    sqlite3_bind_int64(update, 7, booking->teardown);
    sqlite3_bind_int(update, 8, (int)booking->state);
    sqlite3_bind_int64(update, 9, (sqlite3_int64)booking->session);
    store_bind_text(update, 10, booking->group);
    bind_party(update, 11, booking->party);
    sqlite3_bind_int(update, 12, booking->kind);
    sqlite3_bind_int(update, 13, booking->why);
    sqlite3_bind_int64(update, 14, booking->used);
    sqlite3_bind_int(update, 15, booking->charged);
    sqlite3_bind_int64(update, 16, (sqlite3_int64)booking->revision);
    sqlite3_bind_int64(update, 17, booking->revised);
    sqlite3_bind_int64(let_go, 1, (sqlite3_int64)booking->id);
    int result = store_run(store, update, "storing the booking's change");
    if (result == LEDGER_OK)
        result = store_run(store, let_go, "storing what the booking shares");
    if (result == LEDGER_OK && is_active(booking->state))
        result = hold_shared(store, booking);
    return result;
}

/* Whether a calendar that shows it shows something else then. */
static bool is_revised(const struct ledger_booking *present, const struct ledger_booking *wanted)
{
    return present->account != wanted->account || present->starts != wanted->starts ||
           present->ends != wanted->ends || strcmp(present->rig, wanted->rig) != 0 ||
           strcmp(present->group, wanted->group) != 0 ||
           (present->state != wanted->state &&
            (wanted->state == LEDGER_CANCELLED || present->state == LEDGER_PENDING));
}

static int change_booking(struct store *store, struct ledger_booking *booking, struct ledger_booking *other)
{
    struct ledger_booking present = {0};
    int result = get_booking(store, booking->id, &present);
    if (result != LEDGER_OK)
        return result;
    if (!may_become(present.state, booking->state) && !is_handed_over(&present, booking)) {
        snprintf(store->why, sizeof store->why, "booking %llu is over", (unsigned long long)present.id);
        *other = present;
        return LEDGER_CONFLICT;
    }
    bool revised = is_revised(&present, booking);
    booking->revision = present.revision + revised;
    booking->revised = revised ? booking->made : present.revised; /* made: when the change was */
    /* What was asked for is history. */
    booking->made = present.made;
    booking->bundle = present.bundle;
    memcpy(booking->capability, present.capability, sizeof booking->capability);
    memcpy(booking->key, present.key, sizeof booking->key);
    memcpy(booking->code, present.code, sizeof booking->code);
    result = write_change(store, booking);
    if (result == LEDGER_OK && booking->session != 0)
        result = store_set_counter(store, STORE_NEXT_SESSION, (int64_t)booking->session + 1);
    return result;
}

static int write_all(struct store *store, struct ledger_booking *rows, size_t count, size_t *at,
                     struct ledger_booking *other)
{
    size_t fresh = 0;
    uint64_t bundle = 0;
    int result = LEDGER_OK;
    for (size_t i = 0; i < count; i++)
        fresh += rows[i].id == 0;
    for (*at = 0; *at < count && result == LEDGER_OK; ++*at) {
        struct ledger_booking *row = &rows[*at];
        bool leads = row->id == 0 && fresh > 1 && bundle == 0;
        if (row->id != 0) {
            result = change_booking(store, row, other);
        } else {
            row->bundle = bundle;
            result = insert_booking(store, row);
        }
        if (result == LEDGER_OK && leads)
            result = lead_bundle(store, row);
        if (leads)
            bundle = row->id;
        if (result != LEDGER_OK)
            break;
    }
    return result;
}

static int tell(struct store *store, struct ledger_event *event)
{
    int result = LEDGER_OK;
    for (size_t i = 0; i < event->notice_count && result == LEDGER_OK; i++) {
        event->notices[i].booking = event->rows[event->notices[i].row].id;
        result = store_put_notice(store, &event->notices[i]);
    }
    return result;
}

static int write_and_check(struct store *store, struct ledger_event *event, uint64_t ticket)
{
    struct ledger_booking *rows = event->rows;
    int result = write_all(store, rows, event->row_count, &event->at, &event->booking);
    int64_t newest = INT64_MIN;
    for (size_t i = 0; i < event->row_count && result == LEDGER_OK; i++) {
        event->at = i;
        if (is_active(rows[i].state))
            result = check_free(store, &rows[i], &event->booking);
        newest = rows[i].made > newest ? rows[i].made : newest;
    }
    int dropped = result == LEDGER_OK && ticket != 0 ? store_drop_ticket(store, ticket) : LEDGER_OK;
    if (dropped != LEDGER_NOT_FOUND && result == LEDGER_OK) /* one that is not there is forgotten, too */
        result = dropped;
    if (result == LEDGER_OK)
        result = tell(store, event);
    return result == LEDGER_OK ? store_set_counter(store, STORE_LAST_WALL, newest) : result;
}

int store_bookings(struct store *store, struct ledger_event *event, uint64_t ticket)
{
    static const char attempt[] = "storing bookings";
    event->at = 0;
    int result = find_repeat(store, event->rows, event->row_count, &event->booking);
    if (result == LEDGER_OK) /* whoever was to be told was told */
        event->notice_count = 0;
    if (result != LEDGER_NOT_FOUND)
        return result;
    /* Others are in this transaction: what says no takes only its own back. */
    result = store_run(store, store_prepare(store, STORE_MARK), attempt);
    if (result != LEDGER_OK)
        return result;
    result = write_and_check(store, event, ticket);
    char why[STORE_WHY_MAX];
    memcpy(why, store->why, sizeof why);
    if (result != LEDGER_OK && !sqlite3_get_autocommit(store->db))
        store_run(store, store_prepare(store, STORE_BACK_TO_MARK), attempt);
    if (!sqlite3_get_autocommit(store->db) &&
        store_run(store, store_prepare(store, STORE_UNMARK), attempt) != LEDGER_OK && result == LEDGER_OK)
        return LEDGER_STORAGE;
    if (result != LEDGER_OK)
        memcpy(store->why, why, sizeof why);
    return result;
}

/* ---- reading ------------------------------------------------------------------------------------------- */

int store_read_used(struct store *store, const struct ledger_used *used, struct ledger_booking **rows,
                    size_t *count, bool *more)
{
    *count = 0;
    *more = false;
    *rows = calloc(LEDGER_USED_MAX, sizeof **rows);
    sqlite3_stmt *query = store_prepare(store, STORE_USED);
    if (*rows == NULL || query == NULL)
        return *rows == NULL ? LEDGER_NO_MEMORY : LEDGER_STORAGE;
    sqlite3_bind_int64(query, 1, used->after_end);
    sqlite3_bind_int64(query, 2, (sqlite3_int64)used->after);
    sqlite3_bind_int64(query, 3, used->until);
    sqlite3_bind_int(query, 4, LEDGER_USED_MAX);
    int code;
    while ((code = sqlite3_step(query)) == SQLITE_ROW) {
        struct ledger_booking *row = &(*rows)[(*count)++];
        store_booking_row(query, row);
        row->key[0] = row->code[0] = '\0';
    }
    *more = *count == LEDGER_USED_MAX;
    int result = code == SQLITE_DONE ? LEDGER_OK : failed(store);
    sqlite3_reset(query);
    return result;
}
