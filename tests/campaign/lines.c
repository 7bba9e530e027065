/* The lines: what is on them, what is read and written there. */
#include "drivers/scpi.h"
#include "tests/campaign/campaign.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

const char *const transport_names[TRANSPORTS] = {"rtu", "tcp", "scpi-tcp", "scpi-pty"};

/* --- tanks: three units, read in three ways ---------------------------------------------------------- */

#define READ(kind)                                                                                           \
    {                                                                                                        \
        .type = (kind), .readable = true                                                                     \
    }
#define WRITE(kind)                                                                                          \
    {                                                                                                        \
        .type = (kind), .readable = true, .writable = true                                                   \
    }

/* Name, place, address, form, tolerance, lowest and step of what is written, point. */
static const struct probe tank_probes[] = {
    {"level",       IN_INPUT,   2,  AS_FLOAT_ABCD, 0,    0,   0,    READ(DRIVER_NUMBER)  },
    {"volume",      IN_INPUT,   10, AS_LONG_ABCD,  0,    0,   0,    READ(DRIVER_INTEGER) },
    {"temperature", IN_INPUT,   14, AS_FLOAT_BADC, 0,    0,   0,    READ(DRIVER_NUMBER)  },
    {"controls",    IN_HOLDING, 2,  AS_WORD,       0,    0,   1,    WRITE(DRIVER_INTEGER)},
    {"alarm",       IN_HOLDING, 4,  AS_FLOAT_CDAB, 1e-6, 0.1, 5e-6, WRITE(DRIVER_NUMBER) },
    {"drain",       IN_COILS,   2,  AS_BIT,        0,    0,   1,    WRITE(DRIVER_BOOLEAN)},
    {"uptime",      IN_INPUT,   12, AS_LONG_CDAB,  0,    0,   0,    READ(DRIVER_INTEGER) },
};

/* How a tank is read. Joined reads differ in length, and each can be asked for in other lengths. Separate
 * ones are of one shape, and one register more is all that they may be lengthened by (without the last probe,
 * which would join them). Those that stand alone are of one shape and may not be lengthened at all. */
struct style {
    int64_t gap;
    bool alone;
    size_t probes;
};

static const struct style joined = {8, false, 7}, separate = {1, false, 6}, alone = {0, true, 7};
static const struct style *const styles[UNITS_MAX] = {&joined, &separate, &alone};
/* Where a rate is promised: no coil, which this tank's map allows to be read in one way only. */
static const struct style at_rate = {8, false, 5};

static const enum modbus_encoding encodings[] = {
    [AS_BIT] = MODBUS_BIT,
    [AS_WORD] = MODBUS_UINT16,
    [AS_LONG_ABCD] = MODBUS_UINT32,
    [AS_LONG_CDAB] = MODBUS_UINT32,
    [AS_FLOAT_ABCD] = MODBUS_FLOAT32,
    [AS_FLOAT_CDAB] = MODBUS_FLOAT32,
    [AS_FLOAT_BADC] = MODBUS_FLOAT32,
};
static const enum modbus_order orders[] = {
    [AS_LONG_CDAB] = MODBUS_CDAB, [AS_FLOAT_CDAB] = MODBUS_CDAB, [AS_FLOAT_BADC] = MODBUS_BADC};
static const enum modbus_table tables[] = {
    [IN_INPUT] = MODBUS_INPUT, [IN_HOLDING] = MODBUS_HOLDING, [IN_COILS] = MODBUS_COIL};

static void describe_tank(struct unit *unit, size_t number, enum role role)
{
    const struct style *style = role == STRUCK ? styles[number] : &at_rate;
    unit->probes = tank_probes;
    unit->probe_count = style->probes;
    unit->options = (struct modbus_instrument_options){.unit = (int64_t)number + 1, .gap = style->gap};
    for (size_t i = 0; i < unit->probe_count; i++) {
        const struct probe *probe = &tank_probes[i];
        unit->points[i] = probe->point;
        unit->places[i] = (struct modbus_point_options){.table = (int)tables[probe->place],
                                                        .address = probe->address,
                                                        .as = (int)encodings[probe->form],
                                                        .scale = 1,
                                                        .bit = MODBUS_NO_BIT,
                                                        .alone = style->alone};
        if (probe->form < COUNT(orders))
            unit->places[i].order = (int)orders[probe->form];
        unit->points[i].options = &unit->places[i];
    }
}

