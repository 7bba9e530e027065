/* permit.c - permissives, and outputs that exclude each other. */
#include "gateway/rig/state.h"

/* It gives way to what a trip asks for, and is on record all the same. */
static void lost(struct rig *rig, const struct rig_permissive_spec *spec)
{
    if (spec->only_to_start || !output_is_on(rig, spec->of))
        return;
    struct rig_action *record = emit_record(rig, RIG_RECORD_PERMISSIVE_LOST);
    record->rule = spec->name;
    record->point = spec->of;
    record->before = rig->outputs[spec->of].written;
    record->number = demand_or(rig, spec->of, rig->spec->points[spec->of].safe);
    if (demand_is_away(rig, spec->of))
        return;
    drive_want(rig, spec->of, rig->spec->points[spec->of].safe, spec->name);
}

void permissive_evaluate(struct rig *rig, size_t index)
{
    const struct rig_permissive_spec *spec = &rig->spec->permissives[index];
    struct permissive *permissive = &rig->interlocks.permissives[index];
    rig_rule_held *held = &rig->interlocks.held[rig->spec->trip_count + index];
    bool truth = rig_rule_evaluate(spec->when, held, rig->image.values, rig->now) == RIG_TRUE;
    if (truth && !permissive->truth)
        permissive->since = rig->now;
    permissive->truth = truth;
    int64_t due = rig_rule_next_change(spec->when, rig->image.values, rig->now);
    int64_t held_at = truth ? time_after(permissive->since, spec->hold) : DEADLINE_NEVER;
    if (held_at > rig->now && held_at < due)
        due = held_at;
    timer_set(rig, TIMER_PERMISSIVE, index, due);
    bool permits = (truth && held_at <= rig->now) || bypass_holds(rig, rig->spec->trip_count + index);
    if (permits == permissive->permits)
        return;
    permissive->permits = permits;
    touch_status(rig);
    if (!permits)
        lost(rig, spec);
}

void permissive_due(struct rig *rig, size_t index)
{
    interlock_mark(rig, rig->spec->trip_count + index);
}

const char *permissive_against(const struct rig *rig, uint16_t point)
{
    for (size_t i = 0; i < rig->spec->permissive_count; i++) {
        const struct rig_permissive_spec *spec = &rig->spec->permissives[i];
        if (spec->of != point || rig->interlocks.permissives[i].permits)
            continue;
        if (!spec->only_to_start || !output_is_on(rig, point))
            return spec->name;
    }
    return NULL;
}

static bool excludes(const struct rig_exclusive_spec *spec, uint16_t point)
{
    for (size_t i = 0; i < spec->count; i++)
        if (spec->points[i] == point)
            return true;
    return false;
}

const char *exclusive_against(const struct rig *rig, uint16_t point)
{
    for (size_t i = 0; i < rig->spec->exclusive_count; i++) {
        const struct rig_exclusive_spec *spec = &rig->spec->exclusives[i];
        if (!excludes(spec, point))
            continue;
        for (size_t j = 0; j < spec->count; j++)
            if (spec->points[j] != point && output_may_be_on(rig, spec->points[j]))
                return spec->name;
    }
    return NULL;
}
