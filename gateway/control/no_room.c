#include "gateway/control/no_room.h"

#include <stdio.h>

static void put(struct control *control, uint64_t account, uint16_t group, uint16_t rig, uint16_t capability,
                int64_t starts, int64_t ends)
{
    const struct config_timetable *timetable = &control->lab->timetable;
    struct ledger_no_room row = {.account = account, .starts = starts, .ends = ends};
    int32_t day;
    int64_t time;
    civil_local(&control->calendar.zone, starts, &day, &time);
    row.day = day;
    if (group != BOOKING_NO_GROUP)
        snprintf(row.group, sizeof row.group, "%s", timetable->groups[group - 1].name);
    if (rig != BOOKING_ANY_RIG)
        snprintf(row.rig, sizeof row.rig, "%s", control->rigs[rig].config->spec.name);
    else if (capability != BOOKING_NO_CAPABILITY)
        snprintf(row.capability, sizeof row.capability, "%s", timetable->capabilities[capability - 1]);
    if (ledger_put_no_room(control->ledger, LEDGER_FOR_NOTICE, &row) != LEDGER_OK)
        journal_write(control->journal, JOURNAL_WARNING,
                      "the report will not count that account %llu found no room: the ledger is behind",
                      (unsigned long long)account);
}

void no_room_refused(struct control *control, const struct booking_action *refusal,
                     const struct booking_wish *wish, uint64_t account, bool planned)
{
    bool lacks_rigs = refusal->result == BOOKING_OVERLAPS || refusal->result == BOOKING_OUT_OF_SERVICE;
    uint64_t holder = wish->account ? wish->account : account;
    bool own = refusal->result == BOOKING_OVERLAPS && refusal->booking.account == holder;
    if (lacks_rigs && !own && !planned)
        put(control, holder, wish->group, wish->rig, wish->capability, wish->starts, wish->ends);
}

void no_room_waited(struct control *control, const struct timetable_ticket *place)
{
    if (place->present)
        put(control, place->account, place->group, place->rig, place->capability, place->asked,
            place->asked + place->length);
}
