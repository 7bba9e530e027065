/* The bus's loop, towards control and back. */
#include "gateway/bus/page_calendar.h"
#include "gateway/bus/serve_internal.h"

#include <stdlib.h>

#define ENVELOPES_A_ROUND 64

/* --- towards control -------------------------------------------------------------------------- */

bool serve_to_control(struct bus *bus, enum peer_lane lane, struct envelope *envelope, const void *payload)
{
    envelope->generation = bus->generation;
    enum envelope_result result = envelope_send(bus->lanes[lane].fd, envelope, payload);
    if (result == ENVELOPE_BROKEN)
        serve_end(bus, 0);
    return result == ENVELOPE_MOVED;
}

static void forward_orphans(struct bus *bus)
{
    while (bus->orphans) {
        struct peer_waiting *orphan = bus->orphans;
        if (!serve_to_control(bus, PEER_URGENT, &orphan->envelope, orphan->payload))
            return;
        bus->orphans = orphan->next;
        free(orphan);
    }
}

void serve_forward_waiting(struct bus *bus)
{
    forward_orphans(bus);
    for (enum peer_lane lane = 0; lane < PEER_LANES; lane++) {
        const struct peer_waiting *waiting;
        while (!bus->ended && (waiting = peers_next(bus->peers, lane))) {
            struct envelope envelope = waiting->envelope;
            if (!serve_to_control(bus, lane, &envelope, waiting->payload))
                break;
            peers_taken(bus->peers, lane);
        }
    }
    while (bus->gone_count > 0 && !bus->ended) {
        struct envelope envelope = {.kind = ENVELOPE_PIPE_GONE, .pipe = bus->gone[bus->gone_count - 1]};
        if (!serve_to_control(bus, PEER_ORDINARY, &envelope, NULL))
            break;
        bus->gone_count--;
    }
}

void serve_report_progress(struct bus *bus)
{
    bus->counters.pipes = peers_count(bus->peers);
    bus->counters.watchers = watchers_count(bus->watchers);
    struct envelope envelope = {.kind = ENVELOPE_PROGRESS, .length = sizeof bus->counters};
    /* When the channel is full of requests control sees those instead. */
    (void)serve_to_control(bus, PEER_ORDINARY, &envelope, &bus->counters);
}

void serve_report_unwatched(struct bus *bus)
{
    struct envelope envelope = {.kind = ENVELOPE_UNWATCHED};
    while (!bus->ended &&
           watchers_find_unwatched(bus->watchers, serve_now(), &envelope.stream, &envelope.frame) &&
           serve_to_control(bus, PEER_ORDINARY, &envelope, NULL))
        watchers_told_unwatched(bus->watchers, envelope.stream);
}

void serve_report_spectators(struct bus *bus)
{
    struct envelope envelope = {.kind = ENVELOPE_SPECTATORS};
    while (!bus->ended && watchers_find_spectators(bus->watchers, &envelope.stream, &envelope.frame) &&
           serve_to_control(bus, PEER_ORDINARY, &envelope, NULL))
        watchers_told_spectators(bus->watchers, envelope.stream, envelope.frame);
}

void serve_forward_calendars(struct bus *bus)
{
    struct page_calendars *calendars = endpoint_calendars(bus->endpoint);
    uint8_t request[256];
    size_t size;
    uint32_t number;
    if (!bus->calendars_ready)
        return;
    page_calendars_woken(calendars);
    while (!bus->ended && (number = page_calendars_next(calendars, request, sizeof request, &size))) {
        struct envelope envelope = {.kind = ENVELOPE_REQUEST,
                                    .class = ENVELOPE_COMMAND,
                                    .secure = true,
                                    .pipe = SERVE_PAGE_PIPE,
                                    .request = number,
                                    .length = (uint32_t)size};
        if (!serve_to_control(bus, PEER_ORDINARY, &envelope, request))
            return; /* it is tried again, or expires */
        page_calendars_asked(calendars, number);
    }
    bus->calendars_ready = false;
}

/* --- from control ----------------------------------------------------------------------------- */

