#include "gateway/control/translate_private.h"

#include <stdlib.h>

struct summary_rows {
    Labgate__RigSummary summary;
    Labgate__PracticeOffer practice;
    struct status_rows status;
};

static void fill_summary(struct summary_rows *rows, const struct answer_rig *rig)
{
    labgate__rig_summary__init(&rows->summary);
    translate_status(&rows->status, rig->status);
    Labgate__RigSummary *summary = &rows->summary;
    summary->name = translate_text(rig->config->spec.name);
    summary->title = translate_text(rig->config->title.en);
    summary->title_zh = translate_text(rig->config->title.zh);
    summary->capabilities = (char **)(uintptr_t)rig->config->capabilities;
    while (rig->config->capabilities && rig->config->capabilities[summary->n_capabilities])
        summary->n_capabilities++;
    summary->status = &rows->status.status;
    summary->free_from = (uint64_t)rig->free_from;
    summary->free_until = (uint64_t)rig->free_until;
    if (rig->config->practice_of)
        summary->practice_of = translate_text(rig->config->practice_of->spec.name);
    if (!rig->config->practice || rig->config->practice_of)
        return;
    labgate__practice_offer__init(&rows->practice);
    rows->practice.at_most = (uint32_t)rig->config->practice->at_most;
    rows->practice.available = (uint32_t)rig->practice_free;
    rows->practice.waiting = (uint32_t)rig->practice_waiting;
    rows->practice.capability = translate_text(rig->config->practice->capability);
    summary->practice = &rows->practice;
}

static size_t fill_titles(const struct rows *rows, const struct config_timetable *timetable)
{
    for (size_t i = 0; i < timetable->titled_count; i++) {
        Labgate__Capability *capability = rows->pointers[i];
        labgate__capability__init(capability);
        capability->name = translate_text(timetable->titled[i].name);
        capability->title = translate_text(timetable->titled[i].title.en);
        capability->title_zh = translate_text(timetable->titled[i].title.zh);
    }
    return timetable->titled_count;
}

void translate_rigs(struct answer_buffer *buffer, const struct answer_head *head,
                    const struct answer_rig *rigs, size_t count, const struct config_timetable *timetable)
{
    struct rows rows = translate_rows(count, sizeof(struct summary_rows));
    struct rows titled = translate_rows(timetable->titled_count, sizeof(Labgate__Capability));
    if (!rows.pointers || !titled.pointers) {
        translate_no_memory(buffer, head);
        free(rows.pointers);
        free(titled.pointers);
        return;
    }
    struct summary_rows *summaries = rows.messages;
    for (size_t i = 0; i < count; i++) {
        fill_summary(&summaries[i], &rigs[i]);
        rows.pointers[i] = &summaries[i].summary;
    }
    Labgate__RigList list = LABGATE__RIG_LIST__INIT;
    list.rigs = (Labgate__RigSummary **)rows.pointers;
    list.n_rigs = count;
    list.capabilities = (Labgate__Capability **)titled.pointers;
    list.n_capabilities = fill_titles(&titled, timetable);
    Labgate__Answer answer = translate_begin(head);
    answer.body_case = LABGATE__ANSWER__BODY_RIGS;
    answer.rigs = &list;
    translate_finish(buffer, &answer);
    free(rows.pointers);
    free(titled.pointers);
}

/* ---- show ------------------------------------------------------------------------------------ */

static size_t choice_count(const struct rig_choice *choices)
{
    size_t count = 0;
    while (choices && choices[count].name)
        count++;
    return count;
}

static Labgate__Choice **fill_choices(const struct rig_choice *choices, size_t count)
{
    struct rows rows = translate_rows(count, sizeof(Labgate__Choice));
    for (size_t i = 0; rows.pointers && i < count; i++) {
        Labgate__Choice *choice = rows.pointers[i];
        labgate__choice__init(choice);
        choice->name = translate_text(choices[i].name);
        choice->number = choices[i].number;
    }
    return (Labgate__Choice **)rows.pointers;
}

static double slew_of(const struct rig_spec *spec, uint16_t point)
{
    for (size_t i = 0; i < spec->limit_count; i++)
        if (spec->limits[i].of == point && spec->limits[i].slew > 0)
            return spec->limits[i].slew;
    return 0;
}

static Labgate__Type type_to(enum rig_type type)
{
    static const Labgate__Type types[] = {
        [RIG_BOOLEAN] = LABGATE__TYPE__BOOLEAN, [RIG_INTEGER] = LABGATE__TYPE__INTEGER,
        [RIG_NUMBER] = LABGATE__TYPE__NUMBER,   [RIG_CHOICE] = LABGATE__TYPE__CHOICE,
        [RIG_TEXT] = LABGATE__TYPE__TEXT,
    };
    return types[type];
}

