/* Circuits against the textbook, and the exact answers to pieces against a plain numerical integration. */
#include "drivers/sim/signal.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define PI 3.14159265358979323846

static double complex impedance_c(double f, double c)
{
    return 1 / (2 * PI * f * c * I);
}

/* Voltage dividers of impedances, which is how the textbook does it and the code does not. */
static double complex divider(const struct circuit *circuit, double f, enum circuit_node node)
{
    double complex r = circuit->resistance, l = 2 * PI * f * circuit->inductance * I;
    double complex c = impedance_c(f, circuit->capacitance), s = circuit->source_resistance;
    double complex chain = s + r + c + (circuit->kind >= CIRCUIT_RLC_LOWPASS ? l : 0), across = 0;
    if (node == NODE_INPUT)
        across = chain - s;
    if (node == NODE_OUTPUT)
        across = (double complex[]){c, r, c, r, l + c}[circuit->kind];
    if (node == NODE_INNER)
        across = (double complex[]){r, c, r, l, r}[circuit->kind];
    return across / chain;
}

static void bode_plots_are_the_textbooks(void **state)
{
    (void)state;
    for (int kind = 0; kind < CIRCUIT_KINDS; kind++) {
        struct circuit circuit = {(enum circuit_kind)kind, 50, 330, 10e-3, 47e-9};
        for (int node = 0; node < NODES; node++)
            for (double f = 1; f < 1e7; f *= 1.3) {
                struct transfer transfer;
                circuit_transfer(&circuit, (enum circuit_node)node, &transfer);
                double complex expected = divider(&circuit, f, (enum circuit_node)node);
                assert_true(cabs(transfer_at(&transfer, f) - expected) < 1e-9);
            }
    }
}

static void fractions_add_up_to_the_transfer(void **state)
{
    (void)state;
    for (int kind = 0; kind < CIRCUIT_KINDS; kind++)
        for (double r = 1; r < 1e5; r *= 7) { /* ringing and overdamped */
            struct circuit circuit = {(enum circuit_kind)kind, 50, r, 10e-3, 47e-9};
            struct transfer transfer;
            struct fractions fractions;
            circuit_transfer(&circuit, NODE_OUTPUT, &transfer);
            transfer_fractions(&transfer, &fractions);
            for (double f = 10; f < 1e6; f *= 3) {
                double complex s = 2 * PI * f * I, sum = fractions.direct;
                for (size_t k = 0; k < fractions.count; k++)
                    sum += fractions.residue[k] / (s - fractions.pole[k]);
                assert_true(cabs(sum - transfer_at(&transfer, f)) < 1e-7);
            }
        }
}

static double source(const struct signal *signal, double time)
{
    double phase = time * signal->frequency - floor(time * signal->frequency);
    switch (signal->shape) {
    case SHAPE_SQUARE:
        return signal->offset + (phase < signal->duty ? 0.5 : -0.5) * signal->amplitude;
    case SHAPE_RAMP:
        return signal->offset +
               signal->amplitude * ((phase < signal->symmetry ? phase / signal->symmetry
                                                              : (1 - phase) / (1 - signal->symmetry)) -
                                    0.5);
    default:
        return signal->offset + signal->amplitude / 2 * sin(2 * PI * phase);
    }
}

/* The state equations of a series RC or RLC chain in small steps: charge and current. */
static double integrate(const struct circuit *circuit, const struct signal *signal, double until, double step)
{
    double charge = 0, current = 0, all = circuit->source_resistance + circuit->resistance;
    bool inductive = circuit->kind >= CIRCUIT_RLC_LOWPASS;
    for (double t = 0; t < until - step / 2; t += step) {
        double drive = (source(signal, t) + source(signal, t + step * (1 - 1e-9))) / 2;
        if (inductive) {
            current += step / circuit->inductance * (drive - all * current - charge / circuit->capacitance);
            charge += step * current;
        } else {
            double end = drive * circuit->capacitance;
            charge = end + (charge - end) * exp(-step / (all * circuit->capacitance));
        }
    }
    return charge / circuit->capacitance;
}

static void pieces_answer_as_integration_does(void **state)
{
    (void)state;
    const enum signal_shape shapes[] = {SHAPE_SQUARE, SHAPE_RAMP, SHAPE_SINE};
    const enum circuit_kind kinds[] = {CIRCUIT_RC_LOWPASS, CIRCUIT_RLC_LOWPASS};
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < 3; i++) {
            struct circuit circuit = {kinds[k], 50, 450, 10e-3, 100e-9};
            struct signal signal = {true, shapes[i], 2000, 4, 0.5, 0, 0.3, 0.7};
            struct transfer transfer;
            struct response response;
            circuit_transfer(&circuit, NODE_OUTPUT, &transfer);
            assert_int_equal(response_init(&response, &signal, &transfer), 0);
            for (double at = 0.05; at < 1; at += 0.13) {
                double time = (20 + at) / signal.frequency;
                double expected = integrate(&circuit, &signal, time, 1e-8);
                assert_true(fabs(response_at(&response, time) - expected) < 2e-3);
            }
            response_finish(&response);
        }
}

static void a_signal_that_is_off_is_silent(void **state)
{
    (void)state;
    struct circuit circuit = {CIRCUIT_RC_HIGHPASS, 50, 450, 10e-3, 100e-9};
    struct signal signal = {false, SHAPE_SQUARE, 2000, 4, 0.5, 0, 0.3, 0.7};
    struct transfer transfer;
    struct response response;
    circuit_transfer(&circuit, NODE_OUTPUT, &transfer);
    response_init(&response, &signal, &transfer);
    assert_true(response_at(&response, 1e-4) == 0);
    response_finish(&response);
}

static void crossings_are_found_in_their_direction(void **state)
{
    (void)state;
    struct transfer unity = {
        {1, 0, 0},
        {1, 0, 0}
    };
    struct signal signal = {true, SHAPE_SINE, 1000, 2, 0, 0, 0.5, 0.5};
    struct response response;
    double time;
    response_init(&response, &signal, &unity);
    assert_true(response_crossing(&response, 0.5, true, &time));
    assert_true(fabs(time - 1e-3 / 12) < 1e-9);
    assert_true(response_crossing(&response, 0.5, false, &time));
    assert_true(fabs(time - 5e-3 / 12) < 1e-9);
    assert_false(response_crossing(&response, 1.5, true, &time));
    response_finish(&response);
    signal.shape = SHAPE_SQUARE;
    response_init(&response, &signal, &unity);
    assert_true(response_crossing(&response, 0, true, &time));
    assert_true(fabs(time - 1e-3) < 1e-9); /* at the seam of two periods */
    response_finish(&response);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bode_plots_are_the_textbooks),
        cmocka_unit_test(fractions_add_up_to_the_transfer),
        cmocka_unit_test(pieces_answer_as_integration_does),
        cmocka_unit_test(a_signal_that_is_off_is_silent),
        cmocka_unit_test(crossings_are_found_in_their_direction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
