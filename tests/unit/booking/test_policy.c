/* Every option of a policy, at both sides of its limit. */
#include "gateway/booking/policy.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <string.h>

#define NOW (20000 * CIVIL_DAY)

static const struct booking_policy open_policy = {.name = "open", .qualification = "", .rehearsal = ""};
static const struct policy_wish plain_wish = {
    .now = NOW,
    .starts = NOW + CIVIL_DAY,
    .ends = NOW + CIVIL_DAY + CIVIL_HOUR,
    .usage = {.nearest = INT64_MAX},
};

struct row {
    struct booking_policy policy;
    struct policy_wish allowed, refused;
    enum booking_result refusal;
    enum policy_option option;
    unsigned also;
};

/* Whom a row binds beside people who book for themselves. */
enum { NOBODY = 0, CLASSES = 1, EXTENSIONS = 2 };

static void check_row(struct row row)
{
    enum policy_option option = POLICY_OPTION_COUNT;
    assert_int_equal(policy_check(&row.policy, &row.allowed, &option), BOOKING_OK);
    assert_int_equal(policy_check(&row.policy, &row.refused, &option), row.refusal);
    assert_int_equal(option, row.option);
    assert_int_equal(policy_check(&open_policy, &row.refused, &option), BOOKING_OK);
    row.refused.planned = true;
    assert_int_equal(policy_check(&row.policy, &row.refused, &option),
                     row.also & CLASSES ? row.refusal : BOOKING_OK);
    row.refused.planned = false;
    row.refused.extends = true;
    assert_int_equal(policy_check(&row.policy, &row.refused, &option),
                     row.also & EXTENSIONS ? row.refusal : BOOKING_OK);
}

