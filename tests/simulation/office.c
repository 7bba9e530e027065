/* office.c - the timetable's shell, as gateway/control/sessions.c is one, and the people who book. A client
 * asks under the same key until it has an answer. */
#include "tests/simulation/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND_MS = 1000, MINUTE_MS = 60000 };

static struct booking_time time_of(const struct world *world)
{
    return (struct booking_time){.wall = world_wall(world), .monotonic = world->now};
}

static const uint16_t shared[] = {0};

bool office_overlap(const struct office *office, const struct booking *a, const struct booking *b)
{
    bool meets =
        a->rig == b->rig || (office->rigs[a->rig].shared_count > 0 && office->rigs[b->rig].shared_count > 0);
    return meets && a->starts - a->setup < b->ends + b->teardown &&
           b->starts - b->setup < a->ends + a->teardown;
}

void office_open(struct world *world)
{
    struct office *office = &world->office;
    struct random *random = &world->random;
    for (size_t i = 0; i < RIGS; i++) {
        bool margins = random_chance(random, 0.5);
        office->rigs[i] = (struct timetable_rig){
            .longest = random_chance(random, 0.5) ? 15 * MINUTE_MS : 0,
            .horizon = random_chance(random, 0.3) ? 120 * MINUTE_MS : 0,
            .setup = margins ? random_time(random, 0, 30 * SECOND_MS) : 0,
            .teardown = margins ? random_time(random, 0, 30 * SECOND_MS) : 0,
            .shared = shared,
            .shared_count = random_chance(random, 0.3),
        };
    }
    office->policy = (struct booking_policy){.name = "everybody", .qualification = "", .rehearsal = ""};
    if (random_chance(random, 0.5)) /* B6 */
        office->policy.grace = random_time(random, 20 * SECOND_MS, 5 * MINUTE_MS);
    office->actions.capacity = timetable_actions_bound(world->lab_count);
    office->actions.list = calloc(office->actions.capacity, sizeof *office->actions.list);
    if (!office->actions.list)
        exit(2);
    for (size_t i = 0; i < CLIENTS; i++)
        office->clients[i] =
            (struct client){.account = i == 0 ? 40 : i, .next = world->now}; /* 40 never comes */
}

/* ---- actions out
 * ---------------------------------------------------------------------------------------------- */

static void answer(struct world *world, const struct booking_action *action)
{
    struct office *office = &world->office;
    size_t slot = action->request % MESSAGES;
    if (!office->requests[slot].open)
        world_fail(world, "booking request %llu is answered twice, or was never made",
                   (unsigned long long)action->request);
    office->requests[slot].open = false;
    struct message message = {.kind = MESSAGE_BOOKED,
                              .person = office->requests[slot].client,
                              .sequence = office->requests[slot].number,
                              .result = action->result,
                              .booking = action->booking};
    world->tally.bookings += action->result == BOOKING_OK;
    world->tally.refused_bookings += action->result != BOOKING_OK;
    if (office->requests[slot].generation == world->bus.generation)
        bus_send(world, &message);
}

static void begin(struct world *world, const struct booking_action *action)
{
    struct lab *lab = world->labs[action->booking.rig];
    world->tally.sessions++;
    for (size_t i = 0; i < PEOPLE; i++)
        lab->people[i].seat = lab->people[i].sitting = 0;
    lab->session = action->booking.session;
    lab->session_until = action->until;
    struct rig_event event = {.kind = RIG_EVENT_SESSION_BEGIN};
    event.session_begin.session = lab->session;
    event.session_begin.ends = action->until;
    event.session_begin.student = !people_are_staff(lab, action->booking.account);
    lab->among_staff = !event.session_begin.student && random_chance(&world->random, 0.7);
    lab_handle(lab, &event);
}

static void end(struct world *world, const struct booking_action *action)
{
    struct lab *lab = world->labs[action->booking.rig];
    lab->session = 0;
    lab_handle(lab, &(struct rig_event){.kind = RIG_EVENT_SESSION_END});
}

