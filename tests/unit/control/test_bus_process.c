/* A real bus process behind its channel, met over TCP by a peer that shares no code with it. */
#include "tests/unit/control/bus_host.h"
#include "tests/unit/control/sp_peer.h"

#define ID(n) (0x80000000u | (uint32_t)(n))

static struct host host;

static int set_up(void **state)
{
    (void)state;
    struct config_listener listener = {.url = "tcp://127.0.0.1:0", .scheme = CONFIG_TCP};
    host_start(&host, &listener, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    host_end(&host);
    return 0;
}

static void send_rigs(int fd, uint32_t id)
{
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Rigs rigs = LABGATE__RIGS__INIT;
    request.body_case = LABGATE__REQUEST__BODY_RIGS;
    request.rigs = &rigs;
    (void)peer_send(fd, id, &request);
}

/* Requests that are never answered. */
static void send_health(int fd, uint32_t id)
{
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Health health = LABGATE__HEALTH__INIT;
    request.body_case = LABGATE__REQUEST__BODY_HEALTH;
    request.health = &health;
    (void)peer_send(fd, id, &request);
}

static void send_stop(int fd, uint32_t id)
{
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Stop stop = LABGATE__STOP__INIT;
    request.body_case = LABGATE__REQUEST__BODY_STOP;
    request.stop = &stop;
    (void)peer_send(fd, id, &request);
}

static void send_watch(int fd, uint32_t id, uint32_t credit, uint64_t cursor)
{
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Watch watch = LABGATE__WATCH__INIT;
    Labgate__Cursor from = LABGATE__CURSOR__INIT;
    from.boot = 1;
    from.frame = cursor;
    watch.rig = (char *)"tank-1";
    watch.credit = credit;
    watch.cursor = cursor > 0 ? &from : NULL;
    request.body_case = LABGATE__REQUEST__BODY_WATCH;
    request.watch = &watch;
    (void)peer_send(fd, id, &request);
}

static void expect_answer(int fd, uint32_t expected_id, const char *message)
{
    uint32_t id = 0;
    Labgate__Answer *answer = peer_receive(fd, &id);
    assert_non_null(answer);
    assert_int_equal(id, expected_id);
    assert_true(answer->ok);
    assert_string_equal(answer->message, message);
    labgate__answer__free_unpacked(answer, NULL);
}

static void expect_refusal(int fd, uint32_t expected_id, const char *reason)
{
    uint32_t id = 0;
    Labgate__Answer *answer = peer_receive(fd, &id);
    assert_non_null(answer);
    assert_int_equal(id, expected_id);
    assert_false(answer->ok);
    assert_string_equal(answer->reason, reason);
    labgate__answer__free_unpacked(answer, NULL);
}

static uint64_t expect_frame(int fd, uint32_t expected_id)
{
    uint32_t id = 0;
    Labgate__Answer *answer = peer_receive(fd, &id);
    assert_non_null(answer);
    assert_int_equal(id, expected_id);
    assert_non_null(answer->frame);
    uint64_t number = answer->frame->cursor->frame;
    labgate__answer__free_unpacked(answer, NULL);
    return number;
}

static void expect_closed(int fd)
{
    uint8_t byte;
    while (peer_read(fd, &byte, 1))
        ;
    close(fd);
}

static void test_requests_are_answered_under_their_ids(void **state)
{
    (void)state;
    int fd = peer_connect(host.urls[0]);
    for (uint32_t i = 1; i < 200; i++) {
        send_rigs(fd, ID(i * 7919));
        expect_answer(fd, ID(i * 7919), "secure"); /* it is loopback */
    }
    unsigned gone = host.gone;
    close(fd);
    host_await(&host.gone, gone + 1, "control to hear that the connection is gone");
}

static void test_too_many_requests_are_refused_and_a_stop_is_not(void **state)
{
    (void)state;
    int fd = peer_connect(host.urls[0]), other = peer_connect(host.urls[0]);
    for (uint32_t i = 1; i <= ENVELOPE_OTHERS_IN_FLIGHT; i++)
        send_health(fd, ID(i));
    send_health(fd, ID(1)); /* the same again is no further request */
    send_rigs(fd, ID(100));
    expect_refusal(fd, ID(100), "busy");
    send_stop(fd, ID(101));
    expect_answer(fd, ID(101), "urgent");
    send_rigs(other, ID(1));
    expect_answer(other, ID(1), "secure");
    close(fd);
    close(other);
}

static void test_malformed_messages_are_answered_then_the_connection_closed(void **state)
{
    (void)state;
    int fd = peer_connect(host.urls[0]);
    unsigned requests = host.requests;
    for (uint32_t i = 1; i < 8; i++) {
        assert_true(peer_send_raw(fd, ID(i), "\x12\xff\xff", 3));
        expect_refusal(fd, ID(i), "malformed");
    }
    assert_true(peer_send_raw(fd, ID(8), "\x12\xff\xff", 3));
    expect_closed(fd);
    assert_int_equal(host.requests, requests);
    fd = peer_connect(host.urls[0]);
    send_rigs(fd, ID(1));
    expect_answer(fd, ID(1), "secure");
    close(fd);
}

static void test_what_is_no_message_closes_the_connection(void **state)
{
    (void)state;
    static uint8_t large[70000];
    int fd = peer_connect(host.urls[0]);
    (void)peer_send_raw(fd, ID(1), large, sizeof large);
    expect_closed(fd);
    fd = peer_connect(host.urls[0]);
    assert_int_equal(send(fd, "\0\0\0\0\0\0\0\2ab", 10, MSG_NOSIGNAL), 10); /* shorter than an id */
    expect_closed(fd);
    fd = peer_dial(host.urls[0]);
    assert_int_equal(send(fd, "GET / HT", 8, MSG_NOSIGNAL), 8);
    expect_closed(fd);
    fd = peer_dial(host.urls[0]);
    assert_int_equal(send(fd, "\0SP\0\0\x20\0\0", 8, MSG_NOSIGNAL), 8); /* PUB */
    expect_closed(fd);
}

static void test_the_largest_request_passes(void **state)
{
    (void)state;
    static uint8_t bytes[ENVELOPE_PAYLOAD_MAX - 4];
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Rigs rigs = LABGATE__RIGS__INIT;
    char *token = malloc(sizeof bytes);
    memset(token, 'x', sizeof bytes);
    token[sizeof bytes - 20] = '\0';
    request.token = token;
    request.body_case = LABGATE__REQUEST__BODY_RIGS;
    request.rigs = &rigs;
    int fd = peer_connect(host.urls[0]);
    assert_true(peer_send_raw(fd, ID(1), bytes, labgate__request__pack(&request, bytes)));
    expect_answer(fd, ID(1), "secure");
    close(fd);
    free(token);
}

static void test_a_watch_has_as_many_answers_as_credit(void **state)
{
    (void)state;
    int fd = peer_connect(host.urls[0]);
    unsigned watches = host.watches;
    send_watch(fd, ID(1), 4, 0);
    uint64_t last = expect_frame(fd, ID(1));
    for (int i = 0; i < 3; i++) {
        uint64_t next = expect_frame(fd, ID(1));
        assert_true(next == last + 1);
        last = next;
    }
    assert_false(peer_hears(fd, 100)); /* ten frames long */
    for (int round = 0; round < 20; round++) {
        send_watch(fd, ID(1), 4, last);
        for (int i = 0; i < 4; i++) {
            uint64_t next = expect_frame(fd, ID(1));
            assert_true(next > last);
            last = next;
        }
    }
    /* Other requests go on meanwhile. */
    send_rigs(fd, ID(2));
    expect_answer(fd, ID(2), "secure");
    send_watch(fd, ID(1), 4, last);
    (void)expect_frame(fd, ID(1));
    send_watch(fd, ID(1), 0, 0);
    send_rigs(fd, ID(3));
    Labgate__Answer *answer;
    uint32_t id = 0;
    do {
        answer = peer_receive(fd, &id);
        assert_non_null(answer);
        labgate__answer__free_unpacked(answer, NULL);
    } while (id != ID(3));
    assert_false(peer_hears(fd, 100));
    assert_int_equal(host.watches, watches + 1); /* renewals are the bus's own */
    close(fd);
}

static void test_a_slow_reader_keeps_nobody_waiting(void **state)
{
    (void)state;
    /* It asks for megabytes and reads nothing. */
    int slow = peer_connect(host.urls[0]), fd = peer_connect(host.urls[0]);
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__ReadFile read_file = LABGATE__READ_FILE__INIT;
    read_file.length = 60000;
    request.body_case = LABGATE__REQUEST__BODY_READ_FILE;
    request.read_file = &read_file;
    for (uint32_t i = 1; i < 400; i++) {
        assert_true(peer_send(slow, ID(i), &request));
        send_rigs(fd, ID(i));
        expect_answer(fd, ID(i), "secure");
    }
    close(slow);
    close(fd);
}

static void test_a_new_bus_gives_nobody_anothers_answers(void **state)
{
    (void)state;
    int fd = peer_connect(host.urls[0]);
    send_watch(fd, ID(1), 32, 0);
    (void)expect_frame(fd, ID(1));
    host_kill_bus(&host);
    expect_closed(fd);
    fd = peer_connect(host.urls[0]);
    assert_false(peer_hears(fd, 100));
    send_watch(fd, ID(9), 2, 0);
    (void)expect_frame(fd, ID(9));
    (void)expect_frame(fd, ID(9));
    send_rigs(fd, ID(10));
    expect_answer(fd, ID(10), "secure");
    close(fd);
}

int main(int argument_count, char **arguments)
{
    if (argument_count > 1 && strcmp(arguments[1], "bus") == 0)
        return bus_main(argument_count, arguments);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_are_answered_under_their_ids),
        cmocka_unit_test(test_too_many_requests_are_refused_and_a_stop_is_not),
        cmocka_unit_test(test_malformed_messages_are_answered_then_the_connection_closed),
        cmocka_unit_test(test_what_is_no_message_closes_the_connection),
        cmocka_unit_test(test_the_largest_request_passes),
        cmocka_unit_test(test_a_watch_has_as_many_answers_as_credit),
        cmocka_unit_test(test_a_slow_reader_keeps_nobody_waiting),
        cmocka_unit_test(test_a_new_bus_gives_nobody_anothers_answers),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