/* --- a scope ------------------------------------------------------------------------------------------- */

static char level_query[] = ":TRIG:EDGE:LEV?", offset_query[] = ":TIM:OFFS?", scale_query[] = ":TIM:SCAL?",
            scale_set[] = ":TIM:SCAL {}", maker[] = "RIGOL TECHNOLOGIES,", first_source[] = "CHAN1",
            second_source[] = "CHAN2", nothing[] = "";

static const struct scpi_point_options level = {level_query, nothing, NULL, NULL},
                                       offset = {offset_query, nothing, NULL, NULL},
                                       scale = {scale_query, scale_set, NULL, NULL};
static const struct scpi_instrument_options scope_options = {
    .identity = maker, .error_queue = true, .token = true, .compound = true};

#define SHOWN(of)                                                                                            \
    {                                                                                                        \
        .type = DRIVER_NUMBER, .readable = true, .options = &(of)                                            \
    }
#define SET(of)                                                                                              \
    {                                                                                                        \
        .type = DRIVER_NUMBER, .readable = true, .writable = true, .options = &(of)                          \
    }

/* Two are turned by somebody at the scope all the time, the third is set over the line. */
static const struct probe scope_probes[] = {
    {"trigger_level", IN_VARIABLE, 0, AS_NUMBER, 1e-7, 0,    0,    SHOWN(level) },
    {"time_offset",   IN_VARIABLE, 0, AS_NUMBER, 1e-7, 0,    0,    SHOWN(offset)},
    {"time_scale",    IN_VARIABLE, 0, AS_NUMBER, 1e-7, 1e-3, 1e-8, SET(scale)   },
};

static const struct scpi_waveform_options first_options = {first_source}, second_options = {second_source};
static const struct driver_waveform waveforms[] = {
    {"ch1", "V", &first_options },
    {"ch2", "V", &second_options},
};

static void describe_scope(struct unit *unit)
{
    unit->probes = scope_probes;
    unit->probe_count = COUNT(scope_probes);
    for (size_t i = 0; i < unit->probe_count; i++)
        unit->points[i] = scope_probes[i].point;
}

/* --- lines ------------------------------------------------------------------------------------------- */

const struct fleet fleets[] = {
    {RTU,      STRUCK,        16, 3, 100 * MS, 100 * MS, 1 * MS, 115200, ""                           },
    {RTU,      STRUCK,        4,  3, 250 * MS, 100 * MS, 2 * MS, 115200, ",baud=115200,turnaround=1ms"},
    {TCP,      STRUCK,        8,  2, 60 * MS,  100 * MS, 1 * MS, 0,      ""                           },
    {SCPI_TCP, STRUCK,        5,  1, 50 * MS,  100 * MS, 1 * MS, 0,      ""                           },
    {SCPI_PTY, STRUCK,        5,  1, 50 * MS,  100 * MS, 2 * MS, 115200, ",baud=115200,turnaround=1ms"},
 /* So slow that a record comes in parts. */
    {SCPI_PTY, STRUCK,        3,  1, 400 * MS, 150 * MS, 2 * MS, 38400,  ",baud=38400,turnaround=1ms" },
    {RTU,      EIGHT_PERCENT, 2,  3, 150 * MS, 150 * MS, 3 * MS, 115200, ",baud=115200,turnaround=3ms"},
    {RTU,      FAULTLESS,     1,  3, 150 * MS, 150 * MS, 3 * MS, 115200, ",baud=115200,turnaround=3ms"},
    {RTU,      STRUCK,        0,  0, 0,        0,        0,      0,      NULL                         },
};

static void describe_instrument(struct line *line, size_t number)
{
    struct unit *unit = &line->units[number];
    bool modbus = line->transport <= TCP;
    unit->line = line;
    snprintf(unit->name, sizeof unit->name, "line%zu-%zu", line->number, number + 1);
    if (modbus)
        describe_tank(unit, number, line->fleet->role);
    else
        describe_scope(unit);
    for (size_t i = 0; i < unit->probe_count; i++) {
        unit->points[i].name = unit->probes[i].name;
        unit->polls[i] = line->period;
        unit->claims[i].next = 0;
    }
    line->instruments[number] = (struct link_instrument_spec){
        .driver = &line->traced,
        .instrument = {.name = unit->name,
                       .options = modbus ? (const void *)&unit->options : &scope_options,
                       .points = unit->points,
                       .point_count = unit->probe_count,
                       .waveforms = modbus ? NULL : waveforms,
                       .waveform_count = modbus ? 0 : COUNT(waveforms)},
        .polls = unit->polls,
    };
}

