/* A term of a Chinese university: weeks as they are written, class periods, holidays, make-up workdays. */
#include "gateway/booking/term.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <string.h>

#define DATE(year, month, day) civil_day((struct civil_date){year, month, day})
#define AT(hour, minute)       ((hour)*CIVIL_HOUR + (minute)*CIVIL_MINUTE)

static const struct civil_change beijing[] = {
    {INT64_MIN, 8 * 3600000}
};
static struct term terms[1];
static struct term_holiday holidays[1];
static struct term_makeup makeups[2];
static struct term_calendar calendar;

static int setup(void **state)
{
    (void)state;
    terms[0] = (struct term){.name = "autumn-2026", .start = DATE(2026, 9, 7), .weeks = 16};
    holidays[0] =
        (struct term_holiday){.from = DATE(2026, 10, 1), .last = DATE(2026, 10, 7), .name = "National Day"};
    makeups[0] = (struct term_makeup){DATE(2026, 10, 10), DATE(2026, 10, 7)}; /* Saturday as Wednesday */
    makeups[1] = (struct term_makeup){DATE(2026, 10, 12), DATE(2026, 10, 6)}; /* Monday as Tuesday */
    calendar = (struct term_calendar){
        .zone = {"Asia/Shanghai",       beijing,                1                      },
        .terms = terms,
        .term_count = 1,
        .periods = {{AT(8, 0), AT(8, 45)}, {AT(8, 55), AT(9, 40)}, {AT(10, 0), AT(10, 45)}},
        .holidays = holidays,
        .holiday_count = 1,
        .makeups = makeups,
        .makeup_count = 2,
        .has_hours = true,
    };
    for (int day = 0; day < 5; day++)
        calendar.hours[day] = (struct term_hours){AT(8, 0), AT(22, 0)};
    calendar.hours[3].until = calendar.hours[4].until = CIVIL_DAY; /* Thursday to Friday night it is open */
    calendar.hours[4].from = 0;
    return 0;
}

static int64_t instant(int32_t day, int64_t time)
{
    return day * CIVIL_DAY + time - 8 * CIVIL_HOUR;
}

static void weeks_are_read_as_they_are_written(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum term_result result;
        term_weeks weeks;
        size_t at;
    } cases[] = {
        {"1-16",          TERM_OK,        0xffff, 0},
        {"odd",           TERM_OK,        0x5555, 0},
        {"even",          TERM_OK,        0xaaaa, 0},
        {"1-8,10,12-16",  TERM_OK,        0xfaff, 0},
        {" 1-8 , 10 odd", TERM_OK,        0x0055, 0},
        {"3",             TERM_OK,        0x0004, 0},
        {"1-17",          TERM_NO_WEEK,   0,      2},
        {"17",            TERM_NO_WEEK,   0,      0},
        {"0-3",           TERM_NO_WEEK,   0,      0},
        {"1-8,8",         TERM_NO_WEEK,   0,      4},
        {"8-1",           TERM_BAD_WEEKS, 0,      0},
        {"1-",            TERM_BAD_WEEKS, 0,      2},
        {"1,,2",          TERM_BAD_WEEKS, 0,      2},
        {"1-8 sometimes", TERM_BAD_WEEKS, 0,      4},
        {"",              TERM_BAD_WEEKS, 0,      0},
        {"2 odd",         TERM_BAD_WEEKS, 0,      5},
        {"4294967297",    TERM_NO_WEEK,   0,      0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        term_weeks weeks = 0;
        size_t at = 0;
        assert_int_equal(term_read_weeks(cases[i].text, 16, &weeks, &at), cases[i].result);
        assert_int_equal(weeks, cases[i].weeks);
        if (cases[i].result != TERM_OK)
            assert_int_equal(at, cases[i].at);
    }
}

static void meetings_become_intervals(void **state)
{
    (void)state;
    static const struct {
        struct term_meeting meeting;
        enum term_result result;
        struct civil_date day;
    } cases[] = {
        {{0, 1, 1, 1, 2, {0, 0}},  TERM_OK,         {2026, 9, 7}  },
        {{0, 3, 2, 3, 3, {0, 0}},  TERM_OK,         {2026, 9, 22} },
        {{0, 16, 7, 1, 1, {0, 0}}, TERM_OK,         {2026, 12, 27}},
        {{0, 4, 4, 1, 1, {0, 0}},  TERM_HOLIDAY,    {2026, 10, 1} },
        {{0, 5, 3, 1, 1, {0, 0}},  TERM_MOVED,      {2026, 10, 10}},
        {{0, 5, 2, 1, 1, {0, 0}},  TERM_MOVED,      {2026, 10, 12}},
        {{0, 6, 1, 1, 1, {0, 0}},  TERM_DISPLACED,  {2026, 10, 12}},
        {{0, 5, 6, 1, 1, {0, 0}},  TERM_DISPLACED,  {2026, 10, 10}},
        {{0, 17, 1, 1, 1, {0, 0}}, TERM_NO_WEEK,    {0}           },
        {{0, 0, 1, 1, 1, {0, 0}},  TERM_NO_WEEK,    {0}           },
        {{1, 1, 1, 1, 1, {0, 0}},  TERM_NO_TERM,    {0}           },
        {{0, 1, 8, 1, 1, {0, 0}},  TERM_NO_WEEKDAY, {0}           },
        {{0, 1, 1, 2, 4, {0, 0}},  TERM_NO_PERIOD,  {0}           },
        {{0, 1, 1, 2, 1, {0, 0}},  TERM_NO_PERIOD,  {0}           },
        {{0, 1, 1, 0, 1, {0, 0}},  TERM_NO_PERIOD,  {0}           },
        {{0, 1, 1, 1, 99, {0, 0}}, TERM_NO_PERIOD,  {0}           },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int32_t day = 0;
        int64_t starts = 0, ends = 0;
        const struct term_meeting *meeting = &cases[i].meeting;
        assert_int_equal(term_find_meeting(&calendar, meeting, &day, &starts, &ends), cases[i].result);
        if (cases[i].day.year != 0)
            assert_int_equal(day, civil_day(cases[i].day));
        if (cases[i].result != TERM_OK && cases[i].result != TERM_MOVED)
            continue;
        assert_int_equal(starts, instant(day, calendar.periods[meeting->first_period - 1].from));
        assert_int_equal(ends, instant(day, calendar.periods[meeting->last_period - 1].until));
    }
}

