/* rules.c - what may be asked, apart from room: the interval, the opening hours, the group and its policy. */
#include "gateway/booking/timetable_private.h"

#define LATE                                                                                                 \
    60000 /* ms that a booking may have begun already when it is asked for: it was "now" when it was sent */

static const struct civil_change never[] = {
    {INT64_MIN, 0}
};
static const struct civil_zone universal = {"UTC", never, 1};

static const struct civil_zone *zone_of(const struct timetable *timetable)
{
    return timetable->setup.calendar != NULL ? &timetable->setup.calendar->zone : &universal;
}

const struct booking_policy *policy_of(const struct timetable *timetable, uint16_t group, bool *known)
{
    *known = group == BOOKING_NO_GROUP || group <= timetable->setup.group_count;
    if (group == BOOKING_NO_GROUP || !*known)
        return timetable->setup.everybody;
    return timetable->setup.groups[group - 1].policy;
}

const struct booking_policy *timetable_policy(const struct timetable *timetable,
                                              const struct booking *booking)
{
    bool known;
    return policy_of(timetable, booking->group, &known);
}

enum booking_result rules_interval(const struct timetable *timetable, const struct timetable_rig *rig,
                                   int64_t starts, int64_t ends, int64_t now)
{
    if (!timetable_clock_plausible(timetable, now))
        return BOOKING_CLOCK;
    if (starts >= ends)
        return BOOKING_EMPTY;
    if (starts < now - LATE || ends <= now)
        return BOOKING_PAST;
    if (starts > BOOKING_TIME_MAX || ends > BOOKING_TIME_MAX)
        return BOOKING_TOO_FAR;
    if (rig != NULL && rig->longest > 0 && ends - starts > rig->longest)
        return BOOKING_TOO_LONG;
    if (rig != NULL && rig->horizon > 0 && starts - now > rig->horizon)
        return BOOKING_TOO_FAR;
    const struct term_calendar *calendar = timetable->setup.calendar;
    return calendar == NULL || term_is_open(calendar, starts, ends) ? BOOKING_OK : BOOKING_CLOSED;
}

enum booking_result rules_policy(const struct timetable *timetable, const struct rules_person *who,
                                 const struct booking *wish, const struct entry *but, int64_t now,
                                 enum policy_option *option)
{
    bool known;
    const struct booking_policy *policy = policy_of(timetable, who->group, &known);
    if (!known)
        return BOOKING_UNKNOWN_GROUP;
    if (policy == NULL)
        return who->group == BOOKING_NO_GROUP ? BOOKING_OK : BOOKING_NO_POLICY;
    struct policy_wish asked = {
        .now = now,
        .starts = wish->starts > now ? wish->starts : now,
        .ends = wish->ends,
        .qualified = who->qualified,
        .rehearsed = who->rehearsed,
        .planned = who->planned,
        .no_show = who->person->no_show,
        .usage = {.nearest = INT64_MAX},
    };
    if (wish->starts < now) /* what begins now is as long as it was asked for */
        asked.ends += now - wish->starts;
    if (!who->planned)
        asked.usage = person_measure(who->person, zone_of(timetable), wish, policy->gap, but);
    return policy_check(policy, &asked, option);
}
