/* oracle_queue.c - the queue: a place that was given survives, nothing is offered twice or while it is
 * somebody's, only who is present is offered anything, and what is free is offered to whoever waits for it
 * (promises B1, B2, B6). */
#include "tests/simulation/world.h"

#include <string.h>

#define SOON (5 * S)

#define NUMBER(id) ((unsigned long long)(id))

static struct waiter *waiter_of(struct world *world, uint64_t ticket)
{
    struct office *office = &world->office;
    for (size_t i = 0; i < office->waiter_count; i++)
        if (office->waiters[i].id == ticket)
            return &office->waiters[i];
    return NULL;
}

static void remove_waiter(struct world *world, uint64_t ticket)
{
    struct waiter *waiter = waiter_of(world, ticket);
    if (waiter != NULL)
        *waiter = world->office.waiters[--world->office.waiter_count];
}

static struct waiter *add_waiter(struct world *world, const struct waiter *waiter)
{
    struct office *office = &world->office;
    if (office->waiter_count == PLACES)
        world_fail(world, "more places in the queue than people may have");
    office->waiters[office->waiter_count] = *waiter;
    return &office->waiters[office->waiter_count++];
}

/* ---- what happens
 * -------------------------------------------------------------------------------------------- */

void queue_asked(struct world *world, const struct booking_event *event)
{
    struct office *office = &world->office;
    if (event->kind == BOOKING_EVENT_PRESENT)
        office->present[event->present.account % ACCOUNTS] = event->present.present;
    if (event->kind != BOOKING_EVENT_LEAVE && event->kind != BOOKING_EVENT_TAKE_OFFER)
        return;
    struct waiter *waiter = waiter_of(world, event->offer.ticket);
    if (waiter != NULL)
        waiter->leaving = true;
}

void queue_answered(struct world *world, const struct booking_action *action,
                    const struct booking_event *asked)
{
    bool yes = action->result == BOOKING_OK;
    if (asked->kind == BOOKING_EVENT_ENQUEUE && yes) {
        const struct waiter waiter = {.id = action->ticket,
                                      .account = asked->enqueue.account,
                                      .rig = asked->enqueue.rig,
                                      .capability = asked->enqueue.capability,
                                      .length = asked->enqueue.length};
        bool stored = false;
        for (size_t i = 0; i < world->ledger.place_count; i++)
            stored |= world->ledger.places[i].ticket.id == action->ticket;
        PROMISED(world, stored, "B1", "place %llu is answered with yes and is not in the ledger",
                 NUMBER(action->ticket));
        PROMISED(world, waiter_of(world, action->ticket) == NULL, "B1", "place %llu is given twice",
                 NUMBER(action->ticket));
        add_waiter(world, &waiter);
        world->office.present[waiter.account % ACCOUNTS] = true;
        world->tally.places++;
        return;
    }
    if (asked->kind != BOOKING_EVENT_LEAVE && asked->kind != BOOKING_EVENT_TAKE_OFFER)
        return;
    struct waiter *waiter = waiter_of(world, asked->offer.ticket);
    if (asked->kind == BOOKING_EVENT_TAKE_OFFER && yes) {
        PROMISED(world, waiter != NULL && action->booking.account == waiter->account, "B2",
                 "an offer is taken by whom it was not made to");
        world->tally.taken++;
    }
    if (yes)
        remove_waiter(world, asked->offer.ticket);
    else if (waiter != NULL && action->result != BOOKING_BUSY) { /* busy: another request of theirs goes on */
        waiter->leaving = false;
        bool lost = asked->kind == BOOKING_EVENT_TAKE_OFFER &&
                    (action->result == BOOKING_NOT_STORED || action->result == BOOKING_OVERLAPS);
        waiter->offered &= !lost;
    }
}

static bool could_use(const struct world *world, const struct waiter *waiter, uint16_t rig)
{
    return waiter->rig == rig ||
           (waiter->rig == BOOKING_ANY_RIG &&
            (world->office.rigs[rig].capabilities >> (waiter->capability - 1) & 1) != 0);
}

static void check_offer(struct world *world, const struct booking_action *note, struct waiter *waiter)
{
    const struct office *office = &world->office;
    const struct booking *offer = &note->booking;
    PROMISED(world, waiter != NULL && waiter->account == offer->account, "B6",
             "something is offered to place %llu, which nobody has", NUMBER(note->ticket));
    PROMISED(world, !waiter->offered, "B6", "place %llu is offered two things", NUMBER(note->ticket));
    PROMISED(world, office->present[waiter->account % ACCOUNTS], "B6",
             "place %llu is offered something while nobody is there", NUMBER(note->ticket));
    PROMISED(world, office->told[offer->rig] == BOOKING_RIG_READY, "B6", "a rig is offered that is out");
    PROMISED(world, could_use(world, waiter, offer->rig) && offer->ends - offer->starts >= waiter->length,
             "B6", "what is offered is not what was asked for");
    for (size_t i = 0; i < office->waiter_count; i++)
        PROMISED(world,
                 !office->waiters[i].offered || !office_overlap(office, &office->waiters[i].offer, offer),
                 "B2", "places %llu and %llu are offered the same time", NUMBER(office->waiters[i].id),
                 NUMBER(note->ticket));
    for (size_t i = world->ledger.first_open; i < world->ledger.row_count; i++) {
        const struct booking *row = &world->ledger.rows[i];
        const struct booking *known = timetable_find(office->timetable, row->id);
        bool is_over = known == NULL || known->state == BOOKING_ENDED || known->state == BOOKING_CANCELLED;
        bool moves = known != NULL && (known->rig != row->rig || known->starts != row->starts);
        PROMISED(world, !ledger_is_open(row) || is_over || moves || !office_overlap(office, row, offer), "B2",
                 "the time of booking %llu is offered", NUMBER(row->id));
    }
    waiter->offered = true;
    waiter->offer = *offer;
    world->tally.offers++;
}

