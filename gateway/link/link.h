/* link.h - one physical line or TCP endpoint, its thread, and the instruments that share it.
 *
 * The thread owns the line: it alone opens, reads, writes and recovers it, by an absolute schedule on the monotonic
 * clock. Between two transactions it takes, in this order: safe writes, heartbeats, reads that somebody waits for,
 * commands, polls that are due, the next chunk of a capture. So a safe write waits for at most the transaction in
 * flight with its timeout and the hold that may follow it (promise S9), and never for disk, bus or another line.
 *
 * After DRIVER_TIMED_OUT or DRIVER_GARBLED the line is held until it has been silent for longer than its slowest
 * instrument takes, then drained, and a request of the same shape is not sent next; where there is no other, the hold
 * is doubled (promise S14). A lost line is opened again with exponential back-off and jitter, 100 ms to 5 s.
 *
 * All functions but create and destroy may be called from one other thread (the control loop); none blocks. */
#ifndef GATEWAY_LINK_LINK_H
#define GATEWAY_LINK_LINK_H

#include "drivers/driver.h"

struct link;

enum link_result { LINK_OK = 0, LINK_FULL = -1, LINK_NO_MEMORY = -2, LINK_NO_THREAD = -3, LINK_BAD_DRIVER = -4 };

struct link_instrument_spec {
    const struct driver *driver;
    struct driver_instrument_spec instrument;
    const int64_t *polls; /* period of each of its points, ns; 0: only on request */
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
};

enum link_priority { LINK_SAFE, LINK_HEARTBEAT, LINK_COMMAND };

struct link_write {
    uint16_t instrument, point;
    enum link_priority priority;
    uint64_t epoch;  /* LINK_COMMAND: compared with the rig's epoch immediately before the bytes go out */
    uint32_t ticket; /* comes back in the report */
    struct driver_value value;
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
    LINK_REPORT_EPOCH,      /* the epoch is in force: no write of an older one can reach the line any more */
    LINK_REPORT_CAPTURE,    /* began (record is set), moved on, or ended (done) */
};

#define LINK_SAMPLES_MAX 125

struct link_report {
    enum link_report_kind kind;
    uint16_t instrument;
    int64_t at; /* monotonic: when the reply was complete */
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
            int result; /* enum driver_result, or LINK_OLD_EPOCH */
            char why[160];
        } written;
        struct {
            uint16_t rig;
            uint64_t epoch;
        } epoch;
        struct {
            uint32_t ticket;
            bool began, done;
            int result;    /* enum driver_result, when done */
            uint64_t bytes; /* so far */
            struct driver_record record;
            char why[160];
        } capture;
    };
};

#define LINK_OLD_EPOCH (-100)

/* Counters since start, for health displays; read without a lock, each one consistent in itself. */
struct link_health {
    uint64_t transactions, timeouts, garbled, rejected, reconnects, recoveries, dropped_samples;
    int64_t busy;       /* ns spent in transactions */
    int64_t last_reply; /* monotonic */
};

/* `wake`: an eventfd written after each report. The spec must outlive the link. Starts the thread. */
int link_create(const struct link_spec *spec, int wake, struct link **link, struct driver_fault *fault);
/* Stops the thread after the transaction in flight. Accepts NULL. */
void link_destroy(struct link *link);

/* Safe writes and heartbeats are always taken: there is a place for each output, and a newer value replaces an older
 * that has not gone out. LINK_FULL: 64 commands are waiting already. */
int link_write(struct link *link, const struct link_write *write);
/* Reads the transaction that covers this point next. Repeats coalesce. */
void link_read(struct link *link, uint16_t instrument, uint16_t point);
/* Queued commands of older epochs of this rig are reported LINK_OLD_EPOCH; then LINK_REPORT_EPOCH. */
void link_set_epoch(struct link *link, uint16_t rig, uint64_t epoch);
/* LINK_FULL: a capture of this instrument is running. */
int link_capture(struct link *link, const struct link_capture *capture);
void link_cancel_capture(struct link *link, uint16_t instrument);
/* Copies at most `capacity` sample bytes of the running capture out of its bounded buffer; the capture pauses while
 * the buffer is full. */
size_t link_capture_take(struct link *link, uint16_t instrument, void *bytes, size_t capacity);

/* False when there is none. */
bool link_next_report(struct link *link, struct link_report *report);
void link_health(const struct link *link, struct link_health *health);

#endif
