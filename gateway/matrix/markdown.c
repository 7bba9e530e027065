/* The matrix as a Markdown table. */
#include "gateway/matrix/matrix.h"

/* A bar would begin a new cell. */
static void print_cell(const char *text, FILE *file)
{
    fputs("| ", file);
    for (; *text; text++) {
        if (*text == '|')
            fputc('\\', file);
        fputc(*text, file);
    }
    fputc(' ', file);
}

static void print_head(const struct matrix *matrix, FILE *file)
{
    static const char *const first[] = {"Cause", "Name", "When"}, *const last[] = {"After", "Reaction",
                                                                                   "Reset"};
    for (size_t i = 0; i < 3; i++)
        print_cell(first[i], file);
    for (size_t i = 0; i < matrix->effect_count; i++)
        print_cell(matrix->rig->spec.points[matrix->effects[i]].name, file);
    for (size_t i = 0; i < 3; i++)
        print_cell(last[i], file);
    fputs("|\n", file);
    for (size_t i = 0; i < matrix->effect_count + 6; i++)
        fputs("|---", file);
    fputs("|\n", file);
}

static void print_row(const struct matrix *matrix, const struct matrix_row *row, FILE *file)
{
    print_cell(row->kind, file);
    print_cell(row->name, file);
    print_cell(row->condition, file);
    for (size_t i = 0; i < matrix->effect_count; i++)
        print_cell(row->cells[i], file);
    print_cell(row->delay, file);
    print_cell(row->reaction, file);
    print_cell(row->reset, file);
    fputs("|\n", file);
}

void matrix_print_markdown(const struct matrix *matrix, const struct matrix_stamp *stamp, FILE *file)
{
    const struct config_rig *rig = matrix->rig;
    fprintf(file, "# Cause and effect: %s (%s)\n\n", rig->spec.name, rig->title.en);
    print_head(matrix, file);
    for (size_t i = 0; i < matrix->row_count; i++)
        print_row(matrix, &matrix->rows[i], file);
    fprintf(file,
            "\nA value is what the output is set to; *no start*: it cannot be moved from its safe value; "
            "*ramp*: a larger step is\n"
            "taken slowly; *dropped*: by the rig's own controller. Reaction: worst case, one lost reply "
            "included, until the\n"
            "first outputs are written, and all; from `labgate check`.\n\n"
            "Laboratory %s, configuration %s, printed %s.\n\n"
            "Checked by: ______________________ Date: ______________ Signature: ______________________\n\n"
            "Approved by: _____________________ Date: ______________ Signature: ______________________\n",
            matrix->lab->name, stamp->hash, stamp->date);
}
