/* How a ramp ends: at its target, or where it is. */
#include "tests/unit/rig/bench.h"

static struct bench *limited(uint32_t *seat)
{
    struct bench *b = bench_new();
    b->limits[0] = (struct rig_limit_spec){
        .name = "gentle", .of = PUMP, .range = BENCH_WHOLE, .slew = 20, .ramp_step = 500 * MS};
    b->spec.limit_count = 1;
    b->excluded[0] = PUMP;
    b->excluded[1] = VALVE;
    b->exclusives[0] = (struct rig_exclusive_spec){"either", b->excluded, 2};
    b->spec.exclusive_count = 1;
    b->points[VALVE_SHOWN].stale_after = 0;
    bench_start(b);
    *seat = bench_controlled(b);
    bench_pass(b, S);
    return b;
}

static struct bench *climbing(uint32_t *seat)
{
    struct bench *b = limited(seat);
    assert_true(bench_set(b, *seat, PUMP, 50)->ramping);
    bench_pass(b, 600 * MS);
    assert_true(b->shown_value[PUMP_SHOWN] == 20);
    return b;
}

static void ended(struct bench *b, size_t since, enum rig_refusal refusal, const char *rule)
{
    double target;
    assert_false(rig_ramp(b->rig, PUMP, &target));
    for (size_t i = since; i < b->logged; i++) {
        if (b->log[i].kind != RIG_ACTION_RECORD || b->log[i].record != RIG_RECORD_RAMP_ENDED)
            continue;
        assert_int_equal(b->log[i].refusal, refusal);
        if (rule)
            assert_string_equal(b->log[i].rule, rule);
        return;
    }
    fail_msg("the ramp's end is not on record");
}

static void test_an_interlock_refuses_a_step(void **state)
{
    (void)state;
    uint32_t seat;
    struct bench *b = climbing(&seat);
    b->shown_value[VALVE_SHOWN] = 1; /* opened by hand */
    size_t since = b->logged;
    bench_pass(b, S);
    ended(b, since, RIG_EXCLUDED, "either");
    assert_true(b->shown_value[PUMP_SHOWN] == 20);
    bench_free(b);
}

/* A step whose time came just before the session's end, seen in one event with it. */
static void test_no_step_beside_the_session_s_end(void **state)
{
    (void)state;
    uint32_t seat;
    struct bench *b = climbing(&seat);
    struct rig_event ends = {.kind = RIG_EVENT_SESSION_END_AT};
    ends.session_begin.session = 7;
    ends.session_begin.ends = b->now + 450 * MS;
    bench_event(b, &ends);
    size_t since = b->logged;
    b->now += 460 * MS;
    bench_event(b, &(struct rig_event){.kind = RIG_EVENT_TICK});
    ended(b, since, RIG_SUPERSEDED, NULL);
    for (size_t i = since; i < b->logged; i++)
        assert_true(b->log[i].kind != RIG_ACTION_WRITE || b->log[i].safe || b->log[i].heartbeat);
    bench_free(b);
}

static void test_no_step_without_a_record(void **state)
{
    (void)state;
    uint32_t seat;
    struct bench *b = climbing(&seat);
    struct rig_event recording = {.kind = RIG_EVENT_RECORDING, .recording.takes = false};
    bench_event(b, &recording);
    size_t since = b->logged;
    bench_pass(b, S);
    ended(b, since, RIG_NO_RECORD, NULL);
    assert_int_equal(bench_writes(b, since, PUMP, false), 0);
    bench_free(b);
}

/* In one late event the controller's time to come back ends, and a step is due: it does not go out. */
static void test_no_step_without_a_controller(void **state)
{
    (void)state;
    uint32_t seat;
    struct bench *b = climbing(&seat);
    b->limits[0].slew = 0.02;
    bench_pass(b, b->spec.presence + b->spec.resume_window - 700 * MS);
    double target;
    assert_true(rig_controller_missing(b->rig) && rig_ramp(b->rig, PUMP, &target));
    const struct rig_event tick = {.kind = RIG_EVENT_TICK};
    size_t since = b->logged;
    b->now += S;
    bench_event(b, &tick);
    assert_int_equal(rig_controller(b->rig), 0);
    assert_int_equal(bench_writes(b, since, PUMP, false), 0);
    ended(b, since, RIG_SUPERSEDED, NULL);
    bench_free(b);
}

