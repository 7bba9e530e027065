/* Points by name, values as they are typed and shown. */
#include "gateway/cli/points.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static Labgate__Choice open_choice = LABGATE__CHOICE__INIT, closed_choice = LABGATE__CHOICE__INIT;
static Labgate__Choice *valve_choices[] = {&closed_choice, &open_choice};
static Labgate__Point pump, fill, guard, level, motor_level, count;
static Labgate__Point *all[] = {&pump, &fill, &guard, &level, &motor_level, &count};
static Labgate__RigSummary summary = LABGATE__RIG_SUMMARY__INIT;
static Labgate__RigDetail rig = LABGATE__RIG_DETAIL__INIT;

static void describe(Labgate__Point *point, const char *name, Labgate__Type type, const char *unit)
{
    labgate__point__init(point);
    point->name = (char *)name;
    point->type = type;
    point->unit = (char *)unit;
}

static int set_up(void **state)
{
    (void)state;
    describe(&pump, "plc.pump", LABGATE__TYPE__NUMBER, "%");
    pump.maximum = 100;
    describe(&fill, "plc.fill", LABGATE__TYPE__CHOICE, "");
    open_choice.name = (char *)"open";
    open_choice.number = 1;
    closed_choice.name = (char *)"closed";
    fill.n_choices = 2;
    fill.choices = valve_choices;
    describe(&guard, "plc.guard", LABGATE__TYPE__BOOLEAN, "");
    guard.on = (char *)"shut";
    guard.off = (char *)"ajar";
    describe(&level, "plc.level", LABGATE__TYPE__NUMBER, "m");
    describe(&motor_level, "motor.level", LABGATE__TYPE__NUMBER, "");
    describe(&count, "plc.count", LABGATE__TYPE__INTEGER, "");
    for (size_t i = 0; i < 6; i++)
        all[i]->index = (uint32_t)i;
    summary.name = (char *)"tank-1";
    rig.rig = &summary;
    rig.n_points = 6;
    rig.points = all;
    return 0;
}

static void test_names(void **state)
{
    (void)state;
    char why[256] = "";
    assert_ptr_equal(point_find(&rig, "plc.pump", why, sizeof why), &pump);
    assert_ptr_equal(point_find(&rig, "pump", why, sizeof why), &pump);
    assert_ptr_equal(point_find(&rig, "motor.level", why, sizeof why), &motor_level);
    assert_null(point_find(&rig, "level", why, sizeof why));
    assert_non_null(strstr(why, "plc.level or motor.level"));
    assert_null(point_find(&rig, "pmup", why, sizeof why));
    assert_non_null(strstr(why, "did you mean pump?"));
    assert_null(point_find(&rig, "zzzzzz", why, sizeof why));
    assert_null(strstr(why, "did you mean"));
}

static Labgate__Scalar parsed(const Labgate__Point *point, const char *typed)
{
    Labgate__Scalar scalar = LABGATE__SCALAR__INIT;
    char why[256];
    assert_true(point_parse(point, typed, &scalar, why, sizeof why));
    return scalar;
}

static void expect_refused(const Labgate__Point *point, const char *typed, const char *hint)
{
    Labgate__Scalar scalar = LABGATE__SCALAR__INIT;
    char why[256] = "";
    assert_false(point_parse(point, typed, &scalar, why, sizeof why));
    assert_non_null(strstr(why, hint));
}

static void test_typed_values(void **state)
{
    (void)state;
    Labgate__Scalar scalar = parsed(&pump, "35");
    assert_int_equal(scalar.kind_case, LABGATE__SCALAR__KIND_NUMBER);
    assert_true(scalar.number > 34.999 && scalar.number < 35.001);
    scalar = parsed(&pump, "-2.5e1");
    assert_true(scalar.number < -24.999 && scalar.number > -25.001);
    scalar = parsed(&pump, "35 %");
    assert_int_equal(scalar.kind_case, LABGATE__SCALAR__KIND_TEXT);
    assert_string_equal(scalar.text, "35 %");
    scalar = parsed(&fill, "OPEN");
    assert_int_equal(scalar.kind_case, LABGATE__SCALAR__KIND_TEXT);
    assert_string_equal(scalar.text, "open");
    scalar = parsed(&guard, "shut");
    assert_int_equal(scalar.kind_case, LABGATE__SCALAR__KIND_BOOLEAN);
    assert_true(scalar.boolean);
    assert_false(parsed(&guard, "off").boolean);
    assert_false(parsed(&guard, "ajar").boolean);
}

static void test_values_of_another_type(void **state)
{
    (void)state;
    expect_refused(&pump, "fast", "0 to 100 %");
    expect_refused(&pump, "nan", "0 to 100 %");
    expect_refused(&pump, "", "0 to 100 %");
    expect_refused(&fill, "half", "closed | open");
    expect_refused(&guard, "maybe", "shut | ajar");
}

static void expect_shown(const Labgate__Point *point, double number, const char *shown)
{
    struct text text = {0};
    point_format(point, number, NULL, true, &text);
    assert_string_equal(text_get(&text), shown);
    text_finish(&text);
}

static void test_shown_values(void **state)
{
    (void)state;
    expect_shown(&pump, 35, "35 %");
    expect_shown(&level, 0.412345678, "0.412346 m");
    expect_shown(&fill, 1, "open");
    expect_shown(&fill, 7, "7");
    expect_shown(&guard, 1, "shut");
    expect_shown(&count, 1234567890, "1234567890");
}

static void test_a_point_never_sampled_has_no_value(void **state)
{
    (void)state;
    Labgate__Value value = LABGATE__VALUE__INIT;
    struct text text = {0};
    value.quality = LABGATE__QUALITY__BAD;
    point_format_value(&pump, &value, true, &text);
    assert_string_equal(text_get(&text), "-");
    text_finish(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_names, set_up),
        cmocka_unit_test_setup(test_typed_values, set_up),
        cmocka_unit_test_setup(test_values_of_another_type, set_up),
        cmocka_unit_test_setup(test_shown_values, set_up),
        cmocka_unit_test_setup(test_a_point_never_sampled_has_no_value, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
