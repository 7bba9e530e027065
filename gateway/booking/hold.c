/* hold.c - the time that bookings hold: on their rig, and on what that rig shares with others. */
#include "gateway/booking/timetable_private.h"

int64_t entry_busy_from(const struct entry *entry)
{
    return entry->booking.starts - entry->booking.setup;
}

int64_t entry_busy_until(const struct entry *entry)
{
    return entry->booking.ends + entry->booking.teardown;
}

bool entry_is_settled(const struct entry *entry)
{
    return entry->booking.state == BOOKING_ENDED || entry->booking.state == BOOKING_CANCELLED;
}

/* A rig's timelines: 0 is its own, then those of what it shares. */
static struct timeline *line_of(const struct timetable *timetable, uint16_t rig, size_t which)
{
    struct rig_table *table = &timetable->rigs[rig];
    return which == 0 ? &table->coming : &timetable->shared[table->policy.shared[which - 1]];
}

static size_t line_count(const struct timetable *timetable, uint16_t rig)
{
    return 1 + timetable->rigs[rig].policy.shared_count;
}

const struct entry *timetable_in_the_way(const struct timetable *timetable, uint16_t rig, int64_t from,
                                         int64_t until)
{
    const struct timeline_span *span = NULL;
    for (size_t i = 0; span == NULL && i < line_count(timetable, rig); i++)
        span = timeline_conflict(line_of(timetable, rig, i), from, until);
    return span != NULL ? span->owner : NULL;
}

static void remove_from(struct timetable *timetable, struct entry *entry, size_t lines)
{
    while (lines-- > 0)
        timeline_remove(line_of(timetable, entry->booking.rig, lines), entry_busy_from(entry), entry);
}

enum timeline_result entry_hold(struct timetable *timetable, struct entry *entry)
{
    size_t count = line_count(timetable, entry->booking.rig);
    for (size_t i = 0; i < count; i++) {
        enum timeline_result result = timeline_insert(line_of(timetable, entry->booking.rig, i),
                                                      entry_busy_from(entry), entry_busy_until(entry), entry);
        if (result == TIMELINE_OK)
            continue;
        remove_from(timetable, entry, i);
        return result;
    }
    entry->holds = true;
    return TIMELINE_OK;
}

void entry_let_go(struct timetable *timetable, struct entry *entry)
{
    if (entry->holds)
        remove_from(timetable, entry, line_count(timetable, entry->booking.rig));
    entry->holds = false;
}

void entry_set_state(struct timetable *timetable, struct entry *entry, enum booking_state state)
{
    struct rig_table *table = &timetable->rigs[entry->booking.rig];
    entry->booking.state = state;
    if (state == BOOKING_LIVE && entry->booking.starts > table->latest_live)
        table->latest_live = entry->booking.starts;
}

void entry_shorten(struct timetable *timetable, struct entry *entry)
{
    if (!entry->holds)
        return;
    int64_t from = entry_busy_from(entry), until = entry_busy_until(entry);
    for (size_t i = 0; i < line_count(timetable, entry->booking.rig); i++)
        timeline_resize(line_of(timetable, entry->booking.rig, i), from, entry,
                        until > from ? until : from + 1);
}
