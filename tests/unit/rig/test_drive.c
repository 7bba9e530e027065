/* One output driven by an interlock, in all the ways that this may go; and limits whose time never comes. */
#include "tests/unit/rig/bench.h"

static void add_permissive(struct bench *b, const char *name, uint16_t of, const char *when)
{
    b->permissives[b->spec.permissive_count++] =
        (struct rig_permissive_spec){.name = name, .of = of, .when = bench_compile(b, when)};
}

static void test_two_rules_drive_one_output(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    add_permissive(b, "wet", PUMP, "plc.level > 0.1 m and plc.temperature < 90 degC");
    add_permissive(b, "cool", PUMP, "plc.temperature < 80 degC");
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    bench_set(b, seat, PUMP, 10);
    size_t since = b->logged;
    b->shown_value[LEVEL] = 0.01;
    b->shown_value[HOT] = 85;
    bench_pass(b, 200 * MS);
    assert_int_equal(bench_records(b, since, RIG_RECORD_PERMISSIVE_LOST), 2);
    assert_int_equal(bench_writes(b, since, PUMP, true), 1);
    assert_int_equal(bench_records(b, since, RIG_RECORD_CONFIRMED), 1);
    assert_int_equal(rig_controller(b->rig), seat);
    bench_free(b);
}

static void test_an_output_that_nothing_shows(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    add_permissive(b, "wet", LAMP, "plc.level > 0.1 m");
    b->excluded[0] = VALVE;
    b->excluded[1] = LAMP;
    b->exclusives[0] = (struct rig_exclusive_spec){"either", b->excluded, 2};
    b->spec.exclusive_count = 1;
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    assert_int_equal(bench_set(b, seat, VALVE, 1)->refusal, RIG_ACCEPTED); /* the lamp counts as off */
    bench_set(b, seat, VALVE, 0);
    bench_set(b, seat, LAMP, 1);
    assert_int_equal(bench_set(b, seat, VALVE, 1)->refusal, RIG_EXCLUDED);
    size_t since = b->logged;
    b->shown_value[LEVEL] = 0.01;
    bench_pass(b, 200 * MS);
    assert_int_equal(bench_writes(b, since, LAMP, true), 1);
    assert_int_equal(bench_records(b, since, RIG_RECORD_CONFIRMED), 1); /* acknowledged is all there is */
    assert_int_equal(bench_set(b, seat, VALVE, 1)->refusal, RIG_ACCEPTED);
    bench_free(b);
}

/* Sooner than it would be asked again: the whole sequence runs in time. */
static void test_an_output_that_must_follow_at_once(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    b->points[PUMP].within = 50 * MS;
    add_permissive(b, "wet", PUMP, "plc.level > 0.1 m");
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    bench_set(b, seat, PUMP, 10);
    b->shown_value[LEVEL] = 0.01;
    b->stuck = true;
    size_t since = b->logged;
    bench_pass(b, 200 * MS);
    assert_int_equal(bench_records(b, since, RIG_RECORD_SAFE_BEGIN), 1);
    assert_int_equal(bench_last(b, RIG_ACTION_RECORD)->record == RIG_RECORD_SAFE_BEGIN
                         ? bench_last(b, RIG_ACTION_RECORD)->edge
                         : RIG_EDGE_NOT_DRIVEN,
                     RIG_EDGE_NOT_DRIVEN);
    bench_free(b);
}

