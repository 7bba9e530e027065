/* What is asked for of the timetable: bookings, alone or many at once, and changes of them. */
#include "gateway/control/meetings.h"
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
    size_t count;
    struct meetings meetings; /* of which the request is repeated; count 0: it is not */
};

/* What became of the meetings of a request that waits for the ledger. */
struct booked_meetings {
    size_t count;
    struct answer_fallen *list;
    char (*dates)[CIVIL_TEXT];
};

static void order_finish(struct order *order)
{
    free(order->wishes);
    free(order->codes);
    free(order->parties);
    meetings_finish(&order->meetings);
}

static bool order_begin(struct order *order, size_t count)
{
    order->wishes = calloc(count, sizeof(*order->wishes));
    order->codes = calloc(count, sizeof(*order->codes));
    order->parties = calloc(count, sizeof(*order->parties));
    order->count = count;
    return order->wishes && order->codes && order->parties;
}

static bool takes_part(const struct booking_wish *wish, uint64_t holder, uint64_t account)
{
    bool twice = account == holder;
    for (size_t i = 0; i < wish->party_count; i++)
        twice |= wish->party[i] == account;
    return twice;
}

/* Everybody once. False: refused already. */
static bool fill_party(struct control *control, const struct caller *caller, const struct request_wish *from,
                       struct booking_wish *wish, uint64_t *party)
{
    uint64_t holder = wish->account ? wish->account : caller->identity.account;
    if (from->party_count > BOOKING_PARTY_MAX) {
        respond_refuse(control, &caller->origin, "bad-value", "booking: at most %d people beside the holder",
                       BOOKING_PARTY_MAX);
        return false;
    }
    wish->party = party;
    for (size_t i = 0; i < from->party_count; i++) {
        const struct account *member = accounts_find(control->accounts, from->party[i]);
        if (!member || takes_part(wish, holder, member->id)) {
            respond_refuse(control, &caller->origin, member ? "duplicate-account" : "unknown-account",
                           member ? "booking: '%s' is named twice, as holder or among who takes part"
                                  : "booking: there is no account called '%s'",
                           from->party[i]);
            return false;
        }
        party[wish->party_count++] = member->id;
    }
    return true;
}

/* False: refused already. */
static bool fill_people(struct control *control, const struct caller *caller, const struct request_wish *from,
                        struct booking_wish *wish, uint64_t party[BOOKING_PARTY_MAX])
{
    if ((from->holder[0] || from->party_count) && !requests_is_staff(caller)) {
        respond_refuse(control, &caller->origin, "not-allowed", "booking for others: this is for staff");
        return false;
    }
    if (from->holder[0]) {
        const struct account *holder = accounts_find(control->accounts, from->holder);
        if (!holder) {
            respond_refuse(control, &caller->origin, "unknown-account",
                           "booking: there is no account called '%s'", from->holder);
            return false;
        }
        wish->account = holder->id;
    }
    return fill_party(control, caller, from, wish, party);
}

