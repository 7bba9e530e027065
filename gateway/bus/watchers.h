/* watchers.h - who watches which stream with how much credit, and the frames that are kept for them.
 *
 * Of each stream the newest full frame and the changes since are kept, within STREAM_BYTES. A watcher with
 * credit gets the changes one by one; one that its credit cannot bring up to date, or that asks for frames no
 * longer kept, gets one full frame as of now, made once and shared by all in that position. One that wants
 * its frames no closer than `every` gets what changed meanwhile as one frame, made once for all who were sent
 * the same before. A watcher without credit costs nothing.
 *
 * Credit counts frames that were sent and not yet acknowledged: the cursor of a renewal acknowledges. Over
 * all its watches a connection has at most ENVELOPE_CREDIT_MAX frames and WATCH_BYTES outstanding. */
#ifndef GATEWAY_BUS_WATCHERS_H
#define GATEWAY_BUS_WATCHERS_H

#include "gateway/bus/pace.h"
#include "gateway/bus/peers.h"
#include "gateway/bus/translate.h"

#define STREAM_MAX       1024u          /* rigs */
#define STREAM_BYTES     (256u * 1024)  /* of changes kept, each stream */
#define STREAM_FRAMES    256u           /* changes kept, each stream */
#define WATCH_BYTES      (1024u * 1024) /* outstanding, each connection */
#define WATCHES_PER_PEER 8u
#define WATCH_EVERY_MAX  4000u /* ms: a Watch is answered at least every 5 s */
/* ns; after it control is asked again: a token may be void, a session over */
#define WATCH_GRANT_LIFE INT64_C(20000000000)

/* Sends one frame. 0: sent or gone with its connection; otherwise not now, and the watchers are to be pumped
 * again soon. Must not call back into watchers. */
typedef int watchers_send(void *context, uint32_t pipe, uint32_t request, const uint8_t *bytes, size_t size);

struct watchers;

struct watchers *watchers_create(watchers_send *send, void *context); /* NULL: no memory */
void watchers_destroy(struct watchers *watchers);

/* ns; frames of a stream that nobody has watched for so long are not wanted any more */
#define UNWATCHED_AFTER INT64_C(5000000000)

/* Frames from control. A change that doesn't follow the last frame leaves the stream silent until a full one
 * comes. 0, or -1: no memory, or not a stream number. */
int watchers_full(struct watchers *watchers, uint32_t stream, uint64_t frame, const uint8_t *bytes,
                  size_t size);
int watchers_delta(struct watchers *watchers, uint32_t stream, uint64_t frame, const uint8_t *bytes,
                   size_t size);

/* What the grant adds to what the request said. A watch of the same peer and request is replaced; beyond
 * WATCHES_PER_PEER the oldest goes. 0 or -1 as above. */
struct watch_grant {
    uint32_t request, stream;
    uint8_t credit;
    uint32_t every;    /* ms between two frames, at most WATCH_EVERY_MAX counts; 0: each change at once */
    uint64_t frame;    /* the first wanted; 0: begin with a full one */
    uint64_t likeness; /* of the request that was granted */
    int64_t at;        /* now, monotonic */
    bool spectates;    /* without a seat */
};
int watchers_grant(struct watchers *watchers, struct peer *peer, const struct watch_grant *grant);
/* Control granted it, but its connection is gone: it only counts. */
int watchers_grant_missed(struct watchers *watchers, uint32_t stream);

/* A stream that has not been watched for UNWATCHED_AFTER and that control has not been told of, and how many
 * grants of it came. False: none. */
bool watchers_find_unwatched(struct watchers *watchers, int64_t now, uint32_t *stream, uint64_t *grants);
/* Control has been told: its frames are forgotten, and it is found again only after another grant or full
 * frame. */
void watchers_told_unwatched(struct watchers *watchers, uint32_t stream);

/* A stream whose spectators are not as many as control was told, and how many they are: connections that
 * watch it without a seat. False: none. */
bool watchers_find_spectators(const struct watchers *watchers, uint32_t *stream, uint64_t *count);
void watchers_told_spectators(struct watchers *watchers, uint32_t stream, uint64_t count);

/* A Watch under the id of one that runs: true when this renewed it, or ended it with a credit of 0; false
 * when control must see it, again or for the first time. */
bool watchers_renew(struct watchers *watchers, struct peer *peer, uint32_t request,
                    const struct request_head *head, int64_t now);

/* true when there was such a watch. */
bool watchers_end(struct watchers *watchers, struct peer *peer, uint32_t request);
void watchers_drop_peer(struct watchers *watchers, struct peer *peer);

enum pump { PUMP_IDLE, PUMP_MORE, PUMP_BLOCKED };
/* Sends at most `most` frames. IDLE: nobody waits for a frame that is here, unless for its time:
 * watchers_next. */
enum pump watchers_pump(struct watchers *watchers, size_t most, int64_t now);
/* When to pump again for those whose time comes, ns; INT64_MAX: none. */
int64_t watchers_next(const struct watchers *watchers);

size_t watchers_count(const struct watchers *watchers);

#endif
