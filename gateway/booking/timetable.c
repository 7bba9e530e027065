/* timetable.c - the bookings of a lab: what people ask, and what the ledger says to it. */
#include "gateway/booking/timetable_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IN_FLIGHT_MAX 256 /* bookings that people wait for */

size_t timetable_actions_bound(size_t rig_count)
{
    return 2 * rig_count + 8;
}

struct timetable *timetable_create(const struct timetable_rig *rigs, size_t rig_count, int64_t newest,
                                   uint64_t next_session)
{
    struct timetable *timetable = calloc(1, sizeof *timetable);
    if (timetable == NULL)
        return NULL;
    timetable->rigs = calloc(rig_count > 0 ? rig_count : 1, sizeof *timetable->rigs);
    if (timetable->rigs == NULL) {
        free(timetable);
        return NULL;
    }
    timetable->rig_count = rig_count;
    for (size_t i = 0; i < rig_count; i++)
        timetable->rigs[i].policy = rigs[i];
    timetable->newest = newest;
    timetable->next_session = next_session;
    timetable->next_ticket = 1;
    return timetable;
}

void timetable_destroy(struct timetable *timetable)
{
    if (timetable == NULL)
        return;
    for (size_t i = 0; i < timetable->in_flight.count; i++)
        if (timetable->in_flight.list[i]->booking.id == 0)
            free(timetable->in_flight.list[i]);
    for (size_t i = 0; i < timetable->by_id.count; i++)
        free(timetable->by_id.list[i]);
    for (size_t i = 0; i < timetable->rig_count; i++)
        free(timetable->rigs[i].coming.list);
    free(timetable->in_flight.list);
    free(timetable->by_id.list);
    free(timetable->rigs);
    free(timetable);
}

static struct entry_list *coming_of(struct timetable *timetable, const struct entry *entry)
{
    return &timetable->rigs[entry->booking.rig].coming;
}

/* False: it overlaps, or there is no memory. */
static bool hold(struct timetable *timetable, struct entry *entry)
{
    struct entry_list *coming = coming_of(timetable, entry);
    size_t before = entries_before(coming, entry_busy_until(entry));
    if (before > 0 && entry_busy_until(coming->list[before - 1]) > entry_busy_from(entry))
        return false;
    entry->holds = entries_insert(coming, before, entry);
    return entry->holds;
}

static void let_go(struct timetable *timetable, struct entry *entry)
{
    if (entry->holds)
        entries_remove(coming_of(timetable, entry), entry);
    entry->holds = false;
}

bool timetable_load(struct timetable *timetable, const struct booking *booking)
{
    if (booking->rig >= timetable->rig_count || booking->id == 0 ||
        timetable_entry(timetable, booking->id) != NULL)
        return false;
    struct entry *entry = calloc(1, sizeof *entry);
    if (entry == NULL)
        return false;
    entry->booking = *booking;
    entry->booking.begun = false;
    entry->booking.ticket = 0;
    if (!entry_is_settled(entry) && !hold(timetable, entry))
        goto failed;
    if (!entries_insert(&timetable->by_id, entries_find_id(&timetable->by_id, booking->id), entry))
        goto failed;
    if (booking->session >= timetable->next_session)
        timetable->next_session = booking->session + 1;
    return true;
failed:
    let_go(timetable, entry);
    free(entry);
    return false;
}

void timetable_believe(struct timetable *timetable, int64_t wall)
{
    if (wall > timetable->newest)
        timetable->newest = wall;
}

void timetable_forget(struct timetable *timetable, int64_t before)
{
    struct entry_list *by_id = &timetable->by_id;
    size_t kept = 0;
    for (size_t i = 0; i < by_id->count; i++) {
        struct entry *entry = by_id->list[i];
        if (entry_is_settled(entry) && !entry->holds && entry->booking.ends < before)
            free(entry);
        else
            by_id->list[kept++] = entry;
    }
    by_id->count = kept;
}

/* ---- people -------------------------------------------------------------------------------------------- */

static struct entry *find_key(const struct entry_list *entries, uint64_t account, const char *key)
{
    for (size_t i = 0; key[0] != '\0' && i < entries->count; i++)
        if (entries->list[i]->booking.account == account && strcmp(entries->list[i]->booking.key, key) == 0)
            return entries->list[i];
    return NULL;
}

static struct entry *make_entry(const struct timetable *timetable, const struct booking_event *event)
{
    struct entry *entry = calloc(1, sizeof *entry);
    if (entry == NULL)
        return NULL;
    const struct timetable_rig *policy = &timetable->rigs[event->book.rig].policy;
    entry->request = event->request;
    entry->booking = (struct booking){
        .account = event->book.account,
        .starts = event->book.starts,
        .ends = event->book.ends,
        .setup = policy->setup,
        .teardown = policy->teardown,
        .rig = event->book.rig,
        .state = BOOKING_TENTATIVE,
    };
    snprintf(entry->booking.key, sizeof entry->booking.key, "%s", event->book.key);
    snprintf(entry->booking.code, sizeof entry->booking.code, "%s", event->book.code);
    return entry;
}

/* The same request again while the first is on its way to the ledger: whoever asked last gets the answer. */
static void follow(struct entry *first, const struct booking_event *event, struct booking_actions *actions)
{
    if (first->booking.rig != event->book.rig || first->booking.ends != event->book.ends) {
        action_answer(actions, event->request, BOOKING_REUSED_KEY, NULL);
        return;
    }
    action_answer(actions, first->request, BOOKING_BUSY, NULL);
    first->request = event->request;
}

