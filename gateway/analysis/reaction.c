#include "gateway/analysis/reaction.h"

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t sum(int64_t a, int64_t b)
{
    return a == ANALYSIS_NEVER || b == ANALYSIS_NEVER ? ANALYSIS_NEVER : a + b;
}

static const struct analysis_line *line_of(const struct analysis_rig *rig, uint16_t point)
{
    return rig->lines[rig->places[point].line];
}

static const struct analysis_unit *unit_of(const struct analysis_rig *rig, uint16_t point)
{
    return &line_of(rig, point)->units[rig->places[point].unit];
}

static const struct analysis_read *read_of(const struct analysis_rig *rig, uint16_t point)
{
    return analysis_read_of(unit_of(rig, point), rig->places[point].point);
}

/* --- seeing it ---------------------------------------------------------------------------------- */

struct sight {
    int64_t period, ahead, read;
    bool by_age;
};

static int64_t sight_total(const struct sight *sight)
{
    return sum(sum(sight->period, sight->ahead), sight->read);
}

static int64_t wait_of(const struct analysis_rig *rig, uint16_t point, const struct analysis_read *read)
{
    return analysis_wait(line_of(rig, point), rig->places[point].unit, read);
}

/* `reads`: how many in a row. Turns that the line cannot make are missed, so each may take its wait. */
static struct sight see(const struct analysis_rig *rig, uint16_t point, unsigned reads)
{
    const struct analysis_read *read = read_of(rig, point);
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
    if (!read_of(rig, point))
        return 0;
    struct sight sight = see(rig, point, 1);
    return sight_total(&sight);
}

/* When the reply that would have shown it is lost: until the next one, or until the input counts as stale. */
static int64_t see_after_loss(const struct analysis_rig *rig, uint16_t point, bool unknown_acts)
{
    const struct analysis_read *read = read_of(rig, point);
    int64_t stale_after = rig->spec->points[point].stale_after;
    if (!read)
        return 0;
    struct sight sight = see(rig, point, 1);
    int64_t time = sum(sum(sight.period, sight.ahead),
                       analysis_again(line_of(rig, point), rig->places[point].unit, read));
    return unknown_acts && stale_after > 0 && stale_after + sight.read < time ? stale_after + sight.read
                                                                              : time;
}