/* False: the ledger's queue was full. */
static bool carry_out(struct world *world, const struct booking_action *action)
{
    if (world->trace)
        printf("    %s booking %llu rig %d state %d session %llu %lld..%lld %s\n",
               (const char *const[]){"store", "answer", "begin", "end", "extend", "notify", "put ticket",
                                     "drop ticket"}[action->kind],
               (unsigned long long)action->booking.id, action->booking.rig, (int)action->booking.state,
               (unsigned long long)action->booking.session, (long long)action->booking.starts,
               (long long)action->booking.ends, booking_result_name(action->result));
    promises_action(world, action);
    switch (action->kind) {
    case BOOKING_ACTION_STORE: {
        struct ledger_request request = {
            .kind = LEDGER_BOOKING, .ticket = action->ticket, .count = action->count};
        if (action->count == 0 || action->count > BUNDLE)
            world_fail(world, "the ledger is asked to store %zu bookings", action->count);
        memcpy(request.rows, action->rows, action->count * sizeof *action->rows);
        return ledger_put(world, &request);
    }
    case BOOKING_ACTION_ANSWER:
        answer(world, action);
        break;
    case BOOKING_ACTION_BEGIN:
        begin(world, action);
        break;
    case BOOKING_ACTION_END:
        end(world, action);
        break;
    default:
        break;
    }
    return true;
}

void office_handle(struct world *world, const struct booking_event *event)
{
    struct office *office = &world->office;
    struct booking_time now = time_of(world);
    uint64_t failed[64];
    size_t failed_count = 0;
    world->tally.booking_events++;
    if (world->trace)
        printf("%.6f timetable event %d, wall %lld\n", (double)world->now / 1e9, (int)event->kind,
               (long long)now.wall);
    promises_event(world, event);
    office->actions.count = 0;
    timetable_handle(office->timetable, event, now, &office->actions);
    for (size_t i = 0; i < office->actions.count; i++)
        if (!carry_out(world, &office->actions.list[i]))
            failed[failed_count++] = office->actions.list[i].ticket;
    while (failed_count > 0) {
        struct booking_event refused = {
            .kind = BOOKING_EVENT_STORED,
            .stored = {.ticket = failed[--failed_count], .result = BOOKING_STORED_FAILED}
        };
        office->actions.count = 0;
        timetable_handle(office->timetable, &refused, now, &office->actions);
        for (size_t i = 0; i < office->actions.count; i++)
            if (!carry_out(world, &office->actions.list[i]))
                failed[failed_count++] = office->actions.list[i].ticket;
    }
    office->due = timetable_next_deadline(office->timetable, now);
    promises_after(world);
}

/* ---- events in
 * ------------------------------------------------------------------------------------------------ */

void office_start(struct world *world)
{
    struct office *office = &world->office;
    const struct ledger *ledger = &world->ledger;
    const struct timetable_setup setup = {
        .rigs = office->rigs, .rig_count = world->lab_count, .shared_count = 1, .everybody = &office->policy};
    office->timetable = timetable_create(&setup, ledger->last_wall, ledger->next_session);
    if (!office->timetable)
        exit(2);
    for (size_t i = 0; i < ledger->row_count; i++) {
        struct booking row = ledger->rows[i];
        row.ticket = 0;
        bool recent = ledger_is_open(&row) || row.ends > ledger->last_wall - 60 * MINUTE_MS;
        if (recent && !timetable_load(office->timetable, &row))
            world_fail(world, "booking %llu of the ledger does not fit the timetable",
                       (unsigned long long)row.id);
    }
    promises_start(world);
    office_handle(world, &(struct booking_event){.kind = BOOKING_EVENT_TIME});
}

void office_die(struct world *world)
{
    timetable_destroy(world->office.timetable);
    memset(world->office.requests, 0, sizeof world->office.requests);
}

void office_stored(struct world *world, const struct ledger_request *request, enum booking_stored result)
{
    struct booking_event event = {.kind = BOOKING_EVENT_STORED};
    event.stored.ticket = request->ticket;
    event.stored.result = result;
    event.stored.rows = request->rows;
    event.stored.count = request->count;
    event.stored.at = request->at;
    office_handle(world, &event);
}

void office_joined(struct world *world, uint16_t rig, uint64_t account)
{
    struct office *office = &world->office;
    const struct booking *live = timetable_live(office->timetable, rig);
    if (live == NULL || live->account != account || office->used[rig])
        return;
    office->used[rig] = true;
    office_handle(world, &(struct booking_event){.kind = BOOKING_EVENT_USED, .used = {.booking = live->id}});
}

