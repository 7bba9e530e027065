/* Bookings. Whether a time is free is the timetable's to say (gateway/booking/), and yes is the ledger's. */
#include "gateway/control/requests.h"

#include "gateway/control/respond.h"
#include "gateway/control/rigs.h"
#include "gateway/control/sessions.h"
#include "gateway/identity/crypto.h"

#include <stdlib.h>
#include <string.h>

#define LIST_MAX 500

void requests_book(struct control *control, const struct caller *caller, const struct request *request)
{
    if (caller->is_operator) {
        respond_refuse(control, &caller->origin, "not-allowed",
                       "booking: a booking is somebody's; log in with an account");
        return;
    }
    size_t key = strlen(request->book.key);
    if (key && (key < 16 || key >= BOOKING_KEY_MAX)) {
        respond_refuse(control, &caller->origin, "bad-key", "booking: the key must have 16 to %d characters",
                       BOOKING_KEY_MAX - 1);
        return;
    }
    uint64_t id = requests_wait(control, caller, request);
    if (!id)
        return;
    char code[CRYPTO_CODE_MAX];
    crypto_make_code(code);
    struct booking_wish wish = {
        .rig = caller->rig->index,
        .starts = request->book.starts ? request->book.starts : control->wall,
        .ends = request->book.ends,
        .code = code,
    };
    struct booking_event event = {
        .kind = BOOKING_EVENT_BOOK,
        .request = id,
        .book = {.account = caller->identity.account, .wishes = &wish, .count = 1, .key = request->book.key},
    };
    sessions_handle(control, &event);
}

void requests_bookings(struct control *control, const struct caller *caller, const struct request *request)
{
    const struct booking *list[LIST_MAX];
    struct answer_booking *answers = calloc(LIST_MAX, sizeof *answers);
    if (!answers) {
        respond_refuse(control, &caller->origin, "busy", "listing bookings: no memory; try again");
        return;
    }
    if (request->rig[0] && !caller->rig) {
        respond_refuse(control, &caller->origin, "unknown-rig",
                       "listing bookings: there is no rig called '%s'", request->rig);
        free(answers);
        return;
    }
    bool staff = requests_is_staff(caller);
    int64_t until = request->bookings.until ? request->bookings.until : INT64_MAX;
    uint64_t after = 0;
    size_t count = 0, found;
    do {
        found = timetable_list(control->timetable, caller->rig ? caller->rig->index : TIMETABLE_ANY_RIG,
                               request->bookings.from, until, after, list, LIST_MAX);
        for (size_t i = 0; i < found && count < LIST_MAX; i++) {
            after = list[i]->id;
            if (request->bookings.everyone || list[i]->account == caller->identity.account)
                sessions_answer(control, list[i], caller->identity.account, staff, &answers[count++]);
        }
    } while (found == LIST_MAX && count < LIST_MAX);
    struct answer_head head;
    struct answer_buffer buffer = respond_begin(control, &head);
    translate_bookings(&buffer, &head, answers, count);
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
        .kind = BOOKING_EVENT_CANCEL, .request = id, .cancel = {.booking = request->cancel.booking}};
    sessions_handle(control, &event);
}
