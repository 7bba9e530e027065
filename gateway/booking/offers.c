/* offers.c - the queue's tickets: given out, offered what has become free, taken, given back.
 *
 * All that is free at once for somebody in the queue is offered before anybody else is heard, so a walk-in
 * only ever takes what nobody who waits could use. */
#include "gateway/booking/timetable_private.h"

#include <stdlib.h>

static bool could_use(const struct timetable *timetable, const struct queue_ticket *ticket, uint16_t rig)
{
    return ticket->rig == rig ||
           (ticket->rig == BOOKING_ANY_RIG &&
            (timetable->rigs[rig].policy.capabilities & rig_bit(ticket->capability)) != 0);
}

static bool is_waiting(const struct queue_ticket *ticket)
{
    return ticket->offer == NULL && !ticket->taking && ticket->person->present;
}

bool timetable_is_wanted(const struct timetable *timetable, uint16_t rig, uint64_t but)
{
    for (size_t i = 0; i < timetable->queue.count; i++) {
        const struct queue_ticket *ticket = &timetable->queue.list[i];
        if (is_waiting(ticket) && ticket->person->account != but && could_use(timetable, ticket, rig))
            return true;
    }
    return false;
}

static struct booking booking_of(const struct queue_ticket *ticket, uint16_t rig, int64_t starts,
                                 int64_t ends)
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

static enum booking_result check_ticket(const struct timetable *timetable, const struct queue_ticket *ticket,
                                        int64_t now, const struct entry *but, enum policy_option *option)
{
    const struct timetable_rig *rig =
        ticket->rig != BOOKING_ANY_RIG ? &timetable->rigs[ticket->rig].policy : NULL;
    struct booking wish = booking_of(ticket, ticket->rig, now, now + ticket->length);
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
        if (queue->list[i].person == wanted->person && queue->list[i].rig == wanted->rig &&
            queue->list[i].capability == wanted->capability)
            return true;
    return false;
}

/* When the lab is closed now one may wait for it to open. */
static enum booking_result enqueue(struct timetable *timetable, const struct booking_event *event,
                                   int64_t now, enum policy_option *option, uint64_t *id)
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
    };
    if (ticket.rig != BOOKING_ANY_RIG && ticket.rig >= timetable->rig_count)
        return BOOKING_UNKNOWN_RIG;
    if (ticket.rig == BOOKING_ANY_RIG && (rig_bit(ticket.capability) & timetable->capabilities) == 0)
        return BOOKING_UNKNOWN_CAPABILITY;
    if (ticket.length <= 0 || ticket.length > BOOKING_TIME_MAX || ticket.until <= now)
        return ticket.length <= 0 ? BOOKING_EMPTY : BOOKING_PAST;
    if (ticket.person == NULL)
        return BOOKING_BUSY;
    enum booking_result result = check_ticket(timetable, &ticket, now, NULL, option);
    if (result != BOOKING_OK && result != BOOKING_CLOSED)
        return result;
    if (waits_already(&timetable->queue, &ticket))
        return BOOKING_ALREADY_WAITING;
    const struct queue_ticket *added = queue_add(&timetable->queue, &ticket);
    if (added == NULL)
        return BOOKING_BUSY;
    ticket.person->present = true;
    *id = added->id;
    return BOOKING_OK;
}

void timetable_enqueue(struct timetable *timetable, const struct booking_event *event,
                       struct booking_time now, struct booking_actions *actions)
{
    enum policy_option option = POLICY_OPTION_COUNT;
    uint64_t id = 0;
    enum booking_result result = enqueue(timetable, event, now.wall, &option, &id);
    struct booking_action *answer = action_answer(actions, event->request, result, NULL);
    answer->option = option;
    answer->ticket = id;
}

static void drop_offer(struct timetable *timetable, struct queue_ticket *ticket)
{
    if (ticket->offer != NULL)
        entry_destroy(timetable, ticket->offer);
    ticket->offer = NULL;
}

