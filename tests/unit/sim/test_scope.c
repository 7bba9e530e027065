/* Generator, circuit and scope together, through their commands as a student uses them. */
#include "drivers/sim/generator.h"
#include "drivers/sim/scope.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct lab {
    struct bench bench;
    struct scope scope;
    struct generator generator;
    struct scpi_device scope_device, generator_device;
    struct scpi_text reply;
    double now;
};

static int set_up(void **state)
{
    struct lab *lab = calloc(1, sizeof *lab);
    bench_init(&lab->bench, "A");
    generator_init(&lab->generator, &lab->bench);
    scope_init(&lab->scope, &lab->bench);
    scpi_init(&lab->scope_device, &scope_kind, &lab->scope, "A");
    scpi_init(&lab->generator_device, &generator_kind, &lab->generator, "A");
    lab->now = 100;
    *state = lab;
    return 0;
}

static int tear_down(void **state)
{
    struct lab *lab = *state;
    scope_finish(&lab->scope);
    scpi_text_free(&lab->reply);
    free(lab);
    return 0;
}

static const char *say(struct lab *lab, struct scpi_device *device, const char *message)
{
    lab->reply.length = 0;
    scpi_execute(device, message, &lab->reply);
    scpi_text_add(&lab->reply, "", 1);
    lab->reply.length--;
    return lab->reply.bytes;
}

static const char *scope(struct lab *lab, const char *message)
{
    return say(lab, &lab->scope_device, message);
}

static void generate(struct lab *lab, const char *message)
{
    say(lab, &lab->generator_device, message);
    assert_string_equal(say(lab, &lab->generator_device, "SYST:ERR?"), "0,\"No error\"\n");
}

static void wait_for(struct lab *lab, double seconds)
{
    for (double t = 0; t < seconds; t += 0.005) {
        lab->now += 0.005;
        scope_step(&lab->scope, lab->now);
    }
}

static void no_errors(struct lab *lab)
{
    assert_string_equal(scope(lab, "SYST:ERR?"), "0,\"No error\"\n");
}

static void a_bode_plot_can_be_measured(void **state)
{
    struct lab *lab = *state;
    char message[160];
    scope(lab, ":CHAN1:SCAL 0.5;:CHAN2:SCAL 0.5;DISP 1;:CHAN1:DISP 1;:TRIG:EDGE:LEV 0");
    for (double f = 200; f < 2e4; f *= 2) {
        snprintf(message, sizeof message, ":APPL:SIN %.6g,3", f);
        generate(lab, message);
        snprintf(message, sizeof message, ":TIM:SCAL %.6g", 3 / f / 12);
        scope(lab, message);
        double ratio = 1 / hypot(1, 2 * 3.14159265358979 * f * 1000 * 100e-9);
        snprintf(message, sizeof message, ":CHAN2:SCAL %.6g",
                 3 * ratio / 6); /* as a student turns the knob */
        scope(lab, message);
        wait_for(lab, 0.1);
        double in = strtod(scope(lab, ":MEAS:ITEM? VRMS,CHAN1"), NULL);
        double out = strtod(scope(lab, ":MEAS:ITEM? VRMS,CHAN2"), NULL);
        assert_true(fabs(out / in - ratio) < 0.02 * ratio);
        double measured = strtod(scope(lab, ":MEAS:ITEM? FREQ,CHAN1"), NULL);
        assert_true(fabs(measured - f) < 0.02 * f);
    }
    no_errors(lab);
}

static void read_block(struct lab *lab, size_t expected, const uint8_t **samples)
{
    char header[32];
    scope(lab, ":WAV:DATA?");
    snprintf(header, sizeof header, "#9%09zu", expected);
    assert_int_equal(lab->reply.length, 11 + expected + 1);
    assert_memory_equal(lab->reply.bytes, header, 11);
    assert_int_equal(lab->reply.bytes[lab->reply.length - 1], '\n');
    *samples = (const uint8_t *)lab->reply.bytes + 11;
}

