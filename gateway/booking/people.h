/* people.h - the timetable's memory of each person: their bookings in order, what they used, whether they are
 * heard.
 *
 * A person is known from their first booking or ticket on and stays. */
#ifndef GATEWAY_BOOKING_PEOPLE_H
#define GATEWAY_BOOKING_PEOPLE_H

#include "gateway/booking/policy.h"
#include "gateway/booking/share.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct booking;
struct entry;

struct person {
    uint64_t account;
    struct entry **entries; /* by start */
    size_t count, room;
    struct entry **parts; /* others' bookings that they take part in, by start */
    size_t part_count, part_room;
    int64_t open;    /* that are to come, or live */
    int64_t longest; /* ms, of any that was there */
    int64_t no_show; /* wall, of the last; 0: never */
    bool present;
    struct share share;
};

/* All zero: nobody. Open addressing, never more than half full. */
struct people {
    struct person **slots;
    size_t count, room;
};
void people_finish(struct people *people);

struct person *people_find(const struct people *people, uint64_t account); /* NULL: not known */
struct person *people_get(struct people *people, uint64_t account);        /* NULL: no memory */

bool person_add(struct person *person, struct entry *entry); /* false: no memory */
void person_remove(struct person *person, struct entry *entry);
bool person_add_part(struct person *person, struct entry *entry); /* false: no memory */
void person_remove_part(struct person *person, struct entry *entry);

/* Adds one of their bookings to what a wish would add to; not what is no personal booking, or not charged. */
void person_count(struct policy_usage *usage, const struct civil_zone *zone, const struct entry *entry,
                  const struct booking *wish);
/* What a wish would add to; `but` is not counted. */
struct policy_usage person_measure(const struct person *person, const struct civil_zone *zone,
                                   const struct booking *wish, int64_t gap, const struct entry *but);

#endif
