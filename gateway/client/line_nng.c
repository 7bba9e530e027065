#include "gateway/client/line.h"

#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>
#include <nng/supplemental/tls/tls.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MILLISECOND INT64_C(1000000)
/* A change of the connection ends a wait by itself; this catches one that comes as the wait begins. */
#define SLICE           (100 * MILLISECOND)
#define RECONNECT_FIRST 50 /* ms, doubling to: */
#define RECONNECT_MOST  2000
#define ANSWER_MOST     (1024 * 1024)
#define AUTHORITIES     "/etc/ssl/certs/ca-certificates.crt"

/* A raw REQ socket: several requests may be under way, and one may have several answers. */
struct nng_line {
    struct line line;
    nng_socket socket;
    nng_dialer dialer;
    nng_aio *send, *receive;

    pthread_mutex_t lock; /* what follows is changed by nng's threads */
    pthread_cond_t changed;
    unsigned epoch;
    nng_pipe pipe; /* id 0: none */
};

static struct nng_line *of(const struct line *line)
{
    return (struct nng_line *)line;
}

int64_t line_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* On nng's threads. */
static void on_pipe(nng_pipe pipe, nng_pipe_ev what, void *context)
{
    struct nng_line *line = context;
    pthread_mutex_lock(&line->lock);
    if (what == NNG_PIPE_EV_ADD_POST) {
        line->pipe = pipe;
        line->epoch++;
    } else if (line->pipe.id == pipe.id) {
        line->pipe.id = 0;
    }
    pthread_cond_broadcast(&line->changed);
    pthread_mutex_unlock(&line->lock);
    nng_aio_abort(line->send, NNG_ECANCELED);
    nng_aio_abort(line->receive, NNG_ECANCELED);
}

/* --- operations
 * ------------------------------------------------------------------------------------------------------- */

static unsigned nng_line_epoch(const struct line *base)
{
    struct nng_line *line = of(base);
    pthread_mutex_lock(&line->lock);
    unsigned epoch = line->epoch;
    pthread_mutex_unlock(&line->lock);
    return epoch;
}

static bool nng_line_connected(const struct line *base)
{
    struct nng_line *line = of(base);
    pthread_mutex_lock(&line->lock);
    bool connected = line->pipe.id != 0;
    pthread_mutex_unlock(&line->lock);
    return connected;
}

static enum line_result nng_line_connect(struct line *base, int64_t deadline)
{
    struct nng_line *line = of(base);
    struct timespec until = {deadline / 1000000000, deadline % 1000000000};
    int error = 0;
    pthread_mutex_lock(&line->lock);
    while (line->pipe.id == 0 && error == 0)
        error = pthread_cond_timedwait(&line->changed, &line->lock, &until);
    bool connected = line->pipe.id != 0;
    pthread_mutex_unlock(&line->lock);
    return connected ? LINE_OK : LINE_TIMED_OUT;
}

/* Sets the aio's time limit: until the deadline, at most a slice. false: it has passed. */
static bool set_slice(nng_aio *aio, int64_t deadline)
{
    int64_t left = deadline - line_now();
    if (left <= 0)
        return false;
    nng_aio_set_timeout(aio, (nng_duration)((left < SLICE ? left : SLICE) / MILLISECOND) + 1);
    return true;
}

static enum line_result nng_line_send(struct line *base, uint32_t request, const uint8_t *bytes, size_t size,
                                      int64_t deadline)
{
    struct nng_line *line = of(base);
    unsigned epoch = nng_line_epoch(base);
    nng_msg *message;
    if (nng_msg_alloc(&message, size) != 0)
        return LINE_TIMED_OUT;
    memcpy(nng_msg_body(message), bytes, size);
    int error = nng_msg_header_append_u32(message, request);
    while (error == 0 && nng_line_connected(base) && nng_line_epoch(base) == epoch &&
           set_slice(line->send, deadline)) {
        nng_aio_set_msg(line->send, message);
        nng_send_aio(line->socket, line->send);
        nng_aio_wait(line->send);
        if (nng_aio_result(line->send) == 0)
            return LINE_OK; /* nng has the message */
    }
    nng_msg_free(message);
    return nng_line_connected(base) && nng_line_epoch(base) == epoch ? LINE_TIMED_OUT : LINE_CHANGED;
}

