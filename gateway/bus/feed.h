/* feed.h - the frames of one rig that are kept for its watchers. */
#ifndef GATEWAY_BUS_FEED_H
#define GATEWAY_BUS_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct feed_frame {
    uint64_t number;
    uint8_t *bytes;
    size_t size;
};

#define FEED_SINCE_MAX 64u /* changes that are made one frame of; beyond them a full one is as small */

struct feed {
    bool live;                 /* `full` and what follows it are whole */
    uint64_t newest;           /* number of the newest frame */
    struct feed_frame full;    /* as of full.number, which may be older than newest */
    struct feed_frame *deltas; /* a ring of `capacity`, numbers contiguous, the last is `newest` */
    size_t capacity, first, count, bytes;
    /* since[i]: the changes of the last i + 1 frames as one, as of `since_newest`; made when somebody wants
     * it */
    struct feed_frame since[FEED_SINCE_MAX];
    uint64_t since_newest;
};

int feed_init(struct feed *feed, size_t capacity); /* 0 or -1: no memory */
void feed_finish(struct feed *feed);

/* Forgets everything; silent until the next full frame. */
void feed_forget(struct feed *feed);

/* Both copy. 0 or -1: no memory; the stream is then silent until the next full frame. */
int feed_put_full(struct feed *feed, uint64_t number, const uint8_t *bytes, size_t size);
int feed_put_delta(struct feed *feed, uint64_t number, const uint8_t *bytes, size_t size, size_t most_bytes);

/* The changes from number - 1 to number, or NULL when not kept. Valid until the next put. */
const struct feed_frame *feed_delta(const struct feed *feed, uint64_t number);
/* The changes from number - 1 to `newest` as one frame, each point once; NULL when not kept, or more than
 * FEED_SINCE_MAX. Valid until the next put. */
const struct feed_frame *feed_since(struct feed *feed, uint64_t number);
/* Everything as of `newest`, made of the last full frame and the changes since; NULL: not live. */
const struct feed_frame *feed_newest_full(struct feed *feed);

#endif
