/* For which samples the loop is woken. */
#include "tests/unit/link/fake.h"

enum { INPUT, INFORMS };

static const bool decisive[] = {[INPUT] = true, [INFORMS] = false};

static void begin(void)
{
    fake_reset(1, 2);
    fake.polls[0][INPUT] = 100 * MS;
    fake.polls[0][INFORMS] = 2 * LINK_LOOK;
    fake.instruments[0].decisive = decisive;
    fake_start();
    fake_run_for(LINK_SECOND);
}

static bool is_told(void)
{
    uint64_t count;
    return read(fake.wake, &count, sizeof(count)) == sizeof(count);
}

static void take_all(void)
{
    struct link_report report;
    is_told();
    while (link_next_report(fake.link, &report))
        ;
}

/* Until the next read of this point has been made. */
static void read_next(uint16_t point)
{
    for (fake_forget(); fake.count == 0;) {
        fake_run_for(MS);
        if (fake.count && fake.events[0].point != point) {
            take_all();
            fake_forget();
        }
    }
}

static void samples_that_decide_wake_the_loop(void **state)
{
    struct link_report report;
    (void)state;
    begin();
    take_all();
    read_next(INPUT);
    assert_true(is_told());
    assert_true(link_next_report(fake.link, &report));
}

static void samples_that_inform_wait_for_it(void **state)
{
    struct link_report report;
    (void)state;
    begin();
    take_all();
    read_next(INFORMS);
    assert_false(is_told());
    assert_true(link_leaves(fake.link));
    assert_true(link_next_report(fake.link, &report));
    assert_int_equal(report.kind, LINK_REPORT_SAMPLES);
    assert_int_equal(report.samples.points[0], INFORMS);
}

static void a_change_of_quality_wakes_it(void **state)
{
    (void)state;
    begin();
    for (int unusable = 1; unusable >= 0; unusable--) {
        take_all();
        fake.unusable[0][INFORMS] = unusable;
        read_next(INFORMS);
        assert_true(is_told());
        read_next(INFORMS);
        assert_false(is_told());
    }
}

static void what_is_read_on_request_wakes_it(void **state)
{
    (void)state;
    fake_reset(1, 2);
    fake.polls[0][INFORMS] = 0;
    fake.polls[0][INPUT] = 100 * LINK_SECOND;
    fake.instruments[0].decisive = decisive;
    fake_start();
    for (int i = 0; i < 2; i++) {
        take_all();
        link_read(fake.link, 0, INFORMS);
        fake_run_for(50 * MS);
        assert_true(is_told());
    }
}

static void what_would_replace_itself_unread_wakes_it(void **state)
{
    (void)state;
    fake_reset(1, 2);
    fake.polls[0][INFORMS] = 2 * LINK_LOOK - MS;
    fake.instruments[0].decisive = decisive;
    fake_start();
    assert_false(link_leaves(fake.link));
    take_all();
    read_next(INFORMS);
    assert_true(is_told());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(samples_that_decide_wake_the_loop, fake_teardown),
        cmocka_unit_test_teardown(samples_that_inform_wait_for_it, fake_teardown),
        cmocka_unit_test_teardown(a_change_of_quality_wakes_it, fake_teardown),
        cmocka_unit_test_teardown(what_is_read_on_request_wakes_it, fake_teardown),
        cmocka_unit_test_teardown(what_would_replace_itself_unread_wakes_it, fake_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
