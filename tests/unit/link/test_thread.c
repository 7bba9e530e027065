/* The thread and the control loop, with the real clock. */
#include "tests/unit/link/fake.h"

#include <poll.h>
#include <sys/resource.h>
#include <time.h>

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * LINK_SECOND + time.tv_nsec;
}

/* Deadlines of the driver are of the real clock here, and no test of this file fails a transaction. */
static void create(size_t instruments, size_t points, int64_t period)
{
    struct driver_fault fault;
    fake_reset(instruments, points);
    fake.now = 0;
    for (size_t i = 0; i < instruments; i++)
        for (size_t k = 0; k < points; k++)
            fake.polls[i][k] = period;
    assert_int_equal(link_create(&fake.spec, fake.wake, &fake.link, &fault), LINK_OK);
}

/* Waits on the eventfd, as the control loop does. */
static void await(enum link_report_kind kind, struct link_report *report)
{
    struct pollfd wake = {.fd = fake.wake, .events = POLLIN};
    uint64_t count;
    while (!fake_report(kind, report)) {
        assert_int_equal(poll(&wake, 1, 20000), 1);
        assert_int_equal(read(fake.wake, &count, sizeof(count)), sizeof(count));
    }
}

static void reports_wake_the_loop(void **state)
{
    struct link_report report;
    (void)state;
    create(2, 3, 20 * MS);
    await(LINK_REPORT_INSTRUMENT, &report);
    assert_true(report.state.up);
    for (int i = 0; i < 10; i++)
        await(LINK_REPORT_SAMPLES, &report);
    assert_true(llabs(now() - report.at) < 20 * LINK_SECOND);
}

static void a_write_wakes_the_thread(void **state)
{
    struct link_report report;
    (void)state;
    create(1, 1, 3600 * LINK_SECOND);
    await(LINK_REPORT_INSTRUMENT, &report);
    link_set_epoch(fake.link, 0, 3);
    await(LINK_REPORT_EPOCH, &report);
    for (uint32_t i = 0; i < 300; i++) {
        assert_int_equal(fake_put(i % 2 ? LINK_COMMAND : LINK_SAFE, 0, 0, i, i, 3), LINK_OK);
        await(LINK_REPORT_WRITTEN, &report);
        assert_int_equal(report.written.ticket, i);
        assert_int_equal(report.written.result, DRIVER_OK);
    }
}

static void an_idle_link_uses_no_processor(void **state)
{
    struct link_report report;
    struct rusage before, after;
    (void)state;
    create(1, 1, 20 * MS);
    await(LINK_REPORT_SAMPLES, &report);
    getrusage(RUSAGE_SELF, &before);
    for (int i = 0; i < 25; i++)
        await(LINK_REPORT_SAMPLES, &report);
    getrusage(RUSAGE_SELF, &after);
    /* 25 polls in half a second; a thread that spins would switch never and burn all of it. */
    assert_true(after.ru_nvcsw - before.ru_nvcsw >= 25);
    int64_t used = (after.ru_utime.tv_sec - before.ru_utime.tv_sec) * LINK_SECOND +
                   (after.ru_utime.tv_usec - before.ru_utime.tv_usec) * 1000;
    assert_true(used < 250 * MS);
}

static void destroying_it_at_any_time_is_orderly(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) {
        create(2, 4, 20 * MS);
        if (i % 3 == 0)
            fake_put(LINK_SAFE, 0, 0, 1, 1, 0);
        if (i % 5 == 0)
            usleep(1000);
        fake_teardown(NULL);
    }
    link_destroy(NULL);
}

static void a_driver_that_cannot_be_made_is_told(void **state)
{
    struct driver_fault fault;
    (void)state;
    fake_reset(1, 1);
    fake.spec.instrument_count = 0;
    assert_int_equal(link_create(&fake.spec, fake.wake, &fake.link, &fault), LINK_BAD_DRIVER);
    assert_true(fault.text[0]);
    assert_null(fake.link);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fake_test(reports_wake_the_loop),
        fake_test(a_write_wakes_the_thread),
        fake_test(an_idle_link_uses_no_processor),
        fake_test(destroying_it_at_any_time_is_orderly),
        fake_test(a_driver_that_cannot_be_made_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
