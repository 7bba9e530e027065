/* attempt.c - a bundle that is being put together, wish by wish. */
#include "gateway/booking/timetable_private.h"

#include <stdio.h>
#include <stdlib.h>

struct attempt attempt_begin(struct timetable *timetable, const struct booking_event *event, int64_t now)
{
    return (struct attempt){
        .timetable = timetable,
        .event = event,
        .now = now,
        .repeat = keys_find(&timetable->keys, attempt_holder(event), event->book.key),
        .option = POLICY_OPTION_COUNT,
    };
}

uint64_t attempt_holder(const struct booking_event *event)
{
    bool named = event->book.count > 0 && event->book.wishes[0].account != 0;
    return named ? event->book.wishes[0].account : event->book.account;
}

void attempt_forget(struct attempt *attempt)
{
    for (size_t i = attempt->made.count; i-- > 0;) {
        booking_attend(&attempt->timetable->setup.attend);
        entry_destroy(attempt->timetable, attempt->made.list[i]);
    }
    attempt->made.count = 0;
    bind_undo(attempt->timetable, &attempt->moved);
}

void attempt_finish(struct attempt *attempt)
{
    free(attempt->made.list);
    free(attempt->moved.list);
}

static struct entry *make_entry(const struct attempt *attempt, const struct booking_wish *wish)
{
    const struct booking_event *event = attempt->event;
    struct booking booking = {
        .account = wish->account != 0 ? wish->account : event->book.account,
        .starts = wish->starts,
        .ends = wish->ends,
        .party = wish->party,
        .party_count = wish->party_count,
        .rig = wish->rig,
        .capability = wish->rig == BOOKING_ANY_RIG ? wish->capability : BOOKING_NO_CAPABILITY,
        .group = wish->group != BOOKING_NO_GROUP ? wish->group : event->book.group,
        .kind = event->book.kind,
        .charged = event->book.kind != BOOKING_MAINTENANCE,
        .state = BOOKING_TENTATIVE,
    };
    snprintf(booking.key, sizeof booking.key, "%s", attempt->made.count == 0 ? event->book.key : "");
    snprintf(booking.code, sizeof booking.code, "%s", wish->code);
    return entry_create(attempt->timetable, &booking);
}

static enum booking_result check_wish(const struct attempt *attempt, const struct booking_wish *wish)
{
    const struct timetable *timetable = attempt->timetable;
    const struct timetable_rig *rig = NULL;
    if (wish->rig != BOOKING_ANY_RIG && wish->rig >= timetable->rig_count)
        return BOOKING_UNKNOWN_RIG;
    if (wish->rig == BOOKING_ANY_RIG && (rig_bit(wish->capability) & timetable->capabilities) == 0)
        return BOOKING_UNKNOWN_CAPABILITY;
    if (wish->party_count > BOOKING_PARTY_MAX)
        return BOOKING_BUNDLE_TOO_LARGE;
    if (attempt->repeat != NULL)
        return BOOKING_OK;
    /* The technician comes when the lab is closed, too, and for as long as it takes. */
    bool maintenance = attempt->event->book.kind == BOOKING_MAINTENANCE;
    if (wish->rig != BOOKING_ANY_RIG && !maintenance)
        rig = &timetable->rigs[wish->rig].policy;
    enum booking_result result = rules_interval(timetable, rig, wish->starts, wish->ends, attempt->now);
    return result == BOOKING_CLOSED && maintenance ? BOOKING_OK : result;
}

static enum booking_result check_policy(struct attempt *attempt, const struct booking_wish *wish,
                                        const struct entry *entry)
{
    const struct booking_event *event = attempt->event;
    if (event->book.kind == BOOKING_MAINTENANCE)
        return BOOKING_OK;
    struct rules_person who = {
        .person = entry->person,
        .group = entry->booking.group,
        .qualified = !wish->unqualified,
        .rehearsed = !wish->unrehearsed,
        .planned = event->book.planned || event->book.kind == BOOKING_CLASS,
    };
    return rules_policy(attempt->timetable, &who, &entry->booking, entry, attempt->now, &attempt->option);
}

/* A repeat may be in the way of itself, and the ledger says which it is, so nothing is held. */
void attempt_add(struct attempt *attempt, const struct booking_wish *wish)
{
    attempt->result = check_wish(attempt, wish);
    if (attempt->result != BOOKING_OK)
        return;
    struct entry *entry = make_entry(attempt, wish);
    if (entry == NULL) {
        attempt->result = BOOKING_BUSY;
        return;
    }
    if (attempt->repeat == NULL)
        attempt->result = check_policy(attempt, wish, entry);
    else if (wish->rig == BOOKING_ANY_RIG)
        entry->booking.rig = attempt->repeat->booking.rig;
    if (attempt->result == BOOKING_OK && attempt->repeat == NULL)
        attempt->result =
            bind_entry(attempt->timetable, entry, attempt->now, &attempt->moved, &attempt->conflict);
    if (attempt->result == BOOKING_OK && entries_insert(&attempt->made, attempt->made.count, entry))
        return;
    if (attempt->result == BOOKING_OK)
        attempt->result = BOOKING_BUSY;
    entry_destroy(attempt->timetable, entry);
}
