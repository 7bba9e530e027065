/* tickets.c - places in the queue: given out, stored, given back, and brought back from the ledger at the
 * start.
 *
 * The ledger has each as it is now: what changes is sent to it, one question at a time for each ticket, and
 * again after a second when it was not stored. */
#include "gateway/booking/timetable_private.h"

struct booking ticket_booking(const struct queue_ticket *ticket, uint16_t rig, int64_t starts, int64_t ends)
{
    return (struct booking){
        .account = ticket->person->account,
        .starts = starts,
        .ends = ends,
        .rig = rig,
        .capability = ticket->rig == BOOKING_ANY_RIG ? ticket->capability : BOOKING_NO_CAPABILITY,
        .group = ticket->group,
        .charged = true,
    };
}

enum booking_result ticket_check(const struct timetable *timetable, const struct queue_ticket *ticket,
                                 int64_t now, const struct entry *but, enum policy_option *option)
{
    const struct timetable_rig *rig =
        ticket->rig != BOOKING_ANY_RIG ? &timetable->rigs[ticket->rig].policy : NULL;
    struct booking wish = ticket_booking(ticket, ticket->rig, now, now + ticket->length);
    struct rules_person who = {
        .person = ticket->person,
        .group = ticket->group,
        .qualified = ticket->qualified,
        .rehearsed = ticket->rehearsed,
    };
    enum booking_result result = rules_interval(timetable, rig, wish.starts, wish.ends, now);
    enum booking_result refusal = rules_policy(timetable, &who, &wish, but, now, option);
    return result == BOOKING_OK || (result == BOOKING_CLOSED && refusal != BOOKING_OK) ? refusal : result;
}

/* ---- tickets ------------------------------------------------------------------------------------------- */

static bool waits_already(const struct queue *queue, const struct queue_ticket *wanted)
{
    for (size_t i = 0; i < queue->count; i++)
        if (queue->list[i].stage != QUEUE_OVER && queue->list[i].person == wanted->person &&
            queue->list[i].rig == wanted->rig && queue->list[i].capability == wanted->capability)
            return true;
    return false;
}

/* When the lab is closed now one may wait for it to open. Yes is said when it is stored. */
static enum booking_result enqueue(struct timetable *timetable, const struct booking_event *event,
                                   int64_t now, enum policy_option *option)
{
    struct queue_ticket ticket = {
        .person = people_get(&timetable->people, event->enqueue.account),
        .group = event->enqueue.group,
        .rig = event->enqueue.rig,
        .capability = event->enqueue.rig == BOOKING_ANY_RIG ? event->enqueue.capability : 0,
        .length = event->enqueue.length,
        .asked = now,
        .until = event->enqueue.until,
        .qualified = event->enqueue.qualified,
        .rehearsed = event->enqueue.rehearsed,
        .stage = QUEUE_NEW,
        .request = event->request,
        .unsaved = true,
    };
    if (ticket.rig != BOOKING_ANY_RIG && ticket.rig >= timetable->rig_count)
        return BOOKING_UNKNOWN_RIG;
    if (ticket.rig == BOOKING_ANY_RIG && (rig_bit(ticket.capability) & timetable->capabilities) == 0)
        return BOOKING_UNKNOWN_CAPABILITY;
    if (ticket.length <= 0 || ticket.length > BOOKING_TIME_MAX || ticket.until <= now)
        return ticket.length <= 0 ? BOOKING_EMPTY : BOOKING_PAST;
    if (ticket.person == NULL)
        return BOOKING_BUSY;
    enum booking_result result = ticket_check(timetable, &ticket, now, NULL, option);
    if (result != BOOKING_OK && result != BOOKING_CLOSED)
        return result;
    if (waits_already(&timetable->queue, &ticket))
        return BOOKING_ALREADY_WAITING;
    return queue_add(&timetable->queue, &ticket) != NULL ? BOOKING_OK : BOOKING_BUSY;
}

void timetable_enqueue(struct timetable *timetable, const struct booking_event *event,
                       struct booking_time now, struct booking_actions *actions)
{
    enum policy_option option = POLICY_OPTION_COUNT;
    enum booking_result result = enqueue(timetable, event, now.wall, &option);
    if (result == BOOKING_OK)
        return;
    struct booking_action *answer = action_answer(actions, event->request, result, NULL);
    answer->option = option;
    answer->booking.group = event->enqueue.group; /* whose policy it was */
}

void ticket_drop_offer(struct timetable *timetable, struct queue_ticket *ticket)
{
    if (ticket->offer != NULL)
        entry_destroy(timetable, ticket->offer);
    ticket->offer = NULL;
}

struct queue_ticket *ticket_own(struct timetable *timetable, const struct booking_event *event,
                                struct booking_actions *actions)
{
    struct queue_ticket *ticket = queue_find(&timetable->queue, event->offer.ticket);
    bool own =
        ticket != NULL && ticket->person->account == event->offer.account && ticket->stage != QUEUE_OVER;
    if (own && ticket->stage == QUEUE_WAITS)
        return ticket;
    action_answer(actions, event->request, own ? BOOKING_BUSY : BOOKING_UNKNOWN_TICKET, NULL);
    return NULL;
}

void timetable_leave(struct timetable *timetable, const struct booking_event *event,
                     struct booking_actions *actions)
{
    struct queue_ticket *ticket = ticket_own(timetable, event, actions);
    if (ticket == NULL)
        return;
    ticket->stage = QUEUE_LEAVES; /* what is kept for it stays until the ledger has forgotten it */
    ticket->request = event->request;
    ticket->unsaved = true;
    ticket->retry = INT64_MIN;
}

