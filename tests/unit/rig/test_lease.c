/* Promise S4: at most one controller, epochs, grants, repeats. */
#include "tests/unit/rig/bench.h"

static void test_grant_waits_for_every_link(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_start(b);
    bench_session(b);
    uint32_t seat = bench_join(b, 1, RIG_STUDENT);
    b->no_acknowledgement = true;
    struct rig_event take = {.kind = RIG_EVENT_TAKE, .request = 50, .seat = seat};
    bench_event(b, &take);
    bench_work(b);
    uint64_t epoch = rig_epoch(b->rig);
    assert_int_equal(rig_condition(b->rig), RIG_GRANTING);
    struct rig_event ack = {
        .kind = RIG_EVENT_EPOCH_ACK, .epoch_ack = {0, epoch}
    };
    bench_event(b, &ack);
    ack.epoch_ack.link = 1;
    ack.epoch_ack.epoch = epoch - 1; /* stale */
    bench_event(b, &ack);
    assert_int_equal(rig_condition(b->rig), RIG_GRANTING);
    assert_null(bench_answer(b, 50));
    ack.epoch_ack.epoch = epoch;
    bench_event(b, &ack);
    assert_int_equal(rig_condition(b->rig), RIG_CONTROLLED);
    assert_int_equal(bench_answer(b, 50)->refusal, RIG_ACCEPTED);
    assert_int_equal(bench_answer(b, 50)->epoch, epoch);
    bench_free(b);
}

static void test_one_controller(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_start(b);
    uint32_t first = bench_controlled(b), second = bench_join(b, 2, RIG_STUDENT);
    assert_int_equal(bench_ask(b, RIG_EVENT_TAKE, second), RIG_NOT_CONTROLLER);
    struct rig_event force = {.kind = RIG_EVENT_TAKE, .request = 60, .seat = second, .take.force = true};
    bench_event(b, &force); /* force is for staff */
    assert_int_equal(bench_answer(b, 60)->refusal, RIG_NOT_CONTROLLER);
    assert_int_equal(rig_controller(b->rig), first);
    assert_int_equal(bench_ask(b, RIG_EVENT_RELEASE, second), RIG_NOT_CONTROLLER);
    assert_int_equal(bench_ask(b, RIG_EVENT_TAKE, first), RIG_ACCEPTED); /* has it already */
    uint32_t teacher = bench_join(b, 3, RIG_TEACHER);
    size_t since = b->logged;
    struct rig_event give = {
        .kind = RIG_EVENT_TAKE, .request = 61, .seat = teacher, .take = {true, second}
    };
    bench_event(b, &give);
    assert_int_equal(rig_controller(b->rig), 0);
    bench_work(b);
    bench_pass(b, S);
    assert_int_equal(rig_controller(b->rig), second);
    assert_true(bench_writes(b, since, PUMP, true) > 0); /* a verified safe state lies between */
    bench_free(b);
}

static uint32_t join_as_guest(struct bench *b, uint64_t account, enum rig_role role)
{
    struct rig_event join = {.kind = RIG_EVENT_JOIN, .request = ++b->request};
    join.join.session = 7;
    join.join.account = account;
    join.join.role = role;
    join.join.wanted = role == RIG_TEACHER ? RIG_SEAT_TEACHER : RIG_SEAT_OBSERVER;
    bench_event(b, &join);
    return bench_answer(b, join.request)->seat;
}

static enum rig_refusal give(struct bench *b, uint32_t seat, uint32_t to)
{
    struct rig_event event = {
        .kind = RIG_EVENT_TAKE, .request = ++b->request, .seat = seat, .take = {true, to}
    };
    bench_event(b, &event);
    bench_work(b);
    bench_pass(b, S);
    return bench_answer(b, event.request)->refusal;
}

