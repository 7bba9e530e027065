#include "drivers/sim/clock.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t clock_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * CLOCK_SECOND + time.tv_nsec;
}

bool clock_parse_duration(const char *text, int64_t *duration)
{
    static const struct {
        const char *unit;
        double nanoseconds;
    } units[] = {
        {"us",  1e3   },
        {"ms",  1e6   },
        {"s",   1e9   },
        {"min", 6e10  },
        {"h",   3.6e12}
    };
    char *end;
    double number = strtod(text, &end);
    if (end == text || !(number >= 0) || number > 1e6)
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (!strcmp(end, units[i].unit)) {
            *duration = (int64_t)llround(number * units[i].nanoseconds);
            return true;
        }
    return false;
}
