#include "drivers/sim/motor.h"

#include <math.h>
#include <stdio.h>

#define PI            3.14159265358979323846
#define INNER_STEP    0.0002 /* s; a fifth of the armature's time constant */
#define VOLTAGE_SLEW  48.0   /* V/s */
#define WINDING_HEAT  60.0   /* J/K */
#define WINDING_LOSS  0.8    /* W/K */
#define OVERHEATED    120.0  /* degC */
#define COOL_ENOUGH   90.0   /* degC */
#define STALL_CURRENT 2.0    /* A */
#define AT_REST       0.05   /* rad/s */
#define RUNNING       1.0    /* rad/s */

void motor_init(void *plant)
{
    struct motor *motor = plant;
    *motor = (struct motor){
        .watchdog_ms = 1000,
        .current_limit = 8,
        .guard_closed = true,
        .winding = 20,
        .resistance = 1.0,
        .inductance = 1e-3,
        .constant = 0.06,
        .inertia = 4e-4,
        .viscous = 1e-5,
        .friction = 0.008,
        .brake_torque = 0.4,
        .ambient = 20,
        .serial = 20240002,
    };
    snprintf(motor->identification, sizeof motor->identification, "labsim-motor-1.0");
    motor_step(motor, 0);
}

static void run_program(struct motor *motor, double seconds)
{
    motor->dropped =
        plant_watchdog_step(&motor->watchdog, motor->heartbeat, motor->watchdog_ms / 1000.0, seconds);
    if (motor->dropped || motor->local_mode) {
        motor->enable = false;
        motor->voltage = 0;
        motor->direction = MOTOR_OFF;
    }
    if (fabs(motor->current) > motor->current_limit)
        motor->overcurrent = true;
    else if (motor->voltage <= 0)
        motor->overcurrent = false;
    if (motor->winding > OVERHEATED)
        motor->overheated = true;
    else if (motor->winding < COOL_ENOUGH)
        motor->overheated = false;
    motor->enabled = motor->enable && !motor->overcurrent && !motor->overheated;
    motor->brake_on = motor->brake;
    motor->voltage_reference = motor->voltage;
    motor->direction_reference = motor->direction;
}

static double wanted_voltage(const struct motor *motor)
{
    if (!motor->enabled || motor->direction == MOTOR_OFF)
        return 0;
    return motor->direction == MOTOR_FORWARD ? motor->voltage : -motor->voltage;
}

/* One small step of the two equations; the armature exactly for constant speed, the rotor explicitly. */
static void integrate(struct motor *motor, double seconds)
{
    double step = VOLTAGE_SLEW * seconds, gap = wanted_voltage(motor) - motor->applied;
    motor->applied += fabs(gap) <= step ? gap : copysign(step, gap);
    if (motor->enabled) {
        double steady = (motor->applied - motor->constant * motor->speed) / motor->resistance;
        double decay = exp(-seconds * motor->resistance / motor->inductance);
        motor->current = steady + (motor->current - steady) * decay;
    } else {
        motor->applied = 0;
        motor->current = 0; /* the driver stage's transistors are off: the rotor coasts */
    }
    double drive = motor->constant * motor->current - motor->viscous * motor->speed;
    double holding = motor->friction + motor->load + (motor->brake ? motor->brake_torque : 0);
    double free_speed = motor->speed + drive / motor->inertia * seconds;
    double opposed = holding / motor->inertia * seconds;
    motor->speed = fabs(free_speed) <= opposed ? 0 : free_speed - copysign(opposed, free_speed);
    motor->angle += motor->speed * seconds / (2 * PI);
    double loss = motor->current * motor->current * motor->resistance;
    motor->winding += (loss - WINDING_LOSS * (motor->winding - motor->ambient)) / WINDING_HEAT * seconds;
}

static void observe(struct motor *motor)
{
    motor->rpm = motor->speed * 60 / (2 * PI);
    motor->applied_magnitude = fabs(motor->applied);
    motor->power = motor->applied * motor->current;
    motor->running = fabs(motor->speed) > RUNNING;
    motor->direction_actual = fabs(motor->speed) < AT_REST ? MOTOR_OFF
                              : motor->speed > 0           ? MOTOR_FORWARD
                                                           : MOTOR_REVERSE;
    bool stalled = fabs(motor->speed) < AT_REST && fabs(motor->current) > STALL_CURRENT;
    motor->alarm =
        (uint16_t)((motor->overcurrent ? MOTOR_ALARM_OVERCURRENT : 0) |
                   (motor->overheated ? MOTOR_ALARM_OVERHEATED : 0) | (stalled ? MOTOR_ALARM_STALL : 0) |
                   (motor->dropped ? MOTOR_ALARM_WATCHDOG : 0) |
                   (motor->guard_closed ? 0 : MOTOR_ALARM_GUARD_OPEN));
}

void motor_step(void *plant, double seconds)
{
    struct motor *motor = plant;
    run_program(motor, seconds);
    int steps = (int)ceil(seconds / INNER_STEP);
    for (int i = 0; i < steps; i++)
        integrate(motor, seconds / steps);
    motor->uptime += seconds;
    observe(motor);
}
