/* clients.c - the people who book: they ask under the same key until they have an answer, for rigs by name
 * and by capability, change what they and others have, wait in the queue, take what they are offered or not,
 * and come and go. */
#include "tests/simulation/world.h"

#include <stdio.h>
#include <string.h>

enum { SECOND_MS = 1000, MINUTE_MS = 60000 };

void clients_open(struct world *world)
{
    struct client *clients = world->office.clients;
    for (size_t i = 0; i < CLIENTS; i++)
        clients[i] = (struct client){.account = i == 0 ? 40 : i, .next = world->now}; /* 40 never comes */
}

void client_key(const struct client *client, uint64_t number, char key[BOOKING_KEY_MAX])
{
    snprintf(key, BOOKING_KEY_MAX, "%llu of %llu", (unsigned long long)number,
             (unsigned long long)client->account);
}

/* ---- bookings
 * ------------------------------------------------------------------------------------------------ */

static void ask(struct world *world, size_t index)
{
    struct client *client = &world->office.clients[index];
    struct message message = {
        .kind = MESSAGE_BOOK, .person = index, .sequence = client->number, .count = client->count};
    message.booking.account = client->account;
    memcpy(message.wishes, client->wishes, sizeof message.wishes);
    client_key(client, client->number, message.booking.key);
    bus_send(world, &message);
}

static void choose_time(struct world *world, struct booking_wish *wish, uint16_t rig, size_t index)
{
    struct random *random = &world->random;
    int64_t wall = world_wall(world), from = world->office.free_from[rig];
    bool far = from < wall || from > wall + 60 * MINUTE_MS;
    wish->starts = (far ? wall : from) + random_time(random, 0, 90 * SECOND_MS) +
                   (int64_t)index * random_time(random, 0, 20 * MINUTE_MS);
    if (random_chance(random, 0.2))
        wish->starts = wall + random_time(random, -MINUTE_MS, 120 * MINUTE_MS);
    wish->ends = wish->starts + random_time(random, 30 * SECOND_MS, 20 * MINUTE_MS);
    if (random_chance(random, 0.02))
        wish->ends = wish->starts - random_time(random, 0, MINUTE_MS);
}

/* Mostly what follows the last booking, sometimes what is taken, over or too long; sometimes several at once.
 */
static void choose(struct world *world, struct client *client)
{
    struct random *random = &world->random;
    client->number++;
    client->count = random_chance(random, 0.2) ? 2 + random_below(random, BUNDLE - 1) : 1;
    for (size_t i = 0; i < client->count; i++) {
        uint16_t rig = (uint16_t)random_below(random, world->lab_count);
        bool any = random_chance(random, 0.3);
        client->wishes[i] =
            (struct booking_wish){.rig = any ? BOOKING_ANY_RIG : rig,
                                  .capability = any ? (uint16_t)(1 + random_below(random, 2)) : 0,
                                  .code = ""};
        choose_time(world, &client->wishes[i], rig, i);
    }
}

/* ---- changes, and the queue
 * ---------------------------------------------------------------------------------- */

static void send_change(struct world *world, size_t index, const struct booking_event *event)
{
    struct message message = {.kind = MESSAGE_CHANGE, .person = index, .change = *event};
    bus_send(world, &message);
}

/* What they got last, or whatever there is. */
static uint64_t some_booking(struct world *world, const struct client *client)
{
    size_t rows = world->ledger.row_count;
    if (client->booking > 0 && random_chance(&world->random, 0.6))
        return client->booking;
    return rows == 0 ? 1 : rows - random_below(&world->random, rows < 8 ? rows : 8);
}

/* A scheduler puts what is to come elsewhere: mostly a little later, sometimes to where it cannot be. */
static void put_elsewhere(struct world *world, size_t index)
{
    struct random *random = &world->random;
    const struct booking *row =
        ledger_row(&world->ledger, some_booking(world, &world->office.clients[index]));
    if (row == NULL)
        return;
    struct booking_event event = {.kind = BOOKING_EVENT_MOVE};
    event.move.booking = row->id;
    event.move.rig = random_chance(random, 0.5) ? row->rig : (uint16_t)random_below(random, world->lab_count);
    event.move.starts = row->starts + random_time(random, -5 * MINUTE_MS, 30 * MINUTE_MS);
    event.move.ends = event.move.starts + (row->ends - row->starts);
    if (random_chance(random, 0.2))
        event.move.ends += random_time(random, -MINUTE_MS, 10 * MINUTE_MS);
    send_change(world, index, &event);
}

static void change(struct world *world, size_t index)
{
    static const enum booking_event_kind kinds[] = {
        BOOKING_EVENT_CANCEL,   BOOKING_EVENT_CANCEL,  BOOKING_EVENT_EXTEND, BOOKING_EVENT_SHORTEN,
        BOOKING_EVENT_TRANSFER, BOOKING_EVENT_APPROVE, BOOKING_EVENT_APPROVE};
    struct random *random = &world->random;
    struct booking_event event = {.kind = kinds[random_below(random, sizeof kinds / sizeof *kinds)]};
    uint64_t id = some_booking(world, &world->office.clients[index]);
    const struct booking *row = ledger_row(&world->ledger, id);
    event.change.booking = id;
    if (event.kind == BOOKING_EVENT_TRANSFER) {
        event.transfer.account = world->office.clients[random_below(random, CLIENTS)].account;
        event.transfer.group = office_group(event.transfer.account);
    } else if (event.kind == BOOKING_EVENT_APPROVE)
        event.approve.granted = random_chance(random, 0.8);
    else if (event.kind != BOOKING_EVENT_CANCEL && row != NULL)
        event.change.ends =
            row->ends + random_time(random, 0, 3 * MINUTE_MS) * (event.kind == BOOKING_EVENT_EXTEND ? 1 : -1);
    send_change(world, index, &event);
}

