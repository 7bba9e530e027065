/* The matrix as a drawing to be printed and signed: pages of A4 across, lengths in millimetres. */
#include "gateway/matrix/matrix.h"

#include <string.h>

#define PAGE_WIDTH  297.0
#define PAGE_HEIGHT 210.0
#define MARGIN      10.0
#define TABLE_TOP   22.0
#define FOOT_HEIGHT 38.0
#define FONT        2.6
#define LETTER      0.53 /* mean width of a letter, of the font's size */
#define BOLD        0.66 /* the same of a bold one */
#define LINES_MAX   4

enum { KIND, NAME, CONDITION, DELAY, REACTION, RESET, COLUMNS };

static const struct {
    const char *heading;
    double width;
} columns[COLUMNS] = {
    [KIND] = {"Cause",    17},
      [NAME] = {"Name",     40},
      [CONDITION] = {"When",     60},
    [DELAY] = {"After",    17},
      [REACTION] = {"Reaction", 17},
      [RESET] = {"Reset",    38},
};

struct sheet {
    const struct matrix *matrix;
    FILE *file;
    double scale;     /* of the table: many outputs make it smaller */
    double condition; /* width of that column, which takes what is left */
    double cell;
    double head; /* height: names of outputs stand upright in it */
};

/* --- text --------------------------------------------------------------------------------------- */

static void print_escaped(const char *text, size_t length, FILE *file)
{
    for (size_t i = 0; i < length && text[i]; i++) {
        const char *name = text[i] == '<'   ? "&lt;"
                           : text[i] == '>' ? "&gt;"
                           : text[i] == '&' ? "&amp;"
                                            : NULL;
        if (name)
            fputs(name, file);
        else
            fputc(text[i], file);
    }
}

static void print_text(const struct sheet *sheet, double x, double y, double size, const char *style,
                       const char *text, size_t length)
{
    fprintf(sheet->file, "<text x=\"%.2f\" y=\"%.2f\" font-size=\"%.2f\" %s>", x, y, size, style);
    print_escaped(text, length, sheet->file);
    fputs("</text>\n", sheet->file);
}

/* Bytes of the next line of at most `most` letters, broken at a blank where there is one. */
static size_t line_length(const char *text, size_t most)
{
    size_t length = strlen(text), at = most;
    if (length <= most)
        return length;
    while (at > most / 2 && text[at] != ' ')
        at--;
    if (text[at] == ' ')
        return at;
    for (at = most; at > 1 && ((unsigned char)text[at] & 0xc0) == 0x80;)
        at--;
    return at;
}

static size_t letters(double width, double letter)
{
    double count = (width - 2) / (FONT * letter);
    return count > 4 ? (size_t)count : 4;
}

static size_t count_lines(const char *text, double width, double letter)
{
    size_t lines = 0;
    do {
        text += line_length(text, letters(width, letter));
        text += *text == ' ';
        lines++;
    } while (*text && lines < LINES_MAX);
    return lines;
}

static void print_lines(const struct sheet *sheet, double x, double y, double width, bool bold,
                        const char *text)
{
    double letter = bold ? BOLD : LETTER;
    for (size_t line = 0; *text && line < LINES_MAX; line++) {
        size_t length = line_length(text, letters(width, letter));
        print_text(sheet, x + 1, y + FONT * (1.15 + 1.25 * (double)line), FONT,
                   bold ? "font-weight=\"bold\"" : "", text, length);
        text += length;
        text += *text == ' ';
    }
}

static void print_box(const struct sheet *sheet, double x, double y, double width, double height,
                      const char *fill)
{
    fprintf(sheet->file,
            "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" fill=\"%s\" stroke=\"#444\" "
            "stroke-width=\"0.15\"/>\n",
            x, y, width, height, fill);
}

/* --- the table ---------------------------------------------------------------------------------- */

static double width_of(const struct sheet *sheet, size_t column)
{
    return column == CONDITION ? sheet->condition : columns[column].width;
}

static const char *text_of(const struct matrix_row *row, size_t column)
{
    const char *const texts[COLUMNS] = {
        [KIND] = row->kind,   [NAME] = row->name,         [CONDITION] = row->condition,
        [DELAY] = row->delay, [REACTION] = row->reaction, [RESET] = row->reset,
    };
    return texts[column];
}

