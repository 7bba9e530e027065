/* Times and durations as people write them, in a zone without and in one with summer time. */
#include "gateway/cli/times.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <time.h>

#define MINUTE_MS (60 * INT64_C(1000))
#define HOUR_MS   (60 * MINUTE_MS)
/* 2026-11-23T06:00:00Z, which is 14:00 in Shanghai. */
#define NOW_MS INT64_C(1795413600000)

static void use_zone(const char *zone)
{
    setenv("TZ", zone, 1);
    tzset();
}

static int64_t instant(const char *text)
{
    int64_t ms = -1;
    assert_int_equal(times_parse_instant(text, NOW_MS, &ms), TIMES_OK);
    return ms;
}

static int64_t duration(const char *text)
{
    int64_t ns = -1;
    assert_int_equal(times_parse_duration(text, &ns), TIMES_OK);
    return ns;
}

static void test_durations(void **state)
{
    (void)state;
    assert_int_equal(duration("45m"), 45 * 60 * NS_PER_S);
    assert_int_equal(duration("90 min"), 90 * 60 * NS_PER_S);
    assert_int_equal(duration("1h30m"), 90 * 60 * NS_PER_S);
    assert_int_equal(duration("1 h 30 min"), 90 * 60 * NS_PER_S);
    assert_int_equal(duration("1.5 h"), 90 * 60 * NS_PER_S);
    assert_int_equal(duration("250ms"), 250 * NS_PER_MS);
    assert_int_equal(duration(" 2 d "), 2 * 86400 * NS_PER_S);
}

static void test_wrong_durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int result;
    } rows[] = {
        {"45",        TIMES_NO_UNIT       },
        {"",          TIMES_NOT_UNDERSTOOD},
        {"soon",      TIMES_NOT_UNDERSTOOD},
        {"-5m",       TIMES_NOT_UNDERSTOOD},
        {"5 parsecs", TIMES_NOT_UNDERSTOOD},
        {"99999d",    TIMES_TOO_LONG      },
        {"inf h",     TIMES_NOT_UNDERSTOOD},
        {"1e300 h",   TIMES_TOO_LONG      },
        {"5m 3",      TIMES_NO_UNIT       },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t ns;
        assert_int_equal(times_parse_duration(rows[i].text, &ns), rows[i].result);
    }
}

static void test_instants(void **state)
{
    (void)state;
    use_zone("Asia/Shanghai");
    assert_int_equal(instant("now"), NOW_MS);
    assert_int_equal(instant("+10m"), NOW_MS + 10 * MINUTE_MS);
    assert_int_equal(instant("2026-11-23T06:00:00Z"), NOW_MS);
    assert_int_equal(instant("2026-11-23T14:00:00.250+08:00"), NOW_MS + 250);
    assert_int_equal(instant("2026-11-22T22:30-07:30"), NOW_MS);
    assert_int_equal(instant("2026-11-23 14:00"), NOW_MS);
    assert_int_equal(instant("2026-11-23"), NOW_MS - 14 * HOUR_MS);
    assert_int_equal(instant("tomorrow 08:30"), NOW_MS + 18 * HOUR_MS + 30 * MINUTE_MS);
    assert_int_equal(instant("today 08:30"), NOW_MS - 5 * HOUR_MS - 30 * MINUTE_MS);
}

static void test_a_bare_time_is_the_next_one(void **state)
{
    (void)state;
    use_zone("Asia/Shanghai");
    assert_int_equal(instant("15:00"), NOW_MS + HOUR_MS);
    assert_int_equal(instant("14:00"), NOW_MS);
    assert_int_equal(instant("13:00"), NOW_MS + 23 * HOUR_MS);
}

static void expect_wrong(const char *text, int result)
{
    int64_t ms;
    assert_int_equal(times_parse_instant(text, NOW_MS, &ms), result);
}

static void test_wrong_instants(void **state)
{
    (void)state;
    use_zone("Asia/Shanghai");
    static const char *const texts[] = {"",
                                        "noon",
                                        "24:00",
                                        "14:60",
                                        "2026-13-01x",
                                        "2026-11-23T",
                                        "2026-11-23 14:00 CST",
                                        "14:00 tomorrow",
                                        "20261123",
                                        "+10"};
    for (size_t i = 0; i + 1 < sizeof texts / sizeof *texts; i++)
        expect_wrong(texts[i], TIMES_NOT_UNDERSTOOD);
    expect_wrong("+10", TIMES_NO_UNIT);
    expect_wrong("2026-02-30", TIMES_NO_SUCH_TIME);
    expect_wrong("2026-13-01", TIMES_NO_SUCH_TIME);
}

/* In 2026 Berlin leaves out 02:00 to 03:00 on the 29th of March. */
static void test_an_hour_that_summer_time_leaves_out(void **state)
{
    (void)state;
    use_zone("Europe/Berlin");
    expect_wrong("2026-03-29 02:30", TIMES_SKIPPED);
    assert_int_equal(instant("2026-03-29 03:30"), instant("2026-03-29T01:30:00Z"));
    assert_int_equal(instant("2026-03-29 01:30"), instant("2026-03-29T00:30:00Z"));
}

static void test_shown_with_the_offset(void **state)
{
    (void)state;
    char text[TIMES_TEXT];
    use_zone("Asia/Shanghai");
    assert_string_equal(times_local(NOW_MS, text), "2026-11-23 14:00:00 +08:00");
    assert_string_equal(times_local_short(NOW_MS, text), "2026-11-23 14:00 +08:00");
    assert_string_equal(times_utc(NOW_MS + 7, text), "2026-11-23T06:00:00.007Z");
    use_zone("America/St_Johns");
    assert_string_equal(times_local_short(NOW_MS, text), "2026-11-23 02:30 -03:30");
}

static void test_durations_are_shown(void **state)
{
    (void)state;
    char text[TIMES_TEXT];
    assert_string_equal(times_duration(250 * NS_PER_MS, text), "250 ms");
    assert_string_equal(times_duration(15 * NS_PER_S, text), "15 s");
    assert_string_equal(times_duration(300 * NS_PER_S, text), "5 min");
    assert_string_equal(times_duration(330 * NS_PER_S, text), "5 min 30 s");
    assert_string_equal(times_duration(5400 * NS_PER_S, text), "1 h 30 min");
    assert_string_equal(times_duration(7200 * NS_PER_S, text), "2 h");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_wrong_durations),
        cmocka_unit_test(test_instants),
        cmocka_unit_test(test_a_bare_time_is_the_next_one),
        cmocka_unit_test(test_wrong_instants),
        cmocka_unit_test(test_an_hour_that_summer_time_leaves_out),
        cmocka_unit_test(test_shown_with_the_offset),
        cmocka_unit_test(test_durations_are_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
