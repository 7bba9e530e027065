/* stored.c - what the ledger answers to a STORE. */
#include "gateway/booking/timetable_private.h"

#include <stdlib.h>

static const enum booking_result said[] = {
    [BOOKING_STORED] = BOOKING_OK,
    [BOOKING_STORED_REUSED] = BOOKING_REUSED_KEY,
    [BOOKING_STORED_CONFLICT] = BOOKING_OVERLAPS,
    [BOOKING_STORED_FAILED] = BOOKING_NOT_STORED,
};

static void drop_entries(struct timetable *timetable, struct flight *flight)
{
    for (size_t i = 0; i < flight->count; i++) {
        entry_let_go(timetable, flight->entries[i]);
        free(flight->entries[i]);
    }
}

/* What was tentative is confirmed under the ledger's ids. */
static void confirm(struct timetable *timetable, struct flight *flight, const struct booking *rows,
                    struct booking_time now, struct booking_actions *actions)
{
    for (size_t i = 0; i < flight->count; i++) {
        struct entry *entry = flight->entries[i];
        entry->booking.id = rows[i].id;
        entry->booking.bundle = rows[i].bundle;
        entry->booking.state = BOOKING_CONFIRMED;
        entries_insert(&timetable->by_id, entries_find_id(&timetable->by_id, rows[i].id), entry);
        keys_add(&timetable->keys, entry);
    }
    action_answer(actions, flight->request, BOOKING_OK, &flight->entries[0]->booking);
    for (size_t i = 0; i < flight->count && actions->capacity - actions->count >= 2; i++)
        entry_advance(timetable, flight->entries[i], now, actions);
}

/* New bookings, or the repeat of a request: then the first ones are the answer and the new ones go. */
static void stored_new(struct timetable *timetable, struct flight *flight, const struct booking_event *event,
                       struct booking_time now, struct booking_actions *actions)
{
    const struct booking *rows = event->stored.rows;
    enum booking_result result = said[event->stored.result];
    bool shows = event->stored.count > 0 && rows[0].id != 0;
    struct entry *first = shows ? timetable_entry(timetable, rows[0].id) : NULL;
    bool is_new = result == BOOKING_OK && first == NULL && event->stored.count == flight->count &&
                  rows[0].state == BOOKING_CONFIRMED && flight->entries[0]->holds;
    if (is_new && entries_reserve(&timetable->by_id, flight->count) && keys_reserve(&timetable->keys, 1)) {
        confirm(timetable, flight, rows, now, actions);
        return;
    }
    if (is_new)
        result = BOOKING_BUSY;
    struct booking row = shows ? rows[0] : (struct booking){0};
    row.rig = flight->rows[event->stored.at < flight->count ? event->stored.at : 0].rig;
    struct booking_action *answer = action_answer(actions, flight->request, result,
                                                  first != NULL ? &first->booking
                                                  : shows       ? &row
                                                                : NULL);
    answer->at = event->stored.at;
    drop_entries(timetable, flight);
}

static void stored_change(struct timetable *timetable, const struct flight *flight,
                          const struct booking_event *event, struct booking_time now,
                          struct booking_actions *actions)
{
    struct entry *entry = flight->entries[0];
    bool stored = event->stored.result == BOOKING_STORED;
    if (stored)
        entry_set_state(timetable, entry, flight->wanted);
    else if (event->stored.result == BOOKING_STORED_CONFLICT && event->stored.count > 0)
        entry_set_state(timetable, entry,
                        event->stored.rows[0].state); /* the ledger knows better, as after a restore */
    else
        entry->retry = now.monotonic + (flight->request == 0 ? BOOKING_RETRY : 0);
    if (flight->request != 0)
        action_answer(actions, flight->request, stored ? BOOKING_OK : BOOKING_NOT_STORED, &entry->booking);
    if (entry_is_settled(entry) && event->stored.result != BOOKING_STORED_FAILED)
        entry_let_go(timetable, entry);
    else
        entry_advance(timetable, entry, now, actions);
}

void timetable_stored(struct timetable *timetable, const struct booking_event *event, struct booking_time now,
                      struct booking_actions *actions)
{
    struct flight *flight = flight_take(timetable, event->stored.ticket);
    if (flight == NULL)
        return;
    if (flight->is_new)
        stored_new(timetable, flight, event, now, actions);
    else
        stored_change(timetable, flight, event, now, actions);
    flight_end(flight);
}
