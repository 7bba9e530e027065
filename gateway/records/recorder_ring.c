#include "gateway/records/recorder_ring.h"

#include <string.h>
#include <sys/mman.h>

bool recorder_ring_init(struct recorder_ring *ring, size_t size)
{
    void *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (bytes == MAP_FAILED)
        return false;
    *ring = (struct recorder_ring){.bytes = bytes, .size = size};
    return true;
}

void recorder_ring_finish(struct recorder_ring *ring)
{
    if (ring->bytes != NULL)
        munmap(ring->bytes, ring->size);
}

void recorder_ring_release(struct recorder_ring *ring)
{
    ring->read = 0;
    madvise(ring->bytes, ring->size, MADV_DONTNEED); /* refused for locked memory, which is as well */
}

size_t recorder_ring_room(const struct recorder_ring *ring)
{
    return ring->size - ring->used;
}

void recorder_ring_put(struct recorder_ring *ring, const void *bytes, size_t length)
{
    size_t at = (ring->read + ring->used) % ring->size;
    size_t piece = ring->size - at < length ? ring->size - at : length;
    memcpy(ring->bytes + at, bytes, piece);
    memcpy(ring->bytes, (const uint8_t *)bytes + piece, length - piece);
    ring->used += length;
}

void recorder_ring_peek(const struct recorder_ring *ring, size_t offset, void *bytes, size_t length)
{
    size_t at = (ring->read + offset) % ring->size;
    size_t piece = ring->size - at < length ? ring->size - at : length;
    memcpy(bytes, ring->bytes + at, piece);
    memcpy((uint8_t *)bytes + piece, ring->bytes, length - piece);
}

size_t recorder_ring_piece(const struct recorder_ring *ring, size_t length, const uint8_t **piece)
{
    *piece = ring->bytes + ring->read;
    return ring->size - ring->read < length ? ring->size - ring->read : length;
}

void recorder_ring_drop(struct recorder_ring *ring, size_t length)
{
    ring->read = (ring->read + length) % ring->size;
    ring->used -= length;
}
