/* The connection of a run, and what is said when an answer is a no or does not come. */
#include "gateway/cli/cli.h"
#include "gateway/cli/times.h"

#include <stdlib.h>
#include <string.h>

#define SILENT_WAIT (3 * NS_PER_S)

/* The exit code of a reason and the command that helps next, where one does (docs/names.md lists the
 * reasons). */
static const struct {
    const char *reason;
    enum cli_exit exit;
    const char *next;
} reasons[] = {
    {"no-token",        CLI_NOT_LOGGED_IN, "labctl login NAME"                            },
    {"token-expired",   CLI_NOT_LOGGED_IN, "labctl login NAME"                            },
    {"token-void",      CLI_NOT_LOGGED_IN, "labctl login NAME"                            },
    {"no-session",      CLI_REFUSED,       "labctl bookings, or labctl book RIG --for 45m"},
    {"no-seat",         CLI_REFUSED,       "labctl join RIG"                              },
    {"old-epoch",       CLI_REFUSED,       "labctl take, after a look at the rig"         },
    {"old-sequence",    CLI_REFUSED,       "labctl join RIG"                              },
    {"reused-sequence", CLI_REFUSED,       "labctl join RIG"                              },
    {"too-old",         CLI_REFUSED,       "labctl get, and then the same command again"  },
    {"making-safe",     CLI_REFUSED,       "labctl watch, until the rig is safe"          },
    {"unknown-point",   CLI_REFUSED,       "labctl show RIG"                              },
    {"unknown-rig",     CLI_REFUSED,       "labctl rigs"                                  },
    {"unknown-rule",    CLI_REFUSED,       "labctl show RIG"                              },
};

static const char *next_for(const char *reason, enum cli_exit *exit)
{
    *exit = CLI_REFUSED;
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (strcmp(reasons[i].reason, reason) == 0) {
            *exit = reasons[i].exit;
            return reasons[i].next;
        }
    return NULL;
}

/* A row's next command with the rig and the name that are meant. */
static void add_next(const struct cli *cli, const char *next, struct text *line)
{
    const char *rig = arguments_rig(cli->typed);
    const struct {
        const char *word, *meant;
    } places[] = {
        {"RIG",  rig              ? rig
                : cli->seat.seat ? cli->seat.rig
                                 : ""},
        {"NAME", cli->login.name                    },
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const char *place = strstr(next, places[i].word);
        if (!place || !places[i].meant[0])
            continue;
        text_add_format(line, "%.*s%s%s", (int)(place - next), next, places[i].meant,
                        place + strlen(places[i].word));
        return;
    }
    text_add(line, next);
}

int cli_require_token(struct cli *cli)
{
    if (cli->use_socket)
        return CLI_OK;
    if (!cli->login.server[0])
        return fail(cli, CLI_NOT_LOGGED_IN,
                    "nobody is logged in and no server is known; labctl login NAME --server URL");
    if (!cli->login.token[0])
        return fail(cli, CLI_NOT_LOGGED_IN, "nobody is logged in to %s; labctl login NAME",
                    cli->login.server);
    return CLI_OK;
}

int cli_require_login(struct cli *cli)
{
    int result = cli_require_token(cli);
    if (result != CLI_OK)
        return result;
    if (!cli->use_socket && cli->login.expires && (int64_t)cli->login.expires < times_now_ms()) {
        char when[TIMES_TEXT];
        return fail(cli, CLI_NOT_LOGGED_IN, "the login of %s ended at %s; labctl login %s", cli->login.name,
                    times_local_short((int64_t)cli->login.expires, when), cli->login.name);
    }
    return CLI_OK;
}

int cli_load_seat(struct cli *cli)
{
    int result = store_load_seat(&cli->store, &cli->seat);
    if (result == STORE_FAILED)
        return fail(cli, CLI_LOCAL, "%s", cli->store.why);
    return CLI_OK;
}

int cli_no_seat(struct cli *cli, const char *otherwise)
{
    return fail_for(cli, CLI_REFUSED, "no-seat",
                    "you have no seat on a rig; join your session: labctl join RIG%s", otherwise);
}

