/* When memory is out, a rig or a rule is not made, and nothing is lost. Every allocation is refused once; the
 * linker puts these functions before malloc() and calloc() (tests/unit/rules.mk). */
#include "tests/unit/rig/bench.h"

void *__wrap_calloc(size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_malloc(size_t size);

static int allowed = -1; /* that succeed before one fails; -1: all */

static bool refuses(void)
{
    return allowed >= 0 && allowed-- == 0;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return refuses() ? NULL : __real_calloc(count, size);
}

void *__wrap_malloc(size_t size)
{
    return refuses() ? NULL : __real_malloc(size);
}

static void test_every_allocation_of_a_rig(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    b->spec.trip_count = b->spec.permissive_count = b->spec.limit_count = 1;
    b->trips[0] =
        (struct rig_trip_spec){.name = "hot", .when = bench_compile(b, "plc.temperature > 80 degC")};
    b->permissives[0] = (struct rig_permissive_spec){
        .name = "wet", .of = PUMP, .when = bench_compile(b, "plc.level > 0.1 m")};
    b->limits[0] = (struct rig_limit_spec){.name = "gentle", .of = PUMP, .range = BENCH_WHOLE};
    struct rig *rig = NULL;
    int failures = 0;
    while (!rig) {
        allowed = failures;
        rig = rig_create(&b->spec, 1, NULL);
        failures += !rig;
        allowed = -1;
        assert_true(failures < 100);
    }
    assert_true(failures > 20);
    rig_destroy(rig);
    rig_destroy(NULL);
    bench_free(b);
}

static void test_every_allocation_of_a_rule(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    struct rig_rule_error error;
    for (int failure = 0; failure < 2; failure++) {
        allowed = failure;
        assert_null(rig_rule_compile("plc.level > 1 m", bench_resolve, b, &error));
        allowed = -1;
        assert_string_equal(error.text, "no memory for the rule");
    }
    rig_rule_destroy(NULL);
    bench_free(b);
}

/* More than the numbers in tickets and latches can tell apart. */
static void test_a_rig_that_is_too_large(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    b->spec.point_count = RIG_POINTS_MAX + 1;
    assert_null(rig_create(&b->spec, 1, NULL));
    b->spec.point_count = POINTS;
    b->spec.trip_count = RIG_TRIPS_MAX + 1;
    assert_null(rig_create(&b->spec, 1, NULL));
    b->spec.trip_count = 0;
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_allocation_of_a_rig),
        cmocka_unit_test(test_every_allocation_of_a_rule),
        cmocka_unit_test(test_a_rig_that_is_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