/* Somebody's own. NULL: it was refused. */
static struct queue_ticket *own_ticket(struct timetable *timetable, const struct booking_event *event,
                                       struct booking_actions *actions)
{
    struct queue_ticket *ticket = queue_find(&timetable->queue, event->offer.ticket);
    bool own = ticket != NULL && ticket->person->account == event->offer.account;
    if (own && !ticket->taking)
        return ticket;
    action_answer(actions, event->request, own ? BOOKING_BUSY : BOOKING_UNKNOWN_TICKET, NULL);
    return NULL;
}

void timetable_leave(struct timetable *timetable, const struct booking_event *event,
                     struct booking_actions *actions)
{
    struct queue_ticket *ticket = own_ticket(timetable, event, actions);
    if (ticket == NULL)
        return;
    drop_offer(timetable, ticket);
    queue_remove(&timetable->queue, ticket->id);
    action_answer(actions, event->request, BOOKING_OK, NULL);
}

/* ---- offers -------------------------------------------------------------------------------------------- */

/* What is taken begins now and is as long as was asked for, or as long as it was kept. */
static struct entry *turn_into_booking(struct timetable *timetable, struct queue_ticket *ticket,
                                       const char *code, int64_t now)
{
    const struct booking *offer = &ticket->offer->booking;
    int64_t ends = now + ticket->length < offer->ends ? now + ticket->length : offer->ends;
    struct booking booking = booking_of(ticket, offer->rig, now, ends);
    booking.setup = offer->setup;
    booking.teardown = offer->teardown;
    for (size_t i = 0; i + 1 < sizeof booking.code && code[i] != '\0'; i++)
        booking.code[i] = code[i];
    drop_offer(timetable, ticket);
    struct entry *entry = entry_create(timetable, &booking);
    if (entry == NULL || entry_hold(timetable, entry) == TIMELINE_OK)
        return entry;
    entry_destroy(timetable, entry);
    return NULL;
}

void timetable_take_offer(struct timetable *timetable, const struct booking_event *event,
                          struct booking_time now, struct booking_actions *actions)
{
    struct queue_ticket *ticket = own_ticket(timetable, event, actions);
    if (ticket == NULL)
        return;
    enum policy_option option = POLICY_OPTION_COUNT;
    enum booking_result result = BOOKING_NO_OFFER;
    if (ticket->offer != NULL && now.monotonic < ticket->offer_ends && now.wall < ticket->offer_ends_wall)
        result = check_ticket(timetable, ticket, now.wall, ticket->offer, &option);
    if (result == BOOKING_OK) {
        struct entry *entry = turn_into_booking(timetable, ticket, event->offer.code, now.wall);
        struct flight *flight = NULL;
        if (entry != NULL) {
            struct booking row = entry->booking;
            row.state = BOOKING_CONFIRMED;
            flight = flight_start(timetable, &entry, &row, 1, CHANGE_NEW, actions);
        }
        if (flight != NULL) {
            flight->request = event->request;
            flight->offer = ticket->id;
            ticket->taking = true;
            return;
        }
        if (entry != NULL)
            entry_destroy(timetable, entry);
        result = BOOKING_BUSY;
    }
    action_answer(actions, event->request, result, NULL)->option = option;
}

static uint16_t rig_for(const struct timetable *timetable, const struct queue_ticket *ticket, int64_t now)
{
    if (ticket->rig == BOOKING_ANY_RIG)
        return bind_find(timetable, rig_bit(ticket->capability), now, now + ticket->length, BOOKING_ANY_RIG,
                         NULL, now);
    const struct rig_table *table = &timetable->rigs[ticket->rig];
    bool is_free = table->state == BOOKING_RIG_READY &&
                   timetable_in_the_way(timetable, ticket->rig, now - table->policy.setup,
                                        now + ticket->length + table->policy.teardown, NULL) == NULL;
    return is_free ? ticket->rig : BOOKING_ANY_RIG;
}

static bool hold_offer(struct timetable *timetable, struct entry *entry, int64_t longer)
{
    entry->booking.setup = timetable->rigs[entry->booking.rig].policy.setup;
    entry->booking.teardown = timetable->rigs[entry->booking.rig].policy.teardown;
    int64_t ends = entry->booking.ends;
    entry->booking.ends = ends + longer; /* so that who takes their time loses nothing by it */
    if (entry_hold(timetable, entry) == TIMELINE_OK)
        return true;
    entry->booking.ends = ends;
    return entry_hold(timetable, entry) == TIMELINE_OK;
}

