/* Promise S4: no write of an older epoch reaches the line once the new one is acknowledged. */
#include "tests/unit/link/fake.h"

static bool acknowledged(uint64_t epoch)
{
    struct link_report report;
    while (fake_report(LINK_REPORT_EPOCH, &report))
        if (report.epoch.epoch == epoch)
            return true;
    return false;
}

static void queued_commands_of_an_older_epoch_die(void **state)
{
    struct link_report report;
    (void)state;
    fake_reset(2, 1);
    fake.instruments[1].rig = 1;
    fake_start();
    link_set_epoch(fake.link, 0, 1);
    link_set_epoch(fake.link, 1, 1);
    fake_forget();
    fake_put(LINK_COMMAND, 0, 0, 1, 1, 1);
    fake_put(LINK_COMMAND, 1, 0, 2, 2, 1); /* of the other rig: not touched */
    link_set_epoch(fake.link, 0, 2);
    assert_true(link_next_report(fake.link, &report));
    assert_int_equal(report.kind, LINK_REPORT_WRITTEN);
    assert_int_equal(report.written.ticket, 1);
    assert_int_equal(report.written.result, LINK_OLD_EPOCH);
    assert_true(acknowledged(2));
    fake_run_for(50 * MS);
    assert_int_equal(fake_count(FAKE_WRITE, 0), 0);
    assert_int_equal(fake_count(FAKE_WRITE, 1), 1);
}

/* A command that comes late with an old epoch meets the last check, immediately before the line. */
static void a_command_of_another_epoch_is_refused_at_the_line(void **state)
{
    struct link_report report;
    (void)state;
    fake_reset(1, 1);
    fake_start();
    link_set_epoch(fake.link, 0, 5);
    fake_forget();
    fake_put(LINK_COMMAND, 0, 0, 1, 1, 4);
    fake_run_for(50 * MS);
    assert_true(fake_report(LINK_REPORT_WRITTEN, &report));
    assert_int_equal(report.written.result, LINK_OLD_EPOCH);
    assert_int_equal(fake_count(FAKE_WRITE, 0), 0);
}

static int change_epoch_meanwhile(const struct fake_event *event)
{
    if (event->kind == FAKE_WRITE && event->value == 1) {
        link_set_epoch(fake.link, 0, 2);
        link_set_epoch(fake.link, 1, 2);
        struct link_report report;
        bool mine = false, other = false;
        while (fake_report(LINK_REPORT_EPOCH, &report)) {
            mine |= report.epoch.rig == 0;
            other |= report.epoch.rig == 1;
        }
        assert_false(mine);
        assert_true(other);
    }
    return DRIVER_OK;
}

static void the_acknowledgement_waits_for_the_write_in_flight(void **state)
{
    (void)state;
    fake_reset(1, 1);
    fake_start();
    link_set_epoch(fake.link, 0, 1);
    fake_forget();
    fake.answer = change_epoch_meanwhile;
    fake_put(LINK_COMMAND, 0, 0, 1, 1, 1);
    fake_run_for(20 * MS);
    assert_int_equal(fake_count(FAKE_WRITE, 0), 1);
    assert_true(acknowledged(2));
}

static int time_out_and_change_epoch(const struct fake_event *event)
{
    struct link_report report;
    if (event->kind == FAKE_WRITE) {
        link_set_epoch(fake.link, 0, 2);
        return DRIVER_TIMED_OUT;
    }
    if (event->kind == FAKE_RECOVER)
        assert_false(fake_report(LINK_REPORT_EPOCH, &report));
    return DRIVER_OK;
}

/* The bytes of a write that was not answered may still sit in an adapter or a socket. */
static void the_acknowledgement_waits_for_the_hold_after_a_lost_write(void **state)
{
    (void)state;
    fake_reset(1, 1);
    fake_start();
    link_set_epoch(fake.link, 0, 1);
    fake_forget();
    fake.answer = time_out_and_change_epoch;
    fake_put(LINK_COMMAND, 0, 0, 1, 1, 1);
    fake_run_for(200 * MS);
    assert_true(fake_count(FAKE_RECOVER, 0) > 0);
    assert_true(acknowledged(2));
}

static int disconnect_and_change_epoch(const struct fake_event *event)
{
    if (event->kind == FAKE_WRITE)
        link_set_epoch(fake.link, 0, 2);
    return event->kind == FAKE_WRITE  ? DRIVER_DISCONNECTED
           : event->kind == FAKE_OPEN ? DRIVER_TIMED_OUT
                                      : DRIVER_OK;
}

/* Behind the line may be a gateway that carries the command out all the same, so a silence comes first. */
static void a_closed_line_acknowledges(void **state)
{
    (void)state;
    fake_reset(1, 1);
    fake_start();
    link_set_epoch(fake.link, 0, 1);
    fake_forget();
    fake.answer = disconnect_and_change_epoch;
    fake_put(LINK_COMMAND, 0, 0, 1, 1, 1);
    while (!fake_count(FAKE_CLOSE, 0))
        fake_run_for(MS);
    int64_t closed = fake.now;
    fake_run(closed + fake.link->port.quiet - 2 * MS);
    assert_false(acknowledged(2));
    fake_run_for(200 * MS);
    for (size_t i = 0; i < fake.count; i++)
        assert_true(fake.events[i].kind != FAKE_OPEN ||
                    fake.events[i].began >= closed + fake.link->port.quiet - 2 * MS);
    assert_true(acknowledged(2));
    link_set_epoch(fake.link, 0, 3);
    assert_true(acknowledged(3));
}

static int time_out_and_babble(const struct fake_event *event)
{
    struct link_report report;
    if (event->kind == FAKE_WRITE)
        link_set_epoch(fake.link, 0, 2);
    if (event->kind == FAKE_RECOVER)
        assert_false(fake_report(LINK_REPORT_EPOCH, &report));
    return event->kind == FAKE_CLOSE ? DRIVER_OK : DRIVER_TIMED_OUT;
}

static void a_hold_that_fails_closes_the_line_and_acknowledges(void **state)
{
    (void)state;
    fake_reset(1, 1);
    fake_start();
    link_set_epoch(fake.link, 0, 1);
    fake_forget();
    fake.answer = time_out_and_babble;
    fake_put(LINK_COMMAND, 0, 0, 1, 1, 1);
    fake_run_for(1000 * MS);
    assert_int_equal(fake_count(FAKE_CLOSE, 0), 1);
    assert_true(acknowledged(2));
}

static void safe_writes_and_heartbeats_have_no_epoch(void **state)
{
    struct link_report report;
    (void)state;
    fake_reset(1, 2);
    fake_start();
    link_set_epoch(fake.link, 0, 9);
    fake_put(LINK_SAFE, 0, 0, 1, 1, 0);
    fake_put(LINK_HEARTBEAT, 0, 1, 1, 2, 0);
    fake_run_for(50 * MS);
    for (int i = 0; i < 2; i++) {
        assert_true(fake_report(LINK_REPORT_WRITTEN, &report));
        assert_int_equal(report.written.result, DRIVER_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fake_test(queued_commands_of_an_older_epoch_die),
        fake_test(a_command_of_another_epoch_is_refused_at_the_line),
        fake_test(the_acknowledgement_waits_for_the_write_in_flight),
        fake_test(the_acknowledgement_waits_for_the_hold_after_a_lost_write),
        fake_test(a_closed_line_acknowledges),
        fake_test(a_hold_that_fails_closes_the_line_and_acknowledges),
        fake_test(safe_writes_and_heartbeats_have_no_epoch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
