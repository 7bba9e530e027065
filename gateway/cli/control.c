/* stop, reset, clear, lockout: what makes a rig safe, and what lets it go on. */
#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/roles.h"

#include <string.h>

#define REASON_KEPT                                                                                          \
    127 /* bytes of a lock-out's reason, which the gateway cuts rather than refuse what makes safe */

/* The rig named on the command line, or the one of the seat. */
static int choose_rig(struct cli *cli, const struct arguments *arguments, const char **rig)
{
    int result = cli_require_token(cli);
    if (result == CLI_OK)
        result = cli_load_seat(cli);
    if (result != CLI_OK)
        return result;
    *rig = arguments->count ? arguments->words[0] : cli->seat.rig;
    if (!(*rig)[0])
        return cli_no_seat(cli, ", or name the rig");
    return CLI_OK;
}

/* Somebody else may still have hands in it, or it is switched to local operation. NULL: not known. */
static const Labgate__RigStatus *status_of(struct cli *cli, const char *rig, Labgate__Answer **answer)
{
    *answer = NULL;
    return cli_show(cli, rig, answer) == CLI_OK ? (*answer)->show->rig->status : NULL;
}

/* `what` it is now; `nothing`: what it was not, so that nothing was done. */
static void tell(struct cli *cli, const char *rig, const char *what, const char *nothing,
                 const Labgate__Answer *answer, const Labgate__RigStatus *remains)
{
    bool known = answer->body_case == LABGATE__ANSWER__BODY_CONTROL;
    const char *condition = known ? condition_name(answer->control->condition) : NULL;
    if (cli->json_wanted) {
        json_open_object(&cli->json, NULL);
        json_boolean(&cli->json, "ok", true);
        json_string(&cli->json, "rig", rig);
        if (known) {
            json_string(&cli->json, "condition", condition);
            json_boolean(&cli->json, "durable", answer->control->durable);
            json_boolean(&cli->json, "nothing", answer->control->nothing);
        }
        if (remains) {
            json_boolean(&cli->json, "locked_out", remains->locked_out);
            json_string(&cli->json, "why", remains->locked_out ? remains->why : "");
        }
        json_close_object(&cli->json);
    } else if (known && answer->control->nothing) {
        say_styled(cli, STYLE_STRONG, "%s %s; the rig is %s", rig, nothing, condition);
    } else if (known) {
        say_styled(cli, STYLE_STRONG, "%s %s; the rig is %s%s", rig, what, condition,
                   answer->control->durable
                       ? ""
                       : "; the gateway's disk does not have this yet: a restart now would forget it");
    } else {
        say_styled(cli, STYLE_STRONG, "%s %s", rig, what);
    }
    bool nothing_done = known && answer->control->nothing;
    if (remains && !cli->json_wanted && remains->locked_out)
        say_styled(cli, STYLE_BAD, "%s STAYS LOCKED OUT: %s", rig, remains->why);
    else if (remains && !cli->json_wanted && !nothing_done)
        say(cli, "%s is no longer locked out", rig);
}

static bool removes_lockout(const Labgate__Request *request)
{
    return request->body_case == LABGATE__REQUEST__BODY_LOCKOUT && request->lockout->remove;
}

/* `no_such_rig`, when it is not NULL: whether that is why it was refused. */
static int ask(struct cli *cli, Labgate__Request *request, const char *rig, const char *verb,
               const char *done, const char *nothing, bool *no_such_rig)
{
    Labgate__Answer *answer, *shown = NULL;
    struct text attempt = {0};
    text_add_format(&attempt, "%s %s", verb, rig);
    int result = cli_ask(cli, request, text_get(&attempt), &answer);
    if (result == CLI_OK && !answer->ok)
        result = cli_refused(cli, answer, text_get(&attempt));
    if (result == CLI_OK)
        tell(cli, rig, done, nothing, answer, removes_lockout(request) ? status_of(cli, rig, &shown) : NULL);
    if (no_such_rig)
        *no_such_rig = answer && !strcmp(answer->reason, "unknown-rig");
    client_free(shown);
    client_free(answer);
    text_finish(&attempt);
    return result;
}

static void warn_not_stopped(struct cli *cli, const char *rig, bool no_such_rig)
{
    static const char by_hand[] = "have somebody there press its own emergency stop";
    if (no_such_rig)
        warn(cli, "nothing was stopped: repeat labctl stop with the name of the rig that you mean, and %s",
             by_hand);
    else
        warn(cli, "%s may still run: repeat labctl stop, and %s", rig, by_hand);
}

/* One request, no question, nothing asked before it. */
static int run_stop(struct cli *cli, const struct arguments *arguments)
{
    Labgate__Stop stop = LABGATE__STOP__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    const char *rig;
    bool no_such_rig;
    int result = choose_rig(cli, arguments, &rig);
    if (result != CLI_OK)
        return result;
    stop.rig = (char *)rig;
    request.body_case = LABGATE__REQUEST__BODY_STOP;
    request.stop = &stop;
    result = ask(cli, &request, rig, "stop", "is stopped", "", &no_such_rig);
    if (result != CLI_OK)
        warn_not_stopped(cli, rig, no_such_rig);
    return result;
}