int cli_require_seat(struct cli *cli)
{
    int result = cli_load_seat(cli);
    return result == CLI_OK && cli->seat.seat == 0 ? cli_no_seat(cli, "") : result;
}

static int result_exit(int result)
{
    static const struct {
        int result;
        enum cli_exit exit;
    } rows[] = {
        {CLIENT_UNREACHABLE, CLI_UNREACHABLE},
        {CLIENT_MALFORMED,   CLI_FAULT      },
        {CLIENT_UNTRUSTED,   CLI_UNTRUSTED  },
        {CLIENT_TOO_LARGE,   CLI_USAGE      },
        {CLIENT_BAD_ADDRESS, CLI_USAGE      },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].result == result)
            return rows[i].exit;
    return CLI_LOCAL;
}

static const char *result_advice(int result)
{
    return result == CLIENT_UNTRUSTED ? "; ask the laboratory for its certificate and give it with --ca FILE"
                                      : "";
}

static void tell_connection(void *context, bool connected)
{
    struct cli *cli = context;
    if (connected)
        warn(cli, "connected again");
    else
        warn(cli, "the connection to %s was lost; trying again", cli->url);
}

static int connect_to(struct cli *cli, const char *url, bool own_socket)
{
    char why[256] = "";
    struct client_options options = {
        .url = url,
        .authority = cli->login.authority[0] ? cli->login.authority : NULL,
        .server_name = cli->login.server_name[0] ? cli->login.server_name : NULL,
        .token = own_socket || !cli->login.token[0] ? NULL : cli->login.token,
        .connection = tell_connection,
        .context = cli,
    };
    cli->url = own_socket ? cli->socket_path : cli->login.server;
    int result = client_create(&options, &cli->client, why, sizeof why);
    if (result != CLIENT_OK) {
        cli->client = NULL;
        return fail(cli, result_exit(result), "cannot connect to %s: %s%s", url,
                    why[0] ? why : client_result_text(result), result_advice(result));
    }
    if (cli->seat.seat)
        client_set_seat(cli->client, (uint32_t)cli->seat.seat);
    return CLI_OK;
}

int cli_connect(struct cli *cli)
{
    if (cli->use_socket)
        return cli_connect_socket(cli);
    if (cli->client)
        return CLI_OK;
    if (!cli->login.server[0])
        return fail(cli, CLI_USAGE,
                    "no server is known; give one: --server tcp://HOST:PORT, or LABGATE_SERVER");
    return connect_to(cli, cli->login.server, false);
}

int cli_connect_socket(struct cli *cli)
{
    if (cli->client)
        return CLI_OK;
    struct text url = {0};
    text_add_format(&url, "local:%s", cli->socket_path);
    int result = connect_to(cli, text_get(&url), true);
    text_finish(&url);
    return result;
}

int cli_connect_as_technician(struct cli *cli)
{
    const struct login *login = &cli->login;
    int result = cli_connect_socket(cli);
    if (result == CLI_OK && login->token[0] && login->role == LABGATE__ROLE__TECHNICIAN &&
        (!login->expires || (int64_t)login->expires > times_now_ms()))
        client_set_token(cli->client, login->token);
    return result;
}

void cli_disconnect(struct cli *cli)
{
    client_destroy(cli->client);
    cli->client = NULL;
}

static void refusal_json(struct cli *cli, const Labgate__Answer *answer, enum cli_exit exit)
{
    struct json *json = &cli->json;
    json_open_object(json, NULL);
    json_boolean(json, "ok", false);
    json_integer(json, "exit", exit);
    json_string(json, "reason", answer->reason);
    json_string(json, "message", answer->message);
    if (answer->rule[0])
        json_string(json, "rule", answer->rule);
    if (answer->body_case == LABGATE__ANSWER__BODY_SET && answer->set->has_nearest)
        json_number(json, "nearest", answer->set->nearest);
    cli_json_failure_end(cli);
}

/* The gateway's messages often begin with the attempt, "setting plc.pump on tank-1: "; it is said here
 * already. */
