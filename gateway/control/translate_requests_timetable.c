/* Requests off the wire: bookings, classes, the queue, calendars and reports. */
#include "gateway/control/translate_requests.h"

static struct request_wish take_wish(const Labgate__Wish *wish)
{
    return (struct request_wish){
        .rig = wish->rig,
        .capability = wish->capability,
        .starts = (int64_t)wish->starts,
        .ends = (int64_t)wish->ends,
        .holder = wish->holder,
        .party = wish->party,
        .party_count = wish->n_party,
    };
}

static struct request_slot *take_slots(struct arena *arena, Labgate__Slot *const *slots, size_t count)
{
    struct request_slot *list = translate_take(arena, (count + 1) * sizeof *list);
    for (size_t i = 0; list && i < count; i++)
        list[i] = (struct request_slot){.weekday = slots[i]->weekday,
                                        .first_period = slots[i]->first_period,
                                        .last_period = slots[i]->last_period,
                                        .from = slots[i]->from,
                                        .until = slots[i]->until};
    return list;
}

static bool take_course(struct arena *arena, const Labgate__Course *from, struct request_course *course)
{
    *course = (struct request_course){
        .name = from->name,
        .weeks = from->weeks,
        .capability = from->capability,
        .group = from->group,
        .slots = take_slots(arena, from->slots, from->n_slots),
        .slot_count = from->n_slots,
        .rigs = from->rigs,
        .students = from->students,
        .rig_count = from->n_rigs,
        .student_count = from->n_students,
        .rigs_wanted = from->rig_count,
        .group_size = from->group_size,
        .rotate_partners = from->rotate_partners,
    };
    return course->slots;
}

static bool take_plan(struct arena *arena, const Labgate__PlanCourse *plan, struct request *request)
{
    struct request_course *list = translate_take(arena, (plan->n_courses + 1) * sizeof *list);
    for (size_t i = 0; list && i < plan->n_courses; i++)
        if (!take_course(arena, plan->courses[i], &list[i]))
            return false;
    request->kind = REQUEST_PLAN_COURSE;
    request->plan_course.term = plan->term;
    request->plan_course.key = plan->key;
    request->plan_course.courses = list;
    request->plan_course.count = plan->n_courses;
    request->plan_course.dry_run = plan->dry_run;
    request->plan_course.take_alternatives = plan->take_alternatives;
    return list;
}

static bool take_book(struct arena *arena, const Labgate__Book *book, struct request *request)
{
    size_t count = book->n_wishes ? book->n_wishes : 1;
    struct request_wish *list = translate_take(arena, count * sizeof *list);
    if (!list)
        return false;
    list[0] = (struct request_wish){
        .rig = book->rig,
        .capability = book->capability,
        .starts = (int64_t)book->starts,
        .ends = (int64_t)book->ends,
        .holder = "",
    };
    for (size_t i = 0; i < book->n_wishes; i++)
        list[i] = take_wish(book->wishes[i]);
    request->kind = REQUEST_BOOK;
    request->book.wishes = list;
    request->book.count = count;
    request->book.key = book->key;
    request->book.group = book->group;
    request->book.planned = book->planned;
    if (!book->meetings)
        return true;
    request->book.meetings = (struct request_meetings){
        .term = book->meetings->term,
        .weeks = book->meetings->weeks,
        .slots = take_slots(arena, book->meetings->slots, book->meetings->n_slots),
        .slot_count = book->meetings->n_slots,
    };
    return request->book.meetings.slots;
}

static bool take_standings(struct arena *arena, const Labgate__StandingPut *put, struct request *request)
{
    struct request_standing *list = translate_take(arena, (put->n_standings + 1) * sizeof *list);
    if (!list)
        return false;
    for (size_t i = 0; i < put->n_standings; i++)
        list[i] = (struct request_standing){
            .account = put->standings[i]->account,
            .name = put->standings[i]->name,
            .kind = (int)put->standings[i]->kind,
            .since = (int64_t)put->standings[i]->since,
            .until = (int64_t)put->standings[i]->until,
        };
    request->kind = REQUEST_STANDING_PUT;
    request->standing_put.list = list;
    request->standing_put.count = put->n_standings;
    request->standing_put.remove = put->remove;
    return true;
}

