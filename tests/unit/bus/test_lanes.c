/* A bus process with a control of bare socketpairs: what goes by which of them, and how the process ends. */
#include "gateway/bus/bus.h"
#include "gateway/bus/envelope.h"
#include "tests/unit/control/sp_peer.h"

#include <stdio.h>
#include <sys/wait.h>

#define GENERATION 7u
#define ID(n)      (0x80000000u | (uint32_t)(n))

enum lane { URGENT, ORDINARY };

static int lanes[2];
static pid_t bus;
static char url[256];
static uint8_t payload[ENVELOPE_ANSWER_MAX];

_Noreturn static void run_bus(const int fds[2])
{
    char urgent[16], ordinary[16];
    snprintf(urgent, sizeof urgent, "%d", fds[0]);
    snprintf(ordinary, sizeof ordinary, "%d", fds[1]);
    char *arguments[] = {(char *)"labgate",       (char *)"bus", (char *)"--urgent-fd",  urgent,
                         (char *)"--ordinary-fd", ordinary,      (char *)"--generation", (char *)"7"};
    _exit(bus_main(8, arguments));
}

/* The next envelope of this lane but PROGRESS; false: the bus closed it. */
static bool take(enum lane lane, struct envelope *envelope)
{
    for (;;) {
        struct pollfd wait = {.fd = lanes[lane], .events = POLLIN};
        if (poll(&wait, 1, PEER_PATIENCE) != 1)
            fail_msg("nothing came from the bus");
        enum envelope_result result = envelope_receive(lanes[lane], envelope, payload);
        if (result == ENVELOPE_BROKEN)
            return false;
        if (result == ENVELOPE_MOVED && envelope->kind != ENVELOPE_PROGRESS)
            return true;
    }
}

static void give(enum lane lane, uint8_t kind, const void *bytes, size_t size)
{
    struct envelope envelope = {.kind = kind, .generation = GENERATION, .length = (uint32_t)size};
    assert_int_equal(envelope_send(lanes[lane], &envelope, bytes), ENVELOPE_MOVED);
}

static int set_up(void **state)
{
    (void)state;
    static const char listener[] = "tcp://127.0.0.1:0\0\0";
    int far[2];
    for (int i = 0; i < 2; i++) {
        int pair[2];
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
            return -1;
        lanes[i] = pair[0];
        far[i] = pair[1];
    }
    bus = fork();
    if (bus == 0) {
        close(lanes[0]);
        close(lanes[1]);
        run_bus(far);
    }
    close(far[0]);
    close(far[1]);
    give(ORDINARY, ENVELOPE_LISTEN, listener, sizeof listener);
    give(ORDINARY, ENVELOPE_BEGIN, NULL, 0);
    struct envelope ready;
    if (!take(ORDINARY, &ready) || ready.kind != ENVELOPE_READY)
        return -1;
    snprintf(url, sizeof url, "%.*s", (int)ready.length, (const char *)payload);
    return 0;
}

