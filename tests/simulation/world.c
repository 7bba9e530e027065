/* world.c - time, and what befalls the gateway's machine: crashes, a full disk, a clock that jumps. */
#include "tests/simulation/world.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define EPOCH_WALL 1767225600000LL /* 2026-01-01, ms */
#define MINUTE     (60 * S)
#define NEVER      INT64_MAX

int64_t world_wall(const struct world *world)
{
    return world->now / MS + world->wall_offset;
}

void world_fail(struct world *world, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    printf("FAILED seed %" PRIu64 " at %.6f s: ", world->seed, (double)world->now / 1e9);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\nreproduce: make simulate SEED=%" PRIu64 " HOURS=%g%s\n", world->seed, world->hours,
           world->calm ? " CALM=1" : "");
    fflush(stdout);
    exit(1);
}

static void note(const struct world *world, const char *what)
{
    if (world->trace)
        printf("%.6f %s\n", (double)world->now / 1e9, what);
}

static void choose_weather(struct world *world)
{
    bool fair = random_chance(&world->random, 0.1) || world->calm;
#define CHOOSE(name, text) world->weather.name = random_chance(&world->random, 0.6) && !fair;
    WEATHER(CHOOSE)
#undef CHOOSE
}

static int64_t after(struct world *world, bool happens, int64_t least, int64_t most)
{
    int64_t time = world->now + random_time(&world->random, least, most);
    return happens && !world->calm ? time : NEVER;
}

static void open_world(struct world *world)
{
    world->now = S;
    world->wall_offset = EPOCH_WALL;
    choose_weather(world);
    world->lab_count = world->calm ? 1 : (uint16_t)(1 + random_below(&world->random, RIGS));
    if (random_chance(&world->random, 0.5))
        world->lab_count = 1;
    world->crash_at = after(world, world->weather.control_crash, 0, 30 * MINUTE);
    world->bus_crash_at = after(world, world->weather.bus_crash, 0, 10 * MINUTE);
    world->disk_at = after(world, world->weather.full_disk, 0, 20 * MINUTE);
    world->clock_at = after(world, world->weather.clock_jump, 0, 30 * MINUTE);
    world->bus.next = NEVER;
    office_open(world);
    for (uint16_t i = 0; i < world->lab_count; i++) {
        struct lab *lab = world->labs[i] = calloc(1, sizeof *lab);
        if (!lab)
            exit(2);
        lab->world = world;
        lab->index = i;
        lab->now = world->now;
        lab->random.state = random_next(&world->random);
        lab_open(lab);
    }
}

static void start(struct world *world)
{
    ledger_start(world);
    reload_forget(world);
    for (uint16_t i = 0; i < world->lab_count; i++) {
        world->labs[i]->now = world->now;
        lab_start(world->labs[i]);
    }
    office_start(world);
}

/* kill -9, or the power: what was on its way to the disk is there or not, whoever waits for an answer gets
 * none, and a machine without a battery for its clock comes back in the past. */
static void crash(struct world *world)
{
    note(world, "CRASH of control");
    world->crash_wanted = false;
    world->crashed_at = world->now;
    world->tally.control_crash++;
    ledger_crash(world);
    bus_crash(world);
    for (uint16_t i = 0; i < world->lab_count; i++)
        lab_die(world->labs[i]);
    office_die(world);
    world->now += random_time(&world->random, 10 * MS, random_chance(&world->random, 0.1) ? MINUTE : 5 * S);
    if (world->weather.bad_clock && random_chance(&world->random, 0.3)) {
        world->tally.bad_clock++;
        world->wall_offset -= random_time(&world->random, S / MS, 100 * MINUTE / MS);
    }
    start(world);
}

static void jump_clock(struct world *world)
{
    int64_t right = EPOCH_WALL;
    note(world, "the clock jumps");
    world->tally.clock_jump++;
    if (world->wall_offset != right && random_chance(&world->random, 0.6))
        world->wall_offset = right;
    else
        world->wall_offset += random_time(&world->random, -20 * MINUTE / MS, 20 * MINUTE / MS);
}

static void turn_disk(struct world *world)
{
    world->disk_full = !world->disk_full;
    world->disk_room_since = world->now;
    note(world, world->disk_full ? "the disk is full" : "the disk has room");
    world->tally.full_disk += world->disk_full;
    world->disk_at = world->disk_full ? world->now + random_time(&world->random, S, 5 * MINUTE)
                                      : after(world, true, MINUTE, 20 * MINUTE);
}

static int64_t earliest(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t next_instant(const struct world *world)
{
    int64_t next = earliest(earliest(world->crash_at, world->bus_crash_at), world->disk_at);
    next = earliest(next, earliest(world->clock_at, world->ledger.commit_at));
    next = earliest(next, earliest(world->bus.next, office_next(world)));
    next = earliest(next, world->reload.at);
    for (uint16_t i = 0; i < world->lab_count; i++)
        next = earliest(next, lab_next(world->labs[i]));
    return next;
}

static void befall(struct world *world)
{
    struct random *random = &world->random;
    if (world->disk_at <= world->now)
        turn_disk(world);
    if (world->clock_at <= world->now) {
        jump_clock(world);
        world->clock_at = after(world, true, S, 30 * MINUTE);
    }
    if (world->bus_crash_at <= world->now) {
        note(world, "CRASH of the bus");
        world->tally.bus_crash++;
        bus_crash(world);
        /* Now and then another, before everybody is back. */
        int64_t most = random_chance(random, 0.2) ? 5 * S : 10 * MINUTE;
        world->bus_crash_at = after(world, true, S / 10, most);
    }
    if (world->crash_at <= world->now || world->crash_wanted) {
        crash(world);
        int64_t most = random_chance(random, 0.2) ? 10 * S : 40 * MINUTE;
        world->crash_at = after(world, world->weather.control_crash, S / 10, most);
    }
}

/* In the order of the gateway's loop: lines, messages, what threads have finished, what is due. */
static void step(struct world *world)
{
    int64_t next = next_instant(world);
    world->now = next > world->now ? next : world->now;
    if (random_chance(&world->random, 0.05))
        world->now += random_time(&world->random, 0, MS); /* the loop wakes late */
    for (uint16_t i = 0; i < world->lab_count; i++) {
        world->labs[i]->now = world->now;
        if (lab_next(world->labs[i]) <= world->now)
            lab_step(world->labs[i]);
    }
    if (world->bus.next <= world->now)
        bus_step(world);
    if (world->ledger.commit_at <= world->now)
        ledger_step(world);
    office_look(world);
    if (office_next(world) <= world->now)
        office_step(world);
    if (world->reload.at <= world->now)
        reload_step(world);
    befall(world);
}

void world_run(struct world *world)
{
    open_world(world);
    start(world);
    int64_t end = (int64_t)(world->hours * 3600e9);
    while (world->now < end)
        step(world);
    for (uint16_t i = 0; i < world->lab_count; i++)
        lab_close(world->labs[i]);
    office_die(world);
    free(world->office.actions.list);
    free(world->office.promises);
    free(world->ledger.rows);
}
