/* oracle_booking.c - the promises about bookings (B1, B2, B8), from what was answered, what is in the ledger
 * and what the rigs were told. It shares no code with the timetable, and remembers over every crash. */
#include "tests/simulation/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct promise *promise_of(struct world *world, uint64_t id)
{
    struct office *office = &world->office;
    if (id > office->promise_room) {
        size_t room = 2 * (size_t)id + 64;
        office->promises = realloc(office->promises, room * sizeof *office->promises);
        if (!office->promises)
            exit(2);
        memset(office->promises + office->promise_room, 0,
               (room - office->promise_room) * sizeof *office->promises);
        office->promise_room = room;
    }
    return &office->promises[id - 1];
}

/* ---- each promise
 * --------------------------------------------------------------------------------------------- */

/* B1: what was answered with yes is in the ledger, as it was answered. */
static void check_kept(struct world *world, uint64_t id)
{
    const struct promise *promise = promise_of(world, id);
    const struct booking *row = ledger_row(&world->ledger, id);
    if (!promise->answered)
        return;
    PROMISED(world, row, "B1", "booking %llu was answered with yes and is not in the ledger",
             (unsigned long long)id);
    PROMISED(world,
             row->rig == promise->booking.rig && row->account == promise->booking.account &&
                 row->starts == promise->booking.starts && row->ends <= promise->booking.ends,
             "B1", "booking %llu is not as it was answered", (unsigned long long)id);
    if (!ledger_is_open(row))
        return;
    const struct booking *known = timetable_find(world->office.timetable, id);
    PROMISED(world, known && known->rig == row->rig && known->starts == row->starts, "B1",
             "booking %llu is in the ledger and not in the timetable", (unsigned long long)id);
}

/* B1: what could not be stored is not there. */
static void check_refused(struct world *world, const struct booking_action *action)
{
    const size_t slot = action->request % MESSAGES;
    const struct client *client = &world->office.clients[world->office.requests[slot].client];
    char key[BOOKING_KEY_MAX];
    client_key(client, world->office.requests[slot].number, key);
    const struct booking *row = ledger_row_with_key(&world->ledger, client->account, key);
    PROMISED(world, !row || world->office.requests[slot].repeats, "B1",
             "a booking was not stored, and is booking %llu in the ledger",
             (unsigned long long)(row ? row->id : 0));
}

/* B2: of what was answered with yes, nothing overlaps. */
static void check_overlap(struct world *world, const struct booking *booking)
{
    const struct ledger *ledger = &world->ledger;
    for (size_t i = ledger->first_open; i < ledger->row_count; i++) {
        const struct booking *other = &ledger->rows[i];
        if (other->id != booking->id && ledger_is_open(other) && promise_of(world, other->id)->answered)
            PROMISED(world, !office_overlap(&world->office, other, booking), "B2",
                     "bookings %llu and %llu overlap", (unsigned long long)other->id,
                     (unsigned long long)booking->id);
    }
}

/* B2: the ledger is the last to see an overlap, not the first. It has to say no only where it has not yet
 * heard of an end. */
static void check_asked(struct world *world, const struct booking *first, const struct booking *booking)
{
    const struct ledger *ledger = &world->ledger;
    if (ledger_row_with_key(ledger, first->account, first->key)) /* a repeat finds its first in the way */
        return;
    for (size_t i = ledger->first_open; i < ledger->row_count; i++) {
        if (!ledger_is_open(&ledger->rows[i]) || !office_overlap(&world->office, &ledger->rows[i], booking))
            continue;
        const struct booking *known = timetable_find(world->office.timetable, ledger->rows[i].id);
        PROMISED(world, known && known->state >= BOOKING_ENDED, "B2",
                 "the ledger is asked for what overlaps booking %llu",
                 (unsigned long long)ledger->rows[i].id);
    }
}

/* B1: a yes to another place is stored, as it was asked for. */
static void check_moved(struct world *world, const struct booking_event *event)
{
    const struct booking *row = ledger_row(&world->ledger, event->move.booking);
    PROMISED(world,
             row && row->rig == event->move.rig && row->starts == event->move.starts &&
                 row->ends == event->move.ends,
             "B1", "booking %llu was put elsewhere with a yes, and is not there",
             (unsigned long long)event->move.booking);
}

/* B1: after a no it is where it was, unless it is on its way elsewhere for another reason. */
static void check_not_moved(struct world *world, uint64_t id)
{
    const struct booking *row = ledger_row(&world->ledger, id);
    const struct booking *known = timetable_find(world->office.timetable, id);
    PROMISED(world, !row || !known || known->starts == row->starts, "B1",
             "booking %llu was not put elsewhere, and is", (unsigned long long)id);
}

