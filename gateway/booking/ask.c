/* ask.c - what people ask of the timetable. */
#include "gateway/booking/timetable_private.h"

#include <stdio.h>
#include <stdlib.h>

#define IN_FLIGHT_MAX 256 /* requests that people wait for */

static struct entry *make_entry(const struct timetable *timetable, uint64_t account,
                                const struct booking_wish *wish, const char *key)
{
    struct entry *entry = calloc(1, sizeof *entry);
    if (entry == NULL)
        return NULL;
    const struct timetable_rig *policy = &timetable->rigs[wish->rig].policy;
    entry->booking = (struct booking){
        .account = account,
        .starts = wish->starts,
        .ends = wish->ends,
        .setup = policy->setup,
        .teardown = policy->teardown,
        .rig = wish->rig,
        .state = BOOKING_TENTATIVE,
    };
    snprintf(entry->booking.key, sizeof entry->booking.key, "%s", key);
    snprintf(entry->booking.code, sizeof entry->booking.code, "%s", wish->code);
    return entry;
}

/* ---- the same request again ---------------------------------------------------------------------------- */

static struct flight *flight_of_key(const struct timetable *timetable, uint64_t account, const char *key)
{
    for (size_t i = 0; key[0] != '\0' && i < timetable->flights.count; i++) {
        struct flight *flight = timetable->flights.list[i];
        if (flight->is_new && keys_match(&flight->rows[0], account, key))
            return flight;
    }
    return NULL;
}

/* While the first is on its way to the ledger whoever asked last gets the answer. */
static void follow(struct flight *first, const struct booking_event *event, struct booking_actions *actions)
{
    bool same = first->count == event->book.count;
    for (size_t i = 0; same && i < first->count; i++)
        same = first->rows[i].rig == event->book.wishes[i].rig &&
               first->rows[i].ends == event->book.wishes[i].ends;
    if (!same) {
        action_answer(actions, event->request, BOOKING_REUSED_KEY, NULL);
        return;
    }
    action_answer(actions, first->request, BOOKING_BUSY, NULL);
    first->request = event->request;
}

/* ---- booking ------------------------------------------------------------------------------------------- */

/* A bundle that is being put together. */
struct attempt {
    struct entry **entries;
    size_t count;
    enum booking_result result;
    const struct booking *conflict;
};

static void give_up(struct timetable *timetable, struct attempt *attempt)
{
    for (size_t i = 0; i < attempt->count; i++) {
        entry_let_go(timetable, attempt->entries[i]);
        free(attempt->entries[i]);
    }
    attempt->count = 0;
}

/* `repeat`: a booking with this key is there already. It may be in the way of itself, and the ledger says
 * which it is, so nothing is held. */
static void add_wish(struct timetable *timetable, const struct booking_event *event, struct booking_time now,
                     bool repeat, struct attempt *attempt)
{
    const struct booking_wish *wish = &event->book.wishes[attempt->count];
    attempt->result =
        timetable_check(timetable, wish->rig, wish->starts, wish->ends, now.wall, &attempt->conflict);
    if (repeat && attempt->result > BOOKING_UNKNOWN_RIG)
        attempt->result = BOOKING_OK;
    if (attempt->result != BOOKING_OK)
        return;
    struct entry *entry =
        make_entry(timetable, event->book.account, wish, attempt->count == 0 ? event->book.key : "");
    if (entry == NULL || (!repeat && entry_hold(timetable, entry) != TIMELINE_OK)) {
        free(entry);
        attempt->result = BOOKING_BUSY;
        return;
    }
    attempt->entries[attempt->count++] = entry;
}

static void try_book(struct timetable *timetable, const struct booking_event *event, struct booking_time now,
                     bool repeat, struct booking_actions *actions)
{
    struct attempt attempt = {.entries = calloc(event->book.count, sizeof(struct entry *))};
    if (attempt.entries == NULL)
        attempt.result = BOOKING_BUSY;
    while (attempt.result == BOOKING_OK && attempt.count < event->book.count)
        add_wish(timetable, event, now, repeat, &attempt);
    size_t at = attempt.count;
    if (attempt.result == BOOKING_OK && !flight_start(timetable, attempt.entries, attempt.count,
                                                      BOOKING_CONFIRMED, event->request, actions)) {
        attempt.result = BOOKING_BUSY;
        at = 0;
    }
    if (attempt.result != BOOKING_OK) {
        action_answer(actions, event->request, attempt.result, attempt.conflict)->at = at;
        give_up(timetable, &attempt);
    }
    free(attempt.entries);
}

void timetable_book(struct timetable *timetable, const struct booking_event *event, struct booking_time now,
                    struct booking_actions *actions)
{
    struct flight *first = flight_of_key(timetable, event->book.account, event->book.key);
    bool repeat = keys_find(&timetable->keys, event->book.account, event->book.key) != NULL;
    if (first != NULL)
        follow(first, event, actions);
    else if (event->book.count == 0 || event->book.count > BOOKING_BUNDLE_MAX)
        action_answer(actions, event->request, BOOKING_BUNDLE_TOO_LARGE, NULL);
    else if (timetable->flights.count >= IN_FLIGHT_MAX)
        action_answer(actions, event->request, BOOKING_BUSY, NULL);
    else
        try_book(timetable, event, now, repeat, actions);
}

/* ---- cancelling ---------------------------------------------------------------------------------------- */

void timetable_cancel(struct timetable *timetable, const struct booking_event *event, struct booking_time now,
                      struct booking_actions *actions)
{
    struct entry *entry = timetable_entry(timetable, event->cancel.booking);
    enum booking_result result = BOOKING_OK;
    if (entry == NULL)
        result = BOOKING_UNKNOWN;
    else if (entry_is_settled(entry))
        result = BOOKING_OVER;
    else if (entry->booking.ticket != 0)
        result = BOOKING_BUSY;
    else if (entry->booking.state == BOOKING_LIVE)
        entry_end_session(timetable, entry, now, actions);
    else if (flight_start(timetable, &entry, 1, BOOKING_CANCELLED, event->request, actions))
        return;
    else
        result = BOOKING_BUSY;
    action_answer(actions, event->request, result, entry != NULL ? &entry->booking : NULL);
}
