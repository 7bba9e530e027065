/* plot.h - a curve over a logarithmic axis, as an SVG in the build folder's bench/. With `log_bound` the line
 * beside it is what grows as the logarithm of x does, from 1 at the first point. */
#ifndef TESTS_BENCH_PLOT_H
#define TESTS_BENCH_PLOT_H

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { PLOT_POINTS = 16, PLOT_WIDTH = 640, PLOT_HEIGHT = 400, PLOT_MARGIN = 50 };

struct plot {
    const char *title;
    bool log_bound;
    double x[PLOT_POINTS], y[PLOT_POINTS];
    size_t count;
};

static inline void plot_add(struct plot *plot, double x, double y)
{
    if (plot->count == PLOT_POINTS)
        return;
    plot->x[plot->count] = x;
    plot->y[plot->count++] = y;
}

static inline double plot_bound(const struct plot *plot, size_t i)
{
    return log(plot->x[i]) / log(plot->x[0]);
}

static inline double plot_across(const struct plot *plot, double x)
{
    double share = log(x / plot->x[0]) / log(plot->x[plot->count - 1] / plot->x[0]);
    return PLOT_MARGIN + share * (PLOT_WIDTH - 2 * PLOT_MARGIN);
}

static inline double plot_up(double y, double highest)
{
    return PLOT_HEIGHT - PLOT_MARGIN - y / highest * (PLOT_HEIGHT - 2 * PLOT_MARGIN);
}

static inline void plot_curve(const struct plot *plot, FILE *file, bool bound, double highest)
{
    fprintf(file, "<polyline fill='none' stroke='%s' stroke-width='2' points='", bound ? "#999" : "#05a");
    for (size_t i = 0; i < plot->count; i++)
        fprintf(file, "%.1f,%.1f ", plot_across(plot, plot->x[i]),
                plot_up(bound ? plot_bound(plot, i) : plot->y[i], highest));
    fputs("'/>\n", file);
}

static inline void plot_draw(const struct plot *plot, FILE *file)
{
    double highest = 1;
    for (size_t i = 0; i < plot->count; i++)
        highest = fmax(highest, fmax(plot->y[i], plot->log_bound ? plot_bound(plot, i) : 0));
    fprintf(file,
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d' font-family='sans-serif' "
            "font-size='12' text-anchor='middle'>\n<rect width='100%%' height='100%%' fill='#fff'/>\n"
            "<text x='%d' y='25'>%s</text>\n",
            PLOT_WIDTH, PLOT_HEIGHT, PLOT_WIDTH / 2, plot->title);
    for (int y = 0; y <= (int)highest; y++)
        fprintf(file,
                "<path d='M%d %.1fH%d' stroke='#ddd'/><text x='%d' y='%.1f' text-anchor='end'>%d</text>\n",
                PLOT_MARGIN, plot_up(y, highest), PLOT_WIDTH - PLOT_MARGIN, PLOT_MARGIN - 6,
                plot_up(y, highest) + 4, y);
    for (size_t i = 0; i < plot->count; i++)
        fprintf(file, "<text x='%.1f' y='%d'>%.0f</text><circle cx='%.1f' cy='%.1f' r='3' fill='#05a'/>\n",
                plot_across(plot, plot->x[i]), PLOT_HEIGHT - PLOT_MARGIN + 18, plot->x[i],
                plot_across(plot, plot->x[i]), plot_up(plot->y[i], highest));
    if (plot->log_bound)
        plot_curve(plot, file, true, highest);
    plot_curve(plot, file, false, highest);
    fputs("<text x='320' y='390'>blue: measured; grey: growth as the logarithm</text>\n</svg>\n", file);
}

static inline void plot_write(const struct plot *plot, const char *name)
{
    const char *build = getenv("BUILD");
    char path[512];
    snprintf(path, sizeof path, "%s/bench", build ? build : "build");
    mkdir(path, 0755);
    snprintf(path, sizeof path, "%s/bench/%s", build ? build : "build", name);
    FILE *file = fopen(path, "w");
    if (!file) {
        perror(path);
        exit(1);
    }
    plot_draw(plot, file);
    fclose(file);
    fprintf(stderr, "drawn: %s\n", path);
}

#endif
