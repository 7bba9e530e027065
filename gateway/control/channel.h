/* channel.h - control's end of the socketpairs to the bus, and the bus's life as control sees it: started
 * through the launcher, killed when it makes no progress for 2 s, started again (the first time at once, then
 * after 100 ms doubling to 5 s, until one has lived for 10 s). Nothing here blocks, and nothing is allocated
 * after channel_create().
 *
 * In control's loop:
 *
 *     wait until channel_fd() is readable, or until `next`
 *     while (channel_receive(channel, now, &envelope, &payload) == 1)
 *         ...act; channel_send(channel, &answer, bytes)...
 *     next = channel_tend(channel, now)
 */
#ifndef GATEWAY_CONTROL_CHANNEL_H
#define GATEWAY_CONTROL_CHANNEL_H

#include "gateway/bus/envelope.h"
#include "gateway/config/config.h"

#include <stddef.h>
#include <stdint.h>

struct channel;
struct launcher;

struct channel_options {
    const struct config_listener *listeners; /* certificates and keys are read now, while that is still
                                                allowed, and kept in memory for the next bus */
    size_t listener_count;
    struct launcher *launcher; /* stays the caller's; outlives the channel */
    size_t answer_bytes;       /* what may wait for the bus, each class; 0: 512 KiB */
};

enum channel_result {
    CHANNEL_OK = 0,
    CHANNEL_FULL = -1,     /* dropped: the bus doesn't read. After a frame: publish a full one next */
    CHANNEL_STALE = -2,    /* dropped: meant for a bus that is gone, or none is ready */
    CHANNEL_TOO_LONG = -3, /* over ENVELOPE_ANSWER_MAX */
};

struct channel_counters {
    uint64_t restarts;        /* buses started after the first */
    uint64_t answers_dropped; /* the queue was full */
    uint64_t frames_dropped;
    uint64_t stale;     /* what control sends to a bus that is gone */
    uint64_t malformed; /* envelopes that no bus of ours would send; its sender is killed */
    /* As the bus last reported them: */
    uint64_t bus_malformed, bus_oversized, bus_busy, bus_dropped;
    uint64_t bus_pipes, bus_watchers;
};

/* 0, or -1 with a sentence in `why` (a certificate that cannot be read, no memory). Starts no bus yet: the
 * first channel_tend() does. */
int channel_create(const struct channel_options *options, struct channel **channel, char *why,
                   size_t why_size);
void channel_destroy(
    struct channel *channel); /* accepts NULL; the bus sees the end of its channel and exits */

/* One descriptor for all of it (it stays the same over restarts): readable when channel_receive() or
 * channel_tend() has work. channel_receive() need not be called before that, or before channel_tend() says
 * that it is time now; channel_tend() costs no system call when there is nothing to do. */
int channel_fd(const struct channel *channel);

/* The next envelope, urgent ones first: 1, and *payload points to envelope->length bytes until the next call;
 * 0: none now. Control sees READY, REQUEST, WATCH and PIPE_GONE of the present generation, LOST when that has
 * ended (what was granted to its pipes is gone), and FAILED when a bus cannot serve: at the start of the
 * gateway that is a reason to give up, with the payload as the message. PROGRESS is swallowed, a few at once:
 * what is left keeps the descriptor readable. FAILED with `generation` 0: the launcher itself is gone, no bus
 * will come back, and the gateway should stop in good order. */
int channel_receive(struct channel *channel, int64_t now, struct envelope *envelope, const uint8_t **payload);

/* The same of the urgent pair alone: what it carries are a bus's requests. */
int channel_receive_urgent(struct channel *channel, int64_t now, struct envelope *envelope,
                           const uint8_t **payload);

/* Sends, or queues what cannot be sent now. Fill kind, class, pipe, request, stream, frame, credit, length
 * and generation (that of the request it answers; frames may say 0 for the present one). Frames (DELTA, FULL)
 * are sent at once or dropped. Urgent class goes by the urgent pair. */
int channel_send(struct channel *channel, const struct envelope *envelope, const void *payload);

/* Starts, watches over and restarts the bus, sends what waits. Returns when it wants to be called next at the
 * latest. */
int64_t channel_tend(struct channel *channel, int64_t now);

const struct channel_counters *channel_counters(const struct channel *channel);

#endif