static void tell(const struct queue_ticket *ticket, const struct booking *booking, enum booking_note note,
                 struct booking_actions *actions)
{
    struct booking_action *action = action_add(actions, BOOKING_ACTION_NOTIFY, booking);
    action->note = note;
    action->ticket = ticket->id;
    action->until = ticket->offer_ends_wall;
}

static void try_offer(struct timetable *timetable, struct queue_ticket *ticket, struct booking_time now,
                      struct booking_actions *actions)
{
    enum policy_option option;
    uint16_t rig = rig_for(timetable, ticket, now.wall);
    if (rig == BOOKING_ANY_RIG || check_ticket(timetable, ticket, now.wall, NULL, &option) != BOOKING_OK)
        return;
    struct booking booking = booking_of(ticket, rig, now.wall, now.wall + ticket->length);
    booking.state = BOOKING_OFFERED;
    struct entry *entry = entry_create(timetable, &booking);
    if (entry == NULL)
        return;
    if (!hold_offer(timetable, entry, timetable->setup.offer)) {
        entry_destroy(timetable, entry);
        return;
    }
    ticket->offer = entry;
    /* Where no time could be added for thinking, it ends while half of what was asked for is left. */
    int64_t latest = entry->booking.ends - ticket->length / 2 - now.wall;
    int64_t thinking = latest < timetable->setup.offer ? latest : timetable->setup.offer;
    ticket->offer_ends = now.monotonic + thinking * BOOKING_MILLISECOND;
    ticket->offer_ends_wall = now.wall + thinking;
    tell(ticket, &entry->booking, BOOKING_NOTE_OFFER, actions);
}

/* ---- in the order of fair share ------------------------------------------------------------------------ */

static int compare_ranks(const void *left, const void *right)
{
    return share_compare(left, right);
}

size_t timetable_queue_order(const struct timetable *timetable, int64_t wall, uint64_t ids[QUEUE_MAX])
{
    struct share_rank ranks[QUEUE_MAX] = {0};
    size_t count = timetable->queue.count;
    for (size_t i = 0; i < count; i++) {
        const struct queue_ticket *ticket = &timetable->queue.list[i];
        ranks[i] = shares_rank(timetable, ticket->person, ticket->group, wall, ticket->asked, ticket->id);
    }
    qsort(ranks, count, sizeof *ranks, compare_ranks);
    for (size_t i = 0; i < count; i++)
        ids[i] = ranks[i].id;
    return count;
}

/* An offer that was not taken goes with its ticket; so does who waited long enough. */
static void end_tickets(struct timetable *timetable, struct booking_time now, struct booking_actions *actions)
{
    struct queue *queue = &timetable->queue;
    for (size_t i = 0; i < queue->count && actions_have_room(actions, 1);) {
        struct queue_ticket *ticket = &queue->list[i];
        bool expired = ticket->offer != NULL && now.monotonic >= ticket->offer_ends;
        bool gave_up = ticket->offer == NULL && !ticket->taking && now.wall >= ticket->until;
        if (!expired && !gave_up) {
            i++;
            continue;
        }
        struct booking booking =
            expired ? ticket->offer->booking : booking_of(ticket, ticket->rig, ticket->asked, ticket->until);
        drop_offer(timetable, ticket);
        tell(ticket, &booking, expired ? BOOKING_NOTE_OFFER_OVER : BOOKING_NOTE_GAVE_UP, actions);
        queue_remove(queue, ticket->id);
    }
}

void timetable_serve(struct timetable *timetable, struct booking_time now, struct booking_actions *actions)
{
    struct queue *queue = &timetable->queue;
    if (queue->count == 0 || !timetable_clock_plausible(timetable, now.wall))
        return;
    end_tickets(timetable, now, actions);
    if (!queue->look)
        return;
    uint64_t ids[QUEUE_MAX];
    size_t count = timetable_queue_order(timetable, now.wall, ids), i = 0;
    for (; i < count && actions_have_room(actions, 1); i++) {
        struct queue_ticket *ticket = queue_find(queue, ids[i]);
        if (is_waiting(ticket))
            try_offer(timetable, ticket, now, actions);
    }
    queue->look = i < count;
}
