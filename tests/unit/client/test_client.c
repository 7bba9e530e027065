/* The client against a server of plain sockets, which does what a real one does rarely: lose connections,
 * answer late, twice, wrongly or not at all. */
#include "gateway/client/client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define SECONDS(n)    (INT64_C(1000000000) * (n))
#define PATIENCE      SECONDS(30)
#define REQUESTS_MOST 64

/* What the server does with its n-th request; after the last one it answers. */
enum deed { ANSWER, ANSWER_TWICE, ANSWER_GARBAGE, HANG_UP, ANSWER_NOT, ANSWER_FOREIGN };

struct server {
    int listener;
    bool unnumbered; /* datagrams on a Unix socket */
    char url[128];
    pthread_t thread;
    atomic_bool stop;
    const enum deed *deeds;
    size_t deed_count;
    atomic_uint requests, connections;
    Labgate__Request *seen[REQUESTS_MOST]; /* read by the test after the fact */
    uint32_t ids[REQUESTS_MOST];
    uint64_t time, boot; /* for answers */
};

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void nap(int milliseconds)
{
    (void)poll(NULL, 0, milliseconds);
}

/* Reads all of it unless the connection ends or the server is to stop. */
static bool read_all(struct server *server, int fd, void *bytes, size_t size)
{
    uint8_t *at = bytes;
    while (size > 0 && !server->stop) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        if (poll(&wait, 1, 20) == 0)
            continue;
        ssize_t got = recv(fd, at, size, 0);
        if (got <= 0)
            return false;
        at += got;
        size -= (size_t)got;
    }
    return size == 0;
}

static void write_message(const struct server *server, int fd, uint32_t id, const uint8_t *bytes, size_t size)
{
    uint8_t head[12] = {0};
    for (int i = 0; i < 8; i++)
        head[i] = (uint8_t)((uint64_t)(size + 4) >> (56 - 8 * i));
    for (int i = 0; i < 4; i++)
        head[8 + i] = (uint8_t)(id >> (24 - 8 * i));
    struct iovec parts[2] = {
        {head,          server->unnumbered ? 0 : sizeof head},
        {(void *)bytes, size                                }
    };
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    (void)sendmsg(fd, &message, MSG_NOSIGNAL);
}

static void write_answer(const struct server *server, int fd, uint32_t id, unsigned number)
{
    uint8_t bytes[256];
    char message[16];
    Labgate__Answer answer = LABGATE__ANSWER__INIT;
    snprintf(message, sizeof message, "%u", number);
    answer.version = 1;
    answer.ok = 1;
    answer.message = message;
    answer.time = server->time;
    answer.boot = server->boot;
    write_message(server, fd, id, bytes, labgate__answer__pack(&answer, bytes));
}

/* One request from the connection, as bytes; 0: none. */
static size_t read_request(struct server *server, int fd, uint32_t *id, uint8_t *bytes, size_t capacity)
{
    if (server->unnumbered) {
        ssize_t got;
        do {
            struct pollfd wait = {.fd = fd, .events = POLLIN};
            (void)poll(&wait, 1, 20);
            got = recv(fd, bytes, capacity, MSG_DONTWAIT);
        } while (got < 0 && !server->stop);
        *id = 0;
        return got > 0 ? (size_t)got : 0;
    }
    uint8_t head[12];
    if (!read_all(server, fd, head, sizeof head))
        return 0;
    size_t size = (size_t)(head[6] << 8 | head[7]) - 4;
    *id = (uint32_t)head[8] << 24 | (uint32_t)head[9] << 16 | (uint32_t)head[10] << 8 | head[11];
    return size <= capacity && read_all(server, fd, bytes, size) ? size : 0;
}

/* false: the connection is to be closed. */
static bool act(struct server *server, int fd, uint32_t id, unsigned number)
{
    switch (number < server->deed_count ? server->deeds[number] : ANSWER) {
    case ANSWER_TWICE:
        write_answer(server, fd, id, number);
        write_answer(server, fd, id, number);
        return true;
    case ANSWER_GARBAGE:
        write_message(server, fd, id, (const uint8_t *)"\xff\xff", 2);
        return true;
    case ANSWER_FOREIGN:
        write_answer(server, fd, id ^ 1, 99);
        write_answer(server, fd, id, number);
        return true;
    case HANG_UP:
        return false;
    case ANSWER_NOT:
        return true;
    default:
        write_answer(server, fd, id, number);
        return true;
    }
}

static void serve_connection(struct server *server, int fd)
{
    static const uint8_t hello[8] = {0, 'S', 'P', 0, 0, 0x31};
    uint8_t bytes[4096];
    if (!server->unnumbered) {
        (void)send(fd, hello, sizeof hello, MSG_NOSIGNAL);
        if (!read_all(server, fd, bytes, sizeof hello))
            return;
    }
    for (;;) {
        uint32_t id;
        size_t size = read_request(server, fd, &id, bytes, sizeof bytes);
        unsigned number = server->requests;
        if (size == 0 || number >= REQUESTS_MOST)
            return;
        server->seen[number] = labgate__request__unpack(NULL, size, bytes);
        server->ids[number] = id;
        server->requests++;
        if (!act(server, fd, id, number))
            return;
    }
}