void line_describe(struct line *line, size_t number, const struct fleet *fleet, uint64_t seed)
{
    enum transport transport = fleet->transport;
    uint64_t mixed = seed;
    memset(line, 0, sizeof *line);
    pthread_mutex_init(&line->calls.mutex, NULL);
    line->number = number;
    line->fleet = fleet;
    line->transport = transport;
    line->role = fleet->role;
    line->period = fleet->period;
    line->random = random_next(&mixed) ^ number * 0x9E3779B97F4A7C15u;
    line->choices = ~line->random;
    line->unit_count = fleet->units;
    calls_trace(driver_find(transport <= TCP ? "modbus" : "scpi-rigol-ds1000z"), &line->traced);
    for (size_t i = 0; i < line->unit_count; i++)
        describe_instrument(line, i);
    line->spec = (struct link_spec){
        .name = transport_names[transport],
        .line = {.serial = transport == RTU || transport == SCPI_PTY,
                 .host = "127.0.0.1",
                 .device = line->place,
                 .baud = fleet->baud,
                 .data_bits = 8,
                 .stop_bits = 1,
                 .timeout = fleet->timeout,
                 .turnaround = fleet->turnaround,
                 .longest = 250 * MS},
        .instruments = line->instruments,
        .instrument_count = line->unit_count,
        .rig_count = 1,
        .longest = 250 * MS,
    };
}

void line_print_argument(const struct line *line, char *text, size_t capacity)
{
    size_t length = 0;
    for (size_t i = 0; i < line->unit_count; i++) {
        const char *name = line->units[i].name;
        if (line->transport <= TCP)
            length += (size_t)snprintf(text + length, capacity - length, "%s%s=tank:%zu", i ? "," : "", name,
                                       i + 1);
        else
            length += (size_t)snprintf(text + length, capacity - length, "%s=scope:%zu", name, line->number);
    }
    if (!line->spec.line.serial)
        snprintf(text + length, capacity - length, "@tcp:127.0.0.1:0%s", line->fleet->options);
    else /* the folder comes in place of the %s that is left */
        snprintf(text + length, capacity - length, "@%s:%%s/%zu%s", line->transport == RTU ? "rtu" : "pty",
                 line->number, line->fleet->options);
}

/* Water that runs in and out, at temperatures of its own in each tank, so that nothing in it stands still. */
static void set_going(struct unit *unit, size_t number)
{
    struct laboratory *laboratory = unit->line->laboratory;
    laboratory_say(laboratory, "force %s fill on", unit->name);
    laboratory_say(laboratory, "force %s drain on", unit->name);
    laboratory_say(laboratory, "force %s pump %zu", unit->name, 30 + 9 * number);
    laboratory_say(laboratory, "force %s level %g", unit->name, 0.1 + 0.1 * (double)number);
    laboratory_say(laboratory, "force %s temperature %zu", unit->name, 60 + 10 * number);
}

void line_connect(struct line *line, struct laboratory *laboratory)
{
    struct driver_fault fault;
    line->laboratory = laboratory;
    snprintf(line->place, sizeof line->place, "%s/%zu", laboratory->folder, line->number);
    line->spec.line.port = (uint16_t)laboratory_port(laboratory, line->units[0].name);
    for (size_t i = 0; i < line->unit_count; i++) {
        truth_open(&line->units[i]);
        if (line->transport <= TCP)
            set_going(&line->units[i], i);
    }
    line->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (link_create(&line->spec, line->wake, &line->link, &fault)) {
        fprintf(stderr, "campaign: line %zu: %s\n", line->number, fault.text);
        exit(99);
    }
}

void line_disconnect(struct line *line)
{
    link_destroy(line->link);
    close(line->wake);
    for (size_t i = 0; i < line->unit_count; i++)
        close(line->units[i].truth.trace);
}
