/* queue.h - who waits for time that may become free.
 *
 * A ticket is a place in the queue. The order is that of fair share (share.h) and changes with what is used.
 * Tickets are stored, with what is offered to them: a place that was answered with yes survives the gateway's
 * end. */
#ifndef GATEWAY_BOOKING_QUEUE_H
#define GATEWAY_BOOKING_QUEUE_H

#include "gateway/booking/timetable.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QUEUE_MAX TIMETABLE_TICKETS_MAX

struct entry;
struct person;

enum queue_stage {
    QUEUE_NEW, /* on its way to the ledger; somebody waits for the answer */
    QUEUE_WAITS,
    QUEUE_TAKES,  /* its offer is on its way to the ledger, which drops the ticket with it */
    QUEUE_LEAVES, /* is given back; somebody waits for the answer */
    QUEUE_OVER,   /* is no place any more; the ledger hears of it after */
};

struct queue_ticket {
    uint64_t id; /* larger than any before */
    struct person *person;
    uint16_t group, rig, capability; /* as in a wish */
    int64_t length;                  /* ms */
    int64_t asked, until;            /* wall */
    bool qualified, rehearsed;
    enum queue_stage stage;
    uint64_t request;                    /* NEW, LEAVES */
    bool unsaved;                        /* the ledger has it otherwise, or is to drop it */
    bool sent;                           /* that is on its way */
    int64_t retry;                       /* monotonic ns: not sent before */
    struct entry *offer;                 /* time that is kept for it; NULL: none */
    int64_t offer_ends, offer_ends_wall; /* monotonic ns (INT64_MAX: as the wall time says), ms */
    bool withdrawn;                      /* what was offered is no longer there: its holder is to be told */
};

/* All zero: empty. */
struct queue {
    struct queue_ticket *list; /* in the order of asking */
    size_t count, room;
    uint64_t last; /* id that was given out */
    bool look;     /* something may have become free */
};

struct queue_ticket *queue_find(const struct queue *queue, uint64_t id); /* NULL: there is none */
/* With its id, or with the next one when that is 0. NULL: it is full, or there is no memory. Tickets move
 * when one is added or removed. */
struct queue_ticket *queue_add(struct queue *queue, const struct queue_ticket *ticket);
void queue_remove(struct queue *queue, uint64_t id); /* none: nothing */

#endif
