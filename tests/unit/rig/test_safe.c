/* Promises S1 to S3: every edge makes safe, safe is what is read back, and the next student never gets a
 * doubtful rig. */
#include "tests/unit/rig/bench.h"

static void test_start_is_verified_before_it_is_available(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_create(b, 100, NULL);
    assert_true(rig_next_deadline(b->rig) <= b->now);
    assert_int_equal(rig_condition(b->rig), RIG_UNAVAILABLE);
    b->shown_value[PUMP_SHOWN] = 40; /* as the last student left it */
    bench_instrument(b, PLC, true);
    bench_instrument(b, PANEL, true);
    assert_int_equal(rig_condition(b->rig), RIG_MAKING_SAFE);
    assert_true(bench_writes(b, 0, PUMP, true) > 0);
    bench_session(b);
    uint32_t seat = bench_join(b, 1, RIG_STUDENT);
    struct rig_event take = {.kind = RIG_EVENT_TAKE, .request = 77, .seat = seat};
    bench_event(b, &take);
    assert_null(bench_answer(b, 77)); /* waits */
    bench_work(b);
    bench_pass(b, S);
    assert_int_equal(bench_answer(b, 77)->refusal, RIG_ACCEPTED);
    assert_true(bench_records(b, 0, RIG_RECORD_SAFE_DONE) > 0);
    bench_free(b);
}

static void show_one(struct bench *b, uint16_t point)
{
    struct rig_sample sample = {.point = point, .good = true, .number = b->shown_value[point]};
    struct rig_event event = {.kind = RIG_EVENT_SAMPLES};
    event.samples.list = &sample;
    event.samples.count = 1;
    event.samples.at = event.samples.asked = b->now;
    bench_event(b, &event);
}

static void verify_points_only(struct bench *b, int times)
{
    for (int i = 0; i < times; i++, b->now += 5 * MS) {
        for (; b->done < b->logged; b->done++)
            if (b->log[b->done].kind == RIG_ACTION_WRITE)
                bench_written(b, b->log[b->done].ticket, RIG_WRITE_DONE);
        show_one(b, PUMP_SHOWN);
        show_one(b, VALVE_SHOWN);
    }
}

/* An input that is only not read yet trips nothing at a start; one that is never read does. */
static void test_a_start_waits_for_the_inputs_of_rules(void **state)
{
    (void)state;
    for (int read = 0; read < 2; read++) {
        struct bench *b = bench_new();
        b->trips[0] =
            (struct rig_trip_spec){.name = "hot", .when = bench_compile(b, "plc.temperature > 80 degC")};
        b->spec.trip_count = 1;
        bench_create(b, 100, NULL);
        b->poll_at = INT64_MAX;
        bench_instrument(b, PLC, true);
        bench_instrument(b, PANEL, true);
        verify_points_only(b, 100);
        assert_int_equal(rig_condition(b->rig), RIG_MAKING_SAFE);
        if (read)
            show_one(b, HOT);
        verify_points_only(b, read ? 1 : 600); /* longer than the step may last */
        assert_int_equal(bench_records(b, 0, RIG_RECORD_TRIP), read ? 0 : 1);
        if (read)
            assert_int_equal(rig_condition(b->rig), RIG_SAFE);
        bench_free(b);
    }
}

typedef void stimulus(struct bench *b, uint32_t seat);

static void release(struct bench *b, uint32_t seat)
{
    assert_int_equal(bench_ask(b, RIG_EVENT_RELEASE, seat), RIG_ACCEPTED);
}

static void leave(struct bench *b, uint32_t seat)
{
    assert_int_equal(bench_ask(b, RIG_EVENT_LEAVE, seat), RIG_ACCEPTED);
}

static void stop(struct bench *b, uint32_t seat)
{
    uint32_t observer = bench_join(b, 2, RIG_STUDENT);
    (void)seat;
    assert_int_equal(bench_ask(b, RIG_EVENT_STOP, observer), RIG_ACCEPTED);
}

static void session_ends(struct bench *b, uint32_t seat)
{
    (void)seat;
    bench_ask(b, RIG_EVENT_SESSION_END, 0);
}

static void time_is_up(struct bench *b, uint32_t seat)
{
    const struct rig_event heard = {.kind = RIG_EVENT_HEARD, .seat = seat};
    for (int i = 0; i < 720; i++) {
        bench_event(b, &heard);
        bench_pass(b, 5 * S);
    }
}

