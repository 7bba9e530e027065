/* ledger.c - the durable store, as gateway/ledger is one to its callers: a queue, commits of all that waits
 * together, answers after the commit and in order. On a full disk every commit fails; a crash keeps what was
 * committed, and may lose the news of it. */
#include "tests/simulation/world.h"

#include <stdlib.h>
#include <string.h>

enum { AUDIT_BUFFER = 400 };

bool ledger_is_open(const struct booking *row)
{
    return row->state == BOOKING_CONFIRMED || row->state == BOOKING_LIVE;
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
    ledger->waiting_count = ledger->audit_waiting = 0;
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
    ledger->waiting[ledger->waiting_count++] = *request;
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
        if (ledger_is_open(&ledger->rows[i]) && office_overlap(&world->office, &ledger->rows[i], row))
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

static enum booking_stored add_rows(struct world *world, struct ledger_request *request)
{
    struct ledger *ledger = &world->ledger;
    const struct booking *first = ledger_row_with_key(ledger, request->rows[0].account, request->rows[0].key);
    if (first != NULL && first->key[0] != '\0')
        return repeat_rows(ledger, first, request);
    for (size_t i = 0; i < request->count; i++) {
        const struct booking *other = in_the_way(world, &request->rows[i]);
        if (other == NULL)
            continue;
        request->rows[0] = *other;
        request->count = 1;
        request->at = i;
        return BOOKING_STORED_CONFLICT;
    }
    uint64_t bundle = request->count > 1 ? ledger->row_count + 1 : 0;
    for (size_t i = 0; i < request->count; i++) {
        request->rows[i].bundle = bundle;
        append(ledger, &request->rows[i]);
    }
    return BOOKING_STORED;
}

/* States only move forward. */
static enum booking_stored change_row(struct ledger *ledger, struct booking *row)
{
    struct booking *there = &ledger->rows[row->id - 1];
    if (!ledger_is_open(there) || (there->state == BOOKING_LIVE && row->state == BOOKING_CONFIRMED)) {
        *row = *there;
        return BOOKING_STORED_CONFLICT;
    }
    uint64_t ticket = there->ticket;
    *there = *row;
    there->ticket = ticket;
    *row = *there;
    if (row->session >= ledger->next_session)
        ledger->next_session = row->session + 1;
    return BOOKING_STORED;
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
    bool is_new = request->rows[0].id == 0;
    if (!is_new && request->count != 1)
        world_fail(world, "several bookings change together: this ledger does not know that");
    enum booking_stored result = is_new ? add_rows(world, request) : change_row(ledger, &request->rows[0]);
    for (size_t i = 0; result == BOOKING_STORED && i < request->count; i++)
        promises_stored(world, &request->rows[i]);
    return result;
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
        else if (results[i] != BOOKING_STORED)
            lab_durable_failed(world->labs[done[i].rig]);
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
        commit(world, &ledger->waiting[i]);
}
