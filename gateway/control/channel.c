#include "gateway/control/channel.h"

#include "gateway/control/channel_listener.h"
#include "gateway/control/channel_queue.h"
#include "gateway/control/launcher.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MILLISECOND INT64_C(1000000)
#define SECOND      (1000 * MILLISECOND)
/* A bus that says nothing for this long is killed. */
#define SILENCE_MOST (2 * SECOND)
#define START_MOST   (10 * SECOND)
#define DELAY_FIRST  (100 * MILLISECOND)
#define DELAY_MOST   (5 * SECOND)
#define LIVED_LONG   (10 * SECOND)
#define REPORT_MOST  SECOND /* for the launcher to say how a bus ended */
#define IDLE         SECOND
#define SOCKET_BYTES (1024 * 1024)
/* Of envelopes that are not for control so many are taken at once: its lines do not wait for what a bus
 * sends. */
#define SWALLOWED_AT_ONCE 64
/* A bus that reports progress more often than this since its start is killed. Ours does every 250 ms, and
 * what a control that was held up finds waiting counts from that start too. */
#define PROGRESS_EVERY (100 * MILLISECOND)
#define PROGRESS_FIRST 256

enum lane { URGENT, ORDINARY, LANES };
enum state { DOWN, STARTING, READY, ENDING /* its end is awaited from the launcher */ };

struct channel {
    struct launcher *launcher;
    struct channel_listener *listeners;
    size_t listener_count;
    int epoll;
    int fds[LANES];
    bool writing[LANES]; /* EPOLLOUT is asked for */
    struct channel_queue queues[LANES];
    enum state state;
    bool launcher_gone, failure_told;
    bool reported; /* ENDING: the launcher has said how */
    bool lost;     /* a LOST envelope is due, with `why` */
    uint32_t generation;
    int64_t started, heard, next_start, delay;
    int64_t report_until; /* ENDING */
    int64_t progress;     /* reports of it since `started` */
    char why[160];
    struct channel_counters counters;
    uint8_t buffer[ENVELOPE_ANSWER_MAX];
};

/* --- life ------------------------------------------------------------------------------------- */

int channel_create(const struct channel_options *options, struct channel **out, char *why, size_t why_size)
{
    struct channel *channel = calloc(1, sizeof *channel);
    snprintf(why, why_size, "no memory for the channel to the bus");
    if (!channel)
        return -1;
    channel->launcher = options->launcher;
    channel->fds[URGENT] = channel->fds[ORDINARY] = -1;
    channel->epoll = epoll_create1(EPOLL_CLOEXEC);
    size_t bytes = options->answer_bytes ? options->answer_bytes : 512 * 1024;
    bool whole = channel->epoll >= 0;
    for (int lane = 0; lane < LANES; lane++)
        whole = channel_queue_init(&channel->queues[lane], bytes) == 0 && whole;
    struct epoll_event event = {.events = EPOLLIN};
    whole = whole && epoll_ctl(channel->epoll, EPOLL_CTL_ADD, launcher_fd(channel->launcher), &event) == 0;
    channel->listeners = calloc(options->listener_count + 1, sizeof *channel->listeners);
    for (size_t i = 0; i < options->listener_count && whole && channel->listeners; i++) {
        channel->listener_count++;
        whole = channel_listener_load(&channel->listeners[i], &options->listeners[i], why, why_size) == 0;
    }
    if (!whole || !channel->listeners) {
        channel_destroy(channel);
        return -1;
    }
    why[0] = '\0';
    *out = channel;
    return 0;
}

static void close_lane(struct channel *channel, enum lane lane)
{
    if (channel->fds[lane] >= 0)
        close(channel->fds[lane]);
    channel->fds[lane] = -1;
    channel->writing[lane] = false;
    channel_queue_clear(&channel->queues[lane]);
}

static void close_lanes(struct channel *channel)
{
    close_lane(channel, URGENT);
    close_lane(channel, ORDINARY);
}

void channel_destroy(struct channel *channel)
{
    if (!channel)
        return;
    close_lanes(channel);
    if (channel->epoll >= 0)
        close(channel->epoll);
    for (int lane = 0; lane < LANES; lane++)
        channel_queue_finish(&channel->queues[lane]);
    for (size_t i = 0; i < channel->listener_count; i++)
        channel_listener_finish(&channel->listeners[i]);
    free(channel->listeners);
    free(channel);
}

int channel_fd(const struct channel *channel)
{
    return channel->epoll;
}

