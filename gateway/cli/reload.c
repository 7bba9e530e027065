/* reload, and plan, which is its dry run of another configuration. */
#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Safe sequences run before it is answered. */
#define LEAST_TIMEOUT (90 * INT64_C(1000000000))

static void say_lines(struct cli *cli, const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        say(cli, "%.*s", (int)length, text);
        text += length + (text[length] == '\n');
    }
}

static void tell(struct cli *cli, const Labgate__Reloaded *done)
{
    say_lines(cli, done->plan);
    for (size_t i = 0; i < done->n_rigs; i++)
        say(cli, "rig %s: %s", done->rigs[i]->rig, done->rigs[i]->state);
    if (done->restart[0])
        say_styled(cli, STYLE_WARNING, "needs a restart: %s", done->restart);
    if (!done->taken)
        say(cli, "nothing was taken up: this was a dry run");
    else
        say(cli, "configuration %s runs%s", done->digest, done->same ? ", as it did" : "");
}

static void json_reloaded(struct json *json, const Labgate__Answer *answer)
{
    const Labgate__Reloaded *done = answer->reload;
    json_open_object(json, NULL);
    json_boolean(json, "ok", answer->ok);
    if (!answer->ok)
        json_string(json, "reason", answer->reason);
    json_boolean(json, "taken", done->taken);
    json_boolean(json, "same", done->same);
    json_string(json, "digest", done->digest);
    json_string(json, "errors", done->errors);
    json_string(json, "plan", done->plan);
    json_string(json, "needs_restart", done->restart);
    json_open_array(json, "rigs");
    for (size_t i = 0; i < done->n_rigs; i++) {
        json_open_object(json, NULL);
        json_string(json, "rig", done->rigs[i]->rig);
        json_string(json, "state", done->rigs[i]->state);
        json_close_object(json);
    }
    json_close_array(json);
    json_close_object(json);
}

/* The errors come before the sentence that says what became of them. */
static int refused(struct cli *cli, const Labgate__Answer *answer, const char *attempt)
{
    if (answer->body_case != LABGATE__ANSWER__BODY_RELOAD)
        return cli_refused(cli, answer, attempt);
    if (cli->json_wanted) {
        json_reloaded(&cli->json, answer);
        return CLI_REFUSED;
    }
    say_lines(cli, answer->reload->errors);
    say_lines(cli, answer->reload->plan);
    return cli_refused(cli, answer, attempt);
}

static int ask(struct cli *cli, Labgate__Reload *reload, const char *attempt)
{
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    request.body_case = LABGATE__REQUEST__BODY_RELOAD;
    request.reload = reload;
    cli->use_socket = true;
    if (cli->timeout < LEAST_TIMEOUT)
        cli->timeout = LEAST_TIMEOUT;
    int result = cli_ask(cli, &request, attempt, &answer);
    if (result != CLI_OK)
        return result;
    if (!answer->ok)
        result = refused(cli, answer, attempt);
    else if (answer->body_case != LABGATE__ANSWER__BODY_RELOAD)
        result = fail(cli, CLI_FAULT,
                      "cannot %s: the gateway's answer is of another kind; is its version newer?", attempt);
    else if (cli->json_wanted)
        json_reloaded(&cli->json, answer);
    else
        tell(cli, answer->reload);
    client_free(answer);
    return result;
}

static int run_reload(struct cli *cli, const struct arguments *arguments)
{
    Labgate__Reload reload = LABGATE__RELOAD__INIT;
    reload.dry_run = arguments_flag(arguments, "dry-run");
    return ask(cli, &reload, "reload the configuration");
}

static int run_plan(struct cli *cli, const struct arguments *arguments)
{
    Labgate__Reload reload = LABGATE__RELOAD__INIT;
    struct text attempt = {0};
    char directory[PATH_MAX];
    if (!realpath(arguments->words[0], directory))
        return fail(cli, CLI_LOCAL, "cannot look at %s: %s", arguments->words[0], strerror(errno));
    reload.dry_run = true;
    reload.directory = directory;
    text_add_format(&attempt, "plan with the configuration in %s", directory);
    int result = ask(cli, &reload, text_get(&attempt));
    text_finish(&attempt);
    return result;
}

static const struct option_row reload_options[] = {
    {"dry-run", NULL, "only say what it would change, and what needs a restart"},
    {NULL,      NULL, NULL                                                     },
};

const struct command command_reload = {
    .name = "reload",
    .group = GROUP_STAFF,
    .arguments = "",
    .options = reload_options,
    .summary = "the gateway reads its configuration again and takes it up",
    .text = "Asked through the gateway's own socket, by root or the gateway's user, on its machine."
            "\nAny error keeps the configuration that runs. Rigs that did not change go on as if nothing had "
            "happened. A rig that changed is made safe first, its session ends and is not charged, and it is "
            "verified safe in its new form before anybody gets it.",
    .examples = "sudo labctl reload --dry-run\nsudo labctl reload",
    .run = run_reload,
};

const struct command command_plan = {
    .name = "plan",
    .group = GROUP_STAFF,
    .arguments = "DIR",
    .least = 1,
    .most = 1,
    .summary = "say what another configuration would change, and which bookings it would break",
    .text = ON_THE_MACHINE
    " DIR holds the lab.yaml that is to come, as a changed copy of the one that runs; the gateway reads it, "
    "so "
    "its user must be able to."
    "\nNothing is changed. Bookings that the new policies, calendar, groups or rigs would refuse are "
    "told one by one, with whose they are and why; what was booked stands until somebody cancels or moves "
    "it.",
    .examples = "cp -r /etc/labgate /srv/next && editor /srv/next/lab.yaml && sudo labctl plan /srv/next",
    .run = run_plan,
};
