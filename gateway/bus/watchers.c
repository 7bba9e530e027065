#include "gateway/bus/watchers.h"

#include "gateway/bus/frames.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

static_assert(WATCH_EVERY_MAX * INT64_C(1000000) <= PACE_MOST, "nobody waits longer than the wheel turns");

/* A frame on its way to a watcher. */
struct outstanding {
    uint64_t frame;
    size_t bytes;
};

struct watcher {
    struct peer *peer;
    struct stream_watchers *stream;
    uint32_t request;
    uint64_t likeness;
    int64_t asked;   /* when control granted it */
    uint64_t next;   /* the first frame it hasn't been sent; 0: begin with a full one */
    unsigned credit; /* how many more it may be sent */
    struct outstanding sent[ENVELOPE_CREDIT_MAX]; /* a ring, oldest first */
    unsigned sent_first, sent_count;
    struct watcher *peer_next;      /* of the same peer, newest first */
    struct watcher *before, *after; /* in its stream's list, while it has credit */
    bool listed;
    bool spectates;         /* without a seat */
    bool counted;           /* as its connection's in the stream's spectators */
    int64_t every;          /* ns between two frames; 0: each change has its own */
    struct pace_entry pace; /* waits for its time, and is not listed then */
};

/* Watchers with credit whose time has come, in this order: first those for whom a frame is here, then those
 * who are up to date. So the pump is done at the first one of the second kind, whatever their number. */
struct stream_watchers {
    struct kept_frames frames;
    struct watcher *first, *last;
    size_t watcher_count; /* with credit or without */
    uint64_t grants;
    size_t spectators, spectators_told;
    int64_t unwatched_at; /* when it was first seen without watchers; 0: it was not */
    bool told;            /* control knows that it is unwatched */
};

struct watchers {
    watchers_send *send;
    void *context;
    struct stream_watchers *streams[STREAM_MAX];
    size_t stream_end; /* one past the highest in use */
    size_t turn;       /* the stream that the pump begins with */
    size_t count;
    struct pace pace;
};

struct watchers *watchers_create(watchers_send *send, void *context)
{
    struct watchers *watchers = calloc(1, sizeof *watchers);
    if (watchers) {
        watchers->send = send;
        watchers->context = context;
    }
    return watchers;
}

void watchers_destroy(struct watchers *watchers)
{
    if (!watchers)
        return;
    for (size_t i = 0; i < watchers->stream_end; i++) {
        if (watchers->streams[i])
            frames_finish(&watchers->streams[i]->frames);
        free(watchers->streams[i]);
    }
    free(watchers);
}

size_t watchers_count(const struct watchers *watchers)
{
    return watchers->count;
}

/* --- a stream's list -------------------------------------------------------------------------- */

static bool is_behind(const struct watcher *watcher)
{
    return watcher->next <= watcher->stream->frames.newest;
}

static void unlist(struct watcher *watcher)
{
    if (!watcher->listed)
        return;
    struct stream_watchers *stream = watcher->stream;
    *(watcher->before ? &watcher->before->after : &stream->first) = watcher->after;
    *(watcher->after ? &watcher->after->before : &stream->last) = watcher->before;
    watcher->listed = false;
}

static bool may_send(const struct watcher *watcher)
{
    return watcher->credit > 0 && watcher->sent_count < ENVELOPE_CREDIT_MAX &&
           watcher->peer->outstanding < ENVELOPE_CREDIT_MAX && watcher->peer->outstanding_bytes < WATCH_BYTES;
}

/* Puts a watcher where it belongs after its credit or position changed. */
static void list(struct watcher *watcher)
{
    unlist(watcher);
    if (pace_waits(&watcher->pace) || !may_send(watcher))
        return;
    struct stream_watchers *stream = watcher->stream;
    if (watcher->next > stream->frames.newest + 1)
        watcher->next =
            stream->frames.newest + 1; /* numbers began anew, or it was granted before a frame came */
    bool behind = is_behind(watcher);
    watcher->before = behind ? NULL : stream->last;
    watcher->after = behind ? stream->first : NULL;
    *(watcher->before ? &watcher->before->after : &stream->first) = watcher;
    *(watcher->after ? &watcher->after->before : &stream->last) = watcher;
    watcher->listed = true;
}

