/* channel_queue.h - envelopes that wait to be sent, first in, first out, in memory of a fixed size. */
#ifndef GATEWAY_CONTROL_CHANNEL_QUEUE_H
#define GATEWAY_CONTROL_CHANNEL_QUEUE_H

#include "gateway/bus/envelope.h"

#include <stdbool.h>
#include <stddef.h>

struct channel_queue {
    uint8_t *bytes;
    size_t capacity;
    size_t first, end; /* records lie in [first, end) */
};

int channel_queue_init(struct channel_queue *queue, size_t capacity); /* 0 or -1: no memory */
void channel_queue_finish(struct channel_queue *queue);
void channel_queue_clear(struct channel_queue *queue);

int channel_queue_put(struct channel_queue *queue, const struct envelope *envelope,
                      const void *payload); /* 0; -1: full */
/* The oldest; false: empty. The pointers are good until the next put or pop. */
bool channel_queue_first(const struct channel_queue *queue, const struct envelope **envelope,
                         const uint8_t **payload);
void channel_queue_pop(struct channel_queue *queue);

#endif
