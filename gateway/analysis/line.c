#include "gateway/analysis/line.h"

#include "drivers/line_time.h"
#include "gateway/rig/rig.h"

#define SECOND INT64_C(1000000000)
#define STARVED_AFTER                                                                                        \
    (SECOND / 2) /* a capture that waited so long goes before polls (gateway/link/capture.c) */
#define SAFE_REFUSAL                                                                                         \
    (SECOND / 2)       /* between two safe writes to an instrument that was given up (link/step.c) */
#define PROBE_SHARE 12 /* probes get this part of a line while others answer (link/instrument.c) */
#define WAIT_LIMIT  (60 * SECOND) /* a wait beyond this has no bound that is worth a number */

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* --- load --------------------------------------------------------------------------------------- */

static void add_load(struct analysis_load *load, const struct analysis_line *line, int64_t time,
                     int64_t period)
{
    int64_t wire = time - line->spec->turnaround;
    load->per_second += (double)SECOND / (double)period;
    load->share += (double)time / (double)period;
    load->wire += (double)(wire > 0 ? wire : 0) / (double)period;
}

void analysis_load(const struct analysis_line *line, struct analysis_load *load)
{
    *load = (struct analysis_load){0};
    for (size_t i = 0; i < line->unit_count; i++) {
        const struct analysis_unit *unit = &line->units[i];
        for (size_t k = 0; k < unit->read_count; k++)
            if (unit->reads[k].period)
                add_load(load, line, unit->reads[k].time, unit->reads[k].period);
        if (unit->beat)
            add_load(load, line, unit->beat_time, unit->beat);
    }
}

/* --- what is on the line ------------------------------------------------------------------------ */

const struct analysis_read *analysis_read_of(const struct analysis_unit *unit, uint16_t point)
{
    for (size_t i = 0; i < unit->read_count; i++)
        for (size_t k = 0; k < unit->reads[i].count; k++)
            if (unit->reads[i].points[k] == point)
                return unit->reads[i].period ? &unit->reads[i] : NULL;
    return NULL;
}

static int64_t longest_good_of(const struct analysis_unit *unit)
{
    int64_t longest = unit->beat_time;
    for (size_t i = 0; i < unit->read_count; i++)
        longest = larger(longest, unit->reads[i].time);
    for (size_t i = 0; i < unit->point_count; i++)
        longest = larger(longest, unit->writes[i]);
    return longest;
}

int64_t analysis_longest_good(const struct analysis_line *line)
{
    int64_t longest = 0;
    for (size_t i = 0; i < line->unit_count; i++)
        longest = larger(longest, longest_good_of(&line->units[i]));
    return longest;
}

int64_t analysis_failure(const struct analysis_line *line, const struct analysis_unit *unit)
{
    int64_t wait = longest_good_of(unit) + line->spec->timeout;
    return unit->captures || wait > line->longest ? line->longest : wait;
}

int64_t analysis_in_flight(const struct analysis_line *line)
{
    int64_t longest = 0;
    for (size_t i = 0; i < line->unit_count; i++)
        longest = larger(longest, analysis_failure(line, &line->units[i]));
    return longest;
}

int64_t analysis_blocked(const struct analysis_line *line)
{
    return analysis_in_flight(line) + 2 * driver_hold_time(line->spec, analysis_longest_good(line));
}

static int64_t safe_writes_of(const struct analysis_unit *unit)
{
    int64_t sum = 0;
    for (size_t i = 0; i < unit->point_count; i++)
        sum += unit->writes[i];
    return sum;
}

static int64_t safe_writes(const struct analysis_line *line, uint16_t rig, bool own)
{
    int64_t sum = 0;
    for (size_t i = 0; i < line->unit_count; i++)
        if ((line->units[i].rig == rig) == own)
            sum += safe_writes_of(&line->units[i]);
    return sum;
}

int64_t analysis_others_safe(const struct analysis_line *line, uint16_t rig)
{
    return safe_writes(line, rig, false);
}

int64_t analysis_own_safe(const struct analysis_line *line, uint16_t rig)
{
    return safe_writes(line, rig, true);
}

static int64_t greeting_of(const struct analysis_line *line, const struct analysis_unit *unit)
{
    int64_t exchanges = 4 * analysis_longest_good(line);
    return !unit->greets ? 0 : exchanges < line->longest ? exchanges : line->longest;
}

/* The press before the wait and those in it: each is written at once, and again by the run that follows the
 * one it has joined. What waits on the line already is in there: each output has one place in its queue. */
