#include "gateway/bus/endpoint.h"

#include "gateway/bus/envelope.h"
#include "gateway/bus/page.h"
#include "gateway/bus/page_calendar.h"
#include "gateway/bus/pipe_socket.h"

#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/supplemental/tls/tls.h>
#include <nng/transport/ipc/ipc.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Openings and closings that there is room for at the start. */
#define INBOX_INITIAL 1024u
/* Messages that wait inside nng until the loop takes them: beyond them TCP slows the senders down. */
#define RECEIVE_QUEUE 1024
/* Frames queued inside nng, before its own queue of each pipe: few, so that an answer never waits behind
 * many. */
#define SEND_QUEUE 256
#define LISTENERS  32u
#define URL_SIZE   256

struct endpoint {
    struct page_calendars *calendars;
    nng_socket socket;
    nng_aio *receive, *send;
    nng_msg *held; /* received, and waits until its connection's opening has been told */
    int received;  /* nng's descriptor: a message can be received */
    int wake;      /* eventfd: the inbox has something */
    bool rung;     /* it was written since it was last read */
    size_t most_pipes;
    struct {
        int id;
        bool secure;
        uint16_t tls_port; /* tls+tcp only */
    } listeners[LISTENERS];
    size_t listener_count;

    pthread_mutex_t lock; /* what follows is shared with nng's threads */
    struct endpoint_event *inbox;
    size_t capacity, first, count, pipes;
};

/* --- on nng's threads ------------------------------------------------------------------------- */

/* The inbox grows: no opening or closing may be lost. Holds the lock. */
static void inbox_put(struct endpoint *endpoint, const struct endpoint_event *event)
{
    if (endpoint->count == endpoint->capacity) {
        size_t capacity = endpoint->capacity * 2;
        struct endpoint_event *wider = calloc(capacity, sizeof *wider);
        if (!wider)
            abort(); /* control starts another bus */
        for (size_t i = 0; i < endpoint->count; i++)
            wider[i] = endpoint->inbox[(endpoint->first + i) % endpoint->capacity];
        free(endpoint->inbox);
        endpoint->inbox = wider;
        endpoint->capacity = capacity;
        endpoint->first = 0;
    }
    endpoint->inbox[(endpoint->first + endpoint->count) % endpoint->capacity] = *event;
    if (endpoint->count++ == 0 && !endpoint->rung)
        endpoint->rung = eventfd_write(endpoint->wake, 1) == 0;
}

static bool is_loopback(const uint8_t address[16])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff}, six[16] = {[15] = 1};
    return (memcmp(address, mapped, sizeof mapped) == 0 && address[12] == 127) ||
           memcmp(address, six, sizeof six) == 0;
}

static void describe_peer(const struct endpoint *endpoint, nng_pipe pipe, struct endpoint_event *event)
{
    nng_sockaddr address = {0};
    if (nng_pipe_get_addr(pipe, NNG_OPT_REMADDR, &address) == 0) {
        if (address.s_family == NNG_AF_INET) {
            event->address[10] = event->address[11] = 0xff;
            memcpy(event->address + 12, &address.s_in.sa_addr, 4);
            event->remote_port = ntohs(address.s_in.sa_port);
        } else if (address.s_family == NNG_AF_INET6) {
            memcpy(event->address, address.s_in6.sa_addr, 16);
            event->remote_port = ntohs(address.s_in6.sa_port);
        }
        event->secure = is_loopback(event->address);
    }
    if (nng_pipe_get_addr(pipe, NNG_OPT_LOCADDR, &address) == 0) {
        if (address.s_family == NNG_AF_INET)
            event->local_port = ntohs(address.s_in.sa_port);
        else if (address.s_family == NNG_AF_INET6)
            event->local_port = ntohs(address.s_in6.sa_port);
    }
    int listener = nng_listener_id(nng_pipe_listener(pipe));
    for (size_t i = 0; i < endpoint->listener_count; i++)
        if (endpoint->listeners[i].id == listener)
            event->secure = event->secure || endpoint->listeners[i].secure;
}

