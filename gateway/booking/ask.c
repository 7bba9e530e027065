/* ask.c - somebody asks for bookings. */
#include "gateway/booking/timetable_private.h"

#include <stdlib.h>
#include <string.h>

#define IN_FLIGHT_MAX 256 /* requests that people wait for */

/* ---- the same request again ---------------------------------------------------------------------------- */

struct flight *flight_of_key(const struct timetable *timetable, uint64_t account, const char *key)
{
    for (size_t i = 0; key[0] != '\0' && i < timetable->flights.count; i++) {
        struct flight *flight = timetable->flights.list[i];
        if (flight->change == CHANGE_NEW && keys_match(&flight->rows[flight->moved], account, key))
            return flight;
    }
    return NULL;
}

static bool asks_for(const struct booking_wish *wish, const struct booking *booking)
{
    return wish->rig != BOOKING_ANY_RIG ? booking->rig == wish->rig : booking->capability == wish->capability;
}

/* While the first is on its way to the ledger whoever asked last gets the answer. */
static void follow(struct flight *first, const struct booking_event *event, struct booking_actions *actions)
{
    bool same = first->count - first->moved == event->book.count;
    for (size_t i = 0; same && i < event->book.count; i++) {
        const struct booking *row = &first->rows[first->moved + i];
        same = asks_for(&event->book.wishes[i], row) && row->ends == event->book.wishes[i].ends;
    }
    if (!same) {
        action_answer(actions, event->request, BOOKING_REUSED_KEY, NULL);
        return;
    }
    action_answer(actions, first->request, BOOKING_BUSY, NULL);
    first->request = event->request;
}

/* ---- booking ------------------------------------------------------------------------------------------- */

/* What moves away stands first in the transaction. */
static bool send_attempt(struct attempt *attempt, struct booking_actions *actions)
{
    size_t moved = attempt->moved.count, count = moved + attempt->made.count;
    struct booking *rows = malloc(count * sizeof *rows);
    if (rows == NULL || !entries_reserve(&attempt->moved, attempt->made.count)) {
        free(rows);
        return false;
    }
    memcpy(attempt->moved.list + moved, attempt->made.list, attempt->made.count * sizeof(struct entry *));
    for (size_t i = 0; i < count; i++) {
        booking_attend(&attempt->timetable->setup.attend);
        rows[i] = i < moved ? bind_row(attempt->moved.list[i]) : attempt->moved.list[i]->booking;
    }
    for (size_t i = moved; i < count; i++)
        rows[i].state = rules_granted(attempt->timetable, &rows[i], attempt->event->book.planned);
    struct flight *flight = flight_start(attempt->timetable, attempt->moved.list, rows, count, CHANGE_NEW,
                                         attempt->event->request, actions);
    free(rows);
    return flight != NULL;
}

static void try_book(struct timetable *timetable, const struct booking_event *event, int64_t now,
                     struct booking_actions *actions)
{
    struct attempt attempt = attempt_begin(timetable, event, now);
    while (attempt.result == BOOKING_OK && attempt.made.count < event->book.count) {
        booking_attend(&timetable->setup.attend);
        attempt_add(&attempt, &event->book.wishes[attempt.made.count]);
    }
    size_t at = attempt.made.count;
    if (attempt.result == BOOKING_OK && !send_attempt(&attempt, actions)) {
        attempt.result = BOOKING_BUSY;
        at = 0;
    }
    if (attempt.result != BOOKING_OK) {
        bool shows = attempt.result == BOOKING_OVERLAPS;
        struct booking_action *answer =
            action_answer(actions, event->request, attempt.result, shows ? attempt.conflict : NULL);
        answer->at = at;
        answer->option = attempt.option;
        attempt_forget(&attempt);
    }
    attempt_finish(&attempt);
}

void timetable_book(struct timetable *timetable, const struct booking_event *event, struct booking_time now,
                    struct booking_actions *actions)
{
    struct flight *first = flight_of_key(timetable, attempt_holder(event), event->book.key);
    if (first != NULL)
        follow(first, event, actions);
    else if (event->book.count == 0 || event->book.count > BOOKING_BUNDLE_MAX)
        action_answer(actions, event->request, BOOKING_BUNDLE_TOO_LARGE, NULL);
    else if (timetable->flights.count >= IN_FLIGHT_MAX)
        action_answer(actions, event->request, BOOKING_BUSY, NULL);
    else
        try_book(timetable, event, now.wall, actions);
}
