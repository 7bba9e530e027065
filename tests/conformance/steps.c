#include "tests/conformance/suite.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HOLD     (LABORATORY_SECOND * 3 / 10) /* longer than any fault of the suite delays */
#define PATIENCE (10 * LABORATORY_SECOND)

static void pause_briefly(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
}

void suite_complain(struct suite *suite, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(suite->report, "        %s: ", suite->bench->name);
    vfprintf(suite->report, format, arguments);
    fputc('\n', suite->report);
    va_end(arguments);
    suite->broken = true;
}

static int64_t deadline(void)
{
    return laboratory_now() + PATIENCE;
}

static int greet(struct suite *suite)
{
    return suite->driver->greet
               ? suite->driver->greet(suite->instrument, suite->line, deadline(), &suite->fault)
               : 0;
}

static int reopen(struct suite *suite)
{
    suite->driver->transport->close(suite->line);
    return suite->driver->transport->open(&suite->laboratory.line, deadline(), &suite->line, &suite->fault);
}

void suite_recover(struct suite *suite, int result)
{
    int64_t until = deadline();
    while (result && result != DRIVER_REJECTED && laboratory_now() < until) {
        bool lost = result == DRIVER_DISCONNECTED || !suite->line;
        result = lost ? reopen(suite)
                      : suite->driver->transport->recover(suite->line, HOLD, deadline(), &suite->fault);
        if (!result)
            result = greet(suite);
        else
            pause_briefly();
    }
    if (result && result != DRIVER_REJECTED)
        suite_complain(suite, "the line does not come back: %s", suite->fault.text);
}

int suite_read(struct suite *suite, const struct driver_read *read, struct driver_sample *samples)
{
    int result =
        suite->driver->read(suite->instrument, suite->line, read, samples, deadline(), &suite->fault);
    suite->transactions++;
    suite->failures += result != 0;
    suite_recover(suite, result);
    return result;
}

int suite_write(struct suite *suite, size_t probe, double number)
{
    const struct driver_value value = {.number = number};
    int result = suite->driver->write(suite->instrument, suite->line, (uint16_t)probe, &value, deadline(),
                                      &suite->fault);
    suite->transactions++;
    suite->failures += result != 0;
    suite_recover(suite, result);
    return result;
}

struct driver_value suite_truth(struct suite *suite, size_t probe)
{
    const struct probe *described = &suite->bench->probes[probe];
    struct driver_value value = {0};
    char text[128] = "";
    if (!laboratory_truth(&suite->laboratory, described->variable, text, sizeof text)) {
        suite_complain(suite, "labsim has no variable %s", described->variable);
        return value;
    }
    if (described->point.type == DRIVER_TEXT) {
        snprintf(value.text, sizeof value.text, "%.63s", text);
        return value;
    }
    value.number = strtod(text, NULL);
    if (described->bit >= 0)
        value.number = (double)((unsigned long)value.number >> described->bit & 1);
    return value;
}

/* Within what the encoding can hold. */
bool suite_is(const struct suite *suite, size_t probe, const struct driver_value *value,
              const struct driver_value *other)
{
    if (suite->bench->probes[probe].point.type == DRIVER_TEXT)
        return !strcmp(value->text, other->text);
    return fabs(value->number - other->number) <= 1e-6 * fabs(other->number) + 1e-12;
}

struct driver_sample suite_read_back(struct suite *suite, size_t probe)
{
    struct driver_sample samples[DRIVER_READ_POINTS_MAX] = {{.good = false}};
    int64_t until = deadline();
    for (size_t i = 0; i < suite->read_count; i++)
        for (size_t k = 0; k < suite->reads[i].count; k++) {
            if (suite->reads[i].points[k] != probe)
                continue;
            int result;
            do
                result = suite_read(suite, &suite->reads[i], samples);
            while (result && laboratory_now() < until);
            if (result)
                suite_complain(suite, "%s cannot be read back: %s", suite->points[probe].name,
                               suite->fault.text);
            return samples[k];
        }
    suite_complain(suite, "%s is in no read of the plan", suite->points[probe].name);
    return samples[0];
}

static double another_value(struct suite *suite, size_t probe)
{
    const struct probe *described = &suite->bench->probes[probe];
    size_t count = described->point.type == DRIVER_BOOLEAN ? 2 : PROBE_VALUES;
    return described->values[(suite->round + probe) % count];
}

static void stir_by_driver(struct suite *suite, size_t probe)
{
    int64_t until = deadline();
    struct driver_value wanted = {.number = another_value(suite, probe)}, truth;
    do {
        suite_write(suite, probe, wanted.number);
        truth = suite_truth(suite, probe);
    } while (!suite_is(suite, probe, &truth, &wanted) && laboratory_now() < until);
    if (!suite_is(suite, probe, &truth, &wanted))
        suite_complain(suite, "%s cannot be set to %g: it is %g (%s)", suite->points[probe].name,
                       wanted.number, truth.number, suite->fault.text);
}

void suite_stir(struct suite *suite)
{
    suite->round++;
    for (size_t i = 0; i < suite->bench->probe_count; i++) {
        const struct probe *probe = &suite->bench->probes[i];
        char problem[256];
        if (probe->forced &&
            !laboratory_ask(&suite->laboratory, problem, sizeof problem, "force %s %s %.10g",
                            suite->laboratory.instrument, probe->variable, another_value(suite, i)))
            suite_complain(suite, "labsim: %s", problem);
        if (!probe->forced && probe->point.writable)
            stir_by_driver(suite, i);
    }
}
