#include "gateway/bus/serve.h"

#include "gateway/bus/page_calendar.h"
#include "gateway/bus/translate.h"
#include "gateway/bus/watchdog.h"
#include "gateway/bus/watchers.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* One round takes at most this much from each side, so that none waits long for another. */
#define EVENTS_A_ROUND    256
#define ENVELOPES_A_ROUND 64
#define FRAMES_A_ROUND    64
#define PROGRESS_EVERY    (INT64_C(250) * 1000 * 1000)
#define SPECTATORS_EVERY  (INT64_C(1000) * 1000 * 1000)
/* A connection that says nothing for so long is closed. */
#define SILENCE_MOST   (INT64_C(120) * 1000 * 1000 * 1000)
#define CLOSED_AT_ONCE 32
#define FAREWELLS_MOST 2u
#define CLOSED_KEPT    (INT64_C(500) * 1000 * 1000)
/* So many malformed messages close a connection. */
#define OFFENCES 8u

struct bus {
    struct endpoint *endpoint;
    uint32_t generation;
    struct peers *peers;
    struct watchers *watchers;
    struct translator *translator;
    struct watchdog *watchdog;
    int64_t watchdog_due;
    struct envelope_counters counters;
    struct peer_waiting *orphans;            /* urgent requests of closed connections */
    struct peer *closed_first, *closed_last; /* in the order of their ends */
    uint32_t *gone;                          /* closed pipes that control hasn't been told of */
    size_t gone_count, gone_capacity;
    struct lane {
        int fd;
        bool ready; /* there may be an envelope: whoever takes one looks until there is none */
        bool held;  /* the envelope in the buffer waits until nng takes it */
        struct envelope envelope;
        uint8_t buffer[ENVELOPE_ANSWER_MAX];
    } lanes[PEER_LANES];
    bool calendars_ready;
    bool ended; /* control closed the channel, or worse */
    int status;
};

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void end(struct bus *bus, int status)
{
    bus->ended = true;
    bus->status = status;
}

/* --- towards control -------------------------------------------------------------------------- */

/* true: moved; false: not now. */
static bool to_control(struct bus *bus, enum peer_lane lane, struct envelope *envelope, const void *payload)
{
    envelope->generation = bus->generation;
    enum envelope_result result = envelope_send(bus->lanes[lane].fd, envelope, payload);
    if (result == ENVELOPE_BROKEN)
        end(bus, 0);
    return result == ENVELOPE_MOVED;
}

static void forward_orphans(struct bus *bus)
{
    while (bus->orphans) {
        struct peer_waiting *orphan = bus->orphans;
        if (!to_control(bus, PEER_URGENT, &orphan->envelope, orphan->payload))
            return;
        bus->orphans = orphan->next;
        free(orphan);
    }
}

static void forward_waiting(struct bus *bus)
{
    forward_orphans(bus);
    for (enum peer_lane lane = 0; lane < PEER_LANES; lane++) {
        const struct peer_waiting *waiting;
        while (!bus->ended && (waiting = peers_next(bus->peers, lane))) {
            struct envelope envelope = waiting->envelope;
            if (!to_control(bus, lane, &envelope, waiting->payload))
                break;
            peers_taken(bus->peers, lane);
        }
    }
    while (bus->gone_count > 0 && !bus->ended) {
        struct envelope envelope = {.kind = ENVELOPE_PIPE_GONE, .pipe = bus->gone[bus->gone_count - 1]};
        if (!to_control(bus, PEER_ORDINARY, &envelope, NULL))
            break;
        bus->gone_count--;
    }
}

static void report_progress(struct bus *bus)
{
    bus->counters.pipes = peers_count(bus->peers);
    bus->counters.watchers = watchers_count(bus->watchers);
    struct envelope envelope = {.kind = ENVELOPE_PROGRESS, .length = sizeof bus->counters};
    /* When the channel is full of requests control sees those instead. */
    (void)to_control(bus, PEER_ORDINARY, &envelope, &bus->counters);
}

static void report_unwatched(struct bus *bus)
{
    struct envelope envelope = {.kind = ENVELOPE_UNWATCHED};
    while (!bus->ended &&
           watchers_find_unwatched(bus->watchers, now_ns(), &envelope.stream, &envelope.frame) &&
           to_control(bus, PEER_ORDINARY, &envelope, NULL))
        watchers_told_unwatched(bus->watchers, envelope.stream);
}

