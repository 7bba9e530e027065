/* sp_peer.h - a REQ peer over TCP made of plain socket calls, so that the bus is met by something that isn't
 * nng. The bytes are those of docs/protocol.md. */
#ifndef TESTS_UNIT_CONTROL_SP_PEER_H
#define TESTS_UNIT_CONTROL_SP_PEER_H

#include "proto/lab.pb-c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PEER_PATIENCE 20000 /* ms; nothing here takes long unless it never comes */

/* true: all there; false: the other side closed. */
static inline bool peer_read(int fd, void *bytes, size_t size)
{
    uint8_t *at = bytes;
    while (size > 0) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        if (poll(&wait, 1, PEER_PATIENCE) != 1)
            fail_msg("nothing came within %d ms", PEER_PATIENCE);
        ssize_t got = recv(fd, at, size, 0);
        if (got <= 0)
            return false;
        at += got;
        size -= (size_t)got;
    }
    return true;
}

static inline int peer_dial(const char *url)
{
    const char *colon = strrchr(url, ':');
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)atoi(colon + 1)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return fd;
}

static inline int peer_connect(const char *url)
{
    static const uint8_t hello[8] = {0, 'S', 'P', 0, 0, 0x30}, expected[8] = {0, 'S', 'P', 0, 0, 0x31};
    uint8_t got[8];
    int fd = peer_dial(url);
    assert_int_equal(send(fd, hello, sizeof hello, MSG_NOSIGNAL), sizeof hello);
    assert_true(peer_read(fd, got, sizeof got));
    assert_memory_equal(got, expected, sizeof got);
    return fd;
}

/* A message as it is; false: the connection is closed. */
static inline bool peer_send_raw(int fd, uint32_t id, const void *bytes, size_t size)
{
    uint8_t head[12] = {0};
    uint64_t length = size + 4;
    for (int i = 0; i < 8; i++)
        head[i] = (uint8_t)(length >> (56 - 8 * i));
    for (int i = 0; i < 4; i++)
        head[8 + i] = (uint8_t)(id >> (24 - 8 * i));
    struct iovec parts[2] = {
        {head,          sizeof head},
        {(void *)bytes, size       }
    };
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    return sendmsg(fd, &message, MSG_NOSIGNAL) >= 0;
}

static inline bool peer_send(int fd, uint32_t id, const Labgate__Request *request)
{
    uint8_t bytes[4096];
    assert_true(labgate__request__get_packed_size(request) <= sizeof bytes);
    return peer_send_raw(fd, id, bytes, labgate__request__pack(request, bytes));
}

/* The next answer and its id; NULL: closed. The caller frees it. */
static inline Labgate__Answer *peer_receive(int fd, uint32_t *id)
{
    uint8_t head[12];
    if (!peer_read(fd, head, sizeof head))
        return NULL;
    uint64_t length = 0;
    for (int i = 0; i < 8; i++)
        length = length << 8 | head[i];
    assert_true(length >= 4 && length < 100000);
    *id = (uint32_t)head[8] << 24 | (uint32_t)head[9] << 16 | (uint32_t)head[10] << 8 | head[11];
    uint8_t *bytes = malloc(length);
    Labgate__Answer *answer = NULL;
    if (peer_read(fd, bytes, length - 4)) {
        answer = labgate__answer__unpack(NULL, length - 4, bytes);
        assert_non_null(answer);
    }
    free(bytes);
    return answer;
}

/* Does anything come within the time? */
static inline bool peer_hears(int fd, int milliseconds)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    return poll(&wait, 1, milliseconds) == 1;
}

#endif
