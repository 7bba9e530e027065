/* queue.h - who waits for time that may become free.
 *
 * A ticket is a place in the queue. The order is that of fair share (share.h) and changes with what is used;
 * tickets live in memory and are gone when the gateway stops. */
#ifndef GATEWAY_BOOKING_QUEUE_H
#define GATEWAY_BOOKING_QUEUE_H

#include "gateway/booking/timetable.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QUEUE_MAX TIMETABLE_TICKETS_MAX

struct entry;
struct person;

struct queue_ticket {
    uint64_t id;
    struct person *person;
    uint16_t group, rig, capability; /* as in a wish */
    int64_t length;                  /* ms */
    int64_t asked, until;            /* wall */
    bool qualified, rehearsed;
    bool taking;                         /* its offer is on its way to the ledger */
    struct entry *offer;                 /* time that is kept for it; NULL: none */
    int64_t offer_ends, offer_ends_wall; /* monotonic ns, ms */
};

/* All zero: empty. */
struct queue {
    struct queue_ticket *list; /* in the order of asking */
    size_t count, room;
    uint64_t last;
    bool look; /* something may have become free */
};

struct queue_ticket *queue_find(const struct queue *queue, uint64_t id); /* NULL: there is none */
/* NULL: it is full, or there is no memory. Tickets move when one is added or removed. */
struct queue_ticket *queue_add(struct queue *queue, const struct queue_ticket *ticket);
void queue_remove(struct queue *queue, uint64_t id); /* none: nothing */

#endif
