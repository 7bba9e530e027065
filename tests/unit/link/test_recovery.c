/* Promise S14: what happens on the line after a reply that did not come or failed a check. */
#include "tests/unit/link/fake.h"

static enum fake_kind failing_kind;
static uint16_t failing_point;
static int failing_result;
static size_t failing_times;

static int fail_as_set(const struct fake_event *event)
{
    if (event->kind != failing_kind || event->point != failing_point || !failing_times)
        return DRIVER_OK;
    failing_times--;
    return failing_result;
}

static void set_failure(enum fake_kind kind, uint16_t point, int result, size_t times)
{
    failing_kind = kind;
    failing_point = point;
    failing_result = result;
    failing_times = times;
    fake.answer = fail_as_set;
}

static void the_line_is_held_before_anything_else(void **state)
{
    static const int results[] = {DRIVER_TIMED_OUT, DRIVER_GARBLED};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        fake_reset(1, 3);
        fake.spec.line.turnaround = 20 * MS;
        fake_start();
        set_failure(FAKE_READ, 1, results[i], 1);
        fake_run_for(400 * MS);
        for (size_t k = 0; k < fake.count; k++)
            if (fake.events[k].point == 1) {
                assert_int_equal(fake.events[k + 1].kind, FAKE_RECOVER);
                assert_true(fake.events[k + 1].quiet > 20 * MS);
                break;
            }
        assert_int_equal(fake_count(FAKE_RECOVER, 0), 1);
        fake_teardown(NULL);
    }
}

static void the_same_shape_is_not_sent_next(void **state)
{
    (void)state;
    fake_reset(1, 3);
    fake_start();
    set_failure(FAKE_READ, 0, DRIVER_TIMED_OUT, 1);
    fake_run_for(200 * MS);
    assert_int_equal(fake.events[0].point, 0);
    assert_int_equal(fake.events[1].kind, FAKE_RECOVER);
    assert_int_equal(fake.events[2].kind, FAKE_READ);
    assert_int_equal(fake.events[2].point, 1);
    assert_int_equal(fake.events[3].point, 2);
    assert_int_equal(fake.events[4].point, 0); /* its second try, before the others' next turn */
    assert_int_equal(fake_count(FAKE_RECOVER, 0), 1);
}

static void without_another_request_the_hold_is_doubled(void **state)
{
    (void)state;
    fake_reset(1, 3);
    fake.one_shape = true;
    fake_start();
    set_failure(FAKE_READ, 0, DRIVER_GARBLED, 1);
    fake_run_for(95 * MS);
    assert_int_equal(fake.events[0].kind, FAKE_READ);
    assert_int_equal(fake.events[1].kind, FAKE_RECOVER);
    assert_int_equal(fake.events[2].kind, FAKE_RECOVER);
    assert_int_equal(fake.events[3].kind, FAKE_READ);
    assert_int_equal(fake_count(FAKE_RECOVER, 0), 2);
}

static void a_safe_write_waits_for_the_hold_and_goes_next(void **state)
{
    (void)state;
    fake_reset(1, 3);
    fake_start();
    set_failure(FAKE_READ, 0, DRIVER_TIMED_OUT, 1);
    while (!fake.count)
        fake_run_for(5 * MS);
    fake_put(LINK_SAFE, 0, 2, 0, 1, 0);
    fake_run_for(100 * MS);
    assert_int_equal(fake.events[1].kind, FAKE_RECOVER);
    assert_int_equal(fake.events[2].kind, FAKE_WRITE);
}

static void a_line_that_babbles_is_closed_and_opened(void **state)
{
    struct link_health health;
    (void)state;
    fake_reset(1, 2);
    fake_start();
    set_failure(FAKE_READ, 0, DRIVER_GARBLED, 1);
    fake_run_for(1 * MS);
    set_failure(FAKE_RECOVER, 0, DRIVER_TIMED_OUT, 1);
    fake.link->port.suspect = true;
    fake_run_for(500 * MS);
    assert_int_equal(fake_count(FAKE_CLOSE, 0), 1);
    assert_int_equal(fake_count(FAKE_OPEN, 0), 1);
    assert_true(fake.link->instruments[0].up);
    link_health(fake.link, &health);
    assert_int_equal(health.reconnects, 1);
}

