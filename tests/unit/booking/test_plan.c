/* A class as one bundle: 200 students in rotating pairs on 20 rigs, 16 weeks, with a holiday and its make-up
 * day. */
#include "gateway/booking/plan.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

enum { STUDENTS = 200, RIGS = 20, WEEKS = 16, SECTIONS = 5 };

static const struct civil_change offsets[] = {
    {INT64_MIN, 8 * 3600000}
};
static const struct term terms[] = {
    {.name = "autumn-2026", .start = 20703, .weeks = 18}
};
static struct term_calendar calendar = {
    .zone = {"Asia/Shanghai", offsets,           1},
    .terms = terms,
    .term_count = 1,
    .periods = {{8 * CIVIL_HOUR, 9 * CIVIL_HOUR},               {9 * CIVIL_HOUR, 10 * CIVIL_HOUR}},
};
static const struct plan_slot slots[SECTIONS] = {
    {.weekday = 1, .first_period = 1, .last_period = 2},
    {.weekday = 2, .first_period = 1, .last_period = 2},
    {.weekday = 3, .first_period = 1, .last_period = 2},
    {.weekday = 4, .first_period = 1, .last_period = 2},
    {.weekday = 5, .first_period = 1, .last_period = 2},
};

static void a_class_has_everybody_on_one_rig_at_every_meeting(void **state)
{
    (void)state;
    /* Week 4 is a holiday but for its Wednesday, which is held on the Saturday. */
    const struct term_holiday holiday = {
        .from = terms[0].start + 21, .last = terms[0].start + 27, .name = "holiday"};
    const struct term_makeup makeup = {terms[0].start + 26, terms[0].start + 23};
    assert_int_equal(civil_weekday(terms[0].start), 1);
    calendar.holidays = &holiday;
    calendar.makeups = &makeup;
    calendar.holiday_count = calendar.makeup_count = 1;
    static struct plan_meeting meetings[TERM_WEEKS_MAX * SECTIONS];
    size_t count, section;
    assert_int_equal(
        plan_schedule(&calendar, 0, (1u << WEEKS) - 1, slots, SECTIONS, meetings, &count, &section), TERM_OK);
    assert_int_equal(count, WEEKS);
    assert_int_equal(meetings[3 * SECTIONS].result, TERM_HOLIDAY);
    assert_int_equal(meetings[3 * SECTIONS + 2].result, TERM_MOVED);

    static uint64_t students[STUDENTS], parties[STUDENTS * WEEKS];
    static uint16_t rigs[RIGS];
    static struct booking_wish wishes[2000];
    for (size_t i = 0; i < STUDENTS; i++)
        students[i] = 1000 + i;
    for (uint16_t i = 0; i < RIGS; i++)
        rigs[i] = (uint16_t)(50 + i);
    struct roster roster = {STUDENTS, 2, RIGS, WEEKS, true};
    struct plan plan = {.roster = &roster, .students = students, .rigs = rigs, .meetings = meetings};
    assert_int_equal(roster_sections(&roster), SECTIONS);
    size_t made = plan_wishes(&plan, wishes, 2000, parties);
    assert_int_equal(made, (WEEKS * SECTIONS - 4) * RIGS);

    /* Nobody is at two places at once, no rig has two groups at once, and everybody comes every week. */
    static unsigned times[STUDENTS], on_rig[STUDENTS][RIGS];
    memset(times, 0, sizeof times);
    for (size_t i = 0; i < made; i++) {
        assert_int_equal(wishes[i].party_count, 1);
        const uint64_t people[2] = {wishes[i].account, wishes[i].party[0]};
        for (int k = 0; k < 2; k++) {
            times[people[k] - 1000]++;
            on_rig[people[k] - 1000][wishes[i].rig - 50]++;
        }
        for (size_t j = 0; j < i; j++) {
            if (wishes[i].starts >= wishes[j].ends || wishes[j].starts >= wishes[i].ends)
                continue;
            assert_int_not_equal(wishes[i].rig, wishes[j].rig);
            for (int k = 0; k < 2; k++)
                assert_true(people[k] != wishes[j].account && people[k] != wishes[j].party[0]);
        }
    }
    for (size_t i = 0; i < STUDENTS; i++) {
        assert_int_equal(times[i], i / 40 == 2 ? WEEKS : WEEKS - 1);
        for (size_t rig = 0; rig < RIGS; rig++)
            assert_true(on_rig[i][rig] <= 1); /* 16 meetings, 20 rigs */
    }
}

static void what_cannot_be_is_named_with_its_section(void **state)
{
    (void)state;
    struct plan_slot wrong[2] = {
        slots[0], {.weekday = 6, .first_period = 2, .last_period = 3}
    };
    struct plan_meeting meetings[TERM_WEEKS_MAX * 2];
    size_t count, section;
    assert_int_equal(plan_schedule(&calendar, 0, 1, wrong, 2, meetings, &count, &section), TERM_NO_PERIOD);
    assert_int_equal(section, 1);
    assert_int_equal(plan_schedule(&calendar, 1, 1, slots, 2, meetings, &count, &section), TERM_NO_TERM);
    assert_int_equal(plan_schedule(&calendar, 0, 1u << 18, slots, 2, meetings, &count, &section),
                     TERM_NO_WEEK);
}

static void a_student_is_in_a_roster_once(void **state)
{
    (void)state;
    uint64_t students[] = {5, 7, 9, 7};
    size_t first, second;
    assert_true(plan_find_duplicate(students, 4, &(struct booking_attend){0}, &first, &second));
    assert_int_equal(first, 1);
    assert_int_equal(second, 3);
    assert_false(plan_find_duplicate(students, 3, &(struct booking_attend){0}, &first, &second));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_class_has_everybody_on_one_rig_at_every_meeting),
        cmocka_unit_test(what_cannot_be_is_named_with_its_section),
        cmocka_unit_test(a_student_is_in_a_roster_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
