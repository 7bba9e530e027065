#include "gateway/control/notices.h"

#include "gateway/control/mail.h"
#include "gateway/control/notes.h"
#include "gateway/control/requests.h"
#include "gateway/control/respond.h"
#include "gateway/control/standings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOTICES_ANSWERED 100
#define APPROVERS_MOST   20
#define NOTICES_WAIT     (5 * INT64_C(1000000000)) /* a request without news is answered then, like a Watch */

void notices_load(struct control *control, struct ledger_contents *contents)
{
    control->notices.list = contents->notices;
    control->notices.count = control->notices.room = contents->notice_count;
    contents->notices = NULL;
    contents->notice_count = 0;
}

/* Whoever waits for a capability has no rig yet. */
static const char *what_of(const struct control *control, const struct booking *booking)
{
    if (booking->rig != BOOKING_ANY_RIG)
        return control->rigs[booking->rig].config->spec.name;
    return booking->capability != BOOKING_NO_CAPABILITY
               ? control->lab->timetable.capabilities[booking->capability - 1]
               : "?";
}

/* NULL: it is not maintenance that did this. */
static const char *reason_of(const struct control *control, const struct booking_action *action)
{
    const struct maintenance_told *told = &control->maintenance;
    bool may_be = action->note == BOOKING_NOTE_MOVED || action->note == BOOKING_NOTE_CANCELLED;
    for (size_t i = 0; may_be && i < told->count; i++)
        if (told->bookings[i] == action->booking.id)
            return told->reason;
    return NULL;
}

static void tell(struct control *control, const struct booking_action *action, uint64_t account)
{
    const char *reason = reason_of(control, action);
    const struct booking *booking = &action->booking;
    struct ledger_notice notice = {
        .account = account,
        .booking = booking->id,
        .wall = control->wall,
        .kind = (int)action->note,
    };
    snprintf(notice.text, sizeof(notice.text), "%s: %s%s%s%s", what_of(control, booking),
             booking_note_text(action->note), reason ? " (maintenance: " : "", reason ? reason : "",
             reason ? ")" : "");
    if (ledger_put_notice(control->ledger, LEDGER_FOR_NOTICE, &notice) != LEDGER_OK)
        journal_write(control->journal, JOURNAL_ERROR, "a notice about booking %" PRIu64 " is lost: %s",
                      booking->id, "too much is waiting to be stored");
}

void notices_tell(struct control *control, const struct booking_action *action)
{
    const struct booking *booking = &action->booking;
    notes_event(control, "notice", booking->account,
                booking->rig != BOOKING_ANY_RIG ? &control->rigs[booking->rig] : NULL, "",
                booking_note_name(action->note));
    tell(control, action, booking->account);
    for (size_t i = 0; i < booking->party_count; i++)
        tell(control, action, booking->party[i]);
}

/* Its teachers where it has any, otherwise whoever has the role. */
void notices_ask_approval(struct control *control, const struct booking *booking)
{
    const struct booking_policy *policy = timetable_policy(control->timetable, booking);
    struct booking_action action = {.note = BOOKING_NOTE_TO_APPROVE, .booking = *booking};
    if (!policy || policy->approval == POLICY_APPROVAL_NONE)
        return;
    enum rig_role role = policy->approval == POLICY_APPROVAL_TEACHER ? RIG_TEACHER : RIG_SCHEDULER;
    const char *group =
        booking->group == BOOKING_NO_GROUP ? "" : control->lab->timetable.groups[booking->group - 1].name;
    size_t told = 0, count = accounts_count(control->accounts);
    for (int members = group[0] != 0; members >= 0 && !told; members--)
        for (size_t i = 0; i < count && told < APPROVERS_MOST; i++) {
            const struct account *account = accounts_at(control->accounts, i);
            bool asked = account->role == role && !account->disabled &&
                         (!members || standings_has(control, account->id, STANDING_MEMBER, group));
            if (asked)
                tell(control, &action, account->id);
            told += asked;
        }
}

static bool has_news(const struct notices *notices, uint64_t account, uint64_t after)
{
    for (size_t i = notices->count; i-- > 0;) /* the newest stand last */
        if (notices->list[i].account == account && notices->list[i].id > after)
            return true;
    return false;
}

