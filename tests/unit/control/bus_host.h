/* bus_host.h - a small control for tests: it owns launcher, channel and a real bus process, and answers by
 * the request's body: Rigs with yes (message "secure" or "open"), Stop with "urgent" or "ordinary" by how it
 * came, Health never, ReadFile with as many bytes as asked for. Watches are granted on stream 0, which has a
 * frame every 10 ms. */
#ifndef TESTS_UNIT_CONTROL_BUS_HOST_H
#define TESTS_UNIT_CONTROL_BUS_HOST_H

#include "gateway/bus/bus.h"
#include "gateway/control/channel.h"
#include "gateway/control/launcher.h"
#include "proto/lab.pb-c.h"
#include "tests/unit/control/children.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define HOST_URLS  8
#define SECONDS(n) (INT64_C(1000000000) * (n))

struct host {
    struct launcher *launcher;
    struct channel *channel;
    pthread_t thread;
    atomic_bool stop;
    atomic_uint ready, lost, gone, requests, watches; /* counts */
    char urls[HOST_URLS][256];                        /* once ready > 0 */
    uint64_t frame;
    bool full_due; /* a frame was not sent, or the bus has forgotten them: only a full one can be the next */
};

static inline int64_t host_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline size_t host_frame(uint64_t number, bool full, uint8_t *bytes)
{
    Labgate__Answer answer = LABGATE__ANSWER__INIT;
    Labgate__Frame frame = LABGATE__FRAME__INIT;
    Labgate__Cursor cursor = LABGATE__CURSOR__INIT;
    cursor.boot = 1;
    cursor.frame = number;
    frame.cursor = &cursor;
    frame.rig = (char *)"tank-1";
    frame.full = full;
    answer.version = 1;
    answer.ok = 1;
    answer.boot = 1;
    answer.time = (uint64_t)host_now();
    answer.body_case = LABGATE__ANSWER__BODY_FRAME;
    answer.frame = &frame;
    return labgate__answer__pack(&answer, bytes);
}

static inline void host_publish(struct host *host, bool full)
{
    uint8_t bytes[256];
    full = full || host->full_due;
    struct envelope envelope = {.kind = full ? ENVELOPE_FULL : ENVELOPE_DELTA, .frame = ++host->frame};
    envelope.length = (uint32_t)host_frame(host->frame, full, bytes);
    host->full_due = channel_send(host->channel, &envelope, bytes) != CHANNEL_OK;
}

static inline void host_answer(struct host *host, const struct envelope *asked,
                               const Labgate__Request *request)
{
    static uint8_t bytes[ENVELOPE_PAYLOAD_MAX], data[60000];
    Labgate__Answer answer = LABGATE__ANSWER__INIT;
    Labgate__FilePart part = LABGATE__FILE_PART__INIT;
    answer.version = 1;
    answer.ok = 1;
    answer.boot = 1;
    answer.time = (uint64_t)host_now();
    switch (request->body_case) {
    case LABGATE__REQUEST__BODY_HEALTH:
        return;
    case LABGATE__REQUEST__BODY_STOP:
        answer.message = (char *)(asked->class == ENVELOPE_URGENT ? "urgent" : "ordinary");
        break;
    case LABGATE__REQUEST__BODY_READ_FILE:
        part.data = (ProtobufCBinaryData){request->read_file->length, data};
        answer.body_case = LABGATE__ANSWER__BODY_READ_FILE;
        answer.read_file = &part;
        break;
    default:
        answer.message = (char *)(asked->secure ? "secure" : "open");
    }
    struct envelope envelope = *asked;
    envelope.kind = ENVELOPE_ANSWER;
    envelope.length = (uint32_t)labgate__answer__pack(&answer, bytes);
    (void)channel_send(host->channel, &envelope, bytes);
}

