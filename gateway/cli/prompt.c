/* session: one program that holds the seat, takes commands at a prompt, and tells what happens to the rig
 * meanwhile. */
#include "gateway/cli/commands.h"
#include "gateway/cli/keeper.h"
#include "gateway/cli/roles.h"
#include "gateway/cli/session.h"
#include "gateway/cli/times.h"
#include "gateway/cli/words.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TURN_MS         200
#define PROMPT_LINE_MAX 4096

struct prompt {
    bool asks; /* standard input is a terminal */
    bool ended;
    bool watching;
    int last_code; /* of the last command: of the program, in a script */
    int64_t said;  /* when the seat was last heard */
    struct text status;
    char line[PROMPT_LINE_MAX];
    size_t length;
};

static void show_prompt(struct cli *cli, struct prompt *prompt)
{
    if (!prompt->asks || prompt->ended || cli->prompt_shown)
        return;
    struct text name = {0};
    text_add_safe(&name, cli->seat.rig, strlen(cli->seat.rig));
    printf("%s> ", text_get(&name));
    fflush(stdout);
    text_finish(&name);
    cli->prompt_shown = true;
}

/* What is not of a seat at this rig, or would nest. */
static bool is_allowed(const char *word)
{
    static const char *const others[] = {"login", "logout", "passwd",    "session",
                                         "join",  "keep",   "completion"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(others[i], word) == 0)
            return false;
    return true;
}

static void run_words(struct cli *cli, struct prompt *prompt, char **words, int count)
{
    if (count == 0)
        return;
    if (strcmp(words[0], "quit") == 0 || strcmp(words[0], "exit") == 0) {
        prompt->ended = true;
        return;
    }
    if (!is_allowed(words[0])) {
        prompt->last_code = fail(cli, CLI_USAGE, "%s is not for the prompt; leave first", words[0]);
        return;
    }
    if (strcmp(words[0], "watch") == 0 && prompt->watching) {
        client_unwatch(cli->client);
        prompt->watching = false;
    }
    prompt->last_code = commands_run(cli, count, words);
    interruption_catch();    /* again: the command may have had Ctrl-C to itself */
    if (cli->seat.seat == 0) /* it was left */
        prompt->ended = true;
}

static void run_line(struct cli *cli, struct prompt *prompt, const char *line)
{
    struct words words;
    if (words_split(line, &words))
        run_words(cli, prompt, words.list, words.count);
    else
        prompt->last_code = fail(cli, CLI_USAGE, "a quotation mark is not closed");
    words_finish(&words);
    fflush(stdout);
}

/* Whole lines of what came. False: the end. */
static bool read_lines(struct cli *cli, struct prompt *prompt)
{
    ssize_t got = read(STDIN_FILENO, prompt->line + prompt->length, sizeof prompt->line - 1 - prompt->length);
    if (got < 0 && errno == EINTR)
        return true;
    if (got <= 0)
        return false;
    prompt->length += (size_t)got;
    cli->prompt_shown = false;
    char *end;
    while (!prompt->ended && (end = memchr(prompt->line, '\n', prompt->length))) {
        *end = '\0';
        size_t used = (size_t)(end - prompt->line) + 1;
        char line[PROMPT_LINE_MAX];
        memcpy(line, prompt->line, used);
        memmove(prompt->line, prompt->line + used, prompt->length - used);
        prompt->length -= used;
        run_line(cli, prompt, line);
    }
    if (prompt->length == sizeof prompt->line - 1) {
        prompt->length = 0;
        fail(cli, CLI_USAGE, "the line is too long");
    }
    return true;
}

static void tell_event(struct cli *cli, struct prompt *prompt, const Labgate__RigStatus *status)
{
    struct text now = {0};
    enum style style = status_describe(status, &now);
    if (status->controller == cli->seat.seat && cli->seat.seat)
        text_add(&now, ", you are in control");
    else if (status->controller_name[0])
        text_add_format(&now, ", in control: %s", status->controller_name);
    if (status->why[0])
        text_add_format(&now, " (%s)", status->why);
    if (strcmp(text_get(&now), text_get(&prompt->status)) == 0) {
        text_finish(&now);
        return;
    }
    text_finish(&prompt->status);
    prompt->status = now;
    if (cli->json_wanted) {
        json_open_object(&cli->json, NULL);
        json_string(&cli->json, "event", "status");
        json_string(&cli->json, "rig", cli->seat.rig);
        json_string(&cli->json, "status", text_get(&now));
        json_close_object(&cli->json);
    } else {
        char when[TIMES_TEXT];
        say_styled(cli, style, "%s  %s: %s", times_local(times_now_ms(), when), cli->seat.rig,
                   text_get(&now));
    }
    fflush(stdout);
}