static void a_triggered_trace_holds_still(void **state)
{
    struct lab *lab = *state;
    const uint8_t *samples;
    generate(lab, ":APPL:RAMP 1234.5,4");
    scope(lab, ":CHAN1:SCAL 1;:TIM:SCAL 1e-4;:TRIG:EDGE:LEV 0.6;SLOP POS;:WAV:SOUR CHAN1");
    for (int i = 0; i < 5; i++) {
        uint32_t before = lab->scope.count;
        wait_for(lab, 0.03);
        read_block(lab, 1200, &samples);
        assert_true(lab->scope.count > before); /* a new acquisition, the same picture */
        /* 0.6 V at the middle of the screen, 25 codes a volt */
        assert_true(abs(samples[600] - (127 + 15)) <= 3);
        assert_true(samples[500] < samples[600] && samples[600] < samples[700]);
    }
    assert_string_equal(scope(lab, ":TRIG:STAT?"), "TD\n");
    scope(lab, ":TRIG:EDGE:SLOP NEG");
    wait_for(lab, 0.03);
    read_block(lab, 1200, &samples);
    assert_true(samples[500] > samples[600] && samples[600] > samples[700]);
    no_errors(lab);
}

static void without_a_crossing_it_waits_or_sweeps(void **state)
{
    struct lab *lab = *state;
    generate(lab, ":APPL:SIN 1000,1");
    scope(lab, ":CHAN1:SCAL 1;:TIM:SCAL 1e-4;:TRIG:EDGE:LEV 3");
    wait_for(lab, 0.1);
    assert_string_equal(scope(lab, ":TRIG:STAT?"), "AUTO\n");
    scope(lab, ":TRIG:SWE NORM");
    uint32_t before = lab->scope.count;
    wait_for(lab, 0.1);
    scope(lab, ":WAV:DATA?");
    assert_string_equal(scope(lab, ":TRIG:STAT?"), "WAIT\n");
    assert_int_equal(lab->scope.count, before);
    scope(lab, ":SING");
    wait_for(lab, 0.1);
    assert_string_equal(scope(lab, ":TRIG:STAT?"), "WAIT\n");
    generate(lab, ":VOLT 8");
    wait_for(lab, 0.1);
    assert_string_equal(scope(lab, ":TRIG:STAT?"), "STOP\n");
    assert_int_equal(lab->scope.count, before + 1);
}

static void deep_memory_is_one_record(void **state)
{
    struct lab *lab = *state;
    const uint8_t *samples;
    uint8_t *whole = malloc(120000);
    char message[80];
    generate(lab, ":APPL:SQU 5000,2");
    scope(lab, ":CHAN1:SCAL 0.5;:TIM:SCAL 1e-3;:ACQ:MDEP 120000");
    assert_string_equal(scope(lab, ":ACQ:MDEP?"), "120000\n");
    assert_true(fabs(strtod(scope(lab, ":ACQ:SRAT?"), NULL) - 1e7) < 1);
    wait_for(lab, 0.05);
    scope(lab, ":WAV:DATA?");
    scope(lab, ":STOP;:WAV:MODE RAW;FORM BYTE");
    assert_string_equal(scope(lab, ":WAV:PRE?"),
                        "0,2,120000,1,1.000000e-07,-6.000000e-03,0,2.000000e-02,0,127\n");
    scope(lab, ":WAV:STAR 1;STOP 120000");
    read_block(lab, 120000, &samples);
    memcpy(whole, samples, 120000);
    generate(lab, ":OUTP OFF"); /* what is stored stays */
    for (unsigned first = 1; first < 120000; first += 31000) {
        unsigned last = first + 30999 < 120000 ? first + 30999 : 120000;
        snprintf(message, sizeof message, ":WAV:STAR %u;STOP %u", first, last);
        scope(lab, message);
        read_block(lab, last - first + 1, &samples);
        assert_memory_equal(samples, whole + first - 1, last - first + 1);
    }
    scope(lab, ":ACQ:MDEP 12000"); /* refused while stopped */
    assert_memory_equal(scope(lab, "SYST:ERR?"), "-221", 4);
    free(whole);
}

static void depths_are_shared_between_channels(void **state)
{
    struct lab *lab = *state;
    scope(lab, ":ACQ:MDEP 24000000");
    no_errors(lab);
    scope(lab, ":CHAN2:DISP ON;:ACQ:MDEP 24000000");
    assert_memory_equal(scope(lab, "SYST:ERR?"), "-224", 4);
    scope(lab, ":ACQ:MDEP 12000000;:CHAN3:DISP ON;:ACQ:MDEP 3000000");
    no_errors(lab);
}

static void raw_reads_are_limited(void **state)
{
    struct lab *lab = *state;
    const uint8_t *samples;
    generate(lab, ":APPL:SIN 1000,2");
    scope(lab, ":TIM:SCAL 1e-3;:ACQ:MDEP 1200000");
    wait_for(lab, 0.05);
    scope(lab, ":WAV:MODE RAW;STAR 1;STOP 1200000");
    read_block(lab, 1200, &samples); /* running: only the screen */
    scope(lab, ":STOP");
    read_block(lab, 250000, &samples);
    scope(lab, ":WAV:FORM WORD;STOP 100");
    read_block(lab, 200, &samples);
    assert_int_equal(samples[1], 0);
    scope(lab, ":WAV:FORM ASC;STOP 3");
    assert_memory_equal(scope(lab, ":WAV:DATA?"), "#9", 2);
    assert_true(fabs(strtod(lab->reply.bytes + 11, NULL)) < 2);
}