static void test_a_teacher_in_anothers_session(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    b->spec.teacher_reset = true;
    bench_start(b);
    uint32_t student = bench_controlled(b), teacher = join_as_guest(b, 3, RIG_TEACHER),
             other = join_as_guest(b, 4, RIG_STUDENT);
    assert_int_equal(give(b, teacher, 0), RIG_NOT_ALLOWED);
    assert_int_equal(give(b, teacher, other), RIG_NOT_ALLOWED);
    assert_int_equal(give(b, student, other), RIG_NOT_ALLOWED);
    assert_int_equal(rig_controller(b->rig), student);
    assert_int_equal(bench_ask(b, RIG_EVENT_STOP, teacher), RIG_ACCEPTED);
    assert_int_equal(bench_ask(b, RIG_EVENT_RESET, teacher), RIG_NOT_ALLOWED);
    assert_int_equal(bench_ask(b, RIG_EVENT_RESET, bench_join(b, 5, RIG_TECHNICIAN)), RIG_ACCEPTED);
    bench_pass(b, S);
    assert_int_equal(bench_ask(b, RIG_EVENT_TAKE, student), RIG_ACCEPTED);
    assert_int_equal(give(b, student, teacher), RIG_ACCEPTED); /* called in */
    assert_int_equal(rig_controller(b->rig), teacher);
    assert_int_equal(give(b, teacher, other), RIG_NOT_ALLOWED); /* the session has not become theirs */
    assert_int_equal(give(b, teacher, student), RIG_ACCEPTED);
    assert_int_equal(give(b, teacher, 0), RIG_ACCEPTED);
    assert_int_equal(bench_ask(b, RIG_EVENT_STOP, student), RIG_ACCEPTED);
    assert_int_equal(bench_ask(b, RIG_EVENT_RESET, teacher), RIG_NOT_ALLOWED);
    bench_free(b);
}

static void test_handover_that_keeps(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    b->spec.handover_keep = true;
    bench_start(b);
    uint32_t seat = bench_controlled(b), teacher = bench_join(b, 3, RIG_TEACHER);
    bench_set(b, seat, PUMP, 30);
    uint64_t epoch = rig_epoch(b->rig);
    size_t since = b->logged;
    struct rig_event late = bench_command(b, seat, PUMP, 60);
    struct rig_event take = {.kind = RIG_EVENT_TAKE, .request = 62, .seat = teacher, .take.force = true};
    bench_event(b, &take);
    bench_event(b, &late);
    bench_work(b);
    assert_int_equal(rig_controller(b->rig), teacher);
    assert_true(rig_epoch(b->rig) > epoch);
    assert_int_equal(bench_writes(b, since, PUMP, true), 0);
    assert_true(b->shown_value[PUMP_SHOWN] == 30);
    assert_int_equal(bench_answer(b, late.request)->refusal, RIG_NOT_CONTROLLER);
    bench_free(b);
}

static void test_no_control_without_right(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_start(b);
    bench_session(b);
    struct rig_event join = {
        .kind = RIG_EVENT_JOIN, .request = 70, .join = {.session = 7, .account = 4}
    };
    bench_event(b, &join);
    assert_int_equal(bench_ask(b, RIG_EVENT_TAKE, bench_answer(b, 70)->seat), RIG_NOT_ALLOWED);
    assert_int_equal(bench_ask(b, RIG_EVENT_TAKE, 999), RIG_NO_SEAT);
    join.join.wanted = RIG_SEAT_TECHNICIAN;
    join.request = 71;
    bench_event(b, &join);
    assert_int_equal(bench_answer(b, 71)->refusal, RIG_NOT_ALLOWED);
    join.join.session = 8;
    join.request = 72;
    bench_event(b, &join);
    assert_int_equal(bench_answer(b, 72)->refusal, RIG_NO_SESSION);
    bench_free(b);
}

static void test_seat_resumes(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    bench_set(b, seat, PUMP, 10);
    bench_pass(b, 15 * S);
    assert_true(rig_controller_missing(b->rig));
    assert_int_equal(bench_join(b, 1, RIG_STUDENT), seat);
    assert_int_equal(bench_last(b, RIG_ACTION_ANSWER)->sequence, b->sequence);
    assert_int_equal(rig_controller(b->rig), seat);
    assert_false(rig_controller_missing(b->rig));
    bench_pass(b, 7 * S);
    assert_int_equal(bench_set(b, seat, PUMP, 20)->refusal, RIG_ACCEPTED);
    bench_free(b);
}

static void test_seats_run_out_and_the_absent_make_room(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_start(b);
    bench_session(b);
    for (uint64_t account = 1; account <= RIG_SEATS_MAX; account++)
        assert_int_not_equal(bench_join(b, account, RIG_STUDENT), 0);
    assert_int_equal(bench_join(b, 100, RIG_STUDENT), 0);
    assert_int_equal(bench_last(b, RIG_ACTION_ANSWER)->refusal, RIG_FULL);
    bench_pass(b, 30 * S);
    assert_int_not_equal(bench_join(b, 100, RIG_STUDENT), 0);
    bench_free(b);
}

