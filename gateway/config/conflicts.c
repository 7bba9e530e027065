/* Permissives that leave their output nothing: together, beside a trip, or because they wait for what only
 * comes after. */
#include "gateway/config/analysis.h"

struct conflicts {
    struct rig_build *rig;
    struct rig_interval *ranges; /* by point; set where a rule that is looked at reads it */
};

static void take_whole(const struct conflicts *conflicts, const struct rig_program *program)
{
    size_t count;
    const uint16_t *inputs = rig_rule_inputs(program, &count);
    for (size_t i = 0; i < count; i++) {
        const struct rig_point_spec *point = &conflicts->rig->points[inputs[i]];
        conflicts->ranges[inputs[i]] = (struct rig_interval){point->minimum, point->maximum};
    }
}

static bool can_hold(const struct conflicts *conflicts, const struct rig_program *program)
{
    take_whole(conflicts, program);
    return rig_rule_narrow(program, conflicts->ranges);
}

/* The first once more: what it says of a sum is judged with the narrowed ranges too. */
static bool can_hold_together(const struct conflicts *conflicts, const struct rig_program *one,
                              const struct rig_program *other)
{
    take_whole(conflicts, one);
    take_whole(conflicts, other);
    return rig_rule_narrow(one, conflicts->ranges) && rig_rule_narrow(other, conflicts->ranges) &&
           rig_rule_narrow(one, conflicts->ranges);
}

/* That it trips sooner or later is not enough: an output may be meant to be moved before. */
static bool keeps_from(const struct rig_trip_spec *trip, uint16_t output)
{
    bool drives = !trip->drives;
    for (size_t i = 0; trip->drives && i < trip->drive_count; i++)
        drives |= trip->drives[i].point == output;
    return drives && trip->when && !trip->hold && trip->confirm <= 1;
}

static bool is_tripped_while(const struct conflicts *conflicts, const struct rig_program *holds,
                             const struct rig_program *trips)
{
    take_whole(conflicts, trips);
    return can_hold(conflicts, holds) && !rig_rule_possible(trips, conflicts->ranges).becomes_false;
}

static void check_pairs(const struct conflicts *conflicts, size_t index)
{
    const struct rig_build *rig = conflicts->rig;
    const struct rig_permissive_spec *permissives = rig->out->spec.permissives, *one = &permissives[index];
    for (size_t i = 0; i < index; i++)
        if (permissives[i].of == one->of && permissives[i].when && can_hold(conflicts, permissives[i].when) &&
            !can_hold_together(conflicts, permissives[i].when, one->when)) {
            report(rig->loader, node_get(rig->permissive_nodes[index], "when"),
                   "never holds together with %s while the inputs are in their ranges, so %s could never be "
                   "moved from its safe value; correct one of the two",
                   permissives[i].name, rig->points[one->of].name);
            return;
        }
}

static void check_trips(const struct conflicts *conflicts, size_t index)
{
    const struct rig_build *rig = conflicts->rig;
    const struct rig_spec *spec = &rig->out->spec;
    const struct rig_permissive_spec *permissive = &spec->permissives[index];
    for (size_t i = 0; i < spec->trip_count; i++)
        if (keeps_from(&spec->trips[i], permissive->of) &&
            is_tripped_while(conflicts, permissive->when, spec->trips[i].when)) {
            report(rig->loader, node_get(rig->permissive_nodes[index], "when"),
                   "holds only while %s trips, which keeps %s from being moved; correct one of the two",
                   spec->trips[i].name, rig->points[permissive->of].name);
            return;
        }
}

/* At its safe value, as far as the rule reads the output or what shows it. */
static void pin_safe(const struct conflicts *conflicts, uint16_t output)
{
    const struct rig_point_spec *point = &conflicts->rig->points[output];
    conflicts->ranges[output] = (struct rig_interval){point->safe, point->safe};
    if (point->readback != RIG_NONE)
        conflicts->ranges[point->readback] =
            (struct rig_interval){point->safe - point->tolerance, point->safe + point->tolerance};
}

/* What is still at its safe value when this output leaves its own: itself, and what excludes it. */
static void pin_before(const struct conflicts *conflicts, uint16_t output)
{
    const struct rig_spec *spec = &conflicts->rig->out->spec;
    pin_safe(conflicts, output);
    for (size_t i = 0; i < spec->exclusive_count; i++) {
        const struct rig_exclusive_spec *exclusive = &spec->exclusives[i];
        bool has = false;
        for (size_t k = 0; k < exclusive->count; k++)
            has |= exclusive->points[k] == output;
        for (size_t k = 0; has && k < exclusive->count; k++)
            pin_safe(conflicts, exclusive->points[k]);
    }
}

static void check_itself(const struct conflicts *conflicts, size_t index)
{
    const struct rig_build *rig = conflicts->rig;
    const struct rig_permissive_spec *permissive = &rig->out->spec.permissives[index];
    take_whole(conflicts, permissive->when);
    pin_before(conflicts, permissive->of);
    if (!rig_rule_narrow(permissive->when, conflicts->ranges))
        report(rig->loader, node_get(rig->permissive_nodes[index], "when"),
               "never holds while %s, and what excludes it, is at its safe value, so it could never be moved "
               "from there; correct the rule",
               rig->points[permissive->of].name);
}

void analysis_conflicts(struct rig_build *rig)
{
    const struct rig_spec *spec = &rig->out->spec;
    struct conflicts conflicts = {
        rig, arena_array(&rig->loader->scratch, rig->point_count, sizeof(*conflicts.ranges))};
    for (size_t i = 0; i < spec->permissive_count; i++) {
        const struct rig_permissive_spec *permissive = &spec->permissives[i];
        if (!permissive->when || permissive->of == RIG_NONE || !rig->points[permissive->of].output ||
            !can_hold(&conflicts, permissive->when))
            continue; /* which has been said */
        check_pairs(&conflicts, i);
        check_trips(&conflicts, i);
        check_itself(&conflicts, i);
    }
}
