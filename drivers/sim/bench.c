#include "drivers/sim/generator.h"

#include <stdio.h>

void bench_init(struct bench *bench, const char *label)
{
    *bench = (struct bench){
        .signal = {.on = true,
                   .shape = SHAPE_SQUARE,
                   .frequency = 1000,
                   .amplitude = 3,
                   .offset = 1.5,
                   .duty = 0.5,
                   .symmetry = 0.5},
        .circuit_kind = CIRCUIT_RC_LOWPASS,
        .source_resistance = 50,
        .resistance = 1000,
        .inductance = 10e-3,
        .capacitance = 100e-9,
        .noise = 1e-3,
        .hum = 0.05,
        .probe = 10,
    };
    snprintf(bench->label, sizeof bench->label, "%s", label);
}

void bench_changed(struct bench *bench)
{
    bench->version++;
}

struct circuit bench_circuit(const struct bench *bench)
{
    return (struct circuit){(enum circuit_kind)bench->circuit_kind, bench->source_resistance,
                            bench->resistance, bench->inductance, bench->capacitance};
}

const char *const circuit_names[] = {
    [CIRCUIT_RC_LOWPASS] = "rc-lowpass",   [CIRCUIT_RC_HIGHPASS] = "rc-highpass",
    [CIRCUIT_RLC_LOWPASS] = "rlc-lowpass", [CIRCUIT_RLC_BANDPASS] = "rlc-bandpass",
    [CIRCUIT_RLC_NOTCH] = "rlc-notch",     [CIRCUIT_KINDS] = NULL,
};

#define OF(member, type) FIELD(struct bench, member, type)

const struct field bench_fields[] = {
    {OF(circuit_kind, WORD),           0,                      CIRCUIT_KINDS - 1},
    {OF(source_resistance,               REAL),           0,              1e6},
    {OF(resistance,            REAL),                           1e-3,                        1e9},
    {OF(inductance,           REAL),1e-12,1e3},
    {OF(capacitance,REAL),              1e-15,                                      1},
    {OF(noise,  REAL),             0,                 10},
    {OF(hum,               REAL),                       0,                                       10},
    {OF(probe,             REAL),                            0.1,                             1000},
    {OF(signal.on,              FLAG),     0,0},
    {OF(signal.frequency,REAL),0,0},
    {OF(signal.amplitude,    REAL), 0,                  0},
    {OF(signal.offset,               REAL),            0,                                0},
    {FIELDS_END,              0,                             0                                                            },
};
