/* Promise S10: the heartbeat, and holding it for a proof test. */
#include "tests/unit/rig/ruled_bench.h"

static size_t beats(struct bench *b, size_t since, bool *alternate)
{
    size_t count = 0;
    double last = -1;
    *alternate = true;
    for (size_t i = since; i < b->logged; i++) {
        if (b->log[i].kind != RIG_ACTION_WRITE || !b->log[i].heartbeat)
            continue;
        *alternate &= b->log[i].number != last && !b->log[i].safe;
        last = b->log[i].number;
        count++;
    }
    return count;
}

static enum rig_refusal hold(struct bench *b, int64_t length, enum rig_role role)
{
    struct rig_event event = {.kind = RIG_EVENT_HOLD_HEARTBEAT, .request = ++b->request};
    event.hold_heartbeat.until = b->now + length;
    event.hold_heartbeat.account = 9;
    event.hold_heartbeat.role = role;
    bench_event(b, &event);
    bench_work(b);
    return bench_answer(b, b->request)->refusal;
}

static void test_heartbeat(void **state)
{
    (void)state;
    struct bench *b = with_trip("plc.temperature > 80 degC");
    b->spec.heartbeat = (struct rig_heartbeat_spec){BEAT, 200 * MS, S};
    bench_start(b);
    bool alternate;
    size_t since = b->logged;
    bench_pass(b, 2 * S);
    assert_int_equal(beats(b, since, &alternate), 10);
    assert_true(alternate);
    since = b->logged;
    show(b, HOT, 90); /* tripped, and alive */
    bench_pass(b, 1900 * MS);
    assert_true(beats(b, since, &alternate) >= 9 && alternate);
    b->mute[PLC] = true; /* the report of the last one is missing: no second one behind it */
    since = b->logged;
    bench_pass(b, 2 * S);
    assert_true(beats(b, since, &alternate) <= 1);
    bench_instrument(b, PLC, false);
    since = b->logged;
    bench_pass(b, 2 * S);
    assert_int_equal(beats(b, since, &alternate), 0);
    b->mute[PLC] = false;
    bench_instrument(b, PLC, true);
    bench_pass(b, S);
    assert_true(beats(b, since, &alternate) >= 4);
    bench_free(b);
}

static void test_a_held_heartbeat(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_start(b);
    assert_int_equal(hold(b, S, RIG_TECHNICIAN), RIG_UNKNOWN_POINT); /* there is none */
    bench_free(b);
    b = bench_new();
    b->spec.heartbeat = (struct rig_heartbeat_spec){BEAT, 200 * MS, S};
    bench_start(b);
    assert_int_equal(hold(b, S, RIG_TEACHER), RIG_NOT_ALLOWED);
    assert_int_equal(hold(b, RIG_HOLD_MAX + 1, RIG_TECHNICIAN), RIG_TOO_LONG);
    bool alternate;
    size_t since = b->logged;
    assert_int_equal(hold(b, 2 * S, RIG_TECHNICIAN), RIG_ACCEPTED);
    bench_pass(b, 2 * S - MS);
    assert_int_equal(beats(b, since, &alternate), 0);
    assert_int_equal(bench_records(b, since, RIG_RECORD_HEARTBEAT_HELD), 1);
    bench_pass(b, S);
    assert_true(beats(b, since, &alternate) >= 4 && alternate); /* it goes on by itself */

    assert_int_equal(hold(b, RIG_HOLD_MAX, RIG_TECHNICIAN), RIG_ACCEPTED);
    assert_int_equal(hold(b, 0, RIG_TECHNICIAN), RIG_ACCEPTED); /* seen: on with it */
    since = b->logged;
    bench_pass(b, S);
    assert_true(beats(b, since, &alternate) >= 4);

    assert_int_equal(hold(b, RIG_HOLD_MAX, RIG_TECHNICIAN), RIG_ACCEPTED);
    bench_session(b);
    assert_int_equal(hold(b, RIG_HOLD_MAX, RIG_TECHNICIAN), RIG_ACCEPTED); /* nobody's but staff's yet */
    bench_join(b, 7, RIG_STUDENT);                                         /* whose session it is now */
    since = b->logged;
    bench_pass(b, S);
    assert_true(beats(b, since, &alternate) >= 4);
    assert_int_equal(hold(b, S, RIG_TECHNICIAN), RIG_STUDENTS_SESSION);
    struct rig_event full = {.kind = RIG_EVENT_RECORDING, .recording.takes = false};
    bench_event(b, &full);
    assert_int_equal(hold(b, S, RIG_TECHNICIAN), RIG_NO_RECORD);
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heartbeat),
        cmocka_unit_test(test_a_held_heartbeat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
