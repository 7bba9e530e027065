#include "drivers/sim/simulator.h"

#include "drivers/sim/control.h"
#include "drivers/sim/generator.h"
#include "drivers/sim/scope.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define EVENTS_MAX   64
#define CATCH_UP_MAX (10 * CLOCK_SECOND) /* of physics in one go, after the process was stopped */

int simulator_fail(struct simulator *simulator, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(simulator->problem, sizeof simulator->problem, format, arguments);
    va_end(arguments);
    return -1;
}

int simulator_watch(struct simulator *simulator, struct source *source, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = source};
    if (epoll_ctl(simulator->epoll, EPOLL_CTL_ADD, source->fd, &event))
        return simulator_fail(simulator, "cannot watch a descriptor: %s", strerror(errno));
    return 0;
}

static void timer_ready(struct simulator *simulator, struct source *source, uint32_t events, int64_t now)
{
    uint64_t expirations;
    (void)simulator;
    (void)events;
    (void)now;
    (void)!read(source->fd, &expirations, sizeof expirations); /* only to rearm it */
}

static void signal_ready(struct simulator *simulator, struct source *source, uint32_t events, int64_t now)
{
    struct signalfd_siginfo information;
    (void)events;
    (void)now;
    if (read(source->fd, &information, sizeof information) == sizeof information)
        simulator->stop = true;
}

int simulator_init(struct simulator *simulator)
{
    sigset_t signals;
    *simulator = (struct simulator){
        .epoll = -1, .timer_source.fd = -1, .signal_source.fd = -1, .control_source.fd = -1};
    simulator->rests = PHYSICS_STEP;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &signals, NULL) || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return simulator_fail(simulator, "cannot set signals: %s", strerror(errno));
    simulator->epoll = epoll_create1(EPOLL_CLOEXEC);
    simulator->timer_source =
        (struct source){timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), timer_ready};
    simulator->signal_source =
        (struct source){signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC), signal_ready};
    if (simulator->epoll < 0 || simulator->timer_source.fd < 0 || simulator->signal_source.fd < 0)
        return simulator_fail(simulator, "cannot make the loop: %s", strerror(errno));
    simulator->physics_at = clock_now();
    if (simulator_watch(simulator, &simulator->timer_source, EPOLLIN))
        return -1;
    return simulator_watch(simulator, &simulator->signal_source, EPOLLIN);
}

void simulator_finish(struct simulator *simulator)
{
    control_close(simulator);
    while (simulator->endpoints) {
        struct endpoint *endpoint = simulator->endpoints;
        simulator->endpoints = endpoint->next;
        endpoint_destroy(endpoint);
    }
    while (simulator->instruments) {
        struct instrument *instrument = simulator->instruments;
        simulator->instruments = instrument->next;
        instrument_destroy(instrument);
    }
    while (simulator->benches) {
        struct bench *bench = simulator->benches;
        simulator->benches = bench->next;
        free(bench);
    }
    const int descriptors[] = {simulator->timer_source.fd, simulator->signal_source.fd, simulator->epoll};
    for (size_t i = 0; i < sizeof descriptors / sizeof *descriptors; i++)
        if (descriptors[i] >= 0)
            close(descriptors[i]);
}

/* --- the round --- */

static void act_deferred(struct instrument *instrument, int64_t now)
{
    size_t kept = 0;
    for (size_t i = 0; i < instrument->deferred_count; i++) {
        struct deferred *deferred = &instrument->deferred[i];
        if (now < deferred->due) {
            instrument->deferred[kept++] = *deferred;
            continue;
        }
        if (instrument->plant) {
            uint8_t reply[MODBUS_PDU_MAX];
            modbus_answer(&instrument->server, deferred->bytes, deferred->length, reply);
        } else {
            struct scpi_text nowhere = {0};
            deferred->bytes[sizeof deferred->bytes - 1] = '\0';
            scpi_execute(&instrument->device, (const char *)deferred->bytes, &nowhere);
            scpi_text_free(&nowhere);
        }
    }
    instrument->deferred_count = kept;
}

static void thaw(struct register_overlay *overlay, int64_t now)
{
    size_t kept = 0;
    for (size_t i = 0; i < overlay->count; i++)
        if (now < overlay->held[i].until)
            overlay->held[kept++] = overlay->held[i];
    overlay->count = kept;
}

static void step_instrument(struct instrument *instrument, int64_t at)
{
    double seconds = (double)PHYSICS_STEP / CLOCK_SECOND;
    if (instrument->deferred_count)
        act_deferred(instrument, at);
    if (instrument->server.overlay.count)
        thaw(&instrument->server.overlay, at);
    if (instrument->plant)
        instrument->plant->step(instrument->state, seconds);
    else if (instrument->kind->step)
        instrument->kind->step(instrument->state, (double)at / CLOCK_SECOND);
}

static void advance_physics(struct simulator *simulator, int64_t now)
{
    if (now - simulator->physics_at > CATCH_UP_MAX)
        simulator->physics_at = now - CATCH_UP_MAX;
    bool stepped = false;
    while (simulator->physics_at + PHYSICS_STEP <= now) {
        simulator->physics_at += PHYSICS_STEP;
        stepped = true;
        for (struct instrument *instrument = simulator->instruments; instrument;
             instrument = instrument->next)
            step_instrument(instrument, simulator->physics_at);
    }
    for (struct instrument *instrument = simulator->instruments; stepped && instrument;
         instrument = instrument->next)
        instrument_changed(instrument, now);
}

static void service_connections(struct simulator *simulator, int64_t now)
{
    for (struct endpoint *endpoint = simulator->endpoints; endpoint; endpoint = endpoint->next) {
        for (struct connection *connection = endpoint->connections; connection; connection = connection->next)
            if (stream_deadline(&connection->stream) <= now)
                connection_service(simulator, connection, now);
        endpoint_bury(endpoint);
    }
}

static int64_t nearest_deadline(const struct simulator *simulator)
{
    int64_t nearest = simulator->physics_at + simulator->rests;
    for (const struct endpoint *endpoint = simulator->endpoints; endpoint; endpoint = endpoint->next)
        for (const struct connection *connection = endpoint->connections; connection;
             connection = connection->next) {
            int64_t deadline = stream_deadline(&connection->stream);
            if (deadline < nearest)
                nearest = deadline;
        }
    return nearest;
}

int simulator_run(struct simulator *simulator)
{
    struct epoll_event events[EVENTS_MAX];
    while (!simulator->stop) {
        int64_t deadline = nearest_deadline(simulator);
        struct itimerspec timer = {
            .it_value = {deadline / CLOCK_SECOND, deadline % CLOCK_SECOND}
        };
        timerfd_settime(simulator->timer_source.fd, TFD_TIMER_ABSTIME, &timer, NULL);
        int count = epoll_wait(simulator->epoll, events, EVENTS_MAX, -1);
        if (count < 0 && errno != EINTR)
            return simulator_fail(simulator, "cannot wait for events: %s", strerror(errno));
        int64_t now = clock_now();
        advance_physics(simulator, now);
        for (int i = 0; i < count; i++) {
            struct source *source = events[i].data.ptr;
            source->ready(simulator, source, events[i].events, now);
        }
        control_bury(simulator);
        service_connections(simulator, clock_now());
    }
    return 0;
}
