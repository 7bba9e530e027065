/* Loads and waits of lines against numbers worked out by hand. */
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
    /* Its polls, four of ours and its commands or reads, its safe write, both heartbeats: 10 + 20 + 20 + 4 *
     * 30 + 8 = 178 and 12 each 200 ms; it fails twice: 2 * (130 + 29) = 318. In 496 + 36 ms there are three
     * beats. */
    assert_int_equal(analysis_wait(&line, 0, &reads[0]), (178 + 318 + 3 * 12) * MS + LATE);
    units[1].outputs = 1; /* then two safe writes of it fail too, and another each half second */
    int64_t longer = analysis_wait(&line, 0, &reads[0]);
    assert_int_equal(longer, (178 + 318 + (2 + 2) * 159 + 7 * 12) * MS + LATE);
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
    /* As below, but each of the two failures is followed by 120: in 772 ms there are four beats of each. */
    assert_int_equal(analysis_wait(&line, 0, &reads[0]), (178 + 318 + 2 * 120 + 4 * 12) * MS + LATE);
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
     * 30 + 2 * 30; the other fails twice, 318; beats of 12 each 200 ms: 90 + 318 + 3 * 12 = 444. */
    assert_int_equal(analysis_write_again(&line, 0), (130 + 29 + 90 + 318 + 3 * 12) * MS);
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
        cmocka_unit_test(a_greeting_follows_each_hold),
        cmocka_unit_test(a_lost_write_is_made_again),
        cmocka_unit_test(a_line_that_beats_all_the_time_has_no_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
