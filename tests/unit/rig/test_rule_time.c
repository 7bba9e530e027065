/* What time does to a rule: hysteresis, and ages that pass their bound. */
#include "tests/unit/rig/rule_points.h"

/* One comparison over a series of values in m: which of them it holds for (u: unknown, whose sample is bad).
 */
static void follow(const char *text, const double *series, const char *expected)
{
    struct rig_rule_error error;
    struct rig_program *program = rig_rule_compile(text, resolve, NULL, &error);
    if (!program)
        fail_msg("\"%s\", column %zu: %s", text, error.column, error.text);
    rig_rule_held held = 0;
    set_values();
    for (size_t i = 0; expected[i]; i++) {
        values[METRES].number = series[i];
        values[METRES].quality = isnan(series[i]) ? RIG_BAD : RIG_GOOD;
        static const char letters[] = {[RIG_FALSE] = '-', [RIG_TRUE] = '+', [RIG_UNKNOWN] = 'u'};
        for (int again = 0; again < 2; again++) /* looking twice changes nothing */
            if (letters[rig_rule_evaluate(program, &held, values, 11 * S)] != expected[i])
                fail_msg("%s: value %zu, %g m, is not %c", text, i, series[i], expected[i]);
    }
    rig_rule_destroy(program);
}

static void test_hysteresis(void **state)
{
    (void)state;
    const double rises[] = {0.44, 0.45, 0.46, 0.45, 0.44, 0.43, 0.44, 0.46, 0.42};
    follow("a.level > 0.45 m hysteresis 0.015 m", rises, "--+++--+-");
    follow("a.level > 45 cm hysteresis 15 mm", rises, "--+++--+-");
    follow("0.45 m < a.level hysteresis 15 mm", rises, "--+++--+-");
    follow("a.level >= 0.45 m hysteresis 15 mm", rises, "-++++--+-");
    follow("not a.level > 0.45 m hysteresis 15 mm", rises, "++---++-+");
    const double falls[] = {0.2, 0.15, 0.14, 0.16, 0.17, 0.18, 0.16, 0.1};
    follow("a.level < 0.15 m hysteresis 0.025 m", falls, "--+++--+");
    follow("0.15 m > a.level hysteresis 0.025 m", falls, "--+++--+");
    follow("a.level <= 0.15 m hysteresis 0.025 m", falls, "-++++--+");
    /* After a gap it begins anew at the set point. */
    const double gap[] = {0.46, 0.44, NAN, 0.44, 0.46, 0.44};
    follow("a.level > 0.45 m hysteresis 15 mm", gap, "++u-++");
    /* Each comparison of a rule has a band of its own. */
    const double both[] = {0.3, 0.5, 0.45, 0.3, 0.1, 0.15, 0.25};
    follow("a.level > 0.48 m hysteresis 0.1 m or a.level < 0.12 m hysteresis 0.1 m", both, "-++-++-");
    /* A difference of temperatures takes no offset. */
    set_values();
    struct rig_rule_error error;
    struct rig_program *program = rig_rule_compile("a.t1 > 79 degC hysteresis 9 degF", resolve, NULL, &error);
    rig_rule_held held = 0;
    assert_int_equal(rig_rule_evaluate(program, &held, values, 11 * S), RIG_TRUE);
    values[T1].number = 74.1;
    assert_int_equal(rig_rule_evaluate(program, &held, values, 11 * S), RIG_TRUE);
    assert_int_equal(rig_rule_evaluate(program, NULL, values, 11 * S), RIG_FALSE);
    values[T1].number = 73.9;
    assert_int_equal(rig_rule_evaluate(program, &held, values, 11 * S), RIG_FALSE);
    rig_rule_destroy(program);
}

static void test_too_many_hystereses(void **state)
{
    (void)state;
    struct rig_rule_error error;
    char text[4096] = "a.count > 3 hysteresis 1";
    for (int i = 1; i < RIG_RULE_HELD_MAX; i++)
        strcat(text, " or a.count > 3 hysteresis 1");
    struct rig_program *program = rig_rule_compile(text, resolve, NULL, &error);
    assert_non_null(program);
    rig_rule_destroy(program);
    strcat(text, " or a.count > 3 hysteresis 1");
    assert_null(rig_rule_compile(text, resolve, NULL, &error));
    assert_non_null(strstr(error.text, "hystereses"));
}

/* At the instant that is foretold the result differs, and not before. */
static void test_next_change(void **state)
{
    (void)state;
    static const char *const rules[] = {
        "age(a.t1) < 3 s",
        "age(a.t1) <= 3 s",
        "age(a.t1) > 2500 ms",
        "5 s - age(a.t1) >= 2 s",
        "age(a.t1) * 2 > 7 s",
        "abs(age(a.t1) - 4 s) < 1 s",
        "max(age(a.t1), 3 s) > 3 s",
        "a.guard and age(a.t1) < 1700 ms",
        "5 s - age(a.t1) > 3 s hysteresis 2 s",
        "age(a.t1) + 1 s > 4 s",
        "age(a.t1) / 2 > 2 s",
        "min(age(a.t1), 5 s) > 3 s",
        "min(5 s, age(a.t1)) > 3 s",
        "not age(a.t1) > 3 s",
        "-age(a.t1) < -3 s",
        "a.patience < age(a.t1)",
        "abs(age(a.t1)) > 3 s",
        "2 * age(a.t1) > 7 s",
        "max(3 s, age(a.t1)) > 3 s",
        "age(a.t1) > 3 s and age(a.t1) < 2000000000 s",
    };
    set_values();
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        struct rig_rule_error error;
        struct rig_program *program = rig_rule_compile(rules[i], resolve, NULL, &error);
        assert_non_null(program);
        int64_t now = 11 * S, changed = INT64_MAX;
        rig_rule_held held = 0;
        enum rig_truth before = rig_rule_evaluate(program, &held, values, now);
        for (int step = 0; step < 8 && changed == INT64_MAX; step++) {
            int64_t next = rig_rule_next_change(program, values, now);
            assert_true(next > now && next < 20 * S);
            assert_int_equal(rig_rule_evaluate(program, &held, values, next - 2), before);
            if (rig_rule_evaluate(program, &held, values, next) != before)
                changed = next;
            now = next;
        }
        if (changed == INT64_MAX)
            fail_msg("never changes: %s", rules[i]);
        rig_rule_destroy(program);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hysteresis),
        cmocka_unit_test(test_too_many_hystereses),
        cmocka_unit_test(test_next_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
