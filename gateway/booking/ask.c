/* ask.c - somebody asks for bookings. */
#include "gateway/booking/timetable_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IN_FLIGHT_MAX 256 /* requests that people wait for */

/* ---- the same request again ---------------------------------------------------------------------------- */

static struct flight *flight_of_key(const struct timetable *timetable, uint64_t account, const char *key)
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

/* A bundle that is being put together. */
struct attempt {
    struct timetable *timetable;
    const struct booking_event *event;
    int64_t now;
    const struct entry *repeat; /* a booking with this key is there already */
    struct entry_list moved;    /* to make room */
    struct entry_list made;
    enum booking_result result;
    enum policy_option option;
    const struct booking *conflict;
};

static void forget_attempt(struct attempt *attempt)
{
    for (size_t i = attempt->made.count; i-- > 0;)
        entry_destroy(attempt->timetable, attempt->made.list[i]);
    attempt->made.count = 0;
    bind_undo(attempt->timetable, &attempt->moved);
}

static struct entry *make_entry(const struct attempt *attempt, const struct booking_wish *wish)
{
    const struct booking_event *event = attempt->event;
    struct booking booking = {
        .account = wish->account != 0 ? wish->account : event->book.account,
        .starts = wish->starts,
        .ends = wish->ends,
        .party = wish->party,
        .party_count = wish->party_count,
        .rig = wish->rig,
        .capability = wish->rig == BOOKING_ANY_RIG ? wish->capability : BOOKING_NO_CAPABILITY,
        .group = event->book.group,
        .kind = event->book.kind,
        .charged = event->book.kind != BOOKING_MAINTENANCE,
        .state = BOOKING_TENTATIVE,
    };
    snprintf(booking.key, sizeof booking.key, "%s", attempt->made.count == 0 ? event->book.key : "");
    snprintf(booking.code, sizeof booking.code, "%s", wish->code);
    return entry_create(attempt->timetable, &booking);
}

static enum booking_result check_wish(const struct attempt *attempt, const struct booking_wish *wish)
{
    const struct timetable *timetable = attempt->timetable;
    const struct timetable_rig *rig = NULL;
    if (wish->rig != BOOKING_ANY_RIG && wish->rig >= timetable->rig_count)
        return BOOKING_UNKNOWN_RIG;
    if (wish->rig == BOOKING_ANY_RIG && (rig_bit(wish->capability) & timetable->capabilities) == 0)
        return BOOKING_UNKNOWN_CAPABILITY;
    if (wish->party_count > BOOKING_PARTY_MAX)
        return BOOKING_BUNDLE_TOO_LARGE;
    if (attempt->repeat != NULL)
        return BOOKING_OK;
    if (wish->rig != BOOKING_ANY_RIG)
        rig = &timetable->rigs[wish->rig].policy;
    /* The technician comes when the lab is closed, too. */
    enum booking_result result = rules_interval(timetable, rig, wish->starts, wish->ends, attempt->now);
    return result == BOOKING_CLOSED && attempt->event->book.kind == BOOKING_MAINTENANCE ? BOOKING_OK : result;
}

static enum booking_result check_policy(struct attempt *attempt, const struct entry *entry)
{
    const struct booking_event *event = attempt->event;
    if (event->book.kind == BOOKING_MAINTENANCE)
        return BOOKING_OK;
    struct rules_person who = {
        .person = entry->person,
        .group = event->book.group,
        .qualified = event->book.qualified,
        .rehearsed = event->book.rehearsed,
        .planned = event->book.planned || event->book.kind == BOOKING_CLASS,
    };
    return rules_policy(attempt->timetable, &who, &entry->booking, entry, attempt->now, &attempt->option);
}

/* A repeat may be in the way of itself, and the ledger says which it is, so nothing is held. */
static void add_wish(struct attempt *attempt)
{
    const struct booking_wish *wish = &attempt->event->book.wishes[attempt->made.count];
    attempt->result = check_wish(attempt, wish);
    if (attempt->result != BOOKING_OK)
        return;
    struct entry *entry = make_entry(attempt, wish);
    if (entry == NULL) {
        attempt->result = BOOKING_BUSY;
        return;
    }
    if (attempt->repeat == NULL)
        attempt->result = check_policy(attempt, entry);
    else if (wish->rig == BOOKING_ANY_RIG)
        entry->booking.rig = attempt->repeat->booking.rig;
    if (attempt->result == BOOKING_OK && attempt->repeat == NULL)
        attempt->result =
            bind_entry(attempt->timetable, entry, attempt->now, &attempt->moved, &attempt->conflict);
    if (attempt->result == BOOKING_OK && entries_insert(&attempt->made, attempt->made.count, entry))
        return;
    if (attempt->result == BOOKING_OK)
        attempt->result = BOOKING_BUSY;
    entry_destroy(attempt->timetable, entry);
}

static enum booking_state state_of_new(const struct attempt *attempt)
{
    bool known;
    const struct booking_policy *policy = policy_of(attempt->timetable, attempt->event->book.group, &known);
    bool asks = policy != NULL && policy->approval != POLICY_APPROVAL_NONE;
    bool own = attempt->event->book.kind == BOOKING_PERSONAL && !attempt->event->book.planned;
    return asks && own ? BOOKING_PENDING : BOOKING_CONFIRMED;
}

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
    for (size_t i = 0; i < count; i++)
        rows[i] = i < moved ? bind_row(attempt->moved.list[i]) : attempt->moved.list[i]->booking;
    for (size_t i = moved; i < count; i++)
        rows[i].state = state_of_new(attempt);
    struct flight *flight =
        flight_start(attempt->timetable, attempt->moved.list, rows, count, CHANGE_NEW, actions);
    free(rows);
    if (flight != NULL)
        flight->request = attempt->event->request;
    return flight != NULL;
}

static void try_book(struct timetable *timetable, const struct booking_event *event, int64_t now,
                     struct booking_actions *actions)
{
    struct attempt attempt = {.timetable = timetable, .event = event, .now = now};
    attempt.option = POLICY_OPTION_COUNT;
    attempt.repeat = keys_find(&timetable->keys, event->book.account, event->book.key);
    while (attempt.result == BOOKING_OK && attempt.made.count < event->book.count)
        add_wish(&attempt);
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
        forget_attempt(&attempt);
    }
    free(attempt.made.list);
    free(attempt.moved.list);
}

void timetable_book(struct timetable *timetable, const struct booking_event *event, struct booking_time now,
                    struct booking_actions *actions)
{
    struct flight *first = flight_of_key(timetable, event->book.account, event->book.key);
    if (first != NULL)
        follow(first, event, actions);
    else if (event->book.count == 0 || event->book.count > BOOKING_BUNDLE_MAX)
        action_answer(actions, event->request, BOOKING_BUNDLE_TOO_LARGE, NULL);
    else if (timetable->flights.count >= IN_FLIGHT_MAX)
        action_answer(actions, event->request, BOOKING_BUSY, NULL);
    else
        try_book(timetable, event, now.wall, actions);
}