/* From now on it is a promise. */
static void keep(struct world *world, const struct booking *row)
{
    struct promise *promise = promise_of(world, row->id);
    if (promise->answered || !ledger_is_open(row))
        return;
    promise->answered = true;
    promise->booking = *row;
    check_overlap(world, row);
    queue_kept(world, row);
}

static void answered(struct world *world, const struct booking_action *action)
{
    const struct booking *booking = &action->booking;
    const struct booking_event *event = &world->office.requests[action->request % MESSAGES].event;
    if (action->request == 0)
        return; /* the gateway itself asked */
    if (action->result != BOOKING_OK) {
        if (event->kind == BOOKING_EVENT_MOVE && action->result != BOOKING_BUSY)
            check_not_moved(world, event->move.booking);
        if (action->result == BOOKING_NOT_STORED)
            check_refused(world, action);
        return;
    }
    enum booking_event_kind kind = event->kind;
    if (kind == BOOKING_EVENT_ENQUEUE || kind == BOOKING_EVENT_LEAVE)
        return; /* oracle_queue.c has them */
    if (kind == BOOKING_EVENT_MOVE)
        check_moved(world, event);
    PROMISED(world, booking->id != 0, "B1", "a yes without a booking");
    size_t asked = world->office.requests[action->request % MESSAGES].count;
    const struct booking *row = ledger_row(&world->ledger, booking->id);
    for (size_t i = 0; i < asked; i++) {
        uint64_t id = booking->id + i;
        PROMISED(world, row && id <= world->ledger.row_count && (i == 0 || row[i].bundle == row[0].bundle),
                 "B1",
                 "%zu bookings were asked for together, and answered with yes, and %zu are in the ledger",
                 asked, i);
        keep(world, &row[i]);
        check_kept(world, id);
    }
}

/* Numbers need not begin in their order: one that was stored before a crash may begin after newer ones. */
static bool another_has(const struct world *world, const struct booking *booking)
{
    const struct office *office = &world->office;
    for (size_t i = 0; i < office->promise_room; i++)
        if (i + 1 != booking->id && office->promises[i].session == booking->session)
            return true;
    return false;
}

/* B8, and the session's number is durable before anybody has it. */
static void check_begin(struct world *world, const struct booking_action *action)
{
    struct office *office = &world->office;
    const struct booking *booking = &action->booking;
    const struct booking *row = ledger_row(&world->ledger, booking->id);
    struct promise *promise = promise_of(world, booking->id);
    int64_t wall = world_wall(world);
    PROMISED(world, wall >= office->newest, "B8", "a session begins while the clock is %lld ms behind",
             (long long)(office->newest - wall));
    PROMISED(world, row && row->state == BOOKING_LIVE && row->session == booking->session, "S4",
             "session %llu begins before the ledger has it", (unsigned long long)booking->session);
    PROMISED(world, !promise->settled, "B8", "booking %llu was over and begins again",
             (unsigned long long)booking->id);
    PROMISED(world, wall >= row->starts && wall < row->ends, "B4", "a session begins outside its time");
    PROMISED(world, promise->session == 0 || promise->session == booking->session, "S4",
             "a booking has two sessions");
    PROMISED(world, !another_has(world, booking), "S4", "session number %llu was used before",
             (unsigned long long)booking->session);
    PROMISED(world, office->live[booking->rig] == 0, "B2", "two sessions on a rig");
    PROMISED(world, office->told[booking->rig] != BOOKING_RIG_QUARANTINED || promise->begun, "B3",
             "a session begins on a rig that is quarantined");
    promise->begun = true;
    PROMISED(world, action->until == world->now + (row->ends - wall) * MS, "B8",
             "a session has another length than its booking");
    promise->session = booking->session;
    office->live[booking->rig] = booking->id;
    office->until[booking->rig] = action->until;
    office->begun_at[booking->rig] = office->idle_since[booking->rig] = world->now;
    office->used[booking->rig] = booking->used;
}

/* B6: what nobody uses is freed when the time of grace is over, and not before. */
static void check_grace(struct world *world, const struct booking_action *action)
{
    const struct office *office = &world->office;
    uint16_t rig = action->booking.rig;
    int64_t grace = office->policy.grace * MS;
    if (action->booking.why != BOOKING_WHY_NO_SHOW)
        return;
    world->tally.no_shows++;
    PROMISED(world, !office->used[rig], "B6", "a session that was used ends as unused");
    PROMISED(world, rig_durable(world->labs[rig]->rig)->lockout_count == 0, "B6",
             "a session ends as unused on a rig that is locked out");
    PROMISED(world, grace > 0 && world->now - office->begun_at[rig] >= grace, "B6",
             "a session ends as unused after %.3f s", (double)(world->now - office->begun_at[rig]) / 1e9);
}

