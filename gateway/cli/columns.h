/* columns.h - a table for the terminal, its columns as wide as their widest cell (in terminal columns, not
 * bytes). */
#ifndef GATEWAY_CLI_COLUMNS_H
#define GATEWAY_CLI_COLUMNS_H

#include "gateway/cli/cli.h"

#define COLUMNS_MAX 12

struct columns {
    size_t count;
    const char *const
        *headings; /* NULL: none; a heading that begins with '>' aligns its column to the right */
    struct columns_cell {
        char *text; /* safe */
        enum style style;
    } * cells;
    size_t cell_count, capacity;
};

void columns_init(struct columns *columns, size_t count, const char *const *headings);
/* Cells fill rows from left to right. The text may come from strangers. */
void columns_add(struct columns *columns, enum style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Writes the table to stdout and gives the memory back. The last column is cut at `width` terminal columns
 * (0: never). */
void columns_print(struct columns *columns, struct cli *cli, size_t width);

#endif
