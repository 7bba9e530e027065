/* limit.c - what the limit of an output allows, and what it counts: time on, time off, starts, and totals
 * such as energy. */
#include "gateway/rig/state.h"

#include <math.h>

const struct rig_limit_spec *limit_of(const struct rig *rig, uint16_t point)
{
    uint16_t index = rig->limit_of[point];
    return index == RIG_NONE ? NULL : &rig->spec->limits[index];
}

static struct tally *tally_of(const struct rig *rig, const struct rig_limit_spec *limit)
{
    return &rig->tallies[limit - rig->spec->limits];
}

/* --- what a command may ask for --------------------------------------------------------------- */

static enum rig_role limited_role(enum rig_role role)
{
    return role < RIG_LIMITED_ROLES ? role : RIG_STUDENT;
}

bool limit_in_range(const struct rig *rig, const struct admission *admission, struct objection *objection)
{
    const struct rig_point_spec *point = &rig->spec->points[admission->point];
    const struct rig_limit_spec *limit = limit_of(rig, admission->point);
    const struct rig_range whole = {point->minimum, point->maximum};
    const struct rig_range range = limit ? limit->range[limited_role(admission->seat->role)] : whole;
    bool low = admission->number < range.minimum;
    if (!low && admission->number <= range.maximum)
        return true;
    objection->has_nearest = true;
    objection->nearest = low ? range.minimum : range.maximum;
    if (limit && objection->nearest != (low ? whole.minimum : whole.maximum))
        objection->rule = limit->name;
    return false;
}

bool limit_slow_enough(const struct rig *rig, uint16_t point, struct objection *objection)
{
    const struct rig_limit_spec *limit = limit_of(rig, point);
    int64_t before = rig->outputs[point].commanded_at;
    if (!limit || limit->rate <= 0 || before == 0 ||
        (double)(rig->now - before) >= (double)SECOND / limit->rate)
        return true;
    objection->rule = limit->name;
    objection->allowed_at = time_after(before, 1 + (int64_t)((double)SECOND / limit->rate));
    return false;
}

/* Whether a value other than the safe one would turn the output on: it is off or about to be, and not on the
 * way of a ramp that passes its safe value. */
static bool starts(const struct rig *rig, const struct rig_limit_spec *limit)
{
    const struct ramp *ramp = &rig->ramps[limit - rig->spec->limits];
    double safe = rig->spec->points[limit->of].safe;
    bool passes = ramp->state == RAMP_CLIMBING && ramp->target != safe;
    return !passes && rig->outputs[limit->of].written == safe;
}

static bool rested(const struct rig *rig, const struct rig_limit_spec *limit)
{
    int64_t off_since = tally_of(rig, limit)->off_since;
    return limit->off_for == 0 || (off_since != 0 && rig->now - off_since >= limit->off_for);
}

/* Against a value other than the safe one. */
enum rig_refusal limit_against(const struct rig *rig, uint16_t point, struct objection *objection)
{
    const struct rig_limit_spec *limit = limit_of(rig, point);
    if (!limit)
        return RIG_ACCEPTED;
    const struct tally *tally = tally_of(rig, limit);
    objection->rule = limit->name;
    if (limit->total > 0 && tally->used >= limit->total)
        return RIG_SPENT;
    if (limit->starts > 0 && tally->starts >= limit->starts && starts(rig, limit))
        return RIG_SPENT;
    if (!rested(rig, limit) && starts(rig, limit)) {
        objection->allowed_at = tally->off_since != 0 ? time_after(tally->off_since, limit->off_for) : 0;
        return RIG_RESTING;
    }
    objection->rule = NULL;
    return RIG_ACCEPTED;
}

/* --- counting --------------------------------------------------------------------------------- */

void limit_commanded(struct rig *rig, uint16_t point, double number)
{
    rig->outputs[point].commanded_at = rig->now;
    const struct rig_limit_spec *limit = limit_of(rig, point);
    if (limit && number != rig->spec->points[point].safe && starts(rig, limit))
        tally_of(rig, limit)->starts++;
}

