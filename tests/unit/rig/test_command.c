/* Section 4 "A command" and promises S5, S9: the order of the checks, read-back, ramps, rates. */
#include "tests/unit/rig/bench.h"

#include "gateway/rig/state.h" /* the order of checks is looked at from inside */

/* Each row breaks one more thing; the first objection in the order of refusal.h is the answer. Undone from
 * the last row to the first, every check gets its turn. */
static void test_order_of_checks(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_start(b);
    bench_controlled(b);
    struct rig *rig = b->rig;
    struct rig_seat *seat = &rig->seats[0];
    struct admission admission = {.seat = seat,
                                  .epoch = rig->lease.epoch - 1,
                                  .sequence = 9,
                                  .age = 3 * S,
                                  .point = LEVEL,
                                  .number = NAN};
    struct objection objection;
    struct rig kept = *rig;
    rig->recording = false;
    rig->closing = rig->durable.stopped = rig->durable.quarantined = true;
    rig->durable.lockout_count = 1;
    rig->image.down = 1;
    rig->lease.granted = false;
    rig->lease.holder = 99;
    rig->session = 0;
    assert_int_equal(rig_admit(rig, &admission, &objection), RIG_NO_SESSION);
    rig->session = kept.session;
    admission.seat = NULL;
    assert_int_equal(rig_admit(rig, &admission, &objection), RIG_NO_SEAT);
    admission.seat = seat;
    seat->sequence = 10;
    assert_int_equal(rig_admit(rig, &admission, &objection), RIG_OLD_SEQUENCE);
    seat->sequence = 8;
    assert_int_equal(rig_admit(rig, &admission, &objection), RIG_NOT_CONTROLLER);
    rig->lease.holder = kept.lease.holder;
    assert_int_equal(rig_admit(rig, &admission, &objection), RIG_OLD_EPOCH);
    admission.epoch = rig->lease.epoch;
    assert_int_equal(rig_admit(rig, &admission, &objection), RIG_TOO_OLD);
    admission.age = 0;
    assert_int_equal(rig_admit(rig, &admission, &objection), RIG_NO_RECORD);
    rig->recording = true;
    assert_int_equal(rig_admit(rig, &admission, &objection), RIG_CLOSING);
    rig->closing = false;
    assert_int_equal(rig_admit(rig, &admission, &objection), RIG_STOPPED);
    rig->durable.stopped = false;
    assert_int_equal(rig_admit(rig, &admission, &objection), RIG_LOCKED_OUT);
    rig->durable.lockout_count = 0;
    assert_int_equal(rig_admit(rig, &admission, &objection), RIG_IS_QUARANTINED);
    rig->durable.quarantined = false;
    assert_int_equal(rig_admit(rig, &admission, &objection), RIG_NOT_AVAILABLE);
    rig->image.down = 0;
    assert_int_equal(rig_admit(rig, &admission, &objection), RIG_IS_MAKING_SAFE);
    rig->lease.granted = true;
    admission.point = POINTS;
    assert_int_equal(rig_admit(rig, &admission, &objection), RIG_UNKNOWN_POINT);
    admission.point = LEVEL;
    assert_int_equal(rig_admit(rig, &admission, &objection), RIG_READ_ONLY);
    admission.point = VALVE;
    b->points[VALVE].role = RIG_TEACHER;
    assert_int_equal(rig_admit(rig, &admission, &objection), RIG_NOT_ALLOWED);
    b->points[VALVE].role = RIG_STUDENT;
    assert_int_equal(rig_admit(rig, &admission, &objection), RIG_NOT_A_NUMBER);
    admission.number = 0.5;
    assert_int_equal(rig_admit(rig, &admission, &objection), RIG_WRONG_TYPE);
    admission.point = PUMP;
    admission.number = 101;
    assert_int_equal(rig_admit(rig, &admission, &objection), RIG_OUT_OF_RANGE);
    assert_true(objection.has_nearest && objection.nearest == 100);
    admission.number = 50;
    rig->command_count = COMMANDS_MAX;
    assert_int_equal(rig_admit(rig, &admission, &objection), RIG_BUSY);
    rig->command_count = 0;
    assert_int_equal(rig_admit(rig, &admission, &objection), RIG_ACCEPTED);
    bench_free(b);
}

