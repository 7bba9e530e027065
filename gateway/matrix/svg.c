/* The matrix as a drawing to be printed and signed: pages of A4 across, lengths in millimetres. Outputs that
 * do not fit beside the causes go on further pages, where the causes are repeated by number, kind and name.
 */
#include "gateway/matrix/drawing.h"
#include "gateway/matrix/matrix.h"

#include <string.h>

#define PAGE_WIDTH       297.0
#define PAGE_HEIGHT      210.0
#define MARGIN           10.0
#define TABLE_TOP        22.0
#define FOOT_HEIGHT      18.0 /* with the margin */
#define SIGNATURE_HEIGHT 20.0
#define HEAD_LEAST       9.0
#define CELL_LEAST       5.5
#define CELL_MOST        24.0

enum { NUMBER, KIND, NAME, CONDITION, DELAY, REACTION, RESET, COLUMNS };

static const struct {
    const char *heading;
    double width;
    bool repeated; /* on each page */
} columns[COLUMNS] = {
    [NUMBER] = {"No.",      8,  true },
      [KIND] = {"Cause",    20, true },
      [NAME] = {"Name",     38, true },
    [CONDITION] = {"When",     52, false},
      [DELAY] = {"After",    15, false},
      [REACTION] = {"Reaction", 23, false},
    [RESET] = {"Reset",    28, false},
};

/* Outputs that stand on one page: `first` and those before `end`. */
struct part {
    size_t first, end;
};

struct sheet {
    const struct matrix *matrix;
    const struct matrix_stamp *stamp;
    FILE *file;
    double head;      /* height: names of outputs stand upright in it */
    double condition; /* width of that column, which takes what is left */
    size_t page, pages;
};

static double larger(double a, double b)
{
    return a > b ? a : b;
}

static const char *output_name(const struct sheet *sheet, size_t effect)
{
    return sheet->matrix->rig->spec.points[sheet->matrix->effects[effect]].name;
}

/* --- what fits ---------------------------------------------------------------------------------- */

static bool has_column(const struct part *part, size_t column)
{
    return part->first == 0 || columns[column].repeated;
}

static double column_width(const struct sheet *sheet, size_t column)
{
    return column == CONDITION ? sheet->condition : columns[column].width;
}

static double cell_width(const struct sheet *sheet, size_t effect)
{
    double width = CELL_LEAST;
    for (size_t i = 0; i < sheet->matrix->row_count; i++)
        width = larger(width, drawing_word_width(sheet->matrix->rows[i].cells[effect]));
    return width < CELL_MOST ? width : CELL_MOST;
}

static double room_for_outputs(const struct part *part)
{
    double room = PAGE_WIDTH - 2 * MARGIN;
    for (size_t i = 0; i < COLUMNS; i++)
        room -= has_column(part, i) ? columns[i].width : 0;
    return room;
}

/* False: there is none that begins there. The first page stands even without outputs. */
static bool next_part(const struct sheet *sheet, size_t first, struct part *part)
{
    *part = (struct part){first, first};
    double room = room_for_outputs(part);
    for (; part->end < sheet->matrix->effect_count; part->end++) {
        room -= cell_width(sheet, part->end);
        if (room < 0 && part->end > first)
            break;
    }
    return first == 0 || part->end > first;
}

static const char *text_of(const struct matrix_row *row, size_t column)
{
    const char *const texts[COLUMNS] = {
        [NUMBER] = "",        [KIND] = row->kind,         [NAME] = row->name,   [CONDITION] = row->condition,
        [DELAY] = row->delay, [REACTION] = row->reaction, [RESET] = row->reset,
    };
    return texts[column];
}

static double row_height(const struct sheet *sheet, const struct part *part, const struct matrix_row *row)
{
    double height = 0;
    for (size_t i = 0; i < COLUMNS; i++)
        if (has_column(part, i))
            height = larger(height, drawing_lines_height(text_of(row, i), column_width(sheet, i), i == NAME));
    for (size_t i = part->first; i < part->end; i++)
        height = larger(height, drawing_lines_height(row->cells[i], cell_width(sheet, i), false));
    return height;
}

static size_t rows_within(const struct sheet *sheet, const struct part *part, size_t first, double room)
{
    size_t row = first;
    for (; row < sheet->matrix->row_count; row++) {
        room -= row_height(sheet, part, &sheet->matrix->rows[row]);
        if (room < 0 && row > first)
            break;
    }
    return row;
}

