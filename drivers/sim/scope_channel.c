/* The :CHANnel subsystem. */
#include "drivers/sim/scope.h"

#include <math.h>

#define SMALL_OFFSET 2.0 /* V at 1X, for scales below COARSE_SCALE */
#define LARGE_OFFSET 100.0
#define COARSE_SCALE 0.5

static const char *const bandwidths[] = {"OFF", "20M", NULL};
static const char *const couplings[] = {"DC", "AC", "GND", NULL};
/* --- channels --- */

static int channel_of(struct scpi_call *call, struct scope_channel **channel)
{
    struct scope *scope = call->state;
    if (call->suffix[0] < 1 || call->suffix[0] > SCOPE_CHANNELS)
        return SCPI_SUFFIX_OUT_OF_RANGE;
    *channel = &scope->channel[call->suffix[0] - 1];
    return SCPI_OK;
}

static int set_display(struct scpi_call *call)
{
    struct scope_channel *channel;
    int error = channel_of(call, &channel);
    return error ? error : scpi_boolean(call, 0, &channel->display);
}

static int show_display(struct scpi_call *call)
{
    struct scope_channel *channel;
    int error = channel_of(call, &channel);
    if (!error)
        scpi_text_print(call->reply, "%d", channel->display);
    return error;
}

double scope_offset_limit(const struct scope_channel *channel)
{
    return channel->probe * (channel->scale < COARSE_SCALE * channel->probe ? SMALL_OFFSET : LARGE_OFFSET);
}

static int set_scale(struct scpi_call *call)
{
    struct scope_channel *channel;
    int error = channel_of(call, &channel);
    if (error)
        return error;
    const struct scpi_range range = {SCOPE_LEAST_SCALE * channel->probe, SCOPE_MOST_SCALE * channel->probe,
                                     channel->probe};
    error = scpi_number(call, 0, &range, &channel->scale);
    double limit = scope_offset_limit(channel);
    channel->offset = fmax(-limit, fmin(channel->offset, limit));
    return error;
}

static int show_scale(struct scpi_call *call)
{
    struct scope_channel *channel;
    int error = channel_of(call, &channel);
    if (!error)
        scpi_text_print(call->reply, "%.6e", channel->scale);
    return error;
}

static int set_offset(struct scpi_call *call)
{
    struct scope_channel *channel;
    int error = channel_of(call, &channel);
    if (error)
        return error;
    const struct scpi_range range = {-scope_offset_limit(channel), scope_offset_limit(channel), 0};
    return scpi_number(call, 0, &range, &channel->offset);
}

static int show_offset(struct scpi_call *call)
{
    struct scope_channel *channel;
    int error = channel_of(call, &channel);
    if (!error)
        scpi_text_print(call->reply, "%.6e", channel->offset);
    return error;
}

/* Volts a division are the probe's tip's: a new attenuation scales them. */
static int set_probe(struct scpi_call *call)
{
    static const double ratios[] = {0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1,   2,
                                    5,    10,   20,   50,  100, 200, 500, 1000};
    struct scope_channel *channel;
    double value;
    int error = channel_of(call, &channel);
    if (!error)
        error = scpi_number(call, 0, &(struct scpi_range){0.01, 1000, 10}, &value);
    if (error)
        return error;
    for (size_t i = 0; i < sizeof ratios / sizeof *ratios; i++)
        if (fabs(value - ratios[i]) < 1e-9) {
            channel->scale *= value / channel->probe;
            channel->offset *= value / channel->probe;
            channel->probe = value;
            return SCPI_OK;
        }
    return SCPI_ILLEGAL_VALUE;
}

static int show_probe(struct scpi_call *call)
{
    struct scope_channel *channel;
    int error = channel_of(call, &channel);
    if (!error)
        scpi_text_print(call->reply, "%g", channel->probe);
    return error;
}

static int set_coupling(struct scpi_call *call)
{
    struct scope_channel *channel;
    int error = channel_of(call, &channel);
    return error ? error : scpi_choice(call, 0, couplings, &channel->coupling);
}

static int show_coupling(struct scpi_call *call)
{
    struct scope_channel *channel;
    int error = channel_of(call, &channel);
    if (!error)
        scpi_text_print(call->reply, "%s", couplings[channel->coupling]);
    return error;
}

static int set_bandwidth(struct scpi_call *call)
{
    struct scope_channel *channel;
    int choice, error = channel_of(call, &channel);
    if (!error)
        error = scpi_choice(call, 0, bandwidths, &choice);
    if (!error)
        channel->bandwidth_limit = choice;
    return error;
}

static int show_bandwidth(struct scpi_call *call)
{
    struct scope_channel *channel;
    int error = channel_of(call, &channel);
    if (!error)
        scpi_text_print(call->reply, "%s", bandwidths[channel->bandwidth_limit]);
    return error;
}

static int set_invert(struct scpi_call *call)
{
    struct scope_channel *channel;
    int error = channel_of(call, &channel);
    return error ? error : scpi_boolean(call, 0, &channel->invert);
}

static int show_invert(struct scpi_call *call)
{
    struct scope_channel *channel;
    int error = channel_of(call, &channel);
    if (!error)
        scpi_text_print(call->reply, "%d", channel->invert);
    return error;
}

const struct scpi_command scope_channel_commands[] = {
    {":CHANnel#:DISPlay",  set_display,   show_display,   1, 1, NULL},
    {":CHANnel#:SCALe",    set_scale,     show_scale,     1, 1, NULL},
    {":CHANnel#:OFFSet",   set_offset,    show_offset,    1, 1, NULL},
    {":CHANnel#:PROBe",    set_probe,     show_probe,     1, 1, NULL},
    {":CHANnel#:COUPling", set_coupling,  show_coupling,  1, 1, NULL},
    {":CHANnel#:BWLimit",  set_bandwidth, show_bandwidth, 1, 1, NULL},
    {":CHANnel#:INVert",   set_invert,    show_invert,    1, 1, NULL},
    {NULL,                 NULL,          NULL,           0, 0, NULL},
};
