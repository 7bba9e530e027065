/* lab_spec.c - the simulated rig as a configuration would make it. */
#include "tests/simulation/lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add(struct lab_spec *spec, enum point point, const char *name, enum rig_type type,
                const char *unit, uint16_t instrument, int64_t poll)
{
    spec->points[point] = (struct rig_point_spec){
        .name = name,
        .type = type,
        .unit = rig_unit_find(unit, strlen(unit)),
        .instrument = instrument,
        .readable = true,
        .minimum = -1e9,
        .maximum = 1e9,
        .readback = RIG_NONE,
        .poll = poll,
        .stale_after = 3 * poll,
    };
}

static void add_output(struct lab_spec *spec, enum point point, const char *name, enum rig_type type,
                       const char *unit, uint16_t instrument, double maximum, double safe, uint16_t readback,
                       double tolerance)
{
    add(spec, point, name, type, unit, instrument, 0);
    struct rig_point_spec *output = &spec->points[point];
    output->readable = false;
    output->output = true;
    output->minimum = 0;
    output->maximum = maximum;
    output->safe = safe;
    output->readback = readback;
    output->tolerance = tolerance;
    output->within = 2 * S;
}

static void add_points(struct lab_spec *spec)
{
    add(spec, LEVEL, "plc.level", RIG_NUMBER, "m", PLC, 100 * MS);
    add(spec, TEMPERATURE, "plc.temperature", RIG_NUMBER, "degC", PLC, 100 * MS);
    add(spec, GUARD, "plc.guard", RIG_BOOLEAN, "", PLC, 100 * MS);
    spec->points[GUARD].on = "open";
    spec->points[GUARD].off = "closed";
    add(spec, LOCAL, "plc.local", RIG_BOOLEAN, "", PLC, 100 * MS);
    add(spec, PUMP_SPEED, "plc.pump_speed", RIG_NUMBER, "%", PLC, 100 * MS);
    spec->points[PUMP_SPEED].maximum = 100;
    add(spec, HEATER_ON, "plc.heater_on", RIG_BOOLEAN, "", PLC, 100 * MS);
    add(spec, FILL_ON, "plc.fill_on", RIG_BOOLEAN, "", PLC, 100 * MS);
    add(spec, DRAIN_OPEN, "plc.drain_open", RIG_BOOLEAN, "", PLC, 100 * MS);
    add(spec, BEAT, "plc.heartbeat", RIG_BOOLEAN, "", PLC, 0);
    add(spec, LABEL, "plc.label", RIG_TEXT, "", PLC, 100 * MS);
    add(spec, VOLTAGE_SHOWN, "motor.shown", RIG_NUMBER, "V", MOTOR, 200 * MS);
    add(spec, MEAN, "scope.mean", RIG_NUMBER, "V", SCOPE, 500 * MS);
    add_output(spec, PUMP, "plc.pump", RIG_NUMBER, "%", PLC, 100, 0, PUMP_SPEED, 1);
    add_output(spec, HEATER, "plc.heater", RIG_BOOLEAN, "", PLC, 1, 0, HEATER_ON, 0);
    add_output(spec, FILL, "plc.fill", RIG_BOOLEAN, "", PLC, 1, 0, FILL_ON, 0);
    add_output(spec, DRAIN, "plc.drain", RIG_BOOLEAN, "", PLC, 1, 1, DRAIN_OPEN, 0);
    add_output(spec, VOLTAGE, "motor.voltage", RIG_NUMBER, "V", MOTOR, 12, 0, VOLTAGE_SHOWN, 0.05);
    add_output(spec, LAMP, "motor.lamp", RIG_BOOLEAN, "", MOTOR, 1, 0, RIG_NONE, 0);
    spec->points[LAMP].role = RIG_TEACHER;
}

static bool resolve(void *context, const char *name, size_t length, struct rig_rule_point *point)
{
    const struct lab_spec *spec = context;
    for (uint16_t i = 0; i < POINTS; i++) {
        const struct rig_point_spec *p = &spec->points[i];
        if (strlen(p->name) != length || memcmp(p->name, name, length) != 0)
            continue;
        *point = (struct rig_rule_point){i, p->type, p->unit, p->choices, p->on, p->off};
        return true;
    }
    return false;
}