/* The first row that no longer stands on the page that begins with `first`. The last page has room for
 * signatures. */
static size_t page_end(const struct sheet *sheet, const struct part *part, size_t first)
{
    double room = PAGE_HEIGHT - TABLE_TOP - FOOT_HEIGHT - sheet->head;
    size_t end = rows_within(sheet, part, first, room), count = sheet->matrix->row_count;
    bool last = end == count && part->end == sheet->matrix->effect_count;
    if (!last)
        return end;
    return rows_within(sheet, part, first, room - SIGNATURE_HEIGHT);
}

/* --- the table ---------------------------------------------------------------------------------- */

static double print_heading(const struct sheet *sheet, size_t column, double x)
{
    double width = column_width(sheet, column);
    drawing_box(sheet->file, x, 0, width, sheet->head, "#e4e4e4");
    drawing_text(sheet->file, x + 1, sheet->head - 1.5, DRAWING_FONT, true, columns[column].heading);
    return x + width;
}

static double print_output_names(const struct sheet *sheet, const struct part *part, double x)
{
    for (size_t i = part->first; i < part->end; i++) {
        double width = cell_width(sheet, i);
        drawing_box(sheet->file, x, 0, width, sheet->head, "#e4e4e4");
        drawing_upright(sheet->file, x + width / 2, sheet->head - 1.5, output_name(sheet, i));
        x += width;
    }
    return x;
}

static size_t column_before_outputs(const struct part *part)
{
    return has_column(part, CONDITION) ? CONDITION : NAME;
}

static void print_head(const struct sheet *sheet, const struct part *part)
{
    double x = 0;
    for (size_t i = 0; i < COLUMNS; i++) {
        if (has_column(part, i))
            x = print_heading(sheet, i, x);
        if (i == column_before_outputs(part))
            x = print_output_names(sheet, part, x);
    }
}

static double print_cells(const struct sheet *sheet, const struct part *part, const struct matrix_row *row,
                          double x, double y, double height)
{
    for (size_t i = part->first; i < part->end; i++) {
        double width = cell_width(sheet, i);
        drawing_box(sheet->file, x, y, width, height, row->cells[i][0] ? "#f3f3f3" : "none");
        drawing_lines(sheet->file, x, y, width, false, row->cells[i]);
        x += width;
    }
    return x;
}

static void print_row(const struct sheet *sheet, const struct part *part, size_t index, double y)
{
    const struct matrix_row *row = &sheet->matrix->rows[index];
    double x = 0, height = row_height(sheet, part, row);
    char number[24];
    snprintf(number, sizeof number, "%zu", index + 1);
    for (size_t i = 0; i < COLUMNS; i++) {
        if (has_column(part, i)) {
            double width = column_width(sheet, i);
            drawing_box(sheet->file, x, y, width, height, "none");
            drawing_lines(sheet->file, x, y, width, i == NAME, i == NUMBER ? number : text_of(row, i));
            x += width;
        }
        if (i == column_before_outputs(part))
            x = print_cells(sheet, part, row, x, y, height);
    }
}

/* --- pages -------------------------------------------------------------------------------------- */

static void print_signature(const struct sheet *sheet, double x, const char *role)
{
    static const char *const fields[] = {"Name", "Date", "Signature"};
    static const double widths[] = {48, 30, 52};
    double y = PAGE_HEIGHT - FOOT_HEIGHT - 13;
    drawing_text(sheet->file, x, y - 1.5, DRAWING_FONT, true, role);
    for (size_t i = 0; i < 3; i++) {
        drawing_box(sheet->file, x, y, widths[i], 13, "none");
        drawing_text(sheet->file, x + 1, y + 3.2, DRAWING_FONT, false, fields[i]);
        x += widths[i];
    }
}