/* Moves the id from the message's header to *out; false: nothing that nng should have let through. */
static bool read_message(nng_msg *message, struct line_message *out)
{
    uint32_t request;
    if (nng_msg_header_len(message) != sizeof request)
        return false;
    memcpy(&request, nng_msg_header(message), sizeof request);
    *out = (struct line_message){ntohl(request), nng_msg_body(message), nng_msg_len(message), message};
    return true;
}

static enum line_result nng_line_receive(struct line *base, int64_t deadline, struct line_message *out)
{
    struct nng_line *line = of(base);
    unsigned epoch = nng_line_epoch(base);
    while (set_slice(line->receive, deadline)) {
        nng_recv_aio(line->socket, line->receive);
        nng_aio_wait(line->receive);
        if (nng_aio_result(line->receive) == 0) {
            nng_msg *message = nng_aio_get_msg(line->receive);
            if (read_message(message, out))
                return LINE_OK;
            nng_msg_free(message);
        } else if (!nng_line_connected(base) || nng_line_epoch(base) != epoch) {
            return LINE_CHANGED;
        }
    }
    return LINE_TIMED_OUT;
}

static void nng_line_release(struct line *base, struct line_message *message)
{
    (void)base;
    nng_msg_free(message->own);
}

static void nng_line_reset(struct line *base)
{
    struct nng_line *line = of(base);
    pthread_mutex_lock(&line->lock);
    nng_pipe pipe = line->pipe;
    pthread_mutex_unlock(&line->lock);
    if (pipe.id != 0)
        nng_pipe_close(pipe); /* the dialer makes another */
}

static uint64_t statistic(const nng_stat *of_dialer, const char *name)
{
    for (nng_stat *at = nng_stat_child((nng_stat *)of_dialer); at; at = nng_stat_next(at))
        if (strcmp(nng_stat_name(at), name) == 0)
            return nng_stat_value(at);
    return 0;
}

/* nng retries a refused certificate like a refused connection, and only its statistics tell them apart. */
static int nng_line_trouble(const struct line *base)
{
    uint64_t id = (uint64_t)nng_dialer_id(of(base)->dialer);
    nng_stat *all;
    int trouble = CLIENT_UNREACHABLE;
    if (nng_stats_get(&all) != 0)
        return trouble;
    for (nng_stat *at = nng_stat_child(all); at; at = nng_stat_next(at))
        if (strcmp(nng_stat_name(at), "dialer") == 0 && statistic(at, "id") == id &&
            statistic(at, "auth") > 0)
            trouble = CLIENT_UNTRUSTED;
    nng_stats_free(all);
    return trouble;
}

static void nng_line_destroy(struct line *base)
{
    struct nng_line *line = of(base);
    nng_close(line->socket);
    if (line->send)
        nng_aio_free(line->send);
    if (line->receive)
        nng_aio_free(line->receive);
    pthread_cond_destroy(&line->changed);
    pthread_mutex_destroy(&line->lock);
    free(line);
}

static const struct line_operations operations = {
    .destroy = nng_line_destroy,
    .epoch = nng_line_epoch,
    .connected = nng_line_connected,
    .connect = nng_line_connect,
    .send = nng_line_send,
    .receive = nng_line_receive,
    .release = nng_line_release,
    .reset = nng_line_reset,
    .trouble = nng_line_trouble,
};

/* --- making it
 * -------------------------------------------------------------------------------------------------------- */

