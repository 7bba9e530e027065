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
    if (flight == NULL || rows == NULL) {
        free(flight);
        free(rows);
        return NULL;
    }
    *flight = (struct flight){.count = count, .rows = rows};
    memcpy(flight->entries, entries, count * sizeof(struct entry *));
    return flight;
}

struct flight *flight_start(struct timetable *timetable, struct entry *const *entries,
                            const struct booking *rows, size_t count, enum change change,
                            struct booking_actions *actions)
{
    struct flight *flight = reserve_flight(&timetable->flights) ? make_flight(entries, count) : NULL;
    if (flight == NULL)
        return NULL;
    flight->ticket = timetable->next_ticket++;
    flight->change = change;
    size_t shown = 0;
    for (size_t i = 0; i < count; i++) {
        booking_attend(&timetable->setup.attend);
        flight->had_unsaved |= entries[i]->unsaved;
        entries[i]->unsaved = false;
        entries[i]->booking.ticket = flight->ticket;
        flight->rows[i] = rows != NULL ? rows[i] : entries[i]->booking;
        if (shown == i && flight->rows[i].id != 0 && i + 1 < count)
            shown++;
    }
    flight->moved = change == CHANGE_NEW ? shown : 0;
    timetable->flights.list[timetable->flights.count++] = flight;
    struct booking_action *action = action_add(actions, BOOKING_ACTION_STORE, &flight->rows[flight->moved]);
    action->ticket = flight->ticket;
    action->rows = flight->rows;
    action->count = count;
    return flight;
}

bool flight_change(struct timetable *timetable, struct entry *entry, const struct booking *wanted,
                   enum change change, uint64_t request, struct booking_actions *actions)
{
    struct flight *flight = flight_start(timetable, &entry, wanted, 1, change, actions);
    if (flight != NULL)
        flight->request = request;
    return flight != NULL;
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
    free(flight);
}
