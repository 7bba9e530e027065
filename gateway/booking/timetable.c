/* timetable.c - the timetable as a whole: how it is made, filled at the start, and driven. */
#include "gateway/booking/timetable_private.h"

#include <stdlib.h>
#include <string.h>

size_t timetable_actions_bound(size_t rig_count)
{
    return 2 * rig_count + 8;
}

static bool copy_rigs(struct timetable *timetable, const struct timetable_rig *rigs)
{
    for (size_t i = 0; i < timetable->rig_count; i++) {
        struct timetable_rig *rig = &timetable->rigs[i].policy;
        *rig = rigs[i];
        timetable->rigs[i].latest_live = INT64_MIN;
        rig->shared = NULL;
        if (rig->shared_count == 0)
            continue;
        uint16_t *shared = malloc(rig->shared_count * sizeof *shared);
        if (shared == NULL)
            return false;
        memcpy(shared, rigs[i].shared, rig->shared_count * sizeof *shared);
        rig->shared = shared;
    }
    return true;
}

struct timetable *timetable_create(const struct timetable_setup *setup, int64_t newest, uint64_t next_session)
{
    struct timetable *timetable = calloc(1, sizeof *timetable);
    if (timetable == NULL)
        return NULL;
    timetable->rigs = calloc(setup->rig_count > 0 ? setup->rig_count : 1, sizeof *timetable->rigs);
    timetable->shared = calloc(setup->shared_count > 0 ? setup->shared_count : 1, sizeof *timetable->shared);
    timetable->rig_count = timetable->rigs != NULL ? setup->rig_count : 0;
    timetable->shared_count = timetable->shared != NULL ? setup->shared_count : 0;
    if (timetable->rigs == NULL || timetable->shared == NULL || !copy_rigs(timetable, setup->rigs)) {
        timetable_destroy(timetable);
        return NULL;
    }
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
        for (size_t n = 0; flight->is_new && n < flight->count; n++)
            free(flight->entries[n]);
        flight_end(flight);
    }
    for (size_t i = 0; i < timetable->by_id.count; i++)
        free(timetable->by_id.list[i]);
    for (size_t i = 0; i < timetable->rig_count; i++) {
        timeline_finish(&timetable->rigs[i].coming);
        free((void *)timetable->rigs[i].policy.shared);
    }
    for (size_t i = 0; i < timetable->shared_count; i++)
        timeline_finish(&timetable->shared[i]);
    free(timetable->flights.list);
    free(timetable->by_id.list);
    free(timetable->keys.slots);
    free(timetable->shared);
    free(timetable->rigs);
    free(timetable);
}

bool timetable_load(struct timetable *timetable, const struct booking *booking)
{
    if (booking->rig >= timetable->rig_count || booking->id == 0 ||
        timetable_entry(timetable, booking->id) != NULL || !keys_reserve(&timetable->keys, 1))
        return false;
    struct entry *entry = calloc(1, sizeof *entry);
    if (entry == NULL)
        return false;
    entry->booking = *booking;
    entry->booking.begun = false;
    entry->booking.ticket = 0;
    entry_set_state(timetable, entry, booking->state);
    if (!entry_is_settled(entry) && entry_hold(timetable, entry) != TIMELINE_OK)
        goto failed;
    if (!entries_insert(&timetable->by_id, entries_find_id(&timetable->by_id, booking->id), entry))
        goto failed;
    keys_add(&timetable->keys, entry);
    if (booking->session >= timetable->next_session)
        timetable->next_session = booking->session + 1;
    return true;
failed:
    entry_let_go(timetable, entry);
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
    keys_rebuild(&timetable->keys, by_id);
}

void timetable_handle(struct timetable *timetable, const struct booking_event *event, struct booking_time now,
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
    case BOOKING_EVENT_RIG_STATE:
    case BOOKING_EVENT_PRESENT:
        break;
    default: /* not yet */
        action_answer(actions, event->request, BOOKING_UNKNOWN, NULL);
    }
}