/* A trip may drive an output to something else than its safe value; it is on then. */
static void test_a_trip_that_turns_something_on(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    b->trip_drives[0] = (struct rig_assignment){VALVE, 1};
    b->trips[0] = (struct rig_trip_spec){.name = "full",
                                         .when = bench_compile(b, "plc.level > 0.9 m"),
                                         .drives = b->trip_drives,
                                         .drive_count = 1};
    b->spec.trip_count = 1;
    b->excluded[0] = VALVE;
    b->excluded[1] = PUMP;
    b->exclusives[0] = (struct rig_exclusive_spec){"either", b->excluded, 2};
    b->spec.exclusive_count = 1;
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    b->shown_value[LEVEL] = 0.95;
    bench_pass(b, 200 * MS);
    assert_true(b->shown_value[VALVE_SHOWN] == 1);
    assert_int_equal(rig_controller(b->rig), seat);
    assert_int_equal(bench_set(b, seat, PUMP, 10)->refusal, RIG_EXCLUDED);
    assert_int_equal(bench_set(b, seat, VALVE, 0)->refusal, RIG_TRIPPED);
    bench_free(b);
}

/* The pump is on and neither moves nor follows: the sequence is given up, and the pump still runs. */
static void quarantined_while_on(struct bench *b)
{
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    assert_int_equal(bench_set(b, seat, PUMP, 30)->refusal, RIG_ACCEPTED);
    b->stuck = true;
    bench_ask(b, RIG_EVENT_RELEASE, seat);
    bench_pass(b, 20 * S);
    assert_int_equal(rig_condition(b->rig), RIG_QUARANTINED);
    assert_false(rig_is_making_safe(b->rig));
}

static void runs_once_more(struct bench *b, size_t since)
{
    assert_int_equal(bench_records(b, since, RIG_RECORD_SAFE_BEGIN), 1);
    assert_true(bench_writes(b, since, PUMP, true) > 0);
    assert_int_equal(rig_condition(b->rig), RIG_QUARANTINED);
}

static void test_what_drives_acts_in_quarantine(void **state)
{
    (void)state;
    enum { A_TRIP, A_PERMISSIVE, AN_ON_TIME, A_TOTAL, CAUSES };
    for (int cause = 0; cause < CAUSES; cause++) {
        struct bench *b = bench_new();
        b->trip_drives[0] = (struct rig_assignment){PUMP, 0};
        b->trips[0] = (struct rig_trip_spec){.name = "hot",
                                             .when = bench_compile(b, "plc.temperature > 80 degC"),
                                             .drives = b->trip_drives,
                                             .drive_count = 1};
        b->spec.trip_count = cause == A_TRIP;
        if (cause != A_TRIP)
            rig_rule_destroy((struct rig_program *)b->trips[0].when);
        if (cause == A_PERMISSIVE)
            add_permissive(b, "wet", PUMP, "plc.level > 0.1 m");
        b->limits[0] = (struct rig_limit_spec){.name = "rest",
                                               .of = PUMP,
                                               .range = BENCH_WHOLE,
                                               .on_for = cause == AN_ON_TIME ? 60 * S : 0,
                                               .total = cause == A_TOTAL ? 60 : 0,
                                               .totalized = RIG_NONE,
                                               .flow = 1};
        b->spec.limit_count = cause == AN_ON_TIME || cause == A_TOTAL;
        quarantined_while_on(b);
        size_t since = b->logged;
        b->shown_value[HOT] = 90;
        b->shown_value[LEVEL] = 0.01;
        bench_pass(b, 60 * S);
        runs_once_more(b, since);
        bench_free(b);
    }
}

/* And while an instrument is lost that has nothing to do with it. */
static void test_what_drives_acts_while_another_instrument_is_lost(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    b->trip_drives[0] = (struct rig_assignment){PUMP, 0};
    b->trips[0] = (struct rig_trip_spec){.name = "hot",
                                         .when = bench_compile(b, "plc.temperature > 80 degC"),
                                         .drives = b->trip_drives,
                                         .drive_count = 1};
    b->spec.trip_count = 1;
    bench_start(b);
    b->mute[PANEL] = true;
    bench_instrument(b, PANEL, false);
    bench_work(b);
    bench_pass(b, 20 * S);
    assert_int_equal(rig_condition(b->rig), RIG_UNAVAILABLE);
    assert_false(rig_is_making_safe(b->rig));
    size_t since = b->logged;
    b->shown_value[HOT] = 90;
    bench_pass(b, S);
    assert_int_equal(bench_records(b, since, RIG_RECORD_SAFE_BEGIN), 1);
    assert_true(bench_writes(b, since, PUMP, true) > 0);
    bench_free(b);
}