static inline void host_ready(struct host *host, const struct envelope *envelope, const uint8_t *payload)
{
    const char *at = (const char *)payload, *end = at + envelope->length;
    for (size_t i = 0; i < HOST_URLS && at < end; i++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t length = (size_t)((newline ? newline : end) - at);
        /* A bus that comes back serves where the one before it did, and its tester may be reading that. */
        if (strlen(host->urls[i]) != length || memcmp(host->urls[i], at, length) != 0)
            snprintf(host->urls[i], sizeof host->urls[i], "%.*s", (int)length, at);
        at += length + 1;
    }
    host_publish(host, true);
    host->ready++;
}

static inline void host_take(struct host *host, const struct envelope *envelope, const uint8_t *payload)
{
    struct envelope grant = *envelope;
    Labgate__Request *request;
    switch (envelope->kind) {
    case ENVELOPE_READY:
        host_ready(host, envelope, payload);
        break;
    case ENVELOPE_LOST:
        host->lost++;
        break;
    case ENVELOPE_PIPE_GONE:
        host->gone++;
        break;
    case ENVELOPE_WATCH:
        host->watches++;
        grant.kind = ENVELOPE_GRANT_WATCH;
        grant.length = 0;
        grant.frame = 0;
        (void)channel_send(host->channel, &grant, NULL);
        break;
    case ENVELOPE_UNWATCHED:
        host->full_due = true;
        break;
    case ENVELOPE_REQUEST:
        host->requests++;
        request = labgate__request__unpack(NULL, envelope->length, payload);
        if (request)
            host_answer(host, envelope, request);
        labgate__request__free_unpacked(request, NULL);
        break;
    default:
        break;
    }
}

static inline void *host_run(void *context)
{
    struct host *host = context;
    int64_t tend = 0, publish = host_now();
    while (!host->stop) {
        struct pollfd wait = {.fd = channel_fd(host->channel), .events = POLLIN};
        int64_t until = tend < publish ? tend : publish, left = until - host_now();
        (void)poll(&wait, 1, left > 0 ? (int)(left / 1000000) + 1 : 0);
        struct envelope envelope;
        const uint8_t *payload;
        while (channel_receive(host->channel, host_now(), &envelope, &payload) == 1)
            host_take(host, &envelope, payload);
        if (host_now() >= publish) {
            publish += INT64_C(10000000);
            host_publish(host, false);
        }
        tend = channel_tend(host->channel, host_now());
    }
    return NULL;
}

/* Waits until the count has reached a number; fails after a generous while. */
static inline void host_await(atomic_uint *count, unsigned wanted, const char *what)
{
    int64_t deadline = host_now() + SECONDS(30);
    while (*count < wanted) {
        if (host_now() > deadline)
            fail_msg("waited 30 s for: %s (%u of %u)", what, *count, wanted);
        struct timespec pause = {0, 2000000};
        nanosleep(&pause, NULL);
    }
}

static inline void host_start(struct host *host, const struct config_listener *listeners, size_t count)
{
    char why[512];
    *host = (struct host){.frame = 0};
    struct launcher_options options = {.user = NULL};
    if (launcher_create(&options, &host->launcher, why, sizeof why) != 0)
        fail_msg("%s", why);
    struct channel_options channel = {
        .listeners = listeners, .listener_count = count, .launcher = host->launcher};
    if (channel_create(&channel, &host->channel, why, sizeof why) != 0)
        fail_msg("%s", why);
    assert_int_equal(pthread_create(&host->thread, NULL, host_run, host), 0);
    host_await(&host->ready, 1, "the bus to be ready");
}

static inline void host_end(struct host *host)
{
    host->stop = true;
    pthread_join(host->thread, NULL);
    channel_destroy(host->channel);
    launcher_destroy(host->launcher);
}

static inline void host_kill_bus(struct host *host)
{
    unsigned ready = host->ready;
    pid_t bus = child_of(launcher_process(host->launcher));
    assert_true(bus > 0);
    kill(bus, SIGKILL);
    host_await(&host->ready, ready + 1, "the next bus to be ready");
}

#endif
