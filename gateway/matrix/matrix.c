#include "gateway/matrix/matrix.h"

#include "gateway/config/analysis.h"
#include "gateway/config/scalar.h"
#include "gateway/config/values.h"

#include <stdlib.h>
#include <string.h>

/* Besides one for each rule and instrument: e-stop, lock-out, local mode, heartbeat, end of control,
 * hand-over, departure, start. */
#define OTHER_ROWS 8

static const char *const roles[] = {[RIG_STUDENT] = "student",
                                    [RIG_TEACHER] = "teacher",
                                    [RIG_TECHNICIAN] = "technician",
                                    [RIG_SCHEDULER] = "scheduler"};

/* --- cells -------------------------------------------------------------------------------------- */

static size_t effect_of(const struct matrix *matrix, uint16_t point)
{
    size_t i = 0;
    while (i < matrix->effect_count && matrix->effects[i] != point)
        i++;
    return i;
}

static void put(const struct matrix *matrix, struct matrix_row *row, uint16_t point, const char *text)
{
    size_t effect = effect_of(matrix, point);
    if (effect < matrix->effect_count)
        snprintf(row->cells[effect], MATRIX_CELL, "%s", text);
}

static void put_value(const struct matrix *matrix, struct matrix_row *row, uint16_t point, double number)
{
    char text[VALUE_TEXT];
    put(matrix, row, point, value_text(&matrix->rig->spec.points[point], number, text));
}

/* What the whole safe sequence leaves behind. */
static void put_safe(const struct matrix *matrix, struct matrix_row *row)
{
    for (size_t i = 0; i < matrix->effect_count; i++)
        put_value(matrix, row, matrix->effects[i], matrix->rig->spec.points[matrix->effects[i]].safe);
}

static struct matrix_row *add(struct matrix *matrix, const char *kind, const char *name)
{
    struct matrix_row *row = &matrix->rows[matrix->row_count++];
    row->kind = kind;
    snprintf(row->name, sizeof row->name, "%s", name);
    return row;
}

static void say(char to[MATRIX_TEXT], const char *text)
{
    snprintf(to, MATRIX_TEXT, "%s", text);
}

/* Nobody signs for half a condition without seeing that there is more of it. */
static void say_condition(struct matrix_row *row, const char *before, const char *text, const char *after)
{
    static const char more[] = "…";
    int length = snprintf(row->condition, sizeof row->condition, "%s%s%s", before, text, after);
    size_t at = sizeof row->condition - sizeof more;
    if ((size_t)length < sizeof row->condition)
        return;
    while (((unsigned char)row->condition[at] & 0xc0) == 0x80)
        at--;
    memcpy(row->condition + at, more, sizeof more);
}

/* What `reaction:` is held against: with one exchange lost. */
static void react(struct matrix_row *row, const struct analysis_reaction *reaction)
{
    milliseconds_text(reaction->lost, row->reaction);
}

/* And until the later steps of the safe sequence have written, too. */
static void react_in_steps(struct matrix_row *row, const struct analysis_reaction *reaction)
{
    char first[40], all[40];
    bool bound = reaction->lost != ANALYSIS_NEVER && reaction->last != ANALYSIS_NEVER;
    react(row, reaction);
    if (!bound || reaction->last <= reaction->total)
        return;
    snprintf(row->reaction, sizeof row->reaction, "%s, all %s", milliseconds_text(reaction->lost, first),
             milliseconds_text(reaction->lost + reaction->last - reaction->total, all));
}

/* --- rules -------------------------------------------------------------------------------------- */

static void add_trip(struct matrix *matrix, size_t index)
{
    const struct rig_trip_spec *trip = &matrix->rig->spec.trips[index];
    struct matrix_row *row = add(matrix, "trip", trip->name);
    char hold[40];
    say_condition(row, "", trip->text,
                  trip->ignore_bad ? " (on_bad: ignore: not while it is unknown)" : ", or not known");
    duration_text(trip->hold, hold, sizeof hold);
    if (trip->confirm > 1)
        snprintf(row->delay, MATRIX_TEXT, "%s%s%u reads", trip->hold ? hold : "", trip->hold ? ", " : "",
                 trip->confirm);
    else if (trip->hold)
        say(row->delay, hold);
    snprintf(row->reset, MATRIX_TEXT, "%s%s", roles[trip->reset],
             trip->fault_needs_reset ? " (fault: the same)" : " (fault: itself)");
    for (size_t i = 0; i < trip->drive_count; i++)
        put_value(matrix, row, trip->drives[i].point, trip->drives[i].number);
    if (trip->drives) {
        react(row, &matrix->rig->trip_worst[index]);
    } else {
        react_in_steps(row, &matrix->rig->trip_worst[index]);
        put_safe(matrix, row);
    }
}

