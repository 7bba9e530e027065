/* serve_internal.h - what the files of the bus's loop share: serve.c is the loop, serve_connections.c what
 * comes from strangers, serve_control.c what goes to control and comes from it. */
#ifndef GATEWAY_BUS_SERVE_INTERNAL_H
#define GATEWAY_BUS_SERVE_INTERNAL_H

#include "gateway/bus/serve.h"
#include "gateway/bus/translate.h"
#include "gateway/bus/watchdog.h"
#include "gateway/bus/watchers.h"

/* Calendars are asked for as if by a pipe that nng never has. */
#define SERVE_PAGE_PIPE 0

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

int64_t serve_now(void); /* ns, monotonic */
void serve_end(struct bus *bus, int status);

/* serve_connections.c */
/* One round of what nng has, and no more, so that control does not wait long. true: there may be more. */
bool serve_take_events(struct bus *bus);
void serve_close_silent(struct bus *bus);
/* Connections that ended a while ago: what they still said has come. */
void serve_forget_closed(struct bus *bus);

/* serve_control.c */
/* true: moved; false: not now. */
bool serve_to_control(struct bus *bus, enum peer_lane lane, struct envelope *envelope, const void *payload);
void serve_forward_waiting(struct bus *bus);
void serve_forward_calendars(struct bus *bus);
void serve_report_progress(struct bus *bus);
void serve_report_unwatched(struct bus *bus);
void serve_report_spectators(struct bus *bus);
/* One round of what control says, and no more, so that strangers do not wait long. true: there may be more.
 */
bool serve_take_envelopes(struct bus *bus, struct lane *lane);

#endif
