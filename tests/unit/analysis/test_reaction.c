/* Reactions against numbers worked out by hand. */
#include "tests/unit/analysis/plan.h"

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
    assert_int_equal(reaction.blind, (500 + 10 + 40 + 10 + 188 + 8) * MS);
    /* The other poll and its own, each behind something that was asked for, a beat, and itself. */
    assert_int_equal(reaction.readback, (10 + 20 + 2 * 30 + 6 + 30) * MS + LATE + ANALYSIS_DECISION);

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
    assert_int_equal(reaction.lost, reaction.total + 130 * MS + 2 * hold + slow[0].time +
                                        86 * MS); /* its first other way is refused */
    rig_rule_destroy(when);
}

static void what_else_the_rig_writes_goes_first(void **state)
{
    (void)state;
    struct bench b;
    struct rig_program *when = compile("a > 5");
    struct analysis_reaction reaction;
    static const int64_t more[] = {0, 8 * MS, 7 * MS};
    struct analysis_unit two = unit;
    make(&b, when);
    two.writes = more;
    b.line.units = &two;
    b.trip.drives = &b.item;
    b.trip.drive_count = 1;
    analysis_trip(&b.rig, 0, &reaction);
    assert_int_equal(reaction.blocked, (188 + 7) * MS);
    assert_int_equal(reaction.writes, 8 * MS);
    rig_rule_destroy(when);
}

static void without_control_the_sequence_runs_instead(void **state)
{
    (void)state;
    struct bench b;
    struct rig_program *when = compile("a > 5");
    struct analysis_reaction reaction;
    make(&b, when);
    b.trip.drives = &b.item;
    b.trip.drive_count = 1;
    analysis_trip(&b.rig, 0, &reaction); /* it waits before it writes */
    int64_t step = (188 + 8) * MS + ANALYSIS_DECISION;
    assert_int_equal(reaction.last, (100 + 86 + 10 + 50) * MS + LATE + ANALYSIS_DECISION + step);
    b.item.number = 1; /* not the safe value: that is written before all steps */
    analysis_trip(&b.rig, 0, &reaction);
    assert_int_equal(reaction.last, reaction.total);
    rig_rule_destroy(when);
}

static void a_lost_write_counts_where_it_is_worse_than_a_lost_read(void **state)
{
    (void)state;
    struct bench b;
    struct rig_program *when = compile("a > 5");
    struct analysis_reaction reaction;
    struct analysis_unit units[2] = {unit, unit};
    make(&b, when);
    units[1].rig = 1;
    b.line = (struct analysis_line){&tcp, 250 * MS, units, 2};
    b.points[0].stale_after = 120 * MS; /* so a lost read costs little */
    analysis_trip(&b.rig, 0, &reaction);
    assert_int_equal(reaction.lost, reaction.total + analysis_write_again(&b.line, 0));
    analysis_stop(&b.rig, &reaction);
    assert_int_equal(reaction.lost, reaction.total + analysis_write_again(&b.line, 0));
    assert_int_equal(reaction.blind, 0);
    rig_rule_destroy(when);
}

static void what_is_ignored_while_it_is_stale_begins_anew(void **state)
{
    (void)state;
    struct bench b;
    struct rig_program *when = compile("a > 5");
    struct analysis_reaction reaction;
    make(&b, when);
    b.trip.ignore_bad = true;
    b.trip.hold = 700 * MS;
    analysis_trip(&b.rig, 0, &reaction); /* one lost reply makes it no older than 197 + 286 ms */
    assert_int_equal(reaction.lost, reaction.total + (130 + 2 * 29 + 86) * MS + LATE);
    assert_false(reaction.anew);
    b.points[0].stale_after = 300 * MS; /* more than without a loss, and less than with one */
    analysis_trip(&b.rig, 0, &reaction);
    assert_int_equal(reaction.lost, reaction.total + (130 + 2 * 29 + 86) * MS + LATE + 700 * MS);
    assert_true(reaction.anew && !reaction.untellable);
    b.points[0].stale_after = 150 * MS; /* less than from read to read */
    analysis_trip(&b.rig, 0, &reaction);
    assert_true(reaction.total == ANALYSIS_NEVER && reaction.lost == ANALYSIS_NEVER);
    b.trip.hold = 150 * MS; /* a value that was seen once lasts so long */
    analysis_trip(&b.rig, 0, &reaction);
    assert_int_equal(reaction.total, (100 + 86 + 10 + 150 + 10 + 188 + 50 + 8) * MS + LATE);
    b.trip.hold = 0;
    b.trip.confirm = 2; /* but not until it is read again */
    analysis_trip(&b.rig, 0, &reaction);
    assert_true(reaction.total == ANALYSIS_NEVER);
    b.trip.ignore_bad = false; /* unknown acts like true */
    analysis_trip(&b.rig, 0, &reaction);
    assert_true(reaction.total != ANALYSIS_NEVER);
    rig_rule_destroy(when);
}

