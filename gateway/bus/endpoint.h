/* endpoint.h - the raw REP socket and its listeners: the only file of the bus that knows nng.
 *
 * nng's threads put openings and closings into an inbox; messages wait in nng's own queue until the loop
 * takes them, without a further thread between, and when it is full TCP slows the senders down. Source:
 * nng 1.5.2's nng_rep(7), raw mode; the protocol is the nanomsg RFC "Request/Reply Scalability Protocol"
 * (sp-request-reply-01). */
#ifndef GATEWAY_BUS_ENDPOINT_H
#define GATEWAY_BUS_ENDPOINT_H

#include "gateway/bus/envelope.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct endpoint;
struct page_calendars;

/* Bytes of a message that is received at all, so that one that is a little too large can be counted. What is
 * larger ends its connection before it is read. */
#define ENDPOINT_MESSAGE_MOST (2 * ENVELOPE_PAYLOAD_MAX)

enum endpoint_happening { ENDPOINT_OPENED, ENDPOINT_MESSAGE, ENDPOINT_CLOSED };

struct endpoint_event {
    enum endpoint_happening happening;
    uint32_t pipe;
    /* OPENED: */
    bool secure; /* TLS, ipc or loopback */
    uint8_t address[16];
    uint16_t remote_port, local_port; /* 0: ipc */
    /* MESSAGE: */
    uint32_t request;     /* top bit set */
    const uint8_t *bytes; /* until endpoint_done() */
    size_t size;
    void *message; /* endpoint's own */
};

struct endpoint_listener {
    const char *url;
    const char *certificate, *key; /* PEM; "" without TLS */
};

/* `most_pipes` connections are accepted, further ones closed at once. 0 or -1 with a sentence in why. */
int endpoint_create(size_t most_pipes, struct endpoint **endpoint, char *why, size_t why_size);
/* Listens. In `url_out` (endpoint_create's why has the same form) comes the URL with the port that was given.
 */
int endpoint_listen(struct endpoint *endpoint, const struct endpoint_listener *listener, char *url_out,
                    size_t url_size, char *why, size_t why_size);
/* The port of a tls+tcp listener, by its number in the order of endpoint_listen(); 0: it is of another kind,
 * or there is none. */
uint16_t endpoint_tls_port(const struct endpoint *endpoint, size_t listener);

/* What is asked for over HTTP beside the listeners, and answered by the loop. */
struct page_calendars *endpoint_calendars(const struct endpoint *endpoint);

#define ENDPOINT_FDS 2
/* One is readable: endpoint_next() has something. */
void endpoint_fds(const struct endpoint *endpoint, int fds[ENDPOINT_FDS]);
/* The next event: true and *event, to be given back with endpoint_done(); false: none now. An opening comes
 * before its connection's messages; a closing may come before the last of them. */
bool endpoint_next(struct endpoint *endpoint, struct endpoint_event *event);
void endpoint_done(struct endpoint_event *event);

/* Doesn't block. 0: on its way, or its pipe is gone; -1: not now, try again in a millisecond. */
int endpoint_send(struct endpoint *endpoint, uint32_t pipe, uint32_t request, const uint8_t *bytes,
                  size_t size);
/* ENDPOINT_CLOSED follows. By force through nng itself, which doesn't always come back from it
 * (pipe_socket.h). */
void endpoint_close_pipe(struct endpoint *endpoint, uint32_t pipe, bool by_force);

#endif
