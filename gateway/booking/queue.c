#include "gateway/booking/queue.h"

#include <stdlib.h>
#include <string.h>

struct queue_ticket *queue_find(const struct queue *queue, uint64_t id)
{
    for (size_t i = 0; i < queue->count; i++)
        if (queue->list[i].id == id)
            return &queue->list[i];
    return NULL;
}

struct queue_ticket *queue_add(struct queue *queue, const struct queue_ticket *ticket)
{
    if (queue->count == QUEUE_MAX)
        return NULL;
    if (queue->count == queue->room) {
        size_t room = queue->room > 0 ? 2 * queue->room : 16;
        struct queue_ticket *grown = realloc(queue->list, room * sizeof *grown);
        if (grown == NULL)
            return NULL;
        queue->list = grown;
        queue->room = room;
    }
    struct queue_ticket *added = &queue->list[queue->count++];
    *added = *ticket;
    if (added->id == 0)
        added->id = queue->last + 1;
    if (added->id > queue->last)
        queue->last = added->id;
    queue->look = true;
    return added;
}

void queue_remove(struct queue *queue, uint64_t id)
{
    struct queue_ticket *ticket = queue_find(queue, id);
    if (ticket == NULL)
        return;
    size_t at = (size_t)(ticket - queue->list);
    queue->count--;
    memmove(ticket, ticket + 1, (queue->count - at) * sizeof *ticket);
}
