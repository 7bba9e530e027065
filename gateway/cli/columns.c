#include "gateway/cli/columns.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define GAP 2

void columns_init(struct columns *columns, size_t count, const char *const *headings)
{
    assert(count <= COLUMNS_MAX);
    *columns = (struct columns){.count = count, .headings = headings};
}

void columns_add(struct columns *columns, enum style style, const char *format, ...)
{
    struct text safe = {0};
    char *raw = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&raw, format, arguments);
    va_end(arguments);
    if (length > 0)
        text_add_safe(&safe, raw, (size_t)length);
    if (length >= 0)
        free(raw);
    if (columns->cell_count == columns->capacity) {
        columns->capacity = columns->capacity ? 2 * columns->capacity : 64;
        columns->cells = require_larger(columns->cells, columns->capacity * sizeof *columns->cells);
    }
    columns->cells[columns->cell_count++] = (struct columns_cell){require_copy(text_get(&safe)), style};
    text_finish(&safe);
}

static const char *heading(const struct columns *columns, size_t column, bool *right)
{
    const char *text = columns->headings ? columns->headings[column] : "";
    *right = text[0] == '>';
    return text + (*right ? 1 : 0);
}

static void measure(const struct columns *columns, size_t *widths)
{
    bool right;
    for (size_t i = 0; i < columns->count; i++)
        widths[i] = text_width(heading(columns, i, &right));
    for (size_t i = 0, column = 0; i < columns->cell_count; i++) {
        size_t width = text_width(columns->cells[i].text);
        if (width > widths[column])
            widths[column] = width;
        column = column + 1 < columns->count ? column + 1 : 0;
    }
}

static void put_spaces(size_t count)
{
    for (size_t i = 0; i < count; i++)
        fputc(' ', stdout);
}

struct place {
    size_t width, left; /* of the column; terminal columns left on the line */
    bool right, last;
};

static void put_cell(struct cli *cli, const char *text, enum style style, const struct place *place)
{
    size_t bytes = strlen(text), width = text_width(text);
    if (width > place->left) {
        bytes = text_fit(text, place->left);
        width = place->left;
    }
    size_t padding = place->width > width ? place->width - width : 0;
    if (place->right)
        put_spaces(padding);
    bool styled = cli->color && style != STYLE_PLAIN;
    fprintf(stdout, "%s%.*s%s", styled ? style_begin(style) : "", (int)bytes, text,
            styled ? style_end() : "");
    if (!place->right && !place->last)
        put_spaces(padding);
}

static void put_row(struct columns *columns, struct cli *cli, const size_t *widths, size_t limit,
                    const struct columns_cell *cells)
{
    size_t used = 0;
    for (size_t i = 0; i < columns->count; i++) {
        bool right;
        const char *text = heading(columns, i, &right);
        struct place place = {widths[i], limit && limit > used ? limit - used : (limit ? 0 : SIZE_MAX), right,
                              i + 1 == columns->count};
        put_cell(cli, cells ? cells[i].text : text, cells ? cells[i].style : STYLE_FAINT, &place);
        if (!place.last)
            put_spaces(GAP);
        used += widths[i] + GAP;
    }
    fputc('\n', stdout);
}

void columns_print(struct columns *columns, struct cli *cli, size_t width)
{
    size_t widths[COLUMNS_MAX] = {0};
    measure(columns, widths);
    if (columns->headings)
        put_row(columns, cli, widths, width, NULL);
    for (size_t i = 0; i + columns->count <= columns->cell_count; i += columns->count)
        put_row(columns, cli, widths, width, columns->cells + i);
    for (size_t i = 0; i < columns->cell_count; i++)
        free(columns->cells[i].text);
    free(columns->cells);
    columns_init(columns, columns->count, columns->headings);
}
