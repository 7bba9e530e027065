/* campaign.h - promise S14 put to the proof: the gateway's links and drivers on many lines of real labsim
 * processes at once, whose replies go wrong in every way that a protocol can reveal.
 *
 * Truth is labsim's trace: when each register or variable changed, on the clock that all processes share. A
 * sample is wrong when its value was not the content at any instant between its request and its reply. A
 * write is believed, as the gateway does it, when it was acknowledged and a sample that was asked for
 * afterwards shows its value; it is falsely believed when the trace knows no instant since it was issued at
 * which that was the content. What decodes the truth is in truth.c and shares nothing with drivers/.
 *
 * One thread looks after all lines; each link has its own. What goes wrong when follows from the seed and the
 * line's number alone, so that a line can be tried again by itself. */
#ifndef TESTS_CAMPAIGN_CAMPAIGN_H
#define TESTS_CAMPAIGN_CAMPAIGN_H

#include "drivers/modbus.h"
#include "gateway/link/link.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/types.h>

#define MS           INT64_C(1000000)
#define SECOND       INT64_C(1000000000)
#define COUNT(array) (sizeof(array) / sizeof *(array))

enum transport { RTU, TCP, SCPI_TCP, SCPI_PTY, TRANSPORTS };
extern const char *const transport_names[TRANSPORTS];

enum {
    PROBES_MAX = 7,
    UNITS_MAX = 3,
    LINES_MAX = 128,
    SAMPLES_MAX = 1024, /* that wait for the trace to catch up */
    CALLS_MAX = 1024,
    STRIKES_MAX = 512,
    TIMELINE_MAX = 2048,
    BLOCKS_MAX = 32,
    BLOCK_SIZE = 1200, /* samples of a scope's screen */
    ARMED_MAX = 4,
};

int64_t campaign_now(void); /* CLOCK_MONOTONIC, ns */
void campaign_die(const char *what) __attribute__((noreturn));

/* SplitMix64 (Steele, Lea and Flood, 2014). */
uint64_t random_next(uint64_t *state);
unsigned random_below(uint64_t *state, unsigned limit);
double random_fraction(uint64_t *state);

/* --- laboratory.c: labsim processes ------------------------------------------------------------ */

struct laboratory {
    pid_t process;
    int control;
    char folder[64];
    size_t lines, unanswered;
    int64_t heard; /* the latest moment in a trace of its instruments */
    char answers[512];
    size_t answered; /* bytes */
    char announced[4096];
};

