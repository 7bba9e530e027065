/* change.c - what is asked about bookings that are there: they are cancelled, get another end or another
 * holder, are approved, or are used. */
#include "gateway/booking/timetable_private.h"

struct entry *timetable_take(struct timetable *timetable, const struct booking_event *event, uint64_t id,
                             struct booking_actions *actions)
{
    struct entry *entry = timetable_entry(timetable, id);
    enum booking_result result = entry == NULL                ? BOOKING_UNKNOWN
                                 : entry_is_settled(entry)    ? BOOKING_OVER
                                 : entry->booking.ticket != 0 ? BOOKING_BUSY
                                                              : BOOKING_OK;
    if (result == BOOKING_OK)
        return entry;
    action_answer(actions, event->request, result, entry != NULL ? &entry->booking : NULL);
    return NULL;
}

static void answer(const struct booking_event *event, const struct entry *entry, enum booking_result result,
                   struct booking_actions *actions)
{
    action_answer(actions, event->request, result, &entry->booking);
}

static void change(struct timetable *timetable, const struct booking_event *event, struct entry *entry,
                   const struct booking *wanted, enum change what, struct booking_actions *actions)
{
    if (!flight_change(timetable, entry, wanted, what, event->request, actions))
        answer(event, entry, BOOKING_BUSY, actions);
}

/* Cancelled late it counts as used, unless the lab is to blame. */
static bool still_charged(const struct timetable *timetable, const struct booking_event *event,
                          const struct booking *booking, int64_t now)
{
    const struct booking_policy *policy = timetable_policy(timetable, booking);
    return booking->charged && !event->cancel.by_lab && policy != NULL && policy->cancel_until > 0 &&
           booking->starts - now < policy->cancel_until;
}

/* Its session ends at once. As long as the ledger has not answered to something older of it, it cannot be
 * told, and its time is nobody else's: so the yes, which promises that, waits. */
static void cancel_live(struct timetable *timetable, const struct booking_event *event, struct entry *entry,
                        struct booking_time now, struct booking_actions *actions)
{
    if (event->cancel.by_lab) {
        entry->booking.charged = false;
        bool changes = event->cancel.changes;
        entry->booking.why = changes ? BOOKING_WHY_CHANGED : BOOKING_WHY_STAFF;
        entry_note(timetable, entry, changes ? BOOKING_NOTE_CHANGED : BOOKING_NOTE_CANCELLED);
    }
    bool waits = entry->booking.ticket != 0;
    entry_end_session(timetable, entry, now, actions);
    if (waits)
        entry->asked = event->request;
    else
        answer(event, entry, BOOKING_OK, actions);
}

void timetable_cancel(struct timetable *timetable, const struct booking_event *event, struct booking_time now,
                      struct booking_actions *actions)
{
    struct entry *entry = timetable_entry(timetable, event->cancel.booking);
    if (entry != NULL && entry->booking.state == BOOKING_LIVE) {
        cancel_live(timetable, event, entry, now, actions);
        return;
    }
    entry = timetable_take(timetable, event, event->cancel.booking, actions);
    if (entry == NULL)
        return;
    struct booking wanted = entry->booking;
    wanted.state = BOOKING_CANCELLED;
    if (event->cancel.by_lab)
        wanted.why = BOOKING_WHY_STAFF;
    wanted.charged = still_charged(timetable, event, &entry->booking, now.wall);
    change(timetable, event, entry, &wanted, CHANGE_STATE, actions);
}

/* ---- another end --------------------------------------------------------------------------------------- */

static enum booking_result check_extension(struct timetable *timetable, const struct entry *entry,
                                           const struct booking_event *event, int64_t now,
                                           enum policy_option *option)
{
    int64_t ends = event->change.ends;
    const struct booking *booking = &entry->booking;
    const struct timetable_rig *rig = &timetable->rigs[booking->rig].policy;
    if (!timetable_clock_plausible(timetable, now))
        return BOOKING_CLOCK;
    if (ends <= booking->ends)
        return BOOKING_EMPTY;
    if (ends > BOOKING_TIME_MAX || (rig->longest > 0 && ends - booking->starts > rig->longest))
        return BOOKING_TOO_LONG;
    enum booking_result result = rules_extension(timetable, entry, ends, event->change.planned, option);
    if (result != BOOKING_OK)
        return result;
    const struct term_calendar *calendar = timetable->setup.calendar;
    if (calendar != NULL && !term_is_open(calendar, booking->ends, ends))
        return BOOKING_CLOSED;
    return timetable_is_wanted(timetable, booking->rig, booking->account) ? BOOKING_OTHERS_WAIT : BOOKING_OK;
}

/* What is in the way of a later end, but for itself. */
static const struct booking *after(const struct timetable *timetable, const struct entry *entry, int64_t ends)
{
    const struct booking *booking = &entry->booking;
    const struct entry *other = timetable_in_the_way(
        timetable, booking->rig, booking->starts - booking->setup, ends + booking->teardown, entry);
    return other != NULL ? &other->booking : NULL;
}