static int run_reset(struct cli *cli, const struct arguments *arguments)
{
    Labgate__Reset reset = LABGATE__RESET__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    const char *rig;
    int result = choose_rig(cli, arguments, &rig);
    if (result != CLI_OK)
        return result;
    reset.rig = (char *)rig;
    request.body_case = LABGATE__REQUEST__BODY_RESET;
    request.reset = &reset;
    return ask(cli, &request, rig, "reset", "is reset", "", NULL);
}

static int run_clear(struct cli *cli, const struct arguments *arguments)
{
    Labgate__Clear clear = LABGATE__CLEAR__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    int result = cli_require_login(cli);
    if (result != CLI_OK)
        return result;
    clear.rig = (char *)arguments->words[0];
    request.body_case = LABGATE__REQUEST__BODY_CLEAR;
    request.clear = &clear;
    return ask(cli, &request, clear.rig, "clear the quarantine of", "is cleared and made safe again",
               "was not quarantined, so nothing was cleared", NULL);
}

/* Setting one goes over the bus, because it only makes safer; removing one is the gateway's own socket's. */
static int run_lockout(struct cli *cli, const struct arguments *arguments)
{
    Labgate__Lockout lockout = LABGATE__LOCKOUT__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    struct text reason = {0};
    bool remove = arguments_flag(arguments, "remove");
    const char *whose = arguments_option(arguments, "of");
    if (whose && !remove)
        return fail(cli, CLI_USAGE,
                    "--of says whose lock-out is removed: labctl lockout %s --remove --of %s REASON",
                    arguments->words[0], whose);
    if (arguments->count < 2)
        return fail(cli, CLI_USAGE, "say why: labctl lockout %s %sREASON", arguments->words[0],
                    remove ? "--remove " : "");
    cli->use_socket = cli->use_socket || remove;
    int result = cli_require_login(cli);
    if (result == CLI_OK && cli->use_socket)
        result = cli_connect_as_technician(cli);
    if (result != CLI_OK)
        return result;
    for (int i = 1; i < arguments->count; i++)
        text_add_format(&reason, "%s%s", i > 1 ? " " : "", arguments->words[i]);
    if (reason.length > REASON_KEPT)
        warn(cli, "only the first %d of the reason's %zu bytes are kept", REASON_KEPT, reason.length);
    lockout.rig = (char *)arguments->words[0];
    lockout.reason = (char *)text_get(&reason);
    lockout.remove = remove;
    lockout.whose = (char *)(whose ? whose : "");
    request.body_case = LABGATE__REQUEST__BODY_LOCKOUT;
    request.lockout = &lockout;
    result = ask(cli, &request, lockout.rig, remove ? "remove the lock-out of" : "lock out",
                 remove ? "has one lock-out less" : "is locked out",
                 "was not locked out, so nothing was removed", NULL);
    text_finish(&reason);
    return result;
}

static const struct option_row lockout_options[] = {
    {"remove", NULL,   "end your lock-out; say why"                              },
    {"of",     "NAME", "with --remove: end this account's lock-out, not your own"},
    {NULL,     NULL,   NULL                                                      },
};

const struct command command_stop = {
    .name = "stop",
    .group = GROUP_RIG,
    .arguments = "[RIG]",
    .most = 1,
    .summary = "emergency stop: make the rig safe at once",
    .text = "Asks nothing. From any seat, and for technicians without one. Stays until it is reset.",
    .examples = "labctl stop",
    .run = run_stop,
};

const struct command command_reset = {
    .name = "reset",
    .group = GROUP_RIG,
    .arguments = "[RIG]",
    .most = 1,
    .summary = "reset an emergency stop and the trips whose condition is gone",
    .run = run_reset,
};

const struct command command_clear = {
    .name = "clear",
    .group = GROUP_STAFF,
    .arguments = "RIG",
    .least = 1,
    .most = 1,
    .summary = "end a rig's quarantine (technicians)",
    .run = run_clear,
};

const struct command command_lockout = {
    .name = "lockout",
    .group = GROUP_STAFF,
    .arguments = "RIG [REASON...]",
    .least = 1,
    .most = -1,
    .summary = "make a rig safe and let nobody move it while hands are in it (technicians)",
    .options = lockout_options,
    .text =
        "The rig stays locked out until everybody who did so has removed theirs. That is asked on the "
        "gateway's "
        "own machine, through its socket; who has not logged in there acts as 'operator', and names whose.",
    .examples = "labctl lockout tank-1 changing the heater\nsudo labctl lockout tank-1 --remove --of tian "
                "heater changed and tested",
    .run = run_lockout,
};