/* The host of a URL, without brackets and port. */
static void host_of(const char *url, char *host, size_t size)
{
    const char *at = strstr(url, "://");
    at = at ? at + 3 : url;
    bool bracketed = *at == '[';
    at += bracketed;
    size_t length = strcspn(at, bracketed ? "]" : ":/?");
    snprintf(host, size, "%.*s", (int)length, at);
}

static int set_tls(struct nng_line *line, const struct client_options *options, char *why, size_t why_size)
{
    char host[256];
    host_of(options->url, host, sizeof host);
    const char *authority = options->authority ? options->authority : AUTHORITIES;
    nng_tls_config *tls;
    int error = nng_tls_config_alloc(&tls, NNG_TLS_MODE_CLIENT);
    if (error != 0)
        return error;
    error = nng_tls_config_ca_file(tls, authority);
    if (error != 0)
        snprintf(why, why_size, "cannot read the trusted certificates in %s: %s", authority,
                 nng_strerror(error));
    if (error == 0)
        error = nng_tls_config_auth_mode(tls, NNG_TLS_AUTH_MODE_REQUIRED);
    if (error == 0)
        error = nng_tls_config_server_name(tls, options->server_name ? options->server_name : host);
    if (error == 0)
        error = nng_dialer_set_ptr(line->dialer, NNG_OPT_TLS_CONFIG, tls);
    nng_tls_config_free(tls);
    return error;
}

static int open_socket(struct nng_line *line, const struct client_options *options, char *why,
                       size_t why_size)
{
    int error = nng_req0_open_raw(&line->socket);
    if (error != 0)
        return error;
    if ((error = nng_socket_set_size(line->socket, NNG_OPT_RECVMAXSZ, ANSWER_MOST)) != 0 ||
        (error = nng_socket_set_int(line->socket, NNG_OPT_RECVBUF, 64)) != 0 ||
        (error = nng_socket_set_ms(line->socket, NNG_OPT_RECONNMINT, RECONNECT_FIRST)) != 0 ||
        (error = nng_socket_set_ms(line->socket, NNG_OPT_RECONNMAXT, RECONNECT_MOST)) != 0 ||
        (error = nng_aio_alloc(&line->send, NULL, NULL)) != 0 ||
        (error = nng_aio_alloc(&line->receive, NULL, NULL)) != 0 ||
        (error = nng_pipe_notify(line->socket, NNG_PIPE_EV_ADD_POST, on_pipe, line)) != 0 ||
        (error = nng_pipe_notify(line->socket, NNG_PIPE_EV_REM_POST, on_pipe, line)) != 0)
        return error;
    if ((error = nng_dialer_create(&line->dialer, line->socket, options->url)) != 0)
        return error;
    bool tls = strncmp(options->url, "tls+", 4) == 0 || strncmp(options->url, "wss:", 4) == 0;
    if (tls && (error = set_tls(line, options, why, why_size)) != 0)
        return error;
    return nng_dialer_start(line->dialer, NNG_FLAG_NONBLOCK);
}

int line_nng_create(const struct client_options *options, struct line **out, char *why, size_t why_size)
{
    struct nng_line *line = calloc(1, sizeof *line);
    if (!line) {
        snprintf(why, why_size, "no memory");
        return CLIENT_NO_MEMORY;
    }
    line->line.operations = &operations;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&line->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&line->lock, NULL);
    why[0] = '\0';
    int error = open_socket(line, options, why, why_size);
    if (error == 0) {
        *out = &line->line;
        return CLIENT_OK;
    }
    if (why[0] == '\0')
        snprintf(why, why_size,
                 "cannot use the address %s: %s; addresses are tcp://HOST:PORT, tls+tcp://HOST:PORT, "
                 "ws://HOST:PORT/, "
                 "wss://HOST:PORT/, ipc://PATH and local:PATH",
                 options->url, nng_strerror(error));
    nng_line_destroy(&line->line);
    return error == NNG_ENOMEM ? CLIENT_NO_MEMORY : CLIENT_BAD_ADDRESS;
}
