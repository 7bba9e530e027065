/* motor.h - a 24 V permanent-magnet DC motor on a bench, with brake, load and guard.
 *
 *     L di/dt = V - R i - K w        armature
 *     J dw/dt = K i - B w - friction - load - brake
 *
 * with V the driver stage's voltage, which slews to the command. Friction, load and brake oppose the motion
 * and hold at rest. The winding warms with i^2 R. Units: V, A, rad/s inside and rpm outside, Nm, degC, s. */
#ifndef DRIVERS_SIM_MOTOR_H
#define DRIVERS_SIM_MOTOR_H

#include "drivers/sim/plant.h"

enum motor_alarm {
    MOTOR_ALARM_OVERCURRENT = 1 << 0, /* driver stage off; latched until the command is 0 V */
    MOTOR_ALARM_OVERHEATED = 1 << 1,  /* winding above 120 degC; driver stage off until below 90 */
    MOTOR_ALARM_STALL = 1 << 2,
    MOTOR_ALARM_WATCHDOG = 1 << 3,
    MOTOR_ALARM_GUARD_OPEN = 1 << 4,
};

enum motor_direction { MOTOR_OFF, MOTOR_FORWARD, MOTOR_REVERSE };

struct motor {
    /* Commands. */
    bool enable, brake;
    double voltage; /* V, 0 to 24 */
    uint16_t direction, heartbeat, watchdog_ms;
    double current_limit, load; /* A, Nm of the eddy brake */

    /* The machine's own switches. */
    bool guard_closed, local_mode;

    /* State. */
    double applied, current, speed; /* V signed, A signed, rad/s signed */
    double angle, winding;          /* revolutions, degC */
    bool overcurrent, overheated;
    struct plant_watchdog watchdog;

    /* As seen from outside. */
    double rpm, applied_magnitude, voltage_reference, power, uptime;
    bool enabled, brake_on, running, dropped;
    uint16_t direction_actual, direction_reference, alarm;

    /* The build. */
    double resistance, inductance, constant, inertia, viscous, friction, brake_torque, ambient;
    char identification[FIELD_TEXT_MAX];
    uint32_t serial;
};

void motor_init(void *motor);
void motor_step(void *motor, double seconds);

extern const struct register_map motor_map;
extern const struct field motor_fields[];

#endif
