/* signal.h - a generator's signal, and what becomes of it behind a linear circuit, exactly.
 *
 * A sine keeps its shape and changes amplitude and phase. Every other shape is a chain of straight pieces
 * that repeats, and the circuit's steady answer to it is, for each pole, a straight piece plus a decaying (or
 * ringing) exponential whose start is found from the condition that the answer repeats too. No integration
 * step, no truncated series. */
#ifndef DRIVERS_SIM_SIGNAL_H
#define DRIVERS_SIM_SIGNAL_H

#include "drivers/sim/circuit.h"

#include <stdbool.h>

enum signal_shape { SHAPE_SINE, SHAPE_SQUARE, SHAPE_RAMP, SHAPE_PULSE, SHAPE_NOISE, SHAPE_DC };

struct signal {
    bool on;
    enum signal_shape shape;
    double frequency, amplitude, offset, phase; /* Hz, V peak to peak, V, degrees */
    double duty, symmetry; /* 0 to 1: high part of square and pulse, rising part of ramp */
};

struct segment {
    double start, value, slope; /* s within the period, V, V/s */
};

/* How one node answers to a signal. */
struct response {
    double period; /* s; 0: constant */
    double mean;   /* V */
    double shift;  /* s, of the generator's phase */
    /* Sine. */
    double amplitude, phase, angular; /* V peak, rad, rad/s */
    /* Pieces. */
    size_t segment_count;
    struct segment *segments;  /* owned */
    double complex *free_part; /* segment_count * fractions.count coefficients, owned */
    struct fractions fractions;
};

/* -1: no memory; the response is then silent. Ends with response_finish. */
int response_init(struct response *response, const struct signal *signal, const struct transfer *transfer);
void response_finish(struct response *response);
double response_at(const struct response *response, double time);
/* The same at `time`, `time + step`, ...: each exponential and sine goes on from the one before. */
void response_fill(const struct response *response, double time, double step, size_t count, double *values);

/* The first time within a period at which the response passes `level`, rising or falling. False: it doesn't.
 */
bool response_crossing(const struct response *response, double level, bool rising, double *time);

#endif
