/* cli.h - what labctl's commands share: the run's settings, the connection, and ways to speak. */
#ifndef GATEWAY_CLI_CLI_H
#define GATEWAY_CLI_CLI_H

#include "gateway/calendar/zone.h"
#include "gateway/cli/arguments.h"
#include "gateway/cli/json.h"
#include "gateway/cli/store.h"
#include "gateway/cli/text.h"
#include "gateway/client/client.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* X(constant, code, reason that --json names where the gateway names none, what it means) */
#define CLI_EXITS(X)                                                                                         \
    X(CLI_OK, 0, "ok", "done")                                                                               \
    X(CLI_REFUSED, 1, "refused", "refused; the message names the reason and the rule")                       \
    X(CLI_USAGE, 2, "usage", "the command line is wrong")                                                    \
    X(CLI_UNREACHABLE, 3, "unreachable",                                                                     \
      "the gateway cannot be reached, or answers nothing; nothing was done")                                 \
    X(CLI_NOT_LOGGED_IN, 4, "not-logged-in", "nobody is logged in, or the login has ended")                  \
    X(CLI_UNKNOWN_OUTCOME, 5, "unknown-outcome",                                                             \
      "sent, and not answered in time: it may or may not have been done, or only a part of it")              \
    X(CLI_LOCAL, 6, "local", "something on this machine failed: a file, memory")                             \
    X(CLI_UNTRUSTED, 7, "untrusted", "the server could not prove that it is the one expected")               \
    X(CLI_FAULT, 8, "fault",                                                                                 \
      "the answer is bad news: a capture failed, the audit was altered or cannot be read, control was lost") \
    X(CLI_INTERRUPTED, 130, "interrupted", "interrupted")

enum cli_exit {
#define CLI_EXIT_CONSTANT(constant, code, reason, text) constant = (code),
    CLI_EXITS(CLI_EXIT_CONSTANT)
#undef CLI_EXIT_CONSTANT
};

struct cli {
    const char *program;                          /* path to run labctl again */
    const char *socket_path;                      /* of the gateway's own socket */
    const char *default_profile, *default_server; /* of the environment; the latter may be NULL */
    bool use_socket; /* --socket was given: this run goes there instead of to the server */
    const char *url; /* what is connected to, for people */
    int64_t timeout; /* ns */
    bool json_wanted;
    bool color, error_color; /* of stdout and stderr */
    bool terminal;           /* stdout is one */
    bool chinese;            /* titles */
    bool interactive;        /* inside `labctl session`: one connection for all commands */
    bool prompt_shown;       /* a line to be wiped before anything is written */
    const struct command *command;
    const struct arguments *typed; /* its command line */
    bool changed;                  /* this command has sent something that may change something */
    struct store store;
    struct login login; /* with the command line's --server, --ca and --server-name in place */
    struct seat seat;   /* seat.seat 0: none */
    bool seated;        /* a seat was taken in what is being attempted: its failure tells of that, too */
    uint64_t stays_on;  /* of the rig that was joined, ns, as in Joined */
    struct client *client;
    struct json json;
    struct civil_zone also; /* of --also; count 0: none */
};

/* --- speaking: one line a call; what strangers wrote reaches the terminal as text, never as control --- */

enum style { STYLE_PLAIN, STYLE_GOOD, STYLE_WARNING, STYLE_BAD, STYLE_FAINT, STYLE_STRONG };

void say(struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* That something is done, to people as a line; to --json as a document with that key. */
void say_done(struct cli *cli, const char *key, const char *value, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void say_styled(struct cli *cli, enum style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* To stderr, as "labctl: ..."; not in the way of --json. */
void warn(struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same for a failure, which --json also gets as a document; returns `code`. */
int fail(struct cli *cli, enum cli_exit code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* With a reason of the gateway's names instead of the exit code's. */
int fail_for(struct cli *cli, enum cli_exit code, const char *reason, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
const char *exit_reason(enum cli_exit code);
/* The end of a failure's document: what was done all the same. */
void cli_json_failure_end(struct cli *cli);
void cli_json_seat(struct cli *cli);       /* "seat": {...}, which the caller closes */
const char *style_begin(enum style style); /* escape sequences, for who draws */
const char *style_end(void);
const char *title_of(const struct cli *cli, const char *title, const char *title_zh);

/* --- asking ----------------------------------------------------------------------------------- */

int cli_require_login(struct cli *cli); /* a token is there and has not ended, else complains */
int cli_require_token(struct cli *cli); /* a token is there: one that has ended still stops and releases */
int cli_require_seat(struct cli *cli);  /* a seat is stored, else complains */
int cli_no_seat(struct cli *cli, const char *otherwise); /* complains that there is none; ", or ..." */
int cli_load_seat(struct cli *cli);                      /* STORE_NONE is fine: seat.seat is 0 */
/* Connects when it is not yet; complains. */
int cli_connect(struct cli *cli);
int cli_connect_socket(struct cli *cli); /* the gateway's own socket */
/* The same, with the login of whoever is logged in as a technician: a lock-out and a bypass are somebody's.
 */
int cli_connect_as_technician(struct cli *cli);
void cli_disconnect(struct cli *cli);

/* Asks. CLI_OK: *answer is a yes or a no, the caller's to client_free(). Otherwise it has complained that
 * `attempt`
 * ("book tank-1") could not be done. */
int cli_ask(struct cli *cli, Labgate__Request *request, const char *attempt, Labgate__Answer **answer);
/* The same, and complains about a no as well, and about a yes that lacks `body`. */
int cli_call(struct cli *cli, Labgate__Request *request, const char *attempt, Labgate__Answer__BodyCase body,
             Labgate__Answer **answer);
int cli_refused(struct cli *cli, const Labgate__Answer *answer, const char *attempt);
/* In unanswered.c. Notes what a request that ended so means for `changed`; `answer` of CLIENT_OK. */
void cli_note_sent(struct cli *cli, const Labgate__Request *request, int result,
                   const Labgate__Answer *answer);
/* Complains that none came (result CLIENT_UNREACHABLE, CLIENT_TIMED_OUT), and whether anything was done. */
int cli_unanswered(struct cli *cli, const Labgate__Request *request, const char *attempt, int result);

/* The rig's description, complaining. The answer is the caller's; its `show` is there. */
int cli_show(struct cli *cli, const char *rig, Labgate__Answer **answer);
/* How long outputs may stay on when the line is lost. `undropped`: the output that nothing drops; "". */
void cli_say_stays_on(struct cli *cli, uint64_t stays_on, const char *undropped);
void cli_json_stays_on(struct cli *cli, uint64_t stays_on);

/* --- interruption: Ctrl-C asks a long command to end well ------------------------------------- */

void interruption_catch(void); /* from now on Ctrl-C is only remembered */
void interruption_release(void);
bool interruption_seen(void);

#endif
