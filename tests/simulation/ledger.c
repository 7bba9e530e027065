/* ledger.c - the durable store, as gateway/ledger is one to its callers: a queue, commits of all that waits
 * together, answers after the commit and in order. On a full disk every commit fails; a crash keeps what was
 * committed, and may lose the news of it. */
#include "tests/simulation/world.h"

#include <stdlib.h>
#include <string.h>

enum { AUDIT_BUFFER = 400 };

bool ledger_is_open(const struct booking *row)
{
    return row->state == BOOKING_CONFIRMED || row->state == BOOKING_LIVE || row->state == BOOKING_PENDING;
}

const struct booking *ledger_row(const struct ledger *ledger, uint64_t id)
{
    return id > 0 && id <= ledger->row_count ? &ledger->rows[id - 1] : NULL;
}

const struct booking *ledger_row_with_key(const struct ledger *ledger, uint64_t account, const char *key)
{
    /* Nobody repeats what is so long ago. */
    size_t last = ledger->row_count > 256 ? ledger->row_count - 256 : 0;
    for (size_t i = ledger->row_count; i > last; i--)
        if (ledger->rows[i - 1].account == account && strcmp(ledger->rows[i - 1].key, key) == 0)
            return &ledger->rows[i - 1];
    return NULL;
}

void ledger_start(struct world *world)
{
    struct ledger *ledger = &world->ledger;
    ledger->boot++; /* durable before anything is granted */
    ledger->next_session = ledger->next_session > 0 ? ledger->next_session : 1;
    while (ledger->waiting_count > 0)
        free(ledger->waiting[--ledger->waiting_count].rows);
    ledger->audit_waiting = 0;
    ledger->audit_takes = true;
    ledger->commit_at = INT64_MAX;
}

static void plan_commit(struct world *world)
{
    if (world->ledger.commit_at == INT64_MAX)
        world->ledger.commit_at = world->now + random_time(&world->random, MS, 40 * MS);
}

bool ledger_put(struct world *world, const struct ledger_request *request)
{
    struct ledger *ledger = &world->ledger;
    if (ledger->waiting_count == WAITING ||
        (ledger->waiting_count > 8 && random_chance(&world->random, 0.01)))
        return false;
    struct ledger_request *copy = &ledger->waiting[ledger->waiting_count++];
    *copy = *request;
    if (request->rows) {
        copy->rows =
            calloc(request->count + BUNDLE, sizeof *copy->rows); /* a repeat's answer may be longer */
        if (!copy->rows)
            exit(2);
        memcpy(copy->rows, request->rows, request->count * sizeof *copy->rows);
    }
    plan_commit(world);
    return true;
}

/* As gateway/records/audit.h: refuses when its ring is 7/8 full, takes again at half. */
static void tell_audit(struct world *world)
{
    struct ledger *ledger = &world->ledger;
    bool takes = ledger->audit_takes ? ledger->audit_waiting < AUDIT_BUFFER * 7 / 8
                                     : ledger->audit_waiting <= AUDIT_BUFFER / 2;
    if (takes == ledger->audit_takes)
        return;
    ledger->audit_takes = takes;
    struct rig_event event = {.kind = RIG_EVENT_RECORDING, .recording = {.takes = takes}};
    for (uint16_t i = 0; i < world->lab_count; i++)
        lab_handle(world->labs[i], &event);
}

void ledger_audit(struct world *world)
{
    world->ledger.audit_waiting++;
    plan_commit(world);
}

static const struct booking *in_the_way(struct world *world, const struct booking *row)
{
    struct ledger *ledger = &world->ledger;
    while (ledger->first_open < ledger->row_count && !ledger_is_open(&ledger->rows[ledger->first_open]))
        ledger->first_open++;
    for (size_t i = ledger->first_open; i < ledger->row_count; i++)
        if (ledger->rows[i].id != row->id && ledger_is_open(&ledger->rows[i]) &&
            office_overlap(&world->office, &ledger->rows[i], row))
            return &ledger->rows[i];
    return NULL;
}

static void append(struct ledger *ledger, struct booking *row)
{
    if (ledger->row_count == ledger->row_room) {
        ledger->row_room = ledger->row_room > 0 ? 2 * ledger->row_room : 64;
        ledger->rows = realloc(ledger->rows, ledger->row_room * sizeof *ledger->rows);
        if (!ledger->rows)
            exit(2);
    }
    row->id = ledger->row_count + 1;
    ledger->rows[ledger->row_count++] = *row;
}

/* What stands under the key already is the answer to its repeat. */
static enum booking_stored repeat_rows(const struct ledger *ledger, const struct booking *first,
                                       struct ledger_request *request)
{
    bool same = first->rig == request->rows[0].rig;
    request->rows[0] = *first;
    request->count = 1;
    while (same && first->bundle != 0 && request->count < BUNDLE &&
           first->id - 1 + request->count < ledger->row_count &&
           first[request->count].bundle == first->bundle) {
        request->rows[request->count] = first[request->count];
        request->count++;
    }
    return same ? BOOKING_STORED : BOOKING_STORED_REUSED;
}

/* States only move forward. */
static bool may_become(const struct booking *there, const struct booking *row)
{
    return ledger_is_open(there) &&
           !(there->state == BOOKING_LIVE && row->state != BOOKING_LIVE && row->state != BOOKING_ENDED);
}