static void test_a_permissive_that_never_comes(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    add_permissive(b, "patience", PUMP, "plc.level > 0.1 m");
    b->permissives[0].hold = INT64_MAX;
    b->limits[0] = (struct rig_limit_spec){
        .name = "gentle", .of = VALVE, .range = BENCH_WHOLE, .on_for = INT64_MAX, .off_for = 0};
    b->spec.limit_count = 1;
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    assert_int_equal(bench_set(b, seat, PUMP, 10)->refusal, RIG_NOT_PERMITTED);
    assert_int_equal(bench_set(b, seat, VALVE, 1)->refusal, RIG_ACCEPTED);
    size_t since = b->logged;
    bench_pass(b, 5 * S);
    assert_int_equal(bench_writes(b, since, VALVE, true), 0);
    bench_free(b);
}

/* The total is reached while the rig is made safe: the sequence writes the output, nothing drives it as well.
 */
static void test_a_total_that_is_reached_meanwhile(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    b->limits[0] = (struct rig_limit_spec){
        .name = "gentle", .of = PUMP, .range = BENCH_WHOLE, .total = 2, .totalized = RIG_NONE, .flow = 1};
    b->spec.limit_count = 1;
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    bench_set(b, seat, PUMP, 10);
    bench_pass(b, S);
    b->mute[PLC] = true;
    size_t since = b->logged;
    bench_ask(b, RIG_EVENT_RELEASE, seat);
    bench_pass(b, 2 * S);
    assert_int_equal(bench_records(b, since, RIG_RECORD_TOTAL_LIMIT), 0);
    assert_int_equal(bench_records(b, since, RIG_RECORD_DRIVEN), 0);
    bench_free(b);
}

static void test_an_input_that_does_not_age(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    b->points[LEVEL].stale_after = 0;
    bench_start(b);
    b->mute[PLC] = true;
    bench_pass(b, 5 * S);
    assert_int_equal(rig_values(b->rig)[LEVEL].quality, RIG_GOOD);
    assert_int_equal(rig_values(b->rig)[HOT].quality, RIG_STALE);
    bench_free(b);
}

static void test_heartbeat_of_an_integer(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    b->spec.heartbeat = (struct rig_heartbeat_spec){BEAT, 100 * MS, S};
    b->points[BEAT].type = RIG_INTEGER;
    b->points[BEAT].minimum = 3;
    b->points[BEAT].maximum = 6;
    bench_start(b);
    size_t since = b->logged;
    double last = bench_last_write(b, BEAT)->number;
    bench_pass(b, S);
    size_t beats = 0;
    for (size_t i = since; i < b->logged; i++) {
        if (b->log[i].kind != RIG_ACTION_WRITE || b->log[i].point != BEAT)
            continue;
        assert_true(b->log[i].number == (last == 6 ? 3 : last + 1));
        last = b->log[i].number;
        beats++;
    }
    assert_in_range(beats, 9, 11);
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_rules_drive_one_output),
        cmocka_unit_test(test_an_output_that_nothing_shows),
        cmocka_unit_test(test_an_output_that_must_follow_at_once),
        cmocka_unit_test(test_a_trip_that_turns_something_on),
        cmocka_unit_test(test_what_drives_acts_in_quarantine),
        cmocka_unit_test(test_what_drives_acts_while_another_instrument_is_lost),
        cmocka_unit_test(test_a_permissive_that_never_comes),
        cmocka_unit_test(test_a_total_that_is_reached_meanwhile),
        cmocka_unit_test(test_an_input_that_does_not_age),
        cmocka_unit_test(test_heartbeat_of_an_integer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