static void answer(struct control *control, const struct origin *origin, uint64_t account, uint64_t after)
{
    struct answer_notice list[NOTICES_ANSWERED];
    size_t count = 0;
    for (size_t i = 0; i < control->notices.count && count < NOTICES_ANSWERED; i++) {
        const struct ledger_notice *notice = &control->notices.list[i];
        if (notice->account == account && notice->id > after)
            list[count++] = (struct answer_notice){.number = notice->id,
                                                   .booking = notice->booking,
                                                   .wall = notice->wall,
                                                   .kind = booking_note_name((enum booking_note)notice->kind),
                                                   .text = notice->text};
    }
    struct answer_head head;
    struct answer_buffer buffer = respond_begin(control, &head);
    translate_notices(&buffer, &head, list, count);
    respond_send(control, origin, &buffer);
}

static void answer_waiting(struct control *control, size_t at)
{
    struct notices *notices = &control->notices;
    const struct notices_waiting *waiting = &notices->waiting[at];
    const struct pending *pending = pending_find(control->pending, waiting->request);
    if (pending) {
        answer(control, &pending->origin, waiting->account, waiting->after);
        pending_remove(control->pending, waiting->request);
    }
    memmove(notices->waiting + at, notices->waiting + at + 1,
            (--notices->waiting_count - at) * sizeof *notices->waiting);
}

int64_t notices_tick(struct control *control)
{
    struct notices *notices = &control->notices;
    while (notices->waiting_count && notices->waiting[0].until <= control->now)
        answer_waiting(control, 0);
    return notices->waiting_count ? notices->waiting[0].until : INT64_MAX;
}

void notices_stored(struct control *control, const struct ledger_event *event)
{
    struct notices *notices = &control->notices;
    if (event->result != LEDGER_OK) {
        journal_write(control->journal, JOURNAL_ERROR, "a notice was not stored: %s", event->why);
        return;
    }
    if (!event->notice.id)
        return;
    mail_notice(control, &event->notice);
    if (notices->count == notices->room) {
        size_t room = notices->room ? 2 * notices->room : 64;
        struct ledger_notice *list = realloc(notices->list, room * sizeof(*list));
        if (!list) /* it is shown after a restart */
            return;
        notices->list = list;
        notices->room = room;
    }
    notices->list[notices->count++] = event->notice;
    for (size_t i = 0; i < notices->waiting_count;)
        if (notices->waiting[i].account == event->notice.account)
            answer_waiting(control, i);
        else
            i++;
}

/* Those that were seen, of one person. */
static void forget(struct control *control, uint64_t account, uint64_t seen)
{
    struct notices *notices = &control->notices;
    size_t kept = 0;
    for (size_t i = 0; i < notices->count; i++) {
        const struct ledger_notice *notice = &notices->list[i];
        bool gone = notice->account == account && notice->id <= seen &&
                    ledger_drop_notice(control->ledger, LEDGER_FOR_NOTICE, notice->id) == LEDGER_OK;
        if (!gone)
            notices->list[kept++] = *notice;
    }
    notices->count = kept;
}

/* Waits only where others' answers are not behind it, and while there is room to. */
void requests_notices(struct control *control, const struct caller *caller, const struct request *request)
{
    struct notices *notices = &control->notices;
    uint64_t account = caller->identity.account, after = request->notices.after;
    if (!account) {
        respond_refuse(control, &caller->origin, "not-allowed",
                       "reading notices: they are somebody's; log in with an account");
        return;
    }
    if (request->notices.seen)
        forget(control, account, request->notices.seen);
    bool waits = request->notices.wait && !caller->origin.local && !has_news(notices, account, after) &&
                 notices->waiting_count < NOTICES_WAITING;
    uint64_t id = waits ? requests_keep(control, caller, request) : 0;
    if (id)
        notices->waiting[notices->waiting_count++] = (struct notices_waiting){
            .request = id, .account = account, .after = after, .until = control->now + NOTICES_WAIT};
    else
        answer(control, &caller->origin, account, after);
}