static double row_height(const struct sheet *sheet, const struct matrix_row *row)
{
    size_t most = 1;
    for (size_t i = 0; i < COLUMNS; i++) {
        size_t lines = count_lines(text_of(row, i), width_of(sheet, i), i == NAME ? BOLD : LETTER);
        most = lines > most ? lines : most;
    }
    for (size_t i = 0; i < sheet->matrix->effect_count; i++) {
        size_t lines = count_lines(row->cells[i], sheet->cell, LETTER);
        most = lines > most ? lines : most;
    }
    return FONT * (0.9 + 1.25 * (double)most);
}

static void fit(struct sheet *sheet)
{
    double fixed = 0, room = PAGE_WIDTH - 2 * MARGIN;
    size_t longest = 3;
    for (size_t i = 0; i < COLUMNS; i++)
        fixed += columns[i].width;
    for (size_t i = 0; i < sheet->matrix->row_count; i++)
        for (size_t k = 0; k < sheet->matrix->effect_count; k++) {
            size_t length = strlen(sheet->matrix->rows[i].cells[k]);
            longest = length > longest && length <= 8 ? length : longest;
        }
    size_t name = 8;
    for (size_t k = 0; k < sheet->matrix->effect_count; k++) {
        size_t length = strlen(sheet->matrix->rig->spec.points[sheet->matrix->effects[k]].name);
        name = length > name ? length : name;
    }
    sheet->head = (double)name * FONT * BOLD + 4;
    sheet->cell = (double)longest * FONT * LETTER + 2.2;
    double natural = fixed + (double)sheet->matrix->effect_count * sheet->cell;
    sheet->scale = natural > room ? room / natural : 1;
    sheet->condition = columns[CONDITION].width + (natural < room ? room - natural : 0);
}

static void print_head(const struct sheet *sheet)
{
    const struct rig_spec *spec = &sheet->matrix->rig->spec;
    double x = 0;
    for (size_t i = 0; i < COLUMNS; i++) {
        print_box(sheet, x, 0, width_of(sheet, i), sheet->head, "#e4e4e4");
        print_text(sheet, x + 1, sheet->head - 1.5, FONT, "font-weight=\"bold\"", columns[i].heading,
                   strlen(columns[i].heading));
        x += width_of(sheet, i);
        if (i != CONDITION)
            continue;
        for (size_t k = 0; k < sheet->matrix->effect_count; k++) {
            const char *name = spec->points[sheet->matrix->effects[k]].name;
            print_box(sheet, x, 0, sheet->cell, sheet->head, "#e4e4e4");
            fprintf(sheet->file, "<g transform=\"translate(%.2f %.2f) rotate(-90)\">",
                    x + sheet->cell / 2 + FONT / 3, sheet->head - 1.5);
            print_text(sheet, 0, 0, FONT, "font-weight=\"bold\"", name, strlen(name));
            fputs("</g>\n", sheet->file);
            x += sheet->cell;
        }
    }
}

static void print_row(const struct sheet *sheet, const struct matrix_row *row, double y)
{
    double x = 0, height = row_height(sheet, row);
    for (size_t i = 0; i < COLUMNS; i++) {
        print_box(sheet, x, y, width_of(sheet, i), height, "none");
        print_lines(sheet, x, y, width_of(sheet, i), i == NAME, text_of(row, i));
        x += width_of(sheet, i);
        for (size_t k = 0; i == CONDITION && k < sheet->matrix->effect_count; k++) {
            print_box(sheet, x, y, sheet->cell, height, row->cells[k][0] ? "#f3f3f3" : "none");
            print_lines(sheet, x, y, sheet->cell, false, row->cells[k]);
            x += sheet->cell;
        }
    }
}

/* --- pages -------------------------------------------------------------------------------------- */

/* The first row of the page after that which begins with `row`. */
static size_t next_page(const struct sheet *sheet, size_t row)
{
    double room = (PAGE_HEIGHT - TABLE_TOP - FOOT_HEIGHT) / sheet->scale - sheet->head;
    size_t first = row;
    for (; row < sheet->matrix->row_count; row++) {
        double height = row_height(sheet, &sheet->matrix->rows[row]);
        if (row > first && height > room)
            break;
        room -= height;
    }
    return row;
}

