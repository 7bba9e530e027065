/* What goes first, what replaces what, and that every write is reported. */
#include "tests/unit/link/fake.h"

static void safe_writes_overtake_everything(void **state)
{
    (void)state;
    fake_reset(1, 6);
    fake.instruments[0].instrument.waveforms = &fake_waveform;
    fake.instruments[0].instrument.waveform_count = 1;
    fake.record_bytes = 10000;
    fake_start();
    link_set_epoch(fake.link, 0, 7);
    fake_run_for(95 * MS);
    fake.now += 100 * MS; /* all polls are due now */
    fake_forget();
    assert_int_equal(link_capture(fake.link, &(struct link_capture){.ticket = 9}), LINK_OK);
    assert_int_equal(fake_put(LINK_COMMAND, 0, 3, 30, 4, 7), LINK_OK);
    link_read(fake.link, 0, 5);
    assert_int_equal(fake_put(LINK_HEARTBEAT, 0, 2, 20, 3, 0), LINK_OK);
    assert_int_equal(fake_put(LINK_SAFE, 0, 1, 10, 2, 0), LINK_OK);
    assert_int_equal(fake_put(LINK_SAFE, 0, 0, 0, 1, 0), LINK_OK);
    fake_run_for(150 * MS);
    static const struct {
        enum fake_kind kind;
        uint16_t point;
    } expected[] = {
        {FAKE_WRITE, 1},
        {FAKE_WRITE, 0},
        {FAKE_WRITE, 2},
        {FAKE_READ,  5},
        {FAKE_READ,  0}, /* one poll that is due before the next command */
        {FAKE_WRITE, 3}
    };
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(fake.events[i].kind, expected[i].kind);
        assert_int_equal(fake.events[i].point, expected[i].point);
    }
    size_t reads = 0;
    while (fake.events[6 + reads].kind == FAKE_READ)
        reads++;
    assert_true(reads >= 4); /* points 5 and 0 have been read already */
    assert_int_equal(fake.events[6 + reads].kind, FAKE_BEGIN);
}

static void a_newer_value_replaces_an_older(void **state)
{
    struct link_report report;
    (void)state;
    fake_reset(1, 2);
    fake_start();
    fake_put(LINK_SAFE, 0, 0, 1, 11, 0);
    fake_put(LINK_SAFE, 0, 0, 2, 12, 0);
    assert_true(fake_report(LINK_REPORT_WRITTEN, &report));
    assert_int_equal(report.written.ticket, 11);
    assert_int_equal(report.written.result, LINK_REPLACED);
    fake_run_for(50 * MS);
    assert_true(fake_report(LINK_REPORT_WRITTEN, &report));
    assert_int_equal(report.written.ticket, 12);
    assert_int_equal(report.written.result, DRIVER_OK);
    assert_false(fake_report(LINK_REPORT_WRITTEN, &report));
    assert_int_equal(fake_count(FAKE_WRITE, 0), 1);
    assert_true(fake.values[0][0] == 2);
}

static void a_safe_write_replaces_waiting_commands_to_its_output(void **state)
{
    struct link_report report;
    (void)state;
    fake_reset(1, 2);
    fake_start();
    link_set_epoch(fake.link, 0, 1);
    fake_forget();
    fake_put(LINK_COMMAND, 0, 0, 50, 1, 1);
    fake_put(LINK_COMMAND, 0, 1, 60, 2, 1);
    fake_put(LINK_SAFE, 0, 0, 0, 3, 0);
    fake_run_for(50 * MS);
    int results[4] = {1, 1, 1, 1};
    while (fake_report(LINK_REPORT_WRITTEN, &report))
        results[report.written.ticket] = report.written.result;
    assert_int_equal(results[1], LINK_REPLACED);
    assert_int_equal(results[2], DRIVER_OK);
    assert_int_equal(results[3], DRIVER_OK);
    assert_true(fake.values[0][0] == 0);
    assert_true(fake.values[0][1] == 60);
}

/* Promise S2: no number of edges keeps a safe write from the line. Six take 30 ms each, and somebody asks for
 * all of them every 100 ms. */
