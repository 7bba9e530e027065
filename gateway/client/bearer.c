#include "gateway/client/bearer.h"

#include "gateway/client/line.h"

#include <nng/protocol/reqrep0/req.h>
#include <nng/supplemental/tls/tls.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECONNECT_FIRST 50 /* ms, doubling to: */
#define RECONNECT_MOST  2000
#define ANSWER_MOST     (1024 * 1024)
#define URL_MOST        512
#define AUTHORITIES     "/etc/ssl/certs/ca-certificates.crt"

/* On nng's threads. */
static void on_pipe(nng_pipe pipe, nng_pipe_ev what, void *context)
{
    struct bearer *bearer = context;
    pthread_mutex_lock(&bearer->lock);
    if (what == NNG_PIPE_EV_ADD_POST) {
        bearer->pipe = pipe;
        bearer->epoch++;
    } else if (bearer->pipe.id == pipe.id) {
        bearer->pipe.id = 0;
    }
    pthread_cond_broadcast(&bearer->changed);
    pthread_mutex_unlock(&bearer->lock);
    nng_aio_abort(bearer->send, NNG_ECANCELED);
    nng_aio_abort(bearer->receive, NNG_ECANCELED);
}

unsigned bearer_epoch(struct bearer *bearer)
{
    pthread_mutex_lock(&bearer->lock);
    unsigned epoch = bearer->epoch;
    pthread_mutex_unlock(&bearer->lock);
    return epoch;
}

bool bearer_connected(struct bearer *bearer)
{
    pthread_mutex_lock(&bearer->lock);
    bool connected = bearer->pipe.id != 0;
    pthread_mutex_unlock(&bearer->lock);
    return connected;
}

/* --- making it -------------------------------------------------------------------------------- */

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

static int set_tls(struct bearer *bearer, const struct client_options *options, char *why, size_t why_size)
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
        error = nng_dialer_set_ptr(bearer->dialer, NNG_OPT_TLS_CONFIG, tls);
    nng_tls_config_free(tls);
    return error;
}

/* A WebSocket's path is /bus where none is given: the page has the root. */
static void complete_url(const char *given, char *url, size_t size)
{
    const char *authority = strncmp(given, "ws", 2) == 0 ? strstr(given, "://") : NULL;
    size_t host = authority ? strcspn(authority + 3, "/") : 0;
    bool none = authority && strlen(authority + 3) <= host + 1;
    int length = none ? (int)((size_t)(authority + 3 - given) + host) : (int)strlen(given);
    snprintf(url, size, "%.*s%s", length, given, none ? "/bus" : "");
}

static int open_socket(struct bearer *bearer, const struct client_options *options, char *why,
                       size_t why_size)
{
    char url[URL_MOST];
    complete_url(options->url, url, sizeof url);
    int error = nng_req0_open_raw(&bearer->socket);
    if (error != 0)
        return error;
    if ((error = nng_socket_set_size(bearer->socket, NNG_OPT_RECVMAXSZ, ANSWER_MOST)) != 0 ||
        (error = nng_socket_set_int(bearer->socket, NNG_OPT_RECVBUF, 64)) != 0 ||
        (error = nng_socket_set_ms(bearer->socket, NNG_OPT_RECONNMINT, RECONNECT_FIRST)) != 0 ||
        (error = nng_socket_set_ms(bearer->socket, NNG_OPT_RECONNMAXT, RECONNECT_MOST)) != 0 ||
        (error = nng_aio_alloc(&bearer->send, NULL, NULL)) != 0 ||
        (error = nng_aio_alloc(&bearer->receive, NULL, NULL)) != 0 ||
        (error = nng_pipe_notify(bearer->socket, NNG_PIPE_EV_ADD_POST, on_pipe, bearer)) != 0 ||
        (error = nng_pipe_notify(bearer->socket, NNG_PIPE_EV_REM_POST, on_pipe, bearer)) != 0)
        return error;
    if ((error = nng_dialer_create(&bearer->dialer, bearer->socket, url)) != 0)
        return error;
    bool tls = strncmp(options->url, "tls+", 4) == 0 || strncmp(options->url, "wss:", 4) == 0;
    if (tls && (error = set_tls(bearer, options, why, why_size)) != 0)
        return error;
    return nng_dialer_start(bearer->dialer, NNG_FLAG_NONBLOCK);
}

static void release(struct bearer *bearer)
{
    if (bearer->send)
        nng_aio_free(bearer->send);
    if (bearer->receive)
        nng_aio_free(bearer->receive);
    pthread_cond_destroy(&bearer->changed);
    pthread_mutex_destroy(&bearer->lock);
    free(bearer);
}

int bearer_create(const struct client_options *options, struct bearer **out, char *why, size_t why_size)
{
    struct bearer *bearer = calloc(1, sizeof *bearer);
    if (!bearer) {
        snprintf(why, why_size, "no memory");
        return CLIENT_NO_MEMORY;
    }
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&bearer->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&bearer->lock, NULL);
    why[0] = '\0';
    int error = open_socket(bearer, options, why, why_size);
    if (error == 0) {
        *out = bearer;
        return CLIENT_OK;
    }
    if (why[0] == '\0')
        snprintf(why, why_size,
                 "cannot use the address %s: %s; addresses are tcp://HOST:PORT, tls+tcp://HOST:PORT, "
                 "ws://HOST:PORT, "
                 "wss://HOST:PORT, ipc://PATH and local:PATH",
                 options->url, nng_strerror(error));
    nng_close(bearer->socket);
    release(bearer);
    return error == NNG_ENOMEM ? CLIENT_NO_MEMORY : CLIENT_BAD_ADDRESS;
}

/* --- giving it up ----------------------------------------------------------------------------- */

static void *close_bearer(void *context)
{
    struct bearer *bearer = context;
    nng_close(bearer->socket); /* may never return */
    pthread_mutex_lock(&bearer->lock);
    bearer->closed = true;
    bool abandoned = bearer->abandoned;
    pthread_cond_broadcast(&bearer->changed);
    pthread_mutex_unlock(&bearer->lock);
    if (abandoned)
        release(bearer);
    return NULL;
}

void bearer_abandon(struct bearer *bearer, int64_t patience)
{
    int64_t deadline = line_now() + patience;
    struct timespec until = {deadline / 1000000000, deadline % 1000000000};
    pthread_t closer;
    if (pthread_create(&closer, NULL, close_bearer, bearer) != 0)
        return; /* without a thread it stays open */
    pthread_mutex_lock(&bearer->lock);
    int error = 0;
    while (!bearer->closed && error == 0)
        error = pthread_cond_timedwait(&bearer->changed, &bearer->lock, &until);
    bool closed = bearer->closed;
    bearer->abandoned = !closed;
    pthread_mutex_unlock(&bearer->lock);
    if (!closed) {
        pthread_detach(closer);
        return;
    }
    pthread_join(closer, NULL);
    release(bearer);
}