/* Before the pipe's first message. */
static void on_pipe_added(nng_pipe pipe, nng_pipe_ev what, void *context)
{
    (void)what;
    struct endpoint *endpoint = context;
    struct endpoint_event event = {.happening = ENDPOINT_OPENED, .pipe = (uint32_t)nng_pipe_id(pipe)};
    describe_peer(endpoint, pipe, &event);
    pthread_mutex_lock(&endpoint->lock);
    bool too_many = endpoint->pipes++ >= endpoint->most_pipes;
    inbox_put(endpoint, &event);
    pthread_mutex_unlock(&endpoint->lock);
    if (too_many)
        nng_pipe_close(pipe);
}

static void on_pipe_removed(nng_pipe pipe, nng_pipe_ev what, void *context)
{
    (void)what;
    struct endpoint *endpoint = context;
    struct endpoint_event event = {.happening = ENDPOINT_CLOSED, .pipe = (uint32_t)nng_pipe_id(pipe)};
    pthread_mutex_lock(&endpoint->lock);
    endpoint->pipes--;
    inbox_put(endpoint, &event);
    pthread_mutex_unlock(&endpoint->lock);
}

/* --- on the bus's thread ---------------------------------------------------------------------- */

static int configure(struct endpoint *endpoint)
{
    int error = nng_socket_set_size(endpoint->socket, NNG_OPT_RECVMAXSZ, ENDPOINT_MESSAGE_MOST);
    if (error == 0)
        error = nng_socket_set_int(endpoint->socket, NNG_OPT_MAXTTL, 1);
    if (error == 0)
        error = nng_socket_set_int(endpoint->socket, NNG_OPT_SENDBUF, SEND_QUEUE);
    if (error == 0)
        error = nng_pipe_notify(endpoint->socket, NNG_PIPE_EV_ADD_PRE, on_pipe_added, endpoint);
    if (error == 0)
        error = nng_pipe_notify(endpoint->socket, NNG_PIPE_EV_REM_POST, on_pipe_removed, endpoint);
    if (error == 0)
        error = nng_socket_set_int(endpoint->socket, NNG_OPT_RECVBUF, RECEIVE_QUEUE);
    if (error == 0)
        error = nng_socket_get_int(endpoint->socket, NNG_OPT_RECVFD, &endpoint->received);
    if (error == 0)
        error = nng_aio_alloc(&endpoint->receive, NULL, NULL);
    if (error == 0)
        error = nng_aio_alloc(&endpoint->send, NULL, NULL);
    if (error == 0) {
        nng_aio_set_timeout(endpoint->receive, NNG_DURATION_ZERO);
        nng_aio_set_timeout(endpoint->send, NNG_DURATION_ZERO);
    }
    return error;
}

int endpoint_create(size_t most_pipes, struct endpoint **out, char *why, size_t why_size)
{
    struct endpoint *endpoint = calloc(1, sizeof *endpoint);
    if (!endpoint) {
        snprintf(why, why_size, "no memory for the bus");
        return -1;
    }
    endpoint->most_pipes = most_pipes;
    endpoint->capacity = INBOX_INITIAL;
    pthread_mutex_init(&endpoint->lock, NULL);
    endpoint->inbox = calloc(endpoint->capacity, sizeof *endpoint->inbox);
    endpoint->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    endpoint->calendars = page_calendars_create(page_finish_later);
    bool made = endpoint->inbox && endpoint->wake >= 0 && endpoint->calendars;
    int error = made ? nng_rep0_open_raw(&endpoint->socket) : NNG_ENOMEM;
    if (error == 0)
        error = configure(endpoint);
    if (error != 0) {
        /* Not released: nng may hold parts, and the process ends on this. */
        snprintf(why, why_size, "nng cannot start: %s", nng_strerror(error));
        return -1;
    }
    *out = endpoint;
    return 0;
}

struct page_calendars *endpoint_calendars(const struct endpoint *endpoint)
{
    return endpoint->calendars;
}