static void goes_missing(struct bench *b, uint32_t seat)
{
    bench_pass(b, 7 * S);
    assert_int_equal(rig_controller(b->rig), seat);
    assert_false(rig_controller_missing(b->rig));
    bench_pass(b, 2 * S);
    assert_true(rig_controller_missing(b->rig));
    assert_int_equal(rig_controller(b->rig), seat);
    bench_pass(b, 20 * S);
}

static void handed_over(struct bench *b, uint32_t seat)
{
    uint32_t teacher = bench_join(b, 3, RIG_TEACHER);
    (void)seat;
    struct rig_event take = {.kind = RIG_EVENT_TAKE, .seat = teacher, .take.force = true};
    bench_event(b, &take);
}

static void loses_line(struct bench *b, uint32_t seat)
{
    (void)seat;
    bench_instrument(b, PANEL, false);
    assert_int_equal(rig_condition(b->rig), RIG_UNAVAILABLE);
    bench_work(b);
    bench_pass(b, 3 * S);
    assert_int_equal(rig_condition(b->rig), RIG_UNAVAILABLE);
    bench_instrument(b, PANEL, true);
}

static void locked_out(struct bench *b, uint32_t seat)
{
    (void)seat;
    struct rig_event event = {
        .kind = RIG_EVENT_LOCKOUT, .lockout = {.set = true, .account = 9}
    };
    bench_event(b, &event);
}

static void shut_down(struct bench *b, uint32_t seat)
{
    (void)seat;
    bench_ask(b, RIG_EVENT_SHUTDOWN, 0);
}

static void test_every_edge_makes_safe(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        stimulus *happens;
        bool ends_lease;
    } edges[] = {
        {"release",                  release,      true },
        {"leave",                    leave,        true },
        {"stop",                     stop,         true },
        {"session end",              session_ends, true },
        {"time is up",               time_is_up,   true },
        {"controller lost",          goes_missing, true },
        {"hand-over",                handed_over,  true },
        {"instrument lost and back", loses_line,   false},
        {"lock-out",                 locked_out,   true },
        {"shutdown",                 shut_down,    true },
    };
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        struct bench *b = bench_new();
        bench_start(b);
        uint32_t seat = bench_controlled(b);
        assert_int_equal(bench_set(b, seat, PUMP, 30)->refusal, RIG_ACCEPTED);
        assert_int_equal(bench_set(b, seat, VALVE, 1)->refusal, RIG_ACCEPTED);
        uint64_t epoch = rig_epoch(b->rig);
        size_t since = b->logged;
        edges[i].happens(b, seat);
        bench_work(b);
        bench_pass(b, 3 * S);
        if (bench_writes(b, since, PUMP, true) == 0 || bench_writes(b, since, VALVE, true) == 0 ||
            bench_writes(b, since, LAMP, true) == 0)
            fail_msg("%s is no edge", edges[i].name);
        assert_true(rig_epoch(b->rig) > epoch);
        assert_true(b->shown_value[PUMP_SHOWN] == 0 && b->shown_value[VALVE_SHOWN] == 0);
        assert_true(bench_records(b, since, RIG_RECORD_SAFE_DONE) > 0);
        if (edges[i].ends_lease != (rig_controller(b->rig) != seat))
            fail_msg("%s: the lease", edges[i].name);
        bench_free(b);
    }
}

/* Safe steps bypass what commands must keep: a valve is opened that no permissive permits, and the pump goes
 * to 0 at once where a command would ramp, come too soon, or find it resting. */
static void test_safe_steps_bypass_permissives_limits_and_slew(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    static const struct rig_assignment open = {VALVE, 1};
    struct rig_step_spec steps[4] = {
        {RIG_STEP_SET, &open, 1, S},
        b->steps[0], b->steps[1], b->steps[2]
    };
    b->spec.safe = steps;
    b->spec.safe_count = 4;
    b->permissives[0] = (struct rig_permissive_spec){
        .name = "never", .of = VALVE, .when = bench_compile(b, "plc.level > 2 m")};
    b->spec.permissive_count = 1;
    b->limits[0] = (struct rig_limit_spec){
        .name = "slow", .of = PUMP, .range = BENCH_WHOLE, .slew = 20, .ramp_step = 500 * MS, .rate = 0.01};
    b->spec.limit_count = 1;
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    assert_int_equal(bench_set(b, seat, VALVE, 1)->refusal, RIG_NOT_PERMITTED);
    assert_int_equal(bench_set(b, seat, PUMP, 90)->refusal, RIG_ACCEPTED);
    for (int i = 0; i < 10; i++) {
        const struct rig_event heard = {.kind = RIG_EVENT_HEARD, .seat = seat};
        bench_event(b, &heard);
        bench_pass(b, S);
    }
    assert_true(b->shown_value[PUMP_SHOWN] == 90);
    size_t since = b->logged;
    const struct rig_event stop_event = {.kind = RIG_EVENT_STOP, .seat = seat};
    bench_event(b, &stop_event);
    bench_work(b);
    assert_true(bench_writes(b, since, VALVE, true) >= 2); /* opened, and closed at the end */
    assert_int_equal(bench_writes(b, since, PUMP, true), 1);
    assert_true(bench_last_write(b, PUMP)->number == 0);
    bench_pass(b, S);
    assert_int_equal(rig_condition(b->rig), RIG_SAFE);
    bench_free(b);
}