static void take_frames(struct cli *cli, struct prompt *prompt)
{
    for (int most = 64; most > 0 && prompt->watching; most--) {
        Labgate__Answer *answer = NULL;
        if (client_next_frame(cli->client, NS_PER_MS, &answer) != CLIENT_OK)
            return;
        if (answer->body_case == LABGATE__ANSWER__BODY_FRAME) {
            if (answer->frame->status)
                tell_event(cli, prompt, answer->frame->status);
            if (answer->frame->last || !answer->ok)
                prompt->watching = false;
        } else if (!answer->ok) {
            prompt->watching = false;
            prompt->last_code = cli_refused(cli, answer, "follow the rig");
        }
        bool session_over = answer->body_case == LABGATE__ANSWER__BODY_FRAME && answer->frame->last;
        client_free(answer);
        if (session_over) {
            warn(cli, "the session has ended");
            prompt->ended = true;
        }
    }
}

static void follow(struct cli *cli, struct prompt *prompt)
{
    while (!prompt->ended && !interruption_seen()) {
        struct pollfd wait = {.fd = STDIN_FILENO, .events = POLLIN};
        if (!prompt->watching)
            prompt->watching = client_watch(cli->client, cli->seat.rig) == CLIENT_OK;
        show_prompt(cli, prompt);
        if (poll(&wait, 1, TURN_MS) > 0 && !read_lines(cli, prompt))
            prompt->ended = true;
        if (prompt->ended)
            break;
        take_frames(cli, prompt);
        if (!session_say_here(cli, &prompt->said)) {
            warn(cli, "the gateway no longer knows your seat; labctl join %s", cli->seat.rig);
            prompt->last_code = CLI_FAULT;
            prompt->ended = true;
        }
    }
}

static int run_session(struct cli *cli, const struct arguments *arguments)
{
    struct prompt *prompt;
    enum session_hold hold;
    int result = cli->interactive ? fail(cli, CLI_USAGE, "a session runs already") : cli_require_login(cli);
    if (result != CLI_OK)
        return result;
    keeper_end(cli); /* this program holds the seat now */
    result = session_begin(cli, arguments->words[0], arguments_flag(arguments, "observe"), &hold);
    if (hold == HOLDS_NOTHING)
        return result;
    prompt = require_memory(1, sizeof *prompt);
    prompt->asks = isatty(STDIN_FILENO);
    prompt->said = times_monotonic();
    prompt->last_code = result;
    if (prompt->asks)
        say(cli, "%s",
            "commands as behind labctl: set, get, watch, capture, stop, release; help lists them; Ctrl-D "
            "leaves");
    cli->interactive = true;
    interruption_catch();
    follow(cli, prompt);
    interruption_release();
    cli->interactive = false;
    if (prompt->asks && cli->prompt_shown)
        fputc('\n', stdout);
    cli->prompt_shown = false;
    client_unwatch(cli->client);
    result = prompt->last_code;
    if (cli->seat.seat && session_leave(cli) != CLI_OK && result == CLI_OK)
        result = CLI_UNKNOWN_OUTCOME;
    text_finish(&prompt->status);
    free(prompt);
    return result;
}

static const struct option_row session_options[] = {
    {"observe", NULL, "take a seat and leave control alone"},
    {NULL,      NULL, NULL                                 },
};

const struct command command_session = {
    .name = "session",
    .group = GROUP_RIG,
    .arguments = "RIG",
    .least = 1,
    .most = 1,
    .summary = "join, and work at a prompt that also tells what happens to the rig",
    .text = "Reads commands, one a line, as they stand behind labctl, from the terminal or a pipe. At its "
            "end the seat is\n"
            "left and the rig made safe. The exit code is the last command's.",
    .options = session_options,
    .examples = "labctl session tank-1",
    .run = run_session,
};