int64_t analysis_others_pressed(const struct analysis_line *line, uint16_t rig, int64_t wait)
{
    return 2 * (2 + wait / RIG_STOP_EDGES_APART) * analysis_others_safe(line, rig);
}

int64_t analysis_greetings(const struct analysis_line *line, uint16_t rig)
{
    int64_t sum = 0;
    for (size_t i = 0; i < line->unit_count; i++)
        if (line->units[i].rig == rig)
            sum += greeting_of(line, &line->units[i]);
    return sum;
}

/* --- the wait of a poll ------------------------------------------------------------------------- */

/* A failure, and the greetings after its hold. */
static int64_t once_failing(const struct analysis_line *line, const struct analysis_unit *unit)
{
    int64_t once = analysis_failure(line, unit) + driver_hold_time(line->spec, longest_good_of(unit));
    for (size_t i = 0; i < line->unit_count; i++)
        once += greeting_of(line, &line->units[i]);
    return once;
}

/* An instrument that fails costs the polls of others its poll that gives it up, a safe write to it and a
 * probe, and in a long wait more of the last two. */
static int64_t cost_of_failure(const struct analysis_line *line, const struct analysis_unit *unit,
                               int64_t wait)
{
    int64_t once = once_failing(line, unit);
    int64_t times = 2 + wait / (PROBE_SHARE * once);
    if (unit->outputs)
        times += 2 + wait / SAFE_REFUSAL;
    return times * once;
}

/* It costs the second try of a safe write a poll, or a safe write of its own that has failed no more often,
 * and a probe. */
static int64_t cost_to_retry(const struct analysis_line *line, const struct analysis_unit *unit, int64_t wait)
{
    int64_t once = once_failing(line, unit);
    return (2 + wait / (PROBE_SHARE * once) + wait / SAFE_REFUSAL) * once;
}

/* Each poll of it once; before each a command or a read that somebody waits for. */
static int64_t polls_of(const struct analysis_line *line, const struct analysis_unit *unit)
{
    int64_t sum = 0, asked = analysis_longest_good(line);
    for (size_t i = 0; i < unit->read_count; i++)
        sum += unit->reads[i].period ? asked + unit->reads[i].time : 0;
    return sum;
}

/* All others, and what is asked before this one. */
static int64_t polls_before(const struct analysis_line *line, const struct analysis_read *read)
{
    int64_t sum = 0;
    for (size_t i = 0; i < line->unit_count; i++)
        sum += polls_of(line, &line->units[i]);
    return read && read->period ? sum - read->time : sum;
}

static int64_t beats_within(const struct analysis_line *line, int64_t wait)
{
    int64_t sum = 0;
    for (size_t i = 0; i < line->unit_count; i++)
        if (line->units[i].beat)
            sum += (1 + wait / line->units[i].beat) * line->units[i].beat_time;
    return sum;
}

static int64_t captures_within(const struct analysis_line *line, int64_t wait)
{
    for (size_t i = 0; i < line->unit_count; i++)
        if (line->units[i].captures)
            return (2 + wait / STARVED_AFTER) * line->longest;
    return 0;
}

typedef int64_t failing(const struct analysis_line *line, const struct analysis_unit *unit, int64_t wait);

static int64_t others_failing(const struct analysis_line *line, size_t own, int64_t wait, failing *cost)
{
    int64_t worst = 0;
    for (size_t i = 0; i < line->unit_count; i++)
        if (i != own)
            worst = larger(worst, cost(line, &line->units[i], wait));
    return worst;
}

static int64_t wakes_late(const struct analysis_line *line)
{
    int64_t shortest = INT64_MAX;
    for (size_t i = 0; i < line->unit_count; i++)
        for (size_t k = 0; k < line->units[i].read_count; k++)
            if (line->units[i].reads[k].period && line->units[i].reads[k].period < shortest)
                shortest = line->units[i].reads[k].period;
    return driver_wake_grid(line->spec, shortest) - 1;
}

/* The least wait in which all fits that can arrive in it; NEVER when there is none. */
static int64_t fixed_point(const struct analysis_line *line, size_t own, int64_t fixed, failing *cost)
{
    int64_t wait = 0, next = fixed;
    while (next > wait) {
        wait = next;
        if (wait > WAIT_LIMIT)
            return ANALYSIS_NEVER;
        next = fixed + analysis_others_pressed(line, line->units[own].rig, wait) + beats_within(line, wait) +
               captures_within(line, wait) + others_failing(line, own, wait, cost);
    }
    return wait;
}

