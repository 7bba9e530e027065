/* link.h - one physical line or TCP endpoint, its thread, and the instruments that share it.
 *
 * The thread owns the line: it alone opens, reads, writes and recovers it, by an absolute schedule on the
 * monotonic clock. Between two transactions it takes, in this order: safe writes, heartbeats, reads that
 * somebody waits for, commands, polls that are due, the next chunk of a capture. So a safe write waits for at
 * most the transaction in flight with its timeout and the hold that may follow it (promise S9), and never for
 * disk, bus or another line. Of the reads and commands at most one goes before each poll that is due, so that
 * no flood of them keeps interlocks from their inputs.
 *
 * After DRIVER_TIMED_OUT or DRIVER_GARBLED the line is held until it has been silent for longer than its
 * slowest instrument takes, then drained, and a request of the same shape is not sent next; where there is no
 * other, the hold is doubled (promise S14). A lost line is opened again with exponential back-off and jitter,
 * 100 ms to 1.5 s.
 *
 * A poll that fails is tried once more before its next turn; `lost_after` polls that failed in a row make an
 * instrument lost. A lost instrument is probed with back-off and a bounded share of the line, so that the
 * others keep their rate. Heartbeats and commands to it fail at once; a safe write is still tried, and it is
 * sent again after a failure to an instrument that is up. One failed poll reports nothing; after `lost_after`
 * in a row its points are reported not good. An instrument that has just not answered yields: polls of others
 * that are due go first, once each; only a safe write to it does not wait for them, until one has failed.
 *
 * All functions but create and destroy may be called from one other thread (the control loop); none blocks.
 */
#ifndef GATEWAY_LINK_LINK_H
#define GATEWAY_LINK_LINK_H

#include "drivers/driver.h"

struct link;

enum link_result {
    LINK_OK = 0,
    LINK_FULL = -1,
    LINK_NO_MEMORY = -2,
    LINK_NO_THREAD = -3,
    LINK_BAD_DRIVER =
        -4, /* the instruments of a line differ in transport, or one cannot be made: see the fault */
    LINK_NO_SUCH = -5, /* no such instrument, output, rig or waveform */
};

/* Whoever takes the reports of a link that link_leaves() some looks at least so often. */
#define LINK_LOOK INT64_C(20000000)

struct link_instrument_spec {
    const struct driver *driver;
    struct driver_instrument_spec instrument;
    const int64_t *polls; /* period of each of its points, ns; 0: only on request */
    const bool *decisive; /* of each of its points: the loop is woken for its samples; NULL: of all. Others
                             wait for LINK_LOOK, if their quality is as before and they are polled slowly
                             enough for none to replace another meanwhile */
    unsigned lost_after;  /* failures in a row that make it lost; default 3 */
    uint16_t rig;         /* whose epoch its writes are checked against; 0 .. rig_count - 1 of the link */
};

struct link_spec {
    const char *name; /* "tcp://127.0.0.1:5502", for people */
    struct driver_line_spec line;
    const struct link_instrument_spec *instruments;
    size_t instrument_count;
    size_t rig_count;
    int64_t longest; /* no transaction may take longer; captures are cut into chunks by it */
    int priority;    /* of its thread, see gateway/thread/thread.h */
    bool background; /* its thread yields to all others: a simulator is behind it */
};

enum link_priority { LINK_SAFE, LINK_HEARTBEAT, LINK_COMMAND };

struct link_write {
    uint16_t instrument, point;
    enum link_priority priority;
    uint64_t epoch;  /* LINK_COMMAND: compared with the rig's epoch immediately before the bytes go out */
    uint32_t ticket; /* comes back in the report */
    int64_t until;   /* LINK_COMMAND: must not go on the line after this instant (reported LINK_TOO_LATE);
                        INT64_MAX */
    struct driver_value value;
    bool read_back; /* LINK_COMMAND: once it is acknowledged `shown_by`, of the same instrument, is read as by
                       link_read(), without the loop's coming between */
    uint16_t shown_by;
};

struct link_capture {
    uint16_t instrument;
    size_t waveform;
    enum driver_depth depth;
    uint32_t ticket;
};

enum link_report_kind {
    LINK_REPORT_SAMPLES,    /* one transaction's points; dropped first when the loop does not keep up */
    LINK_REPORT_INSTRUMENT, /* lost, or answers again */
    LINK_REPORT_WRITTEN,
    LINK_REPORT_EPOCH,   /* the epoch is in force: no write of an older one can reach the line any more */
    LINK_REPORT_CAPTURE, /* began (record is set), moved on, or ended (done) */
};

#define LINK_SAMPLES_MAX 125

