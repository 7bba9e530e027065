/* Promise S15: a rule out of force, for a technician and a time. */
#include "tests/unit/rig/ruled_bench.h"

static enum rig_refusal bypass(struct bench *b, uint16_t rule, int64_t length, enum rig_role role)
{
    struct rig_event event = {.kind = RIG_EVENT_BYPASS, .request = ++b->request};
    event.bypass.set = length > 0;
    event.bypass.rule = rule;
    event.bypass.until = b->now + length;
    event.bypass.account = 9;
    event.bypass.role = role;
    bench_event(b, &event);
    bench_work(b);
    return bench_answer(b, event.request)->refusal;
}

static void test_bypass(void **state)
{
    (void)state;
    struct bench *b = with_trip("plc.temperature > 80 degC");
    bench_start(b);
    assert_int_equal(bypass(b, 0, S, RIG_TEACHER), RIG_NOT_ALLOWED);
    assert_int_equal(bypass(b, 99, S, RIG_TECHNICIAN), RIG_UNKNOWN_RULE);
    assert_int_equal(bypass(b, 0, 8 * 3600 * S + 1, RIG_TECHNICIAN), RIG_TOO_LONG);
    assert_true(rig_bypassed_until(b->rig, 0) == 0);
    size_t since = b->logged;
    assert_int_equal(bypass(b, 0, 10 * S, RIG_TECHNICIAN), RIG_ACCEPTED);
    assert_true(rig_bypassed_until(b->rig, 0) > b->now + 9 * S &&
                rig_bypassed_until(b->rig, 0) <= b->now + 10 * S);
    assert_int_equal(bench_records(b, since, RIG_RECORD_BYPASS), 1);
    show(b, HOT, 81);
    bench_pass(b, 5 * S);
    assert_false(latched(b));
    bench_pass(b, 6 * S); /* its time is over, and the rule acts */
    assert_true(latched(b) && rig_bypassed_until(b->rig, 0) == 0);
    assert_int_equal(bench_records(b, since, RIG_RECORD_BYPASS_ENDED), 1);
    bench_free(b);
}

static void test_bypass_ends_on_demand_and_with_a_student(void **state)
{
    (void)state;
    struct bench *b = with_trip("plc.temperature > 80 degC");
    bench_start(b);
    show(b, HOT, 20);
    assert_int_equal(bypass(b, 0, 3600 * S, RIG_TECHNICIAN), RIG_ACCEPTED);
    show(b, HOT, 81);
    assert_false(latched(b));
    assert_int_equal(bypass(b, 0, 0, RIG_TECHNICIAN), RIG_ACCEPTED);
    assert_true(latched(b));

    assert_int_equal(bypass(b, 0, 3600 * S, RIG_TECHNICIAN),
                     RIG_ACCEPTED); /* a latched trip may then be reset */
    struct rig_event reset = {.kind = RIG_EVENT_RESET, .request = ++b->request};
    reset.person.role = RIG_TECHNICIAN;
    bench_event(b, &reset);
    assert_false(latched(b));
    bench_session(b); /* a technician's own */
    assert_true(rig_bypassed_until(b->rig, 0) != 0);
    bench_join(b, 5, RIG_TECHNICIAN);
    assert_true(rig_bypassed_until(b->rig, 0) != 0);
    bench_join(b, 1, RIG_STUDENT);
    assert_true(rig_bypassed_until(b->rig, 0) == 0);
    assert_true(latched(b));
    assert_int_equal(bypass(b, 0, 3600 * S, RIG_TECHNICIAN), RIG_STUDENTS_SESSION);
    bench_free(b);

    b = with_trip("plc.temperature > 80 degC");
    bench_start(b);
    assert_int_equal(bypass(b, 0, 3600 * S, RIG_TECHNICIAN), RIG_ACCEPTED);
    struct rig_event begin = {.kind = RIG_EVENT_SESSION_BEGIN};
    begin.session_begin.session = 7;
    begin.session_begin.ends = b->now + 3600 * S;
    begin.session_begin.student = true;
    bench_event(b, &begin);
    assert_true(rig_bypassed_until(b->rig, 0) == 0);
    bench_free(b);
}

static void test_a_permissive_is_bypassed(void **state)
{
    (void)state;
    struct bench *b = with_permissive(false);
    bench_session(b);
    uint32_t seat = bench_join(b, 5, RIG_TECHNICIAN);
    assert_int_equal(bench_ask(b, RIG_EVENT_TAKE, seat), RIG_ACCEPTED);
    show(b, LEVEL, 0.1);
    assert_int_equal(bench_set(b, seat, PUMP, 30)->refusal, RIG_NOT_PERMITTED);
    size_t since = b->logged;
    assert_int_equal(bypass(b, 0, 10 * S, RIG_TECHNICIAN),
                     RIG_ACCEPTED); /* in a session, and not a student's */
    assert_int_equal(bench_records(b, since, RIG_RECORD_BYPASS), 1);
    bench_pass(b, 300 * MS);
    assert_int_equal(bench_set(b, seat, PUMP, 30)->refusal, RIG_ACCEPTED);
    since = b->logged;
    bench_pass(b, 10 * S); /* its time is over: what it asks for is not there */
    assert_int_equal(bench_writes(b, since, PUMP, true), 1);
    assert_int_equal(bench_set(b, seat, PUMP, 30)->refusal, RIG_NOT_PERMITTED);
    bench_free(b);
}

static void test_a_bypass_needs_a_record_and_a_time_to_come(void **state)
{
    (void)state;
    struct bench *b = with_trip("plc.temperature > 80 degC");
    bench_start(b);
    struct rig_event event = {.kind = RIG_EVENT_BYPASS, .request = ++b->request};
    event.bypass.set = true;
    event.bypass.until = b->now;
    event.bypass.role = RIG_TECHNICIAN;
    bench_event(b, &event);
    assert_int_equal(bench_answer(b, event.request)->refusal, RIG_TOO_LONG);
    bench_event(b, &(struct rig_event){.kind = RIG_EVENT_RECORDING});
    assert_int_equal(bypass(b, 0, S, RIG_TECHNICIAN), RIG_NO_RECORD);
    assert_int_equal(bypass(b, 0, 0, RIG_TECHNICIAN), RIG_ACCEPTED); /* ending one needs none */
    assert_true(rig_bypassed_until(b->rig, 0) == 0);
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bypass),
        cmocka_unit_test(test_bypass_ends_on_demand_and_with_a_student),
        cmocka_unit_test(test_a_permissive_is_bypassed),
        cmocka_unit_test(test_a_bypass_needs_a_record_and_a_time_to_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
