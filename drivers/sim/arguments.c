#include "drivers/sim/arguments.h"

#include "drivers/sim/generator.h"
#include "drivers/sim/scope.h"
#include "drivers/sim/simulator.h"

#include <stdlib.h>
#include <string.h>

#define ARGUMENT_MAX 512
#define UNIT_MAX     247

/* One argument, taken apart. */
struct plan {
    struct simulator *simulator;
    const char *argument;
    char *instruments; /* "tank:1,motor:2" */
    struct endpoint *endpoint;
    struct bench bench; /* what the options say of the bench */
    bool bench_told;
};

static const struct plant_kind *const plants[] = {&tank_kind, &motor_kind, NULL};

static const struct device {
    const struct scpi_kind *kind;
    size_t size;
    const struct field *fields;
} devices[] = {
    {&scope_kind,     sizeof(struct scope),     scope_fields    },
    {&generator_kind, sizeof(struct generator), generator_fields},
};

static bool parse_count(const char *text, long lowest, long highest, long *number)
{
    char *end;
    *number = strtol(text, &end, 10);
    return end != text && !*end && *number >= lowest && *number <= highest;
}

/* --- where: tcp:HOST:PORT, fd:NUMBER, rtu:PATH, pty:PATH --- */

static int parse_where(struct plan *plan, const char *where)
{
    struct endpoint *endpoint = plan->endpoint;
    const char *port = strrchr(where, ':');
    long number;
    if (!strncmp(where, "tcp:", 4)) {
        size_t length = port > where + 4 ? (size_t)(port - where - 4) : 0;
        if (!length || length >= sizeof endpoint->host || !parse_count(port + 1, 0, 65535, &number))
            return simulator_fail(plan->simulator,
                                  "'%s' in '%s' is no address; write tcp:127.0.0.1:PORT, with port 0 "
                                  "for a free one",
                                  where, plan->argument);
        memcpy(endpoint->host, where + 4, length);
        endpoint->port = (uint16_t)number;
        endpoint->transport = TRANSPORT_TCP;
        return 0;
    }
    if (!strncmp(where, "fd:", 3)) {
        if (!parse_count(where + 3, 3, 1023, &number))
            return simulator_fail(plan->simulator, "'%s' in '%s' is no descriptor", where, plan->argument);
        endpoint->given = (int)number;
        endpoint->transport = TRANSPORT_TCP;
        return 0;
    }
    if (strncmp(where, "rtu:", 4) != 0 && strncmp(where, "pty:", 4) != 0)
        return simulator_fail(plan->simulator,
                              "'%s' in '%s' begins with none of tcp:, fd:, rtu: and pty:", where,
                              plan->argument);
    if (!where[4] || strlen(where + 4) >= sizeof endpoint->path)
        return simulator_fail(plan->simulator, "the path in '%s' is empty or too long", where);
    memcpy(endpoint->path, where + 4, strlen(where + 4) + 1);
    endpoint->transport = TRANSPORT_PTY;
    return 0;
}

/* --- options after the address --- */

static bool option_baud(struct plan *plan, const char *value)
{
    long number;
    if (plan->endpoint->transport != TRANSPORT_PTY || !parse_count(value, 50, 4000000, &number))
        return false;
    plan->endpoint->baud = (int)number;
    return true;
}

static bool option_turnaround(struct plan *plan, const char *value)
{
    return clock_parse_duration(value, &plan->endpoint->turnaround);
}

static bool option_absent(struct plan *plan, const char *value)
{
    plan->endpoint->absent_answers = !strcmp(value, "exception");
    return plan->endpoint->absent_answers || !strcmp(value, "silent");
}

static bool option_circuit(struct plan *plan, const char *value)
{
    plan->bench_told = true;
    for (uint16_t i = 0; circuit_names[i]; i++)
        if (!strcmp(value, circuit_names[i])) {
            plan->bench.circuit_kind = i;
            return true;
        }
    return false;
}

static bool bench_value(struct plan *plan, const char *name, const char *value)
{
    plan->bench_told = true;
    return field_parse(&plan->bench, field_find(bench_fields, name), value);
}

static bool option_resistance(struct plan *plan, const char *value)
{
    return bench_value(plan, "resistance", value);
}

static bool option_inductance(struct plan *plan, const char *value)
{
    return bench_value(plan, "inductance", value);
}

static bool option_capacitance(struct plan *plan, const char *value)
{
    return bench_value(plan, "capacitance", value);
}

static bool option_probe(struct plan *plan, const char *value)
{
    return bench_value(plan, "probe", value);
}

