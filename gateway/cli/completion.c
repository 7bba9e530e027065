/* Completion scripts for shells, from the commands' rows. */
#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"

#include <string.h>

static void put_option_words(FILE *file, const struct option_row *rows)
{
    for (; rows && rows->name; rows++)
        fprintf(file, " --%s", rows->name);
}

/* "account" once, however many commands begin with it. */
static bool begins_earlier(const struct command *const *row)
{
    size_t length = strcspn((*row)->name, " ");
    for (const struct command *const *other = commands; other < row; other++)
        if (strncmp((*other)->name, (*row)->name, length) == 0 && strchr(" ", (*other)->name[length]))
            return true;
    return false;
}

static void put_first_words(FILE *file)
{
    for (const struct command *const *row = commands; *row; row++)
        if (!(*row)->hidden && !begins_earlier(row))
            fprintf(file, " %.*s", (int)strcspn((*row)->name, " "), (*row)->name);
}

static void write_bash(FILE *file)
{
    fputs("# bash completion for labctl; from `labctl completion bash`\n"
          "_labctl() {\n"
          "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} words= i first= "
          "second=\n"
          "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
          "        case ${COMP_WORDS[i]} in\n"
          "        -*) ;;\n"
          "        *) if [ -z \"$first\" ]; then first=${COMP_WORDS[i]}; else second=${COMP_WORDS[i]}; "
          "break; fi ;;\n"
          "        esac\n"
          "    done\n"
          "    case $previous in --ca|--out|--socket) COMPREPLY=($(compgen -f -- \"$current\")); return ;; "
          "esac\n"
          "    case \"$first $second\" in\n",
          file);
    for (const struct command *const *row = commands; *row; row++) {
        const char *space = strchr((*row)->name, ' ');
        if ((*row)->hidden)
            continue;
        fprintf(file, "    \"%s%s\"*) words=\"", (*row)->name, space ? "" : " ");
        put_option_words(file, (*row)->options);
        put_option_words(file, general_options);
        fputs("\" ;;\n", file);
    }
    for (const struct command *const *row = commands; *row; row++) {
        size_t first = strcspn((*row)->name, " ");
        if ((*row)->hidden || !(*row)->name[first] || begins_earlier(row))
            continue;
        fprintf(file, "    \"%.*s \"*) words=\"", (int)first, (*row)->name);
        for (const struct command *const *other = commands; *other; other++)
            if (strncmp((*other)->name, (*row)->name, first + 1) == 0)
                fprintf(file, " %s", (*other)->name + first + 1);
        fputs("\" ;;\n", file);
    }
    fputs("    *) words=\"", file);
    put_first_words(file);
    put_option_words(file, general_options);
    fputs("\" ;;\n"
          "    esac\n"
          "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
          "}\n"
          "complete -o default -F _labctl labctl\n",
          file);
}

/* Inside single quotes of a shell. */
static void put_quoted(FILE *file, const char *text)
{
    for (; *text; text++)
        if (*text == '\'')
            fputs("'\\''", file);
        else
            fputc(*text, file);
}

/* _arguments reads '[', ']' and ':' in a description as its own. */
static void put_zsh_options(FILE *file, const struct option_row *rows)
{
    for (; rows && rows->name; rows++) {
        fprintf(file, " '--%s%s[", rows->name, rows->argument ? "=" : "");
        for (const char *letter = rows->help; *letter; letter++) {
            if (strchr("[]:\\", *letter))
                fputc('\\', file);
            char one[2] = {*letter, '\0'};
            put_quoted(file, one);
        }
        fputc(']', file);
        if (rows->argument)
            fprintf(file, ":%s:%s", rows->argument, strstr("FILE PATH DIR", rows->argument) ? "_files" : "");
        fputc('\'', file);
    }
}