/* A zone that sets its clock forward over the first period of one day, and back over it on another. */
static void a_time_that_a_clock_skips_is_refused(void **state)
{
    (void)state;
    int32_t day;
    int64_t starts, ends;
    const struct civil_change changes[] = {
        {INT64_MIN, 8 * 3600000},
        { instant(DATE(2026, 9, 7),  AT(7, 30)), 9 * 3600000},
        {     instant(DATE(2026, 9, 14), AT(7, 15)), 8 * 3600000},
    };
    calendar.zone = (struct civil_zone){"Nowhere/Strange", changes, 3};
    struct term_meeting meeting = {.week = 1, .weekday = 1, .first_period = 1, .last_period = 1};
    assert_int_equal(term_find_meeting(&calendar, &meeting, &day, &starts, &ends), TERM_SKIPPED);
    meeting.week = 2; /* 08:15 became 07:15: the wall shows 08:00 twice, and the class meets at the first */
    assert_int_equal(term_find_meeting(&calendar, &meeting, &day, &starts, &ends), TERM_OK);
    assert_int_equal(starts, instant(day, AT(8, 0)) - CIVIL_HOUR);
    assert_true(ends > starts);
}

static void days_have_weeks(void **state)
{
    (void)state;
    assert_int_equal(term_week_of(&terms[0], DATE(2026, 9, 6)), 0);
    assert_int_equal(term_week_of(&terms[0], DATE(2026, 9, 7)), 1);
    assert_int_equal(term_week_of(&terms[0], DATE(2026, 9, 13)), 1);
    assert_int_equal(term_week_of(&terms[0], DATE(2026, 9, 14)), 2);
    assert_int_equal(term_week_of(&terms[0], DATE(2026, 12, 27)), 16);
    assert_int_equal(term_week_of(&terms[0], DATE(2026, 12, 28)), 0);
    assert_ptr_equal(term_find(&calendar, "autumn-2026"), &terms[0]);
    assert_null(term_find(&calendar, "spring"));
}

static void the_lab_is_open_when_it_says_so(void **state)
{
    (void)state;
    static const struct {
        struct civil_date day;
        int64_t from, until; /* may go beyond midnight */
        bool open;
    } cases[] = {
        {{2026, 9, 7},   AT(8,  0),  AT(22, 0), true }, /* Monday */
        {{2026, 9, 7},   AT(7,  59), AT(9,  0), false},
        {{2026, 9, 7},   AT(21, 0),  AT(22, 1), false},
        {{2026, 9, 7},   AT(21, 0),  AT(33, 0), false},
        {{2026, 9, 10},  AT(20, 0),  AT(30, 0), true }, /* through the night to Friday */
        {{2026, 9, 11},  AT(20, 0),  AT(25, 0), false}, /* Saturday is closed */
        {{2026, 10, 1},  AT(9,  0),  AT(10, 0), false}, /* holiday */
        {{2026, 9, 30},  AT(9,  0),  AT(10, 0), true },
        {{2026, 10, 10}, AT(9,  0),  AT(10, 0), true }, /* a Saturday that stands for a Wednesday */
        {{2026, 10, 17}, AT(9,  0),  AT(10, 0), false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int32_t day = civil_day(cases[i].day);
        assert_int_equal(term_is_open(&calendar, instant(day, cases[i].from), instant(day, cases[i].until)),
                         cases[i].open);
    }
    int64_t opens, closes, end = instant(DATE(2026, 10, 20), 0);
    int32_t first = DATE(2026, 10, 1), monday = DATE(2026, 9, 7);
    assert_true(term_next_open(&calendar, instant(first, AT(9, 0)), end, &opens, &closes));
    assert_int_equal(opens, instant(DATE(2026, 10, 8), AT(8, 0)));
    assert_int_equal(closes, instant(DATE(2026, 10, 10), 0)); /* Thursday and Friday without a break */
    assert_true(term_next_open(&calendar, instant(monday, AT(23, 0)), end, &opens, &closes));
    assert_int_equal(opens, instant(monday + 1, AT(8, 0)));
    assert_false(term_next_open(&calendar, instant(first, 0), instant(first + 7, 0), &opens, &closes));
    calendar.has_hours = false;
    assert_true(term_is_open(&calendar, instant(first, 0), instant(first + 1, 0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(weeks_are_read_as_they_are_written, setup),
        cmocka_unit_test_setup(meetings_become_intervals, setup),
        cmocka_unit_test_setup(a_time_that_a_clock_skips_is_refused, setup),
        cmocka_unit_test_setup(days_have_weeks, setup),
        cmocka_unit_test_setup(the_lab_is_open_when_it_says_so, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