const struct channel_counters *channel_counters(const struct channel *channel)
{
    return &channel->counters;
}

/* --- sending ---------------------------------------------------------------------------------- */

static void ask_writable(struct channel *channel, enum lane lane, bool wanted)
{
    if (channel->writing[lane] == wanted)
        return;
    struct epoll_event event = {.events = EPOLLIN | (wanted ? EPOLLOUT : 0u)};
    if (epoll_ctl(channel->epoll, EPOLL_CTL_MOD, channel->fds[lane], &event) == 0)
        channel->writing[lane] = wanted;
}

static void flush(struct channel *channel)
{
    for (int lane = 0; lane < LANES && channel->fds[lane] >= 0; lane++) {
        const struct envelope *envelope;
        const uint8_t *payload;
        while (channel_queue_first(&channel->queues[lane], &envelope, &payload)) {
            if (envelope_send(channel->fds[lane], envelope, payload) != ENVELOPE_MOVED)
                break; /* a broken one is noticed when it is read */
            channel_queue_pop(&channel->queues[lane]);
        }
        ask_writable(channel, lane, channel_queue_first(&channel->queues[lane], &envelope, &payload));
    }
}

static int send_or_queue(struct channel *channel, enum lane lane, const struct envelope *envelope,
                         const void *payload)
{
    const struct envelope *waiting;
    const uint8_t *bytes;
    if (!channel_queue_first(&channel->queues[lane], &waiting, &bytes) &&
        envelope_send(channel->fds[lane], envelope, payload) == ENVELOPE_MOVED)
        return CHANNEL_OK;
    if (channel_queue_put(&channel->queues[lane], envelope, payload) != 0)
        return CHANNEL_FULL;
    ask_writable(channel, lane, true);
    return CHANNEL_OK;
}

int channel_send(struct channel *channel, const struct envelope *envelope, const void *payload)
{
    bool is_frame = envelope->kind == ENVELOPE_DELTA || envelope->kind == ENVELOPE_FULL;
    struct envelope stamped = *envelope;
    if (is_frame && stamped.generation == 0)
        stamped.generation = channel->generation;
    if (channel->state != READY || stamped.generation != channel->generation) {
        channel->counters.stale++;
        return CHANNEL_STALE;
    }
    if (stamped.length > ENVELOPE_ANSWER_MAX)
        return CHANNEL_TOO_LONG;
    if (is_frame) {
        const struct envelope *waiting;
        const uint8_t *bytes;
        if (!channel_queue_first(&channel->queues[ORDINARY], &waiting, &bytes) &&
            envelope_send(channel->fds[ORDINARY], &stamped, payload) == ENVELOPE_MOVED)
            return CHANNEL_OK;
        channel->counters.frames_dropped++;
        return CHANNEL_FULL;
    }
    int result =
        send_or_queue(channel, stamped.class == ENVELOPE_URGENT ? URGENT : ORDINARY, &stamped, payload);
    if (result == CHANNEL_FULL)
        channel->counters.answers_dropped++;
    return result;
}

/* --- start and end ---------------------------------------------------------------------------- */

static int open_lanes(struct channel *channel, int far[LANES])
{
    for (int lane = 0; lane < LANES; lane++) {
        int pair[2], bytes = SOCKET_BYTES;
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0)
            return -1;
        channel->fds[lane] = pair[0];
        far[lane] = pair[1];
        for (int i = 0; i < 2; i++)
            (void)setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &bytes,
                             sizeof bytes); /* as much as the kernel allows */
        struct epoll_event event = {.events = EPOLLIN};
        if (epoll_ctl(channel->epoll, EPOLL_CTL_ADD, pair[0], &event) != 0)
            return -1;
    }
    return 0;
}

static void send_listeners(struct channel *channel)
{
    struct envelope envelope = {.kind = ENVELOPE_LISTEN, .generation = channel->generation};
    for (size_t i = 0; i < channel->listener_count; i++) {
        envelope.length = (uint32_t)channel_listener_compose(&channel->listeners[i], channel->buffer);
        (void)send_or_queue(channel, ORDINARY, &envelope, channel->buffer);
    }
    envelope.kind = ENVELOPE_BEGIN;
    envelope.length = 0;
    (void)send_or_queue(channel, ORDINARY, &envelope, NULL);
}

static int64_t next_delay(int64_t delay)
{
    if (delay == 0)
        return DELAY_FIRST;
    return delay * 2 < DELAY_MOST ? delay * 2 : DELAY_MOST;
}