static void add_permissive(struct matrix *matrix, size_t index)
{
    const struct rig_permissive_spec *permissive = &matrix->rig->spec.permissives[index];
    struct matrix_row *row = add(matrix, "permissive", permissive->name);
    say_condition(row, "not (", permissive->text, "), or not known");
    if (permissive->hold) {
        char hold[40];
        snprintf(row->delay, MATRIX_TEXT, "back after %s",
                 duration_text(permissive->hold, hold, sizeof hold));
    }
    say(row->reset, "itself");
    if (permissive->only_to_start) {
        put(matrix, row, permissive->of, "no start");
        return;
    }
    react(row, &matrix->rig->permissive_worst[index]);
    put_value(matrix, row, permissive->of, matrix->rig->spec.points[permissive->of].safe);
}

static void add_exclusive(struct matrix *matrix, const struct rig_exclusive_spec *exclusive)
{
    struct matrix_row *row = add(matrix, "exclusive", exclusive->name);
    say_condition(row, "", "another one is away from its safe value", "");
    say(row->reset, "itself");
    for (size_t i = 0; i < exclusive->count; i++)
        put(matrix, row, exclusive->points[i], "no start");
}

static bool is_narrower(const struct rig_range *range, const struct rig_point_spec *point)
{
    return range->minimum > point->minimum || range->maximum < point->maximum;
}

/* Whom a range that is written for somebody leaves the point's own. */
static void others_text(const struct rig_limit_spec *limit, const struct rig_point_spec *point,
                        char text[MATRIX_TEXT])
{
    char low[VALUE_TEXT], high[VALUE_TEXT];
    bool some = false, all = true;
    for (size_t role = 0; role < RIG_LIMITED_ROLES; role++) {
        some |= is_narrower(&limit->range[role], point);
        all &= is_narrower(&limit->range[role], point);
    }
    *text = 0;
    if (some && !all)
        snprintf(text, MATRIX_TEXT, "; others %.80s .. %.80s", value_text(point, point->minimum, low),
                 value_text(point, point->maximum, high));
}

static void add_limit(struct matrix *matrix, size_t index)
{
    const struct rig_limit_spec *limit = &matrix->rig->spec.limits[index];
    struct matrix_row *row = add(matrix, "limit", limit->name);
    char others[MATRIX_TEXT];
    others_text(limit, &matrix->rig->spec.points[limit->of], others);
    say_condition(row, "", limit->text, others);
    say(row->reset, "itself");
    if (!analysis_limit_drives(limit)) {
        put(matrix, row, limit->of, limit->slew > 0 ? "ramp" : "refused");
        return;
    }
    react(row, &matrix->rig->limit_worst[index]);
    put_value(matrix, row, limit->of, matrix->rig->spec.points[limit->of].safe);
}

/* --- edges -------------------------------------------------------------------------------------- */

static struct matrix_row *add_edge(struct matrix *matrix, const char *kind, const char *name,
                                   const char *condition, const char *reset,
                                   const struct analysis_reaction *reaction)
{
    struct matrix_row *row = add(matrix, kind, name);
    say_condition(row, "", condition, "");
    say(row->reset, reset);
    react_in_steps(row, reaction);
    put_safe(matrix, row);
    return row;
}

static void add_heartbeat(struct matrix *matrix)
{
    const struct rig_heartbeat_spec *heartbeat = &matrix->rig->spec.heartbeat;
    if (heartbeat->point == RIG_NONE)
        return;
    struct matrix_row *row = add(matrix, "heartbeat", matrix->rig->spec.points[heartbeat->point].name);
    say_condition(row, "", "no change seen by the rig's own controller", "");
    duration_text(heartbeat->drops_after, row->delay, MATRIX_TEXT);
    say(row->reset, "the controller's");
    for (size_t i = 0; i < matrix->effect_count; i++)
        if (matrix->rig->spec.points[matrix->effects[i]].instrument ==
            matrix->rig->spec.points[heartbeat->point].instrument)
            put(matrix, row, matrix->effects[i], "dropped");
}

/* Its own outputs are beyond reach until it returns. */
static void add_lost(struct matrix *matrix, uint16_t instrument)
{
    const struct rig_spec *spec = &matrix->rig->spec;
    const struct config_place *place = &matrix->rig->instruments[instrument];
    unsigned lost_after = matrix->lab->links[place->link].instruments[place->instrument].lost_after;
    struct analysis_reaction reaction;
    char condition[MATRIX_TEXT];
    bool reaches = analysis_lost(matrix->rig->place, instrument, lost_after, &reaction);
    snprintf(condition, sizeof condition, "%u polls in a row failed, or its line is gone; and its return",
             lost_after);
    struct matrix_row *row = add_edge(matrix, "lost", spec->instruments[instrument].name, condition,
                                      "itself, when safe", &reaction);
    if (!reaches)
        say(row->reaction, "—: nothing can be written before its return");
    for (size_t i = 0; i < matrix->effect_count; i++) {
        char text[VALUE_TEXT], returned[MATRIX_CELL];
        const struct rig_point_spec *output = &spec->points[matrix->effects[i]];
        if (output->instrument != instrument)
            continue;
        snprintf(returned, sizeof returned, "%.16s on return", value_text(output, output->safe, text));
        put(matrix, row, matrix->effects[i], returned);
    }
}

