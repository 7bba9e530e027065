#include "drivers/sim/simulator.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS_MAX 32 /* of one endpoint */

int64_t endpoint_character(const struct endpoint *endpoint)
{
    return endpoint->baud ? endpoint->protocol->character_bits * CLOCK_SECOND / endpoint->baud : 0;
}

/* MODBUS over Serial Line V1.02, section 2.5.1.1: 3.5 characters, but a fixed 1.75 ms above 19200 baud.
 * Without a baud rate bytes have no duration; a pause of the fixed length still ends a fragment. */
int64_t endpoint_silence(const struct endpoint *endpoint)
{
    if (endpoint->protocol->medium != MEDIUM_RTU)
        return 0;
    if (endpoint->baud && endpoint->baud <= 19200)
        return endpoint_character(endpoint) * 7 / 2;
    return 1750 * CLOCK_MICROSECOND;
}

static void connection_close(struct connection *connection)
{
    if (connection->dead)
        return;
    connection->dead = true;
    connection->endpoint->connection_count--;
    close(connection->source.fd);
    stream_drop_output(&connection->stream);
}

void connection_service(struct simulator *simulator, struct connection *connection, int64_t now)
{
    struct endpoint *endpoint = connection->endpoint;
    struct stream *stream = &connection->stream;
    if (connection->dead)
        return;
    int result = stream_flush(stream, now);
    if (!result && stream->input_length && !stream->blocked)
        result = endpoint->protocol->serve(simulator, endpoint, stream, now);
    if (!result)
        result = stream_flush(stream, now);
    /* A pty without a reader is a line with nobody at its end: what is sent is lost, the line stays. */
    if (result && endpoint->transport == TRANSPORT_PTY)
        stream_drop_output(stream);
    else if (result)
        connection_close(connection);
}

static void connection_ready(struct simulator *simulator, struct source *source, uint32_t events, int64_t now)
{
    struct connection *connection = (struct connection *)source;
    if (connection->dead)
        return;
    int result =
        events & (EPOLLIN | EPOLLHUP | EPOLLERR) ? stream_receive(&connection->stream, now) : STREAM_OK;
    connection_service(simulator, connection, now);
    if (result == STREAM_CLOSED && connection->endpoint->transport == TRANSPORT_TCP)
        connection_close(connection);
}

static struct connection *connection_add(struct simulator *simulator, struct endpoint *endpoint, int fd)
{
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection)
        return NULL;
    connection->source = (struct source){.fd = fd, .ready = connection_ready};
    connection->endpoint = endpoint;
    stream_init(&connection->stream, fd, endpoint_silence(endpoint));
    /* Edges, because a pty whose other side is closed would otherwise report that without end. */
    if (simulator_watch(simulator, &connection->source, EPOLLIN | EPOLLOUT | EPOLLET)) {
        free(connection);
        return NULL;
    }
    connection->next = endpoint->connections;
    endpoint->connections = connection;
    endpoint->connection_count++;
    return connection;
}

static void listener_ready(struct simulator *simulator, struct source *source, uint32_t events, int64_t now)
{
    struct endpoint *endpoint = (struct endpoint *)source;
    (void)events;
    (void)now;
    int fd = accept4(source->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    if (endpoint->connection_count == CONNECTIONS_MAX || !connection_add(simulator, endpoint, fd))
        close(fd);
}

/* Whoever started this process has bound it, so that neither needs a port that is free or a path. */
static int open_given(struct simulator *simulator, struct endpoint *endpoint)
{
    struct sockaddr_in address = {0};
    socklen_t length = sizeof address;
    int fd = endpoint->given, flags = fcntl(fd, F_GETFL);
    endpoint->given = -1;
    if (fd < 0 || flags < 0 || getsockname(fd, (struct sockaddr *)&address, &length) ||
        address.sin_family != AF_INET || fcntl(fd, F_SETFL, flags | O_NONBLOCK) ||
        fcntl(fd, F_SETFD, FD_CLOEXEC))
        return simulator_fail(simulator, "no listening TCP socket was inherited as descriptor %d", fd);
    endpoint->port = ntohs(address.sin_port);
    endpoint->listener = (struct source){.fd = fd, .ready = listener_ready};
    return simulator_watch(simulator, &endpoint->listener, EPOLLIN);
}

static int open_tcp(struct simulator *simulator, struct endpoint *endpoint)
{
    if (!endpoint->host[0])
        return open_given(simulator, endpoint);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(endpoint->port)};
    socklen_t length = sizeof address;
    if (inet_pton(AF_INET, endpoint->host, &address.sin_addr) != 1)
        return simulator_fail(simulator, "'%s' is no IPv4 address; write for example tcp:127.0.0.1:5502",
                              endpoint->host);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return simulator_fail(simulator, "cannot make a socket: %s", strerror(errno));
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, CONNECTIONS_MAX) ||
        getsockname(fd, (struct sockaddr *)&address, &length)) {
        simulator_fail(
            simulator,
            "cannot listen on tcp:%s:%u: %s; end the program that has the port, choose another, or write "
            "port 0 for a free one",
            endpoint->host, endpoint->port, strerror(errno));
        close(fd);
        return -1;
    }
    endpoint->port = ntohs(address.sin_port);
    endpoint->listener = (struct source){.fd = fd, .ready = listener_ready};
    return simulator_watch(simulator, &endpoint->listener, EPOLLIN);
}

static int open_line(struct simulator *simulator, struct endpoint *endpoint)
{
    if (endpoint->path_lock < 0 && (endpoint->path_lock = pty_claim(simulator, endpoint->path)) < 0)
        return -1;
    int fd = pty_open(simulator, endpoint->path);
    if (fd < 0)
        return -1;
    if (!connection_add(simulator, endpoint, fd)) {
        close(fd);
        return simulator_fail(simulator, "cannot watch the pty of %s", endpoint->path);
    }
    return 0;
}

int endpoint_open(struct simulator *simulator, struct endpoint *endpoint)
{
    int result =
        endpoint->transport == TRANSPORT_TCP ? open_tcp(simulator, endpoint) : open_line(simulator, endpoint);
    if (!result)
        endpoint->hung_up = false;
    return result;
}

void endpoint_hang_up(struct endpoint *endpoint)
{
    endpoint->hung_up = true;
    if (endpoint->listener.fd >= 0)
        close(endpoint->listener.fd);
    endpoint->listener.fd = -1;
    for (struct connection *connection = endpoint->connections; connection; connection = connection->next) {
        /* A reset, not an orderly end, is what a cable that is pulled or a device that loses power looks
         * like. */
        if (endpoint->transport == TRANSPORT_TCP && !connection->dead)
            setsockopt(connection->source.fd, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1},
                       sizeof(struct linger));
        connection_close(connection);
    }
    if (endpoint->path_lock >= 0) /* otherwise the link is another's */
        unlink(endpoint->path);
}

void endpoint_bury(struct endpoint *endpoint)
{
    struct connection **place = &endpoint->connections;
    while (*place) {
        struct connection *connection = *place;
        if (!connection->dead) {
            place = &connection->next;
            continue;
        }
        *place = connection->next;
        stream_finish(&connection->stream);
        free(connection);
    }
}

void endpoint_destroy(struct endpoint *endpoint)
{
    if (!endpoint)
        return;
    endpoint_hang_up(endpoint);
    endpoint_bury(endpoint);
    if (endpoint->path_lock >= 0)
        close(endpoint->path_lock);
    free(endpoint);
}
