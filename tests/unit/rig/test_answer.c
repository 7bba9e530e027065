/* What becomes of commands that are odd, repeated, or lost on their way. */
#include "tests/unit/rig/bench.h"

static void test_choices_and_texts(void **state)
{
    (void)state;
    static const struct rig_choice positions[] = {
        {"closed", 0},
        {"open",   1},
        {"half",   5},
        {NULL,     0}
    };
    struct bench *b = bench_new();
    b->points[VALVE].type = b->points[VALVE_SHOWN].type = RIG_CHOICE;
    b->points[VALVE].choices = b->points[VALVE_SHOWN].choices = positions;
    b->points[LAMP].type = RIG_TEXT;
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    assert_int_equal(bench_set(b, seat, VALVE, 5)->refusal, RIG_ACCEPTED);
    assert_int_equal(bench_set(b, seat, VALVE, 2)->refusal, RIG_WRONG_TYPE);
    assert_int_equal(bench_set(b, seat, LAMP, 1)->refusal, RIG_WRONG_TYPE);
    bench_free(b);
}

static const struct rig_action *capture(struct bench *b, uint32_t seat, uint64_t sequence,
                                        uint16_t instrument)
{
    struct rig_event event = {.kind = RIG_EVENT_CAPTURE, .request = ++b->request, .seat = seat};
    event.capture.epoch = rig_epoch(b->rig);
    event.capture.sequence = sequence;
    event.capture.body = 77;
    event.capture.instrument = instrument;
    bench_event(b, &event);
    return bench_answer(b, event.request);
}

static size_t captures(const struct bench *b)
{
    size_t count = 0;
    for (size_t i = 0; i < b->logged; i++)
        count += b->log[i].kind == RIG_ACTION_CAPTURE;
    return count;
}

static void test_captures(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    b->instruments[PANEL].outputs = false;
    b->instruments[PANEL].on_loss_continue = true;
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    const struct rig_action *answer = capture(b, seat, 1, PLC);
    uint32_t ticket = answer->ticket;
    assert_true(answer->refusal == RIG_ACCEPTED && ticket != 0);
    answer = capture(b, seat, 1, PLC); /* a repeat */
    assert_true(answer->refusal == RIG_ACCEPTED && answer->ticket == ticket);
    assert_int_equal(captures(b), 1);
    assert_int_equal(capture(b, seat, 2, INSTRUMENTS)->refusal, RIG_UNKNOWN_POINT);
    bench_instrument(b, PANEL, false);
    assert_int_equal(capture(b, seat, 3, PANEL)->refusal, RIG_NOT_AVAILABLE);
    assert_int_equal(capture(b, seat, 4, PLC)->refusal, RIG_ACCEPTED);
    bench_free(b);
}

static void test_results_that_the_line_never_gives(void **state)
{
    (void)state;
    static const int results[] = {5, -9, RIG_WRITE_REJECTED};
    struct bench *b = bench_new();
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
        struct rig_event event = bench_command(b, seat, VALVE, 1);
        bench_event(b, &event);
        bench_written(b, bench_last_write(b, VALVE)->ticket, results[i]);
        assert_int_equal(bench_answer(b, event.request)->refusal, RIG_WRITE_FAILED_ON_LINE);
        b->done = b->logged;
    }
    bench_free(b);
}

static void test_silence_where_nothing_is_read_back(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    b->points[LAMP].within = 0; /* the default, a second */
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    b->mute[PANEL] = true;
    assert_null(bench_set(b, seat, LAMP, 1));
    uint64_t request = b->request;
    bench_pass(b, 900 * MS);
    assert_null(bench_answer(b, request));
    bench_pass(b, 200 * MS);
    assert_int_equal(bench_answer(b, request)->refusal, RIG_NOT_CONFIRMED);
    assert_true(bench_answer(b, request)->number == 1 && !bench_answer(b, request)->verified);
    bench_free(b);
}

static void test_repeats_that_wait(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    b->mute[PANEL] = true;
    struct rig_event event = bench_command(b, seat, LAMP, 1);
    const uint64_t first = event.request;
    bench_event(b, &event);
    for (int i = 1; i < 4; i++) {
        event.request = ++b->request;
        bench_event(b, &event);
        assert_null(bench_answer(b, event.request));
    }
    event.request = ++b->request; /* more than can wait for one command */
    bench_event(b, &event);
    assert_int_equal(bench_answer(b, event.request)->refusal, RIG_BUSY);
    event.request = 0;
    bench_event(b, &event); /* nobody waits */
    assert_int_equal(bench_writes(b, 0, LAMP, false), 1);
    bench_written(b, bench_last_write(b, LAMP)->ticket, RIG_WRITE_DONE);
    for (uint64_t i = 0; i < 4; i++)
        assert_int_equal(bench_answer(b, first + i)->refusal, RIG_ACCEPTED);
    size_t since = b->logged;
    bench_event(b, &event);
    assert_int_equal(b->logged, since);
    struct rig_event refused = bench_command(b, seat, LEVEL, 1);
    refused.request = 0;
    bench_event(b, &refused);
    assert_int_equal(bench_records(b, since, RIG_RECORD_REFUSAL), 1);
    assert_int_equal(b->logged, since + 1);
    bench_free(b);
}

/* While one waits for a slow line, more are refused than answers are kept. */
static void test_an_answer_that_comes_too_late_to_be_kept(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    b->mute[PANEL] = true;
    struct rig_event slow = bench_command(b, seat, LAMP, 1);
    bench_event(b, &slow);
    struct rig_event refused;
    for (int i = 0; i < 32; i++) {
        refused = bench_command(b, seat, LEVEL, 1);
        bench_event(b, &refused);
    }
    bench_written(b, bench_last_write(b, LAMP)->ticket, RIG_WRITE_DONE);
    assert_int_equal(bench_answer(b, slow.request)->refusal, RIG_ACCEPTED);
    refused.request = ++b->request;
    bench_event(b, &refused);
    assert_int_equal(bench_answer(b, refused.request)->refusal, RIG_READ_ONLY); /* its own answer */
    slow.request = ++b->request;
    bench_event(b, &slow);
    assert_int_equal(bench_answer(b, slow.request)->refusal, RIG_OLD_SEQUENCE);
    bench_free(b);
}

static void test_sequence_zero(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    struct rig_event event = bench_command(b, seat, VALVE, 1);
    event.command.sequence = 0;
    bench_event(b, &event);
    assert_int_equal(bench_answer(b, event.request)->refusal, RIG_OLD_SEQUENCE);
    assert_int_equal(bench_writes(b, 0, VALVE, false), 0);
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choices_and_texts),
        cmocka_unit_test(test_captures),
        cmocka_unit_test(test_results_that_the_line_never_gives),
        cmocka_unit_test(test_silence_where_nothing_is_read_back),
        cmocka_unit_test(test_repeats_that_wait),
        cmocka_unit_test(test_an_answer_that_comes_too_late_to_be_kept),
        cmocka_unit_test(test_sequence_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
