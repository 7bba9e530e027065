/* The rule language: what it accepts, its three values, and the units. */
#include "tests/unit/rig/rule_points.h"

static void test_true_rules(void **state)
{
    (void)state;
    static const char *const rules[] = {
        "a.t1 >= 80 degC",
        "a.t1 >= 176 degF",
        "a.t1 <= 353.15 K",
        "not a.t1 > 80 degC",
        "80 degC <= a.t1",
        "a.t1 == a.t1",
        "abs(a.t1 - a.t2) < 0.001 K",
        "a.t2 - a.t1 < 1 degF",
        "a.t1 + 5 degC > 84 degC",
        "a.t1 - 20 degC == 60 degC",
        "a.level == 150 mm",
        "a.level >= 15 cm",
        "a.depth == 0.15 m",
        "abs(a.level - a.depth) < 1 um",
        "a.pump == 50 %",
        "a.pump / 2 == 25 %",
        "a.pump * 2 >= 100%",
        "a.count == 3",
        "a.count + 1 > 3 and a.count - 1 < 3",
        "-a.count < 0",
        "- -3 == a.count",
        "a.guard",
        "a.guard == open",
        "a.guard != closed",
        "a.guard == true",
        "not (a.guard == closed)",
        "a.direction == forward",
        "a.direction != 'low-gear'",
        "quality(a.t1) == good",
        "age(a.t1) == 1 s",
        "age(a.t1) < 1001 ms",
        "age(a.name) < 2 s",
        "a.voltage * a.current == a.power",
        "a.voltage * a.current == 6000 mW",
        "a.power / a.voltage == 500 mA",
        "a.voltage / a.current == 24 ohm",
        "min(a.level, a.depth, 2 m) > 149 mm",
        "max(a.level, 20 cm) == 0.2 m",
        "a.count == 4 or a.count == 3",
        "a.count == 3 or a.count == 4 and a.count == 5", /* and binds closer */
        "not a.count == 4 and a.guard",
        "(a.level + a.depth) * 2 < 61 cm",
        "20 m / 4 m == 5",
        "a.count < 1e3",
        "a.count < 1E+3 and a.count > 1e-3",
        ".5 m > a.level and 0.5 m > a.level",
        "+a.count == 3",
        "true",
        "not false and (a.guard or off)",
        "a.guard == true and a.lamp_on == false",
        "a.lamp_on == off and not a.lamp_on",
        "open == a.guard",
        "(a.count > 2) == on",
        "(a.count > 4) == false",
        "forward == a.direction",
        "a.direction == a.wanted",
        "a.gear == high",
        "a.direction == \"forward\"",
        "good == quality(a.t1)",
        "quality(a.t1) == quality(a.t2)",
        "3 > 2 and 1 m < 1001 mm",
        "5 K + a.t1 > 84 degC",
        "5 K + a.t1 < 86 degC",
        "81 degC - a.t1 <= 1 K",
        "a.t1 - 5 K == 75 degC",
        "a.t1 - 9 degF == 75 degC",
        "(a.t1 - a.t2) + 5 K > 4 K",
        "5 K + (a.t1 - a.t2) > 4 K",
        "(a.t1 - a.t2) - (a.t2 - a.t1) < 1 K",
        "a.t1 + (a.t1 - a.t1) == 80 degC",
        "(a.t1 - a.t1) + a.t1 == 80 degC",
        "a.t1 + a.warming > 379 degC",
        "a.warming + a.t1 > 379 degC",
        "a.warming - 300 K == 0 K",
        "1 K > a.t1 - a.t2",
        "max(a.t1 - a.t2, 1 K) == 1 K",
        "max(1 K, a.t1 - a.t2) == 1 K",
        "a.t1 - a.t2 < a.warming",
        "a.warming > a.t1 - a.t2",
        "2 m + a.level > 2 m",
        "a.level + 2 m > 2 m",
        "a.level + a.depth == 30 cm",
        "age(a.t1) * 2 == 2 s",
        "2 * age(a.t1) == 2 s",
        "age(a.t1) / 2 == 500 ms",
        "age(a.t1) < a.patience",
        "a.patience > age(a.t1)",
        "abs(-a.count) == 3",
        "a.pump == 50%",
        "20 %/s * 2 s == 40 %",
        "a.level / 5 s == 3 cm/s",
        "a.level/3 < 51 mm",
        "1 m + 2 m == 3 m",
        "a.warming + (a.t1 - a.t2) > 299 K",
        "a.pump == 40 %or a.guard",
        "30 mm/2 == 15 mm",
        "age(a.t1) < 1 min",
        "a.count > 3 or a.count == 3",
    };
    set_values();
    int wrong = 0;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if (evaluate(rules[i]) == RIG_TRUE)
            continue;
        print_error("not true: %s\n", rules[i]);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

/* Kleene: unknown (u) is a.level here, whose sample is bad. */
static void test_unknown(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum rig_truth truth;
    } cases[] = {
        {"a.level > 0 m",                     RIG_UNKNOWN},
        {"not a.level > 0 m",                 RIG_UNKNOWN},
        {"a.level > 0 m and a.guard",         RIG_UNKNOWN},
        {"a.level > 0 m and not a.guard",     RIG_FALSE  },
        {"not a.guard and a.level > 0 m",     RIG_FALSE  },
        {"a.level > 0 m or a.guard",          RIG_TRUE   },
        {"a.guard or a.level > 0 m",          RIG_TRUE   },
        {"a.level > 0 m or not a.guard",      RIG_UNKNOWN},
        {"a.level > 0 m or a.level < 0 m",    RIG_UNKNOWN},
        {"a.level == a.level",                RIG_UNKNOWN},
        {"min(a.level, 1 m) > 2 m",           RIG_UNKNOWN},
        {"max(1 m, a.level) > 0 m",           RIG_UNKNOWN},
        {"age(a.level) < 5 s",                RIG_UNKNOWN},
        {"quality(a.level) == bad",           RIG_TRUE   },
        {"a.count / (a.count - a.count) > 1", RIG_UNKNOWN},
        {"0 m < a.level",                     RIG_UNKNOWN},
        {"min(1 m, a.level) > 0 m",           RIG_UNKNOWN},
        {"max(a.level, 1 m) > 0 m",           RIG_UNKNOWN},
    };
    set_values();
    values[METRES].quality = RIG_BAD;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (evaluate(cases[i].text) != cases[i].truth)
            fail_msg("wrong: %s", cases[i].text);
    values[METRES].quality = RIG_STALE;
    assert_int_equal(evaluate("a.level > 0 m"), RIG_UNKNOWN);
    assert_int_equal(evaluate("age(a.level) < 5 s"), RIG_TRUE); /* a stale value's age is known */
    values[METRES] = (struct rig_value){0, RIG_BAD, 0};
    assert_int_equal(evaluate("age(a.level) > 5 s"), RIG_UNKNOWN);
    values[METRES] = (struct rig_value){NAN, RIG_GOOD, 10 * S};
    assert_int_equal(evaluate("a.level > 0 m"), RIG_UNKNOWN);
}

