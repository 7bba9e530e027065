#include "gateway/bus/peers.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_SLOTS 256u

struct peers {
    struct peer **slots; /* by pipe id, collisions chained */
    size_t slot_count;   /* a power of two */
    size_t count;
    struct peer *quietest, *loudest;
    struct peer *turns[PEER_LANES]; /* whose turn it is, in a ring of those with something waiting */
};

struct peers *peers_create(void)
{
    struct peers *peers = calloc(1, sizeof *peers);
    if (!peers)
        return NULL;
    peers->slot_count = FIRST_SLOTS;
    peers->slots = calloc(peers->slot_count, sizeof(struct peer *));
    if (!peers->slots) {
        free(peers);
        return NULL;
    }
    return peers;
}

void peers_destroy(struct peers *peers)
{
    if (!peers)
        return;
    for (size_t i = 0; i < peers->slot_count; i++)
        for (struct peer *peer = peers->slots[i], *next; peer; peer = next) {
            next = peer->collision;
            peers_remove(peers, peer);
        }
    free(peers->slots);
    free(peers);
}

/* nng counts its pipes up from a random start, so the low bits spread well. */
static struct peer **slot_of(const struct peers *peers, uint32_t pipe)
{
    return &peers->slots[pipe & (peers->slot_count - 1)];
}

struct peer *peers_find(const struct peers *peers, uint32_t pipe)
{
    struct peer *peer = *slot_of(peers, pipe);
    while (peer && peer->pipe != pipe)
        peer = peer->collision;
    return peer;
}

size_t peers_count(const struct peers *peers)
{
    return peers->count;
}

static void widen(struct peers *peers)
{
    struct peers wider = {.slot_count = peers->slot_count * 2};
    wider.slots = calloc(wider.slot_count, sizeof(struct peer *));
    if (!wider.slots)
        return; /* longer chains still work */
    for (size_t i = 0; i < peers->slot_count; i++) {
        while (peers->slots[i]) {
            struct peer *peer = peers->slots[i];
            peers->slots[i] = peer->collision;
            struct peer **slot = slot_of(&wider, peer->pipe);
            peer->collision = *slot;
            *slot = peer;
        }
    }
    free(peers->slots);
    peers->slots = wider.slots;
    peers->slot_count = wider.slot_count;
}

static void unlink_order(struct peers *peers, struct peer *peer)
{
    *(peer->quieter ? &peer->quieter->louder : &peers->quietest) = peer->louder;
    *(peer->louder ? &peer->louder->quieter : &peers->loudest) = peer->quieter;
}

static void link_loudest(struct peers *peers, struct peer *peer)
{
    peer->louder = NULL;
    peer->quieter = peers->loudest;
    *(peers->loudest ? &peers->loudest->louder : &peers->quietest) = peer;
    peers->loudest = peer;
}

void peers_heard(struct peers *peers, struct peer *peer, int64_t now)
{
    peer->heard = now;
    if (peers->loudest == peer)
        return;
    unlink_order(peers, peer);
    link_loudest(peers, peer);
}

struct peer *peers_quietest(const struct peers *peers)
{
    return peers->quietest;
}

struct peer *peers_add(struct peers *peers, uint32_t pipe)
{
    struct peer *peer = peers_find(peers, pipe);
    if (peer)
        return peer;
    peer = calloc(1, sizeof *peer);
    if (!peer)
        return NULL;
    if (peers->count >= peers->slot_count)
        widen(peers);
    peer->pipe = pipe;
    struct peer **slot = slot_of(peers, pipe);
    peer->collision = *slot;
    *slot = peer;
    link_loudest(peers, peer);
    peers->count++;
    return peer;
}

static void leave_ring(struct peers *peers, struct peer *peer, enum peer_lane lane)
{
    if (peers->turns[lane] == peer)
        peers->turns[lane] = peer->lanes[lane].after == peer ? NULL : peer->lanes[lane].after;
    peer->lanes[lane].before->lanes[lane].after = peer->lanes[lane].after;
    peer->lanes[lane].after->lanes[lane].before = peer->lanes[lane].before;
}

/* Just before the one whose turn it is: the end of the ring. */
static void join_ring(struct peers *peers, struct peer *peer, enum peer_lane lane)
{
    struct peer *turn = peers->turns[lane] ? peers->turns[lane] : peer;
    if (turn == peer) {
        peers->turns[lane] = peer;
        peer->lanes[lane].before = peer;
    }
    peer->lanes[lane].after = turn;
    peer->lanes[lane].before = turn->lanes[lane].before;
    turn->lanes[lane].before->lanes[lane].after = peer;
    turn->lanes[lane].before = peer;
}

