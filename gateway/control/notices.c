#include "gateway/control/notices.h"

#include "gateway/control/attend.h"
#include "gateway/control/mail.h"
#include "gateway/control/requests.h"
#include "gateway/control/respond.h"

#include <stdlib.h>
#include <string.h>

#define NOTICES_ANSWERED 100
#define NOTICES_WAIT     (5 * INT64_C(1000000000)) /* a request without news is answered then, like a Watch */

void notices_load(struct control *control, struct ledger_contents *contents)
{
    control->notices.list = contents->notices;
    control->notices.count = control->notices.room = contents->notice_count;
    contents->notices = NULL;
    contents->notice_count = 0;
}

static bool has_news(const struct notices *notices, uint64_t account, uint64_t after)
{
    for (size_t i = notices->count; i-- > 0;) /* the newest stand last */
        if (notices->list[i].account == account && notices->list[i].id > after)
            return true;
    return false;
}

bool notices_any(const struct control *control, uint64_t account)
{
    return has_news(&control->notices, account, 0);
}

/* Who decides has to know whose wish it is. */
static const char *asker(const struct control *control, const struct booking *booking)
{
    const struct account *holder = accounts_get(control->accounts, booking->account);
    return holder == NULL ? NULL : holder->title[0] ? holder->title : holder->name;
}

static struct answer_notice row_of(const struct control *control, const struct ledger_notice *notice)
{
    struct answer_notice row = {
        .number = notice->id,
        .booking = notice->booking,
        .wall = notice->wall,
        .kind = booking_note_name((enum booking_note)notice->kind),
        .text = notice->text,
        .more = notice->more,
        .reason = notice->reason,
        .rig = "",
    };
    const struct booking *booking =
        notice->booking ? timetable_find(control->timetable, notice->booking) : NULL;
    if (booking) {
        row.rig = control->rigs[booking->rig].config->spec.name;
        row.starts = booking->starts;
        row.ends = booking->ends;
        row.state = (int)booking->state;
        if (notice->kind == BOOKING_NOTE_TO_APPROVE)
            row.who = asker(control, booking);
    }
    return row;
}

static void answer(struct control *control, const struct origin *origin, uint64_t account, uint64_t after)
{
    struct answer_notice list[NOTICES_ANSWERED];
    size_t count = 0;
    for (size_t i = 0; i < control->notices.count && count < NOTICES_ANSWERED; i++) {
        const struct ledger_notice *notice = &control->notices.list[i];
        if (notice->account == account && notice->id > after)
            list[count++] = row_of(control, notice);
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
    int64_t due = notices_send(control);
    while (notices->waiting_count && notices->waiting[0].until <= control->now)
        answer_waiting(control, 0);
    return notices->waiting_count && notices->waiting[0].until < due ? notices->waiting[0].until : due;
}

/* It is there: who waits hears of it, and mail goes out. */
static void take(struct control *control, const struct ledger_notice *notice)
{
    struct notices *notices = &control->notices;
    mail_notice(control, notice);
    if (notices->count == notices->room) {
        size_t room = notices->room ? 2 * notices->room : 64;
        struct ledger_notice *list = realloc(notices->list, room * sizeof(*list));
        if (list) {
            notices->list = list;
            notices->room = room;
        }
    }
    if (notices->count < notices->room) /* or it is shown after a restart; who waits asks again */
        notices->list[notices->count++] = *notice;
    for (size_t i = 0; i < notices->waiting_count;)
        if (notices->waiting[i].account == notice->account)
            answer_waiting(control, i);
        else
            i++;
}

void notices_stored_with(struct control *control, const struct ledger_event *event)
{
    for (size_t i = 0; event->result == LEDGER_OK && i < event->notice_count; i++) {
        attend(control);
        take(control, &event->notices[i]);
    }
}

void notices_stored(struct control *control, const struct ledger_event *event)
{
    notices_sent(control, event);
    if (event->result == LEDGER_OK)
        take(control, &event->notice);
}

void notices_forgotten(struct control *control, const struct ledger_event *event)
{
    if (event->result != LEDGER_OK && event->result != LEDGER_NOT_FOUND)
        journal_write(control->journal, JOURNAL_ERROR,
                      "notices that were seen are shown again after the next start: that was not stored: %s",
                      event->why);
}

/* Those that were seen, of one person: one job, however many they are. They stay where the ledger has no room
 * for it. What is on its way to the ledger nobody has seen, whatever number was said. */
static void forget(struct control *control, uint64_t account, uint64_t last)
{
    struct notices *notices = &control->notices;
    struct ledger_seen seen = {.account = account};
    size_t kept = 0;
    for (size_t i = 0; i < notices->count; i++) {
        const struct ledger_notice *notice = &notices->list[i];
        if (notice->account != account || notice->id > last)
            continue;
        seen.first = seen.first && seen.first < notice->id ? seen.first : notice->id;
        seen.last = seen.last > notice->id ? seen.last : notice->id;
    }
    if (!seen.first || ledger_drop_notices(control->ledger, LEDGER_FOR_SEEN, &seen) != LEDGER_OK)
        return;
    for (size_t i = 0; i < notices->count; i++)
        if (notices->list[i].account != account || notices->list[i].id > last)
            notices->list[kept++] = notices->list[i];
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
