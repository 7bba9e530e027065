#include "drivers/sim/scope.h"

#include "drivers/sim/noise.h"

#include <math.h>
#include <string.h>

#define PI             3.14159265358979323846
#define FASTEST        1e9 /* Sa/s with one channel */
#define DIVISION_NOISE 0.01
#define SHORTEST_CYCLE 0.02 /* s between acquisitions of a running scope */
#define MAINS          50.0

void scope_finish(void *state)
{
    struct scope *scope = state;
    for (int i = 0; i < SCOPE_CHANNELS; i++)
        response_finish(&scope->record.response[i]);
}

static int channels_on(const struct scope *scope)
{
    int on = 0;
    for (int i = 0; i < SCOPE_CHANNELS; i++)
        on += scope->channel[i].display;
    return on;
}

/* Channels share the memory and the converter: one has all, two have half, three or four a quarter. */
static uint32_t sharing(const struct scope *scope)
{
    int on = channels_on(scope);
    return on <= 1 ? 1 : on == 2 ? 2 : 4;
}

static const uint32_t full_depths[] = {12000, 120000, 1200000, 12000000, 24000000};
#define STANDARD_DEPTHS 4 /* of them are chosen automatically; the last is the option */
#define DEPTHS          (sizeof full_depths / sizeof *full_depths)

bool scope_depth_exists(const struct scope *scope, uint32_t depth)
{
    for (size_t i = 0; i < DEPTHS; i++)
        if (depth == full_depths[i] / sharing(scope))
            return true;
    return depth == 0;
}

double scope_sample_rate(const struct scope *scope, uint32_t depth)
{
    return fmin(depth / (scope->time_scale * SCOPE_DIVISIONS), FASTEST / sharing(scope));
}

uint32_t scope_depth(const struct scope *scope)
{
    if (scope->depth && scope_depth_exists(scope, scope->depth))
        return scope->depth;
    double screen = scope->time_scale * SCOPE_DIVISIONS * FASTEST / sharing(scope);
    uint32_t depth = 0;
    for (size_t i = 0; i < STANDARD_DEPTHS && depth < screen; i++)
        depth = full_depths[i] / sharing(scope);
    return depth;
}

/* --- what the probes see --- */

static int node_response(const struct bench *bench, int channel, struct response *response)
{
    struct transfer transfer;
    struct circuit circuit = bench_circuit(bench);
    circuit_transfer(&circuit, (enum circuit_node)channel, &transfer);
    return response_init(response, &bench->signal, &transfer);
}

/* From the probe's tip to the number on the screen: the probe divides, the setting multiplies. */
static double probe_gain(const struct scope *scope, const struct scope_channel *channel)
{
    return channel->probe / scope->bench->probe * (channel->invert ? -1 : 1);
}

static double coupled_mean(const struct scope_channel *channel, const struct response *response)
{
    return channel->coupling == COUPLING_AC ? response->mean : 0;
}

static bool find_trigger(const struct scope *scope, double *time)
{
    const struct scope_channel *channel = &scope->channel[scope->trigger_source];
    struct response response;
    if (channel->coupling == COUPLING_GROUND || node_response(scope->bench, scope->trigger_source, &response))
        return false;
    double gain = probe_gain(scope, channel);
    double level = scope->trigger_level / gain + coupled_mean(channel, &response);
    bool rising = (scope->trigger_slope == 0) == (gain > 0);
    bool found = response_crossing(&response, level, rising, time);
    response_finish(&response);
    return found;
}

bool scope_can_trigger(const struct scope *scope)
{
    double time;
    return find_trigger(scope, &time);
}

/* --- acquisition --- */

static double noise_left(const struct scope *scope)
{
    if (scope->acquire == ACQUIRE_AVERAGES)
        return 1 / sqrt(scope->averages);
    return scope->acquire == ACQUIRE_HIGH_RESOLUTION ? 0.25 : 1;
}

static void acquire(struct scope *scope, bool triggered, double trigger_time)
{
    struct scope_acquisition *record = &scope->record;
    scope_finish(scope);
    scope->count++;
    *record = (struct scope_acquisition){
        .valid = true,
        .triggered = triggered,
        .trigger_time = trigger_time,
        .time_scale = scope->time_scale,
        .time_offset = scope->time_offset,
        .depth = scope_depth(scope),
        .seed = noise_hash((uint64_t)(uintptr_t)scope->count * 4 + 1),
        .noise_factor = noise_left(scope),
        .hum_phase = 2 * PI * MAINS * scope->now,
    };
    record->sample_rate = scope_sample_rate(scope, record->depth);
    memcpy(record->channel, scope->channel, sizeof record->channel);
    for (int i = 0; i < SCOPE_CHANNELS; i++)
        (void)node_response(scope->bench, i,
                            &record->response[i]); /* without memory the probe shows nothing */
    scope->due = false;
    scope->armed_at = scope->now;
    if (scope->sweep == SWEEP_SINGLE)
        scope->run = SCOPE_STOPPED;
}

