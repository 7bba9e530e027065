/* One written value: what is taken, as what, and what is refused. */
#include "tests/unit/config/fixture.h"

#include "gateway/config/scalar.h"
#include "gateway/config/suggest.h"

static bool read_number(const char *text, double *number)
{
    static const struct option row = {.type = OPTION_NUMBER, .minimum = -1e300, .maximum = 1e300};
    char why[SCALAR_WHY] = "";
    bool read = scalar_read(&row, (struct scalar){text, false}, NULL, number, why);
    assert_true(read == !*why);
    return read;
}

static void numbers_are_plain_decimals(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double number;
    } taken[] = {
        {"0",      0     },
        {"-0.5",   -0.5  },
        {"12.25",  12.25 },
        {"1e3",    1000  },
        {"1.5e-3", 0.0015},
        {"2E+2",   200   }
    };
    static const char *const refused[] = {"",     "-",     "+5",   ".5",   "5.",   "012",   "00",
                                          "-01",  "1_000", "1,5",  "0x10", "1:30", "1e400", "nan",
                                          ".nan", "inf",   ".inf", "1 2",  "1e",   "--1",   "0b1",
                                          "0o7",  "~",     "null", "true", "1m",   " 1"};
    double number = 0;
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        assert_true(read_number(taken[i].text, &number));
        assert_true(number == taken[i].number);
    }
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        if (read_number(refused[i], &number))
            fail_msg("\"%s\" was taken for %g", refused[i], number);
}

static void numbers_of_a_unit_carry_it(void **state)
{
    (void)state;
    static const struct option row = {.type = OPTION_NUMBER, .minimum = 0, .maximum = 10, .unit = "m"};
    static const struct option plain = {.type = OPTION_NUMBER, .minimum = 0, .maximum = 10};
    static const char *const refused[] = {"2", "2 cm", "2 mm", "11 m", "-1 m", "m"};
    char why[SCALAR_WHY];
    double number = 0;
    assert_true(scalar_read(&row, (struct scalar){"2.5 m", true}, NULL, &number, why));
    assert_true(number == 2.5);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        assert_false(scalar_read(&row, (struct scalar){refused[i], false}, NULL, &number, why));
    assert_false(scalar_read(&plain, (struct scalar){"2", true}, NULL, &number, why));
    assert_false(scalar_read(&plain, (struct scalar){"2 m", false}, NULL, &number, why));
    assert_true(number == 2.5);
}

static void integers_are_decimal_or_hexadecimal(void **state)
{
    (void)state;
    static const struct option row = {.type = OPTION_INTEGER, .minimum = -10, .maximum = 70000};
    static const char *const refused[] = {"-11",
                                          "70001",
                                          "0x",
                                          "0xfg",
                                          "0x-1",
                                          "0x0x1",
                                          "1.0",
                                          "1e2",
                                          "010",
                                          "yes",
                                          "99999999999999999999",
                                          "0xfffffffffffffffff"};
    char why[SCALAR_WHY];
    int64_t number = 0;
    assert_true(scalar_read(&row, (struct scalar){"-10", false}, NULL, &number, why));
    assert_int_equal(number, -10);
    assert_true(scalar_read(&row, (struct scalar){"0xFf", false}, NULL, &number, why));
    assert_int_equal(number, 255);
    assert_false(scalar_read(&row, (struct scalar){"1", true}, NULL, &number, why));
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        if (scalar_read(&row, (struct scalar){refused[i], false}, NULL, &number, why))
            fail_msg("\"%s\" was taken for %lld", refused[i], (long long)number);
    assert_int_equal(number, 255);
}

static void durations_carry_their_unit(void **state)
{
    (void)state;
    static const struct {
        const char *text, *again;
        int64_t nanoseconds;
    } taken[] = {
        {"250 ms", "250 ms", 250000000        },
        {"0.1 s",  "100 ms", 100000000        },
        {"2s",     "2 s",    2000000000       },
        {"10 min", "10 min", 600000000000     },
        {"90 s",   "90 s",   90000000000      },
        {"8 h",    "8 h",    28800000000000   },
        {"180 d",  "180 d",  15552000000000000},
        {"0 s",    "0 s",    0                },
        {"5 us",   "5 us",   5000             },
    };
    static const char *const refused[] = {"5",    "-1 s",  "5 S",   "5 sec",   "s",
                                          "1:30", "5 s s", "300 y", "1e300 s", "5 m"};
    char why[SCALAR_WHY], again[40];
    int64_t value = 0;
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        assert_true(scalar_duration(taken[i].text, &value, why));
        assert_true(value == taken[i].nanoseconds);
        assert_string_equal(duration_text(value, again, sizeof(again)), taken[i].again);
    }
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        assert_false(scalar_duration(refused[i], &value, why));
}

