/* Losing instruments and lines, and their return. */
#include "tests/unit/link/fake.h"

static bool dead[FAKE_INSTRUMENTS];
static bool unplugged;

static int world(const struct fake_event *event)
{
    if (event->kind == FAKE_CLOSE)
        return DRIVER_OK;
    if (unplugged)
        return event->kind == FAKE_OPEN ? DRIVER_TIMED_OUT : DRIVER_DISCONNECTED;
    if (event->kind == FAKE_OPEN || event->kind == FAKE_RECOVER)
        return DRIVER_OK;
    return dead[event->instrument] ? DRIVER_TIMED_OUT : DRIVER_OK;
}

static int reset_world(void **state)
{
    (void)state;
    memset(dead, 0, sizeof(dead));
    unplugged = false;
    return 0;
}

static bool changed(unsigned instrument, bool up)
{
    struct link_report report;
    while (fake_report(LINK_REPORT_INSTRUMENT, &report))
        if (report.instrument == instrument)
            return report.state.up == up && (up || report.state.why[0]);
    return false;
}

static void each_instrument_is_reported_up_before_its_values(void **state)
{
    struct link_report report;
    bool up[2] = {false, false};
    (void)state;
    fake_reset(2, 1);
    fake_assemble();
    fake_run_for(100 * MS);
    while (link_next_report(fake.link, &report)) {
        if (report.kind == LINK_REPORT_INSTRUMENT)
            up[report.instrument] = report.state.up;
        else
            assert_true(up[report.instrument]);
    }
    assert_true(up[0] && up[1]);
}

static void lost_after_as_many_polls_as_it_says(void **state)
{
    (void)state;
    for (unsigned limit = 1; limit <= 4; limit++) {
        fake_reset(1, 1);
        fake.instruments[0].lost_after = limit;
        fake.polls[0][0] = 400 * MS;
        fake_assemble();
        fake_run_for(450 * MS);
        fake_forget();
        dead[0] = true;
        fake.answer = world;
        while (!changed(0, false))
            fake_run_for(10 * MS);
        assert_int_equal(fake_count(FAKE_READ, 0), 2 * limit); /* each tried twice */
        dead[0] = false;
        fake_teardown(NULL);
    }
}

static void a_dead_unit_does_not_take_the_others_rate(void **state)
{
    (void)state;
    fake_reset(4, 3); /* 12 reads of 5 ms every 100 ms: 60 % */
    fake_start();
    dead[2] = true;
    fake.answer = world;
    fake_run_for(2000 * MS);
    assert_true(changed(2, false));
    fake_forget();
    fake_run_for(20000 * MS);
    for (unsigned instrument = 0; instrument < 4; instrument++)
        if (instrument != 2)
            assert_true(fake_count(FAKE_READ, instrument) >= 3 * 200 * 95 / 100);
    size_t probes = fake_count(FAKE_READ, 2);
    assert_in_range(probes, 5, 25);
    dead[2] = false;
    int64_t returned = fake.now;
    while (!changed(2, true))
        fake_run_for(10 * MS);
    assert_true(fake.now - returned <= 2000 * MS);
    fake_forget();
    fake_run_for(1000 * MS);
    assert_in_range(fake_count(FAKE_READ, 2), 29, 31);
}

/* Five of eight are dead: all their probes together leave the others what they need, 75 % of the line. */
static void many_dead_units_share_a_small_part_of_the_line(void **state)
{
    (void)state;
    fake_reset(8, 5);
    for (size_t i = 3; i < 8; i++)
        dead[i] = true;
    fake.answer = world;
    fake_assemble();
    fake_run_for(3000 * MS);
    fake_forget();
    fake_run_for(20000 * MS);
    for (unsigned i = 0; i < 3; i++)
        assert_true(fake_count(FAKE_READ, i) >= 5 * 200 * 95 / 100);
    for (unsigned i = 3; i < 8; i++)
        assert_true(fake_count(FAKE_READ, i) >= 2);
}

/* The loop asks again and again for what a silent unit should confirm: its neighbour is read meanwhile. */
static void reads_that_are_wanted_of_a_silent_unit_yield(void **state)
{
    (void)state;
    fake_reset(2, 2);
    fake.instruments[0].lost_after = 1000;
    fake.polls[0][0] = fake.polls[0][1] = 0;
    fake_start();
    dead[0] = true;
    fake.answer = world;
    for (int i = 0; i < 400; i++) {
        link_read(fake.link, 0, 0);
        link_read(fake.link, 0, 1);
        fake_run_for(10 * MS);
    }
    assert_true(fake_count(FAKE_READ, 1) >= 35);
}

