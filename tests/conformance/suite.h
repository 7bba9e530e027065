/* suite.h - one driver on one bench, and what every driver must keep there whatever its line does:
 * - a sample that is called good is true;
 * - a write that was acknowledged happened, and one that did not happen is never confirmed by reading
 * back;
 * - a write leaves its neighbours as they are;
 * - a record that is complete is the instrument's, byte for byte;
 * - when the fault is gone, the line comes back by recovery alone. */
#ifndef TESTS_CONFORMANCE_SUITE_H
#define TESTS_CONFORMANCE_SUITE_H

#include "tests/conformance/bench.h"
#include "tests/conformance/laboratory.h"

#include <stdio.h>

#define PROBES_MAX 16

struct suite {
    const struct bench *bench;
    const struct driver *driver;
    struct laboratory laboratory;
    struct driver_point points[PROBES_MAX];
    struct driver_instrument_spec spec;
    struct driver_instrument *instrument;
    struct driver_line *line; /* NULL: lost */
    const struct driver_read *reads;
    size_t read_count;
    struct driver_fault fault;
    unsigned round, seed;
    unsigned transactions, failures; /* that were to be expected */
    FILE *report;
    unsigned passed, failed;
    bool broken; /* the current check */
};

/* What a kind of fault may do without being found out, because nothing on the line shows it; masks of enum
 * medium. */
struct expectation {
    const char *kind;        /* of labsim's faults */
    const char *argument;    /* to arm it with */
    unsigned reads_may_lie;  /* a sample */
    unsigned writes_may_lie; /* an acknowledgement; never the reading back */
    unsigned traits;         /* enum trait */
};

enum trait {
    ACTS_LATER = 1,  /* a write takes effect after it was acknowledged */
    ONLY_BLOCKS = 2, /* nothing but records is struck */
    UNCOUNTED = 4,   /* labsim does not count its strikes */
    HARMLESS = 8,    /* what is read is right all the same, or may be; otherwise something must fail */
};

void suite_begin(struct suite *suite, const struct bench *bench, const char *labsim, FILE *report);
void suite_end(struct suite *suite);
/* The current check has failed; says why. */
void suite_complain(struct suite *suite, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* --- steps.c: one transaction each, with the link's discipline after a failure --- */

int suite_read(struct suite *suite, const struct driver_read *read, struct driver_sample *samples);
int suite_write(struct suite *suite, size_t probe, double number);
/* Brings the line back after `result`; complains when that does not succeed in 10 s. */
void suite_recover(struct suite *suite, int result);
/* What the probe truly is. */
struct driver_value suite_truth(struct suite *suite, size_t probe);
bool suite_is(const struct suite *suite, size_t probe, const struct driver_value *value,
              const struct driver_value *other);
/* Reads the probe until it succeeds. */
struct driver_sample suite_read_back(struct suite *suite, size_t probe);
/* Gives every probe another true value, without faults. */
void suite_stir(struct suite *suite);

/* --- checks.c --- */

/* Faults that have struck so far. */
double suite_struck(struct suite *suite);
void check_reads(struct suite *suite, const struct expectation *expectation);
void check_writes(struct suite *suite, const struct expectation *expectation);
void check_records(struct suite *suite, const struct expectation *expectation);
void check_hang_up(struct suite *suite);
/* Many transactions with a share of random faults. */
void check_soak(struct suite *suite);

#endif
