#include "gateway/control/stream.h"

#include <stdlib.h>
#include <string.h>

#define STREAM_FRAMES 4096 /* frames in the ring at most: over three minutes at 20 a second */

struct kept {
    uint64_t start; /* byte position; positions only grow, and are taken modulo the ring's size */
    size_t length;
    int64_t at;
};

struct stream {
    uint64_t newest;
    size_t count; /* frames kept: newest - count + 1 .. newest */
    uint64_t end; /* byte position after the newest */
    int64_t life;
    size_t size;
    struct kept frames[STREAM_FRAMES]; /* by number modulo STREAM_FRAMES */
    uint8_t bytes[];
};

struct stream *stream_create(size_t bytes, int64_t life)
{
    struct stream *stream = calloc(1, sizeof *stream + bytes);
    if (!stream)
        return NULL;
    stream->size = bytes;
    stream->life = life;
    return stream;
}

void stream_destroy(struct stream *stream)
{
    free(stream);
}

uint64_t stream_newest(const struct stream *stream)
{
    return stream->newest;
}

static const struct kept *oldest(const struct stream *stream)
{
    return &stream->frames[(stream->newest - stream->count + 1) % STREAM_FRAMES];
}

static void make_room(struct stream *stream, size_t length, int64_t now)
{
    while (stream->count) {
        const struct kept *first = oldest(stream);
        bool fits = stream->end + length - first->start <= stream->size && stream->count < STREAM_FRAMES;
        if (fits && now - first->at <= stream->life)
            return;
        stream->count--;
    }
}

static void copy_in(struct stream *stream, const uint8_t *values, size_t length)
{
    size_t at = (size_t)(stream->end % stream->size);
    size_t first = length < stream->size - at ? length : stream->size - at;
    memcpy(stream->bytes + at, values, first);
    memcpy(stream->bytes, values + first, length - first);
}

uint64_t stream_append(struct stream *stream, const uint8_t *values, size_t length, int64_t now)
{
    make_room(stream, length, now);
    stream->newest++;
    if (length > stream->size) {
        stream->count = 0;
        return stream->newest;
    }
    if (length)
        copy_in(stream, values, length);
    stream->frames[stream->newest % STREAM_FRAMES] =
        (struct kept){.start = stream->end, .length = length, .at = now};
    stream->end += length;
    stream->count++;
    return stream->newest;
}

bool stream_since(const struct stream *stream, uint64_t frame, uint8_t *bytes, size_t size, size_t *length,
                  uint64_t *last)
{
    *length = 0;
    *last = frame;
    if (frame > stream->newest || stream->newest - frame > stream->count)
        return false;
    while (*last < stream->newest) {
        const struct kept *next = &stream->frames[(*last + 1) % STREAM_FRAMES];
        if (next->length > size - *length)
            break;
        size_t at = (size_t)(next->start % stream->size);
        size_t first = next->length < stream->size - at ? next->length : stream->size - at;
        memcpy(bytes + *length, stream->bytes + at, first);
        memcpy(bytes + *length + first, stream->bytes, next->length - first);
        *length += next->length;
        ++*last;
    }
    return true;
}
