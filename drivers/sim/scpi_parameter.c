#include "drivers/sim/scpi.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Units with their multipliers. SCPI-1999 volume 1, section 7.4: M is milli, except in MHZ, where it is mega.
 */
static const struct {
    const char *suffix;
    double factor;
} multipliers[] = {
    {"",     1   },
    {"HZ",   1   },
    {"KHZ",  1e3 },
    {"MHZ",  1e6 },
    {"S",    1   },
    {"MS",   1e-3},
    {"US",   1e-6},
    {"NS",   1e-9},
    {"V",    1   },
    {"MV",   1e-3},
    {"UV",   1e-6},
    {"VPP",  1   },
    {"MVPP", 1e-3},
    {"DEG",  1   },
};

int scpi_number(const struct scpi_call *call, size_t index, const struct scpi_range *range, double *value)
{
    const struct {
        const char *word;
        double value;
    } named[] = {
        {"MINimum", range->minimum },
        {"MAXimum", range->maximum },
        {"DEFault", range->fallback}
    };
    if (index >= call->parameter_count)
        return SCPI_MISSING;
    const char *text = call->parameters[index];
    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        if (scpi_word_fits(named[i].word, text, strlen(text))) {
            *value = named[i].value;
            return SCPI_OK;
        }
    char *end;
    double number = strtod(text, &end);
    if (end == text || !isfinite(number))
        return SCPI_DATA_TYPE;
    end += strspn(end, " ");
    for (size_t i = 0; i < sizeof multipliers / sizeof *multipliers; i++)
        if (!strcasecmp(end, multipliers[i].suffix)) {
            number *= multipliers[i].factor;
            if (number < range->minimum || number > range->maximum)
                return SCPI_OUT_OF_RANGE;
            *value = number;
            return SCPI_OK;
        }
    return SCPI_DATA_TYPE;
}

int scpi_boolean(const struct scpi_call *call, size_t index, bool *value)
{
    if (index >= call->parameter_count)
        return SCPI_MISSING;
    const char *text = call->parameters[index];
    if (!strcasecmp(text, "ON") || !strcmp(text, "1"))
        *value = true;
    else if (!strcasecmp(text, "OFF") || !strcmp(text, "0"))
        *value = false;
    else
        return SCPI_ILLEGAL_VALUE;
    return SCPI_OK;
}

int scpi_choice(const struct scpi_call *call, size_t index, const char *const *words, int *choice)
{
    if (index >= call->parameter_count)
        return SCPI_MISSING;
    const char *text = call->parameters[index];
    for (int i = 0; words[i]; i++)
        if (scpi_word_fits(words[i], text, strlen(text))) {
            *choice = i;
            return SCPI_OK;
        }
    return SCPI_ILLEGAL_VALUE;
}
