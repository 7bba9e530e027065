#include "gateway/booking/people.h"

#include "gateway/booking/timetable_private.h"

#include <stdlib.h>
#include <string.h>

void people_finish(struct people *people)
{
    for (size_t i = 0; i < people->room; i++) {
        if (people->slots[i] != NULL) {
            free(people->slots[i]->entries);
            free(people->slots[i]->parts);
        }
        free(people->slots[i]);
    }
    free(people->slots);
    *people = (struct people){0};
}

#define BUSY_AT_MOST (8 * CIVIL_DAY) /* longer than any booking of several people */

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

/* How many of a list by start begin before this time. */
static size_t count_before(struct entry *const *list, size_t count, int64_t time)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list[middle]->booking.starts < time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t starts_before(const struct person *person, int64_t time)
{
    return count_before(person->entries, person->count, time);
}

static bool insert(struct entry ***list, size_t *count, size_t *room, struct entry *entry)
{
    if (*count == *room) {
        size_t wanted = *room > 0 ? 2 * *room : 4;
        struct entry **grown = realloc(*list, wanted * sizeof(struct entry *));
        if (grown == NULL)
            return false;
        *list = grown;
        *room = wanted;
    }
    size_t at = count_before(*list, *count, entry->booking.starts);
    memmove(*list + at + 1, *list + at, (*count - at) * sizeof(struct entry *));
    (*list)[at] = entry;
    ++*count;
    return true;
}

/* False: it is not there. */
static bool take_out(struct entry **list, size_t *count, const struct entry *entry)
{
    size_t at = count_before(list, *count, entry->booking.starts);
    while (at < *count && list[at] != entry)
        at++;
    if (at == *count)
        return false;
    --*count;
    memmove(list + at, list + at + 1, (*count - at) * sizeof(struct entry *));
    return true;
}

bool person_add_part(struct person *person, struct entry *entry)
{
    return insert(&person->parts, &person->part_count, &person->part_room, entry);
}

void person_remove_part(struct person *person, struct entry *entry)
{
    take_out(person->parts, &person->part_count, entry);
}

bool person_add(struct person *person, struct entry *entry)
{
    if (!insert(&person->entries, &person->count, &person->room, entry))
        return false;
    int64_t length = entry->booking.ends - entry->booking.starts;
    person->longest = length > person->longest ? length : person->longest;
    person->open += !entry_is_settled(entry);
    return true;
}

void person_remove(struct person *person, struct entry *entry)
{
    if (take_out(person->entries, &person->count, entry))
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

/* Set-up and tear-down are no time of people's. */
static bool keeps_busy(const struct entry *entry, const struct booking *wish)
{
    const struct booking *booking = &entry->booking;
    return !entry_is_settled(entry) && booking->kind != BOOKING_MAINTENANCE && booking->starts < wish->ends &&
           wish->starts < booking->ends;
}

static bool is_busy_in(struct entry *const *list, size_t count, int64_t from, const struct booking *wish,
                       const struct entry *but)
{
    for (size_t i = count_before(list, count, from); i < count; i++) {
        if (list[i]->booking.starts >= wish->ends)
            break;
        if (list[i] != but && keeps_busy(list[i], wish))
            return true;
    }
    return false;
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
    usage.busy = is_busy_in(person->entries, person->count, wish->starts - before, wish, but) ||
                 is_busy_in(person->parts, person->part_count, wish->starts - BUSY_AT_MOST, wish, but);
    usage.open = person->open - (but != NULL && but->person == person && !entry_is_settled(but));
    return usage;
}

/* ---- what somebody has to do with, in order ------------------------------------------------------------ */

static const struct booking *of_list(struct entry *const *list, size_t count, size_t at)
{
    return at < count ? &list[at]->booking : NULL;
}

size_t timetable_of_person(const struct timetable *timetable, uint64_t account, int64_t from, int64_t until,
                           const struct booking **list, size_t capacity)
{
    const struct person *person = people_find(&timetable->people, account);
    size_t count = 0;
    if (person == NULL)
        return 0;
    size_t own = count_before(person->entries, person->count, from);
    size_t part = count_before(person->parts, person->part_count, from);
    while (count < capacity) {
        const struct booking *a = of_list(person->entries, person->count, own);
        const struct booking *b = of_list(person->parts, person->part_count, part);
        bool first = a != NULL && (b == NULL || a->starts <= b->starts);
        const struct booking *next = first ? a : b;
        if (next == NULL || next->starts >= until)
            break;
        own += first;
        part += !first;
        if (next->id != 0)
            list[count++] = next;
    }
    return count;
}
