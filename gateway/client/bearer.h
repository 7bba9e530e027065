/* bearer.h - one nng socket with its dialer, which may be abandoned: nng 1.5.2 sometimes never finishes
 * closing a TLS connection (its issues 1236, 1543, 1673), and then neither closes nor reconnects. */
#ifndef GATEWAY_CLIENT_BEARER_H
#define GATEWAY_CLIENT_BEARER_H

#include "gateway/client/client.h"

#include <nng/nng.h>

#include <pthread.h>

/* A raw REQ socket: several requests may be under way, and one may have several answers. */
struct bearer {
    nng_socket socket;
    nng_dialer dialer;
    nng_aio *send, *receive; /* for the client's thread */
    pthread_mutex_t lock;    /* what follows is changed by nng's threads */
    pthread_cond_t changed;
    unsigned epoch; /* connections so far */
    nng_pipe pipe;  /* id 0: none */
    bool closed;    /* by its closer */
    bool abandoned; /* the closer frees it */
};

/* Dials in the background. CLIENT_OK or a negative client_result with a sentence in why. */
int bearer_create(const struct client_options *options, struct bearer **bearer, char *why, size_t why_size);
/* Closes it in a thread of its own, and waits for that at most `patience` ns. The bearer is gone in any case.
 */
void bearer_abandon(struct bearer *bearer, int64_t patience);

unsigned bearer_epoch(struct bearer *bearer);
bool bearer_connected(struct bearer *bearer);

#endif
