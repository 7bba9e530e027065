#include "gateway/control/notices.h"

#include "gateway/control/notes.h"
#include "gateway/control/requests.h"
#include "gateway/control/respond.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOTICES_ANSWERED 100

void notices_load(struct control *control, struct ledger_contents *contents)
{
    control->notices.list = contents->notices;
    control->notices.count = control->notices.room = contents->notice_count;
    contents->notices = NULL;
    contents->notice_count = 0;
}

static void tell(struct control *control, const struct booking_action *action, uint64_t account)
{
    const struct booking *booking = &action->booking;
    struct ledger_notice notice = {
        .account = account,
        .booking = booking->id,
        .wall = control->wall,
        .kind = (int)action->note,
    };
    snprintf(notice.text, sizeof(notice.text), "%s: %s", control->rigs[booking->rig].config->spec.name,
             booking_note_text(action->note));
    if (ledger_put_notice(control->ledger, LEDGER_FOR_NOTICE, &notice) != LEDGER_OK)
        journal_write(control->journal, JOURNAL_ERROR, "a notice about booking %" PRIu64 " is lost: %s",
                      booking->id, "too much is waiting to be stored");
}

void notices_tell(struct control *control, const struct booking_action *action)
{
    const struct booking *booking = &action->booking;
    notes_event(control, "notice", booking->account, &control->rigs[booking->rig], "",
                booking_note_name(action->note));
    tell(control, action, booking->account);
    for (size_t i = 0; i < booking->party_count; i++)
        tell(control, action, booking->party[i]);
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
    if (notices->count == notices->room) {
        size_t room = notices->room ? 2 * notices->room : 64;
        struct ledger_notice *list = realloc(notices->list, room * sizeof(*list));
        if (!list) /* it is shown after a restart */
            return;
        notices->list = list;
        notices->room = room;
    }
    notices->list[notices->count++] = event->notice;
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

void requests_notices(struct control *control, const struct caller *caller, const struct request *request)
{
    uint64_t account = caller->identity.account;
    if (!account) {
        respond_refuse(control, &caller->origin, "not-allowed",
                       "reading notices: they are somebody's; log in with an account");
        return;
    }
    if (request->notices.seen)
        forget(control, account, request->notices.seen);
    struct answer_notice list[NOTICES_ANSWERED];
    size_t count = 0;
    for (size_t i = 0; i < control->notices.count && count < NOTICES_ANSWERED; i++) {
        const struct ledger_notice *notice = &control->notices.list[i];
        if (notice->account == account)
            list[count++] = (struct answer_notice){.number = notice->id,
                                                   .booking = notice->booking,
                                                   .wall = notice->wall,
                                                   .kind = booking_note_name((enum booking_note)notice->kind),
                                                   .text = notice->text};
    }
    struct answer_head head;
    struct answer_buffer buffer = respond_begin(control, &head);
    translate_notices(&buffer, &head, list, count);
    respond_send(control, &caller->origin, &buffer);
}
