/* What is known of the points: samples that are old, late or of an instrument that is gone. */
#include "tests/unit/rig/bench.h"

/* A read that shows what was known makes the point younger, which a rule on its age must see. */
static void test_an_equal_read_rejuvenates(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    b->permissives[0] = (struct rig_permissive_spec){
        .name = "fresh", .of = PUMP, .when = bench_compile(b, "age(plc.level) < 150 ms")};
    b->spec.permissive_count = 1;
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    b->mute[PLC] = true;
    bench_pass(b, 250 * MS); /* not stale yet: its quality does not change */
    assert_int_equal(bench_set(b, seat, PUMP, 30)->refusal, RIG_NOT_PERMITTED);
    b->mute[PLC] = false;
    bench_pass(b, 100 * MS);
    assert_int_equal(bench_set(b, seat, PUMP, 30)->refusal, RIG_ACCEPTED);
    bench_free(b);
}

static void test_samples_of_a_dead_instrument(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_start(b);
    bench_instrument(b, PLC, false);
    assert_int_equal(rig_values(b->rig)[LEVEL].quality, RIG_BAD);
    bench_samples(b, PLC, b->now); /* came late */
    assert_int_equal(rig_values(b->rig)[LEVEL].quality, RIG_BAD);
    bench_instrument(b, PLC, true);
    b->shown_value[LEVEL] = 0.7;
    b->now += MS;
    bench_samples(b, PLC, b->now);
    struct rig_sample old = {.point = LEVEL, .good = true, .number = 0.2};
    struct rig_event event = {.kind = RIG_EVENT_SAMPLES};
    event.samples.list = &old;
    event.samples.count = 1;
    event.samples.at = b->now - MS; /* overtaken */
    bench_event(b, &event);
    assert_true(rig_values(b->rig)[LEVEL].number == 0.7);
    old.number = NAN;
    event.samples.at = b->now;
    bench_event(b, &event);
    assert_int_equal(rig_values(b->rig)[LEVEL].quality, RIG_BAD); /* NaN is bad */
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_equal_read_rejuvenates),
        cmocka_unit_test(test_samples_of_a_dead_instrument),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
