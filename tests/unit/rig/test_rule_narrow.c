/* What a rule's inputs can be while it is true. */
#include "tests/unit/rig/rule_points.h"

#include <math.h>

static void make_ranges(struct rig_interval ranges[ALL])
{
    for (int i = 0; i < ALL; i++)
        ranges[i] = (struct rig_interval){-INFINITY, INFINITY};
    ranges[METRES] = (struct rig_interval){0, 1};
    ranges[COUNT] = (struct rig_interval){1, 4};
    ranges[GUARD] = ranges[LAMP_ON] = (struct rig_interval){0, 1};
    ranges[DIRECTION] = (struct rig_interval){0, 2};
    ranges[KELVIN] = (struct rig_interval){200, 400};
}

static bool narrow(const char *text, struct rig_interval ranges[ALL])
{
    struct rig_rule_error error;
    struct rig_program *program = rig_rule_compile(text, resolve, NULL, &error);
    if (!program)
        fail_msg("%s: %s", text, error.text);
    bool possible = rig_rule_narrow(program, ranges);
    rig_rule_destroy(program);
    return possible;
}

static void a_comparison_narrows_what_it_compares(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int point;
        double low, high; /* to 2e-15 */
    } rules[] = {
        {"a.level >= 0.3 m",                                METRES,    0.3, 1  },
        {"a.level > 0.3 m",                                 METRES,    0.3, 1  },
        {"a.level < 0.3 m",                                 METRES,    0,   0.3},
        {"a.level <= 0.3 m",                                METRES,    0,   0.3},
        {"0.3 m > a.level",                                 METRES,    0,   0.3},
        {"0.3 m >= a.level",                                METRES,    0,   0.3},
        {"0.3 m < a.level",                                 METRES,    0.3, 1  },
        {"0.3 m <= a.level",                                METRES,    0.3, 1  },
        {"a.level == 0.3 m",                                METRES,    0.3, 0.3},
        {"a.level != 0.3 m",                                METRES,    0,   1  },
        {"not a.level == 0.3 m",                            METRES,    0,   1  },
        {"not a.level != 0.3 m",                            METRES,    0.3, 0.3},
        {"not a.level < 0.3 m",                             METRES,    0.3, 1  },
        {"not a.level <= 0.3 m",                            METRES,    0.3, 1  },
        {"not a.level > 0.3 m",                             METRES,    0,   0.3},
        {"not a.level >= 0.3 m",                            METRES,    0,   0.3},
        {"a.level > 0.1 m * a.count",                       METRES,    0.1, 1  },
        {"a.level > 2 * a.level",                           METRES,    0,   1  },
        {"a.level > 0.3 m hysteresis 0.1 m",                METRES,    0.2, 1  },
        {"a.level >= 0.3 m hysteresis 0.1 m",               METRES,    0.2, 1  },
        {"a.level < 0.3 m hysteresis 0.1 m",                METRES,    0,   0.4},
        {"a.level <= 0.3 m hysteresis 0.1 m",               METRES,    0,   0.4},
        {"not a.level < 0.3 m hysteresis 0.1 m",            METRES,    0.3, 1  },
        {"a.guard",                                         GUARD,     1,   1  },
        {"not a.guard",                                     GUARD,     0,   0  },
        {"a.guard == closed",                               GUARD,     0,   0  },
        {"a.guard != a.lamp_on",                            GUARD,     0,   1  },
        {"a.direction == forward",                          DIRECTION, 1,   1  },
        {"a.level > 0.3 m and a.guard and a.level < 0.5 m", METRES,    0.3, 0.5},
        {"not (a.level > 0.3 m or a.guard)",                METRES,    0,   0.3},
        {"a.level > 0.3 m or a.guard",                      METRES,    0,   1  },
        {"not (a.level > 0.3 m and a.guard)",               METRES,    0,   1  },
        {"a.level > 0.3 m and true",                        METRES,    0.3, 1  },
        {"abs(a.level) > 0.3 m",                            METRES,    0,   1  }, /* deeper: it is left as it is */
        {"a.level + 0.1 m > min(0.3 m, a.depth)",           METRES,    0,   1  },
        {"age(a.level) < 1 s and quality(a.level) == good", METRES,    0,   1  },
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        struct rig_interval ranges[ALL];
        make_ranges(ranges);
        assert_true(narrow(rules[i].text, ranges));
        const struct rig_interval *range = &ranges[rules[i].point];
        if (fabs(range->low - rules[i].low) > 2e-15 || fabs(range->high - rules[i].high) > 2e-15)
            fail_msg("%s: %.17g .. %.17g", rules[i].text, range->low, range->high);
    }
}

static void two_rules_hold_together_or_never(void **state)
{
    (void)state;
    static const struct {
        const char *one, *other;
        bool together;
    } pairs[] = {
        {"a.level > 0.3 m",                   "a.level > 0.5 m",                   true },
        {"a.level > 0.3 m",                   "a.level < 0.3 m",                   false},
        {"a.level >= 0.3 m",                  "a.level <= 0.3 m",                  true },
        {"a.level > 0.3 m",                   "a.level <= 0.3 m",                  false},
        {"a.level == 0.3 m",                  "a.level != 0.3 m",                  false},
        {"a.level > 0.3 m",                   "a.level * 2 < 0.5 m",               false},
        {"a.level > 0.3 m",                   "a.level * 2 < 0.7 m",               true },
        {"a.level > 0.3 m",                   "a.level < 0.2 m or a.guard",        true },
        {"a.level > 0.3 m and a.guard",       "a.level < 0.2 m or not a.guard",    false},
        {"a.level > 0.3 m hysteresis 0.2 m",  "a.level < 0.2 m",                   true }, /* held down to 0.1 m */
        {"a.level > 0.3 m hysteresis 0.05 m", "a.level < 0.2 m",                   false},
        {"a.level > 0.3 m",                   "a.level < 0.2 m hysteresis 0.2 m",  true },
        {"a.level > 0.3 m",                   "a.level < 0.2 m hysteresis 0.05 m", false},
        {"a.guard",                           "not a.guard",                       false},
        {"a.guard == open",                   "a.guard != open",                   false},
        {"a.direction == forward",            "a.direction == stopped",            false},
        {"a.direction == forward",            "a.direction != stopped",            true },
        {"a.warming > 300 K",                 "a.t1 < 0 degC",                     true },
        {"a.level > 2 m",                     "a.guard",                           false},
        {"quality(a.level) == good",          "a.level < 0.2 m",                   true },
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct rig_interval ranges[ALL];
        make_ranges(ranges);
        if ((narrow(pairs[i].one, ranges) && narrow(pairs[i].other, ranges)) != pairs[i].together)
            fail_msg("%s, %s", pairs[i].one, pairs[i].other);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_comparison_narrows_what_it_compares),
        cmocka_unit_test(two_rules_hold_together_or_never),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
