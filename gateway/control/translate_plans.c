/* Bookings and plans of many. */
#include "gateway/control/translate_private.h"

#include <stdlib.h>

static void fill_booking(Labgate__Booking *to, const struct answer_booking *from)
{
    labgate__booking__init(to);
    to->id = from->id;
    to->rig = translate_text(from->rig);
    to->starts = (uint64_t)from->starts;
    to->ends = (uint64_t)from->ends;
    to->holder = translate_text(from->holder);
    to->state = (Labgate__BookingState)from->state;
    to->join_code = translate_text(from->join_code);
    to->mine = from->mine;
    to->takes_part = from->takes_part;
    to->session = from->session;
    to->group = translate_text(from->group);
    to->capability = translate_text(from->capability);
    to->bundle = from->bundle;
    to->why = translate_text(from->why);
    to->used = from->used;
    to->kind = (Labgate__BookingKind)from->kind;
    to->party = (uint32_t)from->party;
}

void translate_alternative(Labgate__Alternative *to, const struct answer_alternative *from)
{
    labgate__alternative__init(to);
    to->rig = translate_text(from->rig);
    to->starts = (uint64_t)from->starts;
    to->ends = (uint64_t)from->ends;
}

static void answer_list(struct answer_buffer *buffer, const struct answer_head *head,
                        const struct answer_booking *bookings, size_t count, Labgate__BookingList list,
                        const struct answer_fallen *fallen, size_t fallen_count)
{
    struct rows rows = translate_rows(count, sizeof(Labgate__Booking));
    struct rows gone = translate_rows(fallen_count, sizeof(Labgate__FallenOut));
    if (rows.pointers && gone.pointers) {
        for (size_t i = 0; i < count; i++)
            fill_booking(rows.pointers[i], &bookings[i]);
        for (size_t i = 0; i < fallen_count; i++) {
            Labgate__FallenOut *to = gone.pointers[i];
            labgate__fallen_out__init(to);
            to->term = translate_text(fallen[i].term);
            to->date = translate_text(fallen[i].date);
            to->result = translate_text(fallen[i].result);
            to->why = translate_text(fallen[i].why);
            to->why_zh = translate_text(fallen[i].why_zh);
            to->week = (uint32_t)fallen[i].week;
            to->weekday = (uint32_t)fallen[i].weekday;
        }
        list.bookings = (Labgate__Booking **)rows.pointers;
        list.n_bookings = count;
        list.fallen_out = (Labgate__FallenOut **)gone.pointers;
        list.n_fallen_out = fallen_count;
        Labgate__Answer answer = translate_begin(head);
        answer.body_case = LABGATE__ANSWER__BODY_BOOKINGS;
        answer.bookings = &list;
        translate_finish(buffer, &answer);
    } else {
        translate_no_memory(buffer, head);
    }
    free(rows.pointers);
    free(gone.pointers);
}

void translate_bookings(struct answer_buffer *buffer, const struct answer_head *head,
                        const struct answer_booking *bookings, size_t count, bool more, bool news)
{
    Labgate__BookingList list = LABGATE__BOOKING_LIST__INIT;
    list.more = more;
    list.news = news;
    answer_list(buffer, head, bookings, count, list, NULL, 0);
}

void translate_booked(struct answer_buffer *buffer, const struct answer_head *head,
                      const struct answer_booking *bookings, size_t count, bool more,
                      const struct answer_fallen *fallen, size_t fallen_count)
{
    Labgate__BookingList list = LABGATE__BOOKING_LIST__INIT;
    list.more = more;
    answer_list(buffer, head, bookings, count, list, fallen, fallen_count);
}

/* ---- plans ----------------------------------------------------------------------------------- */

/* A conflict with what it points to. */
struct conflict_row {
    Labgate__CourseConflict message;
    char *people[ANSWER_PEOPLE_MAX];
    Labgate__Alternative alternatives[3], *alternative_pointers[3];
};

static void fill_conflict(struct conflict_row *row, const struct answer_conflict *from)
{
    Labgate__CourseConflict *to = &row->message;
    labgate__course_conflict__init(to);
    to->meeting = (uint32_t)from->meeting;
    to->course = (uint32_t)from->course;
    to->week = (uint32_t)from->week;
    to->starts = (uint64_t)from->starts;
    to->ends = (uint64_t)from->ends;
    to->rig = translate_text(from->rig);
    to->reason = translate_text(from->reason);
    to->text = translate_text(from->text);
    to->booking = from->booking;
    to->holder = translate_text(from->holder);
    to->taken = from->taken;
    for (size_t i = 0; i < from->people_count; i++)
        row->people[i] = translate_text(from->people[i]);
    to->people = row->people;
    to->n_people = from->people_count;
    for (size_t i = 0; i < from->alternative_count; i++) {
        translate_alternative(&row->alternatives[i], &from->alternatives[i]);
        row->alternative_pointers[i] = &row->alternatives[i];
    }
    to->alternatives = row->alternative_pointers;
    to->n_alternatives = from->alternative_count;
}

