#include "gateway/booking/people.h"

#include "gateway/booking/timetable_private.h"

#include <stdlib.h>
#include <string.h>

void people_finish(struct people *people)
{
    for (size_t i = 0; i < people->room; i++) {
        if (people->slots[i] != NULL)
            free(people->slots[i]->entries);
        free(people->slots[i]);
    }
    free(people->slots);
    *people = (struct people){0};
}

/* Where somebody is, or the empty slot where they would be. */
static struct person **slot_of(const struct people *people, uint64_t account)
{
    size_t at = (size_t)((account * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (people->room - 1);
    while (people->slots[at] != NULL && people->slots[at]->account != account)
        at = (at + 1) & (people->room - 1);
    return &people->slots[at];
}

struct person *people_find(const struct people *people, uint64_t account)
{
    return people->room == 0 ? NULL : *slot_of(people, account);
}

static bool grow(struct people *people)
{
    if (2 * (people->count + 1) <= people->room)
        return true;
    struct people grown = {.count = people->count, .room = people->room > 0 ? 2 * people->room : 64};
    grown.slots = calloc(grown.room, sizeof(struct person *));
    if (grown.slots == NULL)
        return false;
    for (size_t i = 0; i < people->room; i++)
        if (people->slots[i] != NULL)
            *slot_of(&grown, people->slots[i]->account) = people->slots[i];
    free(people->slots);
    *people = grown;
    return true;
}

struct person *people_get(struct people *people, uint64_t account)
{
    struct person *person = people_find(people, account);
    if (person != NULL || !grow(people) || (person = calloc(1, sizeof *person)) == NULL)
        return person;
    person->account = account;
    person->share.weight = 1;
    *slot_of(people, account) = person;
    people->count++;
    return person;
}

/* How many of their bookings start before this time. */
static size_t starts_before(const struct person *person, int64_t time)
{
    size_t low = 0, high = person->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (person->entries[middle]->booking.starts < time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool person_add(struct person *person, struct entry *entry)
{
    if (person->count == person->room) {
        size_t room = person->room > 0 ? 2 * person->room : 4;
        struct entry **grown = realloc(person->entries, room * sizeof(struct entry *));
        if (grown == NULL)
            return false;
        person->entries = grown;
        person->room = room;
    }
    size_t at = starts_before(person, entry->booking.starts);
    memmove(person->entries + at + 1, person->entries + at, (person->count - at) * sizeof(struct entry *));
    person->entries[at] = entry;
    person->count++;
    int64_t length = entry->booking.ends - entry->booking.starts;
    person->longest = length > person->longest ? length : person->longest;
    person->open += !entry_is_settled(entry);
    return true;
}

void person_remove(struct person *person, struct entry *entry)
{
    size_t at = starts_before(person, entry->booking.starts);
    while (at < person->count && person->entries[at] != entry)
        at++;
    if (at == person->count)
        return;
    person->count--;
    memmove(person->entries + at, person->entries + at + 1, (person->count - at) * sizeof(struct entry *));
    person->open -= !entry_is_settled(entry);
}

static bool is_same_thing(const struct booking *a, const struct booking *b)
{
    return a->rig == b->rig || (a->capability != BOOKING_NO_CAPABILITY && a->capability == b->capability);
}

void person_count(struct policy_usage *usage, const struct civil_zone *zone, const struct entry *entry,
                  const struct booking *wish)
{
    const struct booking *booking = &entry->booking;
    if (!booking->charged || booking->kind != BOOKING_PERSONAL)
        return;
    struct policy_interval interval = {.starts = booking->starts, .ends = booking->ends};
    /* A later end that is on its way to the ledger is held already. */
    if (entry->holds && !entry_is_settled(entry) && entry->held_until - booking->teardown > interval.ends)
        interval.ends = entry->held_until - booking->teardown;
    interval.other_thing = !is_same_thing(booking, wish);
    policy_add(usage, zone, &interval, wish->starts, wish->ends);
}

struct policy_usage person_measure(const struct person *person, const struct civil_zone *zone,
                                   const struct booking *wish, int64_t gap, const struct entry *but)
{
    /* A week either way is more than the week that the wish is in, whatever the zone. */
    int64_t before = 8 * CIVIL_DAY, after = 8 * CIVIL_DAY;
    if (gap + person->longest > before)
        before = gap + person->longest;
    if (gap > after)
        after = gap;
    struct policy_usage usage = {.nearest = INT64_MAX};
    for (size_t i = starts_before(person, wish->starts - before); i < person->count; i++) {
        const struct booking *booking = &person->entries[i]->booking;
        if (booking->starts > wish->ends + after)
            break;
        if (person->entries[i] != but)
            person_count(&usage, zone, person->entries[i], wish);
    }
    usage.open = person->open - (but != NULL && but->person == person && !entry_is_settled(but));
    return usage;
}
