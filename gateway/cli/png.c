/* A waveform as a picture: graticule, trace, and axes in the 1-2-5 steps of an oscilloscope. Eight bits with
 * a palette. */
#include "gateway/cli/font.h"
#include "gateway/cli/times.h"
#include "gateway/cli/trace.h"

#include <math.h>
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH       1000
#define HEIGHT      600
#define LEFT        96
#define RIGHT       24
#define TOP         48
#define BOTTOM      48
#define PLOT_WIDTH  (WIDTH - LEFT - RIGHT)
#define PLOT_HEIGHT (HEIGHT - TOP - BOTTOM)
#define SCALE       2 /* dots of the picture for a dot of the font */
#define ADVANCE     ((FONT_WIDTH + 1) * SCALE)

enum ink { INK_PAPER, INK_GRATICULE, INK_AXIS, INK_TEXT, INK_TRACE, INKS };

static const png_color palette[INKS] = {
    [INK_PAPER] = {16,  20,  24 },
      [INK_GRATICULE] = {52,  60,  68 },
      [INK_AXIS] = {110, 122, 134},
    [INK_TEXT] = {224, 230, 236},
      [INK_TRACE] = {255, 214, 64 },
};

struct picture {
    png_byte dots[HEIGHT][WIDTH];
};

struct axis {
    double least, most, step; /* of what is shown: whole steps */
};

static struct axis make_axis(double least, double most, int divisions)
{
    if (!(most > least)) {
        double around = fabs(least) > 0 ? fabs(least) * 0.5 : 1;
        least -= around;
        most += around;
    }
    double step = nice_step(most - least, divisions);
    return (struct axis){floor(least / step + 1e-9) * step, ceil(most / step - 1e-9) * step, step};
}

static void put_dot(struct picture *picture, long x, long y, enum ink ink)
{
    if (x >= 0 && x < WIDTH && y >= 0 && y < HEIGHT)
        picture->dots[y][x] = (png_byte)ink;
}

static void put_glyph(struct picture *picture, long x, long y, uint32_t code)
{
    const uint8_t *rows = font_glyph(code);
    for (long row = 0; row < FONT_HEIGHT * SCALE; row++)
        for (long column = 0; column < FONT_WIDTH * SCALE; column++)
            if (rows[row / SCALE] >> (FONT_WIDTH - 1 - column / SCALE) & 1)
                put_dot(picture, x + column, y + row, INK_TEXT);
}

static long text_dots(const char *text)
{
    const char *end = text + strlen(text);
    long count = 0;
    for (; text < end; count++)
        text_decode(&text, end);
    return count * ADVANCE;
}

static void put_text(struct picture *picture, long x, long y, const char *text)
{
    const char *end = text + strlen(text);
    for (; text < end; x += ADVANCE)
        put_glyph(picture, x, y, text_decode(&text, end));
}

static long x_of(const struct axis *axis, double time)
{
    return LEFT + lround((time - axis->least) / (axis->most - axis->least) * (PLOT_WIDTH - 1));
}

static long y_of(const struct axis *axis, double value)
{
    return TOP + lround((axis->most - value) / (axis->most - axis->least) * (PLOT_HEIGHT - 1));
}

/* Labels of one axis must not touch: every so manieth division is labelled. */
static void draw_time_axis(struct picture *picture, const struct axis *axis)
{
    long divisions = lround((axis->most - axis->least) / axis->step), free_from = 0;
    for (long i = 0; i <= divisions; i++) {
        double time = axis->least + (double)i * axis->step;
        long x = x_of(axis, time);
        struct text label = {0};
        for (long y = TOP; y < HEIGHT - BOTTOM; y++)
            put_dot(picture, x, y,
                    i == 0 || i == divisions || fabs(time) < axis->step / 2 ? INK_AXIS : INK_GRATICULE);
        engineering(fabs(time) < axis->step / 1e6 ? 0 : time, "s", false, &label);
        long width = text_dots(text_get(&label)), from = x - width / 2;
        if (from >= free_from && from + width <= WIDTH) {
            put_text(picture, from, HEIGHT - BOTTOM + 12, text_get(&label));
            free_from = from + width + 2 * ADVANCE;
        }
        text_finish(&label);
    }
}

