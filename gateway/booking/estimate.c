/* estimate.c - where one stands in the queue, and when one's turn comes if nobody leaves early: the tickets
 * before it are played through the known bookings, each with the length it asked for. */
#include "gateway/booking/timetable_private.h"

#include <stdlib.h>

#define TRIES_MAX 1000 /* gaps looked at for one ticket on one rig */

/* Time that tickets before would take. */
struct played {
    uint16_t rig;
    int64_t from, until;
};

static bool find_clash(const struct played *played, size_t count, uint16_t rig, int64_t from, int64_t until,
                       int64_t *after)
{
    for (size_t i = 0; i < count; i++) {
        if (played[i].rig != rig || played[i].from >= until || played[i].until <= from)
            continue;
        *after = played[i].until;
        return true;
    }
    return false;
}

/* False: it is closed there; *after is when it opens, or the end of what can be foreseen. */
static bool is_open(const struct timetable *timetable, int64_t starts, int64_t length, int64_t *after)
{
    const struct term_calendar *calendar = timetable->setup.calendar;
    int64_t opens, closes;
    if (calendar == NULL || term_is_open(calendar, starts, starts + length))
        return true;
    if (!term_next_open(calendar, starts, starts + 60 * CIVIL_DAY, &opens, &closes))
        *after = INT64_MAX;
    else
        *after = opens > starts ? opens : closes;
    return false;
}

/* What has ended by then leaves no tear-down behind, as when freed time is offered. INT64_MAX: no room. */
static int64_t first_room(const struct timetable *timetable, uint16_t rig, int64_t from, int64_t length)
{
    int64_t whole = length + timetable->rigs[rig].policy.teardown, looked = from;
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        const struct entry *other = timetable_in_the_way(timetable, rig, looked, from + whole, NULL);
        if (other == NULL)
            return from;
        if (other->booking.ends > from)
            looked = from = other->booking.ends;
        else if (other->held_until > looked)
            looked = other->held_until;
        else
            return from; /* it is moving away */
    }
    return INT64_MAX;
}

static int64_t first_turn(const struct timetable *timetable, const struct queue_ticket *ticket, uint16_t rig,
                          int64_t now, const struct played *played, size_t count)
{
    int64_t from = now, after;
    for (int tries = 0; tries < TRIES_MAX && from < INT64_MAX; tries++) {
        int64_t starts = first_room(timetable, rig, from, ticket->length);
        if (starts == INT64_MAX || (is_open(timetable, starts, ticket->length, &after) &&
                                    !find_clash(played, count, rig, starts, starts + ticket->length, &after)))
            return starts;
        from = after;
    }
    return INT64_MAX;
}

static int64_t play(const struct timetable *timetable, const struct queue_ticket *ticket, int64_t now,
                    struct played *played, size_t *count)
{
    int64_t best = INT64_MAX;
    uint16_t best_rig = BOOKING_ANY_RIG;
    for (uint16_t rig = 0; rig < timetable->rig_count; rig++) {
        uint64_t has = timetable->rigs[rig].policy.capabilities;
        bool suits = ticket->rig == rig ||
                     (ticket->rig == BOOKING_ANY_RIG && (has & rig_bit(ticket->capability)) != 0);
        if (!suits || timetable->rigs[rig].state == BOOKING_RIG_QUARANTINED)
            continue;
        int64_t starts = first_turn(timetable, ticket, rig, now, played, *count);
        if (starts >= best)
            continue;
        best = starts;
        best_rig = rig;
    }
    if (best_rig != BOOKING_ANY_RIG)
        played[(*count)++] = (struct played){best_rig, best, best + ticket->length};
    return best;
}

size_t timetable_queue(const struct timetable *timetable, int64_t now, struct timetable_ticket *list,
                       size_t capacity)
{
    uint64_t ids[QUEUE_MAX];
    struct played played[QUEUE_MAX];
    size_t count = timetable_queue_order(timetable, now, ids), taken = 0;
    for (size_t i = 0; i < count && i < capacity; i++) {
        const struct queue_ticket *ticket = queue_find(&timetable->queue, ids[i]);
        bool served = ticket->offer != NULL || ticket->stage == QUEUE_TAKES;
        list[i] = ticket_place(ticket);
        list[i].estimate = served ? now : play(timetable, ticket, now, played, &taken);
    }
    return count;
}

bool timetable_waits(const struct timetable *timetable, uint64_t account)
{
    for (size_t i = 0; i < timetable->queue.count; i++)
        if (timetable->queue.list[i].person->account == account &&
            timetable->queue.list[i].stage != QUEUE_OVER)
            return true;
    return false;
}
