/* oracle_changes.c - each difference between two stored states of a booking has a reason that may be one:
 * somebody asked for it, or the lab had to and told them, and charges nothing (promises B1, B3). */
#include "tests/simulation/world.h"

#include <string.h>

#define SOON (10 * S) /* within which what is known is told, and what can move has moved */

#define NUMBER(id) ((unsigned long long)(id))

/* ---- what was asked for
 * -------------------------------------------------------------------------------------- */

void changes_asked(struct world *world, const struct booking_event *event)
{
    bool about = event->kind == BOOKING_EVENT_CANCEL || event->kind == BOOKING_EVENT_EXTEND ||
                 event->kind == BOOKING_EVENT_SHORTEN || event->kind == BOOKING_EVENT_TRANSFER ||
                 event->kind == BOOKING_EVENT_APPROVE || event->kind == BOOKING_EVENT_MOVE;
    if (!about || event->change.booking > world->ledger.row_count)
        return;
    struct promise *promise = promise_of(world, event->change.booking);
    if (event->kind == BOOKING_EVENT_CANCEL)
        promise->cancel_asked = true;
    else if (event->kind == BOOKING_EVENT_APPROVE && event->approve.granted)
        promise->grant_asked = true;
    else if (event->kind == BOOKING_EVENT_APPROVE)
        promise->decline_asked = true;
    else if (event->kind == BOOKING_EVENT_MOVE)
        promise->places_asked[promise->place_count++ % ASKED] =
            (struct asked_place){event->move.rig, event->move.starts, event->move.ends};
    else if (event->kind == BOOKING_EVENT_TRANSFER)
        promise->holders_asked[promise->holder_count++ % ASKED] = event->transfer.account;
    else
        promise->ends_asked[promise->ends_count++ % ASKED] = event->change.ends;
}

static bool was_asked(const void *list, size_t count, uint64_t value)
{
    const uint64_t *values = list;
    for (size_t i = 0; i < count && i < ASKED; i++)
        if (values[i] == value)
            return true;
    return false;
}

static bool place_was_asked(const struct promise *promise, const struct booking *row)
{
    for (size_t i = 0; i < promise->place_count && i < ASKED; i++) {
        const struct asked_place *place = &promise->places_asked[i];
        if (place->rig == row->rig && place->starts == row->starts && place->ends == row->ends)
            return true;
    }
    return false;
}

/* ---- what it became
 * ------------------------------------------------------------------------------------------ */

static void check_state(struct world *world, const struct promise *promise, const struct booking *row)
{
    static const bool may[][BOOKING_PENDING + 1] = {
        [BOOKING_CONFIRMED] = {[BOOKING_CONFIRMED] = true,
                               [BOOKING_LIVE] = true,
                               [BOOKING_ENDED] = true,
                               [BOOKING_CANCELLED] = true},
        [BOOKING_LIVE] = {[BOOKING_LIVE] = true,                          [BOOKING_ENDED] = true                               },
        [BOOKING_PENDING] =
            {[BOOKING_PENDING] = true,   [BOOKING_CONFIRMED] = true, [BOOKING_CANCELLED] = true},
    };
    enum booking_state was = promise->stored.state, is = row->state;
    /* Whoever it is given to may need an approval, or need none any more. */
    bool is_given = promise->stored.account != row->account || promise->stored.group != row->group;
    bool anew = is_given && was == BOOKING_CONFIRMED && is == BOOKING_PENDING;
    PROMISED(world, was <= BOOKING_PENDING && is <= BOOKING_PENDING && (may[was][is] || anew), "B8",
             "booking %llu goes from state %d to %d", NUMBER(row->id), (int)was, (int)is);
    if (was == BOOKING_PENDING && is == BOOKING_CONFIRMED)
        PROMISED(world,
                 promise->grant_asked || (is_given && office_policy(&world->office, row->group)->approval ==
                                                          POLICY_APPROVAL_NONE),
                 "B1", "booking %llu holds for certain and nobody approved it", NUMBER(row->id));
    if (was == BOOKING_CONFIRMED && is == BOOKING_ENDED)
        PROMISED(world, row->why == BOOKING_WHY_DOWN && !row->charged, "B3",
                 "booking %llu passed unused while the gateway was down, and is charged", NUMBER(row->id));
    if (is != BOOKING_CANCELLED || was == BOOKING_CANCELLED)
        return;
    bool asked = promise->cancel_asked || (was == BOOKING_PENDING && promise->decline_asked);
    PROMISED(world, row->why != BOOKING_WHY_NONE || asked, "B1", "booking %llu is cancelled and nobody asked",
             NUMBER(row->id));
    PROMISED(world, row->why == BOOKING_WHY_NONE || !row->charged, "B3",
             "booking %llu is cancelled by the lab and charged", NUMBER(row->id));
}

