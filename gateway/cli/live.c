#include "gateway/cli/live.h"

#include "gateway/cli/times.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define NAME_WIDTH  24
#define VALUE_WIDTH 16

static void choose_rows(struct live *live, const Labgate__Point **points)
{
    live->rows = require_memory(live->count, sizeof *live->rows);
    for (size_t i = 0; i < live->count; i++) {
        live->rows[i].point = points[i];
        live->rows[i].value = (Labgate__Value)LABGATE__VALUE__INIT;
    }
}

static int load(struct cli *cli, struct live *live)
{
    const Labgate__Point **points = NULL;
    int result = cli_show(cli, live->rig, &live->answer);
    if (result == CLI_OK)
        result = values_choose_points(cli, live->answer->show, live->arguments, &points, &live->count);
    if (result != CLI_OK)
        return result;
    live->detail = live->answer->show;
    choose_rows(live, points);
    free(points);
    return CLI_OK;
}

int live_begin(struct cli *cli, struct live *live, const char *rig, const struct arguments *arguments)
{
    *live = (struct live){.rig = rig, .arguments = arguments};
    int result = load(cli, live);
    if (result != CLI_OK)
        live_finish(live);
    return result;
}

int live_reload(struct cli *cli, struct live *live)
{
    const char *rig = live->rig;
    const struct arguments *arguments = live->arguments;
    live_end(cli, live);
    live_finish(live);
    return live_begin(cli, live, rig, arguments);
}

void live_finish(struct live *live)
{
    free(live->rows);
    client_free(live->answer);
    text_finish(&live->status);
    *live = (struct live){0};
}

static void remember(struct live_row *row)
{
    if (row->value.quality != LABGATE__QUALITY__GOOD)
        return;
    row->past[row->past_next] = row->value.number;
    row->past_next = (row->past_next + 1) % LIVE_PAST;
    if (row->past_count < LIVE_PAST)
        row->past_count++;
}

static void take_status(struct live *live, const Labgate__RigStatus *status)
{
    struct text described = {0};
    enum style style = status_describe(status, &described);
    if (status->controller_name[0])
        text_add_format(&described, ", in control: %s", status->controller_name);
    if (status->why[0])
        text_add_format(&described, " (%s)", status->why);
    live->status_changed = strcmp(text_get(&described), text_get(&live->status)) != 0;
    text_finish(&live->status);
    live->status = described;
    live->status_style = style;
}

void live_take(struct live *live, const Labgate__Frame *frame)
{
    live->status_changed = false;
    if (frame->status)
        take_status(live, frame->status);
    for (size_t i = 0; i < live->count; i++) {
        struct live_row *row = &live->rows[i];
        const Labgate__Value *value = point_value(row->point, frame->values, frame->n_values);
        row->changed = value != NULL;
        if (!value)
            continue;
        snprintf(row->words, sizeof row->words, "%s", value->text);
        row->value = *value;
        row->value.text = row->words;
        row->seen = true;
        remember(row);
    }
}

void sparkline(struct text *text, const double *ring, size_t size, size_t first, size_t count)
{
    double least = INFINITY, most = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        double value = ring[(first + i) % size];
        least = fmin(least, value);
        most = fmax(most, value);
    }
    for (size_t i = 0; i < count; i++) {
        double value = ring[(first + i) % size], range = most - least;
        unsigned step = range > 0 ? (unsigned)fmin(7.0, (value - least) / range * 8.0) : 0;
        text_add_code(text, 0x2581 + step); /* lower one eighth block, and up */
    }
}

/* --- the table -------------------------------------------------------------------------------- */

static void add_cell(struct text *line, const char *raw, size_t width, bool right)
{
    struct text safe = {0};
    text_add_safe(&safe, raw, strlen(raw));
    size_t bytes = text_fit(text_get(&safe), width), shown = text_width(text_get(&safe));
    size_t padding = shown < width ? width - shown : 0;
    text_add_format(line, "%*s", right ? (int)padding : 0, "");
    text_add_bytes(line, text_get(&safe), bytes);
    text_add_format(line, "%*s", right ? 0 : (int)padding, "");
    text_finish(&safe);
}

