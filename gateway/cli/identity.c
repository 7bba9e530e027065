/* login, logout, passwd, whoami. */
#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/keeper.h"
#include "gateway/cli/roles.h"
#include "gateway/cli/secret.h"
#include "gateway/cli/session.h"
#include "gateway/cli/times.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The file is found again from another directory. */
static int make_authority_absolute(struct cli *cli)
{
    if (!cli->login.authority[0])
        return CLI_OK;
    char *path = realpath(cli->login.authority, NULL);
    if (!path)
        return fail(cli, CLI_USAGE, "--ca %s: %s", cli->login.authority, strerror(errno));
    bool fits = strlen(path) < sizeof cli->login.authority;
    if (fits)
        memcpy(cli->login.authority, path, strlen(path) + 1);
    free(path);
    return fits ? CLI_OK : fail(cli, CLI_USAGE, "--ca: the path is too long");
}

static void warn_of_plain_text(struct cli *cli)
{
    static const char *const harmless[] = {"tls+",       "wss://",           "ipc://",
                                           "tcp://127.", "ws://127.",        "tcp://[::1]",
                                           "ws://[::1]", "tcp://localhost:", "ws://localhost:"};
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
        if (strncmp(cli->login.server, harmless[i], strlen(harmless[i])) == 0)
            return;
    warn(cli, "%s is not encrypted: anybody on the way can read the password; use tls+tcp:// or wss://",
         cli->login.server);
}

static int remember_login(struct cli *cli, const Labgate__LoginDone *done)
{
    struct login *login = &cli->login;
    if (strlen(done->token) >= sizeof login->token || strlen(done->name) >= sizeof login->name ||
        strlen(done->rig) >= sizeof login->rig || strpbrk(done->token, "\r\n") ||
        strpbrk(done->name, "\r\n") || strpbrk(done->rig, "\r\n"))
        return fail(cli, CLI_FAULT, "cannot log in: the gateway's answer cannot be kept");
    snprintf(login->token, sizeof login->token, "%s", done->token);
    snprintf(login->name, sizeof login->name, "%s", done->name);
    snprintf(login->rig, sizeof login->rig, "%s", done->rig);
    login->role = (uint64_t)done->role;
    login->expires = done->expires;
    if (store_save_login(&cli->store, login) != STORE_OK)
        return fail(cli, CLI_LOCAL, "logged in, but %s", cli->store.why);
    return CLI_OK;
}

static void tell_login(struct cli *cli)
{
    const struct login *login = &cli->login;
    char until[TIMES_TEXT];
    if (cli->json_wanted) {
        json_open_object(&cli->json, NULL);
        json_string(&cli->json, "name", login->name);
        json_string(&cli->json, "role", role_name((Labgate__Role)login->role));
        json_string(&cli->json, "server", login->server);
        json_instant(&cli->json, "expires", (int64_t)login->expires);
        if (login->rig[0])
            json_string(&cli->json, "rig", login->rig);
        if (cli->seat.seat) {
            cli_json_seat(cli);
            json_boolean(&cli->json, "keeper", keeper_runs(cli));
            json_close_object(&cli->json);
        }
        json_close_object(&cli->json);
        return;
    }
    say(cli, "%s (%s) at %s until %s", login->name[0] ? login->name : "a spectator",
        role_name((Labgate__Role)login->role), login->server,
        times_local_short((int64_t)login->expires, until));
    if (login->rig[0])
        say(cli, "may watch %s: labctl watch --rig %s", login->rig, login->rig);
}

static int ask_login(struct cli *cli, const char *name, const char *password, const char *code)
{
    Labgate__Login login = LABGATE__LOGIN__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    struct text attempt = {0};
    login.name = (char *)name;
    login.password = (char *)password;
    login.join_code = (char *)code;
    request.body_case = LABGATE__REQUEST__BODY_LOGIN;
    request.login = &login;
    text_add_format(&attempt, "log %s in at %s", name[0] ? name : "a spectator", cli->login.server);
    int result = cli_call(cli, &request, text_get(&attempt), LABGATE__ANSWER__BODY_LOGIN, &answer);
    text_finish(&attempt);
    if (result == CLI_OK) {
        result = remember_login(cli, answer->login);
        explicit_bzero(answer->login->token, strlen(answer->login->token));
        client_free(answer);
    }
    return result;
}

static int run_login(struct cli *cli, const struct arguments *arguments)
{
    const char *code = arguments_option(arguments, "join-code");
    if ((arguments->count == 1) == (code != NULL))
        return fail(cli, CLI_USAGE, "log in with a NAME, or as a spectator with --join-code CODE");
    char password[SECRET_MAX] = "";
    int result = make_authority_absolute(cli);
    if (result != CLI_OK)
        return result;
    cli->login.token[0] = '\0';
    result = cli_connect(cli);
    if (result != CLI_OK)
        return result;
    if (!code) {
        struct text prompt = {0};
        warn_of_plain_text(cli);
        text_add(&prompt, "password of ");
        text_add_safe(&prompt, arguments->words[0], strlen(arguments->words[0]));
        result = secret_read(cli, text_get(&prompt), arguments_flag(arguments, "password-stdin"), password);
        text_finish(&prompt);
    }
    if (result == CLI_OK)
        result = ask_login(cli, code ? "" : arguments->words[0], password, code ? code : "");
    explicit_bzero(password, sizeof password);
    if (result == CLI_OK)
        tell_login(cli);
    return result;
}

