/* Weekdays, periods and weeks as people and registrars write them. */
#include "gateway/cli/school.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_weekdays(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int day;
    } rows[] = {
        {"tue",       2},
        {"Tuesday",   2},
        {"SUN",       7},
        {"mo",        1},
        {"7",         7},
        {"星期二", 2},
        {"周日",    7},
        {"礼拜天", 7},
        {"六",       6},
        {"t",         0},
        {"0",         0},
        {"8",         0},
        {"22",        0},
        {"星期八", 0},
        {"",          0},
        {"星期",    0},
        {"tuesdays",  0},
        {"天天",    0},
        {" fri ",     5},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(school_weekday(rows[i].text), rows[i].day);
}

static void test_periods(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned first, last; /* 0: not understood */
    } rows[] = {
        {"3-4",                  3, 4},
        {"第3-4节",            3, 4},
        {"3,4,5",                3, 5},
        {"３－４节",         3, 4},
        {"7",                    7, 7},
        {"3~4",                  3, 4},
        {"4-3",                  0, 0},
        {"3,5",                  0, 0},
        {"0-1",                  0, 0},
        {"3-",                   0, 0},
        {"",                     0, 0},
        {"3-4x",                 0, 0},
        {"100",                  0, 0},
        {"-4",                   0, 0},
        {"99999999999999999999", 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned first = 0, last = 0;
        assert_int_equal(school_periods(rows[i].text, &first, &last), rows[i].first > 0);
        if (rows[i].first == 0)
            continue;
        assert_int_equal(first, rows[i].first);
        assert_int_equal(last, rows[i].last);
    }
}

static void test_weeks(void **state)
{
    (void)state;
    static const struct {
        const char *text, *weeks; /* NULL: not understood */
    } rows[] = {
        {"1-16",                "1-16"        },
        {"1-16周",             "1-16"        },
        {"第1-16周",          "1-16"        },
        {"1-8周(单)",         "1,3,5,7"     },
        {"2-8（双）",        "2,4,6,8"     },
        {"1-5单周",           "1,3,5"       },
        {"1-4周(单),9-11周", "1,3,9-11"    },
        {"1-8，10、12-16",    "1-8,10,12-16"},
        {"odd",                 "odd"         },
        {"双周",              "even"        },
        {"Even",                "even"        },
        {"1-7odd",              "1,3,5,7"     },
        {"60",                  "60"          },
        {"1-4,3",               NULL          },
        {"4-1",                 NULL          },
        {"61",                  NULL          },
        {"0-3",                 NULL          },
        {"2(单)",              NULL          },
        {"1-",                  NULL          },
        {"",                    NULL          },
        {"1-4x",                NULL          },
        {"1,,2",                NULL          },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text weeks = {0};
        assert_int_equal(school_weeks(rows[i].text, &weeks), rows[i].weeks != NULL);
        if (rows[i].weeks != NULL)
            assert_string_equal(text_get(&weeks), rows[i].weeks);
        text_finish(&weeks);
    }
}

static void test_times(void **state)
{
    (void)state;
    unsigned from, until;
    assert_true(school_times("14:00-15:30", &from, &until));
    assert_int_equal(from, 14 * 60);
    assert_int_equal(until, 15 * 60 + 30);
    assert_true(school_times("00:00-24:00", &from, &until));
    assert_false(school_times("14:00", &from, &until));
    assert_false(school_times("14:60-15:00", &from, &until));
    assert_false(school_times("14:00-24:01", &from, &until));
    assert_false(school_times("14:00-15:00 ", &from, &until));
    assert_false(school_times("4:00-5:00", &from, &until));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weekdays),
        cmocka_unit_test(test_periods),
        cmocka_unit_test(test_weeks),
        cmocka_unit_test(test_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
