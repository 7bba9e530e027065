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
    bool changed = rig->outputs[point].on != on;
    rig->outputs[point].on = on;
    limit_switched(rig, point, changed);
    if (changed)
        touch_status(rig); /* what excludes it, or holds only at its start, bites otherwise now */
}

/* What must not be on together with it asks more: what cannot be seen may have been moved by other hands. */
bool output_may_be_on(const struct rig *rig, uint16_t point)
{
    uint16_t readback = rig->spec->points[point].readback;
    return output_is_on(rig, point) ||
           (readback != RIG_NONE && rig->image.values[readback].quality != RIG_GOOD);
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
