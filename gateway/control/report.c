/* The report of what was used, by whom: read from the ledger in parts, for terms are longer than what is in
 * memory. */
#include "gateway/control/requests.h"
#include "gateway/control/respond.h"
#include "gateway/control/timetable_make.h"

#include <stdlib.h>
#include <string.h>

#define LONGEST   (400 * INT64_C(86400000)) /* ms */
#define WEEKS_MAX 64

enum per { PER_SCHOOL = 1, PER_GROUP, PER_RIG, PER_WEEK };

struct row {
    struct answer_report_row told;
    double weight; /* schools and groups */
    size_t parent; /* groups: of whose siblings it is one */
    int64_t held;  /* what the share is charged, undecayed */
    bool wanted;
    char name[CIVIL_TEXT]; /* weeks */
};

/* Of schools and groups the last row is of those who book for none. */
struct report {
    struct ledger_used part;
    enum per per;
    int32_t monday; /* weeks: of the first */
    size_t count;
    struct row rows[];
};

/* ---- rows ---------------------------------------------------------------------------------------------- */

static int32_t day_of(const struct control *control, int64_t instant)
{
    int32_t day;
    int64_t time;
    civil_local(&control->calendar.zone, instant, &day, &time);
    return day;
}

static size_t count_rows(const struct control *control, const struct request *request)
{
    const struct config_timetable *config = &control->lab->timetable;
    switch (request->report.per) {
    case PER_SCHOOL:
        return config->school_count + 1;
    case PER_GROUP:
        return config->group_count + 1;
    case PER_RIG:
        return control->rig_count;
    default:
        return (size_t)(civil_monday(day_of(control, request->report.until - 1)) -
                        civil_monday(day_of(control, request->report.from))) /
                   7 +
               1;
    }
}

/* How much of an interval the laboratory is open. */
static int64_t open_time(const struct control *control, int64_t from, int64_t until)
{
    int64_t sum = 0, opens, closes;
    for (int64_t at = from; at < until && term_next_open(&control->calendar, at, until, &opens, &closes);
         at = closes) {
        closes = closes < until ? closes : until;
        sum += closes - opens;
        if (closes <= at)
            break;
    }
    return sum;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void title_row(struct row *row, const char *name, const struct config_text *title)
{
    row->told.name = name;
    row->told.title = title->en;
    row->told.title_zh = title->zh;
}

static void make_week(const struct control *control, struct report *report, size_t index, struct row *row)
{
    int64_t begins, ends, last;
    int32_t monday = report->monday + 7 * (int32_t)index;
    civil_instant(&control->calendar.zone, monday, 0, &begins, &last);
    civil_instant(&control->calendar.zone, monday + 7, 0, &ends, &last);
    row->told.name = civil_date_text(monday, row->name);
    row->told.open = (int64_t)control->rig_count *
                     open_time(control, later(begins, report->part.from), earlier(ends, report->part.until));
}

static void make_row(const struct control *control, struct report *report, size_t i)
{
    const struct config_timetable *config = &control->lab->timetable;
    struct row *row = &report->rows[i];
    row->weight = 1; /* of who books for nobody, as in the queue */
    row->told.name = "";
    switch (report->per) {
    case PER_SCHOOL:
        if (i < config->school_count) {
            title_row(row, config->schools[i].name, &config->schools[i].title);
            row->weight = config->schools[i].weight;
        }
        break;
    case PER_GROUP:
        row->parent = config->school_count;
        if (i < config->group_count) {
            title_row(row, config->groups[i].name, &config->groups[i].title);
            row->weight = config->groups[i].weight;
            row->parent = config->groups[i].school;
        }
        break;
    case PER_RIG:
        title_row(row, control->rigs[i].config->spec.name, &control->rigs[i].config->title);
        row->told.open = open_time(control, report->part.from, report->part.until);
        break;
    case PER_WEEK:
        make_week(control, report, i, row);
        break;
    }
}

/* NULL: no memory. */
static struct report *make(const struct control *control, const struct request *request)
{
    size_t count = count_rows(control, request);
    struct report *report = calloc(1, sizeof *report + count * sizeof report->rows[0]);
    if (!report)
        return NULL;
    report->count = count;
    report->per = (enum per)request->report.per;
    report->part = (struct ledger_used){.from = request->report.from,
                                        .until = request->report.until,
                                        .after_end = request->report.from,
                                        .after = INT64_MAX};
    report->monday = civil_monday(day_of(control, request->report.from));
    for (size_t i = 0; i < count; i++)
        make_row(control, report, i);
    return report;
}

/* ---- what is in them ----------------------------------------------------------------------------------- */

/* NULL: it is of none of them, as a rig that is not configured any more. */
static struct row *row_of(const struct control *control, struct report *report,
                          const struct ledger_booking *booking)
{
    const struct config_timetable *config = &control->lab->timetable;
    uint16_t group = find_group(control, booking->group);
    size_t at = report->count - 1;
    switch (report->per) {
    case PER_SCHOOL:
        at = group != BOOKING_NO_GROUP ? config->groups[group - 1].school : at;
        break;
    case PER_GROUP:
        at = group != BOOKING_NO_GROUP ? group - 1u : at;
        break;
    case PER_RIG:
        at = find_rig(control, booking->rig);
        break;
    case PER_WEEK:
        at = (size_t)(civil_monday(day_of(control, later(booking->starts, report->part.from))) -
                      report->monday) /
             7;
        break;
    }
    return at < report->count ? &report->rows[at] : NULL;
}

static bool is_lost(int why)
{
    return why == BOOKING_WHY_QUARANTINE || why == BOOKING_WHY_MAINTENANCE || why == BOOKING_WHY_DOWN ||
           why == BOOKING_WHY_STAFF;
}

static void add(const struct control *control, struct report *report, const struct ledger_booking *booking)
{
    struct row *row = row_of(control, report, booking);
    if (!row)
        return;
    int64_t from = later(booking->starts, report->part.from);
    int64_t time = later(earlier(booking->ends, report->part.until) - from, 0);
    int64_t until_now = later(earlier(earlier(booking->ends, report->part.until), control->wall) - from, 0);
    if (booking->kind == BOOKING_MAINTENANCE) {
        row->told.maintenance += booking->state == LEDGER_CANCELLED ? 0 : time;
        return;
    }
    row->wanted = true;
    row->told.lost += is_lost(booking->why);
    if (booking->state == LEDGER_CANCELLED || booking->why == BOOKING_WHY_DOWN) {
        row->told.cancelled += !is_lost(booking->why);
        return;
    }
    row->told.bookings++;
    row->told.booked += time;
    row->told.no_shows += booking->why == BOOKING_WHY_NO_SHOW;
    if (booking->session && booking->used)
        row->told.used += until_now;
    if (booking->session && booking->charged)
        row->held += until_now;
}

/* Shares are compared among siblings that wanted anything (docs/timetable.md). */
static void share(struct report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        struct row *row = &report->rows[i];
        double weights = 0, held = 0;
        for (size_t k = 0; k < report->count; k++)
            if (report->rows[k].parent == row->parent && report->rows[k].wanted) {
                weights += report->rows[k].weight;
                held += (double)report->rows[k].held;
            }
        row->told.share_due = row->wanted ? row->weight / weights : 0;
        row->told.share_got = held > 0 ? (double)row->held / held : 0;
    }
}

