#include "drivers/sim/generator.h"

#include <math.h>
#include <string.h>

#define HIGHEST_VOLTAGE 10.0 /* V, of either sign, at an open output */

static const char *const shape_words[] = {
    [SHAPE_SINE] = "SINusoid",
    [SHAPE_SQUARE] = "SQUare",
    [SHAPE_RAMP] = "RAMP",
    [SHAPE_PULSE] = "PULSe",
    [SHAPE_NOISE] = "NOISe",
    [SHAPE_DC] = "DC",
    NULL,
};

static const struct scpi_range frequency_range = {1e-6, 25e6, 1000}, amplitude_range = {1e-3, 20, 5},
                               offset_range = {-10, 10, 0}, phase_range = {0, 360, 0},
                               duty_range = {0.1, 99.9, 50}, symmetry_range = {0, 100, 50},
                               load_range = {1, 10000, 50};

static void reset(void *state)
{
    struct generator *generator = state;
    generator->bench->signal =
        (struct signal){.shape = SHAPE_SINE, .frequency = 1000, .amplitude = 5, .duty = 0.5, .symmetry = 0.5};
    generator->load = INFINITY;
    generator->settings++;
    bench_changed(generator->bench);
}

void generator_init(struct generator *generator, struct bench *bench)
{
    *generator = (struct generator){.bench = bench};
    reset(generator);
}

static struct signal *signal_of(struct scpi_call *call)
{
    struct generator *generator = call->state;
    return &generator->bench->signal;
}

/* Takes a changed signal if the output can make it. */
static int adopt(struct scpi_call *call, const struct signal *wanted)
{
    struct generator *generator = call->state;
    double peak = fabs(wanted->offset) + (wanted->shape == SHAPE_DC ? 0 : wanted->amplitude / 2);
    if (call->suffix[0] != 1)
        return SCPI_SUFFIX_OUT_OF_RANGE;
    if (peak > HIGHEST_VOLTAGE * (1 + 1e-9))
        return SCPI_SETTINGS_CONFLICT;
    generator->bench->signal = *wanted;
    generator->settings++;
    bench_changed(generator->bench);
    return SCPI_OK;
}

/* A number of the signal: where it is, its range, and how its unit relates to the structure's. */
struct quantity {
    size_t offset;
    const struct scpi_range *range;
    double factor;
};

static int set_quantity(struct scpi_call *call)
{
    const struct quantity *quantity = call->command->detail;
    struct signal wanted = *signal_of(call);
    double value;
    int error = scpi_number(call, 0, quantity->range, &value);
    if (error)
        return error;
    field_set(&wanted, FIELD_REAL, quantity->offset, value * quantity->factor);
    return adopt(call, &wanted);
}

static int show_quantity(struct scpi_call *call)
{
    const struct quantity *quantity = call->command->detail;
    scpi_text_print(call->reply, "%.9E",
                    field_get(signal_of(call), FIELD_REAL, quantity->offset) / quantity->factor);
    return SCPI_OK;
}

static int set_shape(struct scpi_call *call)
{
    struct signal wanted = *signal_of(call);
    int choice;
    int error = scpi_choice(call, 0, shape_words, &choice);
    if (error)
        return error;
    wanted.shape = (enum signal_shape)choice;
    return adopt(call, &wanted);
}

static int show_shape(struct scpi_call *call)
{
    char text[16];
    scpi_short_form(shape_words[signal_of(call)->shape], text, sizeof text);
    scpi_text_print(call->reply, "%s", text);
    return SCPI_OK;
}

/* APPLy:SHAPE [frequency[,amplitude[,offset[,phase]]]]; noise has no frequency; what is left out is the
 * default. It switches the output on. */
static int apply(struct scpi_call *call)
{
    const enum signal_shape *shape = call->command->detail;
    struct signal wanted = *signal_of(call);
    struct {
        const struct scpi_range *range;
        double *value;
    } parameters[] = {
        {&frequency_range, &wanted.frequency},
        {&amplitude_range, &wanted.amplitude},
        {&offset_range,    &wanted.offset   },
        {&phase_range,     &wanted.phase    },
    };
    size_t first = *shape == SHAPE_NOISE ? 1 : 0;
    for (size_t i = first; i < sizeof parameters / sizeof *parameters; i++) {
        bool given = i - first < call->parameter_count;
        int error = given ? scpi_number(call, i - first, parameters[i].range, parameters[i].value) : SCPI_OK;
        if (error)
            return error;
        if (!given)
            *parameters[i].value = parameters[i].range->fallback;
    }
    wanted.shape = *shape;
    wanted.on = true;
    return adopt(call, &wanted);
}

