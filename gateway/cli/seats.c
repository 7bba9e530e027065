/* join, leave, take, release. */
#include "gateway/cli/commands.h"
#include "gateway/cli/grammar.h"
#include "gateway/cli/keeper.h"
#include "gateway/cli/roles.h"
#include "gateway/cli/session.h"
#include "gateway/cli/times.h"

#include <inttypes.h>
#include <poll.h>

#define SAFE_POLL_MS 200

static void tell_session(struct cli *cli, bool joined, bool controls)
{
    char ends[TIMES_TEXT];
    if (cli->json_wanted) {
        json_open_object(&cli->json, NULL);
        json_string(&cli->json, "rig", cli->seat.rig);
        json_unsigned(&cli->json, "seat", cli->seat.seat);
        json_unsigned(&cli->json, "session", cli->seat.session);
        json_unsigned(&cli->json, "epoch", cli->seat.epoch);
        json_boolean(&cli->json, "control", controls);
        json_boolean(&cli->json, "keeper", keeper_runs(cli));
        json_instant(&cli->json, "ends", (int64_t)cli->seat.ends);
        if (joined)
            cli_json_stays_on(cli, cli->stays_on);
        json_close_object(&cli->json);
        return;
    }
    say(cli, "seat %" PRIu64 " on %s, session %" PRIu64 " until %s: %s", cli->seat.seat, cli->seat.rig,
        cli->seat.session, times_local_short((int64_t)cli->seat.ends, ends),
        controls ? "you are in control" : "you watch; labctl take asks for control");
    if (joined)
        cli_say_stays_on(cli, cli->stays_on, "");
    if (keeper_runs(cli))
        say_styled(
            cli, STYLE_FAINT, "%s",
            "a keeper in the background holds the seat until release, leave or the end of this terminal");
}

static int start_keeper(struct cli *cli, bool wanted)
{
    if (!wanted || cli->interactive)
        return CLI_OK;
    cli_disconnect(cli);
    return keeper_start(cli);
}

static int run_join(struct cli *cli, const struct arguments *arguments)
{
    enum session_hold hold = HOLDS_NOTHING;
    int result = cli_require_login(cli);
    if (result == CLI_OK)
        result = session_begin(cli, arguments->words[0], arguments_flag(arguments, "observe"), &hold);
    if (hold == HOLDS_NOTHING)
        return result;
    /* The seat is there whether control was given or not. */
    int kept = start_keeper(cli, !arguments_flag(arguments, "no-keeper"));
    if (result == CLI_OK || !cli->json_wanted)
        tell_session(cli, true, hold == HOLDS_CONTROL);
    return result == CLI_OK ? kept : result;
}

static void tell_control(struct cli *cli, const Labgate__Control *control, const char *what)
{
    if (cli->json_wanted) {
        json_open_object(&cli->json, NULL);
        json_boolean(&cli->json, "ok", true);
        json_string(&cli->json, "rig", cli->seat.rig);
        json_string(&cli->json, "condition", condition_name(control->condition));
        json_unsigned(&cli->json, "epoch", control->epoch);
        json_close_object(&cli->json);
        return;
    }
    say(cli, "%s; the rig is %s", what, condition_name(control->condition));
}

static int hand_over(struct cli *cli, bool force, uint32_t seat)
{
    Labgate__Answer *answer;
    int result = session_ask_take(cli, force, seat, &answer);
    if (result == CLI_OK)
        tell_control(cli, answer->control, "control is handed over");
    if (result == CLI_OK)
        client_free(answer);
    return result;
}

static int run_take(struct cli *cli, const struct arguments *arguments)
{
    const char *seat = arguments_option(arguments, "to");
    uint32_t to = 0;
    bool may_control = false;
    int result = seat ? grammar_seat(cli, "--to", seat, &to) : CLI_OK;
    if (result == CLI_OK)
        result = cli_require_login(cli);
    if (result == CLI_OK)
        result = cli_require_seat(cli);
    if (result == CLI_OK)
        result = session_join(cli, cli->seat.rig, &may_control); /* the seat may have ended since */
    if (result == CLI_OK && seat)
        return hand_over(cli, arguments_flag(arguments, "force"), to);
    if (result == CLI_OK)
        result = session_take(cli, arguments_flag(arguments, "force"));
    if (result == CLI_OK)
        result = start_keeper(cli, !arguments_flag(arguments, "no-keeper"));
    if (result == CLI_OK)
        tell_session(cli, false, true);
    return result;
}

