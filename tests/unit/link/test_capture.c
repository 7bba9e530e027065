/* Captures between the polls. */
#include "tests/unit/link/fake.h"

static void reset(size_t bytes)
{
    fake_reset(1, 2);
    fake.instruments[0].instrument.waveforms = &fake_waveform;
    fake.instruments[0].instrument.waveform_count = 1;
    fake.record_bytes = bytes;
    fake_start();
}

/* Takes what is there and checks that it continues what was taken. */
static void take(size_t *total)
{
    unsigned char bytes[7777];
    for (size_t got; (got = link_capture_take(fake.link, 0, bytes, sizeof(bytes))) > 0; *total += got)
        for (size_t i = 0; i < got; i++)
            assert_int_equal(bytes[i], (*total + i) % 251);
}

static int request(uint32_t ticket)
{
    return link_capture(fake.link, &(struct link_capture){.ticket = ticket});
}

static void a_record_comes_whole_and_in_order(void **state)
{
    struct link_report report;
    size_t total = 0, began = 0, done = 0, moved = 0;
    (void)state;
    reset(1000003);
    assert_int_equal(request(5), LINK_OK);
    assert_int_equal(request(6), LINK_FULL);
    while (!done) {
        fake_run_for(10 * MS);
        take(&total);
        while (fake_report(LINK_REPORT_CAPTURE, &report)) {
            assert_int_equal(report.capture.ticket, 5);
            assert_int_equal(report.capture.record.samples, 1000003);
            if (report.capture.began)
                assert_int_equal(began++ + moved + done, 0);
            else if (report.capture.done)
                done++;
            else
                moved++;
            if (report.capture.done)
                assert_int_equal(report.capture.result, DRIVER_OK);
        }
        take(&total);
    }
    assert_int_equal(began, 1);
    assert_int_equal(total, 1000003);
    assert_int_equal(report.capture.bytes, 1000003);
    assert_int_equal(fake_count(FAKE_END, 0), 1);
    assert_true(moved > 0);
    assert_int_equal(request(6), LINK_OK);
}

static void polls_keep_their_rate(void **state)
{
    size_t total = 0;
    (void)state;
    reset(100000000);
    request(1);
    for (int i = 0; i < 100; i++) {
        fake_run_for(10 * MS);
        take(&total);
    }
    assert_in_range(fake_count(FAKE_READ, 0), 19, 21);
    assert_true(fake_count(FAKE_CHUNK, 0) > 50);
}

static void polls_that_are_always_due_do_not_stop_it(void **state)
{
    (void)state;
    fake_reset(1, 1);
    fake.instruments[0].instrument.waveforms = &fake_waveform;
    fake.instruments[0].instrument.waveform_count = 1;
    fake.record_bytes = 40000;
    fake.polls[0][0] = 1;
    fake_start();
    request(1);
    fake_run_for(5000 * MS);
    assert_in_range(fake_count(FAKE_CHUNK, 0), 2, 12);
}

static void it_pauses_while_nobody_takes_the_bytes(void **state)
{
    struct link_report report;
    size_t total = 0;
    (void)state;
    reset(1000000);
    request(1);
    fake_run_for(20000 * MS);
    assert_true(fake.link->instruments[0].transfer->filled <= LINK_TRANSFER_BUFFER);
    size_t chunks = fake_count(FAKE_CHUNK, 0);
    fake_run_for(1000 * MS);
    assert_int_equal(fake_count(FAKE_CHUNK, 0), chunks);
    size_t reports = 0;
    while (fake_report(LINK_REPORT_CAPTURE, &report))
        reports++;
    assert_in_range(reports, 1, 3);
    for (int i = 0; i < 1000 && total < 1000000; i++) {
        take(&total);
        fake_run_for(10 * MS);
    }
    assert_int_equal(total, 1000000);
}

static void progress_comes_at_most_ten_times_a_second(void **state)
{
    struct link_report report;
    size_t total = 0, reports = 0;
    (void)state;
    reset(10 * 1000 * 1000);
    fake.spec.line.serial = true;
    fake.spec.longest = 1 * MS; /* small chunks, so that the buffer never fills */
    request(1);
    fake_run_for(100 * MS);
    while (fake_report(LINK_REPORT_CAPTURE, &report))
        ;
    for (int i = 0; i < 200; i++) {
        fake_run_for(10 * MS);
        take(&total);
        while (fake_report(LINK_REPORT_CAPTURE, &report))
            reports++;
    }
    assert_in_range(reports, 10, 21);
}

