/* Promise S8, the button itself: the first press is an edge at once, those of a stop that is latched already
 * are at most one a second, and none is lost. */
#include "tests/unit/rig/bench.h"

static struct bench *controlled(uint32_t *seat)
{
    struct bench *b = bench_new();
    bench_start(b);
    *seat = bench_controlled(b);
    return b;
}

static void press(struct bench *b, uint32_t seat)
{
    assert_int_equal(bench_ask(b, RIG_EVENT_STOP, seat), RIG_ACCEPTED);
}

static struct rig_event of_technician(enum rig_event_kind kind)
{
    return (struct rig_event){
        .kind = kind, .person = {.account = 5, .role = RIG_TECHNICIAN}
    };
}

static void reset(struct bench *b)
{
    const struct rig_event event = of_technician(RIG_EVENT_RESET);
    bench_event(b, &event);
    assert_false(rig_durable(b->rig)->stopped);
}

/* Lets time pass until this instant, and does not look at it: what the core does is its deadline's. */
static void pass_until(struct bench *b, int64_t instant)
{
    bench_pass(b, instant - b->now);
    assert_int_equal(b->now, instant);
}

static size_t edges(const struct bench *b, size_t since)
{
    size_t count = 0;
    for (size_t i = since; i < b->logged; i++)
        count += b->log[i].kind == RIG_ACTION_EPOCH && b->log[i].link == 0;
    return count;
}

static void test_the_first_press_is_an_edge_at_once(void **state)
{
    (void)state;
    uint32_t seat;
    struct bench *b = controlled(&seat);
    size_t since = b->logged;
    press(b, seat);
    assert_int_equal(edges(b, since), 1);
    assert_int_equal(bench_writes(b, since, PUMP, true), 1);
    reset(b);
    since = b->logged;
    press(b, seat); /* within the second, but of a stop that was reset */
    assert_int_equal(edges(b, since), 1);
    bench_free(b);
}

static void test_presses_of_a_latched_stop_are_one_edge_a_second(void **state)
{
    (void)state;
    uint32_t seat;
    struct bench *b = controlled(&seat);
    int64_t first = b->now;
    press(b, seat);
    pass_until(b, first + 500 * MS);
    size_t since = b->logged;
    for (int i = 0; i < 20; i++) {
        press(b, seat);
        bench_pass(b, 10 * MS);
    }
    assert_int_equal(edges(b, since), 0);
    assert_int_equal(bench_records(b, since, RIG_RECORD_STOP), 20);
    pass_until(b, first + S - 1);
    assert_int_equal(bench_writes(b, since, PUMP, true), 0);
    assert_int_equal(rig_next_deadline(b->rig), first + S);
    bench_pass(b, 1);
    assert_int_equal(edges(b, since), 1);
    assert_int_equal(bench_writes(b, since, PUMP, true), 1);
    bench_pass(b, 3 * S);
    assert_int_equal(edges(b, since), 1); /* all twenty */
    assert_int_equal(rig_condition(b->rig), RIG_SAFE);
    since = b->logged;
    press(b, seat); /* a second and more since the last edge */
    assert_int_equal(edges(b, since), 1);
    bench_free(b);
}

/* Pressed without a pause: each second of it begins with one edge, from the first second on. */
static void test_leaning_is_an_edge_a_second(void **state)
{
    (void)state;
    uint32_t seat;
    struct bench *b = controlled(&seat);
    size_t since = b->logged;
    int64_t first = b->now;
    while (b->now < first + 5 * S - 20 * MS) {
        press(b, seat);
        bench_pass(b, 10 * MS);
    }
    assert_int_equal(edges(b, since), 5);
    assert_true(bench_records(b, since, RIG_RECORD_STOP) > 400);
    bench_free(b);
}

/* It joins the run that is under way, as each edge does: written again at once, and the sequence once more.
 */
static void test_a_press_that_was_put_off_joins_a_run(void **state)
{
    (void)state;
    uint32_t seat;
    struct bench *b = controlled(&seat);
    int64_t first = b->now;
    press(b, seat);
    press(b, seat);
    pass_until(b, first + 800 * MS);
    b->mute[PLC] = true; /* the run that begins now does not end before the press is an edge */
    bench_instrument(b, PANEL, false);
    bench_instrument(b, PANEL, true);
    size_t since = b->logged;
    pass_until(b, first + S - 1);
    assert_int_equal(bench_writes(b, since, LAMP, true), 0);
    bench_pass(b, 1);
    assert_int_equal(bench_writes(b, since, LAMP, true), 1);
    assert_true(rig_is_making_safe(b->rig));
    b->mute[PLC] = false;
    bench_pass(b, 5 * S);
    assert_true(bench_writes(b, since, LAMP, true) > 1);
    assert_int_equal(rig_condition(b->rig), RIG_SAFE);
    bench_free(b);
}

/* Who has control after a reset is not made safe for a press before it. */
static void test_a_reset_brings_the_edge_that_was_put_off(void **state)
{
    (void)state;
    uint32_t seat;
    struct bench *b = controlled(&seat);
    press(b, seat);
    bench_pass(b, 300 * MS);
    press(b, seat);
    assert_int_equal(bench_ask(b, RIG_EVENT_RESET, seat), RIG_NOT_ALLOWED);
    size_t since = b->logged;
    reset(b);
    assert_int_equal(edges(b, since), 1);
    assert_int_equal(bench_writes(b, since, PUMP, true), 1);
    bench_work(b);
    assert_int_equal(bench_ask(b, RIG_EVENT_TAKE, seat), RIG_ACCEPTED);
    since = b->logged;
    bench_pass(b, 2 * S);
    assert_int_equal(edges(b, since), 0);
    assert_int_equal(rig_condition(b->rig), RIG_CONTROLLED);
    bench_free(b);
}

