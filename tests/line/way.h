/* way.h - one direction of a bad line: packets cross late, one after the other at a rate, and some never.
 *
 * A packet waits in a queue until the line has sent what came before it (`rate`), then travels for `delay`.
 * One that finds the queue full is dropped at the tail, as a modem does; `loss` is drawn for each packet that
 * was sent, independent of its neighbours. Pure: time comes in, and the caller moves the bytes. */
#ifndef TESTS_LINE_WAY_H
#define TESTS_LINE_WAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WAY_PACKET_MAX = 1500, WAY_PACKETS_MAX = 4096 };

struct way_conditions {
    uint64_t rate;    /* bytes a second; 0: without limit */
    int64_t delay;    /* ns */
    double loss;      /* of the packets, 0 .. 1 */
    size_t queue_max; /* bytes that may wait for the line */
    bool down;        /* nothing is taken; what travels arrives */
};

struct way_counters {
    uint64_t taken, lost, overflowed, delivered; /* packets */
    uint64_t bytes;                              /* delivered, IP headers included */
};

struct way;

/* NULL without memory. `seed` makes the losses. */
struct way *way_create(uint64_t seed);
void way_destroy(struct way *);

/* What is in the queue keeps its times. */
void way_set(struct way *, const struct way_conditions *);
struct way_counters way_counters(const struct way *);

/* A packet came to the line's end at `now` (ns). Takes a copy. */
void way_take(struct way *, const void *packet, size_t length, int64_t now);
/* When the next packet arrives at the other end, ns; INT64_MAX: none travels. */
int64_t way_next(const struct way *);
/* The packet that has arrived by `now`, valid until the next call; NULL: none. */
const void *way_deliver(struct way *, int64_t now, size_t *length);

#endif
