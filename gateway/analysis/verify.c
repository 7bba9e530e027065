/* What reading back the points of a verify step takes. A read that shows several of them is made once, and
 * lines work side by side. */
#include "gateway/analysis/internal.h"

/* Whether or not it is scheduled; NULL: nothing shows the point. */
static const struct analysis_read *read_for(const struct analysis_rig *rig, uint16_t point)
{
    const struct analysis_unit *unit = analysis_unit_of(rig, point);
    for (size_t i = 0; i < unit->read_count; i++)
        for (size_t k = 0; k < unit->reads[i].count; k++)
            if (unit->reads[i].points[k] == rig->places[point].point)
                return &unit->reads[i];
    return NULL;
}

static bool is_read_before(const struct analysis_rig *rig, const struct rig_assignment *items, size_t item)
{
    const struct analysis_read *read = read_for(rig, items[item].point);
    for (size_t i = 0; i < item; i++)
        if (read_for(rig, items[i].point) == read)
            return true;
    return false;
}

static int64_t reads_on(const struct analysis_rig *rig, uint16_t line, const struct rig_assignment *items,
                        size_t count)
{
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        const struct analysis_read *read = read_for(rig, items[i].point);
        if (read && rig->places[items[i].point].line == line && !is_read_before(rig, items, i))
            sum += read->time;
    }
    return sum;
}

int64_t analysis_verify_alone(const struct analysis_rig *rig, const struct rig_assignment *items,
                              size_t count)
{
    int64_t longest = 0;
    for (size_t i = 0; i < count; i++)
        longest = analysis_larger(longest, reads_on(rig, rig->places[items[i].point].line, items, count));
    return longest;
}

int64_t analysis_verify(const struct analysis_rig *rig, const struct rig_assignment *items, size_t count)
{
    int64_t longest = 0;
    for (size_t i = 0; i < count; i++) {
        const struct analysis_place *place = &rig->places[items[i].point];
        int64_t wait = analysis_wait(rig->lines[place->line], place->unit, NULL);
        int64_t reads = reads_on(rig, place->line, items, count) + ANALYSIS_DECISION;
        longest = analysis_larger(longest, analysis_sum(wait, reads));
    }
    return longest;
}
