/* The table of reaction times that `labgate check` prints for a technician. */
#include "gateway/config/analysis.h"
#include "gateway/config/check.h"
#include "gateway/config/scalar.h"

#include <string.h>

enum { CELL = 40, COLUMNS = REACTION_PARTS + 4 };

static const char *const headings[COLUMNS] = {"total",      "= next read", "+ ahead",     "+ read",
                                              "+ debounce", "+ gateway",   "+ line free", "+ writes",
                                              "| one lost", "| read back", "| wanted"};

static void print_cell(size_t column, const char *text, FILE *file)
{
    int width = (int)strlen(headings[column]);
    fprintf(file, "  %*s", width > 7 ? width : 7, text);
}

static void print_row(const struct check_row *row, int width, FILE *file)
{
    const struct analysis_reaction *reaction = row->reaction;
    struct reaction_texts texts;
    char lost[CELL], readback[CELL], wanted[CELL] = "-";
    reaction_texts(reaction, &texts);
    if (row->wanted)
        duration_text(row->wanted, wanted, sizeof(wanted));
    const char *const last[] = {milliseconds_text(reaction->lost, lost),
                                milliseconds_text(reaction->readback, readback), wanted};
    fprintf(file, "  %-10s %-*s", row->kind, width, row->name);
    print_cell(0, texts.total, file);
    for (size_t i = 0; i < REACTION_PARTS; i++)
        print_cell(1 + i, texts.parts[i], file);
    for (size_t i = 0; i < 3; i++)
        print_cell(1 + REACTION_PARTS + i, last[i], file);
    fputc('\n', file);
}

/* Trips, permissives, limits, the e-stop. */
size_t check_row_count(const struct config_rig *rig)
{
    return rig->spec.trip_count + rig->spec.permissive_count + rig->spec.limit_count + 1;
}

bool check_row_at(const struct config_rig *rig, size_t index, struct check_row *row)
{
    const struct rig_spec *spec = &rig->spec;
    size_t permissive = index - spec->trip_count, limit = permissive - spec->permissive_count;
    if (index < spec->trip_count) {
        *row = (struct check_row){"trip", spec->trips[index].name, &rig->trip_worst[index],
                                  rig->reactions[index], spec->trips[index].drives != NULL};
        return true;
    }
    if (permissive < spec->permissive_count) {
        *row = (struct check_row){"permissive", spec->permissives[permissive].name,
                                  &rig->permissive_worst[permissive], rig->permissive_reactions[permissive],
                                  true};
        return !spec->permissives[permissive].only_to_start;
    }
    if (limit < spec->limit_count) {
        *row = (struct check_row){"limit", spec->limits[limit].name, &rig->limit_worst[limit], 0, true};
        return analysis_limit_drives(&spec->limits[limit]);
    }
    *row = (struct check_row){"e-stop", "", &rig->stop_worst, 0, false};
    return true;
}

/* Where a rule may wait for what is not there any more. */
static void print_silence(const struct config_rig *rig, const struct check_row *row, FILE *file)
{
    const char *name = *row->name ? row->name : row->kind;
    char text[CELL];
    if (row->reaction->by_age)
        fprintf(
            file,
            "    %s: %s counts as stale after %s, before it is sure to be read again, and that acts too\n",
            name, rig->spec.points[row->reaction->input].name,
            milliseconds_text(row->reaction->period, text));
    if (row->reaction->blind == ANALYSIS_NEVER)
        fprintf(file,
                "    %s: does not act while its input is not known (on_bad: ignore, or it does not age)\n",
                name);
    else if (row->reaction->blind)
        fprintf(file, "    %s: %s if the instrument that shows it stops answering\n", name,
                milliseconds_text(row->reaction->blind, text));
    if (row->reaction->last > row->reaction->total)
        fprintf(file,
                row->drives ? "    %s: %s when nobody has control: then the whole safe sequence runs\n"
                            : "    %s: %s until the last step of the safe sequence has written\n",
                name, milliseconds_text(row->reaction->last, text));
}

void print_reactions(const struct config_rig *rig, FILE *file)
{
    size_t count = check_row_count(rig);
    int width = 4;
    struct check_row row;
    if (!rig->spec.safe_count)
        return;
    for (size_t i = 0; i < count; i++)
        if (check_row_at(rig, i, &row) && (int)strlen(row.name) > width)
            width = (int)strlen(row.name);
    fprintf(file, "  %-10s %-*s", "reaction", width, "");
    for (size_t i = 0; i < COLUMNS; i++)
        fprintf(file, "  %*s", i ? 0 : 7, headings[i]);
    fputc('\n', file);
    for (size_t i = 0; i < count; i++)
        if (check_row_at(rig, i, &row))
            print_row(&row, width, file);
    for (size_t i = 0; i < count; i++)
        if (check_row_at(rig, i, &row))
            print_silence(rig, &row, file);
}

void print_assumptions(FILE *file)
{
    fputs("Reactions are worst cases: from when the condition is true in the instrument, just after it was "
          "read, until the\n"
          "outputs are written. next read: until it is due again; ahead: what goes on the line before it; "
          "debounce: for or\n"
          "confirm; line free: safe writes of other rigs and rules, and a transaction in flight that fails, "
          "with its timeout\n"
          "and the holds before and after it; one lost: the total when one request or reply on the way is "
          "lost or wrong,\n"
          "which `reaction:` must hold too; read back: and then until the read-backs were read, to which the "
          "plant's own\n"
          "time is added. Assumed: the instruments that a rule needs answer within the turnaround of their "
          "line; one other\n"
          "instrument on the line may fail in any way; somebody leans on the e-stops of the line's other "
          "rigs, which writes\n"
          "their safe values twice for the press before, and for one in each second of a wait; the gateway "
          "decides within 10 ms;\n"
          "TCP takes 0.1 ms a transaction, and connects within 20 ms. A read whose reply is lost is\n"
          "made again, after 1.5 s on a serial line that has shown late answers and where nothing tells the "
          "answers to it\n"
          "apart; gap in the instrument's options gives it another way.\n",
          file);
}