static int set_tls(nng_listener listener, const struct endpoint_listener *spec)
{
    nng_tls_config *tls;
    int error = nng_tls_config_alloc(&tls, NNG_TLS_MODE_SERVER);
    if (error != 0)
        return error;
    error = nng_tls_config_version(tls, NNG_TLS_1_2, NNG_TLS_1_2);
    if (error == 0)
        error = nng_tls_config_own_cert(tls, spec->certificate, spec->key, NULL);
    if (error == 0)
        error = nng_listener_set_ptr(listener, NNG_OPT_TLS_CONFIG, tls);
    nng_tls_config_free(tls); /* the listener holds it */
    return error;
}

/* `url` with the port that the system chose in place of a 0. */
static void tell_url(nng_listener listener, const char *url, char *out, size_t size)
{
    int port = 0;
    const char *zero = strstr(url, ":0");
    if (zero && (zero[2] == '\0' || zero[2] == '/') &&
        nng_listener_get_int(listener, NNG_OPT_TCP_BOUND_PORT, &port) == 0)
        snprintf(out, size, "%.*s:%d%s", (int)(zero - url), url, port, zero + 2);
    else
        snprintf(out, size, "%s", url);
}

static const char *advice(int error)
{
    switch (error) {
    case NNG_EADDRINUSE:
        return "is another gateway running, or does another program have the port? Stop it, or configure "
               "another one";
    case NNG_EPERM:
        return "the bus's user may not: for ipc, give it a directory of its own";
    case NNG_EADDRINVAL:
        return "no interface of this machine has that address";
    case NNG_ECRYPTO:
        return "the certificate and the key must be PEM and belong together";
    default:
        return "see the listener in lab.yaml";
    }
}

static bool is_websocket(const char *url)
{
    return strncmp(url, "ws:", 3) == 0 || strncmp(url, "wss:", 4) == 0;
}

/* A WebSocket's path is PAGE_BUS_PATH where none is given. */
static void complete_url(const char *given, char *url, size_t size)
{
    const char *authority = strstr(given, "://");
    const char *path = authority ? strchr(authority + 3, '/') : NULL;
    bool none = is_websocket(given) && (!path || path[1] == '\0');
    int length = none && path ? (int)(path - given) : (int)strlen(given);
    snprintf(url, size, "%.*s%s", length, given, none ? PAGE_BUS_PATH : "");
}

int endpoint_listen(struct endpoint *endpoint, const struct endpoint_listener *spec, char *url_out,
                    size_t url_size, char *why, size_t why_size)
{
    nng_listener listener;
    char url[URL_SIZE];
    bool tls = spec->certificate[0] != '\0';
    complete_url(spec->url, url, sizeof url);
    if (endpoint->listener_count == LISTENERS) {
        snprintf(why, why_size, "cannot listen on %s: more than %u listeners", spec->url, LISTENERS);
        return -1;
    }
    int error = is_websocket(url) ? page_serve(url, endpoint->calendars) : 0;
    if (error == 0)
        error = nng_listener_create(&listener, endpoint->socket, url);
    if (error == 0 && tls)
        error = set_tls(listener, spec);
    if (error == 0) {
        /* Each is unknown to the other's transport, and no loss there. Whoever may open the socket's file
         * still needs an account. */
        (void)nng_listener_set_bool(listener, NNG_OPT_TCP_KEEPALIVE, true);
        (void)nng_listener_set_int(listener, NNG_OPT_IPC_PERMISSIONS, 0666);
        endpoint->listeners[endpoint->listener_count].id = nng_listener_id(listener);
        endpoint->listeners[endpoint->listener_count].secure = tls || strncmp(spec->url, "ipc:", 4) == 0;
        endpoint->listener_count++;
        error = nng_listener_start(listener, 0);
    }
    if (error != 0) {
        snprintf(why, why_size, "cannot listen on %s: %s; %s", spec->url, nng_strerror(error), advice(error));
        return -1;
    }
    tell_url(listener, url, url_out, url_size);
    const char *port = strrchr(url_out, ':');
    if (strncmp(spec->url, "tls+tcp:", 8) == 0 && port)
        endpoint->listeners[endpoint->listener_count - 1].tls_port = (uint16_t)strtoul(port + 1, NULL, 10);
    return 0;
}