static const struct {
    const char *name;
    bool (*take)(struct plan *plan, const char *value);
    const char *help;
} options[] = {
    {"baud",       option_baud,
     "bytes take their time: 11 bits a character for Modbus, 10 for SCPI; serial lines only"                      },
    {"turnaround", option_turnaround,  "the instruments' own time before they answer, as 5ms; default 0"          },
    {"absent",     option_absent,      "units that are not there: silent (default), or on TCP exception (code 0B)"},
    {"circuit",    option_circuit,     "rc-lowpass (default), rc-highpass, rlc-lowpass, rlc-bandpass or rlc-notch"},
    {"r",          option_resistance,  "the circuit's resistance in ohm, default 1000"                            },
    {"l",          option_inductance,  "its inductance in H, default 10e-3"                                       },
    {"c",          option_capacitance, "its capacitance in F, default 100e-9"                                     },
    {"probe",      option_probe,       "attenuation of the probes that are plugged in, default 10"                },
};

static int parse_option(struct plan *plan, char *text)
{
    char *value = strchr(text, '=');
    if (value)
        *value++ = '\0';
    for (size_t i = 0; value && i < sizeof options / sizeof *options; i++)
        if (!strcmp(text, options[i].name)) {
            if (options[i].take(plan, value))
                return 0;
            return simulator_fail(plan->simulator, "'%s=%s' in '%s' is not possible: %s", text, value,
                                  plan->argument, options[i].help);
        }
    return simulator_fail(plan->simulator, "'%s' in '%s' is no option; `labsim --help` lists them", text,
                          plan->argument);
}

/* --- instruments --- */

static struct bench *bench_of(struct plan *plan, const char *label)
{
    struct simulator *simulator = plan->simulator;
    struct bench *bench;
    for (bench = simulator->benches; bench; bench = bench->next)
        if (!strcmp(bench->label, label))
            break;
    if (!bench && (bench = malloc(sizeof *bench))) {
        bench_init(bench, label);
        bench->next = simulator->benches;
        simulator->benches = bench;
    }
    if (bench && plan->bench_told) {
        bench->circuit_kind = plan->bench.circuit_kind;
        bench->resistance = plan->bench.resistance;
        bench->inductance = plan->bench.inductance;
        bench->capacitance = plan->bench.capacitance;
        bench->probe = plan->bench.probe;
    }
    return bench;
}

static void append(struct simulator *simulator, struct instrument *instrument)
{
    struct instrument **place = &simulator->instruments;
    while (*place)
        place = &(*place)->next;
    *place = instrument;
}

static struct instrument *instrument_new(struct plan *plan, const char *name, size_t size)
{
    struct simulator *simulator = plan->simulator;
    if (strlen(name) >= NAME_MAX_LENGTH) {
        simulator_fail(simulator, "the name '%s' is too long", name);
        return NULL;
    }
    if (simulator_find(simulator, name)) {
        simulator_fail(simulator, "two instruments are called '%s'; name one of them: OTHER=%s@...", name,
                       name);
        return NULL;
    }
    struct instrument *instrument = calloc(1, sizeof *instrument);
    if (!instrument || !(instrument->state = calloc(1, size))) {
        simulator_fail(simulator, "no memory for '%s'", name);
        free(instrument);
        return NULL;
    }
    memcpy(instrument->name, name, strlen(name) + 1);
    instrument->endpoint = plan->endpoint;
    return instrument;
}

static int add_plant(struct plan *plan, const struct plant_kind *kind, const char *name, uint8_t unit)
{
    if (endpoint_unit(plan->simulator, plan->endpoint, unit))
        return simulator_fail(plan->simulator,
                              "unit %u is there twice in '%s'; give each its own, as tank:1,motor:2", unit,
                              plan->argument);
    struct instrument *instrument = instrument_new(plan, name, kind->size);
    if (!instrument)
        return -1;
    kind->init(instrument->state);
    instrument->plant = kind;
    instrument->fields = kind->fields;
    instrument->unit = unit;
    instrument->server.map = kind->map;
    instrument->server.plant = instrument->state;
    append(plan->simulator, instrument);
    return 0;
}

static int add_device(struct plan *plan, const struct device *device, const char *name, const char *label)
{
    struct bench *bench = bench_of(plan, label);
    struct instrument *instrument = bench ? instrument_new(plan, name, device->size) : NULL;
    if (!instrument)
        return bench ? -1 : simulator_fail(plan->simulator, "no memory for a bench");
    if (device->kind == &scope_kind)
        scope_init(instrument->state, bench);
    else
        generator_init(instrument->state, bench);
    instrument->kind = device->kind;
    instrument->fields = device->fields;
    instrument->bench = bench;
    scpi_init(&instrument->device, device->kind, instrument->state, bench->label);
    append(plan->simulator, instrument);
    return 0;
}

