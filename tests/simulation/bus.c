/* bus.c - messages between people and the gateway. Some are lost, some arrive twice, some late and after
 * others. When the bus process dies, all that is in it is gone, and so are the connections; what control
 * answers to a request of the old bus reaches nobody. */
#include "tests/simulation/world.h"

#include <string.h>

static void plan(struct bus *bus)
{
    bus->next = INT64_MAX;
    for (size_t i = 0; i < bus->count; i++)
        if (bus->messages[i].at < bus->next)
            bus->next = bus->messages[i].at;
}

static void put(struct world *world, const struct message *message)
{
    struct bus *bus = &world->bus;
    if (bus->count == MESSAGES)
        return; /* lost: a connection has only so many requests under way */
    struct message *copy = &bus->messages[bus->count++];
    *copy = *message;
    int64_t late = random_time(&world->random, MS, 30 * MS);
    if (world->weather.delay && random_chance(&world->random, 0.05))
        late = random_time(&world->random, 30 * MS, 3 * S);
    copy->at = world->now + late;
    copy->event.command.age +=
        message->kind == MESSAGE_RIG && message->event.kind == RIG_EVENT_COMMAND ? late : 0;
    if (copy->at < bus->next)
        bus->next = copy->at;
}

void bus_send(struct world *world, const struct message *message)
{
    if (world->weather.loss && random_chance(&world->random, 0.05)) {
        world->tally.loss++;
        return;
    }
    put(world, message);
    if (world->weather.doubles && random_chance(&world->random, 0.05)) {
        world->tally.doubles++;
        put(world, message);
    }
}

static void arrive(struct world *world, const struct message *message)
{
    struct lab *lab = world->labs[message->lab];
    switch (message->kind) {
    case MESSAGE_RIG:
        people_message(lab, message);
        break;
    case MESSAGE_ANSWER:
        people_told(lab, message);
        break;
    case MESSAGE_BOOK:
    case MESSAGE_CHANGE:
        office_message(world, message);
        break;
    case MESSAGE_BOOKED:
        clients_answer(world, message);
        break;
    }
}

void bus_step(struct world *world)
{
    struct bus *bus = &world->bus;
    for (size_t i = 0; i < bus->count;) {
        if (bus->messages[i].at > world->now) {
            i++;
            continue;
        }
        struct message message = bus->messages[i];
        world->tally.delay += i > 0;
        bus->messages[i] = bus->messages[--bus->count];
        arrive(world, &message);
    }
    plan(bus);
}

void bus_crash(struct world *world)
{
    world->bus.count = 0;
    world->bus.next = INT64_MAX;
    world->bus.generation++;
    for (uint16_t i = 0; i < world->lab_count; i++)
        people_disconnected(world->labs[i]);
    for (size_t i = 0; i < CLIENTS; i++)
        if (world->office.clients[i].waits) /* and asks again under the same key */
            world->office.clients[i].next = world->now + random_time(&world->random, S / 10, 10 * S);
}
