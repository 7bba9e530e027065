/* plant.h - a simulated machine: a structure, a step of time, and tables that name its members.
 *
 * Plants are pure: no clock, no input or output, no memory of their own, so that hundreds can live in one
 * process and a test can run hours of one in a moment. */
#ifndef DRIVERS_SIM_PLANT_H
#define DRIVERS_SIM_PLANT_H

#include "drivers/sim/registers.h"

struct plant_kind {
    const char *name;  /* "tank" */
    const char *title; /* one line for people */
    size_t size;       /* bytes of the structure */
    void (*init)(void *plant);
    void (*step)(void *plant, double seconds); /* 0.001 to 0.02 s */
    const struct register_map *map;
    const struct field *fields; /* ends with a NULL name */
    /* Puts the state right after a field was set from outside. NULL: nothing depends on fields. */
    void (*forced)(void *plant, size_t offset);
};

extern const struct plant_kind tank_kind, motor_kind;

/* The supervision that both machines keep of their master: outputs drop when the heartbeat register stops
 * changing. Armed by the first change, so that a master without a heartbeat can use the machine. */
struct plant_watchdog {
    bool armed, dropped;
    uint16_t last;
    double silent; /* s since the last change */
};

/* True while outputs must stay off. `limit` s without a change drop them; the next change ends the drop. */
bool plant_watchdog_step(struct plant_watchdog *watchdog, uint16_t heartbeat, double limit, double seconds);

#endif