static void report_spectators(struct bus *bus)
{
    struct envelope envelope = {.kind = ENVELOPE_SPECTATORS};
    while (!bus->ended && watchers_find_spectators(bus->watchers, &envelope.stream, &envelope.frame) &&
           to_control(bus, PEER_ORDINARY, &envelope, NULL))
        watchers_told_spectators(bus->watchers, envelope.stream, envelope.frame);
}

/* --- from the connections --------------------------------------------------------------------- */

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
    if (!peers_next(bus->peers, lane) && to_control(bus, lane, &envelope, event->bytes))
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
        peers_heard(bus->peers, peer, now_ns());
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
        watchers_renew(bus->watchers, peer, event->request, &head, now_ns()))
        return;
    switch (head.is_stop ? peer_admit_stop(peer, now_ns())
                         : peer_admit(peer, event->request, head.class, now_ns())) {
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
    peers_heard(bus->peers, peer, now_ns());
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
    peers_heard(bus->peers, peer, now_ns());
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
            end(bus, 1);
            return;
        }
        bus->gone = gone;
        bus->gone_capacity = capacity;
    }
    bus->gone[bus->gone_count++] = peer->pipe;
    peers_remove(bus->peers, peer);
}

static void forget_closed(struct bus *bus)
{
    int64_t now = now_ns();
    while (bus->closed_first && now - bus->closed_first->heard > CLOSED_KEPT && !bus->ended) {
        struct peer *peer = bus->closed_first;
        bus->closed_first = peer->closed_next;
        if (!bus->closed_first)
            bus->closed_last = NULL;
        forget_peer(bus, peer);
    }
}

/* ---- from the page --------------------------------------------------------------------------- */

/* Calendars are asked for as if by a pipe that nng never has. */
#define PAGE_PIPE 0

static void forward_calendars(struct bus *bus)
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
                                    .pipe = PAGE_PIPE,
                                    .request = number,
                                    .length = (uint32_t)size};
        if (!to_control(bus, PEER_ORDINARY, &envelope, request))
            return; /* it is tried again, or expires */
        page_calendars_asked(calendars, number);
    }
    bus->calendars_ready = false;
}

/* true: there may be more. */
static bool take_events(struct bus *bus)
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

/* --- from control ----------------------------------------------------------------------------- */

/* Each returns true when the envelope is done with, false when nng cannot take its payload now. */
static bool pass_answer(struct bus *bus, const struct envelope *envelope, const uint8_t *payload)
{
    struct peer *peer = peers_find(bus->peers, envelope->pipe);
    if (envelope->pipe == PAGE_PIPE) {
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
            end(bus, 1);
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
                                .at = now_ns()};
    if (watchers_grant(bus->watchers, peer, &grant) != 0)
        end(bus, 1);
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
        end(bus, 1);
    return true;
}

static bool take_full(struct bus *bus, const struct envelope *envelope, const uint8_t *payload)
{
    if (watchers_full(bus->watchers, envelope->stream, envelope->frame, payload, envelope->length) != 0)
        end(bus, 1);
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
        end(bus, 1);
        return true;
    }
    return acts[envelope->kind](bus, envelope, payload);
}

/* true: there may be more. */
static bool take_envelopes(struct bus *bus, struct lane *lane)
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
                end(bus, result == ENVELOPE_BROKEN ? 0 : 1);
                return false;
            }
        }
        lane->held = !obey(bus, &lane->envelope, lane->buffer);
        if (lane->held)
            return false;
    }
    return true;
}

/* --- the loop --------------------------------------------------------------------------------- */

static int timeout_ms(const struct bus *bus, bool more, enum pump pump, int64_t progress)
{
    if (more || pump == PUMP_MORE)
        return 0;
    if (pump == PUMP_BLOCKED || bus->lanes[PEER_URGENT].held || bus->lanes[PEER_ORDINARY].held)
        return 1; /* nng's queue drains without telling */
    int64_t next = watchers_next(bus->watchers);
    int64_t left = (next < progress ? next : progress) - now_ns();
    return left > 0 ? (int)(left / 1000000) + 1 : 0;
}