static const struct booking *put_row(struct world *world, struct booking *row)
{
    struct ledger *ledger = &world->ledger;
    if (row->id == 0) {
        append(ledger, row);
    } else {
        struct booking *there = &ledger->rows[row->id - 1];
        if (!may_become(there, row))
            return there;
        *there = *row;
    }
    return ledger_is_open(row) ? in_the_way(world, row) : NULL;
}

/* All of them in their order, or none. */
static enum booking_stored put_rows(struct world *world, struct ledger_request *request)
{
    struct ledger *ledger = &world->ledger;
    size_t had = ledger->row_count, moved = 0;
    struct booking before[ROWS];
    while (moved < request->count && request->rows[moved].id != 0) {
        before[moved] = ledger->rows[request->rows[moved].id - 1];
        moved++;
    }
    uint64_t bundle = request->count - moved > 1 ? had + 1 : 0;
    for (size_t i = 0; i < request->count; i++) {
        if (i >= moved)
            request->rows[i].bundle = bundle;
        const struct booking *other = put_row(world, &request->rows[i]);
        if (other == NULL)
            continue;
        request->rows[0] = *other;
        request->count = 1;
        request->at = i;
        for (size_t k = 0; k < moved; k++)
            ledger->rows[before[k].id - 1] = before[k];
        if (request->rows[0].id <= had)
            request->rows[0] = ledger->rows[request->rows[0].id - 1];
        ledger->row_count = had;
        return BOOKING_STORED_CONFLICT;
    }
    for (size_t i = 0; i < request->count; i++)
        if (request->rows[i].session >= ledger->next_session)
            ledger->next_session = request->rows[i].session + 1;
    return BOOKING_STORED;
}

static void drop_place(struct ledger *ledger, uint64_t id)
{
    for (size_t i = 0; i < ledger->place_count; i++)
        if (ledger->places[i].ticket.id == id)
            ledger->places[i] = ledger->places[--ledger->place_count];
}

static bool put_place(struct ledger *ledger, const struct ledger_request *request)
{
    drop_place(ledger, request->ticket);
    if (request->place.ticket.id == 0)
        return true;
    if (ledger->place_count == PLACES)
        return false;
    ledger->places[ledger->place_count++] = request->place;
    if (request->ticket > ledger->last_place)
        ledger->last_place = request->ticket;
    return true;
}

static enum booking_stored commit_bookings(struct world *world, struct ledger_request *request)
{
    const struct booking *first =
        request->rows[0].id != 0 || request->rows[0].key[0] == '\0'
            ? NULL
            : ledger_row_with_key(&world->ledger, request->rows[0].account, request->rows[0].key);
    if (first != NULL)
        return repeat_rows(&world->ledger, first, request);
    enum booking_stored result = put_rows(world, request);
    if (result == BOOKING_STORED && request->drops != 0)
        drop_place(&world->ledger, request->drops);
    for (size_t i = 0; result == BOOKING_STORED && i < request->count; i++)
        promises_stored(world, &request->rows[i]);
    return result;
}

static enum booking_stored commit(struct world *world, struct ledger_request *request)
{
    struct ledger *ledger = &world->ledger;
    if (world->disk_full)
        return request->count = 0, BOOKING_STORED_FAILED;
    if (request->kind == LEDGER_RIG) {
        ledger->rigs[request->rig] = request->durable;
        return BOOKING_STORED;
    }
    if (request->kind == LEDGER_PLACE)
        return put_place(ledger, request) ? BOOKING_STORED : BOOKING_STORED_FAILED;
    return commit_bookings(world, request);
}

static void commit_audit(struct world *world)
{
    struct ledger *ledger = &world->ledger;
    if (world->disk_full)
        return;
    ledger->audit_waiting = 0;
    if (world_wall(world) > ledger->last_wall)
        ledger->last_wall = world_wall(world);
}

void ledger_step(struct world *world)
{
    struct ledger *ledger = &world->ledger;
    static struct ledger_request done[WAITING];
    enum booking_stored results[WAITING];
    size_t count = ledger->waiting_count;
    ledger->waiting_count = 0;
    ledger->commit_at = INT64_MAX;
    commit_audit(world);
    for (size_t i = 0; i < count; i++) {
        done[i] = ledger->waiting[i];
        results[i] = commit(world, &done[i]);
    }
    for (size_t i = 0; i < count; i++) {
        if (done[i].kind == LEDGER_BOOKING)
            office_stored(world, &done[i], results[i]);
        else if (done[i].kind == LEDGER_PLACE)
            office_place_stored(world, done[i].ticket, results[i] == BOOKING_STORED);
        else if (results[i] != BOOKING_STORED)
            lab_durable_failed(world->labs[done[i].rig]);
        free(done[i].rows);
    }
    tell_audit(world);
    if (ledger->audit_waiting > 0)
        plan_commit(world);
}

/* The last commit came through, or not; nobody hears of it. */
void ledger_crash(struct world *world)
{
    struct ledger *ledger = &world->ledger;
    if (!random_chance(&world->random, 0.5))
        return;
    commit_audit(world);
    for (size_t i = 0; i < ledger->waiting_count; i++)
        commit(world, &ledger->waiting[i]); /* ledger_start() frees them */
}
