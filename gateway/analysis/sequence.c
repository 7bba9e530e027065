#include "gateway/analysis/sequence.h"

#include <stdint.h>

struct walk {
    const struct analysis_rig *rig;
    analysis_report *report;
    void *context;
    struct analysis_finding at; /* the place; the rest is filled in */
};

static void found(const struct walk *walk, enum analysis_fault fault, uint16_t point, uint16_t other,
                  const char *rule, int64_t time)
{
    struct analysis_finding finding = walk->at;
    finding.fault = fault;
    finding.point = point;
    finding.other = other;
    finding.rule = rule;
    finding.time = time;
    walk->report(walk->context, &finding);
}

static bool is_away(const struct walk *walk, const struct rig_assignment *item)
{
    return item->number != walk->rig->spec->points[item->point].safe;
}

/* Do these items, read in their order, leave the point at its safe value? */
static bool made_safe(const struct walk *walk, const struct rig_assignment *items, size_t count,
                      uint16_t point)
{
    bool safe = false;
    for (size_t i = 0; i < count; i++)
        if (items[i].point == point)
            safe = !is_away(walk, &items[i]);
    return safe;
}

static bool has(const struct rig_exclusive_spec *exclusive, uint16_t point)
{
    for (size_t i = 0; i < exclusive->count; i++)
        if (exclusive->points[i] == point)
            return true;
    return false;
}

/* Whether the steps before this one leave the point safe: before the sequence it is as a session left it. */
static bool safe_before(const struct walk *walk, uint16_t point)
{
    const struct rig_spec *spec = walk->rig->spec;
    bool safe = false;
    for (size_t i = 0; i < walk->at.step && i < spec->safe_count; i++)
        for (size_t k = 0; spec->safe[i].kind == RIG_STEP_SET && k < spec->safe[i].count; k++)
            if (spec->safe[i].items[k].point == point)
                safe = !is_away(walk, &spec->safe[i].items[k]);
    return safe;
}

static bool kept_away(const struct walk *walk, const struct rig_assignment *items, size_t count,
                      uint16_t point)
{
    for (size_t i = 0; i < count; i++)
        if (items[i].point == point && is_away(walk, &items[i]))
            return true;
    return false;
}

/* What a trip drives goes out together, in its order; between two steps acknowledgements are waited for. */
static void check_excluded(const struct walk *walk, const struct rig_assignment *items, size_t count,
                           size_t item)
{
    const struct rig_spec *spec = walk->rig->spec;
    uint16_t point = items[item].point;
    for (size_t i = 0; i < spec->exclusive_count; i++) {
        const struct rig_exclusive_spec *exclusive = &spec->exclusives[i];
        for (size_t k = 0; has(exclusive, point) && k < exclusive->count; k++) {
            uint16_t other = exclusive->points[k];
            bool safe = walk->at.step == SIZE_MAX
                            ? made_safe(walk, items, item, other)
                            : safe_before(walk, other) && !kept_away(walk, items, count, other);
            if (other != point && !safe)
                found(walk, ANALYSIS_EXCLUDED, point, other, exclusive->name, 0);
        }
    }
}

static void check_bypassed(const struct walk *walk, const struct rig_assignment *item)
{
    const struct rig_spec *spec = walk->rig->spec;
    for (size_t i = 0; i < spec->permissive_count; i++)
        if (spec->permissives[i].of == item->point)
            found(walk, ANALYSIS_UNPERMITTED, item->point, RIG_NONE, spec->permissives[i].name, 0);
    for (size_t i = 0; i < spec->limit_count; i++)
        if (spec->limits[i].of == item->point && (item->number < spec->limits[i].range[RIG_STUDENT].minimum ||
                                                  item->number > spec->limits[i].range[RIG_STUDENT].maximum))
            found(walk, ANALYSIS_BEYOND_LIMIT, item->point, RIG_NONE, spec->limits[i].name, 0);
}

static void check_items(const struct walk *walk, const struct rig_assignment *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_away(walk, &items[i]))
            continue;
        check_excluded(walk, items, count, i);
        check_bypassed(walk, &items[i]);
    }
}

static void check_set(const struct walk *walk, const struct rig_step_spec *step)
{
    check_items(walk, step->items, step->count);
    int64_t alone = analysis_step_alone(walk->rig, step->items, step->count);
    int64_t most = analysis_step(walk->rig, step->items, step->count);
    if (alone > step->within)
        found(walk, ANALYSIS_TOO_LONG, step->items[0].point, RIG_NONE, NULL, alone);
    else if (most > step->within)
        found(walk, ANALYSIS_MAY_BE_TOO_LONG, step->items[0].point, RIG_NONE, NULL, most);
}

/* Samples count from the last acknowledged write on, so what lies between helps. */
static int64_t time_to_read(const struct walk *walk)
{
    int64_t time = 0;
    for (size_t i = walk->at.step + 1; i-- > 0 && walk->rig->spec->safe[i].kind != RIG_STEP_SET;)
        time += walk->rig->spec->safe[i].within;
    return time;
}

static void check_verify(const struct walk *walk, const struct rig_step_spec *step)
{
    int64_t alone = analysis_verify_alone(walk->rig, step->items, step->count);
    int64_t most = analysis_verify(walk->rig, step->items, step->count);
    if (alone > time_to_read(walk))
        found(walk, ANALYSIS_UNREADABLE_IN_TIME, step->items[0].point, RIG_NONE, NULL, alone);
    else if (most > time_to_read(walk))
        found(walk, ANALYSIS_MAY_BE_READ_LATE, step->items[0].point, RIG_NONE, NULL, most);
}

void analysis_sequence(const struct analysis_rig *rig, analysis_report *report, void *context)
{
    struct walk walk = {.rig = rig, .report = report, .context = context};
    for (size_t i = 0; i < rig->spec->safe_count; i++) {
        const struct rig_step_spec *step = &rig->spec->safe[i];
        walk.at = (struct analysis_finding){.step = i};
        if (step->kind == RIG_STEP_SET && step->count)
            check_set(&walk, step);
        else if (step->kind == RIG_STEP_VERIFY && step->count)
            check_verify(&walk, step);
    }
}

void analysis_drives(const struct analysis_rig *rig, size_t trip, analysis_report *report, void *context)
{
    const struct rig_trip_spec *spec = &rig->spec->trips[trip];
    struct walk walk = {
        .rig = rig, .report = report, .context = context, .at = {.step = SIZE_MAX, .trip = trip}
    };
    check_items(&walk, spec->drives, spec->drive_count);
}
