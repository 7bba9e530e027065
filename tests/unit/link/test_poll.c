/* The schedule, what it reports, and what is fair when there is too much to do. */
#include "tests/unit/link/fake.h"

static struct link_health health(void)
{
    struct link_health now;
    link_health(fake.link, &now);
    return now;
}

static void the_schedule_does_not_drift(void **state)
{
    (void)state;
    fake_reset(1, 4);
    fake.cost = 7 * MS;
    fake_start();
    int64_t first = fake.link->polls[0].due;
    fake_run_for(600 * LINK_SECOND);
    size_t own = 0;
    for (size_t i = 0; i < fake.count; i++)
        if (fake.events[i].point == 0) {
            own++;
            /* The first of its group: on its time to the nanosecond, ten minutes later as at the start. */
            assert_int_equal((fake.events[i].began - first) % (100 * MS), 0);
        }
    assert_in_range(own, 5999, 6001);
    if (fake.count > 1)
        assert_in_range(fake.count, 4 * 5999, 4 * 6001);
    assert_int_equal(health().missed_polls, 0);
    assert_true(health().worst_lateness <= 3 * fake.cost);
}

static void overload_is_shared_and_shows(void **state)
{
    (void)state;
    fake_reset(2, 8); /* 16 reads of 10 ms each every 100 ms: 160 % */
    fake.cost = 10 * MS;
    fake_assemble();
    fake_run_for(1000 * MS);
    fake_forget();
    fake_run_for(32000 * MS);
    for (uint16_t instrument = 0; instrument < 2; instrument++)
        for (uint16_t point = 0; point < 8; point++) {
            size_t reads = 0;
            for (size_t i = 0; i < fake.count; i++)
                reads += fake.events[i].kind == FAKE_READ && fake.events[i].instrument == instrument &&
                         fake.events[i].point == point;
            assert_in_range(reads, 150, 250); /* 200 is an equal share */
        }
    assert_true(health().missed_polls > 500);
    assert_true(health().worst_lateness >= 50 * MS);
}

static void a_slow_poll_is_not_starved_by_fast_ones(void **state)
{
    (void)state;
    fake_reset(1, 3);
    fake.polls[0][0] = fake.polls[0][1] = 1;
    fake.polls[0][2] = 1000 * MS;
    fake_assemble();
    fake_run_for(500 * MS);
    fake_forget();
    fake_run_for(10000 * MS);
    size_t slow = 0;
    for (size_t i = 0; i < fake.count; i++)
        slow += fake.events[i].point == 2;
    assert_in_range(slow, 9, 11);
}

static void a_wanted_read_goes_first_and_repeats_coalesce(void **state)
{
    struct link_report report;
    (void)state;
    fake_reset(1, 3);
    fake.polls[0][2] = 0;
    fake_start();
    fake_run_for(200 * MS);
    assert_int_equal(fake_count(FAKE_READ, 0), 4); /* point 2 is read on request only */
    fake_forget();
    int64_t wanted = fake.now;
    link_read(fake.link, 0, 2);
    link_read(fake.link, 0, 2);
    fake_run_for(20 * MS);
    assert_int_equal(fake.events[0].point, 2);
    memset(&report, 0x11, sizeof(report)); /* what is not filled in is seen */
    assert_true(fake_report(LINK_REPORT_SAMPLES, &report));
    assert_int_equal(report.samples.points[0], 2);
    assert_in_range(report.asked, wanted,
                    report.at - fake.cost); /* what confirms a write was asked for after it */
    fake_run_for(300 * MS);
    size_t reads = 0;
    for (size_t i = 0; i < fake.count; i++)
        reads += fake.events[i].point == 2;
    assert_int_equal(reads, 1);
}

static void values_without_use_are_not_good(void **state)
{
    static const double odd[] = {1.5, NAN, INFINITY, -INFINITY, 4};
    struct link_report report;
    (void)state;
    fake_reset(1, 5);
    fake.merges = true;
    fake_start();
    memcpy(fake.values[0], odd, sizeof(odd));
    fake.unusable[0][4] = true;
    fake_run_for(100 * MS);
    assert_true(fake_report(LINK_REPORT_SAMPLES, &report));
    assert_int_equal(report.samples.count, 5);
    static const bool good[] = {true, false, false, false, false};
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(report.samples.points[i], i);
        assert_int_equal(report.samples.good[i], good[i]);
        assert_true(isfinite(report.samples.numbers[i]));
    }
    assert_true(report.samples.numbers[0] == 1.5);
}

