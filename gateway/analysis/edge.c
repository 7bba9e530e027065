/* The edges that something has to be seen for, and an instrument that is lost. */
#include "gateway/analysis/internal.h"

static void see_and_make_safe(const struct analysis_rig *rig, uint16_t point,
                              struct analysis_reaction *reaction)
{
    *reaction = (struct analysis_reaction){0};
    analysis_see(rig, &point, 1, true, reaction);
    analysis_finish_sequence(rig, reaction);
}

void analysis_local(const struct analysis_rig *rig, struct analysis_reaction *reaction)
{
    see_and_make_safe(rig, rig->spec->local_mode, reaction);
}

bool analysis_departure(const struct analysis_rig *rig, struct analysis_reaction *reaction)
{
    const struct rig_spec *spec = rig->spec;
    bool any = false;
    for (size_t i = 0; i < spec->safe_count; i++)
        for (size_t k = 0; spec->safe[i].kind == RIG_STEP_VERIFY && k < spec->safe[i].count; k++) {
            struct analysis_reaction one;
            see_and_make_safe(rig, spec->safe[i].items[k].point, &one);
            if (!any || one.lost > reaction->lost)
                *reaction = one;
            any = true;
        }
    return any;
}

/* --- an instrument that is lost ----------------------------------------------------------------- */

static const struct analysis_place *place_of(const struct analysis_rig *rig, uint16_t instrument)
{
    for (size_t i = 0; i < rig->spec->point_count; i++)
        if (rig->spec->points[i].instrument == instrument)
            return &rig->places[i];
    return NULL;
}

static bool writes_to(const struct analysis_rig *rig, const struct rig_step_spec *step, uint16_t instrument,
                      bool lost)
{
    for (size_t i = 0; step->kind == RIG_STEP_SET && i < step->count; i++)
        if ((rig->spec->points[step->items[i].point].instrument == instrument) == lost)
            return true;
    return false;
}

/* A step that writes to the lost one is given up at the end of its `within`. */
static int64_t step_without(const struct analysis_rig *rig, const struct rig_step_spec *step,
                            uint16_t instrument)
{
    return writes_to(rig, step, instrument, true) ? step->within : analysis_step_time(rig, step);
}

bool analysis_lost(const struct analysis_rig *rig, uint16_t instrument, unsigned lost_after,
                   struct analysis_reaction *reaction)
{
    const struct rig_spec *spec = rig->spec;
    const struct analysis_place *place = place_of(rig, instrument);
    const struct rig_step_spec *first = NULL;
    int64_t delay = 0, before = 0, later = 0;
    *reaction = (struct analysis_reaction){.input = RIG_NONE};
    for (size_t i = 0; place && spec->safe && i < spec->safe_count; i++) {
        const struct rig_step_spec *step = &spec->safe[i];
        bool reaches = writes_to(rig, step, instrument, false);
        if (reaches && !first) {
            first = step;
            before = delay;
        } else if (reaches) {
            later = delay + analysis_step_time(rig, step) - before - analysis_step_time(rig, first);
        }
        delay += step_without(rig, step, instrument);
    }
    if (!first)
        return false;
    reaction->period = reaction->lost = analysis_given_up(rig->lines[place->line], place->unit, lost_after);
    analysis_finish(rig, first->items, first->count, before, reaction);
    reaction->last = analysis_sum(reaction->total, later);
    reaction->blind = 0;
    return true;
}
