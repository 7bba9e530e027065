/* driver.h - the contract between labgate and the code that speaks to one kind of instrument.
 *
 * A driver translates: points to transactions, replies to values. It does not parse configuration, log,
 * sleep, start threads, retry or keep time; the link's thread (gateway/link/) does all of that. Every
 * function runs on the thread of the line it is given, one at a time, so a driver needs no locks. Only
 * open() and the functions that take a deadline block, and those return at the deadline at the latest.
 *
 * Times are int64_t nanoseconds of CLOCK_MONOTONIC. Results are 0 or a negative enum driver_result; on
 * failure the struct driver_fault says what was attempted, on what and why, for people.
 *
 * Two waits belong to the wire and are a transport's own: the silence of 3.5 characters between two RTU
 * frames, and the hold in recover().
 *
 * The discipline of the line: after DRIVER_TIMED_OUT or DRIVER_GARBLED the line may still hold an answer
 * to an old question. The link calls transport->recover() before anything else is sent, and does not send
 * a request of the same `shape` next where the plan offers another. A driver never accepts a reply that it
 * cannot attribute to its request: function, unit, length, echo and checksum are compared wherever the
 * protocol carries them. */
#ifndef DRIVERS_DRIVER_H
#define DRIVERS_DRIVER_H

#include "drivers/option.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum driver_result {
    DRIVER_OK = 0,
    DRIVER_TIMED_OUT = -1,    /* no complete reply by the deadline; it may still come: recover the line */
    DRIVER_GARBLED = -2,      /* a reply failed a check; recover the line */
    DRIVER_DISCONNECTED = -3, /* the line is gone: close it, open it again later */
    DRIVER_REJECTED = -4,     /* the instrument answered no (exception, error queue); the line is in order */
    DRIVER_INVALID = -5,      /* the request cannot be expressed; nothing was sent */
    DRIVER_UNSUPPORTED = -6,  /* this instrument has no such thing; nothing was sent */
    DRIVER_NO_MEMORY = -7,
};

#define DRIVER_TEXT_MAX 64 /* bytes of a text value with its NUL */

struct driver_fault {
    int code;       /* Modbus exception code, SCPI error number or errno; 0 where none applies */
    bool beyond;    /* REJECTED because it reaches beyond what is there: what is longer will, too */
    bool stray;     /* a whole answer to another question, or to none, came: answers are late on this line */
    char text[160]; /* "reading holding registers 10-19 of unit 2: exception 02 (illegal data address)" */
};

enum driver_type { DRIVER_BOOLEAN, DRIVER_INTEGER, DRIVER_NUMBER, DRIVER_CHOICE, DRIVER_TEXT };

struct driver_value {
    double number;              /* booleans 0 or 1, choices by their number; unused for text */
    char text[DRIVER_TEXT_MAX]; /* text points only */
};

struct driver_sample {
    bool good; /* false: the instrument answered, but with no usable value (NaN, unknown choice) */
    struct driver_value value;
};

struct driver_choice {
    const char *name;
    int number;
};

/* A point as its profile describes it. Owned by the configuration; outlives the instrument. */
struct driver_point {
    const char *name;
    enum driver_type type;
    bool readable, writable;
    const struct driver_choice *choices; /* DRIVER_CHOICE: ends with a NULL name */
    const void *options;                 /* filled by the driver's point_options */
};

/* A record that can be acquired, "ch1". */
struct driver_waveform {
    const char *name;
    const char *unit;    /* of the values after scaling, "V" */
    const void *options; /* filled by the driver's waveform_options */
};

struct driver_instrument_spec {
    const char *name;    /* "tank-1.plc" */
    const void *options; /* filled by the driver's instrument_options */
    const struct driver_point *points;
    size_t point_count;
    const struct driver_waveform *waveforms;
    size_t waveform_count;
};

enum driver_parity { DRIVER_PARITY_NONE, DRIVER_PARITY_EVEN, DRIVER_PARITY_ODD };

/* Where a line is and how it is timed. Owned by the configuration. */
struct driver_line_spec {
    bool serial;
    const char *host; /* TCP: an address; driver_find_host() makes it of a name */
    uint16_t port;
    const char *device; /* serial: a path; symbolic links are followed at each open */
    int baud, data_bits, stop_bits;
    enum driver_parity parity;
    int64_t timeout;    /* longest wait for a reply to begin and to end, ns */
    int64_t turnaround; /* of the slowest instrument, before it answers, ns */
    int64_t longest; /* no transaction may take longer, ns; captures are cut into chunks by it. 0: 250 ms */
};

#define DRIVER_ADDRESS_MAX 64

/* The address, as text, of a name in /etc/hosts; what is an address or is not there stays as it is. Reads a
 * file, so it is called before a line is used and never while it is. Name servers are not asked: a lookup
 * cannot be given a deadline, and a dead name server must not hold a line that a rig hangs on. */
void driver_find_host(const char *host, char address[DRIVER_ADDRESS_MAX]);

struct driver_line; /* an open transport; each transport defines its own */

