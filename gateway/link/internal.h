/* internal.h - what the files of gateway/link/ share. Nobody else includes it but the tests.
 *
 * `mutex` guards what both threads touch: the inbox, the reports, `wanted` of polls, and of a transfer its
 * phase, its flags and the fill of its buffer. Everything else belongs to the link's thread. No I/O happens
 * under the mutex. */
#ifndef GATEWAY_LINK_INTERNAL_H
#define GATEWAY_LINK_INTERNAL_H

#include "gateway/link/link.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#define LINK_MILLISECOND INT64_C(1000000)
#define LINK_SECOND      INT64_C(1000000000)

enum {
    LINK_COMMANDS_MAX = 64,
    LINK_OUTCOMES_PER_OUTPUT =
        4, /* unread reports of safe writes and heartbeats that are kept for each output */
    LINK_SAFE_TRIES = 2,
    LINK_LOST_AFTER = 3,
    LINK_WHY_MAX = 160,
    LINK_NOWHERE = UINT16_MAX,
    LINK_TRANSFER_BUFFER = 256 * 1024,
    LINK_WAYS_MAX = 8,
};

/* --- reports: a list of nodes that were allocated at start, oldest first ---------------------- */

struct link_node {
    struct link_node *previous, *next; /* NULL while it is in no list */
    enum link_report_kind kind;
};

struct link_batch { /* SAMPLES: points of one poll that fit one report; a newer block replaces an unread one
                     */
    struct link_node node;
    uint16_t instrument, count;
    const uint16_t *points;
    size_t first; /* of the read's samples */
    bool decisive;
    double *numbers;
    bool *good;
    char *text; /* text points only */
    int64_t at, asked;
};

struct link_change { /* INSTRUMENT: two for each, so that a loss and return that were not taken both show */
    struct link_node node;
    uint16_t instrument;
    bool up;
    uint64_t order;
    int64_t at;
    char why[LINK_WHY_MAX];
};

struct link_outcome { /* WRITTEN */
    struct link_node node;
    uint16_t instrument;
    uint32_t ticket;
    enum link_priority priority;
    int result;
    bool read_back;
    int64_t at;
    char why[LINK_WHY_MAX];
};

struct link_epoch { /* EPOCH: one for each rig */
    struct link_node node;
    uint16_t rig;
    uint64_t current;
    bool owed; /* an older write may still reach the line: report when it cannot */
    int64_t at;
};

struct link_reports {
    struct link_node list;         /* head */
    struct link_node free;         /* outcomes */
    struct link_outcome *outcomes; /* all of them */
    int wake;
    bool untold; /* one was queued that may wait for the end of the next transaction */
    bool fresh,
        signalled; /* a node was queued under this lock; the eventfd was written since the last take */
};

/* --- what the control loop has asked for ------------------------------------------------------ */

struct link_slot {
    struct link_write write;
    uint64_t order;
    unsigned tries;
    bool pending;
};

/* A command that has been given to the driver and whose bytes may still be under way. */
struct link_flight {
    bool active;
    uint16_t rig;
    uint64_t epoch;
};

struct link_inbox {
    struct link_slot *safe, *heartbeat; /* by output */
    size_t outputs;
    size_t safe_pending, heartbeat_pending;
    struct link_write commands[LINK_COMMANDS_MAX]; /* a ring */
    size_t first, waiting;
    size_t unread; /* outcomes of commands that are not taken, and the one in flight */
    uint64_t order;
    size_t wanted; /* polls whose `wanted` is set */
    struct link_epoch *epochs;
    struct link_flight flight;
};

/* --- the line --------------------------------------------------------------------------------- */

struct link_port {
    struct driver_line *line; /* NULL while closed */
    bool suspect;  /* an answer to an old question may still come: recover before anything is sent */
    bool avoiding; /* `avoid` is the shape of the last request, and it failed */
    uint32_t avoid;
    bool replied; /* since it was opened */
    bool opened;  /* ever */
    int64_t tried_at, reopen_at, backoff;
    int64_t probe_at;    /* no lost instrument is probed earlier */
    int64_t quiet;       /* silence that ends a hold */
    int64_t quiet_until; /* after the line broke off */
    int64_t late_until;  /* an answer to an older question has come lately: so they do here */
    uint64_t random;
    char why[LINK_WHY_MAX];
};

/* --- instruments and their polls -------------------------------------------------------------- */

