/* Permissives and exclusions: what may not be moved, and what is driven back. */
#include "tests/unit/rig/ruled_bench.h"

static void test_permissive(void **state)
{
    (void)state;
    struct bench *b = with_permissive(false);
    uint32_t seat = bench_controlled(b);
    assert_int_equal(bench_set(b, seat, PUMP, 30)->refusal, RIG_ACCEPTED);
    bench_set(b, seat, VALVE, 1);
    size_t since = b->logged;
    show(b, LEVEL, 0.1);
    assert_int_equal(bench_records(b, since, RIG_RECORD_PERMISSIVE_LOST), 1);
    assert_int_equal(bench_writes(b, since, PUMP, true), 1);
    assert_int_equal(bench_writes(b, since, VALVE, true), 0); /* only its output */
    assert_true(b->shown_value[PUMP_SHOWN] == 0);
    const struct rig_action *answer = bench_set(b, seat, PUMP, 30);
    assert_int_equal(answer->refusal, RIG_NOT_PERMITTED);
    assert_string_equal(answer->rule, "water");
    assert_int_equal(bench_set(b, seat, PUMP, 0)->refusal, RIG_ACCEPTED); /* safe is always permitted */
    show(b, LEVEL, 0.5);
    assert_int_equal(bench_set(b, seat, PUMP, 30)->refusal, RIG_NOT_PERMITTED); /* not for long enough */
    bench_pass(b, 300 * MS);
    assert_int_equal(bench_set(b, seat, PUMP, 30)->refusal, RIG_ACCEPTED);
    since = b->logged;
    b->bad[LEVEL] = true;
    bench_pass(b, 100 * MS);
    assert_int_equal(bench_writes(b, since, PUMP, true), 1);
    bench_free(b);
}

static void test_permissive_only_to_start(void **state)
{
    (void)state;
    struct bench *b = with_permissive(true);
    uint32_t seat = bench_controlled(b);
    bench_set(b, seat, PUMP, 30);
    size_t since = b->logged;
    show(b, LEVEL, 0.1);
    assert_int_equal(bench_writes(b, since, PUMP, true), 0);
    assert_int_equal(bench_set(b, seat, PUMP, 40)->refusal, RIG_ACCEPTED);
    assert_int_equal(bench_set(b, seat, PUMP, 0)->refusal, RIG_ACCEPTED);
    assert_int_equal(bench_set(b, seat, PUMP, 40)->refusal, RIG_NOT_PERMITTED);
    bench_free(b);
}

/* A command that waits in the link's queue must not act once its permissive is gone. */
static void test_permissive_lost_under_a_queued_command(void **state)
{
    (void)state;
    struct bench *b = with_permissive(false);
    uint32_t seat = bench_controlled(b);
    struct rig_event command = bench_command(b, seat, PUMP, 30);
    bench_event(b, &command);
    uint64_t epoch = bench_last(b, RIG_ACTION_WRITE)->epoch;
    b->done = b->logged;
    b->shown_value[LEVEL] = 0.1;
    b->now += MS;
    bench_samples(b, PLC, b->now);
    assert_int_equal(bench_answer(b, command.request)->refusal, RIG_SUPERSEDED);
    assert_true(rig_epoch(b->rig) > epoch);
    bench_free(b);
}

static void test_exclusion(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    b->excluded[0] = PUMP;
    b->excluded[1] = VALVE;
    b->exclusives[0] = (struct rig_exclusive_spec){"either", b->excluded, 2};
    b->spec.exclusive_count = 1;
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    bench_set(b, seat, VALVE, 1);
    const struct rig_action *answer = bench_set(b, seat, PUMP, 10);
    assert_int_equal(answer->refusal, RIG_EXCLUDED);
    assert_string_equal(answer->rule, "either");
    bench_set(b, seat, VALVE, 0);
    assert_int_equal(bench_set(b, seat, PUMP, 10)->refusal, RIG_ACCEPTED);
    bench_set(b, seat, PUMP, 0);
    b->shown_value[VALVE_SHOWN] = 1; /* opened by hand */
    bench_pass(b, 100 * MS);
    assert_int_equal(bench_set(b, seat, PUMP, 10)->refusal, RIG_EXCLUDED);
    bench_free(b);
}

/* Whether the valve is open is not to be seen: the pump does not start. */
static void test_exclusion_of_what_cannot_be_seen(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    b->excluded[0] = PUMP;
    b->excluded[1] = VALVE;
    b->exclusives[0] = (struct rig_exclusive_spec){"either", b->excluded, 2};
    b->spec.exclusive_count = 1;
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    assert_int_equal(bench_set(b, seat, PUMP, 10)->refusal, RIG_ACCEPTED);
    assert_int_equal(bench_set(b, seat, PUMP, 0)->refusal, RIG_ACCEPTED);
    b->bad[VALVE_SHOWN] = true;
    bench_pass(b, 200 * MS);
    assert_int_equal(bench_set(b, seat, PUMP, 10)->refusal, RIG_EXCLUDED);
    b->bad[VALVE_SHOWN] = false;
    bench_pass(b, 200 * MS);
    assert_int_equal(bench_set(b, seat, PUMP, 10)->refusal, RIG_ACCEPTED);
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_permissive),
        cmocka_unit_test(test_permissive_only_to_start),
        cmocka_unit_test(test_permissive_lost_under_a_queued_command),
        cmocka_unit_test(test_exclusion),
        cmocka_unit_test(test_exclusion_of_what_cannot_be_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
