/* The bus's loop, towards the connections. */
#include "gateway/bus/serve_internal.h"

#include <stdlib.h>
#include <string.h>

#define EVENTS_A_ROUND 256
/* A connection that says nothing for so long is closed. */
#define SILENCE_MOST   (INT64_C(120) * 1000 * 1000 * 1000)
#define CLOSED_AT_ONCE 32
#define FAREWELLS_MOST 2u
#define CLOSED_KEPT    (INT64_C(500) * 1000 * 1000)
/* So many malformed messages close a connection. */
#define OFFENCES 8u

static void refuse(struct bus *bus, const struct endpoint_event *event, const char *reason,
                   const char *message)
{
    uint8_t answer[512];
    size_t size = translator_refuse(reason, message, answer, sizeof answer);
    if (size == 0 || endpoint_send(bus->endpoint, event->pipe, event->request, answer, size) != 0)
        bus->counters.dropped++;
}

static void refuse_unread(struct bus *bus, struct peer *peer, const struct endpoint_event *event,
                          enum translator_result result)
{
    bus->counters.malformed++;
    if (++peer->offences >= OFFENCES)
        endpoint_close_pipe(bus->endpoint, event->pipe, false);
    else if (result == TRANSLATOR_TOO_MUCH)
        refuse(bus, event, "too-many-at-once",
               "more is asked for at once than is taken at once: ask in parts");
    else
        refuse(bus, event, "malformed",
               "the message is not a Request of this protocol: check proto/lab.proto");
}

static void forward(struct bus *bus, struct peer *peer, const struct endpoint_event *event,
                    const struct request_head *head)
{
    struct envelope envelope = {
        .kind = head->class == ENVELOPE_WATCHING ? ENVELOPE_WATCH : ENVELOPE_REQUEST,
        .class = head->class,
        .secure = peer->secure,
        .credit = (uint8_t)(head->credit > ENVELOPE_CREDIT_MAX ? ENVELOPE_CREDIT_MAX : head->credit),
        .pipe = event->pipe,
        .request = event->request,
        .tag = head->likeness,
        .every = head->every,
        .length = (uint32_t)event->size,
    };
    memcpy(envelope.address, peer->address, sizeof envelope.address);
    enum peer_lane lane = head->class == ENVELOPE_URGENT ? PEER_URGENT : PEER_ORDINARY;
    if (!peers_next(bus->peers, lane) && serve_to_control(bus, lane, &envelope, event->bytes))
        return;
    if (peers_wait(bus->peers, peer, lane, &envelope, event->bytes) != 0) {
        peer_answered(peer, event->request);
        refuse(bus, event, "busy", "the gateway is out of memory: try again later");
    }
}

static void on_message(struct bus *bus, const struct endpoint_event *event)
{
    struct peer *peer = peers_find(bus->peers, event->pipe);
    if (!peer)
        return; /* no memory for it */
    if (event->size > ENVELOPE_PAYLOAD_MAX) {
        bus->counters.oversized++;
        endpoint_close_pipe(bus->endpoint, event->pipe, false);
        return;
    }
    if (!peer->closed)
        peers_heard(bus->peers, peer, serve_now());
    peer->farewells = 0;
    struct request_head head;
    int result = translator_read(bus->translator, event->bytes, event->size, &head);
    if (result != 0) {
        refuse_unread(bus, peer, event, (enum translator_result)result);
        return;
    }
    if (peer->closed && head.class != ENVELOPE_URGENT)
        return; /* nobody waits for the answer; an e-stop acts all the same */
    if (head.class == ENVELOPE_WATCHING &&
        watchers_renew(bus->watchers, peer, event->request, &head, serve_now()))
        return;
    switch (head.is_stop ? peer_admit_stop(peer, serve_now())
                         : peer_admit(peer, event->request, head.class, serve_now())) {
    case PEER_REPEATED:
        return; /* its answer is on the way */
    case PEER_BUSY:
        bus->counters.busy++;
        refuse(bus, event, "busy",
               "this connection has too many requests unanswered: wait for an answer first");
        return;
    case PEER_ADMITTED:
        forward(bus, peer, event, &head);
        return;
    }
}

static void on_opened(struct bus *bus, const struct endpoint_event *event)
{
    struct peer *peer = peers_add(bus->peers, event->pipe);
    if (!peer) {
        endpoint_close_pipe(bus->endpoint, event->pipe, false);
        return;
    }
    peers_heard(bus->peers, peer, serve_now());
    peer->secure = event->secure;
    memcpy(peer->address, event->address, sizeof peer->address);
    peer->remote_port = event->remote_port;
    peer->local_port = event->local_port;
    watchdog_opened(bus->watchdog, peer);
}

/* nng tells of the end from another thread than of the last messages, which may still come. */
static void on_closed(struct bus *bus, const struct endpoint_event *event)
{
    struct peer *peer = peers_find(bus->peers, event->pipe);
    if (!peer)
        return;
    watchers_drop_peer(bus->watchers, peer);
    peers_heard(bus->peers, peer, serve_now());
    peer->closed = true;
    *(bus->closed_last ? &bus->closed_last->closed_next : &bus->closed_first) = peer;
    bus->closed_last = peer;
}

static void forget_peer(struct bus *bus, struct peer *peer)
{
    struct peer_waiting **last = &bus->orphans;
    while (*last)
        last = &(*last)->next;
    *last = peers_take_urgent(bus->peers, peer);
    if (bus->gone_count == bus->gone_capacity) {
        size_t capacity = bus->gone_capacity ? bus->gone_capacity * 2 : 64;
        uint32_t *gone = realloc(bus->gone, capacity * sizeof *gone);
        if (!gone) {
            serve_end(bus, 1);
            return;
        }
        bus->gone = gone;
        bus->gone_capacity = capacity;
    }
    bus->gone[bus->gone_count++] = peer->pipe;
    peers_remove(bus->peers, peer);
}

void serve_forget_closed(struct bus *bus)
{
    int64_t now = serve_now();
    while (bus->closed_first && now - bus->closed_first->heard > CLOSED_KEPT && !bus->ended) {
        struct peer *peer = bus->closed_first;
        bus->closed_first = peer->closed_next;
        if (!bus->closed_first)
            bus->closed_last = NULL;
        forget_peer(bus, peer);
    }
}

/* Who says nothing for long has gone without a word, or nng has missed its going (its issues 1733 and 1734:
 * about one WebSocket in a hundred). Who stays even when closed by force shows that nng closes nothing any
 * more. */
void serve_close_silent(struct bus *bus)
{
    int64_t now = serve_now();
    for (int i = 0; i < CLOSED_AT_ONCE && !bus->ended; i++) {
        struct peer *peer = peers_quietest(bus->peers);
        if (!peer || now - peer->heard < SILENCE_MOST)
            return;
        peers_heard(bus->peers, peer, now);
        if (peer->farewells == FAREWELLS_MOST)
            serve_end(bus, 1);
        else
            endpoint_close_pipe(bus->endpoint, peer->pipe, peer->farewells++ > 0);
    }
}

bool serve_take_events(struct bus *bus)
{
    struct endpoint_event event;
    for (int i = 0; i < EVENTS_A_ROUND && !bus->ended; i++) {
        if (!endpoint_next(bus->endpoint, &event))
            return false;
        if (event.happening == ENDPOINT_MESSAGE)
            on_message(bus, &event);
        else if (event.happening == ENDPOINT_OPENED)
            on_opened(bus, &event);
        else
            on_closed(bus, &event);
        endpoint_done(&event);
    }
    return true;
}
