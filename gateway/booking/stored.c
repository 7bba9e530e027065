/* stored.c - what the ledger answers to a STORE. */
#include "gateway/booking/timetable_private.h"

static const enum booking_result said[] = {
    [BOOKING_STORED] = BOOKING_OK,
    [BOOKING_STORED_REUSED] = BOOKING_REUSED_KEY,
    [BOOKING_STORED_CONFLICT] = BOOKING_OVERLAPS,
    [BOOKING_STORED_FAILED] = BOOKING_NOT_STORED,
};

/* ---- new bookings -------------------------------------------------------------------------------------- */

static void drop_new(struct timetable *timetable, struct flight *flight)
{
    for (size_t i = flight->count; i-- > flight->moved;) {
        booking_attend(&timetable->setup.attend);
        entry_destroy(timetable, flight->entries[i]);
    }
    struct entry_list moved = {.list = flight->entries, .count = flight->moved};
    bind_undo(timetable, &moved);
}

/* Who made room is where they are now; who was told to go, went. */
static void keep_moved(struct timetable *timetable, struct flight *flight)
{
    for (size_t i = 0; i < flight->moved; i++) {
        struct entry *entry = flight->entries[i];
        entry->moved_from = BOOKING_ANY_RIG;
        if (flight->rows[i].state == BOOKING_CANCELLED) {
            entry->booking.why = flight->rows[i].why;
            entry->booking.charged = false;
            entry_set_state(timetable, entry, BOOKING_CANCELLED);
        }
    }
}

static void take_revision(struct entry *entry, const struct booking *row)
{
    entry->booking.revision = row->revision;
    entry->booking.revised = row->revised;
}

/* What was tentative is there under the ledger's ids. */
static void confirm(struct timetable *timetable, struct flight *flight, const struct booking *rows,
                    struct booking_time now, struct booking_actions *actions)
{
    keep_moved(timetable, flight);
    flight_notes_stored(timetable, flight, true);
    for (size_t i = 0; i < flight->count; i++)
        take_revision(flight->entries[i], &rows[i]);
    for (size_t i = flight->moved; i < flight->count; i++) {
        struct entry *entry = flight->entries[i];
        booking_attend(&timetable->setup.attend);
        entry->booking.id = rows[i].id;
        entry->booking.bundle = rows[i].bundle;
        entry_set_state(timetable, entry, flight->rows[i].state);
        entries_insert(&timetable->by_id, entries_find_id(&timetable->by_id, rows[i].id), entry);
        keys_add(&timetable->keys, entry);
    }
    action_answer(actions, flight->request, BOOKING_OK, &flight->entries[flight->moved]->booking)->is_new =
        true;
    for (size_t i = flight->moved; i < flight->count && actions_have_room(actions, 2); i++)
        entry_advance(timetable, flight->entries[i], now, actions);
}

/* New bookings, or the repeat of a request: then the first ones are the answer and the new ones go. */
static void stored_new(struct timetable *timetable, struct flight *flight, const struct booking_event *event,
                       struct booking_time now, struct booking_actions *actions)
{
    const struct booking *rows = event->stored.rows;
    enum booking_result result = said[event->stored.result];
    size_t at = flight->moved, added = flight->count - at;
    bool all = event->stored.count == flight->count;
    const struct booking *row = event->stored.count > 0 ? &rows[all && result == BOOKING_OK ? at : 0] : NULL;
    struct entry *first = row != NULL && row->id != 0 ? timetable_entry(timetable, row->id) : NULL;
    bool is_new = result == BOOKING_OK && row != NULL && row->id != 0 && first == NULL && all &&
                  row->state == flight->rows[at].state && flight->entries[at]->holds;
    if (is_new && entries_reserve(&timetable->by_id, added) && keys_reserve(&timetable->keys, 1)) {
        confirm(timetable, flight, rows, now, actions);
        queue_remove(&timetable->queue, flight->offer);
        return;
    }
    if (is_new)
        result = BOOKING_BUSY;
    struct booking shown = row != NULL ? *row : (struct booking){0};
    size_t refused = event->stored.at >= at && event->stored.at < flight->count ? event->stored.at : at;
    shown.rig = flight->rows[refused].rig;
    struct booking_action *answer = action_answer(actions, flight->request, result,
                                                  first != NULL                 ? &first->booking
                                                  : row != NULL && row->id != 0 ? &shown
                                                                                : NULL);
    answer->at = refused - at;
    drop_new(timetable, flight);
    struct queue_ticket *ticket = queue_find(&timetable->queue, flight->offer);
    if (ticket != NULL) { /* it waits again, without what it was offered */
        ticket->stage = QUEUE_WAITS;
        ticket->unsaved = true;
        timetable->queue.look = true;
    }
}

/* ---- changes ------------------------------------------------------------------------------------------- */

