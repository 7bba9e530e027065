/* Loads, waits and reactions against numbers worked out by hand. */
#include "drivers/line_time.h"
#include "gateway/analysis/reaction.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#define MS   INT64_C(1000000)
#define LATE (MS - 1) /* the thread of a TCP line wakes on whole milliseconds */

static const struct driver_line_spec tcp = {
    .host = "h", .port = 1, .timeout = 100 * MS, .turnaround = 5 * MS};
static const struct driver_line_spec rtu = {
    .serial = true, .baud = 11000, .timeout = 100 * MS, .turnaround = 5 * MS}; /* 1 ms a character */

static const uint16_t points[] = {0, 1, 2};

/* One unit: 10 ms every 100 ms, and 20 ms every second. */
static const struct analysis_read reads[] = {
    {100 * MS,  10 * MS, &points[0], 1, false},
    {1000 * MS, 20 * MS, &points[1], 1, false},
    {0,         30 * MS, &points[2], 1, false},
};
static const int64_t writes[] = {0, 8 * MS, 0};
static const struct analysis_unit unit = {.rig = 0,
                                          .reads = reads,
                                          .read_count = 3,
                                          .writes = writes,
                                          .point_count = 3,
                                          .outputs = 1,
                                          .beat = 200 * MS,
                                          .beat_time = 6 * MS};

static void a_load_is_what_polls_and_heartbeat_take(void **state)
{
    (void)state;
    const struct analysis_line line = {&tcp, 250 * MS, &unit, 1};
    struct analysis_load load;
    analysis_load(&line, &load);
    assert_true(fabs(load.per_second - (10 + 1 + 5)) < 1e-9);
    assert_true(fabs(load.share - (0.1 + 0.02 + 0.03)) < 1e-9);
    assert_true(fabs(load.wire - (0.05 + 0.015 + 0.005)) < 1e-9);
}

static void a_hold_is_a_silence_begun_anew_or_a_new_connection(void **state)
{
    (void)state;
    assert_int_equal(driver_quiet_time(&rtu), (5 + 9 + 4) * MS);
    assert_int_equal(driver_hold_time(&rtu, 30 * MS), (2 * 18 + 30) * MS);
    assert_int_equal(driver_hold_time(&tcp, 30 * MS), (5 + 4 + 20) * MS);
}

static void what_is_urgent_waits_for_what_fails_and_two_holds(void **state)
{
    (void)state;
    const struct analysis_line line = {&tcp, 250 * MS, &unit, 1}, short_line = {&tcp, 120 * MS, &unit, 1};
    assert_int_equal(analysis_in_flight(&line), 130 * MS); /* the longest read and the timeout */
    assert_int_equal(analysis_blocked(&line), (130 + 2 * 29) * MS);
    assert_int_equal(analysis_in_flight(&short_line), 120 * MS);
    struct analysis_unit scope = unit;
    scope.captures = true;
    const struct analysis_line busy = {&tcp, 250 * MS, &scope, 1};
    assert_int_equal(analysis_in_flight(&busy), 250 * MS);
}

static void a_poll_waits_for_each_other_once(void **state)
{
    (void)state;
    const struct analysis_line line = {&tcp, 250 * MS, &unit, 1};
    /* The other poll, two commands or awaited reads of at most 30 ms, one heartbeat. */
    assert_int_equal(analysis_wait(&line, 0, &reads[0]), (20 + 2 * 30 + 6) * MS + LATE);
    assert_int_equal(analysis_wait(&line, 0, &reads[1]), (10 + 2 * 30 + 6) * MS + LATE);
}

static void a_neighbour_that_fails_is_waited_for(void **state)
{
    (void)state;
    struct analysis_unit units[2] = {unit, unit};
    units[1].rig = 1;
    units[1].outputs = 0;
    const struct analysis_line line = {&tcp, 250 * MS, units, 2};
    units[1].reads = (struct analysis_read[3]){reads[0], reads[1], reads[2]};
    /* Its polls, four of ours and its commands or reads, its safe write, both heartbeats: 10 + 20 + 20 + 4 *
     * 30 + 8 = 178 and 12 each 200 ms; it fails twice: 2 * (130 + 29) = 318. In 496 + 36 ms there are three
     * beats. */
    assert_int_equal(analysis_wait(&line, 0, &reads[0]), (178 + 318 + 3 * 12) * MS + LATE);
    units[1].outputs = 1; /* then two safe writes of it fail too, and another each half second */
    int64_t longer = analysis_wait(&line, 0, &reads[0]);
    assert_int_equal(longer, (178 + 318 + (2 + 2) * 159 + 7 * 12) * MS + LATE);
}

