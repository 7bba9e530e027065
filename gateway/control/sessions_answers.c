/* What people are told of what they asked the timetable for. */
#include "gateway/control/sessions.h"

#include "gateway/control/booking_words.h"
#include "gateway/control/no_room.h"
#include "gateway/control/notes.h"
#include "gateway/control/presence.h"
#include "gateway/control/requests.h"
#include "gateway/control/respond.h"

#include <stdio.h>

/* What the audit and people call a request about bookings. */
struct deed {
    const char *kind, *attempt;
};

static struct deed deed_of(enum request_kind kind)
{
    switch (kind) {
    case REQUEST_CANCEL:
        return (struct deed){"cancel", "cancelling the booking"};
    case REQUEST_CHANGE_BOOKING:
        return (struct deed){"change-booking", "changing the booking"};
    case REQUEST_ENQUEUE:
        return (struct deed){"queue", "waiting in the queue"};
    case REQUEST_LEAVE_QUEUE:
        return (struct deed){"queue", "leaving the queue"};
    case REQUEST_TAKE_OFFER:
        return (struct deed){"book", "taking the offer"};
    default:
        return (struct deed){"book", "booking"};
    }
}

static void refuse(struct control *control, const struct pending *pending,
                   const struct booking_action *action)
{
    struct answer_head head;
    struct answer_buffer buffer = respond_begin(control, &head);
    struct deed deed = deed_of(pending->kind);
    const char *option = action->option < POLICY_OPTION_COUNT ? policy_option_name(action->option) : "";
    bool twin = booking_words_twin(control, action) != NULL;
    char message[400];
    respond_deny(&head, twin ? "bad-value" : booking_result_name(action->result), message);
    const struct booking_wish *wish = control->asked.wishes ? &control->asked.wishes[action->at] : NULL;
    booking_words(control, pending, deed.attempt, action, message, sizeof message);
    notes_event(control, deed.kind, pending->account,
                pending->rig == UINT16_MAX ? NULL : &control->rigs[pending->rig], head.reason, option);
    struct booking_wish found[TIMETABLE_ALTERNATIVES_MAX] = {0};
    struct answer_alternative list[TIMETABLE_ALTERNATIVES_MAX];
    size_t count = 0;
    if (wish && !twin && pending->kind == REQUEST_BOOK)
        no_room_refused(control, action, wish, pending->account, control->asked.planned);
    if (wish && !twin && booking_result_depends_on_time(action->result))
        count = timetable_alternatives(control->timetable, wish,
                                       &(struct timetable_seeker){.account = pending->account,
                                                                  .group = wish->group,
                                                                  .planned = control->asked.planned,
                                                                  .moves = control->asked.moves,
                                                                  .beside = control->asked.wishes,
                                                                  .beside_count = control->asked.count},
                                       control->wall, found);
    for (size_t i = 0; i < count; i++)
        list[i] = (struct answer_alternative){.rig = control->rigs[found[i].rig].config->spec.name,
                                              .starts = found[i].starts,
                                              .ends = found[i].ends};
    if (pending->kind == REQUEST_BOOK || count)
        translate_alternatives(&buffer, &head, list, count, action->at, option);
    else
        translate_plain(&buffer, &head);
    respond_send(control, &pending->origin, &buffer);
}

static void accept_ticket(struct control *control, const struct pending *pending,
                          const struct booking_action *action)
{
    char text[80];
    snprintf(text, sizeof text, "%s ticket %llu", pending->kind == REQUEST_ENQUEUE ? "waits with" : "left",
             (unsigned long long)action->ticket);
    notes_event(control, "queue", pending->account, NULL, "", text);
    if (pending->kind != REQUEST_ENQUEUE) {
        respond_done(control, &pending->origin);
        return;
    }
    presence_waits(control, pending->account);
    requests_answer_queue(control, &pending->origin, pending->account, false, action->ticket);
}