static void test_epoch_before_safe_writes(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    size_t since = b->logged, epochs = 0;
    struct rig_event stop = {.kind = RIG_EVENT_STOP, .seat = seat};
    bench_event(b, &stop);
    for (size_t i = since; i < b->logged; i++) {
        epochs += b->log[i].kind == RIG_ACTION_EPOCH;
        if (b->log[i].kind == RIG_ACTION_WRITE)
            assert_int_equal(epochs, 2);
    }
    assert_int_equal(epochs, 2);
    bench_free(b);
}

static void test_not_verified_is_quarantined(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    bench_set(b, seat, PUMP, 30);
    b->stuck = true;
    size_t since = b->logged;
    bench_ask(b, RIG_EVENT_RELEASE, seat);
    bench_pass(b, 10 * S);
    assert_int_equal(rig_condition(b->rig), RIG_QUARANTINED);
    assert_int_equal(bench_records(b, since, RIG_RECORD_SAFE_FAILED), 3);
    assert_int_equal(bench_last(b, RIG_ACTION_NOTICE)->record, RIG_RECORD_QUARANTINE);
    assert_int_equal(bench_last(b, RIG_ACTION_NOTICE)->point, PUMP_SHOWN);
    assert_true(rig_durable(b->rig)->quarantined);
    assert_int_equal(bench_ask(b, RIG_EVENT_TAKE, seat), RIG_IS_QUARANTINED);
    b->stuck = false;
    bench_pass(b, 10 * S);
    assert_int_equal(rig_condition(b->rig), RIG_QUARANTINED); /* nobody but a technician */
    assert_int_equal(bench_ask(b, RIG_EVENT_CLEAR, seat), RIG_NOT_ALLOWED);
    struct rig_event clear = {
        .kind = RIG_EVENT_CLEAR, .person = {.account = 5, .role = RIG_TECHNICIAN}
    };
    bench_event(b, &clear);
    assert_int_equal(rig_condition(b->rig), RIG_MAKING_SAFE);
    bench_work(b);
    bench_pass(b, S);
    assert_int_equal(rig_condition(b->rig), RIG_SAFE);
    bench_free(b);
}

static void test_old_samples_verify_nothing(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    int64_t long_ago = b->now;
    b->mute[PLC] = true; /* written by hand below */
    struct rig_event release_event = {.kind = RIG_EVENT_RELEASE, .seat = seat};
    size_t since = b->logged;
    bench_event(b, &release_event);
    b->done = b->logged;
    for (size_t i = since; i < b->logged; i++) {
        b->now += MS;
        if (b->log[i].kind == RIG_ACTION_WRITE)
            bench_written(b, b->log[i].ticket, RIG_WRITE_DONE);
    }
    b->now += MS;
    bench_samples(b, PLC, long_ago); /* shows safe, but was asked for before the writes */
    assert_int_equal(rig_condition(b->rig), RIG_MAKING_SAFE);
    bench_samples(b, PLC, b->now);
    assert_int_equal(rig_condition(b->rig), RIG_SAFE);
    bench_free(b);
}

static void test_dead_line_does_not_hold_up_later_steps(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    b->mute[PANEL] = true; /* takes writes and never reports */
    size_t since = b->logged;
    bench_ask(b, RIG_EVENT_RELEASE, seat);
    assert_int_equal(bench_writes(b, since, VALVE, true), 0);
    bench_pass(b, 1100 * MS);
    assert_true(bench_writes(b, since, VALVE, true) > 0);
    bench_free(b);
}

/* The lamp has no read-back: then at least its write must be acknowledged. */
static void test_unverifiable_output_needs_its_acknowledgement(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    b->mute[PANEL] = true;
    bench_ask(b, RIG_EVENT_RELEASE, seat);
    bench_pass(b, 20 * S);
    assert_int_equal(rig_condition(b->rig), RIG_QUARANTINED);
    bench_free(b);
}

