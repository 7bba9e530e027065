/* roster.h - a class over rigs and weeks: who is on which rig, with whom, at each meeting.
 *
 * Students are split into sections that meet at times of their own, because a section has at most as many
 * groups as there are rigs, and a student's hour should not wander through the week. In a section of R groups
 * of k the students stand in k columns of R rows. At meeting m column c is moved by
 *
 *     q_c(m) = (c + 1) * m + floor(m * d / R)   (mod R),   d = gcd(c + 1, R)
 *
 * and students at the same place work together. q_c runs through all places once in R meetings, so everybody
 * is at each place once in R meetings, and differences between columns change from meeting to meeting, so
 * partners change too. (For even R two columns cannot both do without any repeated partner: cyclic groups of
 * even order have no complete mapping; M. Hall and L. J. Paige, "Complete mappings of finite groups", 1955.)
 * Without rotation of partners all columns move like the first. */
#ifndef GATEWAY_BOOKING_ROSTER_H
#define GATEWAY_BOOKING_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct roster {
    size_t students, group_size, rigs, meetings; /* each 1 or more */
    bool rotate_partners;
};

/* How many sections the class needs. */
size_t roster_sections(const struct roster *roster);

/* Its students stand together in the roster. */
void roster_section(const struct roster *roster, size_t section, size_t *first, size_t *count);

struct roster_place {
    size_t section; /* from 0; the same at every meeting */
    size_t rig;     /* from 0 */
    size_t seat;    /* column: a place on a rig has each at most once */
};
/* Where a student is at a meeting. Students who share section and rig form a group of at most group_size. */
struct roster_place roster_find(const struct roster *roster, size_t student, size_t meeting);

#endif
