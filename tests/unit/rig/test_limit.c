/* What the limit of an output refuses, counts and drives off. */
#include "tests/unit/rig/bench.h"

static struct bench *with_limit(struct rig_limit_spec limit)
{
    static const struct rig_range whole[] = BENCH_WHOLE;
    struct bench *b = bench_new();
    b->limits[0] = limit;
    b->limits[0].name = "gentle";
    b->limits[0].of = PUMP;
    if (limit.range[0].maximum == 0)
        memcpy(b->limits[0].range, whole, sizeof whole);
    b->spec.limit_count = 1;
    return b;
}

static void expect(const struct rig_action *answer, enum rig_refusal refusal)
{
    if (answer->refusal != refusal)
        fail_msg("%s, not %s", rig_refusal_name(answer->refusal), rig_refusal_name(refusal));
    if (refusal != RIG_ACCEPTED)
        assert_string_equal(answer->rule, "gentle");
}

static void test_range_by_role(void **state)
{
    (void)state;
    static const struct {
        enum rig_role role;
        double asked;
        enum rig_refusal refusal;
        double nearest;
        const char *rule; /* that of the point itself has no name */
    } cases[] = {
        {RIG_STUDENT,    60,  RIG_ACCEPTED,     0,   NULL    },
        {RIG_STUDENT,    61,  RIG_OUT_OF_RANGE, 60,  "gentle"},
        {RIG_STUDENT,    4,   RIG_OUT_OF_RANGE, 5,   "gentle"},
        {RIG_TEACHER,    61,  RIG_ACCEPTED,     0,   NULL    },
        {RIG_TEACHER,    81,  RIG_OUT_OF_RANGE, 80,  "gentle"},
        {RIG_TEACHER,    -1,  RIG_OUT_OF_RANGE, 0,   NULL    },
        {RIG_TECHNICIAN, 100, RIG_ACCEPTED,     0,   NULL    },
        {RIG_TECHNICIAN, 101, RIG_OUT_OF_RANGE, 100, NULL    },
        {RIG_SCHEDULER,  61,  RIG_OUT_OF_RANGE, 60,  "gentle"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bench *b = with_limit((struct rig_limit_spec){
            .range = {{5, 60}, {0, 80}, {0, 100}}
        });
        b->points[PUMP].role = cases[i].role;
        bench_start(b);
        bench_session(b);
        uint32_t seat = bench_join(b, 1, cases[i].role);
        assert_int_equal(bench_ask(b, RIG_EVENT_TAKE, seat), RIG_ACCEPTED);
        const struct rig_action *answer = bench_set(b, seat, PUMP, cases[i].asked);
        assert_int_equal(answer->refusal, cases[i].refusal);
        assert_int_equal(answer->nearest.quality == RIG_GOOD, cases[i].refusal != RIG_ACCEPTED);
        assert_true(answer->nearest.number == cases[i].nearest);
        if (cases[i].rule)
            assert_string_equal(answer->rule, cases[i].rule);
        else
            assert_null(answer->rule);
        bench_free(b);
    }
}

static void test_on_for(void **state)
{
    (void)state;
    struct bench *b = with_limit((struct rig_limit_spec){.on_for = 3 * S});
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    bench_set(b, seat, PUMP, 10);
    size_t since = b->logged;
    bench_pass(b, 2 * S);
    bench_set(b, seat, PUMP, 20); /* does not begin anew */
    assert_int_equal(bench_writes(b, since, PUMP, true), 0);
    bench_pass(b, 1100 * MS);
    assert_int_equal(bench_writes(b, since, PUMP, true), 1);
    assert_int_equal(bench_records(b, since, RIG_RECORD_TIME_LIMIT), 1);
    assert_true(b->shown_value[PUMP_SHOWN] == 0);
    expect(bench_set(b, seat, PUMP, 10), RIG_ACCEPTED);
    bench_set(b, seat, PUMP, 0);
    since = b->logged;
    bench_pass(b, 10 * S); /* turned off in time: nothing is driven */
    assert_int_equal(bench_writes(b, since, PUMP, true), 0);
    bench_free(b);
}

/* As a compressor needs: also after a start of the gateway, which cannot know what was before. */
static void test_off_for(void **state)
{
    (void)state;
    const char *rule;
    struct bench *b = with_limit((struct rig_limit_spec){.off_for = 5 * S});
    bench_start(b); /* and a second passes */
    uint32_t seat = bench_controlled(b);
    expect(bench_set(b, seat, PUMP, 10), RIG_RESTING);
    assert_true(rig_point_blocked(b->rig, PUMP, &rule));
    assert_string_equal(rule, "gentle");
    bench_pass(b, 4100 * MS);
    assert_false(rig_point_blocked(b->rig, PUMP, &rule));
    expect(bench_set(b, seat, PUMP, 10), RIG_ACCEPTED);
    expect(bench_set(b, seat, PUMP, 20), RIG_ACCEPTED); /* it is on */
    expect(bench_set(b, seat, PUMP, 0), RIG_ACCEPTED);
    expect(bench_set(b, seat, PUMP, 0), RIG_ACCEPTED); /* off needs no rest */
    expect(bench_set(b, seat, PUMP, 10), RIG_RESTING);
    bench_pass(b, 4900 * MS);
    expect(bench_set(b, seat, PUMP, 10), RIG_RESTING);
    bench_pass(b, 100 * MS);
    expect(bench_set(b, seat, PUMP, 10), RIG_ACCEPTED);
    bench_free(b);
}

static const struct rig_action *last_answer(const struct bench *b)
{
    const struct rig_action *last = NULL;
    for (size_t i = 0; i < b->logged; i++)
        if (b->log[i].kind == RIG_ACTION_ANSWER)
            last = &b->log[i];
    return last;
}

/* Who is refused hears how long. */
static void test_rest_says_how_long(void **state)
{
    (void)state;
    struct bench *b = with_limit((struct rig_limit_spec){.off_for = 5 * S, .rate = 1});
    bench_start(b);
    bench_pass(b, 5 * S);
    uint32_t seat = bench_controlled(b);
    expect(bench_set(b, seat, PUMP, 10), RIG_ACCEPTED);
    int64_t commanded = b->now;
    expect(bench_set(b, seat, PUMP, 20), RIG_TOO_FAST);
    assert_in_range(last_answer(b)->allowed_at - commanded, S - 500 * MS, S + 1);
    expect(bench_set(b, seat, PUMP, 0), RIG_ACCEPTED); /* from which no limit keeps anybody */
    int64_t off = b->now;
    bench_pass(b, 2 * S);
    expect(bench_set(b, seat, PUMP, 10), RIG_RESTING);
    assert_in_range(last_answer(b)->allowed_at - off, 4 * S, 5 * S + 500 * MS);
    bench_pass(b, last_answer(b)->allowed_at - b->now);
    expect(bench_set(b, seat, PUMP, 10), RIG_ACCEPTED);
    bench_free(b);
}

/* Off and on again before the first is confirmed. */
static void test_off_for_is_no_race(void **state)
{
    (void)state;
    struct bench *b = with_limit((struct rig_limit_spec){.off_for = S});
    bench_start(b);
    bench_pass(b, S);
    uint32_t seat = bench_controlled(b);
    expect(bench_set(b, seat, PUMP, 10), RIG_ACCEPTED);
    bench_pass(b, 2 * S);
    struct rig_event off = bench_command(b, seat, PUMP, 0), on = bench_command(b, seat, PUMP, 10);
    bench_event(b, &off);
    bench_event(b, &on);
    expect(bench_answer(b, on.request), RIG_RESTING);
    bench_work(b);
    expect(bench_answer(b, off.request), RIG_ACCEPTED);
    bench_free(b);
}

static void test_off_for_sees_other_hands(void **state)
{
    (void)state;
    struct bench *b = with_limit((struct rig_limit_spec){.off_for = 2 * S});
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    bench_set(b, seat, VALVE, 1); /* so that a departure from safe is nobody's edge */
    bench_pass(b, 2 * S);
    b->shown_value[PUMP_SHOWN] = 30;
    bench_pass(b, S);
    expect(bench_set(b, seat, PUMP, 10), RIG_RESTING);
    b->shown_value[PUMP_SHOWN] = 0;
    bench_pass(b, 1900 * MS);
    expect(bench_set(b, seat, PUMP, 10), RIG_RESTING);
    bench_pass(b, 200 * MS);
    expect(bench_set(b, seat, PUMP, 10), RIG_ACCEPTED);
    bench_free(b);
}

static void test_starts(void **state)
{
    (void)state;
    struct bench *b = with_limit((struct rig_limit_spec){.starts = 2});
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    for (int i = 0; i < 2; i++) {
        expect(bench_set(b, seat, PUMP, 10), RIG_ACCEPTED);
        expect(bench_set(b, seat, PUMP, 20), RIG_ACCEPTED); /* is no start */
        expect(bench_set(b, seat, PUMP, 0), RIG_ACCEPTED);
    }
    expect(bench_set(b, seat, PUMP, 10), RIG_SPENT);
    expect(bench_set(b, seat, PUMP, 0), RIG_ACCEPTED);
    bench_session(b); /* another session */
    bench_work(b);
    bench_pass(b, S);
    seat = bench_join(b, 1, RIG_STUDENT);
    assert_int_equal(bench_ask(b, RIG_EVENT_TAKE, seat), RIG_ACCEPTED);
    expect(bench_set(b, seat, PUMP, 10), RIG_ACCEPTED);
    bench_free(b);
}

/* A ramp is one start, also when it passes the safe value on its way. */
static void test_a_ramp_is_one_start(void **state)
{
    (void)state;
    struct bench *b = with_limit((struct rig_limit_spec){.starts = 1, .slew = 20, .ramp_step = 500 * MS});
    b->points[PUMP].minimum = -100;
    for (int role = 0; role < RIG_LIMITED_ROLES; role++)
        b->limits[0].range[role].minimum = -100;
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    expect(bench_set(b, seat, PUMP, -20), RIG_ACCEPTED);
    bench_pass(b, 200 * MS);
    expect(bench_set(b, seat, PUMP, -30), RIG_ACCEPTED);
    bench_pass(b, 3 * S);
    expect(bench_set(b, seat, PUMP, 30), RIG_ACCEPTED);
    bench_pass(b, 6 * S);
    assert_true(b->shown_value[PUMP_SHOWN] == 30);
    expect(bench_set(b, seat, PUMP, 0), RIG_ACCEPTED);
    bench_pass(b, 3 * S);
    assert_true(b->shown_value[PUMP_SHOWN] == 0);
    expect(bench_set(b, seat, PUMP, 10), RIG_SPENT);
    bench_free(b);
}

/* It has written its last step to safe, and waits for the line, when the output is to be on again. */
static void test_a_ramp_to_safe_ends_a_start(void **state)
{
    (void)state;
    static const struct rig_limit_spec limits[] = {
        {.off_for = S, .slew = 20, .ramp_step = 500 * MS},
        {.starts = 1,  .slew = 20, .ramp_step = 500 * MS},
    };
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        struct bench *b = with_limit(limits[i]);
        bench_start(b);
        bench_pass(b, S);
        uint32_t seat = bench_controlled(b);
        expect(bench_set(b, seat, PUMP, 15), RIG_ACCEPTED);
        bench_pass(b, 3 * S);
        expect(bench_set(b, seat, PUMP, 0), RIG_ACCEPTED);
        double target;
        b->mute[PLC] = true;
        bench_pass(b, 700 * MS);
        assert_true(rig_ramp(b->rig, PUMP, &target) && target == 0);
        struct rig_event on = bench_command(b, seat, PUMP, 15);
        bench_event(b, &on);
        expect(bench_answer(b, on.request), i == 0 ? RIG_RESTING : RIG_SPENT);
        bench_free(b);
    }
}