static void a_safe_write_to_a_lost_instrument_is_tried_but_bounded(void **state)
{
    struct link_report report;
    size_t failed = 0;
    (void)state;
    fake_reset(2, 5);
    fake_start();
    dead[0] = true;
    fake.answer = world;
    while (!changed(0, false))
        fake_run_for(10 * MS);
    fake_forget();
    for (uint16_t point = 0; point < 5; point++)
        fake_put(LINK_SAFE, 0, point, 0, point, 0);
    fake_put(LINK_SAFE, 1, 0, 0, 9, 0);
    fake_run_for(400 * MS);
    assert_int_equal(fake_count(FAKE_WRITE, 1), 1);
    for (size_t i = 0; fake.events[i].kind != FAKE_WRITE || fake.events[i].instrument != 1; i++)
        assert_true(fake.events[i].kind != FAKE_WRITE); /* who answers goes first */
    assert_int_equal(fake_count(FAKE_WRITE, 0), 1);
    while (fake_report(LINK_REPORT_WRITTEN, &report)) {
        failed += report.instrument == 0 && report.written.result < 0;
        assert_true(report.written.result == 0 || report.written.why[0]);
    }
    assert_int_equal(failed, 5);
    fake_run_for(300 * MS);
    dead[0] = false;
    fake_put(LINK_SAFE, 0, 0, 0, 1, 0);
    fake_run_for(20 * MS);
    assert_true(changed(0, true)); /* it answered, so it was probed at once */
}

static void commands_and_heartbeats_to_a_lost_instrument_fail_at_once(void **state)
{
    struct link_report report;
    (void)state;
    fake_reset(2, 1);
    fake_start();
    link_set_epoch(fake.link, 0, 1);
    dead[0] = true;
    fake.answer = world;
    while (!changed(0, false))
        fake_run_for(10 * MS);
    fake_forget();
    fake_put(LINK_COMMAND, 0, 0, 0, 1, 1);
    fake_put(LINK_HEARTBEAT, 0, 0, 0, 2, 0);
    fake_run_for(10 * MS);
    for (int i = 0; i < 2; i++) {
        assert_true(fake_report(LINK_REPORT_WRITTEN, &report));
        assert_int_equal(report.written.result, DRIVER_DISCONNECTED);
        assert_true(report.written.why[0]);
    }
    assert_int_equal(fake_count(FAKE_WRITE, 0), 0);
}

static void a_line_that_cannot_be_opened_loses_all_at_once(void **state)
{
    struct link_report report;
    (void)state;
    fake_reset(3, 1);
    fake_start();
    unplugged = true;
    fake.answer = world;
    fake_run_for(250 * MS);
    bool down[3] = {false, false, false};
    while (fake_report(LINK_REPORT_INSTRUMENT, &report)) {
        assert_false(report.state.up);
        assert_non_null(strstr(report.state.why, "no such device"));
        down[report.instrument] = true;
    }
    assert_true(down[0] && down[1] && down[2]);
    fake_put(LINK_HEARTBEAT, 0, 0, 0, 1, 0);
    fake_run_for(10 * MS);
    assert_true(fake_report(LINK_REPORT_WRITTEN, &report));
    assert_int_equal(report.written.result, DRIVER_DISCONNECTED);

    fake_forget();
    fake_run_for(60 * LINK_SECOND);
    assert_in_range(fake_count(FAKE_OPEN, 0), 40, 85); /* 100 ms doubled up to 1.5 s, less up to a half */
    for (size_t i = fake.count - 5; i < fake.count; i++)
        assert_in_range(fake.events[i].began - fake.events[i - 1].began, 750 * MS, 1600 * MS);
    unplugged = false;
    fake_run_for(1600 * MS);
    for (unsigned i = 0; i < 3; i++)
        assert_true(fake.link->instruments[i].up);
}

static int takes_writes_only(const struct fake_event *event)
{
    return event->kind == FAKE_READ ? DRIVER_TIMED_OUT : DRIVER_OK;
}

/* Promise S2: its loss is an edge, however well its heartbeat is acknowledged. */
static void an_instrument_that_only_takes_writes_is_lost(void **state)
{
    (void)state;
    fake_reset(1, 2);
    fake_start();
    fake_forget();
    fake.answer = takes_writes_only;
    for (int i = 0; i < 20; i++) {
        fake_put(LINK_HEARTBEAT, 0, 0, i, 1, 0);
        fake_run_for(50 * MS);
    }
    assert_true(changed(0, false));
}

