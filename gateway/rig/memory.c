/* memory.c - all memory of a rig, taken once. */
#include "gateway/rig/state.h"

#include <stdlib.h>

static void *own(struct rig *rig, size_t count, size_t size)
{
    void *made = calloc(count > 0 ? count : 1, size);
    rig->owned[rig->owned_count++] = made;
    rig->complete &= made != NULL;
    return made;
}

const struct rig_program *rule_program(const struct rig_spec *spec, size_t rule)
{
    return rule < spec->trip_count ? spec->trips[rule].when : spec->permissives[rule - spec->trip_count].when;
}

static size_t inputs_of(const struct rig_spec *spec, size_t rules)
{
    size_t total = 0, count;
    for (size_t rule = 0; rule < rules; rule++) {
        rig_rule_inputs(rule_program(spec, rule), &count);
        total += count;
    }
    return total;
}

static size_t texts_of(const struct rig_spec *spec)
{
    size_t texts = 0;
    for (size_t i = 0; i < spec->point_count; i++)
        texts += spec->points[i].type == RIG_TEXT;
    return texts;
}

static size_t longest_step(const struct rig_spec *spec)
{
    size_t longest = 0;
    for (size_t i = 0; i < spec->safe_count; i++)
        longest = spec->safe[i].count > longest ? spec->safe[i].count : longest;
    return longest;
}

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
    case TIMER_BYPASS:
        return spec->trip_count + spec->permissive_count;
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

static void take_for_timers(struct rig *rig)
{
    struct deadlines *deadlines = &rig->deadlines;
    for (int family = 0; family < TIMER_FAMILIES; family++) {
        rig->timer_first[family] = deadlines->count;
        deadlines->count += timers_of(rig->spec, (enum timer_family)family);
    }
    deadlines->due = own(rig, deadlines->count, sizeof *deadlines->due);
    deadlines->heap = own(rig, deadlines->count, sizeof *deadlines->heap);
    deadlines->place = own(rig, deadlines->count, sizeof *deadlines->place);
}

static void take_for_points(struct rig *rig)
{
    const struct rig_spec *spec = rig->spec;
    struct image *image = &rig->image;
    image->values = own(rig, spec->point_count, sizeof *image->values);
    image->asked = own(rig, spec->point_count, sizeof *image->asked);
    image->reads = own(rig, spec->point_count, sizeof *image->reads);
    image->revisions = own(rig, spec->point_count, sizeof *image->revisions);
    image->text_slot = own(rig, spec->point_count, sizeof *image->text_slot);
    image->expected = own(rig, spec->point_count, sizeof *image->expected);
    image->texts = own(rig, texts_of(spec), sizeof *image->texts);
    image->up = own(rig, spec->instrument_count, sizeof *image->up);
    rig->outputs = own(rig, spec->point_count, sizeof *rig->outputs);
    rig->drives_wanted = own(rig, spec->point_count, sizeof *rig->drives_wanted);
    rig->demands.now = own(rig, spec->point_count, sizeof *rig->demands.now);
    rig->demands.before = own(rig, spec->point_count, sizeof *rig->demands.before);
    rig->limit_of = own(rig, spec->point_count, sizeof *rig->limit_of);
}

static void take_for_rules(struct rig *rig)
{
    const struct rig_spec *spec = rig->spec;
    struct interlocks *interlocks = &rig->interlocks;
    size_t rules = spec->trip_count + spec->permissive_count;
    interlocks->trips = own(rig, spec->trip_count, sizeof *interlocks->trips);
    interlocks->permissives = own(rig, spec->permissive_count, sizeof *interlocks->permissives);
    interlocks->of_point = own(rig, spec->point_count + 1, sizeof *interlocks->of_point);
    interlocks->rules = own(rig, inputs_of(spec, rules), sizeof *interlocks->rules);
    interlocks->reads_then = own(rig, inputs_of(spec, spec->trip_count), sizeof *interlocks->reads_then);
    interlocks->held = own(rig, rules, sizeof *interlocks->held);
    interlocks->bypassed_until = own(rig, rules, sizeof *interlocks->bypassed_until);
    interlocks->by_read = own(rig, rules, sizeof *interlocks->by_read);
    interlocks->dirty = own(rig, rules, sizeof *interlocks->dirty);
    interlocks->dirty_why = own(rig, rules, sizeof *interlocks->dirty_why);
}

bool memory_take(struct rig *rig)
{
    rig->complete = true;
    rig->lease.acknowledged = own(rig, rig->spec->link_count, sizeof *rig->lease.acknowledged);
    rig->sequence.items = own(rig, longest_step(rig->spec), sizeof *rig->sequence.items);
    rig->ramps = own(rig, rig->spec->limit_count, sizeof *rig->ramps);
    rig->tallies = own(rig, rig->spec->limit_count, sizeof *rig->tallies);
    take_for_points(rig);
    take_for_rules(rig);
    take_for_timers(rig);
    return rig->complete;
}

void memory_release(struct rig *rig)
{
    for (size_t i = 0; i < rig->owned_count; i++)
        free(rig->owned[i]);
}
