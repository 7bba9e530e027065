/* circuit.h - the passive circuits on a bench, from component values to transfer functions.
 *
 * The generator drives the circuit through its source resistance. A node's voltage over the generator's
 * open-circuit voltage is a ratio of polynomials in s of degree two at most, by Kirchhoff's laws. SI units.
 */
#ifndef DRIVERS_SIM_CIRCUIT_H
#define DRIVERS_SIM_CIRCUIT_H

#include <complex.h>
#include <stddef.h>

enum circuit_kind {
    CIRCUIT_RC_LOWPASS,   /* R in series, output across C */
    CIRCUIT_RC_HIGHPASS,  /* C in series, output across R */
    CIRCUIT_RLC_LOWPASS,  /* R and L in series, output across C */
    CIRCUIT_RLC_BANDPASS, /* L and C in series, output across R */
    CIRCUIT_RLC_NOTCH,    /* R in series, output across L and C in series */
    CIRCUIT_KINDS,
};

enum circuit_node {
    NODE_INPUT,  /* the generator's terminals */
    NODE_OUTPUT, /* what the circuit is built for */
    NODE_INNER,  /* across the first element: its voltage by a differential probe */
    NODE_OPEN,   /* nothing connected */
    NODES,
};

struct circuit {
    enum circuit_kind kind;
    double source_resistance, resistance, inductance, capacitance;
};

/* Ascending powers of s. */
struct transfer {
    double numerator[3], denominator[3];
};

void circuit_transfer(const struct circuit *circuit, enum circuit_node node, struct transfer *transfer);
double complex transfer_at(const struct transfer *transfer, double frequency);

#define POLES_MAX 2

/* transfer(s) = direct + sum of residue / (s - pole). Coinciding poles are taken apart by a millionth. */
struct fractions {
    double direct;
    size_t count;
    double complex pole[POLES_MAX], residue[POLES_MAX];
};
void transfer_fractions(const struct transfer *transfer, struct fractions *fractions);

#endif