static void test_a_reset_without_such_a_press_is_no_edge(void **state)
{
    (void)state;
    uint32_t seat;
    struct bench *b = controlled(&seat);
    press(b, seat);
    bench_pass(b, 300 * MS);
    press(b, seat);
    bench_pass(b, S);
    size_t since = b->logged;
    reset(b);
    assert_int_equal(edges(b, since), 0);
    bench_free(b);
}

static void ends_session(struct bench *b, uint32_t seat)
{
    (void)seat;
    bench_ask(b, RIG_EVENT_SESSION_END, 0);
}

static void leaves(struct bench *b, uint32_t seat)
{
    bench_ask(b, RIG_EVENT_LEAVE, seat);
}

static void locks_out(struct bench *b, uint32_t seat)
{
    (void)seat;
    const struct rig_event event = {
        .kind = RIG_EVENT_LOCKOUT, .lockout = {.set = true, .account = 9}
    };
    bench_event(b, &event);
}

static void shuts_down(struct bench *b, uint32_t seat)
{
    (void)seat;
    bench_ask(b, RIG_EVENT_SHUTDOWN, 0);
}

static void clears(struct bench *b, uint32_t seat)
{
    (void)seat;
    const struct rig_event event = of_technician(RIG_EVENT_CLEAR);
    bench_event(b, &event);
}

static void loses_an_instrument(struct bench *b, uint32_t seat)
{
    (void)seat;
    bench_instrument(b, PANEL, false);
}

/* Whatever comes between the press and its edge. */
static void test_a_press_is_never_lost(void **state)
{
    (void)state;
    static void (*const between[])(struct bench *, uint32_t) = {ends_session, leaves, locks_out,
                                                                shuts_down,   clears, loses_an_instrument};
    for (size_t i = 0; i < sizeof between / sizeof *between; i++) {
        uint32_t seat;
        struct bench *b = controlled(&seat);
        int64_t first = b->now;
        press(b, seat);
        press(b, seat);
        pass_until(b, first + 500 * MS);
        between[i](b, seat);
        bench_work(b);
        pass_until(b, first + S - 1);
        size_t since = b->logged;
        bench_pass(b, 1);
        assert_int_equal(edges(b, since), 1);
        assert_int_equal(bench_writes(b, since, PUMP, true), 1);
        bench_pass(b, 10 * S);
        assert_int_equal(rig_controller(b->rig), 0);
        bench_free(b);
    }
}

/* The sequence runs anew, and no more often. */
static void test_a_press_in_quarantine(void **state)
{
    (void)state;
    uint32_t seat;
    struct bench *b = controlled(&seat);
    bench_set(b, seat, PUMP, 30);
    b->stuck = true;
    press(b, seat);
    bench_pass(b, 12 * S);
    assert_int_equal(rig_condition(b->rig), RIG_QUARANTINED);
    assert_false(rig_is_making_safe(b->rig));
    size_t since = b->logged;
    press(b, seat);
    press(b, seat);
    assert_int_equal(bench_records(b, since, RIG_RECORD_SAFE_BEGIN), 1);
    b->stuck = false;
    bench_pass(b, 500 * MS);
    assert_int_equal(bench_records(b, since, RIG_RECORD_SAFE_BEGIN), 1);
    bench_pass(b, S);
    assert_int_equal(edges(b, since), 2);
    assert_int_equal(rig_condition(b->rig), RIG_QUARANTINED);
    bench_free(b);
}

/* A restart is an edge itself; what was pressed before it is not remembered. */
static void test_a_restart_with_a_latched_stop(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    const struct rig_durable durable = {.stopped = true};
    b->now = 1; /* a clock that has just begun */
    bench_create(b, 200, &durable);
    struct rig_event event = of_technician(RIG_EVENT_STOP);
    bench_event(b, &event);
    size_t since = b->logged;
    bench_event(b, &event);
    assert_int_equal(edges(b, since), 0);
    bench_pass(b, S);
    assert_int_equal(edges(b, since), 1);
    bench_free(b);
}

/* The shell slept, or the clock leapt: the press that was put off is due before the one that comes, which is
 * put off in its turn. */
static void test_a_press_beside_a_leap(void **state)
{
    (void)state;
    uint32_t seat;
    struct bench *b = controlled(&seat);
    press(b, seat);
    press(b, seat);
    size_t since = b->logged;
    b->now += 5 * S;
    const struct rig_event event = of_technician(RIG_EVENT_STOP);
    bench_event(b, &event);
    assert_int_equal(edges(b, since), 1);
    int64_t leapt = b->now;
    pass_until(b, leapt + S - 1);
    since = b->logged;
    bench_pass(b, 1);
    assert_int_equal(edges(b, since), 1);
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_press_is_an_edge_at_once),
        cmocka_unit_test(test_presses_of_a_latched_stop_are_one_edge_a_second),
        cmocka_unit_test(test_leaning_is_an_edge_a_second),
        cmocka_unit_test(test_a_press_that_was_put_off_joins_a_run),
        cmocka_unit_test(test_a_reset_brings_the_edge_that_was_put_off),
        cmocka_unit_test(test_a_reset_without_such_a_press_is_no_edge),
        cmocka_unit_test(test_a_press_is_never_lost),
        cmocka_unit_test(test_a_press_in_quarantine),
        cmocka_unit_test(test_a_restart_with_a_latched_stop),
        cmocka_unit_test(test_a_press_beside_a_leap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