static int bus_status(void)
{
    int status;
    assert_int_equal(waitpid(bus, &status, 0), bus);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void close_lanes(void)
{
    close(lanes[URGENT]);
    close(lanes[ORDINARY]);
}

static void expect_request(enum lane lane, uint32_t request, uint8_t class)
{
    struct envelope envelope;
    assert_true(take(lane, &envelope));
    assert_int_equal(envelope.kind, ENVELOPE_REQUEST);
    assert_int_equal(envelope.request, request);
    assert_int_equal(envelope.class, class);
    assert_int_equal(envelope.generation, GENERATION);
    assert_int_equal(envelope.secure, 1);
    static const uint8_t loopback[16] = {[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1};
    assert_memory_equal(envelope.address, loopback, sizeof loopback);
}

static void test_urgent_requests_have_a_way_of_their_own(void **state)
{
    (void)state;
    int fd = peer_connect(url);
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Rigs rigs = LABGATE__RIGS__INIT;
    Labgate__Stop stop = LABGATE__STOP__INIT;
    Labgate__Release release = LABGATE__RELEASE__INIT;
    request.body_case = LABGATE__REQUEST__BODY_RIGS;
    request.rigs = &rigs;
    assert_true(peer_send(fd, ID(1), &request));
    request.body_case = LABGATE__REQUEST__BODY_STOP;
    request.stop = &stop;
    assert_true(peer_send(fd, ID(2), &request));
    expect_request(URGENT, ID(2), ENVELOPE_URGENT);
    expect_request(ORDINARY, ID(1), ENVELOPE_COMMAND);
    close(fd);
    fd = peer_connect(url);
    request.body_case = LABGATE__REQUEST__BODY_RELEASE;
    request.release = &release;
    assert_true(peer_send(fd, ID(3), &request));
    expect_request(URGENT, ID(3), ENVELOPE_URGENT);
    close(fd);
    close_lanes();
    assert_int_equal(bus_status(), 0);
}

static char token[3500];

/* Control reads nothing: what doesn't fit waits, and an e-stop still passes. */
static void test_a_stop_passes_a_full_channel(void **state)
{
    (void)state;
    enum { CONNECTIONS = 40 };
    int fds[CONNECTIONS];
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Rigs rigs = LABGATE__RIGS__INIT;
    Labgate__Stop stop = LABGATE__STOP__INIT;
    memset(token, 'x', sizeof token - 1);
    request.token = token;
    request.body_case = LABGATE__REQUEST__BODY_RIGS;
    request.rigs = &rigs;
    for (int i = 0; i < CONNECTIONS; i++) {
        fds[i] = peer_connect(url);
        for (uint32_t n = 1; n <= ENVELOPE_OTHERS_IN_FLIGHT; n++)
            assert_true(peer_send(fds[i], ID(n), &request));
    }
    int fd = peer_connect(url);
    request.body_case = LABGATE__REQUEST__BODY_STOP;
    request.stop = &stop;
    assert_true(peer_send(fd, ID(99), &request));
    expect_request(URGENT, ID(99), ENVELOPE_URGENT);
    for (int i = 0; i < CONNECTIONS * ENVELOPE_OTHERS_IN_FLIGHT; i++) {
        struct envelope envelope;
        assert_true(take(ORDINARY, &envelope));
        assert_int_equal(envelope.kind, ENVELOPE_REQUEST);
    }
    for (int i = 0; i < CONNECTIONS; i++)
        close(fds[i]);
    close(fd);
    close_lanes();
    assert_int_equal(bus_status(), 0);
}

/* More than the urgent pair holds, from connections that are gone by the time control reads. */
static void test_a_stop_acts_though_its_connection_is_gone(void **state)
{
    (void)state;
    enum { CONNECTIONS = 200 };
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Stop stop = LABGATE__STOP__INIT;
    memset(token, 'x', sizeof token - 1);
    request.token = token;
    request.body_case = LABGATE__REQUEST__BODY_STOP;
    request.stop = &stop;
    for (uint32_t i = 1; i <= CONNECTIONS; i++) {
        int fd = peer_connect(url);
        assert_true(peer_send(fd, ID(i), &request));
        close(fd);
    }
    struct envelope envelope;
    for (int i = 0; i < CONNECTIONS; i++) {
        assert_true(take(ORDINARY, &envelope)); /* the bus knows that they are gone */
        assert_int_equal(envelope.kind, ENVELOPE_PIPE_GONE);
    }
    for (int i = 0; i < CONNECTIONS; i++) {
        assert_true(take(URGENT, &envelope));
        assert_int_equal(envelope.class, ENVELOPE_URGENT);
    }
    close_lanes();
    assert_int_equal(bus_status(), 0);
}

static void test_what_control_would_never_say_ends_it(void **state)
{
    (void)state;
    struct envelope envelope;
    give(ORDINARY, ENVELOPE_REQUEST, "?", 1);
    assert_false(take(ORDINARY, &envelope));
    close_lanes();
    assert_int_equal(bus_status(), 1);
}

static void test_another_generations_envelopes_are_dropped(void **state)
{
    (void)state;
    int fd = peer_connect(url);
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Rigs rigs = LABGATE__RIGS__INIT;
    request.body_case = LABGATE__REQUEST__BODY_RIGS;
    request.rigs = &rigs;
    assert_true(peer_send(fd, ID(1), &request));
    struct envelope envelope;
    assert_true(take(ORDINARY, &envelope));
    envelope.kind = ENVELOPE_ANSWER;
    envelope.length = 0;
    struct envelope stranger = envelope;
    stranger.generation--;
    uint8_t answer[] = {0x10, 0x01, 0x22, 0x01, 'a'}; /* ok, message "a" */
    stranger.length = envelope.length = sizeof answer;
    assert_int_equal(envelope_send(lanes[ORDINARY], &stranger, answer), ENVELOPE_MOVED);
    answer[4] = 'b';
    assert_int_equal(envelope_send(lanes[ORDINARY], &envelope, answer), ENVELOPE_MOVED);
    uint32_t id = 0;
    Labgate__Answer *got = peer_receive(fd, &id);
    assert_non_null(got);
    assert_string_equal(got->message, "b");
    labgate__answer__free_unpacked(got, NULL);
    close(fd);
    close_lanes();
    assert_int_equal(bus_status(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_urgent_requests_have_a_way_of_their_own, set_up),
        cmocka_unit_test_setup(test_a_stop_passes_a_full_channel, set_up),
        cmocka_unit_test_setup(test_a_stop_acts_though_its_connection_is_gone, set_up),
        cmocka_unit_test_setup(test_what_control_would_never_say_ends_it, set_up),
        cmocka_unit_test_setup(test_another_generations_envelopes_are_dropped, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
