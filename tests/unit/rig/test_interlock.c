/* Promises S6 to S8, S10 and S15: trips, permissives, exclusions, time limits, e-stop, heartbeat, lock-out.
 */
#include "tests/unit/rig/bench.h"

static struct bench *with_trip(const char *when)
{
    struct bench *b = bench_new();
    b->trips[0] = (struct rig_trip_spec){.name = "hot", .when = bench_compile(b, when), .reset = RIG_TEACHER};
    b->spec.trip_count = 1;
    return b;
}

static bool latched(const struct bench *b)
{
    return rig_durable(b->rig)->trips[0] & 1;
}

static void show(struct bench *b, int point, double number)
{
    b->shown_value[point] = number;
    bench_pass(b, 100 * MS);
}

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

static struct bench *with_permissive(bool only_to_start)
{
    struct bench *b = bench_new();
    b->permissives[0] = (struct rig_permissive_spec){.name = "water",
                                                     .when = bench_compile(b, "plc.level > 0.15 m"),
                                                     .hold = 300 * MS,
                                                     .of = PUMP,
                                                     .only_to_start = only_to_start};
    b->spec.permissive_count = 1;
    bench_start(b);
    return b;
}

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

/* --- bypass ------------------------------------------------------------------------------------- */

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
        cmocka_unit_test(test_trip_latches_and_is_reset),
        cmocka_unit_test(test_hold_and_confirm),
        cmocka_unit_test(test_a_trip_names_its_bad_input),
        cmocka_unit_test(test_bad_input_trips_and_resets_itself),
        cmocka_unit_test(test_fault_that_comes_true),
        cmocka_unit_test(test_trip_that_drives_one_output),
        cmocka_unit_test(test_permissive),
        cmocka_unit_test(test_an_equal_read_rejuvenates),
        cmocka_unit_test(test_permissive_only_to_start),
        cmocka_unit_test(test_permissive_lost_under_a_queued_command),
        cmocka_unit_test(test_exclusion),
        cmocka_unit_test(test_exclusion_of_what_cannot_be_seen),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_lockout),
        cmocka_unit_test(test_bypass),
        cmocka_unit_test(test_bypass_ends_on_demand_and_with_a_student),
        cmocka_unit_test(test_a_permissive_is_bypassed),
        cmocka_unit_test(test_a_bypass_needs_a_record_and_a_time_to_come),
        cmocka_unit_test(test_local_mode),
        cmocka_unit_test(test_heartbeat),
        cmocka_unit_test(test_a_held_heartbeat),
        cmocka_unit_test(test_samples_of_a_dead_instrument),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
