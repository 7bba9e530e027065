/* How long it takes until a condition has been seen, and has lasted. */
#include "gateway/analysis/internal.h"

struct sight {
    int64_t period, ahead, read;
    bool by_age;
};

static int64_t sight_total(const struct sight *sight)
{
    return analysis_sum(analysis_sum(sight->period, sight->ahead), sight->read);
}

static int64_t wait_of(const struct analysis_rig *rig, uint16_t point, const struct analysis_read *read)
{
    return analysis_wait(analysis_line_of(rig, point), rig->places[point].unit, read);
}

/* `reads`: how many in a row. Turns that the line cannot make are missed, so each may take its wait. */
static struct sight see(const struct analysis_rig *rig, uint16_t point, unsigned reads)
{
    const struct analysis_read *read = analysis_seen_by(rig, point);
    struct sight sight = {0};
    if (!read)
        return sight;
    int64_t wait = wait_of(rig, point, read);
    bool each = wait == ANALYSIS_NEVER || wait + read->time > read->period;
    sight.period = read->period * reads;
    sight.ahead = wait == ANALYSIS_NEVER ? wait : each ? wait * reads : wait;
    sight.read = read->time;
    return sight;
}

/* Unknown acts like true, so an input that counts as stale first shows that something may be wrong. */
static struct sight see_or_age(const struct analysis_rig *rig, uint16_t point, bool unknown_acts)
{
    struct sight sight = see(rig, point, 1);
    int64_t stale_after = rig->spec->points[point].stale_after;
    if (unknown_acts && stale_after > 0 && stale_after + sight.read < sight_total(&sight))
        sight = (struct sight){.period = stale_after, .read = sight.read, .by_age = true};
    return sight;
}

int64_t analysis_oldest(const struct analysis_rig *rig, uint16_t point)
{
    if (!analysis_seen_by(rig, point))
        return 0;
    struct sight sight = see(rig, point, 1);
    return sight_total(&sight);
}

/* When the reply that would have shown it is lost: until the next one, or until the input counts as stale. */
static int64_t see_after_loss(const struct analysis_rig *rig, uint16_t point, bool unknown_acts)
{
    const struct analysis_read *read = analysis_seen_by(rig, point);
    int64_t stale_after = rig->spec->points[point].stale_after;
    if (!read)
        return 0;
    struct sight sight = see(rig, point, 1);
    int64_t time = analysis_sum(analysis_sum(sight.period, sight.ahead),
                                analysis_again(analysis_line_of(rig, point), rig->places[point].unit, read));
    return unknown_acts && stale_after > 0 && stale_after + sight.read < time ? stale_after + sight.read
                                                                              : time;
}

static bool is_untellable(const struct analysis_rig *rig, uint16_t point, int64_t lost)
{
    const struct analysis_read *read = analysis_seen_by(rig, point);
    return analysis_line_of(rig, point)->spec->serial && read && !read->other_way &&
           lost != rig->spec->points[point].stale_after + read->time;
}

void analysis_see(const struct analysis_rig *rig, const uint16_t *inputs, size_t count, bool unknown_acts,
                  struct analysis_reaction *reaction)
{
    int64_t worst = -1;
    reaction->input = RIG_NONE;
    for (size_t i = 0; i < count; i++) {
        struct sight sight = see_or_age(rig, inputs[i], unknown_acts);
        int64_t total = sight_total(&sight), stale_after = rig->spec->points[inputs[i]].stale_after;
        reaction->blind = unknown_acts && stale_after > 0 && reaction->blind != ANALYSIS_NEVER
                              ? analysis_larger(reaction->blind, stale_after + sight.read)
                              : ANALYSIS_NEVER;
        int64_t lost = see_after_loss(rig, inputs[i], unknown_acts);
        if (lost > reaction->lost) {
            reaction->lost = lost;
            reaction->untellable = is_untellable(rig, inputs[i], lost);
        }
        if (total <= worst)
            continue;
        worst = total;
        reaction->input = inputs[i];
        reaction->period = sight.period;
        reaction->ahead = sight.ahead;
        reaction->read = sight.read;
        reaction->by_age = sight.by_age;
    }
}

/* --- for and confirm ----------------------------------------------------------------------------- */

/* Both run from when the condition is first seen; `confirm` counts reads of every input that is polled. */
static int64_t longest_of(const struct analysis_rig *rig, const struct rig_trip_spec *trip,
                          const uint16_t *inputs, size_t count)
{
    int64_t longest = trip->hold;
    for (size_t i = 0; trip->confirm > 1 && i < count; i++) {
        struct sight sight = see(rig, inputs[i], trip->confirm - 1);
        longest = analysis_larger(longest, sight_total(&sight));
    }
    return longest;
}

/* Where unknown does not act, an input that counts as stale before it is read again begins it anew. One that
 * was seen lasts for its stale_after. */
static bool begins_anew(const struct analysis_rig *rig, const struct rig_trip_spec *trip,
                        const uint16_t *inputs, size_t count,
                        int64_t (*gap)(const struct analysis_rig *, uint16_t))
{
    for (size_t i = 0; trip->ignore_bad && i < count; i++) {
        int64_t stale_after = rig->spec->points[inputs[i]].stale_after;
        bool lasts = count == 1 && trip->confirm <= 1 && trip->hold <= stale_after;
        if (stale_after > 0 && !lasts && gap(rig, inputs[i]) > stale_after)
            return true;
    }
    return false;
}

static int64_t gap_after_loss(const struct analysis_rig *rig, uint16_t point)
{
    return see_after_loss(rig, point, false);
}

void analysis_debounce(const struct analysis_rig *rig, const struct rig_trip_spec *trip,
                       struct analysis_reaction *reaction)
{
    size_t count;
    const uint16_t *inputs = rig_rule_inputs(trip->when, &count);
    int64_t longest = longest_of(rig, trip, inputs, count);
    if (longest > 0 && begins_anew(rig, trip, inputs, count, analysis_oldest))
        longest = ANALYSIS_NEVER;
    else if (longest > 0 && begins_anew(rig, trip, inputs, count, gap_after_loss)) {
        reaction->lost = analysis_sum(reaction->lost, longest);
        reaction->anew = true;
    }
    reaction->debounce = longest;
}
