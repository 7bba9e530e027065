#include "gateway/control/pending.h"

#include <stdlib.h>

#define PLACE_BITS    16
#define URGENT_PLACES 64 /* for what only makes safer, and is answered at once */

struct place {
    struct pending pending;
    uint64_t use; /* 0: free */
    size_t next_free;
};

struct pending_table {
    size_t capacity, used, first_free;
    uint64_t uses;
    struct place places[];
};

struct pending_table *pending_create(size_t capacity)
{
    struct pending_table *table = calloc(1, sizeof *table + capacity * sizeof table->places[0]);
    if (!table)
        return NULL;
    table->capacity = capacity;
    for (size_t i = 0; i < capacity; i++)
        table->places[i].next_free = i + 1;
    return table;
}

void pending_destroy(struct pending_table *table)
{
    free(table);
}

static bool is_urgent(enum request_kind kind)
{
    return kind == REQUEST_STOP || kind == REQUEST_RELEASE || kind == REQUEST_LOCKOUT;
}

uint64_t pending_add(struct pending_table *table, const struct pending *pending)
{
    size_t at = table->first_free;
    if (at == table->capacity ||
        (table->capacity - table->used <= URGENT_PLACES && !is_urgent(pending->kind)))
        return 0;
    table->used++;
    struct place *place = &table->places[at];
    table->first_free = place->next_free;
    place->pending = *pending;
    place->use = ++table->uses;
    return place->use << PLACE_BITS | at;
}

static struct place *find(struct pending_table *table, uint64_t id)
{
    size_t at = id & ((1u << PLACE_BITS) - 1);
    uint64_t use = id >> PLACE_BITS;
    return use && at < table->capacity && table->places[at].use == use ? &table->places[at] : NULL;
}

struct pending *pending_find(struct pending_table *table, uint64_t id)
{
    struct place *place = find(table, id);
    return place ? &place->pending : NULL;
}

void pending_remove(struct pending_table *table, uint64_t id)
{
    struct place *place = find(table, id);
    if (!place)
        return;
    place->use = 0;
    table->used--;
    place->next_free = table->first_free;
    table->first_free = (size_t)(place - table->places);
}

bool pending_any(const struct pending_table *table, bool (*is_meant)(enum request_kind kind))
{
    for (size_t i = 0; i < table->capacity && table->used; i++)
        if (table->places[i].use && is_meant(table->places[i].pending.kind))
            return true;
    return false;
}
