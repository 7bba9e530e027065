/* notices. */
#include "gateway/cli/bookings.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/roles.h"
#include "gateway/cli/times.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The booking is shown as it is now: that is what somebody has to know. */
static void tell_person(struct cli *cli, const Labgate__Notice *notice)
{
    char when[TIMES_TEXT], from[BOOKINGS_WHEN], until[BOOKINGS_WHEN];
    times_local((int64_t)notice->wall, when);
    if (!notice->booking)
        say(cli, "%s  %s%s", when, notice->text,
            strcmp(notice->kind, "offer") ? "" : ": labctl queue take takes it");
    else if (!notice->starts)
        say(cli, "%s  booking %" PRIu64 ", %s", when, notice->booking, notice->text);
    else
        say(cli, "%s  booking %" PRIu64 ", %s (%s%s%s from %s until %s, %s)", when, notice->booking,
            notice->text, notice->who, notice->who[0] ? ", " : "", notice->rig,
            bookings_when(cli, (int64_t)notice->starts, from),
            bookings_when(cli, (int64_t)notice->ends, until), booking_state_name(notice->state));
}

static void tell(struct cli *cli, const Labgate__Notice *notice)
{
    if (!cli->json_wanted) {
        tell_person(cli, notice);
        return;
    }
    json_open_object(&cli->json, NULL);
    json_unsigned(&cli->json, "number", notice->number);
    json_instant(&cli->json, "time", (int64_t)notice->wall);
    json_string(&cli->json, "kind", notice->kind);
    json_unsigned(&cli->json, "booking", notice->booking);
    json_string(&cli->json, "text", notice->text);
    if (notice->starts) {
        json_string(&cli->json, "rig", notice->rig);
        if (notice->who[0])
            json_string(&cli->json, "who", notice->who);
        json_instant(&cli->json, "starts", (int64_t)notice->starts);
        json_instant(&cli->json, "ends", (int64_t)notice->ends);
        json_string(&cli->json, "state", booking_state_name(notice->state));
    }
    json_close_object(&cli->json);
}

static int ask(struct cli *cli, uint64_t seen, uint64_t after, bool wait, Labgate__Answer **answer)
{
    Labgate__Notices notices = LABGATE__NOTICES__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    notices.seen = seen;
    notices.after = after;
    notices.wait = wait;
    request.body_case = LABGATE__REQUEST__BODY_NOTICES;
    request.notices = &notices;
    return cli_call(cli, &request, "read your notices", LABGATE__ANSWER__BODY_NOTICES, answer);
}

/* Those after *last, which becomes the newest. */
static int show(struct cli *cli, uint64_t seen, bool wait, uint64_t *last)
{
    Labgate__Answer *answer;
    int result = ask(cli, seen, *last, wait, &answer);
    if (result != CLI_OK)
        return result;
    for (size_t i = 0; i < answer->notices->n_notices; i++) {
        tell(cli, answer->notices->notices[i]);
        *last = answer->notices->notices[i]->number > *last ? answer->notices->notices[i]->number : *last;
    }
    fflush(stdout);
    client_free(answer);
    return CLI_OK;
}

/* All that is there: an answer has room for so many. */
static int show_all(struct cli *cli, uint64_t *last)
{
    uint64_t before;
    int result;
    do {
        before = *last;
        result = show(cli, 0, false, last);
    } while (result == CLI_OK && *last > before);
    return result;
}

/* What was shown is forgotten with the next question. */
static int follow(struct cli *cli, bool keep, uint64_t last)
{
    int result = CLI_OK;
    interruption_catch();
    while (result == CLI_OK && !interruption_seen())
        result = show(cli, keep ? 0 : last, true, &last);
    interruption_release();
    return result;
}

static int run_notices(struct cli *cli, const struct arguments *arguments)
{
    bool keep = arguments_flag(arguments, "keep"), follows = arguments_flag(arguments, "follow");
    uint64_t last = 0;
    int result = cli_require_login(cli);
    if (result == CLI_OK)
        result = show_all(cli, &last);
    if (result != CLI_OK)
        return result;
    if (follows)
        return follow(cli, keep, last);
    if (!last && !cli->json_wanted)
        say(cli, "nothing new");
    Labgate__Answer *answer;
    if (!last || keep)
        return CLI_OK;
    result = ask(cli, last, last, false, &answer);
    if (result == CLI_OK)
        client_free(answer);
    return result;
}

static const struct option_row notices_options[] = {
    {"keep",   NULL, "show them again next time"       },
    {"follow", NULL, "go on as they come, until Ctrl-C"},
    {NULL,     NULL, NULL                              },
};

const struct command command_notices = {
    .name = "notices",
    .group = GROUP_TIMETABLE,
    .arguments = "",
    .summary = "show what others did to your bookings: made, handed over, moved, cancelled, freed, offered",
    .options = notices_options,
    .run = run_notices,
};