static void add_styled(const struct cli *cli, struct text *line, enum style style, const char *raw,
                       size_t width, bool right)
{
    bool styled = cli->color && style != STYLE_PLAIN;
    text_add(line, styled ? style_begin(style) : "");
    add_cell(line, raw, width, right);
    text_add(line, styled ? style_end() : "");
}

static void add_row(const struct cli *cli, const struct live_row *row, size_t columns, struct text *line)
{
    struct text value = {0};
    Labgate__Quality quality = row->seen ? row->value.quality : LABGATE__QUALITY__QUALITY_NOT_SAID;
    point_format_value(row->point, row->seen ? &row->value : NULL, true, &value);
    add_styled(cli, line, STYLE_STRONG, row->point->name, NAME_WIDTH, false);
    text_add(line, " ");
    add_styled(cli, line, row->changed ? STYLE_STRONG : STYLE_PLAIN, text_get(&value), VALUE_WIDTH, true);
    text_add(line, "  ");
    add_styled(cli, line, quality_style(quality), quality_name(quality), 5, false);
    text_finish(&value);
    if (columns >= NAME_WIDTH + VALUE_WIDTH + 10 + LIVE_PAST &&
        (row->point->type == LABGATE__TYPE__NUMBER || row->point->type == LABGATE__TYPE__INTEGER)) {
        text_add(line, "  ");
        sparkline(line, row->past, LIVE_PAST, row->past_next + LIVE_PAST - row->past_count, row->past_count);
    }
}

static void terminal_size(size_t *columns, size_t *lines)
{
    struct winsize size = {0};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
        size = (struct winsize){.ws_col = 80, .ws_row = 24};
    *columns = size.ws_col;
    *lines = size.ws_row;
}

static void add_heading(const struct cli *cli, const struct live *live, size_t columns, struct text *screen)
{
    struct text heading = {0};
    char when[TIMES_TEXT];
    text_add_format(&heading, "%s  %s  %s", live->rig, times_local(times_now_ms(), when),
                    text_get(&live->status));
    if (live->silent)
        text_add(&heading, "  NOT HEARD: these values are old");
    add_styled(cli, screen, live->silent ? STYLE_BAD : live->status_style, text_get(&heading), columns,
               false);
    text_finish(&heading);
}

static void draw(struct cli *cli, struct live *live)
{
    struct text screen = {0};
    size_t columns, lines;
    terminal_size(&columns, &lines);
    size_t rows = live->count, most = lines > 3 ? lines - 3 : 1;
    size_t hidden = rows > most ? rows - most : 0;
    text_add(&screen, "\033[?25l");
    if (live->drawn)
        text_add_format(&screen, "\033[%zuA", live->drawn);
    text_add(&screen, "\r");
    add_heading(cli, live, columns, &screen);
    text_add(&screen, "\033[K\n");
    for (size_t i = 0; i < rows - hidden; i++) {
        add_row(cli, &live->rows[i], columns, &screen);
        text_add(&screen, "\033[K\n");
    }
    if (hidden)
        text_add_format(&screen, "and %zu more; name the points you want, or make the window taller\033[K\n",
                        hidden);
    text_add(&screen, "\033[J");
    fwrite(text_get(&screen), 1, screen.length, stdout);
    fflush(stdout);
    live->drawn = 1 + rows - hidden + (hidden ? 1 : 0);
    text_finish(&screen);
}

void live_draw(struct cli *cli, struct live *live)
{
    live->silent = false;
    draw(cli, live);
}

void live_tick(struct cli *cli, struct live *live, bool silent)
{
    if (live->silent == silent || cli->json_wanted)
        return;
    live->silent = silent;
    if (cli->terminal)
        draw(cli, live);
    else if (silent)
        warn(cli, "%s has not been heard for a while; still trying", live->rig);
}

void live_end(struct cli *cli, struct live *live)
{
    if (cli->terminal && live->drawn) {
        fputs("\033[?25h", stdout);
        fflush(stdout);
    }
    live->drawn = 0;
}