static void a_line_that_beats_all_the_time_has_no_bound(void **state)
{
    (void)state;
    struct analysis_unit mad = unit;
    mad.beat = 6 * MS;
    const struct analysis_line line = {&tcp, 250 * MS, &mad, 1};
    assert_true(analysis_wait(&line, 0, &reads[0]) == ANALYSIS_NEVER);
}

/* --- reactions ---------------------------------------------------------------------------------- */

static bool resolve(void *context, const char *name, size_t length, struct rig_rule_point *point)
{
    (void)context;
    if (length != 1 || *name < 'a' || *name > 'c')
        return false;
    *point = (struct rig_rule_point){
        .index = (uint16_t)(*name - 'a'), .type = RIG_NUMBER, .unit = rig_unit_find("", 0)};
    return true;
}

static struct rig_program *compile(const char *text)
{
    struct rig_rule_error error;
    struct rig_program *program = rig_rule_compile(text, resolve, NULL, &error);
    if (!program)
        fail_msg("%s: %s", text, error.text);
    return program;
}

struct bench {
    struct rig_point_spec points[3];
    struct rig_trip_spec trip;
    struct rig_assignment item;
    struct rig_step_spec steps[2];
    struct rig_spec spec;
    struct analysis_line line;
    const struct analysis_line *lines[1];
    struct analysis_place places[3];
    struct analysis_rig rig;
};

static void make(struct bench *b, struct rig_program *when)
{
    *b = (struct bench){
        .points = {{.name = "a", .poll = 100 * MS, .stale_after = 500 * MS, .readback = RIG_NONE},
                   {.name = "b", .poll = 1000 * MS, .stale_after = 5000 * MS, .output = true, .readback = 0},
                   {.name = "c", .readback = RIG_NONE}                                                                                                                                      },
        .trip = {.name = "t",                                                                    .when = when},
        .item = {.point = 1                                                                             },
        .line = {&tcp,                                                                             250 * MS,          &unit,                                                                            1},
        .places = {{0, 0, 0},                                                                     {0, 0, 1},                                                                                         {0, 0, 2}},
    };
    b->steps[0] = (struct rig_step_spec){.kind = RIG_STEP_WAIT, .within = 50 * MS};
    b->steps[1] =
        (struct rig_step_spec){.kind = RIG_STEP_SET, .items = &b->item, .count = 1, .within = 1000 * MS};
    b->spec = (struct rig_spec){.points = b->points,
                                .point_count = 3,
                                .trips = &b->trip,
                                .trip_count = 1,
                                .safe = b->steps,
                                .safe_count = 2};
    b->lines[0] = &b->line;
    b->rig = (struct analysis_rig){0, &b->spec, b->places, b->lines};
}

static void a_reaction_is_the_sum_of_its_reasons(void **state)
{
    (void)state;
    struct bench b;
    struct rig_program *when = compile("a > 5");
    struct analysis_reaction reaction;
    make(&b, when);
    b.trip.hold = 40 * MS;
    b.trip.drives = &b.item;
    b.trip.drive_count = 1;
    analysis_trip(&b.rig, 0, &reaction);
    assert_int_equal(reaction.input, 0);
    assert_int_equal(reaction.period, 100 * MS);
    assert_int_equal(reaction.ahead, 86 * MS + LATE);
    assert_int_equal(reaction.read, 10 * MS);
    assert_false(reaction.by_age);
    assert_int_equal(reaction.debounce, 40 * MS);
    assert_int_equal(reaction.decision, ANALYSIS_DECISION);
    assert_int_equal(reaction.blocked, 188 * MS);
    assert_int_equal(reaction.writes, 8 * MS);
    assert_int_equal(reaction.total, (100 + 86 + 10 + 40 + 10 + 188 + 8) * MS + LATE);
    assert_int_equal(reaction.last, reaction.total);
    assert_int_equal(reaction.blind, (500 + 10 + 40 + 10 + 188 + 8) * MS);
    assert_int_equal(reaction.readback, (188 + 2 * 30) * MS + ANALYSIS_DECISION);

    b.trip.drives = NULL; /* the sequence waits before it writes */
    analysis_trip(&b.rig, 0, &reaction);
    assert_int_equal(reaction.total, (100 + 86 + 10 + 40 + 10 + 188 + 50 + 8) * MS + LATE);

    b.trip.confirm = 3; /* two more reads; each may wait */
    analysis_trip(&b.rig, 0, &reaction);
    assert_int_equal(reaction.debounce, (2 * 100 + 86 + 10) * MS + LATE);
    rig_rule_destroy(when);
}

