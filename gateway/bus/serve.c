#include "gateway/bus/serve.h"

#include "gateway/bus/page_calendar.h"
#include "gateway/bus/serve_internal.h"

#include <poll.h>
#include <stdlib.h>
#include <time.h>

#define FRAMES_A_ROUND   64 /* at most so many, so that nothing else waits long for them */
#define PROGRESS_EVERY   (INT64_C(250) * 1000 * 1000)
#define SPECTATORS_EVERY (INT64_C(1000) * 1000 * 1000)

int64_t serve_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void serve_end(struct bus *bus, int status)
{
    bus->ended = true;
    bus->status = status;
}

static int timeout_ms(const struct bus *bus, bool more, enum pump pump, int64_t progress)
{
    if (more || pump == PUMP_MORE)
        return 0;
    if (pump == PUMP_BLOCKED || bus->lanes[PEER_URGENT].held || bus->lanes[PEER_ORDINARY].held)
        return 1; /* nng's queue drains without telling */
    int64_t next = watchers_next(bus->watchers);
    int64_t left = (next < progress ? next : progress) - serve_now();
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

static void ask_watchdog(struct bus *bus)
{
    int64_t now = serve_now();
    if (now < bus->watchdog_due)
        return;
    bus->watchdog_due = now + WATCHDOG_EVERY;
    if (watchdog_barks(bus->watchdog, bus->peers))
        serve_end(bus, 1); /* control starts another */
}

static void run(struct bus *bus)
{
    int64_t progress = serve_now(), spectators = progress;
    int timeout = 0;
    while (!bus->ended) {
        wait_for_work(bus, timeout);
        bool more = serve_take_events(bus);
        serve_forward_waiting(bus);
        serve_forward_calendars(bus);
        more = serve_take_envelopes(bus, &bus->lanes[PEER_URGENT]) || more;
        more = serve_take_envelopes(bus, &bus->lanes[PEER_ORDINARY]) || more;
        enum pump pump = watchers_pump(bus->watchers, FRAMES_A_ROUND, serve_now());
        if (serve_now() >= progress) {
            serve_report_progress(bus);
            serve_report_unwatched(bus);
            if (serve_now() >= spectators) {
                serve_report_spectators(bus);
                spectators = serve_now() + SPECTATORS_EVERY;
            }
            serve_forget_closed(bus);
            page_calendars_expire(endpoint_calendars(bus->endpoint), serve_now());
            serve_close_silent(bus);
            ask_watchdog(bus);
            progress = serve_now() + PROGRESS_EVERY;
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
