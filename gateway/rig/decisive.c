/* decisive.c - which samples anything waits for; all others only inform. */
#include "gateway/rig/rig.h"

#include <string.h>

static void mark(bool *decisive, uint16_t point)
{
    if (point != RIG_NONE)
        decisive[point] = true;
}

static void mark_inputs(bool *decisive, const struct rig_program *program)
{
    size_t count;
    const uint16_t *inputs = rig_rule_inputs(program, &count);
    for (size_t i = 0; i < count; i++)
        decisive[inputs[i]] = true;
}

static void mark_verified(bool *decisive, const struct rig_step_spec *step)
{
    if (step->kind != RIG_STEP_VERIFY)
        return;
    for (size_t i = 0; i < step->count; i++)
        decisive[step->items[i].point] = true;
}

void rig_decisive_points(const struct rig_spec *spec, bool *decisive)
{
    memset(decisive, 0, spec->point_count * sizeof *decisive);
    for (size_t i = 0; i < spec->point_count; i++)
        mark(decisive, spec->points[i].readback);
    for (size_t i = 0; i < spec->safe_count; i++)
        mark_verified(decisive, &spec->safe[i]);
    for (size_t i = 0; i < spec->trip_count; i++)
        mark_inputs(decisive, spec->trips[i].when);
    for (size_t i = 0; i < spec->permissive_count; i++)
        mark_inputs(decisive, spec->permissives[i].when);
    for (size_t i = 0; i < spec->limit_count; i++)
        mark(decisive, spec->limits[i].totalized);
    mark(decisive, spec->local_mode);
}
