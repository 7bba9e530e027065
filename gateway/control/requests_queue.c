/* The queue: who waits for what, and what is offered to them. */
#include "gateway/control/requests.h"
#include "gateway/control/respond.h"
#include "gateway/control/sessions.h"
#include "gateway/control/standings.h"
#include "gateway/control/timetable_make.h"
#include "gateway/identity/crypto.h"

#include <stdlib.h>

#define QUEUE_ANSWERED 500

static struct answer_ticket describe(const struct control *control, const struct timetable_ticket *ticket,
                                     uint64_t account, bool staff)
{
    const struct config_timetable *names = &control->lab->timetable;
    const struct account *who = accounts_get(control->accounts, ticket->account);
    bool mine = account && ticket->account == account;
    struct answer_ticket answer = {
        .id = ticket->id,
        .rig = ticket->rig == BOOKING_ANY_RIG ? "" : control->rigs[ticket->rig].config->spec.name,
        .capability = ticket->rig != BOOKING_ANY_RIG || ticket->capability == BOOKING_NO_CAPABILITY
                          ? ""
                          : names->capabilities[ticket->capability - 1],
        .group = ticket->group == BOOKING_NO_GROUP ? "" : names->groups[ticket->group - 1].name,
        .who = who && (mine || staff) ? who->name : "",
        .offered = "",
        .length = ticket->length,
        .asked = ticket->asked,
        .until = ticket->until,
        .estimate = ticket->estimate == INT64_MAX ? 0 : ticket->estimate,
        .mine = mine,
    };
    if (ticket->offered) {
        answer.offered = control->rigs[ticket->offered->rig].config->spec.name;
        answer.offer_starts = ticket->offered->starts;
        answer.offer_ends = ticket->offered->ends;
        answer.take_until = ticket->offer_ends;
    }
    return answer;
}

void requests_answer_queue(struct control *control, const struct origin *origin, uint64_t account, bool staff,
                           uint64_t ticket)
{
    struct timetable_ticket *tickets = calloc(QUEUE_ANSWERED, sizeof(*tickets));
    struct answer_ticket *answers = calloc(QUEUE_ANSWERED, sizeof(*answers));
    if (!tickets || !answers) {
        respond_refuse(control, origin, "busy", "reading the queue: no memory; try again");
    } else {
        size_t found = timetable_queue(control->timetable, control->wall, tickets, QUEUE_ANSWERED);
        size_t count = 0;
        for (size_t i = 0; i < found && i < QUEUE_ANSWERED; i++) {
            if (ticket && tickets[i].id != ticket)
                continue;
            answers[count] = describe(control, &tickets[i], account, staff);
            answers[count++].place = (uint32_t)i + 1;
        }
        struct answer_head head;
        struct answer_buffer buffer = respond_begin(control, &head);
        translate_queue(&buffer, &head, answers, count);
        respond_send(control, origin, &buffer);
    }
    free(tickets);
    free(answers);
}

void requests_queue(struct control *control, const struct caller *caller, const struct request *request)
{
    (void)request;
    requests_answer_queue(control, &caller->origin, caller->identity.account, requests_is_staff(caller), 0);
}

/* Whoever asks about the queue with an account is there: an offer can reach them. */
static bool is_somebody(struct control *control, const struct caller *caller)
{
    if (!caller->is_operator)
        return true;
    respond_refuse(control, &caller->origin, "not-allowed",
                   "the queue: a place is somebody's; log in with an account");
    return false;
}

void requests_enqueue(struct control *control, const struct caller *caller, const struct request *request)
{
    uint16_t rig, capability, group;
    uint64_t account = caller->identity.account;
    if (!is_somebody(control, caller) ||
        !requests_thing(control, caller, request->rig, request->enqueue.capability, &rig, &capability) ||
        !requests_group(control, caller, account, request->enqueue.group, &group))
        return;
    uint64_t id = requests_wait(control, caller, request);
    if (!id)
        return;
    struct standings_fitness fit = standings_fit(control, account, group);
    struct booking_event event = {
        .kind = BOOKING_EVENT_ENQUEUE,
        .request = id,
        .enqueue = {.account = account,
                    .group = group,
                    .rig = rig,
                    .capability = capability,
                    .length = request->enqueue.length,
                    .until = request->enqueue.until,
                    .qualified = fit.qualified,
                    .rehearsed = fit.rehearsed},
    };
    sessions_handle(control, &event);
}

static void answer_offer(struct control *control, const struct caller *caller, const struct request *request,
                         enum booking_event_kind kind)
{
    uint64_t id = is_somebody(control, caller) ? requests_wait(control, caller, request) : 0;
    if (!id)
        return;
    char code[CRYPTO_CODE_MAX];
    crypto_make_code(code);
    struct booking_event event = {
        .kind = kind,
        .request = id,
        .offer = {.ticket = request->ticket.ticket, .account = caller->identity.account, .code = code},
    };
    sessions_handle(control, &event);
}

void requests_leave_queue(struct control *control, const struct caller *caller, const struct request *request)
{
    answer_offer(control, caller, request, BOOKING_EVENT_LEAVE);
}

void requests_take_offer(struct control *control, const struct caller *caller, const struct request *request)
{
    answer_offer(control, caller, request, BOOKING_EVENT_TAKE_OFFER);
}