static void print_signature(const struct sheet *sheet, double x, const char *role)
{
    static const char *const fields[] = {"Name", "Date", "Signature"};
    static const double widths[] = {48, 30, 52};
    double y = PAGE_HEIGHT - MARGIN - 15;
    print_text(sheet, x, y - 1.5, FONT, "font-weight=\"bold\"", role, strlen(role));
    for (size_t i = 0; i < 3; i++) {
        print_box(sheet, x, y, widths[i], 13, "none");
        print_text(sheet, x + 1, y + 2.6, 2.0, "fill=\"#444\"", fields[i], strlen(fields[i]));
        x += widths[i];
    }
}

static void print_foot(const struct sheet *sheet, const struct matrix_stamp *stamp, size_t page, size_t pages)
{
    static const char legend[] =
        "A value is what the output is set to. No start: it cannot be moved from its safe value. Ramp: a "
        "larger step is taken "
        "slowly. Dropped: by the rig's own controller. Reaction: worst case until written, one lost reply "
        "included.";
    char line[400];
    double y = PAGE_HEIGHT - FOOT_HEIGHT + 4;
    print_text(sheet, MARGIN, y, 2.3, "fill=\"#222\"", legend, strlen(legend));
    snprintf(line, sizeof line, "Configuration %s. Printed %s. Page %zu of %zu", stamp->hash, stamp->date,
             page, pages);
    print_text(sheet, MARGIN, y + 4, 2.3, "fill=\"#222\"", line, strlen(line));
    print_signature(sheet, MARGIN, "Checked on the rig by");
    print_signature(sheet, MARGIN + 147, "Approved by");
}

static void print_title(const struct sheet *sheet)
{
    const struct config_rig *rig = sheet->matrix->rig;
    char line[400];
    snprintf(line, sizeof line, "Cause and effect: %s", rig->spec.name);
    print_text(sheet, MARGIN, 14, 5.2, "font-weight=\"bold\"", line, strlen(line));
    bool two = strcmp(rig->title.en, rig->title.zh) != 0;
    snprintf(line, sizeof line, "%s%s%s. Laboratory %s", rig->title.en, two ? "  " : "",
             two ? rig->title.zh : "", sheet->matrix->lab->name);
    print_text(sheet, MARGIN, 19, 3, "fill=\"#222\"", line, strlen(line));
}

static void print_page(const struct sheet *sheet, const struct matrix_stamp *stamp, size_t first, size_t last,
                       size_t page, size_t pages)
{
    fprintf(sheet->file, "<g transform=\"translate(0 %.0f)\">\n", (double)(page - 1) * PAGE_HEIGHT);
    print_title(sheet);
    fprintf(sheet->file, "<g transform=\"translate(%.0f %.0f) scale(%.4f)\">\n", MARGIN, TABLE_TOP,
            sheet->scale);
    print_head(sheet);
    double y = sheet->head;
    for (size_t i = first; i < last; i++) {
        print_row(sheet, &sheet->matrix->rows[i], y);
        y += row_height(sheet, &sheet->matrix->rows[i]);
    }
    fputs("</g>\n", sheet->file);
    print_foot(sheet, stamp, page, pages);
    fputs("</g>\n", sheet->file);
}

void matrix_print_svg(const struct matrix *matrix, const struct matrix_stamp *stamp, FILE *file)
{
    struct sheet sheet = {.matrix = matrix, .file = file};
    size_t pages = 0;
    fit(&sheet);
    for (size_t row = 0; row < matrix->row_count; pages++)
        row = next_page(&sheet, row);
    double height = PAGE_HEIGHT * (double)pages;
    fprintf(file,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0fmm\" height=\"%.0fmm\" viewBox=\"0 0 %.0f "
            "%.0f\" "
            "font-family=\"DejaVu Sans, Noto Sans, Noto Sans CJK SC, sans-serif\">\n"
            "<style>@page { size: A4 landscape; margin: 0 }</style>\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
            PAGE_WIDTH, height, PAGE_WIDTH, height);
    size_t page = 1;
    for (size_t row = 0, next; row < matrix->row_count; row = next, page++) {
        next = next_page(&sheet, row);
        print_page(&sheet, stamp, row, next, page, pages);
    }
    fputs("</svg>\n", file);
}
