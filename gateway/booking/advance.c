/* advance.c - what the passing of time does to bookings: sessions begin and end, and what the ledger did not
 * take is offered again. */
#include "gateway/booking/timetable_private.h"

static void begin_session(struct entry *entry, struct booking_time now, struct booking_actions *actions)
{
    entry->booking.begun = true;
    entry->until = now.monotonic + (entry->booking.ends - now.wall) * BOOKING_MILLISECOND;
    action_add(actions, BOOKING_ACTION_BEGIN, &entry->booking)->until = entry->until;
}

void entry_end_session(struct timetable *timetable, struct entry *entry, struct booking_time now,
                       struct booking_actions *actions)
{
    struct booking *booking = &entry->booking;
    if (now.wall < booking->ends)
        booking->ends = now.wall > booking->starts ? now.wall : booking->starts;
    entry_shorten(timetable, entry);
    booking->state = BOOKING_ENDED;
    if (booking->begun)
        action_add(actions, BOOKING_ACTION_END, booking);
    booking->begun = false;
    entry_store_or_retry(timetable, entry, BOOKING_ENDED, now, actions);
}

static bool is_over(const struct entry *entry, struct booking_time now)
{
    return now.wall >= entry->booking.ends || (entry->booking.begun && now.monotonic >= entry->until);
}

static void advance_live(struct timetable *timetable, struct entry *entry, struct booking_time now,
                         struct booking_actions *actions)
{
    bool plausible = timetable_clock_plausible(timetable, now.wall);
    if (entry->booking.begun ? is_over(entry, now) : plausible && is_over(entry, now))
        entry_end_session(timetable, entry, now, actions);
    else if (!entry->booking.begun && plausible)
        begin_session(entry, now, actions);
}

static void advance_confirmed(struct timetable *timetable, struct entry *entry, struct booking_time now,
                              struct booking_actions *actions)
{
    if (!timetable_clock_plausible(timetable, now.wall) || now.wall < entry->booking.starts)
        return;
    if (is_over(entry, now)) { /* it passed while the gateway was down */
        entry_store_or_retry(timetable, entry, BOOKING_ENDED, now, actions);
        return;
    }
    entry->booking.session = timetable->next_session++;
    entry_store_or_retry(timetable, entry, BOOKING_LIVE, now, actions);
}

void entry_advance(struct timetable *timetable, struct entry *entry, struct booking_time now,
                   struct booking_actions *actions)
{
    if (entry->booking.ticket != 0 || now.monotonic < entry->retry)
        return;
    if (entry->booking.state == BOOKING_LIVE)
        advance_live(timetable, entry, now, actions);
    else if (entry->booking.state == BOOKING_CONFIRMED)
        advance_confirmed(timetable, entry, now, actions);
    else
        entry_store_or_retry(timetable, entry, entry->booking.state, now, actions);
}

/* A walk over what is due on a rig, and what may be live. Entries may be changed but not removed meanwhile.
 */
struct walk {
    struct timeline_cursor cursor;
    int64_t until; /* starts */
};

static struct walk walk_due(const struct timetable *timetable, size_t rig, struct booking_time now)
{
    const struct rig_table *table = &timetable->rigs[rig];
    return (struct walk){.cursor = timeline_seek(&table->coming, INT64_MIN),
                         .until = now.wall > table->latest_live ? now.wall : table->latest_live};
}

/* NULL: no more. */
static struct entry *walk_next(struct walk *walk)
{
    const struct timeline_span *span = timeline_next(&walk->cursor);
    struct entry *entry = span != NULL ? span->owner : NULL;
    return entry != NULL && entry->booking.starts <= walk->until ? entry : NULL;
}

void timetable_pass_time(struct timetable *timetable, struct booking_time now,
                         struct booking_actions *actions)
{
    timetable_believe(timetable, now.wall);
    struct entry *entry;
    for (size_t rig = 0; rig < timetable->rig_count; rig++)
        for (struct walk walk = walk_due(timetable, rig, now); (entry = walk_next(&walk)) != NULL;)
            if (entry->booking.state == BOOKING_LIVE)
                entry_advance(timetable, entry, now, actions);
    for (size_t rig = 0; rig < timetable->rig_count; rig++)
        for (struct walk walk = walk_due(timetable, rig, now); (entry = walk_next(&walk)) != NULL;)
            if (actions->capacity - actions->count >= 2)
                entry_advance(timetable, entry, now, actions);
}

static int64_t entry_deadline(const struct entry *entry, struct booking_time now)
{
    const struct booking *booking = &entry->booking;
    int64_t wall = booking->state == BOOKING_LIVE && booking->begun ? booking->ends : booking->starts;
    if (entry_is_settled(entry))
        wall = now.wall;
    int64_t due = wall > now.wall ? INT64_MAX : now.monotonic;
    if (wall - now.wall < INT64_MAX / BOOKING_MILLISECOND / 2 && wall > now.wall)
        due = now.monotonic + (wall - now.wall) * BOOKING_MILLISECOND;
    if (booking->begun && entry->until < due)
        due = entry->until;
    return due > entry->retry ? due : entry->retry;
}

int64_t timetable_next_deadline(const struct timetable *timetable, struct booking_time now)
{
    bool plausible = timetable_clock_plausible(timetable, now.wall);
    int64_t next = INT64_MAX;
    for (size_t rig = 0; rig < timetable->rig_count; rig++) {
        struct walk walk = walk_due(timetable, rig, now);
        for (const struct timeline_span *span; (span = timeline_next(&walk.cursor)) != NULL;) {
            const struct entry *entry = span->owner;
            bool waits = entry->booking.ticket != 0 || !(plausible || entry->booking.begun);
            int64_t due = waits ? now.monotonic + BOOKING_RETRY : entry_deadline(entry, now);
            if (due < next)
                next = due;
            if (entry->booking.starts > walk.until)
                break;
        }
    }
    int64_t second = now.monotonic + BOOKING_RETRY;
    return next == INT64_MAX ? next : next < second ? next : second;
}