static void a_long_read_is_split_and_text_stands_alone(void **state)
{
    struct link_report report;
    size_t seen = 0, texts = 0;
    (void)state;
    fake_reset(1, 300);
    fake.merges = true;
    fake.text = "T-100";
    fake.points[10].type = DRIVER_TEXT;
    fake_start();
    for (size_t i = 0; i < 300; i++)
        fake.values[0][i] = (double)i;
    fake_run_for(100 * MS);
    for (int64_t at = 0; fake_report(LINK_REPORT_SAMPLES, &report); at = report.at) {
        assert_true(at == 0 || at == report.at);
        assert_in_range(report.samples.count, 1, LINK_SAMPLES_MAX);
        for (size_t i = 0; i < report.samples.count; i++, seen++) {
            assert_int_equal(report.samples.points[i], seen);
            assert_true(report.samples.good[i]);
            assert_true(seen == 10 || report.samples.numbers[i] == (double)seen);
        }
        if (report.samples.points[0] == 10) {
            assert_int_equal(report.samples.count, 1);
            assert_string_equal(report.samples.text, "T-100");
            texts++;
        } else {
            assert_string_equal(report.samples.text, "");
        }
    }
    assert_int_equal(seen, 300);
    assert_int_equal(texts, 1);
    fake.points[10].type = DRIVER_NUMBER;
}

static void unread_samples_are_replaced_and_counted(void **state)
{
    struct link_report report;
    size_t reports = 0;
    (void)state;
    fake_reset(1, 2);
    fake_start();
    uint64_t before = health().dropped_samples;
    for (int i = 1; i <= 10; i++) {
        fake.values[0][0] = i;
        fake_run_for(100 * MS);
    }
    while (fake_report(LINK_REPORT_SAMPLES, &report)) {
        reports++;
        if (report.samples.points[0] == 0)
            assert_true(report.samples.numbers[0] == 10);
    }
    assert_int_equal(reports, 2);
    assert_int_equal(health().dropped_samples - before, 18);
}

static int fail_one_read(const struct fake_event *event)
{
    return event->kind == FAKE_READ && event->point == 0 && fake_count(FAKE_READ, 0) == 1 ? DRIVER_TIMED_OUT
                                                                                          : DRIVER_OK;
}

static void a_failed_poll_is_tried_once_more_and_reports_nothing(void **state)
{
    struct link_report report;
    (void)state;
    fake_reset(1, 1);
    fake.polls[0][0] = 500 * MS;
    fake_assemble();
    fake_run_for(700 * MS);
    fake_forget();
    fake.answer = fail_one_read;
    fake_run_for(500 * MS);
    assert_int_equal(fake_count(FAKE_READ, 0), 2);
    assert_true(link_next_report(fake.link, &report));
    assert_int_equal(report.kind, LINK_REPORT_SAMPLES);
    assert_true(report.samples.good[0]);
    assert_false(link_next_report(fake.link, &report));
}

static int refuse_point_1(const struct fake_event *event)
{
    return event->kind == FAKE_READ && event->point == 1 ? DRIVER_REJECTED : DRIVER_OK;
}

/* The instrument is up, but one block of it cannot be read. */
static void points_that_fail_again_and_again_go_bad(void **state)
{
    struct link_report report;
    size_t good = 0, bad = 0;
    (void)state;
    fake_reset(1, 2);
    fake_start();
    fake.answer = refuse_point_1;
    fake_run_for(150 * MS);
    while (fake_report(LINK_REPORT_SAMPLES, &report))
        assert_true(report.samples.good[0]);
    for (int i = 0; i < 5; i++) {
        fake_run_for(100 * MS);
        while (link_next_report(fake.link, &report)) {
            assert_int_equal(report.kind, LINK_REPORT_SAMPLES);
            good += report.samples.points[0] == 0 && report.samples.good[0];
            bad += report.samples.points[0] == 1 && !report.samples.good[0];
        }
    }
    assert_int_equal(good, 5);
    assert_int_equal(bad, 5);
}

static int refuse_reads(const struct fake_event *event)
{
    return event->kind == FAKE_READ ? DRIVER_REJECTED : DRIVER_OK;
}

static void a_refusal_needs_no_hold_and_no_second_try(void **state)
{
    (void)state;
    fake_reset(1, 1);
    fake_start();
    fake.answer = refuse_reads;
    fake_run_for(150 * MS);
    assert_int_equal(fake_count(FAKE_READ, 0), 2);
    assert_int_equal(fake_count(FAKE_RECOVER, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fake_test(the_schedule_does_not_drift),
        fake_test(overload_is_shared_and_shows),
        fake_test(a_slow_poll_is_not_starved_by_fast_ones),
        fake_test(a_wanted_read_goes_first_and_repeats_coalesce),
        fake_test(values_without_use_are_not_good),
        fake_test(a_long_read_is_split_and_text_stands_alone),
        fake_test(unread_samples_are_replaced_and_counted),
        fake_test(a_failed_poll_is_tried_once_more_and_reports_nothing),
        fake_test(points_that_fail_again_and_again_go_bad),
        fake_test(a_refusal_needs_no_hold_and_no_second_try),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
