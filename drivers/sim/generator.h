/* generator.h - a bench with a circuit on it, and the function generator that drives it.
 *
 * The generator speaks a dialect like the Rigol DG1000Z's (its programming guide names the commands). A scope
 * on the same bench sees the circuit's nodes. */
#ifndef DRIVERS_SIM_GENERATOR_H
#define DRIVERS_SIM_GENERATOR_H

#include "drivers/sim/field.h"
#include "drivers/sim/scpi.h"
#include "drivers/sim/signal.h"

#define BENCH_LABEL_MAX 16
#define BENCH_CHANNELS  4

struct bench {
    struct bench *next;
    char label[BENCH_LABEL_MAX];
    struct signal signal;
    uint16_t circuit_kind; /* enum circuit_kind */
    double source_resistance, resistance, inductance, capacitance;
    double noise;     /* V, deviation at a probe's tip */
    double hum;       /* V, amplitude of the mains on an open probe */
    double probe;     /* attenuation of the probes that are plugged in */
    uint32_t version; /* grows with every change */
};

/* Without a generator the scope sees its own compensation signal, a square of 1 kHz, 0 to 3 V. */
void bench_init(struct bench *bench, const char *label);
void bench_changed(struct bench *bench);
struct circuit bench_circuit(const struct bench *bench);
extern const struct field bench_fields[];
extern const char *const circuit_names[]; /* by enum circuit_kind; ends with NULL */

struct generator {
    struct bench *bench; /* the bench's signal is the generator's setting */
    double load;         /* ohm that amplitudes are stated for; INFINITY: open */
    uint32_t settings;   /* how often a setting was changed */
};

void generator_init(struct generator *generator, struct bench *bench);
extern const struct scpi_kind generator_kind;
extern const struct field generator_fields[];

#endif