/* Each returns true when the envelope is done with, false when nng cannot take its payload now. */
static bool pass_answer(struct bus *bus, const struct envelope *envelope, const uint8_t *payload)
{
    struct peer *peer = peers_find(bus->peers, envelope->pipe);
    if (envelope->pipe == SERVE_PAGE_PIPE) {
        page_calendars_answered(endpoint_calendars(bus->endpoint), envelope->request, payload,
                                envelope->length);
        return true;
    }
    if (!peer) {
        bus->counters.dropped++;
        return true;
    }
    if (envelope->length > 0 &&
        endpoint_send(bus->endpoint, envelope->pipe, envelope->request, payload, envelope->length) != 0)
        return false;
    peer_answered(peer, envelope->request);
    return true;
}

static bool grant_watch(struct bus *bus, const struct envelope *envelope, const uint8_t *payload)
{
    (void)payload;
    struct peer *peer = peers_find(bus->peers, envelope->pipe);
    if (!peer || peer->closed) {
        if (watchers_grant_missed(bus->watchers, envelope->stream) != 0)
            serve_end(bus, 1);
        return true;
    }
    peer_answered(peer, envelope->request);
    struct watch_grant grant = {.request = envelope->request,
                                .stream = envelope->stream,
                                .credit = envelope->credit,
                                .every = envelope->every,
                                .frame = envelope->frame,
                                .likeness = envelope->tag,
                                .spectates = envelope->seat == 0,
                                .at = serve_now()};
    if (watchers_grant(bus->watchers, peer, &grant) != 0)
        serve_end(bus, 1);
    return true;
}

static bool end_watch(struct bus *bus, const struct envelope *envelope, const uint8_t *payload)
{
    struct peer *peer = peers_find(bus->peers, envelope->pipe);
    if (peer)
        watchers_end(bus->watchers, peer, envelope->request);
    return pass_answer(bus, envelope, payload);
}

static bool take_delta(struct bus *bus, const struct envelope *envelope, const uint8_t *payload)
{
    if (watchers_delta(bus->watchers, envelope->stream, envelope->frame, payload, envelope->length) != 0)
        serve_end(bus, 1);
    return true;
}

static bool take_full(struct bus *bus, const struct envelope *envelope, const uint8_t *payload)
{
    if (watchers_full(bus->watchers, envelope->stream, envelope->frame, payload, envelope->length) != 0)
        serve_end(bus, 1);
    return true;
}

static bool close_pipe(struct bus *bus, const struct envelope *envelope, const uint8_t *payload)
{
    (void)payload;
    endpoint_close_pipe(bus->endpoint, envelope->pipe, false);
    return true;
}

static bool obey(struct bus *bus, const struct envelope *envelope, const uint8_t *payload)
{
    static bool (*const acts[])(struct bus *, const struct envelope *, const uint8_t *) = {
        [ENVELOPE_ANSWER] = pass_answer,  [ENVELOPE_GRANT_WATCH] = grant_watch,
        [ENVELOPE_END_WATCH] = end_watch, [ENVELOPE_DELTA] = take_delta,
        [ENVELOPE_FULL] = take_full,      [ENVELOPE_CLOSE_PIPE] = close_pipe,
    };
    if (envelope->generation != bus->generation)
        return true; /* meant for the pipes of another bus */
    if (envelope->kind >= sizeof acts / sizeof *acts || !acts[envelope->kind]) {
        serve_end(bus, 1);
        return true;
    }
    return acts[envelope->kind](bus, envelope, payload);
}

bool serve_take_envelopes(struct bus *bus, struct lane *lane)
{
    for (int i = 0; i < ENVELOPES_A_ROUND && !bus->ended; i++) {
        if (!lane->held) {
            if (!lane->ready)
                return false;
            enum envelope_result result = envelope_receive(lane->fd, &lane->envelope, lane->buffer);
            lane->ready = result != ENVELOPE_AGAIN;
            if (result == ENVELOPE_AGAIN)
                return false;
            if (result != ENVELOPE_MOVED) {
                serve_end(bus, result == ENVELOPE_BROKEN ? 0 : 1);
                return false;
            }
        }
        lane->held = !obey(bus, &lane->envelope, lane->buffer);
        if (lane->held)
            return false;
    }
    return true;
}
