/* The report of what was used, by whom: read from the ledger in parts, for terms are longer than what is in
 * memory. */
#include "gateway/control/report.h"

#include "gateway/control/attend.h"
#include "gateway/control/requests.h"
#include "gateway/control/respond.h"
#include "gateway/control/rigs.h"
#include "gateway/control/timetable_make.h"

#include <stdlib.h>

#define LONGEST       (400 * INT64_C(86400000)) /* ms */
#define ROWS_MAX      1500                      /* have room in an answer */
#define ROWS_MADE_MAX (10 * ROWS_MAX)           /* most of them tell of nobody who wanted anything */

/* ---- what is in them ----------------------------------------------------------------------------------- */

/* Whose it was, among schools or groups. */
static size_t sharer_of(const struct control *control, enum report_per per, const char *group_name)
{
    const struct config_timetable *config = &control->lab->timetable;
    uint16_t group = find_group(control, group_name);
    if (per == PER_SCHOOL)
        return group != BOOKING_NO_GROUP ? config->groups[group - 1].school : config->school_count;
    return group != BOOKING_NO_GROUP ? group - 1u : config->group_count;
}

static size_t rig_or_capability(const struct control *control, const char *rig, const char *capability)
{
    size_t rigs = rigs_real(control);
    if (rig[0]) {
        uint16_t named = find_rig(control, rig);
        return named < rigs ? named : SIZE_MAX;
    }
    uint16_t found = find_capability(control, capability);
    return found != BOOKING_NO_CAPABILITY ? rigs + found - 1 : SIZE_MAX;
}

/* What a row is of, as the ledger has it. */
struct about {
    const char *rig, *capability, *group;
    int64_t starts;
};

/* NULL: it is of none of them, as a rig that is not configured any more. */
static struct report_row *row_of(const struct control *control, struct report *report,
                                 const struct about *about)
{
    size_t at;
    switch (report->per) {
    case PER_RIG:
        at = rig_or_capability(control, about->rig, about->capability);
        break;
    case PER_WEEK:
        at = (size_t)(civil_monday(report_day(control, report_later(about->starts, report->part.from))) -
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
    struct report_row *row =
        row_of(control, report, &(struct about){booking->rig, "", booking->group, booking->starts});
    if (!row)
        return;
    int64_t from = report_later(booking->starts, report->part.from);
    int64_t time = report_later(report_earlier(booking->ends, report->part.until) - from, 0);
    int64_t until_now = report_later(
        report_earlier(report_earlier(booking->ends, report->part.until), control->wall) - from, 0);
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
    struct report_row *row =
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
        const struct report_row *row = &report->rows[i];
        attend(control);
        if (row->wanted) {
            sums[row->parent].weights += row->weight;
            sums[row->parent].held += (double)row->held;
        }
    }
    for (size_t i = 0; sums && i < count; i++) {
        struct report_row *row = &report->rows[i];
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
    else if (report_rows_of(control, request) > ROWS_MADE_MAX)
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
    struct report *report = report_make(control, request);
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