static void *run_server(void *context)
{
    struct server *server = context;
    while (!server->stop) {
        struct pollfd wait = {.fd = server->listener, .events = POLLIN};
        if (poll(&wait, 1, 20) != 1)
            continue;
        int fd = accept(server->listener, NULL, NULL);
        server->connections++;
        serve_connection(server, fd);
        close(fd);
    }
    return NULL;
}

static void open_tcp(struct server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server->listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &size), 0);
    snprintf(server->url, sizeof server->url, "tcp://127.0.0.1:%u", ntohs(address.sin_port));
}

static void open_local(struct server *server)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "/tmp/labgate-client-test-%d", getpid());
    unlink(address.sun_path);
    server->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server->listener, (struct sockaddr *)&address, sizeof address), 0);
    snprintf(server->url, sizeof server->url, "local:%s", address.sun_path);
}

static void start(struct server *server, bool local, const enum deed *deeds, size_t count)
{
    *server =
        (struct server){.unnumbered = local, .deeds = deeds, .deed_count = count, .time = 1000, .boot = 1};
    (local ? open_local : open_tcp)(server);
    assert_int_equal(listen(server->listener, 8), 0);
    assert_int_equal(pthread_create(&server->thread, NULL, run_server, server), 0);
}

static void finish(struct server *server)
{
    server->stop = true;
    pthread_join(server->thread, NULL);
    close(server->listener);
    if (server->unnumbered)
        unlink(server->url + strlen("local:"));
    for (unsigned i = 0; i < server->requests; i++)
        if (server->seen[i])
            labgate__request__free_unpacked(server->seen[i], NULL);
}

static struct client *connect_to(const char *url, void (*connection)(void *, bool), void *context)
{
    struct client *client;
    char why[256];
    struct client_options options = {
        .url = url, .token = "k7Q", .connection = connection, .context = context};
    if (client_create(&options, &client, why, sizeof why) != CLIENT_OK)
        fail_msg("%s", why);
    return client;
}

static int set_point(struct client *client, uint64_t sequence, int64_t timeout, Labgate__Answer **answer)
{
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Set set = LABGATE__SET__INIT;
    set.point = (char *)"plc.pump";
    set.sequence = sequence;
    request.body_case = LABGATE__REQUEST__BODY_SET;
    request.set = &set;
    return client_call(client, &request, timeout, answer);
}

static void expect_set(struct client *client, uint64_t sequence, const char *message)
{
    Labgate__Answer *answer;
    assert_int_equal(set_point(client, sequence, PATIENCE, &answer), CLIENT_OK);
    assert_true(answer->ok);
    assert_string_equal(answer->message, message);
    client_free(answer);
}

static void test_a_call_carries_token_seat_and_freshness(void **state)
{
    (void)state;
    struct server server;
    start(&server, false, NULL, 0);
    struct client *client = connect_to(server.url, NULL, NULL);
    expect_set(client, 1, "0");
    client_set_seat(client, 7);
    client_set_token(client, "other");
    int64_t before = now_ns();
    nap(50);
    expect_set(client, 2, "1");
    int64_t took = now_ns() - before;
    client_destroy(client);
    assert_int_equal(server.seen[0]->version, 1);
    assert_string_equal(server.seen[0]->token, "k7Q");
    assert_int_equal(server.seen[0]->seen, 0); /* it knows no time yet */
    assert_true(server.ids[0] & 0x80000000u);
    assert_int_equal(server.seen[1]->seat, 7);
    assert_string_equal(server.seen[1]->token, "other");
    assert_int_equal(server.seen[1]->seen, 1000);
    assert_true(server.seen[1]->elapsed >= 50000000 && (int64_t)server.seen[1]->elapsed <= took + SECONDS(1));
    assert_int_not_equal(server.ids[0], server.ids[1]);
    finish(&server);
}

static void count_changes(void *context, bool connected)
{
    ((int *)context)[connected]++;
}

/* The command is the same to the byte, and its age counts from when it was given, so that the gateway can
 * tell. */
static void test_a_command_sent_again_is_the_same_command(void **state)
{
    (void)state;
    static const enum deed deeds[] = {ANSWER, HANG_UP, HANG_UP};
    struct server server;
    int changes[2] = {0};
    start(&server, false, deeds, 3);
    struct client *client = connect_to(server.url, count_changes, changes);
    expect_set(client, 1, "0");
    nap(20);
    expect_set(client, 2, "3");
    client_destroy(client);
    assert_int_equal(server.requests, 4);
    assert_int_equal(server.connections, 3);
    for (int i = 2; i < 4; i++) {
        assert_int_equal(server.seen[i]->set->sequence, 2);
        assert_int_equal(server.seen[i]->seen, server.seen[1]->seen);
        assert_int_equal(server.seen[i]->elapsed, server.seen[1]->elapsed);
    }
    assert_int_equal(changes[0], 2);
    assert_int_equal(changes[1], 2);
    finish(&server);
}