/* Calendars, feeds, reports. */
bool translate_take_calendars(const Labgate__Request *message, struct request *request)
{
    switch (message->body_case) {
    case LABGATE__REQUEST__BODY_CALENDAR:
        request->kind = REQUEST_CALENDAR;
        request->rig = message->calendar->rig;
        request->calendar.key = message->calendar->key;
        return true;
    case LABGATE__REQUEST__BODY_FEED_MAKE:
        request->kind = REQUEST_FEED_MAKE;
        request->rig = message->feed_make->rig;
        return true;
    case LABGATE__REQUEST__BODY_FEEDS:
        request->kind = REQUEST_FEEDS;
        request->feeds.everyone = message->feeds->everyone;
        return true;
    case LABGATE__REQUEST__BODY_FEED_REVOKE:
        request->kind = REQUEST_FEED_REVOKE;
        request->feed_revoke.feed = message->feed_revoke->feed;
        return true;
    case LABGATE__REQUEST__BODY_DAYS:
        request->kind = REQUEST_DAYS;
        request->days.from = (int64_t)message->days->from;
        request->days.until = (int64_t)message->days->until;
        return true;
    case LABGATE__REQUEST__BODY_REPORT:
        request->kind = REQUEST_REPORT;
        request->report.from = (int64_t)message->report->from;
        request->report.until = (int64_t)message->report->until;
        request->report.per = (int)message->report->per;
        request->report.of = (int)message->report->of;
        return true;
    case LABGATE__REQUEST__BODY_MAIL_WISH:
        request->kind = REQUEST_MAIL_WISH;
        request->mail_wish.none = message->mail_wish->none;
        return true;
    default:
        return false;
    }
}

/* What came with groups, classes and the queue. */
bool translate_take_shares(struct arena *arena, const Labgate__Request *message, struct request *request)
{
    switch (message->body_case) {
    case LABGATE__REQUEST__BODY_BOOK:
        return take_book(arena, message->book, request);
    case LABGATE__REQUEST__BODY_CHANGE_BOOKING:
        request->kind = REQUEST_CHANGE_BOOKING;
        request->change_booking.booking = message->change_booking->booking;
        request->change_booking.kind = (enum request_change)message->change_booking->kind;
        request->rig = message->change_booking->rig;
        request->change_booking.starts = (int64_t)message->change_booking->starts;
        request->change_booking.ends = (int64_t)message->change_booking->ends;
        request->change_booking.to = message->change_booking->to;
        request->change_booking.group = message->change_booking->group;
        return true;
    case LABGATE__REQUEST__BODY_NOTICES:
        request->kind = REQUEST_NOTICES;
        request->notices.seen = message->notices->seen;
        request->notices.after = message->notices->after;
        request->notices.wait = message->notices->wait;
        return true;
    case LABGATE__REQUEST__BODY_QUEUE:
        request->kind = REQUEST_QUEUE;
        return true;
    case LABGATE__REQUEST__BODY_ENQUEUE:
        request->kind = REQUEST_ENQUEUE;
        request->rig = message->enqueue->rig;
        request->enqueue.capability = message->enqueue->capability;
        request->enqueue.group = message->enqueue->group;
        request->enqueue.length = (int64_t)message->enqueue->length;
        request->enqueue.until = (int64_t)message->enqueue->until;
        return true;
    case LABGATE__REQUEST__BODY_LEAVE_QUEUE:
        request->kind = REQUEST_LEAVE_QUEUE;
        request->ticket.ticket = message->leave_queue->ticket;
        return true;
    case LABGATE__REQUEST__BODY_TAKE_OFFER:
        request->kind = REQUEST_TAKE_OFFER;
        request->ticket.ticket = message->take_offer->ticket;
        return true;
    case LABGATE__REQUEST__BODY_STANDING_PUT:
        return take_standings(arena, message->standing_put, request);
    case LABGATE__REQUEST__BODY_STANDINGS:
        request->kind = REQUEST_STANDINGS;
        request->standings.account = message->standings->account;
        return true;
    case LABGATE__REQUEST__BODY_PLAN_COURSE:
        return take_plan(arena, message->plan_course, request);
    case LABGATE__REQUEST__BODY_MAINTAIN:
        request->kind = REQUEST_MAINTAIN;
        request->maintain.rigs = message->maintain->rigs;
        request->maintain.rig_count = message->maintain->n_rigs;
        request->maintain.every_rig = message->maintain->every_rig;
        request->maintain.dry_run = message->maintain->dry_run;
        request->maintain.starts = (int64_t)message->maintain->starts;
        request->maintain.ends = (int64_t)message->maintain->ends;
        request->maintain.reason = message->maintain->reason;
        request->maintain.key = message->maintain->key;
        return true;
    default:
        return false;
    }
}

bool translate_take_timetable(const Labgate__Request *message, struct request *request)
{
    switch (message->body_case) {
    case LABGATE__REQUEST__BODY_RIGS:
        request->kind = REQUEST_RIGS;
        request->rigs.capability = message->rigs->capability;
        return true;
    case LABGATE__REQUEST__BODY_SHOW:
        request->kind = REQUEST_SHOW;
        request->rig = message->show->rig;
        return true;
    case LABGATE__REQUEST__BODY_BOOKINGS:
        request->kind = REQUEST_BOOKINGS;
        request->rig = message->bookings->rig;
        request->bookings.everyone = message->bookings->everyone;
        request->bookings.from = (int64_t)message->bookings->from;
        request->bookings.until = (int64_t)message->bookings->until;
        request->bookings.after = message->bookings->after;
        return true;
    case LABGATE__REQUEST__BODY_CANCEL:
        request->kind = REQUEST_CANCEL;
        request->cancel.booking = message->cancel->booking;
        return true;
    default:
        return false;
    }
}