static void safe_writes_that_are_put_again_keep_their_turn(void **state)
{
    (void)state;
    fake_reset(1, 6);
    fake_start();
    fake.cost = 30 * MS;
    uint32_t ticket = 0;
    for (int edge = 0; edge < 3; edge++) {
        for (uint16_t point = 0; point < 6; point++)
            fake_put(LINK_SAFE, 0, point, 7, ++ticket, 0);
        fake_run_for(100 * MS);
    }
    size_t first = 0;
    while (fake.events[first].kind != FAKE_WRITE || fake.events[first].point != 5)
        assert_true(++first < fake.count);
    assert_true(fake.events[first].began <= fake.events[0].began + (6 + 1) * 30 * MS);
}

static void a_command_whose_time_has_passed_does_not_go_out(void **state)
{
    struct link_report report;
    (void)state;
    fake_reset(1, 2);
    fake_start();
    link_set_epoch(fake.link, 0, 1);
    fake_forget();
    fake.cost = 200 * MS;
    fake_put(LINK_SAFE, 0, 1, 0, 1, 0);
    int64_t until = fake.now + 100 * MS;
    for (uint32_t i = 0; i < 2; i++)
        link_write(fake.link, &(struct link_write){.priority = LINK_COMMAND,
                                                   .epoch = 1,
                                                   .ticket = 2 + i,
                                                   .until = i ? INT64_MAX : until,
                                                   .value = {.number = 50 + i}});
    fake_run_for(2000 * MS);
    int results[4] = {1, 1, 1, 1};
    while (fake_report(LINK_REPORT_WRITTEN, &report))
        results[report.written.ticket] = report.written.result;
    assert_int_equal(results[2], LINK_TOO_LATE);
    assert_int_equal(results[3], DRIVER_OK);
    assert_int_equal(fake_count(FAKE_WRITE, 0), 2); /* one to each output */
    assert_true(fake.values[0][0] == 51);
}

static bool silent_once;

static int first_is_silent_once(const struct fake_event *event)
{
    bool silent =
        silent_once && event->instrument == 0 && (event->kind == FAKE_WRITE || event->kind == FAKE_GREET);
    silent_once &= !silent;
    return silent ? DRIVER_TIMED_OUT : DRIVER_OK;
}

static void put_until(unsigned instrument, uint32_t ticket, int64_t until)
{
    link_write(fake.link, &(struct link_write){.priority = LINK_COMMAND,
                                               .instrument = (uint16_t)instrument,
                                               .epoch = 1,
                                               .ticket = ticket,
                                               .until = until,
                                               .value = {.number = 50 + ticket}});
}

/* What the first unit costs, a silence and a greeting or a hold, is not its neighbour's: what is said to have
 * been written has been. */
static void a_command_behind_one_that_is_late_is_sent(void **state)
{
    struct link_report report;
    (void)state;
    for (int greets = 0; greets < 2; greets++) {
        fake_reset(2, 2);
        fake.greets = greets;
        for (size_t i = 0; i < 4; i++)
            fake.polls[i / 2][i % 2] = 10 * LINK_SECOND;
        fake_start();
        link_set_epoch(fake.link, 0, 1);
        fake_forget();
        fake.answer = first_is_silent_once;
        silent_once = true;
        put_until(0, 1, fake.now + 50 * MS);
        put_until(1, 2, INT64_MAX);
        if (greets)
            fake.link->instruments[0].greeted = false;
        else
            fake_put(LINK_SAFE, 0, 1, 0, 3, 0);
        fake_run_for(500 * MS);
        int results[4] = {1, 1, 1, 1};
        while (fake_report(LINK_REPORT_WRITTEN, &report))
            results[report.written.ticket] = report.written.result;
        assert_int_equal(results[1], LINK_TOO_LATE);
        assert_int_equal(results[2], DRIVER_OK);
        assert_int_equal(fake_count(FAKE_WRITE, 1), 1);
        assert_true(fake.values[1][0] == 52);
        fake_teardown(NULL);
    }
}

static void commands_are_bounded_until_their_reports_are_taken(void **state)
{
    struct link_report report;
    (void)state;
    fake_reset(1, 2);
    fake_start();
    link_set_epoch(fake.link, 0, 1);
    fake_forget();
    for (uint32_t i = 0; i < LINK_COMMANDS_MAX; i++)
        assert_int_equal(fake_put(LINK_COMMAND, 0, 0, i, i, 1), LINK_OK);
    assert_int_equal(fake_put(LINK_COMMAND, 0, 0, 0, 99, 1), LINK_FULL);
    fake_run_for(2000 * MS);
    assert_int_equal(fake_put(LINK_COMMAND, 0, 0, 0, 99, 1), LINK_FULL);
    for (uint32_t i = 0; i < LINK_COMMANDS_MAX; i++) {
        assert_true(fake_report(LINK_REPORT_WRITTEN, &report));
        assert_int_equal(report.written.ticket, i);
        assert_int_equal(report.written.result, DRIVER_OK);
    }
    assert_int_equal(fake_put(LINK_COMMAND, 0, 0, 0, 99, 1), LINK_OK);
}