static void test_inputs(void **state)
{
    (void)state;
    struct rig_rule_error error;
    struct rig_program *program = rig_rule_compile(
        "a.voltage > 1 V and a.t1 > 3 degC or a.voltage < 0 V and age(a.guard) < 1 s", resolve, NULL, &error);
    size_t count;
    const uint16_t *inputs = rig_rule_inputs(program, &count);
    assert_int_equal(count, 3);
    assert_int_equal(inputs[0], T1);
    assert_int_equal(inputs[1], GUARD);
    assert_int_equal(inputs[2], VOLTS);
    assert_int_equal(rig_rule_next_change(program, values, 11 * S) > 11 * S, 1);
    rig_rule_destroy(program);
}

static void test_units(void **state)
{
    (void)state;
    double result;
    const struct rig_unit *celsius = rig_unit_find("degC", 4), *fahrenheit = rig_unit_find("degF", 4);
    assert_true(rig_unit_convert(fahrenheit, celsius, false, 212, &result));
    assert_true(fabs(result - 100) < 1e-9);
    assert_true(rig_unit_convert(fahrenheit, celsius, true, 9, &result));
    assert_true(fabs(result - 5) < 1e-9);
    assert_false(rig_unit_convert(celsius, rig_unit_find("V", 1), false, 1, &result));
    assert_false(rig_unit_convert(rig_unit_find("rpm", 3), rig_unit_find("Hz", 2), false, 1, &result));
    assert_null(rig_unit_find("mmm", 3));
    for (const struct rig_unit *unit = rig_unit_table(); unit->name; unit++) {
        assert_ptr_equal(rig_unit_find(unit->name, strlen(unit->name)), unit); /* no name twice */
        assert_true(rig_unit_convert(unit, unit, false, 12.5, &result) && result == 12.5);
        for (const struct rig_unit *other = rig_unit_table(); other->name; other++)
            if (strcmp(unit->dimension, other->dimension) == 0)
                assert_memory_equal(&unit->of, &other->of, sizeof unit->of);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_true_rules),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_inputs),
        cmocka_unit_test(test_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
