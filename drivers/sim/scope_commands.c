/* The scope's commands, as a table. Ranges and words are those of the programming guide. */
#include "drivers/sim/scope.h"

#include <math.h>
#include <string.h>

static const struct scpi_range time_scale_range = {5e-9, 50, 1e-6}, time_offset_range = {-1e3, 1e3, 0},
                               averages_range = {2, 1024, 2}, points_range = {1, 24000000, 1};

static const char *const slopes[] = {"POSitive", "NEGative", "RFALl", NULL};
static const char *const sweeps[] = {"AUTO", "NORMal", "SINGle", NULL};
static const char *const acquires[] = {"NORMal", "AVERages", "PEAK", "HRESolution", NULL};
static const char *const time_modes[] = {"MAIN", "XY", "ROLL", NULL};
static const char *const wave_modes[] = {"NORMal", "MAXimum", "RAW", NULL};
static const char *const wave_formats[] = {"WORD", "BYTE", "ASCii", NULL};
static const char *const trigger_modes[] = {"EDGE", NULL};
static const char *const sources[] = {"CHANnel1", "CHANnel2", "CHANnel3", "CHANnel4", NULL};

/* --- rows that are one word or one number --- */

struct word_setting {
    size_t offset; /* of an int in struct scope */
    const char *const *words;
};

static int *word_of(struct scpi_call *call)
{
    const struct word_setting *setting = call->command->detail;
    return (int *)(void *)((char *)call->state + setting->offset);
}

static int set_word(struct scpi_call *call)
{
    const struct word_setting *setting = call->command->detail;
    return scpi_choice(call, 0, setting->words, word_of(call));
}

static int show_word(struct scpi_call *call)
{
    const struct word_setting *setting = call->command->detail;
    char text[16];
    scpi_short_form(setting->words[*word_of(call)], text, sizeof text);
    /* A channel is answered in short form with its number. */
    scpi_text_print(call->reply, "%s", text);
    if (setting->words == sources)
        scpi_text_print(call->reply, "%d", *word_of(call) + 1);
    return SCPI_OK;
}

struct number_setting {
    size_t offset; /* of a double in struct scope */
    const struct scpi_range *range;
};

static int set_number(struct scpi_call *call)
{
    const struct number_setting *setting = call->command->detail;
    double value;
    int error = scpi_number(call, 0, setting->range, &value);
    if (!error)
        field_set(call->state, FIELD_REAL, setting->offset, value);
    return error;
}

static int show_number(struct scpi_call *call)
{
    const struct number_setting *setting = call->command->detail;
    scpi_text_print(call->reply, "%.7e", field_get(call->state, FIELD_REAL, setting->offset));
    return SCPI_OK;
}

static int set_count(struct scpi_call *call)
{
    const struct number_setting *setting = call->command->detail;
    double value;
    int error = scpi_number(call, 0, setting->range, &value);
    if (!error)
        field_set(call->state, FIELD_COUNT, setting->offset, value);
    return error;
}

static int show_count(struct scpi_call *call)
{
    const struct number_setting *setting = call->command->detail;
    scpi_text_print(call->reply, "%.0f", field_get(call->state, FIELD_COUNT, setting->offset));
    return SCPI_OK;
}

/* --- running --- */

static int run(struct scpi_call *call)
{
    struct scope *scope = call->state;
    if (scope->sweep == SWEEP_SINGLE)
        scope->sweep = SWEEP_AUTO;
    scope_arm(scope);
    return SCPI_OK;
}

static int stop(struct scpi_call *call)
{
    struct scope *scope = call->state;
    scope_update(scope);
    scope->run = SCOPE_STOPPED;
    return SCPI_OK;
}

static int single(struct scpi_call *call)
{
    struct scope *scope = call->state;
    scope->sweep = SWEEP_SINGLE;
    scope_arm(scope);
    return SCPI_OK;
}

static int force_trigger(struct scpi_call *call)
{
    struct scope *scope = call->state;
    if (scope->run == SCOPE_RUNNING)
        scope_force(scope);
    return SCPI_OK;
}

/* Finds settings that show the signal: three periods or more, six divisions high, trigger at the middle. */
static int autoscale(struct scpi_call *call)
{
    struct scope *scope = call->state;
    const struct signal *signal = &scope->bench->signal;
    static const double steps[] = {10, 5, 2, 1};
    double wanted = signal->on && signal->frequency > 0 ? 3 / signal->frequency / SCOPE_DIVISIONS : 1e-3;
    double decade = pow(10, floor(log10(wanted)));
    for (size_t i = 0; i < 4 && steps[i] * decade >= wanted * 0.999; i++)
        scope->time_scale = fmin(fmax(steps[i] * decade, time_scale_range.minimum), time_scale_range.maximum);
    scope->time_offset = 0;
    scope->sweep = SWEEP_AUTO;
    scope->trigger_source = 0;
    scope->trigger_slope = 0;
    scope->trigger_level = signal->offset * scope->channel[0].probe / scope->bench->probe;
    for (int i = 0; i < SCOPE_CHANNELS; i++) {
        struct scope_channel *channel = &scope->channel[i];
        double height = fmax(signal->amplitude, 0.01) * channel->probe / scope->bench->probe / 6;
        channel->scale =
            fmin(fmax(height, SCOPE_LEAST_SCALE * channel->probe), SCOPE_MOST_SCALE * channel->probe);
        double limit = scope_offset_limit(channel);
        channel->offset = fmax(-limit, fmin(-scope->trigger_level, limit));
        channel->coupling = COUPLING_DC;
        channel->display = i < 2;
    }
    scope_arm(scope);
    scope->due = true;
    return SCPI_OK;
}

