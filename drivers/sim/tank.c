#include "drivers/sim/tank.h"

#include <math.h>
#include <stdio.h>

#define GRAVITY               9.80665
#define WATER_DENSITY         998.0   /* kg/m3 */
#define WATER_HEAT            4186.0  /* J/(kg K) */
#define WATER_VAPORISATION    2.257e6 /* J/kg */
#define BOILING               100.0   /* degC */
#define DISCHARGE_COEFFICIENT 0.62    /* sharp-edged orifice */
#define LEAST_MASS            0.05    /* kg; the film that stays, so that a temperature is defined */
#define ELEMENT_HEAT          400.0   /* J/K */
#define ELEMENT_TO_WATER      60.0    /* W/K, covered */
#define ELEMENT_TO_AIR        2.0     /* W/K */
#define CUTOUT_OPENS          250.0   /* degC */
#define CUTOUT_CLOSES         60.0    /* degC */
#define PUMP_LAG              0.3     /* s */

void tank_init(void *plant)
{
    struct tank *tank = plant;
    *tank = (struct tank){
        .watchdog_ms = 1000,
        .temperature_limit = 85,
        .level_alarm = 0.45,
        .valve_travel = 0.5,
        .guard_closed = true,
        .sensor_ok = true,
        .area = 0.016,
        .height = 0.5,
        .element_height = 0.08,
        .pump_flow = 12,
        .drain_area = 1.1e-4,
        .heater_rating = 2000,
        .ambient = 20,
        .supply_temperature = 15,
        .heat_loss = 4,
        .temperature = 20,
        .element_temperature = 20,
        .serial = 20240001,
    };
    tank->mass = 0.1 * tank->area * WATER_DENSITY;
    snprintf(tank->identification, sizeof tank->identification, "labsim-tank-1.0");
    tank_step(tank, 0);
}

/* The level is the water's, so forcing it pours water in or out, at the temperature of what is there. */
void tank_forced(void *plant, size_t offset)
{
    struct tank *tank = plant;
    if (offset == offsetof(struct tank, level))
        tank->mass = fmax(tank->level * tank->area * WATER_DENSITY, LEAST_MASS);
}

double tank_energy(const struct tank *tank)
{
    return tank->mass * WATER_HEAT * tank->temperature + ELEMENT_HEAT * tank->element_temperature;
}

static double approach(double value, double target, double step)
{
    return fabs(target - value) <= step ? target : value + copysign(step, target - value);
}

/* The PLC's program: what the outputs are, from the commands, the panel and the watchdog. */
static void run_program(struct tank *tank, double seconds)
{
    bool dropped = plant_watchdog_step(&tank->watchdog, tank->heartbeat, tank->watchdog_ms / 1000.0, seconds);
    if (tank->local_mode) {
        tank->heater = tank->panel_heater;
        tank->fill = tank->panel_fill;
        tank->drain = tank->panel_drain;
        tank->pump = tank->panel_pump;
    } else if (dropped) {
        /* The commands themselves are cleared, so that nothing starts by itself when the heartbeat returns.
         */
        tank->heater = tank->fill = false;
        tank->drain = true; /* a normally-open valve: without power it opens */
        tank->pump = 0;
        tank->controls &= (uint16_t) ~(TANK_LAMP | TANK_BUZZER | TANK_STIRRER);
    }
    tank->dropped = dropped;
}

static void move_actuators(struct tank *tank, double seconds)
{
    double travel = seconds / fmax(tank->valve_travel, 1e-3);
    tank->fill_position = approach(tank->fill_position, tank->fill, travel);
    tank->drain_position = approach(tank->drain_position, tank->drain, travel);
    tank->pump_speed += (tank->pump - tank->pump_speed) * (1 - exp(-seconds / PUMP_LAG));
    if (fabs(tank->pump - tank->pump_speed) < 0.02)
        tank->pump_speed = tank->pump;
    if (tank->element_temperature >= CUTOUT_OPENS)
        tank->cutout = true;
    else if (tank->element_temperature <= CUTOUT_CLOSES)
        tank->cutout = false;
    tank->heater_on = tank->heater && !tank->cutout;
    tank->heater_power = tank->heater_on ? tank->heater_rating : 0;
}

