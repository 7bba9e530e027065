/* What is asked for of the timetable: bookings, alone or many at once, and changes of them. */
#include "gateway/control/notes.h"
#include "gateway/control/requests.h"
#include "gateway/control/respond.h"
#include "gateway/control/sessions.h"
#include "gateway/control/standings.h"
#include "gateway/control/timetable_make.h"
#include "gateway/identity/crypto.h"

#include <stdlib.h>
#include <string.h>

/* Everything that a bundle needs for as long as the timetable copies it. */
struct order {
    struct booking_wish *wishes;
    char (*codes)[CRYPTO_CODE_MAX];
    uint64_t (*parties)[BOOKING_PARTY_MAX];
};

static void order_finish(struct order *order)
{
    free(order->wishes);
    free(order->codes);
    free(order->parties);
}

static bool order_begin(struct order *order, size_t count)
{
    order->wishes = calloc(count, sizeof(*order->wishes));
    order->codes = calloc(count, sizeof(*order->codes));
    order->parties = calloc(count, sizeof(*order->parties));
    return order->wishes && order->codes && order->parties;
}

/* False: refused already. */
static bool fill_people(struct control *control, const struct caller *caller, const struct request_wish *from,
                        struct booking_wish *wish, uint64_t party[BOOKING_PARTY_MAX])
{
    const char *unknown = NULL;
    if ((from->holder[0] || from->party_count) && !requests_is_staff(caller)) {
        respond_refuse(control, &caller->origin, "not-allowed", "booking for others: this is for staff");
        return false;
    }
    if (from->holder[0]) {
        const struct account *holder = accounts_find(control->accounts, from->holder);
        wish->account = holder ? holder->id : 0;
        unknown = holder ? NULL : from->holder;
    }
    if (from->party_count > BOOKING_PARTY_MAX) {
        respond_refuse(control, &caller->origin, "bad-value", "booking: at most %d people beside the holder",
                       BOOKING_PARTY_MAX);
        return false;
    }
    for (size_t i = 0; i < from->party_count && !unknown; i++) {
        const struct account *member = accounts_find(control->accounts, from->party[i]);
        party[i] = member ? member->id : 0;
        unknown = member ? NULL : from->party[i];
    }
    wish->party = party;
    wish->party_count = (uint16_t)from->party_count;
    if (unknown)
        respond_refuse(control, &caller->origin, "unknown-account",
                       "booking: there is no account called '%s'", unknown);
    return !unknown;
}

bool requests_thing(struct control *control, const struct caller *caller, const char *rig,
                    const char *capability, uint16_t *rig_number, uint16_t *capability_number)
{
    *rig_number = rig[0] ? find_rig(control, rig) : BOOKING_ANY_RIG;
    *capability_number = capability[0] ? find_capability(control, capability) : BOOKING_NO_CAPABILITY;
    if (rig[0] ? *rig_number != BOOKING_ANY_RIG : *capability_number != BOOKING_NO_CAPABILITY)
        return true;
    if (rig[0] || !capability[0])
        respond_refuse(control, &caller->origin, "unknown-rig",
                       "there is no rig called '%s': see 'labctl rigs'", rig);
    else
        respond_refuse(control, &caller->origin, "unknown-capability",
                       "no rig has the capability '%s': see 'labctl rigs'", capability);
    return false;
}

bool requests_group(struct control *control, const struct caller *caller, uint64_t account, const char *name,
                    uint16_t *group)
{
    *group = name[0] ? find_group(control, name) : standings_group(control, account);
    bool may =
        !name[0] || requests_is_staff(caller) || standings_has(control, account, STANDING_MEMBER, name);
    if (name[0] && *group == BOOKING_NO_GROUP)
        respond_refuse(control, &caller->origin, "unknown-group", "there is no group called '%s'", name);
    else if (!may)
        respond_refuse(control, &caller->origin, "not-a-member",
                       "you are not a member of the group '%s': a scheduler adds you to it", name);
    else
        return true;
    return false;
}

static bool fill(struct control *control, const struct caller *caller, const struct request *request,
                 struct order *order)
{
    for (size_t i = 0; i < request->book.count; i++) {
        const struct request_wish *from = &request->book.wishes[i];
        struct booking_wish *wish = &order->wishes[i];
        crypto_make_code(order->codes[i]);
        wish->code = order->codes[i];
        wish->starts = from->starts ? from->starts : control->wall;
        wish->ends = from->ends;
        if (!requests_thing(control, caller, from->rig, from->capability, &wish->rig, &wish->capability) ||
            !fill_people(control, caller, from, wish, order->parties[i]))
            return false;
    }
    return true;
}

/* False: refused already. */
static bool may_ask(struct control *control, const struct caller *caller, const struct request *request)
{
    size_t key = strlen(request->book.key);
    if (caller->is_operator)
        respond_refuse(control, &caller->origin, "not-allowed",
                       "booking: a booking is somebody's; log in with an account");
    else if (key && (key < 16 || key >= BOOKING_KEY_MAX))
        respond_refuse(control, &caller->origin, "bad-key", "booking: the key must have 16 to %d characters",
                       BOOKING_KEY_MAX - 1);
    else if (request->book.count > BOOKING_BUNDLE_MAX)
        respond_refuse(control, &caller->origin, "too-many-at-once", "booking: %s",
                       booking_result_text(BOOKING_BUNDLE_TOO_LARGE));
    else if (request->book.planned && !requests_is_staff(caller))
        respond_refuse(control, &caller->origin, "not-allowed", "booking for a class: this is for staff");
    else
        return true;
    return false;
}