/* What has ended meanwhile stays so. */
static void apply(struct timetable *timetable, struct entry *entry, const struct flight *flight)
{
    const struct booking *row = &flight->rows[0];
    struct booking *booking = &entry->booking;
    if (flight->change == CHANGE_PLACE)
        entry->moved_from = BOOKING_ANY_RIG;
    if (entry_is_settled(entry) && flight->change != CHANGE_NOTHING) {
        entry_changed(timetable, entry);
        return;
    }
    switch (flight->change) {
    case CHANGE_STATE:
        booking->why = row->why;
        booking->charged = row->charged;
        entry_set_state(timetable, entry, row->state);
        break;
    case CHANGE_LIVE:
        booking->session = row->session;
        entries_insert(&timetable->by_session, entries_find_session(&timetable->by_session, row->session),
                       entry); /* room was reserved */
        entry_set_state(timetable, entry, row->state);
        break;
    case CHANGE_END:
        booking->ends = row->ends;
        entry_hold_until(timetable, entry, row->ends);
        break;
    case CHANGE_HOLDER:
        entry_give(timetable, entry, row->account, row->group);
        entry_set_state(timetable, entry, row->state);
        break;
    case CHANGE_PLACE:
        entry->warned = false;
        break;
    case CHANGE_NOTHING:
    case CHANGE_NEW:
        break;
    }
}

/* Later ends were held already. */
static void undo(struct timetable *timetable, struct entry *entry, const struct flight *flight)
{
    if (flight->change == CHANGE_END)
        entry_hold_until(timetable, entry, entry->booking.ends);
    if (flight->change == CHANGE_PLACE)
        entry_return(timetable, entry);
    if (flight->had_unsaved || flight->change == CHANGE_NOTHING)
        entry_changed(timetable, entry);
}

static void extend_session(struct entry *entry, struct booking_time now, struct booking_actions *actions)
{
    if (!entry->booking.begun)
        return;
    entry->until = now.monotonic + (entry->booking.ends - now.wall) * BOOKING_MILLISECOND;
    action_add(actions, BOOKING_ACTION_EXTEND, &entry->booking)->until = entry->until;
}

/* Quarantine came while the ledger was storing that it is live: it never begins, and the lab was at fault. */
static bool comes_too_late(const struct timetable *timetable, const struct entry *entry,
                           const struct flight *flight)
{
    return flight->change == CHANGE_LIVE && entry->booking.state == BOOKING_LIVE &&
           entry->booking.kind != BOOKING_MAINTENANCE &&
           timetable->rigs[entry->booking.rig].state == BOOKING_RIG_QUARANTINED;
}

static void end_unbegun(struct timetable *timetable, struct entry *entry, struct booking_time now,
                        struct booking_actions *actions)
{
    entry->booking.why = BOOKING_WHY_QUARANTINE;
    entry->booking.charged = false;
    entry_note(timetable, entry, BOOKING_NOTE_CANCELLED);
    entry_end_session(timetable, entry, now, actions);
}

static void stored_change(struct timetable *timetable, const struct flight *flight,
                          const struct booking_event *event, struct booking_time now,
                          struct booking_actions *actions)
{
    struct entry *entry = flight->entries[0];
    bool stored = event->stored.result == BOOKING_STORED;
    if (stored && event->stored.count == 1)
        take_revision(entry, &event->stored.rows[0]);
    if (stored && flight->rows[0].rig == entry->booking.rig)
        entry->left.rig = BOOKING_ANY_RIG;
    flight_notes_stored(timetable, flight, stored);
    if (stored)
        apply(timetable, entry, flight);
    else
        undo(timetable, entry, flight);
    if (event->stored.result == BOOKING_STORED_CONFLICT && event->stored.count > 0 &&
        event->stored.rows[0].id == entry->booking.id) { /* the ledger knows better, as after a restore */
        entry_set_state(timetable, entry, event->stored.rows[0].state);
        entry->unsaved = false;
    } else if (!stored)
        entry->retry = now.monotonic + (flight->request == 0 ? BOOKING_RETRY : 0);
    if (flight->request != 0)
        action_answer(actions, flight->request, stored ? BOOKING_OK : BOOKING_NOT_STORED, &entry->booking);
    if (stored && flight->change == CHANGE_END)
        extend_session(entry, now, actions);
    if (stored && comes_too_late(timetable, entry, flight))
        end_unbegun(timetable, entry, now, actions);
    if (entry_is_settled(entry) && !entry->unsaved) {
        entry_let_go(timetable, entry);
        entry_answer_end(entry, actions);
    } else
        entry_advance(timetable, entry, now, actions);
}

void timetable_stored(struct timetable *timetable, const struct booking_event *event, struct booking_time now,
                      struct booking_actions *actions)
{
    struct flight *flight = flight_take(timetable, event->stored.ticket);
    if (flight == NULL)
        return;
    if (flight->change == CHANGE_NEW)
        stored_new(timetable, flight, event, now, actions);
    else
        stored_change(timetable, flight, event, now, actions);
    flight_end(flight);
}
