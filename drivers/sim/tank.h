/* tank.h - a heated water tank for process control, of the size of a bench trainer.
 *
 * Water comes from a reservoir through a pump and the fill valve and leaves by gravity through the drain
 * valve (outflow by Torricelli's law). A heating element with a mass of its own gives its heat to the water
 * that covers it; dry, it overheats until its thermal cut-out opens. Mass and energy are balanced; what
 * doesn't fit overflows, and at the boiling point heat makes steam instead of temperature.
 *
 * Units are m, L/min, degC, W, kg and s as the names say. */
#ifndef DRIVERS_SIM_TANK_H
#define DRIVERS_SIM_TANK_H

#include "drivers/sim/plant.h"

enum tank_alarm {
    TANK_ALARM_OVERTEMPERATURE = 1 << 0, /* water above the limit in the holding register */
    TANK_ALARM_OVERFLOW = 1 << 1,        /* the level switch at the brim */
    TANK_ALARM_DRY_HEATING = 1 << 2,     /* heater on without water over it */
    TANK_ALARM_WATCHDOG = 1 << 3,        /* outputs dropped: the heartbeat stopped; clears when it returns */
    TANK_ALARM_GUARD_OPEN = 1 << 4,
    TANK_ALARM_SENSOR = 1 << 5, /* the temperature sensor is broken */
    TANK_ALARM_CUTOUT = 1 << 6, /* the element's thermal cut-out is open; latched until the element is cold */
    TANK_ALARM_LOW_LEVEL = 1 << 7,
};

enum tank_control { TANK_LAMP = 1 << 0, TANK_BUZZER = 1 << 1, TANK_STIRRER = 1 << 2 };

enum tank_status { /* feedback of the control bits in the same places, then the machine's own state */
                   TANK_STATUS_LAMP = 1 << 0,
                   TANK_STATUS_BUZZER = 1 << 1,
                   TANK_STATUS_STIRRER = 1 << 2,
                   TANK_STATUS_PUMP = 1 << 3,
                   TANK_STATUS_HEATER = 1 << 4,
                   TANK_STATUS_LOCAL = 1 << 8,
                   TANK_STATUS_GUARD = 1 << 9,
};

struct tank {
    /* Commands, as the master writes them. In local mode the panel's switches overwrite them at each step. */
    bool heater, fill, drain;
    double pump; /* % */
    uint16_t controls, heartbeat, watchdog_ms;
    double temperature_limit, level_alarm, valve_travel; /* degC, m, s */

    /* The machine's own switches. */
    bool guard_closed, local_mode, sensor_ok;
    bool panel_heater, panel_fill, panel_drain;
    double panel_pump;

    /* State. Valve positions run from 0 closed to 1 open. */
    double mass, temperature, element_temperature; /* kg, degC, degC */
    double pump_speed, fill_position, drain_position;
    bool cutout;
    struct plant_watchdog watchdog;

    /* What the state looks like from outside; follows from it at each step. */
    double level, inflow, outflow, overflow, heater_power; /* m, L/min, L/min, L/min, W */
    double shown_temperature;                              /* NaN while the sensor is broken */
    bool heater_on, pump_on, fill_open, fill_closed, drain_open, drain_closed, level_high, level_low, dropped;
    uint16_t alarm, status;
    double volume_in, volume_out, steam, energy, uptime; /* L, L, kg, J into the element, s; totals */

    /* The build of the machine. */
    double area, height, element_height, pump_flow, drain_area;   /* m2, m, m, L/min at 100 %, m2 */
    double heater_rating, ambient, supply_temperature, heat_loss; /* W, degC, degC, W/K */
    char identification[FIELD_TEXT_MAX];
    uint32_t serial;
};

void tank_init(void *tank);
void tank_step(void *tank, double seconds);
void tank_forced(void *tank, size_t offset);

/* What the machine holds of energy above 0 degC, J; for checking the balance. */
double tank_energy(const struct tank *tank);

extern const struct register_map tank_map;
extern const struct field tank_fields[];

#endif
