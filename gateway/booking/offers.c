/* offers.c - what has become free is offered to the queue's tickets, and taken or not.
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
    return ticket->stage == QUEUE_WAITS && ticket->offer == NULL && ticket->person->present;
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

/* ---- offers -------------------------------------------------------------------------------------------- */

/* What is taken begins now and is as long as was asked for, or as long as it was kept. A clock that was set
 * back meanwhile makes it no earlier. */
static struct entry *turn_into_booking(struct timetable *timetable, struct queue_ticket *ticket,
                                       const char *code, int64_t now)
{
    const struct booking *offer = &ticket->offer->booking;
    int64_t starts = now > offer->starts ? now : offer->starts;
    int64_t ends = starts + ticket->length < offer->ends ? starts + ticket->length : offer->ends;
    struct booking booking = ticket_booking(ticket, offer->rig, starts, ends);
    booking.setup = offer->setup;
    booking.teardown = offer->teardown;
    for (size_t i = 0; i + 1 < sizeof booking.code && code[i] != '\0'; i++)
        booking.code[i] = code[i];
    ticket_drop_offer(timetable, ticket);
    struct entry *entry = entry_create(timetable, &booking);
    if (entry == NULL || entry_hold(timetable, entry) == TIMELINE_OK)
        return entry;
    entry_destroy(timetable, entry);
    return NULL;
}