/* Pointers to messages that begin their rows. */
static struct rows conflict_rows(const struct answer_conflict *conflicts, size_t count)
{
    struct rows rows = translate_rows(count, sizeof(struct conflict_row));
    for (size_t i = 0; rows.pointers && i < count; i++)
        fill_conflict(rows.pointers[i], &conflicts[i]);
    return rows;
}

static void fill_meeting(Labgate__CourseMeeting *to, const struct answer_meeting *from)
{
    labgate__course_meeting__init(to);
    to->course = (uint32_t)from->course;
    to->section = (uint32_t)from->section;
    to->week = (uint32_t)from->held.week;
    to->date = translate_text(from->held.date);
    to->result = translate_text(from->held.result);
    to->why = translate_text(from->held.why);
    to->why_zh = translate_text(from->held.why_zh);
    to->starts = (uint64_t)from->starts;
    to->ends = (uint64_t)from->ends;
    to->bookings = (uint32_t)from->bookings;
}

void translate_course_plan(struct answer_buffer *buffer, const struct answer_head *head,
                           const struct answer_course_plan *plan)
{
    struct rows meetings = translate_rows(plan->meetings_listed, sizeof(Labgate__CourseMeeting));
    struct rows conflicts = conflict_rows(plan->conflicts, plan->conflicts_listed);
    if (meetings.pointers && conflicts.pointers) {
        for (size_t i = 0; i < plan->meetings_listed; i++)
            fill_meeting(meetings.pointers[i], &plan->meetings[i]);
        Labgate__CoursePlan message = LABGATE__COURSE_PLAN__INIT;
        message.stored = plan->stored;
        message.bundle = plan->bundle;
        message.booking_count = (uint32_t)plan->booking_count;
        message.meeting_count = (uint32_t)plan->meeting_count;
        message.conflict_count = (uint32_t)plan->conflict_count;
        message.fallen_count = (uint32_t)plan->fallen_count;
        message.rig_time = (uint64_t)plan->rig_time;
        message.meetings = (Labgate__CourseMeeting **)meetings.pointers;
        message.n_meetings = plan->meetings_listed;
        message.conflicts = (Labgate__CourseConflict **)conflicts.pointers;
        message.n_conflicts = plan->conflicts_listed;
        message.more = plan->more;
        message.unknown = (char **)plan->unknown;
        message.n_unknown = plan->unknown_count;
        Labgate__Answer answer = translate_begin(head);
        answer.body_case = LABGATE__ANSWER__BODY_PLAN_COURSE;
        answer.plan_course = &message;
        translate_finish(buffer, &answer);
    } else {
        translate_no_memory(buffer, head);
    }
    free(meetings.pointers);
    free(conflicts.pointers);
}

/* ---- maintenance ----------------------------------------------------------------------------- */

struct affected_row {
    Labgate__Affected message;
    Labgate__Booking booking;
};

static struct rows affected_rows(const struct answer_maintenance *maintenance)
{
    struct rows rows = translate_rows(maintenance->affected_listed, sizeof(struct affected_row));
    for (size_t i = 0; rows.pointers && i < maintenance->affected_listed; i++) {
        struct affected_row *row = rows.pointers[i];
        labgate__affected__init(&row->message);
        fill_booking(&row->booking, &maintenance->affected[i].booking);
        row->message.booking = &row->booking;
        row->message.rig = translate_text(maintenance->affected[i].rig);
    }
    return rows;
}

void translate_maintenance(struct answer_buffer *buffer, const struct answer_head *head,
                           const struct answer_maintenance *maintenance)
{
    struct rows bookings = translate_rows(maintenance->booking_count, sizeof(Labgate__Booking));
    struct rows affected = affected_rows(maintenance);
    struct rows conflicts = conflict_rows(maintenance->conflicts, maintenance->conflict_count);
    if (bookings.pointers && affected.pointers && conflicts.pointers) {
        for (size_t i = 0; i < maintenance->booking_count; i++)
            fill_booking(bookings.pointers[i], &maintenance->bookings[i]);
        Labgate__MaintenancePlan message = LABGATE__MAINTENANCE_PLAN__INIT;
        message.stored = maintenance->stored;
        message.bookings = (Labgate__Booking **)bookings.pointers;
        message.n_bookings = maintenance->booking_count;
        message.affected = (Labgate__Affected **)affected.pointers;
        message.n_affected = maintenance->affected_listed;
        message.affected_count = (uint32_t)maintenance->affected_count;
        message.conflicts = (Labgate__CourseConflict **)conflicts.pointers;
        message.n_conflicts = maintenance->conflict_count;
        Labgate__Answer answer = translate_begin(head);
        answer.body_case = LABGATE__ANSWER__BODY_MAINTAIN;
        answer.maintain = &message;
        translate_finish(buffer, &answer);
    } else {
        translate_no_memory(buffer, head);
    }
    free(bookings.pointers);
    free(affected.pointers);
    free(conflicts.pointers);
}
