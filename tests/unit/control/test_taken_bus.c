/* A bus process that somebody has taken over, as control sees it: what it sends keeps control from nothing,
 * and what no bus sends ends it. The listener's address says what it does. */
#include "gateway/control/channel.h"
#include "gateway/control/launcher.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECOND   INT64_C(1000000000)
#define PATIENCE 30
#define COUNTED  200u

enum { URGENT, ORDINARY };

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * SECOND + time.tv_nsec;
}

/* --- the bus ---------------------------------------------------------------------------------- */

static int lanes[2];
static uint32_t generation;

static void await(int lane, short events)
{
    struct pollfd wait = {.fd = lanes[lane], .events = events};
    (void)poll(&wait, 1, PATIENCE * 1000);
}

static void say(int lane, struct envelope envelope)
{
    struct envelope_counters counters = {.pipes = envelope.pipe};
    envelope.length = envelope.kind == ENVELOPE_PROGRESS ? sizeof counters : 0;
    if (!envelope.generation)
        envelope.generation = generation;
    enum envelope_result result;
    while ((result = envelope_send(lanes[lane], &envelope, &counters)) == ENVELOPE_AGAIN)
        await(lane, POLLOUT);
    if (result != ENVELOPE_MOVED)
        exit(0);
}

/* The next one from control. */
static uint8_t hear(int lane, uint8_t buffer[ENVELOPE_ANSWER_MAX])
{
    struct envelope envelope;
    enum envelope_result result;
    while ((result = envelope_receive(lanes[lane], &envelope, buffer)) == ENVELOPE_AGAIN)
        await(lane, POLLIN);
    if (result != ENVELOPE_MOVED)
        exit(0);
    return envelope.kind;
}

static void flood(int lane, struct envelope envelope)
{
    for (;;)
        say(lane, envelope);
}

/* So many, and then the other lane says that they wait. */
static void count(void)
{
    static uint8_t buffer[ENVELOPE_ANSWER_MAX];
    (void)hear(URGENT, buffer);
    for (uint32_t i = 1; i <= COUNTED; i++)
        say(ORDINARY, (struct envelope){.kind = ENVELOPE_PROGRESS, .pipe = i});
    say(URGENT, (struct envelope){.kind = ENVELOPE_PIPE_GONE});
}

_Noreturn static void be_taken(char **arguments)
{
    static uint8_t url[ENVELOPE_ANSWER_MAX], ignored[ENVELOPE_ANSWER_MAX];
    lanes[URGENT] = atoi(arguments[3]);
    lanes[ORDINARY] = atoi(arguments[5]);
    generation = (uint32_t)atoi(arguments[7]);
    (void)hear(ORDINARY, url);
    while (hear(ORDINARY, ignored) != ENVELOPE_BEGIN)
        ;
    say(ORDINARY, (struct envelope){.kind = ENVELOPE_READY});
    const char *how = (const char *)url;
    if (!strcmp(how, "tcp://progress"))
        flood(ORDINARY, (struct envelope){.kind = ENVELOPE_PROGRESS});
    if (!strcmp(how, "tcp://urgent-progress"))
        flood(URGENT, (struct envelope){.kind = ENVELOPE_PROGRESS});
    if (!strcmp(how, "tcp://foreign"))
        say(ORDINARY, (struct envelope){.kind = ENVELOPE_REQUEST, .generation = generation + 1});
    if (!strcmp(how, "tcp://ready"))
        say(ORDINARY, (struct envelope){.kind = ENVELOPE_READY});
    if (!strcmp(how, "tcp://count"))
        count();
    for (;;)
        (void)hear(ORDINARY, ignored); /* until control closes it */
}

/* --- control ---------------------------------------------------------------------------------- */

struct fixture {
    struct launcher *launcher;
    struct channel *channel;
};

