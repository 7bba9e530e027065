/* bench.h - which instrument of labsim each driver is tried on, over which line, and where the truth is.
 *
 * A new driver needs at least one row in benches[]; the suite fails without. */
#ifndef TESTS_CONFORMANCE_BENCH_H
#define TESTS_CONFORMANCE_BENCH_H

#include "drivers/driver.h"

#define PROBE_VALUES 4

/* A point whose true value labsim tells. */
struct probe {
    struct driver_point point;
    const char *variable;        /* of labsim's state */
    int bit;                     /* of the variable; -1: all of it */
    bool forced;                 /* labsim can set it; otherwise the driver does, without faults */
    double values[PROBE_VALUES]; /* that it may take, all different; booleans take 0 and 1 */
};

/* What a reply carries of its request: transaction and unit; unit, function and length; nothing. */
enum medium { MEDIUM_TCP = 1, MEDIUM_RTU = 2, MEDIUM_SCPI = 4 };

struct bench {
    const char *name;
    enum medium medium;
    const char *driver;
    const char *argument;   /* labsim's, %s for a directory */
    const char *instrument; /* as labsim calls it */
    const void *options;
    const struct probe *probes;
    size_t probe_count;
    const struct driver_waveform *waveforms;
    size_t waveform_count;
    /* Brings the instrument into the state that the checks need; NULL: it is. */
    int (*prepare)(struct driver_instrument *instrument, struct driver_line *line, int64_t deadline,
                   struct driver_fault *fault);
};

extern const struct bench benches[]; /* ends with a NULL name */

#endif