static void test_a_ramp_of_integers(void **state)
{
    (void)state;
    struct bench *b = with_limit((struct rig_limit_spec){.slew = 5, .ramp_step = 500 * MS});
    b->points[PUMP].type = b->points[PUMP_SHOWN].type = RIG_INTEGER;
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    size_t since = b->logged;
    expect(bench_set(b, seat, PUMP, 7), RIG_ACCEPTED);
    bench_pass(b, 4 * S);
    const double expected[] = {2, 4, 6, 7};
    size_t seen = 0;
    for (size_t i = since; i < b->logged; i++)
        if (b->log[i].kind == RIG_ACTION_WRITE)
            assert_true(seen < 4 && b->log[i].number == expected[seen++]);
    assert_int_equal(seen, 4);
    bench_free(b);
}

/* 2 kW flow while it is on: 10 kW s last 5 s, however they are spread. */
static void test_total_of_a_constant(void **state)
{
    (void)state;
    struct bench *b = with_limit((struct rig_limit_spec){.total = 10, .totalized = RIG_NONE, .flow = 2});
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    expect(bench_set(b, seat, PUMP, 10), RIG_ACCEPTED);
    bench_pass(b, 3 * S);
    expect(bench_set(b, seat, PUMP, 0), RIG_ACCEPTED);
    bench_pass(b, 7 * S);
    expect(bench_set(b, seat, PUMP, 10), RIG_ACCEPTED);
    size_t since = b->logged;
    bench_pass(b, 1900 * MS);
    assert_int_equal(bench_writes(b, since, PUMP, true), 0);
    bench_pass(b, 100 * MS);
    assert_int_equal(bench_writes(b, since, PUMP, true), 1);
    assert_int_equal(bench_records(b, since, RIG_RECORD_TOTAL_LIMIT), 1);
    bench_pass(b, S);
    assert_int_equal(bench_records(b, since, RIG_RECORD_TOTAL_LIMIT), 1);
    expect(bench_set(b, seat, PUMP, 10), RIG_SPENT);
    bench_free(b);
}

