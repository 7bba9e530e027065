#include "drivers/line_time.h"

#include "drivers/fault.h"

#define ADAPTER_DELAY    (4 * MILLISECOND)
#define CONNECTED_WITHIN (20 * MILLISECOND)

int64_t driver_quiet_time(const struct driver_line_spec *line)
{
    int64_t character = line->serial && line->baud > 0 ? 11 * SECOND / line->baud : 0;
    return line->turnaround + 9 * character + ADAPTER_DELAY;
}

int64_t driver_hold_time(const struct driver_line_spec *line, int64_t reply)
{
    int64_t quiet = driver_quiet_time(line);
    return line->serial ? 2 * quiet + reply : quiet + CONNECTED_WITHIN;
}

/* Halves of halves, so that a coarser grid lies on every finer one. */
int64_t driver_wake_grid(const struct driver_line_spec *line, int64_t shortest)
{
    int64_t grid = line->serial ? 1 : MILLISECOND;
    while (grid > 1 && grid > shortest / 100)
        grid /= 2;
    return grid;
}

static bool is_new_period(const struct driver_instrument_spec *spec, const int64_t *polls, size_t point)
{
    for (size_t i = 0; i < point; i++)
        if (spec->points[i].readable && polls[i] == polls[point])
            return false;
    return spec->points[point].readable;
}

int driver_plan_polls(const struct driver *driver, struct driver_instrument *instrument,
                      const struct driver_instrument_spec *spec, const struct driver_line_spec *line,
                      const int64_t *polls, uint16_t *points, driver_visit_reads *visit, void *context)
{
    int result = 0;
    for (size_t first = 0; !result && first < spec->point_count; first++) {
        const struct driver_read *reads;
        size_t count = 0, read_count;
        if (!is_new_period(spec, polls, first))
            continue;
        for (size_t i = first; i < spec->point_count; i++)
            if (spec->points[i].readable && polls[i] == polls[first])
                points[count++] = (uint16_t)i;
        result = driver->plan(instrument, line, points, count, &reads, &read_count);
        if (!result)
            result = visit(context, polls[first], reads, read_count);
    }
    return result;
}