bool requests_thing(struct control *control, const struct caller *caller, const char *rig,
                    const char *capability, uint16_t *rig_number, uint16_t *capability_number)
{
    *rig_number = rig[0] ? find_rig(control, rig) : BOOKING_ANY_RIG;
    *capability_number = capability[0] ? find_capability(control, capability) : BOOKING_NO_CAPABILITY;
    if (rig[0] && *rig_number != BOOKING_ANY_RIG && control->rigs[*rig_number].plant)
        *rig_number = BOOKING_ANY_RIG; /* simulators are not booked */
    if (rig[0] ? *rig_number != BOOKING_ANY_RIG : *capability_number != BOOKING_NO_CAPABILITY)
        return true;
    if (rig[0] || !capability[0])
        requests_no_rig(control, caller, "", rig);
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

/* Who is named by nobody books for themselves. The group is the holder's, unless it is named. */
static bool fill_group(struct control *control, const struct caller *caller, const struct request *request,
                       struct booking_wish *wish)
{
    uint64_t holder = wish->account ? wish->account : caller->identity.account;
    if (!requests_group(control, caller, holder, request->book.group, &wish->group))
        return false;
    struct standings_fitness fit = standings_fit(control, holder, wish->group);
    wish->unqualified = !fit.qualified;
    wish->unrehearsed = !fit.rehearsed;
    for (size_t i = 0; i < wish->party_count; i++) {
        fit = standings_fit(control, wish->party[i], wish->group);
        wish->unqualified |= !fit.qualified;
        wish->unrehearsed |= !fit.rehearsed;
    }
    return true;
}

static bool fill(struct control *control, const struct caller *caller, const struct request *request,
                 struct order *order)
{
    for (size_t i = 0; i < request->book.count; i++) {
        const struct request_wish *from = &request->book.wishes[i];
        struct booking_wish *wish = &order->wishes[i];
        wish->starts = from->starts ? from->starts : control->wall;
        wish->ends = from->ends;
        if (!requests_thing(control, caller, from->rig, from->capability, &wish->rig, &wish->capability) ||
            !fill_people(control, caller, from, wish, order->parties[i]) ||
            !fill_group(control, caller, request, wish))
            return false;
    }
    return true;
}

/* Everything that is asked for, at every meeting that is held. */
static void repeat(struct order *order, size_t things)
{
    size_t count = 0;
    for (size_t i = order->meetings.count * order->meetings.slot_count; i-- > 0;)
        count += order->meetings.list[i].ends != 0;
    order->count = count * things;
    for (size_t i = order->meetings.count * order->meetings.slot_count; i-- > 0;) {
        const struct plan_meeting *meeting = &order->meetings.list[i];
        if (meeting->ends == 0)
            continue;
        count--;
        for (size_t k = things; k-- > 0;) { /* from behind: the first ones are what they are made of */
            struct booking_wish *wish = &order->wishes[count * things + k];
            *wish = order->wishes[k];
            wish->starts = meeting->starts;
            wish->ends = meeting->ends;
        }
    }
}

static void make_codes(struct order *order)
{
    for (size_t i = 0; i < order->count; i++) {
        crypto_make_code(order->codes[i]);
        order->wishes[i].code = order->codes[i];
    }
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

/* What did not become what its week and weekday say; NULL: no memory. */
static struct booked_meetings *keep_meetings(const struct control *control, const struct request *request,
                                             const struct meetings *meetings)
{
    size_t most = meetings->count * meetings->slot_count;
    struct booked_meetings *kept = calloc(1, sizeof *kept);
    if (!kept)
        return NULL;
    kept->list = calloc(most + 1, sizeof *kept->list);
    kept->dates = calloc(most + 1, sizeof *kept->dates);
    for (size_t i = 0; kept->list && kept->dates && i < most; i++) {
        if (meetings->list[i].result == TERM_OK)
            continue;
        kept->list[kept->count] =
            meetings_fallen(control, meetings->term->name, &meetings->list[i], kept->dates[kept->count]);
        kept->list[kept->count++].weekday =
            (int)request->book.meetings.slots[i % meetings->slot_count].weekday;
    }
    return kept;
}

static void ask(struct control *control, const struct caller *caller, const struct request *request,
                const struct order *order)
{
    uint64_t id = requests_wait(control, caller, request);
    if (!id)
        return;
    if (order->meetings.count)
        pending_find(control->pending, id)->meetings = keep_meetings(control, request, &order->meetings);
    struct booking_event event = {
        .kind = BOOKING_EVENT_BOOK,
        .request = id,
        .book = {.account = caller->identity.account,
                 .wishes = order->wishes,
                 .count = order->count,
                 .key = request->book.key,
                 .kind = request->book.planned ? BOOKING_CLASS : BOOKING_PERSONAL,
                 .planned = request->book.planned},
    };
    control->asked =
        (struct asked){.wishes = order->wishes, .count = order->count, .planned = request->book.planned};
    sessions_handle(control, &event);
    control->asked.wishes = NULL;
}

/* Before the pending request goes. */
void requests_booked(struct control *control, struct pending *pending, const struct booking_action *action)
{
    struct booked_meetings *kept = pending->meetings;
    sessions_booked(control, pending, action, kept ? kept->list : NULL, kept ? kept->count : 0);
    if (!kept)
        return;
    free(kept->list);
    free(kept->dates);
    free(kept);
}

/* How many bookings it is, and when. False: refused already. */
static bool find_times(struct control *control, const struct caller *caller, const struct request *request,
                       struct order *order, size_t *count)
{
    *count = request->book.count;
    if (!request->book.meetings.slot_count)
        return true;
    if (!meetings_find(control, caller, "booking", "", &request->book.meetings, &order->meetings))
        return false;
    size_t most = order->meetings.count * order->meetings.slot_count, held = 0;
    for (size_t i = 0; i < most; i++)
        held += order->meetings.list[i].ends != 0;
    *count *= held;
    if (!held)
        respond_refuse(control, &caller->origin, term_result_name(TERM_HOLIDAY),
                       "booking: every one of these days is a holiday, or has another day's classes");
    else if (*count > BOOKING_BUNDLE_MAX)
        respond_refuse(control, &caller->origin, "too-many-at-once", "booking: %s",
                       booking_result_text(BOOKING_BUNDLE_TOO_LARGE));
    else
        return true;
    return false;
}

void requests_book(struct control *control, const struct caller *caller, const struct request *request)
{
    struct order order = {0};
    size_t count;
    if (!may_ask(control, caller, request))
        return;
    if (!find_times(control, caller, request, &order, &count)) {
        order_finish(&order);
        return;
    }
    if (!order_begin(&order, count > request->book.count ? count : request->book.count)) {
        respond_refuse(control, &caller->origin, "busy", "booking: no memory; try again");
    } else if (fill(control, caller, request, &order)) {
        if (order.meetings.count)
            repeat(&order, request->book.count);
        make_codes(&order);
        ask(control, caller, request, &order);
    }
    order_finish(&order);
}

/* ---- changes --------------------------------------------------------------------------------- */

/* Whom the policy asks to approve; a scheduler may always. */
static bool approves(const struct control *control, const struct caller *caller,
                     const struct booking *booking)
{
    const struct booking_policy *policy = timetable_policy(control->timetable, booking);
    bool teacher_may = policy && policy->approval == POLICY_APPROVAL_TEACHER;
    return requests_plans(caller) || (teacher_may && caller->identity.role == RIG_TEACHER);
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
    event->transfer.planned = requests_plans(caller);
    return true;
}

static bool fill_move(struct control *control, const struct caller *caller, const struct request *request,
                      const struct booking *booking, struct booking_event *event, struct booking_wish *wish)
{
    uint16_t rig = booking->rig, capability;
    if (request->rig[0] && !requests_thing(control, caller, request->rig, "", &rig, &capability))
        return false;
    event->kind = BOOKING_EVENT_MOVE;
    event->move.booking = booking->id;
    event->move.rig = rig;
    event->move.starts = request->change_booking.starts ? request->change_booking.starts : booking->starts;
    if (event->move.starts > BOOKING_TIME_MAX) /* too far as well, and its length can be added */
        event->move.starts = BOOKING_TIME_MAX;
    event->move.ends = request->change_booking.ends ? request->change_booking.ends
                                                    : event->move.starts + (booking->ends - booking->starts);
    *wish = (struct booking_wish){.rig = rig,
                                  .starts = event->move.starts,
                                  .ends = event->move.ends,
                                  .group = booking->group,
                                  .account = booking->account};
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
        event->change.planned = requests_plans(caller);
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
    bool moves = request->change_booking.kind == REQUEST_CHANGE_MOVE;
    if (!booking) {
        respond_refuse(control, &caller->origin, "unknown-booking",
                       "changing the booking: there is no such booking");
        return;
    }
    bool own = booking->account == caller->identity.account && !moves;
    if (approval ? !approves(control, caller, booking) : !own && !requests_plans(caller)) {
        respond_refuse(control, &caller->origin, "not-allowed", "changing the booking: %s",
                       approval ? "this is for whom the group's policy names"
                       : moves  ? "schedulers and technicians move bookings"
                                : "it is somebody else's");
        return;
    }
    struct booking_event event = {0};
    struct booking_wish wish;
    if (moves ? !fill_move(control, caller, request, booking, &event, &wish)
              : !fill_change(control, caller, request, &event))
        return;
    event.request = requests_wait(control, caller, request);
    if (!event.request)
        return;
    if (event.kind == BOOKING_EVENT_TRANSFER)
        pending_find(control->pending, event.request)->former_holder = booking->account;
    if (moves)
        control->asked = (struct asked){.wishes = &wish, .count = 1, .planned = true, .moves = booking->id};
    sessions_handle(control, &event);
    control->asked.wishes = NULL;
}