/* A scheduler has put it there, between whatever else is there. */
static void check_rescheduled(struct world *world, struct promise *promise, const struct booking *row)
{
    const struct office *office = &world->office;
    const struct ledger *ledger = &world->ledger;
    int64_t longest = office->rigs[row->rig].longest;
    world->tally.rescheduled++;
    PROMISED(world, promise->stored.state == BOOKING_CONFIRMED || promise->stored.state == BOOKING_PENDING,
             "B1", "booking %llu is put elsewhere in state %d", NUMBER(row->id), (int)promise->stored.state);
    PROMISED(world, row->starts < row->ends && (longest == 0 || row->ends - row->starts <= longest), "B2",
             "booking %llu is put elsewhere and is no booking of that rig", NUMBER(row->id));
    PROMISED(world,
             row->setup == office->rigs[row->rig].setup && row->teardown == office->rigs[row->rig].teardown,
             "B2", "booking %llu has the margins of another rig", NUMBER(row->id));
    for (size_t i = ledger->first_open; i < ledger->row_count; i++)
        PROMISED(world,
                 ledger->rows[i].id == row->id || !ledger_is_open(&ledger->rows[i]) ||
                     !office_overlap(office, &ledger->rows[i], row),
                 "B2", "booking %llu is put where booking %llu is", NUMBER(row->id),
                 NUMBER(ledger->rows[i].id));
    queue_kept(world, row);
    if (promise->told_rig != row->rig || promise->told_starts != row->starts)
        promise->unsaid = world->now;
}

static void check_place(struct world *world, struct promise *promise, const struct booking *row)
{
    const struct office *office = &world->office;
    const struct booking *was = &promise->stored;
    bool asked = place_was_asked(promise, row);
    PROMISED(world, row->starts == was->starts || asked, "B1", "booking %llu starts at another time",
             NUMBER(row->id));
    if (asked && (row->starts != was->starts || row->rig != was->rig || row->ends != was->ends)) {
        check_rescheduled(world, promise, row);
        return;
    }
    if (row->rig == was->rig)
        return;
    uint64_t here = office->rigs[row->rig].capabilities, there = office->rigs[was->rig].capabilities;
    bool fits = row->capability != BOOKING_NO_CAPABILITY ? (here >> (row->capability - 1) & 1) != 0
                                                         : (here & there) == there;
    bool may = row->capability != BOOKING_NO_CAPABILITY || office_policy(office, row->group)->substitute;
    world->tally.moved++;
    PROMISED(world, fits && may, "B3", "booking %llu moved to a rig that will not do", NUMBER(row->id));
    PROMISED(world, was->state != BOOKING_LIVE, "B3", "booking %llu moved while it was live",
             NUMBER(row->id));
    promise->unsaid = promise->told_rig == row->rig ? 0 : world->now;
}

static void check_time(struct world *world, const struct promise *promise, const struct booking *row)
{
    const struct booking *was = &promise->stored;
    bool asked = was_asked(promise->ends_asked, promise->ends_count, (uint64_t)row->ends) ||
                 place_was_asked(promise, row);
    bool ended = row->state == BOOKING_ENDED && row->ends < was->ends;
    PROMISED(world, row->ends == was->ends || asked || ended, "B1", "booking %llu ends at another time",
             NUMBER(row->id));
    world->tally.extended += row->ends > was->ends;
    world->tally.shortened += row->ends < was->ends && !ended;
}

static void check_holder(struct world *world, const struct promise *promise, const struct booking *row)
{
    const struct booking *was = &promise->stored;
    if (row->account == was->account)
        return;
    world->tally.transferred++;
    PROMISED(world, was_asked(promise->holders_asked, promise->holder_count, row->account), "B1",
             "booking %llu is somebody else's now and nobody asked", NUMBER(row->id));
    PROMISED(world, was->state != BOOKING_LIVE, "B1", "booking %llu is given away while it is live",
             NUMBER(row->id));
}

static void check_new(struct world *world, const struct booking *row)
{
    bool asks = office_policy(&world->office, row->group)->approval != POLICY_APPROVAL_NONE;
    bool offered = false; /* what is taken from the queue needs no approval */
    for (size_t i = 0; i < world->office.waiter_count; i++)
        offered |= world->office.waiters[i].leaving && world->office.waiters[i].account == row->account;
    PROMISED(world, row->state == (asks ? BOOKING_PENDING : BOOKING_CONFIRMED) || offered, "B1",
             "booking %llu begins in state %d", NUMBER(row->id), (int)row->state);
}

