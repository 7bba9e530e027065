/* scope.h - a four-channel oscilloscope in the dialect of the Rigol MSO1000Z/DS1000Z series.
 *
 * Facts about commands, replies, preamble and memory depths: "MSO1000Z/DS1000Z Programming Guide" and "User's
 * Guide", Rigol. The screen has 12 by 8 divisions and 1200 points; a sample is 8 bits, 25 codes a division.
 *
 *     volts = (code - yorigin - yreference) * yincrement
 *
 * Channel 1 is at the generator's terminals, 2 at the circuit's output, 3 across its first element, 4 open.
 * An acquisition remembers how each node answered and when the trigger came; samples are computed when they
 * are asked for, by their number, so that 24 million of them cost no memory and pieces of a record fit
 * together. */
#ifndef DRIVERS_SIM_SCOPE_H
#define DRIVERS_SIM_SCOPE_H

#include "drivers/sim/field.h"
#include "drivers/sim/generator.h"
#include "drivers/sim/scpi.h"
#include "drivers/sim/signal.h"

#define SCOPE_CHANNELS       4
#define SCOPE_SCREEN_POINTS  1200
#define SCOPE_DIVISIONS      12
#define SCOPE_CODES_DIVISION 25
#define SCOPE_REFERENCE      127
#define SCOPE_LEAST_SCALE    1e-3 /* V/div with a probe of 1X */
#define SCOPE_MOST_SCALE     10.0

enum scope_run { SCOPE_STOPPED, SCOPE_RUNNING };
enum scope_sweep { SWEEP_AUTO, SWEEP_NORMAL, SWEEP_SINGLE };
enum scope_coupling { COUPLING_DC, COUPLING_AC, COUPLING_GROUND };
enum scope_acquire { ACQUIRE_NORMAL, ACQUIRE_AVERAGES, ACQUIRE_PEAK, ACQUIRE_HIGH_RESOLUTION };
enum scope_wave_mode { WAVE_NORMAL, WAVE_MAXIMUM, WAVE_RAW };
enum scope_wave_format { WAVE_WORD, WAVE_BYTE, WAVE_ASCII };

struct scope_channel {
    bool display;
    double scale, offset, probe; /* V/div and V at the probe's tip; attenuation that is set */
    int coupling;
    bool bandwidth_limit, invert;
};

struct scope_acquisition {
    bool valid, triggered;
    double trigger_time;            /* s within the signal's period */
    double time_scale, time_offset; /* s/div, s from the trigger to the middle of the screen */
    double sample_rate;             /* Sa/s */
    uint32_t depth;                 /* points */
    uint64_t seed;                  /* of its noise */
    double noise_factor;            /* what averaging leaves of the noise */
    double hum_phase;
    struct scope_channel channel[SCOPE_CHANNELS];
    struct response response[SCOPE_CHANNELS];
};

struct scope {
    struct bench *bench;
    struct scope_channel channel[SCOPE_CHANNELS];
    double time_scale, time_offset;
    int time_mode;
    int trigger_mode, trigger_source, trigger_slope; /* 0-based; 0 rising, 1 falling */
    double trigger_level;
    int sweep, run;
    uint32_t depth; /* 0: automatic */
    int acquire;
    uint32_t averages;
    int wave_source, wave_mode, wave_format;
    uint32_t wave_start, wave_stop;
    int measure_source;

    double now, armed_at; /* s of the monotonic clock */
    bool due;             /* time for an acquisition has passed since the last */
    uint32_t count;       /* acquisitions so far */
    struct scope_acquisition record;
};

void scope_init(struct scope *scope, struct bench *bench);
extern const struct scpi_kind scope_kind;
extern const struct field scope_fields[];

/* --- acquisition (scope.c) --- */

void scope_step(void *scope, double now);
void scope_finish(void *scope);
void scope_arm(struct scope *scope);
/* Takes what a running scope has acquired by now into the record. */
void scope_update(struct scope *scope);
void scope_force(struct scope *scope); /* as if a trigger came now */
bool scope_can_trigger(const struct scope *scope);
double scope_sample_rate(const struct scope *scope, uint32_t depth);
uint32_t scope_depth(const struct scope *scope); /* in points, also when automatic */
bool scope_depth_exists(const struct scope *scope, uint32_t depth);

/* A record as :WAVeform sees it. */
struct scope_view {
    uint32_t points;
    double increment, origin; /* s */
    double step;              /* V a code, :WAVeform:YINCrement */
    int y_origin;             /* codes */
    const struct scope_acquisition *record;
    int channel;
};
void scope_view(const struct scope *scope, int channel, bool deep, struct scope_view *view);
/* The codes of points first to first + count - 1, the same however a record is divided. */
void scope_codes(const struct scope *scope, const struct scope_view *view, uint32_t first, uint32_t count,
                 uint8_t *codes);
double scope_volts(const struct scope_view *view, uint8_t code);

/* --- measurement (scope_measure.c) --- */

/* Of the screen's samples. 9.9E37 where the signal doesn't give the quantity. False: no such item. */
bool scope_measure(const struct scope *scope, const char *item, int channel, double *value);

/* --- commands --- */
extern const struct scpi_command scope_channel_commands[]; /* scope_channel.c */
double scope_offset_limit(const struct scope_channel *channel);
int scope_wave_data(struct scpi_call *call); /* scope_wave.c */
int scope_wave_preamble(struct scpi_call *call);
int scope_wave_part(struct scpi_call *call); /* detail: an index into the preamble */

#endif