static struct stream_watchers *stream_of(struct watchers *watchers, uint32_t number)
{
    if (number >= STREAM_MAX)
        return NULL;
    struct stream_watchers *stream = watchers->streams[number];
    if (stream)
        return stream;
    stream = calloc(1, sizeof *stream);
    if (!stream)
        return NULL;
    if (frames_init(&stream->frames, STREAM_FRAMES) != 0) {
        free(stream);
        return NULL;
    }
    watchers->streams[number] = stream;
    if (number >= watchers->stream_end)
        watchers->stream_end = number + 1;
    return stream;
}

int watchers_full(struct watchers *watchers, uint32_t stream, uint64_t frame, const uint8_t *bytes,
                  size_t size)
{
    struct stream_watchers *own = stream_of(watchers, stream);
    if (!own)
        return -1;
    if (frame < own->frames.newest)
        for (struct watcher *watcher = own->first; watcher; watcher = watcher->after)
            watcher->next = 0;
    own->told = false;
    return frames_put_full(&own->frames, frame, bytes, size);
}

int watchers_delta(struct watchers *watchers, uint32_t stream, uint64_t frame, const uint8_t *bytes,
                   size_t size)
{
    struct stream_watchers *own = stream_of(watchers, stream);
    return own ? frames_put_delta(&own->frames, frame, bytes, size, STREAM_BYTES) : -1;
}

/* --- a peer's watches ------------------------------------------------------------------------- */

static struct watcher *find(const struct peer *peer, uint32_t request)
{
    struct watcher *watcher = peer->watchers;
    while (watcher && watcher->request != request)
        watcher = watcher->peer_next;
    return watcher;
}

/* Frames up to this one have arrived. A connection that was at its bounds may go on with all of its watches.
 */
static void acknowledge(struct watcher *watcher, uint64_t frame)
{
    struct peer *peer = watcher->peer;
    bool was_bounded = peer->outstanding >= ENVELOPE_CREDIT_MAX || peer->outstanding_bytes >= WATCH_BYTES;
    while (watcher->sent_count > 0 && watcher->sent[watcher->sent_first].frame <= frame) {
        peer->outstanding--;
        peer->outstanding_bytes -= watcher->sent[watcher->sent_first].bytes;
        watcher->sent_first = (watcher->sent_first + 1) % ENVELOPE_CREDIT_MAX;
        watcher->sent_count--;
    }
    for (struct watcher *other = was_bounded ? peer->watchers : NULL; other; other = other->peer_next)
        if (other != watcher && !other->listed)
            list(other);
}

/* A connection is one spectator, however many of its watches of a stream there are (who polls makes a new one
 * each time), and none once one of them has a seat. `leaving` is counted no more; NULL: all stay. */
static void count_spectator(const struct peer *peer, struct stream_watchers *stream,
                            const struct watcher *leaving)
{
    struct watcher *one = NULL;
    bool seated = false;
    for (struct watcher *each = peer->watchers; each; each = each->peer_next) {
        if (each->stream != stream)
            continue;
        stream->spectators -= each->counted;
        each->counted = false;
        if (each == leaving)
            continue;
        one = each;
        seated = seated || !each->spectates;
    }
    if (!one || seated)
        return;
    one->counted = true;
    stream->spectators++;
}

static void drop(struct watchers *watchers, struct watcher *watcher)
{
    count_spectator(watcher->peer, watcher->stream, watcher);
    acknowledge(watcher, UINT64_MAX);
    unlist(watcher);
    if (pace_waits(&watcher->pace))
        pace_remove(&watchers->pace, &watcher->pace);
    struct watcher **link = &watcher->peer->watchers;
    while (*link && *link != watcher)
        link = &(*link)->peer_next;
    *link = watcher->peer_next;
    watcher->peer->watcher_count--;
    watcher->stream->watcher_count--;
    watchers->count--;
    free(watcher);
}