void changes_stored(struct world *world, const struct booking *row)
{
    struct promise *promise = promise_of(world, row->id);
    if (promise->stored.id == 0) {
        check_new(world, row);
        promise->told_rig = row->rig;
        promise->told_starts = row->starts;
    } else {
        check_state(world, promise, row);
        check_place(world, promise, row);
        check_time(world, promise, row);
        check_holder(world, promise, row);
        world->tally.approved += promise->stored.state == BOOKING_PENDING && row->state == BOOKING_CONFIRMED;
        bool by_lab = row->state == BOOKING_CANCELLED && row->why != BOOKING_WHY_NONE;
        world->tally.lab_cancelled += by_lab;
    }
    promise->stored = *row;
    if (promise->answered) { /* what was promised is that from now on */
        promise->booking.rig = row->rig;
        promise->booking.account = row->account;
        promise->booking.starts = row->starts;
        promise->booking.ends = row->ends;
    }
}

/* ---- who is affected is told, and moves when it can (promise B3)
 * --------------------------------------------- */

void changes_note(struct world *world, const struct booking_action *note)
{
    if (note->booking.id == 0 || (note->note != BOOKING_NOTE_MOVED && note->note != BOOKING_NOTE_RESCHEDULED))
        return;
    struct promise *promise = promise_of(world, note->booking.id);
    promise->told_rig = note->booking.rig;
    promise->told_starts = note->booking.starts;
    promise->unsaid = 0;
}

/* Whatever ends the gateway, nobody's booking is elsewhere, or taken from them, and they are not told: that
 * goes in one transaction. */
void changes_sent(struct world *world, const struct booking_action *store)
{
    for (size_t i = 0; i < store->count; i++) {
        const struct booking *row = &store->rows[i];
        const struct booking *was = row->id != 0 ? ledger_row(&world->ledger, row->id) : NULL;
        if (was == NULL || !ledger_is_open(was))
            continue;
        bool taken = row->state == BOOKING_CANCELLED && row->why != BOOKING_WHY_NONE;
        bool moves = row->rig != was->rig || row->starts != was->starts;
        PROMISED(world, (!moves && !taken) || store->notes[i] != BOOKING_NOTE_NONE, "B3",
                 "booking %llu moves or is cancelled, and its note is not stored with that", NUMBER(row->id));
    }
}

/* Another rig of its capability is free for it, and ready. */
static bool could_move(const struct world *world, const struct booking *row)
{
    const struct office *office = &world->office;
    for (uint16_t rig = 0; rig < world->lab_count; rig++) {
        bool able = (office->rigs[rig].capabilities >> (row->capability - 1) & 1) != 0;
        bool fits = office->rigs[rig].longest == 0 || row->ends - row->starts <= office->rigs[rig].longest;
        if (rig != row->rig && able && fits && office->told[rig] == BOOKING_RIG_READY &&
            world->now - office->told_at[rig] > SOON &&
            queue_is_free(world, rig, row->starts, row->ends, row->id))
            return true;
    }
    return false;
}

static void check_rehomed(struct world *world, const struct booking *row, struct promise *promise)
{
    const struct office *office = &world->office;
    int64_t wall = world_wall(world);
    bool waits = (row->state == BOOKING_CONFIRMED || row->state == BOOKING_PENDING) &&
                 row->capability != BOOKING_NO_CAPABILITY && row->starts > wall + SOON / MS &&
                 row->starts <= wall + office->rehome_ahead && wall >= office->newest;
    bool out = office->told[row->rig] == BOOKING_RIG_QUARANTINED;
    if (!waits || !out || !could_move(world, row)) {
        promise->out_since = 0;
        return;
    }
    promise->out_since = promise->out_since != 0 ? promise->out_since : world->now;
    PROMISED(world, world->now - promise->out_since < SOON, "B3",
             "booking %llu stays on a rig that is quarantined, and another one is free", NUMBER(row->id));
}

void changes_after(struct world *world)
{
    const struct ledger *ledger = &world->ledger;
    for (size_t i = ledger->first_open; i < ledger->row_count; i++) {
        const struct booking *row = &ledger->rows[i];
        struct promise *promise = promise_of(world, row->id);
        if (!ledger_is_open(row))
            continue;
        PROMISED(world, promise->unsaid == 0 || world->now - promise->unsaid < SOON, "B3",
                 "booking %llu has moved and nobody tells its holder", NUMBER(row->id));
        check_rehomed(world, row, promise);
    }
}

/* Whoever should have been told when the gateway died sees it when they look. */
void changes_start(struct world *world)
{
    for (size_t i = 0; i < world->office.promise_room; i++) {
        world->office.promises[i].unsaid = world->office.promises[i].out_since = 0;
        world->office.promises[i].told_rig = world->office.promises[i].stored.rig;
        world->office.promises[i].told_starts = world->office.promises[i].stored.starts;
    }
}