static void an_input_that_ages_first_acts_too(void **state)
{
    (void)state;
    struct bench b;
    struct rig_program *when = compile("a > 5 and b > 1");
    struct analysis_reaction reaction;
    make(&b, when);
    analysis_trip(&b.rig, 0, &reaction);
    assert_int_equal(reaction.input, 1); /* the slowest */
    assert_int_equal(reaction.period, 1000 * MS);
    b.points[1].stale_after = 300 * MS;
    analysis_trip(&b.rig, 0, &reaction);
    assert_true(reaction.by_age && reaction.period == 300 * MS && reaction.ahead == 0);
    assert_int_equal(analysis_oldest(&b.rig, 1), (1000 + 76 + 20) * MS + LATE);
    b.trip.ignore_bad = true;
    analysis_trip(&b.rig, 0, &reaction);
    assert_false(reaction.by_age);
    assert_true(reaction.blind == ANALYSIS_NEVER);
    rig_rule_destroy(when);
}

static void a_lost_reply_costs_another_read_or_the_input_ages(void **state)
{
    (void)state;
    struct bench b;
    struct rig_program *when = compile("a > 5");
    struct analysis_reaction reaction;
    struct analysis_read slow[3] = {reads[0], reads[1], reads[2]};
    struct analysis_unit serial_unit = unit;
    serial_unit.reads = slow;
    make(&b, when);
    b.trip.drives = &b.item;
    b.trip.drive_count = 1;
    /* Until it fails, 130 with the timeout, two holds of 29, and it waits again. */
    int64_t acting = (10 + 188 + 8) * MS;
    analysis_trip(&b.rig, 0, &reaction);
    assert_int_equal(reaction.lost, (100 + 86 + 130 + 2 * 29 + 86 + 10) * MS + 2 * LATE + acting);

    b.points[0].stale_after = 300 * MS; /* which acts before it is read again */
    analysis_trip(&b.rig, 0, &reaction);
    assert_int_equal(reaction.lost, (300 + 10) * MS + acting);

    b.trip.ignore_bad = true;
    b.line = (struct analysis_line){&rtu, 250 * MS, &serial_unit, 1};
    analysis_trip(&b.rig, 0, &reaction); /* nothing tells its answers apart: a late one is waited for */
    int64_t hold = driver_hold_time(&rtu, 30 * MS);
    assert_int_equal(reaction.lost, reaction.total + 130 * MS + hold + DRIVER_LATEST_REPLY + 86 * MS);
    slow[0].other_way = true;
    analysis_trip(&b.rig, 0, &reaction);
    assert_int_equal(reaction.lost, reaction.total + 130 * MS + 2 * hold + 86 * MS);
    rig_rule_destroy(when);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_load_is_what_polls_and_heartbeat_take),
        cmocka_unit_test(a_hold_is_a_silence_begun_anew_or_a_new_connection),
        cmocka_unit_test(what_is_urgent_waits_for_what_fails_and_two_holds),
        cmocka_unit_test(a_poll_waits_for_each_other_once),
        cmocka_unit_test(a_neighbour_that_fails_is_waited_for),
        cmocka_unit_test(a_line_that_beats_all_the_time_has_no_bound),
        cmocka_unit_test(a_reaction_is_the_sum_of_its_reasons),
        cmocka_unit_test(an_input_that_ages_first_acts_too),
        cmocka_unit_test(a_lost_reply_costs_another_read_or_the_input_ages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
