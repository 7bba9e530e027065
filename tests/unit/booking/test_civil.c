/* Dates and zones, against libc's own calendar and zones. */
#include "gateway/booking/civil.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void days_are_those_of_libc(void **state)
{
    (void)state;
    int32_t first = civil_day((struct civil_date){1900, 1, 1});
    int32_t last = civil_day((struct civil_date){2200, 12, 31});
    for (int32_t day = first; day <= last; day++) {
        time_t seconds = (time_t)day * 86400;
        struct tm tm;
        gmtime_r(&seconds, &tm);
        struct civil_date date = civil_date(day);
        assert_int_equal(date.year, tm.tm_year + 1900);
        assert_int_equal(date.month, tm.tm_mon + 1);
        assert_int_equal(date.day, tm.tm_mday);
        assert_int_equal(civil_weekday(day) % 7, tm.tm_wday);
        assert_true(civil_date_exists(date));
        assert_int_equal(civil_day(date), day);
    }
    assert_int_equal(civil_monday(civil_day((struct civil_date){2026, 9, 13})),
                     civil_day((struct civil_date){2026, 9, 7}));
}

static void text_is_read_strictly(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool reads;
    } dates[] = {
        {"2026-09-07",  true },
        {"2028-02-29",  true },
        {"2026-02-29",  false},
        {"2026-02-30",  false},
        {"2026-13-01",  false},
        {"2026-00-10",  false},
        {"2026-9-07",   false},
        {"2026-09-07 ", false},
        {"2026/09/07",  false},
        {"1899-12-31",  false},
        {"2201-01-01",  false},
        {"",            false},
        {"2026-09-0x",  false},
    };
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        int32_t day;
        char text[CIVIL_TEXT];
        assert_int_equal(civil_read_date(dates[i].text, strlen(dates[i].text), &day), dates[i].reads);
        if (dates[i].reads)
            assert_string_equal(civil_date_text(day, text), dates[i].text);
    }
    static const struct {
        const char *text;
        int64_t time; /* -1: does not read */
    } times[] = {
        {"08:00", 8 * CIVIL_HOUR                     },
        {"00:00", 0                                  },
        {"24:00", CIVIL_DAY                          },
        {"23:59", 23 * CIVIL_HOUR + 59 * CIVIL_MINUTE},
        {"24:01", -1                                 },
        {"08:60", -1                                 },
        {"8:00",  -1                                 },
        {"08:0",  -1                                 },
        {"08-00", -1                                 },
    };
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        int64_t time = -1;
        char text[CIVIL_TEXT];
        assert_int_equal(civil_read_time(times[i].text, strlen(times[i].text), &time), times[i].time >= 0);
        assert_int_equal(time, times[i].time);
        if (time >= 0)
            assert_string_equal(civil_time_text(time, text), times[i].text);
    }
}

/* Berlin in 2026: 29 March 02:00 -> 03:00, 25 October 03:00 -> 02:00; both at 01:00 UTC. */
#define MARCH   INT64_C(1774746000000)
#define OCTOBER INT64_C(1792890000000)
static const struct civil_change berlin_changes[] = {
    {INT64_MIN, 3600000},
    {MARCH,     7200000},
    {OCTOBER,   3600000},
};
static const struct civil_zone berlin = {"Europe/Berlin", berlin_changes, 3};

static void a_wall_shows_a_time_once_never_or_twice(void **state)
{
    (void)state;
    int32_t march = civil_day((struct civil_date){2026, 3, 29});
    int32_t october = civil_day((struct civil_date){2026, 10, 25});
    int64_t first, last;
    assert_int_equal(civil_instant(&berlin, march, 2 * CIVIL_HOUR - 1, &first, &last), CIVIL_ONCE);
    assert_int_equal(first, MARCH - 1);
    assert_int_equal(civil_instant(&berlin, march, 2 * CIVIL_HOUR, &first, &last), CIVIL_NEVER);
    assert_int_equal(first, MARCH);
    assert_int_equal(last, MARCH);
    assert_int_equal(civil_instant(&berlin, march, 3 * CIVIL_HOUR - 1, &first, &last), CIVIL_NEVER);
    assert_int_equal(civil_instant(&berlin, march, 3 * CIVIL_HOUR, &first, &last), CIVIL_ONCE);
    assert_int_equal(first, MARCH);
    assert_int_equal(civil_instant(&berlin, october, 2 * CIVIL_HOUR - 1, &first, &last), CIVIL_ONCE);
    assert_int_equal(civil_instant(&berlin, october, 2 * CIVIL_HOUR, &first, &last), CIVIL_TWICE);
    assert_int_equal(first, OCTOBER - CIVIL_HOUR);
    assert_int_equal(last, OCTOBER);
    assert_int_equal(civil_instant(&berlin, october, 3 * CIVIL_HOUR, &first, &last), CIVIL_ONCE);
    assert_int_equal(first, OCTOBER + CIVIL_HOUR);
}

static void local_time_and_back_is_the_same_instant(void **state)
{
    (void)state;
    for (int64_t instant = MARCH - 400 * CIVIL_DAY; instant < OCTOBER + 400 * CIVIL_DAY;
         instant += 7 * CIVIL_MINUTE + 1) {
        int32_t day;
        int64_t time, first, last;
        civil_local(&berlin, instant, &day, &time);
        assert_true(time >= 0 && time < CIVIL_DAY);
        assert_int_not_equal(civil_instant(&berlin, day, time, &first, &last), CIVIL_NEVER);
        assert_true(first == instant || last == instant);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_are_those_of_libc),
        cmocka_unit_test(text_is_read_strictly),
        cmocka_unit_test(a_wall_shows_a_time_once_never_or_twice),
        cmocka_unit_test(local_time_and_back_is_the_same_instant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