static void test_a_step_that_fails(void **state)
{
    (void)state;
    static const struct {
        int result;
        enum rig_refusal refusal;
    } cases[] = {
        {RIG_WRITE_FAILED,    RIG_WRITE_FAILED_ON_LINE},
        {RIG_WRITE_OLD_EPOCH, RIG_SUPERSEDED          },
    };
    for (size_t i = 0; i < 2; i++) {
        uint32_t seat;
        struct bench *b = climbing(&seat);
        b->mute[PLC] = true;
        bench_pass(b, 600 * MS);
        size_t since = b->logged;
        bench_written(b, bench_last_write(b, PUMP)->ticket, cases[i].result);
        ended(b, since, cases[i].refusal, NULL);
        bench_free(b);
    }
}

static void test_a_step_that_nobody_acknowledges(void **state)
{
    (void)state;
    uint32_t seat;
    struct bench *b = climbing(&seat);
    b->mute[PLC] = true;
    size_t since = b->logged;
    bench_pass(b, 3 * S);
    assert_int_equal(bench_writes(b, since, PUMP, false), 1); /* the next waits for it */
    ended(b, since, RIG_NOT_CONFIRMED, NULL);
    bench_free(b);
}

/* The first step is the set's own write: what it did to the plant is not known, so nothing goes on from it.
 */
static void test_a_first_step_that_fails(void **state)
{
    (void)state;
    for (int lost = 0; lost < 2; lost++) {
        uint32_t seat;
        struct bench *b = limited(&seat);
        b->mute[PLC] = true;
        size_t since = b->logged;
        assert_null(bench_set(b, seat, PUMP, 80));
        uint64_t request = b->request;
        if (!lost)
            bench_written(b, bench_last_write(b, PUMP)->ticket, RIG_WRITE_FAILED);
        bench_pass(b, 3 * S);
        enum rig_refusal refusal = lost ? RIG_NOT_CONFIRMED : RIG_WRITE_FAILED_ON_LINE;
        assert_int_equal(bench_answer(b, request)->refusal, refusal);
        ended(b, since, refusal, NULL);
        assert_int_equal(bench_writes(b, since, PUMP, false), 1);
        bench_free(b);
    }
}

/* Each is within the slew since the one before, but the line stands still: they must not gather on it. */
static void test_small_sets_while_the_line_stands_still(void **state)
{
    (void)state;
    uint32_t seat;
    struct bench *b = limited(&seat);
    b->mute[PLC] = true;
    size_t since = b->logged;
    for (int i = 1; i <= 18; i++) {
        bench_set(b, seat, PUMP, i);
        bench_pass(b, 50 * MS);
    }
    assert_int_equal(bench_writes(b, since, PUMP, false), 1);
    b->mute[PLC] = false;
    bench_written(b, bench_last_write(b, PUMP)->ticket, RIG_WRITE_DONE);
    bench_pass(b, 2 * S);
    assert_true(bench_last_write(b, PUMP)->number == 18);
    bench_set(b, seat, PUMP, 19);
    assert_int_equal(bench_last(b, RIG_ACTION_ANSWER)->refusal, RIG_ACCEPTED);
    bench_free(b);
}

static void test_safe_waits_for_no_set_before_it(void **state)
{
    (void)state;
    uint32_t seat;
    struct bench *b = limited(&seat);
    b->mute[PLC] = true;
    bench_set(b, seat, PUMP, 5);
    uint64_t request = b->request;
    bench_pass(b, 400 * MS);
    bench_set(b, seat, PUMP, 0);
    assert_true(bench_last_write(b, PUMP)->number == 0);
    assert_int_equal(bench_answer(b, request)->refusal, RIG_SUPERSEDED);
    bench_free(b);
}

static void test_a_ramp_that_nothing_shows(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    b->limits[0] = (struct rig_limit_spec){
        .name = "gentle", .of = PUMP, .range = BENCH_WHOLE, .slew = 20, .ramp_step = 500 * MS};
    b->spec.limit_count = 1;
    b->points[PUMP].readback = RIG_NONE;
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    assert_true(bench_set(b, seat, PUMP, 20)->ramping);
    size_t since = b->logged;
    bench_pass(b, S);
    assert_true(bench_last_write(b, PUMP)->number == 20);
    ended(b, since, RIG_ACCEPTED, NULL);
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_interlock_refuses_a_step),
        cmocka_unit_test(test_no_step_beside_the_session_s_end),
        cmocka_unit_test(test_no_step_without_a_record),
        cmocka_unit_test(test_no_step_without_a_controller),
        cmocka_unit_test(test_a_step_that_fails),
        cmocka_unit_test(test_a_step_that_nobody_acknowledges),
        cmocka_unit_test(test_a_first_step_that_fails),
        cmocka_unit_test(test_small_sets_while_the_line_stands_still),
        cmocka_unit_test(test_safe_waits_for_no_set_before_it),
        cmocka_unit_test(test_a_ramp_that_nothing_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