void office_message(struct world *world, const struct message *message)
{
    struct office *office = &world->office;
    uint64_t id = ++office->last_request;
    size_t slot = id % MESSAGES;
    if (office->requests[slot].open)
        world_fail(world, "a request to book or cancel was never answered");
    office->requests[slot].open = true;
    office->requests[slot].client = message->person;
    office->requests[slot].number = message->sequence;
    office->requests[slot].generation = world->bus.generation;
    office->requests[slot].count = message->kind == MESSAGE_BOOK ? message->count : 0;
    office->requests[slot].repeats =
        ledger_row_with_key(&world->ledger, message->booking.account, message->booking.key) != NULL;
    struct booking_event event = {.kind = BOOKING_EVENT_CANCEL, .request = id};
    if (message->kind == MESSAGE_CANCEL) {
        event.cancel.booking = message->booking.id;
    } else {
        event.kind = BOOKING_EVENT_BOOK;
        event.book.account = message->booking.account;
        event.book.wishes = message->wishes;
        event.book.count = message->count;
        event.book.key = message->booking.key;
    }
    office_handle(world, &event);
}

/* ---- people
 * --------------------------------------------------------------------------------------------------- */

static void ask(struct world *world, size_t index)
{
    struct client *client = &world->office.clients[index];
    struct message message = {
        .kind = MESSAGE_BOOK, .person = index, .sequence = client->number, .count = client->count};
    message.booking.account = client->account;
    memcpy(message.wishes, client->wishes, sizeof message.wishes);
    snprintf(message.booking.key, sizeof message.booking.key, "%llu", (unsigned long long)client->number);
    bus_send(world, &message);
}

/* Mostly what follows the last booking, sometimes what is taken, over or too long; sometimes several at once.
 */
static void choose(struct world *world, struct client *client)
{
    struct random *random = &world->random;
    struct office *office = &world->office;
    int64_t wall = world_wall(world);
    client->number++;
    client->count = random_chance(random, 0.2) ? 2 + random_below(random, BUNDLE - 1) : 1;
    for (size_t i = 0; i < client->count; i++) {
        struct booking_wish *wish = &client->wishes[i];
        *wish = (struct booking_wish){.rig = (uint16_t)random_below(random, world->lab_count), .code = ""};
        int64_t from = office->free_from[wish->rig];
        bool far = from < wall || from > wall + 60 * MINUTE_MS;
        wish->starts = (far ? wall : from) + random_time(random, 0, 90 * SECOND_MS) +
                       (int64_t)i * random_time(random, 0, 20 * MINUTE_MS);
        if (random_chance(random, 0.2))
            wish->starts = wall + random_time(random, -MINUTE_MS, 120 * MINUTE_MS);
        wish->ends = wish->starts + random_time(random, 30 * SECOND_MS, 20 * MINUTE_MS);
        if (random_chance(random, 0.02))
            wish->ends = wish->starts - random_time(random, 0, MINUTE_MS);
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
    if (client->booking > 0 && random_chance(random, 0.1)) {
        struct message message = {.kind = MESSAGE_CANCEL, .person = index};
        message.booking.id = client->booking;
        bus_send(world, &message);
        return;
    }
    choose(world, client);
    client->waits = true;
    client->next = world->now + random_time(random, S, 10 * S);
    ask(world, index);
}

void office_answer(struct world *world, const struct message *message)
{
    struct client *client = &world->office.clients[message->person];
    if (message->sequence == 0 || message->sequence != client->number || !client->waits)
        return;
    if (message->result == BOOKING_BUSY || message->result == BOOKING_NOT_STORED)
        return; /* asks again */
    client->waits = false;
    if (message->result != BOOKING_OK)
        return;
    client->booking = message->booking.id;
    int64_t *free_from = &world->office.free_from[message->booking.rig];
    if (message->booking.ends > *free_from || *free_from > world_wall(world) + 60 * MINUTE_MS)
        *free_from = message->booking.ends;
}

int64_t office_next(const struct world *world)
{
    int64_t next = world->office.due;
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

void office_step(struct world *world)
{
    struct office *office = &world->office;
    if (office->due <= world->now)
        office_handle(world, &(struct booking_event){.kind = BOOKING_EVENT_TIME});
    for (size_t i = 0; i < CLIENTS; i++)
        if (office->clients[i].next <= world->now) {
            client_step(world, i);
            vouch(world);
        }
}