static void book(struct timetable *timetable, const struct booking_event *event, struct booking_time now,
                 struct booking_actions *actions)
{
    struct entry *first = find_key(&timetable->in_flight, event->book.account, event->book.key);
    if (first != NULL && first->booking.id == 0) {
        follow(first, event, actions);
        return;
    }
    const struct booking *conflict;
    enum booking_result result = timetable_check(timetable, event->book.rig, event->book.starts,
                                                 event->book.ends, now.wall, &conflict);
    /* A repeat finds its own booking in the way, or is late; the ledger says which booking it stands for. */
    bool repeat = result > BOOKING_UNKNOWN_RIG &&
                  find_key(&timetable->by_id, event->book.account, event->book.key) != NULL;
    if (result != BOOKING_OK && !repeat) {
        action_answer(actions, event->request, result, conflict);
        return;
    }
    struct entry *entry = timetable->in_flight.count < IN_FLIGHT_MAX ? make_entry(timetable, event) : NULL;
    bool taken = entry != NULL && (repeat || hold(timetable, entry)) &&
                 entry_store(timetable, entry, BOOKING_CONFIRMED, actions);
    if (taken)
        return;
    if (entry != NULL)
        let_go(timetable, entry);
    free(entry);
    action_answer(actions, event->request, BOOKING_BUSY, NULL);
}

static void cancel(struct timetable *timetable, const struct booking_event *event, struct booking_time now,
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
    else if (entry_store(timetable, entry, BOOKING_CANCELLED, actions)) {
        entry->request = event->request;
        return;
    } else
        result = BOOKING_BUSY;
    action_answer(actions, event->request, result, entry != NULL ? &entry->booking : NULL);
}

/* ---- the ledger's answers ------------------------------------------------------------------------------ */

static struct entry *take_in_flight(struct timetable *timetable, uint64_t ticket)
{
    for (size_t i = 0; i < timetable->in_flight.count; i++) {
        struct entry *entry = timetable->in_flight.list[i];
        if (entry->booking.ticket != ticket)
            continue;
        entries_remove(&timetable->in_flight, entry);
        entry->booking.ticket = 0;
        return entry;
    }
    return NULL;
}

static const enum booking_result said[] = {
    [BOOKING_STORED] = BOOKING_OK,
    [BOOKING_STORED_REUSED] = BOOKING_REUSED_KEY,
    [BOOKING_STORED_CONFLICT] = BOOKING_OVERLAPS,
    [BOOKING_STORED_FAILED] = BOOKING_NOT_STORED,
};

/* A new booking, or the repeat of one: then the first one is the answer and the new one goes. */
static void stored_new(struct timetable *timetable, struct entry *entry, const struct booking_event *event,
                       struct booking_time now, struct booking_actions *actions)
{
    struct booking row = event->stored.row;
    row.rig = entry->booking.rig;
    enum booking_result result = said[event->stored.result];
    struct entry *first = result != BOOKING_NOT_STORED ? timetable_entry(timetable, row.id) : NULL;
    bool is_new = result == BOOKING_OK && first == NULL && row.state == BOOKING_CONFIRMED && entry->holds;
    if (is_new && !entries_insert(&timetable->by_id, entries_find_id(&timetable->by_id, row.id), entry)) {
        result = BOOKING_BUSY;
    } else if (is_new) {
        entry->booking.id = row.id;
        entry->booking.state = BOOKING_CONFIRMED;
        action_answer(actions, entry->request, BOOKING_OK, &entry->booking);
        entry->request = 0;
        entry_advance(timetable, entry, now, actions);
        return;
    }
    bool shows = result != BOOKING_NOT_STORED && row.id != 0;
    action_answer(actions, entry->request, result, first != NULL ? &first->booking : shows ? &row : NULL);
    let_go(timetable, entry);
    free(entry);
}

static void stored_change(struct timetable *timetable, struct entry *entry, const struct booking_event *event,
                          struct booking_time now, struct booking_actions *actions)
{
    bool stored = event->stored.result == BOOKING_STORED;
    uint64_t request = entry->request;
    entry->request = 0;
    if (stored)
        entry->booking.state = entry->wanted;
    else if (event->stored.result ==
             BOOKING_STORED_CONFLICT) /* the ledger knows better, as after a restore */
        entry->booking.state = event->stored.row.state;
    else
        entry->retry = now.monotonic + (request == 0 ? BOOKING_RETRY : 0);
    if (request != 0)
        action_answer(actions, request, stored ? BOOKING_OK : BOOKING_NOT_STORED, &entry->booking);
    if (entry_is_settled(entry) && event->stored.result != BOOKING_STORED_FAILED)
        let_go(timetable, entry);
    else
        entry_advance(timetable, entry, now, actions);
}

static void stored(struct timetable *timetable, const struct booking_event *event, struct booking_time now,
                   struct booking_actions *actions)
{
    struct entry *entry = take_in_flight(timetable, event->stored.ticket);
    if (entry == NULL)
        return;
    if (entry->booking.id == 0)
        stored_new(timetable, entry, event, now, actions);
    else
        stored_change(timetable, entry, event, now, actions);
}

void timetable_handle(struct timetable *timetable, const struct booking_event *event, struct booking_time now,
                      struct booking_actions *actions)
{
    switch (event->kind) {
    case BOOKING_EVENT_TIME:
        timetable_pass_time(timetable, now, actions);
        break;
    case BOOKING_EVENT_BOOK:
        book(timetable, event, now, actions);
        break;
    case BOOKING_EVENT_CANCEL:
        cancel(timetable, event, now, actions);
        break;
    case BOOKING_EVENT_STORED:
        stored(timetable, event, now, actions);
        break;
    case BOOKING_EVENT_CLOCK:
        timetable->newest = now.wall;
        break;
    }
}