/* One way to read a poll's points. */
struct link_way {
    const struct driver_read *read;
    int64_t doubt_until;   /* an answer to an equal request may still be under way */
    int64_t refused_until; /* the instrument refused it */
    unsigned refusals;     /* in a row */
};

struct link_poll {
    struct link_way ways[LINK_WAYS_MAX]; /* the planned one first */
    size_t way_count;
    size_t points; /* of its samples */
    uint16_t instrument;
    int64_t period, due; /* period 0: only when wanted */
    int64_t served;      /* when its latest try began */
    int64_t asked;       /* when its latest request began to go out */
    bool wanted;
    uint64_t wanted_order;
    bool again; /* the last try failed, and there is time for another */
    unsigned failures;
    struct link_batch *batches;
    size_t batch_count;
};

enum link_phase { LINK_IDLE, LINK_ASKED, LINK_RUNNING, LINK_ENDING };

struct link_transfer {
    struct link_node node;
    enum link_phase phase;
    struct link_capture request;
    bool cancel, told;       /* its end has been reported */
    bool began, moved, done; /* reported, but not taken yet */
    int result;
    unsigned chunk_tries, end_tries;
    uint64_t bytes;
    struct driver_record record;
    unsigned char *buffer;
    size_t start, filled; /* of the ring */
    int64_t reported_at, moved_at;
    double rate; /* bytes/ns of the latest chunks */
    char why[LINK_WHY_MAX];
};

/* Transactions by how they ended, of the line or with one of its instruments. */
struct link_tally {
    _Atomic uint64_t transactions, timeouts, garbled, rejected, disconnected;
    _Atomic int64_t last_reply;
};

struct link_instrument {
    const struct link_instrument_spec *spec;
    struct driver_instrument *device;
    bool up, greeted;
    bool known; /* its first state has been reported */
    unsigned failures, probes;
    unsigned unread;   /* reads that failed since the last good one, whatever is written meanwhile */
    bool silent;       /* its last exchange had no good answer */
    int64_t silent_at; /* since then */
    bool deaf;         /* and that was a safe write */
    int64_t probe_at, probe_wait;
    int64_t safe_refused_until; /* a safe write failed while it was lost */
    int64_t excess, deviation;  /* how much longer than planned its replies take: mean, mean deviation */
    bool learned;
    uint16_t *outputs;  /* by point: index of its slot, or LINK_NOWHERE */
    uint16_t *covering; /* by point: index of the poll that reads it, or LINK_NOWHERE */
    size_t first_poll, poll_count;
    struct link_change changes[2];
    struct link_transfer *transfer; /* NULL: no waveforms */
    struct link_tally tally;
    char why[LINK_WHY_MAX];
};

struct link_counters {
    struct link_tally all;
    _Atomic uint64_t unopened, reconnects, recoveries, dropped_samples, dropped_reports, polls, missed_polls;
    _Atomic int64_t lateness, worst_lateness, busy, held;
    _Atomic bool open;
};

struct link_clock {
    int64_t (*now)(void *context);
    void *context;
};

struct link {
    const struct link_spec *spec;
    struct driver_line_spec line; /* the spec's, with an address for the host's name */
    bool leaves;                  /* one of its batches is not decisive */
    char address[DRIVER_ADDRESS_MAX];
    struct link_clock clock;
    const struct driver_transport *transport;
    pthread_mutex_t mutex;
    sem_t bell; /* rings when the thread waits and is nudged */
    pthread_t thread;
    bool running, waiting, nudged;
    _Atomic bool ended;       /* the thread has */
    _Atomic bool stop, asked; /* asked: there may be something in the inbox; read without the mutex */
    struct link_inbox inbox;
    struct link_reports reports;
    struct link_port port;
    struct link_instrument *instruments;
    struct link_poll *polls;
    size_t poll_count;
    size_t capture_turn;
    bool held_back;     /* something in the inbox waits for polls to go first */
    int64_t held_until; /* ... or for the end of a doubt about its answer */
    bool conceded; /* a command or a read that somebody waits for was served since the last poll that was due
                    */
    struct driver_sample *samples; /* of one read */
    int64_t grid;                  /* driver_wake_grid() */
    struct link_counters counters;
};

/* link.c */
int link_assemble(const struct link_spec *spec, int wake, const struct link_clock *clock, struct link **link,
                  struct driver_fault *fault); /* all but the thread */
