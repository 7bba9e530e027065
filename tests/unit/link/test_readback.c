/* What shows a set is read by the line itself, and the loop is woken once for both. */
#include "tests/unit/link/fake.h"

enum { OUTPUT, SHOWN };

static void begin(void)
{
    fake_reset(1, 2);
    fake.polls[0][OUTPUT] = 0;
    fake.polls[0][SHOWN] = LINK_SECOND;
    fake_start();
    link_set_epoch(fake.link, 0, 1);
    fake_forget();
}

static int put_until(enum link_priority priority, int64_t until)
{
    uint64_t count;
    (void)!read(fake.wake, &count, sizeof(count));
    return link_write(fake.link, &(struct link_write){.point = OUTPUT,
                                                      .priority = priority,
                                                      .epoch = 1,
                                                      .ticket = 9,
                                                      .until = until,
                                                      .value = {.number = 4},
                                                      .read_back = true,
                                                      .shown_by = SHOWN});
}

static int put(enum link_priority priority)
{
    return put_until(priority, INT64_MAX);
}

static bool is_told(void)
{
    uint64_t count;
    return read(fake.wake, &count, sizeof(count)) == sizeof(count);
}

static void a_set_is_read_back_and_told_once(void **state)
{
    struct link_report written, samples;
    (void)state;
    begin();
    assert_int_equal(put(LINK_COMMAND), LINK_OK);
    link_step(fake.link);
    assert_int_equal(fake_count(FAKE_WRITE, 0), 1);
    assert_false(is_told());
    link_step(fake.link);
    assert_true(is_told());
    assert_int_equal(fake_count(FAKE_READ, 0), 1);
    assert_true(fake_report(LINK_REPORT_WRITTEN, &written) && fake_report(LINK_REPORT_SAMPLES, &samples));
    assert_true(written.written.ticket == 9 && written.written.read_back);
    assert_int_equal(samples.samples.points[0], SHOWN);
    assert_true(samples.asked >= written.at);
}

static int refuse_writes(const struct fake_event *event)
{
    return event->kind == FAKE_WRITE ? DRIVER_REJECTED : DRIVER_OK;
}

static void what_was_not_taken_is_not_read_back(void **state)
{
    struct link_report report;
    (void)state;
    begin();
    fake.answer = refuse_writes;
    put(LINK_COMMAND);
    link_step(fake.link);
    assert_true(is_told() && fake_report(LINK_REPORT_WRITTEN, &report));
    assert_false(report.written.read_back);
    fake_run_for(50 * MS);
    assert_int_equal(fake_count(FAKE_READ, 0), 0);
}

static void a_safe_write_is_told_at_once(void **state)
{
    struct link_report report;
    (void)state;
    begin();
    put(LINK_SAFE);
    link_step(fake.link);
    assert_true(is_told() && fake_report(LINK_REPORT_WRITTEN, &report));
    assert_false(report.written.read_back);
}

/* Its time would be over before a read that is lost is: the core must hear of the acknowledgement before. */
static void an_acknowledgement_that_is_near_its_time_is_told_at_once(void **state)
{
    struct link_report report;
    (void)state;
    begin();
    put_until(LINK_COMMAND, fake.now + 50 * MS);
    link_step(fake.link);
    assert_true(is_told() && fake_report(LINK_REPORT_WRITTEN, &report));
    assert_true(report.written.read_back);
}

static int lose_reads(const struct fake_event *event)
{
    return event->kind == FAKE_READ ? DRIVER_TIMED_OUT : DRIVER_OK;
}

static void an_acknowledgement_is_told_when_its_read_back_fails(void **state)
{
    struct link_report report;
    (void)state;
    begin();
    fake.answer = lose_reads;
    put(LINK_COMMAND);
    link_step(fake.link);
    link_step(fake.link);
    assert_int_equal(fake_count(FAKE_READ, 0), 1);
    assert_true(is_told() && fake_report(LINK_REPORT_WRITTEN, &report));
    assert_true(report.written.result == DRIVER_OK && report.written.read_back);
}

static void an_acknowledgement_is_told_when_its_read_back_must_wait(void **state)
{
    struct link_report report;
    (void)state;
    begin();
    for (size_t i = 0; i < fake.link->poll_count; i++)
        fake.link->polls[i].ways[0].doubt_until = fake.now + LINK_SECOND;
    fake.link->port.late_until = fake.now + LINK_SECOND;
    put(LINK_COMMAND);
    for (int64_t next = 0; next <= fake.now;)
        next = link_step(fake.link);
    assert_int_equal(fake_count(FAKE_READ, 0), 0);
    assert_true(is_told() && fake_report(LINK_REPORT_WRITTEN, &report));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fake_test(a_set_is_read_back_and_told_once),
        fake_test(what_was_not_taken_is_not_read_back),
        fake_test(a_safe_write_is_told_at_once),
        fake_test(an_acknowledgement_that_is_near_its_time_is_told_at_once),
        fake_test(an_acknowledgement_is_told_when_its_read_back_fails),
        fake_test(an_acknowledgement_is_told_when_its_read_back_must_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
