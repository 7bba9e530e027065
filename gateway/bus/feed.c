#include "gateway/bus/feed.h"

#include "gateway/bus/envelope.h"
#include "gateway/bus/translate.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int feed_init(struct feed *feed, size_t capacity)
{
    *feed = (struct feed){.capacity = capacity};
    feed->deltas = calloc(capacity, sizeof *feed->deltas);
    return feed->deltas ? 0 : -1;
}

static void forget_since(struct feed *feed)
{
    for (size_t i = 0; i < FEED_SINCE_MAX; i++)
        free(feed->since[i].bytes);
    memset(feed->since, 0, sizeof feed->since);
    feed->since_newest = feed->newest;
}

void feed_finish(struct feed *feed)
{
    forget_since(feed);
    while (feed->count > 0)
        free(feed->deltas[(feed->first + --feed->count) % feed->capacity].bytes);
    free(feed->deltas);
    free(feed->full.bytes);
    *feed = (struct feed){0};
}

static void drop_oldest(struct feed *feed)
{
    struct feed_frame *oldest = &feed->deltas[feed->first];
    feed->bytes -= oldest->size;
    free(oldest->bytes);
    *oldest = (struct feed_frame){0};
    feed->first = (feed->first + 1) % feed->capacity;
    feed->count--;
}

static void silence(struct feed *feed)
{
    feed->live = false;
    forget_since(feed);
    while (feed->count > 0)
        drop_oldest(feed);
}

void feed_forget(struct feed *feed)
{
    silence(feed);
    free(feed->full.bytes);
    feed->full = (struct feed_frame){0};
}

static int copy_frame(struct feed_frame *frame, uint64_t number, const uint8_t *bytes, size_t size)
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

int feed_put_full(struct feed *feed, uint64_t number, const uint8_t *bytes, size_t size)
{
    struct feed_frame full;
    if (copy_frame(&full, number, bytes, size) != 0) {
        silence(feed);
        return -1;
    }
    free(feed->full.bytes);
    feed->full = full;
    /* A periodic full frame repeats the newest change's number and leaves the changes as they are; any other
     * number, or one after a loss, begins anew. */
    if (!feed->live || number != feed->newest)
        silence(feed);
    feed->live = true;
    feed->newest = number;
    return 0;
}

int feed_put_delta(struct feed *feed, uint64_t number, const uint8_t *bytes, size_t size, size_t most_bytes)
{
    if (!feed->live || number != feed->newest + 1) {
        silence(feed);
        return 0;
    }
    while (feed->count > 0 && (feed->count == feed->capacity || feed->bytes + size > most_bytes)) {
        /* The full frame must not need what goes. */
        if (feed->deltas[feed->first].number > feed->full.number && !feed_newest_full(feed))
            break;
        drop_oldest(feed);
    }
    struct feed_frame *last = &feed->deltas[(feed->first + feed->count) % feed->capacity];
    if (!feed->live)
        return 0;
    if (copy_frame(last, number, bytes, size) != 0) {
        silence(feed);
        return -1;
    }
    feed->count++;
    feed->bytes += size;
    feed->newest = number;
    return 0;
}

const struct feed_frame *feed_delta(const struct feed *feed, uint64_t number)
{
    uint64_t oldest = feed->newest - feed->count + 1;
    if (!feed->live || feed->count == 0 || number < oldest || number > feed->newest)
        return NULL;
    return &feed->deltas[(feed->first + (size_t)(number - oldest)) % feed->capacity];
}

/* Both frames as one, with the newer's number. 0 or -1. */
static int merge(const struct feed_frame *older, const struct feed_frame *newer, struct feed_frame *result)
{
    static_assert(ENVELOPE_ANSWER_MAX <= 262144, "the buffer below is on the stack");
    uint8_t merged[ENVELOPE_ANSWER_MAX];
    size_t size =
        translator_merge(older->bytes, older->size, newer->bytes, newer->size, merged, sizeof merged);
    return size == 0 ? -1 : copy_frame(result, newer->number, merged, size);
}

const struct feed_frame *feed_since(struct feed *feed, uint64_t number)
{
    const struct feed_frame *delta = feed_delta(feed, number);
    if (!delta || number == feed->newest)
        return delta;
    size_t wanted = (size_t)(feed->newest - number);
    if (wanted >= FEED_SINCE_MAX)
        return NULL;
    if (feed->since_newest != feed->newest)
        forget_since(feed);
    for (size_t i = 1; i <= wanted; i++) {
        const struct feed_frame *rest = i == 1 ? feed_delta(feed, feed->newest) : &feed->since[i - 1];
        if (!feed->since[i].bytes && merge(feed_delta(feed, feed->newest - i), rest, &feed->since[i]) != 0)
            return NULL;
    }
    return &feed->since[wanted];
}

const struct feed_frame *feed_newest_full(struct feed *feed)
{
    while (feed->live && feed->full.number < feed->newest) {
        const struct feed_frame *delta = feed_delta(feed, feed->full.number + 1);
        struct feed_frame next;
        if (!delta || merge(&feed->full, delta, &next) != 0) {
            silence(feed);
            break;
        }
        free(feed->full.bytes);
        feed->full = next;
    }
    return feed->live ? &feed->full : NULL;
}