#define ROW(field, limit, change_allowed, change_refused, result, also)                                      \
    do {                                                                                                     \
        struct row row = {open_policy, plain_wish, plain_wish, result, POLICY_##field, also};                \
        row.policy.field = limit;                                                                            \
        row.allowed.change_allowed;                                                                          \
        row.refused.change_refused;                                                                          \
        check_row(row);                                                                                      \
        checked |= 1u << POLICY_##field;                                                                     \
    } while (0)

static void each_limit_has_two_sides(void **state)
{
    (void)state;
    unsigned checked = 0;
    ROW(horizon, CIVIL_DAY, starts = NOW + CIVIL_DAY, starts = NOW + CIVIL_DAY + 1, BOOKING_TOO_FAR, NOBODY);
    ROW(latest_start, CIVIL_HOUR, starts = NOW + CIVIL_HOUR, starts = NOW + CIVIL_HOUR - 1, BOOKING_TOO_LATE,
        NOBODY);
    ROW(shortest, CIVIL_HOUR, starts = NOW + CIVIL_DAY, starts = NOW + CIVIL_DAY + 1, BOOKING_TOO_SHORT,
        CLASSES);
    ROW(longest, CIVIL_HOUR, starts = NOW + CIVIL_DAY, starts = NOW + CIVIL_DAY - 1, BOOKING_TOO_LONG,
        CLASSES | EXTENSIONS);
    ROW(open_bookings, 3, usage.open = 2, usage.open = 3, BOOKING_TOO_MANY, NOBODY);
    ROW(bookings_per_day, 2, usage.on_day = 1, usage.on_day = 2, BOOKING_QUOTA_BOOKINGS, NOBODY);
    ROW(bookings_per_week, 2, usage.in_week = 1, usage.in_week = 2, BOOKING_QUOTA_BOOKINGS, NOBODY);
    ROW(hours_per_day, 2 * CIVIL_HOUR, usage.ms_on_day = CIVIL_HOUR, usage.ms_on_day = CIVIL_HOUR + 1,
        BOOKING_QUOTA_HOURS, EXTENSIONS);
    ROW(hours_per_week, 2 * CIVIL_HOUR, usage.ms_in_week = CIVIL_HOUR, usage.ms_in_week = CIVIL_HOUR + 1,
        BOOKING_QUOTA_HOURS, EXTENSIONS);
    ROW(gap, CIVIL_HOUR, usage.nearest = CIVIL_HOUR, usage.nearest = CIVIL_HOUR - 1, BOOKING_GAP, EXTENSIONS);
    ROW(one_at_a_time, true, usage.busy = false, usage.busy = true, BOOKING_PERSON_BUSY, EXTENSIONS);
    ROW(qualification, "laser", qualified = true, qualified = false, BOOKING_NOT_QUALIFIED, CLASSES);
    ROW(rehearsal, "simulator", rehearsed = true, rehearsed = false, BOOKING_NOT_REHEARSED, CLASSES);
    ROW(no_show_penalty, CIVIL_DAY, no_show = NOW - CIVIL_DAY, no_show = NOW - CIVIL_DAY + 1, BOOKING_NO_SHOW,
        NOBODY);
    /* Each row that refuses anything is here. */
#define REFUSES(field, kind, least, most, fallback, refusal, help)                                           \
    assert_int_equal(BOOKING_##refusal != BOOKING_OK, (checked & 1u << POLICY_##field) != 0);
    POLICY_OPTIONS(REFUSES)
#undef REFUSES
}

static void after_a_no_show_free_time_may_still_be_used_at_once(void **state)
{
    (void)state;
    struct booking_policy policy = open_policy;
    struct policy_wish wish = plain_wish;
    enum policy_option option;
    policy.no_show_penalty = CIVIL_DAY;
    wish.no_show = NOW - 1;
    wish.starts = NOW;
    assert_int_equal(policy_check(&policy, &wish, &option), BOOKING_OK);
    wish.starts = NOW + 1;
    assert_int_equal(policy_check(&policy, &wish, &option), BOOKING_NO_SHOW);
}

static void the_first_row_that_forbids_is_named(void **state)
{
    (void)state;
    struct booking_policy policy = open_policy;
    struct policy_wish wish = plain_wish;
    enum policy_option option;
    policy.horizon = policy.longest = policy.gap = 1;
    policy.gap = CIVIL_DAY;
    wish.usage.nearest = 0;
    assert_int_equal(policy_check(&policy, &wish, &option), BOOKING_TOO_FAR);
    wish.planned = true;
    assert_int_equal(policy_check(&policy, &wish, &option), BOOKING_TOO_LONG);
    assert_string_equal(policy_option_name(option), "longest");
}

static struct policy_usage measure(const struct civil_zone *zone, const struct policy_interval *intervals,
                                   size_t count, int64_t starts, int64_t ends)
{
    struct policy_usage usage = {.nearest = INT64_MAX};
    for (size_t i = 0; i < count; i++)
        policy_add(&usage, zone, &intervals[i], starts, ends);
    return usage;
}

static void days_and_weeks_are_the_zones(void **state)
{
    (void)state;
    static const struct civil_change changes[] = {
        {INT64_MIN, 8 * 3600000}
    };
    const struct civil_zone beijing = {"Asia/Shanghai", changes, 1};
    int64_t monday = civil_day((struct civil_date){2026, 9, 7}) * CIVIL_DAY - 8 * CIVIL_HOUR;
    const struct policy_interval intervals[] = {
        {monday - CIVIL_HOUR,                 monday + CIVIL_HOUR,                     false, false}, /* Sunday evening */
        {monday + 2 * CIVIL_HOUR,             monday + 3 * CIVIL_HOUR,                 false, false},
        {monday + 23 * CIVIL_HOUR,            monday + 26 * CIVIL_HOUR,                true,  false},
        {monday + 6 * CIVIL_DAY + CIVIL_HOUR, monday + 6 * CIVIL_DAY + 2 * CIVIL_HOUR, true,  false},
        {monday + 7 * CIVIL_DAY,              monday + 8 * CIVIL_DAY,                  true,  false},
    };
    struct policy_usage usage =
        measure(&beijing, intervals, 5, monday + 10 * CIVIL_HOUR, monday + 11 * CIVIL_HOUR);
    assert_int_equal(usage.open, 3);
    assert_int_equal(usage.on_day, 2);
    assert_int_equal(usage.ms_on_day, 4 * CIVIL_HOUR);
    assert_int_equal(usage.in_week, 3);
    assert_int_equal(usage.ms_in_week, 5 * CIVIL_HOUR);
    assert_int_equal(usage.nearest, 7 * CIVIL_HOUR);
    usage = measure(&beijing, intervals, 5, monday, monday + 150 * CIVIL_MINUTE);
    assert_int_equal(usage.nearest, 0);
    usage = measure(&beijing, NULL, 0, monday, monday + 1);
    assert_int_equal(usage.nearest, INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_limit_has_two_sides),
        cmocka_unit_test(after_a_no_show_free_time_may_still_be_used_at_once),
        cmocka_unit_test(the_first_row_that_forbids_is_named),
        cmocka_unit_test(days_and_weeks_are_the_zones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
