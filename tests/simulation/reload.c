/* reload.c - another configuration while the laboratory goes on, as gateway/control/reload.c takes it up:
 * rigs that change are made safe, their lines end, and each gets a new core with what the old one remembers;
 * the others and the timetable go on. */
#include "tests/simulation/oracle.h"
#include "tests/simulation/world.h"

#include <stdlib.h>
#include <string.h>

#define MINUTE        (60 * S)
#define CLOSE_AT_MOST (30 * S)

static void close_rig(struct world *world, struct lab *lab)
{
    const struct booking *live = timetable_live(world->office.timetable, lab->index);
    lab->closing = true;
    office_look(world);
    if (live) {
        struct booking_event event = {.kind = BOOKING_EVENT_CANCEL};
        event.cancel.booking = live->id;
        event.cancel.by_lab = event.cancel.changes = true;
        office_handle(world, &event);
    }
    lab_handle(lab, &(struct rig_event){.kind = RIG_EVENT_SHUTDOWN});
}

static void begin(struct world *world)
{
    struct random *random = &world->random;
    uint16_t certain = (uint16_t)random_below(random, world->lab_count);
    world->reload.closing = true;
    world->reload.until = world->now + CLOSE_AT_MOST;
    for (uint16_t i = 0; i < world->lab_count; i++)
        if (i == certain || random_chance(random, 0.3))
            close_rig(world, world->labs[i]);
}

static bool is_made_safe(const struct lab *lab)
{
    bool answers = false;
    for (size_t i = 0; i < INSTRUMENTS; i++)
        answers |= lab->oracle.up[i];
    return !answers || !rig_is_making_safe(lab->rig);
}

static bool all_made_safe(const struct world *world)
{
    bool made = true;
    for (uint16_t i = 0; i < world->lab_count; i++)
        made &= !world->labs[i]->closing || world->labs[i]->closed || is_made_safe(world->labs[i]);
    return made || world->now >= world->reload.until;
}

/* What is in flight comes to its end. */
static bool end_lines(struct world *world)
{
    bool ended = true;
    for (uint16_t i = 0; i < world->lab_count; i++) {
        struct lab *lab = world->labs[i];
        if (!lab->closing)
            continue;
        lab->closed = true;
        lab->next = 0;
        for (size_t k = 0; k < LINKS; k++)
            ended &= lab->lines[k].flight == IDLE;
    }
    return ended;
}

enum { COMING_MAX = 512 };

/* What holds a rig's time, as numbers. */
struct coming {
    uint64_t ids[COMING_MAX];
    int64_t starts[COMING_MAX], ends[COMING_MAX];
    size_t count;
};

static void list_coming(const struct world *world, uint16_t rig, struct coming *coming)
{
    const struct booking *list[COMING_MAX];
    coming->count = timetable_coming(world->office.timetable, rig, list, COMING_MAX);
    for (size_t i = 0; i < coming->count; i++) {
        coming->ids[i] = list[i]->id;
        coming->starts[i] = list[i]->starts;
        coming->ends[i] = list[i]->ends;
    }
}

static void check_coming(struct world *world, uint16_t rig, const struct coming *before)
{
    struct coming after;
    list_coming(world, rig, &after);
    bool same = after.count == before->count;
    for (size_t i = 0; same && i < after.count; i++)
        same = after.ids[i] == before->ids[i] && after.starts[i] == before->starts[i] &&
               after.ends[i] == before->ends[i];
    if (!same)
        world_fail(world,
                   "B2: another configuration changed the bookings of rig %u: %zu were there, and %zu are",
                   rig, before->count, after.count);
}

/* Groups, schools and capabilities keep their numbers here; tests/unit/booking has others. */
static void reconfigure(struct world *world)
{
    uint16_t groups[OFFICE_GROUPS], schools[OFFICE_GROUPS], capabilities[64];
    for (uint16_t i = 0; i < 64; i++)
        capabilities[i] = i + 1;
    for (uint16_t i = 0; i < OFFICE_GROUPS; i++) {
        groups[i] = i + 1;
        schools[i] = i;
        world->office.schools[i].weight = (double)(1 + random_below(&world->random, 3));
    }
    const struct timetable_setup setup = office_setup(world);
    const struct timetable_numbers numbers = {groups, capabilities, schools};
    struct coming coming[RIGS];
    for (uint16_t i = 0; i < world->lab_count; i++)
        list_coming(world, i, &coming[i]);
    if (!timetable_reconfigure(world->office.timetable, &setup, &numbers))
        exit(2);
    for (uint16_t i = 0; i < world->lab_count; i++)
        check_coming(world, i, &coming[i]);
}

static void take_up(struct world *world)
{
    world->tally.reload++;
    reconfigure(world);
    for (uint16_t i = 0; i < world->lab_count; i++)
        if (world->labs[i]->closing) {
            if (world->office.live[i] != 0)
                world_fail(world, "S4: the new core of rig %u knows nothing of its session", i);
            lab_exchange(world->labs[i]);
        }
    reload_forget(world);
}

void reload_forget(struct world *world)
{
    world->reload.closing = false;
    world->reload.at = INT64_MAX;
    if (world->weather.reload && !world->calm)
        world->reload.at = world->now + random_time(&world->random, S, 40 * MINUTE);
    for (uint16_t i = 0; i < world->lab_count; i++)
        world->labs[i]->closing = world->labs[i]->closed = false;
}

void reload_step(struct world *world)
{
    world->reload.at = world->now + 20 * MS;
    if (!world->reload.closing)
        begin(world);
    else if (all_made_safe(world) && timetable_is_settled(world->office.timetable) && end_lines(world))
        take_up(world);
}
