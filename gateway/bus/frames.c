#include "gateway/bus/frames.h"

#include "gateway/bus/envelope.h"
#include "gateway/bus/translate.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int frames_init(struct kept_frames *frames, size_t capacity)
{
    *frames = (struct kept_frames){.capacity = capacity};
    frames->deltas = calloc(capacity, sizeof *frames->deltas);
    return frames->deltas ? 0 : -1;
}

static void forget_since(struct kept_frames *frames)
{
    for (size_t i = 0; i < FRAMES_SINCE_MAX; i++)
        free(frames->since[i].bytes);
    memset(frames->since, 0, sizeof frames->since);
    frames->since_newest = frames->newest;
}

void frames_finish(struct kept_frames *frames)
{
    forget_since(frames);
    while (frames->count > 0)
        free(frames->deltas[(frames->first + --frames->count) % frames->capacity].bytes);
    free(frames->deltas);
    free(frames->full.bytes);
    *frames = (struct kept_frames){0};
}

static void drop_oldest(struct kept_frames *frames)
{
    struct kept_frame *oldest = &frames->deltas[frames->first];
    frames->bytes -= oldest->size;
    free(oldest->bytes);
    *oldest = (struct kept_frame){0};
    frames->first = (frames->first + 1) % frames->capacity;
    frames->count--;
}

static void silence(struct kept_frames *frames)
{
    frames->live = false;
    forget_since(frames);
    while (frames->count > 0)
        drop_oldest(frames);
}

void frames_forget(struct kept_frames *frames)
{
    silence(frames);
    free(frames->full.bytes);
    frames->full = (struct kept_frame){0};
}

static int copy_frame(struct kept_frame *frame, uint64_t number, const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);
    if (!copy)
        return -1;
    memcpy(copy, bytes, size);
    frame->number = number;
    frame->bytes = copy;
    frame->size = size;
    return 0;
}

int frames_put_full(struct kept_frames *frames, uint64_t number, const uint8_t *bytes, size_t size)
{
    struct kept_frame full;
    if (copy_frame(&full, number, bytes, size) != 0) {
        silence(frames);
        return -1;
    }
    free(frames->full.bytes);
    frames->full = full;
    /* A periodic full frame repeats the newest change's number and leaves the changes as they are; any other
     * number, or one after a loss, begins anew. */
    if (!frames->live || number != frames->newest)
        silence(frames);
    frames->live = true;
    frames->newest = number;
    return 0;
}

int frames_put_delta(struct kept_frames *frames, uint64_t number, const uint8_t *bytes, size_t size,
                     size_t most_bytes)
{
    if (!frames->live || number != frames->newest + 1) {
        silence(frames);
        return 0;
    }
    while (frames->count > 0 && (frames->count == frames->capacity || frames->bytes + size > most_bytes)) {
        /* The full frame must not need what goes. */
        if (frames->deltas[frames->first].number > frames->full.number && !frames_newest_full(frames))
            break;
        drop_oldest(frames);
    }
    struct kept_frame *last = &frames->deltas[(frames->first + frames->count) % frames->capacity];
    if (!frames->live)
        return 0;
    if (copy_frame(last, number, bytes, size) != 0) {
        silence(frames);
        return -1;
    }
    frames->count++;
    frames->bytes += size;
    frames->newest = number;
    return 0;
}

const struct kept_frame *frames_delta(const struct kept_frames *frames, uint64_t number)
{
    uint64_t oldest = frames->newest - frames->count + 1;
    if (!frames->live || frames->count == 0 || number < oldest || number > frames->newest)
        return NULL;
    return &frames->deltas[(frames->first + (size_t)(number - oldest)) % frames->capacity];
}

/* Both frames as one, with the newer's number. 0 or -1. */
static int merge(const struct kept_frame *older, const struct kept_frame *newer, struct kept_frame *result)
{
    static_assert(ENVELOPE_ANSWER_MAX <= 262144, "the buffer below is on the stack");
    uint8_t merged[ENVELOPE_ANSWER_MAX];
    size_t size =
        translator_merge(older->bytes, older->size, newer->bytes, newer->size, merged, sizeof merged);
    return size == 0 ? -1 : copy_frame(result, newer->number, merged, size);
}

const struct kept_frame *frames_since(struct kept_frames *frames, uint64_t number)
{
    const struct kept_frame *delta = frames_delta(frames, number);
    if (!delta || number == frames->newest)
        return delta;
    size_t wanted = (size_t)(frames->newest - number);
    if (wanted >= FRAMES_SINCE_MAX)
        return NULL;
    if (frames->since_newest != frames->newest)
        forget_since(frames);
    for (size_t i = 1; i <= wanted; i++) {
        const struct kept_frame *rest = i == 1 ? frames_delta(frames, frames->newest) : &frames->since[i - 1];
        if (!frames->since[i].bytes &&
            merge(frames_delta(frames, frames->newest - i), rest, &frames->since[i]) != 0)
            return NULL;
    }
    return &frames->since[wanted];
}

const struct kept_frame *frames_newest_full(struct kept_frames *frames)
{
    while (frames->live && frames->full.number < frames->newest) {
        const struct kept_frame *delta = frames_delta(frames, frames->full.number + 1);
        struct kept_frame next;
        if (!delta || merge(&frames->full, delta, &next) != 0) {
            silence(frames);
            break;
        }
        free(frames->full.bytes);
        frames->full = next;
    }
    return frames->live ? &frames->full : NULL;
}
