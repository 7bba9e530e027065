/* demand.c - what latched trips ask of outputs. A trip that drives an output away from its safe value goes on
 * asking for that until it is reset: where the safe sequence has the safe value, it writes and expects what
 * is asked. The first latched trip of the configuration that names an output decides. While somebody may have
 * hands in the rig, by lock-out or local mode, nothing is moved away from safe.
 *
 * A configuration is refused in which a trip does not make safe what excludes an output before it moves that
 * output away. So its writes go first, in their order, and those of the sequence follow in theirs. */
#include "gateway/rig/state.h"

static bool is_away(const struct rig *rig, uint16_t point, double number)
{
    return number != rig->spec->points[point].safe;
}

double demand_of(const struct rig *rig, uint16_t point)
{
    const struct demand *demand = &rig->demands.now[point];
    return demand->trip == RIG_NONE ? rig->spec->points[point].safe : demand->number;
}

bool demand_is_away(const struct rig *rig, uint16_t point)
{
    return rig->demands.now[point].away;
}

double demand_or(const struct rig *rig, uint16_t point, double number)
{
    return rig->demands.now[point].away ? rig->demands.now[point].number : number;
}

/* What shows the output has to show it as well. */
static void ask(struct rig *rig, size_t trip, const struct rig_assignment *item)
{
    uint16_t readback = rig->spec->points[item->point].readback;
    struct demand demand = {is_away(rig, item->point, item->number), (uint16_t)trip, item->number};
    rig->demands.now[item->point] = demand;
    if (readback != RIG_NONE)
        rig->demands.now[readback] = demand;
}

static bool same(const struct demand *a, const struct demand *b)
{
    return a->away == b->away && (!a->away || a->number == b->number);
}

bool demand_changed(const struct rig *rig, uint16_t point)
{
    return !same(&rig->demands.now[point], &rig->demands.before[point]);
}

void demand_refresh(struct rig *rig)
{
    struct demands *demands = &rig->demands;
    const struct rig_spec *spec = rig->spec;
    if (!demands->any)
        return;
    struct demand *fresh = demands->before;
    demands->before = demands->now;
    demands->now = fresh;
    for (size_t i = 0; i < spec->point_count; i++)
        fresh[i] = (struct demand){false, RIG_NONE, 0};
    bool hands = rig->durable.lockout_count > 0 || rig->local;
    for (size_t i = hands ? 0 : spec->trip_count; i-- > 0;)
        for (size_t j = 0; trip_is_latched(rig, i) && j < spec->trips[i].drive_count; j++)
            ask(rig, i, &spec->trips[i].drives[j]);
    for (size_t i = 0; i < spec->point_count; i++)
        demands->changed |= demand_changed(rig, (uint16_t)i);
}

static bool moves_away(const struct rig *rig, size_t trip)
{
    const struct rig_trip_spec *spec = &rig->spec->trips[trip];
    for (size_t i = 0; i < spec->drive_count; i++)
        if (demand_is_away(rig, spec->drives[i].point) &&
            rig->demands.now[spec->drives[i].point].trip == trip)
            return true;
    return false;
}

void demand_write(struct rig *rig)
{
    rig->demands.changed = false;
    for (size_t i = 0; rig->demands.any && i < rig->spec->trip_count; i++) {
        const struct rig_trip_spec *spec = &rig->spec->trips[i];
        for (size_t j = 0; moves_away(rig, i) && j < spec->drive_count; j++) {
            uint16_t point = spec->drives[j].point;
            if (rig->demands.now[point].trip != i)
                continue;
            emit_safe_write(rig, point, spec->drives[j].number, 0);
            output_wrote(rig, point, spec->drives[j].number);
        }
    }
}

void demand_init(struct rig *rig)
{
    for (size_t i = 0; i < rig->spec->point_count; i++)
        rig->demands.now[i] = rig->demands.before[i] = (struct demand){false, RIG_NONE, 0};
    for (size_t i = 0; i < rig->spec->trip_count; i++)
        for (size_t j = 0; j < rig->spec->trips[i].drive_count; j++)
            rig->demands.any |=
                is_away(rig, rig->spec->trips[i].drives[j].point, rig->spec->trips[i].drives[j].number);
}