static struct rig_program *compile(struct lab_spec *spec, const char *text)
{
    struct rig_rule_error error;
    struct rig_program *program = rig_rule_compile(text, resolve, spec, &error);
    if (!program) {
        fprintf(stderr, "rule \"%s\", column %zu: %s\n", text, error.column, error.text);
        exit(2);
    }
    return program;
}

/* What is measured where it can be: the pump's output by its speed. */
static void add_limits(struct lab_spec *spec, struct random *random)
{
    spec->limits[0] = (struct rig_limit_spec){
        .name = "pump-limit",
        .of = PUMP,
        .slew = 20,
        .ramp_step = 250 * MS,
        .on_for = 60 * S,
        .off_for = random_chance(random, 0.3) ? random_time(random, S, 15 * S) : 0,
        .total = random_chance(random, 0.3) ? random_between(random, 500, 20000) : 0,
        .totalized = PUMP_SPEED,
        .range = {{0, 100}, {0, 100}, {0, 100}}
    };
    spec->limits[1] = (struct rig_limit_spec){
        .name = "voltage-limit", .of = VOLTAGE, .rate = 2, .range = {{0, 9}, {0, 12}, {0, 12}}
    };
    spec->limits[2] = (struct rig_limit_spec){
        .name = "heater-limit",
        .of = HEATER,
        .off_for = random_chance(random, 0.3) ? random_time(random, S, 15 * S) : 0,
        .starts = random_chance(random, 0.3) ? 1 + (unsigned)random_below(random, 6) : 0,
        .total = random_chance(random, 0.3) ? random_between(random, 5, 200) : 0,
        .totalized = RIG_NONE,
        .flow = 1,
        .range = {{0, 1}, {0, 1}, {0, 1}}
    };
}

static void add_rules(struct lab_spec *spec, struct random *random)
{
    spec->overvoltage[0] = (struct rig_assignment){VOLTAGE, 0};
    bool bands = random_chance(random, 0.5);
    spec->level_band = bands ? 0.05 : 0;
    spec->heat_band = bands ? 10 : 0;
    spec->trips[OVERHEAT] =
        (struct rig_trip_spec){.name = "overheat",
                               .when = compile(spec, bands ? "plc.temperature > 80 degC hysteresis 10 K"
                                                           : "plc.temperature > 80 degC"),
                               .hold = random_chance(random, 0.5) ? 200 * MS : 0,
                               .reset = RIG_TECHNICIAN,
                               .fault_needs_reset = random_chance(random, 0.2)};
    spec->trips[OVERVOLTAGE] = (struct rig_trip_spec){.name = "overvoltage",
                                                      .when = compile(spec, "motor.shown > 8 V"),
                                                      .confirm = random_chance(random, 0.5) ? 2 : 0,
                                                      .drives = spec->overvoltage,
                                                      .drive_count = 1,
                                                      .reset = RIG_STUDENT};
    spec->trips[GUARD_OPEN] = (struct rig_trip_spec){
        .name = "guard", .when = compile(spec, "plc.guard == open"), .reset = RIG_STUDENT};
    spec->trips[SILENT] = (struct rig_trip_spec){.name = "silent",
                                                 .when = compile(spec, "age(plc.level) > 5 s"),
                                                 .reset = RIG_TEACHER,
                                                 .ignore_bad = true};
    spec->cooling[0] = (struct rig_assignment){HEATER, 0};
    spec->cooling[1] = (struct rig_assignment){PUMP, 30};
    spec->cooling[2] = (struct rig_assignment){LAMP, 1};
    spec->trips[COOLING] = (struct rig_trip_spec){.name = "cooling",
                                                  .when = compile(spec, random_chance(random, 0.5)
                                                                            ? "plc.temperature > 65 degC"
                                                                            : "plc.temperature > 999 degC"),
                                                  .drives = spec->cooling,
                                                  .drive_count = 3,
                                                  .reset = RIG_STUDENT,
                                                  .ignore_bad = random_chance(random, 0.5)};
    spec->venting[0] = (struct rig_assignment){HEATER, 0};
    spec->venting[1] = (struct rig_assignment){VOLTAGE, 4};
    spec->venting[2] = (struct rig_assignment){PUMP, 60};
    spec->trips[VENTING] = (struct rig_trip_spec){.name = "venting",
                                                  .when = compile(spec, random_chance(random, 0.5)
                                                                            ? "plc.temperature > 72 degC"
                                                                            : "plc.temperature > 999 degC"),
                                                  .drives = spec->venting,
                                                  .drive_count = 3,
                                                  .reset = RIG_TEACHER,
                                                  .ignore_bad = random_chance(random, 0.5)};
    spec->permissives[0] = (struct rig_permissive_spec){
        .name = "heater-needs-water",
        .of = HEATER,
        .when = compile(spec, bands ? "plc.level > 150 mm hysteresis 5 cm and age(plc.level) < 1 s"
                                    : "plc.level > 150 mm and age(plc.level) < 1 s")};
    spec->permissives[1] = (struct rig_permissive_spec){.name = "cool-start",
                                                        .of = PUMP,
                                                        .only_to_start = true,
                                                        .hold = 500 * MS,
                                                        .when = compile(spec, "plc.temperature < 70 degC")};
    spec->excluded[0] = FILL;
    spec->excluded[1] = DRAIN;
    spec->exclusives[0] = (struct rig_exclusive_spec){"fill-or-drain", spec->excluded, 2};
    add_limits(spec, random);
}