static void wait_in_line(struct world *world, size_t index)
{
    struct random *random = &world->random;
    struct client *client = &world->office.clients[index];
    struct booking_event event = {.kind = BOOKING_EVENT_ENQUEUE};
    bool any = random_chance(random, 0.5);
    event.enqueue.account = client->account;
    event.enqueue.group = office_group(client->account);
    event.enqueue.rig = any ? BOOKING_ANY_RIG : (uint16_t)random_below(random, world->lab_count);
    event.enqueue.capability = any ? (uint16_t)(1 + random_below(random, 2)) : 0;
    event.enqueue.length = random_time(random, MINUTE_MS, 6 * MINUTE_MS);
    event.enqueue.until = world_wall(world) + random_time(random, MINUTE_MS, 30 * MINUTE_MS);
    send_change(world, index, &event);
}

static void stand_in_line(struct world *world, size_t index)
{
    struct random *random = &world->random;
    struct client *client = &world->office.clients[index];
    struct booking_event event = {.kind = BOOKING_EVENT_PRESENT};
    if (client->offered ? random_chance(random, 0.6) : random_chance(random, 0.05)) {
        event.kind = client->offered ? BOOKING_EVENT_TAKE_OFFER : BOOKING_EVENT_LEAVE;
        event.offer.ticket = client->ticket;
        event.offer.account = client->account;
        event.offer.code = "";
        send_change(world, index, &event);
    } else if (random_chance(random, 0.4)) { /* control hears of them, or no longer */
        event.present.account = client->account;
        event.present.present = random_chance(random, 0.7);
        office_handle(world, &event);
    }
}

static void client_step(struct world *world, size_t index)
{
    struct random *random = &world->random;
    struct client *client = &world->office.clients[index];
    client->next = world->now + random_time(random, S, world->calm ? 1200 * S : 120 * S);
    if (client->waits) {
        ask(world, index);
        return;
    }
    if (client->ticket != 0) {
        client->next = world->now + random_time(random, S, 20 * S);
        stand_in_line(world, index);
        return;
    }
    double die = random_between(random, 0, 1);
    if (die < 0.04) {
        put_elsewhere(world, index);
    } else if (die < 0.16) {
        change(world, index);
    } else if (die < 0.3) {
        wait_in_line(world, index);
    } else {
        choose(world, client);
        client->waits = true;
        client->next = world->now + random_time(random, S, 10 * S);
        ask(world, index);
    }
}

/* ---- what reaches them
 * --------------------------------------------------------------------------------------- */

static void take_booking(struct world *world, struct client *client, const struct booking *booking)
{
    int64_t *free_from = &world->office.free_from[booking->rig];
    client->booking = booking->id;
    if (booking->ends > *free_from || *free_from > world_wall(world) + 60 * MINUTE_MS)
        *free_from = booking->ends;
}

static void change_answered(struct world *world, struct client *client, const struct message *message)
{
    enum booking_event_kind asked = message->change.kind;
    bool gone = message->result == BOOKING_OK || message->result == BOOKING_UNKNOWN_TICKET;
    if (asked == BOOKING_EVENT_ENQUEUE && message->result == BOOKING_OK) {
        client->ticket = message->last;
        client->offered = false;
    } else if ((asked == BOOKING_EVENT_LEAVE || asked == BOOKING_EVENT_TAKE_OFFER) && gone &&
               message->change.offer.ticket == client->ticket) {
        client->ticket = 0;
        if (asked == BOOKING_EVENT_TAKE_OFFER && message->result == BOOKING_OK)
            take_booking(world, client, &message->booking);
    }
}

void clients_answer(struct world *world, const struct message *message)
{
    struct client *client = &world->office.clients[message->person];
    if (message->change.kind != BOOKING_EVENT_BOOK) {
        change_answered(world, client, message);
        return;
    }
    if (message->sequence == 0 || message->sequence != client->number || !client->waits)
        return;
    if (message->result == BOOKING_BUSY || message->result == BOOKING_NOT_STORED)
        return; /* asks again */
    client->waits = false;
    if (message->result == BOOKING_OK)
        take_booking(world, client, &message->booking);
}

void clients_note(struct world *world, const struct booking_action *note)
{
    for (size_t i = 0; i < CLIENTS; i++) {
        struct client *client = &world->office.clients[i];
        if (client->ticket == 0 || client->ticket != note->ticket)
            continue;
        client->offered = note->note == BOOKING_NOTE_OFFER;
        if (note->note == BOOKING_NOTE_OFFER_OVER || note->note == BOOKING_NOTE_GAVE_UP)
            client->ticket = 0;
    }
}

int64_t clients_next(const struct world *world)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < CLIENTS; i++)
        if (world->office.clients[i].next < next)
            next = world->office.clients[i].next;
    return next;
}

/* A technician sees that nothing starts, and says that the clock is right. */
static void vouch(struct world *world)
{
    bool plausible = timetable_clock_plausible(world->office.timetable, world_wall(world));
    if (plausible || !random_chance(&world->random, 0.02))
        return;
    world->tally.vouched++;
    office_handle(world, &(struct booking_event){.kind = BOOKING_EVENT_CLOCK});
}

void clients_step(struct world *world)
{
    for (size_t i = 0; i < CLIENTS; i++)
        if (world->office.clients[i].next <= world->now) {
            client_step(world, i);
            vouch(world);
        }
}
