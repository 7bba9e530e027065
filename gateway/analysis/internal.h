/* internal.h - what the files of gateway/analysis/ share: sums that know "never", and where a point is. */
#ifndef GATEWAY_ANALYSIS_INTERNAL_H
#define GATEWAY_ANALYSIS_INTERNAL_H

#include "gateway/analysis/reaction.h"

static inline int64_t analysis_larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static inline int64_t analysis_sum(int64_t a, int64_t b)
{
    return a == ANALYSIS_NEVER || b == ANALYSIS_NEVER ? ANALYSIS_NEVER : a + b;
}

static inline const struct analysis_line *analysis_line_of(const struct analysis_rig *rig, uint16_t point)
{
    return rig->lines[rig->places[point].line];
}

static inline const struct analysis_unit *analysis_unit_of(const struct analysis_rig *rig, uint16_t point)
{
    return &analysis_line_of(rig, point)->units[rig->places[point].unit];
}

static inline const struct analysis_read *analysis_seen_by(const struct analysis_rig *rig, uint16_t point)
{
    return analysis_read_of(analysis_unit_of(rig, point), rig->places[point].point);
}

/* see.c: fills in what is about seeing it: from `input` to `by_age`, `blind` and `lost`. */
void analysis_see(const struct analysis_rig *rig, const uint16_t *inputs, size_t count, bool unknown_acts,
                  struct analysis_reaction *reaction);
/* And `debounce`, with what a loss adds to it. */
void analysis_debounce(const struct analysis_rig *rig, const struct rig_trip_spec *trip,
                       struct analysis_reaction *reaction);

/* reaction.c: what a step takes at most. */
int64_t analysis_step_time(const struct analysis_rig *rig, const struct rig_step_spec *step);
/* Once it has been seen: these writes, `delay` after the decision, or the first step of the safe sequence. */
void analysis_finish(const struct analysis_rig *rig, const struct rig_assignment *items, size_t count,
                     int64_t delay, struct analysis_reaction *reaction);
void analysis_finish_sequence(const struct analysis_rig *rig, struct analysis_reaction *reaction);

#endif
