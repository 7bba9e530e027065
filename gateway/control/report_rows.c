/* The rows of a report: what it is by, and among whom that is divided. */
#include "gateway/control/attend.h"
#include "gateway/control/report.h"
#include "gateway/control/rigs.h"

#include <stdlib.h>
#include <string.h>

#define WALKED (7 * INT64_C(86400000)) /* of the calendar at once; ms */

int32_t report_day(const struct control *control, int64_t instant)
{
    int32_t day;
    int64_t time;
    civil_local(&control->calendar.zone, instant, &day, &time);
    return day;
}

static size_t count_things(const struct control *control, const struct request *request, enum report_per per)
{
    const struct config_timetable *config = &control->lab->timetable;
    switch (per) {
    case PER_SCHOOL:
        return config->school_count + 1;
    case PER_GROUP:
        return config->group_count + 1;
    case PER_RIG:
        return rigs_real(control) + config->capability_count;
    default:
        return (size_t)(civil_monday(report_day(control, request->report.until - 1)) -
                        civil_monday(report_day(control, request->report.from))) /
                   7 +
               1;
    }
}

size_t report_rows_of(const struct control *control, const struct request *request)
{
    return count_things(control, request, (enum report_per)request->report.per) *
           (request->report.of ? count_things(control, request, (enum report_per)request->report.of) : 1);
}

/* How much of an interval the laboratory is open. */
static int64_t open_time(struct control *control, int64_t from, int64_t until)
{
    int64_t sum = 0, opens, closes;
    for (int64_t at = from; at < until;) {
        int64_t end = report_earlier(at + WALKED, until);
        attend(control);
        bool found = term_next_open(&control->calendar, at, end, &opens, &closes);
        sum += found ? closes - opens : 0;
        at = found ? closes : end;
    }
    return sum;
}

static void title_row(struct report_row *row, const char *name, const struct config_text *title)
{
    row->told.name = name;
    row->told.title = title->en;
    row->told.title_zh = title->zh;
}

static void make_week(struct control *control, struct report *report, size_t index, struct report_row *row)
{
    int64_t begins, ends, last;
    int32_t monday = report->monday + 7 * (int32_t)index;
    civil_instant(&control->calendar.zone, monday, 0, &begins, &last);
    civil_instant(&control->calendar.zone, monday + 7, 0, &ends, &last);
    row->told.name = civil_date_text(monday, row->name);
    row->told.open = (int64_t)rigs_real(control) * open_time(control, report_later(begins, report->part.from),
                                                             report_earlier(ends, report->part.until));
}

static void make_sharer(const struct control *control, enum report_per per, size_t i, struct report_row *row)
{
    const struct config_timetable *config = &control->lab->timetable;
    row->weight = 1; /* of who books for nobody, as in the queue */
    row->told.name = "";
    if (per == PER_SCHOOL && i < config->school_count) {
        title_row(row, config->schools[i].name, &config->schools[i].title);
        row->weight = config->schools[i].weight;
    }
    if (per != PER_GROUP)
        return;
    row->parent = config->school_count;
    if (i < config->group_count) {
        title_row(row, config->groups[i].name, &config->groups[i].title);
        row->weight = config->groups[i].weight;
        row->parent = config->groups[i].school;
    }
}

static void make_rig(const struct control *control, int64_t open, size_t i, struct report_row *row)
{
    size_t rigs = rigs_real(control);
    if (i < rigs) {
        title_row(row, control->rigs[i].config->spec.name, &control->rigs[i].config->title);
        row->told.open = open;
        return;
    }
    const struct config_timetable *timetable = &control->lab->timetable;
    row->told.name = timetable->capabilities[i - rigs];
    row->told.capability = true;
    for (size_t k = 0; k < timetable->titled_count; k++)
        if (!strcmp(timetable->titled[k].name, row->told.name))
            title_row(row, row->told.name, &timetable->titled[k].title);
}

static void make_thing(struct control *control, struct report *report, int64_t open, size_t i,
                       struct report_row *row)
{
    switch (report->per) {
    case PER_SCHOOL:
    case PER_GROUP:
        make_sharer(control, report->per, i, row);
        break;
    case PER_RIG:
        make_rig(control, open, i, row);
        break;
    case PER_WEEK:
        make_week(control, report, i, row);
        break;
    }
}

/* What is said of a thing, in its row for one of those whom it is divided among. */
static void make_part(const struct control *control, struct report *report, size_t thing, size_t i)
{
    struct report_row *rows = &report->rows[thing * report->among], *row = &rows[i], whose = {0};
    make_sharer(control, report->of, i, &whose);
    row->told = rows[0].told;
    row->told.of = whose.told.name;
    row->told.of_title = whose.told.title;
    row->told.of_title_zh = whose.told.title_zh;
    row->weight = whose.weight;
    row->parent = thing * (control->lab->timetable.school_count + 1) + whose.parent;
}

static void make_rows(struct control *control, struct report *report)
{
    bool rigs = report->per == PER_RIG;
    int64_t open = rigs ? open_time(control, report->part.from, report->part.until) : 0;
    for (size_t thing = 0; thing < report->things; thing++) {
        make_thing(control, report, open, thing, &report->rows[thing * report->among]);
        for (size_t i = 0; i < report->among; i++) {
            attend(control);
            if (report->of)
                make_part(control, report, thing, i);
        }
    }
}

struct report *report_make(struct control *control, const struct request *request)
{
    size_t count = report_rows_of(control, request);
    size_t things = count_things(control, request, (enum report_per)request->report.per),
           among = count / things;
    struct report *report = calloc(1, sizeof *report + count * sizeof report->rows[0]);
    if (!report)
        return NULL;
    report->things = things;
    report->among = among;
    report->siblings = (request->report.of ? things : 1) * (control->lab->timetable.school_count + 1);
    report->per = (enum report_per)request->report.per;
    report->of = (enum report_per)request->report.of;
    report->part = (struct ledger_used){.from = request->report.from,
                                        .until = request->report.until,
                                        .after_end = request->report.from,
                                        .after = INT64_MAX};
    report->monday = civil_monday(report_day(control, request->report.from));
    make_rows(control, report);
    return report;
}