static const char *without_attempt(const char *message)
{
    const char *colon = strstr(message, ": "), *space = strchr(message, ' ');
    if (!colon || !space)
        return message;
    const char *end = colon < space ? colon : space;
    return end - message > 3 && strncmp(end - 3, "ing", 3) == 0 ? colon + 2 : message;
}

int cli_refused(struct cli *cli, const Labgate__Answer *answer, const char *attempt)
{
    enum cli_exit exit;
    const char *next = next_for(answer->reason, &exit);
    const char *message = without_attempt(answer->message);
    bool says_rule = !answer->rule[0] || strstr(message, answer->rule);
    struct text line = {0};
    text_add_format(&line, "cannot %s: %s%s(%s%s%s)", attempt, message, message[0] ? " " : "", answer->reason,
                    says_rule ? "" : ", rule ", says_rule ? "" : answer->rule);
    if (next) {
        text_add(&line, "; next: ");
        add_next(cli, next, &line);
    }
    bool json = cli->json_wanted;
    cli->json_wanted = false; /* its document has the parts, see below */
    fail(cli, exit, "%s", text_get(&line));
    cli->json_wanted = json;
    if (json)
        refusal_json(cli, answer, exit);
    text_finish(&line);
    return exit;
}

/* Whoever waits for a connection is told what for. */
static int call(struct cli *cli, Labgate__Request *request, Labgate__Answer **answer)
{
    int64_t began = times_monotonic();
    char seconds[TIMES_TEXT];
    if (cli->timeout > SILENT_WAIT && client_connect(cli->client, SILENT_WAIT) == CLIENT_UNREACHABLE)
        warn(cli, "no connection to %s yet; trying for another %s", cli->url,
             times_duration(cli->timeout - SILENT_WAIT, seconds));
    int result = client_call(cli->client, request, cli->timeout - (times_monotonic() - began), answer);
    cli_note_sent(cli, request, result, *answer);
    return result;
}

int cli_ask(struct cli *cli, Labgate__Request *request, const char *attempt, Labgate__Answer **answer)
{
    *answer = NULL;
    int result = cli_connect(cli);
    if (result != CLI_OK)
        return result;
    result = call(cli, request, answer);
    if (result == CLIENT_OK)
        return CLI_OK;
    if (result == CLIENT_UNREACHABLE || result == CLIENT_TIMED_OUT)
        return cli_unanswered(cli, request, attempt, result);
    return fail(cli, result_exit(result), "cannot %s: %s (%s)%s", attempt, client_result_text(result),
                cli->url, result_advice(result));
}

int cli_call(struct cli *cli, Labgate__Request *request, const char *attempt, Labgate__Answer__BodyCase body,
             Labgate__Answer **answer)
{
    int result = cli_ask(cli, request, attempt, answer);
    if (result != CLI_OK)
        return result;
    if (!(*answer)->ok)
        result = cli_refused(cli, *answer, attempt);
    else if (body != LABGATE__ANSWER__BODY__NOT_SET && (*answer)->body_case != body)
        result = fail(cli, CLI_FAULT,
                      "cannot %s: the gateway's answer is of another kind; is its version newer?", attempt);
    if (result != CLI_OK) {
        client_free(*answer);
        *answer = NULL;
    }
    return result;
}

int cli_show(struct cli *cli, const char *rig, Labgate__Answer **answer)
{
    Labgate__Show show = LABGATE__SHOW__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    struct text attempt = {0};
    show.rig = (char *)rig;
    request.body_case = LABGATE__REQUEST__BODY_SHOW;
    request.show = &show;
    text_add_format(&attempt, "show %s", rig);
    int result = cli_call(cli, &request, text_get(&attempt), LABGATE__ANSWER__BODY_SHOW, answer);
    text_finish(&attempt);
    if (result == CLI_OK && !(*answer)->show->rig) {
        client_free(*answer);
        *answer = NULL;
        return fail(cli, CLI_FAULT, "cannot show %s: the answer describes no rig", rig);
    }
    return result;
}
