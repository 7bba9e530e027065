/* scpi.h - what the SCPI dialects share. Private to drivers/.
 *
 * A vendor's dialect keeps a struct scpi_instrument as the first member of its own, reuses the functions
 * for points and adds its records. Sources: IEEE 488.2-1992 (common commands, blocks), SCPI-99 volume 1
 * (numbers 7.2.1, short forms 6.2.1) and volume 2 (SYSTem:ERRor). */
#ifndef DRIVERS_SCPI_H
#define DRIVERS_SCPI_H

#include "drivers/driver.h"

enum scpi_terminator { SCPI_LF, SCPI_CRLF };

struct scpi_instrument_options {
    char *identity;
    bool error_queue;
    bool token;
    bool compound;
    int terminator; /* enum scpi_terminator */
};

struct scpi_point_options {
    char *query, *set;
    char *on, *off; /* booleans: their words, separated by commas, the first is the one that is said; "": 1,
                       ON, 0, OFF */
};

struct scpi_waveform_options {
    char *source;
};

#define SCPI_ANSWER_MAX   256 /* bytes of a text answer with its NUL */
#define SCPI_IDENTITY_MAX 128

/* A record that is being fetched, for dialects with waveforms. */
struct scpi_record {
    const void *model;     /* the dialect's row for this instrument */
    bool active;           /* between begin and end */
    bool live;             /* must not be stopped for it */
    bool still;            /* acquisition is known to stand still since the last greeting */
    bool stopped, single;  /* acquisition was running (in single mode) and has been stopped for the record */
    bool disturbed;        /* something was written to the instrument since it began */
    uint64_t total, taken; /* samples */
    struct driver_record described;
};

struct scpi_plan;

/* Every SCPI dialect's instrument. */
struct driver_instrument {
    const struct driver_instrument_spec *spec;
    const struct scpi_instrument_options *options;
    struct scpi_plan *plans;
    char identity[SCPI_IDENTITY_MAX]; /* as first seen; "" before */
    uint8_t token;                    /* last written with *ESE */
    bool joins;                       /* answers of several questions in one message are joined by ';' */
    uint8_t join_tries;
    struct scpi_record record;
};

/* --- scpi_exchange.c: messages and answers --- */

/* Sends one message; printf's format without the terminator. */
int scpi_send(struct driver_instrument *instrument, struct driver_line *line, int64_t deadline,
              struct driver_fault *fault, const char *format, ...) __attribute__((format(printf, 5, 6)));
/* Sends a question and reads its answer, one line of text. The line is checked to be in step first. */
int scpi_ask(struct driver_instrument *instrument, struct driver_line *line, const char *question,
             char answer[SCPI_ANSWER_MAX], int64_t deadline, struct driver_fault *fault);
/* The same, and the answer carries the token of the last greeting behind it, so that no answer to a question
 * from before that can be taken for it. A plain scpi_ask() where the instrument does not join answers. */
int scpi_ask_named(struct driver_instrument *instrument, struct driver_line *line, const char *question,
                   char answer[SCPI_ANSWER_MAX], int64_t deadline, struct driver_fault *fault);
/* Sends a question whose answer is a block of exactly `length` bytes; with the token, as scpi_ask_named(). */
int scpi_ask_block(struct driver_instrument *instrument, struct driver_line *line, const char *question,
                   void *bytes, size_t length, int64_t deadline, struct driver_fault *fault);
/* Reads the error queue until it is empty. DRIVER_REJECTED with the oldest entry when it was not; `what`
 * says in the fault what was attempted. */
int scpi_check_errors(struct driver_instrument *instrument, struct driver_line *line, const char *what,
                      int64_t deadline, struct driver_fault *fault);
/* driver.h's greet: the identity, then the token, then whether answers are joined (until that is known), then
 * an empty error queue. Answers that are still in the pipe from before are thrown away on the way. */
int scpi_greet(struct driver_instrument *instrument, struct driver_line *line, int64_t deadline,
               struct driver_fault *fault);

/* --- scpi_value.c: no I/O --- */

/* What an answer says about a point. DRIVER_GARBLED when it cannot be an answer to this question at all;
 * otherwise 0, and sample->good is false where the instrument says that it has no value (9.9E37 and
 * beyond, NAN, INF, ****). */
int scpi_parse(const struct driver_point *point, const char *answer, struct driver_sample *sample,
               struct driver_fault *fault);
/* The message that sets the point: its `set` with the value in place of {}. DRIVER_INVALID when there is
 * none. */
int scpi_format(const struct driver_point *point, const struct driver_value *value, char *message,
                size_t capacity, struct driver_fault *fault);
/* Does an answer name this choice, in its long or short form? Where the choice is written "SINusoid", the
 * short form is its capitals; otherwise SCPI's rule: four letters, or three where the fourth is a vowel.
 * Numbers have none. */
bool scpi_matches(const char *choice, const char *answer);
/* SYST:ERR?'s answer, -113,"Undefined header"; false when it is not one. */
bool scpi_parse_error(const char *answer, int *code, const char **text);

/* --- scpi.c: driver.h's functions for points --- */

int scpi_create(const struct driver_instrument_spec *spec, struct driver_instrument **created,
                struct driver_fault *fault);
void scpi_destroy(struct driver_instrument *instrument);
int scpi_plan(struct driver_instrument *instrument, const struct driver_line_spec *line,
              const uint16_t *points, size_t count, const struct driver_read **reads, size_t *read_count);
int scpi_read(struct driver_instrument *instrument, struct driver_line *line, const struct driver_read *read,
              struct driver_sample *samples, int64_t deadline, struct driver_fault *fault);
int scpi_write(struct driver_instrument *instrument, struct driver_line *line, uint16_t point,
               const struct driver_value *value, int64_t deadline, struct driver_fault *fault);
int64_t scpi_write_time(const struct driver_instrument *instrument, const struct driver_line_spec *line,
                        uint16_t point);

extern const struct option_table scpi_instrument_options;
extern const struct option_table scpi_point_options;
extern const struct option_table scpi_waveform_options;

#endif
