#include "gateway/bus/pace.h"

void pace_add(struct pace *pace, struct pace_entry *entry, int64_t due, int64_t now)
{
    if (pace->count == 0)
        pace->tick = now / PACE_TICK;
    int64_t tick = (due + PACE_TICK - 1) / PACE_TICK;
    if (tick < pace->tick)
        tick = pace->tick;
    struct pace_entry **slot = &pace->slots[tick % PACE_SLOTS];
    entry->next = *slot;
    entry->link = slot;
    if (entry->next)
        entry->next->link = &entry->next;
    *slot = entry;
    pace->count++;
}

void pace_remove(struct pace *pace, struct pace_entry *entry)
{
    *entry->link = entry->next;
    if (entry->next)
        entry->next->link = entry->link;
    *entry = (struct pace_entry){0};
    pace->count--;
}

struct pace_entry *pace_take(struct pace *pace, int64_t now)
{
    if (pace->count == 0)
        return NULL;
    while (pace->tick < now / PACE_TICK && !pace->slots[pace->tick % PACE_SLOTS])
        pace->tick++;
    struct pace_entry *entry = pace->tick <= now / PACE_TICK ? pace->slots[pace->tick % PACE_SLOTS] : NULL;
    if (entry)
        pace_remove(pace, entry);
    return entry;
}

int64_t pace_next(const struct pace *pace)
{
    int64_t tick = pace->tick;
    if (pace->count == 0)
        return INT64_MAX;
    while (!pace->slots[tick % PACE_SLOTS])
        tick++;
    return tick * PACE_TICK;
}
