/* practise. */
#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/times.h"

#include <inttypes.h>
#include <poll.h>

#define ASKED_EVERY_MS 3000 /* who is silent for 30 s gives the place up */

static int ask(struct cli *cli, const char *rig, bool leave, Labgate__Answer **answer)
{
    Labgate__Practice practice = LABGATE__PRACTICE__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    practice.rig = (char *)(uintptr_t)rig;
    practice.leave = leave;
    request.body_case = LABGATE__REQUEST__BODY_PRACTICE;
    request.practice = &practice;
    return cli_call(cli, &request, "practise", LABGATE__ANSWER__BODY_PRACTICE, answer);
}

static void tell(struct cli *cli, const char *rig, const Labgate__PracticeState *state)
{
    char until[TIMES_TEXT];
    if (cli->json_wanted) {
        json_open_object(&cli->json, NULL);
        json_string(&cli->json, "rig", state->rig);
        if (state->ends)
            json_instant(&cli->json, "ends", (int64_t)state->ends);
        json_unsigned(&cli->json, "place", state->place);
        json_unsigned(&cli->json, "waiting", state->waiting);
        json_unsigned(&cli->json, "available", state->available);
        json_close_object(&cli->json);
    } else if (state->rig[0]) {
        say(cli, "%s is yours until %s, a simulation of %s: labctl join %s", state->rig,
            times_local_short((int64_t)state->ends, until), rig, state->rig);
    } else if (state->place) {
        say(cli, "all %" PRIu32 " simulators of %s are taken; you are number %" PRIu32, state->at_most, rig,
            state->place);
    } else {
        say(cli, "you do not practise on %s", rig);
    }
}

static int run_practise(struct cli *cli, const struct arguments *arguments)
{
    const char *rig = arguments->words[0];
    bool leave = arguments_flag(arguments, "leave"), wait = arguments_flag(arguments, "wait");
    Labgate__Answer *answer;
    int result = cli_require_login(cli);
    if (result == CLI_OK)
        result = ask(cli, rig, leave, &answer);
    if (result != CLI_OK)
        return result;
    if (wait && answer->practice->place && !cli->json_wanted)
        tell(cli, rig, answer->practice);
    interruption_catch();
    while (wait && answer->practice->place && !interruption_seen()) {
        client_free(answer);
        poll(NULL, 0, ASKED_EVERY_MS);
        result = ask(cli, rig, interruption_seen(), &answer);
        if (result != CLI_OK)
            break;
    }
    interruption_release();
    if (result != CLI_OK)
        return result;
    tell(cli, rig, answer->practice);
    client_free(answer);
    return CLI_OK;
}

static const struct option_row practise_options[] = {
    {"wait",  NULL, "wait for one when all are taken; Ctrl-C gives the place up"},
    {"leave", NULL, "give the simulator back, or wait no longer"                },
    {NULL,    NULL, NULL                                                        },
};

const struct command command_practise = {
    .name = "practise",
    .group = GROUP_RIG,
    .arguments = "RIG",
    .least = 1,
    .most = 1,
    .summary = "have a simulator of a rig for yourself: the same points and rules, and nothing real moves",
    .options = practise_options,
    .examples = "labctl practise tank-1 --wait",
    .run = run_practise,
};
