/* recorder_ring.h - bytes from one thread to another, without copies on the reader's side being made under a
 * lock. The caller's lock guards `used`; the reader may look at what is used, and the writer fills what is
 * not, without it. */
#ifndef GATEWAY_RECORDS_RECORDER_RING_H
#define GATEWAY_RECORDS_RECORDER_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct recorder_ring {
    uint8_t *bytes;
    size_t size;
    size_t read, used; /* read: the reader's */
};

bool recorder_ring_init(struct recorder_ring *ring, size_t size); /* false: no memory */
void recorder_ring_finish(struct recorder_ring *ring);
/* Gives the memory of an empty ring back until it is used again. */
void recorder_ring_release(struct recorder_ring *ring);
size_t recorder_ring_room(const struct recorder_ring *ring);
/* The writer, with the lock; there must be room. */
void recorder_ring_put(struct recorder_ring *ring, const void *bytes, size_t length);
/* The reader: copies what is `offset` bytes ahead; as much as lies in one piece there. */
void recorder_ring_peek(const struct recorder_ring *ring, size_t offset, void *bytes, size_t length);
size_t recorder_ring_piece(const struct recorder_ring *ring, size_t length, const uint8_t **piece);
/* The reader, with the lock. */
void recorder_ring_drop(struct recorder_ring *ring, size_t length);

#endif