static int hiccup(const struct fake_event *event)
{
    return event->kind == FAKE_READ && !event->instrument && fake_count(FAKE_READ, 0) == 1
               ? DRIVER_DISCONNECTED
               : DRIVER_OK;
}

static void a_line_that_opens_again_at_once_loses_nothing(void **state)
{
    struct link_report report;
    (void)state;
    fake_reset(2, 1);
    fake_start();
    fake.answer = hiccup;
    fake_run_for(300 * MS);
    assert_int_equal(fake_count(FAKE_OPEN, 0), 1);
    assert_false(fake_report(LINK_REPORT_INSTRUMENT, &report));
}

static int opens_but_hangs_up(const struct fake_event *event)
{
    return event->kind == FAKE_READ ? DRIVER_DISCONNECTED : DRIVER_OK;
}

static void a_line_that_opens_but_hangs_up_backs_off(void **state)
{
    (void)state;
    fake_reset(1, 1);
    fake_start();
    fake.answer = opens_but_hangs_up;
    fake_run_for(500 * MS);
    assert_true(changed(0, false));
    fake_forget();
    fake_run_for(60 * LINK_SECOND);
    assert_in_range(fake_count(FAKE_OPEN, 0), 40, 85);
}

static void a_safe_write_does_not_wait_for_the_back_off(void **state)
{
    struct link_report report;
    (void)state;
    fake_reset(1, 1);
    fake_start();
    unplugged = true;
    fake.answer = world;
    fake_run_for(30 * LINK_SECOND);
    fake_run(fake.link->port.tried_at + 200 * MS);
    fake_forget();
    unplugged = false;
    fake_put(LINK_SAFE, 0, 0, 3, 1, 0);
    fake_run_for(20 * MS);
    assert_true(fake_report(LINK_REPORT_WRITTEN, &report));
    assert_int_equal(report.written.result, DRIVER_OK);
}

static void a_loss_and_return_that_nobody_saw_both_show(void **state)
{
    struct link_report report;
    (void)state;
    fake_reset(1, 1);
    fake_start();
    fake.answer = world;
    for (int i = 0; i < 3; i++) {
        dead[0] = true;
        fake_run_for(3000 * MS);
        dead[0] = false;
        fake_run_for(3000 * MS);
    }
    assert_true(fake_report(LINK_REPORT_INSTRUMENT, &report));
    assert_false(report.state.up);
    assert_true(fake_report(LINK_REPORT_INSTRUMENT, &report));
    assert_true(report.state.up);
    assert_false(fake_report(LINK_REPORT_INSTRUMENT, &report));
}

static void drivers_of_two_transports_do_not_share_a_line(void **state)
{
    static const struct driver_transport other = {"other", fake_open, fake_close, fake_recover, NULL};
    const struct link_clock clock = {.now = fake_now};
    struct driver second;
    struct driver_fault fault;
    (void)state;
    fake_reset(2, 1);
    second = fake.driver;
    second.transport = &other;
    fake.instruments[1].driver = &second;
    assert_int_equal(link_assemble(&fake.spec, fake.wake, &clock, &fake.link, &fault), LINK_BAD_DRIVER);
    assert_null(fake.link);
    assert_true(fault.text[0]);
}

#define world_test(function) cmocka_unit_test_setup_teardown(function, reset_world, fake_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(each_instrument_is_reported_up_before_its_values),
        world_test(lost_after_as_many_polls_as_it_says),
        world_test(a_dead_unit_does_not_take_the_others_rate),
        world_test(many_dead_units_share_a_small_part_of_the_line),
        world_test(reads_that_are_wanted_of_a_silent_unit_yield),
        world_test(a_safe_write_to_a_lost_instrument_is_tried_but_bounded),
        world_test(commands_and_heartbeats_to_a_lost_instrument_fail_at_once),
        world_test(a_line_that_cannot_be_opened_loses_all_at_once),
        world_test(an_instrument_that_only_takes_writes_is_lost),
        world_test(a_line_that_opens_again_at_once_loses_nothing),
        world_test(a_line_that_opens_but_hangs_up_backs_off),
        world_test(a_safe_write_does_not_wait_for_the_back_off),
        world_test(a_loss_and_return_that_nobody_saw_both_show),
        world_test(drivers_of_two_transports_do_not_share_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
