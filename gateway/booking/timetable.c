/* timetable.c - the timetable as a whole: how it is made, filled at the start, and driven. */
#include "gateway/booking/timetable_private.h"

#include <stdlib.h>
#include <string.h>

size_t timetable_actions_bound(size_t rig_count)
{
    return 3 * rig_count + 16;
}

static bool copy_rigs(struct timetable *timetable, const struct timetable_rig *rigs)
{
    for (size_t i = 0; i < timetable->rig_count; i++) {
        struct timetable_rig *rig = &timetable->rigs[i].policy;
        *rig = rigs[i];
        timetable->rigs[i].latest_live = INT64_MIN;
        timetable->capabilities |= rig->capabilities;
        rig->shared = NULL;
        if (rig->shared_count == 0)
            continue;
        if (rig->shared_count > TIMETABLE_SHARED_MAX)
            return false;
        uint16_t *shared = malloc(rig->shared_count * sizeof *shared);
        if (shared == NULL)
            return false;
        memcpy(shared, rigs[i].shared, rig->shared_count * sizeof *shared);
        rig->shared = shared;
    }
    return true;
}

/* One share more than there are: the last is of who books for no group. */
static struct share *make_shares(size_t count)
{
    struct share *shares = calloc(count + 1, sizeof *shares);
    for (size_t i = 0; shares != NULL && i <= count; i++)
        shares[i].weight = 1;
    return shares;
}

static bool copy_people(struct timetable *timetable, const struct timetable_setup *setup)
{
    struct timetable_school *schools = calloc(setup->school_count + 1, sizeof *schools);
    struct timetable_group *groups = calloc(setup->group_count + 1, sizeof *groups);
    timetable->setup.schools = schools;
    timetable->setup.groups = groups;
    timetable->schools = make_shares(setup->school_count);
    timetable->groups = make_shares(setup->group_count);
    if (schools == NULL || groups == NULL || timetable->schools == NULL || timetable->groups == NULL)
        return false;
    for (size_t i = 0; i < setup->school_count; i++) {
        schools[i] = setup->schools[i];
        timetable->schools[i].weight = schools[i].weight;
    }
    for (size_t i = 0; i < setup->group_count; i++) {
        groups[i] = setup->groups[i];
        timetable->groups[i].weight = groups[i].weight;
    }
    return true;
}

struct timetable *timetable_create(const struct timetable_setup *setup, int64_t newest, uint64_t next_session)
{
    struct timetable *timetable = calloc(1, sizeof *timetable);
    if (timetable == NULL)
        return NULL;
    timetable->setup = *setup;
    timetable->rigs = calloc(setup->rig_count + 1, sizeof *timetable->rigs);
    timetable->shared = calloc(setup->shared_count + 1, sizeof *timetable->shared);
    timetable->rig_count = timetable->rigs != NULL ? setup->rig_count : 0;
    timetable->shared_count = timetable->shared != NULL ? setup->shared_count : 0;
    bool copied = copy_people(timetable, setup);
    if (timetable->rigs == NULL || timetable->shared == NULL || !copied ||
        !copy_rigs(timetable, setup->rigs)) {
        timetable_destroy(timetable);
        return NULL;
    }
    timetable->setup.rigs = NULL;
    timetable->waiting_end = &timetable->waiting;
    timetable->newest = newest;
    timetable->next_session = next_session;
    timetable->next_ticket = 1;
    return timetable;
}

void timetable_destroy(struct timetable *timetable)
{
    if (timetable == NULL)
        return;
    for (size_t i = 0; i < timetable->flights.count; i++) {
        struct flight *flight = timetable->flights.list[i];
        for (size_t n = flight->moved; flight->change == CHANGE_NEW && n < flight->count; n++)
            free(flight->entries[n]);
        flight_end(flight);
    }
    for (size_t i = 0; i < timetable->queue.count; i++)
        free(timetable->queue.list[i].offer);
    for (size_t i = 0; i < timetable->by_id.count; i++)
        free(timetable->by_id.list[i]);
    for (size_t i = 0; i < timetable->rig_count; i++) {
        timeline_finish(&timetable->rigs[i].coming);
        free((void *)timetable->rigs[i].policy.shared);
    }
    for (size_t i = 0; i < timetable->shared_count; i++)
        timeline_finish(&timetable->shared[i]);
    people_finish(&timetable->people);
    free(timetable->flights.list);
    free(timetable->queue.list);
    free(timetable->by_id.list);
    free(timetable->by_session.list);
    free(timetable->keys.slots);
    free(timetable->schools);
    free(timetable->groups);
    free((void *)timetable->setup.schools);
    free((void *)timetable->setup.groups);
    free(timetable->shared);
    free(timetable->rigs);
    free(timetable);
}

static bool index_loaded(struct timetable *timetable, struct entry *entry)
{
    const struct booking *booking = &entry->booking;
    struct entry_list *by_id = &timetable->by_id, *by_session = &timetable->by_session;
    if (!entries_reserve(by_id, 1) || !entries_reserve(by_session, 1))
        return false;
    entries_insert(by_id, entries_find_id(by_id, booking->id), entry);
    if (booking->session != 0)
        entries_insert(by_session, entries_find_session(by_session, booking->session), entry);
    keys_add(&timetable->keys, entry);
    return true;
}

