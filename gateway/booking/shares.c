/* shares.c - what sessions cost their school, their group and their holder (share.h). */
#include "gateway/booking/timetable_private.h"

#include <math.h>

static void path_of(const struct timetable *timetable, const struct person *person, uint16_t group,
                    struct share *path[SHARE_LEVELS])
{
    size_t nobody = timetable->setup.group_count;
    size_t at = group != BOOKING_NO_GROUP && group <= nobody ? group - 1u : nobody;
    size_t school = at < nobody ? timetable->setup.groups[at].school : timetable->setup.school_count;
    path[SHARE_SCHOOL] = &timetable->schools[school];
    path[SHARE_GROUP] = &timetable->groups[at];
    path[SHARE_PERSON] = (struct share *)&person->share;
}

static void charge(struct timetable *timetable, struct entry *entry, int64_t time, double seconds)
{
    struct share *path[SHARE_LEVELS];
    path_of(timetable, entry->person, entry->booking.group, path);
    for (int level = 0; level < SHARE_LEVELS; level++)
        share_charge(path[level], timetable->setup.half_life, time, seconds);
}

static double seconds_of(const struct booking *booking)
{
    return booking->charged ? (double)(booking->ends - booking->starts) / 1000 : 0;
}

void shares_begin(struct timetable *timetable, struct entry *entry, int64_t wall)
{
    entry->charge = seconds_of(&entry->booking);
    entry->charged_at = wall;
    charge(timetable, entry, wall, entry->charge);
}

/* What was charged has decayed since; what was used counts from the end on. */
void shares_end(struct timetable *timetable, struct entry *entry)
{
    int64_t end = entry->booking.ends > entry->charged_at ? entry->booking.ends : entry->charged_at;
    struct share charged = {.usage = entry->charge, .at = entry->charged_at, .weight = 1};
    double left = share_usage(&charged, timetable->setup.half_life, end);
    charge(timetable, entry, end, seconds_of(&entry->booking) - left);
    entry->charge = 0;
}

void shares_load(struct timetable *timetable, struct entry *entry)
{
    if (entry->booking.state != BOOKING_ENDED || entry->booking.session == 0)
        return;
    struct share *path[SHARE_LEVELS];
    path_of(timetable, entry->person, entry->booking.group, path);
    for (int level = 0; level < SHARE_LEVELS; level++)
        share_recall(path[level], timetable->setup.half_life, entry->booking.ends,
                     seconds_of(&entry->booking));
}

struct share_rank shares_rank(const struct timetable *timetable, const struct person *person, uint16_t group,
                              int64_t wall, int64_t asked, uint64_t id)
{
    struct share *path[SHARE_LEVELS];
    path_of(timetable, person, group, path);
    bool known;
    const struct booking_policy *policy = policy_of(timetable, group, &known);
    return share_rank((const struct share *const *)path, timetable->setup.half_life, wall,
                      policy != NULL ? policy->priority : 0, asked, id);
}
