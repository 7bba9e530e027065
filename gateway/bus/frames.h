/* frames.h - the frames of one rig that are kept for its watchers. */
#ifndef GATEWAY_BUS_FRAMES_H
#define GATEWAY_BUS_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kept_frame {
    uint64_t number;
    uint8_t *bytes;
    size_t size;
};

#define FRAMES_SINCE_MAX 64u /* changes that are made one frame of; beyond them a full one is as small */

struct kept_frames {
    bool live;                 /* `full` and what follows it are whole */
    uint64_t newest;           /* number of the newest frame */
    struct kept_frame full;    /* as of full.number, which may be older than newest */
    struct kept_frame *deltas; /* a ring of `capacity`, numbers contiguous, the last is `newest` */
    size_t capacity, first, count, bytes;
    /* since[i]: the changes of the last i + 1 frames as one, as of `since_newest`; made when somebody wants
     * it */
    struct kept_frame since[FRAMES_SINCE_MAX];
    uint64_t since_newest;
};

int frames_init(struct kept_frames *frames, size_t capacity); /* 0 or -1: no memory */
void frames_finish(struct kept_frames *frames);

/* Forgets everything; silent until the next full frame. */
void frames_forget(struct kept_frames *frames);

/* Both copy. 0 or -1: no memory; the stream is then silent until the next full frame. */
int frames_put_full(struct kept_frames *frames, uint64_t number, const uint8_t *bytes, size_t size);
int frames_put_delta(struct kept_frames *frames, uint64_t number, const uint8_t *bytes, size_t size,
                     size_t most_bytes);

/* The changes from number - 1 to number, or NULL when not kept. Valid until the next put. */
const struct kept_frame *frames_delta(const struct kept_frames *frames, uint64_t number);
/* The changes from number - 1 to `newest` as one frame, each point once; NULL when not kept, or more than
 * FRAMES_SINCE_MAX. Valid until the next put. */
const struct kept_frame *frames_since(struct kept_frames *frames, uint64_t number);
/* Everything as of `newest`, made of the last full frame and the changes since; NULL: not live. */
const struct kept_frame *frames_newest_full(struct kept_frames *frames);

#endif
