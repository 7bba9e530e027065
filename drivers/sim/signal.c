#include "drivers/sim/signal.h"

#include "drivers/sim/noise.h"

#include <math.h>
#include <stdlib.h>

#define PI             3.14159265358979323846
#define NOISE_SEGMENTS 4096
#define NOISE_SEGMENT  1e-6 /* s */
#define PEAKS_OF_NOISE 6.0  /* peak to peak, in deviations */
#define PULSE_EDGE     20e-9
#define SEARCH_POINTS  2048

static size_t segments_of(const struct signal *signal)
{
    switch (signal->shape) {
    case SHAPE_SQUARE:
    case SHAPE_RAMP:
        return 2;
    case SHAPE_PULSE:
        return 4;
    case SHAPE_NOISE:
        return NOISE_SEGMENTS;
    default:
        return 0;
    }
}

static void lay_out(const struct signal *signal, double period, struct segment *segments)
{
    double top = signal->offset + signal->amplitude / 2, bottom = signal->offset - signal->amplitude / 2;
    double high = period * signal->duty, rise = period * signal->symmetry;
    double edge = fmin(PULSE_EDGE, fmin(high, period - high) / 2);
    switch (signal->shape) {
    case SHAPE_SQUARE:
        segments[0] = (struct segment){0, top, 0};
        segments[1] = (struct segment){high, bottom, 0};
        break;
    case SHAPE_RAMP:
        segments[0] = (struct segment){0, bottom, rise > 0 ? signal->amplitude / rise : 0};
        segments[1] = (struct segment){rise, top, rise < period ? -signal->amplitude / (period - rise) : 0};
        break;
    case SHAPE_PULSE:
        segments[0] = (struct segment){0, bottom, signal->amplitude / edge};
        segments[1] = (struct segment){edge, top, 0};
        segments[2] = (struct segment){high, top, -signal->amplitude / edge};
        segments[3] = (struct segment){high + edge, bottom, 0};
        break;
    case SHAPE_NOISE:
        for (size_t i = 0; i < NOISE_SEGMENTS; i++)
            segments[i] = (struct segment){
                (double)i * NOISE_SEGMENT,
                signal->offset + noise_gaussian(1, i) * signal->amplitude / PEAKS_OF_NOISE, 0};
        break;
    default:
        break;
    }
}

static double segment_end(const struct response *response, size_t i)
{
    return i + 1 < response->segment_count ? response->segments[i + 1].start : response->period;
}

/* The straight part of a pole's answer y' = p y + r u to u = a + b t. */
static double complex forced_part(const struct fractions *fractions, size_t k, const struct segment *segment,
                                  double since)
{
    double complex p = fractions->pole[k];
    return -fractions->residue[k] *
           ((segment->value + segment->slope * since) / p + segment->slope / (p * p));
}

static void solve_pole(struct response *response, size_t k)
{
    double complex p = response->fractions.pole[k], state = 0;
    for (int pass = 0; pass < 2; pass++) {
        /* First from rest, to learn where a period ends; then from where a period must begin. */
        if (pass)
            state = state / (1 - cexp(p * response->period));
        for (size_t i = 0; i < response->segment_count; i++) {
            const struct segment *segment = &response->segments[i];
            double length = segment_end(response, i) - segment->start;
            double complex free = state - forced_part(&response->fractions, k, segment, 0);
            response->free_part[i * response->fractions.count + k] = free;
            state = forced_part(&response->fractions, k, segment, length) + free * cexp(p * length);
        }
    }
}

static double mean_of(const struct response *response)
{
    double area = 0;
    for (size_t i = 0; i < response->segment_count; i++) {
        double length = segment_end(response, i) - response->segments[i].start;
        area += (response->segments[i].value + response->segments[i].slope * length / 2) * length;
    }
    return area / response->period;
}

static int init_pieces(struct response *response, const struct signal *signal,
                       const struct transfer *transfer)
{
    response->segment_count = segments_of(signal);
    response->period = signal->shape == SHAPE_NOISE ? NOISE_SEGMENTS * NOISE_SEGMENT : 1 / signal->frequency;
    transfer_fractions(transfer, &response->fractions);
    response->segments = calloc(response->segment_count, sizeof *response->segments);
    response->free_part = calloc(response->segment_count * POLES_MAX, sizeof *response->free_part);
    if (!response->segments || !response->free_part) {
        response_finish(response);
        return -1;
    }
    lay_out(signal, response->period, response->segments);
    for (size_t k = 0; k < response->fractions.count; k++)
        solve_pole(response, k);
    response->mean = mean_of(response) * transfer->numerator[0] / transfer->denominator[0];
    return 0;
}

