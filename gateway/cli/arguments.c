#include "gateway/cli/arguments.h"

#include "gateway/cli/text.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_LENGTH 64

const struct option_row general_options[] = {
    {"server",      "URL",      "the gateway: tcp:// tls+tcp:// ws:// wss:// ipc:// (default: of the login)" },
    {"ca",          "FILE",     "trust the certificate in FILE (PEM) instead of the system's"                },
    {"server-name", "NAME",     "the name that the server's certificate must bear (default: the URL's host)" },
    {"profile",     "NAME",     "keep login and seat under NAME, to be two people at once (default: default)"},
    {"timeout",     "DURATION", "how long to wait for an answer (default: 15s)"                              },
    {"json",        NULL,       "write one JSON document, or JSON lines where the command goes on"           },
    {"no-color",    NULL,       "write without colours (NO_COLOR in the environment does the same)"          },
    {"socket",      "PATH",     "ask through the gateway's own socket, on its machine, as its operator"      },
    {"help",        NULL,       "explain the command"                                                        },
    {"version",     NULL,       "say which version this is"                                                  },
    {NULL,          NULL,       NULL                                                                         },
};

static size_t place_of(const struct option_row *rows, const char *name)
{
    for (size_t i = 0; rows && rows[i].name; i++)
        if (strcmp(rows[i].name, name) == 0)
            return i;
    return OPTIONS_MAX;
}

const char *arguments_option(const struct arguments *arguments, const char *name)
{
    size_t place = place_of(arguments->command->options, name);
    assert(place < OPTIONS_MAX && "the option is in the command's table");
    return arguments->options[place];
}

const char *arguments_rig(const struct arguments *arguments)
{
    const char *first = arguments->command->arguments;
    bool is_first = strncmp(first + (first[0] == '['), "RIG", 3) == 0;
    size_t place = place_of(arguments->command->options, "rig");
    if (is_first && arguments->count > 0)
        return arguments->words[0];
    return place < OPTIONS_MAX ? arguments->options[place] : NULL;
}

bool arguments_flag(const struct arguments *arguments, const char *name)
{
    return arguments_option(arguments, name) != NULL;
}

bool arguments_whole(const char *text, uint64_t least, uint64_t most, uint64_t *number)
{
    *number = 0;
    for (const char *at = text; *at; at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        if (!isdigit((unsigned char)*at) || digit > most || *number > (most - digit) / 10)
            return false;
        *number = *number * 10 + digit;
    }
    return text[0] && *number >= least;
}

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* Levenshtein distance with one row. */
static size_t distance(const char *a, const char *b)
{
    size_t row[NAME_MAX_LENGTH + 1], length = strlen(b);
    if (strlen(a) > NAME_MAX_LENGTH || length > NAME_MAX_LENGTH)
        return NAME_MAX_LENGTH;
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            size_t above = row[j];
            size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = smallest(above + 1, row[j - 1] + 1, substituted);
            diagonal = above;
        }
    }
    return row[length];
}

const char *nearest_name(const char *word, const char *const *names, size_t count)
{
    const char *best = NULL;
    size_t limit = strlen(word) < 4 ? 1 : strlen(word) < 8 ? 2 : 3, best_distance = limit + 1;
    for (size_t i = 0; i < count; i++) {
        size_t this_distance = distance(word, names[i]);
        /* What was begun rightly is meant too: "capt". */
        if (strlen(word) >= 3 && strncmp(word, names[i], strlen(word)) == 0)
            this_distance = 0;
        if (this_distance < best_distance) {
            best_distance = this_distance;
            best = names[i];
        }
    }
    return best;
}

/* "-5" is a value, not an option. */
static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] && !isdigit((unsigned char)word[1]) && word[1] != '.';
}

static bool is_row(const struct option_row *row, const char *name, size_t length)
{
    return strlen(row->name) == length && strncmp(row->name, name, length) == 0;
}

/* Takes words[*at] as one of the rows, with its value after '=' or in the next word. 1: it is none of them.
 */