static void ask(struct control *control, const struct caller *caller, const struct request *request,
                const struct order *order, uint16_t group)
{
    uint64_t id = requests_wait(control, caller, request);
    if (!id)
        return;
    uint64_t account = caller->identity.account;
    struct standings_fitness fit = standings_fit(control, account, group);
    struct booking_event event = {
        .kind = BOOKING_EVENT_BOOK,
        .request = id,
        .book = {.account = account,
                 .wishes = order->wishes,
                 .count = request->book.count,
                 .key = request->book.key,
                 .group = group,
                 .kind = request->book.planned ? BOOKING_CLASS : BOOKING_PERSONAL,
                 .qualified = fit.qualified,
                 .rehearsed = fit.rehearsed,
                 .planned = request->book.planned},
    };
    control->asked = (struct asked){.wishes = order->wishes, .group = group};
    sessions_handle(control, &event);
    control->asked.wishes = NULL;
}

void requests_book(struct control *control, const struct caller *caller, const struct request *request)
{
    struct order order = {0};
    uint16_t group;
    if (!may_ask(control, caller, request) ||
        !requests_group(control, caller, caller->identity.account, request->book.group, &group))
        return;
    if (!order_begin(&order, request->book.count))
        respond_refuse(control, &caller->origin, "busy", "booking: no memory; try again");
    else if (fill(control, caller, request, &order))
        ask(control, caller, request, &order, group);
    order_finish(&order);
}

/* ---- changes --------------------------------------------------------------------------------- */

static bool plans(const struct caller *caller)
{
    return caller->is_operator || caller->identity.role == RIG_TECHNICIAN ||
           caller->identity.role == RIG_SCHEDULER;
}

/* Whom the policy asks to approve; a scheduler may always. */
static bool approves(const struct control *control, const struct caller *caller,
                     const struct booking *booking)
{
    const struct booking_policy *policy = timetable_policy(control->timetable, booking);
    bool teacher_may = policy && policy->approval == POLICY_APPROVAL_TEACHER;
    return plans(caller) || (teacher_may && caller->identity.role == RIG_TEACHER);
}

static bool fill_transfer(struct control *control, const struct caller *caller, const struct request *request,
                          struct booking_event *event)
{
    const struct account *to = accounts_find(control->accounts, request->change_booking.to);
    if (!to) {
        respond_refuse(control, &caller->origin, "unknown-account",
                       "transferring: there is no account called '%s'", request->change_booking.to);
        return false;
    }
    uint16_t group;
    if (!requests_group(control, caller, to->id, request->change_booking.group, &group))
        return false;
    struct standings_fitness fit = standings_fit(control, to->id, group);
    event->kind = BOOKING_EVENT_TRANSFER;
    event->transfer.booking = request->change_booking.booking;
    event->transfer.account = to->id;
    event->transfer.group = group;
    event->transfer.qualified = fit.qualified;
    event->transfer.rehearsed = fit.rehearsed;
    return true;
}

static bool fill_change(struct control *control, const struct caller *caller, const struct request *request,
                        struct booking_event *event)
{
    switch (request->change_booking.kind) {
    case REQUEST_CHANGE_EXTEND:
    case REQUEST_CHANGE_SHORTEN:
        event->kind = request->change_booking.kind == REQUEST_CHANGE_EXTEND ? BOOKING_EVENT_EXTEND
                                                                            : BOOKING_EVENT_SHORTEN;
        event->change.booking = request->change_booking.booking;
        event->change.ends = request->change_booking.ends;
        event->change.planned = plans(caller);
        return true;
    case REQUEST_CHANGE_TRANSFER:
        return fill_transfer(control, caller, request, event);
    case REQUEST_CHANGE_APPROVE:
    case REQUEST_CHANGE_DECLINE:
        event->kind = BOOKING_EVENT_APPROVE;
        event->approve.booking = request->change_booking.booking;
        event->approve.granted = request->change_booking.kind == REQUEST_CHANGE_APPROVE;
        return true;
    default:
        respond_refuse(control, &caller->origin, "bad-value",
                       "changing the booking: it is not said how; this gateway may be older");
        return false;
    }
}

void requests_change_booking(struct control *control, const struct caller *caller,
                             const struct request *request)
{
    const struct booking *booking = timetable_find(control->timetable, request->change_booking.booking);
    bool approval = request->change_booking.kind == REQUEST_CHANGE_APPROVE ||
                    request->change_booking.kind == REQUEST_CHANGE_DECLINE;
    if (!booking) {
        respond_refuse(control, &caller->origin, "unknown-booking",
                       "changing the booking: there is no such booking");
        return;
    }
    if (approval ? !approves(control, caller, booking)
                 : booking->account != caller->identity.account && !plans(caller)) {
        respond_refuse(control, &caller->origin, "not-allowed", "changing the booking: %s",
                       approval ? "this is for whom the group's policy names" : "it is somebody else's");
        return;
    }
    struct booking_event event = {0};
    if (!fill_change(control, caller, request, &event))
        return;
    event.request = requests_wait(control, caller, request);
    if (event.request)
        sessions_handle(control, &event);
}
