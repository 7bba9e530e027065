/* The machines obey their physics: balances hold, causes move effects the right way, supervision acts. */
#include "drivers/sim/motor.h"
#include "drivers/sim/tank.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define STEP          0.005
#define WATER_DENSITY 998.0
#define WATER_HEAT    4186.0

static void run_tank(struct tank *tank, double seconds)
{
    for (double t = 0; t < seconds; t += STEP)
        tank_step(tank, STEP);
}

static void water_is_neither_made_nor_lost(void **state)
{
    (void)state;
    struct tank tank;
    tank_init(&tank);
    double before = tank.mass;
    tank.pump = 100;
    tank.fill = true;
    run_tank(&tank, 100); /* until it overflows */
    assert_true(tank.overflow > 0 && tank.alarm & TANK_ALARM_OVERFLOW);
    tank.drain = true;
    run_tank(&tank, 30);
    tank.fill = false;
    run_tank(&tank, 200);
    double through = (tank.volume_in - tank.volume_out) / 1000 * WATER_DENSITY;
    assert_true(tank.volume_in > 20);
    assert_true(fabs(tank.mass - (before + through)) < 1e-6);
    assert_true(tank.outflow < 0.01);
}

static void heat_is_neither_made_nor_lost(void **state)
{
    (void)state;
    struct tank tank;
    tank_init(&tank);
    tank.heat_loss = 0; /* an ideal vessel; the covered element loses nothing to air */
    tank.level = 0.3;
    tank_forced(&tank, offsetof(struct tank, level));
    tank_step(&tank, STEP);
    double before = tank_energy(&tank), electric = tank.energy, water = tank.volume_in;
    tank.heater = true;
    tank.pump = 50;
    tank.fill = true;
    run_tank(&tank, 10);
    double brought = (tank.volume_in - water) / 1000 * WATER_DENSITY * WATER_HEAT * tank.supply_temperature;
    double expected = before + (tank.energy - electric) + brought;
    assert_true(tank.energy - electric > 19000);
    assert_true(fabs(tank_energy(&tank) - expected) < 1e-6 * expected);
}

static void more_heat_is_warmer_and_a_hot_tank_cools(void **state)
{
    (void)state;
    double last = 0;
    for (int i = 0; i <= 4; i++) {
        struct tank tank;
        tank_init(&tank);
        tank.level = 0.3;
        tank_forced(&tank, offsetof(struct tank, level));
        tank.heater_rating = 1000.0 * i;
        tank.heater = true;
        run_tank(&tank, 20);
        assert_true(tank.temperature > last);
        last = tank.temperature;
        if (i == 2) /* 2 kW for 20 s, less what the element holds, in 4.8 kg */
            assert_true(tank.temperature > 20.5 && tank.temperature < 22);
    }
    struct tank tank;
    tank_init(&tank);
    tank.temperature = 80;
    double before = tank.temperature;
    for (int i = 0; i < 100; i++) {
        run_tank(&tank, 1);
        assert_true(tank.temperature < before);
        before = tank.temperature;
    }
}

static void outflow_follows_torricelli(void **state)
{
    (void)state;
    struct tank tank;
    tank_init(&tank);
    tank.drain = true;
    run_tank(&tank, 1);
    for (double level = 0.1; level < 0.5; level += 0.1) {
        tank.level = level;
        tank_forced(&tank, offsetof(struct tank, level));
        tank_step(&tank, 1e-6);
        double expected = 0.62 * tank.drain_area * sqrt(2 * 9.80665 * level) * 60000;
        assert_true(fabs(tank.outflow - expected) < 1e-3 * expected);
    }
}

static void a_dry_heater_trips_its_cutout(void **state)
{
    (void)state;
    struct tank tank;
    tank_init(&tank);
    tank.level = 0.004;
    tank_forced(&tank, offsetof(struct tank, level));
    tank.heater = true;
    run_tank(&tank, 1);
    assert_true(tank.alarm & TANK_ALARM_DRY_HEATING);
    run_tank(&tank, 120);
    assert_true(tank.cutout && !tank.heater_on && tank.alarm & TANK_ALARM_CUTOUT);
    assert_true(tank.heater); /* the command stands, the feedback tells the truth */
}

static void water_boils_instead_of_getting_hotter(void **state)
{
    (void)state;
    struct tank tank;
    tank_init(&tank);
    tank.level = 0.2;
    tank_forced(&tank, offsetof(struct tank, level));
    tank.temperature = 99.5;
    tank.heater = true;
    double before = tank.mass;
    run_tank(&tank, 60);
    assert_true(tank.temperature <= 100);
    assert_true(tank.steam > 0.01 && tank.mass < before);
}

static void valves_take_their_time_and_say_so(void **state)
{
    (void)state;
    struct tank tank;
    tank_init(&tank);
    assert_true(tank.fill_closed && !tank.fill_open);
    tank.fill = true;
    run_tank(&tank, 0.25);
    assert_false(tank.fill_closed);
    assert_false(tank.fill_open);
    run_tank(&tank, 0.3);
    assert_true(tank.fill_open && !tank.fill_closed);
}