static void print_foot(const struct sheet *sheet)
{
    static const char *const legend[] = {
        "A value is what the output is set to. No start: it cannot be moved from its safe value. Ramp: a "
        "larger "
        "step is taken slowly.",
        "Dropped: by the rig's own controller. Reaction: worst case until the first outputs are written, and "
        "all; one lost reply included.",
    };
    char line[400];
    double y = PAGE_HEIGHT - FOOT_HEIGHT + 4;
    for (size_t i = 0; i < 2; i++)
        drawing_text(sheet->file, MARGIN, y + DRAWING_LINE * (double)i, DRAWING_FONT, false, legend[i]);
    snprintf(line, sizeof line, "Configuration %s. Printed %s. Page %zu of %zu%s", sheet->stamp->hash,
             sheet->stamp->date, sheet->page, sheet->pages,
             sheet->page < sheet->pages ? "; signatures on the last." : ".");
    drawing_text(sheet->file, MARGIN, y + 2 * DRAWING_LINE, DRAWING_FONT, true, line);
    if (sheet->page < sheet->pages)
        return;
    print_signature(sheet, MARGIN, "Checked on the rig by");
    print_signature(sheet, MARGIN + 147, "Approved by");
}

static void print_title(const struct sheet *sheet, const struct part *part)
{
    const struct config_rig *rig = sheet->matrix->rig;
    bool two = strcmp(rig->title.en, rig->title.zh) != 0;
    char line[400], outputs[80] = "";
    snprintf(line, sizeof line, "Cause and effect: %s", rig->spec.name);
    drawing_text(sheet->file, MARGIN, 14, 5.2, true, line);
    if (part->end - part->first < sheet->matrix->effect_count)
        snprintf(outputs, sizeof outputs, ". Outputs %zu to %zu of %zu", part->first + 1, part->end,
                 sheet->matrix->effect_count);
    snprintf(line, sizeof line, "%s%s%s. Laboratory %s%s", rig->title.en, two ? "  " : "",
             two ? rig->title.zh : "", sheet->matrix->lab->name, outputs);
    drawing_text(sheet->file, MARGIN, 19, 3, false, line);
}

static void print_page(const struct sheet *sheet, const struct part *part, size_t first, size_t end)
{
    fprintf(sheet->file, "<g transform=\"translate(0 %.0f)\">\n", (double)(sheet->page - 1) * PAGE_HEIGHT);
    print_title(sheet, part);
    fprintf(sheet->file, "<g transform=\"translate(%.0f %.0f)\">\n", MARGIN, TABLE_TOP);
    print_head(sheet, part);
    double y = sheet->head;
    for (size_t i = first; i < end; i++) {
        print_row(sheet, part, i, y);
        y += row_height(sheet, part, &sheet->matrix->rows[i]);
    }
    fputs("</g>\n", sheet->file);
    print_foot(sheet);
    fputs("</g>\n", sheet->file);
}

/* Counts the pages, and prints them once their number is known. */
static void each_page(struct sheet *sheet, bool print)
{
    struct part part;
    sheet->page = 0;
    for (size_t first = 0; next_part(sheet, first, &part); first = part.end) {
        for (size_t row = 0, end; row < sheet->matrix->row_count; row = end) {
            end = page_end(sheet, &part, row);
            sheet->page++;
            if (print)
                print_page(sheet, &part, row, end);
        }
        if (part.end == sheet->matrix->effect_count)
            break;
    }
    sheet->pages = sheet->page;
}

static void fit(struct sheet *sheet)
{
    struct part part;
    sheet->head = HEAD_LEAST;
    for (size_t i = 0; i < sheet->matrix->effect_count; i++)
        sheet->head = larger(sheet->head, drawing_text_width(output_name(sheet, i), true) + 3);
    sheet->condition = columns[CONDITION].width;
    next_part(sheet, 0, &part);
    double left = room_for_outputs(&part);
    for (size_t i = part.first; i < part.end; i++)
        left -= cell_width(sheet, i);
    sheet->condition += larger(0, left);
}

void matrix_print_svg(const struct matrix *matrix, const struct matrix_stamp *stamp, FILE *file)
{
    struct sheet sheet = {.matrix = matrix, .stamp = stamp, .file = file};
    fit(&sheet);
    each_page(&sheet, false);
    double height = PAGE_HEIGHT * (double)sheet.pages;
    fprintf(file,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0fmm\" height=\"%.0fmm\" viewBox=\"0 0 %.0f "
            "%.0f\" "
            "font-family=\"DejaVu Sans, Noto Sans, Noto Sans CJK SC, sans-serif\">\n"
            "<style>@page { size: A4 landscape; margin: 0 }</style>\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
            PAGE_WIDTH, height, PAGE_WIDTH, height);
    each_page(&sheet, true);
    fputs("</svg>\n", file);
}
