#include "gateway/control/stream.h"

#include <stdlib.h>
#include <string.h>

#define STREAM_FRAMES 4096 /* frames in the ring at most: over three minutes at 20 a second */
#define FIRST_FRAMES  64
#define FIRST_BYTES   4096

struct kept {
    uint64_t start; /* byte position; positions only grow, and are taken modulo `span` */
    size_t length;
    int64_t at;
};

struct stream {
    uint64_t newest;
    size_t count; /* frames kept: newest - count + 1 .. newest */
    uint64_t end; /* byte position after the newest */
    int64_t life;
    size_t size;
    /* What is in use of the room below: both double, up to all of it, when a frame would be forgotten before
     * its time, so that a rig that says little touches little memory. */
    size_t span, places;
    struct kept frames[STREAM_FRAMES]; /* by number modulo `places` */
    uint8_t bytes[];
};

struct stream *stream_create(size_t bytes, int64_t life)
{
    struct stream *stream = calloc(1, sizeof *stream + bytes);
    if (!stream)
        return NULL;
    stream->size = stream->span = bytes;
    while (stream->span > FIRST_BYTES && stream->span % 2 == 0)
        stream->span /= 2;
    stream->places = FIRST_FRAMES;
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
    return &stream->frames[(stream->newest - stream->count + 1) % stream->places];
}

/* What lies at x modulo half must be found at x modulo the whole: a copy of the lower half above it puts it
 * there. */
static bool widen(struct stream *stream)
{
    if (stream->span >= stream->size)
        return false;
    memcpy(stream->bytes + stream->span, stream->bytes, stream->span);
    stream->span *= 2;
    return true;
}

static bool add_places(struct stream *stream)
{
    if (stream->places >= STREAM_FRAMES)
        return false;
    memcpy(stream->frames + stream->places, stream->frames, stream->places * sizeof *stream->frames);
    stream->places *= 2;
    return true;
}

static void make_room(struct stream *stream, size_t length, int64_t now)
{
    while (stream->count && now - oldest(stream)->at > stream->life)
        stream->count--;
    while (stream->count && stream->end + length - oldest(stream)->start > stream->span)
        if (!widen(stream))
            stream->count--;
    while (length > stream->span && widen(stream))
        ;
    if (stream->count == stream->places && !add_places(stream))
        stream->count--;
}

static void copy_in(struct stream *stream, const uint8_t *values, size_t length)
{
    size_t at = (size_t)(stream->end % stream->span);
    size_t first = length < stream->span - at ? length : stream->span - at;
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
    /* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): there are places from the start, and never fewer */
    stream->frames[stream->newest % stream->places] =
        (struct kept){.start = stream->end, .length = length, .at = now};
    stream->end += length;
    stream->count++;
    return stream->newest;
}

void stream_break(struct stream *stream)
{
    stream->newest++;
    stream->count = 0;
}

bool stream_since(const struct stream *stream, uint64_t frame, uint8_t *bytes, size_t size, size_t *length,
                  uint64_t *last)
{
    *length = 0;
    *last = frame;
    if (frame > stream->newest || stream->newest - frame > stream->count)
        return false;
    while (*last < stream->newest) {
        const struct kept *next = &stream->frames[(*last + 1) % stream->places];
        if (next->length > size - *length)
            break;
        size_t at = (size_t)(next->start % stream->span);
        size_t first = next->length < stream->span - at ? next->length : stream->span - at;
        memcpy(bytes + *length, stream->bytes + at, first);
        memcpy(bytes + *length + first, stream->bytes, next->length - first);
        *length += next->length;
        ++*last;
    }
    return true;
}