static struct peer_waiting *take_lane(struct peers *peers, struct peer *peer, enum peer_lane lane)
{
    struct peer_waiting *waiting = peer->lanes[lane].first;
    if (waiting)
        leave_ring(peers, peer, lane);
    peer->lanes[lane].first = NULL;
    return waiting;
}

struct peer_waiting *peers_take_urgent(struct peers *peers, struct peer *peer)
{
    return take_lane(peers, peer, PEER_URGENT);
}

static void drop_waiting(struct peers *peers, struct peer *peer, enum peer_lane lane)
{
    struct peer_waiting *waiting = take_lane(peers, peer, lane);
    while (waiting) {
        struct peer_waiting *next = waiting->next;
        free(waiting);
        waiting = next;
    }
}

void peers_remove(struct peers *peers, struct peer *peer)
{
    for (enum peer_lane lane = 0; lane < PEER_LANES; lane++)
        drop_waiting(peers, peer, lane);
    struct peer **slot = slot_of(peers, peer->pipe);
    while (*slot != peer)
        slot = &(*slot)->collision;
    *slot = peer->collision;
    unlink_order(peers, peer);
    peers->count--;
    free(peer);
}

/* --- in flight -------------------------------------------------------------------------------- */

enum admission peer_admit(struct peer *peer, uint32_t request, uint8_t class, int64_t now)
{
    size_t urgent = 0, others = 0, place = PEER_REQUESTS;
    for (size_t i = 0; i < PEER_REQUESTS; i++) {
        if (peer->in_flight[i].request != 0 && now - peer->in_flight[i].since > PEER_REQUEST_EXPIRES)
            peer->in_flight[i].request = 0;
        if (peer->in_flight[i].request == 0)
            place = i;
        else if (peer->in_flight[i].request == request)
            return PEER_REPEATED;
        else if (peer->in_flight[i].class == ENVELOPE_URGENT)
            urgent++;
        else
            others++;
    }
    bool room =
        class == ENVELOPE_URGENT ? urgent < ENVELOPE_URGENT_IN_FLIGHT : others < ENVELOPE_OTHERS_IN_FLIGHT;
    if (!room || place == PEER_REQUESTS)
        return PEER_BUSY;
    peer->in_flight[place].request = request;
    peer->in_flight[place].class = class;
    peer->in_flight[place].since = now;
    return PEER_ADMITTED;
}

enum admission peer_admit_stop(struct peer *peer, int64_t now)
{
    if (now - peer->stopped_at > PEER_REQUEST_EXPIRES)
        peer->stops = 0;
    if (peer->stops == ENVELOPE_STOPS_IN_FLIGHT)
        return PEER_BUSY;
    peer->stops++;
    peer->stopped_at = now;
    return PEER_ADMITTED;
}

bool peer_answered(struct peer *peer, uint32_t request)
{
    for (size_t i = 0; i < PEER_REQUESTS; i++) {
        if (peer->in_flight[i].request == request) {
            peer->in_flight[i].request = 0;
            return true;
        }
    }
    if (peer->stops == 0)
        return false;
    peer->stops--;
    return true;
}

/* --- waiting for control ---------------------------------------------------------------------- */

int peers_wait(struct peers *peers, struct peer *peer, enum peer_lane lane, const struct envelope *envelope,
               const void *payload)
{
    struct peer_waiting *waiting = malloc(sizeof *waiting + envelope->length);
    if (!waiting)
        return -1;
    waiting->next = NULL;
    waiting->envelope = *envelope;
    if (envelope->length > 0)
        memcpy(waiting->payload, payload, envelope->length);
    if (peer->lanes[lane].first) {
        peer->lanes[lane].last->next = waiting;
    } else {
        peer->lanes[lane].first = waiting;
        join_ring(peers, peer, lane);
    }
    peer->lanes[lane].last = waiting;
    return 0;
}

const struct peer_waiting *peers_next(const struct peers *peers, enum peer_lane lane)
{
    return peers->turns[lane] ? peers->turns[lane]->lanes[lane].first : NULL;
}

void peers_taken(struct peers *peers, enum peer_lane lane)
{
    struct peer *peer = peers->turns[lane];
    struct peer_waiting *waiting = peer->lanes[lane].first;
    peer->lanes[lane].first = waiting->next;
    if (waiting->next)
        peers->turns[lane] = peer->lanes[lane].after;
    else
        leave_ring(peers, peer, lane);
    free(waiting);
}
