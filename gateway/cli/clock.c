/* clock, clock vouch: what the gateway takes the time to be. */
#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/times.h"

static void tell(struct cli *cli, const Labgate__Answer *answer)
{
    const Labgate__ClockReport *clock = answer->clock;
    if (cli->json_wanted) {
        json_open_object(&cli->json, NULL);
        json_boolean(&cli->json, "plausible", clock->plausible);
        json_instant(&cli->json, "now", (int64_t)answer->wall);
        json_instant(&cli->json, "newest_record", (int64_t)clock->newest);
        json_close_object(&cli->json);
        return;
    }
    char now[TIMES_TEXT], newest[TIMES_TEXT];
    times_local((int64_t)answer->wall, now);
    if (clock->plausible)
        say(cli, "the gateway's clock says %s", now);
    else
        say_styled(
            cli, STYLE_WARNING,
            "the gateway's clock says %s, earlier than its newest record, %s: nothing is booked and no "
            "session starts.\nSet the clock; if it is right as it is: labctl clock vouch, on that machine",
            now, times_local((int64_t)clock->newest, newest));
}

static int ask(struct cli *cli, bool vouch)
{
    Labgate__Clock clock = LABGATE__CLOCK__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    clock.vouch = vouch;
    request.body_case = LABGATE__REQUEST__BODY_CLOCK;
    request.clock = &clock;
    int result = cli_require_login(cli);
    if (result == CLI_OK)
        result = cli_call(cli, &request, vouch ? "vouch for the clock" : "look at the clock",
                          LABGATE__ANSWER__BODY_CLOCK, &answer);
    if (result != CLI_OK)
        return result;
    tell(cli, answer);
    if (!answer->clock->plausible)
        result = CLI_FAULT;
    client_free(answer);
    return result;
}

static int run_clock(struct cli *cli, const struct arguments *arguments)
{
    (void)arguments;
    return ask(cli, false);
}

static int run_vouch(struct cli *cli, const struct arguments *arguments)
{
    (void)arguments;
    cli->use_socket = true;
    return ask(cli, true);
}

const struct command command_clock = {
    .name = "clock",
    .group = GROUP_STAFF,
    .arguments = "",
    .summary = "show the gateway's clock, and whether it is plausible",
    .text = "A clock that is earlier than the newest record is not: nothing is booked and no session starts "
            "until it\nhas caught up or somebody vouches for it.",
    .run = run_clock,
};

const struct command command_clock_vouch = {
    .name = "clock vouch",
    .group = GROUP_STAFF,
    .arguments = "",
    .summary = "the gateway's clock is right as it is: the later records were made by one that was not",
    .text = "Look first: labctl clock. " ON_THE_MACHINE,
    .run = run_vouch,
};