struct link_report {
    enum link_report_kind kind;
    uint16_t instrument;
    int64_t at;    /* monotonic: when the reply was complete */
    int64_t asked; /* SAMPLES: monotonic: when the request began to go out; a sample confirms only writes
                      before it */
    union {
        struct {
            uint16_t count;
            uint16_t points[LINK_SAMPLES_MAX];
            bool good[LINK_SAMPLES_MAX];
            double numbers[LINK_SAMPLES_MAX];
            char text[DRIVER_TEXT_MAX]; /* text points are read one at a time: count is 1 */
        } samples;
        struct {
            bool up;
            char why[160];
        } state;
        struct {
            uint32_t ticket;
            enum link_priority priority;
            int result;     /* enum driver_result, LINK_OLD_EPOCH, LINK_REPLACED or LINK_TOO_LATE */
            bool read_back; /* its point is being read */
            char why[160];
        } written;
        struct {
            uint16_t rig;
            uint64_t epoch;
        } epoch;
        struct {
            uint32_t ticket;
            bool began, done;
            int result;     /* when done: enum driver_result or LINK_CANCELLED */
            uint64_t bytes; /* so far */
            struct driver_record record;
            char why[160];
        } capture;
    };
};

#define LINK_OLD_EPOCH (-100)
#define LINK_REPLACED  (-101) /* not sent: a newer value for the same output came first */
#define LINK_CANCELLED (-102)
#define LINK_TOO_LATE  (-103) /* not sent: its `until` had passed */

/* Counters since start, for health displays; read without a lock, each one consistent in itself. */

/* Transactions, and those of them that ended otherwise than with the answer that was asked for, by kind:
 * enum driver_result. */
struct link_tallies {
    uint64_t transactions, timeouts, garbled, rejected, disconnected;
    int64_t last_reply; /* monotonic; 0: none yet. A refusal is a reply. */
};

struct link_health {
    struct link_tallies all;
    uint64_t unopened; /* tries to open the line that failed */
    uint64_t reconnects, recoveries;
    uint64_t
        dropped_samples; /* blocks that a newer block of the same points replaced before they were taken */
    uint64_t dropped_reports; /* reports of safe writes and heartbeats lost because nobody took reports */
    uint64_t polls;           /* scheduled reads that were made, well or not */
    uint64_t missed_polls;    /* turns that passed while the line was behind its schedule */
    int64_t lateness;         /* ns that polls begin after their time, smoothed over about 16 */
    int64_t worst_lateness;
    int64_t busy; /* ns spent in transactions */
    int64_t held; /* ns spent in holds */
    bool open;    /* the line itself */
};

/* `wake`: an eventfd written when a report is there that was not at the last link_next_report(); samples that
 * decide nothing do not count. The spec must outlive the link. Starts the thread. */
int link_create(const struct link_spec *spec, int wake, struct link **link, struct driver_fault *fault);
/* Asks the thread to stop after the transaction in flight, and does not wait. Accepts NULL. */
void link_stop(struct link *link);
bool link_has_ended(const struct link *link); /* the thread has: link_destroy() does not wait */
/* Stops the thread after the transaction in flight. Accepts NULL. */
void link_destroy(struct link *link);

/* Each write that is taken gets one WRITTEN report. Safe writes and heartbeats are always taken: there is a
 * place for each output, and a newer value replaces an older that has not gone out (LINK_REPLACED); a safe
 * write also replaces the commands to its output that wait. LINK_FULL: 64 commands wait, or their reports
 * have not been taken. */
int link_write(struct link *link, const struct link_write *write);
/* Reads the transaction that covers this point next, if its instrument is up. Repeats coalesce; a transaction
 * that has begun already does not count. */
void link_read(struct link *link, uint16_t instrument, uint16_t point);
/* Queued commands of older epochs of this rig are reported LINK_OLD_EPOCH; then LINK_REPORT_EPOCH. */
void link_set_epoch(struct link *link, uint16_t rig, uint64_t epoch);
/* Reports: began with the record, progress at most ten times a second and whenever the buffer is half full,
 * done. Take the rest of the bytes after done. LINK_FULL: a capture of this instrument is running, or its end
 * not reported. */
int link_capture(struct link *link, const struct link_capture *capture);
void link_cancel_capture(struct link *link, uint16_t instrument);
/* Copies at most `capacity` sample bytes of the running capture out of its bounded buffer; the capture pauses
 * while the buffer is full. */
size_t link_capture_take(struct link *link, uint16_t instrument, void *bytes, size_t capacity);

/* Some of its samples do not wake whoever takes reports. */
bool link_leaves(const struct link *link);
/* False when there is none. */
bool link_next_report(struct link *link, struct link_report *report);
void link_health(const struct link *link, struct link_health *health);
void link_instrument_health(const struct link *link, uint16_t instrument, struct link_tallies *tallies);

#endif