static int take_option(const struct option_row *rows, const char **values, int count, char *const *words,
                       int *at, char *why, size_t why_size)
{
    const char *name = words[*at] + 2;
    const char *equals = strchr(name, '=');
    size_t length = equals ? (size_t)(equals - name) : strlen(name);
    for (size_t i = 0; rows && rows[i].name; i++) {
        if (!is_row(&rows[i], name, length))
            continue;
        if (!rows[i].argument && equals) {
            snprintf(why, why_size, "--%s takes no value", rows[i].name);
            return COMMAND_LINE_WRONG;
        }
        if (!rows[i].argument)
            values[i] = "";
        else if (equals)
            values[i] = equals + 1;
        else if (*at + 1 < count)
            values[i] = words[++*at];
        else {
            snprintf(why, why_size, "--%s needs a %s", rows[i].name, rows[i].argument);
            return COMMAND_LINE_WRONG;
        }
        /* As of a script whose variable is not set: to go on without it would be another command. */
        if (rows[i].argument && !values[i][0]) {
            snprintf(why, why_size, "--%s: the %s is empty", rows[i].name, rows[i].argument);
            return COMMAND_LINE_WRONG;
        }
        return 0;
    }
    return 1;
}

static int unknown_option(struct command_line *line, const char *word)
{
    const char *names[2 * OPTIONS_MAX];
    size_t count = 0;
    const struct option_row *tables[] = {line->arguments.command->options, general_options};
    for (size_t table = 0; table < 2; table++)
        for (const struct option_row *row = tables[table]; row && row->name; row++)
            names[count++] = row->name;
    const char *nearest = strlen(word) > 2 ? nearest_name(word + 2, names, count) : NULL;
    struct text shown = {0};
    text_add_safe(&shown, word, strlen(word));
    snprintf(line->why, sizeof line->why, "there is no option %.100s%s%s%s", text_get(&shown),
             nearest ? "; did you mean --" : "", nearest ? nearest : "", nearest ? "?" : "");
    text_finish(&shown);
    return COMMAND_LINE_WRONG;
}

/* The command whose name is the first one or two words; *used says how many. */
static const struct command *find_command(const struct command *const *commands, int count,
                                          char *const *words, int *used)
{
    for (; *commands; commands++) {
        const char *name = (*commands)->name;
        const char *space = strchr(name, ' ');
        size_t first = space ? (size_t)(space - name) : strlen(name);
        if (count < 1 || strlen(words[0]) != first || strncmp(words[0], name, first) != 0)
            continue;
        if (space && (count < 2 || strcmp(words[1], space + 1) != 0))
            continue;
        *used = space ? 2 : 1;
        return *commands;
    }
    return NULL;
}

bool command_is_of_family(const struct command *command, const char *first)
{
    size_t length = strlen(first);
    return !command->hidden && strncmp(command->name, first, length) == 0 && command->name[length] == ' ';
}

/* All commands of a group "account ..." when its second word is missing or wrong, otherwise the nearest name.
 */
static int unknown_command(struct command_line *line, const struct command *const *commands, int count,
                           char *const *words)
{
    struct text shown = {0}, seconds = {0};
    const char *names[128];
    size_t name_count = 0, first = strlen(words[0]);
    for (; *commands; commands++) {
        if ((*commands)->hidden)
            continue;
        const char *name = (*commands)->name;
        if (command_is_of_family(*commands, words[0]))
            text_add_format(&seconds, "%s%s", seconds.length ? ", " : "", name + first + 1);
        if (name_count < sizeof names / sizeof *names)
            names[name_count++] = name;
    }
    text_add_safe(&shown, words[0], first);
    if (seconds.length && count > 1)
        text_add(&shown, " "), text_add_safe(&shown, words[1], strlen(words[1]));
    const char *nearest = seconds.length ? NULL : nearest_name(words[0], names, name_count);
    if (seconds.length)
        snprintf(line->why, sizeof line->why,
                 "there is no command \"%.80s\"; %.40s goes on with one of: %.80s", text_get(&shown),
                 words[0], text_get(&seconds));
    else
        snprintf(line->why, sizeof line->why, "there is no command \"%.80s\"%s%s%s", text_get(&shown),
                 nearest ? "; did you mean \"" : "; labctl --help lists them", nearest ? nearest : "",
                 nearest ? "\"?" : "");
    text_finish(&shown);
    text_finish(&seconds);
    return COMMAND_LINE_UNKNOWN;
}

/* "account --help": not a command by itself, but the beginning of several. */
static bool asks_for_family(struct command_line *line, const struct command *const *commands, int count,
                            char *const *words)
{
    bool asks = count == 2 && (strcmp(words[1], "--help") == 0 || strcmp(words[1], "-h") == 0);
    for (; asks && *commands; commands++)
        if (command_is_of_family(*commands, words[0]))
            line->family = words[0];
    return line->help = line->family != NULL;
}

