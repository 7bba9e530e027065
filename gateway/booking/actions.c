/* actions.c - what the timetable asks of others: answers to people, rows of the ledger, sessions of rigs. */
#include "gateway/booking/timetable_private.h"

#include <stdlib.h>
#include <string.h>

struct booking_action *action_add(struct booking_actions *actions, enum booking_action_kind kind,
                                  const struct booking *booking)
{
    struct booking_action *action = &actions->list[actions->count++];
    *action = (struct booking_action){.kind = kind, .option = POLICY_OPTION_COUNT};
    if (booking != NULL)
        action->booking = *booking;
    return action;
}

struct booking_action *action_answer(struct booking_actions *actions, uint64_t request,
                                     enum booking_result result, const struct booking *booking)
{
    struct booking_action *action = action_add(actions, BOOKING_ACTION_ANSWER, booking);
    action->request = request;
    action->result = result;
    return action;
}

bool actions_have_room(const struct booking_actions *actions, size_t more)
{
    return actions->capacity - actions->count >= more;
}

/* ---- what is on its way to the ledger ------------------------------------------------------------------ */

static bool reserve_flight(struct flight_list *flights)
{
    if (flights->count < flights->room)
        return true;
    size_t room = flights->room > 0 ? 2 * flights->room : 16;
    struct flight **grown = realloc(flights->list, room * sizeof(struct flight *));
    if (grown == NULL)
        return false;
    flights->list = grown;
    flights->room = room;
    return true;
}

static struct flight *make_flight(struct entry *const *entries, size_t count)
{
    struct flight *flight = malloc(sizeof *flight + count * sizeof(struct entry *));
    struct booking *rows = malloc(count * sizeof *rows);
    enum booking_note *notes = calloc(count, sizeof *notes);
    if (flight == NULL || rows == NULL || notes == NULL) {
        free(flight);
        free(rows);
        free(notes);
        return NULL;
    }
    *flight = (struct flight){.count = count, .rows = rows, .notes = notes};
    memcpy(flight->entries, entries, count * sizeof(struct entry *));
    return flight;
}

/* What others did to a person's booking. */
static enum booking_note note_of_state(const struct booking *before, const struct booking *row)
{
    if (before->state == BOOKING_PENDING && row->state == BOOKING_CONFIRMED)
        return BOOKING_NOTE_APPROVED;
    if (row->state != BOOKING_CANCELLED)
        return BOOKING_NOTE_NONE;
    return row->why == BOOKING_WHY_STAFF      ? BOOKING_NOTE_CANCELLED
           : row->why == BOOKING_WHY_DECLINED ? BOOKING_NOTE_DECLINED
                                              : BOOKING_NOTE_NONE;
}

/* Of a new bundle those who made room are told. */
static enum booking_note note_of(const struct entry *entry, const struct booking *row, enum change change)
{
    switch (change) {
    case CHANGE_STATE:
        return note_of_state(&entry->booking, row);
    case CHANGE_PLACE:
        return BOOKING_NOTE_RESCHEDULED;
    case CHANGE_NEW:
        return row->id == 0                              ? BOOKING_NOTE_NONE
               : row->state == BOOKING_CANCELLED         ? BOOKING_NOTE_CANCELLED
               : entry->booking.rig != entry->moved_from ? BOOKING_NOTE_MOVED
                                                         : BOOKING_NOTE_NONE;
    default:
        return BOOKING_NOTE_NONE;
    }
}

/* The note of a change that took effect at once goes with the first STORE that tells of it. */
static enum booking_note take_note(struct entry *entry)
{
    if (!entry->unsaved)
        return BOOKING_NOTE_NONE;
    enum booking_note note = entry->note;
    entry->note = BOOKING_NOTE_NONE;
    return note;
}

void flight_notes_stored(struct timetable *timetable, const struct flight *flight, bool stored)
{
    for (size_t i = 0; i < flight->count; i++) {
        struct entry *entry = flight->entries[i];
        if (flight->notes[i] == BOOKING_NOTE_NONE)
            continue;
        if (stored)
            entry_note_stored(timetable, entry, flight->notes[i]);
        else if (flight->carries && entry->note == BOOKING_NOTE_NONE)
            entry_note(timetable, entry, flight->notes[i]);
    }
}

struct flight *flight_start(struct timetable *timetable, struct entry *const *entries,
                            const struct booking *rows, size_t count, enum change change, uint64_t request,
                            struct booking_actions *actions)
{
    struct flight *flight = reserve_flight(&timetable->flights) ? make_flight(entries, count) : NULL;
    if (flight == NULL)
        return NULL;
    flight->ticket = timetable->next_ticket++;
    flight->request = request;
    flight->change = change;
    size_t shown = 0;
    for (size_t i = 0; i < count; i++) {
        booking_attend(&timetable->setup.attend);
        flight->had_unsaved |= entries[i]->unsaved;
        entries[i]->booking.ticket = flight->ticket;
        flight->rows[i] = rows != NULL ? rows[i] : entries[i]->booking;
        flight->notes[i] = note_of(entries[i], &flight->rows[i], change);
        if (flight->notes[i] == BOOKING_NOTE_NONE && change != CHANGE_NEW) {
            flight->notes[i] = take_note(entries[i]);
            flight->carries |= flight->notes[i] != BOOKING_NOTE_NONE;
        }
        entries[i]->unsaved = false;
        if (shown == i && flight->rows[i].id != 0 && i + 1 < count)
            shown++;
    }
    flight->moved = change == CHANGE_NEW ? shown : 0;
    timetable->flights.list[timetable->flights.count++] = flight;
    struct booking_action *action = action_add(actions, BOOKING_ACTION_STORE, &flight->rows[flight->moved]);
    action->ticket = flight->ticket;
    action->request = request;
    action->rows = flight->rows;
    action->notes = flight->notes;
    action->count = count;
    return flight;
}

bool flight_change(struct timetable *timetable, struct entry *entry, const struct booking *wanted,
                   enum change change, uint64_t request, struct booking_actions *actions)
{
    return flight_start(timetable, &entry, wanted, 1, change, request, actions) != NULL;
}

struct flight *flight_take(struct timetable *timetable, uint64_t ticket)
{
    struct flight_list *flights = &timetable->flights;
    for (size_t i = 0; i < flights->count; i++) {
        struct flight *flight = flights->list[i];
        if (flight->ticket != ticket)
            continue;
        flights->list[i] = flights->list[--flights->count];
        for (size_t n = 0; n < flight->count; n++)
            flight->entries[n]->booking.ticket = 0;
        return flight;
    }
    return NULL;
}

void flight_end(struct flight *flight)
{
    free(flight->rows);
    free(flight->notes);
    free(flight);
}
