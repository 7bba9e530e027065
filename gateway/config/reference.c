/* The reference of everything that may be written, from the tables that read it. */
#include "gateway/config/lab.h"
#include "gateway/config/rigs.h"
#include "gateway/config/timetable.h"

#include <string.h>

const struct section *const config_sections[] = {
    &section_lab,     &section_listener,  &section_rig,        &section_instrument,
    &section_line,    &section_tuning,    &section_set,        &section_wait,
    &section_verify,  &section_trip,      &section_permissive, &section_exclusive,
    &section_limit,   &section_heartbeat, &section_proof_test, &section_practice,
    &section_session, &section_booking,   &section_timetable,  &section_mail,
    &section_term,    &section_holiday,   &section_makeup,     &section_opening,
    &section_school,  &section_group,     &section_capability, &section_policy,
    &section_profile, &section_point,     &section_waveform,   NULL,
};

/* In a cell, "|" would end it. */
static void print_cell(FILE *file, const char *text)
{
    for (; *text; text++) {
        if (*text == '|')
            fputc('\\', file);
        fputc(*text, file);
    }
}

static void print_choices(FILE *file, const struct option *row)
{
    for (const char *const *choice = row->choices; *choice; choice++)
        fprintf(file, "%s%s", choice == row->choices ? "" : ", ", *choice);
}

static void print_type(FILE *file, const struct option *row)
{
    switch (row->type) {
    case OPTION_BOOLEAN:
        fputs("true, false", file);
        break;
    case OPTION_INTEGER:
        fprintf(file, "integer %.10g .. %.10g", row->minimum, row->maximum);
        break;
    case OPTION_NUMBER:
        fprintf(file, "number %.10g .. %.10g%s%s", row->minimum, row->maximum, row->unit ? " " : "",
                row->unit ? row->unit : "");
        break;
    case OPTION_DURATION:
        fprintf(file, "duration %.10g s .. %.10g s", row->minimum, row->maximum);
        break;
    case OPTION_SIZE:
        fprintf(file, "size %.10g B .. %.10g B", row->minimum, row->maximum);
        break;
    case OPTION_TEXT:
        fprintf(file, "text up to %.0f bytes", row->maximum);
        break;
    case OPTION_CHOICE:
        print_choices(file, row);
        break;
    }
}

static void print_options(FILE *file, const struct option *rows)
{
    for (; rows && rows->name; rows++) {
        fprintf(file, "| `%s` | ", rows->name);
        print_type(file, rows);
        fputs(" | ", file);
        if (!rows->fallback)
            fputs("needed", file);
        else if (*rows->fallback)
            fprintf(file, "`%s`", rows->fallback);
        fputs(" | ", file);
        print_cell(file, rows->help);
        fputs(" |\n", file);
    }
}

static void print_parts(FILE *file, const struct part *parts)
{
    for (; parts && parts->name; parts++) {
        fprintf(file, "| `%s` | `", parts->name);
        print_cell(file, parts->form);
        fprintf(file, "` | %s | ", parts->required ? "needed" : "");
        print_cell(file, parts->help);
        fputs(" |\n", file);
    }
}

static void print_heading(FILE *file, const char *title, const char *where)
{
    fprintf(file, "\n## %s\n\n%s%s| key | value | default | |\n|---|---|---|---|\n", title, where,
            *where ? "\n\n" : "");
}

static void print_section(FILE *file, const struct section *section)
{
    print_heading(file, section->title, section->where);
    for (; section; section = section->base) {
        print_options(file, section->options);
        print_parts(file, section->parts);
    }
}

static void print_driver(FILE *file, const struct driver *driver)
{
    static const char *const where[] = {"In a profile's `options` or at a rig's instrument.",
                                        "A point's `at`.", "A waveform's `at`."};
    static const char *const what[] = {"instrument", "point", "waveform"};
    const struct option_table *const tables[] = {driver->instrument_options, driver->point_options,
                                                 driver->waveform_options};
    fprintf(file, "\n# Driver %s\n\n%s.\n", driver->name, driver->help);
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        char title[80];
        if (!tables[i])
            continue;
        snprintf(title, sizeof(title), "%s: %s", driver->name, what[i]);
        print_heading(file, title, where[i]);
        print_options(file, tables[i]->options);
    }
}

static void print_units(FILE *file)
{
    fputs("\n# Units\n\nUnits of one line convert into each other.\n\n", file);
    const struct rig_unit *table = rig_unit_table();
    for (const struct rig_unit *unit = table; unit->name; unit++) {
        bool first = true;
        for (const struct rig_unit *other = table; other < unit && first; other++)
            first = strcmp(other->dimension, unit->dimension) != 0;
        if (!first)
            continue;
        fprintf(file, "- %s:", unit->dimension);
        for (const struct rig_unit *other = unit; other->name; other++)
            if (!strcmp(other->dimension, unit->dimension))
                fprintf(file, " `%s`", *other->name ? other->name : "1");
        fputc('\n', file);
    }
}

void config_print_reference(FILE *file)
{
    fputs("# Configuration reference\n\nPrinted by `labgate reference` from the tables that read the "
          "configuration.\n",
          file);
    for (size_t i = 0; config_sections[i]; i++)
        print_section(file, config_sections[i]);
    for (const struct driver *const *driver = driver_table; *driver; driver++)
        print_driver(file, *driver);
    print_units(file);
}
