/* The report of what was used, by whom: read from the ledger in parts, for terms are longer than what is in
 * memory. */
#include "gateway/control/attend.h"
#include "gateway/control/requests.h"
#include "gateway/control/respond.h"
#include "gateway/control/timetable_make.h"

#include <stdlib.h>
#include <string.h>

#define LONGEST       (400 * INT64_C(86400000)) /* ms */
#define WALKED        (7 * INT64_C(86400000))   /* of the calendar at once; ms */
#define ROWS_MAX      1500                      /* have room in an answer */
#define ROWS_MADE_MAX (10 * ROWS_MAX)           /* most of them tell of nobody who wanted anything */

enum per { PER_SCHOOL = 1, PER_GROUP, PER_RIG, PER_WEEK };

struct row {
    struct answer_report_row told;
    double weight; /* schools and groups */
    size_t parent; /* whose siblings it is one of: below `siblings` */
    int64_t held;  /* what the share is charged, undecayed */
    bool wanted;
    char name[CIVIL_TEXT]; /* weeks */
};

/* Each thing has a row for each of those whom it is divided among. Of schools and groups the last one is of
 * those who book for none; behind the rigs stand the capabilities, which are told of only where somebody
 * found no room for one. */
struct report {
    struct ledger_used part;
    bool used_read;   /* now who found no room is read */
    enum per per, of; /* of 0: not divided */
    int32_t monday;   /* weeks: of the first */
    size_t things, among, siblings;
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

static size_t count_things(const struct control *control, const struct request *request, enum per per)
{
    const struct config_timetable *config = &control->lab->timetable;
    switch (per) {
    case PER_SCHOOL:
        return config->school_count + 1;
    case PER_GROUP:
        return config->group_count + 1;
    case PER_RIG:
        return control->rig_count + config->capability_count;
    default:
        return (size_t)(civil_monday(day_of(control, request->report.until - 1)) -
                        civil_monday(day_of(control, request->report.from))) /
                   7 +
               1;
    }
}

static size_t rows_of(const struct control *control, const struct request *request)
{
    return count_things(control, request, (enum per)request->report.per) *
           (request->report.of ? count_things(control, request, (enum per)request->report.of) : 1);
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* How much of an interval the laboratory is open. */
static int64_t open_time(struct control *control, int64_t from, int64_t until)
{
    int64_t sum = 0, opens, closes;
    for (int64_t at = from; at < until;) {
        int64_t end = earlier(at + WALKED, until);
        attend(control);
        bool found = term_next_open(&control->calendar, at, end, &opens, &closes);
        sum += found ? closes - opens : 0;
        at = found ? closes : end;
    }
    return sum;
}

static void title_row(struct row *row, const char *name, const struct config_text *title)
{
    row->told.name = name;
    row->told.title = title->en;
    row->told.title_zh = title->zh;
}

static void make_week(struct control *control, struct report *report, size_t index, struct row *row)
{
    int64_t begins, ends, last;
    int32_t monday = report->monday + 7 * (int32_t)index;
    civil_instant(&control->calendar.zone, monday, 0, &begins, &last);
    civil_instant(&control->calendar.zone, monday + 7, 0, &ends, &last);
    row->told.name = civil_date_text(monday, row->name);
    row->told.open = (int64_t)control->rig_count *
                     open_time(control, later(begins, report->part.from), earlier(ends, report->part.until));
}

static void make_sharer(const struct control *control, enum per per, size_t i, struct row *row)
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

static void make_rig(const struct control *control, int64_t open, size_t i, struct row *row)
{
    if (i < control->rig_count) {
        title_row(row, control->rigs[i].config->spec.name, &control->rigs[i].config->title);
        row->told.open = open;
        return;
    }
    const struct config_timetable *timetable = &control->lab->timetable;
    row->told.name = timetable->capabilities[i - control->rig_count];
    row->told.capability = true;
    for (size_t k = 0; k < timetable->titled_count; k++)
        if (!strcmp(timetable->titled[k].name, row->told.name))
            title_row(row, row->told.name, &timetable->titled[k].title);
}

static void make_thing(struct control *control, struct report *report, int64_t open, size_t i,
                       struct row *row)
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
    struct row *rows = &report->rows[thing * report->among], *row = &rows[i], whose = {0};
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

/* NULL: no memory. */
static struct report *make(struct control *control, const struct request *request)
{
    size_t count = rows_of(control, request);
    size_t things = count_things(control, request, (enum per)request->report.per), among = count / things;
    struct report *report = calloc(1, sizeof *report + count * sizeof report->rows[0]);
    if (!report)
        return NULL;
    report->things = things;
    report->among = among;
    report->siblings = (request->report.of ? things : 1) * (control->lab->timetable.school_count + 1);
    report->per = (enum per)request->report.per;
    report->of = (enum per)request->report.of;
    report->part = (struct ledger_used){.from = request->report.from,
                                        .until = request->report.until,
                                        .after_end = request->report.from,
                                        .after = INT64_MAX};
    report->monday = civil_monday(day_of(control, request->report.from));
    make_rows(control, report);
    return report;
}

/* ---- what is in them ----------------------------------------------------------------------------------- */

/* Whose it was, among schools or groups. */
static size_t sharer_of(const struct control *control, enum per per, const char *group_name)
{
    const struct config_timetable *config = &control->lab->timetable;
    uint16_t group = find_group(control, group_name);
    if (per == PER_SCHOOL)
        return group != BOOKING_NO_GROUP ? config->groups[group - 1].school : config->school_count;
    return group != BOOKING_NO_GROUP ? group - 1u : config->group_count;
}

static size_t rig_or_capability(const struct control *control, const char *rig, const char *capability)
{
    if (rig[0])
        return find_rig(control, rig);
    uint16_t found = find_capability(control, capability);
    return found != BOOKING_NO_CAPABILITY ? control->rig_count + found - 1 : SIZE_MAX;
}

/* What a row is of, as the ledger has it. */
struct about {
    const char *rig, *capability, *group;
    int64_t starts;
};

/* NULL: it is of none of them, as a rig that is not configured any more. */
static struct row *row_of(const struct control *control, struct report *report, const struct about *about)
{
    size_t at;
    switch (report->per) {
    case PER_RIG:
        at = rig_or_capability(control, about->rig, about->capability);
        break;
    case PER_WEEK:
        at = (size_t)(civil_monday(day_of(control, later(about->starts, report->part.from))) -
                      report->monday) /
             7;
        break;
    default:
        at = sharer_of(control, report->per, about->group);
        break;
    }
    if (at >= report->things)
        return NULL;
    size_t of = report->of ? sharer_of(control, report->of, about->group) : 0;
    return &report->rows[at * report->among + of];
}

static bool is_lost(int why)
{
    return why == BOOKING_WHY_QUARANTINE || why == BOOKING_WHY_MAINTENANCE || why == BOOKING_WHY_DOWN ||
           why == BOOKING_WHY_STAFF;
}

static void add(const struct control *control, struct report *report, const struct ledger_booking *booking)
{
    struct row *row =
        row_of(control, report, &(struct about){booking->rig, "", booking->group, booking->starts});
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

static void add_no_room(const struct control *control, struct report *report,
                        const struct ledger_no_room *found)
{
    struct row *row =
        row_of(control, report, &(struct about){found->rig, found->capability, found->group, found->starts});
    if (!row)
        return;
    row->wanted = true;
    row->told.no_room++;
    row->told.no_room_time += found->ends - found->starts;
}

/* Shares are compared among siblings that wanted anything (docs/timetable.md). False: no memory. */
static bool share(struct control *control, struct report *report)
{
    struct sum {
        double weights, held;
    } *sums = calloc(report->siblings, sizeof *sums);
    size_t count = report->things * report->among;
    for (size_t i = 0; sums && i < count; i++) {
        const struct row *row = &report->rows[i];
        attend(control);
        if (row->wanted) {
            sums[row->parent].weights += row->weight;
            sums[row->parent].held += (double)row->held;
        }
    }
    for (size_t i = 0; sums && i < count; i++) {
        struct row *row = &report->rows[i];
        attend(control);
        const struct sum *sum = &sums[row->parent];
        row->told.share_due = row->wanted ? row->weight / sum->weights : 0;
        row->told.share_got = sum->held > 0 ? (double)row->held / sum->held : 0;
    }
    bool made = sums != NULL;
    free(sums);
    return made;
}

static void refuse_many(struct control *control, const struct origin *origin)
{
    respond_refuse(control, origin, "too-many-at-once",
                   "reporting: these would be more than %d rows: choose a shorter time, or schools",
                   ROWS_MAX);
}

static void answer(struct control *control, const struct origin *origin, struct report *report)
{
    bool shares = report->of || report->per == PER_SCHOOL || report->per == PER_GROUP;
    size_t count = 0;
    struct answer_report_row *rows = calloc(report->things * report->among, sizeof *rows);
    if (!rows || (shares && !share(control, report))) {
        respond_refuse(control, origin, "busy", "reporting: no memory; try again");
        free(rows);
        return;
    }
    for (size_t i = 0; i < report->things * report->among; i++) {
        attend(control);
        if (report->rows[i].wanted || (!report->of && !report->rows[i].told.capability))
            rows[count++] = report->rows[i].told;
    }
    if (count > ROWS_MAX) {
        refuse_many(control, origin);
        free(rows);
        return;
    }
    struct answer_head head;
    struct answer_buffer buffer = respond_begin(control, &head);
    translate_report(&buffer, &head, rows, count, report->part.from, report->part.until);
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
    else if (request->report.of &&
             (request->report.per < PER_RIG || request->report.of < 0 || request->report.of > PER_GROUP))
        respond_refuse(control, &caller->origin, "bad-value",
                       "reporting: rigs and weeks are divided among schools or groups, and nothing else is");
    else if (rows_of(control, request) > ROWS_MADE_MAX)
        refuse_many(control, &caller->origin);
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

static void take_part(struct control *control, struct report *report, const struct ledger_event *event)
{
    for (size_t i = 0; i < event->row_count; i++) {
        attend(control);
        add(control, report, &event->rows[i]);
    }
    for (size_t i = 0; i < event->no_room_count; i++) {
        attend(control);
        add_no_room(control, report, &event->no_room[i]);
    }
    if (event->row_count) {
        report->part.after_end = event->rows[event->row_count - 1].ends;
        report->part.after = event->rows[event->row_count - 1].id;
    }
    if (event->no_room_count)
        report->part.after = event->no_room[event->no_room_count - 1].id;
}

/* First what was booked, then who found no room. */
static int read_on(struct control *control, uint64_t id, struct report *report, bool more)
{
    if (!more)
        report->part.after = 0;
    report->used_read |= !more;
    return (report->used_read ? ledger_read_no_room : ledger_read_used)(control->ledger, id, &report->part);
}

void requests_report_read(struct control *control, uint64_t id, const struct ledger_event *event)
{
    struct pending *pending = pending_find(control->pending, id);
    struct report *report = pending->report;
    int result = event->result;
    if (result == LEDGER_OK) {
        take_part(control, report, event);
        if (event->more || !report->used_read) {
            result = read_on(control, id, report, event->more);
            if (result == LEDGER_OK)
                return;
        }
    }
    if (result == LEDGER_OK)
        answer(control, &pending->origin, report);
    else
        respond_refuse(control, &pending->origin, result == LEDGER_FULL ? "busy" : "not-stored",
                       "reporting: %s", event->why[0] ? event->why : "too much is waiting; try again");
    free(report);
    pending_remove(control->pending, id);
}
