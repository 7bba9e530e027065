/* reconfigure.c - another configuration, while bookings and sessions go on. */
#include "gateway/booking/timetable_private.h"

#include <stdlib.h>
#include <string.h>

bool timetable_is_settled(const struct timetable *timetable)
{
    return timetable->flights.count == 0;
}

/* What is made before anything changes. */
struct fresh {
    struct rig_table *rigs;
    struct timetable_school *schools;
    struct timetable_group *groups;
    struct share *school_shares, *group_shares;
};

static struct share *make_shares(size_t count)
{
    struct share *shares = calloc(count + 1, sizeof *shares);
    for (size_t i = 0; shares != NULL && i <= count; i++)
        shares[i].weight = 1;
    return shares;
}

/* Those of rigs that are new; of the others they are there. */
static bool copy_shared(struct fresh *fresh, size_t from, const struct timetable_setup *setup)
{
    for (size_t i = from; i < setup->rig_count; i++) {
        const struct timetable_rig *rig = &setup->rigs[i];
        uint16_t *shared = malloc((rig->shared_count + 1) * sizeof *shared);
        if (shared == NULL || rig->shared_count > TIMETABLE_SHARED_MAX) {
            free(shared);
            return false;
        }
        if (rig->shared_count > 0)
            memcpy(shared, rig->shared, rig->shared_count * sizeof *shared);
        fresh->rigs[i].policy.shared = shared;
    }
    return true;
}

static bool make(struct fresh *fresh, size_t rigs, const struct timetable_setup *setup)
{
    *fresh = (struct fresh){
        .rigs = calloc(setup->rig_count + 1, sizeof *fresh->rigs),
        .schools = calloc(setup->school_count + 1, sizeof *fresh->schools),
        .groups = calloc(setup->group_count + 1, sizeof *fresh->groups),
        .school_shares = make_shares(setup->school_count),
        .group_shares = make_shares(setup->group_count),
    };
    return fresh->rigs != NULL && fresh->schools != NULL && fresh->groups != NULL &&
           fresh->school_shares != NULL && fresh->group_shares != NULL && copy_shared(fresh, rigs, setup);
}

static void release(struct fresh *fresh)
{
    free(fresh->rigs);
    free(fresh->schools);
    free(fresh->groups);
    free(fresh->school_shares);
    free(fresh->group_shares);
}

/* What they have used stays theirs. */
static void take_shares(const struct timetable *timetable, const struct timetable_setup *setup,
                        const struct timetable_numbers *numbers, struct fresh *fresh)
{
    size_t schools = timetable->setup.school_count, groups = timetable->setup.group_count;
    for (size_t i = 0; i < schools; i++)
        if (numbers->schools[i] < setup->school_count)
            fresh->school_shares[numbers->schools[i]] = timetable->schools[i];
    for (size_t i = 0; i < groups; i++)
        if (numbers->groups[i] != BOOKING_NO_GROUP)
            fresh->group_shares[numbers->groups[i] - 1] = timetable->groups[i];
    fresh->school_shares[setup->school_count] = timetable->schools[schools];
    fresh->group_shares[setup->group_count] = timetable->groups[groups];
    for (size_t i = 0; i < setup->school_count; i++) {
        fresh->schools[i] = setup->schools[i];
        fresh->school_shares[i].weight = setup->schools[i].weight;
    }
    for (size_t i = 0; i < setup->group_count; i++) {
        fresh->groups[i] = setup->groups[i];
        fresh->group_shares[i].weight = setup->groups[i].weight;
    }
}

static void take_rigs(struct timetable *timetable, const struct timetable_setup *setup, struct fresh *fresh)
{
    timetable->capabilities = 0;
    for (size_t i = 0; i < setup->rig_count; i++) {
        struct rig_table *rig = &fresh->rigs[i];
        if (i < timetable->rig_count)
            *rig = timetable->rigs[i];
        else
            rig->latest_live = INT64_MIN;
        const uint16_t *shared = rig->policy.shared;
        rig->policy = setup->rigs[i];
        rig->policy.shared = shared;
        timetable->capabilities |= rig->policy.capabilities;
    }
}

static uint16_t group_of(const struct timetable_numbers *numbers, uint16_t group)
{
    return group == BOOKING_NO_GROUP ? BOOKING_NO_GROUP : numbers->groups[group - 1];
}

static uint16_t capability_of(const struct timetable_numbers *numbers, uint16_t capability)
{
    return capability == BOOKING_NO_CAPABILITY ? BOOKING_NO_CAPABILITY
                                               : numbers->capabilities[capability - 1];
}

static void renumber(struct timetable *timetable, const struct timetable_numbers *numbers)
{
    for (size_t i = 0; i < timetable->by_id.count; i++) {
        struct booking *booking = &timetable->by_id.list[i]->booking;
        booking->group = group_of(numbers, booking->group);
        booking->capability = capability_of(numbers, booking->capability);
    }
    for (size_t i = 0; i < timetable->queue.count; i++) {
        struct queue_ticket *ticket = &timetable->queue.list[i];
        ticket->group = group_of(numbers, ticket->group);
        ticket->capability = capability_of(numbers, ticket->capability);
        if (ticket->offer != NULL) {
            ticket->offer->booking.group = ticket->group;
            ticket->offer->booking.capability = ticket->capability;
        }
    }
}

bool timetable_reconfigure(struct timetable *timetable, const struct timetable_setup *setup,
                           const struct timetable_numbers *numbers)
{
    struct fresh fresh;
    if (!make(&fresh, timetable->rig_count, setup)) {
        for (size_t i = timetable->rig_count; fresh.rigs != NULL && i < setup->rig_count; i++)
            free((void *)(uintptr_t)fresh.rigs[i].policy.shared);
        release(&fresh);
        return false;
    }
    take_shares(timetable, setup, numbers, &fresh);
    take_rigs(timetable, setup, &fresh);
    renumber(timetable, numbers);
    struct fresh old = {timetable->rigs, (struct timetable_school *)(uintptr_t)timetable->setup.schools,
                        (struct timetable_group *)(uintptr_t)timetable->setup.groups, timetable->schools,
                        timetable->groups};
    timetable->setup = *setup;
    timetable->setup.schools = fresh.schools;
    timetable->setup.groups = fresh.groups;
    timetable->schools = fresh.school_shares;
    timetable->groups = fresh.group_shares;
    timetable->rigs = fresh.rigs;
    timetable->rig_count = setup->rig_count;
    release(&old);
    return true;
}