static void test_confirmed_by_readback(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    struct rig_event command = bench_command(b, seat, PUMP, 42);
    bench_event(b, &command);
    struct rig_action write = *bench_last(b, RIG_ACTION_WRITE);
    assert_true(write.point == PUMP && write.number == 42 && !write.safe && write.until == b->now + S);
    b->done = b->logged;
    int64_t before_write = b->now;
    b->now += 5 * MS;
    bench_written(b, write.ticket, RIG_WRITE_DONE);
    assert_int_equal(bench_last(b, RIG_ACTION_READ)->point, PUMP_SHOWN);
    b->now += 5 * MS;
    b->shown_value[PUMP_SHOWN] = 42;
    bench_samples(b, PLC, before_write); /* was asked for before the write */
    assert_null(bench_answer(b, command.request));
    b->shown_value[PUMP_SHOWN] = 30;
    bench_samples(b, PLC, b->now);
    assert_null(bench_answer(b, command.request));
    b->now += 5 * MS;
    b->shown_value[PUMP_SHOWN] = 41.5;
    bench_samples(b, PLC, b->now);
    const struct rig_action *answer = bench_answer(b, command.request);
    assert_true(answer->refusal == RIG_ACCEPTED && answer->verified && answer->number == 41.5);
    bench_free(b);
}

/* A line that reads back by itself: nothing is asked for, and what was asked for since the acknowledgement
 * counts, whenever the core was told of it. */
static void test_confirmed_by_a_line_that_reads_back(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    struct rig_event command = bench_command(b, seat, PUMP, 42);
    bench_event(b, &command);
    struct rig_action write = *bench_last(b, RIG_ACTION_WRITE);
    assert_true(write.read_back);
    b->done = b->logged;
    size_t since = b->logged;
    int64_t acknowledged = b->now + 5 * MS;
    b->now += 20 * MS;
    struct rig_event written = {
        .kind = RIG_EVENT_WRITTEN,
        .written = {.ticket = write.ticket, .at = acknowledged, .read_back = true},
    };
    bench_event(b, &written);
    for (size_t i = since; i < b->logged; i++)
        assert_int_not_equal(b->log[i].kind, RIG_ACTION_READ);
    b->shown_value[PUMP_SHOWN] = 42;
    bench_samples(b, PLC, acknowledged - 1);
    assert_null(bench_answer(b, command.request));
    bench_samples(b, PLC, acknowledged);
    assert_true(bench_answer(b, command.request)->verified);
    bench_free(b);
}

/* The read-back is asked for again soon, without a poll, and at most so often. */
static void test_a_readback_that_follows(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    b->stuck = true;
    struct rig_event command = bench_command(b, seat, PUMP, 42);
    bench_event(b, &command);
    bench_work(b);
    b->poll_at = b->now + S;
    b->shown_value[PUMP_SHOWN] = 42;
    bench_pass(b, 3 * MS);
    assert_true(bench_answer(b, command.request) && bench_answer(b, command.request)->verified);
    command = bench_command(b, seat, PUMP, 10);
    bench_event(b, &command);
    size_t since = b->logged, reads = 0;
    bench_work(b);
    bench_pass(b, 500 * MS);
    for (size_t i = since; i < b->logged; i++)
        reads += b->log[i].kind == RIG_ACTION_READ;
    assert_in_range(reads, 20, 30);
    bench_free(b);
}