static void instruments_are_greeted_after_open_and_hold(void **state)
{
    (void)state;
    fake_reset(2, 1);
    fake.greets = true;
    fake_start();
    fake_run_for(300 * MS);
    assert_int_equal(fake_count(FAKE_GREET, 0), 0);
    fake_forget();
    set_failure(FAKE_READ, 0, DRIVER_TIMED_OUT, 1);
    fake_run_for(300 * MS);
    for (unsigned instrument = 0; instrument < 2; instrument++) {
        bool greeted = false, held = false;
        for (size_t i = 0; i < fake.count; i++) {
            held |= fake.events[i].kind == FAKE_RECOVER;
            if (!held || fake.events[i].kind == FAKE_RECOVER || fake.events[i].instrument != instrument)
                continue;
            greeted |= fake.events[i].kind == FAKE_GREET;
            assert_true(greeted);
        }
        assert_int_equal(fake_count(FAKE_GREET, instrument), 1);
    }
}

static void no_transaction_may_exceed_the_longest(void **state)
{
    (void)state;
    fake_reset(1, 2);
    fake.greets = true;
    fake.spec.longest = 60 * MS;
    fake_start();
    fake_put(LINK_SAFE, 0, 0, 0, 1, 0);
    set_failure(FAKE_READ, 1, DRIVER_TIMED_OUT, 9);
    fake_run_for(2000 * MS);
    assert_true(fake.count > 20);
    for (size_t i = 0; i < fake.count; i++)
        if (fake.events[i].kind != FAKE_RECOVER)
            assert_true(fake.events[i].allowed <= 60 * MS);
}

/* A lost reply costs what the instrument has needed lately; the second try waits for the whole timeout. */
static void the_first_try_does_not_wait_for_the_whole_timeout(void **state)
{
    (void)state;
    fake_reset(1, 2);
    fake.spec.line.timeout = 200 * MS;
    fake_start();
    set_failure(FAKE_READ, 0, DRIVER_TIMED_OUT, 1);
    fake_run_for(150 * MS);
    assert_int_equal(fake.events[0].allowed, fake.cost + 40 * MS);
    for (size_t i = 1; i < fake.count; i++)
        if (fake.events[i].kind == FAKE_READ && fake.events[i].point == 0) {
            assert_int_equal(fake.events[i].allowed, fake.cost + 200 * MS);
            return;
        }
    fail_msg("no second try");
}

/* A reply so late that it outlasts the hold comes as the answer to an equal request; the right one comes
 * after it. */
static int late_reply(const struct fake_event *event)
{
    if (event->kind == FAKE_READ && event->point == 0 && fake_count(FAKE_READ, 0) == 1)
        return DRIVER_TIMED_OUT;
    return event->kind == FAKE_LISTEN && fake_count(FAKE_LISTEN, 0) == 1 ? DRIVER_GARBLED : DRIVER_OK;
}

static void an_answer_that_a_second_follows_is_not_taken(void **state)
{
    struct link_report report;
    (void)state;
    fake_reset(1, 1);
    fake.polls[0][0] = 1000 * MS;
    fake_assemble();
    fake_run_for(500 * MS);
    fake_forget();
    fake.answer = late_reply;
    fake_run_for(900 * MS);
    assert_int_equal(fake_count(FAKE_READ, 0), 2);
    assert_int_equal(fake_count(FAKE_LISTEN, 0), 1);
    assert_false(fake_report(LINK_REPORT_SAMPLES, &report)); /* both tries of this turn are lost */
    fake_run_for(600 * MS);
    assert_int_equal(fake_count(FAKE_READ, 0), 2); /* its next turn waits: answers are late here */
    fake_run_for(700 * MS);
    assert_int_equal(fake_count(FAKE_READ, 0), 3);
    assert_true(fake_report(LINK_REPORT_SAMPLES, &report));
    fake_run_for(4000 * MS);
    assert_int_equal(fake_count(FAKE_LISTEN, 0), 1); /* no doubt is left */
}

/* What comes in doubt, after the time that the right answer takes, is an older one in the place of one that
 * is lost. */
static int slow_in_doubt(const struct fake_event *event)
{
    size_t reads = fake_count(FAKE_READ, 0);
    if (event->kind == FAKE_READ && reads == 2)
        fake.now += 20 * MS;
    return event->kind == FAKE_READ && reads == 1 ? DRIVER_TIMED_OUT : DRIVER_OK;
}

static void in_doubt_an_answer_must_come_in_its_usual_time(void **state)
{
    struct link_report report;
    (void)state;
    fake_reset(1, 1);
    fake.polls[0][0] = 1000 * MS;
    fake_assemble();
    fake_run_for(500 * MS);
    fake_forget();
    fake.answer = slow_in_doubt;
    fake_run_for(900 * MS);
    assert_int_equal(fake_count(FAKE_READ, 0), 2);
    assert_false(fake_report(LINK_REPORT_SAMPLES, &report));
}

