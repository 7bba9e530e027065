#include "gateway/cli/commands.h"

#include "gateway/cli/cli.h"
#include "gateway/cli/grammar.h"
#include "gateway/cli/times.h"

#include <string.h>

const struct command *const commands[] = {
    &command_login,
    &command_logout,
    &command_passwd,
    &command_whoami,
    &command_rigs,
    &command_show,
    &command_book,
    &command_bookings,
    &command_cancel,
    &command_extend,
    &command_shorten,
    &command_transfer,
    &command_move,
    &command_approve,
    &command_queue_join,
    &command_queue_list,
    &command_queue_wait,
    &command_queue_leave,
    &command_queue_take,
    &command_notices,
    &command_mail,
    &command_timetable,
    &command_feed_make,
    &command_feed_list,
    &command_feed_revoke,
    &command_report,
    &command_join,
    &command_leave,
    &command_take,
    &command_release,
    &command_practise,
    &command_hand,
    &command_feed,
    &command_set,
    &command_get,
    &command_watch,
    &command_capture,
    &command_stop,
    &command_reset,
    &command_session,
    &command_log,
    &command_export,
    &command_replay,
    &command_health,
    &command_alerts,
    &command_clear,
    &command_lockout,
    &command_bypass,
    &command_prooftest,
    &command_clock_vouch, /* before the one that it begins with */
    &command_clock,
    &command_account_add,
    &command_account_import,
    &command_account_disable,
    &command_account_list,
    &command_course_import,
    &command_maintenance,
    &command_group_add,
    &command_group_remove,
    &command_group_list,
    &command_audit_verify,
    &command_backup,
    &command_plan,
    &command_reload,
    &command_completion,
    &command_help,
    &command_keep,
    NULL,
};

static const char *general(const struct command_line *line, const char *name)
{
    for (size_t i = 0; general_options[i].name; i++)
        if (strcmp(general_options[i].name, name) == 0)
            return line->general[i];
    return NULL;
}

static int copy_option(struct cli *cli, const char *name, const char *value, char *place)
{
    if (!value)
        return CLI_OK;
    if (strlen(value) >= STORE_TEXT_MAX || strpbrk(value, "\r\n"))
        return fail(cli, CLI_USAGE, "--%s: the value is too long, or has a line's end in it", name);
    memcpy(place, value, strlen(value) + 1);
    return CLI_OK;
}

static int use_profile(struct cli *cli, const char *profile)
{
    int result = store_open(&cli->store, profile);
    if (result == STORE_BAD_PROFILE)
        return fail(cli, CLI_USAGE, "--profile %s: a profile's name is letters, digits, '-', '_' and '.'",
                    profile);
    if (result == STORE_OK)
        result = store_load_login(&cli->store, &cli->login);
    if (result == STORE_FAILED)
        return fail(cli, CLI_LOCAL, "%s", cli->store.why);
    return CLI_OK;
}

/* What holds for this run: the command line, then the environment, then what was remembered. */
static int use_general_options(struct cli *cli, const struct command_line *line)
{
    if (general(line, "json"))
        cli->json_wanted = true;
    if (general(line, "no-color"))
        cli->color = cli->error_color = false;
    if (general(line, "socket")) {
        cli->socket_path = general(line, "socket");
        cli->use_socket = true;
    }
    const char *timeout = general(line, "timeout");
    int result = timeout ? grammar_duration(cli, "--timeout", timeout, &cli->timeout) : CLI_OK;
    if (cli->interactive)
        return result;
    const char *profile = general(line, "profile"), *server = general(line, "server");
    if (result == CLI_OK)
        result = use_profile(cli, profile ? profile : cli->default_profile);
    if (result == CLI_OK)
        result = copy_option(cli, "server", server ? server : cli->default_server, cli->login.server);
    if (result == CLI_OK)
        result = copy_option(cli, "ca", general(line, "ca"), cli->login.authority);
    if (result == CLI_OK)
        result = copy_option(cli, "server-name", general(line, "server-name"), cli->login.server_name);
    return result;
}

static int run_line(struct cli *cli, const struct command_line *line)
{
    const struct cli before = *cli;
    if (line->version) {
        say(cli, "labctl %s", LABGATE_VERSION);
        return CLI_OK;
    }
    if (line->help) {
        if (line->arguments.command)
            help_command(stdout, line->arguments.command);
        else if (line->family)
            (void)help_family(stdout, line->family);
        else
            help_all(stdout);
        return CLI_OK;
    }
    int result = use_general_options(cli, line);
    if (result == CLI_OK) {
        cli->command = line->arguments.command;
        cli->typed = &line->arguments;
        cli->changed = false;
        result = grammar_check(cli, &line->arguments);
    }
    if (result == CLI_OK)
        result = line->arguments.command->run(cli, &line->arguments);
    if (cli->interactive) { /* options given to one command end with it */
        cli->json_wanted = before.json_wanted;
        cli->color = before.color;
        cli->error_color = before.error_color;
        cli->timeout = before.timeout;
        cli->socket_path = before.socket_path;
        cli->use_socket = before.use_socket;
        cli->command = before.command;
        cli->typed = before.typed;
        cli->changed = before.changed;
    }
    return result;
}

int commands_run(struct cli *cli, int count, char *const *words)
{
    struct command_line line;
    int result = command_line_read(&line, commands, count, words);
    if (result == COMMAND_LINE_OK || line.help || line.version) {
        result = run_line(cli, &line);
    } else if (result == COMMAND_LINE_EMPTY) {
        help_all(stderr);
        result = CLI_USAGE;
    } else {
        const struct cli before = *cli;
        cli->json_wanted = cli->json_wanted || general(&line, "json");
        cli->command = line.arguments.command;
        fail(cli, CLI_USAGE, "%s", line.why);
        if (result == COMMAND_LINE_WRONG && line.arguments.command)
            warn(cli, "labctl %s --help explains it", line.arguments.command->name);
        cli->json_wanted = before.json_wanted;
        cli->command = before.command;
        result = CLI_USAGE;
    }
    command_line_finish(&line);
    return result;
}
