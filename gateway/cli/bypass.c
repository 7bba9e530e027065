/* bypass: a technician takes a rule out of force for a time. */
#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/grammar.h"
#include "gateway/cli/times.h"

static int tell(struct cli *cli, const Labgate__Bypass *bypass, bool nothing)
{
    if (cli->json_wanted) {
        json_open_object(&cli->json, NULL);
        json_boolean(&cli->json, "ok", true);
        json_string(&cli->json, "rig", bypass->rig);
        json_string(&cli->json, "rule", bypass->rule);
        json_unsigned(&cli->json, "seconds", bypass->seconds);
        json_boolean(&cli->json, "nothing", nothing);
        json_close_object(&cli->json);
    } else if (nothing) {
        say_styled(cli, STYLE_STRONG, "%s of %s was not bypassed, so nothing was done", bypass->rule,
                   bypass->rig);
    } else if (bypass->remove) {
        say_styled(cli, STYLE_STRONG, "%s of %s is in force again", bypass->rule, bypass->rig);
    } else {
        char length[TIMES_TEXT];
        say_styled(cli, STYLE_WARNING,
                   "%s of %s is bypassed for %s, and until a student sits in a session at the latest",
                   bypass->rule, bypass->rig, times_duration((int64_t)bypass->seconds * NS_PER_S, length));
    }
    return CLI_OK;
}

static int read_length(struct cli *cli, const struct arguments *arguments, uint64_t *seconds)
{
    const char *text = arguments_option(arguments, "for");
    int64_t length = 0;
    if (!text)
        return fail(cli, CLI_USAGE, "say for how long, at most 8 h: --for 2h");
    int result = grammar_duration(cli, "--for", text, &length);
    if (result == CLI_OK && length < NS_PER_S)
        result = fail(cli, CLI_USAGE, "--for %s: say for how long, a second at least: --for 2h", text);
    *seconds = (uint64_t)(length / NS_PER_S);
    return result;
}

static int run_bypass(struct cli *cli, const struct arguments *arguments)
{
    Labgate__Bypass bypass = LABGATE__BYPASS__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    struct text reason = {0}, attempt = {0};
    bypass.rig = (char *)arguments->words[0];
    bypass.rule = (char *)arguments->words[1];
    bypass.remove = arguments_flag(arguments, "remove");
    if (!bypass.remove) {
        int read = read_length(cli, arguments, &bypass.seconds);
        if (read != CLI_OK)
            return read;
        if (arguments->count < 3)
            return fail(cli, CLI_USAGE, "say why: labctl bypass %s %s --for 2h REASON", bypass.rig,
                        bypass.rule);
    }
    cli->use_socket = true;
    for (int i = 2; i < arguments->count; i++)
        text_add_format(&reason, "%s%s", i > 2 ? " " : "", arguments->words[i]);
    bypass.reason = (char *)text_get(&reason);
    text_add_format(&attempt, "bypass %s of %s", bypass.rule, bypass.rig);
    request.body_case = LABGATE__REQUEST__BODY_BYPASS;
    request.bypass = &bypass;
    int result = cli_connect_as_technician(cli);
    if (result == CLI_OK)
        result = cli_call(cli, &request, text_get(&attempt), LABGATE__ANSWER__BODY__NOT_SET, &answer);
    if (result == CLI_OK) {
        tell(cli, &bypass, answer->body_case == LABGATE__ANSWER__BODY_CONTROL && answer->control->nothing);
        client_free(answer);
    }
    text_finish(&attempt);
    text_finish(&reason);
    return result;
}

static const struct option_row bypass_options[] = {
    {"for",    "DURATION", "how long, at most 8 h"               },
    {"remove", NULL,       "put the rule back into force at once"},
    {NULL,     NULL,       NULL                                  },
};

const struct command command_bypass = {
    .name = "bypass",
    .group = GROUP_STAFF,
    .arguments = "RIG RULE [REASON...]",
    .least = 2,
    .most = -1,
    .summary = "take a trip or a permissive out of force for some hours (technicians)",
    .options = bypass_options,
    .text = "Asked on the gateway's own machine, through its socket. Everybody at the rig sees it, and it "
            "ends at once "
            "when a student has a session there.",
    .examples = "sudo labctl bypass tank-1 guard-open --for 2h aligning the pump, cover is off\n"
                "sudo labctl bypass tank-1 guard-open --remove",
    .run = run_bypass,
};