int response_init(struct response *response, const struct signal *signal, const struct transfer *transfer)
{
    double at_rest = transfer->numerator[0] / transfer->denominator[0];
    *response = (struct response){0};
    if (!signal->on)
        return 0;
    if (signal->shape == SHAPE_DC) {
        response->mean = signal->offset * at_rest;
        return 0;
    }
    response->shift = signal->phase / 360 / signal->frequency;
    if (signal->shape != SHAPE_SINE)
        return init_pieces(response, signal, transfer);
    double complex gain = transfer_at(transfer, signal->frequency);
    response->mean = signal->offset * at_rest;
    response->period = 1 / signal->frequency;
    response->angular = 2 * PI * signal->frequency;
    response->amplitude = signal->amplitude / 2 * cabs(gain);
    response->phase = carg(gain);
    return 0;
}

void response_finish(struct response *response)
{
    free(response->segments);
    free(response->free_part);
    *response = (struct response){0};
}

static size_t segment_at(const struct response *response, double time)
{
    size_t low = 0, high = response->segment_count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (response->segments[middle].start <= time)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static double within_period(const struct response *response, double time)
{
    double turns = (time + response->shift) / response->period;
    return (turns - floor(turns)) * response->period;
}

/* A number that turns and decays: e^(a t) in steps. */
struct spiral {
    double real, imaginary, turn_real, turn_imaginary;
};

static struct spiral spiral_from(double complex start, double complex turn)
{
    return (struct spiral){creal(start), cimag(start), creal(turn), cimag(turn)};
}

static void spiral_on(struct spiral *spiral)
{
    double real = spiral->real * spiral->turn_real - spiral->imaginary * spiral->turn_imaginary;
    spiral->imaginary = spiral->real * spiral->turn_imaginary + spiral->imaginary * spiral->turn_real;
    spiral->real = real;
}

static void fill_sine(const struct response *response, double time, double step, size_t count, double *values)
{
    double angle = response->angular * within_period(response, time) + response->phase;
    struct spiral spiral =
        spiral_from(response->amplitude * cexp(I * angle), cexp(I * response->angular * step));
    for (size_t i = 0; i < count; i++, spiral_on(&spiral))
        values[i] = response->mean + spiral.imaginary;
}

/* Fills what lies in one segment, at least one value; returns how many. */
static size_t fill_segment(const struct response *response, double time, double step, size_t count,
                           double *values)
{
    double within = within_period(response, time);
    size_t i = segment_at(response, within), poles = response->fractions.count;
    const struct segment *segment = &response->segments[i];
    double since = within - segment->start, room = (segment_end(response, i) - within) / step;
    if (room < (double)count)
        count = room > 1 ? (size_t)room : 1;
    /* The straight part of all poles and of the direct way, as value and slope. */
    double complex straight = response->fractions.direct * (segment->value + segment->slope * since);
    double complex slope = response->fractions.direct * segment->slope;
    struct spiral spirals[POLES_MAX];
    for (size_t k = 0; k < poles; k++) {
        double complex pole = response->fractions.pole[k];
        straight += forced_part(&response->fractions, k, segment, since);
        slope -= response->fractions.residue[k] * segment->slope / pole;
        spirals[k] = spiral_from(response->free_part[i * poles + k] * cexp(pole * since), cexp(pole * step));
    }
    for (size_t n = 0; n < count; n++) {
        values[n] = creal(straight) + creal(slope) * step * (double)n;
        for (size_t k = 0; k < poles; k++) {
            values[n] += spirals[k].real;
            spiral_on(&spirals[k]);
        }
    }
    return count;
}

void response_fill(const struct response *response, double time, double step, size_t count, double *values)
{
    size_t filled = 0;
    if (response->segments) {
        while (filled < count)
            filled +=
                fill_segment(response, time + (double)filled * step, step, count - filled, values + filled);
        return;
    }
    if (response->period > 0) {
        fill_sine(response, time, step, count, values);
        return;
    }
    while (filled < count)
        values[filled++] = response->mean;
}

double response_at(const struct response *response, double time)
{
    double value;
    response_fill(response, time, 1, 1, &value);
    return value;
}

bool response_crossing(const struct response *response, double level, bool rising, double *time)
{
    if (response->period <= 0)
        return false;
    double step = response->period / SEARCH_POINTS, sign = rising ? 1 : -1;
    double before = sign * (response_at(response, 0) - level);
    for (int i = 1; i <= SEARCH_POINTS; i++) {
        double after = sign * (response_at(response, i * step) - level);
        if (before < 0 && after >= 0) {
            double low = (i - 1) * step, high = i * step;
            for (int halving = 0; halving < 50; halving++) {
                double middle = (low + high) / 2;
                if (sign * (response_at(response, middle) - level) < 0)
                    low = middle;
                else
                    high = middle;
            }
            *time = high;
            return true;
        }
        before = after;
    }
    return false;
}