void timetable_take_offer(struct timetable *timetable, const struct booking_event *event,
                          struct booking_time now, struct booking_actions *actions)
{
    struct queue_ticket *ticket = ticket_own(timetable, event, actions);
    if (ticket == NULL)
        return;
    enum policy_option option = POLICY_OPTION_COUNT;
    enum booking_result result = BOOKING_NO_OFFER;
    if (ticket->offer != NULL && now.monotonic < ticket->offer_ends && now.wall < ticket->offer_ends_wall)
        result = ticket_check(timetable, ticket, now.wall, ticket->offer, &option);
    if (result == BOOKING_OK) {
        struct entry *entry = turn_into_booking(timetable, ticket, event->offer.code, now.wall);
        struct flight *flight = NULL;
        if (entry != NULL) {
            struct booking row = entry->booking;
            row.state = BOOKING_CONFIRMED;
            flight = flight_start(timetable, &entry, &row, 1, CHANGE_NEW, event->request, actions);
        }
        if (flight != NULL) {
            flight->offer = ticket->id;
            actions->list[actions->count - 1].drops = ticket->id;
            ticket->stage = QUEUE_TAKES;
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

/* Longer, if nothing is in the way of that, so that who takes their time loses nothing by it. */
static bool hold_offer(struct timetable *timetable, struct entry *entry, int64_t longer)
{
    struct booking *offer = &entry->booking;
    offer->setup = timetable->rigs[offer->rig].policy.setup;
    offer->teardown = timetable->rigs[offer->rig].policy.teardown;
    if (timetable_in_the_way(timetable, offer->rig, offer->starts - offer->setup,
                             offer->ends + longer + offer->teardown, entry) == NULL)
        offer->ends += longer;
    return entry_hold(timetable, entry) == TIMELINE_OK;
}

static void tell(const struct queue_ticket *ticket, const struct booking *booking, enum booking_note note,
                 struct booking_actions *actions)
{
    struct booking_action *action = action_add(actions, BOOKING_ACTION_NOTIFY, booking);
    action->note = note;
    action->ticket = ticket->id;
    action->place = ticket_place(ticket);
    action->until = ticket->offer_ends_wall;
}

static void try_offer(struct timetable *timetable, struct queue_ticket *ticket, struct booking_time now,
                      struct booking_actions *actions)
{
    enum policy_option option;
    uint16_t rig = rig_for(timetable, ticket, now.wall);
    if (rig == BOOKING_ANY_RIG || ticket_check(timetable, ticket, now.wall, NULL, &option) != BOOKING_OK)
        return;
    struct booking booking = ticket_booking(ticket, rig, now.wall, now.wall + ticket->length);
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
    ticket->unsaved = true; /* nobody waits for that: what is not stored is offered again after a restart */
    tell(ticket, &entry->booking, BOOKING_NOTE_OFFER, actions);
}

void timetable_withdraw(struct timetable *timetable, uint16_t rig)
{
    for (size_t i = 0; i < timetable->queue.count; i++) {
        struct queue_ticket *ticket = &timetable->queue.list[i];
        if (ticket->stage != QUEUE_WAITS || ticket->offer == NULL || ticket->offer->booking.rig != rig)
            continue;
        ticket_drop_offer(timetable, ticket);
        ticket->withdrawn = ticket->unsaved = true;
        timetable->queue.look = true;
    }
}

/* ---- in the order of fair share ------------------------------------------------------------------------ */

static int compare_ranks(const void *left, const void *right)
{
    return share_compare(left, right);
}

size_t timetable_queue_order(const struct timetable *timetable, int64_t wall, uint64_t ids[QUEUE_MAX])
{
    struct share_rank ranks[QUEUE_MAX] = {0};
    size_t count = 0;
    for (size_t i = 0; i < timetable->queue.count; i++) {
        const struct queue_ticket *ticket = &timetable->queue.list[i];
        if (ticket->stage != QUEUE_NEW && ticket->stage != QUEUE_OVER)
            ranks[count++] =
                shares_rank(timetable, ticket->person, ticket->group, wall, ticket->asked, ticket->id);
    }
    qsort(ranks, count, sizeof *ranks, compare_ranks);
    for (size_t i = 0; i < count; i++)
        ids[i] = ranks[i].id;
    return count;
}

/* One that came from the ledger has its time by the wall only, until the first look at it. */
static bool offer_is_over(struct queue_ticket *ticket, int64_t longest, struct booking_time now)
{
    if (ticket->offer_ends == INT64_MAX) {
        int64_t left = ticket->offer_ends_wall - now.wall;
        ticket->offer_ends = now.monotonic + (left < longest ? left : longest) * BOOKING_MILLISECOND;
    }
    return now.monotonic >= ticket->offer_ends;
}

/* An offer that was not taken goes with its ticket; so does who waited long enough. */
static void end_ticket(struct timetable *timetable, struct queue_ticket *ticket, struct booking_time now,
                       struct booking_actions *actions)
{
    bool expired = ticket->offer != NULL && offer_is_over(ticket, timetable->setup.offer, now);
    bool gave_up = ticket->offer == NULL && now.wall >= ticket->until;
    if (ticket->stage != QUEUE_WAITS || !(expired || gave_up || ticket->withdrawn))
        return;
    struct booking booking =
        expired ? ticket->offer->booking : ticket_booking(ticket, ticket->rig, ticket->asked, ticket->until);
    enum booking_note note = expired   ? BOOKING_NOTE_OFFER_OVER
                             : gave_up ? BOOKING_NOTE_GAVE_UP
                                       : BOOKING_NOTE_WITHDRAWN;
    ticket->withdrawn = false;
    if (expired || gave_up) {
        ticket_drop_offer(timetable, ticket);
        ticket->stage = QUEUE_OVER;
        ticket->unsaved = true;
        timetable->queue.look = true; /* its time is somebody else's now */
    }
    tell(ticket, &booking, note, actions);
}

/* ---- each time ----------------------------------------------------------------------------------------- */

static void offer_in_order(struct timetable *timetable, struct booking_time now,
                           struct booking_actions *actions)
{
    struct queue *queue = &timetable->queue;
    uint64_t ids[QUEUE_MAX];
    size_t count = timetable_queue_order(timetable, now.wall, ids), i = 0;
    for (; i < count && actions_have_room(actions, 1); i++) {
        struct queue_ticket *ticket = queue_find(queue, ids[i]);
        if (is_waiting(ticket))
            try_offer(timetable, ticket, now, actions);
    }
    queue->look = i < count;
}

void timetable_serve(struct timetable *timetable, struct booking_time now, struct booking_actions *actions)
{
    struct queue *queue = &timetable->queue;
    bool plausible = timetable_clock_plausible(timetable, now.wall);
    for (size_t i = 0; plausible && i < queue->count && actions_have_room(actions, 1); i++)
        end_ticket(timetable, &queue->list[i], now, actions);
    if (plausible && queue->look)
        offer_in_order(timetable, now, actions);
    for (size_t i = 0; i < queue->count && actions_have_room(actions, 1); i++)
        ticket_send(&queue->list[i], now, actions);
}

bool timetable_queue_due(const struct timetable *timetable, struct booking_time now, int64_t *due)
{
    /* No offer ends by a clock that cannot be believed. */
    bool plausible = timetable_clock_plausible(timetable, now.wall);
    for (size_t i = 0; i < timetable->queue.count; i++) {
        const struct queue_ticket *ticket = &timetable->queue.list[i];
        int64_t at = now.monotonic + BOOKING_RETRY;
        if (plausible && ticket->offer != NULL && ticket->offer_ends < at)
            at = ticket->offer_ends;
        if (ticket->unsaved && !ticket->sent && ticket->stage != QUEUE_TAKES && ticket->retry < at)
            at = ticket->retry;
        *due = at < *due ? at : *due;
    }
    return timetable->queue.count > 0;
}