static void write_zsh(FILE *file)
{
    fputs("#compdef labctl\n# zsh completion for labctl; from `labctl completion zsh`\n"
          "_labctl() {\n"
          "    local -a names\n"
          "    names=(",
          file);
    for (const struct command *const *row = commands; *row; row++)
        if (!(*row)->hidden && !strchr((*row)->name, ' ')) {
            fprintf(file, "\n        '%s:", (*row)->name);
            put_quoted(file, (*row)->summary);
            fputc('\'', file);
        } else if (!(*row)->hidden && !begins_earlier(row)) {
            fprintf(file, "\n        '%.*s'", (int)strcspn((*row)->name, " "), (*row)->name);
        }
    fputs(")\n    if (( CURRENT == 2 )); then _describe command names; return; fi\n"
          "    case \"$words[2] ${words[3]:-}\" in\n",
          file);
    for (const struct command *const *row = commands; *row; row++) {
        if ((*row)->hidden)
            continue;
        fprintf(file, "    \"%s%s\"*) _arguments", (*row)->name, strchr((*row)->name, ' ') ? "" : " ");
        put_zsh_options(file, (*row)->options);
        put_zsh_options(file, general_options);
        fputs(" '*:word:_files' ;;\n", file);
    }
    for (const struct command *const *row = commands; *row; row++) {
        size_t first = strcspn((*row)->name, " ");
        if ((*row)->hidden || !(*row)->name[first] || begins_earlier(row))
            continue;
        fprintf(file, "    \"%.*s \"*) compadd", (int)first, (*row)->name);
        for (const struct command *const *other = commands; *other; other++)
            if (strncmp((*other)->name, (*row)->name, first + 1) == 0)
                fprintf(file, " %s", (*other)->name + first + 1);
        fputs(" ;;\n", file);
    }
    fputs("    esac\n}\n_labctl \"$@\"\n", file);
}

static void put_fish_options(FILE *file, const struct option_row *rows, const char *condition)
{
    for (; rows && rows->name; rows++) {
        fprintf(file, "complete -c labctl%s%s%s -l %s%s -d '", condition ? " -n '" : "",
                condition ? condition : "", condition ? "'" : "", rows->name, rows->argument ? " -r" : "");
        put_quoted(file, rows->help);
        fputs("'\n", file);
    }
}

static void write_fish(FILE *file)
{
    fputs("# fish completion for labctl; from `labctl completion fish`\n", file);
    for (const struct command *const *row = commands; *row; row++) {
        if ((*row)->hidden)
            continue;
        struct text condition = {0};
        size_t first = strcspn((*row)->name, " ");
        const char *second = (*row)->name[first] ? (*row)->name + first + 1 : NULL;
        if (!begins_earlier(row)) {
            fprintf(file, "complete -c labctl -n __fish_use_subcommand -a %.*s -d '", (int)first,
                    (*row)->name);
            put_quoted(file, second ? "" : (*row)->summary);
            fputs("'\n", file);
        }
        text_add_format(&condition, "__fish_seen_subcommand_from %.*s", (int)first, (*row)->name);
        if (second) {
            fprintf(file, "complete -c labctl -f -n '%s' -a %s -d '", text_get(&condition), second);
            put_quoted(file, (*row)->summary);
            fputs("'\n", file);
            text_add_format(&condition, "; and __fish_seen_subcommand_from %s", second);
        }
        put_fish_options(file, (*row)->options, text_get(&condition));
        text_finish(&condition);
    }
    put_fish_options(file, general_options, NULL);
}

static int run_completion(struct cli *cli, const struct arguments *arguments)
{
    static const struct {
        const char *shell;
        void (*write)(FILE *file);
    } shells[] = {
        {"bash", write_bash},
        {"zsh",  write_zsh },
        {"fish", write_fish},
    };
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
        if (strcmp(shells[i].shell, arguments->words[0]) == 0) {
            shells[i].write(stdout);
            return CLI_OK;
        }
    return fail(cli, CLI_USAGE, "no completion for \"%s\"; there is bash, zsh and fish", arguments->words[0]);
}

const struct command command_completion = {
    .name = "completion",
    .group = GROUP_OTHER,
    .arguments = "SHELL",
    .least = 1,
    .most = 1,
    .summary = "write the completion script of bash, zsh or fish",
    .examples = "labctl completion bash >~/.local/share/bash-completion/completions/labctl",
    .run = run_completion,
};