static void draw_value_axis(struct picture *picture, const struct axis *axis, const char *unit)
{
    long divisions = lround((axis->most - axis->least) / axis->step);
    for (long i = 0; i <= divisions; i++) {
        double value = axis->least + (double)i * axis->step;
        long y = y_of(axis, value);
        struct text label = {0};
        for (long x = LEFT; x < WIDTH - RIGHT; x++)
            if (picture->dots[y][x] != INK_AXIS)
                put_dot(picture, x, y,
                        i == 0 || i == divisions || fabs(value) < axis->step / 2 ? INK_AXIS : INK_GRATICULE);
        engineering(fabs(value) < axis->step / 1e6 ? 0 : value, unit, false, &label);
        put_text(picture, LEFT - 10 - text_dots(text_get(&label)), y - FONT_HEIGHT * SCALE / 2,
                 text_get(&label));
        text_finish(&label);
    }
}

static void draw_column(struct picture *picture, long x, long top, long bottom)
{
    for (long y = top; y <= bottom + 1; y++) /* two dots thick */
        put_dot(picture, x, y, INK_TRACE);
}

/* Few samples are joined by lines; many fill each column from the least to the greatest that fall in it. */
static void draw_trace(struct picture *picture, const struct trace *trace, const struct axis *times,
                       const struct axis *values)
{
    long last_x = -1, last_top = 0, last_bottom = 0;
    for (size_t i = 0; i < trace->samples;) {
        long x = x_of(times, trace_time(trace, i));
        size_t end = i + 1;
        while (end < trace->samples && x_of(times, trace_time(trace, end)) == x)
            end++;
        double least, most;
        bool any = trace_extent(trace, i, end, &least, &most);
        i = end;
        if (!any) {
            last_x = -1;
            continue;
        }
        long top = y_of(values, most), bottom = y_of(values, least);
        long from = last_x >= 0 ? last_x : x - 1, steps = x - from;
        for (long step = 1; step <= steps && last_x >= 0; step++) {
            long before = (last_top + last_bottom) / 2, after = (top + bottom) / 2;
            long y0 = before + (after - before) * (step - 1) / steps,
                 y1 = before + (after - before) * step / steps;
            draw_column(picture, from + step, y0 < y1 ? y0 : y1, y0 < y1 ? y1 : y0);
        }
        draw_column(picture, x, top, bottom);
        last_x = x;
        last_top = top;
        last_bottom = bottom;
    }
}

static void draw_heading(struct picture *picture, const struct trace *trace, const struct axis *times,
                         const struct axis *values)
{
    struct text heading = {0}, scales = {0};
    char when[TIMES_TEXT];
    text_add_format(&heading, "%s", trace->waveform);
    if (trace->wall)
        text_add_format(&heading, "  %s", times_local(trace->wall, when));
    engineering(values->step, trace->unit, false, &scales);
    text_add(&scales, "/div  ");
    engineering(times->step, "s", false, &scales);
    text_add(&scales, "/div");
    put_text(picture, LEFT, (TOP - FONT_HEIGHT * SCALE) / 2, text_get(&heading));
    long width = text_dots(text_get(&scales));
    if (LEFT + text_dots(text_get(&heading)) + 2 * ADVANCE + width < WIDTH - RIGHT)
        put_text(picture, WIDTH - RIGHT - width, (TOP - FONT_HEIGHT * SCALE) / 2, text_get(&scales));
    text_finish(&heading);
    text_finish(&scales);
}

static void draw_picture(struct picture *picture, const struct trace *trace)
{
    double least = 0, most = 0;
    trace_extent(trace, 0, trace->samples, &least, &most);
    struct axis values = make_axis(least, most, 8);
    struct axis times =
        make_axis(trace->time_first, trace_time(trace, trace->samples ? trace->samples - 1 : 0), 10);
    draw_time_axis(picture, &times);
    draw_value_axis(picture, &values, trace->unit);
    draw_trace(picture, trace, &times, &values);
    draw_heading(picture, trace, &times, &values);
}

static bool encode(struct picture *picture, FILE *file)
{
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info || setjmp(png_jmpbuf(png))) {
        png_destroy_write_struct(&png, &info);
        return false;
    }
    png_init_io(png, file);
    png_set_IHDR(png, info, WIDTH, HEIGHT, 8, PNG_COLOR_TYPE_PALETTE, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_PLTE(png, info, palette, INKS);
    png_write_info(png, info);
    for (size_t row = 0; row < HEIGHT; row++)
        png_write_row(png, picture->dots[row]);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    return fflush(file) == 0 && !ferror(file);
}

bool trace_write_png(const struct trace *trace, FILE *file)
{
    struct picture *picture = require_memory(1, sizeof *picture);
    draw_picture(picture, trace);
    bool written = encode(picture, file);
    free(picture);
    return written;
}