/* While the rig is out nobody can use it. */
static void check_unused(struct world *world, uint16_t rig)
{
    struct office *office = &world->office;
    int64_t grace = office->policy.grace * MS;
    if (office->told[rig] != BOOKING_RIG_READY)
        office->idle_since[rig] = world->now;
    PROMISED(world,
             office->live[rig] == 0 || office->used[rig] || grace == 0 ||
                 world->now - office->idle_since[rig] <= grace + 1100 * MS,
             "B6", "nobody uses the session on rig %d, and it goes on", rig);
}

static void check_store(struct world *world, const struct booking_action *action)
{
    const struct booking *known = ledger_row(&world->ledger, action->booking.id);
    bool begins = action->booking.state == BOOKING_LIVE && (known == NULL || known->state != BOOKING_LIVE);
    if (begins) /* otherwise it is live already, and something else about it changed */
        PROMISED(world, world_wall(world) >= world->office.newest, "B8",
                 "a booking becomes live while the clock is behind");
    size_t made_room = 0;
    while (made_room < action->count && action->rows[made_room].id != 0)
        made_room++;
    for (size_t i = made_room; made_room == 0 && i < action->count; i++)
        check_asked(world, &action->rows[0], &action->rows[i]);
}

/* B1, B8: an end reaches the disk as soon as it has room: a crash later cannot open the session again. */
static void check_end_stored(struct world *world, struct promise *promise)
{
    int64_t since = promise->ended_at;
    promise->ended_at = 0;
    if (since == 0 || promise->settled || world->disk_full)
        return;
    if (world->disk_room_since > since)
        since = world->disk_room_since;
    PROMISED(world, world->crashed_at - since < 10 * S, "B1",
             "a session ended %lld s ago, and the ledger has not heard of it",
             (long long)((world->crashed_at - since) / S));
}

/* ---- what happens
 * --------------------------------------------------------------------------------------------- */

void promises_start(struct world *world)
{
    struct office *office = &world->office;
    office->newest = world->ledger.last_wall;
    memset(office->live, 0, sizeof office->live);
    for (uint64_t id = 1; id <= world->ledger.row_count; id++)
        check_kept(world, id);
    changes_start(world);
    queue_start(world);
    for (uint64_t id = 1; id <= office->promise_room; id++)
        check_end_stored(world, &office->promises[id - 1]);
    for (uint64_t id = world->ledger.row_count + 1; id <= office->promise_room; id++)
        PROMISED(world, !office->promises[id - 1].answered, "B1", "booking %llu is lost",
                 (unsigned long long)id);
}

void promises_event(struct world *world, const struct booking_event *event)
{
    struct office *office = &world->office;
    int64_t wall = world_wall(world);
    if (event->kind == BOOKING_EVENT_CLOCK || (event->kind == BOOKING_EVENT_TIME && wall > office->newest))
        office->newest = wall;
    changes_asked(world, event);
    queue_asked(world, event);
}

void promises_action(struct world *world, const struct booking_action *action)
{
    switch (action->kind) {
    case BOOKING_ACTION_STORE:
        changes_sent(world, action);
        check_store(world, action);
        break;
    case BOOKING_ACTION_ANSWER:
        answered(world, action);
        break;
    case BOOKING_ACTION_BEGIN:
        check_begin(world, action);
        break;
    case BOOKING_ACTION_END:
        PROMISED(world, world->office.live[action->booking.rig] == action->booking.id, "B2",
                 "a session ends that is not live");
        check_grace(world, action);
        world->office.live[action->booking.rig] = 0;
        promise_of(world, action->booking.id)->ended_at = world->now;
        break;
    case BOOKING_ACTION_EXTEND:
        PROMISED(world, world->office.live[action->booking.rig] == action->booking.id, "B2",
                 "a session gets another end that is not live");
        world->office.until[action->booking.rig] = action->until;
        break;
    case BOOKING_ACTION_NOTIFY:
        changes_note(world, action);
        queue_note(world, action);
        break;
    default:
        break;
    }
}

/* An end that is on the disk is for ever. */
void promises_stored(struct world *world, const struct booking *row)
{
    struct promise *promise = promise_of(world, row->id);
    PROMISED(world, !promise->settled || !ledger_is_open(row), "B8", "booking %llu is reopened",
             (unsigned long long)row->id);
    promise->settled |= !ledger_is_open(row);
    changes_stored(world, row);
}

/* B8: a clock that is set back lengthens no session. And a rig has a session only while its booking is live.
 */
void promises_after(struct world *world)
{
    struct office *office = &world->office;
    changes_after(world);
    queue_after(world);
    for (uint16_t i = 0; i < world->lab_count; i++) {
        const struct lab *lab = world->labs[i];
        uint64_t session = rig_session(lab->rig);
        check_unused(world, i);
        PROMISED(world, office->live[i] == 0 || world->now <= office->until[i] + 1100 * MS, "B8",
                 "a session goes on after its end");
        PROMISED(world, session == 0 || (office->live[i] != 0 && session == lab->session), "S4",
                 "rig %d has a session that is not live", i);
    }
}
