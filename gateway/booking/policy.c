#include "gateway/booking/policy.h"

#include <string.h>

const char *policy_option_name(enum policy_option option)
{
    static const char *const names[] = {
#define POLICY_NAME(field, kind, least, most, fallback, refusal, help) #field,
        POLICY_OPTIONS(POLICY_NAME)
#undef POLICY_NAME
    };
    return names[option];
}

enum kind { DURATION, COUNT, FLAG, NAME, APPROVAL };

struct place {
    enum kind kind;
    size_t at;
};

static struct place place_of(enum policy_option option)
{
    static const struct place options[] = {
#define POLICY_PLACE(field, kind, least, most, fallback, refusal, help)                                      \
    {kind, offsetof(struct booking_policy, field)},
        POLICY_OPTIONS(POLICY_PLACE)
#undef POLICY_PLACE
    };
    return options[option];
}

bool policy_option_bound(const struct booking_policy *policy, enum policy_option option, int64_t *bound,
                         bool *is_duration)
{
    struct place place = place_of(option);
    *is_duration = place.kind == DURATION;
    if (place.kind != DURATION && place.kind != COUNT)
        return false;
    memcpy(bound, (const char *)policy + place.at, sizeof *bound);
    return true;
}

const char *policy_option_named(const struct booking_policy *policy, enum policy_option option)
{
    struct place place = place_of(option);
    const char *name = NULL;
    if (place.kind == NAME)
        memcpy(&name, (const char *)policy + place.at, sizeof name);
    return name;
}

void policy_add(struct policy_usage *usage, const struct civil_zone *zone,
                const struct policy_interval *interval, int64_t starts, int64_t ends)
{
    int32_t day, other;
    int64_t time, length = interval->ends - interval->starts;
    civil_local(zone, starts, &day, &time);
    civil_local(zone, interval->starts, &other, &time);
    usage->open += interval->to_come;
    if (other == day) {
        usage->on_day++;
        usage->ms_on_day += length;
    }
    if (civil_monday(other) == civil_monday(day)) {
        usage->in_week++;
        usage->ms_in_week += length;
    }
    int64_t apart = interval->starts >= ends ? interval->starts - ends : starts - interval->ends;
    if (apart < usage->nearest && !interval->other_thing)
        usage->nearest = apart > 0 ? apart : 0;
}

/* ---- one function for each row that refuses: whether the policy forbids the wish ----------------------- */

typedef bool forbids(const struct booking_policy *policy, const struct policy_wish *wish);

static bool is_beyond(int64_t limit, int64_t value)
{
    return limit > 0 && value > limit;
}

static bool forbids_horizon(const struct booking_policy *policy, const struct policy_wish *wish)
{
    return is_beyond(policy->horizon, wish->starts - wish->now);
}

static bool forbids_latest_start(const struct booking_policy *policy, const struct policy_wish *wish)
{
    return policy->latest_start > 0 && wish->starts - wish->now < policy->latest_start;
}

static bool forbids_shortest(const struct booking_policy *policy, const struct policy_wish *wish)
{
    return wish->ends - wish->starts < policy->shortest;
}

static bool forbids_longest(const struct booking_policy *policy, const struct policy_wish *wish)
{
    return is_beyond(policy->longest, wish->ends - wish->starts);
}

static bool forbids_open_bookings(const struct booking_policy *policy, const struct policy_wish *wish)
{
    return is_beyond(policy->open_bookings, wish->usage.open + 1);
}

static bool forbids_bookings_per_day(const struct booking_policy *policy, const struct policy_wish *wish)
{
    return is_beyond(policy->bookings_per_day, wish->usage.on_day + 1);
}

static bool forbids_bookings_per_week(const struct booking_policy *policy, const struct policy_wish *wish)
{
    return is_beyond(policy->bookings_per_week, wish->usage.in_week + 1);
}

static bool forbids_hours_per_day(const struct booking_policy *policy, const struct policy_wish *wish)
{
    return is_beyond(policy->hours_per_day, wish->usage.ms_on_day + wish->ends - wish->starts);
}

static bool forbids_hours_per_week(const struct booking_policy *policy, const struct policy_wish *wish)
{
    return is_beyond(policy->hours_per_week, wish->usage.ms_in_week + wish->ends - wish->starts);
}

static bool forbids_gap(const struct booking_policy *policy, const struct policy_wish *wish)
{
    return wish->usage.nearest < policy->gap;
}

static bool forbids_one_at_a_time(const struct booking_policy *policy, const struct policy_wish *wish)
{
    return policy->one_at_a_time && wish->usage.busy;
}

static bool forbids_qualification(const struct booking_policy *policy, const struct policy_wish *wish)
{
    return policy->qualification[0] != '\0' && !wish->qualified;
}

static bool forbids_rehearsal(const struct booking_policy *policy, const struct policy_wish *wish)
{
    return policy->rehearsal[0] != '\0' && !wish->rehearsed;
}

static bool forbids_no_show_penalty(const struct booking_policy *policy, const struct policy_wish *wish)
{
    bool ahead = wish->starts > wish->now;
    return ahead && wish->no_show > 0 && wish->now - wish->no_show < policy->no_show_penalty;
}

static const enum booking_result refusals[] = {
#define POLICY_REFUSAL(field, kind, least, most, fallback, refusal, help) BOOKING_##refusal,
    POLICY_OPTIONS(POLICY_REFUSAL)
#undef POLICY_REFUSAL
};

static const struct {
    enum policy_option option;
    forbids *forbids;
    bool binds_classes; /* also what a scheduler plans */
    bool of_length;     /* also a later end */
} rows[] = {
    {POLICY_horizon,           forbids_horizon,           false, false},
    {POLICY_latest_start,      forbids_latest_start,      false, false},
    {POLICY_shortest,          forbids_shortest,          true,  false},
    {POLICY_longest,           forbids_longest,           true,  true },
    {POLICY_open_bookings,     forbids_open_bookings,     false, false},
    {POLICY_bookings_per_day,  forbids_bookings_per_day,  false, false},
    {POLICY_bookings_per_week, forbids_bookings_per_week, false, false},
    {POLICY_hours_per_day,     forbids_hours_per_day,     false, true },
    {POLICY_hours_per_week,    forbids_hours_per_week,    false, true },
    {POLICY_gap,               forbids_gap,               false, true },
    {POLICY_one_at_a_time,     forbids_one_at_a_time,     false, true },
    {POLICY_qualification,     forbids_qualification,     true,  false},
    {POLICY_rehearsal,         forbids_rehearsal,         true,  false},
    {POLICY_no_show_penalty,   forbids_no_show_penalty,   false, false},
};

enum booking_result policy_check(const struct booking_policy *policy, const struct policy_wish *wish,
                                 enum policy_option *option)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool binds = (!wish->planned || rows[i].binds_classes) && (!wish->extends || rows[i].of_length);
        if (!binds || !rows[i].forbids(policy, wish))
            continue;
        *option = rows[i].option;
        return refusals[rows[i].option];
    }
    return BOOKING_OK;
}
