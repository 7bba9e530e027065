#include "drivers/sim/scope.h"

#include <math.h>
#include <string.h>

#define NOT_MEASURABLE 9.9e37
#define EDGES_MAX      600

/* What the screen's samples give, once for all items. */
struct survey {
    double highest, lowest, mean, square;
    double period, duty; /* s and 0 to 1; period 0: fewer than two edges */
    size_t rises;
    double rise[EDGES_MAX];
};

static double middle_crossing(double before, double after, double level, uint32_t index, double increment)
{
    return (index - 1 + (level - before) / (after - before)) * increment;
}

/* Edges count when the signal has gone a tenth of its height past the middle, so that noise makes none. */
static void find_edges(const struct scope_view *view, const uint8_t *codes, struct survey *survey)
{
    double middle = (survey->highest + survey->lowest) / 2,
           hysteresis = (survey->highest - survey->lowest) / 10;
    double before = scope_volts(view, codes[0]), candidate = 0, high_time = 0, last_rise = -1;
    bool high = before > middle, have = false;
    for (uint32_t i = 1; i < view->points; i++) {
        double volts = scope_volts(view, codes[i]);
        if ((before <= middle) != (volts <= middle)) {
            candidate = middle_crossing(before, volts, middle, i, view->increment);
            have = true;
        }
        before = volts;
        if (have && !high && volts > middle + hysteresis) {
            high = true;
            last_rise = candidate;
            if (survey->rises < EDGES_MAX)
                survey->rise[survey->rises++] = candidate;
        } else if (have && high && volts < middle - hysteresis) {
            high = false;
            if (last_rise >= 0 && survey->rises == 1)
                high_time = candidate - last_rise;
        }
    }
    if (survey->rises < 2)
        return;
    survey->period = (survey->rise[survey->rises - 1] - survey->rise[0]) / (double)(survey->rises - 1);
    survey->duty = high_time / survey->period;
}

static void survey_screen(const struct scope *scope, int channel, struct survey *survey)
{
    struct scope_view view;
    uint8_t codes[SCOPE_SCREEN_POINTS];
    scope_view(scope, channel, false, &view);
    scope_codes(scope, &view, 0, SCOPE_SCREEN_POINTS, codes);
    *survey = (struct survey){.highest = -INFINITY, .lowest = INFINITY};
    for (uint32_t i = 0; i < view.points; i++) {
        double volts = scope_volts(&view, codes[i]);
        survey->highest = fmax(survey->highest, volts);
        survey->lowest = fmin(survey->lowest, volts);
        survey->mean += volts / view.points;
        survey->square += volts * volts / view.points;
    }
    find_edges(&view, codes, survey);
}

static double maximum(const struct survey *survey)
{
    return survey->highest;
}

static double minimum(const struct survey *survey)
{
    return survey->lowest;
}

static double peak_to_peak(const struct survey *survey)
{
    return survey->highest - survey->lowest;
}

static double average(const struct survey *survey)
{
    return survey->mean;
}

static double effective(const struct survey *survey)
{
    return sqrt(survey->square);
}

static double period(const struct survey *survey)
{
    return survey->period > 0 ? survey->period : NOT_MEASURABLE;
}

static double frequency(const struct survey *survey)
{
    return survey->period > 0 ? 1 / survey->period : NOT_MEASURABLE;
}

static double duty(const struct survey *survey)
{
    return survey->period > 0 ? survey->duty : NOT_MEASURABLE;
}

static const struct {
    const char *item;
    double (*of)(const struct survey *survey);
} items[] = {
    {"VMAX",      maximum     },
    {"VMIN",      minimum     },
    {"VPP",       peak_to_peak},
    {"VAVG",      average     },
    {"VRMS",      effective   },
    {"PERiod",    period      },
    {"FREQuency", frequency   },
    {"PDUTy",     duty        },
};

bool scope_measure(const struct scope *scope, const char *item, int channel, double *value)
{
    struct survey survey;
    for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
        if (!scpi_word_fits(items[i].item, item, strlen(item)))
            continue;
        *value = NOT_MEASURABLE;
        if (scope->record.valid) {
            survey_screen(scope, channel, &survey);
            *value = items[i].of(&survey);
        }
        return true;
    }
    return false;
}