static void flow(struct tank *tank, double seconds)
{
    double level = tank->mass / WATER_DENSITY / tank->area;
    double in = tank->pump_speed / 100 * tank->pump_flow * tank->fill_position / 60000 * WATER_DENSITY;
    double out = DISCHARGE_COEFFICIENT * tank->drain_area * tank->drain_position * sqrt(2 * GRAVITY * level) *
                 WATER_DENSITY;
    if (seconds > 0)
        out = fmin(out, fmax(tank->mass - LEAST_MASS, 0) / seconds);
    double arriving = in * seconds, leaving = out * seconds;
    tank->temperature =
        (tank->temperature * tank->mass + tank->supply_temperature * arriving) / (tank->mass + arriving);
    tank->mass += arriving - leaving;
    double spilled = fmax(tank->mass - tank->height * tank->area * WATER_DENSITY, 0);
    tank->mass -= spilled;
    tank->inflow = in / WATER_DENSITY * 60000;
    tank->outflow = out / WATER_DENSITY * 60000;
    tank->overflow = seconds > 0 ? spilled / seconds / WATER_DENSITY * 60000 : 0;
    tank->volume_in += arriving / WATER_DENSITY * 1000;
    tank->volume_out += (leaving + spilled) / WATER_DENSITY * 1000;
}

static void heat(struct tank *tank, double seconds)
{
    double covered = fmin(tank->mass / WATER_DENSITY / tank->area / tank->element_height, 1);
    double conductance = ELEMENT_TO_WATER * covered;
    double to_water = conductance * (tank->element_temperature - tank->temperature) * seconds;
    double to_air = ELEMENT_TO_AIR * (1 - covered) * (tank->element_temperature - tank->ambient) * seconds;
    double given = tank->heater_power * seconds;
    tank->element_temperature += (given - to_water - to_air) / ELEMENT_HEAT;
    tank->energy += given;

    double lost = tank->heat_loss * (tank->temperature - tank->ambient) * seconds;
    tank->temperature += (to_water - lost) / (tank->mass * WATER_HEAT);
    if (tank->temperature > BOILING) {
        double excess = (tank->temperature - BOILING) * tank->mass * WATER_HEAT;
        double steam = fmin(excess / WATER_VAPORISATION, fmax(tank->mass - LEAST_MASS, 0));
        tank->mass -= steam;
        tank->steam += steam;
        tank->temperature = BOILING;
    }
}

static void observe(struct tank *tank)
{
    const struct {
        bool present;
        uint16_t bit;
    } alarms[] = {
        {tank->temperature > tank->temperature_limit,           TANK_ALARM_OVERTEMPERATURE},
        {tank->overflow > 0,                                    TANK_ALARM_OVERFLOW       },
        {tank->heater_on && tank->level < tank->element_height, TANK_ALARM_DRY_HEATING    },
        {tank->dropped,                                         TANK_ALARM_WATCHDOG       },
        {!tank->guard_closed,                                   TANK_ALARM_GUARD_OPEN     },
        {!tank->sensor_ok,                                      TANK_ALARM_SENSOR         },
        {tank->cutout,                                          TANK_ALARM_CUTOUT         },
        {tank->level_low,                                       TANK_ALARM_LOW_LEVEL      },
    };
    tank->alarm = 0;
    for (size_t i = 0; i < sizeof alarms / sizeof *alarms; i++)
        if (alarms[i].present)
            tank->alarm |= alarms[i].bit;
    tank->status = (uint16_t)(tank->controls & (TANK_LAMP | TANK_BUZZER | TANK_STIRRER));
    tank->status |=
        (uint16_t)((tank->pump_on ? TANK_STATUS_PUMP : 0) | (tank->heater_on ? TANK_STATUS_HEATER : 0) |
                   (tank->local_mode ? TANK_STATUS_LOCAL : 0) | (tank->guard_closed ? TANK_STATUS_GUARD : 0));
}

void tank_step(void *plant, double seconds)
{
    struct tank *tank = plant;
    run_program(tank, seconds);
    move_actuators(tank, seconds);
    flow(tank, seconds);
    heat(tank, seconds);
    tank->uptime += seconds;
    tank->level = tank->mass / WATER_DENSITY / tank->area;
    tank->shown_temperature = tank->sensor_ok ? tank->temperature : NAN;
    tank->pump_on = tank->pump_speed > 0.5;
    tank->fill_open = tank->fill_position >= 1;
    tank->fill_closed = tank->fill_position <= 0;
    tank->drain_open = tank->drain_position >= 1;
    tank->drain_closed = tank->drain_position <= 0;
    tank->level_high = tank->level > tank->level_alarm;
    tank->level_low = tank->level < 0.05;
    observe(tank);
}