static int run_logout(struct cli *cli, const struct arguments *arguments)
{
    (void)arguments;
    Labgate__Logout logout = LABGATE__LOGOUT__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer = NULL;
    int result = CLI_OK;
    if (!cli->login.token[0])
        return fail(cli, CLI_NOT_LOGGED_IN, "nobody is logged in");
    request.body_case = LABGATE__REQUEST__BODY_LOGOUT;
    request.logout = &logout;
    result = cli_call(cli, &request, "make the login void at the gateway", LABGATE__ANSWER__BODY__NOT_SET,
                      &answer);
    client_free(answer);
    keeper_end(cli);
    store_remove_seat(&cli->store);
    /* The server stays known; the token goes in any case. */
    char server[STORE_TEXT_MAX], authority[STORE_TEXT_MAX], server_name[STORE_TEXT_MAX];
    memcpy(server, cli->login.server, sizeof server);
    memcpy(authority, cli->login.authority, sizeof authority);
    memcpy(server_name, cli->login.server_name, sizeof server_name);
    explicit_bzero(&cli->login, sizeof cli->login);
    memcpy(cli->login.server, server, sizeof server);
    memcpy(cli->login.authority, authority, sizeof authority);
    memcpy(cli->login.server_name, server_name, sizeof server_name);
    if (store_save_login(&cli->store, &cli->login) != STORE_OK)
        return fail(cli, CLI_LOCAL, "%s", cli->store.why);
    if (result == CLI_NOT_LOGGED_IN) /* it was void already */
        result = CLI_OK;
    if (result == CLI_OK)
        say_done(cli, "server", server, "logged out");
    return result;
}

static int run_passwd(struct cli *cli, const struct arguments *arguments)
{
    bool from_stdin = arguments_flag(arguments, "password-stdin");
    char old[SECRET_MAX] = "", new[SECRET_MAX] = "";
    Labgate__ChangePassword change = LABGATE__CHANGE_PASSWORD__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer = NULL;
    int result = cli_require_login(cli);
    if (result == CLI_OK)
        result = secret_read(cli, "old password", from_stdin, old);
    if (result == CLI_OK)
        result = secret_read_new(cli, "new password", from_stdin, new);
    if (result == CLI_OK && !strcmp(old, new))
        result = fail(cli, CLI_USAGE, "the new password is the old one: nothing was changed");
    if (result == CLI_OK) {
        change.old_password = old;
        change.new_password = new;
        request.body_case = LABGATE__REQUEST__BODY_CHANGE_PASSWORD;
        request.change_password = &change;
        result = cli_call(cli, &request, "change the password", LABGATE__ANSWER__BODY__NOT_SET, &answer);
    }
    /* Every older token is void; an answer may bring a new one. */
    if (result == CLI_OK && answer->body_case == LABGATE__ANSWER__BODY_LOGIN)
        result = remember_login(cli, answer->login);
    else if (result == CLI_OK)
        result = ask_login(cli, cli->login.name, new, "");
    client_free(answer);
    explicit_bzero(old, sizeof old);
    explicit_bzero(new, sizeof new);
    if (result == CLI_OK)
        say_done(cli, "name", cli->login.name, "the password is changed; all other logins of %s have ended",
                 cli->login.name);
    return result;
}

static void tell_seat(struct cli *cli)
{
    char ends[TIMES_TEXT];
    struct text keeper = {0};
    if (!cli->seat.seat)
        return;
    keeper_describe(cli, &keeper);
    say(cli, "seat %u on %s, session %llu, until %s; %s", (unsigned)cli->seat.seat, cli->seat.rig,
        (unsigned long long)cli->seat.session, times_local_short((int64_t)cli->seat.ends, ends),
        text_get(&keeper));
    text_finish(&keeper);
}

static int run_whoami(struct cli *cli, const struct arguments *arguments)
{
    (void)arguments;
    int result = cli_require_login(cli);
    if (result == CLI_OK)
        result = cli_load_seat(cli);
    if (result == CLI_OK && cli->seat.seat)
        result = session_refresh(cli);
    if (result != CLI_OK)
        return result;
    tell_login(cli);
    if (!cli->json_wanted)
        tell_seat(cli);
    return CLI_OK;
}

static const struct option_row password_stdin[] = {
    {"password-stdin", NULL,
     "read the password (passwd: the old one, then the new one) from standard input, a line each"},
    {NULL,             NULL, NULL                                                                },
};

static const struct option_row login_options[] = {
    {"password-stdin", NULL,   "read the password from standard input"                                  },
    {"join-code",      "CODE", "instead of a name: watch one session, with the code its holder gave you"},
    {NULL,             NULL,   NULL                                                                     },
};

const struct command command_login = {
    .name = "login",
    .group = GROUP_ACCOUNT,
    .arguments = "[NAME]",
    .most = 1,
    .summary = "log in; the server is remembered",
    .text = "Asks for the password, and keeps what the gateway gives for it in a file that only you can "
            "read, until\n"
            "the login ends by itself, at logout, or when the password changes.",
    .options = login_options,
    .examples = "labctl login lina --server tls+tcp://lab.example.edu:7101 --ca lab.pem\n"
                "labctl login --join-code x1nzgdzf2jbrjav1 --server wss://lab.example.edu/bus",
    .run = run_login,
};

const struct command command_logout = {
    .name = "logout",
    .group = GROUP_ACCOUNT,
    .arguments = "",
    .summary = "end the login, here and at the gateway",
    .run = run_logout,
};

const struct command command_passwd = {
    .name = "passwd",
    .group = GROUP_ACCOUNT,
    .arguments = "",
    .summary = "change your password; your other logins end",
    .options = password_stdin,
    .run = run_passwd,
};

const struct command command_whoami = {
    .name = "whoami",
    .group = GROUP_ACCOUNT,
    .arguments = "",
    .summary = "say who is logged in where, and the seat",
    .run = run_whoami,
};
