/* Bookings, and the clock they go by. Whether a time is free is the timetable's to say (gateway/booking/),
 * and yes is the ledger's. */
#include "gateway/control/requests.h"

#include "gateway/control/notes.h"
#include "gateway/control/notices.h"
#include "gateway/control/respond.h"
#include "gateway/control/rigs.h"
#include "gateway/control/sessions.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_MAX 500

void requests_bookings(struct control *control, const struct caller *caller, const struct request *request)
{
    const struct booking *list[LIST_MAX];
    struct answer_booking *answers = calloc(LIST_MAX, sizeof *answers);
    if (!answers) {
        respond_refuse(control, &caller->origin, "busy", "listing bookings: no memory; try again");
        return;
    }
    if (request->rig[0] && !caller->rig) {
        requests_no_rig(control, caller, "listing bookings: ", request->rig);
        free(answers);
        return;
    }
    bool staff = requests_is_staff(caller);
    int64_t until = request->bookings.until ? request->bookings.until : INT64_MAX;
    uint64_t after = request->bookings.after;
    size_t count = 0, found, seen;
    do {
        found = timetable_list(control->timetable, caller->rig ? caller->rig->index : TIMETABLE_ANY_RIG,
                               request->bookings.from, until, after, list, LIST_MAX);
        for (seen = 0; seen < found && count < LIST_MAX; seen++) {
            after = list[seen]->id;
            if (request->bookings.everyone || sessions_takes_part(list[seen], caller->identity.account))
                sessions_answer(control, list[seen], caller->identity.account, staff, &answers[count++]);
        }
    } while (found == LIST_MAX && count < LIST_MAX);
    struct answer_head head;
    struct answer_buffer buffer = respond_begin(control, &head);
    bool news = notices_any(control, caller->identity.account) ||
                timetable_waits(control->timetable, caller->identity.account);
    translate_bookings(&buffer, &head, answers, count, seen < found || found == LIST_MAX, news);
    respond_send(control, &caller->origin, &buffer);
    free(answers);
}

void requests_cancel(struct control *control, const struct caller *caller, const struct request *request)
{
    const struct booking *booking = timetable_find(control->timetable, request->cancel.booking);
    bool may = booking && (booking->account == caller->identity.account || caller->is_operator ||
                           caller->identity.role == RIG_TECHNICIAN || caller->identity.role == RIG_SCHEDULER);
    if (!may) {
        respond_refuse(control, &caller->origin, booking ? "not-allowed" : "unknown-booking",
                       booking ? "cancelling: the booking is somebody else's"
                               : "cancelling: there is no such booking");
        return;
    }
    uint64_t id = requests_wait(control, caller, request);
    if (!id)
        return;
    struct booking_event event = {
        .kind = BOOKING_EVENT_CANCEL,
        .request = id,
        .cancel = {.booking = request->cancel.booking,
                   .by_lab = booking->account != caller->identity.account},
    };
    sessions_handle(control, &event);
}

/* ---- the clock --------------------------------------------------------------------------------- */

static void answer_clock(struct control *control, const struct origin *origin)
{
    struct answer_head head;
    struct answer_buffer buffer = respond_begin(control, &head);
    translate_clock(&buffer, &head, timetable_clock_plausible(control->timetable, control->wall),
                    timetable_newest(control->timetable));
    respond_send(control, origin, &buffer);
}

void requests_clock(struct control *control, const struct caller *caller, const struct request *request)
{
    if (!requests_is_staff(caller) || (request->clock.vouch && !caller->origin.local)) {
        respond_refuse(
            control, &caller->origin, "not-allowed",
            request->clock.vouch
                ? "vouching for the clock: this is done on the gateway's own machine, with 'labctl "
                  "--socket'"
                : "looking at the clock: this is for staff");
        return;
    }
    if (!request->clock.vouch || timetable_clock_plausible(control->timetable, control->wall)) {
        answer_clock(control, &caller->origin);
        return;
    }
    uint64_t id = requests_wait(control, caller, request);
    if (!id || ledger_vouch_clock(control->ledger, id, control->wall) == LEDGER_OK)
        return;
    respond_refuse(control, &caller->origin, "busy",
                   "vouching for the clock: too much is waiting; try again");
    pending_remove(control->pending, id);
}

/* What was vouched for counts from when the ledger has it, so that a restart does not take it back. */
void requests_clock_stored(struct control *control, uint64_t id, const struct ledger_event *event)
{
    const struct pending *pending = pending_find(control->pending, id);
    if (event->result != LEDGER_OK) {
        respond_refuse(control, &pending->origin, "not-stored", "vouching for the clock: %s", event->why);
    } else {
        char text[80];
        snprintf(text, sizeof text, "%" PRId64 " instead of %" PRId64, control->wall,
                 timetable_newest(control->timetable));
        sessions_handle(control, &(struct booking_event){.kind = BOOKING_EVENT_CLOCK});
        notes_event(control, "clock-vouched", pending->account, NULL, "", text);
        answer_clock(control, &pending->origin);
    }
    pending_remove(control->pending, id);
}