void limit_switched(struct rig *rig, uint16_t point, bool changed)
{
    const struct rig_limit_spec *limit = limit_of(rig, point);
    bool on = rig->outputs[point].on;
    if (!limit)
        return;
    struct tally *tally = tally_of(rig, limit);
    if (on)
        tally->off_since = 0;
    else if (tally->off_since == 0)
        tally->off_since = rig->now;
    if (changed && limit->on_for > 0)
        timer_set(rig, TIMER_ON_FOR, rig->limit_of[point],
                  on ? time_after(rig->now, limit->on_for) : DEADLINE_NEVER);
}

void limit_session(struct rig *rig)
{
    for (size_t i = 0; i < rig->spec->limit_count; i++) {
        rig->tallies[i].starts = 0;
        rig->tallies[i].used = 0;
        rig->tallies[i].counted_at = rig->now;
    }
}

/* It gives way to what a trip asks for; that it was due is on record, with what the output stays at. */
static void drive_off(struct rig *rig, const struct rig_limit_spec *limit, enum rig_record_kind kind)
{
    double safe = rig->spec->points[limit->of].safe;
    struct rig_action *record = emit_record(rig, kind);
    record->rule = limit->name;
    record->point = limit->of;
    record->before = rig->outputs[limit->of].written;
    record->number = demand_or(rig, limit->of, safe);
    if (demand_is_away(rig, limit->of))
        return;
    drive_want(rig, limit->of, safe, limit->name);
}

void limit_on_for_due(struct rig *rig, size_t index)
{
    drive_off(rig, &rig->spec->limits[index], RIG_RECORD_TIME_LIMIT);
}

/* What flows now. What cannot be read counts with the most that it can be. */
static double flow_now(const struct rig *rig, const struct rig_limit_spec *limit)
{
    if (!output_is_on(rig, limit->of))
        return 0;
    if (limit->totalized == RIG_NONE)
        return limit->flow;
    const struct rig_value *value = &rig->image.values[limit->totalized];
    double flow = value->quality == RIG_GOOD ? value->number : rig->spec->points[limit->totalized].maximum;
    return fmax(flow, 0);
}

static bool is_spent(const struct rig_limit_spec *limit, const struct tally *tally)
{
    return limit->total > 0 && tally->used >= limit->total;
}

/* First in each event: what has flowed since the last. */
void limit_count(struct rig *rig)
{
    for (size_t i = 0; i < rig->spec->limit_count; i++) {
        const struct rig_limit_spec *limit = &rig->spec->limits[i];
        const struct output *output = &rig->outputs[limit->of];
        struct tally *tally = &rig->tallies[i];
        bool was_spent = is_spent(limit, tally);
        tally->used += tally->flow * (double)(rig->now - tally->counted_at) / (double)SECOND;
        tally->counted_at = rig->now;
        if (!was_spent && is_spent(limit, tally) && output->on && !rig_is_making_safe(rig))
            drive_off(rig, limit, RIG_RECORD_TOTAL_LIMIT);
    }
}

/* Last in each event: what flows until the next, and when the total is reached. */
void limit_watch(struct rig *rig)
{
    for (size_t i = 0; i < rig->spec->limit_count; i++) {
        const struct rig_limit_spec *limit = &rig->spec->limits[i];
        struct tally *tally = &rig->tallies[i];
        if (!rig->outputs[limit->of].on && output_is_on(rig, limit->of))
            tally->off_since =
                rig->now; /* moved by other hands: it rests from the last time it was seen on */
        if (limit->total <= 0)
            continue;
        tally->flow = flow_now(rig, limit);
        double wait = (limit->total - tally->used) / tally->flow * (double)SECOND;
        timer_set(rig, TIMER_TOTAL, i,
                  wait > 0 && wait < 1e18 ? time_after(rig->now, 1 + (int64_t)wait) : DEADLINE_NEVER);
    }
}

void limit_total_due(struct rig *rig, size_t unused)
{
    (void)rig;
    (void)unused; /* limit_count() follows */
}
