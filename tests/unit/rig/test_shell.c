/* What the shell reports late, twice, or about what does not exist changes nothing; what it asks outside the
 * rig's bounds has an answer. */
#include "tests/unit/rig/bench.h"

static uint32_t forged(uint32_t kind, uint32_t slot)
{
    return kind << 29 | slot << 16 | 12345;
}

static void send(struct bench *b, struct rig_event event)
{
    bench_event(b, &event);
    bench_work(b);
}

static void test_reports_of_writes_that_nobody_made(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    b->limits[0] = (struct rig_limit_spec){
        .name = "gentle", .of = PUMP, .range = BENCH_WHOLE, .slew = 20, .ramp_step = 500 * MS};
    b->spec.limit_count = 1;
    b->spec.heartbeat = (struct rig_heartbeat_spec){BEAT, 200 * MS, S};
    b->points[BEAT].output = true;
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    bench_set(b, seat, VALVE, 1);
    size_t since = b->logged;
    uint64_t status = rig_status_revision(b->rig);
    for (uint32_t kind = 0; kind < 8; kind++)
        for (uint32_t slot = 0; slot < 8192; slot += 13)
            for (int result = 0; result >= RIG_WRITE_REJECTED; result--)
                bench_written(b, forged(kind, slot), result);
    assert_int_equal(b->logged, since);
    assert_int_equal(rig_status_revision(b->rig), status);
    bench_free(b);
}

static void test_late_acknowledgement_of_a_safe_write(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_create(b, 100, NULL);
    bench_instrument(b, PLC, true);
    bench_instrument(b, PANEL, true);
    uint32_t lamp = 0;
    for (size_t i = 0; i < b->logged; i++)
        if (b->log[i].kind == RIG_ACTION_WRITE && b->log[i].point == LAMP)
            lamp = b->log[i].ticket;
    assert_true(lamp != 0);
    b->mute[PANEL] = true; /* whose write is given up */
    bench_work(b);
    bench_pass(b, 10 * S);
    size_t since = b->logged;
    bench_written(b, lamp, RIG_WRITE_DONE);
    assert_int_equal(b->logged, since);
    bench_free(b);
}

static void test_events_about_nothing(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    size_t since = b->logged;
    uint64_t revision = rig_revision(b->rig);
    struct rig_sample sample = {.point = POINTS, .good = true, .number = 1};
    struct rig_event samples = {.kind = RIG_EVENT_SAMPLES};
    samples.samples.list = &sample;
    samples.samples.count = 1;
    samples.samples.at = b->now;
    bench_event(b, &samples);
    bench_instrument(b, INSTRUMENTS, true);
    bench_instrument(b, PLC, true); /* it is up */
    struct rig_event epoch = {.kind = RIG_EVENT_EPOCH_ACK};
    epoch.epoch_ack.link = 2;
    epoch.epoch_ack.epoch = rig_epoch(b->rig);
    bench_event(b, &epoch);
    send(b, (struct rig_event){.kind = (enum rig_event_kind)99});
    send(b, (struct rig_event){.kind = RIG_EVENT_RECORDING, .recording.takes = true}); /* it does */
    assert_int_equal(b->logged, since);
    assert_int_equal(rig_revision(b->rig), revision);
    assert_int_equal(rig_controller(b->rig), seat);
    bench_free(b);
}

static void test_views_outside_the_rig(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    b->points[LEVEL].type = RIG_TEXT;
    bench_create(b, 100, NULL);
    bench_instrument(b, PLC, true);
    struct rig_sample sample = {.point = LEVEL, .good = true, .text = "half full"};
    struct rig_event samples = {.kind = RIG_EVENT_SAMPLES};
    samples.samples.list = &sample;
    samples.samples.count = 1;
    samples.samples.at = b->now;
    bench_event(b, &samples);
    assert_string_equal(rig_text(b->rig, LEVEL), "half full");
    assert_string_equal(rig_text(b->rig, PUMP), "");
    assert_string_equal(rig_text(b->rig, POINTS), "");
    assert_int_equal(rig_point_revision(b->rig, LEVEL), rig_revision(b->rig));
    assert_int_equal(rig_point_revision(b->rig, POINTS), 0);
    const char *rule = "";
    double target;
    assert_false(rig_point_blocked(b->rig, POINTS, &rule));
    assert_null(rule);
    assert_false(rig_point_blocked(b->rig, LEVEL, &rule)); /* no output */
    assert_false(rig_ramp(b->rig, POINTS, &target));
    assert_false(rig_ramp(b->rig, PUMP, &target)); /* without a limit */
    bench_free(b);
}