/* ---- what the ledger has of them ----------------------------------------------------------------------- */

struct timetable_ticket ticket_place(const struct queue_ticket *ticket)
{
    bool offered = ticket->offer != NULL;
    return (struct timetable_ticket){
        .id = ticket->id,
        .account = ticket->person->account,
        .group = ticket->group,
        .rig = ticket->rig,
        .capability = ticket->capability,
        .length = ticket->length,
        .asked = ticket->asked,
        .until = ticket->until,
        .estimate = INT64_MAX,
        .offered = offered ? &ticket->offer->booking : NULL,
        .offer_ends = offered ? ticket->offer_ends_wall : 0,
        .present = ticket->person->present,
        .qualified = ticket->qualified,
        .rehearsed = ticket->rehearsed,
    };
}

/* One question at a time for each; while an offer is being taken the ledger is told with that. */
void ticket_send(struct queue_ticket *ticket, struct booking_time now, struct booking_actions *actions)
{
    if (!ticket->unsaved || ticket->sent || ticket->stage == QUEUE_TAKES || now.monotonic < ticket->retry)
        return;
    bool drops = ticket->stage == QUEUE_LEAVES || ticket->stage == QUEUE_OVER;
    struct booking_action *action =
        action_add(actions, drops ? BOOKING_ACTION_DROP_TICKET : BOOKING_ACTION_PUT_TICKET, NULL);
    action->ticket = ticket->id;
    if (!drops)
        action->place = ticket_place(ticket);
    ticket->sent = true;
    ticket->unsaved = false;
}

static void forget(struct timetable *timetable, struct queue_ticket *ticket)
{
    ticket_drop_offer(timetable, ticket);
    queue_remove(&timetable->queue, ticket->id);
}

static void answer_asked(const struct queue_ticket *ticket, bool stored, struct booking_actions *actions)
{
    enum booking_result result = stored ? BOOKING_OK : BOOKING_NOT_STORED;
    action_answer(actions, ticket->request, result, NULL)->ticket = ticket->id;
}

void timetable_ticket_stored(struct timetable *timetable, const struct booking_event *event,
                             struct booking_time now, struct booking_actions *actions)
{
    struct queue_ticket *ticket = queue_find(&timetable->queue, event->ticket.id);
    bool stored = event->ticket.stored;
    if (ticket == NULL || !ticket->sent)
        return;
    ticket->sent = false;
    if (ticket->unsaved) /* it has changed since: what it is now is sent next */
        return;
    timetable->queue.look = true;
    switch (ticket->stage) {
    case QUEUE_NEW:
        answer_asked(ticket, stored, actions);
        ticket->person->present |= stored;
        ticket->stage = QUEUE_WAITS;
        if (!stored)
            forget(timetable, ticket);
        return;
    case QUEUE_LEAVES:
        answer_asked(ticket, stored, actions);
        ticket->stage = QUEUE_WAITS;
        if (stored)
            forget(timetable, ticket);
        return;
    case QUEUE_OVER:
        if (stored) {
            forget(timetable, ticket);
            return;
        }
        break;
    case QUEUE_WAITS:
    case QUEUE_TAKES:
        break;
    }
    if (stored)
        return;
    ticket->unsaved = true;
    ticket->retry = now.monotonic + BOOKING_RETRY;
}

/* ---- from the ledger, at the start --------------------------------------------------------------------- */

static void load_offer(struct timetable *timetable, struct queue_ticket *ticket,
                       const struct timetable_ticket *place)
{
    struct booking booking =
        ticket_booking(ticket, place->offered->rig, place->offered->starts, place->offered->ends);
    booking.state = BOOKING_OFFERED;
    struct entry *entry = entry_create(timetable, &booking);
    if (entry == NULL)
        return;
    entry->booking.setup = timetable->rigs[booking.rig].policy.setup;
    entry->booking.teardown = timetable->rigs[booking.rig].policy.teardown;
    if (entry_hold(timetable, entry) != TIMELINE_OK) {
        entry_destroy(timetable, entry);
        return;
    }
    ticket->offer = entry;
    ticket->offer_ends = INT64_MAX;
    ticket->offer_ends_wall = place->offer_ends;
}

void timetable_believe_ticket(struct timetable *timetable, uint64_t last)
{
    if (last > timetable->queue.last)
        timetable->queue.last = last;
}

bool timetable_load_ticket(struct timetable *timetable, const struct timetable_ticket *place)
{
    struct queue_ticket ticket = {
        .id = place->id,
        .person = people_get(&timetable->people, place->account),
        .group = place->group,
        .rig = place->rig,
        .capability = place->rig == BOOKING_ANY_RIG ? place->capability : 0,
        .length = place->length,
        .asked = place->asked,
        .until = place->until,
        .qualified = place->qualified,
        .rehearsed = place->rehearsed,
        .stage = QUEUE_WAITS,
    };
    bool known = place->rig != BOOKING_ANY_RIG ? place->rig < timetable->rig_count
                                               : (rig_bit(place->capability) & timetable->capabilities) != 0;
    if (!known || ticket.person == NULL || place->id == 0 || queue_find(&timetable->queue, place->id) != NULL)
        return false;
    struct queue_ticket *added = queue_add(&timetable->queue, &ticket);
    if (added != NULL && place->offered != NULL && place->offered->rig < timetable->rig_count)
        load_offer(timetable, added, place);
    return added != NULL;
}