static void wait_for_work(struct bus *bus, int timeout)
{
    enum { CALENDARS = PEER_LANES, ENDPOINT, FDS = ENDPOINT + ENDPOINT_FDS };
    struct pollfd fds[FDS];
    int endpoint[ENDPOINT_FDS];
    endpoint_fds(bus->endpoint, endpoint);
    for (int i = 0; i < ENDPOINT_FDS; i++)
        fds[ENDPOINT + i] = (struct pollfd){.fd = endpoint[i], .events = POLLIN};
    fds[CALENDARS] =
        (struct pollfd){.fd = page_calendars_fd(endpoint_calendars(bus->endpoint)), .events = POLLIN};
    for (enum peer_lane lane = 0; lane < PEER_LANES; lane++) {
        bool waits = peers_next(bus->peers, lane) ||
                     (lane == PEER_URGENT ? bus->orphans != NULL : bus->gone_count > 0);
        fds[lane].fd = bus->lanes[lane].fd;
        fds[lane].events = (short)((bus->lanes[lane].held ? 0 : POLLIN) | (waits ? POLLOUT : 0));
    }
    if (poll(fds, FDS, timeout) <= 0)
        return;
    for (enum peer_lane lane = 0; lane < PEER_LANES; lane++)
        bus->lanes[lane].ready |= (fds[lane].revents & ~POLLOUT) != 0;
    bus->calendars_ready |= fds[CALENDARS].revents != 0;
}

/* Who says nothing for long has gone without a word, or nng has missed its going (its issues 1733 and 1734:
 * about one WebSocket in a hundred). Who stays even when closed by force shows that nng closes nothing any
 * more. */
static void close_silent(struct bus *bus)
{
    int64_t now = now_ns();
    for (int i = 0; i < CLOSED_AT_ONCE && !bus->ended; i++) {
        struct peer *peer = peers_quietest(bus->peers);
        if (!peer || now - peer->heard < SILENCE_MOST)
            return;
        peers_heard(bus->peers, peer, now);
        if (peer->farewells == FAREWELLS_MOST)
            end(bus, 1);
        else
            endpoint_close_pipe(bus->endpoint, peer->pipe, peer->farewells++ > 0);
    }
}

static void ask_watchdog(struct bus *bus)
{
    int64_t now = now_ns();
    if (now < bus->watchdog_due)
        return;
    bus->watchdog_due = now + WATCHDOG_EVERY;
    if (watchdog_barks(bus->watchdog, bus->peers))
        end(bus, 1); /* control starts another */
}

static void run(struct bus *bus)
{
    int64_t progress = now_ns(), spectators = progress;
    int timeout = 0;
    while (!bus->ended) {
        wait_for_work(bus, timeout);
        bool more = take_events(bus);
        forward_waiting(bus);
        forward_calendars(bus);
        more = take_envelopes(bus, &bus->lanes[PEER_URGENT]) || more;
        more = take_envelopes(bus, &bus->lanes[PEER_ORDINARY]) || more;
        enum pump pump = watchers_pump(bus->watchers, FRAMES_A_ROUND, now_ns());
        if (now_ns() >= progress) {
            report_progress(bus);
            report_unwatched(bus);
            if (now_ns() >= spectators) {
                report_spectators(bus);
                spectators = now_ns() + SPECTATORS_EVERY;
            }
            forget_closed(bus);
            page_calendars_expire(endpoint_calendars(bus->endpoint), now_ns());
            close_silent(bus);
            ask_watchdog(bus);
            progress = now_ns() + PROGRESS_EVERY;
        }
        timeout = timeout_ms(bus, more, pump, progress);
    }
}

static int send_frame(void *context, uint32_t pipe, uint32_t request, const uint8_t *bytes, size_t size)
{
    struct bus *bus = context;
    return endpoint_send(bus->endpoint, pipe, request, bytes, size);
}

int serve(const struct serve_options *options)
{
    struct bus *bus = calloc(1, sizeof *bus);
    if (!bus)
        return 1;
    bus->endpoint = options->endpoint;
    bus->generation = options->generation;
    for (enum peer_lane lane = 0; lane < PEER_LANES; lane++)
        bus->lanes[lane].fd = options->control[lane];
    bus->peers = peers_create();
    bus->watchers = watchers_create(send_frame, bus);
    bus->translator = translator_create();
    bus->watchdog = watchdog_create();
    for (size_t i = 0; bus->watchdog && i < WATCHDOG_PORTS; i++)
        if (endpoint_tls_port(bus->endpoint, i) != 0)
            watchdog_port(bus->watchdog, endpoint_tls_port(bus->endpoint, i));
    bus->status = 1;
    if (bus->peers && bus->watchers && bus->translator && bus->watchdog)
        run(bus);
    /* Nothing is released: the process ends, and nng may hang when it is closed (its issues 1236, 1543,
     * 1813). */
    return bus->status;
}
