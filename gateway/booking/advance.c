/* advance.c - what the passing of time does to bookings: sessions begin and end, those that nobody uses are
 * freed, and what the ledger did not take is offered again. */
#include "gateway/booking/timetable_private.h"

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

static void begin_session(struct timetable *timetable, struct entry *entry, struct booking_time now,
                          struct booking_actions *actions)
{
    entry->booking.begun = true;
    entry->until = now.monotonic + (entry->booking.ends - now.wall) * BOOKING_MILLISECOND;
    entry->begun_at = now.monotonic;
    entry->warned = false;
    shares_begin(timetable, entry, now.wall);
    action_add(actions, BOOKING_ACTION_BEGIN, &entry->booking)->until = entry->until;
}

void entry_end_session(struct timetable *timetable, struct entry *entry, struct booking_time now,
                       struct booking_actions *actions)
{
    struct booking *booking = &entry->booking;
    if (now.wall < booking->ends)
        booking->ends = now.wall > booking->starts ? now.wall : booking->starts;
    entry_set_state(timetable, entry, BOOKING_ENDED);
    if (booking->begun) {
        shares_end(timetable, entry);
        action_add(actions, BOOKING_ACTION_END, booking);
    }
    booking->begun = false;
    entry_changed(timetable, entry);
    if (booking->ticket == 0)
        entry_send(timetable, entry, now, actions);
}

static bool is_over(const struct entry *entry, struct booking_time now)
{
    return now.wall >= entry->booking.ends || (entry->booking.begun && now.monotonic >= entry->until);
}

/* ---- no-shows (promise B6) ----------------------------------------------------------------------------- */

/* How long it may stay unused; 0: as long as it lasts. */
static int64_t grace_of(const struct timetable *timetable, const struct entry *entry)
{
    const struct booking_policy *policy = timetable_policy(timetable, &entry->booking);
    bool counts = !entry->booking.used && entry->booking.begun && entry->booking.kind != BOOKING_MAINTENANCE;
    int64_t grace = policy != NULL ? policy->grace : timetable->setup.grace;
    return counts ? grace * BOOKING_MILLISECOND : 0;
}

/* Who cannot use it is not missing: while the rig is out the time of grace has not begun. True: it has ended.
 */
static bool end_unused(struct timetable *timetable, struct entry *entry, struct booking_time now,
                       struct booking_actions *actions)
{
    int64_t grace = grace_of(timetable, entry);
    if (grace == 0)
        return false;
    if (timetable->rigs[entry->booking.rig].state != BOOKING_RIG_READY)
        entry->begun_at = now.monotonic;
    if (now.monotonic - entry->begun_at >= grace / 2 && !entry->warned) {
        entry->warned = true;
        entry_note(timetable, entry, BOOKING_NOTE_UNUSED);
    }
    if (now.monotonic - entry->begun_at < grace)
        return false;
    entry->booking.why = BOOKING_WHY_NO_SHOW;
    if (now.wall > entry->person->no_show)
        entry->person->no_show = now.wall;
    entry_note(timetable, entry, BOOKING_NOTE_NO_SHOW); /* it goes with the end to the ledger */
    entry_end_session(timetable, entry, now, actions);
    return true;
}

/* ---- one step ------------------------------------------------------------------------------------------ */

/* What began on a rig that is closing would be lost with what it was. */
static void advance_live(struct timetable *timetable, struct entry *entry, struct booking_time now,
                         struct booking_actions *actions)
{
    bool plausible = timetable_clock_plausible(timetable, now.wall);
    bool closing = timetable->rigs[entry->booking.rig].closing;
    if (entry->booking.begun ? is_over(entry, now) : plausible && is_over(entry, now))
        entry_end_session(timetable, entry, now, actions);
    else if (!entry->booking.begun && !closing && plausible && now.wall >= entry->booking.starts)
        begin_session(timetable, entry, now, actions);
    else if (entry->booking.begun)
        end_unused(timetable, entry, now, actions);
}

static void store(struct timetable *timetable, struct entry *entry, const struct booking *wanted,
                  enum change change, struct booking_time now, struct booking_actions *actions)
{
    if (!flight_change(timetable, entry, wanted, change, 0, actions))
        entry->retry = now.monotonic + BOOKING_RETRY;
}

/* A clock that somebody set back and vouched for makes room before a session that is live, or is about to be.
 */
static bool rig_is_taken(const struct timetable *timetable, const struct entry *entry,
                         struct booking_time now)
{
    const struct entry *other;
    for (struct walk walk = walk_due(timetable, entry->booking.rig, now);
         (other = walk_next(&walk)) != NULL;) {
        bool becomes_live = other->booking.state == BOOKING_CONFIRMED && other->booking.ticket != 0 &&
                            other->booking.starts <= now.wall;
        if (other != entry && (other->booking.state == BOOKING_LIVE || becomes_live))
            return true;
    }
    return false;
}