/* What a command calls its words, without the brackets: the last one is for all that follow. */
static int word_name(const struct command *command, int place, const char **name)
{
    const char *at = command->arguments;
    int length;
    for (;; place--) {
        at += strspn(at, " [");
        *name = at;
        length = (int)strcspn(at, " ].");
        at += strcspn(at, " ");
        if (!place || !*at)
            return length;
    }
}

static int check_words(struct command_line *line)
{
    const struct command *command = line->arguments.command;
    const struct arguments *given = &line->arguments;
    const char *wrong = NULL, *name;
    if (line->help)
        return COMMAND_LINE_OK;
    if (given->count < command->least)
        wrong = "too few words";
    else if (command->most >= 0 && given->count > command->most)
        wrong = "too many words";
    if (wrong)
        snprintf(line->why, sizeof line->why, "%s; it is: labctl %s%s%s", wrong, command->name,
                 command->arguments[0] ? " " : "", command->arguments);
    for (int i = 0; !wrong && i < given->count; i++) {
        if (given->words[i][0])
            continue;
        wrong = "an empty word";
        int length = word_name(command, i, &name);
        snprintf(line->why, sizeof line->why, "the %.*s is empty", length, name);
    }
    return wrong ? COMMAND_LINE_WRONG : COMMAND_LINE_OK;
}

static bool was_given(const struct command_line *line, const char *name)
{
    for (size_t i = 0; general_options[i].name; i++)
        if (strcmp(general_options[i].name, name) == 0)
            return line->general[i] != NULL;
    return false;
}

/* Takes words[*at] as an option of the command, when that is known, or a general one. 1: it is neither. */
static int read_option(struct command_line *line, int count, char *const *words, int *at)
{
    const struct command *command = line->arguments.command;
    int result = 1;
    if (strcmp(words[*at], "-h") == 0)
        line->help = true;
    if (line->help)
        return COMMAND_LINE_OK;
    if (strncmp(words[*at], "--", 2) == 0 && command)
        result = take_option(command->options, line->arguments.options, count, words, at, line->why,
                             sizeof line->why);
    if (strncmp(words[*at], "--", 2) == 0 && result == 1)
        result = take_option(general_options, line->general, count, words, at, line->why, sizeof line->why);
    line->help = was_given(line, "help");
    line->version = was_given(line, "version");
    return result;
}

/* General options before the command. */
static int read_leading(struct command_line *line, int count, char *const *words, int *at)
{
    for (; *at < count && is_option(words[*at]); ++*at) {
        int result = read_option(line, count, words, at);
        if (result == 1)
            snprintf(line->why, sizeof line->why,
                     "%.60s is no general option; a command's own options stand behind the command",
                     words[*at]);
        if (result != COMMAND_LINE_OK)
            return COMMAND_LINE_WRONG;
    }
    return COMMAND_LINE_OK;
}

static int read_one_option(struct command_line *line, int count, char *const *words, int *at)
{
    int result = read_option(line, count, words, at);
    return result == 1 ? unknown_option(line, words[*at]) : result;
}

int command_line_read(struct command_line *line, const struct command *const *commands, int count,
                      char *const *words)
{
    int at = 0, used = 0;
    *line = (struct command_line){0};
    line->words = require_memory((size_t)count + 1, sizeof *line->words);
    line->arguments.words = line->words;
    int result = read_leading(line, count, words, &at);
    if (result != COMMAND_LINE_OK)
        return result;
    if (at == count)
        return COMMAND_LINE_EMPTY;
    line->arguments.command = find_command(commands, count - at, words + at, &used);
    if (!line->arguments.command && asks_for_family(line, commands, count - at, words + at))
        return COMMAND_LINE_OK;
    if (!line->arguments.command)
        return unknown_command(line, commands, count - at, words + at);
    bool only_words = false;
    for (at += used; at < count && result == COMMAND_LINE_OK; at++) {
        if (!only_words && strcmp(words[at], "--") == 0)
            only_words = true;
        else if (!only_words && is_option(words[at]))
            result = read_one_option(line, count, words, &at);
        else
            line->words[line->arguments.count++] = words[at];
    }
    return result == COMMAND_LINE_OK ? check_words(line) : result;
}

void command_line_finish(struct command_line *line)
{
    free(line->words);
    *line = (struct command_line){0};
}
