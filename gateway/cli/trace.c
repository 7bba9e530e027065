#include "gateway/cli/trace.h"

#include <math.h>
#include <string.h>
#include <strings.h>

size_t trace_code_size(enum trace_format format)
{
    static const size_t sizes[] = {0, 1, 2, 4};
    return (unsigned)format < sizeof sizes / sizeof *sizes ? sizes[format] : 0;
}

static double code_at(const struct trace *trace, size_t index)
{
    const uint8_t *bytes = trace->codes + index * trace_code_size(trace->format);
    if (trace->format == TRACE_UINT8)
        return bytes[0];
    if (trace->format == TRACE_INT16_LITTLE)
        return (int16_t)(uint16_t)(bytes[0] | bytes[1] << 8);
    uint32_t bits = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    float number;
    memcpy(&number, &bits, sizeof number);
    return (double)number;
}

double trace_value(const struct trace *trace, size_t index)
{
    return (code_at(trace, index) - trace->code_zero) * trace->value_step;
}

double trace_time(const struct trace *trace, size_t index)
{
    return trace->time_first + (double)index * trace->time_step;
}

bool trace_extent(const struct trace *trace, size_t first, size_t last, double *least, double *most)
{
    *least = INFINITY;
    *most = -INFINITY;
    for (size_t i = first; i < last; i++) {
        double value = trace_value(trace, i);
        if (!isfinite(value))
            continue;
        if (value < *least)
            *least = value;
        if (value > *most)
            *most = value;
    }
    return *least <= *most;
}

const char trace_endings[] = ".csv, .npy or .png";

trace_writer *trace_writer_for(const char *path)
{
    static const struct {
        const char *ending;
        trace_writer *write;
    } rows[] = {
        {".csv", trace_write_csv},
        {".npy", trace_write_npy},
        {".png", trace_write_png},
    };
    size_t length = strlen(path);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t ending = strlen(rows[i].ending);
        if (length > ending && strcasecmp(path + length - ending, rows[i].ending) == 0)
            return rows[i].write;
    }
    return NULL;
}

void engineering(double value, const char *unit, bool ascii, struct text *text)
{
    static const char *const prefixes[] = {"p", "n", "\u00b5", "m", "", "k", "M", "G", "T"};
    double size = fabs(value);
    int step = 0;
    if (size > 0 && isfinite(size))
        step = (int)floor(log10(size * (1 + 1e-12)) / 3.0);
    if (step < -4)
        step = -4;
    if (step > 4)
        step = 4;
    const char *prefix = prefixes[step + 4];
    if (ascii && step == -2)
        prefix = "u";
    /* A ratio has no prefixes. */
    if (!unit[0] || strcmp(unit, "%") == 0)
        text_add_format(text, "%.4g%s%s", value, unit[0] ? " " : "", unit);
    else
        text_add_format(text, "%.4g %s%s", value / pow(1000.0, step), prefix, unit);
}

double nice_step(double span, int divisions)
{
    if (!(span > 0) || divisions < 1)
        return 1;
    double raw = span / divisions * (1 - 1e-9), decade = pow(10, floor(log10(raw)));
    double digit = raw / decade;
    return (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10) * decade;
}