/* `words` as on labsim's command line; %s stands for the folder. */
void laboratory_start(struct laboratory *laboratory, const char *labsim, char *const *words, size_t count);
unsigned laboratory_port(const struct laboratory *laboratory, const char *instrument); /* 0: none on TCP */
/* Sends a verb and does not wait for its answer; laboratory_listen() ends the program for an error. */
void laboratory_say(struct laboratory *laboratory, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void laboratory_listen(struct laboratory *laboratory);
/* Waits until everything that was said has been answered. */
void laboratory_await(struct laboratory *laboratory);
void laboratory_stop(struct laboratory *laboratory);

/* --- what is read and written ------------------------------------------------------------------ */

enum place { IN_INPUT, IN_HOLDING, IN_COILS, IN_VARIABLE };
enum form {
    AS_BIT,
    AS_WORD,
    AS_LONG_ABCD,
    AS_LONG_CDAB,
    AS_FLOAT_ABCD,
    AS_FLOAT_CDAB,
    AS_FLOAT_BADC,
    AS_NUMBER
};

struct probe {
    const char *name; /* of the variable, IN_VARIABLE */
    enum place place;
    uint16_t address;
    enum form form;
    double tolerance;    /* relative: how many digits the instrument prints */
    double lowest, step; /* of what is written: lowest + n * step, n < 60000; step 0: never written */
    struct driver_point point;
};

struct unit;
struct line;

/* --- truth.c: labsim's trace ------------------------------------------------------------------- */

/* A value and since when; a ring. */
struct timeline {
    size_t count;
    int64_t at[TIMELINE_MAX];
    double value[TIMELINE_MAX];
};

/* A part of a record that a scope truly sent. */
struct block {
    int64_t at;
    int source;
    unsigned acquisition; /* 0: it was running */
    size_t first, length;
    unsigned char codes[BLOCK_SIZE];
};

struct truth {
    int trace;    /* the reading end of a fifo */
    int64_t seen; /* everything before this has been read */
    char text[16384];
    size_t length;
    uint16_t words[3][128];
    bool known[PROBES_MAX]; /* every part of it has been traced */
    double variables[PROBES_MAX];
    struct timeline timelines[PROBES_MAX];
    unsigned char function; /* of the request that is being answered; 0 on SCPI */
    char message[64];       /* SCPI: the request that is being answered */
    int source;
    size_t start; /* of :WAV:STAR, from 0 */
    unsigned acquisition;
    bool stopped;
    struct block blocks[BLOCKS_MAX];
    size_t block_count;
};

void truth_open(struct unit *unit);
void truth_read(struct unit *unit);
enum verdict { TRUE_VALUE, FALSE_VALUE, UNKNOWN_VALUE };
/* Was that the content at any instant of [from, to]? UNKNOWN_VALUE: the trace does not reach so far back. */
enum verdict truth_shows(const struct unit *unit, size_t probe, double value, int64_t from, int64_t to);
/* Was that record sent by that channel between them? */
bool truth_sent(const struct unit *unit, int source, const unsigned char *codes, int64_t from, int64_t to);
void truth_print(const struct unit *unit, size_t probe, int64_t from, int64_t to);
void truth_print_blocks(const struct unit *unit, int source, const unsigned char *codes, int64_t from,
                        int64_t to);

/* --- calls.c: what the link asked its driver for ------------------------------------------------- */

enum call_kind { CALL_READ, CALL_WRITE, CALL_GREET, CALL_CAPTURE };

struct call {
    const struct unit *unit;
    enum call_kind kind;
    int64_t began, ended;
    int result;
};

struct calls {
    pthread_mutex_t mutex;
    size_t count;
    struct call ring[CALLS_MAX];
};

/* A copy of the driver whose functions note what they did and otherwise are its own. */
void calls_trace(const struct driver *driver, struct driver *traced);
/* The call during which that moment fell, or the last before it; and the one before that, of no unit when it
 * was the first. */
bool calls_find(struct line *line, const struct unit *unit, int64_t at, struct call *found,
                struct call *before);
void calls_print(struct line *line, int64_t from, int64_t to);

/* --- lines.c -------------------------------------------------------------------------------------- */

struct sample {
    size_t probe;
    int64_t asked, at;
    double value;
};

struct strike {
    int64_t at, followed; /* followed: by the next request; 0: by none */
    const struct kind *kind;
    unsigned char function;
};

/* A write on its way to being believed. */
struct claim {
    bool active, acknowledged, seen;
    uint32_t ticket;
    double value;
    int64_t issued, acknowledged_at, next;
    struct sample shown;
};

struct unit {
    struct line *line;
    char name[24];
    const struct probe *probes;
    size_t probe_count;
    struct modbus_instrument_options options;
    struct modbus_point_options places[PROBES_MAX];
    struct driver_point points[PROBES_MAX];
    int64_t polls[PROBES_MAX];
    struct truth truth;
    struct sample samples[SAMPLES_MAX];
    size_t first_sample, sample_count;
    struct strike strikes[STRIKES_MAX];
    size_t first_strike, strike_count;
    int64_t late_echo; /* the latest acknowledgement of a write that was late and says little */
    struct {
        int64_t last, since; /* the latest sample; since when none has been missing */
    } steady[PROBES_MAX];
    struct claim claims[PROBES_MAX];
};

enum role { STRUCK, EIGHT_PERCENT, FAULTLESS };

/* Lines of one make. */
struct fleet {
    enum transport transport;
    enum role role;
    size_t lines, units;
    int64_t period, timeout, turnaround;
    int baud;            /* of a serial line */
    const char *options; /* labsim's, of the line */
};
extern const struct fleet fleets[]; /* ends with one of no lines */

enum phase { QUIET, STRIKING, RETURNING };

struct episode {
    enum phase phase;
    const struct kind *armed[ARMED_MAX];
    size_t count;
    int64_t next, began, cleared, ended; /* ended: with the last late reply of it */
    int64_t longest_delay;
    unsigned taken; /* samples since it began */
    bool lost;      /* an instrument of the line was given up */
};

struct recording {
    bool active, done;
    int result, source;
    int64_t asked, ended;
    int64_t next;
    size_t length;
    unsigned char codes[BLOCK_SIZE + 1];
};

struct line {
    size_t number;
    const struct fleet *fleet;
    enum transport transport;
    enum role role;
    int64_t period;
    uint64_t random;  /* of the faults: what goes wrong does not depend on what is done meanwhile */
    uint64_t choices; /* of what is written and recorded */
    struct laboratory *laboratory;
    char place[96];
    struct unit units[UNITS_MAX];
    size_t unit_count;
    struct driver traced;
    struct link_instrument_spec instruments[UNITS_MAX];
    struct link_spec spec;
    struct link *link;
    int wake;
    struct calls calls;
    struct episode episode;
    struct recording recording;
    uint32_t ticket;
    int64_t stir_at;
    bool introduced;        /* to late answers */
    uint64_t samples_right; /* of the lines with a fixed rate of faults */
};

void line_describe(struct line *line, size_t number, const struct fleet *fleet, uint64_t seed);
void line_print_argument(const struct line *line, char *text, size_t capacity);
void line_connect(struct line *line, struct laboratory *laboratory);
void line_disconnect(struct line *line);

/* --- judge.c: reports against the truth ---------------------------------------------------------- */

/* Takes what the link reports. */
void judge_reports(struct line *line);
/* Judges what the traces have caught up with. */
void judge_pending(struct line *line, int64_t now);
/* claims.c: issues what may be written now, and judges what was. */
void claims_step(struct line *line, int64_t now);
void claims_written(struct line *line, const struct link_report *report);
void claims_sampled(struct unit *unit, const struct sample *sample);
/* records.c: the same for a scope's records. */
void records_step(struct line *line, int64_t now);
void records_reported(struct line *line, const struct link_report *report);

/* --- episodes.c ------------------------------------------------------------------------------------ */

struct kind {
    const char *name;
    unsigned transports; /* 1 << enum transport */
    void (*draw)(struct line *line, char *text, size_t capacity,
                 int64_t *delay); /* its argument; NULL: none */
    bool on_writes;               /* only writes are struck */
    bool on_records;              /* only records */
    bool revealed;                /* Modbus: whatever it strikes must fail */
    unsigned share;               /* of the episodes */
};

extern const struct kind kinds[]; /* ends with a NULL name */
#define KINDS_MAX 32
const struct kind *kind_find(const char *name);
size_t kind_index(const struct kind *kind);
void episode_step(struct line *line, int64_t now, bool may_begin);
/* The row under which what happens on this line now is counted. */
const struct kind *episode_row(const struct line *line);

/* --- burden.c: whether this machine lets the campaign run --------------------------------------------------
 *
 * Every thread here and in labsim sleeps most of the time and is woken by a reply or a deadline. The main
 * loop does the same every few milliseconds, at the same priority, so how late it wakes is how late they do,
 * whatever holds the processors: other programs, or the host of a virtual machine. */

void burden_woke(int64_t late);                /* ns after the moment that was asked for */
void burden_stalled(int64_t from, int64_t to); /* a simulator did nothing */
bool burden_was(int64_t from, int64_t to);     /* within it others kept the machine busy */
double burden_share(void);                     /* of the run */

/* --- report.c --------------------------------------------------------------------------------------- */

struct cell {
    uint64_t injected, detected, wrong, lost;
    double *returns; /* s */
    size_t return_count, return_room;
};

struct totals {
    uint64_t seed;
    uint64_t faults, samples, wrong, unjudged, unnoticed; /* unnoticed: that had to be noticed */
    uint64_t stale;     /* strikes upon a request that was given up before */
    uint64_t exchanged; /* upon a write that an older one's late echo acknowledged */
    uint64_t writes, acknowledged, believed, believed_falsely, acknowledged_falsely;
    uint64_t records, wrong_records, failed_records;
    uint64_t late_returns, burdened_returns; /* burdened: late on a machine that was busy with others */
    bool hasty;                              /* the first wrong value ends it */
};

extern struct totals totals;
struct cell *report_cell(const struct kind *kind, enum transport transport);
void report_return(struct line *line, double seconds);
/* The table, the sums and what was promised. NOT_JUDGED: what was broken may be the fault of a machine that
 * was busy with others. */
enum outcome { KEPT, BROKEN, NOT_JUDGED };
enum outcome report_print(struct line *lines, size_t count, double seconds);

#endif
