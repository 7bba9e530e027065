#include "gateway/control/no_room.h"

#include <stdio.h>
#include <string.h>

#define STORING_MOST 8
#define FULL         INT64_C(10000000) /* ns; while the ledger's queue is */
#define QUIET        (60 * INT64_C(1000000000))

/* ---- on their way to the ledger ------------------------------------------------------------------------ */

static void warn(struct control *control, const char *why)
{
    struct no_room *no_room = &control->no_room;
    if (control->now < no_room->quiet_until)
        return;
    no_room->quiet_until = control->now + QUIET;
    journal_write(control->journal, JOURNAL_WARNING,
                  "the report will not count everybody who finds no room: %s", why);
}

static bool is_same(const struct ledger_no_room *a, const struct ledger_no_room *b)
{
    return a->account == b->account && a->day == b->day && !strcmp(a->rig, b->rig) &&
           !strcmp(a->capability, b->capability) && !strcmp(a->group, b->group);
}

/* The newest of the same; NULL: none is known. */
static struct ledger_no_room *find(struct no_room *no_room, const struct ledger_no_room *row, bool *waits)
{
    for (uint64_t i = no_room->end; i-- > no_room->first;) {
        struct ledger_no_room *known = &no_room->ring[i % NO_ROOM_KNOWN];
        *waits = i >= no_room->sent;
        if (is_same(known, row))
            return known;
    }
    return NULL;
}

static void put(struct control *control, const struct ledger_no_room *row)
{
    struct no_room *no_room = &control->no_room;
    bool waits = false;
    struct ledger_no_room *known = find(no_room, row, &waits);
    if (known && row->ends - row->starts <= known->ends - known->starts)
        return;
    if (waits && known) {
        *known = *row;
        return;
    }
    if (no_room->end - no_room->sent == NO_ROOM_KNOWN) {
        warn(control, "the ledger is behind");
        return;
    }
    no_room->ring[no_room->end++ % NO_ROOM_KNOWN] = *row;
    if (no_room->end - no_room->first > NO_ROOM_KNOWN)
        no_room->first++;
    no_room_send(control);
}

int64_t no_room_send(struct control *control)
{
    struct no_room *no_room = &control->no_room;
    for (; no_room->sent < no_room->end && no_room->storing < STORING_MOST; no_room->sent++) {
        if (ledger_put_no_room(control->ledger, LEDGER_FOR_NO_ROOM,
                               &no_room->ring[no_room->sent % NO_ROOM_KNOWN]) != LEDGER_OK)
            return control->now + FULL;
        no_room->storing++;
    }
    return INT64_MAX; /* what is stored wakes the loop */
}

void no_room_stored(struct control *control, const struct ledger_event *event)
{
    struct no_room *no_room = &control->no_room;
    no_room->storing--;
    if (event->result == LEDGER_OK)
        return;
    no_room->first = no_room->sent; /* whoever asks again says something new */
    warn(control, event->why);
}

size_t no_room_unstored(const struct control *control)
{
    return (size_t)(control->no_room.end - control->no_room.sent) + control->no_room.storing;
}

/* ---- who, and what for --------------------------------------------------------------------------------- */

static void note(struct control *control, uint64_t account, uint16_t group, uint16_t rig, uint16_t capability,
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
    put(control, &row);
}

void no_room_refused(struct control *control, const struct booking_action *refusal,
                     const struct booking_wish *wish, uint64_t account, bool planned)
{
    bool lacks_rigs = refusal->result == BOOKING_OVERLAPS || refusal->result == BOOKING_OUT_OF_SERVICE;
    uint64_t holder = wish->account ? wish->account : account;
    bool own = refusal->result == BOOKING_OVERLAPS && refusal->booking.account == holder;
    if (lacks_rigs && !own && !planned)
        note(control, holder, wish->group, wish->rig, wish->capability, wish->starts, wish->ends);
}

void no_room_waited(struct control *control, const struct timetable_ticket *place)
{
    if (place->present)
        note(control, place->account, place->group, place->rig, place->capability, place->asked,
             place->asked + place->length);
}
