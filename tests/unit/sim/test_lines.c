/* Lines: who answers on them, how long bytes take, how they go away and come back, and who may have them. */
#include "tests/unit/sim/process.h"

static size_t build(uint8_t unit, const uint8_t *pdu, size_t length, uint8_t *frame)
{
    struct modbus_message message = {.unit = unit, .length = length};
    memcpy(message.pdu, pdu, length);
    return modbus_build_rtu(&message, frame);
}

static void say(int fd, uint8_t unit, const uint8_t *pdu, size_t length)
{
    uint8_t frame[MODBUS_FRAME_MAX];
    length = build(unit, pdu, length, frame);
    assert_int_equal(write(fd, frame, length), (ssize_t)length);
}

static const uint8_t read_name[] = {0x03, 0, 100, 0, 2}, read_ten[] = {0x04, 0, 0, 0, 10},
                     lift_heartbeat[] = {0x06, 0, 2, 0, 1};

static void units_share_a_line(void **state)
{
    (void)state;
    struct process process;
    uint8_t frame[9];
    process_start(&process, (const char *const[]){"tank:1,motor:2@rtu:%s/line", NULL});
    int fd = open_line(&process, "line");
    say(fd, 7, read_name, sizeof read_name); /* nobody: silence */
    say(fd, 2, read_name, sizeof read_name);
    assert_int_equal(receive(fd, frame, sizeof frame, PATIENCE), sizeof frame);
    assert_int_equal(frame[0], 2);
    say(fd, MODBUS_BROADCAST, lift_heartbeat, sizeof lift_heartbeat); /* everybody, without an answer */
    say(fd, 1, read_name, sizeof read_name);
    assert_int_equal(receive(fd, frame, sizeof frame, PATIENCE), sizeof frame);
    assert_int_equal(frame[0], 1);
    assert_true(state_of(&process, "motor:2", "heartbeat") == 1);
    assert_true(state_of(&process, "tank:1", "controls") == 1);
    close(fd);
    process_stop(&process);
}

static void absent_units_answer_where_a_gateway_would(void **state)
{
    (void)state;
    struct process process;
    const uint8_t request[] = {0, 1, 0, 0, 0, 6, 9, 0x03, 0, 0, 0, 1};
    uint8_t frame[9];
    process_start(&process, (const char *const[]){"tank@tcp:127.0.0.1:0,absent=exception", NULL});
    int fd = connect_tcp(&process, "tank");
    assert_int_equal(write(fd, request, sizeof request), sizeof request);
    assert_int_equal(receive(fd, frame, sizeof frame, PATIENCE), sizeof frame);
    assert_memory_equal(frame, ((const uint8_t[]){0, 1, 0, 0, 0, 3, 9, 0x83, 0x0B}), sizeof frame);
    close(fd);
    process_stop(&process);
}

static void plants_in_a_range_are_apart(void **state)
{
    (void)state;
    struct process process;
    process_start(&process, (const char *const[]){"tank:1-100@tcp:127.0.0.1:0", NULL});
    ctl_ok(&process, "force tank:57 level 0.4");
    assert_true(state_of(&process, "tank:57", "level") > 0.39);
    assert_true(state_of(&process, "tank:56", "level") < 0.11);
    assert_true(state_of(&process, "tank:100", "level") < 0.11);
    process_stop(&process);
}

static void characters_take_their_time(void **state)
{
    (void)state;
    struct process process;
    uint8_t frame[25];
    process_start(&process, (const char *const[]){"tank:1@rtu:%s/line,baud=9600,turnaround=2ms", NULL});
    int fd = open_line(&process, "line");
    const int64_t character = 11 * CLOCK_SECOND / 9600;
    /* Request, silence, turnaround, reply; then the silence before the next may begin. */
    const int64_t one = 8 * character + 7 * character / 2 + 2 * CLOCK_MILLISECOND + 25 * character;
    int64_t start = clock_now();
    for (int i = 0; i < 5; i++) {
        say(fd, 1, read_ten, sizeof read_ten);
        assert_int_equal(receive(fd, frame, sizeof frame, PATIENCE), sizeof frame);
    }
    assert_true(clock_now() - start >= 5 * one + 4 * 7 * character / 2);
    close(fd);
    process_stop(&process);
}

static void a_serial_line_goes_and_comes_back(void **state)
{
    (void)state;
    struct process process;
    char path[96];
    uint8_t frame[9];
    process_start(&process, (const char *const[]){"tank:1,motor:2@rtu:%s/line", NULL});
    int fd = open_line(&process, "line");
    ctl_ok(&process, "hangup motor:2"); /* the whole line, whoever is named */
    assert_int_equal(write(fd, frame, 1), -1);
    assert_int_equal(errno, EIO);
    assert_int_equal(read(fd, frame, 1), 0);
    assert_int_equal(open(in_folder(&process, "line", path), O_RDWR | O_NOCTTY), -1);
    close(fd);
    assert_true(state_of(&process, "tank:1", "hung_up") == 1);
    ctl_ok(&process, "restore tank:1");
    fd = open_line(&process, "line");
    say(fd, 2, read_name, sizeof read_name);
    assert_int_equal(receive(fd, frame, sizeof frame, PATIENCE), sizeof frame);
    close(fd);
    process_stop(&process);
}