static int show_applied(struct scpi_call *call)
{
    const struct signal *signal = signal_of(call);
    char text[16];
    scpi_short_form(shape_words[signal->shape], text, sizeof text);
    scpi_text_print(call->reply, "\"%s,%.6E,%.6E,%.6E,%.6E\"", text, signal->frequency, signal->amplitude,
                    signal->offset, signal->phase);
    return SCPI_OK;
}

static int set_output(struct scpi_call *call)
{
    struct signal wanted = *signal_of(call);
    int error = scpi_boolean(call, 0, &wanted.on);
    return error ? error : adopt(call, &wanted);
}

static int show_output(struct scpi_call *call)
{
    scpi_text_print(call->reply, signal_of(call)->on ? "ON" : "OFF");
    return SCPI_OK;
}

static int set_load(struct scpi_call *call)
{
    struct generator *generator = call->state;
    if (call->parameter_count &&
        scpi_word_fits("INFinity", call->parameters[0], strlen(call->parameters[0]))) {
        generator->load = INFINITY;
        return SCPI_OK;
    }
    return scpi_number(call, 0, &load_range, &generator->load);
}

static int show_load(struct scpi_call *call)
{
    const struct generator *generator = call->state;
    scpi_text_print(call->reply, "%.6E", isinf(generator->load) ? 9.9e37 : generator->load);
    return SCPI_OK;
}

static const enum signal_shape sine = SHAPE_SINE, square = SHAPE_SQUARE, ramp = SHAPE_RAMP,
                               pulse = SHAPE_PULSE, noise = SHAPE_NOISE;
#define QUANTITY(member, range, factor)                                                                      \
    &(const struct quantity)                                                                                 \
    {                                                                                                        \
        offsetof(struct signal, member), range, factor                                                       \
    }

/* clang-format off */
static const struct scpi_command commands[] = {
    {"[:SOURce#]:FUNCtion[:SHAPe]",                        set_shape,    show_shape,    1, 1, NULL},
    {"[:SOURce#]:FREQuency[:FIXed]",                       set_quantity, show_quantity, 1, 1, QUANTITY(frequency, &frequency_range, 1)},
    {"[:SOURce#]:VOLTage[:LEVel][:IMMediate][:AMPLitude]", set_quantity, show_quantity, 1, 1, QUANTITY(amplitude, &amplitude_range, 1)},
    {"[:SOURce#]:VOLTage[:LEVel][:IMMediate]:OFFSet",      set_quantity, show_quantity, 1, 1, QUANTITY(offset, &offset_range, 1)},
    {"[:SOURce#]:PHASe[:ADJust]",                          set_quantity, show_quantity, 1, 1, QUANTITY(phase, &phase_range, 1)},
    {"[:SOURce#]:FUNCtion:SQUare:DCYCle",                  set_quantity, show_quantity, 1, 1, QUANTITY(duty, &duty_range, 0.01)},
    {"[:SOURce#]:PULSe:DCYCle",                            set_quantity, show_quantity, 1, 1, QUANTITY(duty, &duty_range, 0.01)},
    {"[:SOURce#]:FUNCtion:RAMP:SYMMetry",                  set_quantity, show_quantity, 1, 1, QUANTITY(symmetry, &symmetry_range, 0.01)},
    {"[:SOURce#]:APPLy",                                   NULL,         show_applied,  0, 0, NULL},
    {"[:SOURce#]:APPLy:SINusoid",                          apply,        NULL,          0, 4, &sine},
    {"[:SOURce#]:APPLy:SQUare",                            apply,        NULL,          0, 4, &square},
    {"[:SOURce#]:APPLy:RAMP",                              apply,        NULL,          0, 4, &ramp},
    {"[:SOURce#]:APPLy:PULSe",                             apply,        NULL,          0, 4, &pulse},
    {"[:SOURce#]:APPLy:NOISe",                             apply,        NULL,          0, 3, &noise},
    {":OUTPut#[:STATe]",                                   set_output,   show_output,   1, 1, NULL},
    {":OUTPut#:LOAD",                                      set_load,     show_load,     1, 1, NULL},
    {":OUTPut#:IMPedance",                                 set_load,     show_load,     1, 1, NULL},
    {NULL,                                                 NULL,         NULL,          0, 0, NULL},
};
/* clang-format on */

static const struct scpi_command *const groups[] = {commands, NULL};

const struct scpi_kind generator_kind = {
    .name = "generator",
    .model = "RIGOL TECHNOLOGIES,DG1022Z",
    .version = "03.01.12",
    .groups = groups,
    .reset = reset,
};

const struct field generator_fields[] = {
    {FIELD(struct generator, load, REAL),   0, 0},
    {FIELD(struct generator,                     settings,                         COUNT),           0, 0},
    {FIELDS_END,                0,0},
};