static void fill_point(Labgate__Point *to, const struct config_rig *config, uint16_t index)
{
    const struct rig_point_spec *point = &config->spec.points[index];
    labgate__point__init(to);
    to->index = index;
    to->name = translate_text(point->name);
    to->title = translate_text(config->point_titles[index].en);
    to->title_zh = translate_text(config->point_titles[index].zh);
    to->type = type_to(point->type);
    to->unit = translate_text(point->unit ? point->unit->name : "");
    to->output = point->output;
    to->minimum = point->minimum;
    to->maximum = point->maximum;
    to->safe = point->safe;
    to->readback = translate_text(
        point->output && point->readback != RIG_NONE ? config->spec.points[point->readback].name : "");
    size_t count = choice_count(point->choices);
    to->choices = count ? fill_choices(point->choices, count) : NULL;
    to->n_choices = to->choices ? count : 0;
    to->on = translate_text(point->on);
    to->off = translate_text(point->off);
    to->slew = slew_of(&config->spec, index);
    to->poll = (uint64_t)point->poll;
    to->role = point->output ? translate_role(point->role) : LABGATE__ROLE__ROLE_NOT_SAID;
}

/* The rules, and one after another what each of them concerns. */
struct interlock_rows {
    struct rows rows;
    const char **points;
    double *values; /* of points that are driven */
    size_t used;
};

static bool make_interlocks(struct interlock_rows *to, const struct rig_spec *spec, size_t count)
{
    size_t concerned = spec->permissive_count + spec->limit_count;
    for (size_t i = 0; i < spec->trip_count; i++)
        concerned += spec->trips[i].drive_count;
    for (size_t i = 0; i < spec->exclusive_count; i++)
        concerned += spec->exclusives[i].count;
    *to = (struct interlock_rows){
        .rows = translate_rows(count, sizeof(Labgate__Interlock)),
        .points = calloc(concerned + 1, sizeof *to->points),
        .values = calloc(concerned + 1, sizeof *to->values),
    };
    return to->rows.pointers && to->points && to->values;
}

static void free_interlocks(struct interlock_rows *interlocks)
{
    free(interlocks->rows.pointers);
    free(interlocks->points);
    free(interlocks->values);
}

static void fill_interlock(struct interlock_rows *to, Labgate__Interlock *row, const char *kind,
                           const char *name, const char *words)
{
    labgate__interlock__init(row);
    row->kind = translate_text(kind);
    row->name = translate_text(name);
    row->text = translate_text(words);
    row->points = (char **)to->points + to->used;
    row->values = to->values + to->used;
}

static void concerns(struct interlock_rows *to, Labgate__Interlock *row, const struct rig_spec *spec,
                     uint16_t point)
{
    to->points[to->used++] = spec->points[point].name;
    row->n_points++;
}

/* False: no memory. */
static bool fill_interlocks(struct interlock_rows *to, const struct rig_spec *spec, const struct rig *core,
                            size_t *count)
{
    *count = spec->trip_count + spec->permissive_count + spec->exclusive_count + spec->limit_count;
    if (!make_interlocks(to, spec, *count))
        return false;
    Labgate__Interlock *row = to->rows.messages;
    for (size_t i = 0; i < spec->trip_count; i++, row++) {
        fill_interlock(to, row, "trip", spec->trips[i].name, spec->trips[i].text);
        for (size_t k = 0; k < spec->trips[i].drive_count; k++) {
            row->values[row->n_values++] = spec->trips[i].drives[k].number;
            concerns(to, row, spec, spec->trips[i].drives[k].point);
        }
    }
    for (size_t i = 0; i < spec->permissive_count; i++, row++) {
        fill_interlock(to, row, "permissive", spec->permissives[i].name, spec->permissives[i].text);
        row->permits = rig_permits(core, i);
        row->only_to_start = spec->permissives[i].only_to_start;
        concerns(to, row, spec, spec->permissives[i].of);
    }
    for (size_t i = 0; i < spec->exclusive_count; i++, row++) {
        fill_interlock(to, row, "exclusive", spec->exclusives[i].name, "");
        for (size_t k = 0; k < spec->exclusives[i].count; k++)
            concerns(to, row, spec, spec->exclusives[i].points[k]);
    }
    for (size_t i = 0; i < spec->limit_count; i++, row++) {
        fill_interlock(to, row, "limit", spec->limits[i].name, spec->limits[i].text);
        concerns(to, row, spec, spec->limits[i].of);
    }
    return true;
}

static struct rows fill_waveforms(const struct config_rig *config)
{
    struct rows rows = translate_rows(config->waveform_count, sizeof(Labgate__Waveform));
    for (size_t i = 0; rows.pointers && i < config->waveform_count; i++) {
        Labgate__Waveform *waveform = rows.pointers[i];
        labgate__waveform__init(waveform);
        waveform->name = translate_text(config->waveforms[i].name);
        waveform->title = translate_text(config->waveforms[i].title.en);
        waveform->title_zh = translate_text(config->waveforms[i].title.zh);
        waveform->unit = translate_text(config->waveforms[i].unit);
    }
    return rows;
}

