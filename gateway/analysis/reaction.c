/* How long it takes to act on what has been seen, and the sum of both. */
#include "gateway/analysis/internal.h"

static int64_t writes_on(const struct analysis_rig *rig, uint16_t line_index,
                         const struct rig_assignment *items, size_t count)
{
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        if (rig->places[items[i].point].line == line_index)
            sum += analysis_unit_of(rig, items[i].point)->writes[rig->places[items[i].point].point];
    return sum;
}

/* The writes to one line, and what is in their way there: the rig's other outputs too, which another rule may
 * have driven just before. */
static void act_on(const struct analysis_rig *rig, uint16_t line_index, const struct rig_assignment *items,
                   size_t count, int64_t *blocked, int64_t *writes)
{
    const struct analysis_line *line = rig->lines[line_index];
    *blocked = 0;
    *writes = writes_on(rig, line_index, items, count);
    if (*writes)
        *blocked = analysis_blocked(line) + analysis_others_safe(line, rig->index) +
                   analysis_larger(0, analysis_own_safe(line, rig->index) - *writes) +
                   analysis_greetings(line, rig->index);
}

/* Lines work side by side: the slowest counts. */
static void act(const struct analysis_rig *rig, const struct rig_assignment *items, size_t count,
                int64_t *blocked, int64_t *writes)
{
    *blocked = *writes = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t its_blocked, its_writes;
        act_on(rig, rig->places[items[i].point].line, items, count, &its_blocked, &its_writes);
        if (its_blocked + its_writes <= *blocked + *writes)
            continue;
        *blocked = its_blocked;
        *writes = its_writes;
    }
}

int64_t analysis_step(const struct analysis_rig *rig, const struct rig_assignment *items, size_t count)
{
    int64_t blocked, writes;
    act(rig, items, count, &blocked, &writes);
    return blocked + writes;
}

int64_t analysis_step_alone(const struct analysis_rig *rig, const struct rig_assignment *items, size_t count)
{
    int64_t longest = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t blocked, writes;
        act_on(rig, rig->places[items[i].point].line, items, count, &blocked, &writes);
        longest = analysis_larger(longest, writes);
    }
    return longest;
}

/* What it takes longer when one of the writes, or its acknowledgement, is lost. */
static int64_t act_after_loss(const struct analysis_rig *rig, const struct rig_assignment *items,
                              size_t count)
{
    int64_t worst = 0;
    for (size_t i = 0; i < count; i++) {
        const struct analysis_place *place = &rig->places[items[i].point];
        int64_t blocked, writes;
        act_on(rig, place->line, items, count, &blocked, &writes);
        if (writes)
            worst = analysis_larger(
                worst,
                analysis_sum(blocked + writes, analysis_write_again(rig->lines[place->line], place->unit)));
    }
    return worst;
}

/* Reads that somebody waits for go in turn with polls that are due, each of which may go before one. */
static int64_t read_back(const struct analysis_rig *rig, const struct rig_assignment *items, size_t count)
{
    int64_t longest = 0;
    for (size_t i = 0; i < count; i++) {
        uint16_t shown_by = rig->spec->points[items[i].point].readback;
        if (shown_by == RIG_NONE)
            continue;
        const struct analysis_line *line = analysis_line_of(rig, shown_by);
        int64_t reads =
            (analysis_seen_by(rig, shown_by) ? 1 : 2 * (int64_t)count) * analysis_longest_good(line);
        longest = analysis_larger(longest, analysis_sum(analysis_wait(line, rig->places[shown_by].unit, NULL),
                                                        reads + ANALYSIS_DECISION));
    }
    return longest;
}

static const struct rig_step_spec *first_set(const struct rig_spec *spec)
{
    for (size_t i = 0; i < spec->safe_count; i++)
        if (spec->safe[i].kind == RIG_STEP_SET)
            return &spec->safe[i];
    return NULL;
}

int64_t analysis_step_time(const struct analysis_rig *rig, const struct rig_step_spec *step)
{
    return step->kind == RIG_STEP_SET ? analysis_step(rig, step->items, step->count) + ANALYSIS_DECISION
                                      : step->within;
}

/* What comes before the step, at most: waits, and verifications that take as long as they may. */
static int64_t before_step(const struct analysis_rig *rig, const struct rig_step_spec *step)
{
    int64_t time = 0;
    for (const struct rig_step_spec *one = rig->spec->safe; one < step; one++)
        time += analysis_step_time(rig, one);
    return time;
}

static const struct rig_step_spec *last_set(const struct rig_spec *spec)
{
    for (size_t i = spec->safe_count; i-- > 0;)
        if (spec->safe[i].kind == RIG_STEP_SET)
            return &spec->safe[i];
    return NULL;
}

static int64_t after_step(const struct analysis_rig *rig, const struct rig_step_spec *step)
{
    return before_step(rig, step) + analysis_step_time(rig, step);
}

static int64_t seeing(const struct analysis_reaction *reaction)
{
    return analysis_sum(analysis_sum(reaction->period, reaction->ahead),
                        analysis_sum(reaction->read, reaction->debounce));
}