static void a_wrong_probe_setting_shows_wrong_volts(void **state)
{
    struct lab *lab = *state;
    generate(lab, ":APPL:SIN 1000,4");
    scope(lab, ":CHAN1:SCAL 1;:TIM:SCAL 2e-4");
    wait_for(lab, 0.05);
    double right = strtod(scope(lab, ":MEAS:ITEM? VRMS"), NULL);
    assert_true(right > 1.3 && right < 1.42);
    scope(lab, ":CHAN1:PROB 1");
    assert_true(fabs(strtod(scope(lab, ":CHAN1:SCAL?"), NULL) - 0.1) < 1e-9);
    wait_for(lab, 0.05);
    double wrong = strtod(scope(lab, ":MEAS:ITEM? VRMS"), NULL);
    assert_true(fabs(wrong - right / 10) < 0.02 * right);
}

static void coupling_takes_the_mean_away(void **state)
{
    struct lab *lab = *state;
    generate(lab, ":APPL:SQU 1000,2,3");
    scope(lab, ":CHAN1:SCAL 1;:TIM:SCAL 2e-4;:TRIG:EDGE:LEV 3");
    wait_for(lab, 0.05);
    assert_true(strtod(scope(lab, ":MEAS:ITEM? VAVG"), NULL) > 2.5);
    scope(lab, ":CHAN1:COUP AC");
    wait_for(lab, 0.05);
    assert_true(fabs(strtod(scope(lab, ":MEAS:ITEM? VAVG"), NULL)) < 0.2);
    scope(lab, ":CHAN1:COUP GND");
    wait_for(lab, 0.05);
    assert_true(strtod(scope(lab, ":MEAS:ITEM? VPP"), NULL) < 0.2);
    assert_true(strtod(scope(lab, ":MEAS:ITEM? FREQ"), NULL) > 0);
}

static void the_generator_refuses_what_it_cannot_make(void **state)
{
    struct lab *lab = *state;
    struct scpi_device *device = &lab->generator_device;
    generate(lab, ":VOLT 10;:VOLT:OFFS 5");
    say(lab, device, ":VOLT 12");
    assert_memory_equal(say(lab, device, "SYST:ERR?"), "-221", 4);
    assert_true(strtod(say(lab, device, ":VOLT?"), NULL) == 10);
    say(lab, device, ":SOUR2:FREQ 5");
    assert_memory_equal(say(lab, device, "SYST:ERR?"), "-114", 4);
    say(lab, device, ":FREQ 26MHz");
    assert_memory_equal(say(lab, device, "SYST:ERR?"), "-222", 4);
    generate(lab, ":SOUR1:FREQ 1.5kHz;FUNC SQU;:OUTP1 ON");
    assert_string_equal(say(lab, device, ":SOUR1:FREQ?;:FUNC?;:OUTP1:STAT?"), "1.500000000E+03;SQU;ON\n");
    generate(lab, "*RST");
    assert_string_equal(say(lab, device, ":OUTP?"), "OFF\n");
}

static void autoscale_shows_the_signal(void **state)
{
    struct lab *lab = *state;
    generate(lab, ":APPL:SIN 3300,0.4,1");
    scope(lab, ":TRIG:SWE NORM;:TRIG:EDGE:LEV 5;:AUT");
    wait_for(lab, 0.1);
    assert_string_equal(scope(lab, ":TRIG:STAT?"), "TD\n");
    double frequency = strtod(scope(lab, ":MEAS:ITEM? FREQ"), NULL);
    assert_true(fabs(frequency - 3300) < 66);
    no_errors(lab);
}

#define LAB(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAB(a_bode_plot_can_be_measured),
        LAB(a_triggered_trace_holds_still),
        LAB(without_a_crossing_it_waits_or_sweeps),
        LAB(deep_memory_is_one_record),
        LAB(depths_are_shared_between_channels),
        LAB(raw_reads_are_limited),
        LAB(a_wrong_probe_setting_shows_wrong_volts),
        LAB(coupling_takes_the_mean_away),
        LAB(the_generator_refuses_what_it_cannot_make),
        LAB(autoscale_shows_the_signal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