static void advance_confirmed(struct timetable *timetable, struct entry *entry, struct booking_time now,
                              struct booking_actions *actions)
{
    if (!timetable_clock_plausible(timetable, now.wall) || now.wall < entry->booking.starts)
        return;
    struct booking wanted = entry->booking;
    if (is_over(entry, now)) { /* it passed while the gateway was down */
        wanted.state = BOOKING_ENDED;
        wanted.why = BOOKING_WHY_DOWN;
        wanted.charged = false;
        store(timetable, entry, &wanted, CHANGE_STATE, now, actions);
        return;
    }
    bool out = timetable->rigs[wanted.rig].state == BOOKING_RIG_QUARANTINED;
    if (out && wanted.kind != BOOKING_MAINTENANCE)
        return; /* rehome.c has it */
    if (rig_is_taken(timetable, entry, now) ||
        !entries_reserve(&timetable->by_session, timetable->flights.count + 1)) {
        entry->retry = now.monotonic + BOOKING_RETRY;
        return;
    }
    wanted.state = BOOKING_LIVE;
    wanted.session = timetable->next_session++;
    store(timetable, entry, &wanted, CHANGE_LIVE, now, actions);
}

static void expire(struct timetable *timetable, struct entry *entry, struct booking_time now)
{
    if (!timetable_clock_plausible(timetable, now.wall) || now.wall < entry->booking.starts)
        return;
    entry->booking.why = BOOKING_WHY_EXPIRED;
    entry->booking.charged = false;
    entry_set_state(timetable, entry, BOOKING_CANCELLED);
    entry_changed(timetable, entry);
    entry_note(timetable, entry, BOOKING_NOTE_EXPIRED);
}

void entry_advance(struct timetable *timetable, struct entry *entry, struct booking_time now,
                   struct booking_actions *actions)
{
    if (entry->booking.state == BOOKING_LIVE && (entry->booking.begun || entry->booking.ticket == 0))
        advance_live(timetable, entry, now, actions);
    else if (entry->booking.ticket != 0 || now.monotonic < entry->retry)
        return;
    else if (entry->booking.state == BOOKING_CONFIRMED)
        advance_confirmed(timetable, entry, now, actions);
    else if (entry->booking.state == BOOKING_PENDING)
        expire(timetable, entry, now);
}

/* ---- what is due --------------------------------------------------------------------------------------- */

void timetable_pass_time(struct timetable *timetable, struct booking_time now,
                         struct booking_actions *actions)
{
    timetable_believe(timetable, now.wall);
    struct entry *entry;
    for (size_t rig = 0; rig < timetable->rig_count; rig++)
        for (struct walk walk = walk_due(timetable, rig, now); (entry = walk_next(&walk)) != NULL;)
            if (entry->booking.state == BOOKING_LIVE)
                entry_advance(timetable, entry, now, actions);
    timetable_rehome(timetable, now);
    for (size_t rig = 0; rig < timetable->rig_count; rig++)
        for (struct walk walk = walk_due(timetable, rig, now); (entry = walk_next(&walk)) != NULL;)
            if (actions_have_room(actions, 2 + REHOME_ACTIONS))
                entry_advance(timetable, entry, now, actions);
    timetable->queue.look = true;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t entry_deadline(const struct timetable *timetable, const struct entry *entry,
                              struct booking_time now)
{
    const struct booking *booking = &entry->booking;
    if (entry_is_settled(entry) || booking->state == BOOKING_OFFERED)
        return INT64_MAX; /* waiting.c and offers.c know */
    int64_t wall = booking->state == BOOKING_LIVE && booking->begun ? booking->ends : booking->starts;
    int64_t due = wall > now.wall ? INT64_MAX : now.monotonic;
    if (wall - now.wall < INT64_MAX / BOOKING_MILLISECOND / 2 && wall > now.wall)
        due = now.monotonic + (wall - now.wall) * BOOKING_MILLISECOND;
    if (!booking->begun)
        return due > entry->retry ? due : entry->retry;
    int64_t grace = grace_of(timetable, entry);
    if (grace != 0)
        due = earlier(due, entry->begun_at + (entry->warned ? grace : grace / 2));
    due = earlier(due, entry->until);
    return due > now.monotonic ? due : now.monotonic;
}

static int64_t rig_deadline(const struct timetable *timetable, size_t rig, struct booking_time now)
{
    bool plausible = timetable_clock_plausible(timetable, now.wall);
    bool out = timetable->rigs[rig].state != BOOKING_RIG_READY || timetable->rigs[rig].closing;
    int64_t next = INT64_MAX, second = now.monotonic + BOOKING_RETRY;
    struct walk walk = walk_due(timetable, rig, now);
    for (const struct timeline_span *span; (span = timeline_next(&walk.cursor)) != NULL;) {
        const struct entry *entry = span->owner;
        bool waits = (entry->booking.ticket != 0 || !plausible || out) && !entry->booking.begun;
        next = earlier(next, waits ? second : entry_deadline(timetable, entry, now));
        if (entry->booking.starts > walk.until)
            break;
    }
    return next;
}

int64_t timetable_next_deadline(const struct timetable *timetable, struct booking_time now)
{
    int64_t next = INT64_MAX, second = now.monotonic + BOOKING_RETRY;
    for (size_t rig = 0; rig < timetable->rig_count; rig++)
        next = earlier(next, rig_deadline(timetable, rig, now));
    timetable_queue_due(timetable, now, &next);
    timetable_is_settling(timetable, now, &next);
    if (next == INT64_MAX)
        return next;
    next = earlier(next, second);
    return next > now.monotonic ? next : now.monotonic;
}
