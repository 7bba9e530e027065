/* output.c - what the core knows of an output: what it wrote, and whether it may be away from its safe value.
 */
#include "gateway/rig/state.h"

#include <math.h>

int64_t output_within(const struct rig *rig, uint16_t point)
{
    int64_t within = rig->spec->points[point].within;
    return within > 0 ? within : WITHIN_DEFAULT;
}

void output_wrote(struct rig *rig, uint16_t point, double number)
{
    rig->outputs[point].written = number;
    rig->outputs[point].written_at = rig->now;
    if (number != rig->spec->points[point].safe)
        output_set_on(rig, point, true);
}

void output_set_on(struct rig *rig, uint16_t point, bool on)
{
    if (rig->outputs[point].on == on)
        return;
    rig->outputs[point].on = on;
    for (size_t i = 0; i < rig->spec->limit_count; i++) {
        const struct rig_limit_spec *limit = &rig->spec->limits[i];
        if (limit->of == point && limit->on_for > 0)
            timer_set(rig, TIMER_ON_FOR, i, on ? time_after(rig->now, limit->on_for) : DEADLINE_NEVER);
    }
}

/* Written to something else than safe, or seen there. */
bool output_is_on(const struct rig *rig, uint16_t point)
{
    const struct rig_point_spec *spec = &rig->spec->points[point];
    if (rig->outputs[point].on)
        return true;
    if (spec->readback == RIG_NONE || rig->image.values[spec->readback].quality != RIG_GOOD)
        return false;
    return fabs(rig->image.values[spec->readback].number - spec->safe) > spec->tolerance;
}

void output_on_for_due(struct rig *rig, size_t index)
{
    const struct rig_limit_spec *limit = &rig->spec->limits[index];
    double safe = rig->spec->points[limit->of].safe;
    struct rig_action *record = emit_record(rig, RIG_RECORD_TIME_LIMIT);
    record->rule = limit->name;
    record->point = limit->of;
    record->before = rig->outputs[limit->of].written;
    record->number = safe;
    drive_want(rig, limit->of, safe, limit->name);
}

const struct rig_limit_spec *output_limit_slew(const struct rig *rig, uint16_t point, size_t *index)
{
    for (size_t i = 0; i < rig->spec->limit_count; i++) {
        if (rig->spec->limits[i].of == point && rig->spec->limits[i].slew > 0) {
            *index = i;
            return &rig->spec->limits[i];
        }
    }
    return NULL;
}
