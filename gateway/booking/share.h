/* share.h - fair shares: who had least of theirs, by decayed use.
 *
 * Schools, groups of a school and people of a group form a tree. A node's level is its usage over its weight,
 * compared among siblings only: first the schools', then the groups', then the people's. That is the order of
 * Slurm's Fair Tree (https://slurm.schedmd.com/fair_tree.html); usage decays with a half-life, as there.
 * docs/timetable.md has the rule and an example. */
#ifndef GATEWAY_BOOKING_SHARE_H
#define GATEWAY_BOOKING_SHARE_H

#include <stdint.h>

struct share {
    double usage;  /* seconds of rig time, decayed up to `at` */
    int64_t at;    /* ms since 1970 */
    double weight; /* more than 0 */
};

/* Usage as it is at a time. A time before `at` counts as `at`: a clock set back gives nothing back. */
double share_usage(const struct share *share, int64_t half_life, int64_t time);
/* Adds so many seconds of use; negative ones give back, down to nothing. half_life in ms; 0: no decay. */
void share_charge(struct share *share, int64_t half_life, int64_t time, double seconds);
/* What is known of an earlier time, in any order: it has decayed since. */
void share_recall(struct share *share, int64_t half_life, int64_t time, double seconds);

enum { SHARE_SCHOOL, SHARE_GROUP, SHARE_PERSON, SHARE_LEVELS };

/* Somebody's place in the order. */
struct share_rank {
    int64_t priority; /* of the policy: higher ones first */
    double level[SHARE_LEVELS];
    int64_t asked; /* ms since 1970 */
    uint64_t id;   /* decides when all else is equal */
};

/* `path`: school, group, person. */
struct share_rank share_rank(const struct share *const path[SHARE_LEVELS], int64_t half_life, int64_t time,
                             int64_t priority, int64_t asked, uint64_t id);
/* Less than 0: a comes before b. A total order. */
int share_compare(const struct share_rank *a, const struct share_rank *b);

#endif