static void start(struct fixture *fixture, const char *url)
{
    char why[512];
    struct launcher_options launcher = {.user = NULL};
    if (launcher_create(&launcher, &fixture->launcher, why, sizeof why) != 0)
        fail_msg("%s", why);
    struct config_listener listener = {.url = url, .scheme = CONFIG_TCP};
    struct channel_options options = {
        .listeners = &listener, .listener_count = 1, .launcher = fixture->launcher};
    if (channel_create(&options, &fixture->channel, why, sizeof why) != 0)
        fail_msg("%s", why);
    alarm(2 * PATIENCE); /* ends a receive that never does */
}

static void end(struct fixture *fixture)
{
    alarm(0);
    channel_destroy(fixture->channel);
    launcher_destroy(fixture->launcher);
}

static struct envelope await_envelope(struct fixture *fixture, uint8_t kind, char *text, size_t size)
{
    int64_t deadline = now() + PATIENCE * SECOND;
    while (now() < deadline) {
        struct envelope envelope;
        const uint8_t *payload;
        while (channel_receive(fixture->channel, now(), &envelope, &payload) == 1)
            if (envelope.kind == kind) {
                snprintf(text, size, "%.*s", (int)envelope.length, (const char *)payload);
                return envelope;
            }
        int64_t left = channel_tend(fixture->channel, now()) - now();
        struct pollfd wait = {.fd = channel_fd(fixture->channel), .events = POLLIN};
        (void)poll(&wait, 1, left > 0 ? (int)(left / 1000000) + 1 : 0);
    }
    fail_msg("no envelope of kind %u within %d s", kind, PATIENCE);
    return (struct envelope){0};
}

static void ends_with(const char *url, const char *why)
{
    struct fixture fixture;
    char text[256];
    start(&fixture, url);
    await_envelope(&fixture, ENVELOPE_LOST, text, sizeof text);
    assert_string_equal(text, why);
    assert_int_equal(channel_counters(fixture.channel)->malformed, 1);
    end(&fixture);
}

static void a_flood_of_progress_ends_the_bus(void **state)
{
    (void)state;
    ends_with("tcp://progress", "the bus process reported progress without end and was killed");
    ends_with("tcp://urgent-progress", "the bus process reported progress without end and was killed");
}

static void what_no_bus_sends_ends_it(void **state)
{
    (void)state;
    ends_with("tcp://foreign", "the bus process sent what no bus sends and was killed");
    ends_with("tcp://ready", "the bus process sent what no bus sends and was killed");
}

/* Then control looks at its lines, and comes back. */
static void what_is_not_for_control_is_taken_in_portions(void **state)
{
    (void)state;
    struct fixture fixture;
    struct envelope envelope;
    const uint8_t *payload;
    char text[256];
    start(&fixture, "tcp://count");
    struct envelope ready = await_envelope(&fixture, ENVELOPE_READY, text, sizeof text);
    struct envelope begin = {
        .kind = ENVELOPE_ANSWER, .class = ENVELOPE_URGENT, .generation = ready.generation};
    assert_int_equal(channel_send(fixture.channel, &begin, NULL), CHANNEL_OK);
    while (!channel_receive_urgent(fixture.channel, now(), &envelope, &payload))
        (void)poll(NULL, 0, 1);
    assert_int_equal(envelope.kind, ENVELOPE_PIPE_GONE);
    for (uint64_t portion = 1; portion <= COUNTED / 64; portion++) {
        assert_int_equal(channel_receive(fixture.channel, now(), &envelope, &payload), 0);
        assert_int_equal(channel_counters(fixture.channel)->bus_pipes, portion * 64);
        struct pollfd wait = {.fd = channel_fd(fixture.channel), .events = POLLIN};
        assert_int_equal(poll(&wait, 1, 0), 1);
    }
    assert_int_equal(channel_receive(fixture.channel, now(), &envelope, &payload), 0);
    assert_int_equal(channel_counters(fixture.channel)->bus_pipes, COUNTED);
    end(&fixture);
}

int main(int argument_count, char **arguments)
{
    if (argument_count == 8 && strcmp(arguments[1], "bus") == 0)
        be_taken(arguments);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flood_of_progress_ends_the_bus),
        cmocka_unit_test(what_no_bus_sends_ends_it),
        cmocka_unit_test(what_is_not_for_control_is_taken_in_portions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