static void a_tcp_line_is_reset_and_refused(void **state)
{
    (void)state;
    struct process process;
    char byte;
    process_start(&process, (const char *const[]){"tank@tcp:127.0.0.1:0", NULL});
    int fd = connect_tcp(&process, "tank");
    assert_true(state_of(&process, "tank", "hung_up") == 0); /* by now the connection is accepted */
    ctl_ok(&process, "hangup tank");
    struct pollfd waiting = {fd, POLLIN, 0};
    assert_int_equal(poll(&waiting, 1, PATIENCE), 1);
    assert_int_equal(read(fd, &byte, 1), -1);
    assert_int_equal(errno, ECONNRESET);
    close(fd);
    assert_int_equal(connect_tcp(&process, "tank"), -1);
    ctl_ok(&process, "restore tank");
    fd = connect_tcp(&process, "tank");
    assert_true(fd >= 0);
    close(fd);
    process_stop(&process);
}

static void a_line_survives_its_reader(void **state)
{
    (void)state;
    struct process process;
    uint8_t frame[9];
    process_start(&process, (const char *const[]){"tank:1@rtu:%s/line", NULL});
    for (int i = 0; i < 5; i++) {
        int fd = open_line(&process, "line");
        say(fd, 1, read_name, sizeof read_name);
        assert_int_equal(receive(fd, frame, sizeof frame, PATIENCE), sizeof frame);
        close(fd);
    }
    process_stop(&process);
}

/* What a second simulator is told; the first must not notice. */
static void refused(struct process *process, const char *format, const char *wanted)
{
    struct simulator simulator;
    char argument[128];
    const char *mark = strstr(format, "%s");
    snprintf(argument, sizeof argument, "%.*s%s%s", (int)(mark ? mark - format : (long)strlen(format)),
             format, mark ? process->folder : "", mark ? mark + 2 : "");
    assert_int_equal(simulator_init(&simulator), 0);
    assert_int_equal(arguments_add(&simulator, argument), -1);
    if (!strstr(simulator.problem, wanted))
        fail_msg("'%s' does not say '%s'", simulator.problem, wanted);
    simulator_finish(&simulator);
}

static void what_is_taken_or_wrong_is_named(void **state)
{
    (void)state;
    struct process process;
    char taken[64], path[96];
    process_start(&process, (const char *const[]){"tank:1@rtu:%s/line", "motor@tcp:127.0.0.1:0", NULL});
    unsigned port;
    sscanf(strstr(process.announced, "127.0.0.1 "), "127.0.0.1 %u", &port);
    snprintf(taken, sizeof taken, "tank@tcp:127.0.0.1:%u", port);
    refused(&process, taken, "choose another");
    refused(&process, "tank@rtu:%s/line", "another labsim");
    refused(&process, "tank@rtu:%s/missing/line", "does the folder exist");
    refused(&process, "tank", "where");
    refused(&process, "boat@tcp:127.0.0.1:0", "no instrument");
    refused(&process, "tank@tcp:localhost", "no address");
    refused(&process, "tank:1,motor:1@rtu:%s/other", "twice");
    refused(&process, "tank:300@tcp:127.0.0.1:0", "no unit");
    refused(&process, "tank@tcp:127.0.0.1:0,speed=3", "no option");
    refused(&process, "tank@tcp:127.0.0.1:0,baud=9600", "serial lines only");
    refused(&process, "scope,generator@tcp:127.0.0.1:0", "one instrument");
    assert_int_equal(access(in_folder(&process, "line", path), F_OK), 0);
    process_stop(&process);
}

/* Signals are the loop's; a test process gets its own back. */
static int restore_signals(void **state)
{
    (void)state;
    sigset_t none;
    sigemptyset(&none);
    return sigprocmask(SIG_SETMASK, &none, NULL);
}

static void the_trace_tells_the_truth_with_times(void **state)
{
    (void)state;
    struct process process;
    char line[160], path[96], text[256];
    const uint8_t request[] = {0, 1, 0, 0, 0, 6, 1, 0x06, 0, 0, 0, 77};
    uint8_t frame[12];
    process_start(&process, (const char *const[]){"tank@tcp:127.0.0.1:0", NULL});
    int fd = connect_tcp(&process, "tank");
    snprintf(line, sizeof line, "trace tank %s", in_folder(&process, "trace", path));
    ctl_ok(&process, line);
    int64_t before = clock_now(), at;
    assert_int_equal(write(fd, request, sizeof request), sizeof request);
    receive(fd, frame, sizeof frame, PATIENCE);
    int64_t after = clock_now();
    ctl_ok(&process, "trace tank off");
    FILE *trace = fopen(path, "r");
    assert_non_null(trace);
    bool asked = false, changed = false, answered = false;
    while (fgets(text, sizeof text, trace)) {
        long long when = 0;
        sscanf(text, "%lld", &when);
        at = when;
        const char *rest = strchr(text, ' ') + 1;
        bool inside = at >= before && at <= after;
        asked |= inside && !strcmp(rest, "request 060000004d\n");
        changed |= inside && asked && !strcmp(rest, "content holding 0 77\n");
        answered |= inside && changed && !strcmp(rest, "reply 00010000000601060000004d\n");
    }
    assert_true(asked && changed && answered);
    fclose(trace);
    unlink(path);
    close(fd);
    process_stop(&process);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units_share_a_line),
        cmocka_unit_test(absent_units_answer_where_a_gateway_would),
        cmocka_unit_test(plants_in_a_range_are_apart),
        cmocka_unit_test(characters_take_their_time),
        cmocka_unit_test(a_serial_line_goes_and_comes_back),
        cmocka_unit_test(a_tcp_line_is_reset_and_refused),
        cmocka_unit_test(a_line_survives_its_reader),
        cmocka_unit_test_teardown(what_is_taken_or_wrong_is_named, restore_signals),
        cmocka_unit_test(the_trace_tells_the_truth_with_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