static void test_people_who_are_not_there(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_start(b);
    static const enum rig_event_kind kinds[] = {RIG_EVENT_LEAVE, RIG_EVENT_TAKE,  RIG_EVENT_RELEASE,
                                                RIG_EVENT_STOP,  RIG_EVENT_RESET, RIG_EVENT_COMMAND};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        assert_int_equal(bench_ask(b, kinds[i], 99), RIG_NO_SESSION);
    bench_session(b);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        assert_int_equal(bench_ask(b, kinds[i], 99), RIG_NO_SEAT);
    assert_int_equal(bench_ask(b, RIG_EVENT_CLEAR, 99), RIG_NOT_ALLOWED);
    uint32_t teacher = bench_join(b, 3, RIG_TEACHER);
    struct rig_event give = {.kind = RIG_EVENT_TAKE, .request = ++b->request, .seat = teacher};
    give.take.to = 99;
    send(b, give);
    assert_int_equal(bench_answer(b, give.request)->refusal, RIG_NO_SEAT);
    assert_int_equal(bench_ask(b, RIG_EVENT_RELEASE, teacher), RIG_NOT_CONTROLLER);
    bench_free(b);
}

static void test_roles_that_do_not_exist(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_start(b);
    bench_session(b);
    static const enum rig_seat_kind kinds[] = {RIG_SEAT_CONTROLLER, RIG_SEAT_TEACHER, RIG_SEAT_TECHNICIAN,
                                               (enum rig_seat_kind)9};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct rig_event join = {.kind = RIG_EVENT_JOIN, .request = ++b->request};
        join.join.session = 7;
        join.join.account = 5;
        join.join.role = (enum rig_role)77;
        join.join.wanted = kinds[i];
        send(b, join);
        assert_int_equal(bench_answer(b, join.request)->refusal, RIG_NOT_ALLOWED);
    }
    bench_free(b);
}

static void test_seats_run_out(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_start(b);
    uint32_t controller = bench_controlled(b), seats[RIG_SEATS_MAX];
    for (uint64_t i = 1; i < RIG_SEATS_MAX; i++) {
        b->now += MS;
        assert_true((seats[i] = bench_join(b, 100 + i, RIG_STUDENT)) != 0);
    }
    assert_int_equal(bench_join(b, 999, RIG_STUDENT), 0); /* everybody is here */
    for (int i = 0; i < 30; i++) {
        bench_pass(b, S);
        bench_ask(b, RIG_EVENT_HEARD, seats[1]);
        bench_ask(b, RIG_EVENT_HEARD, i == 0 ? seats[3] : seats[2]); /* so the fourth is away longest */
        bench_ask(b, RIG_EVENT_HEARD, controller);
    }
    bench_ask(b, RIG_EVENT_HEARD, seats[1]);
    size_t since = b->logged;
    assert_true(bench_join(b, 999, RIG_STUDENT) != 0); /* in the place of who has been away longest */
    for (size_t i = since; i < b->logged; i++)
        if (b->log[i].kind == RIG_ACTION_RECORD && b->log[i].record == RIG_RECORD_LEAVE)
            assert_int_equal(b->log[i].seat, seats[4]);
    assert_int_equal(bench_records(b, since, RIG_RECORD_LEAVE), 1);
    assert_int_equal(rig_controller(b->rig), controller);
    bench_free(b);
}

static void lockout(struct bench *b, bool set, uint64_t account, uint64_t whose, enum rig_refusal expected)
{
    struct rig_event event = {
        .kind = RIG_EVENT_LOCKOUT,
        .request = ++b->request,
        .lockout = {.set = set, .account = account, .whose = whose}
    };
    size_t since = b->logged;
    size_t records = expected == RIG_ACCEPTED && (set || rig_durable(b->rig)->lockout_count > 0);
    send(b, event);
    assert_int_equal(bench_answer(b, event.request)->refusal, expected);
    assert_int_equal(bench_records(b, since, set ? RIG_RECORD_LOCKOUT : RIG_RECORD_UNLOCK), records);
}

static void locked_out_by(struct bench *b, size_t count, const uint64_t *accounts)
{
    const struct rig_durable *durable = rig_durable(b->rig);
    assert_int_equal(durable->lockout_count, count);
    for (size_t i = 0; i < RIG_LOCKOUTS_MAX; i++)
        assert_int_equal(durable->lockouts[i], i < count ? accounts[i] : 0);
}

