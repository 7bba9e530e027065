/* Which samples anything waits for. */
#include "tests/unit/rig/bench.h"

static bool decides(const struct bench *b, uint16_t point)
{
    bool decisive[POINTS];
    memset(decisive, true, sizeof decisive);
    rig_decisive_points(&b->spec, decisive);
    return decisive[point];
}

static void test_what_shows_and_verifies(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    assert_true(decides(b, PUMP_SHOWN));
    assert_false(decides(b, LEVEL));
    assert_false(decides(b, HOT));
    assert_false(decides(b, LAMP)); /* it is set by the safe sequence, and shown by nothing */
    b->shown[0].point = LEVEL;
    assert_true(decides(b, LEVEL));
    b->points[PUMP].readback = b->points[VALVE].readback = RIG_NONE;
    b->spec.safe_count = 2;
    for (uint16_t point = 0; point < POINTS; point++)
        assert_false(decides(b, point));
    bench_free(b);
}

static void test_inputs_of_rules(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    b->spec.trip_count = b->spec.permissive_count = b->spec.limit_count = 1;
    b->trips[0] =
        (struct rig_trip_spec){.name = "hot", .when = bench_compile(b, "plc.temperature > 80 degC")};
    b->permissives[0] = (struct rig_permissive_spec){
        .name = "wet", .of = PUMP, .when = bench_compile(b, "plc.level > 0.1 m")};
    b->limits[0] =
        (struct rig_limit_spec){.name = "little", .of = PUMP, .range = BENCH_WHOLE, .totalized = LAMP};
    b->spec.local_mode = LOCAL;
    assert_true(decides(b, HOT) && decides(b, LEVEL) && decides(b, LAMP) && decides(b, LOCAL));
    assert_false(decides(b, VALVE));
    b->limits[0].totalized = b->spec.local_mode = RIG_NONE;
    assert_false(decides(b, LAMP) || decides(b, LOCAL));
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_shows_and_verifies),
        cmocka_unit_test(test_inputs_of_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
