/* create.c - all memory of a rig, once; and how many actions an event can yield at most. */
#include "gateway/rig/state.h"

#include <stdlib.h>

static size_t timers_of(const struct rig_spec *spec, enum timer_family family)
{
    switch (family) {
    case TIMER_STALE:
    case TIMER_DRIVE:
        return spec->point_count;
    case TIMER_TRIP:
        return spec->trip_count;
    case TIMER_PERMISSIVE:
        return spec->permissive_count;
    case TIMER_RAMP:
    case TIMER_ON_FOR:
    case TIMER_TOTAL:
        return spec->limit_count;
    case TIMER_COMMAND:
        return COMMANDS_MAX;
    default:
        return 1;
    }
}

static int create_timers(struct rig *rig)
{
    size_t count = 0;
    for (int family = 0; family < TIMER_FAMILIES; family++) {
        rig->timer_first[family] = count;
        count += timers_of(rig->spec, (enum timer_family)family);
    }
    return deadlines_init(&rig->deadlines, count);
}

static void *zeroed(size_t count, size_t size)
{
    return calloc(count > 0 ? count : 1, size);
}

static int create_image(struct rig *rig)
{
    struct image *image = &rig->image;
    const struct rig_spec *spec = rig->spec;
    uint16_t texts = 0;
    image->values = zeroed(spec->point_count, sizeof *image->values);
    image->asked = zeroed(spec->point_count, sizeof *image->asked);
    image->reads = zeroed(spec->point_count, sizeof *image->reads);
    image->revisions = zeroed(spec->point_count, sizeof *image->revisions);
    image->text_slot = zeroed(spec->point_count, sizeof *image->text_slot);
    image->expected = zeroed(spec->point_count, sizeof *image->expected);
    image->up = zeroed(spec->instrument_count, sizeof *image->up);
    rig->outputs = zeroed(spec->point_count, sizeof *rig->outputs);
    if (!image->values || !image->asked || !image->reads || !image->revisions || !image->text_slot ||
        !image->expected || !image->up || !rig->outputs)
        return -1;
    for (size_t i = 0; i < spec->point_count; i++) {
        image->text_slot[i] = spec->points[i].type == RIG_TEXT ? texts++ : RIG_NONE;
        rig->outputs[i].written = spec->points[i].safe;
    }
    image->texts = zeroed(texts, sizeof *image->texts);
    for (size_t i = 0; i < spec->instrument_count; i++)
        image->down += image_required(rig, i);
    return image->texts ? 0 : -1;
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

static int create_sequence(struct rig *rig)
{
    const struct rig_spec *spec = rig->spec;
    size_t longest = 0;
    bool verifies = false, outputs = false;
    for (size_t i = 0; i < spec->safe_count; i++) {
        const struct rig_step_spec *step = &spec->safe[i];
        longest = step->count > longest ? step->count : longest;
        for (size_t j = 0; step->kind == RIG_STEP_VERIFY && j < step->count; j++) {
            rig->image.expected[step->items[j].point] =
                (struct expectation){true, step->items[j].number, tolerance_of(spec, step->items[j].point)};
            verifies = true;
        }
    }
    for (size_t i = 0; i < spec->point_count; i++)
        outputs |= spec->points[i].output;
    rig->sequence.covered = verifies || !outputs;
    rig->sequence.items = zeroed(longest, sizeof *rig->sequence.items);
    return rig->sequence.items ? 0 : -1;
}

static int create_limits(struct rig *rig)
{
    const struct rig_spec *spec = rig->spec;
    rig->ramps = zeroed(spec->limit_count, sizeof *rig->ramps);
    rig->tallies = zeroed(spec->limit_count, sizeof *rig->tallies);
    rig->limit_of = zeroed(spec->point_count, sizeof *rig->limit_of);
    if (!rig->ramps || !rig->tallies || !rig->limit_of)
        return -1;
    for (size_t i = 0; i < spec->point_count; i++)
        rig->limit_of[i] = RIG_NONE;
    for (size_t i = 0; i < spec->limit_count; i++)
        rig->limit_of[spec->limits[i].of] = (uint16_t)i;
    return 0;
}

static const struct rig_program *program_of(const struct rig_spec *spec, size_t rule)
{
    return rule < spec->trip_count ? spec->trips[rule].when : spec->permissives[rule - spec->trip_count].when;
}

/* Counts the rules of each point, then lays them out point by point. */
static int index_rules(struct rig *rig, size_t rules)
{
    struct interlocks *interlocks = &rig->interlocks;
    size_t points = rig->spec->point_count, total = 0, count;
    for (size_t rule = 0; rule < rules; rule++) {
        const uint16_t *inputs = rig_rule_inputs(program_of(rig->spec, rule), &count);
        for (size_t i = 0; i < count; i++)
            interlocks->of_point[inputs[i] + 1]++;
        total += count;
    }
    interlocks->rules = zeroed(total, sizeof *interlocks->rules);
    size_t *filled = zeroed(points, sizeof *filled);
    if (!interlocks->rules || !filled) {
        free(filled);
        return -1;
    }
    for (size_t point = 0; point < points; point++)
        interlocks->of_point[point + 1] += interlocks->of_point[point];
    for (size_t rule = 0; rule < rules; rule++) {
        const uint16_t *inputs = rig_rule_inputs(program_of(rig->spec, rule), &count);
        for (size_t i = 0; i < count; i++)
            interlocks->rules[interlocks->of_point[inputs[i]] + filled[inputs[i]]++] = (uint16_t)rule;
    }
    free(filled);
    return 0;
}

static int create_interlocks(struct rig *rig)
{
    struct interlocks *interlocks = &rig->interlocks;
    const struct rig_spec *spec = rig->spec;
    size_t rules = spec->trip_count + spec->permissive_count, inputs = 0, count;
    interlocks->trips = zeroed(spec->trip_count, sizeof *interlocks->trips);
    interlocks->permissives = zeroed(spec->permissive_count, sizeof *interlocks->permissives);
    interlocks->of_point = zeroed(spec->point_count + 1, sizeof *interlocks->of_point);
    interlocks->held = zeroed(rules, sizeof *interlocks->held);
    interlocks->dirty = zeroed(rules, sizeof *interlocks->dirty);
    interlocks->dirty_why = zeroed(rules, sizeof *interlocks->dirty_why);
    interlocks->by_read = zeroed(rules, sizeof *interlocks->by_read);
    if (!interlocks->trips || !interlocks->permissives || !interlocks->of_point || !interlocks->held ||
        !interlocks->by_read || !interlocks->dirty || !interlocks->dirty_why)
        return -1;
    for (size_t i = 0; i < rules; i++)
        interlocks->by_read[i] =
            rig_rule_ages(program_of(spec, i)) || (i < spec->trip_count && spec->trips[i].confirm > 1);
    for (size_t i = 0; i < spec->trip_count; i++) {
        interlocks->trips[i].first_read = inputs;
        rig_rule_inputs(spec->trips[i].when, &count);
        inputs += count;
    }
    interlocks->reads_then = zeroed(inputs, sizeof *interlocks->reads_then);
    return interlocks->reads_then ? index_rules(rig, rules) : -1;
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
    if (durable)
        restore(rig, durable);
    rig->lease.epoch = epoch;
    rig->lease.needs_safe = true;
    rig->recording = true;
    rig->local = spec->local_mode != RIG_NONE;
    rig->lease.acknowledged = zeroed(spec->link_count, sizeof *rig->lease.acknowledged);
    if (!rig->lease.acknowledged || create_limits(rig) < 0 || create_timers(rig) < 0 ||
        create_image(rig) < 0 || create_sequence(rig) < 0 || create_interlocks(rig) < 0) {
        rig_destroy(rig);
        return NULL;
    }
    interlock_dirty_all(rig);
    if (spec->heartbeat.point != RIG_NONE)
        timer_set(rig, TIMER_HEARTBEAT, 0, 0);
    rig_edge(rig, RIG_EDGE_START, NULL);
    return rig;
}

void rig_destroy(struct rig *rig)
{
    if (!rig)
        return;
    void *const owned[] = {
        rig->image.values,
        rig->image.asked,
        rig->image.reads,
        rig->image.revisions,
        rig->image.text_slot,
        rig->image.expected,
        rig->image.up,
        rig->image.texts,
        rig->outputs,
        rig->sequence.items,
        rig->interlocks.trips,
        rig->interlocks.permissives,
        rig->interlocks.of_point,
        rig->interlocks.rules,
        rig->interlocks.held,
        rig->interlocks.dirty,
        rig->interlocks.dirty_why,
        rig->interlocks.by_read,
        rig->interlocks.reads_then,
        rig->lease.acknowledged,
        rig->ramps,
        rig->tallies,
        rig->limit_of,
    };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        free(owned[i]);
    deadlines_finish(&rig->deadlines);
    free(rig);
}

/* One event settles at most four times. In all of them the sequence walks its steps once, begins anew or
 * repeats its writes at most three times, and asks for what it verifies; each trip latches, resets and
 * drives; each output is driven by each of its rules; each command ends, with all who wait for it; each link
 * is fenced at most six times. */
size_t rig_actions_bound(const struct rig_spec *spec)
{
    size_t items = 0, drives = 0;
    for (size_t i = 0; i < spec->safe_count; i++)
        items += spec->safe[i].count;
    for (size_t i = 0; i < spec->trip_count; i++)
        drives += spec->trips[i].drive_count;
    return 64 + 5 * items + 6 * spec->link_count + 6 * spec->trip_count + 2 * drives +
           3 * spec->permissive_count + 8 * spec->limit_count + 4 * spec->point_count +
           COMMANDS_MAX * (WAITERS_MAX + 2);
}