void queue_note(struct world *world, const struct booking_action *note)
{
    struct waiter *waiter = waiter_of(world, note->ticket);
    if (note->note == BOOKING_NOTE_OFFER)
        check_offer(world, note, waiter);
    else if (note->note == BOOKING_NOTE_WITHDRAWN && waiter != NULL)
        waiter->offered = false;
    else if (note->note == BOOKING_NOTE_OFFER_OVER || note->note == BOOKING_NOTE_GAVE_UP)
        remove_waiter(world, note->ticket);
}

/* B2: what is kept for somebody is nobody else's. */
void queue_kept(struct world *world, const struct booking *row)
{
    const struct office *office = &world->office;
    for (size_t i = 0; i < office->waiter_count; i++) {
        const struct waiter *waiter = &office->waiters[i];
        PROMISED(world,
                 !waiter->offered || waiter->leaving || waiter->account == row->account ||
                     !office_overlap(office, &waiter->offer, row),
                 "B2", "booking %llu takes what is kept for place %llu", NUMBER(row->id), NUMBER(waiter->id));
    }
}

/* ---- what is free is offered (promise B6)
 * --------------------------------------------------------------------- */

bool queue_is_free(const struct world *world, uint16_t rig, int64_t starts, int64_t ends, uint64_t but)
{
    const struct office *office = &world->office;
    const struct ledger *ledger = &world->ledger;
    const struct booking wish = {.rig = rig,
                                 .starts = starts,
                                 .ends = ends,
                                 .setup = office->rigs[rig].setup,
                                 .teardown = office->rigs[rig].teardown};
    for (size_t i = 0; i < ledger->waiting_count; i++)
        if (ledger->waiting[i].kind == LEDGER_BOOKING)
            return false;
    for (size_t i = ledger->first_open; i < ledger->row_count; i++)
        if (ledger->rows[i].id != but && ledger_is_open(&ledger->rows[i]) &&
            office_overlap(office, &ledger->rows[i], &wish))
            return false;
    for (size_t i = 0; i < office->waiter_count; i++)
        if (office->waiters[i].offered && office_overlap(office, &office->waiters[i].offer, &wish))
            return false;
    return true;
}

static bool could_have(const struct world *world, const struct waiter *waiter)
{
    const struct office *office = &world->office;
    int64_t wall = world_wall(world);
    for (uint16_t rig = 0; rig < world->lab_count; rig++) {
        int64_t longest = office->rigs[rig].longest;
        if (could_use(world, waiter, rig) && office->told[rig] == BOOKING_RIG_READY &&
            (longest == 0 || waiter->length <= longest) &&
            queue_is_free(world, rig, wall, wall + waiter->length + SOON / MS, 0))
            return true;
    }
    return false;
}

void queue_after(struct world *world)
{
    struct office *office = &world->office;
    bool plausible = world_wall(world) >= office->newest;
    for (size_t i = 0; i < office->waiter_count; i++) {
        struct waiter *waiter = &office->waiters[i];
        bool waits =
            plausible && !waiter->offered && !waiter->leaving && office->present[waiter->account % ACCOUNTS];
        if (!waits || !could_have(world, waiter)) {
            waiter->could_since = 0;
            continue;
        }
        waiter->could_since = waiter->could_since != 0 ? waiter->could_since : world->now;
        PROMISED(world, world->now - waiter->could_since < SOON, "B6", "place %llu waits for what is free",
                 NUMBER(waiter->id));
    }
}

/* ---- a restart
 * ----------------------------------------------------------------------------------------------- */

/* A yes is still there. What was over, or given back, may be there once more when the ledger had not heard.
 */
void queue_start(struct world *world)
{
    struct office *office = &world->office;
    static struct timetable_ticket list[PLACES];
    size_t count = timetable_queue(office->timetable, world_wall(world), list, PLACES);
    for (size_t i = 0; i < office->waiter_count; i++) {
        bool found = office->waiters[i].leaving;
        for (size_t k = 0; k < count && k < PLACES; k++)
            found |= list[k].id == office->waiters[i].id && list[k].account == office->waiters[i].account;
        PROMISED(world, found, "B1", "place %llu is lost", NUMBER(office->waiters[i].id));
    }
    office->waiter_count = 0;
    for (size_t k = 0; k < count && k < PLACES; k++) {
        struct waiter waiter = {.id = list[k].id,
                                .account = list[k].account,
                                .rig = list[k].rig,
                                .capability = list[k].capability,
                                .length = list[k].length};
        if (list[k].offered != NULL) {
            waiter.offered = true;
            waiter.offer = *list[k].offered;
        }
        add_waiter(world, &waiter);
    }
}