static struct bench *with_power(void)
{
    struct bench *b = with_limit((struct rig_limit_spec){.total = 1000, .totalized = HOT});
    bench_point(b, HOT, "plc.power", RIG_NUMBER, "W", PLC);
    b->points[HOT].maximum = 500;
    b->shown_value[HOT] = 100;
    return b;
}

static void test_total_of_a_point(void **state)
{
    (void)state;
    struct bench *b = with_power();
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    expect(bench_set(b, seat, PUMP, 10), RIG_ACCEPTED);
    bench_pass(b, 5 * S); /* 500 J */
    b->shown_value[HOT] = 200;
    bench_pass(b, S);           /* 700 J */
    b->shown_value[HOT] = -300; /* gives nothing back */
    bench_pass(b, 5 * S);
    b->shown_value[HOT] = 100;
    size_t since = b->logged;
    bench_pass(b, 2800 * MS);
    assert_int_equal(bench_writes(b, since, PUMP, true), 0);
    bench_pass(b, 400 * MS);
    assert_int_equal(bench_writes(b, since, PUMP, true), 1);
    expect(bench_set(b, seat, PUMP, 10), RIG_SPENT);
    bench_free(b);
}

/* What cannot be read counts with the most that it can be. */
static void test_total_of_what_is_not_read(void **state)
{
    (void)state;
    struct bench *b = with_power();
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    expect(bench_set(b, seat, PUMP, 10), RIG_ACCEPTED);
    b->bad[HOT] = true;
    size_t since = b->logged;
    bench_pass(b, 1800 * MS);
    assert_int_equal(bench_writes(b, since, PUMP, true), 0);
    bench_pass(b, 400 * MS);
    assert_int_equal(bench_writes(b, since, PUMP, true), 1);
    bench_free(b);
}