static void test_how_commands_end(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    b->stuck = true;
    struct rig_event command = bench_command(b, seat, PUMP, 42);
    bench_event(b, &command);
    bench_work(b);
    bench_pass(b, 1100 * MS);
    assert_int_equal(bench_answer(b, command.request)->refusal, RIG_NOT_CONFIRMED);
    assert_true(bench_answer(b, command.request)->number == 0); /* what it shows */
    b->stuck = false;
    const struct rig_action *answer = bench_set(b, seat, LAMP, 1);
    assert_true(answer->refusal == RIG_ACCEPTED && !answer->verified); /* sent, not verified */
    command = bench_command(b, seat, PUMP, 10);
    bench_event(b, &command);
    b->done = b->logged;
    bench_written(b, bench_last(b, RIG_ACTION_WRITE)->ticket, RIG_WRITE_FAILED);
    assert_int_equal(bench_answer(b, command.request)->refusal, RIG_WRITE_FAILED_ON_LINE);
    command = bench_command(b, seat, PUMP, 10);
    bench_event(b, &command);
    b->done = b->logged;
    bench_pass(b, 1100 * MS); /* the link says nothing */
    assert_int_equal(bench_answer(b, command.request)->refusal, RIG_NOT_CONFIRMED);
    struct rig_event older = bench_command(b, seat, PUMP, 20);
    bench_event(b, &older);
    assert_true(bench_set(b, seat, PUMP, 0)->verified);
    assert_int_equal(bench_answer(b, older.request)->refusal, RIG_SUPERSEDED);
    bench_free(b);
}

static void test_refusals_are_named(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    b->limits[0] = (struct rig_limit_spec){
        .name = "gentle", .of = PUMP, .range = {{5, 60}, {0, 100}, {0, 100}},
                .rate = 2
    };
    b->spec.limit_count = 1;
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    const struct rig_action *answer = bench_set(b, seat, PUMP, 61);
    assert_int_equal(answer->refusal, RIG_OUT_OF_RANGE);
    assert_string_equal(answer->rule, "gentle");
    assert_true(answer->nearest.quality == RIG_GOOD && answer->nearest.number == 60);
    assert_true(bench_set(b, seat, PUMP, 2)->nearest.number == 5);
    assert_int_equal(bench_set(b, seat, PUMP, 50)->refusal, RIG_ACCEPTED);
    answer = bench_set(b, seat, PUMP, 51);
    assert_int_equal(answer->refusal, RIG_TOO_FAST);
    assert_string_equal(answer->rule, "gentle");
    bench_pass(b, 500 * MS);
    assert_int_equal(bench_set(b, seat, PUMP, 51)->refusal, RIG_ACCEPTED);
    struct rig_event recording = {.kind = RIG_EVENT_RECORDING, .recording.takes = false};
    bench_event(b, &recording);
    size_t since = b->logged;
    assert_int_equal(bench_set(b, seat, VALVE, 1)->refusal, RIG_NO_RECORD);
    assert_int_equal(bench_records(b, since, RIG_RECORD_REFUSAL), 1);
    assert_int_equal(bench_writes(b, since, VALVE, false), 0);
    assert_int_equal(bench_ask(b, RIG_EVENT_STOP, seat), RIG_ACCEPTED); /* safety needs no record */
    assert_true(bench_writes(b, since, VALVE, true) > 0);
    bench_free(b);
}

static struct bench *with_slew(void)
{
    struct bench *b = bench_new();
    b->limits[0] = (struct rig_limit_spec){
        .name = "slew", .of = PUMP, .range = BENCH_WHOLE, .slew = 20, .ramp_step = 500 * MS};
    b->spec.limit_count = 1;
    bench_start(b);
    return b;
}