static void see_inputs(const struct analysis_rig *rig, const struct rig_program *when, bool unknown_acts,
                       struct analysis_reaction *reaction)
{
    size_t count;
    const uint16_t *inputs = rig_rule_inputs(when, &count);
    int64_t worst = -1;
    reaction->input = RIG_NONE;
    for (size_t i = 0; i < count; i++) {
        struct sight sight = see_or_age(rig, inputs[i], unknown_acts);
        int64_t total = sight_total(&sight), stale_after = rig->spec->points[inputs[i]].stale_after;
        reaction->blind = unknown_acts && stale_after > 0 && reaction->blind != ANALYSIS_NEVER
                              ? larger(reaction->blind, stale_after + sight.read)
                              : ANALYSIS_NEVER;
        reaction->lost = larger(reaction->lost, see_after_loss(rig, inputs[i], unknown_acts));
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

/* Both run from when the condition is first seen; `confirm` counts reads of every input that is polled. */
static int64_t debounce(const struct analysis_rig *rig, const struct rig_trip_spec *trip)
{
    int64_t longest = trip->hold;
    size_t count;
    const uint16_t *inputs = rig_rule_inputs(trip->when, &count);
    for (size_t i = 0; trip->confirm > 1 && i < count; i++) {
        struct sight sight = see(rig, inputs[i], trip->confirm - 1);
        longest = larger(longest, sight_total(&sight));
    }
    return longest;
}

/* --- acting ------------------------------------------------------------------------------------- */

/* What the instrument asks to be greeted with after a hold, where it does: some exchanges of a usual size. */
static int64_t greeting(const struct analysis_line *line, const struct analysis_unit *unit)
{
    int64_t exchanges = 4 * analysis_longest_good(line);
    return !unit->greets ? 0 : exchanges < line->longest ? exchanges : line->longest;
}

/* The writes to one line, and what is in their way there. */
static void act_on(const struct analysis_rig *rig, uint16_t line_index, const struct rig_assignment *items,
                   size_t count, int64_t *blocked, int64_t *writes)
{
    const struct analysis_line *line = rig->lines[line_index];
    *blocked = *writes = 0;
    for (size_t i = 0; i < count; i++)
        if (rig->places[items[i].point].line == line_index)
            *writes += unit_of(rig, items[i].point)->writes[rig->places[items[i].point].point];
    if (!*writes)
        return;
    *blocked = analysis_blocked(line) + analysis_others_safe(line, rig->index);
    for (size_t i = 0; i < line->unit_count; i++)
        if (line->units[i].rig == rig->index)
            *blocked += greeting(line, &line->units[i]);
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
        longest = larger(longest, writes);
    }
    return longest;
}

/* Reads that somebody waits for go in turn with polls that are due. */
static int64_t read_back(const struct analysis_rig *rig, const struct rig_assignment *items, size_t count)
{
    int64_t longest = 0;
    for (size_t i = 0; i < count; i++) {
        const struct analysis_line *line = line_of(rig, items[i].point);
        int64_t reads = 0;
        for (size_t k = 0; k < count; k++)
            if (line_of(rig, items[k].point) == line &&
                rig->spec->points[items[k].point].readback != RIG_NONE)
                reads += 2 * analysis_longest_good(line);
        if (reads)
            longest = larger(longest, analysis_blocked(line) + reads + ANALYSIS_DECISION);
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

static int64_t step_time(const struct analysis_rig *rig, const struct rig_step_spec *step)
{
    return step->kind == RIG_STEP_SET ? analysis_step(rig, step->items, step->count) + ANALYSIS_DECISION
                                      : step->within;
}

/* What comes before the step, at most: waits, and verifications that take as long as they may. */
static int64_t before_step(const struct analysis_rig *rig, const struct rig_step_spec *step)
{
    int64_t time = 0;
    for (const struct rig_step_spec *one = rig->spec->safe; one < step; one++)
        time += step_time(rig, one);
    return time;
}

static const struct rig_step_spec *last_set(const struct rig_spec *spec)
{
    for (size_t i = spec->safe_count; i-- > 0;)
        if (spec->safe[i].kind == RIG_STEP_SET)
            return &spec->safe[i];
    return NULL;
}

static void finish(const struct analysis_rig *rig, const struct rig_assignment *items, size_t count,
                   int64_t delay, struct analysis_reaction *reaction)
{
    reaction->decision = ANALYSIS_DECISION;
    act(rig, items, count, &reaction->blocked, &reaction->writes);
    reaction->blocked += delay;
    int64_t acting = sum(reaction->debounce, reaction->decision + reaction->blocked + reaction->writes);
    reaction->total = sum(sum(sum(reaction->period, reaction->ahead), reaction->read), acting);
    reaction->readback = read_back(rig, items, count);
    reaction->blind = sum(reaction->blind, acting);
    reaction->lost = sum(reaction->lost, acting);
    reaction->last = reaction->total;
}

static void finish_sequence(const struct analysis_rig *rig, struct analysis_reaction *reaction)
{
    const struct rig_step_spec *first = first_set(rig->spec), *last = last_set(rig->spec);
    if (!first) {
        finish(rig, NULL, 0, 0, reaction);
        return;
    }
    int64_t before = before_step(rig, first);
    finish(rig, first->items, first->count, before, reaction);
    if (last > first)
        reaction->last = sum(reaction->total,
                             before_step(rig, last) + step_time(rig, last) - before - step_time(rig, first));
}

void analysis_trip(const struct analysis_rig *rig, size_t trip, struct analysis_reaction *reaction)
{
    const struct rig_trip_spec *spec = &rig->spec->trips[trip];
    *reaction = (struct analysis_reaction){0};
    see_inputs(rig, spec->when, !spec->ignore_bad, reaction);
    reaction->debounce = debounce(rig, spec);
    if (spec->drives)
        finish(rig, spec->drives, spec->drive_count, 0, reaction);
    else
        finish_sequence(rig, reaction);
}

void analysis_stop(const struct analysis_rig *rig, struct analysis_reaction *reaction)
{
    *reaction = (struct analysis_reaction){.input = RIG_NONE};
    finish_sequence(rig, reaction);
    reaction->blind = reaction->lost = 0; /* it reads nothing */
}

void analysis_permissive(const struct analysis_rig *rig, size_t permissive,
                         struct analysis_reaction *reaction)
{
    const struct rig_permissive_spec *spec = &rig->spec->permissives[permissive];
    const struct rig_assignment driven = {spec->of, rig->spec->points[spec->of].safe};
    *reaction = (struct analysis_reaction){0};
    see_inputs(rig, spec->when, true, reaction);
    finish(rig, &driven, 1, 0, reaction);
}
