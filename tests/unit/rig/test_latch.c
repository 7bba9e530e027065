/* Promises S6 and S7: trips latch, by a condition that lasts or an input that is bad, and what resets them.
 */
#include "tests/unit/rig/ruled_bench.h"

static void test_trip_latches_and_is_reset(void **state)
{
    (void)state;
    struct bench *b = with_trip("plc.temperature > 80 degC");
    bench_start(b);
    uint32_t seat = bench_controlled(b), teacher = bench_join(b, 3, RIG_TEACHER);
    bench_set(b, seat, PUMP, 30);
    uint64_t epoch = rig_epoch(b->rig);
    size_t since = b->logged;
    show(b, HOT, 81);
    assert_true(latched(b));
    assert_string_equal(bench_last(b, RIG_ACTION_NOTICE)->rule, "hot");
    assert_true(bench_writes(b, since, PUMP, true) > 0 && bench_writes(b, since, VALVE, true) > 0);
    bench_pass(b, S);
    assert_int_equal(rig_controller(b->rig), seat); /* keeps the lease, under a new epoch */
    assert_int_equal(rig_condition(b->rig), RIG_CONTROLLED);
    assert_true(rig_epoch(b->rig) > epoch);
    const struct rig_action *answer = bench_set(b, seat, PUMP, 30);
    assert_int_equal(answer->refusal, RIG_TRIPPED);
    assert_string_equal(answer->rule, "hot");
    const char *rule;
    assert_true(rig_point_blocked(b->rig, PUMP, &rule));
    assert_string_equal(rule, "hot");
    assert_int_equal(bench_ask(b, RIG_EVENT_RESET, teacher), RIG_NOT_GONE);
    show(b, HOT, 20);
    assert_true(latched(b)); /* gone, and yet latched */
    assert_int_equal(bench_ask(b, RIG_EVENT_RESET, seat), RIG_NOT_ALLOWED);
    assert_true(latched(b));
    assert_int_equal(bench_ask(b, RIG_EVENT_RESET, teacher), RIG_ACCEPTED);
    assert_false(latched(b));
    bench_pass(b, S);
    assert_int_equal(bench_set(b, seat, PUMP, 30)->refusal, RIG_ACCEPTED);
    bench_free(b);
}

static void test_hold_and_confirm(void **state)
{
    (void)state;
    struct bench *b = with_trip("plc.temperature > 80 degC");
    b->trips[0].hold = 350 * MS;
    bench_start(b);
    show(b, HOT, 81);
    bench_pass(b, 200 * MS);
    show(b, HOT, 20); /* it must last without a break */
    show(b, HOT, 81);
    bench_pass(b, 200 * MS);
    assert_false(latched(b));
    bench_pass(b, 200 * MS);
    assert_true(latched(b));
    bench_free(b);

    b = with_trip("plc.temperature > 80 degC");
    b->trips[0].confirm = 3;
    bench_start(b);
    show(b, HOT, 81);
    bench_samples(b, PANEL, b->now); /* not its input */
    bench_samples(b, PANEL, b->now);
    bench_pass(b, 100 * MS);
    assert_false(latched(b));
    bench_pass(b, 100 * MS);
    assert_true(latched(b));
    bench_free(b);
}

static void test_a_trip_names_its_bad_input(void **state)
{
    (void)state;
    struct bench *b = with_trip("plc.temperature > 80 degC or plc.level > 2 m");
    bench_start(b);
    b->bad[LEVEL] = true;
    bench_pass(b, 100 * MS);
    assert_true(latched(b));
    assert_int_equal(bench_last(b, RIG_ACTION_NOTICE)->point, LEVEL);
    bench_free(b);

    b = with_trip("1 m / plc.level > 8"); /* all is good, and the result is no number */
    bench_start(b);
    show(b, LEVEL, 0);
    assert_true(latched(b));
    assert_int_equal(bench_last(b, RIG_ACTION_NOTICE)->point, RIG_NONE);
    bench_free(b);

    b = with_trip("plc.temperature > 80 degC");
    bench_start(b);
    show(b, HOT, 81);
    assert_int_equal(bench_last(b, RIG_ACTION_NOTICE)->point, RIG_NONE);
    bench_free(b);
}

