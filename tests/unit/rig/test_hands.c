/* Promises S8 and S15: e-stop, lock-out and local mode. */
#include "tests/unit/rig/ruled_bench.h"

static void lockout(struct bench *b, bool set, uint64_t account, uint64_t whose, enum rig_refusal expected)
{
    struct rig_event event = {.kind = RIG_EVENT_LOCKOUT, .request = ++b->request};
    event.lockout.set = set;
    event.lockout.account = account;
    event.lockout.whose = whose;
    bench_event(b, &event);
    bench_work(b);
    assert_int_equal(bench_answer(b, event.request)->refusal, expected);
}

static void test_stop(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_start(b);
    uint32_t seat = bench_controlled(b), teacher = bench_join(b, 3, RIG_TEACHER),
             technician = bench_join(b, 4, RIG_TECHNICIAN);
    assert_int_equal(bench_ask(b, RIG_EVENT_STOP, 999), RIG_NO_SEAT); /* a spectator */
    assert_false(rig_durable(b->rig)->stopped);
    assert_int_equal(bench_ask(b, RIG_EVENT_STOP, teacher), RIG_ACCEPTED);
    assert_true(rig_durable(b->rig)->stopped);
    assert_int_equal(rig_controller(b->rig), 0);
    bench_pass(b, S);
    assert_int_equal(bench_ask(b, RIG_EVENT_TAKE, seat), RIG_STOPPED);
    assert_int_equal(bench_ask(b, RIG_EVENT_RESET, seat), RIG_NOT_ALLOWED);
    assert_int_equal(bench_ask(b, RIG_EVENT_RESET, teacher), RIG_NOT_ALLOWED);
    assert_int_equal(bench_ask(b, RIG_EVENT_RESET, technician), RIG_ACCEPTED);
    b->spec.teacher_reset = true;
    bench_ask(b, RIG_EVENT_STOP, seat);
    assert_int_equal(bench_ask(b, RIG_EVENT_RESET, teacher), RIG_ACCEPTED);
    bench_pass(b, S);
    assert_int_equal(bench_ask(b, RIG_EVENT_TAKE, seat), RIG_ACCEPTED);
    bench_free(b);
}

static void test_lockout(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    bench_set(b, seat, PUMP, 30);
    lockout(b, true, 5, 0, RIG_ACCEPTED);
    bench_pass(b, S);
    assert_true(b->shown_value[PUMP_SHOWN] == 0);
    assert_int_equal(bench_ask(b, RIG_EVENT_TAKE, seat), RIG_LOCKED_OUT);
    size_t since = b->logged;
    b->shown_value[VALVE_SHOWN] = 1; /* by the hands in the rig: nothing moves it back on them */
    bench_pass(b, S);
    assert_int_equal(bench_writes(b, since, VALVE, true), 0);
    lockout(b, false, 6, 6, RIG_NOT_ALLOWED);
    assert_int_equal(rig_durable(b->rig)->lockout_count, 1);
    lockout(b, false, 6, 5, RIG_ACCEPTED);
    assert_true(bench_writes(b, since, VALVE, true) > 0);
    lockout(b, true, 5, 0, RIG_ACCEPTED);
    lockout(b, false, 5, 5, RIG_ACCEPTED);
    assert_int_equal(rig_durable(b->rig)->lockout_count, 0);
    bench_pass(b, 3 * S);
    assert_int_equal(bench_ask(b, RIG_EVENT_TAKE, seat), RIG_ACCEPTED);
    bench_free(b);
}

static void test_local_mode(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    b->spec.local_mode = LOCAL;
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    size_t since = b->logged;
    show(b, LOCAL, 1);
    assert_true(rig_is_local(b->rig) && bench_writes(b, since, PUMP, true) > 0);
    assert_int_equal(bench_ask(b, RIG_EVENT_TAKE, seat), RIG_LOCKED_OUT);
    show(b, LOCAL, 0);
    bench_pass(b, S);
    assert_int_equal(bench_ask(b, RIG_EVENT_TAKE, seat), RIG_ACCEPTED);
    b->bad[LOCAL] = true; /* what cannot be read may be local */
    bench_pass(b, 100 * MS);
    assert_true(rig_is_local(b->rig));
    assert_int_equal(bench_ask(b, RIG_EVENT_TAKE, seat), RIG_NOT_AVAILABLE);
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_lockout),
        cmocka_unit_test(test_local_mode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