/* "3" or "1-100", each a plant of its own; names get the unit. */
static int add_units(struct plan *plan, const struct plant_kind *kind, const char *name, const char *units)
{
    char range[32] = "1", unit_name[NAME_MAX_LENGTH + 8];
    long first, last;
    if (units)
        snprintf(range, sizeof range, "%s", units);
    char *dash = strchr(range, '-');
    if (dash)
        *dash++ = '\0';
    if (!parse_count(range, 1, UNIT_MAX, &first) || !parse_count(dash ? dash : range, first, UNIT_MAX, &last))
        return simulator_fail(plan->simulator,
                              "'%s' in '%s' is no unit; units are 1 to %d, or a range as 1-100", units,
                              plan->argument, UNIT_MAX);
    for (long unit = first; unit <= last; unit++) {
        snprintf(unit_name, sizeof unit_name, dash ? "%.*s:%ld" : "%.*s", (int)strcspn(name, dash ? ":" : ""),
                 name, unit);
        if (add_plant(plan, kind, dash ? unit_name : name, (uint8_t)unit))
            return -1;
    }
    return 0;
}

/* "[NAME=]KIND[:UNIT or BENCH]" */
static int add_instrument(struct plan *plan, char *text)
{
    char whole[NAME_MAX_LENGTH * 2];
    snprintf(whole, sizeof whole, "%s", text);
    char *kind = strchr(text, '=');
    const char *name = kind ? text : whole;
    if (kind)
        *kind++ = '\0';
    else
        kind = text;
    char *detail = strchr(kind, ':');
    if (detail)
        *detail++ = '\0';
    if (!*name || (detail && !*detail))
        return simulator_fail(plan->simulator, "the %s in '%s' is empty", *name ? "unit or bench" : "name",
                              plan->argument);
    bool scpi = plan->endpoint->protocol == &scpi_protocol;
    for (size_t i = 0; !scpi && plants[i]; i++)
        if (!strcmp(kind, plants[i]->name))
            return add_units(plan, plants[i], name, detail);
    for (size_t i = 0; scpi && i < sizeof devices / sizeof *devices; i++)
        if (!strcmp(kind, devices[i].kind->name))
            return add_device(plan, &devices[i], name, detail ? detail : "A");
    return simulator_fail(plan->simulator,
                          "'%s' in '%s' is no instrument for this line: tank and motor speak Modbus "
                          "(tcp:, rtu:), scope and generator SCPI (tcp:, pty:), one on each",
                          kind, plan->argument);
}

static const struct protocol *protocol_for(const char *instruments, const char *where)
{
    if (!strncmp(where, "rtu:", 4))
        return &modbus_rtu_protocol;
    if (!strncmp(where, "pty:", 4))
        return &scpi_protocol;
    const char *kind = strchr(instruments, '=');
    kind = kind ? kind + 1 : instruments;
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++)
        if (!strncmp(kind, devices[i].kind->name, strlen(devices[i].kind->name)))
            return &scpi_protocol;
    return &modbus_tcp_protocol;
}

static int fill(struct plan *plan, char *where)
{
    char *rest = where, *option, *instruments = plan->instruments, *instrument;
    where = strsep(&rest, ",");
    plan->endpoint->protocol = protocol_for(instruments, where);
    if (plan->endpoint->protocol == &scpi_protocol && strchr(instruments, ','))
        return simulator_fail(plan->simulator, "'%s': a SCPI line has one instrument", plan->argument);
    if (parse_where(plan, where))
        return -1;
    while ((option = strsep(&rest, ",")))
        if (parse_option(plan, option))
            return -1;
    while ((instrument = strsep(&instruments, ",")))
        if (add_instrument(plan, instrument))
            return -1;
    return endpoint_open(plan->simulator, plan->endpoint);
}

int arguments_add(struct simulator *simulator, const char *argument)
{
    char text[ARGUMENT_MAX];
    struct plan plan = {.simulator = simulator, .argument = argument, .instruments = text};
    if (strlen(argument) >= sizeof text)
        return simulator_fail(simulator, "the argument '%.40s...' is too long", argument);
    memcpy(text, argument, strlen(argument) + 1);
    char *where = strchr(text, '@');
    if (!where)
        return simulator_fail(simulator, "'%s' says not where; write for example tank@tcp:127.0.0.1:5502",
                              argument);
    *where++ = '\0';
    plan.endpoint = calloc(1, sizeof *plan.endpoint);
    if (!plan.endpoint)
        return simulator_fail(simulator, "no memory for '%s'", argument);
    plan.endpoint->listener.fd = plan.endpoint->path_lock = plan.endpoint->given = -1;
    plan.endpoint->next = simulator->endpoints;
    simulator->endpoints = plan.endpoint;
    bench_init(&plan.bench, "");
    return fill(&plan, where);
}

void arguments_help(FILE *file)
{
    fputs("Instruments:\n", file);
    for (size_t i = 0; plants[i]; i++)
        fprintf(file, "  %s[:UNIT]   %s\n", plants[i]->name, plants[i]->title);
    fputs("  scope[:BENCH]      four-channel oscilloscope, channel 1 at the generator, 2 behind the circuit\n"
          "  generator[:BENCH]  function generator that drives the bench's circuit\n"
          "Options, after the address, separated by commas:\n",
          file);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        fprintf(file, "  %s=  %s\n", options[i].name, options[i].help);
}