static void test_everybody_locks_out_for_themselves(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_start(b);
    lockout(b, false, 4, 4, RIG_ACCEPTED); /* nothing to remove */
    lockout(b, true, 4, 0, RIG_ACCEPTED);
    lockout(b, true, 5, 0, RIG_ACCEPTED);
    lockout(b, true, 4, 0, RIG_ACCEPTED); /* another reason */
    lockout(b, true, 6, 0, RIG_ACCEPTED);
    locked_out_by(b, 3, (const uint64_t[]){4, 5, 6});
    lockout(b, false, 4, 4, RIG_ACCEPTED);
    locked_out_by(b, 2, (const uint64_t[]){5, 6}); /* whose hands are still in it */
    lockout(b, false, 4, 4, RIG_NOT_ALLOWED);
    size_t since = b->logged;
    lockout(b, false, 4, 6, RIG_ACCEPTED);
    for (size_t i = since; i < b->logged; i++)
        if (b->log[i].kind == RIG_ACTION_NOTICE || b->log[i].record == RIG_RECORD_UNLOCK)
            assert_true(b->log[i].account == 4 && b->log[i].whose == 6);
    locked_out_by(b, 1, (const uint64_t[]){5});
    lockout(b, false, 5, 5, RIG_ACCEPTED);
    locked_out_by(b, 0, NULL);
    bench_free(b);
}

/* Whoever lets a rig go on is on record; whoever makes it safe need not be. */
static void test_a_full_audit_lets_nobody_remove_or_clear(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    const struct rig_durable durable = {.quarantined = true};
    bench_create(b, 100, &durable);
    lockout(b, true, 4, 0, RIG_ACCEPTED);
    send(b, (struct rig_event){.kind = RIG_EVENT_RECORDING, .recording.takes = false});
    lockout(b, true, 5, 0, RIG_ACCEPTED);
    lockout(b, false, 4, 4, RIG_NO_RECORD);
    locked_out_by(b, 2, (const uint64_t[]){4, 5});
    struct rig_event clear = {
        .kind = RIG_EVENT_CLEAR, .request = ++b->request, .person.role = RIG_TECHNICIAN};
    send(b, clear);
    assert_int_equal(bench_answer(b, clear.request)->refusal, RIG_NO_RECORD);
    assert_true(rig_durable(b->rig)->quarantined);
    bench_free(b);
}

static void test_a_lock_out_too_many_is_refused_and_takes_nobodys_place(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_start(b);
    uint64_t accounts[RIG_LOCKOUTS_MAX];
    for (size_t i = 0; i < RIG_LOCKOUTS_MAX; i++) {
        accounts[i] = 10 + i;
        lockout(b, true, accounts[i], 0, RIG_ACCEPTED);
    }
    lockout(b, true, 9, 0, RIG_FULL);
    lockout(b, true, 10, 0, RIG_ACCEPTED);
    locked_out_by(b, RIG_LOCKOUTS_MAX, accounts);
    bench_free(b);
}

static void test_clearing_what_is_not_quarantined(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_start(b);
    struct rig_event clear = {.kind = RIG_EVENT_CLEAR, .request = 1};
    clear.person.role = RIG_TECHNICIAN;
    size_t since = b->logged;
    send(b, clear);
    assert_int_equal(bench_answer(b, 1)->refusal, RIG_ACCEPTED);
    assert_int_equal(bench_records(b, since, RIG_RECORD_SAFE_BEGIN), 0);
    bench_free(b);
}

/* teacher_reset is for a teacher who sits in the session, not for one whom the shell vouches for. */
static void test_a_teacher_without_a_seat_resets_no_stop(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    b->spec.teacher_reset = true;
    bench_start(b);
    struct rig_event event = {.kind = RIG_EVENT_STOP, .request = 1};
    event.person.role = RIG_TEACHER;
    send(b, event);
    assert_true(rig_durable(b->rig)->stopped);
    event.kind = RIG_EVENT_RESET;
    event.request = 2;
    send(b, event);
    assert_int_equal(bench_answer(b, 2)->refusal, RIG_NOT_ALLOWED);
    assert_true(rig_durable(b->rig)->stopped);
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reports_of_writes_that_nobody_made),
        cmocka_unit_test(test_late_acknowledgement_of_a_safe_write),
        cmocka_unit_test(test_events_about_nothing),
        cmocka_unit_test(test_views_outside_the_rig),
        cmocka_unit_test(test_people_who_are_not_there),
        cmocka_unit_test(test_roles_that_do_not_exist),
        cmocka_unit_test(test_seats_run_out),
        cmocka_unit_test(test_everybody_locks_out_for_themselves),
        cmocka_unit_test(test_a_full_audit_lets_nobody_remove_or_clear),
        cmocka_unit_test(test_a_lock_out_too_many_is_refused_and_takes_nobodys_place),
        cmocka_unit_test(test_clearing_what_is_not_quarantined),
        cmocka_unit_test(test_a_teacher_without_a_seat_resets_no_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
