/* peers.h - the connections: who they are, what each has in flight, and what of theirs waits for control.
 *
 * A connection may have ENVELOPE_URGENT_IN_FLIGHT urgent and ENVELOPE_OTHERS_IN_FLIGHT other requests
 * unanswered. E-stops are only counted, on an account of their own, so that nothing else keeps one out. What
 * control cannot take at once waits here, and is taken from one connection after the other. Pure bookkeeping:
 * no I/O. */
#ifndef GATEWAY_BUS_PEERS_H
#define GATEWAY_BUS_PEERS_H

#include "gateway/bus/envelope.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A request that control never answered (its queue was full) gives its place back after this long. */
#define PEER_REQUEST_EXPIRES (INT64_C(60) * 1000 * 1000 * 1000)
#define PEER_REQUESTS        (ENVELOPE_URGENT_IN_FLIGHT + ENVELOPE_OTHERS_IN_FLIGHT)

enum peer_lane { PEER_URGENT, PEER_ORDINARY, PEER_LANES };

/* A request that waits for control. */
struct peer_waiting {
    struct peer_waiting *next;
    struct envelope envelope;
    uint8_t payload[];
};

struct peer {
    uint32_t pipe;
    bool secure;
    uint8_t address[16];
    uint16_t remote_port, local_port; /* 0: ipc */
    unsigned offences;                /* malformed messages */
    unsigned farewells;               /* how often it was closed for its silence */
    struct {
        uint32_t request; /* 0: free */
        uint8_t class;
        int64_t since;
    } in_flight[PEER_REQUESTS];
    unsigned stops; /* e-stops in flight */
    int64_t stopped_at;
    struct {
        struct peer_waiting *first, *last;
        struct peer *before, *after; /* in the lane's ring, while something waits */
    } lanes[PEER_LANES];
    /* kept by watchers.c */
    struct watcher *watchers;
    unsigned watcher_count, outstanding;
    size_t outstanding_bytes;
    bool closed; /* since `heard`; kept for a while for what of its messages is still inside nng */
    struct peer *closed_next;
    struct peer *collision; /* next in the table's slot */
    int64_t heard;
    struct peer *quieter, *louder; /* all peers in the order in which they were heard */
};

enum admission { PEER_ADMITTED, PEER_BUSY, PEER_REPEATED /* that request is in flight already */ };

struct peers;

struct peers *peers_create(void); /* NULL: no memory */
void peers_destroy(struct peers *peers);

/* NULL: no memory. A pipe that is there already is returned as it is. */
struct peer *peers_add(struct peers *peers, uint32_t pipe);
struct peer *peers_find(const struct peers *peers, uint32_t pipe); /* or NULL */
/* Takes what waits in the peer's urgent lane out, oldest first, for the caller to free(): an e-stop acts
 * although its connection closed behind it. NULL: nothing. */
struct peer_waiting *peers_take_urgent(struct peers *peers, struct peer *peer);
/* Forgets the peer and what waits of it. Its watchers must be gone. */
void peers_remove(struct peers *peers, struct peer *peer);
size_t peers_count(const struct peers *peers);

/* It was heard now. */
void peers_heard(struct peers *peers, struct peer *peer, int64_t now);
/* The one that was silent for longest; NULL: there is none. */
struct peer *peers_quietest(const struct peers *peers);

enum admission peer_admit(struct peer *peer, uint32_t request, uint8_t class, int64_t now);
/* A repeat of an e-stop is another one: it can only stop what is stopped. */
enum admission peer_admit_stop(struct peer *peer, int64_t now);
/* Frees the place of the request, or of an e-stop; false when it isn't in flight. */
bool peer_answered(struct peer *peer, uint32_t request);

/* Puts a request at the end of the peer's queue; 0 or -1: no memory. */
int peers_wait(struct peers *peers, struct peer *peer, enum peer_lane lane, const struct envelope *envelope,
               const void *payload);
/* The request whose turn it is, or NULL; it stays until peers_taken(). */
const struct peer_waiting *peers_next(const struct peers *peers, enum peer_lane lane);
/* Removes what peers_next() gave; the turn goes to the next connection. */
void peers_taken(struct peers *peers, enum peer_lane lane);

#endif
