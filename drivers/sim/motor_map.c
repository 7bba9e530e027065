#include "drivers/sim/motor.h"

/* docs/simulator.md has this table in words. Rows are in order of table and address. */
#define OF(member, type) FIELD(struct motor, member, type)

static const struct register_row rows[] = {
  /* table, address, encoding, order, scale, member, writable, minimum, maximum, registers */
    {TABLE_COIL,     0,   AS_BIT,     0,          0,     OF(enable,              FLAG),  true,  0,   1,             0},
    {TABLE_COIL,     1,   AS_BIT,     0,          0,     OF(brake,               FLAG),  true,  0,   1,             0},

    {TABLE_DISCRETE, 0,   AS_BIT,     0,          0,     OF(enabled,             FLAG),  false, 0,   0,             0},
    {TABLE_DISCRETE, 1,   AS_BIT,     0,          0,     OF(brake_on,            FLAG),  false, 0,   0,             0},
    {TABLE_DISCRETE, 2,   AS_BIT,     0,          0,     OF(guard_closed,        FLAG),  false, 0,   0,             0},
    {TABLE_DISCRETE, 3,   AS_BIT,     0,          0,     OF(local_mode,          FLAG),  false, 0,   0,             0},
    {TABLE_DISCRETE, 4,   AS_BIT,     0,          0,     OF(running,             FLAG),  false, 0,   0,             0},
    {TABLE_DISCRETE, 5,   AS_BIT,     0,          0,     OF(dropped,             FLAG),  false, 0,   0,             0},

    {TABLE_INPUT,    0,   AS_UINT16,  0,          0,     OF(alarm,               WORD),  false, 0,   0,             0},
    {TABLE_INPUT,    1,   AS_INT16,   0,          1,     OF(rpm,                 REAL),  false, 0,   0,             0},
    {TABLE_INPUT,    2,   AS_INT16,   0,          0.001, OF(current,             REAL),  false, 0,   0,             0},
    {TABLE_INPUT,    3,   AS_INT16,   0,          0.1,   OF(applied,             REAL),  false, 0,   0,             0},
    {TABLE_INPUT,    4,   AS_FLOAT32, ORDER_ABCD, 0,     OF(rpm,                 REAL),  false, 0,   0,             0},
    {TABLE_INPUT,    6,   AS_FLOAT32, ORDER_CDAB, 0,     OF(current,             REAL),  false, 0,   0,             0},
    {TABLE_INPUT,    8,   AS_UINT16,  0,          0,     OF(direction_actual,    WORD),  false, 0,   0,             0},
    {TABLE_INPUT,    9,   AS_UINT16,  0,          0.1,   OF(applied_magnitude,   REAL),  false, 0,   0,             0},
    {TABLE_INPUT,    10,  AS_INT32,   ORDER_ABCD, 0,     OF(angle,               REAL),  false, 0,   0,             0},
    {TABLE_INPUT,    12,  AS_UINT32,  ORDER_CDAB, 0.001, OF(uptime,              REAL),  false, 0,   0,             0},
    {TABLE_INPUT,    14,  AS_INT16,   0,          0.1,   OF(winding,             REAL),  false, 0,   0,             0},
    {TABLE_INPUT,    15,  AS_INT16,   0,          0.1,   OF(power,               REAL),  false, 0,   0,             0},
    {TABLE_INPUT,    16,  AS_UINT16,  0,          0.1,   OF(voltage_reference,   REAL),  false, 0,   0,             0},
    {TABLE_INPUT,    17,  AS_UINT16,  0,          0,     OF(direction_reference, WORD),  false, 0,   0,             0},

    {TABLE_HOLDING,  0,   AS_UINT16,  0,          0.1,   OF(voltage,             REAL),  true,  0,   24,            0},
    {TABLE_HOLDING,  1,   AS_UINT16,  0,          0,     OF(direction,           WORD),  true,  0,   MOTOR_REVERSE, 0},
    {TABLE_HOLDING,  2,   AS_UINT16,  0,          0,     OF(heartbeat,           WORD),  true,  0,   UINT16_MAX,    0},
    {TABLE_HOLDING,  3,   AS_UINT16,  0,          0.001, OF(current_limit,       REAL),  true,  0.5, 20,            0},
    {TABLE_HOLDING,  4,   AS_FLOAT32, ORDER_CDAB, 0,     OF(load,                REAL),  true,  0,   0.5,           0},
    {TABLE_HOLDING,  6,   AS_UINT16,  0,          0,     OF(watchdog_ms,         WORD),  true,  100, 60000,         0},
    {TABLE_HOLDING,  100, AS_STRING,  0,          0,     OF(identification,      TEXT),  false, 0,   0,             8},
    {TABLE_HOLDING,  108, AS_UINT32,  ORDER_ABCD, 0,     OF(serial,              COUNT), false, 0,   0,             0},
};

