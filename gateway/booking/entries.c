#include "gateway/booking/timetable_private.h"

#include <stdlib.h>
#include <string.h>

static bool entries_reserve(struct entry_list *entries, size_t more)
{
    if (entries->room - entries->count >= more)
        return true;
    size_t room = entries->room > 0 ? 2 * entries->room : 16;
    struct entry **grown = realloc(entries->list, room * sizeof(struct entry *));
    if (grown == NULL)
        return false;
    entries->list = grown;
    entries->room = room;
    return true;
}

bool entries_insert(struct entry_list *entries, size_t at, struct entry *entry)
{
    if (!entries_reserve(entries, 1))
        return false;
    memmove(entries->list + at + 1, entries->list + at, (entries->count - at) * sizeof *entries->list);
    entries->list[at] = entry;
    entries->count++;
    return true;
}

void entries_remove(struct entry_list *entries, const struct entry *entry)
{
    for (size_t i = 0; i < entries->count; i++) {
        if (entries->list[i] != entry)
            continue;
        entries->count--;
        memmove(entries->list + i, entries->list + i + 1, (entries->count - i) * sizeof *entries->list);
        return;
    }
}

size_t entries_find_id(const struct entry_list *by_id, uint64_t id)
{
    size_t low = 0, high = by_id->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_id->list[middle]->booking.id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct entry *timetable_entry(const struct timetable *timetable, uint64_t id)
{
    size_t at = entries_find_id(&timetable->by_id, id);
    return at < timetable->by_id.count && timetable->by_id.list[at]->booking.id == id
               ? timetable->by_id.list[at]
               : NULL;
}

int64_t entry_busy_from(const struct entry *entry)
{
    return entry->booking.starts - entry->booking.setup;
}

int64_t entry_busy_until(const struct entry *entry)
{
    return entry->booking.ends + entry->booking.teardown;
}

size_t entries_before(const struct entry_list *coming, int64_t time)
{
    size_t low = 0, high = coming->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (entry_busy_from(coming->list[middle]) < time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool entry_is_settled(const struct entry *entry)
{
    return entry->booking.state == BOOKING_ENDED || entry->booking.state == BOOKING_CANCELLED;
}
