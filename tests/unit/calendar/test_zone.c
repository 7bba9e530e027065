/* The zones' tables against zdump, which reads the data by its own code, and against what is known. */
#include "gateway/calendar/zone.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const names[] = {"Asia/Shanghai",       "Asia/Urumqi",       "Europe/Berlin",
                                    "Australia/Lord_Howe", "Africa/Casablanca", "UTC"};

/* "Asia/Shanghai  Sat Sep 12 17:00:00 1987 UT = Sun Sep 13 01:00:00 1987 CST isdst=0 gmtoff=28800" */
static void every_change_is_where_zdump_has_it(void **state)
{
    (void)state;
    size_t compared = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct civil_zone zone;
        char command[200], line[300];
        assert_true(zone_read(names[i], &zone));
        snprintf(command, sizeof command, "zdump -v -c 1971,2090 %s", names[i]);
        FILE *dump = popen(command, "r");
        assert_non_null(dump);
        while (fgets(line, sizeof line, dump) != NULL) {
            struct tm time = {0};
            const char *offset = strstr(line, "gmtoff="), *date = line + strlen(names[i]);
            if (offset == NULL || strptime(date, " %a %b %d %H:%M:%S %Y UT", &time) == NULL)
                continue;
            int64_t at = (int64_t)timegm(&time) * 1000;
            if (time.tm_year + 1900 < 1971 || time.tm_year + 1900 > 2089)
                continue; /* the ends of what zdump can say */
            if (civil_offset(&zone, at) != atoi(offset + 7) * 1000)
                fail_msg("%s: %d ms, and zdump says %s", names[i], civil_offset(&zone, at), line);
            compared++;
        }
        assert_int_equal(pclose(dump), 0);
        zone_finish(&zone);
    }
    assert_true(compared > 500);
}

static void what_is_known_is_so(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct civil_date date;
        int64_t time;
        enum civil_count count;
        int32_t hours; /* ahead of UTC, at the first */
    } cases[] = {
        {"Asia/Shanghai", {2026, 9, 7},   8 * CIVIL_HOUR,      CIVIL_ONCE,  8  },
        {"Asia/Urumqi",   {2026, 9, 7},   8 * CIVIL_HOUR,      CIVIL_ONCE,  6  },
        {"Asia/Shanghai", {1988, 7, 1},   8 * CIVIL_HOUR,      CIVIL_ONCE,  9  },
        {"Europe/Berlin", {2026, 3, 29},  150 * CIVIL_MINUTE,  CIVIL_NEVER, 2  },
        {"Europe/Berlin", {2026, 10, 25}, 150 * CIVIL_MINUTE,  CIVIL_TWICE, 2  },
 /* A day that did not exist, and the ends of those beside it. */
        {"Pacific/Apia",  {2011, 12, 29}, 1439 * CIVIL_MINUTE, CIVIL_ONCE,  -10},
        {"Pacific/Apia",  {2011, 12, 30}, 0,                   CIVIL_NEVER, 14 },
        {"Pacific/Apia",  {2011, 12, 30}, 12 * CIVIL_HOUR,     CIVIL_NEVER, 14 },
        {"Pacific/Apia",  {2011, 12, 30}, 1439 * CIVIL_MINUTE, CIVIL_NEVER, 14 },
        {"Pacific/Apia",  {2011, 12, 31}, 0,                   CIVIL_ONCE,  14 },
        {"Europe/Berlin",
         {2080, 7, 1},
         8 * CIVIL_HOUR,
         CIVIL_ONCE,                                                        2  }, /* by the rule that the data end with */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct civil_zone zone;
        int64_t first, last;
        assert_true(zone_read(cases[i].name, &zone));
        assert_int_equal(civil_instant(&zone, civil_day(cases[i].date), cases[i].time, &first, &last),
                         cases[i].count);
        assert_int_equal(civil_offset(&zone, first), cases[i].hours * CIVIL_HOUR);
        zone_finish(&zone);
    }
}

static void the_process_keeps_its_own_zone(void **state)
{
    (void)state;
    struct civil_zone zone;
    setenv("TZ", "America/New_York", 1);
    tzset();
    assert_true(zone_read("Asia/Shanghai", &zone));
    zone_finish(&zone);
    assert_string_equal(getenv("TZ"), "America/New_York");
    time_t time = 1000000000;
    struct tm local;
    assert_int_equal(localtime_r(&time, &local)->tm_gmtoff, -4 * 3600);
    unsetenv("TZ");
    assert_true(zone_read("Asia/Shanghai", &zone));
    zone_finish(&zone);
    assert_null(getenv("TZ"));
}

static void what_is_no_zone_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"Asia/Atlantis", "", "../../etc/passwd", "/etc/localtime", "Asia"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct civil_zone zone;
        assert_false(zone_exists(wrong[i]));
        assert_false(zone_read(wrong[i], &zone));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_change_is_where_zdump_has_it),
        cmocka_unit_test(what_is_known_is_so),
        cmocka_unit_test(the_process_keeps_its_own_zone),
        cmocka_unit_test(what_is_no_zone_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