static void safe_writes_are_taken_even_when_nobody_takes_reports(void **state)
{
    struct link_health health;
    (void)state;
    fake_reset(1, 2);
    fake_start();
    link_set_epoch(fake.link, 0, 1);
    for (uint32_t i = 0; i < LINK_COMMANDS_MAX; i++)
        fake_put(LINK_COMMAND, 0, 1, i, i, 1);
    for (uint32_t i = 0; i < 1000; i++) {
        assert_int_equal(fake_put(LINK_SAFE, 0, 0, i, 1000 + i, 0), LINK_OK);
        if (i % 10 == 0)
            fake_run_for(10 * MS);
    }
    fake_run_for(2000 * MS);
    assert_true(fake.values[0][0] == 999);
    link_health(fake.link, &health);
    assert_true(health.dropped_reports > 0);
    struct link_report report;
    size_t commands = 0;
    while (fake_report(LINK_REPORT_WRITTEN, &report))
        commands += report.written.priority == LINK_COMMAND;
    assert_int_equal(commands, LINK_COMMANDS_MAX);
}

static void what_does_not_exist_is_refused(void **state)
{
    (void)state;
    fake_reset(1, 2);
    fake.points[1].writable = false;
    fake_start();
    assert_int_equal(fake_put(LINK_SAFE, 1, 0, 0, 1, 0), LINK_NO_SUCH);
    assert_int_equal(fake_put(LINK_SAFE, 0, 2, 0, 1, 0), LINK_NO_SUCH);
    assert_int_equal(fake_put(LINK_SAFE, 0, 1, 0, 1, 0), LINK_NO_SUCH);
    assert_int_equal(link_capture(fake.link, &(struct link_capture){.instrument = 0}), LINK_NO_SUCH);
    link_read(fake.link, 0, 77);
    link_set_epoch(fake.link, 9, 1);
}

static int fail_first_write(const struct fake_event *event)
{
    return event->kind == FAKE_WRITE && fake_count(FAKE_WRITE, 0) == 1 ? DRIVER_TIMED_OUT : DRIVER_OK;
}

static void a_safe_write_is_sent_again(void **state)
{
    struct link_report report;
    (void)state;
    fake_reset(1, 1);
    fake_start();
    fake.answer = fail_first_write;
    fake_put(LINK_SAFE, 0, 0, 5, 1, 0);
    fake_run_for(200 * MS);
    assert_int_equal(fake.events[0].kind, FAKE_WRITE);
    assert_int_equal(fake.events[1].kind, FAKE_RECOVER);
    assert_int_equal(fake.events[2].kind, FAKE_WRITE);
    assert_true(fake_report(LINK_REPORT_WRITTEN, &report));
    assert_int_equal(report.written.result, DRIVER_OK);
    assert_false(fake_report(LINK_REPORT_WRITTEN, &report));
}

static int newer_safe_value_comes(const struct fake_event *event)
{
    if (event->kind != FAKE_WRITE || fake_count(FAKE_WRITE, 0) != 1)
        return DRIVER_OK;
    fake_put(LINK_SAFE, 0, 0, 6, 2, 0);
    return DRIVER_TIMED_OUT;
}

static void a_failed_safe_write_does_not_come_after_a_newer(void **state)
{
    struct link_report report;
    (void)state;
    fake_reset(1, 1);
    fake_start();
    fake.answer = newer_safe_value_comes;
    fake_put(LINK_SAFE, 0, 0, 5, 1, 0);
    fake_run_for(400 * MS);
    assert_int_equal(fake_count(FAKE_WRITE, 0), 2);
    assert_true(fake.values[0][0] == 6);
    assert_true(fake_report(LINK_REPORT_WRITTEN, &report));
    assert_int_equal(report.written.ticket, 1);
    assert_int_equal(report.written.result, LINK_REPLACED);
    assert_true(fake_report(LINK_REPORT_WRITTEN, &report));
    assert_int_equal(report.written.ticket, 2);
}

