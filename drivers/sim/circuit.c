#include "drivers/sim/circuit.h"

#include <math.h>
#include <string.h>

#define PI 3.14159265358979323846

void circuit_transfer(const struct circuit *circuit, enum circuit_node node, struct transfer *transfer)
{
    double r = circuit->resistance, l = circuit->inductance, c = circuit->capacitance;
    double all = circuit->source_resistance + r;
    /* The voltage across each element of the series chain, times the chain's common denominator. */
    const double across_r[3] = {0, r * c, 0}, across_c[3] = {1, 0, 0}, across_lc[3] = {1, 0, l * c};
    const double across_l[3] = {0, 0, l * c}, terminals_rc[3] = {1, r * c, 0},
                 terminals_rlc[3] = {1, r * c, l * c};
    const double chain_rc[3] = {1, all * c, 0}, chain_rlc[3] = {1, all * c, l * c}, nothing[3] = {0, 0, 0};
    const struct {
        const double *denominator, *node[NODES];
    } shapes[CIRCUIT_KINDS] = {
        [CIRCUIT_RC_LOWPASS] = {chain_rc,  {terminals_rc, across_c, across_r, nothing}  },
        [CIRCUIT_RC_HIGHPASS] = {chain_rc,  {terminals_rc, across_r, across_c, nothing}  },
        [CIRCUIT_RLC_LOWPASS] = {chain_rlc, {terminals_rlc, across_c, across_r, nothing} },
        [CIRCUIT_RLC_BANDPASS] = {chain_rlc, {terminals_rlc, across_r, across_l, nothing} },
        [CIRCUIT_RLC_NOTCH] = {chain_rlc, {terminals_rlc, across_lc, across_r, nothing}},
    };
    memcpy(transfer->denominator, shapes[circuit->kind].denominator, sizeof transfer->denominator);
    memcpy(transfer->numerator, shapes[circuit->kind].node[node], sizeof transfer->numerator);
}

static double complex polynomial(const double coefficients[3], double complex s)
{
    return coefficients[0] + s * (coefficients[1] + s * coefficients[2]);
}

double complex transfer_at(const struct transfer *transfer, double frequency)
{
    double complex s = 2 * PI * frequency * I;
    return polynomial(transfer->numerator, s) / polynomial(transfer->denominator, s);
}

void transfer_fractions(const struct transfer *transfer, struct fractions *fractions)
{
    const double *n = transfer->numerator, *d = transfer->denominator;
    size_t degree = d[2] != 0 ? 2 : d[1] != 0 ? 1 : 0;
    *fractions = (struct fractions){.direct = n[degree] / d[degree], .count = degree};
    if (degree == 1)
        fractions->pole[0] = -d[0] / d[1];
    if (degree == 2) {
        double discriminant = d[1] * d[1] - 4 * d[2] * d[0], scale = d[1] * d[1] + 4 * fabs(d[2] * d[0]);
        if (fabs(discriminant) < 1e-12 * scale)
            discriminant = 1e-12 * scale;
        double complex root = csqrt(discriminant);
        fractions->pole[0] = (-d[1] + root) / (2 * d[2]);
        fractions->pole[1] = (-d[1] - root) / (2 * d[2]);
    }
    double rest[3];
    for (size_t i = 0; i < 3; i++)
        rest[i] = n[i] - fractions->direct * d[i];
    for (size_t i = 0; i < degree; i++) {
        double complex slope = d[1] + 2 * d[2] * fractions->pole[i];
        fractions->residue[i] = polynomial(rest, fractions->pole[i]) / slope;
    }
}