static void drop_last(struct watchers *watchers, struct peer *peer)
{
    struct watcher *watcher = peer->watchers;
    while (watcher && watcher->peer_next)
        watcher = watcher->peer_next;
    if (watcher)
        drop(watchers, watcher);
}

static int64_t pace_of(uint32_t every)
{
    return (every < WATCH_EVERY_MAX ? every : WATCH_EVERY_MAX) * INT64_C(1000000);
}

static void note_grant(struct stream_watchers *stream)
{
    stream->grants++;
    stream->told = false;
    stream->unwatched_at = 0;
}

int watchers_grant_missed(struct watchers *watchers, uint32_t number)
{
    struct stream_watchers *stream = stream_of(watchers, number);
    if (!stream)
        return -1;
    note_grant(stream);
    return 0;
}

int watchers_grant(struct watchers *watchers, struct peer *peer, const struct watch_grant *grant)
{
    struct stream_watchers *stream = stream_of(watchers, grant->stream);
    struct watcher *watcher = stream ? calloc(1, sizeof *watcher) : NULL;
    if (!watcher)
        return -1;
    note_grant(stream);
    watchers_end(watchers, peer, grant->request);
    /* A plain REQ client polls with a new id each time; its cursor, which the grant continues, says what
     * arrived. */
    for (struct watcher *other = peer->watchers; other && grant->frame > 0; other = other->peer_next)
        if (other->stream == stream)
            acknowledge(other, grant->frame - 1);
    if (peer->watcher_count >= WATCHES_PER_PEER)
        drop_last(watchers, peer);
    watcher->peer = peer;
    watcher->stream = stream;
    watcher->request = grant->request;
    watcher->likeness = grant->likeness;
    watcher->asked = grant->at;
    watcher->next = grant->frame;
    watcher->every = pace_of(grant->every);
    watcher->credit = grant->credit > ENVELOPE_CREDIT_MAX ? ENVELOPE_CREDIT_MAX : grant->credit;
    watcher->peer_next = peer->watchers;
    peer->watchers = watcher;
    peer->watcher_count++;
    watcher->spectates = grant->spectates;
    count_spectator(peer, stream, NULL);
    stream->watcher_count++;
    watchers->count++;
    list(watcher);
    return 0;
}

bool watchers_renew(struct watchers *watchers, struct peer *peer, uint32_t request,
                    const struct request_head *head, int64_t now)
{
    struct watcher *watcher = find(peer, request);
    if (!watcher || watcher->likeness != head->likeness)
        return false;
    if (head->credit == 0 || now - watcher->asked > WATCH_GRANT_LIFE) {
        drop(watchers, watcher);
        return head->credit == 0;
    }
    if (head->has_cursor && head->cursor >= watcher->next)
        return false; /* never sent: a cursor of another boot, or of an earlier connection */
    acknowledge(watcher, head->has_cursor ? head->cursor : UINT64_MAX);
    unsigned credit = head->credit > ENVELOPE_CREDIT_MAX ? ENVELOPE_CREDIT_MAX : head->credit;
    watcher->credit = credit > watcher->sent_count ? credit - watcher->sent_count : 0;
    watcher->every = pace_of(head->every);
    list(watcher);
    return true;
}

bool watchers_end(struct watchers *watchers, struct peer *peer, uint32_t request)
{
    struct watcher *watcher = find(peer, request);
    if (watcher)
        drop(watchers, watcher);
    return watcher != NULL;
}

void watchers_drop_peer(struct watchers *watchers, struct peer *peer)
{
    for (struct watcher *watcher = peer->watchers, *next; watcher; watcher = next) {
        next = watcher->peer_next;
        drop(watchers, watcher);
    }
}

/* --- streams that nobody watches -------------------------------------------------------------- */

bool watchers_find_unwatched(struct watchers *watchers, int64_t now, uint32_t *number, uint64_t *grants)
{
    for (size_t i = 0; i < watchers->stream_end; i++) {
        struct stream_watchers *stream = watchers->streams[i];
        if (!stream || stream->told)
            continue;
        if (stream->watcher_count > 0) {
            stream->unwatched_at = 0;
        } else if (stream->unwatched_at == 0) {
            stream->unwatched_at = now;
        } else if (now - stream->unwatched_at >= UNWATCHED_AFTER) {
            *number = (uint32_t)i;
            *grants = stream->grants;
            return true;
        }
    }
    return false;
}

