/* watchers COUNT PORT REQUEST_HEX - so many WebSocket watchers on 127.0.0.1 in one process. Each opens, says
 * the Request (a Watch) and says it again after every RENEW_AFTER answers. Says "watching" when all of them
 * have had an answer; then for each line on standard input the counts since the line before, until that ends:
 * "ANSWERS BYTES LEAST_OF_ONE LOST". Source: RFC 6455, and docs/protocol.md. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define WATCHERS_MOST 10000u
#define OPENING_MOST  32u /* at once */
#define RENEW_AFTER   8u  /* of the 16 that the Watch gives credit for */
#define REQUEST_MOST  512u

enum state { CLOSED, CONNECTING, UPGRADING, WATCHING };

struct watcher {
    int fd;
    enum state state;
    uint64_t skip;                /* bytes of the message that is being read */
    uint8_t head[10];             /* of a WebSocket frame */
    size_t head_size, head_wants; /* wants 0: not known yet */
    uint64_t answers, counted;
    unsigned matched; /* characters of the end of the upgrade's headers */
};

struct load {
    int epoll;
    struct sockaddr_in gateway;
    struct watcher *watchers;
    size_t count, opened, opening, first_answers, lost;
    uint8_t request[REQUEST_MOST];
    size_t request_size;
    uint64_t answers, bytes;
};

static void fail(const char *attempt)
{
    fprintf(stderr, "watchers: %s: %s\n", attempt, strerror(errno));
    exit(1);
}

/* One masked binary frame: request id with its top bit, then the Request. The mask is zero, which leaves the
 * bytes. */
static void make_request(struct load *load, const char *hex)
{
    size_t size = strlen(hex) / 2 + 4;
    uint8_t *out = load->request;
    if (size + 8 > REQUEST_MOST || size < 126) {
        fprintf(stderr, "watchers: a Request of %zu bytes is not what this program is for\n", size);
        exit(2);
    }
    *out++ = 0x82;
    *out++ = 0x80 | 126;
    *out++ = (uint8_t)(size >> 8);
    *out++ = (uint8_t)size;
    memset(out, 0, 4);
    out += 4;
    memcpy(out, "\x80\0\0\1", 4);
    out += 4;
    for (const char *at = hex; at[0] && at[1]; at += 2) {
        char digits[3] = {at[0], at[1], 0};
        *out++ = (uint8_t)strtoul(digits, NULL, 16);
    }
    load->request_size = (size_t)(out - load->request);
}

static void lose(struct load *load, struct watcher *watcher)
{
    if (watcher->state == CONNECTING || watcher->state == UPGRADING)
        load->opening--;
    close(watcher->fd);
    watcher->state = CLOSED;
    load->lost++;
}

/* What is said is small and far between: a socket that does not take it at once is as good as lost. */
static void say(struct load *load, struct watcher *watcher, const void *bytes, size_t size)
{
    if (send(watcher->fd, bytes, size, MSG_NOSIGNAL) != (ssize_t)size)
        lose(load, watcher);
}

static void open_next(struct load *load)
{
    struct watcher *watcher = &load->watchers[load->opened++];
    watcher->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (watcher->fd < 0)
        fail("opening a socket");
    watcher->state = CONNECTING;
    load->opening++;
    if (connect(watcher->fd, (struct sockaddr *)&load->gateway, sizeof load->gateway) != 0 &&
        errno != EINPROGRESS)
        fail("connecting");
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = watcher};
    if (epoll_ctl(load->epoll, EPOLL_CTL_ADD, watcher->fd, &event) != 0)
        fail("epoll_ctl");
}

static void upgrade(struct load *load, struct watcher *watcher)
{
    char ask[512];
    int size =
        snprintf(ask, sizeof ask,
                 "GET /bus HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                 "Sec-WebSocket-Protocol: rep.sp.nanomsg.org\r\n\r\n",
                 ntohs(load->gateway.sin_port));
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = watcher};
    if (epoll_ctl(load->epoll, EPOLL_CTL_MOD, watcher->fd, &event) != 0)
        fail("epoll_ctl");
    watcher->state = UPGRADING;
    say(load, watcher, ask, (size_t)size);
}

