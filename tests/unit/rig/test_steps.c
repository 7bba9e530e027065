/* Safe sequences of other shapes: with waits, without steps, of outputs that show themselves. */
#include "tests/unit/rig/bench.h"

static void test_a_wait_between_steps(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    struct rig_step_spec steps[] = {
        b->steps[0], {RIG_STEP_WAIT, NULL, 0, 2 * S},
         b->steps[1], b->steps[2]
    };
    b->spec.safe = steps;
    b->spec.safe_count = 4;
    bench_create(b, 100, NULL);
    bench_instrument(b, PLC, true);
    bench_instrument(b, PANEL, true);
    bench_work(b);
    bench_pass(b, 1900 * MS);
    assert_int_equal(bench_writes(b, 0, PUMP, true) > 0, 1);
    assert_int_equal(bench_writes(b, 0, VALVE, true), 0);
    assert_int_equal(rig_condition(b->rig), RIG_MAKING_SAFE);
    bench_pass(b, 300 * MS);
    assert_int_equal(bench_writes(b, 0, VALVE, true), 1);
    assert_int_equal(rig_condition(b->rig), RIG_SAFE);
    bench_free(b);
}

/* Its register can be read back: what verifies it is the output itself. */
static void test_an_output_that_shows_itself(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    b->points[LAMP].readable = true;
    b->points[LAMP].readback = LAMP;
    b->points[LAMP].poll = 100 * MS;
    const struct rig_assignment shown[] = {
        {PUMP_SHOWN,  0},
        {VALVE_SHOWN, 0},
        {LAMP,        0}
    };
    struct rig_step_spec steps[] = {
        b->steps[0], b->steps[1], {RIG_STEP_VERIFY, shown, 3, 2 * S}
    };
    b->spec.safe = steps;
    b->shown_value[LAMP] = 1;
    bench_create(b, 100, NULL);
    bench_instrument(b, PLC, true);
    bench_instrument(b, PANEL, true);
    b->mute[PANEL] = true; /* the write is given up; only its read-back is missed */
    bench_work(b);
    bench_pass(b, 2 * S);
    assert_int_equal(rig_condition(b->rig), RIG_MAKING_SAFE);
    b->mute[PANEL] = false;
    bench_pass(b, 10 * S);
    assert_int_equal(rig_condition(b->rig), RIG_SAFE);
    b->shown_value[LAMP] = 1; /* turned on by hand */
    size_t since = b->logged;
    bench_pass(b, S);
    assert_int_equal(bench_records(b, since, RIG_RECORD_SAFE_BEGIN), 1);
    assert_true(b->shown_value[LAMP] == 0);
    bench_free(b);
}

static void test_a_rig_that_only_measures(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    b->points[PUMP].output = b->points[VALVE].output = b->points[LAMP].output = false;
    b->instruments[PLC].outputs = b->instruments[PANEL].outputs = false;
    for (int i = 0; i < POINTS; i++)
        b->points[i].stale_after = 0;
    b->spec.safe_count = 0;
    bench_create(b, 100, NULL);
    bench_instrument(b, PLC, true);
    bench_instrument(b, PANEL, true);
    bench_work(b);
    bench_event(b, &(const struct rig_event){.kind = RIG_EVENT_TICK});
    assert_int_equal(rig_condition(b->rig), RIG_SAFE);
    assert_true(rig_next_deadline(b->rig) == INT64_MAX); /* nothing will happen by itself */
    bench_controlled(b);
    bench_free(b);
}

static void test_three_tries_unless_it_says_otherwise(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    b->spec.verify_retries = 0;
    b->stuck = true;
    b->shown_value[PUMP_SHOWN] = 50;
    bench_create(b, 100, NULL);
    bench_instrument(b, PLC, true);
    bench_instrument(b, PANEL, true);
    bench_work(b);
    bench_pass(b, 60 * S);
    assert_int_equal(rig_condition(b->rig), RIG_QUARANTINED);
    assert_int_equal(bench_records(b, 0, RIG_RECORD_SAFE_FAILED), 3);
    bench_free(b);
}

static size_t begun(const struct bench *b, size_t since)
{
    return bench_records(b, since, RIG_RECORD_SAFE_BEGIN);
}

/* The last instrument's return begins the run anew, and a flapping one only once: later steps get their turn.
 */
static void test_an_instrument_that_flaps(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_create(b, 100, NULL);
    bench_instrument(b, PLC, true);
    b->mute[PLC] = true; /* the run stays in its first step */
    bench_work(b);
    size_t since = b->logged;
    bench_instrument(b, PANEL, true);
    assert_int_equal(begun(b, since), 1);
    for (int i = 0; i < 5; i++) {
        b->now += 10 * MS;
        bench_instrument(b, PANEL, false);
        b->now += 10 * MS;
        bench_instrument(b, PANEL, true);
    }
    assert_int_equal(begun(b, since), 1);
    b->mute[PLC] = false;
    bench_work(b);
    bench_pass(b, 10 * S);
    assert_int_equal(rig_condition(b->rig), RIG_SAFE);
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_wait_between_steps),
        cmocka_unit_test(test_an_output_that_shows_itself),
        cmocka_unit_test(test_a_rig_that_only_measures),
        cmocka_unit_test(test_three_tries_unless_it_says_otherwise),
        cmocka_unit_test(test_an_instrument_that_flaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