/* Promise S12: what the inputs of interlocks show does not depend on how much somebody commands. */
static void a_flood_of_commands_does_not_keep_polls_from_being_made(void **state)
{
    (void)state;
    fake_reset(1, 6);
    fake_start();
    link_set_epoch(fake.link, 0, 1);
    fake_forget();
    for (int i = 0; i < 200; i++) {
        for (uint32_t k = 0; fake_put(LINK_COMMAND, 0, 5, k, 1000 + k, 1) == LINK_OK; k++)
            ;
        struct link_report report;
        fake_run_for(10 * MS);
        while (link_next_report(fake.link, &report))
            link_read(fake.link, 0, 5);
    }
    size_t polls = 0;
    for (size_t i = 0; i < fake.count; i++)
        polls += fake.events[i].kind == FAKE_READ && fake.events[i].point < 5;
    assert_true(polls >= 5 * 19); /* of 20 turns */
    assert_true(fake_count(FAKE_WRITE, 0) >= 100);
}

static int no_write_to_1(const struct fake_event *event)
{
    return event->kind == FAKE_WRITE && event->instrument == 1 ? DRIVER_TIMED_OUT : DRIVER_OK;
}

static void an_instrument_that_takes_no_write_yields_too(void **state)
{
    (void)state;
    fake_reset(2, 6);
    fake_start();
    fake_forget();
    fake.answer = no_write_to_1;
    for (int i = 0; i < 60; i++) {
        fake_put(LINK_HEARTBEAT, 1, 0, i, 1, 0);
        fake_run_for(5 * MS);
    }
    size_t beats = 0, reads_between = 1;
    for (size_t i = 0; i < fake.count; i++) {
        if (fake.events[i].kind == FAKE_READ && fake.events[i].instrument == 0)
            reads_between++;
        if (fake.events[i].kind != FAKE_WRITE)
            continue;
        assert_true(reads_between >= (beats ? 6 : 1));
        reads_between = 0;
        beats++;
    }
    assert_true(beats >= 2);
}

static unsigned own_writes;

static int dead_neighbour_and_one_loss(const struct fake_event *event)
{
    bool own = event->instrument == 1, about = event->kind == FAKE_READ || event->kind == FAKE_WRITE;
    if (own && event->kind == FAKE_WRITE)
        return own_writes++ ? DRIVER_OK : DRIVER_TIMED_OUT;
    return about && !own ? DRIVER_TIMED_OUT : DRIVER_OK;
}

/* Both are made safe at once; a single lost reply does not wait until the dead one is given up. */
static void of_those_that_fail_the_one_that_failed_least_goes_first(void **state)
{
    (void)state;
    fake_reset(2, 3);
    for (uint16_t i = 0; i < 3; i++)
        fake.polls[0][i] = fake.polls[1][i] = 0;
    fake_start();
    fake_forget();
    own_writes = 0;
    fake.answer = dead_neighbour_and_one_loss;
    for (uint16_t i = 0; i < 3; i++)
        fake_put(LINK_SAFE, 0, i, 5, i, 0);
    fake_put(LINK_SAFE, 1, 0, 5, 9, 0);
    fake_run_for(2000 * MS);
    size_t before = 0, own = 0;
    for (size_t i = 0; i < fake.count && own < 2; i++) {
        own += fake.events[i].kind == FAKE_WRITE && fake.events[i].instrument == 1;
        before += fake.events[i].kind == FAKE_WRITE && fake.events[i].instrument == 0;
    }
    assert_int_equal(own, 2);
    assert_int_equal(before, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fake_test(safe_writes_overtake_everything),
        fake_test(a_newer_value_replaces_an_older),
        fake_test(a_safe_write_replaces_waiting_commands_to_its_output),
        fake_test(safe_writes_that_are_put_again_keep_their_turn),
        fake_test(a_command_whose_time_has_passed_does_not_go_out),
        fake_test(a_command_behind_one_that_is_late_is_sent),
        fake_test(commands_are_bounded_until_their_reports_are_taken),
        fake_test(safe_writes_are_taken_even_when_nobody_takes_reports),
        fake_test(what_does_not_exist_is_refused),
        fake_test(a_safe_write_is_sent_again),
        fake_test(a_failed_safe_write_does_not_come_after_a_newer),
        fake_test(a_flood_of_commands_does_not_keep_polls_from_being_made),
        fake_test(an_instrument_that_takes_no_write_yields_too),
        fake_test(of_those_that_fail_the_one_that_failed_least_goes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