int64_t analysis_wait(const struct analysis_line *line, size_t unit, const struct analysis_read *read)
{
    return fixed_point(line, unit, wakes_late(line) + polls_before(line, read), cost_of_failure);
}

int64_t analysis_beat_wait(const struct analysis_line *line, uint16_t rig)
{
    int64_t fixed = analysis_blocked(line) + analysis_own_safe(line, rig), wait = 0;
    for (size_t i = 0; i < line->unit_count; i++)
        fixed += line->units[i].beat_time;
    for (int64_t next = fixed; next > wait; next = fixed + analysis_others_pressed(line, rig, wait)) {
        wait = next;
        if (wait > WAIT_LIMIT)
            return ANALYSIS_NEVER;
    }
    return wait;
}

/* For how long a second try may not be made because the reply to it could be taken for the first one's. */
static int64_t barred_after(const struct analysis_line *line, const struct analysis_unit *unit,
                            const struct analysis_read *read)
{
    return line->spec->serial && !read->other_way ? DRIVER_LATEST_REPLY
                                                  : driver_hold_time(line->spec, longest_good_of(unit));
}

/* The other way of asking may be one that the instrument refuses: then it is asked once more, in one that it
 * is known to answer. */
static int64_t refused_way(const struct analysis_line *line, const struct analysis_read *read)
{
    return line->spec->serial && read->other_way ? read->time : 0;
}

/* The second try is not made before the hold, and where the reply to it could be taken for the first one's,
 * not before another hold, or on a serial line until no late answer can come. */
int64_t analysis_again(const struct analysis_line *line, size_t unit, const struct analysis_read *read)
{
    const struct analysis_unit *own = &line->units[unit];
    int64_t hold = driver_hold_time(line->spec, longest_good_of(own)), wait = analysis_wait(line, unit, read);
    int64_t barred = barred_after(line, own, read);
    int64_t greetings = analysis_greetings(line, own->rig);
    return wait == ANALYSIS_NEVER ? wait
                                  : analysis_failure(line, own) + hold + barred + refused_way(line, read) +
                                        greetings + wait + read->time;
}

/* Polls of other instruments that are due go before the second try, each behind a command or a read. Where
 * there is no other, what is lost is all that fails: analysis_blocked() has counted one failure, and what
 * went well before it may be longer than its hold. */
int64_t analysis_write_again(const struct analysis_line *line, size_t unit)
{
    const struct analysis_unit *own = &line->units[unit];
    int64_t hold = driver_hold_time(line->spec, longest_good_of(own));
    if (line->unit_count == 1)
        return larger(0, analysis_longest_good(line) - hold);
    int64_t wait = fixed_point(line, unit, polls_before(line, NULL) - polls_of(line, own), cost_to_retry);
    return wait == ANALYSIS_NEVER
               ? wait
               : analysis_failure(line, own) + hold + analysis_greetings(line, own->rig) + wait;
}

/* --- an instrument that is lost ----------------------------------------------------------------- */

static const struct analysis_read *most_frequent(const struct analysis_unit *unit)
{
    const struct analysis_read *best = NULL;
    for (size_t i = 0; i < unit->read_count; i++)
        if (unit->reads[i].period && (!best || unit->reads[i].period < best->period))
            best = &unit->reads[i];
    return best;
}

static int64_t polls_in(const struct analysis_unit *unit, int64_t time)
{
    int64_t count = 0;
    for (size_t i = 0; i < unit->read_count; i++)
        count += unit->reads[i].period ? time / unit->reads[i].period : 0;
    return count;
}

/* Turns of its most frequent poll until `lost_after` of all its polls have been due. In each turn that one
 * waits, fails, is barred, waits and fails again; the failures of all count once, and beside those that
 * complete a poll each other read may have lost a first try. */
int64_t analysis_given_up(const struct analysis_line *line, size_t index, unsigned lost_after)
{
    const struct analysis_unit *unit = &line->units[index];
    const struct analysis_read *read = most_frequent(unit);
    if (!read)
        return ANALYSIS_NEVER;
    int64_t once = analysis_failure(line, unit) + driver_hold_time(line->spec, longest_good_of(unit));
    int64_t turn =
        read->period + 2 * (wakes_late(line) + polls_before(line, read)) + barred_after(line, unit, read);
    int64_t turns = 1, failures = 2 * (int64_t)lost_after + (int64_t)unit->read_count;
    while (polls_in(unit, turns * read->period) < lost_after)
        turns++;
    return fixed_point(line, index, turns * turn + failures * once + analysis_greetings(line, unit->rig),
                       cost_of_failure);
}