bool watchers_find_spectators(const struct watchers *watchers, uint32_t *number, uint64_t *count)
{
    for (size_t i = 0; i < watchers->stream_end; i++) {
        const struct stream_watchers *stream = watchers->streams[i];
        if (!stream || stream->spectators == stream->spectators_told)
            continue;
        *number = (uint32_t)i;
        *count = stream->spectators;
        return true;
    }
    return false;
}

void watchers_told_spectators(struct watchers *watchers, uint32_t number, uint64_t count)
{
    watchers->streams[number]->spectators_told = (size_t)count;
}

void watchers_told_unwatched(struct watchers *watchers, uint32_t number)
{
    struct stream_watchers *stream = watchers->streams[number];
    stream->told = true;
    frames_forget(&stream->frames);
}

/* --- sending ---------------------------------------------------------------------------------- */

/* What this watcher is to be sent: what changed, if it wants that as one frame; the next change if its credit
 * reaches the newest one; or else everything. */
static const struct kept_frame *choose(const struct watcher *watcher)
{
    struct kept_frames *frames = &watcher->stream->frames;
    if (watcher->next > 0 && watcher->every > 0) {
        const struct kept_frame *since = frames_since(frames, watcher->next);
        if (since)
            return since;
    } else if (watcher->next > 0 && frames->newest - watcher->next < watcher->credit) {
        const struct kept_frame *delta = frames_delta(frames, watcher->next);
        if (delta)
            return delta;
    }
    return frames_newest_full(frames);
}

static void note_sent(struct watchers *watchers, struct watcher *watcher, const struct kept_frame *frame,
                      int64_t now)
{
    unsigned place = (watcher->sent_first + watcher->sent_count) % ENVELOPE_CREDIT_MAX;
    watcher->sent[place] = (struct outstanding){frame->number, frame->size};
    watcher->sent_count++;
    watcher->credit--;
    watcher->next = frame->number + 1;
    watcher->peer->outstanding++;
    watcher->peer->outstanding_bytes += frame->size;
    unlist(watcher);
    if (watcher->every > 0)
        pace_add(&watchers->pace, &watcher->pace, now + watcher->every, now);
    list(watcher);
}

static enum pump pump_stream(struct watchers *watchers, struct stream_watchers *stream, size_t *left,
                             int64_t now)
{
    while (stream->frames.live && stream->first && is_behind(stream->first)) {
        struct watcher *watcher = stream->first;
        if (!may_send(watcher)) { /* another watch of this connection has used its bounds up */
            unlist(watcher);
            continue;
        }
        if (*left == 0)
            return PUMP_MORE;
        const struct kept_frame *frame = choose(watcher);
        if (!frame)
            break;
        if (watchers->send(watchers->context, watcher->peer->pipe, watcher->request, frame->bytes,
                           frame->size) != 0)
            return PUMP_BLOCKED;
        (*left)--;
        note_sent(watchers, watcher, frame, now);
    }
    return PUMP_IDLE;
}

static void list_due(struct watchers *watchers, int64_t now)
{
    struct pace_entry *due;
    while ((due = pace_take(&watchers->pace, now)))
        list((struct watcher *)((char *)due - offsetof(struct watcher, pace)));
}

int64_t watchers_next(const struct watchers *watchers)
{
    return pace_next(&watchers->pace);
}

enum pump watchers_pump(struct watchers *watchers, size_t most, int64_t now)
{
    size_t left = most;
    list_due(watchers, now);
    for (size_t tried = 0; tried < watchers->stream_end; tried++) {
        size_t number = (watchers->turn + tried) % watchers->stream_end;
        struct stream_watchers *stream = watchers->streams[number];
        enum pump pump = stream ? pump_stream(watchers, stream, &left, now) : PUMP_IDLE;
        if (pump != PUMP_IDLE) {
            watchers->turn = number;
            return pump;
        }
    }
    return PUMP_IDLE;
}