void analysis_finish(const struct analysis_rig *rig, const struct rig_assignment *items, size_t count,
                     int64_t delay, struct analysis_reaction *reaction)
{
    reaction->decision = ANALYSIS_DECISION;
    act(rig, items, count, &reaction->blocked, &reaction->writes);
    reaction->blocked += delay;
    int64_t acting = reaction->decision + reaction->blocked + reaction->writes;
    int64_t lossy = analysis_sum(ANALYSIS_DECISION + delay, act_after_loss(rig, items, count));
    reaction->total = analysis_sum(seeing(reaction), acting);
    reaction->readback = read_back(rig, items, count);
    reaction->blind = analysis_sum(analysis_sum(reaction->blind, reaction->debounce), acting);
    reaction->lost = analysis_sum(analysis_sum(reaction->lost, reaction->debounce), acting);
    int64_t with_lost_write = analysis_sum(seeing(reaction), lossy);
    if (with_lost_write > reaction->lost) {
        reaction->lost = with_lost_write;
        reaction->untellable = reaction->anew = false;
    }
    reaction->last = reaction->total;
}

void analysis_finish_sequence(const struct analysis_rig *rig, struct analysis_reaction *reaction)
{
    const struct rig_step_spec *first = first_set(rig->spec), *last = last_set(rig->spec);
    if (!first) {
        analysis_finish(rig, NULL, 0, 0, reaction);
        return;
    }
    analysis_finish(rig, first->items, first->count, before_step(rig, first), reaction);
    int64_t later = after_step(rig, last) - after_step(rig, first);
    reaction->last = analysis_sum(reaction->total, later);
    reaction->readback = analysis_sum(reaction->readback, later);
}

/* Where nobody has control the safe sequence runs instead: what it writes to the output, in the last step
 * that does. What goes elsewhere than to its safe value is written first. */
static int64_t written_by_sequence(const struct analysis_rig *rig, const struct rig_assignment *item)
{
    const struct rig_spec *spec = rig->spec;
    for (size_t i = spec->safe_count; item->number == spec->points[item->point].safe && i-- > 0;)
        for (size_t k = 0; spec->safe[i].kind == RIG_STEP_SET && k < spec->safe[i].count; k++)
            if (spec->safe[i].items[k].point == item->point)
                return after_step(rig, &spec->safe[i]);
    return 0;
}

static void finish_drives(const struct analysis_rig *rig, const struct rig_assignment *items, size_t count,
                          struct analysis_reaction *reaction)
{
    analysis_finish(rig, items, count, 0, reaction);
    for (size_t i = 0; i < count; i++) {
        int64_t time = ANALYSIS_DECISION + written_by_sequence(rig, &items[i]);
        reaction->last = analysis_larger(reaction->last, analysis_sum(seeing(reaction), time));
    }
}

/* --- rules -------------------------------------------------------------------------------------- */

static void see_rule(const struct analysis_rig *rig, const struct rig_program *when, bool unknown_acts,
                     struct analysis_reaction *reaction)
{
    size_t count;
    const uint16_t *inputs = rig_rule_inputs(when, &count);
    analysis_see(rig, inputs, count, unknown_acts, reaction);
}

void analysis_trip(const struct analysis_rig *rig, size_t trip, struct analysis_reaction *reaction)
{
    const struct rig_trip_spec *spec = &rig->spec->trips[trip];
    *reaction = (struct analysis_reaction){0};
    see_rule(rig, spec->when, !spec->ignore_bad, reaction);
    analysis_debounce(rig, spec, reaction);
    if (spec->drives)
        finish_drives(rig, spec->drives, spec->drive_count, reaction);
    else
        analysis_finish_sequence(rig, reaction);
}

void analysis_stop(const struct analysis_rig *rig, struct analysis_reaction *reaction)
{
    *reaction = (struct analysis_reaction){.input = RIG_NONE};
    analysis_finish_sequence(rig, reaction);
    reaction->blind = 0; /* it reads nothing */
}

static void drive_safe(const struct analysis_rig *rig, uint16_t output, struct analysis_reaction *reaction)
{
    const struct rig_assignment driven = {output, rig->spec->points[output].safe};
    finish_drives(rig, &driven, 1, reaction);
}

void analysis_permissive(const struct analysis_rig *rig, size_t permissive,
                         struct analysis_reaction *reaction)
{
    const struct rig_permissive_spec *spec = &rig->spec->permissives[permissive];
    *reaction = (struct analysis_reaction){0};
    see_rule(rig, spec->when, true, reaction);
    drive_safe(rig, spec->of, reaction);
}

bool analysis_limit_drives(const struct rig_limit_spec *limit)
{
    return limit->on_for || limit->total > 0;
}

/* The time on is the gateway's own; what a total adds up is read, and counts with the most that it can be
 * when it is not. */
void analysis_limit(const struct analysis_rig *rig, size_t limit, struct analysis_reaction *reaction)
{
    const struct rig_limit_spec *spec = &rig->spec->limits[limit];
    bool reads = spec->total > 0 && spec->totalized != RIG_NONE;
    *reaction = (struct analysis_reaction){.input = RIG_NONE};
    if (reads)
        analysis_see(rig, &spec->totalized, 1, true, reaction);
    drive_safe(rig, spec->of, reaction);
    if (!reads)
        reaction->blind = 0;
}