static void add_instruments(struct matrix *matrix)
{
    const struct rig_spec *spec = &matrix->rig->spec;
    for (uint16_t i = 0; i < spec->instrument_count; i++)
        if (!spec->instruments[i].on_loss_continue)
            add_lost(matrix, i);
}

static void add_local_mode(struct matrix *matrix)
{
    const struct rig_spec *spec = &matrix->rig->spec;
    struct analysis_reaction reaction;
    if (spec->local_mode == RIG_NONE)
        return;
    analysis_local(matrix->rig->place, &reaction);
    add_edge(matrix, "local mode", spec->points[spec->local_mode].name, "on, or not known",
             "itself, when off", &reaction);
}

static void add_departure(struct matrix *matrix)
{
    struct analysis_reaction reaction;
    if (analysis_departure(matrix->rig->place, &reaction))
        add_edge(matrix, "edge", "departure", "not safe, or not known, while nobody is in control",
                 "itself, when safe", &reaction);
}

/* At a start the lines are not open yet, and at the stop's end they are closed. */
static void add_start(struct matrix *matrix)
{
    struct matrix_row *row =
        add_edge(matrix, "edge", "start and stop", "of the gateway; a changed configuration",
                 "itself, when safe", &matrix->rig->stop_worst);
    char stop[MATRIX_TEXT];
    say(stop, row->reaction);
    snprintf(row->reaction, sizeof row->reaction, "stop: %.80s; start: —, once its lines answer", stop);
    row->shown_by_start = true;
}

static void add_edges(struct matrix *matrix)
{
    const struct rig_spec *spec = &matrix->rig->spec;
    const struct analysis_reaction *stop = &matrix->rig->stop_worst;
    char condition[MATRIX_TEXT], window[40], presence[40];
    add_edge(matrix, "e-stop", "", "any seat; technicians from anywhere",
             spec->teacher_reset ? "teacher in the session" : "technician", stop);
    add_edge(matrix, "lock-out", "", "a technician", "technician, with reason", stop);
    add_local_mode(matrix);
    add_heartbeat(matrix);
    add_instruments(matrix);
    snprintf(condition, sizeof condition, "release, end of session, controller not heard for %s and %s",
             duration_text(spec->presence, presence, sizeof presence),
             duration_text(spec->resume_window, window, sizeof window));
    add_edge(matrix, "edge", "end of control", condition, "itself, when safe", stop);
    if (!spec->handover_keep)
        add_edge(matrix, "edge", "hand-over", "control changes hands", "itself, when safe", stop);
    add_departure(matrix);
    add_start(matrix);
}

/* --- the whole ---------------------------------------------------------------------------------- */

static bool allocate(struct matrix *matrix)
{
    const struct rig_spec *spec = &matrix->rig->spec;
    size_t rows = spec->trip_count + spec->permissive_count + spec->exclusive_count + spec->limit_count +
                  spec->instrument_count + OTHER_ROWS;
    matrix->effects = calloc(spec->point_count + 1, sizeof *matrix->effects);
    matrix->rows = calloc(rows, sizeof *matrix->rows);
    if (!matrix->effects || !matrix->rows)
        return false;
    for (uint16_t i = 0; i < spec->point_count; i++)
        if (spec->points[i].output)
            matrix->effects[matrix->effect_count++] = i;
    char(*cells)[MATRIX_CELL] = calloc(rows * (matrix->effect_count + 1), MATRIX_CELL);
    for (size_t i = 0; cells && i < rows; i++)
        matrix->rows[i].cells = cells + i * (matrix->effect_count + 1);
    return cells;
}

bool matrix_init(struct matrix *matrix, const struct config_lab *lab, const struct config_rig *rig)
{
    const struct rig_spec *spec = &rig->spec;
    *matrix = (struct matrix){.lab = lab, .rig = rig};
    if (!allocate(matrix))
        return false;
    for (size_t i = 0; i < spec->trip_count; i++)
        add_trip(matrix, i);
    for (size_t i = 0; i < spec->permissive_count; i++)
        add_permissive(matrix, i);
    for (size_t i = 0; i < spec->exclusive_count; i++)
        add_exclusive(matrix, &spec->exclusives[i]);
    for (size_t i = 0; i < spec->limit_count; i++)
        add_limit(matrix, i);
    add_edges(matrix);
    return true;
}

void matrix_finish(struct matrix *matrix)
{
    if (matrix->rows)
        free(matrix->rows[0].cells);
    free(matrix->rows);
    free(matrix->effects);
}
