/* A listener that still takes connections and makes no pipes of them. */
#include "gateway/bus/watchdog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static struct watchdog *watchdog;
static struct peers *peers;
static int listener;
static uint16_t port;

struct connection {
    int near, far;
    uint16_t far_port;
};

static uint16_t port_of(int fd)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    return ntohs(address.sin_port);
}

static int set_up(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 8) != 0)
        return -1;
    port = port_of(listener);
    watchdog = watchdog_create();
    peers = peers_create();
    watchdog_port(watchdog, port);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    watchdog_destroy(watchdog);
    peers_destroy(peers);
    return close(listener);
}

static struct connection connect_one(void)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
    struct connection connection = {.far = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    assert_int_equal(connect(connection.far, (struct sockaddr *)&address, sizeof address), 0);
    connection.near = accept(listener, NULL, NULL);
    connection.far_port = port_of(connection.far);
    return connection;
}

static void speak(const struct connection *connection)
{
    uint8_t byte;
    assert_int_equal(send(connection->far, "h", 1, 0), 1);
    assert_int_equal(recv(connection->near, &byte, 1, 0), 1);
}

static void disconnect(const struct connection *connection)
{
    close(connection->near);
    close(connection->far);
}

static void make_pipe(const struct connection *connection, uint32_t pipe)
{
    static const uint8_t loopback[16] = {[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1};
    struct peer *peer = peers_add(peers, pipe);
    for (int i = 0; i < 16; i++)
        peer->address[i] = loopback[i];
    peer->remote_port = connection->far_port;
    peer->local_port = port;
    watchdog_opened(watchdog, peer);
}

static void test_silent_while_connections_become_pipes(void **state)
{
    (void)state;
    struct connection connections[3];
    for (uint32_t i = 0; i < 3; i++) {
        connections[i] = connect_one();
        make_pipe(&connections[i], i + 1);
    }
    for (int i = 0; i < 3; i++)
        assert_false(watchdog_barks(watchdog, peers));
    for (int i = 0; i < 3; i++)
        disconnect(&connections[i]);
}

static void test_barks_at_a_connection_that_stays_a_stray(void **state)
{
    (void)state;
    struct connection pipe = connect_one(), stray = connect_one();
    make_pipe(&pipe, 1);
    speak(&stray);
    assert_false(watchdog_barks(watchdog, peers)); /* it may be shaking hands */
    assert_true(watchdog_barks(watchdog, peers));
    disconnect(&pipe);
    disconnect(&stray);
}

static void test_who_says_nothing_proves_nothing(void **state)
{
    (void)state;
    struct connection idle = connect_one();
    for (int i = 0; i < 3; i++)
        assert_false(watchdog_barks(watchdog, peers));
    speak(&idle);
    assert_false(watchdog_barks(watchdog, peers));
    assert_true(watchdog_barks(watchdog, peers));
    disconnect(&idle);
}

static void test_a_slow_handshake_is_no_reason(void **state)
{
    (void)state;
    struct connection stray = connect_one();
    speak(&stray);
    assert_false(watchdog_barks(watchdog, peers));
    disconnect(&stray);
    struct connection next = connect_one(); /* perhaps at the same descriptor, and another connection */
    speak(&next);
    assert_false(watchdog_barks(watchdog, peers));
    disconnect(&next);
}

static void test_a_listener_that_makes_other_pipes_lives(void **state)
{
    (void)state;
    struct connection stray = connect_one();
    speak(&stray);
    assert_false(watchdog_barks(watchdog, peers));
    struct connection other = connect_one();
    make_pipe(&other, 5);
    assert_false(watchdog_barks(watchdog, peers));
    disconnect(&stray);
    disconnect(&other);
}

static void test_other_listeners_are_not_its_business(void **state)
{
    (void)state;
    struct watchdog *other = watchdog_create();
    struct connection stray = connect_one();
    speak(&stray);
    watchdog_port(other, (uint16_t)(port ^ 1));
    assert_false(watchdog_barks(other, peers));
    assert_false(watchdog_barks(other, peers));
    watchdog_destroy(other);
    disconnect(&stray);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_silent_while_connections_become_pipes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_barks_at_a_connection_that_stays_a_stray, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_who_says_nothing_proves_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_slow_handshake_is_no_reason, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_listener_that_makes_other_pipes_lives, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_listeners_are_not_its_business, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
