#include "gateway/control/channel_queue.h"

#include <stdlib.h>
#include <string.h>

/* Records are aligned so that an envelope can be read where it lies. */
static size_t record_size(uint32_t payload)
{
    size_t size = sizeof(struct envelope) + payload;
    return (size + sizeof(uint64_t) - 1) / sizeof(uint64_t) * sizeof(uint64_t);
}

int channel_queue_init(struct channel_queue *queue, size_t capacity)
{
    *queue = (struct channel_queue){.bytes = malloc(capacity), .capacity = capacity};
    return queue->bytes ? 0 : -1;
}

void channel_queue_finish(struct channel_queue *queue)
{
    free(queue->bytes);
    *queue = (struct channel_queue){0};
}

void channel_queue_clear(struct channel_queue *queue)
{
    queue->first = queue->end = 0;
}

int channel_queue_put(struct channel_queue *queue, const struct envelope *envelope, const void *payload)
{
    size_t size = record_size(envelope->length), used = queue->end - queue->first;
    if (size > queue->capacity - used)
        return -1;
    if (size > queue->capacity - queue->end) {
        memmove(queue->bytes, queue->bytes + queue->first, used);
        queue->first = 0;
        queue->end = used;
    }
    memcpy(queue->bytes + queue->end, envelope, sizeof *envelope);
    if (envelope->length > 0)
        memcpy(queue->bytes + queue->end + sizeof *envelope, payload, envelope->length);
    queue->end += size;
    return 0;
}

bool channel_queue_first(const struct channel_queue *queue, const struct envelope **envelope,
                         const uint8_t **payload)
{
    if (queue->first == queue->end)
        return false;
    *envelope = (const void *)(queue->bytes + queue->first);
    *payload = queue->bytes + queue->first + sizeof **envelope;
    return true;
}

void channel_queue_pop(struct channel_queue *queue)
{
    const struct envelope *first = (const void *)(queue->bytes + queue->first);
    queue->first += record_size(first->length);
    if (queue->first == queue->end)
        channel_queue_clear(queue);
}
