/* Loads and waits of lines against numbers worked out by hand. */
#include "gateway/rig/rig.h"
#include "tests/unit/analysis/plan.h"

#include <math.h>

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
    /* Its polls, four of ours and its commands or reads, four times its safe write, both heartbeats: 10 + 20
     * + 20 + 4 * 30 + 4 * 8 = 202 and 12 each 200 ms; it fails twice: 2 * (130 + 29) = 318. In 520 + 36 ms
     * there are three beats. */
    assert_int_equal(analysis_wait(&line, 0, &reads[0]), (202 + 318 + 3 * 12) * MS + LATE);
    /* Then two safe writes of it fail too, and another each half second; and its e-stop is pressed once more.
     */
    units[1].outputs = 1;
    int64_t longer = analysis_wait(&line, 0, &reads[0]);
    assert_int_equal(longer, (202 + 2 * 8 + 318 + (2 + 2) * 159 + 7 * 12) * MS + LATE);
}

/* The press before and each that comes, twice; of the own rig none. */
static void who_leans_on_a_neighbours_stop_writes_again_each_second(void **state)
{
    (void)state;
    struct analysis_unit units[3] = {unit, unit, unit};
    units[1].rig = units[2].rig = 1;
    const struct analysis_line line = {&tcp, 250 * MS, units, 3};
    assert_int_equal(analysis_others_safe(&line, 0), 2 * 8 * MS);
    assert_int_equal(analysis_others_pressed(&line, 0, 0), 4 * 2 * 8 * MS);
    assert_int_equal(analysis_others_pressed(&line, 0, RIG_STOP_EDGES_APART - 1), 4 * 2 * 8 * MS);
    assert_int_equal(analysis_others_pressed(&line, 0, 5 * RIG_STOP_EDGES_APART / 2), 8 * 2 * 8 * MS);
    assert_int_equal(analysis_others_pressed(&line, 1, RIG_STOP_EDGES_APART), 6 * 8 * MS);
    /* What is in flight, its own safe write, all heartbeats, and the others' safe writes. */
    assert_int_equal(analysis_beat_wait(&line, 0), (130 + 2 * 29 + 8 + 3 * 6 + 4 * 16) * MS);
}

/* A second of the wait brings more than a second of writes. */
static void a_line_that_presses_fill_has_no_bound(void **state)
{
    (void)state;
    struct analysis_unit units[2] = {unit, unit};
    units[1].rig = 1;
    units[1].writes = (const int64_t[3]){300 * MS, 200 * MS, 0};
    const struct analysis_line line = {&tcp, 250 * MS, units, 2};
    assert_true(analysis_wait(&line, 0, &reads[0]) == ANALYSIS_NEVER);
    assert_true(analysis_write_again(&line, 0) == ANALYSIS_NEVER);
    assert_true(analysis_given_up(&line, 0, 3) == ANALYSIS_NEVER);
    assert_true(analysis_beat_wait(&line, 0) == ANALYSIS_NEVER);
    assert_true(analysis_beat_wait(&line, 1) < ANALYSIS_NEVER);
}

static void a_greeting_follows_each_hold(void **state)
{
    (void)state;
    struct analysis_unit units[2] = {unit, unit};
    units[0].greets = true;
    units[1].rig = 1;
    units[1].outputs = 0;
    const struct analysis_line alone = {&tcp, 250 * MS, units, 1}, line = {&tcp, 250 * MS, units, 2};
    assert_int_equal(analysis_greetings(&alone, 0), 4 * 30 * MS);
    assert_int_equal(analysis_greetings(&line, 1), 0);
    const struct analysis_line brief = {&tcp, 100 * MS, units, 1};
    assert_int_equal(analysis_greetings(&brief, 0), 100 * MS); /* it is one transaction, and no longer */
    units[1].reads = (struct analysis_read[3]){reads[0], reads[1], reads[2]};
    /* As above, but each of the two failures is followed by 120: in 820 ms there are five beats of each. */
    assert_int_equal(analysis_wait(&line, 0, &reads[0]), (202 + 318 + 2 * 120 + 5 * 12) * MS + LATE);
    assert_int_equal(analysis_again(&alone, 0, &reads[0]),
                     (130 + 29 + 29 + 4 * 30 + 10) * MS + analysis_wait(&alone, 0, &reads[0]));
}

static void a_lost_write_is_made_again(void **state)
{
    (void)state;
    struct analysis_unit units[2] = {unit, unit};
    const struct analysis_line alone = {&tcp, 250 * MS, units, 1}, line = {&tcp, 250 * MS, units, 2};
    /* Alone, what is lost is the failure that stands in its way already; what goes well before it is 1 ms
     * longer than the hold that does not come then. */
    assert_int_equal(analysis_write_again(&alone, 0), (30 - 29) * MS);
    units[1].rig = 1;
    units[1].reads = (struct analysis_read[3]){reads[0], reads[1], reads[2]};
    /* It fails with its hold; then the other's two polls go first, each behind something that was asked for:
     * 30 + 2 * 30; so do its safe writes, 4 * 8; it fails twice, 318; beats of 12 each 200 ms: 90 + 32 + 318
     * + 3 * 12 = 476. */
    assert_int_equal(analysis_write_again(&line, 0), (130 + 29 + 90 + 32 + 318 + 3 * 12) * MS);
}

static void a_line_that_beats_all_the_time_has_no_bound(void **state)
{
    (void)state;
    struct analysis_unit mad = unit;
    mad.beat = 6 * MS;
    const struct analysis_line line = {&tcp, 250 * MS, &mad, 1};
    assert_true(analysis_wait(&line, 0, &reads[0]) == ANALYSIS_NEVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_load_is_what_polls_and_heartbeat_take),
        cmocka_unit_test(a_hold_is_a_silence_begun_anew_or_a_new_connection),
        cmocka_unit_test(what_is_urgent_waits_for_what_fails_and_two_holds),
        cmocka_unit_test(a_poll_waits_for_each_other_once),
        cmocka_unit_test(a_neighbour_that_fails_is_waited_for),
        cmocka_unit_test(who_leans_on_a_neighbours_stop_writes_again_each_second),
        cmocka_unit_test(a_line_that_presses_fill_has_no_bound),
        cmocka_unit_test(a_greeting_follows_each_hold),
        cmocka_unit_test(a_lost_write_is_made_again),
        cmocka_unit_test(a_line_that_beats_all_the_time_has_no_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