/* Other answers are late, so what has one way only waits until the doubt is over; and only that. */
static int stray_answer(const struct fake_event *event)
{
    fake.stray = event->kind == FAKE_READ && event->point == 0 && fake_count(FAKE_READ, 0) == 1;
    return fake.stray ? DRIVER_GARBLED : DRIVER_OK;
}

static void where_answers_are_late_nothing_is_asked_in_doubt(void **state)
{
    (void)state;
    fake_reset(1, 2);
    fake_start();
    fake.answer = stray_answer;
    fake_run_for(1500 * MS);
    size_t of_first = 0, of_second = 0;
    for (size_t i = 0; i < fake.count; i++) {
        of_first += fake.events[i].kind == FAKE_READ && fake.events[i].point == 0;
        of_second += fake.events[i].kind == FAKE_READ && fake.events[i].point == 1;
    }
    assert_int_equal(of_first, 1);
    assert_in_range(of_second, 13, 16);
    fake_forget();
    fake_run_for(500 * MS);
    assert_in_range(fake_count(FAKE_READ, 0), 8, 12);
}

/* An answer that names its question is never in doubt. */
static int fails_thrice(const struct fake_event *event)
{
    return event->kind == FAKE_READ && fake_count(FAKE_READ, 0) <= 3 ? DRIVER_TIMED_OUT : DRIVER_OK;
}

static void an_answer_that_names_its_question_is_believed(void **state)
{
    (void)state;
    fake_reset(1, 1);
    fake.two_ways = fake.unmistakable = true;
    fake_start();
    fake.answer = fails_thrice;
    fake_run_for(1000 * MS);
    assert_int_equal(fake_count(FAKE_LISTEN, 0), 0);
    size_t reads = 0;
    for (size_t i = 0; i < fake.count; i++)
        if (fake.events[i].kind == FAKE_READ)
            assert_int_equal(fake.events[i].variant, reads++ > 0);
    assert_in_range(reads, 9, 12);
}

/* While an answer may still be under way the points are asked for in a way whose reply is of another shape.
 */
static void in_doubt_another_way_is_taken(void **state)
{
    (void)state;
    fake_reset(1, 1);
    fake.two_ways = true;
    fake_start();
    set_failure(FAKE_READ, 0, DRIVER_TIMED_OUT, 1);
    fake_run_for(1400 * MS);
    assert_int_equal(fake_count(FAKE_LISTEN, 0), 0);
    assert_int_equal(fake_count(FAKE_RECOVER, 0), 1); /* not doubled */
    size_t reads = 0;
    for (size_t i = 0; i < fake.count; i++)
        if (fake.events[i].kind == FAKE_READ)
            assert_int_equal(fake.events[i].variant, reads++ > 0);
    fake_run_for(1000 * MS);
    assert_int_equal(fake.events[fake.count - 1].variant, 0);
}

static int no_other_way(const struct fake_event *event)
{
    if (event->kind == FAKE_READ && event->variant)
        return DRIVER_REJECTED;
    return event->kind == FAKE_READ && fake_count(FAKE_READ, 0) == 1 ? DRIVER_TIMED_OUT : DRIVER_OK;
}

static void a_way_that_is_rejected_is_given_up(void **state)
{
    struct link_report report;
    (void)state;
    fake_reset(1, 1);
    fake.two_ways = true;
    fake.instruments[0].lost_after = 1;
    fake.polls[0][0] = 500 * MS;
    fake_assemble();
    fake_run_for(700 * MS);
    fake_forget();
    fake.answer = no_other_way;
    fake_run_for(3000 * MS);
    size_t rejected = 0;
    for (size_t i = 0; i < fake.count; i++)
        rejected += fake.events[i].variant;
    assert_int_equal(rejected, 1);
    struct link_health health;
    link_health(fake.link, &health);
    assert_int_equal(health.all.rejected, 0); /* an answer, and no fault of the line's */
    while (link_next_report(fake.link, &report))
        assert_true(report.kind == LINK_REPORT_SAMPLES && report.samples.good[0]);
    assert_true(fake_count(FAKE_LISTEN, 0) > 0);
}