/* Of a bundle all, as far as one message has room. */
static void accept(struct control *control, const struct pending *pending,
                   const struct booking_action *action, const struct answer_fallen *fallen,
                   size_t fallen_count)
{
    const struct booking *list[BOOKINGS_ANSWERED] = {&action->booking};
    struct answer_booking answers[BOOKINGS_ANSWERED];
    const struct booking *stored = timetable_find(control->timetable, action->booking.id);
    size_t count = 1;
    if (stored && pending->kind == REQUEST_BOOK)
        count = timetable_bundle(control->timetable, stored, list, BOOKINGS_ANSWERED);
    size_t answered = count < BOOKINGS_ANSWERED ? count : BOOKINGS_ANSWERED;
    for (size_t i = 0; i < answered; i++)
        sessions_answer(control, list[i], pending->account, false, &answers[i]);
    char text[160];
    snprintf(text, sizeof text, "booking %llu, %lld to %lld%s", (unsigned long long)action->booking.id,
             (long long)action->booking.starts, (long long)action->booking.ends,
             count > 1 ? ", and what was asked for with it" : "");
    notes_event(control, deed_of(pending->kind).kind, pending->account, &control->rigs[action->booking.rig],
                "", text);
    struct answer_head head;
    struct answer_buffer buffer = respond_begin(control, &head);
    translate_booked(&buffer, &head, answers, answered, count > answered, fallen, fallen_count);
    respond_send(control, &pending->origin, &buffer);
}

void sessions_booked(struct control *control, const struct pending *pending,
                     const struct booking_action *action, const struct answer_fallen *fallen,
                     size_t fallen_count)
{
    if (action->result == BOOKING_OK)
        accept(control, pending, action, fallen, fallen_count);
    else
        refuse(control, pending, action);
}

void sessions_answer_request(struct control *control, const struct booking_action *action)
{
    struct pending *pending = pending_find(control->pending, action->request);
    if (!pending)
        return;
    if (pending->kind == REQUEST_BOOK)
        requests_booked(control, pending, action);
    else if (pending->kind == REQUEST_PLAN_COURSE)
        requests_course_answered(control, pending, action);
    else if (pending->kind == REQUEST_MAINTAIN)
        requests_maintain_answered(control, pending, action);
    else if (action->result != BOOKING_OK)
        refuse(control, pending, action);
    else if (pending->kind == REQUEST_ENQUEUE || pending->kind == REQUEST_LEAVE_QUEUE)
        accept_ticket(control, pending, action);
    else
        accept(control, pending, action, NULL, 0);
    pending_remove(control->pending, action->request);
}

void sessions_answer(struct control *control, const struct booking *booking, uint64_t account, bool staff,
                     struct answer_booking *answer)
{
    static const char *const whys[] = {
        [BOOKING_WHY_NO_SHOW] = "no-show",
        [BOOKING_WHY_QUARANTINE] = "quarantine",
        [BOOKING_WHY_MAINTENANCE] = "maintenance",
        [BOOKING_WHY_EXPIRED] = "expired",
        [BOOKING_WHY_DOWN] = "down",
        [BOOKING_WHY_STAFF] = "staff",
        [BOOKING_WHY_DECLINED] = "declined",
        [BOOKING_WHY_CHANGED] = "rig-changed",
    };
    const struct config_timetable *timetable = &control->lab->timetable;
    bool mine = booking->account == account;
    bool shows = staff || sessions_takes_part(booking, account);
    const struct account *holder = accounts_get(control->accounts, booking->account);
    *answer = (struct answer_booking){
        .id = booking->id,
        .rig = control->rigs[booking->rig].config->spec.name,
        .holder = !holder || !shows  ? ""
                  : holder->title[0] ? holder->title
                                     : holder->name,
        .join_code = shows ? booking->code : "",
        .starts = booking->starts,
        .ends = booking->ends,
        .state = (int)booking->state,
        .mine = mine,
        .takes_part = !mine && sessions_takes_part(booking, account),
        .session = booking->session,
        .used = booking->used,
        .kind = 1 + (int)booking->kind,
        .party = booking->party_count,
        .bundle = booking->bundle,
        .group = booking->group == BOOKING_NO_GROUP ? "" : timetable->groups[booking->group - 1].name,
        .capability = booking->capability == BOOKING_NO_CAPABILITY
                          ? ""
                          : timetable->capabilities[booking->capability - 1],
        .why = (size_t)booking->why < sizeof whys / sizeof *whys ? whys[booking->why] : "",
    };
}