static void answer(struct control *control, const struct origin *origin, struct report *report)
{
    struct answer_report_row *rows = calloc(report->count, sizeof *rows);
    if (!rows) {
        respond_refuse(control, origin, "busy", "reporting: no memory; try again");
        return;
    }
    if (report->per == PER_SCHOOL || report->per == PER_GROUP)
        share(report);
    for (size_t i = 0; i < report->count; i++)
        rows[i] = report->rows[i].told;
    struct answer_head head;
    struct answer_buffer buffer = respond_begin(control, &head);
    translate_report(&buffer, &head, rows, report->count, report->part.from, report->part.until);
    respond_send(control, origin, &buffer);
    free(rows);
}

/* ---- asked, and read ----------------------------------------------------------------------------------- */

static bool may_ask(struct control *control, const struct caller *caller, const struct request *request)
{
    int64_t length = request->report.until - request->report.from;
    if (!requests_is_staff(caller))
        respond_refuse(control, &caller->origin, "not-allowed",
                       "reporting: this is for teachers, technicians and schedulers");
    else if (request->report.from < 0 || length <= 0 || length > LONGEST)
        respond_refuse(control, &caller->origin, "bad-time",
                       "reporting: from and until are up to 400 days apart, the earlier one first");
    else if (request->report.per < PER_SCHOOL || request->report.per > PER_WEEK)
        respond_refuse(control, &caller->origin, "bad-value", "reporting: per school, group, rig or week");
    else
        return true;
    return false;
}

void requests_report(struct control *control, const struct caller *caller, const struct request *request)
{
    uint64_t id = may_ask(control, caller, request) ? requests_wait(control, caller, request) : 0;
    if (!id)
        return;
    struct report *report = make(control, request);
    if (report && ledger_read_used(control->ledger, id, &report->part) == LEDGER_OK) {
        pending_find(control->pending, id)->report = report;
        return;
    }
    free(report);
    respond_refuse(control, &caller->origin, "busy", "reporting: too much is waiting; try again");
    pending_remove(control->pending, id);
}

void requests_report_read(struct control *control, uint64_t id, const struct ledger_event *event)
{
    struct pending *pending = pending_find(control->pending, id);
    struct report *report = pending->report;
    for (size_t i = 0; event->result == LEDGER_OK && i < event->row_count; i++)
        add(control, report, &event->rows[i]);
    int result = event->result;
    if (result == LEDGER_OK && event->more) {
        report->part.after_end = event->rows[event->row_count - 1].ends;
        report->part.after = event->rows[event->row_count - 1].id;
        result = ledger_read_used(control->ledger, id, &report->part);
        if (result == LEDGER_OK)
            return;
    }
    if (result == LEDGER_OK)
        answer(control, &pending->origin, report);
    else
        respond_refuse(control, &pending->origin, result == LEDGER_FULL ? "busy" : "not-stored",
                       "reporting: %s", event->why[0] ? event->why : "too much is waiting; try again");
    free(report);
    pending_remove(control->pending, id);
}
