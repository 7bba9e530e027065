/* Trips that what makes safe sets off itself: in the state that the sequence verifies, and in steps on the
 * way. */
#include "gateway/analysis/sequence.h"

struct state {
    const struct rig_spec *spec;
    struct rig_interval *ranges;
};

static void forget(const struct state *state)
{
    for (size_t i = 0; i < state->spec->point_count; i++)
        state->ranges[i] =
            (struct rig_interval){state->spec->points[i].minimum, state->spec->points[i].maximum};
}

static void pin(const struct state *state, uint16_t point, double number, double tolerance)
{
    if (point != RIG_NONE)
        state->ranges[point] = (struct rig_interval){number - tolerance, number + tolerance};
}

/* What is set shows in its read-back. */
static void pin_output(const struct state *state, const struct rig_assignment *item)
{
    const struct rig_point_spec *point = &state->spec->points[item->point];
    pin(state, item->point, item->number, 0);
    pin(state, point->readback, item->number, point->tolerance);
}

static void pin_safe_state(const struct state *state)
{
    for (size_t i = 0; i < state->spec->safe_count; i++) {
        const struct rig_step_spec *step = &state->spec->safe[i];
        for (size_t k = 0; step->kind == RIG_STEP_SET && k < step->count; k++)
            pin_output(state, &step->items[k]);
        for (size_t k = 0; step->kind == RIG_STEP_VERIFY && k < step->count; k++)
            pin(state, step->items[k].point, step->items[k].number,
                state->spec->points[step->items[k].point].tolerance);
    }
}

static bool is_set_off(const struct state *state, size_t trip)
{
    const struct rig_program *when = state->spec->trips[trip].when;
    return when && !rig_rule_possible(when, state->ranges).becomes_false;
}

/* A trip with a `for:` or a `confirm:` may bear what is only on the way. How long the step lasts is not
 * looked at. */
static bool is_passed(const struct state *state, const struct rig_assignment *item, size_t trip)
{
    const struct rig_trip_spec *rule = &state->spec->trips[trip];
    if (item->number == state->spec->points[item->point].safe || rule->hold > 0 || rule->confirm > 1)
        return false;
    forget(state);
    pin_output(state, item);
    return is_set_off(state, trip);
}

void analysis_safe_state(const struct analysis_rig *rig, struct rig_interval *room, analysis_report *report,
                         void *context)
{
    const struct rig_spec *spec = rig->spec;
    struct state state = {spec, room};
    for (size_t trip = 0; trip < spec->trip_count; trip++) {
        struct analysis_finding finding = {
            .fault = ANALYSIS_TRIPPED_BY_SAFE, .trip = trip, .rule = spec->trips[trip].name};
        forget(&state);
        pin_safe_state(&state);
        if (is_set_off(&state, trip)) {
            report(context, &finding);
            continue;
        }
        finding.fault = ANALYSIS_TRIPPED_BY_STEP;
        for (finding.step = 0; finding.step < spec->safe_count; finding.step++) {
            const struct rig_step_spec *step = &spec->safe[finding.step];
            for (size_t k = 0; step->kind == RIG_STEP_SET && k < step->count; k++)
                if (is_passed(&state, &step->items[k], trip)) {
                    finding.point = step->items[k].point;
                    report(context, &finding);
                }
        }
    }
}
