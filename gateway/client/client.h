/* client.h - the C client of labgate's bus: one connection, reconnected by itself, on which requests are
 * made.
 *
 * A client belongs to one thread. Calls block until their deadline. Across a lost connection a request is
 * sent again: commands carry a sequence number and an age, so that one acts once or says why not; bookings
 * carry a key. */
#ifndef GATEWAY_CLIENT_CLIENT_H
#define GATEWAY_CLIENT_CLIENT_H

#include "proto/lab.pb-c.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLIENT_REQUEST_MAX (64 * 1024) /* bytes of a request (docs/protocol.md) */

struct client;

enum client_result {
    CLIENT_OK = 0,
    CLIENT_UNREACHABLE = -1, /* no connection within the deadline */
    CLIENT_TIMED_OUT = -2,   /* sent, and not answered */
    CLIENT_MALFORMED = -3,   /* what came is not an Answer */
    CLIENT_UNTRUSTED = -4,   /* the server's certificate is not the one expected */
    CLIENT_NO_MEMORY = -5,
    CLIENT_BAD_ADDRESS = -6,
    CLIENT_TOO_LARGE = -7, /* more than CLIENT_REQUEST_MAX; not sent, for the gateway would only hang up */
};

struct client_options {
    const char *url; /* tcp:// tls+tcp:// ws:// wss:// ipc://, or local:PATH for the gateway's own socket */
    const char *authority;   /* TLS: file with the certificate (PEM) that is trusted; NULL: the system's */
    const char *server_name; /* TLS: name that the certificate must bear; NULL: the URL's host */
    const char *token;       /* may be NULL; copied */
    /* Called when the connection is lost (false) and found again (true). May be NULL. */
    void (*connection)(void *context, bool connected);
    void *context;
};

int client_create(const struct client_options *options, struct client **client, char *why, size_t why_size);
void client_destroy(struct client *client); /* accepts NULL */

void client_set_token(struct client *client, const char *token);
void client_set_seat(struct client *client, uint32_t seat);

/* Waits at most `timeout` ns for a connection: CLIENT_OK, CLIENT_UNREACHABLE or CLIENT_UNTRUSTED. Calls do so
 * themselves. */
int client_connect(struct client *client, int64_t timeout);

/* Fills version, token, seat and freshness in, sends, and waits at most `timeout` ns. *answer is the caller's
 * to release with client_free(); on failure it is NULL. An answer that says no is CLIENT_OK with ok == false.
 */
int client_call(struct client *client, Labgate__Request *request, int64_t timeout, Labgate__Answer **answer);
void client_free(Labgate__Answer *answer); /* accepts NULL */

/* Watches a rig: the next frame within `timeout`. Credit is renewed and cursors are kept across
 * reconnections; a frame with `gap` set says what could not be kept. */
int client_watch(struct client *client, const char *rig);
int client_next_frame(struct client *client, int64_t timeout, Labgate__Answer **answer);
void client_unwatch(struct client *client);

const char *client_result_text(int result); /* for people */

#endif