static int show_status(struct scpi_call *call)
{
    struct scope *scope = call->state;
    const char *status = "STOP";
    if (scope->run == SCOPE_RUNNING) {
        bool triggers = scope_can_trigger(scope);
        bool filling = scope->now - scope->armed_at < scope->time_scale * SCOPE_DIVISIONS && !scope->due;
        status = triggers                     ? (filling && scope->sweep == SWEEP_SINGLE ? "RUN" : "TD")
                 : scope->sweep == SWEEP_AUTO ? "AUTO"
                                              : "WAIT";
    }
    scpi_text_print(call->reply, "%s", status);
    return SCPI_OK;
}

static int set_sweep(struct scpi_call *call)
{
    struct scope *scope = call->state;
    int error = scpi_choice(call, 0, sweeps, &scope->sweep);
    if (!error && scope->sweep == SWEEP_SINGLE)
        scope_arm(scope);
    return error;
}

static int show_sweep(struct scpi_call *call)
{
    static const char *const words[] = {"AUTO", "NORM", "SING"};
    scpi_text_print(call->reply, "%s", words[((struct scope *)call->state)->sweep]);
    return SCPI_OK;
}

static int set_level(struct scpi_call *call)
{
    struct scope *scope = call->state;
    const struct scope_channel *channel = &scope->channel[scope->trigger_source];
    const struct scpi_range range = {-5 * channel->scale - channel->offset,
                                     5 * channel->scale - channel->offset, 0};
    return scpi_number(call, 0, &range, &scope->trigger_level);
}

/* --- acquisition --- */

static int set_depth(struct scpi_call *call)
{
    struct scope *scope = call->state;
    double value = 0;
    if (call->parameter_count && strcasecmp(call->parameters[0], "AUTO") != 0) {
        int error = scpi_number(call, 0, &points_range, &value);
        if (error)
            return error;
    }
    if (scope->run != SCOPE_RUNNING)
        return SCPI_SETTINGS_CONFLICT; /* the guide: memory depth is set while running */
    if (!scope_depth_exists(scope, (uint32_t)value))
        return SCPI_ILLEGAL_VALUE;
    scope->depth = (uint32_t)value;
    return SCPI_OK;
}

static int show_depth(struct scpi_call *call)
{
    const struct scope *scope = call->state;
    if (scope->depth)
        scpi_text_print(call->reply, "%u", scope->depth);
    else
        scpi_text_print(call->reply, "AUTO");
    return SCPI_OK;
}

static int show_rate(struct scpi_call *call)
{
    const struct scope *scope = call->state;
    scpi_text_print(call->reply, "%.6e", scope_sample_rate(scope, scope_depth(scope)));
    return SCPI_OK;
}

static int set_averages(struct scpi_call *call)
{
    struct scope *scope = call->state;
    double value;
    int error = scpi_number(call, 0, &averages_range, &value);
    if (error)
        return error;
    uint32_t count = (uint32_t)value;
    if (count & (count - 1))
        return SCPI_ILLEGAL_VALUE; /* powers of two */
    scope->averages = count;
    return SCPI_OK;
}

/* --- measurement: ITEM? <item>[,<source>] --- */

static int measure(struct scpi_call *call)
{
    struct scope *scope = call->state;
    int source = scope->measure_source;
    double value;
    if (call->parameter_count < 1)
        return SCPI_MISSING;
    int error = call->parameter_count > 1 ? scpi_choice(call, 1, sources, &source) : SCPI_OK;
    if (error)
        return error;
    scope_update(scope);
    if (!scope_measure(scope, call->parameters[0], source, &value))
        return SCPI_ILLEGAL_VALUE;
    scpi_text_print(call->reply, "%.6e", value);
    return SCPI_OK;
}

static const int part_numbers[] = {4, 5, 6, 7, 8, 9};
#define WORD(member, words)                                                                                  \
    &(const struct word_setting)                                                                             \
    {                                                                                                        \
        offsetof(struct scope, member), words                                                                \
    }
#define NUMBER(member, range)                                                                                \
    &(const struct number_setting)                                                                           \
    {                                                                                                        \
        offsetof(struct scope, member), range                                                                \
    }