static void start_bus(struct channel *channel, int64_t now)
{
    int far[LANES] = {-1, -1};
    channel->generation++;
    if (open_lanes(channel, far) == 0 &&
        launcher_start(channel->launcher, channel->generation, far[URGENT], far[ORDINARY]) == 0) {
        channel->state = STARTING;
        channel->started = channel->heard = now;
        channel->progress = 0;
        if (channel->generation > 1)
            channel->counters.restarts++;
        send_listeners(channel);
    } else {
        channel->launcher_gone = channel->launcher_gone || errno == EPIPE;
        close_lanes(channel);
        channel->next_start = now + DELAY_FIRST;
    }
    for (int lane = 0; lane < LANES; lane++)
        if (far[lane] >= 0)
            close(far[lane]);
}

static void describe_end(struct channel *channel, int status, int error)
{
    if (status == -1)
        snprintf(channel->why, sizeof channel->why, "the bus process could not be started: %s",
                 strerror(error));
    else if (channel->why[0] != '\0')
        return; /* why it was killed */
    else if (WIFSIGNALED(status))
        snprintf(channel->why, sizeof channel->why, "the bus process was ended by signal %d (%s)",
                 WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        snprintf(channel->why, sizeof channel->why, "the bus process ended with status %d",
                 WEXITSTATUS(status));
}

/* The bus has ended: LOST is due, and when another may start. */
static void end_bus(struct channel *channel, int64_t now)
{
    bool lived_long = now - channel->started >= LIVED_LONG;
    close_lanes(channel);
    channel->state = DOWN;
    channel->lost = true;
    channel->delay = lived_long ? 0 : channel->delay;
    channel->next_start = now + channel->delay;
    channel->delay = next_delay(channel->delay);
}

static void begin_end(struct channel *channel, int64_t now)
{
    if (channel->state == ENDING)
        return;
    channel->state = ENDING;
    channel->reported = false;
    channel->report_until = now + REPORT_MOST;
}

static void kill_bus(struct channel *channel, int64_t now, const char *why)
{
    snprintf(channel->why, sizeof channel->why, "%s", why);
    (void)launcher_kill(channel->launcher, channel->generation);
    close_lanes(channel);
    begin_end(channel, now);
}

/* Reads what the launcher says. */
static void take_reports(struct channel *channel, int64_t now)
{
    struct launcher_report report;
    int got = 0;
    while (!channel->launcher_gone && (got = launcher_receive(channel->launcher, &report)) == 1) {
        if (report.generation != channel->generation || channel->state == DOWN)
            continue;
        describe_end(channel, report.status, report.error);
        begin_end(channel, now);
        channel->reported = true;
    }
    if (got < 0) {
        channel->launcher_gone = true;
        (void)epoll_ctl(channel->epoll, EPOLL_CTL_DEL, launcher_fd(channel->launcher), NULL);
    }
}

static void conclude_end(struct channel *channel, int64_t now)
{
    /* What it said before its end is read first: an e-stop, or why it could not serve. */
    bool is_read = channel->fds[URGENT] < 0 && channel->fds[ORDINARY] < 0;
    if (channel->state == ENDING &&
        ((is_read && (channel->reported || channel->launcher_gone)) || now >= channel->report_until))
        end_bus(channel, now);
}

int64_t channel_tend(struct channel *channel, int64_t now)
{
    conclude_end(channel, now);
    if (channel->state == DOWN && !channel->lost && !channel->launcher_gone && now >= channel->next_start)
        start_bus(channel, now);
    if (channel->state == READY && now - channel->heard > SILENCE_MOST)
        kill_bus(channel, now, "the bus process made no progress for 2 s and was killed");
    else if (channel->state == STARTING && now - channel->started > START_MOST)
        kill_bus(channel, now, "the bus process was not ready within 10 s and was killed");
    flush(channel);
    if (channel->lost || (channel->launcher_gone && !channel->failure_told))
        return now;
    if (channel->state == READY)
        return channel->heard + SILENCE_MOST + MILLISECOND;
    if (channel->state == DOWN && !channel->launcher_gone)
        return channel->next_start;
    return channel->state == ENDING ? channel->report_until : now + IDLE;
}

/* --- receiving -------------------------------------------------------------------------------- */

static void take_progress(struct channel *channel, const struct envelope *envelope)
{
    struct envelope_counters counters;
    if (envelope->length != sizeof counters)
        return;
    memcpy(&counters, channel->buffer, sizeof counters);
    channel->counters.bus_malformed = counters.malformed;
    channel->counters.bus_oversized = counters.oversized;
    channel->counters.bus_busy = counters.busy;
    channel->counters.bus_dropped = counters.dropped;
    channel->counters.bus_pipes = counters.pipes;
    channel->counters.bus_watchers = counters.watchers;
}

static void kill_strange_bus(struct channel *channel, int64_t now, const char *why)
{
    channel->counters.malformed++;
    kill_bus(channel, now, why);
}

/* Is it for control? */
static bool sort(struct channel *channel, const struct envelope *envelope, int64_t now)
{
    /* Each bus has a fresh pair and was told its generation, so there is none of another to come by it. */
    enum envelope_kind kind = envelope->generation == channel->generation ? envelope->kind : 0;
    switch (kind) {
    case ENVELOPE_PROGRESS:
        take_progress(channel, envelope);
        if (++channel->progress > PROGRESS_FIRST + (now - channel->started) / PROGRESS_EVERY)
            kill_strange_bus(channel, now, "the bus process reported progress without end and was killed");
        return false;
    case ENVELOPE_READY:
        if (channel->state == READY)
            break;
        if (channel->state != STARTING) /* it has ended meanwhile */
            return false;
        channel->state = READY;
        channel_listeners_remember(channel->listeners, channel->listener_count, channel->buffer,
                                   envelope->length);
        return true;
    case ENVELOPE_REQUEST:
    case ENVELOPE_WATCH:
        if (envelope->length > ENVELOPE_PAYLOAD_MAX)
            break; /* no bus of ours lets that through */
        return true;
    case ENVELOPE_PIPE_GONE:
    case ENVELOPE_UNWATCHED:
    case ENVELOPE_SPECTATORS:
    case ENVELOPE_FAILED:
        return true;
    default:
        break;
    }
    kill_strange_bus(channel, now, "the bus process sent what no bus sends and was killed");
    return false;
}

/* The next envelope of this lane for control. False: none now, or the rest is for another turn: the
 * descriptor stays readable. */
static bool receive_lane(struct channel *channel, enum lane lane, int64_t now, struct envelope *envelope)
{
    for (int i = 0; i < SWALLOWED_AT_ONCE && channel->fds[lane] >= 0; i++) {
        switch (envelope_receive(channel->fds[lane], envelope, channel->buffer)) {
        case ENVELOPE_MOVED:
            channel->heard = now;
            if (sort(channel, envelope, now))
                return true;
            break;
        case ENVELOPE_AGAIN:
            return false;
        case ENVELOPE_BROKEN:
            (void)launcher_kill(channel->launcher, channel->generation);
            close_lane(channel, lane);
            begin_end(channel, now);
            return false;
        case ENVELOPE_UNREADABLE:
            kill_strange_bus(channel, now, "the bus process sent what no bus sends and was killed");
            return false;
        }
    }
    return false;
}

static int tell(struct channel *channel, uint8_t kind, uint32_t generation, const char *text,
                struct envelope *envelope, const uint8_t **payload)
{
    size_t length = strlen(text);
    memcpy(channel->buffer, text, length);
    *envelope = (struct envelope){
        .magic = ENVELOPE_MAGIC, .kind = kind, .generation = generation, .length = (uint32_t)length};
    *payload = channel->buffer;
    return 1;
}

int channel_receive(struct channel *channel, int64_t now, struct envelope *envelope, const uint8_t **payload)
{
    *payload = channel->buffer;
    for (int lane = 0; lane < LANES; lane++)
        if (receive_lane(channel, lane, now, envelope))
            return 1;
    take_reports(channel, now);
    conclude_end(channel, now);
    if (channel->lost) {
        channel->lost = false;
        int told = tell(channel, ENVELOPE_LOST, channel->generation, channel->why, envelope, payload);
        channel->why[0] = '\0';
        return told;
    }
    if (channel->launcher_gone && !channel->failure_told) {
        channel->failure_told = true;
        return tell(channel, ENVELOPE_FAILED, 0,
                    "the launcher of the bus process has ended: stop and start the gateway", envelope,
                    payload);
    }
    return 0;
}

int channel_receive_urgent(struct channel *channel, int64_t now, struct envelope *envelope,
                           const uint8_t **payload)
{
    *payload = channel->buffer;
    return receive_lane(channel, URGENT, now, envelope);
}
