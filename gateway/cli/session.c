/* join, leave, take, release. */
#include "gateway/cli/session.h"

#include "gateway/cli/commands.h"
#include "gateway/cli/keeper.h"
#include "gateway/cli/roles.h"
#include "gateway/cli/times.h"

#include <inttypes.h>
#include <poll.h>
#include <string.h>

#define GRANT_WAIT (30 * NS_PER_S)
#define GRANT_POLL_MS 200
#define SESSION_PAUSE (3 * NS_PER_S)

static int store_seat(struct cli *cli)
{
    int lock = -1, result = store_lock(&cli->store, cli->store.seat_lock_path, true, &lock);
    if (result == STORE_OK)
        result = store_save_seat(&cli->store, &cli->seat);
    store_unlock(lock);
    return result == STORE_OK ? CLI_OK : fail(cli, CLI_LOCAL, "the seat cannot be kept: %s", cli->store.why);
}

static int ask_join(struct cli *cli, const char *rig, uint32_t resume, Labgate__Answer **answer)
{
    Labgate__Join join = LABGATE__JOIN__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    struct text attempt = {0};
    join.rig = (char *)rig;
    join.resume = resume;
    request.body_case = LABGATE__REQUEST__BODY_JOIN;
    request.join = &join;
    text_add_format(&attempt, "join the session on %s", rig);
    int result = cli_ask(cli, &request, text_get(&attempt), answer);
    if (result == CLI_OK && !(*answer)->ok && resume) {
        /* The seat may be gone while the session goes on: a new one. */
        client_free(*answer);
        join.resume = 0;
        result = cli_ask(cli, &request, text_get(&attempt), answer);
    }
    if (result == CLI_OK && !(*answer)->ok)
        result = cli_refused(cli, *answer, text_get(&attempt));
    else if (result == CLI_OK && (*answer)->body_case != LABGATE__ANSWER__BODY_JOIN)
        result = fail(cli, CLI_FAULT, "cannot %s: the answer is of another kind", text_get(&attempt));
    text_finish(&attempt);
    if (result != CLI_OK) {
        client_free(*answer);
        *answer = NULL;
    }
    return result;
}

int session_join(struct cli *cli, const char *rig, bool *may_control)
{
    Labgate__Answer *answer = NULL;
    int result = cli_load_seat(cli);
    if (result == CLI_OK && (strlen(rig) >= STORE_TEXT_MAX || strpbrk(rig, "\r\n")))
        result = fail(cli, CLI_USAGE, "no rig has such a name");
    if (result == CLI_OK && cli->seat.seat && strcmp(cli->seat.rig, rig) != 0)
        result = fail(cli, CLI_USAGE, "you have a seat on %s; labctl leave first, or use another --profile",
                      cli->seat.rig);
    if (result == CLI_OK)
        result = ask_join(cli, rig, (uint32_t)cli->seat.seat, &answer);
    if (result != CLI_OK)
        return result;
    const Labgate__Joined *joined = answer->join;
    bool same = cli->seat.seat == joined->seat && cli->seat.session == joined->session;
    snprintf(cli->seat.rig, sizeof cli->seat.rig, "%s", rig);
    cli->seat.seat = joined->seat;
    cli->seat.session = joined->session;
    cli->seat.epoch = joined->epoch;
    /* A number that was written down here may have been sent although the gateway has not seen it yet. */
    if (!same || joined->sequence > cli->seat.sequence)
        cli->seat.sequence = joined->sequence;
    cli->seat.ends = joined->ends;
    cli->seat.presence = joined->presence;
    *may_control = joined->may_control;
    client_free(answer);
    client_set_seat(cli->client, (uint32_t)cli->seat.seat);
    return store_seat(cli);
}

/* A grant waits until every link knows the new epoch; control is there when the rig's status says so. */
static int await_control(struct cli *cli)
{
    int64_t deadline = times_monotonic() + GRANT_WAIT;
    for (;;) {
        Labgate__Answer *answer;
        int result = cli_show(cli, cli->seat.rig, &answer);
        if (result != CLI_OK)
            return result;
        const Labgate__RigStatus *status = answer->show->rig->status;
        bool granted = status && status->condition == LABGATE__CONDITION__CONTROLLED &&
                       status->controller == cli->seat.seat;
        if (granted)
            cli->seat.epoch = status->epoch;
        struct text described = {0};
        status_describe(status, &described);
        client_free(answer);
        if (!granted && times_monotonic() > deadline)
            result = fail(cli, CLI_FAULT, "control of %s was not given in time; the rig is: %s", cli->seat.rig,
                          text_get(&described));
        text_finish(&described);
        if (granted || result != CLI_OK)
            return result;
        poll(NULL, 0, GRANT_POLL_MS);
    }
}

int session_take(struct cli *cli, bool force)
{
    Labgate__Take take = LABGATE__TAKE__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    struct text attempt = {0};
    take.force = force;
    request.body_case = LABGATE__REQUEST__BODY_TAKE;
    request.take = &take;
    text_add_format(&attempt, "take control of %s", cli->seat.rig);
    int result = cli_call(cli, &request, text_get(&attempt), LABGATE__ANSWER__BODY_CONTROL, &answer);
    text_finish(&attempt);
    if (result != CLI_OK)
        return result;
    bool granted = answer->control->controller == cli->seat.seat &&
                   answer->control->condition == LABGATE__CONDITION__CONTROLLED;
    cli->seat.epoch = answer->control->epoch;
    client_free(answer);
    if (!granted)
        result = await_control(cli);
    return result == CLI_OK ? store_seat(cli) : result;
}