/* clang-format off */
static const struct scpi_command commands[] = {
    {":RUN",                    run,           NULL,                0, 0, NULL},
    {":STOP",                   stop,          NULL,                0, 0, NULL},
    {":SINGle",                 single,        NULL,                0, 0, NULL},
    {":TFORce",                 force_trigger, NULL,                0, 0, NULL},
    {":AUToscale",              autoscale,     NULL,                0, 0, NULL},
    {":TIMebase[:MAIN]:SCALe",  set_number,    show_number,         1, 1, NUMBER(time_scale, &time_scale_range)},
    {":TIMebase[:MAIN]:OFFSet", set_number,    show_number,         1, 1, NUMBER(time_offset, &time_offset_range)},
    {":TIMebase:MODE",          set_word,      show_word,           1, 1, WORD(time_mode, time_modes)},
    {":TRIGger:MODE",           set_word,      show_word,           1, 1, WORD(trigger_mode, trigger_modes)},
    {":TRIGger:EDGE:SOURce",    set_word,      show_word,           1, 1, WORD(trigger_source, sources)},
    {":TRIGger:EDGE:SLOPe",     set_word,      show_word,           1, 1, WORD(trigger_slope, slopes)},
    {":TRIGger:EDGE:LEVel",     set_level,     show_number,         1, 1, NUMBER(trigger_level, NULL)},
    {":TRIGger:SWEep",          set_sweep,     show_sweep,          1, 1, NULL},
    {":TRIGger:STATus",         NULL,          show_status,         0, 0, NULL},
    {":ACQuire:MDEPth",         set_depth,     show_depth,          1, 1, NULL},
    {":ACQuire:SRATe",          NULL,          show_rate,           0, 0, NULL},
    {":ACQuire:TYPE",           set_word,      show_word,           1, 1, WORD(acquire, acquires)},
    {":ACQuire:AVERages",       set_averages,  show_count,          1, 1, NUMBER(averages, NULL)},
    {":WAVeform:SOURce",        set_word,      show_word,           1, 1, WORD(wave_source, sources)},
    {":WAVeform:MODE",          set_word,      show_word,           1, 1, WORD(wave_mode, wave_modes)},
    {":WAVeform:FORMat",        set_word,      show_word,           1, 1, WORD(wave_format, wave_formats)},
    {":WAVeform:STARt",         set_count,     show_count,          1, 1, NUMBER(wave_start, &points_range)},
    {":WAVeform:STOP",          set_count,     show_count,          1, 1, NUMBER(wave_stop, &points_range)},
    {":WAVeform:PREamble",      NULL,          scope_wave_preamble, 0, 0, NULL},
    {":WAVeform:DATA",          NULL,          scope_wave_data,     0, 0, NULL},
    {":WAVeform:XINCrement",    NULL,          scope_wave_part,     0, 0, &part_numbers[0]},
    {":WAVeform:XORigin",       NULL,          scope_wave_part,     0, 0, &part_numbers[1]},
    {":WAVeform:XREFerence",    NULL,          scope_wave_part,     0, 0, &part_numbers[2]},
    {":WAVeform:YINCrement",    NULL,          scope_wave_part,     0, 0, &part_numbers[3]},
    {":WAVeform:YORigin",       NULL,          scope_wave_part,     0, 0, &part_numbers[4]},
    {":WAVeform:YREFerence",    NULL,          scope_wave_part,     0, 0, &part_numbers[5]},
    {":MEASure:SOURce",         set_word,      show_word,           1, 1, WORD(measure_source, sources)},
    {":MEASure:ITEM",           NULL,          measure,             0, 0, NULL},
    {NULL,                      NULL,          NULL,                0, 0, NULL},
};
/* clang-format on */

/* --- the instrument --- */

static void reset(void *state)
{
    struct scope *scope = state;
    scope_finish(scope);
    struct bench *bench = scope->bench;
    double now = scope->now;
    *scope = (struct scope){.bench = bench,
                            .now = now,
                            .time_scale = 1e-6,
                            .run = SCOPE_RUNNING,
                            .averages = 2,
                            .wave_format = WAVE_BYTE,
                            .wave_start = 1,
                            .wave_stop = SCOPE_SCREEN_POINTS,
                            .due = true};
    for (int i = 0; i < SCOPE_CHANNELS; i++)
        scope->channel[i] = (struct scope_channel){.display = i == 0, .scale = 1, .probe = 10};
    scope_force(scope); /* the screen is never without a trace */
    scope->due = true;
}

void scope_init(struct scope *scope, struct bench *bench)
{
    *scope = (struct scope){.bench = bench};
    reset(scope);
}

static const struct scpi_command *const groups[] = {scope_channel_commands, commands, NULL};

const struct scpi_kind scope_kind = {
    .name = "scope",
    .model = "RIGOL TECHNOLOGIES,DS1104Z",
    .version = "00.04.04",
    .groups = groups,
    .reset = reset,
    .step = scope_step,
    .finish = scope_finish,
};

const struct field scope_fields[] = {
    {FIELD(struct scope, time_scale,                REAL),       0, 0},
    {FIELD(struct scope,                 time_offset,                                          REAL),                                    -1e3, 1e3},
    {FIELD(struct scope,             trigger_level,REAL),-500, 500},
    {FIELD(struct scope, depth, COUNT),               0, 0},
    {FIELD(struct scope,               count,                                        COUNT),                                  0, 0},
    {FIELDS_END,            0,                                    0                               },
};
