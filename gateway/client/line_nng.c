#include "gateway/client/line.h"

#include "gateway/client/bearer.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MILLISECOND INT64_C(1000000)
#define SECOND      (1000 * MILLISECOND)
/* A change of the connection ends a wait by itself; this catches one that comes as the wait begins. */
#define SLICE (100 * MILLISECOND)
/* nng that hasn't reconnected for so long may never do: it begins anew. */
#define STUCK        (6 * SECOND)
#define CLOSING_MOST (SECOND / 2)

struct nng_line {
    struct line line;
    struct client_options options; /* with copies of the texts */
    struct bearer *bearer;
    unsigned epochs; /* of the bearers before */
    int64_t waiting; /* for a connection, since; 0: not */
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

/* Replaces the bearer; the old one goes on if there is no memory for another. */
static void begin_anew(struct nng_line *line)
{
    struct bearer *next;
    char why[256];
    line->waiting = line_now();
    if (bearer_create(&line->options, &next, why, sizeof why) != CLIENT_OK)
        return;
    line->epochs += bearer_epoch(line->bearer);
    bearer_abandon(line->bearer, 0);
    line->bearer = next;
}

/* --- operations ------------------------------------------------------------------------------- */

static unsigned nng_line_epoch(const struct line *base)
{
    return of(base)->epochs + bearer_epoch(of(base)->bearer);
}

static bool nng_line_connected(const struct line *base)
{
    return bearer_connected(of(base)->bearer);
}

static bool await_pipe(struct bearer *bearer, int64_t deadline)
{
    struct timespec until = {deadline / SECOND, deadline % SECOND};
    int error = 0;
    pthread_mutex_lock(&bearer->lock);
    while (bearer->pipe.id == 0 && error == 0)
        error = pthread_cond_timedwait(&bearer->changed, &bearer->lock, &until);
    bool connected = bearer->pipe.id != 0;
    pthread_mutex_unlock(&bearer->lock);
    return connected;
}

static enum line_result nng_line_connect(struct line *base, int64_t deadline)
{
    struct nng_line *line = of(base);
    if (line->waiting == 0)
        line->waiting = line_now();
    for (;;) {
        int64_t stuck = line->waiting + STUCK;
        if (await_pipe(line->bearer, stuck < deadline ? stuck : deadline)) {
            line->waiting = 0;
            return LINE_OK;
        }
        if (line_now() >= deadline)
            return LINE_TIMED_OUT;
        begin_anew(line);
    }
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

static bool is_same(const struct line *base, unsigned epoch)
{
    return nng_line_connected(base) && nng_line_epoch(base) == epoch;
}

static enum line_result nng_line_send(struct line *base, unsigned epoch, const struct line_request *request,
                                      int64_t deadline)
{
    struct bearer *bearer = of(base)->bearer;
    nng_msg *message;
    if (nng_msg_alloc(&message, request->size) != 0)
        return LINE_TIMED_OUT;
    memcpy(nng_msg_body(message), request->bytes, request->size);
    int error = nng_msg_header_append_u32(message, request->id);
    while (error == 0 && is_same(base, epoch) && set_slice(bearer->send, deadline)) {
        nng_aio_set_msg(bearer->send, message);
        nng_send_aio(bearer->socket, bearer->send);
        nng_aio_wait(bearer->send);
        if (nng_aio_result(bearer->send) == 0)
            return LINE_OK; /* nng has the message */
    }
    nng_msg_free(message);
    return is_same(base, epoch) ? LINE_TIMED_OUT : LINE_CHANGED;
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

static enum line_result nng_line_receive(struct line *base, unsigned epoch, int64_t deadline,
                                         struct line_message *out)
{
    struct bearer *bearer = of(base)->bearer;
    while (is_same(base, epoch)) {
        if (!set_slice(bearer->receive, deadline))
            return LINE_TIMED_OUT;
        nng_recv_aio(bearer->socket, bearer->receive);
        nng_aio_wait(bearer->receive);
        if (nng_aio_result(bearer->receive) != 0)
            continue;
        nng_msg *message = nng_aio_get_msg(bearer->receive);
        if (read_message(message, out))
            return LINE_OK;
        nng_msg_free(message);
    }
    return LINE_CHANGED;
}

static void nng_line_release(struct line *base, struct line_message *message)
{
    (void)base;
    nng_msg_free(message->own);
}

static void nng_line_reset(struct line *base)
{
    begin_anew(of(base));
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
    uint64_t id = (uint64_t)nng_dialer_id(of(base)->bearer->dialer);
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
    if (line->bearer)
        bearer_abandon(line->bearer, CLOSING_MOST);
    free((char *)line->options.url);
    free((char *)line->options.authority);
    free((char *)line->options.server_name);
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

static char *copy_text(const char *text, bool *whole)
{
    char *copy = text ? strdup(text) : NULL;
    *whole = *whole && (copy || !text);
    return copy;
}

/* nng asks for an empty path where an address has none, which its own server takes and an HTTP proxy refuses.
 */
static char *copy_url(const char *url, bool *whole)
{
    const char *host = strstr(url, "://");
    bool is_web = strncmp(url, "ws", 2) == 0 && host;
    if (!is_web || strchr(host + 3, '/'))
        return copy_text(url, whole);
    size_t length = strlen(url);
    char *copy = malloc(length + 2);
    *whole = *whole && copy;
    if (copy) {
        memcpy(copy, url, length);
        memcpy(copy + length, "/", 2);
    }
    return copy;
}

int line_nng_create(const struct client_options *options, struct line **out, char *why, size_t why_size)
{
    struct nng_line *line = calloc(1, sizeof *line);
    if (!line) {
        snprintf(why, why_size, "no memory");
        return CLIENT_NO_MEMORY;
    }
    bool whole = true;
    line->line.operations = &operations;
    line->options.url = copy_url(options->url, &whole);
    line->options.authority = copy_text(options->authority, &whole);
    line->options.server_name = copy_text(options->server_name, &whole);
    int result = CLIENT_NO_MEMORY;
    if (whole)
        result = bearer_create(&line->options, &line->bearer, why, why_size);
    else
        snprintf(why, why_size, "no memory");
    if (result != CLIENT_OK)
        nng_line_destroy(&line->line);
    else
        *out = &line->line;
    return result;
}
