/* waiting.c - bookings that changed at once and are stored after, and notes to people. Both wait in one list
 * until there is room for them among an event's actions. */
#include "gateway/booking/timetable_private.h"

static void wait_in_list(struct timetable *timetable, struct entry *entry)
{
    if (entry->waits)
        return;
    entry->waits = true;
    entry->next = NULL;
    if (timetable->waiting == NULL)
        timetable->waiting_end = &timetable->waiting;
    *timetable->waiting_end = entry;
    timetable->waiting_end = &entry->next;
}

void entry_changed(struct timetable *timetable, struct entry *entry)
{
    entry->unsaved = true;
    entry->retry = INT64_MIN; /* it has news, whatever was to be tried again */
    wait_in_list(timetable, entry);
}

void entry_note(struct timetable *timetable, struct entry *entry, enum booking_note note)
{
    entry->note = note;
    wait_in_list(timetable, entry);
}

void entry_note_stored(struct timetable *timetable, struct entry *entry, enum booking_note note)
{
    entry->stored_note = note;
    wait_in_list(timetable, entry);
}

/* One about what the ledger has still to hear of goes with that. */
static bool can_tell(const struct entry *entry)
{
    return entry->stored_note != BOOKING_NOTE_NONE || (entry->note != BOOKING_NOTE_NONE && !entry->unsaved);
}

static void tell(struct entry *entry, struct booking_actions *actions)
{
    struct booking_action *action = action_add(actions, BOOKING_ACTION_NOTIFY, &entry->booking);
    action->is_stored = entry->stored_note != BOOKING_NOTE_NONE;
    enum booking_note *note = action->is_stored ? &entry->stored_note : &entry->note;
    action->note = *note;
    *note = BOOKING_NOTE_NONE;
}

static bool can_store(const struct entry *entry, struct booking_time now)
{
    return entry->unsaved && entry->booking.ticket == 0 && entry->booking.id != 0 &&
           now.monotonic >= entry->retry;
}

void entry_answer_end(struct entry *entry, struct booking_actions *actions)
{
    if (entry->asked != 0 && entry_is_settled(entry))
        action_answer(actions, entry->asked, BOOKING_OK, &entry->booking);
    entry->asked = 0;
}

bool entry_send(struct timetable *timetable, struct entry *entry, struct booking_time now,
                struct booking_actions *actions)
{
    /* An end frees its time with what tells the ledger of it, so that nobody gets the time before; whoever
     * comes then waits for a verified safe rig and for no tear-down. */
    int64_t teardown = entry_is_settled(entry) ? entry->booking.teardown : 0;
    entry_hold_until(timetable, entry, entry->booking.ends - teardown);
    bool sent = flight_change(timetable, entry, NULL, CHANGE_NOTHING, 0, actions);
    if (sent)
        entry_answer_end(entry, actions);
    else
        entry->retry = now.monotonic + BOOKING_RETRY;
    return sent;
}

/* What the ledger must hear of goes before what people do. */
void timetable_settle(struct timetable *timetable, struct booking_time now, struct booking_actions *actions)
{
    for (struct entry *entry = timetable->waiting; entry != NULL; entry = entry->next)
        if (can_store(entry, now) && actions_have_room(actions, 2))
            entry_send(timetable, entry, now, actions);
    struct entry **place = &timetable->waiting;
    while (*place != NULL) {
        struct entry *entry = *place;
        while (can_tell(entry) && actions_have_room(actions, 1))
            tell(entry, actions);
        if (entry->unsaved || can_tell(entry)) {
            place = &entry->next;
            continue;
        }
        *place = entry->next;
        entry->waits = false;
    }
    timetable->waiting_end = place;
}

void timetable_unwait(struct timetable *timetable, struct entry *entry)
{
    struct entry **place = &timetable->waiting;
    while (*place != NULL && *place != entry)
        place = &(*place)->next;
    if (*place == NULL)
        return;
    *place = entry->next;
    entry->waits = false;
    while (*place != NULL)
        place = &(*place)->next;
    timetable->waiting_end = place;
}

bool timetable_is_settling(const struct timetable *timetable, struct booking_time now, int64_t *due)
{
    for (const struct entry *entry = timetable->waiting; entry != NULL; entry = entry->next) {
        int64_t at = can_tell(entry)              ? now.monotonic
                     : entry->booking.ticket != 0 ? now.monotonic + BOOKING_RETRY
                                                  : entry->retry;
        *due = at < *due ? at : *due;
    }
    return timetable->waiting != NULL;
}
