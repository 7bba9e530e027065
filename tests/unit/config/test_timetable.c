/* What lab.yaml says about the timetable, as the timetable gets it; what is wrong is in
 * mistakes/timetable.txt.
 */
#include "tests/unit/config/fixture.h"

#include "gateway/booking/civil.h"

static struct config *load_good(void)
{
    struct config *config = config_load(fixture_good(), NULL, NULL, 0);
    assert_non_null(config);
    if (!config_lab(config))
        config_print_errors(config, stderr);
    assert_non_null(config_lab(config));
    return config;
}

static int32_t day_of(int year, int month, int day)
{
    return civil_day((struct civil_date){year, month, day});
}

static void the_calendar_is_as_written(void **state)
{
    (void)state;
    struct config *config = load_good();
    const struct term_calendar *calendar = &config_lab(config)->timetable.calendar;
    assert_string_equal(calendar->zone.name, "Asia/Shanghai");
    assert_int_equal(calendar->term_count, 2);
    assert_string_equal(calendar->terms[0].name, "autumn-2026");
    assert_int_equal(calendar->terms[0].start, day_of(2026, 9, 7));
    assert_int_equal(calendar->terms[0].weeks, 18);
    assert_int_equal(calendar->periods[1].from, 8 * CIVIL_HOUR + 55 * CIVIL_MINUTE);
    assert_int_equal(calendar->periods[1].until, 9 * CIVIL_HOUR + 40 * CIVIL_MINUTE);
    assert_int_equal(calendar->periods[2].until, 0); /* there is none */
    assert_int_equal(calendar->periods[3].from, 10 * CIVIL_HOUR + 55 * CIVIL_MINUTE);
    assert_int_equal(calendar->holiday_count, 2); /* sorted */
    assert_int_equal(calendar->holidays[0].from, day_of(2026, 10, 1));
    assert_int_equal(calendar->holidays[0].last, day_of(2026, 10, 7));
    assert_int_equal(calendar->holidays[1].from, day_of(2027, 1, 1));
    assert_int_equal(calendar->holidays[1].last, day_of(2027, 1, 1));
    assert_int_equal(calendar->makeup_count, 2);
    assert_int_equal(calendar->makeups[0].on, day_of(2026, 10, 10));
    assert_int_equal(calendar->makeups[0].as, day_of(2026, 10, 7));
    assert_true(calendar->has_hours);
    assert_int_equal(calendar->hours[0].until, 22 * CIVIL_HOUR);
    assert_int_equal(calendar->hours[2].until, 12 * CIVIL_HOUR);
    assert_int_equal(calendar->hours[5].until, 24 * CIVIL_HOUR);
    assert_int_equal(calendar->hours[6].until, 0); /* closed */
    config_destroy(config);
}

static void who_books_is_as_written(void **state)
{
    (void)state;
    struct config *config = load_good();
    const struct config_timetable *timetable = &config_lab(config)->timetable;
    assert_int_equal(timetable->half_life, 7 * CIVIL_DAY);
    assert_int_equal(timetable->offer, 2 * CIVIL_MINUTE);
    assert_int_equal(timetable->rehome_ahead, CIVIL_HOUR);
    assert_int_equal(timetable->grace, 10 * CIVIL_MINUTE);
    assert_int_equal(timetable->school_count, 2);
    assert_string_equal(timetable->schools[0].title.zh, "石河子大学");
    assert_true(timetable->schools[0].weight == 3 && timetable->schools[1].weight == 1);
    assert_int_equal(timetable->group_count, 1);
    assert_string_equal(timetable->groups[0].name, "ee-1");
    assert_int_equal(timetable->groups[0].school, 1);
    const struct booking_policy *policy = timetable->groups[0].policy;
    assert_string_equal(policy->name, "student");
    assert_int_equal(policy->horizon, 10 * CIVIL_DAY); /* in ms, as all durations */
    assert_int_equal(policy->longest, 2 * CIVIL_HOUR);
    assert_int_equal(policy->shortest, 5 * CIVIL_MINUTE);
    assert_int_equal(policy->bookings_per_week, 3);
    assert_string_equal(policy->qualification, "laser");
    assert_string_equal(policy->rehearsal, "");
    assert_int_equal(policy->approval, POLICY_APPROVAL_TEACHER);
    assert_true(policy->extend);
    assert_false(policy->substitute);
    assert_non_null(timetable->everybody);
    assert_int_equal(timetable->everybody->grace, 0);
    config_destroy(config);
}

static void what_rigs_share_is_as_written(void **state)
{
    (void)state;
    struct config *config = load_good();
    const struct config_lab *lab = config_lab(config);
    const struct config_rig *tank = &lab->rigs[0];
    assert_int_equal(lab->timetable.resource_count, 2);
    assert_string_equal(lab->timetable.resources[0], "crane");
    assert_int_equal(tank->setup, 2 * CIVIL_MINUTE);
    assert_int_equal(tank->teardown, 10000);
    assert_int_equal(tank->resource_count, 1);
    assert_int_equal(tank->resources[0], 0);
    assert_true(lab->timetable.capability_count >= 1);
    assert_string_equal(lab->timetable.capabilities[0], "process-control");
    assert_int_equal(tank->capability_bits & 1, 1);
    assert_int_equal(lab->rigs[1].teardown, CIVIL_MINUTE); /* not given */
    config_destroy(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_calendar_is_as_written),
        cmocka_unit_test(who_books_is_as_written),
        cmocka_unit_test(what_rigs_share_is_as_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
