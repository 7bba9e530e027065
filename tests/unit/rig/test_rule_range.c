/* What a rule can come to at all while its inputs are in their ranges. */
#include "tests/unit/rig/rule_points.h"

static void check_possible(const char *text, bool becomes_true, bool becomes_false)
{
    static const struct rig_interval ranges[ALL] = {
        [T1] = {0,         100     },
        [T2] = {32,        212     },
        [METRES] = {0,         0.5     },
        [MILLIMETRES] = {0,         500     },
        [PERCENT] = {0,         80      },
        [COUNT] = {1,         4       },
        [GUARD] = {0,         1       },
        [DIRECTION] = {0,         2       },
        [VOLTS] = {-24,       24      },
        [AMPERES] = {-30000,    30000   },
        [WATTS] = {-INFINITY, INFINITY},
    };
    struct rig_rule_error error;
    struct rig_program *program = rig_rule_compile(text, resolve, NULL, &error);
    if (!program)
        fail_msg("%s: %s", text, error.text);
    struct rig_possible possible = rig_rule_possible(program, ranges);
    if (possible.becomes_true != becomes_true || possible.becomes_false != becomes_false)
        fail_msg("%s: %d %d", text, possible.becomes_true, possible.becomes_false);
    rig_rule_destroy(program);
}

static void test_possible(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool becomes_true, becomes_false;
    } rules[] = {
        {"a.t1 > 80 degC",                    true,  true },
        {"a.t1 > 100 degC",                   false, true },
        {"a.t1 >= 100 degC",                  true,  true },
        {"a.t1 >= 0 degC",                    true,  false},
        {"a.t1 < 0 degC",                     false, true },
        {"a.t1 <= 100 degC",                  true,  false},
        {"a.t1 > 213 degF",                   false, true },
        {"a.t2 > 101 degC",                   false, true },
        {"a.level > 60 cm",                   false, true },
        {"a.level + a.depth > 1 m",           false, true },
        {"a.level + a.depth > 0.9 m",         true,  true },
        {"a.level - a.depth > 0.5 m",         false, true },
        {"-a.level > 0 m",                    false, true },
        {"abs(a.voltage) > 24 V",             false, true },
        {"abs(a.voltage) >= 0 V",             true,  false},
        {"a.voltage * a.current > 720 W",     false, true },
        {"a.voltage * a.current > 719 W",     true,  true },
        {"a.level / a.count > 0.5 m",         false, true },
        {"a.level / a.count > 0.4 m",         true,  true },
        {"a.power / a.current > 1 V",         true,  true },
        {"min(a.level, a.depth) > 0.5 m",     false, true },
        {"max(a.level, 0.6 m) > 0.5 m",       true,  false},
        {"a.power > 1 W",                     true,  true },
        {"a.count == 5",                      false, true },
        {"a.count != 5",                      true,  false},
        {"a.count == 2",                      true,  true },
        {"a.guard",                           true,  true },
        {"a.guard == open",                   true,  true },
        {"a.guard and a.level > 1 m",         false, true },
        {"a.guard or a.level <= 1 m",         true,  false},
        {"not (a.guard and a.level > 1 m)",   true,  false},
        {"age(a.level) < 1 s",                true,  true },
        {"age(a.level) >= 0 s",               true,  false},
        {"quality(a.level) == good",          true,  true },
        {"a.direction == 'low-gear'",         true,  true },
        {"a.t1 > 100 degC hysteresis 5 K",    false, true },
        {"abs(a.count) > 0",                  true,  false},
        {"abs(-a.count) >= 1",                true,  false},
        {"1e200 * 1e200 - 1e200 * 1e200 > 0", true,  true },
        {"a.pump * a.power > 1 W",            true,  true },
        {"a.pump * age(a.t1) > 1 s",          true,  true },
        {"-a.pump * -age(a.t1) > 1 s",        true,  true },
        {"-a.pump * age(a.t1) > 1 s",         true,  true },
        {"a.level / -a.count > -2 m",         true,  false},
        {"3 == 3",                            true,  false},
        {"3 == 4",                            false, true },
        {"3 == a.count",                      true,  true },
        {"5 == a.count",                      false, true },
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        check_possible(rules[i].text, rules[i].becomes_true, rules[i].becomes_false);
}

/* How far a value must come back, against how far it can. */
static void test_hysteresis_that_sticks(void **state)
{
    (void)state;
    static const struct rig_interval ranges[ALL] = {
        [T1] = {0, 100},
          [METRES] = {0, 0.5},
          [MILLIMETRES] = {0, 500},
          [COUNT] = {1, 4  }
    };
    static const struct {
        const char *text;
        bool sticks;
    } rules[] = {
        {"a.t1 > 80 degC hysteresis 5 K",                      false},
        {"a.t1 > 80 degC hysteresis 80 K",                     false},
        {"a.t1 > 80 degC hysteresis 81 K",                     true },
        {"a.t1 >= 80 degC hysteresis 80 K",                    true },
        {"a.t1 < 20 degC hysteresis 80 K",                     false},
        {"a.t1 < 20 degC hysteresis 81 K",                     true },
        {"a.t1 <= 20 degC hysteresis 80 K",                    true },
        {"20 degC > a.t1 hysteresis 81 K",                     true },
        {"not a.t1 > 80 degC hysteresis 81 K",                 true },
        {"a.level > 45 cm hysteresis 46 cm and a.t1 > 1 degC", true },
        {"a.level - a.depth > 0.4 m hysteresis 0.8 m",         false},
        {"a.level - a.depth > 0.4 m hysteresis 1 m",           true },
        {"a.count > 3 hysteresis 1",                           false},
        {"a.t1 > -1 degC hysteresis 5 K",                      false}, /* it is always true */
        {"a.t1 > 80 degC",                                     false},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        struct rig_rule_error error;
        struct rig_program *program = rig_rule_compile(rules[i].text, resolve, NULL, &error);
        if (!program)
            fail_msg("%s: %s", rules[i].text, error.text);
        if (rig_rule_possible(program, ranges).sticks != rules[i].sticks)
            fail_msg("%s", rules[i].text);
        rig_rule_destroy(program);
    }
}

static void a_division_by_what_is_or_may_be_0_is_noticed(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool may, always;
    } rules[] = {
        {"a.level > 1 m",                            false, false},
        {"1 / a.count > 1",                          false, false},
        {"1 / -a.count > 1",                         false, false},
        {"1 / (a.count - 1) > 1",                    true,  false},
        {"1 m / a.level > 1",                        true,  false},
        {"1 m / (a.level * 0) > 1",                  true,  true },
        {"1 / (a.count - 1) > 1 or 1 / a.count > 1", true,  false},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        const struct rig_interval ranges[ALL] = {
            [METRES] = {0, 1},
              [COUNT] = {1, 4}
        };
        struct rig_rule_error error;
        struct rig_program *program = rig_rule_compile(rules[i].text, resolve, NULL, &error);
        assert_non_null(program);
        struct rig_possible possible = rig_rule_possible(program, ranges);
        if (possible.may_divide_by_zero != rules[i].may || possible.divides_by_zero != rules[i].always)
            fail_msg("%s", rules[i].text);
        rig_rule_destroy(program);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_possible),
        cmocka_unit_test(test_hysteresis_that_sticks),
        cmocka_unit_test(a_division_by_what_is_or_may_be_0_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