static void answered(struct load *load, struct watcher *watcher)
{
    load->answers++;
    if (watcher->answers++ == 0)
        load->first_answers++;
    if (watcher->answers % RENEW_AFTER == 0)
        say(load, watcher, load->request, load->request_size);
}

/* Counts messages by the heads of their frames; what is in them is not looked at. */
static void take(struct load *load, struct watcher *watcher, const uint8_t *at, size_t size)
{
    while (size && watcher->state == UPGRADING) {
        watcher->matched = *at == "\r\n\r\n"[watcher->matched] ? watcher->matched + 1 : *at == '\r';
        at++;
        size--;
        if (watcher->matched == 4) {
            watcher->state = WATCHING;
            load->opening--;
            say(load, watcher, load->request, load->request_size);
        }
    }
    while (size && watcher->state == WATCHING) {
        if (watcher->skip) {
            size_t part = watcher->skip < size ? (size_t)watcher->skip : size;
            watcher->skip -= part;
            at += part;
            size -= part;
            continue;
        }
        watcher->head[watcher->head_size++] = *at++;
        size--;
        unsigned length = watcher->head[1] & 0x7f;
        if (watcher->head_size < 2 || watcher->head_size < 2u + (length == 126 ? 2 : length == 127 ? 8 : 0))
            continue;
        watcher->skip = length < 126 ? length : 0;
        for (size_t i = 2; i < watcher->head_size; i++)
            watcher->skip = watcher->skip << 8 | watcher->head[i];
        watcher->head_size = 0;
        answered(load, watcher);
    }
}

static void on_event(struct load *load, struct watcher *watcher)
{
    static uint8_t buffer[65536];
    if (watcher->state == CONNECTING) {
        upgrade(load, watcher);
        return;
    }
    ssize_t got = recv(watcher->fd, buffer, sizeof buffer, 0);
    if (got > 0) {
        load->bytes += (uint64_t)got;
        take(load, watcher, buffer, (size_t)got);
    } else if (got == 0 || errno != EAGAIN) {
        lose(load, watcher);
    }
}

static void report(struct load *load)
{
    static uint64_t answers, bytes;
    uint64_t least = UINT64_MAX;
    for (size_t i = 0; i < load->count; i++) {
        struct watcher *watcher = &load->watchers[i];
        uint64_t own = watcher->answers - watcher->counted;
        watcher->counted = watcher->answers;
        least = own < least ? own : least;
    }
    printf("%llu %llu %llu %zu\n", (unsigned long long)(load->answers - answers),
           (unsigned long long)(load->bytes - bytes), (unsigned long long)least, load->lost);
    fflush(stdout);
    answers = load->answers;
    bytes = load->bytes;
}

int main(int argument_count, char **arguments)
{
    if (argument_count != 4) {
        fprintf(stderr, "usage: watchers COUNT PORT REQUEST_HEX\n");
        return 2;
    }
    struct load load = {.count = strtoul(arguments[1], NULL, 10), .epoll = epoll_create1(EPOLL_CLOEXEC)};
    load.gateway = (struct sockaddr_in){.sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)strtoul(arguments[2], NULL, 10)),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (load.count == 0 || load.count > WATCHERS_MOST)
        return 2;
    make_request(&load, arguments[3]);
    load.watchers = calloc(load.count, sizeof *load.watchers);
    struct epoll_event events[256], input = {.events = EPOLLIN, .data.ptr = NULL};
    if (!load.watchers || load.epoll < 0 || epoll_ctl(load.epoll, EPOLL_CTL_ADD, STDIN_FILENO, &input) != 0)
        fail("starting");
    bool said = false;
    for (;;) {
        while (load.opened < load.count && load.opening < OPENING_MOST)
            open_next(&load);
        if (!said && load.first_answers + load.lost >= load.count) {
            printf("watching\n");
            fflush(stdout);
            said = true;
        }
        int count = epoll_wait(load.epoll, events, sizeof events / sizeof *events, -1);
        for (int i = 0; i < count; i++) {
            char line[64];
            if (events[i].data.ptr)
                on_event(&load, events[i].data.ptr);
            else if (read(STDIN_FILENO, line, sizeof line) > 0)
                report(&load);
            else
                return 0;
        }
    }
}