static void a_silent_master_drops_the_outputs(void **state)
{
    (void)state;
    struct tank tank;
    tank_init(&tank);
    tank.heater = tank.fill = true;
    tank.pump = 40;
    tank.controls = 0xA507;
    run_tank(&tank, 5);
    assert_true(tank.heater); /* not armed: nobody toggles yet */
    for (int i = 0; i < 10; i++) {
        tank.heartbeat = (uint16_t)(i + 1);
        run_tank(&tank, 0.9);
        assert_false(tank.dropped);
    }
    run_tank(&tank, 0.2);
    assert_true(tank.dropped && tank.alarm & TANK_ALARM_WATCHDOG);
    assert_true(!tank.heater && !tank.heater_on && !tank.fill && tank.drain && tank.pump == 0);
    assert_int_equal(tank.controls, 0xA500); /* neighbours stay */
    tank.heater = true;
    tank_step(&tank, STEP);
    assert_false(tank.heater); /* held off while the master is silent */
    tank.heartbeat++;
    run_tank(&tank, 0.1);
    assert_false(tank.dropped || tank.alarm & TANK_ALARM_WATCHDOG);
    assert_false(tank.heater); /* and nothing starts by itself */
}

static void the_panel_rules_in_local_mode(void **state)
{
    (void)state;
    struct tank tank;
    tank_init(&tank);
    tank.local_mode = true;
    tank.panel_pump = 30;
    tank.pump = 90;
    tank.heater = true;
    tank_step(&tank, STEP);
    assert_true(tank.pump == 30 && !tank.heater);
}

static void run_motor(struct motor *motor, double seconds)
{
    for (double t = 0; t < seconds; t += STEP)
        motor_step(motor, STEP);
}

static void the_motor_settles_where_its_equations_do(void **state)
{
    (void)state;
    for (double volts = 6; volts <= 24; volts += 6) {
        struct motor motor;
        motor_init(&motor);
        motor.enable = true;
        motor.direction = volts > 12 ? MOTOR_REVERSE : MOTOR_FORWARD;
        motor.voltage = volts;
        run_motor(&motor, 20);
        double speed = fabs(motor.speed), current = fabs(motor.current);
        assert_true(fabs(volts - current * motor.resistance - motor.constant * speed) < 1e-3);
        assert_true(fabs(motor.constant * current - motor.viscous * speed - motor.friction) < 1e-4);
        assert_true(volts > 12 ? motor.rpm < 0 : motor.rpm > 0);
    }
}

static void load_and_brake_slow_it(void **state)
{
    (void)state;
    double last = INFINITY;
    for (int i = 0; i < 4; i++) {
        struct motor motor;
        motor_init(&motor);
        motor.enable = true;
        motor.direction = MOTOR_FORWARD;
        motor.voltage = 12;
        motor.load = 0.03 * i;
        run_motor(&motor, 10);
        assert_true(motor.speed < last);
        last = motor.speed;
    }
    struct motor motor;
    motor_init(&motor);
    motor.speed = 200;
    motor.brake = true;
    run_motor(&motor, 2);
    assert_true(motor.speed == 0 && motor.direction_actual == MOTOR_OFF);
}

static void a_stalled_motor_protects_itself(void **state)
{
    (void)state;
    struct motor motor;
    motor_init(&motor);
    motor.enable = motor.brake = true;
    motor.direction = MOTOR_FORWARD;
    motor.voltage = 24;
    run_motor(&motor, 1);
    assert_true(motor.overcurrent && !motor.enabled && motor.current == 0);
    assert_true(motor.alarm & MOTOR_ALARM_OVERCURRENT);
    motor.voltage = 0;
    run_motor(&motor, 0.1);
    assert_false(motor.overcurrent);
}

static void maps_are_in_order_and_inside_their_windows(void **state)
{
    (void)state;
    const struct register_map *maps[] = {&tank_map, &motor_map};
    for (size_t m = 0; m < 2; m++)
        for (size_t i = 0; i < maps[m]->row_count; i++) {
            const struct register_row *row = &maps[m]->rows[i], *next = row + 1;
            bool inside = false;
            size_t end = row->address + register_row_width(row);
            for (size_t w = 0; w < maps[m]->window_count; w++)
                inside |= maps[m]->windows[w].table == row->table &&
                          maps[m]->windows[w].first <= row->address && end - 1 <= maps[m]->windows[w].last;
            assert_true(inside);
            if (i + 1 < maps[m]->row_count)
                assert_true(next->table > row->table || (next->table == row->table && next->address >= end));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(water_is_neither_made_nor_lost),
        cmocka_unit_test(heat_is_neither_made_nor_lost),
        cmocka_unit_test(more_heat_is_warmer_and_a_hot_tank_cools),
        cmocka_unit_test(outflow_follows_torricelli),
        cmocka_unit_test(a_dry_heater_trips_its_cutout),
        cmocka_unit_test(water_boils_instead_of_getting_hotter),
        cmocka_unit_test(valves_take_their_time_and_say_so),
        cmocka_unit_test(a_silent_master_drops_the_outputs),
        cmocka_unit_test(the_panel_rules_in_local_mode),
        cmocka_unit_test(the_motor_settles_where_its_equations_do),
        cmocka_unit_test(load_and_brake_slow_it),
        cmocka_unit_test(a_stalled_motor_protects_itself),
        cmocka_unit_test(maps_are_in_order_and_inside_their_windows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
