/* stream.h - a rig's stream of numbered changes, and the history from which a watcher who was away is filled
 * in.
 *
 * Frames are numbered from 1 in each boot. The ring holds the encoded values of past frames, bounded in bytes
 * and in time; it forgets the oldest first. Memory is allocated once. */
#ifndef GATEWAY_CONTROL_STREAM_H
#define GATEWAY_CONTROL_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stream;

/* bytes: of encoded values; life: ns that a frame is kept. NULL: no memory. */
struct stream *stream_create(size_t bytes, int64_t life);
void stream_destroy(struct stream *stream); /* accepts NULL */

/* The number of the newest frame, 0 before the first. */
uint64_t stream_newest(const struct stream *stream);
/* Numbers a frame and keeps its values; one larger than the whole ring empties it and is not kept. */
uint64_t stream_append(struct stream *stream, const uint8_t *values, size_t length, int64_t now);

/* Values are numbered anew: what there was cannot be resumed from any more. Numbers go on. */
void stream_break(struct stream *stream);

/* Copies the values of the frames after `frame`, whole frames only and at most `size` bytes. *last is the
 * number of the last one copied (`frame` when there is none). False: frame + 1 is no longer in the ring, or
 * was never published. */
bool stream_since(const struct stream *stream, uint64_t frame, uint8_t *bytes, size_t size, size_t *length,
                  uint64_t *last);

#endif