static void a_lost_read_waits_for_late_answers_where_they_look_the_same(void **state)
{
    (void)state;
    struct bench b;
    struct rig_program *when = compile("a > 5");
    struct analysis_reaction reaction;
    struct analysis_unit own = unit;
    struct driver_line_spec serial = tcp;
    serial.serial = true;
    serial.baud = 115200;
    make(&b, when);
    b.line = (struct analysis_line){&serial, 250 * MS, &own, 1};
    b.points[0].stale_after = 60000 * MS;
    analysis_trip(&b.rig, 0, &reaction);
    assert_true(reaction.untellable && reaction.lost - reaction.total >= DRIVER_LATEST_REPLY);
    b.points[0].stale_after = 500 * MS; /* which acts before that */
    analysis_trip(&b.rig, 0, &reaction);
    assert_false(reaction.untellable);
    rig_rule_destroy(when);
}

static void a_limit_drives_when_its_time_or_its_total_is_used_up(void **state)
{
    (void)state;
    struct bench b;
    struct rig_program *when = compile("a > 5");
    struct analysis_reaction reaction;
    struct rig_limit_spec limit = {.name = "l", .of = 1, .on_for = MS, .totalized = RIG_NONE};
    make(&b, when);
    b.spec.limits = &limit;
    b.spec.limit_count = 1;
    analysis_limit(&b.rig, 0, &reaction);
    assert_int_equal(reaction.total, (10 + 188 + 8) * MS);
    assert_int_equal(reaction.blind, 0);
    limit.total = 1;
    limit.totalized = 0;
    analysis_limit(&b.rig, 0, &reaction);
    assert_int_equal(reaction.total, (100 + 86 + 10 + 10 + 188 + 8) * MS + LATE);
    assert_int_equal(reaction.blind, (500 + 10 + 10 + 188 + 8) * MS);
    assert_true(analysis_limit_drives(&limit));
    limit.on_for = 0;
    limit.total = 0;
    assert_false(analysis_limit_drives(&limit));
    rig_rule_destroy(when);
}

static void local_mode_has_to_be_read(void **state)
{
    (void)state;
    struct bench b;
    struct rig_program *when = compile("a > 5");
    struct analysis_reaction reaction;
    make(&b, when);
    b.spec.local_mode = 0;
    analysis_local(&b.rig, &reaction);
    assert_int_equal(reaction.input, 0);
    assert_int_equal(reaction.total, (100 + 86 + 10 + 10 + 188 + 50 + 8) * MS + LATE);
    rig_rule_destroy(when);
}

static void a_departure_is_that_of_the_point_that_is_seen_last(void **state)
{
    (void)state;
    struct bench b;
    struct rig_program *when = compile("a > 5");
    struct analysis_reaction reaction;
    struct rig_assignment verified[2] = {{.point = 0}, {.point = 1}};
    make(&b, when);
    assert_false(analysis_departure(&b.rig, &reaction));
    b.steps[0] =
        (struct rig_step_spec){.kind = RIG_STEP_VERIFY, .items = verified, .count = 1, .within = 50 * MS};
    assert_true(analysis_departure(&b.rig, &reaction));
    assert_int_equal(reaction.total, (100 + 86 + 10 + 10 + 188 + 50 + 8) * MS + LATE);
    b.steps[0].count = 2;
    assert_true(analysis_departure(&b.rig, &reaction));
    assert_int_equal(reaction.input, 1);
    assert_int_equal(reaction.total, (1000 + 76 + 20 + 10 + 188 + 50 + 8) * MS + LATE);
    rig_rule_destroy(when);
}

