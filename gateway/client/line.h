/* line.h - a connection that finds itself again, below the client: nng (line_nng.c) or the gateway's own Unix
 * socket (line_local.c). One message goes out under a request id, answers come in under it. For one thread.
 */
#ifndef GATEWAY_CLIENT_LINE_H
#define GATEWAY_CLIENT_LINE_H

#include "gateway/client/client.h"

/* A message to go out. */
struct line_request {
    uint32_t id;
    const uint8_t *bytes;
    size_t size;
};

/* A message that came in. */
struct line_message {
    uint32_t request;
    const uint8_t *bytes;
    size_t size;
    void *own; /* the line's */
};

enum line_result {
    LINE_OK = 0,
    LINE_TIMED_OUT = -1,
    LINE_CHANGED = -2 /* lost or found: see epoch and connected */
};

struct line;

struct line_operations {
    bool is_unnumbered; /* answers carry no request id: after one was missed the connection must be reset */
    void (*destroy)(struct line *line);
    /* How many connections there have been; a request that was sent in an earlier one is lost. */
    unsigned (*epoch)(const struct line *line);
    bool (*connected)(const struct line *line);
    /* Waits until connected: LINE_OK, or LINE_TIMED_OUT at `deadline`. */
    enum line_result (*connect)(struct line *line, int64_t deadline);
    /* Both return LINE_CHANGED as soon as the connection isn't the one of that epoch any more. Deadlines are
     * CLOCK_MONOTONIC, ns. */
    enum line_result (*send)(struct line *line, unsigned epoch, const struct line_request *request,
                             int64_t deadline);
    enum line_result (*receive)(struct line *line, unsigned epoch, int64_t deadline,
                                struct line_message *message);
    void (*release)(struct line *line, struct line_message *message);
    /* Gives a connection up that no longer answers. */
    void (*reset)(struct line *line);
    /* Why there is no connection, as far as is known: CLIENT_UNREACHABLE or CLIENT_UNTRUSTED. */
    int (*trouble)(const struct line *line);
};

struct line {
    const struct line_operations *operations;
};

/* CLIENT_OK or a negative client_result with a sentence in why. They don't wait for the connection. */
int line_nng_create(const struct client_options *options, struct line **line, char *why, size_t why_size);
int line_local_create(const char *path, struct line **line, char *why, size_t why_size);

int64_t line_now(void); /* CLOCK_MONOTONIC, ns */

#endif