bool timetable_load(struct timetable *timetable, const struct booking *booking)
{
    if (booking->rig >= timetable->rig_count || booking->id == 0 ||
        timetable_entry(timetable, booking->id) != NULL || !keys_reserve(&timetable->keys, 1))
        return false;
    struct entry *entry = entry_create(timetable, booking);
    if (entry == NULL)
        return false;
    entry_set_state(timetable, entry, booking->state);
    bool holds = entry_is_settled(entry) || entry_hold(timetable, entry) == TIMELINE_OK;
    if (!holds || !index_loaded(timetable, entry)) {
        entry_destroy(timetable, entry);
        return false;
    }
    shares_load(timetable, entry);
    bool missed = booking->why == BOOKING_WHY_NO_SHOW && booking->ends > entry->person->no_show;
    if (missed)
        entry->person->no_show = booking->ends;
    if (booking->session >= timetable->next_session)
        timetable->next_session = booking->session + 1;
    return true;
}

void timetable_believe(struct timetable *timetable, int64_t wall)
{
    if (wall > timetable->newest)
        timetable->newest = wall;
}

static bool is_forgotten(const struct entry *entry, int64_t before)
{
    return entry_is_settled(entry) && !entry->holds && !entry->waits && entry->booking.ticket == 0 &&
           entry->booking.ends < before;
}

static void forget_sessions(struct entry_list *by_session, int64_t before)
{
    size_t kept = 0;
    for (size_t i = 0; i < by_session->count; i++)
        if (!is_forgotten(by_session->list[i], before))
            by_session->list[kept++] = by_session->list[i];
    by_session->count = kept;
}

/* Both by id. */
static void leave_out(struct entry_list *by_id, const struct entry_list *gone)
{
    size_t kept = 0, next = 0;
    for (size_t i = 0; i < by_id->count; i++)
        if (next < gone->count && by_id->list[i] == gone->list[next])
            next++;
        else
            by_id->list[kept++] = by_id->list[i];
    by_id->count = kept;
}

/* Whatever there was no memory for is forgotten the next time. */
void timetable_forget(struct timetable *timetable, int64_t before)
{
    const struct entry_list *by_id = &timetable->by_id;
    struct entry_list gone = {0};
    for (size_t i = 0; i < by_id->count; i++) {
        booking_attend(&timetable->setup.attend);
        if (is_forgotten(by_id->list[i], before) && !entries_insert(&gone, gone.count, by_id->list[i]))
            break;
    }
    forget_sessions(&timetable->by_session, before);
    leave_out(&timetable->by_id, &gone);
    keys_rebuild(&timetable->keys, by_id, &timetable->setup.attend);
    for (size_t i = 0; i < gone.count; i++) {
        booking_attend(&timetable->setup.attend);
        entry_destroy(timetable, gone.list[i]);
    }
    free(gone.list);
}

static void hear_of(struct timetable *timetable, uint64_t account, bool present)
{
    struct person *person = people_find(&timetable->people, account);
    if (person == NULL)
        return;
    person->present = present;
    timetable->queue.look |= present;
}

static void dispatch(struct timetable *timetable, const struct booking_event *event, struct booking_time now,
                     struct booking_actions *actions)
{
    switch (event->kind) {
    case BOOKING_EVENT_TIME:
        timetable_pass_time(timetable, now, actions);
        break;
    case BOOKING_EVENT_BOOK:
        timetable_book(timetable, event, now, actions);
        break;
    case BOOKING_EVENT_CANCEL:
        timetable_cancel(timetable, event, now, actions);
        break;
    case BOOKING_EVENT_STORED:
        timetable_stored(timetable, event, now, actions);
        break;
    case BOOKING_EVENT_CLOCK:
        timetable->newest = now.wall;
        break;
    case BOOKING_EVENT_USED:
        timetable_use(timetable, event->used.booking);
        break;
    case BOOKING_EVENT_EXTEND:
        timetable_extend(timetable, event, now, actions);
        break;
    case BOOKING_EVENT_SHORTEN:
        timetable_shorten(timetable, event, now, actions);
        break;
    case BOOKING_EVENT_TRANSFER:
        timetable_transfer(timetable, event, now, actions);
        break;
    case BOOKING_EVENT_MOVE:
        timetable_move(timetable, event, now, actions);
        break;
    case BOOKING_EVENT_APPROVE:
        timetable_approve(timetable, event, now, actions);
        break;
    case BOOKING_EVENT_ENQUEUE:
        timetable_enqueue(timetable, event, now, actions);
        break;
    case BOOKING_EVENT_LEAVE:
        timetable_leave(timetable, event, actions);
        break;
    case BOOKING_EVENT_TAKE_OFFER:
        timetable_take_offer(timetable, event, now, actions);
        break;
    case BOOKING_EVENT_RIG_STATE:
        timetable_rig_state(timetable, event, now);
        break;
    case BOOKING_EVENT_PRESENT:
        hear_of(timetable, event->present.account, event->present.present);
        break;
    case BOOKING_EVENT_TICKET:
        timetable_ticket_stored(timetable, event, now, actions);
        break;
    }
}

void timetable_handle(struct timetable *timetable, const struct booking_event *event, struct booking_time now,
                      struct booking_actions *actions)
{
    dispatch(timetable, event, now, actions);
    timetable_settle(timetable, now, actions);
    timetable_serve(timetable, now, actions);
}

void timetable_not_taken(struct timetable *timetable, const struct booking_event *event,
                         struct booking_time now, struct booking_actions *actions)
{
    dispatch(timetable, event, now, actions);
}