static void a_lost_instrument_leaves_the_outputs_of_others(void **state)
{
    (void)state;
    struct bench b;
    struct rig_program *when = compile("a > 5");
    struct analysis_reaction reaction;
    struct analysis_unit units[2] = {unit, unit};
    static const struct analysis_place places[] = {
        {0, 0, 0},
        {0, 0, 1},
        {0, 1, 1}
    };
    struct rig_assignment items[2] = {{.point = 1}, {.point = 2}};
    struct rig_step_spec steps[] = {
        {.kind = RIG_STEP_SET, .items = &items[0], .count = 1, .within = 1000 * MS},
        {.kind = RIG_STEP_SET, .items = &items[1], .count = 1, .within = 2000 * MS},
    };
    make(&b, when);
    b.line = (struct analysis_line){&tcp, 250 * MS, units, 2};
    b.rig.places = places;
    b.points[2].output = true;
    b.spec.safe = steps;
    b.spec.safe_count = 1;
    assert_false(analysis_lost(&b.rig, 0, 3, &reaction)); /* its own outputs only */
    b.points[2].instrument = 1;
    assert_false(analysis_lost(&b.rig, 0, 3, &reaction));
    b.spec.safe_count = 2;
    assert_true(analysis_lost(&b.rig, 0, 3, &reaction)); /* the first step is given up before */
    assert_int_equal(reaction.period, analysis_given_up(&b.line, 0, 3));
    int64_t step = analysis_step(&b.rig, &items[1], 1);
    assert_int_equal(reaction.total, reaction.period + ANALYSIS_DECISION + 1000 * MS + step);
    assert_int_equal(reaction.last, reaction.total);
    assert_true(analysis_lost(&b.rig, 1, 3, &reaction));
    assert_int_equal(reaction.total,
                     reaction.period + ANALYSIS_DECISION + analysis_step(&b.rig, &items[0], 1));
    assert_int_equal(reaction.blind, 0);

    items[0].point = 2; /* the first reaches it, and so does the last */
    assert_true(analysis_lost(&b.rig, 0, 3, &reaction));
    assert_int_equal(reaction.last, reaction.total + step + ANALYSIS_DECISION);
    rig_rule_destroy(when);
}

static void what_is_never_polled_is_never_given_up(void **state)
{
    (void)state;
    struct bench b;
    struct rig_program *when = compile("a > 5");
    struct analysis_unit silent = unit;
    make(&b, when);
    int64_t three = analysis_given_up(&b.line, 0, 3);
    /* In three turns of 100 ms: each waits twice, and for the hold; nine failures with their holds, and
     * beats. */
    assert_true(three >= (3 * (100 + 2 * 80 + 29) + 9 * 159) * MS && three < 2500 * MS);
    assert_true(analysis_given_up(&b.line, 0, 1) < three);
    silent.read_count = 0;
    b.line.units = &silent;
    assert_true(analysis_given_up(&b.line, 0, 3) == ANALYSIS_NEVER);
    rig_rule_destroy(when);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reaction_is_the_sum_of_its_reasons),
        cmocka_unit_test(an_input_that_ages_first_acts_too),
        cmocka_unit_test(a_lost_reply_costs_another_read_or_the_input_ages),
        cmocka_unit_test(what_else_the_rig_writes_goes_first),
        cmocka_unit_test(without_control_the_sequence_runs_instead),
        cmocka_unit_test(a_lost_write_counts_where_it_is_worse_than_a_lost_read),
        cmocka_unit_test(what_is_ignored_while_it_is_stale_begins_anew),
        cmocka_unit_test(a_lost_read_waits_for_late_answers_where_they_look_the_same),
        cmocka_unit_test(a_limit_drives_when_its_time_or_its_total_is_used_up),
        cmocka_unit_test(local_mode_has_to_be_read),
        cmocka_unit_test(a_departure_is_that_of_the_point_that_is_seen_last),
        cmocka_unit_test(a_lost_instrument_leaves_the_outputs_of_others),
        cmocka_unit_test(what_is_never_polled_is_never_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
