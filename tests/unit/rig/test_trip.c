/* Trips in the corners: what is not known, what passes before its time, what latched in an earlier life. */
#include "tests/unit/rig/ruled_bench.h"

static struct bench *with_this_trip(struct rig_trip_spec trip, const char *when)
{
    struct bench *b = bench_new();
    b->trips[0] = trip;
    b->trips[0].name = "hot";
    b->trips[0].when = bench_compile(b, when);
    b->spec.trip_count = 1;
    return b;
}

/* An age that passes by before `for` is over trips nothing, however long that is. */
static void test_a_condition_that_passes_by_itself(void **state)
{
    (void)state;
    struct bench *b = with_this_trip((struct rig_trip_spec){.hold = 5 * S, .ignore_bad = true},
                                     "age(plc.level) > 1 s and age(plc.level) < 3 s");
    bench_start(b);
    b->mute[PLC] = true;
    bench_pass(b, 20 * S);
    assert_false(latched(b));
    bench_free(b);
    b = with_this_trip((struct rig_trip_spec){.hold = S, .ignore_bad = true},
                       "age(plc.level) > 1 s and age(plc.level) < 3 s");
    bench_start(b);
    b->mute[PLC] = true;
    bench_pass(b, 3 * S);
    assert_true(latched(b));
    bench_free(b);
}

static void test_reset_while_the_input_is_bad(void **state)
{
    (void)state;
    for (int ignore = 0; ignore < 2; ignore++) {
        struct bench *b = with_this_trip(
            (struct rig_trip_spec){.ignore_bad = ignore, .fault_needs_reset = true, .reset = RIG_STUDENT},
            "plc.temperature > 80 degC");
        bench_start(b);
        uint32_t seat = bench_controlled(b);
        b->shown_value[HOT] = 90;
        bench_pass(b, S);
        assert_true(latched(b));
        assert_int_equal(bench_ask(b, RIG_EVENT_RESET, seat), RIG_NOT_GONE);
        b->bad[HOT] = true;
        bench_pass(b, S);
        assert_int_equal(bench_ask(b, RIG_EVENT_RESET, seat), RIG_NOT_GONE); /* pulling the plug is no cure */
        assert_true(latched(b));
        bench_free(b);
    }
}

/* A fault that latched before a restart does not reset itself while its input is still bad. */
static void test_a_fault_of_an_earlier_life(void **state)
{
    (void)state;
    const struct rig_durable durable = {.trips = {1}, .faults = {1}};
    struct bench *b = with_this_trip((struct rig_trip_spec){0}, "plc.temperature > 80 degC");
    b->bad[HOT] = true;
    bench_create(b, 100, &durable);
    bench_instrument(b, PLC, true);
    bench_instrument(b, PANEL, true);
    bench_work(b);
    bench_pass(b, 5 * S);
    assert_true(latched(b));
    b->bad[HOT] = false;
    bench_pass(b, 5 * S);
    assert_false(latched(b));
    bench_free(b);
}

/* What nobody reads cannot be confirmed by reading it. */
static void test_confirm_waits_for_polled_inputs_only(void **state)
{
    (void)state;
    struct bench *b = with_this_trip((struct rig_trip_spec){.confirm = 3, .ignore_bad = true},
                                     "plc.temperature > 80 degC and not plc.heartbeat");
    b->points[BEAT].poll = 0;
    bench_start(b);
    const struct rig_sample sample = {.point = BEAT, .good = true};
    struct rig_event once = {.kind = RIG_EVENT_SAMPLES};
    once.samples.list = &sample;
    once.samples.count = 1;
    once.samples.at = b->now;
    bench_event(b, &once);
    b->shown_value[HOT] = 90;
    bench_pass(b, 150 * MS);
    assert_false(latched(b));
    bench_pass(b, 300 * MS);
    assert_true(latched(b));
    bench_free(b);
}

/* A trip of the whole sequence is not settled by the success of another rule's single drive. */
static void test_a_single_drive_settles_no_whole_trip(void **state)
{
    (void)state;
    struct bench *b =
        with_this_trip((struct rig_trip_spec){.reset = RIG_TECHNICIAN}, "plc.temperature > 80 degC");
    b->permissives[0] = (struct rig_permissive_spec){
        .name = "wet", .of = PUMP, .when = bench_compile(b, "plc.level > 0.1 m")};
    b->spec.permissive_count = 1;
    b->steps[2].items = &b->shown[1]; /* the pump is not verified, so moving it by hand is no edge */
    b->steps[2].count = 1;
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    b->shown_value[HOT] = 90;
    bench_pass(b, 3 * S);
    assert_true(latched(b) && rig_controller(b->rig) == seat);
    b->shown_value[PUMP_SHOWN] = 40; /* by hand */
    bench_pass(b, 200 * MS);
    b->shown_value[LEVEL] = 0.01;
    size_t since = b->logged;
    bench_pass(b, S);
    assert_int_equal(bench_records(b, since, RIG_RECORD_PERMISSIVE_LOST), 1);
    assert_true(b->shown_value[PUMP_SHOWN] == 0);
    assert_true(latched(b));
    bench_free(b);
}

/* Nothing shows what a fault drove: only a whole verified sequence lets it reset itself. */
static void test_a_fault_whose_drive_nothing_shows(void **state)
{
    (void)state;
    struct bench *b = with_this_trip((struct rig_trip_spec){.drive_count = 1}, "plc.temperature > 80 degC");
    b->trip_drives[0] = (struct rig_assignment){LAMP, 0};
    b->trips[0].drives = b->trip_drives;
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    bench_set(b, seat, VALVE, 1);
    b->bad[HOT] = true;
    bench_pass(b, S);
    b->bad[HOT] = false;
    bench_pass(b, S);
    assert_true(latched(b));
    bench_ask(b, RIG_EVENT_RELEASE, seat);
    bench_pass(b, 3 * S);
    assert_false(latched(b));
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_condition_that_passes_by_itself),
        cmocka_unit_test(test_reset_while_the_input_is_bad),
        cmocka_unit_test(test_a_fault_of_an_earlier_life),
        cmocka_unit_test(test_confirm_waits_for_polled_inputs_only),
        cmocka_unit_test(test_a_single_drive_settles_no_whole_trip),
        cmocka_unit_test(test_a_fault_whose_drive_nothing_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
