/* arguments.h - a command's row and the reading of its command line. Help, errors, completion and the check
 * of the man page all come from these rows. */
#ifndef GATEWAY_CLI_ARGUMENTS_H
#define GATEWAY_CLI_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cli;
struct arguments;

#define OPTIONS_MAX 16

struct option_row {
    const char *name;     /* without "--"; NULL ends a table */
    const char *argument; /* "TIME"; NULL: a flag */
    const char *help;
};

enum command_group {
    GROUP_ACCOUNT,
    GROUP_TIMETABLE,
    GROUP_RIG,
    GROUP_RECORDS,
    GROUP_STAFF,
    GROUP_OTHER,
    GROUPS
};

struct command {
    const char *name; /* one or two words: "account add" */
    enum command_group group;
    const char *arguments;            /* "POINT VALUE..."; "" */
    int least, most;                  /* of them; most -1: any number */
    const char *summary;              /* one line */
    const char *text;                 /* paragraphs below it; NULL */
    const struct option_row *options; /* NULL: none but the general ones */
    const char *examples;             /* lines; NULL */
    bool hidden;                      /* for labctl's own use */
    int (*run)(struct cli *cli, const struct arguments *arguments);
};

struct arguments {
    const struct command *command;
    const char *options[OPTIONS_MAX]; /* by row; NULL: not given; "" for a flag that is */
    const char *const *words;
    int count;
};

/* The general options, which every command takes. */
extern const struct option_row general_options[];

/* Value of an option of the command, NULL when it was not given. The name must be in the command's table. */
const char *arguments_option(const struct arguments *arguments, const char *name);
/* The rig that the line names, as its first word or as an option; NULL: none. */
const char *arguments_rig(const struct arguments *arguments);
bool arguments_flag(const struct arguments *arguments, const char *name);
/* A whole number in digits alone, from `least` to `most`. */
bool arguments_whole(const char *text, uint64_t least, uint64_t most, uint64_t *number);

struct command_line {
    const char *general[OPTIONS_MAX]; /* by row of general_options */
    bool help, version;
    const char *family; /* "account" of "account --help": explain the commands that begin so */
    struct arguments arguments;
    const char **words; /* storage of arguments.words; free() it */
    char why[256];      /* what is wrong with the line */
};

enum command_line_result {
    COMMAND_LINE_OK = 0,
    COMMAND_LINE_EMPTY = -1,   /* no command */
    COMMAND_LINE_UNKNOWN = -2, /* no such command; `why` */
    COMMAND_LINE_WRONG = -3,   /* `why`; arguments.command is set when it was known */
};

/* "account add" is of the family "account". */
bool command_is_of_family(const struct command *command, const char *first);

/* Reads words (without the program's name) against `commands`, which ends with NULL. */
int command_line_read(struct command_line *line, const struct command *const *commands, int count,
                      char *const *words);
void command_line_finish(struct command_line *line);

/* The nearest of the names by edit distance when one is near enough to be what was meant, else NULL. */
const char *nearest_name(const char *word, const char *const *names, size_t count);

#endif