static void test_ramp(void **state)
{
    (void)state;
    struct bench *b = with_slew();
    uint32_t seat = bench_controlled(b);
    const struct rig_action *answer = bench_set(b, seat, PUMP, 35);
    assert_true(answer->refusal == RIG_ACCEPTED && answer->ramping && answer->number == 10);
    double target;
    assert_true(rig_ramp(b->rig, PUMP, &target) && target == 35);
    size_t since = b->logged;
    bench_pass(b, 5 * S);
    double last = 10;
    for (size_t i = since; i < b->logged; i++) {
        if (b->log[i].kind != RIG_ACTION_WRITE)
            continue;
        assert_true(b->log[i].number - last <= 10 && b->log[i].number > last);
        last = b->log[i].number;
    }
    assert_true(last == 35 && !rig_ramp(b->rig, PUMP, &target));
    const struct rig_action *record = bench_last(b, RIG_ACTION_RECORD);
    assert_true(record->record == RIG_RECORD_RAMP_ENDED && record->verified);
    /* small steps in quick succession are not a way around it */
    since = b->logged;
    for (int i = 1; i <= 8; i++)
        bench_set(b, seat, PUMP, 35 + 9 * i);
    assert_true(bench_writes(b, since, PUMP, false) <= 1);
    bench_free(b);
}

static void test_edge_ends_a_ramp(void **state)
{
    (void)state;
    struct bench *b = with_slew();
    uint32_t seat = bench_controlled(b);
    bench_set(b, seat, PUMP, 90);
    bench_pass(b, 700 * MS);
    bench_ask(b, RIG_EVENT_STOP, seat);
    size_t since = b->logged;
    bench_pass(b, 3 * S);
    double target;
    assert_false(rig_ramp(b->rig, PUMP, &target));
    assert_int_equal(bench_writes(b, since, PUMP, false), 0);
    assert_true(b->shown_value[PUMP_SHOWN] == 0);
    bench_free(b);
}

static void test_capture(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_start(b);
    uint32_t seat = bench_controlled(b), other = bench_join(b, 2, RIG_STUDENT);
    struct rig_event capture = {.kind = RIG_EVENT_CAPTURE, .request = 80, .seat = other};
    capture.capture.epoch = rig_epoch(b->rig);
    capture.capture.sequence = 1;
    capture.capture.instrument = PANEL;
    capture.capture.waveform = 3;
    bench_event(b, &capture);
    assert_int_equal(bench_answer(b, 80)->refusal, RIG_NOT_CONTROLLER);
    capture.seat = seat;
    capture.request = 81;
    bench_event(b, &capture);
    const struct rig_action *action = bench_last(b, RIG_ACTION_CAPTURE);
    assert_true(action && action->request == 81 && action->instrument == PANEL && action->waveform == 3);
    assert_int_equal(bench_answer(b, 81)->ticket, action->ticket);
    bench_ask(b, RIG_EVENT_RELEASE, seat);
    assert_non_null(bench_last(b, RIG_ACTION_CANCEL_CAPTURES));
    bench_free(b);
}

static void test_changes_are_visible(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_start(b);
    uint64_t revision = rig_revision(b->rig);
    bench_pass(b, S);
    assert_int_equal(rig_revision(b->rig), revision); /* the same values once more are no news */
    b->shown_value[LEVEL] = 0.6;
    bench_pass(b, 100 * MS);
    assert_true(rig_revision(b->rig) > revision);
    assert_true(rig_point_revision(b->rig, LEVEL) > revision);
    assert_true(rig_point_revision(b->rig, HOT) <= revision);
    assert_true(rig_status_revision(b->rig) <= revision);
    bench_session(b);
    assert_int_equal(rig_status_revision(b->rig), rig_revision(b->rig));
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_of_checks),
        cmocka_unit_test(test_confirmed_by_readback),
        cmocka_unit_test(test_confirmed_by_a_line_that_reads_back),
        cmocka_unit_test(test_a_readback_that_follows),
        cmocka_unit_test(test_how_commands_end),
        cmocka_unit_test(test_refusals_are_named),
        cmocka_unit_test(test_ramp),
        cmocka_unit_test(test_edge_ends_a_ramp),
        cmocka_unit_test(test_capture),
        cmocka_unit_test(test_changes_are_visible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
