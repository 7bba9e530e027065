/* move.c - a scheduler puts a booking at another time, or on another rig.
 *
 * It holds its new place before the ledger is asked, and its old one is nobody else's until the ledger has
 * answered: whichever way that goes, it has a place. */
#include "gateway/booking/timetable_private.h"

/* Everybody's lists are by start. */
static void forget_in_lists(struct timetable *timetable, struct entry *entry)
{
    person_remove(entry->person, entry);
    for (size_t i = 0; i < entry->booking.party_count; i++)
        person_remove_part(people_find(&timetable->people, entry->party[i]), entry);
}

/* They had it a moment ago, so there is room. */
static void enter_in_lists(struct timetable *timetable, struct entry *entry)
{
    person_add(entry->person, entry);
    for (size_t i = 0; i < entry->booking.party_count; i++)
        person_add_part(people_find(&timetable->people, entry->party[i]), entry);
}

struct place {
    uint16_t rig;
    int64_t starts, ends, setup, teardown;
};

static bool put(struct timetable *timetable, struct entry *entry, const struct place *place)
{
    struct booking *booking = &entry->booking;
    entry_let_go(timetable, entry);
    forget_in_lists(timetable, entry);
    booking->rig = place->rig;
    booking->starts = place->starts;
    booking->ends = place->ends;
    booking->setup = place->setup;
    booking->teardown = place->teardown;
    enter_in_lists(timetable, entry);
    return entry_hold(timetable, entry) == TIMELINE_OK;
}

void entry_return(struct timetable *timetable, struct entry *entry)
{
    const struct place before = {entry->moved_from, entry->starts_before, entry->ends_before,
                                 entry->setup_before, entry->teardown_before};
    entry->moved_from = BOOKING_ANY_RIG;
    put(timetable, entry, &before);
}

static enum booking_result check_place(const struct timetable *timetable, const struct entry *entry,
                                       const struct place *place, int64_t now)
{
    bool maintenance = entry->booking.kind == BOOKING_MAINTENANCE;
    const struct timetable_rig *rig = maintenance ? NULL : &timetable->rigs[place->rig].policy;
    if (entry->booking.state == BOOKING_LIVE || entry->booking.starts <= now)
        return BOOKING_BEGUN;
    if (entry->left.rig != BOOKING_ANY_RIG) /* the ledger has not heard yet where it is */
        return BOOKING_BUSY;
    enum booking_result result = rules_interval(timetable, rig, place->starts, place->ends, now);
    if (result != BOOKING_OK && !(result == BOOKING_CLOSED && maintenance))
        return result;
    return !maintenance && rig_is_out(timetable, place->rig, place->starts, now) ? BOOKING_OUT_OF_SERVICE
                                                                                 : BOOKING_OK;
}

/* Who moves it plans, so of the policy only what the whole group is bound by is looked at. */
static enum booking_result check_policy(const struct timetable *timetable, const struct entry *entry,
                                        const struct place *place, int64_t now, enum policy_option *option)
{
    const struct rules_person who = {.person = entry->person,
                                     .group = entry->booking.group,
                                     .qualified = true,
                                     .rehearsed = true,
                                     .planned = true};
    struct booking wish = entry->booking;
    wish.rig = place->rig;
    wish.starts = place->starts;
    wish.ends = place->ends;
    if (entry->booking.kind == BOOKING_MAINTENANCE)
        return BOOKING_OK;
    return rules_policy(timetable, &who, &wish, entry, now, option);
}

/* A class is not moved to where one of its people is elsewhere. */
static const struct booking *in_the_way(const struct timetable *timetable, const struct entry *entry,
                                        const struct place *place, enum booking_result *result)
{
    const struct entry *other = timetable_in_the_way(timetable, place->rig, place->starts - place->setup,
                                                     place->ends + place->teardown, entry);
    *result = BOOKING_OVERLAPS;
    if (other == NULL && entry->booking.kind == BOOKING_CLASS) {
        other = timetable_people_busy(timetable, &entry->booking, place->starts, place->ends, entry);
        *result = BOOKING_PERSON_BUSY;
    }
    return other != NULL ? &other->booking : NULL;
}

static void try_place(struct timetable *timetable, const struct booking_event *event, struct entry *entry,
                      const struct place *place, struct booking_actions *actions)
{
    entry_note_place(entry);
    if (put(timetable, entry, place) &&
        flight_change(timetable, entry, &entry->booking, CHANGE_PLACE, event->request, actions))
        return;
    entry_return(timetable, entry);
    action_answer(actions, event->request, BOOKING_BUSY, &entry->booking);
}

void timetable_move(struct timetable *timetable, const struct booking_event *event, struct booking_time now,
                    struct booking_actions *actions)
{
    struct entry *entry = timetable_take(timetable, event, event->move.booking, actions);
    if (entry == NULL)
        return;
    if (event->move.rig >= timetable->rig_count) {
        action_answer(actions, event->request, BOOKING_UNKNOWN_RIG, &entry->booking);
        return;
    }
    const struct timetable_rig *rig = &timetable->rigs[event->move.rig].policy;
    const struct place place = {event->move.rig, event->move.starts, event->move.ends, rig->setup,
                                rig->teardown};
    enum policy_option option = POLICY_OPTION_COUNT;
    enum booking_result result = check_place(timetable, entry, &place, now.wall);
    if (result == BOOKING_OK)
        result = check_policy(timetable, entry, &place, now.wall, &option);
    if (result != BOOKING_OK) {
        action_answer(actions, event->request, result, &entry->booking)->option = option;
        return;
    }
    const struct booking *other = in_the_way(timetable, entry, &place, &result);
    if (other != NULL)
        action_answer(actions, event->request, result, other);
    else
        try_place(timetable, event, entry, &place, actions);
}