/* Whether the rig was seen safe, for who waits for it. */
static int await_safe(struct cli *cli, int64_t wait)
{
    int64_t deadline = times_monotonic() + wait;
    for (;;) {
        Labgate__Answer *answer;
        int result = cli_show(cli, cli->seat.rig, &answer);
        if (result != CLI_OK)
            return result;
        const Labgate__RigStatus *status = answer->show->rig->status;
        Labgate__Condition condition = status ? status->condition : LABGATE__CONDITION__CONDITION_NOT_SAID;
        client_free(answer);
        if (condition == LABGATE__CONDITION__SAFE)
            return CLI_OK;
        if (times_monotonic() > deadline)
            return fail(cli, CLI_FAULT, "%s was not safe in time: it is %s; labctl show %s says why",
                        cli->seat.rig, condition_name(condition), cli->seat.rig);
        poll(NULL, 0, SAFE_POLL_MS);
    }
}

static int run_release(struct cli *cli, const struct arguments *arguments)
{
    const char *wait = arguments_option(arguments, "wait");
    int64_t wait_ns = 0;
    Labgate__Release release = LABGATE__RELEASE__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    int result = wait ? grammar_duration(cli, "--wait", wait, &wait_ns) : CLI_OK;
    request.body_case = LABGATE__REQUEST__BODY_RELEASE;
    request.release = &release;
    if (result == CLI_OK)
        result = cli_require_token(cli);
    if (result == CLI_OK)
        result = cli_require_seat(cli);
    if (result == CLI_OK)
        result = cli_call(cli, &request, "release control", LABGATE__ANSWER__BODY_CONTROL, &answer);
    if (result != CLI_OK)
        return result;
    if (!cli->interactive)
        keeper_end(cli);
    if (wait)
        result = await_safe(cli, wait_ns);
    if (wait && result == CLI_OK)
        answer->control->condition = LABGATE__CONDITION__SAFE;
    if (result == CLI_OK)
        tell_control(cli, answer->control, "control is released");
    client_free(answer);
    return result;
}

static int run_leave(struct cli *cli, const struct arguments *arguments)
{
    (void)arguments;
    struct text rig = {0};
    int result = cli_require_login(cli);
    if (result == CLI_OK)
        result = cli_require_seat(cli);
    if (result != CLI_OK)
        return result;
    text_add(&rig, cli->seat.rig);
    if (!cli->interactive)
        keeper_end(cli);
    result = session_leave(cli);
    if (result == CLI_OK)
        say_done(cli, "rig", text_get(&rig), "you left %s; it is made safe when nobody else controls it",
                 text_get(&rig));
    text_finish(&rig);
    return result;
}

static const struct option_row join_options[] = {
    {"observe",   NULL, "take a seat and leave control alone"                             },
    {"no-keeper", NULL, "hold the seat only while labctl runs: for scripts that are quick"},
    {NULL,        NULL, NULL                                                              },
};

static const struct option_row take_options[] = {
    {"force",     NULL,   "take it from whoever has it (teachers and technicians)"},
    {"to",        "SEAT", "give it to another seat (others than staff: to staff)" },
    {"no-keeper", NULL,   "as with join"                                          },
    {NULL,        NULL,   NULL                                                    },
};

static const struct option_row release_options[] = {
    {"wait", "DURATION", "until the rig is verified safe, at most so long"},
    {NULL,   NULL,       NULL                                             },
};

const struct command command_join = {
    .name = "join",
    .group = GROUP_RIG,
    .arguments = "RIG",
    .least = 1,
    .most = 1,
    .summary = "take your seat in the session on a rig, and control when it is yours",
    .text = "Between two commands a keeper in the background says that you are there; without it the gateway "
            "would\n"
            "take you for lost after a few seconds and make the rig safe. It ends at release and leave, with "
            "the\n"
            "session, and with the terminal. labctl session does the same in one program with a prompt.",
    .options = join_options,
    .examples = "labctl join tank-1",
    .run = run_join,
};

const struct command command_leave = {
    .name = "leave",
    .group = GROUP_RIG,
    .arguments = "",
    .summary = "give your seat back, and control with it",
    .run = run_leave,
};

const struct command command_take = {
    .name = "take",
    .group = GROUP_RIG,
    .arguments = "",
    .summary = "take control from your seat",
    .options = take_options,
    .run = run_take,
};

const struct command command_release = {
    .name = "release",
    .group = GROUP_RIG,
    .arguments = "",
    .summary = "give control back; the rig is made safe",
    .options = release_options,
    .examples = "labctl release --wait 10s",
    .run = run_release,
};