static struct rows fill_values(const struct rig_spec *spec, const struct rig *core, const uint16_t *points,
                               size_t count)
{
    struct rows rows = translate_rows(count, sizeof(Labgate__Value));
    for (size_t i = 0; rows.pointers && i < count; i++)
        translate_value(rows.pointers[i], spec, core, points ? points[i] : (uint16_t)i);
    return rows;
}

void translate_show(struct answer_buffer *buffer, const struct answer_head *head,
                    const struct answer_rig *rig, const struct rig *core, uint64_t layout)
{
    const struct rig_spec *spec = &rig->config->spec;
    struct summary_rows summary;
    fill_summary(&summary, rig);
    Labgate__RigDetail detail = LABGATE__RIG_DETAIL__INIT;
    struct rows points = translate_rows(spec->point_count, sizeof(Labgate__Point));
    for (size_t i = 0; points.pointers && i < spec->point_count; i++)
        fill_point(points.pointers[i], rig->config, (uint16_t)i);
    struct interlock_rows interlocks;
    bool filled = fill_interlocks(&interlocks, spec, core, &detail.n_interlocks);
    struct rows waveforms = fill_waveforms(rig->config);
    struct rows values = fill_values(spec, core, NULL, spec->point_count);

    if (points.pointers && filled && waveforms.pointers && values.pointers) {
        detail.rig = &summary.summary;
        detail.points = (Labgate__Point **)points.pointers;
        detail.n_points = spec->point_count;
        detail.interlocks = (Labgate__Interlock **)interlocks.rows.pointers;
        detail.waveforms = (Labgate__Waveform **)waveforms.pointers;
        detail.n_waveforms = rig->config->waveform_count;
        detail.values = (Labgate__Value **)values.pointers;
        detail.n_values = spec->point_count;
        detail.layout = layout;
        struct config_stays_on stays_on = config_stays_on(spec);
        detail.stays_on = (uint64_t)stays_on.longest;
        detail.undropped =
            translate_text(stays_on.point == RIG_NONE ? NULL : spec->points[stays_on.point].name);
        Labgate__Answer answer = translate_begin(head);
        answer.body_case = LABGATE__ANSWER__BODY_SHOW;
        answer.show = &detail;
        translate_finish(buffer, &answer);
    } else {
        translate_no_memory(buffer, head);
    }
    for (size_t i = 0; points.pointers && i < spec->point_count; i++)
        free(((Labgate__Point *)points.pointers[i])->choices);
    free(points.pointers);
    free_interlocks(&interlocks);
    free(waveforms.pointers);
    free(values.pointers);
}

void translate_values(struct answer_buffer *buffer, const struct answer_head *head,
                      const struct rig_spec *spec, const struct rig *core, const uint16_t *points,
                      size_t count, uint64_t layout)
{
    struct rows rows = fill_values(spec, core, points, count);
    if (!rows.pointers) {
        translate_no_memory(buffer, head);
        return;
    }
    Labgate__Values values = LABGATE__VALUES__INIT;
    values.values = (Labgate__Value **)rows.pointers;
    values.n_values = count;
    values.layout = layout;
    Labgate__Answer answer = translate_begin(head);
    answer.body_case = LABGATE__ANSWER__BODY_GET;
    answer.get = &values;
    translate_finish(buffer, &answer);
    free(rows.pointers);
}

void translate_proof_items(struct answer_buffer *buffer, const struct answer_head *head,
                           const struct answer_proof_item *list, size_t count)
{
    struct rows rows = translate_rows(list ? count : 0, sizeof(Labgate__ProofItem));
    if (!rows.pointers || !list) {
        translate_no_memory(buffer, head);
        free(rows.pointers);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        Labgate__ProofItem *item = rows.pointers[i];
        labgate__proof_item__init(item);
        item->kind = translate_text(list[i].kind);
        item->name = translate_text(list[i].name);
        item->condition = translate_text(list[i].condition);
        item->tested = (uint64_t)list[i].tested;
        item->passed = list[i].passed;
        item->by = translate_text(list[i].by);
        item->note = translate_text(list[i].note);
    }
    Labgate__ProofItems items = LABGATE__PROOF_ITEMS__INIT;
    items.items = (Labgate__ProofItem **)rows.pointers;
    items.n_items = count;
    Labgate__Answer answer = translate_begin(head);
    answer.body_case = LABGATE__ANSWER__BODY_PROOF_PLAN;
    answer.proof_plan = &items;
    translate_finish(buffer, &answer);
    free(rows.pointers);
}