static void test_edge_during_the_sequence_runs_it_again(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    size_t since = b->logged;
    struct rig_event event = {.kind = RIG_EVENT_RELEASE, .seat = seat};
    bench_event(b, &event);
    b->now += 500 * MS;
    struct rig_event stop_event = {.kind = RIG_EVENT_STOP, .seat = seat};
    bench_event(b, &stop_event);
    assert_int_equal(bench_writes(b, since, PUMP, true), 2); /* repeated at once */
    bench_work(b);
    bench_pass(b, S);
    assert_int_equal(bench_records(b, since, RIG_RECORD_SAFE_BEGIN), 2);
    assert_int_equal(bench_records(b, since, RIG_RECORD_SAFE_DONE), 2);
    assert_int_equal(rig_condition(b->rig), RIG_SAFE);
    bench_free(b);
}

/* However many edges there are, the last step is reached. */
static void test_flood_of_edges_starves_no_step(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_start(b);
    bench_controlled(b);
    size_t since = b->logged;
    struct rig_event lockout = {
        .kind = RIG_EVENT_LOCKOUT, .lockout = {.set = true, .account = 9}
    };
    for (int i = 0; i < 300; i++) {
        bench_event(b, &lockout);
        bench_pass(b, 10 * MS);
    }
    assert_true(bench_writes(b, since, VALVE, true) > 3);
    assert_true(bench_records(b, since, RIG_RECORD_SAFE_DONE) > 3);
    bench_free(b);
}

static void test_departure_between_sessions(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_start(b);
    size_t since = b->logged;
    b->shown_value[PUMP_SHOWN] = 20;
    bench_pass(b, 100 * MS);
    assert_true(bench_writes(b, since, PUMP, true) > 0);
    bench_pass(b, S);
    assert_int_equal(rig_condition(b->rig), RIG_SAFE);
    b->bad[VALVE_SHOWN] = true; /* what cannot be seen is not known to be safe */
    bench_pass(b, 15 * S);
    assert_int_equal(rig_condition(b->rig), RIG_QUARANTINED);
    bench_free(b);
}

static void test_loss_of_a_harmless_instrument_may_be_no_edge(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    b->instruments[PANEL].outputs = false;
    b->instruments[PANEL].on_loss_continue = true;
    b->points[LAMP].output = false;
    b->off[1] = b->off[0];
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    bench_instrument(b, PANEL, false);
    assert_int_equal(rig_condition(b->rig), RIG_CONTROLLED);
    assert_int_equal(bench_set(b, seat, PUMP, 10)->refusal, RIG_ACCEPTED);
    bench_free(b);
}

static void test_nothing_to_verify_is_never_safe(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    b->spec.safe_count = 2;
    bench_create(b, 100, NULL);
    bench_instrument(b, PLC, true);
    bench_instrument(b, PANEL, true);
    bench_work(b);
    bench_pass(b, 10 * S);
    assert_int_equal(rig_condition(b->rig), RIG_QUARANTINED);
    bench_free(b);
}

static void test_quarantine_and_stop_survive_a_restart(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    const struct rig_durable durable = {
        .stopped = true, .quarantined = true, .lockouts = {7}, .lockout_count = 1};
    bench_create(b, 200, &durable);
    bench_instrument(b, PLC, true);
    bench_instrument(b, PANEL, true);
    bench_work(b);
    bench_pass(b, S);
    assert_int_equal(rig_condition(b->rig), RIG_QUARANTINED);
    assert_true(rig_durable(b->rig)->stopped && rig_durable(b->rig)->lockout_count == 1);
    assert_true(rig_epoch(b->rig) > 200);
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_start_is_verified_before_it_is_available),
        cmocka_unit_test(test_a_start_waits_for_the_inputs_of_rules),
        cmocka_unit_test(test_every_edge_makes_safe),
        cmocka_unit_test(test_safe_steps_bypass_permissives_limits_and_slew),
        cmocka_unit_test(test_epoch_before_safe_writes),
        cmocka_unit_test(test_not_verified_is_quarantined),
        cmocka_unit_test(test_old_samples_verify_nothing),
        cmocka_unit_test(test_dead_line_does_not_hold_up_later_steps),
        cmocka_unit_test(test_unverifiable_output_needs_its_acknowledgement),
        cmocka_unit_test(test_edge_during_the_sequence_runs_it_again),
        cmocka_unit_test(test_flood_of_edges_starves_no_step),
        cmocka_unit_test(test_departure_between_sessions),
        cmocka_unit_test(test_loss_of_a_harmless_instrument_may_be_no_edge),
        cmocka_unit_test(test_nothing_to_verify_is_never_safe),
        cmocka_unit_test(test_quarantine_and_stop_survive_a_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