int session_leave(struct cli *cli)
{
    Labgate__Leave leave = LABGATE__LEAVE__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer = NULL;
    struct text attempt = {0};
    request.body_case = LABGATE__REQUEST__BODY_LEAVE;
    request.leave = &leave;
    text_add_format(&attempt, "leave %s", cli->seat.rig);
    int result = cli_ask(cli, &request, text_get(&attempt), &answer);
    text_finish(&attempt);
    if (result != CLI_OK)
        return result;
    /* A no means that the seat was gone already, which is what is wanted. */
    client_free(answer);
    store_remove_seat(&cli->store);
    cli->seat = (struct seat){0};
    client_set_seat(cli->client, 0);
    return CLI_OK;
}

bool session_say_here(struct cli *cli, int64_t *said)
{
    Labgate__Presence presence = LABGATE__PRESENCE__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer = NULL;
    int64_t pause = cli->seat.presence ? (int64_t)cli->seat.presence / 3 : SESSION_PAUSE;
    int64_t now = times_monotonic();
    if (now - *said < (pause < SESSION_PAUSE ? pause : SESSION_PAUSE))
        return true;
    request.body_case = LABGATE__REQUEST__BODY_PRESENCE;
    request.presence = &presence;
    int result = client_call(cli->client, &request, NS_PER_S, &answer);
    bool known = result != CLIENT_OK || answer->ok;
    client_free(answer);
    *said = now;
    return known;
}

static void tell_session(struct cli *cli, bool controls)
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
        json_close_object(&cli->json);
        return;
    }
    say(cli, "seat %" PRIu64 " on %s, session %" PRIu64 " until %s: %s", cli->seat.seat, cli->seat.rig,
        cli->seat.session, times_local_short((int64_t)cli->seat.ends, ends),
        controls ? "you are in control" : "you watch; labctl take asks for control");
    if (keeper_runs(cli))
        say_styled(cli, STYLE_FAINT, "%s",
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
    bool may_control = false;
    int result = cli_require_login(cli);
    if (result == CLI_OK)
        result = session_join(cli, arguments->words[0], &may_control);
    if (result != CLI_OK)
        return result;
    bool take = may_control && !arguments_flag(arguments, "observe");
    int taken = take ? session_take(cli, false) : CLI_OK;
    /* The seat is there whether control was given or not. */
    result = start_keeper(cli, !arguments_flag(arguments, "no-keeper"));
    if (taken == CLI_OK)
        tell_session(cli, take);
    return taken != CLI_OK ? taken : result;
}

static int run_take(struct cli *cli, const struct arguments *arguments)
{
    bool may_control = false;
    int result = cli_require_login(cli);
    if (result == CLI_OK)
        result = cli_require_seat(cli);
    if (result == CLI_OK)
        result = session_join(cli, cli->seat.rig, &may_control); /* the seat may have ended since */
    if (result == CLI_OK)
        result = session_take(cli, arguments_flag(arguments, "force"));
    if (result == CLI_OK)
        result = start_keeper(cli, !arguments_flag(arguments, "no-keeper"));
    if (result == CLI_OK)
        tell_session(cli, true);
    return result;
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
            return fail(cli, CLI_FAULT, "%s was not safe in time: it is %s; labctl show %s says why", cli->seat.rig,
                        condition_name(condition), cli->seat.rig);
        poll(NULL, 0, GRANT_POLL_MS);
    }
}

static int run_release(struct cli *cli, const struct arguments *arguments)
{
    const char *wait = arguments_option(arguments, "wait");
    int64_t wait_ns = 0;
    Labgate__Release release = LABGATE__RELEASE__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    if (wait) {
        int parsed = times_parse_duration(wait, &wait_ns);
        if (parsed != TIMES_OK)
            return fail(cli, CLI_USAGE, "--wait %s: %s", wait, times_result_text(parsed));
    }
    request.body_case = LABGATE__REQUEST__BODY_RELEASE;
    request.release = &release;
    int result = cli_require_login(cli);
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
    if (result == CLI_OK && !cli->json_wanted)
        say(cli, "you left %s; it is made safe when nobody else controls it", text_get(&rig));
    text_finish(&rig);
    return result;
}

static const struct option_row join_options[] = {
    {"observe",   NULL, "take a seat and leave control alone"                       },
    {"no-keeper", NULL, "hold the seat only while labctl runs: for scripts that are quick"},
    {NULL,        NULL, NULL                                                        },
};

static const struct option_row take_options[] = {
    {"force",     NULL, "take it from whoever has it (teachers and technicians)"},
    {"no-keeper", NULL, "as with join"                                          },
    {NULL,        NULL, NULL                                                    },
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
    .text = "Between two commands a keeper in the background says that you are there; without it the gateway would\n"
            "take you for lost after a few seconds and make the rig safe. It ends at release and leave, with the\n"
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
