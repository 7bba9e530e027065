/* Help, from the commands' rows. */
#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"

#include <string.h>

#define MARGIN 26

static const char *const group_titles[GROUPS] = {
    [GROUP_ACCOUNT] = "You",     [GROUP_TIMETABLE] = "Timetable", [GROUP_RIG] = "At the rig",
    [GROUP_RECORDS] = "Records", [GROUP_STAFF] = "Staff",         [GROUP_OTHER] = "labctl itself",
};

static void put_options(FILE *file, const struct option_row *rows)
{
    for (; rows && rows->name; rows++) {
        int width = fprintf(file, "  --%s%s%s", rows->name, rows->argument ? " " : "",
                            rows->argument ? rows->argument : "");
        fprintf(file, "%*s%s\n", width < MARGIN ? MARGIN - width : 2, "", rows->help);
    }
}

/* Indents each line of `text`. */
static void put_lines(FILE *file, const char *text, const char *indent)
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        fprintf(file, "%s%.*s\n", length ? indent : "", (int)length, text);
        text += length + (text[length] ? 1 : 0);
    }
}

void help_all(FILE *file)
{
    fputs("labctl - the laboratory from a terminal\n\nusage: labctl [options] COMMAND ...\n", file);
    for (int group = 0; group < GROUPS; group++) {
        fprintf(file, "\n%s\n", group_titles[group]);
        for (const struct command *const *row = commands; *row; row++)
            if ((int)(*row)->group == group && !(*row)->hidden)
                fprintf(file, "  %-18s%s\n", (*row)->name, (*row)->summary);
    }
    fputs("\nOptions of every command\n", file);
    put_options(file, general_options);
    fputs("\nlabctl COMMAND --help explains one. Exit codes: ", file);
#define PUT_EXIT(constant, code, reason, text) fprintf(file, "\n  %-4d%s", (code), (text));
    CLI_EXITS(PUT_EXIT)
#undef PUT_EXIT
    fputc('\n', file);
}

bool help_family(FILE *file, const char *first)
{
    bool any = false;
    for (const struct command *const *row = commands; *row; row++) {
        if (!command_is_of_family(*row, first))
            continue;
        if (!any)
            fprintf(file, "usage: labctl %s ...\n\n", first);
        fprintf(file, "  %-18s%s\n", (*row)->name, (*row)->summary);
        any = true;
    }
    if (any)
        fputs("\nEach explains itself with --help.\n", file);
    return any;
}

void help_command(FILE *file, const struct command *command)
{
    fprintf(file, "usage: labctl %s%s%s%s\n\n%s.\n", command->name, command->options ? " [options]" : "",
            command->arguments[0] ? " " : "", command->arguments, command->summary);
    if (command->text) {
        fputc('\n', file);
        put_lines(file, command->text, "");
    }
    if (command->options) {
        fputs("\nOptions\n", file);
        put_options(file, command->options);
    }
    if (command->examples) {
        fputs("\nExamples\n", file);
        put_lines(file, command->examples, "  ");
    }
    fputs("\nlabctl --help lists the options of every command and the exit codes.\n", file);
}

static int run_help(struct cli *cli, const struct arguments *arguments)
{
    if (arguments->count == 0) {
        help_all(stdout);
        return CLI_OK;
    }
    struct text name = {0};
    for (int i = 0; i < arguments->count; i++)
        text_add_format(&name, "%s%s", i ? " " : "", arguments->words[i]);
    int result = CLI_USAGE;
    for (const struct command *const *row = commands; *row; row++)
        if (strcmp((*row)->name, text_get(&name)) == 0) {
            help_command(stdout, *row);
            result = CLI_OK;
        }
    if (result != CLI_OK && arguments->count == 1 && help_family(stdout, arguments->words[0]))
        result = CLI_OK;
    if (result != CLI_OK)
        fail(cli, CLI_USAGE, "there is no command \"%s\"; labctl help lists them", text_get(&name));
    text_finish(&name);
    return result;
}

const struct command command_help = {
    .name = "help",
    .group = GROUP_OTHER,
    .arguments = "[COMMAND]",
    .most = 2,
    .summary = "list the commands, or explain one",
    .run = run_help,
};