int64_t link_now(const struct link *link);
void link_lock(struct link *link);
void link_unlock(struct link *link); /* and writes the eventfd when there is news */
void link_tell(struct link *link);   /* of what the loop has not been woken for yet, too */
void link_nudge(struct link *link);  /* under the mutex: the thread looks again */

/* build.c */
int link_build(struct link *link, struct driver_fault *fault);
void link_dismantle(struct link *link); /* accepts what link_build left half done */

/* step.c: serves what is most urgent; returns when to come again, now or earlier for at once. */
int64_t link_step(struct link *link);
void link_finish(struct link *link); /* puts instruments back to work and closes the line */

/* reports.c; all under the mutex */
void link_reports_init(struct link_reports *reports, struct link_outcome *outcomes, size_t count, int wake);
void link_report_batch(struct link *link, struct link_batch *batch, const struct driver_sample *samples,
                       int64_t at, int64_t asked);
void link_report_change(struct link *link, struct link_instrument *instrument, bool up, const char *why);
struct link_outcome *link_report_written(struct link *link, const struct link_write *write, int result,
                                         const char *why);
void link_report_epoch(struct link *link, struct link_epoch *epoch);
void link_report_transfer(struct link *link, struct link_transfer *transfer);

/* inbox.c */
bool link_take_slot(struct link *link, enum link_priority priority, struct link_slot *slot);
void link_return_slot(struct link *link,
                      const struct link_slot *slot); /* to be tried again, unless replaced */
bool link_peek_command(struct link *link, uint16_t *instrument);
/* The first one, if it is to this instrument and neither late nor of an old epoch; it is then in flight. */
bool link_take_command(struct link *link, uint16_t instrument, struct link_write *write);
void link_settle(struct link *link);                      /* nothing is in flight any more */
void link_refuse_all(struct link *link, const char *why); /* the line is closed */
void link_written(struct link *link, const struct link_write *write, int result, const char *why);

/* line.c */
bool link_line_ready(struct link *link); /* open and in order; opens and recovers as needed and due */
void link_line_close(struct link *link, const char *why);
bool link_hold(struct link *link); /* false: the line had to be closed */
int64_t link_deadline(const struct link *link, int64_t wait);
void link_account(struct link *link, struct link_instrument *instrument, int result, int64_t began,
                  const struct driver_fault *fault);
int64_t link_jitter(struct link *link, int64_t span); /* 0 .. span - 1 */

/* instrument.c */
enum { LINK_AGAIN = 1 }; /* all is well, but nothing is decided: look again what is most urgent */
int link_approach(struct link *link, struct link_instrument *instrument, struct driver_fault *fault);
void link_instrument_answered(struct link *link, struct link_instrument *instrument);
unsigned link_lost_after(const struct link_instrument *instrument);
void link_instrument_failed(struct link *link, struct link_instrument *instrument, const char *why);
void link_instrument_unread(struct link *link, struct link_instrument *instrument, const char *why);
/* What an exchange with it came to, for link_yields(). */
void link_note_reply(struct link *link, struct link_instrument *instrument, int result);
/* Its last exchange had no good answer, and polls of others have been due since: they go first, once each, so
 * that a unit that does not answer costs its neighbours no more than one timeout at a time. */
bool link_yields(const struct link *link, const struct link_instrument *instrument);
void link_instrument_lost(struct link *link, struct link_instrument *instrument, const char *why);
bool link_serve_probe(struct link *link);
int64_t link_next_probe(const struct link *link);

/* read.c */
struct link_way *link_choose_way(const struct link *link, struct link_poll *poll);
bool link_is_avoided(const struct link *link, const struct link_way *way); /* its like failed just now */
/* Until when the poll must not be asked for, because nothing would tell its answer from an older one; 0: now.
 */
int64_t link_barred_until(const struct link *link, struct link_poll *poll);
void link_doubt(struct link *link, const struct link_instrument *instrument, int result);
int64_t link_reply_wait(const struct link *link, const struct link_poll *poll, bool patient);
int link_read_poll(struct link *link, struct link_poll *poll, int64_t wait, struct driver_fault *fault);
void link_store(struct link *link, struct link_poll *poll, const struct driver_sample *samples);

/* poll.c */
bool link_serve_wanted(struct link *link);
bool link_serve_poll(struct link *link);
int64_t link_next_poll(const struct link *link);

/* capture.c */
bool link_serve_capture(struct link *link);
bool link_serve_starved_capture(struct link *link);
void link_captures_lost(struct link *link, struct link_instrument *instrument, const char *why);
void link_captures_end(struct link *link);

#endif