static void test_bad_input_trips_and_resets_itself(void **state)
{
    (void)state;
    struct bench *b = with_trip("plc.temperature > 80 degC");
    bench_start(b);
    bench_controlled(b);
    size_t since = b->logged;
    b->bad[HOT] = true;
    bench_pass(b, 100 * MS);
    assert_true(latched(b) && (rig_durable(b->rig)->faults[0] & 1));
    assert_true(bench_writes(b, since, PUMP, true) > 0);
    bench_pass(b, 5 * S);
    assert_true(latched(b)); /* a verified safe state is not enough while the input is bad */
    b->bad[HOT] = false;
    bench_pass(b, 100 * MS);
    assert_false(latched(b));
    b->mute[PLC] = true; /* stale, with nothing read */
    bench_pass(b, 450 * MS);
    assert_true(latched(b));
    bench_free(b);

    b = with_trip("plc.temperature > 80 degC");
    b->trips[0].fault_needs_reset = true;
    bench_start(b);
    b->bad[HOT] = true;
    bench_pass(b, 100 * MS);
    b->bad[HOT] = false;
    bench_pass(b, 5 * S);
    assert_true(latched(b));
    bench_free(b);

    b = with_trip("plc.temperature > 80 degC"); /* latched under a configuration that let it reset itself */
    bench_start(b);
    b->bad[HOT] = true;
    bench_pass(b, 100 * MS);
    b->trips[0].fault_needs_reset = true;
    b->bad[HOT] = false;
    bench_pass(b, 5 * S);
    assert_true(latched(b));
    bench_free(b);

    b = with_trip("plc.temperature > 80 degC");
    b->trips[0].ignore_bad = true;
    bench_start(b);
    b->bad[HOT] = true;
    bench_pass(b, S);
    assert_false(latched(b));
    bench_free(b);
}

/* A trip that began as a fault and then came true is a real one. */
static void test_fault_that_comes_true(void **state)
{
    (void)state;
    struct bench *b = with_trip("plc.temperature > 80 degC");
    bench_start(b);
    b->bad[HOT] = true;
    bench_pass(b, 100 * MS);
    b->bad[HOT] = false;
    show(b, HOT, 90);
    show(b, HOT, 20);
    bench_pass(b, 5 * S);
    assert_true(latched(b));
    bench_free(b);
}

static void test_trip_that_drives_one_output(void **state)
{
    (void)state;
    struct bench *b = with_trip("plc.temperature > 80 degC");
    b->trip_drives[0] = (struct rig_assignment){PUMP, 0};
    b->trips[0].drives = b->trip_drives;
    b->trips[0].drive_count = 1;
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    bench_set(b, seat, PUMP, 30);
    bench_set(b, seat, VALVE, 1);
    size_t since = b->logged;
    show(b, HOT, 90);
    bench_pass(b, S);
    assert_int_equal(bench_writes(b, since, PUMP, true), 1);
    assert_int_equal(bench_writes(b, since, VALVE, true), 0);
    assert_int_equal(bench_set(b, seat, PUMP, 30)->refusal, RIG_TRIPPED);
    assert_int_equal(bench_set(b, seat, VALVE, 0)->refusal, RIG_ACCEPTED);
    show(b, HOT, 20);
    assert_int_equal(bench_ask(b, RIG_EVENT_RESET, bench_join(b, 3, RIG_TEACHER)), RIG_ACCEPTED);
    assert_int_equal(bench_set(b, seat, PUMP, 30)->refusal, RIG_ACCEPTED);
    b->stuck = true; /* now the driven output does not follow: the whole sequence runs */
    since = b->logged;
    show(b, HOT, 90);
    bench_pass(b, 1500 * MS);
    assert_true(bench_writes(b, since, VALVE, true) > 0);
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trip_latches_and_is_reset),
        cmocka_unit_test(test_hold_and_confirm),
        cmocka_unit_test(test_a_trip_names_its_bad_input),
        cmocka_unit_test(test_bad_input_trips_and_resets_itself),
        cmocka_unit_test(test_fault_that_comes_true),
        cmocka_unit_test(test_trip_that_drives_one_output),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
