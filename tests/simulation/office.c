/* office.c - the timetable's shell, as gateway/control/sessions.c is one. */
#include "tests/simulation/world.h"

#include "gateway/control/service.h"

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

uint16_t office_group(uint64_t account)
{
    return account % (OFFICE_GROUPS + 1) == 0 ? BOOKING_NO_GROUP : (uint16_t)(account % (OFFICE_GROUPS + 1));
}

const struct booking_policy *office_policy(const struct office *office, uint16_t group)
{
    return group == BOOKING_NO_GROUP ? &office->policy : &office->policies[group - 1];
}

static void open_groups(struct world *world)
{
    struct office *office = &world->office;
    struct random *random = &world->random;
    for (size_t i = 0; i < OFFICE_GROUPS; i++) {
        office->policies[i] = office->policy;
        office->policies[i].name = "group";
        office->policies[i].extend = random_chance(random, 0.8);
        office->policies[i].substitute = random_chance(random, 0.6);
        if (random_chance(random, 0.3))
            office->policies[i].approval = POLICY_APPROVAL_TEACHER;
        if (random_chance(random, 0.3))
            office->policies[i].cancel_until = random_time(random, 0, 10 * MINUTE_MS);
        office->schools[i].weight = (double)(1 + random_below(random, 3));
        office->groups[i] = (struct timetable_group){(uint16_t)i, 1, &office->policies[i]};
    }
    office->offer = random_time(random, 10 * SECOND_MS, 2 * MINUTE_MS);
    office->rehome_ahead = random_time(random, MINUTE_MS, 20 * MINUTE_MS);
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
            .capabilities = 1 + random_below(random, 3),
        };
    }
    office->policy = (struct booking_policy){
        .name = "everybody", .qualification = "", .rehearsal = "", .extend = true, .substitute = true};
    if (random_chance(random, 0.5)) /* B6 */
        office->policy.grace = random_time(random, 20 * SECOND_MS, 5 * MINUTE_MS);
    office->actions.capacity = timetable_actions_bound(world->lab_count);
    office->actions.list = calloc(office->actions.capacity, sizeof *office->actions.list);
    if (!office->actions.list)
        exit(2);
    open_groups(world);
    clients_open(world);
}

/* ---- actions out
 * ---------------------------------------------------------------------------------------------- */

