#include "gateway/control/translate.h"

#include "proto/lab.pb-c.h"

#include <stdlib.h>
#include <string.h>

struct arena {
    ProtobufCAllocator allocator;
    size_t used, size;
    bool exhausted;
    _Alignas(max_align_t) uint8_t bytes[];
};

static void *arena_take(void *context, size_t size)
{
    struct arena *arena = context;
    size_t start = (arena->used + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
    arena->exhausted |= start > arena->size || size > arena->size - start;
    if (arena->exhausted)
        return NULL;
    arena->used = start + size;
    return arena->bytes + start;
}

/* Everything goes at once, with the next request. */
static void arena_keep(void *context, void *pointer)
{
    (void)context;
    (void)pointer;
}

struct arena *arena_create(size_t size)
{
    struct arena *arena = calloc(1, sizeof *arena + size);
    if (!arena)
        return NULL;
    arena->size = size;
    arena->allocator = (ProtobufCAllocator){.alloc = arena_take, .free = arena_keep, .allocator_data = arena};
    return arena;
}

bool arena_was_exhausted(const struct arena *arena)
{
    return arena->exhausted;
}

void arena_destroy(struct arena *arena)
{
    free(arena);
}

static int role_of(Labgate__Role role)
{
    switch (role) {
    case LABGATE__ROLE__STUDENT:
        return RIG_STUDENT;
    case LABGATE__ROLE__TEACHER:
        return RIG_TEACHER;
    case LABGATE__ROLE__TECHNICIAN:
        return RIG_TECHNICIAN;
    case LABGATE__ROLE__SCHEDULER:
        return RIG_SCHEDULER;
    default:
        return -1;
    }
}

static void take_set(const Labgate__Set *set, struct request *request)
{
    request->epoch = set->epoch;
    request->sequence = set->sequence;
    request->set.point = set->point;
    if (!set->value)
        return;
    switch (set->value->kind_case) {
    case LABGATE__SCALAR__KIND_NUMBER:
        request->set.scalar = REQUEST_NUMBER;
        request->set.number = set->value->number;
        break;
    case LABGATE__SCALAR__KIND_BOOLEAN:
        request->set.scalar = REQUEST_BOOLEAN;
        request->set.number = set->value->boolean ? 1 : 0;
        break;
    case LABGATE__SCALAR__KIND_TEXT:
        request->set.scalar = REQUEST_TEXT;
        request->set.text = set->value->text;
        break;
    default:
        break;
    }
}

static void take_watch(const Labgate__Watch *watch, struct request *request)
{
    request->rig = watch->rig;
    request->watch.credit = watch->credit;
    request->watch.traces = watch->traces;
    if (watch->cursor) {
        request->watch.resumes = true;
        request->watch.boot = watch->cursor->boot;
        request->watch.frame = watch->cursor->frame;
    }
}

static struct request_account take_account(const Labgate__Account *account, const char *password)
{
    return (struct request_account){
        .name = account->name,
        .title = account->title,
        .email = account->email,
        .password = password,
        .role = role_of(account->role),
        .disabled = account->disabled,
    };
}

static bool take_accounts(struct arena *arena, const Labgate__AccountPut *put, struct request *request)
{
    size_t count = put->n_import ? put->n_import : put->account ? 1 : 0;
    struct request_account *list = arena_take(arena, count * sizeof *list);
    if (!list || !count)
        return false;
    if (!put->n_import)
        list[0] = take_account(put->account, put->password);
    for (size_t i = 0; i < put->n_import; i++)
        list[i] = take_account(put->import[i], i < put->n_passwords ? put->passwords[i] : "");
    request->account_put.list = list;
    request->account_put.count = count;
    request->account_put.only_new = put->only_new;
    return true;
}

static bool take_proof(struct arena *arena, const Labgate__ProofTest *message, struct request *request)
{
    struct request_result *list = arena_take(arena, (message->n_results + 1) * sizeof *list);
    if (!list)
        return false;
    for (size_t i = 0; i < message->n_results; i++)
        list[i] = (struct request_result){message->results[i]->kind, message->results[i]->rule,
                                          message->results[i]->note, message->results[i]->passed};
    request->rig = message->rig;
    request->proof.by = message->by;
    request->proof.fingerprint = message->fingerprint;
    request->proof.results = list;
    request->proof.count = message->n_results;
    request->proof.anew = message->anew;
    return true;
}

static bool take_identity(struct arena *arena, const Labgate__Request *message, struct request *request)
{
    switch (message->body_case) {
    case LABGATE__REQUEST__BODY_PROOF_TEST:
        request->kind = REQUEST_PROOF_TEST;
        return take_proof(arena, message->proof_test, request);
    case LABGATE__REQUEST__BODY_LOGIN:
        request->kind = REQUEST_LOGIN;
        request->login.name = message->login->name;
        request->login.password = message->login->password;
        request->login.join_code = message->login->join_code;
        return true;
    case LABGATE__REQUEST__BODY_LOGOUT:
        request->kind = REQUEST_LOGOUT;
        return true;
    case LABGATE__REQUEST__BODY_CHANGE_PASSWORD:
        request->kind = REQUEST_CHANGE_PASSWORD;
        request->change_password.old_password = message->change_password->old_password;
        request->change_password.new_password = message->change_password->new_password;
        return true;
    case LABGATE__REQUEST__BODY_ACCOUNT_PUT:
        request->kind = REQUEST_ACCOUNT_PUT;
        return take_accounts(arena, message->account_put, request);
    case LABGATE__REQUEST__BODY_ACCOUNTS:
        request->kind = REQUEST_ACCOUNTS;
        return true;
    case LABGATE__REQUEST__BODY_AUDIT_VERIFY:
        request->kind = REQUEST_AUDIT_VERIFY;
        request->audit_verify.head = message->audit_verify->head;
        return true;
    case LABGATE__REQUEST__BODY_CLOCK:
        request->kind = REQUEST_CLOCK;
        request->clock.vouch = message->clock->vouch;
        return true;
    case LABGATE__REQUEST__BODY_BACKUP:
        request->kind = REQUEST_BACKUP;
        return true;
    case LABGATE__REQUEST__BODY_READ_BACKUP:
        request->kind = REQUEST_READ_BACKUP;
        request->read_backup.offset = message->read_backup->offset;
        request->read_backup.length = message->read_backup->length;
        return true;
    case LABGATE__REQUEST__BODY_RELOAD:
        request->kind = REQUEST_RELOAD;
        request->reload.dry_run = message->reload->dry_run;
        request->reload.directory = message->reload->directory;
        return true;
    case LABGATE__REQUEST__BODY_ALERTS:
        request->kind = REQUEST_ALERTS;
        request->alerts.after = message->alerts->after;
        request->alerts.wait = message->alerts->wait;
        return true;
    default:
        return false;
    }
}

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
    struct request_slot *list = arena_take(arena, (count + 1) * sizeof *list);
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
    struct request_course *list = arena_take(arena, (plan->n_courses + 1) * sizeof *list);
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
    struct request_wish *list = arena_take(arena, count * sizeof *list);
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
    struct request_standing *list = arena_take(arena, (put->n_standings + 1) * sizeof *list);
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
static bool take_calendars(const Labgate__Request *message, struct request *request)
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
static bool take_shares(struct arena *arena, const Labgate__Request *message, struct request *request)
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

static bool take_timetable(const Labgate__Request *message, struct request *request)
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

static bool take_session(const Labgate__Request *message, struct request *request)
{
    switch (message->body_case) {
    case LABGATE__REQUEST__BODY_JOIN:
        request->kind = REQUEST_JOIN;
        request->rig = message->join->rig;
        request->join.resume = message->join->resume;
        return true;
    case LABGATE__REQUEST__BODY_LEAVE:
        request->kind = REQUEST_LEAVE;
        return true;
    case LABGATE__REQUEST__BODY_TAKE:
        request->kind = REQUEST_TAKE;
        request->take.force = message->take->force;
        request->take.to = message->take->to;
        return true;
    case LABGATE__REQUEST__BODY_RELEASE:
        request->kind = REQUEST_RELEASE;
        return true;
    case LABGATE__REQUEST__BODY_SET:
        request->kind = REQUEST_SET;
        take_set(message->set, request);
        return true;
    case LABGATE__REQUEST__BODY_GET:
        request->kind = REQUEST_GET;
        request->rig = message->get->rig;
        request->get.points = message->get->points;
        request->get.count = message->get->n_points;
        return true;
    case LABGATE__REQUEST__BODY_WATCH:
        request->kind = REQUEST_WATCH;
        take_watch(message->watch, request);
        return true;
    case LABGATE__REQUEST__BODY_STOP:
        request->kind = REQUEST_STOP;
        request->rig = message->stop->rig;
        return true;
    case LABGATE__REQUEST__BODY_RESET:
        request->kind = REQUEST_RESET;
        request->rig = message->reset->rig;
        return true;
    case LABGATE__REQUEST__BODY_PRESENCE:
        request->kind = REQUEST_PRESENCE;
        return true;
    case LABGATE__REQUEST__BODY_CLEAR:
        request->kind = REQUEST_CLEAR;
        request->rig = message->clear->rig;
        return true;
    case LABGATE__REQUEST__BODY_PROOF_PLAN:
        request->kind = REQUEST_PROOF_PLAN;
        request->rig = message->proof_plan->rig;
        return true;
    case LABGATE__REQUEST__BODY_HOLD_HEARTBEAT:
        request->kind = REQUEST_HOLD_HEARTBEAT;
        request->rig = message->hold_heartbeat->rig;
        request->hold_heartbeat.seconds = message->hold_heartbeat->seconds;
        return true;
    case LABGATE__REQUEST__BODY_BYPASS:
        request->kind = REQUEST_BYPASS;
        request->rig = message->bypass->rig;
        request->bypass.rule = message->bypass->rule;
        request->bypass.reason = message->bypass->reason;
        request->bypass.seconds = message->bypass->seconds;
        request->bypass.remove = message->bypass->remove;
        return true;
    case LABGATE__REQUEST__BODY_LOCKOUT:
        request->kind = REQUEST_LOCKOUT;
        request->rig = message->lockout->rig;
        request->lockout.reason = message->lockout->reason;
        request->lockout.whose = message->lockout->whose;
        request->lockout.remove = message->lockout->remove;
        return true;
    default:
        return false;
    }
}

static bool take_classroom(const Labgate__Request *message, struct request *request)
{
    switch (message->body_case) {
    case LABGATE__REQUEST__BODY_HAND:
        request->kind = REQUEST_HAND;
        request->hand.up = message->hand->up;
        request->hand.seat = message->hand->seat;
        return true;
    case LABGATE__REQUEST__BODY_FEED:
        request->kind = REQUEST_FEED;
        request->rig = message->feed->rig;
        request->feed.after = message->feed->after;
        return true;
    case LABGATE__REQUEST__BODY_PRACTICE:
        request->kind = REQUEST_PRACTICE;
        request->rig = message->practice->rig;
        request->practice.leave = message->practice->leave;
        return true;
    case LABGATE__REQUEST__BODY_PEOPLE:
        request->kind = REQUEST_PEOPLE;
        request->rig = message->people->rig;
        return true;
    default:
        return false;
    }
}

static bool take_records(const Labgate__Request *message, struct request *request)
{
    switch (message->body_case) {
    case LABGATE__REQUEST__BODY_CAPTURE:
        request->kind = REQUEST_CAPTURE;
        request->epoch = message->capture->epoch;
        request->sequence = message->capture->sequence;
        request->capture.waveform = message->capture->waveform;
        request->capture.deep = message->capture->deep;
        return true;
    case LABGATE__REQUEST__BODY_CAPTURE_STATE:
        request->kind = REQUEST_CAPTURE_STATE;
        request->capture_state.capture = message->capture_state->capture;
        return true;
    case LABGATE__REQUEST__BODY_CAPTURE_CANCEL:
        request->kind = REQUEST_CAPTURE_CANCEL;
        request->capture_state.capture = message->capture_cancel->capture;
        return true;
    case LABGATE__REQUEST__BODY_LOG:
        request->kind = REQUEST_LOG;
        request->rig = message->log->rig;
        request->session = message->log->session;
        request->log.after = message->log->after;
        request->log.most = message->log->most;
        request->log.person = message->log->person;
        request->log.kinds = (const char *const *)message->log->kinds;
        request->log.kind_count = message->log->n_kinds;
        request->log.from = (int64_t)message->log->from;
        request->log.until = (int64_t)message->log->until;
        request->log.refusals = message->log->refusals;
        request->log.newest_first = message->log->newest_first;
        request->log.before = message->log->before;
        return true;
    case LABGATE__REQUEST__BODY_CONFIGURATION:
        request->kind = REQUEST_CONFIGURATION;
        return true;
    case LABGATE__REQUEST__BODY_FILES:
        request->kind = REQUEST_FILES;
        request->session = message->files->session;
        return true;
    case LABGATE__REQUEST__BODY_READ_FILE:
        request->kind = REQUEST_READ_FILE;
        request->session = message->read_file->session;
        request->read_file.name = message->read_file->name;
        request->read_file.offset = message->read_file->offset;
        request->read_file.length = message->read_file->length;
        return true;
    case LABGATE__REQUEST__BODY_HEALTH:
        request->kind = REQUEST_HEALTH;
        request->rig = message->health->rig;
        return true;
    default:
        return false;
    }
}

bool translate_request(struct arena *arena, const uint8_t *bytes, size_t length, struct request *request)
{
    arena->used = 0;
    arena->exhausted = false;
    Labgate__Request *message = labgate__request__unpack(&arena->allocator, length, bytes);
    if (!message)
        return false;
    *request = (struct request){
        .kind = REQUEST_NONE,
        .version = message->version,
        .token = message->token,
        .seat = message->seat,
        .seen = message->seen,
        .elapsed = message->elapsed,
        .rig = "",
    };
    if (!take_session(message, request) && !take_records(message, request) &&
        !take_timetable(message, request) && !take_identity(arena, message, request) &&
        !take_shares(arena, message, request) && !take_calendars(message, request) &&
        !take_classroom(message, request))
        request->kind = REQUEST_NONE;
    return !arena->exhausted;
}
