/* rehome.c - what is to begin soon on a rig that is out goes to another one (promise B3). */
#include "gateway/booking/timetable_private.h"

#define PASS_MAX 64                                         /* bookings of a rig at a time */
#define LOST     ((int64_t)60 * 1000 * BOOKING_MILLISECOND) /* a rig that is out for so long */
#define BACK     LOST /* and in service: it may fail again in its first safe sequence */

/* Whoever is at it gets the time back, whether it returns or not. */
static void refund_live(struct timetable *timetable, uint16_t rig)
{
    const struct booking *live = timetable_live(timetable, rig);
    struct entry *entry = live != NULL ? timetable_entry(timetable, live->id) : NULL;
    if (entry == NULL || !entry->booking.charged)
        return;
    entry->booking.charged = false;
    entry->booking.why = BOOKING_WHY_QUARANTINE;
    entry_changed(timetable, entry);
    entry_note(timetable, entry, BOOKING_NOTE_REFUNDED);
}

void timetable_rig_state(struct timetable *timetable, const struct booking_event *event,
                         struct booking_time now)
{
    if (event->rig_state.rig >= timetable->rig_count)
        return;
    struct rig_table *table = &timetable->rigs[event->rig_state.rig];
    bool was_here = table->state == BOOKING_RIG_READY || table->state == BOOKING_RIG_STOPPED;
    if (was_here && event->rig_state.state != table->state)
        table->out_since = now.monotonic;
    bool returned = table->state != BOOKING_RIG_READY && event->rig_state.state == BOOKING_RIG_READY;
    bool quarantined =
        table->state != BOOKING_RIG_QUARANTINED && event->rig_state.state == BOOKING_RIG_QUARANTINED;
    table->state = event->rig_state.state;
    table->closing = event->rig_state.closing;
    if (quarantined) {
        refund_live(timetable, event->rig_state.rig);
        timetable_withdraw(timetable, event->rig_state.rig);
    }
    if (returned)
        table->back_since = now.monotonic;
    timetable->queue.look |= table->state == BOOKING_RIG_READY;
}

static void cancel(struct timetable *timetable, struct entry *entry)
{
    entry->booking.why = BOOKING_WHY_QUARANTINE;
    entry->booking.charged = false;
    entry_set_state(timetable, entry, BOOKING_CANCELLED);
    entry_changed(timetable, entry);
    entry_note(timetable, entry, BOOKING_NOTE_CANCELLED);
}

/* `lost`: what finds no place is cancelled when it would begin. True: the ledger must hear of it. */
static bool rehome(struct timetable *timetable, struct entry *entry, bool lost, struct booking_time now)
{
    uint16_t rig = bind_elsewhere(timetable, entry, now.wall);
    struct booking before = entry->booking;
    if (rig != BOOKING_ANY_RIG && entry_move(timetable, entry, rig)) {
        entry_left(entry, &before);
        entry->warned = false;
        entry_changed(timetable, entry);
        entry_note(timetable, entry, BOOKING_NOTE_MOVED);
        return true;
    }
    if (lost && now.wall >= entry->booking.starts) {
        cancel(timetable, entry);
        return true;
    }
    if (lost && !entry->warned) {
        entry->warned = true;
        entry_note(timetable, entry, BOOKING_NOTE_RIG_OUT);
    }
    return false;
}

static size_t find_affected(const struct timetable *timetable, uint16_t rig, struct booking_time now,
                            struct entry *list[PASS_MAX])
{
    size_t count = 0;
    struct timeline_cursor cursor = timeline_seek(&timetable->rigs[rig].coming, now.wall);
    for (const struct timeline_span *span; count < PASS_MAX && (span = timeline_next(&cursor)) != NULL;) {
        struct entry *entry = span->owner;
        const struct booking *booking = &entry->booking;
        if (booking->starts > now.wall + timetable->setup.rehome_ahead)
            break;
        bool waits = booking->state == BOOKING_CONFIRMED || booking->state == BOOKING_PENDING;
        if (waits && booking->ticket == 0 && booking->kind != BOOKING_MAINTENANCE && booking->ends > now.wall)
            list[count++] = entry;
    }
    return count;
}

/* Who was told that the rig is out waits for word of it. */
static void tell_returned(struct timetable *timetable, uint16_t rig, struct booking_time now)
{
    timetable->rigs[rig].back_since = 0;
    struct timeline_cursor cursor = timeline_seek(&timetable->rigs[rig].coming, now.wall);
    for (const struct timeline_span *span; (span = timeline_next(&cursor)) != NULL;) {
        struct entry *entry = span->owner;
        if (entry->booking.starts > now.wall + timetable->setup.rehome_ahead)
            break;
        if (!entry->warned || entry->booking.state == BOOKING_LIVE || entry_is_settled(entry))
            continue;
        entry->warned = false;
        entry_note(timetable, entry, BOOKING_NOTE_RIG_BACK);
    }
}

/* Before anything moves: what goes from one rig that is out to another would go back and forth. */
static void look_who_waited(struct timetable *timetable, struct booking_time now)
{
    for (uint16_t rig = 0; rig < timetable->rig_count; rig++) {
        struct rig_table *table = &timetable->rigs[rig];
        table->waited = table->state != BOOKING_RIG_READY && now.monotonic - table->out_since >= LOST;
    }
}

void timetable_rehome(struct timetable *timetable, struct booking_time now)
{
    if (!timetable_clock_plausible(timetable, now.wall))
        return;
    size_t changed = 0;
    look_who_waited(timetable, now);
    for (uint16_t rig = 0; rig < timetable->rig_count; rig++) {
        const struct rig_table *table = &timetable->rigs[rig];
        bool ready = table->state == BOOKING_RIG_READY;
        if (ready && table->back_since != 0 && now.monotonic - table->back_since >= BACK)
            tell_returned(timetable, rig, now);
        if (!table->waited && table->state != BOOKING_RIG_QUARANTINED)
            continue;
        bool lost = table->state != BOOKING_RIG_STOPPED;
        if (lost)
            refund_live(timetable, rig);
        struct entry *list[PASS_MAX];
        size_t count = find_affected(timetable, rig, now, list);
        for (size_t i = 0; i < count && changed < REHOME_ACTIONS / 2; i++)
            changed += rehome(timetable, list[i], lost, now);
    }
}
