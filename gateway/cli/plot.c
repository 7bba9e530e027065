/* A waveform in the terminal: two by four dots in each character, from the braille patterns U+2800 to U+28FF.
 */
#include "gateway/cli/trace.h"

#include <math.h>
#include <stdlib.h>

#define LABEL_WIDTH 10
#define LEAST_WIDTH 10
#define LEAST_LINES 3

struct canvas {
    size_t columns, lines; /* of characters */
    uint8_t *cells;
};

/* Unicode 15, "Braille Patterns": dots 1 to 8 are bits 0 to 7, numbered down the left column, then the right,
 * with 7 and 8 added below. */
static void set_dot(struct canvas *canvas, size_t x, size_t y)
{
    static const uint8_t bits[4][2] = {
        {0x01, 0x08},
        {0x02, 0x10},
        {0x04, 0x20},
        {0x40, 0x80},
    };
    canvas->cells[y / 4 * canvas->columns + x / 2] |= bits[y % 4][x % 2];
}

static size_t to_dot(double value, double least, double most, size_t dots)
{
    double share = most > least ? (value - least) / (most - least) : 0.5;
    double row = (1 - share) * (double)(dots - 1) + 0.5;
    return row <= 0 ? 0 : row >= (double)dots ? dots - 1 : (size_t)row;
}

/* A column of dots for the samples that fall in it, joined to the column before so that steep edges are seen.
 */
static void draw(const struct trace *trace, struct canvas *canvas, double least, double most)
{
    size_t width = canvas->columns * 2, height = canvas->lines * 4;
    bool joined = false;
    size_t last_top = 0, last_bottom = 0;
    for (size_t x = 0; x < width; x++) {
        size_t first = trace->samples * x / width, end = trace->samples * (x + 1) / width;
        double low, high;
        if (end == first)
            end = first + 1;
        if (first >= trace->samples || !trace_extent(trace, first, end, &low, &high)) {
            joined = false;
            continue;
        }
        size_t top = to_dot(high, least, most, height), bottom = to_dot(low, least, most, height);
        size_t from = top, to = bottom;
        if (joined && last_bottom + 1 < from)
            from = last_bottom + 1;
        if (joined && last_top > to + 1)
            to = last_top - 1;
        for (size_t y = from; y <= to; y++)
            set_dot(canvas, x, y);
        last_top = top;
        last_bottom = bottom;
        joined = true;
    }
}

static void add_label(struct text *text, double value, const char *unit)
{
    struct text label = {0};
    struct text safe = {0};
    engineering(value, unit, false, &label);
    text_add_safe(&safe, text_get(&label), label.length);
    size_t bytes = text_fit(text_get(&safe), LABEL_WIDTH);
    size_t width = text_width(text_get(&safe));
    text_add_format(text, "%*s", width < LABEL_WIDTH ? (int)(LABEL_WIDTH - width) : 0, "");
    text_add_bytes(text, text_get(&safe), bytes);
    text_finish(&safe);
    text_finish(&label);
}

static void add_time_axis(const struct trace *trace, size_t columns, struct text *text)
{
    struct text first = {0}, last = {0};
    engineering(trace->time_first, "s", false, &first);
    engineering(trace_time(trace, trace->samples - 1), "s", false, &last);
    size_t used = text_width(text_get(&first)) + text_width(text_get(&last));
    text_add_format(text, "%*s", LABEL_WIDTH + 2, "");
    text_add(text, text_get(&first));
    text_add_format(text, "%*s", used < columns ? (int)(columns - used) : 1, "");
    text_add_format(text, "%s\n", text_get(&last));
    text_finish(&first);
    text_finish(&last);
}

void trace_plot(const struct trace *trace, size_t columns, size_t lines, struct text *text)
{
    double least, most;
    if (!trace_extent(trace, 0, trace->samples, &least, &most)) {
        text_add(text, "(no samples)\n");
        return;
    }
    struct canvas canvas = {
        .columns = columns > LABEL_WIDTH + 2 + LEAST_WIDTH ? columns - LABEL_WIDTH - 2 : LEAST_WIDTH,
        .lines = lines > LEAST_LINES + 1 ? lines - 1 : LEAST_LINES,
    };
    canvas.cells = require_memory(canvas.columns, canvas.lines);
    draw(trace, &canvas, least, most);
    for (size_t line = 0; line < canvas.lines; line++) {
        if (line == 0 || line + 1 == canvas.lines)
            add_label(text, line == 0 ? most : least, trace->unit);
        else
            text_add_format(text, "%*s", LABEL_WIDTH, "");
        text_add(text, " \u2502");
        for (size_t column = 0; column < canvas.columns; column++)
            text_add_code(text, 0x2800u + canvas.cells[line * canvas.columns + column]);
        text_add(text, "\n");
    }
    free(canvas.cells);
    add_time_axis(trace, canvas.columns, text);
}