uint16_t endpoint_tls_port(const struct endpoint *endpoint, size_t listener)
{
    return listener < endpoint->listener_count ? endpoint->listeners[listener].tls_port : 0;
}

void endpoint_fds(const struct endpoint *endpoint, int fds[ENDPOINT_FDS])
{
    fds[0] = endpoint->wake;
    fds[1] = endpoint->received;
}

static bool inbox_take(struct endpoint *endpoint, struct endpoint_event *event)
{
    pthread_mutex_lock(&endpoint->lock);
    bool have = endpoint->count > 0;
    if (have) {
        *event = endpoint->inbox[endpoint->first];
        endpoint->first = (endpoint->first + 1) % endpoint->capacity;
        endpoint->count--;
    } else if (endpoint->rung) {
        eventfd_t ignored;
        endpoint->rung = eventfd_read(endpoint->wake, &ignored) != 0;
    }
    pthread_mutex_unlock(&endpoint->lock);
    return have;
}

/* A direct client's request has a header of the pipe and the request id; NNG_OPT_MAXTTL keeps others out. */
enum { HEADER_PIPE, HEADER_REQUEST, HEADER_WORDS };

static nng_msg *receive(struct endpoint *endpoint)
{
    for (;;) {
        nng_recv_aio(endpoint->socket, endpoint->receive);
        nng_aio_wait(endpoint->receive);
        if (nng_aio_result(endpoint->receive) != 0)
            return NULL;
        nng_msg *message = nng_aio_get_msg(endpoint->receive);
        if (nng_msg_header_len(message) == HEADER_WORDS * sizeof(uint32_t))
            return message;
        nng_msg_free(message);
    }
}

static void describe_message(nng_msg *message, struct endpoint_event *event)
{
    uint32_t header[HEADER_WORDS];
    memcpy(header, nng_msg_header(message), sizeof header);
    *event = (struct endpoint_event){.happening = ENDPOINT_MESSAGE,
                                     .pipe = ntohl(header[HEADER_PIPE]),
                                     .request = ntohl(header[HEADER_REQUEST]),
                                     .bytes = nng_msg_body(message),
                                     .size = nng_msg_len(message),
                                     .message = message};
}

bool endpoint_next(struct endpoint *endpoint, struct endpoint_event *event)
{
    if (inbox_take(endpoint, event))
        return true;
    if (!endpoint->held) {
        endpoint->held = receive(endpoint);
        if (!endpoint->held)
            return false;
        /* Its connection may have been opened since the inbox was found empty. */
        if (inbox_take(endpoint, event))
            return true;
    }
    describe_message(endpoint->held, event);
    endpoint->held = NULL;
    return true;
}

void endpoint_done(struct endpoint_event *event)
{
    if (event->happening == ENDPOINT_MESSAGE)
        nng_msg_free(event->message);
}

int endpoint_send(struct endpoint *endpoint, uint32_t pipe, uint32_t request, const uint8_t *bytes,
                  size_t size)
{
    nng_msg *message;
    if (nng_msg_alloc(&message, size) != 0)
        return -1;
    memcpy(nng_msg_body(message), bytes, size);
    if (nng_msg_header_append_u32(message, pipe) != 0 || nng_msg_header_append_u32(message, request) != 0) {
        nng_msg_free(message);
        return -1;
    }
    nng_aio_set_msg(endpoint->send, message);
    nng_send_aio(endpoint->socket, endpoint->send);
    nng_aio_wait(endpoint->send);
    if (nng_aio_result(endpoint->send) != 0) {
        nng_msg_free(message);
        return -1;
    }
    return 0;
}

void endpoint_close_pipe(struct endpoint *endpoint, uint32_t pipe, bool by_force)
{
    (void)endpoint;
    nng_pipe handle = {pipe};
    if (by_force || pipe_socket_shut(handle) != 0)
        nng_pipe_close(handle);
}