struct driver_transport {
    const char *name; /* "registers", "stream" */
    /* Opens the line within `deadline`. On failure *line is NULL. A serial device is locked against other
     * programs. */
    int (*open)(const struct driver_line_spec *spec, int64_t deadline, struct driver_line **line,
                struct driver_fault *fault);
    void (*close)(struct driver_line *line); /* accepts NULL; never blocks */
    /* Holds the line: reads and throws away until it has been silent for `quiet`; DRIVER_TIMED_OUT when
     * that is not reached by `deadline`. A TCP line is closed, held for `quiet` (a gateway or adapter
     * behind it may still wait for its own line's answer) and connected again. 0: what comes next is an
     * answer to what is sent next. */
    int (*recover)(struct driver_line *line, int64_t quiet, int64_t deadline, struct driver_fault *fault);
    /* Waits until `until` for bytes that no request is waiting for: true as soon as there are some; they
     * stay for recover(). So a late answer that was taken for that of a newer, equal request shows by the
     * second answer. Serial lines only. */
    bool (*listen)(struct driver_line *line, int64_t until);
};

struct driver_instrument; /* each driver defines its own */

#define DRIVER_READ_POINTS_MAX 125 /* of one transaction */

/* One transaction that reads points together. Made by plan(), owned by the instrument. Text points come
 * alone. */
struct driver_read {
    const uint16_t *points; /* indices into the spec's points, ascending */
    size_t count;
    uint32_t shape;    /* equal for requests whose replies cannot be told apart */
    bool unmistakable; /* the reply names this very request, so no older one can be taken for it */
    int64_t typical;   /* time on the line when all goes well, ns */
    uint16_t variant;  /* the driver's own: which way of asking this is */
    /* Another way to read the same points, whose reply can be told from this one's: taken while an answer
     * to this one may still be under way, given up when the instrument rejects it. A list; NULL: there is
     * none. */
    const struct driver_read *other;
    bool unsure; /* it asks for more than the instrument is known to have, and may be refused */
};

/* LIVE: the screen as it is, for somebody who only looks on: in one transaction and without stopping
 * anything; DRIVER_UNSUPPORTED where the line cannot carry it so. */
enum driver_depth { DRIVER_SCREEN, DRIVER_DEEP, DRIVER_LIVE };
enum driver_format { DRIVER_UINT8, DRIVER_INT16_LITTLE, DRIVER_FLOAT32_LITTLE };

/* value[i] = (code[i] - code_zero) * value_step; time[i] = time_first + i * time_step. */
struct driver_record {
    enum driver_format format;
    uint64_t samples;
    double time_first, time_step; /* s */
    double code_zero, value_step;
};

struct driver {
    const char *name; /* as written in a profile: "modbus", "scpi", "scpi-rigol-ds1000z" */
    const char *help; /* one sentence */
    const struct driver_transport *transport;
    const struct option_table *instrument_options; /* NULL where there are none */
    const struct option_table *point_options;
    const struct option_table *waveform_options; /* NULL: no waveforms */

    /* Checks what the option rows cannot say and makes the instrument; sends nothing. The spec must outlive
     * it. */
    int (*create)(const struct driver_instrument_spec *spec, struct driver_instrument **instrument,
                  struct driver_fault *fault);
    void (*destroy)(struct driver_instrument *instrument); /* accepts NULL */

    /* Groups readable points that share a poll period into transactions, merging where the line's
     * arithmetic says it pays. *reads stays the instrument's. May be called again for other points;
     * earlier plans stay valid. */
    int (*plan)(struct driver_instrument *instrument, const struct driver_line_spec *line,
                const uint16_t *points, size_t count, const struct driver_read **reads, size_t *read_count);

    /* First exchange after each open or recovery; checks that the instrument is the one that is meant. NULL:
     * none. */
    int (*greet)(struct driver_instrument *instrument, struct driver_line *line, int64_t deadline,
                 struct driver_fault *fault);

    /* One transaction. samples[i] belongs to read->points[i]; on failure they are not touched. */
    int (*read)(struct driver_instrument *instrument, struct driver_line *line,
                const struct driver_read *read, struct driver_sample *samples, int64_t deadline,
                struct driver_fault *fault);

    /* Writes one point and leaves its neighbours as they are. 0 says that the instrument acknowledged, not
     * that the value is there: only a read shows that. */
    int (*write)(struct driver_instrument *instrument, struct driver_line *line, uint16_t point,
                 const struct driver_value *value, int64_t deadline, struct driver_fault *fault);
    /* What writing the point takes on this line at most, when the instrument answers in its time, ns. */
    int64_t (*write_time)(const struct driver_instrument *instrument, const struct driver_line_spec *line,
                          uint16_t point);

    /* Acquisition of a record, in transactions short enough for the line to serve others between them.
     * begin fills *record and says how many bytes will come; chunk appends at most `capacity` bytes of
     * sample codes, *got == 0 when the record is complete; end puts the instrument back to work and
     * follows every successful begin, also after a failure. A chunk that failed may be asked for again
     * after recover() and greet(). One record at a time for an instrument. NULL: no waveforms. */
    int (*capture_begin)(struct driver_instrument *instrument, struct driver_line *line, size_t waveform,
                         enum driver_depth depth, struct driver_record *record, int64_t deadline,
                         struct driver_fault *fault);
    int (*capture_chunk)(struct driver_instrument *instrument, struct driver_line *line, void *codes,
                         size_t capacity, size_t *got, int64_t deadline, struct driver_fault *fault);
    int (*capture_end)(struct driver_instrument *instrument, struct driver_line *line, int64_t deadline,
                       struct driver_fault *fault);
};

/* drivers/table.c: the only list. Ends with NULL. */

extern const struct driver *const driver_table[];
const struct driver *driver_find(const char *name); /* NULL when there is none */
const char *driver_result_name(int result);         /* "timed-out" */

#endif