static void test_answers_that_are_not_for_this_call(void **state)
{
    (void)state;
    static const enum deed deeds[] = {ANSWER_TWICE, ANSWER_FOREIGN, ANSWER};
    struct server server;
    start(&server, false, deeds, 3);
    struct client *client = connect_to(server.url, NULL, NULL);
    expect_set(client, 1, "0");
    expect_set(client, 2, "1");
    expect_set(client, 3, "2");
    client_destroy(client);
    finish(&server);
}

static void test_garbage_is_malformed(void **state)
{
    (void)state;
    static const enum deed deeds[] = {ANSWER_GARBAGE};
    struct server server;
    start(&server, false, deeds, 1);
    struct client *client = connect_to(server.url, NULL, NULL);
    Labgate__Answer *answer;
    assert_int_equal(set_point(client, 1, PATIENCE, &answer), CLIENT_MALFORMED);
    assert_null(answer);
    expect_set(client, 2, "1");
    client_destroy(client);
    finish(&server);
}

static void test_no_answer_in_time(void **state)
{
    (void)state;
    static const enum deed deeds[] = {ANSWER_NOT};
    struct server server;
    start(&server, false, deeds, 1);
    struct client *client = connect_to(server.url, NULL, NULL);
    Labgate__Answer *answer;
    assert_int_equal(set_point(client, 1, SECONDS(1), &answer), CLIENT_TIMED_OUT);
    assert_null(answer);
    client_destroy(client);
    finish(&server);
}

/* The server is there and takes its time: it is asked whether it is there, and the call goes on. */
static void test_a_slow_answer_is_waited_for(void **state)
{
    (void)state;
    static const enum deed deeds[] = {ANSWER_NOT, ANSWER, ANSWER_NOT, ANSWER_NOT};
    struct server server;
    start(&server, false, deeds, 4);
    struct client *client = connect_to(server.url, NULL, NULL);
    Labgate__Answer *answer;
    assert_int_equal(set_point(client, 1, SECONDS(5), &answer), CLIENT_TIMED_OUT);
    assert_int_equal(server.requests, 2);
    assert_int_equal(server.seen[1]->body_case, LABGATE__REQUEST__BODY_PRESENCE);
    assert_int_equal(server.connections, 1);
    /* Nobody there: neither the command nor the question is answered, so it goes out again on another
     * connection. */
    nap(10);
    expect_set(client, 2, "4");
    assert_int_equal(server.requests, 5);
    assert_int_equal(server.connections, 2);
    assert_int_equal(server.seen[4]->set->sequence, 2);
    client_destroy(client);
    finish(&server);
}

static void test_nobody_listens(void **state)
{
    (void)state;
    struct server server = {0};
    open_tcp(&server); /* bound, not listening */
    struct client *client = connect_to(server.url, NULL, NULL);
    Labgate__Answer *answer;
    assert_int_equal(set_point(client, 1, SECONDS(1), &answer), CLIENT_UNREACHABLE);
    client_destroy(client);
    close(server.listener);
}

static void test_addresses_that_are_none(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "127.0.0.1:80", "tcp://", "mqtt://127.0.0.1:80", "local:"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct client *client = NULL;
        char why[256] = "";
        struct client_options options = {.url = wrong[i]};
        assert_int_equal(client_create(&options, &client, why, sizeof why), CLIENT_BAD_ADDRESS);
        assert_non_null(strstr(why, wrong[i]));
        assert_null(client);
    }
}

static void test_the_gateways_own_socket(void **state)
{
    (void)state;
    static const enum deed deeds[] = {ANSWER, HANG_UP, ANSWER};
    struct server server;
    start(&server, true, deeds, 3);
    struct client *client = connect_to(server.url, NULL, NULL);
    expect_set(client, 1, "0");
    expect_set(client, 2, "2");
    assert_int_equal(server.seen[2]->set->sequence, 2);
    client_destroy(client);
    finish(&server);
}

/* There answers have no ids: one that was missed must not be taken for the next. */
static void test_a_missed_answer_on_the_own_socket(void **state)
{
    (void)state;
    static const enum deed deeds[] = {ANSWER_NOT};
    struct server server;
    start(&server, true, deeds, 1);
    struct client *client = connect_to(server.url, NULL, NULL);
    Labgate__Answer *answer;
    assert_int_equal(set_point(client, 1, SECONDS(1), &answer), CLIENT_TIMED_OUT);
    expect_set(client, 2, "1");
    assert_int_equal(server.connections, 2);
    client_destroy(client);
    finish(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_call_carries_token_seat_and_freshness),
        cmocka_unit_test(test_a_command_sent_again_is_the_same_command),
        cmocka_unit_test(test_answers_that_are_not_for_this_call),
        cmocka_unit_test(test_garbage_is_malformed),
        cmocka_unit_test(test_no_answer_in_time),
        cmocka_unit_test(test_a_slow_answer_is_waited_for),
        cmocka_unit_test(test_nobody_listens),
        cmocka_unit_test(test_addresses_that_are_none),
        cmocka_unit_test(test_the_gateways_own_socket),
        cmocka_unit_test(test_a_missed_answer_on_the_own_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