/* How often the longer of two other ways is asked when each is refused. */
static size_t longer_ways_asked(bool beyond)
{
    size_t first = 0, second = 0;
    fake_reset(1, 1);
    fake.three_ways = true;
    fake.beyond = beyond;
    fake.polls[0][0] = 500 * MS;
    fake_assemble();
    fake_run_for(700 * MS);
    fake_forget();
    fake.answer = no_other_way;
    fake_run_for(3000 * MS);
    for (size_t i = 0; i < fake.count; i++) {
        first += fake.events[i].variant == 1;
        second += fake.events[i].variant == 2;
    }
    assert_int_equal(first, 1);
    return second;
}

static void a_way_beyond_takes_longer_ones_with_it(void **state)
{
    (void)state;
    assert_int_equal(longer_ways_asked(true), 0);
}

static void another_refusal_says_nothing_of_longer_ways(void **state)
{
    (void)state;
    assert_int_equal(longer_ways_asked(false), 1);
}

static unsigned refusals_left;

/* Now and then a read is lost, so that the other way is needed. */
static int another_way_at_times(const struct fake_event *event)
{
    if (event->kind != FAKE_READ)
        return DRIVER_OK;
    if (event->variant && refusals_left)
        return refusals_left--, DRIVER_REJECTED;
    return !event->variant && fake_count(FAKE_READ, 0) % 10 == 1 ? DRIVER_TIMED_OUT : DRIVER_OK;
}

static size_t other_ways_within(int64_t time)
{
    size_t taken = 0;
    fake_forget();
    fake_run_for(time);
    for (size_t i = 0; i < fake.count; i++)
        taken += fake.events[i].kind == FAKE_READ && fake.events[i].variant;
    return taken;
}

/* An exception may have been made of another reply by a bad line: one of them does not cost the way for good.
 */
static void a_way_that_was_rejected_is_tried_again(void **state)
{
    (void)state;
    fake_reset(1, 1);
    fake.two_ways = true;
    fake.polls[0][0] = 500 * MS;
    fake_assemble();
    fake_run_for(700 * MS);
    refusals_left = 2;
    fake.answer = another_way_at_times;
    assert_int_equal(other_ways_within(9000 * MS), 1);
    assert_int_equal(other_ways_within(9000 * MS), 1); /* after 10 s, and refused again: now for 20 s */
    assert_int_equal(other_ways_within(10000 * MS), 0);
    assert_true(other_ways_within(20000 * MS) > 1);
    refusals_left = 1;
    assert_true(other_ways_within(9000 * MS) > 0);
    assert_true(other_ways_within(10000 * MS) > 1); /* it answered that way in between, so 10 s again */
}

static void a_lost_write_casts_doubt_on_its_instrument_only(void **state)
{
    (void)state;
    fake_reset(2, 1);
    fake_start();
    fake_put(LINK_SAFE, 0, 0, 0, 1, 0);
    set_failure(FAKE_WRITE, 0, DRIVER_TIMED_OUT, 1);
    fake_run_for(1000 * MS);
    size_t listened = 0;
    for (size_t i = 1; i < fake.count; i++) {
        bool listens = fake.events[i].kind == FAKE_LISTEN;
        listened += listens;
        assert_true(!listens || (fake.events[i - 1].kind == FAKE_READ && fake.events[i - 1].instrument == 0));
    }
    assert_in_range(listened, 8, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fake_test(the_line_is_held_before_anything_else),
        fake_test(the_same_shape_is_not_sent_next),
        fake_test(without_another_request_the_hold_is_doubled),
        fake_test(a_safe_write_waits_for_the_hold_and_goes_next),
        fake_test(a_line_that_babbles_is_closed_and_opened),
        fake_test(instruments_are_greeted_after_open_and_hold),
        fake_test(no_transaction_may_exceed_the_longest),
        fake_test(an_answer_that_a_second_follows_is_not_taken),
        fake_test(in_doubt_an_answer_must_come_in_its_usual_time),
        fake_test(where_answers_are_late_nothing_is_asked_in_doubt),
        fake_test(an_answer_that_names_its_question_is_believed),
        fake_test(in_doubt_another_way_is_taken),
        fake_test(a_way_that_is_rejected_is_given_up),
        fake_test(a_way_beyond_takes_longer_ones_with_it),
        fake_test(another_refusal_says_nothing_of_longer_ways),
        fake_test(a_way_that_was_rejected_is_tried_again),
        fake_test(a_lost_write_casts_doubt_on_its_instrument_only),
        fake_test(the_first_try_does_not_wait_for_the_whole_timeout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