/* Somebody turns it on beside the gateway: that counts too, and whoever is in control loses what is left. */
static void test_total_sees_other_hands(void **state)
{
    (void)state;
    struct bench *b = with_limit((struct rig_limit_spec){.total = 10, .totalized = RIG_NONE, .flow = 2});
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    bench_set(b, seat, VALVE, 1);
    b->shown_value[PUMP_SHOWN] = 30;
    bench_pass(b, 6 * S);
    b->shown_value[PUMP_SHOWN] = 0;
    bench_pass(b, S);
    expect(bench_set(b, seat, PUMP, 10), RIG_SPENT);
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_range_by_role),
        cmocka_unit_test(test_on_for),
        cmocka_unit_test(test_off_for),
        cmocka_unit_test(test_rest_says_how_long),
        cmocka_unit_test(test_off_for_is_no_race),
        cmocka_unit_test(test_off_for_sees_other_hands),
        cmocka_unit_test(test_starts),
        cmocka_unit_test(test_a_ramp_is_one_start),
        cmocka_unit_test(test_a_ramp_to_safe_ends_a_start),
        cmocka_unit_test(test_a_ramp_of_integers),
        cmocka_unit_test(test_total_of_a_constant),
        cmocka_unit_test(test_total_of_a_point),
        cmocka_unit_test(test_total_of_what_is_not_read),
        cmocka_unit_test(test_total_sees_other_hands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
