#include "gateway/client/line.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MILLISECOND INT64_C(1000000)
#define RETRY       (50 * MILLISECOND)
#define ANSWER_MOST 262144u

/* One datagram is one message, without an id: requests are answered in order, so one is under way at a time,
 * and a connection on which an answer was missed is given up (reset). */
struct local_line {
    struct line line;
    struct sockaddr_un address;
    int socket; /* -1: not connected */
    unsigned epoch;
    uint32_t request; /* under way */
    uint8_t buffer[ANSWER_MOST];
};

static struct local_line *of(const struct line *line)
{
    return (struct local_line *)line;
}

static unsigned local_line_epoch(const struct line *line)
{
    return of(line)->epoch;
}

static bool local_line_connected(const struct line *line)
{
    return of(line)->socket >= 0;
}

static void local_line_reset(struct line *base)
{
    struct local_line *line = of(base);
    if (line->socket >= 0)
        close(line->socket);
    line->socket = -1;
}

static bool try_connect(struct local_line *line)
{
    line->socket = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (line->socket < 0)
        return false;
    if (connect(line->socket, (const struct sockaddr *)&line->address, sizeof line->address) != 0) {
        local_line_reset(&line->line);
        return false;
    }
    line->epoch++;
    return true;
}

static enum line_result local_line_connect(struct line *base, int64_t deadline)
{
    struct local_line *line = of(base);
    while (line->socket < 0 && !try_connect(line)) {
        int64_t left = deadline - line_now();
        if (left <= 0)
            return LINE_TIMED_OUT;
        (void)poll(NULL, 0, (int)((left < RETRY ? left : RETRY) / MILLISECOND) + 1);
    }
    return LINE_OK;
}

/* Waits for the socket; false: the deadline has passed. */
static bool await(const struct local_line *line, short events, int64_t deadline)
{
    for (;;) {
        int64_t left = deadline - line_now();
        if (left <= 0)
            return false;
        struct pollfd wait = {.fd = line->socket, .events = events};
        int64_t milliseconds = left / MILLISECOND + 1;
        if (poll(&wait, 1, milliseconds < 60000 ? (int)milliseconds : 60000) > 0)
            return true;
    }
}

static enum line_result local_line_send(struct line *base, unsigned epoch, const struct line_request *request,
                                        int64_t deadline)
{
    struct local_line *line = of(base);
    if (line->socket < 0 || line->epoch != epoch)
        return LINE_CHANGED;
    do {
        if (send(line->socket, request->bytes, request->size, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) {
            line->request = request->id;
            return LINE_OK;
        }
        if (errno != EAGAIN && errno != EINTR) {
            local_line_reset(base);
            return LINE_CHANGED;
        }
    } while (await(line, POLLOUT, deadline));
    return LINE_TIMED_OUT;
}

static enum line_result local_line_receive(struct line *base, unsigned epoch, int64_t deadline,
                                           struct line_message *message)
{
    struct local_line *line = of(base);
    while (line->socket >= 0 && line->epoch == epoch) {
        if (!await(line, POLLIN, deadline))
            return LINE_TIMED_OUT;
        ssize_t got = recv(line->socket, line->buffer, sizeof line->buffer, MSG_DONTWAIT);
        if (got > 0) {
            *message = (struct line_message){line->request, line->buffer, (size_t)got, NULL};
            return LINE_OK;
        }
        if (got == 0 || (errno != EAGAIN && errno != EINTR))
            local_line_reset(base);
    }
    return LINE_CHANGED;
}

static void local_line_release(struct line *line, struct line_message *message)
{
    (void)line;
    (void)message;
}

static int local_line_trouble(const struct line *line)
{
    (void)line;
    return CLIENT_UNREACHABLE;
}

static void local_line_destroy(struct line *line)
{
    local_line_reset(line);
    free(of(line));
}

static const struct line_operations operations = {
    .is_unnumbered = true,
    .destroy = local_line_destroy,
    .epoch = local_line_epoch,
    .connected = local_line_connected,
    .connect = local_line_connect,
    .send = local_line_send,
    .receive = local_line_receive,
    .release = local_line_release,
    .reset = local_line_reset,
    .trouble = local_line_trouble,
};

int line_local_create(const char *path, struct line **out, char *why, size_t why_size)
{
    struct local_line *line = calloc(1, sizeof *line);
    if (!line) {
        snprintf(why, why_size, "no memory");
        return CLIENT_NO_MEMORY;
    }
    line->line.operations = &operations;
    line->socket = -1;
    line->address.sun_family = AF_UNIX;
    if (path[0] == '\0' || strlen(path) >= sizeof line->address.sun_path) {
        snprintf(why, why_size, "cannot use the address local:%s: a socket's path has 1 to %zu characters",
                 path, sizeof line->address.sun_path - 1);
        free(line);
        return CLIENT_BAD_ADDRESS;
    }
    strcpy(line->address.sun_path, path);
    *out = &line->line;
    return CLIENT_OK;
}