static const struct register_window windows[] = {
    {TABLE_COIL,     0,   1  },
    {TABLE_DISCRETE, 0,   7  },
    {TABLE_INPUT,    0,   17 },
    {TABLE_HOLDING,  0,   6  },
    {TABLE_HOLDING,  100, 109},
};

const struct register_map motor_map = {rows, sizeof rows / sizeof *rows, windows,
                                       sizeof windows / sizeof *windows};

const struct field motor_fields[] = {
    {OF(enable,              FLAG),                 0,                                    1},
    {OF(brake,                      FLAG),                                    0,                                              1},
    {OF(voltage,                     REAL),                                          0,                        24},
    {OF(direction,                     WORD),0,            MOTOR_REVERSE},
    {OF(heartbeat,WORD),                   0,                               UINT16_MAX},
    {OF(watchdog_ms,           WORD),                               100,                                                60000},
    {OF(current_limit,                      REAL),                              0.5,                                                   20},
    {OF(load,                 REAL),                                      0,            0.5},
    {OF(guard_closed,                   FLAG),         0,1},
    {OF(local_mode, FLAG),0,      1},
    {OF(applied,        REAL),      -24,                                 24},
    {OF(current,                      REAL),                               -50,                                                              50},
    {OF(speed,                     REAL),                                          -1000,                                                                1000},
    {OF(angle,                   REAL),                                 -1e6,                                     1e6},
    {OF(winding,REAL),-20,200},
    {OF(overcurrent,               FLAG),           0, 1},
    {OF(rpm,                      REAL),                                    0,                                                 0},
    {OF(applied_magnitude,                   REAL),                                        0,                               0},
    {OF(power,                   REAL),                                                      0,                                                                                                                                      0},
    {OF(voltage_reference,   REAL),             0,                                                0},
    {OF(direction_reference,                 WORD),            0,            0},
    {OF(uptime,                      REAL),                        0,                                     0},
    {OF(enabled,                     FLAG),                                          0,                                         0},
    {OF(brake_on,                     FLAG),0,0},
    {OF(running,               FLAG),                       0,           0},
    {OF(dropped, FLAG), 0,                         0},
    {OF(direction_actual,                      WORD),                                   0,                                             0},
    {OF(alarm,                     WORD),                                          0,                                 0},
    {OF(resistance,                     REAL),0.1,100},
    {OF(inertia,REAL),                              1e-5,                                                                                                                                                                               1},
    {OF(identification,             TEXT),               0,                            0},
    {OF(serial,                      COUNT),                                  0,                                                                 UINT32_MAX},
    {FIELDS_END,                     0,                                          0                                   },
};

const struct plant_kind motor_kind = {
    .name = "motor",
    .title = "24 V DC motor with brake, load, guard and watchdog",
    .size = sizeof(struct motor),
    .init = motor_init,
    .step = motor_step,
    .map = &motor_map,
    .fields = motor_fields,
};
