#include "gateway/cli/cli.h"

#include <stdarg.h>
#include <stdlib.h>

const char *style_begin(enum style style)
{
    static const char *const sequences[] = {
        [STYLE_PLAIN] = "",       [STYLE_GOOD] = "\033[32m", [STYLE_WARNING] = "\033[33m",
        [STYLE_BAD] = "\033[31m", [STYLE_FAINT] = "\033[2m", [STYLE_STRONG] = "\033[1m",
    };
    return sequences[style];
}

const char *style_end(void)
{
    return "\033[0m";
}

const char *title_of(const struct cli *cli, const char *title, const char *title_zh)
{
    return cli->chinese && *title_zh ? title_zh : title;
}

static void format_safe(struct text *safe, const char *format, va_list arguments)
{
    char *raw = NULL;
    int length = vasprintf(&raw, format, arguments);
    if (length >= 0)
        text_add_safe(safe, raw, (size_t)length);
    free(raw);
}

static void wipe_prompt(struct cli *cli)
{
    if (cli->prompt_shown && cli->terminal)
        fputs("\r\033[K", stdout);
    cli->prompt_shown = false;
}

static void write_line(struct cli *cli, FILE *file, bool color, enum style style, const char *prefix,
                       const char *line)
{
    wipe_prompt(cli);
    bool styled = color && style != STYLE_PLAIN;
    if (file == stderr)
        fflush(stdout);
    fprintf(file, "%s%s%s%s\n", styled ? style_begin(style) : "", prefix, line, styled ? style_end() : "");
}

void say(struct cli *cli, const char *format, ...)
{
    struct text safe = {0};
    va_list arguments;
    va_start(arguments, format);
    format_safe(&safe, format, arguments);
    va_end(arguments);
    write_line(cli, stdout, false, STYLE_PLAIN, "", text_get(&safe));
    text_finish(&safe);
}

void say_done(struct cli *cli, const char *key, const char *value, const char *format, ...)
{
    struct text safe = {0};
    va_list arguments;
    if (cli->json_wanted) {
        json_open_object(&cli->json, NULL);
        json_boolean(&cli->json, "ok", true);
        json_string(&cli->json, key, value);
        json_close_object(&cli->json);
        return;
    }
    va_start(arguments, format);
    format_safe(&safe, format, arguments);
    va_end(arguments);
    write_line(cli, stdout, false, STYLE_PLAIN, "", text_get(&safe));
    text_finish(&safe);
}

void say_styled(struct cli *cli, enum style style, const char *format, ...)
{
    struct text safe = {0};
    va_list arguments;
    va_start(arguments, format);
    format_safe(&safe, format, arguments);
    va_end(arguments);
    write_line(cli, stdout, cli->color, style, "", text_get(&safe));
    text_finish(&safe);
}

void warn(struct cli *cli, const char *format, ...)
{
    struct text safe = {0};
    va_list arguments;
    va_start(arguments, format);
    format_safe(&safe, format, arguments);
    va_end(arguments);
    write_line(cli, stderr, cli->error_color, STYLE_WARNING, "labctl: ", text_get(&safe));
    text_finish(&safe);
}

const char *exit_reason(enum cli_exit code)
{
    static const struct {
        enum cli_exit code;
        const char *reason;
    } rows[] = {
#define CLI_EXIT_ROW(constant, code, reason, text) {constant, reason},
        CLI_EXITS(CLI_EXIT_ROW)
#undef CLI_EXIT_ROW
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].code == code)
            return rows[i].reason;
    return "";
}

void cli_json_seat(struct cli *cli)
{
    json_open_object(&cli->json, "seat");
    json_unsigned(&cli->json, "seat", cli->seat.seat);
    json_string(&cli->json, "rig", cli->seat.rig);
    json_unsigned(&cli->json, "session", cli->seat.session);
    json_instant(&cli->json, "ends", (int64_t)cli->seat.ends);
}

void cli_json_failure_end(struct cli *cli)
{
    if (cli->seated) {
        cli_json_seat(cli);
        json_close_object(&cli->json);
    }
    json_close_object(&cli->json);
}

static int fail_with(struct cli *cli, enum cli_exit code, const char *reason, const char *format,
                     va_list arguments)
{
    struct text safe = {0};
    /* Of a wrong command line it is the command that was attempted. */
    if (code == CLI_USAGE && cli->command)
        text_add_format(&safe, "%s: ", cli->command->name);
    format_safe(&safe, format, arguments);
    write_line(cli, stderr, cli->error_color, STYLE_BAD, "labctl: ", text_get(&safe));
    if (cli->json_wanted) {
        json_open_object(&cli->json, NULL);
        json_boolean(&cli->json, "ok", false);
        json_integer(&cli->json, "exit", code);
        json_string(&cli->json, "reason", reason);
        json_string(&cli->json, "message", text_get(&safe));
        cli_json_failure_end(cli);
    }
    text_finish(&safe);
    return (int)code;
}

int fail(struct cli *cli, enum cli_exit code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int result = fail_with(cli, code, exit_reason(code), format, arguments);
    va_end(arguments);
    return result;
}

int fail_for(struct cli *cli, enum cli_exit code, const char *reason, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int result = fail_with(cli, code, reason, format, arguments);
    va_end(arguments);
    return result;
}