void scope_arm(struct scope *scope)
{
    scope->run = SCOPE_RUNNING;
    scope->armed_at = scope->now;
    scope->due = false;
}

void scope_force(struct scope *scope)
{
    struct noise chance = {scope->count};
    double period = scope->bench->signal.frequency > 0 ? 1 / scope->bench->signal.frequency : 0;
    acquire(scope, false, noise_fraction(&chance) * period);
}

void scope_update(struct scope *scope)
{
    double time;
    if (scope->run != SCOPE_RUNNING || (!scope->due && scope->record.valid))
        return;
    if (find_trigger(scope, &time))
        acquire(scope, true, time);
    else if (scope->sweep == SWEEP_AUTO)
        scope_force(scope);
}

/* A single shot is taken as soon as it can be; a running scope's record only when somebody looks. */
void scope_step(void *state, double now)
{
    struct scope *scope = state;
    scope->now = now;
    if (scope->run != SCOPE_RUNNING)
        return;
    double cycle = fmax(scope->time_scale * SCOPE_DIVISIONS, SHORTEST_CYCLE);
    if (now - scope->armed_at >= cycle) {
        scope->due = true;
        if (scope->sweep == SWEEP_SINGLE)
            scope_update(scope);
    }
}

/* --- samples --- */

void scope_view(const struct scope *scope, int channel, bool deep, struct scope_view *view)
{
    const struct scope_acquisition *record = &scope->record;
    const struct scope_channel *settings = &record->channel[channel];
    double middle = record->time_offset;
    *view = (struct scope_view){.record = record, .channel = channel};
    view->points = deep ? record->depth : SCOPE_SCREEN_POINTS;
    view->increment =
        deep ? 1 / record->sample_rate : record->time_scale * SCOPE_DIVISIONS / SCOPE_SCREEN_POINTS;
    view->origin = middle - view->points / 2.0 * view->increment;
    view->step = settings->scale / SCOPE_CODES_DIVISION;
    view->y_origin = (int)lround(settings->offset / view->step);
}

/* Samples are computed in blocks that begin at fixed points, so that rounding doesn't depend on who asks for
 * what. */
#define BLOCK 256

static void fill_block(const struct scope *scope, const struct scope_view *view, uint32_t first,
                       double *volts)
{
    const struct scope_acquisition *record = view->record;
    const struct scope_channel *channel = &record->channel[view->channel];
    const struct response *response = &record->response[view->channel];
    double time = view->origin + first * view->increment, gain = probe_gain(scope, channel);
    double noise_tip = scope->bench->noise * gain;
    if (channel->coupling == COUPLING_GROUND) {
        memset(volts, 0, BLOCK * sizeof *volts);
        noise_tip = 0;
    } else {
        response_fill(response, record->trigger_time + time, view->increment, BLOCK, volts);
    }
    double mean = coupled_mean(channel, response);
    double deviation = hypot(DIVISION_NOISE * channel->scale, noise_tip) * record->noise_factor;
    bool hum = view->channel == NODE_OPEN && channel->coupling != COUPLING_GROUND;
    for (uint32_t i = 0; i < BLOCK; i++) {
        if (hum)
            volts[i] +=
                scope->bench->hum * sin(2 * PI * MAINS * (time + i * view->increment) + record->hum_phase);
        volts[i] = (volts[i] - mean) * gain +
                   deviation * noise_gaussian(record->seed + (uint64_t)view->channel, first + i);
    }
}

/* `code` is half a code too high, for rounding. */
static uint8_t quantised(double code)
{
    return code < 0 ? 0 : code >= 256 ? 255 : (uint8_t)code;
}

void scope_codes(const struct scope *scope, const struct scope_view *view, uint32_t first, uint32_t count,
                 uint8_t *codes)
{
    double volts[BLOCK], codes_a_volt = 1 / view->step, zero = view->y_origin + SCOPE_REFERENCE + 0.5;
    uint32_t end = first + count;
    for (uint32_t block = first - first % BLOCK; block < end; block += BLOCK) {
        fill_block(scope, view, block, volts);
        for (uint32_t i = block < first ? first - block : 0; i < BLOCK && block + i < end; i++)
            codes[block + i - first] = quantised(volts[i] * codes_a_volt + zero);
    }
}

double scope_volts(const struct scope_view *view, uint8_t code)
{
    return (code - view->y_origin - SCOPE_REFERENCE) * view->step;
}