static void test_repeats(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    struct rig_event command = bench_command(b, seat, PUMP, 30);
    bench_event(b, &command);
    struct rig_event again = command;
    again.request = 500;
    bench_event(b, &again); /* while it is in flight: both are answered when it is done */
    assert_null(bench_answer(b, 500));
    bench_work(b);
    assert_int_equal(bench_answer(b, command.request)->refusal, RIG_ACCEPTED);
    assert_true(bench_answer(b, 500)->verified);
    size_t since = b->logged;
    again.request = 501;
    bench_event(b, &again);
    assert_true(bench_answer(b, 501)->verified && bench_answer(b, 501)->number == 30);
    bench_ask(b, RIG_EVENT_RELEASE, seat);
    again.request = 502;
    bench_event(b, &again); /* it acted; who has control now does not change that */
    assert_int_equal(bench_answer(b, 502)->refusal, RIG_ACCEPTED);
    assert_int_equal(bench_writes(b, since, PUMP, false), 0);
    again.command.body++;
    again.request = 503;
    bench_event(b, &again);
    assert_int_equal(bench_answer(b, 503)->refusal, RIG_REUSED_SEQUENCE);
    bench_free(b);
}

static void test_window_of_repeats(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    struct rig_event first = bench_command(b, seat, PUMP, 1);
    bench_event(b, &first);
    bench_work(b);
    for (int i = 0; i < 31; i++)
        bench_set(b, seat, PUMP, i);
    size_t since = b->logged;
    first.request = 600;
    bench_event(b, &first);
    assert_int_equal(bench_answer(b, 600)->refusal, RIG_ACCEPTED); /* the 32nd back */
    bench_set(b, seat, PUMP, 5);
    first.request = 601;
    bench_event(b, &first);
    assert_int_equal(bench_answer(b, 601)->refusal, RIG_OLD_SEQUENCE);
    struct rig_event skipped = bench_command(b, seat, PUMP, 70);
    struct rig_event next = bench_command(b, seat, PUMP, 6);
    bench_event(b, &next);
    bench_work(b);
    bench_event(b, &skipped); /* overtaken: acting now would undo the newer one */
    assert_int_equal(bench_answer(b, skipped.request)->refusal, RIG_OLD_SEQUENCE);
    assert_int_equal(bench_writes(b, since, PUMP, false), 2);
    bench_free(b);
}

static void test_queued_command_dies_at_an_edge(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    struct rig_event command = bench_command(b, seat, PUMP, 30);
    bench_event(b, &command);
    assert_int_equal(bench_last(b, RIG_ACTION_WRITE)->epoch, rig_epoch(b->rig));
    uint32_t ticket = bench_last(b, RIG_ACTION_WRITE)->ticket;
    struct rig_event stop = {.kind = RIG_EVENT_STOP, .seat = seat};
    bench_event(b, &stop);
    assert_int_equal(bench_answer(b, command.request)->refusal, RIG_SUPERSEDED);
    size_t answers = b->logged;
    bench_written(b, ticket, RIG_WRITE_OLD_EPOCH); /* the link's late report changes nothing */
    assert_int_equal(b->logged, answers);
    bench_free(b);
}

static void test_a_session_ends_at_another_time(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    struct rig_event change = {.kind = RIG_EVENT_SESSION_END_AT, .session_begin = {.session = 7}};
    bench_start(b);
    change.session_begin.ends = b->now + 5 * S;
    bench_event(b, &change); /* there is none */
    bench_session(b);
    change.session_begin.session = 8;
    bench_event(b, &change); /* another one's */
    bench_pass(b, 10 * S);
    assert_int_equal(rig_session(b->rig), 7);
    change.session_begin.session = 7;
    change.session_begin.ends = b->now + 5 * S;
    bench_event(b, &change);
    bench_pass(b, 4 * S);
    assert_int_equal(rig_session(b->rig), 7);
    bench_pass(b, 2 * S);
    assert_int_equal(rig_session(b->rig), 0);
    bench_session(b); /* and at one that has come already */
    change.session_begin.ends = b->now;
    bench_event(b, &change);
    assert_int_equal(rig_session(b->rig), 0);
    assert_true(rig_next_deadline(b->rig) > b->now);
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_session_ends_at_another_time),
        cmocka_unit_test(test_grant_waits_for_every_link),
        cmocka_unit_test(test_one_controller),
        cmocka_unit_test(test_a_teacher_in_anothers_session),
        cmocka_unit_test(test_handover_that_keeps),
        cmocka_unit_test(test_no_control_without_right),
        cmocka_unit_test(test_seat_resumes),
        cmocka_unit_test(test_seats_run_out_and_the_absent_make_room),
        cmocka_unit_test(test_repeats),
        cmocka_unit_test(test_window_of_repeats),
        cmocka_unit_test(test_queued_command_dies_at_an_edge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