/* The time is held before the ledger is asked, as for a new booking. */
void timetable_extend(struct timetable *timetable, const struct booking_event *event, struct booking_time now,
                      struct booking_actions *actions)
{
    struct entry *entry = timetable_take(timetable, event, event->change.booking, actions);
    if (entry == NULL)
        return;
    int64_t ends = event->change.ends;
    enum policy_option option = POLICY_OPTION_COUNT;
    enum booking_result result = check_extension(timetable, entry, event, now.wall, &option);
    const struct booking *other = result == BOOKING_OK ? after(timetable, entry, ends) : NULL;
    if (other != NULL)
        action_answer(actions, event->request, BOOKING_OVERLAPS, other);
    else if (result != BOOKING_OK)
        action_answer(actions, event->request, result, &entry->booking)->option = option;
    else if (!entry_hold_until(timetable, entry, ends))
        answer(event, entry, BOOKING_OVERLAPS, actions);
    else {
        struct booking wanted = entry->booking;
        wanted.ends = ends;
        if (flight_change(timetable, entry, &wanted, CHANGE_END, event->request, actions))
            return;
        entry_hold_until(timetable, entry, entry->booking.ends);
        answer(event, entry, BOOKING_BUSY, actions);
    }
}

void timetable_shorten(struct timetable *timetable, const struct booking_event *event,
                       struct booking_time now, struct booking_actions *actions)
{
    struct entry *entry = timetable_take(timetable, event, event->change.booking, actions);
    if (entry == NULL)
        return;
    struct booking wanted = entry->booking;
    wanted.ends = event->change.ends;
    bool begun = wanted.ends <= now.wall;
    if (wanted.ends <= wanted.starts || wanted.ends >= entry->booking.ends || begun)
        answer(event, entry, begun ? BOOKING_PAST : BOOKING_EMPTY, actions);
    else
        change(timetable, event, entry, &wanted, CHANGE_END, actions);
}

/* ---- another holder ------------------------------------------------------------------------------------ */

void timetable_transfer(struct timetable *timetable, const struct booking_event *event,
                        struct booking_time now, struct booking_actions *actions)
{
    struct entry *entry = timetable_take(timetable, event, event->transfer.booking, actions);
    if (entry == NULL)
        return;
    struct person *person = people_get(&timetable->people, event->transfer.account);
    if (entry->booking.state == BOOKING_LIVE || person == NULL) {
        answer(event, entry, person == NULL ? BOOKING_BUSY : BOOKING_BEGUN, actions);
        return;
    }
    struct rules_person who = {
        .person = person,
        .group = event->transfer.group,
        .qualified = event->transfer.qualified,
        .rehearsed = event->transfer.rehearsed,
        .planned = entry->booking.kind != BOOKING_PERSONAL,
    };
    struct booking wanted = entry->booking;
    wanted.account = event->transfer.account;
    wanted.group = event->transfer.group;
    bool others = wanted.account != entry->booking.account || wanted.group != entry->booking.group;
    if (others && wanted.state != BOOKING_OFFERED)
        wanted.state = rules_granted(timetable, &wanted, event->transfer.planned);
    enum policy_option option = POLICY_OPTION_COUNT;
    enum booking_result result = rules_policy(timetable, &who, &wanted, entry, now.wall, &option);
    if (result == BOOKING_OK)
        change(timetable, event, entry, &wanted, CHANGE_HOLDER, actions);
    else {
        struct booking_action *refusal = action_answer(actions, event->request, result, &entry->booking);
        refusal->option = option;
        refusal->booking.group = event->transfer.group; /* whose policy it was */
    }
}

/* ---- approval, use ------------------------------------------------------------------------------------- */

void timetable_approve(struct timetable *timetable, const struct booking_event *event,
                       struct booking_time now, struct booking_actions *actions)
{
    struct entry *entry = timetable_take(timetable, event, event->approve.booking, actions);
    if (entry == NULL)
        return;
    if (entry->booking.state != BOOKING_PENDING || !timetable_clock_plausible(timetable, now.wall)) {
        answer(event, entry, entry->booking.state != BOOKING_PENDING ? BOOKING_NOT_PENDING : BOOKING_CLOCK,
               actions);
        return;
    }
    struct booking wanted = entry->booking;
    wanted.state = event->approve.granted ? BOOKING_CONFIRMED : BOOKING_CANCELLED;
    wanted.charged = event->approve.granted && wanted.charged;
    if (!event->approve.granted)
        wanted.why = BOOKING_WHY_DECLINED;
    change(timetable, event, entry, &wanted, CHANGE_STATE, actions);
}

void timetable_use(struct timetable *timetable, uint64_t booking)
{
    struct entry *entry = timetable_entry(timetable, booking);
    if (entry == NULL || entry->booking.used || entry->booking.state != BOOKING_LIVE)
        return;
    entry->booking.used = true;
    entry_changed(timetable, entry);
}