static void cancelling_puts_the_instrument_back_to_work(void **state)
{
    struct link_report report;
    (void)state;
    reset(1000000);
    request(1);
    fake_run_for(50 * MS);
    link_cancel_capture(fake.link, 0);
    fake_run_for(50 * MS);
    assert_true(fake_report(LINK_REPORT_CAPTURE, &report));
    assert_true(report.capture.began && !report.capture.done);
    assert_true(fake_report(LINK_REPORT_CAPTURE, &report));
    assert_true(report.capture.done);
    assert_int_equal(report.capture.result, LINK_CANCELLED);
    assert_int_equal(fake_count(FAKE_END, 0), 1);
    assert_int_equal(request(2), LINK_OK);
    link_cancel_capture(fake.link, 0);
    fake_run_for(50 * MS);
    assert_true(fake_report(LINK_REPORT_CAPTURE, &report));
    assert_true(report.capture.done);
    assert_int_equal(report.capture.result, LINK_CANCELLED);
    assert_int_equal(fake_count(FAKE_BEGIN, 0), 1);
}

static int fail_third_chunk(const struct fake_event *event)
{
    return event->kind == FAKE_CHUNK && fake_count(FAKE_CHUNK, 0) == 3 ? DRIVER_GARBLED : DRIVER_OK;
}

static void a_chunk_that_fails_is_asked_for_again(void **state)
{
    struct link_report report = {0};
    size_t total = 0;
    (void)state;
    reset(200000);
    fake.answer = fail_third_chunk;
    request(1);
    fake_run_for(500 * MS);
    take(&total);
    assert_int_equal(total, 200000);
    while (!report.capture.done)
        assert_true(fake_report(LINK_REPORT_CAPTURE, &report));
    assert_int_equal(report.capture.result, DRIVER_OK);
}

static int fail_chunks(const struct fake_event *event)
{
    return event->kind == FAKE_CHUNK && fake_count(FAKE_CHUNK, 0) >= 3 ? DRIVER_GARBLED : DRIVER_OK;
}

static void failures_in_a_row_end_it_and_are_told(void **state)
{
    struct link_report report = {0};
    (void)state;
    reset(1000000);
    fake.answer = fail_chunks;
    request(1);
    fake_run_for(500 * MS);
    while (!report.capture.done)
        assert_true(fake_report(LINK_REPORT_CAPTURE, &report));
    assert_int_equal(report.capture.result, DRIVER_GARBLED);
    assert_true(report.capture.why[0]);
    assert_int_equal(fake_count(FAKE_END, 0), 1);
    assert_in_range(fake_count(FAKE_CHUNK, 0), 4, 8);
}

static bool gone;
static int vanish(const struct fake_event *event)
{
    return event->kind == FAKE_CLOSE || !gone ? DRIVER_OK : DRIVER_DISCONNECTED;
}

static void a_lost_line_ends_it_and_the_instrument_is_tidied_on_return(void **state)
{
    struct link_report report = {0};
    (void)state;
    reset(10000000);
    request(1);
    fake_run_for(50 * MS);
    gone = true;
    fake.answer = vanish;
    fake_run_for(500 * MS);
    while (!report.capture.done)
        assert_true(fake_report(LINK_REPORT_CAPTURE, &report));
    assert_int_equal(report.capture.result, DRIVER_DISCONNECTED);
    gone = false;
    fake_forget();
    fake_run_for(10000 * MS);
    assert_int_equal(fake_count(FAKE_END, 0), 1);
    assert_int_equal(request(2), LINK_OK);
}

static void destroying_the_link_ends_it(void **state)
{
    (void)state;
    reset(10000000);
    request(1);
    fake_run_for(50 * MS);
    link_destroy(fake.link);
    fake.link = NULL;
    assert_int_equal(fake_count(FAKE_END, 0), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fake_test(a_record_comes_whole_and_in_order),
        fake_test(polls_keep_their_rate),
        fake_test(polls_that_are_always_due_do_not_stop_it),
        fake_test(it_pauses_while_nobody_takes_the_bytes),
        fake_test(progress_comes_at_most_ten_times_a_second),
        fake_test(cancelling_puts_the_instrument_back_to_work),
        fake_test(a_chunk_that_fails_is_asked_for_again),
        fake_test(failures_in_a_row_end_it_and_are_told),
        fake_test(a_lost_line_ends_it_and_the_instrument_is_tidied_on_return),
        fake_test(destroying_the_link_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
