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

bool rules_holiday(const struct timetable *timetable, int64_t instant)
{
    const struct term_calendar *calendar = timetable->setup.calendar;
    int32_t day;
    int64_t time;
    if (calendar == NULL)
        return false;
    civil_local(&calendar->zone, instant, &day, &time);
    return term_holiday_on(calendar, day) != NULL;
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

bool wish_is_sound(const struct booking_wish *wish)
{
    return wish->ends > wish->starts && wish->starts > 0 && wish->ends <= BOOKING_TIME_MAX;
}

enum booking_result rules_interval(const struct timetable *timetable, const struct timetable_rig *rig,
                                   int64_t starts, int64_t ends, int64_t now)
{
    if (!timetable_clock_plausible(timetable, now))
        return BOOKING_CLOCK;
    if (starts >= ends)
        return starts <= now ? BOOKING_PAST : BOOKING_EMPTY;
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

/* What is on its way to become theirs counts already. */
static void add_incoming(const struct timetable *timetable, const struct person *person,
                         const struct booking *wish, const struct entry *but, struct policy_usage *usage)
{
    for (size_t i = 0; i < timetable->flights.count; i++) {
        const struct flight *flight = timetable->flights.list[i];
        const struct entry *entry = flight->entries[0];
        if (flight->change != CHANGE_HOLDER || entry == but || entry->person == person ||
            flight->rows[0].account != person->account)
            continue;
        usage->open++;
        person_count(usage, zone_of(timetable), entry, wish);
    }
}

static struct policy_usage usage_of(const struct timetable *timetable, const struct person *person,
                                    const struct booking *wish, int64_t gap, const struct entry *but)
{
    struct policy_usage usage = person_measure(person, zone_of(timetable), wish, gap, but);
    add_incoming(timetable, person, wish, but, &usage);
    return usage;
}

enum booking_result rules_extension(const struct timetable *timetable, const struct entry *entry,
                                    int64_t ends, bool planned, enum policy_option *option)
{
    const struct booking_policy *policy = timetable_policy(timetable, &entry->booking);
    if (policy == NULL)
        return BOOKING_OK;
    if (!policy->extend)
        return BOOKING_NO_EXTENSION;
    struct booking wish = entry->booking;
    wish.ends = ends;
    const struct policy_wish asked = {
        .starts = wish.starts,
        .ends = ends,
        .planned = planned || wish.kind != BOOKING_PERSONAL,
        .extends = true,
        .usage = usage_of(timetable, entry->person, &wish, policy->gap, entry),
    };
    return policy_check(policy, &asked, option);
}

static bool is_same_thing(const struct booking_wish *wish, const struct booking *booking)
{
    return wish->rig == booking->rig ||
           (wish->rig == BOOKING_ANY_RIG && wish->capability == booking->capability);
}

static void add_beside(const struct timetable *timetable, const struct rules_person *who,
                       const struct booking *wish, struct policy_usage *usage)
{
    for (size_t i = 0; i < who->beside_count; i++) {
        const struct booking_wish *other = &who->beside[i];
        if (other == who->apart || !wish_is_sound(other) ||
            (other->account != 0 ? other->account : who->asker) != who->person->account)
            continue;
        const struct policy_interval interval = {
            .starts = other->starts,
            .ends = other->ends,
            .to_come = true,
            .other_thing = !is_same_thing(other, wish),
        };
        policy_add(usage, zone_of(timetable), &interval, wish->starts, wish->ends);
        usage->busy |= other->starts < wish->ends && wish->starts < other->ends;
    }
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
    if (!who->planned) {
        asked.usage = usage_of(timetable, who->person, wish, policy->gap, but);
        add_beside(timetable, who, wish, &asked.usage);
    }
    return policy_check(policy, &asked, option);
}

enum booking_state rules_granted(const struct timetable *timetable, const struct booking *booking,
                                 bool planned)
{
    const struct booking_policy *policy = timetable_policy(timetable, booking);
    bool asks = policy != NULL && policy->approval != POLICY_APPROVAL_NONE;
    return asks && !planned && booking->kind == BOOKING_PERSONAL ? BOOKING_PENDING : BOOKING_CONFIRMED;
}

/* ---- what is there already -------------------------------------------------------------------------------
 */

/* How late it was asked for, and what its holder left unused since, are no longer a question. */
static struct booking_policy without_history(const struct booking_policy *policy)
{
    struct booking_policy judged = *policy;
    judged.latest_start = 0;
    judged.no_show_penalty = 0;
    return judged;
}

static enum booking_result judge_policy(const struct timetable *timetable, const struct entry *entry,
                                        const struct booking_wish *people, int64_t now,
                                        enum policy_option *option)
{
    const struct booking *booking = &entry->booking;
    bool known;
    const struct booking_policy *policy = policy_of(timetable, booking->group, &known);
    if (policy == NULL)
        return booking->group == BOOKING_NO_GROUP ? BOOKING_OK : BOOKING_NO_POLICY;
    struct booking_policy judged = without_history(policy);
    struct policy_wish wish = {
        .now = now,
        .starts = booking->starts,
        .ends = booking->ends,
        .qualified = !people->unqualified,
        .rehearsed = !people->unrehearsed,
        .planned = booking->kind == BOOKING_CLASS,
        .usage = {.nearest = INT64_MAX},
    };
    if (!wish.planned)
        wish.usage = usage_of(timetable, entry->person, booking, judged.gap, entry);
    return policy_check(&judged, &wish, option);
}

enum booking_result timetable_judge(const struct timetable *timetable, uint64_t id,
                                    const struct booking_wish *people, int64_t now,
                                    enum policy_option *option)
{
    const struct entry *entry = timetable_entry(timetable, id);
    *option = POLICY_OPTION_COUNT;
    if (entry == NULL)
        return BOOKING_UNKNOWN;
    const struct booking *booking = &entry->booking;
    if (booking->kind == BOOKING_MAINTENANCE)
        return BOOKING_OK;
    const struct timetable_rig *rig = &timetable->rigs[booking->rig].policy;
    enum booking_result result = rules_interval(timetable, rig, booking->starts, booking->ends,
                                                booking->starts < now ? booking->starts : now);
    return result == BOOKING_OK ? judge_policy(timetable, entry, people, now, option) : result;
}
