/* hold.c - the time that bookings hold: on their rig, and on what that rig shares with others. */
#include "gateway/booking/timetable_private.h"

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

static struct entry *touching(const struct timeline *line, int64_t from, int64_t until,
                              const struct entry *but)
{
    const struct timeline_span *span = timeline_conflict(line, from, until);
    if (span == NULL || span->owner != but)
        return span != NULL ? span->owner : NULL;
    struct timeline_cursor cursor = timeline_seek(line, from);
    while ((span = timeline_next(&cursor)) != NULL && span->from < until)
        if (span->owner != but)
            return span->owner;
    return NULL;
}

static bool share_a_line(const struct timetable *timetable, uint16_t rig, uint16_t other)
{
    bool share = rig == other;
    for (size_t i = 1; !share && i < line_count(timetable, rig); i++)
        for (size_t k = 1; !share && k < line_count(timetable, other); k++)
            share = line_of(timetable, rig, i) == line_of(timetable, other, k);
    return share;
}

bool places_meet(const struct timetable *timetable, const struct booking_wish *place,
                 const struct booking_wish *other)
{
    const struct timetable_rig *rig = &timetable->rigs[place->rig].policy;
    const struct timetable_rig *others = &timetable->rigs[other->rig].policy;
    return place->starts - rig->setup < other->ends + others->teardown &&
           other->starts - others->setup < place->ends + rig->teardown &&
           share_a_line(timetable, place->rig, other->rig);
}

/* It moved at once, and the ledger has not heard of it. */
static bool has_left(const struct timetable *timetable, const struct entry *entry, uint16_t rig, int64_t from,
                     int64_t until)
{
    return entry->left.rig != BOOKING_ANY_RIG && entry->booking.starts - entry->left.setup < until &&
           from < entry->booking.ends + entry->left.teardown && share_a_line(timetable, rig, entry->left.rig);
}

void entry_note_place(struct entry *entry)
{
    entry->moved_from = entry->booking.rig;
    entry->setup_before = entry->booking.setup;
    entry->teardown_before = entry->booking.teardown;
    entry->starts_before = entry->booking.starts;
    entry->ends_before = entry->booking.ends;
}

/* It makes room with what is on its way to the ledger, or is on its way itself, and is there again if the
 * ledger says no. */
static bool may_return(const struct timetable *timetable, const struct entry *entry, uint16_t rig,
                       int64_t from, int64_t until)
{
    return entry->moved_from != BOOKING_ANY_RIG && entry->starts_before - entry->setup_before < until &&
           from < entry->ends_before + entry->teardown_before &&
           share_a_line(timetable, rig, entry->moved_from);
}

/* Until the ledger has answered such a place is nobody else's. */
static struct entry *kept_there(const struct timetable *timetable, uint16_t rig, int64_t from, int64_t until,
                                const struct entry *but)
{
    for (size_t i = 0; i < timetable->flights.count; i++) {
        const struct flight *flight = timetable->flights.list[i];
        for (size_t k = 0; k < flight->count; k++) {
            struct entry *entry = flight->entries[k];
            if (entry != but && (may_return(timetable, entry, rig, from, until) ||
                                 has_left(timetable, entry, rig, from, until)))
                return entry;
        }
    }
    for (struct entry *entry = timetable->waiting; entry != NULL; entry = entry->next)
        if (entry != but && has_left(timetable, entry, rig, from, until))
            return entry;
    return NULL;
}

struct entry *timetable_in_the_way(const struct timetable *timetable, uint16_t rig, int64_t from,
                                   int64_t until, const struct entry *but)
{
    struct entry *found = NULL;
    for (size_t i = 0; found == NULL && i < line_count(timetable, rig); i++)
        found = touching(line_of(timetable, rig, i), from, until, but);
    return found != NULL ? found : kept_there(timetable, rig, from, until, but);
}

bool entry_would_meet(const struct timetable *timetable, const struct entry *entry, uint16_t rig,
                      int64_t from, int64_t until)
{
    return entry->holds && entry->held_from < until && from < entry->held_until &&
           share_a_line(timetable, rig, entry->held_rig);
}

static void remove_from(struct timetable *timetable, struct entry *entry, size_t lines)
{
    while (lines-- > 0)
        timeline_remove(line_of(timetable, entry->held_rig, lines), entry->held_from, entry);
}

enum timeline_result entry_hold(struct timetable *timetable, struct entry *entry)
{
    const struct booking *booking = &entry->booking;
    entry->held_rig = booking->rig;
    entry->held_from = booking->starts - booking->setup;
    entry->held_until = booking->ends + booking->teardown;
    for (size_t i = 0; i < line_count(timetable, entry->held_rig); i++) {
        enum timeline_result result = timeline_insert(line_of(timetable, entry->held_rig, i),
                                                      entry->held_from, entry->held_until, entry);
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
        remove_from(timetable, entry, line_count(timetable, entry->held_rig));
    timetable->queue.look |= entry->holds;
    entry->holds = false;
}

void entry_set_state(struct timetable *timetable, struct entry *entry, enum booking_state state)
{
    struct rig_table *table = &timetable->rigs[entry->booking.rig];
    bool was_open = !entry_is_settled(entry);
    entry->booking.state = state;
    entry->person->open += !entry_is_settled(entry) - was_open;
    if (state == BOOKING_LIVE && entry->booking.starts > table->latest_live)
        table->latest_live = entry->booking.starts;
}

static bool resize(struct timetable *timetable, struct entry *entry, size_t lines, int64_t until)
{
    for (size_t i = 0; i < lines; i++)
        if (timeline_resize(line_of(timetable, entry->held_rig, i), entry->held_from, entry, until) !=
            TIMELINE_OK) {
            resize(timetable, entry, i, entry->held_until);
            return false;
        }
    return true;
}

bool entry_hold_until(struct timetable *timetable, struct entry *entry, int64_t ends)
{
    if (!entry->holds)
        return true;
    int64_t until = ends + entry->booking.teardown;
    until = until > entry->held_from ? until : entry->held_from + 1;
    if (!resize(timetable, entry, line_count(timetable, entry->held_rig), until))
        return false;
    timetable->queue.look |= until < entry->held_until;
    entry->held_until = until;
    return true;
}
