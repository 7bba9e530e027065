/* actions.c - what the timetable asks of others: answers to people, rows of the ledger, sessions of rigs. */
#include "gateway/booking/timetable_private.h"

struct booking_action *action_add(struct booking_actions *actions, enum booking_action_kind kind,
                                  const struct booking *booking)
{
    struct booking_action *action = &actions->list[actions->count++];
    *action = (struct booking_action){.kind = kind};
    if (booking != NULL)
        action->booking = *booking;
    return action;
}

void action_answer(struct booking_actions *actions, uint64_t request, enum booking_result result,
                   const struct booking *booking)
{
    struct booking_action *action = action_add(actions, BOOKING_ACTION_ANSWER, booking);
    action->request = request;
    action->result = result;
}

bool entry_store(struct timetable *timetable, struct entry *entry, enum booking_state wanted,
                 struct booking_actions *actions)
{
    if (!entries_insert(&timetable->in_flight, timetable->in_flight.count, entry))
        return false;
    entry->wanted = wanted;
    entry->booking.ticket = timetable->next_ticket++;
    struct booking_action *action = action_add(actions, BOOKING_ACTION_STORE, &entry->booking);
    action->ticket = entry->booking.ticket;
    action->booking.state = wanted;
    return true;
}

void entry_store_or_retry(struct timetable *timetable, struct entry *entry, enum booking_state wanted,
                          struct booking_time now, struct booking_actions *actions)
{
    if (!entry_store(timetable, entry, wanted, actions))
        entry->retry = now.monotonic + BOOKING_RETRY;
}