/* The voltage, which is on another line, with the first step or after it. */
static void add_steps(struct lab_spec *spec, struct random *random)
{
    bool after = random_chance(random, 0.5);
    memcpy(spec->first,
           (struct rig_assignment[]){
               {HEATER,  0},
               {PUMP,    0},
               {FILL,    0},
               {LAMP,    0},
               {VOLTAGE, 0}
    },
           sizeof spec->first);
    spec->second[0] = (struct rig_assignment){DRAIN, 1};
    spec->second[1] = (struct rig_assignment){VOLTAGE, 0};
    memcpy(spec->shown,
           (struct rig_assignment[]){
               {HEATER_ON,     0},
               {PUMP_SPEED,    0},
               {FILL_ON,       0},
               {VOLTAGE_SHOWN, 0},
               {DRAIN_OPEN,    1}
    },
           sizeof spec->shown);
    spec->steps[0] = (struct rig_step_spec){RIG_STEP_SET, spec->first, after ? 4 : 5, S};
    spec->steps[1] = (struct rig_step_spec){RIG_STEP_SET, spec->second, after ? 2 : 1, S};
    spec->steps[2] = (struct rig_step_spec){RIG_STEP_VERIFY, spec->shown, 5, 4 * S};
}

static void slow_down(struct lab_spec *spec)
{
    for (size_t i = 0; i < POINTS; i++)
        if (spec->points[i].poll > 0) {
            spec->points[i].poll = S;
            spec->points[i].stale_after = 3 * S;
        }
}

void spec_init(struct lab_spec *spec, struct random *random, bool calm)
{
    memset(spec, 0, sizeof *spec);
    add_points(spec);
    if (calm)
        slow_down(spec);
    add_steps(spec, random);
    add_rules(spec, random);
    spec->instruments[PLC] = (struct rig_instrument_spec){"plc", 0, true, false};
    spec->instruments[MOTOR] = (struct rig_instrument_spec){"motor", 1, true, false};
    spec->instruments[SCOPE] = (struct rig_instrument_spec){"scope", 2, false, random_chance(random, 0.5)};
    spec->rig = (struct rig_spec){
        .name = "tank",
        .title = "tank",
        .points = spec->points,
        .point_count = POINTS,
        .instruments = spec->instruments,
        .instrument_count = INSTRUMENTS,
        .link_count = LINKS,
        .safe = spec->steps,
        .safe_count = 3,
        .verify_retries = 3,
        .trips = spec->trips,
        .trip_count = TRIPS,
        .permissives = spec->permissives,
        .permissive_count = PERMISSIVES,
        .exclusives = spec->exclusives,
        .exclusive_count = 1,
        .limits = spec->limits,
        .limit_count = LIMITS,
        .heartbeat = {BEAT, calm ? S : 200 * MS, calm ? 3 * S : S},
        .local_mode = random_chance(random, 0.5) ? LOCAL : RIG_NONE,
        .command_age = 2 * S,
        .presence = 8 * S,
        .resume_window = 20 * S,
        .handover_keep = random_chance(random, 0.3),
        .teacher_reset = random_chance(random, 0.5),
    };
}

void spec_finish(struct lab_spec *spec)
{
    for (size_t i = 0; i < TRIPS; i++)
        rig_rule_destroy((struct rig_program *)spec->trips[i].when);
    for (size_t i = 0; i < PERMISSIVES; i++)
        rig_rule_destroy((struct rig_program *)spec->permissives[i].when);
}