static void truth_is_true_or_false(void **state)
{
    (void)state;
    static const struct option row = {.type = OPTION_BOOLEAN};
    static const char *const refused[] = {"yes", "no", "on", "off", "True", "FALSE", "y", "1", "", "~"};
    char why[SCALAR_WHY];
    bool truth = false;
    assert_true(scalar_read(&row, (struct scalar){"true", false}, NULL, &truth, why));
    assert_true(truth);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        assert_false(scalar_read(&row, (struct scalar){refused[i], false}, NULL, &truth, why));
    assert_false(scalar_read(&row, (struct scalar){"false", true}, NULL, &truth, why));
    assert_true(truth);
}

static void text_that_yaml_takes_for_something_else_needs_quotes(void **state)
{
    (void)state;
    static const struct option row = {.type = OPTION_TEXT, .minimum = 0, .maximum = 20};
    static const char *const refused[] = {"no",   "Off",  "YES", "y",    "~",         "null",
                                          "12",   "-1.5", "012", "1:30", "0x1f",      ".5",
                                          ".inf", ".NaN", "1e3", "1_0",  "two\nlines"};
    static const char *const taken[] = {"lab",  "1.2.3.4:5 b", "v1", "10 GB", "nothing",
                                        "水箱", "-",           "e",  "2x"};
    jmp_buf exhausted;
    struct arena arena = {.left = 1 << 20, .exhausted = &exhausted};
    assert_int_equal(setjmp(exhausted), 0);
    char why[SCALAR_WHY], *text = NULL;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        if (scalar_read(&row, (struct scalar){refused[i], false}, &arena, &text, why))
            fail_msg("\"%s\" was taken for text", refused[i]);
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        assert_true(scalar_read(&row, (struct scalar){taken[i], false}, &arena, &text, why));
        assert_string_equal(text, taken[i]);
    }
    assert_true(scalar_read(&row, (struct scalar){"no", true}, &arena, &text, why));
    assert_string_equal(text, "no");
    assert_false(scalar_read(&row, (struct scalar){"twenty-one characters", false}, &arena, &text, why));
    arena_release(&arena);
}

static void nearest_names_are_offered(void **state)
{
    (void)state;
    static const struct {
        const char *left, *right;
        size_t distance;
    } pairs[] = {
        {"",       "",        0},
        {"abc",    "abc",     0},
        {"abc",    "abd",     1},
        {"abc",    "acb",     1},
        {"abc",    "ab",      1},
        {"abc",    "xabc",    1},
        {"kitten", "sitting", 3},
        {"",       "abc",     3},
        {"pump",   "pmpu",    2},
        {"level",  "lveel",   1}
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        assert_int_equal(suggest_distance(pairs[i].left, pairs[i].right), pairs[i].distance);
        assert_int_equal(suggest_distance(pairs[i].right, pairs[i].left), pairs[i].distance);
    }
    struct suggestion near;
    char hint[80];
    suggest_begin(&near, "tokn_life");
    suggest_offer(&near, "title");
    suggest_offer(&near, "token_life");
    suggest_offer(&near, "history");
    assert_string_equal(suggest_text(&near, hint, sizeof(hint)), "; did you mean token_life?");
    suggest_begin(&near, "zebra");
    suggest_offer(&near, "history");
    assert_string_equal(suggest_text(&near, hint, sizeof(hint)), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_plain_decimals),
        cmocka_unit_test(numbers_of_a_unit_carry_it),
        cmocka_unit_test(integers_are_decimal_or_hexadecimal),
        cmocka_unit_test(durations_carry_their_unit),
        cmocka_unit_test(truth_is_true_or_false),
        cmocka_unit_test(text_that_yaml_takes_for_something_else_needs_quotes),
        cmocka_unit_test(nearest_names_are_offered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
