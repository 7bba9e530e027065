/* create.c - a rig as it is before its first event; and how many actions an event can yield at most. */
#include "gateway/rig/state.h"

#include <stdlib.h>

static void init_points(struct rig *rig)
{
    const struct rig_spec *spec = rig->spec;
    uint16_t texts = 0;
    for (size_t i = 0; i < spec->point_count; i++) {
        rig->image.text_slot[i] = spec->points[i].type == RIG_TEXT ? texts++ : RIG_NONE;
        rig->outputs[i].written = spec->points[i].safe;
        rig->limit_of[i] = RIG_NONE;
    }
    for (size_t i = 0; i < spec->limit_count; i++)
        rig->limit_of[spec->limits[i].of] = (uint16_t)i;
    for (size_t i = 0; i < spec->instrument_count; i++)
        rig->image.down += image_required(rig, i);
}

/* An output's tolerance serves the point that shows it, when that has none of its own. */
static double tolerance_of(const struct rig_spec *spec, uint16_t point)
{
    double tolerance = spec->points[point].tolerance;
    for (size_t i = 0; i < spec->point_count; i++)
        if (spec->points[i].output && spec->points[i].readback == point &&
            spec->points[i].tolerance > tolerance)
            tolerance = spec->points[i].tolerance;
    return tolerance;
}

static void init_sequence(struct rig *rig)
{
    const struct rig_spec *spec = rig->spec;
    bool verifies = false, outputs = false;
    for (size_t i = 0; i < spec->safe_count; i++) {
        const struct rig_step_spec *step = &spec->safe[i];
        for (size_t j = 0; step->kind == RIG_STEP_VERIFY && j < step->count; j++) {
            rig->image.expected[step->items[j].point] =
                (struct expectation){true, step->items[j].number, tolerance_of(spec, step->items[j].point)};
            verifies = true;
        }
    }
    for (size_t i = 0; i < spec->point_count; i++)
        outputs |= spec->points[i].output;
    rig->sequence.covered = verifies || !outputs;
}

/* Counts the rules of each point, then lays them out point by point: each offset ends where its rules do,
 * and moves to where they begin as they are put in. */
static void index_rules(struct rig *rig, size_t rules)
{
    struct interlocks *interlocks = &rig->interlocks;
    size_t points = rig->spec->point_count, count;
    for (size_t rule = 0; rule < rules; rule++) {
        const uint16_t *inputs = rig_rule_inputs(rule_program(rig->spec, rule), &count);
        for (size_t i = 0; i < count; i++)
            interlocks->of_point[inputs[i]]++;
    }
    for (size_t point = 0; point < points; point++)
        interlocks->of_point[point + 1] += interlocks->of_point[point];
    for (size_t rule = rules; rule-- > 0;) {
        const uint16_t *inputs = rig_rule_inputs(rule_program(rig->spec, rule), &count);
        for (size_t i = 0; i < count; i++)
            interlocks->rules[--interlocks->of_point[inputs[i]]] = (uint16_t)rule;
    }
}

static void init_interlocks(struct rig *rig)
{
    const struct rig_spec *spec = rig->spec;
    size_t rules = spec->trip_count + spec->permissive_count, inputs = 0, count;
    for (size_t i = 0; i < rules; i++)
        rig->interlocks.by_read[i] =
            rig_rule_ages(rule_program(spec, i)) || (i < spec->trip_count && spec->trips[i].confirm > 1);
    for (size_t i = 0; i < spec->trip_count; i++) {
        rig->interlocks.trips[i].first_read = inputs;
        rig_rule_inputs(spec->trips[i].when, &count);
        inputs += count;
    }
    index_rules(rig, rules);
    interlock_dirty_all(rig);
}

/* Latches of trips that this configuration does not have could never be reset. */
static void restore(struct rig *rig, const struct rig_durable *durable)
{
    rig->durable = *durable;
    for (size_t i = rig->spec->trip_count; i < RIG_TRIPS_MAX; i++) {
        uint64_t others = ~((uint64_t)1 << i % 64);
        rig->durable.trips[i / 64] &= others;
        rig->durable.faults[i / 64] &= others;
    }
}

struct rig *rig_create(const struct rig_spec *spec, uint64_t epoch, const struct rig_durable *durable)
{
    if (spec->point_count > RIG_POINTS_MAX || spec->trip_count > RIG_TRIPS_MAX)
        return NULL;
    struct rig *rig = calloc(1, sizeof *rig);
    if (!rig)
        return NULL;
    rig->spec = spec;
    if (!memory_take(rig)) {
        rig_destroy(rig);
        return NULL;
    }
    if (durable)
        restore(rig, durable);
    rig->lease.epoch = epoch;
    rig->lease.needs_safe = true;
    rig->recording = true;
    rig->local = spec->local_mode != RIG_NONE;
    deadlines_init(&rig->deadlines);
    init_points(rig);
    init_sequence(rig);
    init_interlocks(rig);
    demand_init(rig);
    if (spec->heartbeat.point != RIG_NONE)
        timer_set(rig, TIMER_HEARTBEAT, 0, 0);
    rig_edge(rig, RIG_EDGE_START, NULL);
    return rig;
}

void rig_destroy(struct rig *rig)
{
    if (!rig)
        return;
    memory_release(rig);
    free(rig);
}

/* One event settles at most four times. In all of them the sequence walks its steps once, begins anew or
 * repeats its writes at most three times, and asks for what it verifies; each trip latches, resets, drives
 * and asks for what it drives; each rule's bypass ends; each output is driven by each of its rules; each
 * command ends, with all who wait for it; each link is fenced at most six times. */
size_t rig_actions_bound(const struct rig_spec *spec)
{
    size_t items = 0, drives = 0;
    for (size_t i = 0; i < spec->safe_count; i++)
        items += spec->safe[i].count;
    for (size_t i = 0; i < spec->trip_count; i++)
        drives += spec->trips[i].drive_count;
    return 64 + 5 * items + 6 * spec->link_count + 8 * spec->trip_count + 6 * drives +
           5 * spec->permissive_count + 8 * spec->limit_count + 4 * spec->point_count +
           COMMANDS_MAX * (WAITERS_MAX + 2);
}