static void answer(struct world *world, const struct booking_action *action)
{
    struct office *office = &world->office;
    size_t slot = action->request % MESSAGES;
    if (action->request == 0)
        return; /* the gateway itself asked */
    if (!office->requests[slot].open)
        world_fail(world, "booking request %llu is answered twice, or was never made",
                   (unsigned long long)action->request);
    office->requests[slot].open = false;
    queue_answered(world, action, &office->requests[slot].event);
    struct message message = {.kind = MESSAGE_BOOKED,
                              .change = office->requests[slot].event,
                              .last = action->ticket,
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

static void extend(struct world *world, const struct booking_action *action)
{
    struct lab *lab = world->labs[action->booking.rig];
    struct rig_event event = {.kind = RIG_EVENT_SESSION_END_AT};
    event.session_begin.session = lab->session;
    event.session_begin.ends = action->until;
    lab->session_until = action->until;
    lab_handle(lab, &event);
}

static void end(struct world *world, const struct booking_action *action)
{
    struct lab *lab = world->labs[action->booking.rig];
    lab->session = 0;
    lab_handle(lab, &(struct rig_event){.kind = RIG_EVENT_SESSION_END});
}

static bool put_place(struct world *world, const struct booking_action *action)
{
    struct ledger_request request = {.kind = LEDGER_PLACE, .ticket = action->ticket};
    if (action->kind == BOOKING_ACTION_PUT_TICKET) {
        request.ticket = action->place.id;
        request.place.ticket = action->place;
        if (action->place.offered != NULL)
            request.place.offered = *action->place.offered;
    }
    return ledger_put(world, &request);
}

/* What the ledger's queue had no room for. */
static struct booking_event refused_by_ledger(const struct booking_action *action)
{
    struct booking_event event = {
        .kind = BOOKING_EVENT_STORED, .stored = {.ticket = action->ticket, .result = BOOKING_STORED_FAILED}
    };
    if (action->kind == BOOKING_ACTION_STORE)
        return event;
    event = (struct booking_event){.kind = BOOKING_EVENT_TICKET};
    event.ticket.id = action->kind == BOOKING_ACTION_PUT_TICKET ? action->place.id : action->ticket;
    return event;
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
               (long long)action->booking.ends,
               action->kind == BOOKING_ACTION_NOTIFY ? booking_note_name(action->note)
                                                     : booking_result_name(action->result));
    promises_action(world, action);
    switch (action->kind) {
    case BOOKING_ACTION_STORE: {
        struct ledger_request request = {.kind = LEDGER_BOOKING,
                                         .ticket = action->ticket,
                                         .rows = (struct booking *)action->rows, /* copied */
                                         .count = action->count,
                                         .drops = action->drops};
        if (action->count == 0 || action->count > ROWS)
            world_fail(world, "the ledger is asked to store %zu bookings", action->count);
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
    case BOOKING_ACTION_EXTEND:
        extend(world, action);
        break;
    case BOOKING_ACTION_NOTIFY:
        clients_note(world, action);
        break;
    case BOOKING_ACTION_PUT_TICKET:
    case BOOKING_ACTION_DROP_TICKET:
        return put_place(world, action);
    }
    return true;
}

void office_handle(struct world *world, const struct booking_event *event)
{
    struct office *office = &world->office;
    struct booking_time now = time_of(world);
    struct booking_event failed[64];
    size_t failed_count = 0;
    world->tally.booking_events++;
    office->busy = world->now / S == office->busy_second ? office->busy + 1 : 0;
    office->busy_second = world->now / S;
    if (office->busy > 2000)
        world_fail(world, "the timetable does not let time pass");
    if (world->trace)
        printf("%.6f timetable event %d (%llu), wall %lld\n", (double)world->now / 1e9, (int)event->kind,
               (unsigned long long)event->change.booking, (long long)now.wall);
    promises_event(world, event);
    office->actions.count = 0;
    timetable_handle(office->timetable, event, now, &office->actions);
    for (size_t i = 0; i < office->actions.count; i++)
        if (!carry_out(world, &office->actions.list[i]))
            failed[failed_count++] = refused_by_ledger(&office->actions.list[i]);
    while (failed_count > 0) {
        struct booking_event refused = failed[--failed_count];
        office->actions.count = 0;
        timetable_not_taken(office->timetable, &refused, now, &office->actions);
        for (size_t i = 0; i < office->actions.count; i++)
            if (!carry_out(world, &office->actions.list[i]))
                failed[failed_count++] = refused_by_ledger(&office->actions.list[i]);
    }
    office->due = timetable_next_deadline(office->timetable, now);
    promises_after(world);
}

/* ---- events in
 * ------------------------------------------------------------------------------------------------ */

struct timetable_setup office_setup(const struct world *world)
{
    const struct office *office = &world->office;
    return (struct timetable_setup){.rigs = office->rigs,
                                    .rig_count = world->lab_count,
                                    .shared_count = 1,
                                    .everybody = &office->policy,
                                    .schools = office->schools,
                                    .school_count = OFFICE_GROUPS,
                                    .groups = office->groups,
                                    .group_count = OFFICE_GROUPS,
                                    .half_life = 30 * MINUTE_MS,
                                    .offer = office->offer,
                                    .rehome_ahead = office->rehome_ahead};
}

void office_start(struct world *world)
{
    struct office *office = &world->office;
    const struct ledger *ledger = &world->ledger;
    const struct timetable_setup setup = office_setup(world);
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
    timetable_believe_ticket(office->timetable, ledger->last_place);
    for (size_t i = 0; i < ledger->place_count; i++) {
        struct timetable_ticket place = ledger->places[i].ticket;
        place.offered = ledger->places[i].offered.ends != 0 ? &ledger->places[i].offered : NULL;
        if (!timetable_load_ticket(office->timetable, &place))
            world_fail(world, "place %llu of the ledger does not fit the queue",
                       (unsigned long long)place.id);
    }
    for (size_t i = 0; i < RIGS; i++)
        office->told[i] = BOOKING_RIG_READY;
    memset(office->told_closing, 0, sizeof office->told_closing);
    memset(office->present, 0, sizeof office->present);
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

void office_place_stored(struct world *world, uint64_t ticket, bool stored)
{
    struct booking_event event = {.kind = BOOKING_EVENT_TICKET};
    event.ticket.id = ticket;
    event.ticket.stored = stored;
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
    office->requests[slot].count = message->kind == MESSAGE_BOOK                      ? message->count
                                   : message->change.kind == BOOKING_EVENT_TAKE_OFFER ? 1
                                                                                      : 0;
    office->requests[slot].repeats =
        message->kind == MESSAGE_BOOK &&
        ledger_row_with_key(&world->ledger, message->booking.account, message->booking.key) != NULL;
    struct booking_event event = message->change;
    event.request = id;
    if (message->kind == MESSAGE_BOOK) {
        event = (struct booking_event){.kind = BOOKING_EVENT_BOOK, .request = id};
        event.book.account = message->booking.account;
        event.book.wishes = message->wishes;
        event.book.count = message->count;
        event.book.key = message->booking.key;
        event.book.group = office_group(message->booking.account);
    }
    office->requests[slot].event = event;
    office->requests[slot].event.request = 0;
    if (message->kind == MESSAGE_BOOK) {
        office->requests[slot].event.book.wishes = NULL; /* they are the message's */
        office->requests[slot].event.book.key = NULL;
    }
    office_handle(world, &event);
}

int64_t office_next(const struct world *world)
{
    int64_t next = clients_next(world);
    return world->office.due < next ? world->office.due : next;
}

void office_step(struct world *world)
{
    if (world->office.due <= world->now)
        office_handle(world, &(struct booking_event){.kind = BOOKING_EVENT_TIME});
    clients_step(world);
}

/* As control/sessions.c does it, after everything that may have changed a rig. */
void office_look(struct world *world)
{
    struct office *office = &world->office;
    for (uint16_t i = 0; i < world->lab_count; i++) {
        struct booking_event event = {.kind = BOOKING_EVENT_RIG_STATE};
        event.rig_state.rig = i;
        event.rig_state.state = service_of(world->labs[i]->rig, world->labs[i]->closing);
        event.rig_state.closing = world->labs[i]->closing;
        if (event.rig_state.state == office->told[i] && event.rig_state.closing == office->told_closing[i])
            continue;
        office->told_closing[i] = event.rig_state.closing;
        office->told[i] = event.rig_state.state;
        office->told_at[i] = world->now;
        office_handle(world, &event);
    }
}
