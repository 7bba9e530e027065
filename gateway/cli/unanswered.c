/* What is said of a request that no answer came to: what was wanted, whether it may have been done, what to
 * do. */
#include "gateway/cli/cli.h"
#include "gateway/cli/times.h"

#include <string.h>

/* Requests that change nothing at the gateway, whatever became of them: what is not listed changes something.
 */
static bool only_reads(const Labgate__Request *request)
{
    switch (request->body_case) {
    case LABGATE__REQUEST__BODY_LOGIN:
    case LABGATE__REQUEST__BODY_RIGS:
    case LABGATE__REQUEST__BODY_SHOW:
    case LABGATE__REQUEST__BODY_BOOKINGS:
    case LABGATE__REQUEST__BODY_GET:
    case LABGATE__REQUEST__BODY_WATCH:
    case LABGATE__REQUEST__BODY_CAPTURE_STATE:
    case LABGATE__REQUEST__BODY_LOG:
    case LABGATE__REQUEST__BODY_FILES:
    case LABGATE__REQUEST__BODY_READ_FILE:
    case LABGATE__REQUEST__BODY_PRESENCE:
    case LABGATE__REQUEST__BODY_HEALTH:
    case LABGATE__REQUEST__BODY_ACCOUNTS:
    case LABGATE__REQUEST__BODY_AUDIT_VERIFY:
    case LABGATE__REQUEST__BODY_BACKUP:
    case LABGATE__REQUEST__BODY_READ_BACKUP:
    case LABGATE__REQUEST__BODY_ALERTS:
    case LABGATE__REQUEST__BODY_QUEUE:
    case LABGATE__REQUEST__BODY_STANDINGS:
    case LABGATE__REQUEST__BODY_CALENDAR:
    case LABGATE__REQUEST__BODY_FEEDS:
    case LABGATE__REQUEST__BODY_REPORT:
    case LABGATE__REQUEST__BODY_DAYS:
    case LABGATE__REQUEST__BODY_FEED:
    case LABGATE__REQUEST__BODY_PEOPLE:
    case LABGATE__REQUEST__BODY_PROOF_PLAN:
    case LABGATE__REQUEST__BODY_CONFIGURATION:
        return true;
    case LABGATE__REQUEST__BODY_CLOCK:
        return !request->clock->vouch;
    case LABGATE__REQUEST__BODY_NOTICES:
        return request->notices->seen == 0;
    case LABGATE__REQUEST__BODY_PLAN_COURSE:
        return request->plan_course->dry_run;
    case LABGATE__REQUEST__BODY_MAINTAIN:
        return request->maintain->dry_run;
    case LABGATE__REQUEST__BODY_RELOAD:
        return request->reload->dry_run;
    default:
        return false;
    }
}

/* How to find out what became of a request, or that repeating it does no harm. */
static const char *remedy(Labgate__Request__BodyCase body)
{
    static const struct {
        Labgate__Request__BodyCase body;
        const char *remedy;
    } rows[] = {
        {LABGATE__REQUEST__BODY_SET,            "look before you repeat it: labctl get"       },
        {LABGATE__REQUEST__BODY_CAPTURE,        "look before you repeat it: labctl get"       },
        {LABGATE__REQUEST__BODY_TAKE,           "look before you repeat it: labctl show"      },
        {LABGATE__REQUEST__BODY_JOIN,           "it does no harm to repeat it"                },
        {LABGATE__REQUEST__BODY_LEAVE,          "it does no harm to repeat it"                },
        {LABGATE__REQUEST__BODY_RELEASE,        "it does no harm to repeat it"                },
        {LABGATE__REQUEST__BODY_STOP,           "it does no harm to repeat it"                },
        {LABGATE__REQUEST__BODY_LOGOUT,         "it does no harm to repeat it"                },
        {LABGATE__REQUEST__BODY_RESET,          "look before you repeat it: labctl show"      },
        {LABGATE__REQUEST__BODY_CLEAR,          "look before you repeat it: labctl show"      },
        {LABGATE__REQUEST__BODY_LOCKOUT,        "look before you repeat it: labctl show"      },
        {LABGATE__REQUEST__BODY_BYPASS,         "look before you repeat it: labctl show"      },
        {LABGATE__REQUEST__BODY_BOOK,           "look before you repeat it: labctl bookings"  },
        {LABGATE__REQUEST__BODY_CANCEL,         "look before you repeat it: labctl bookings"  },
        {LABGATE__REQUEST__BODY_CHANGE_BOOKING, "look before you repeat it: labctl bookings"  },
        {LABGATE__REQUEST__BODY_PLAN_COURSE,    "look before you repeat it: labctl bookings"  },
        {LABGATE__REQUEST__BODY_MAINTAIN,       "look before you repeat it: labctl bookings"  },
        {LABGATE__REQUEST__BODY_TAKE_OFFER,     "look before you repeat it: labctl bookings"  },
        {LABGATE__REQUEST__BODY_ENQUEUE,        "look before you repeat it: labctl queue list"},
        {LABGATE__REQUEST__BODY_LEAVE_QUEUE,    "look before you repeat it: labctl queue list"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].body == body)
            return rows[i].remedy;
    return "look before you repeat it";
}

void cli_note_sent(struct cli *cli, const Labgate__Request *request, int result,
                   const Labgate__Answer *answer)
{
    bool may_act =
        result == CLIENT_OK ? answer->ok : result == CLIENT_TIMED_OUT || result == CLIENT_MALFORMED;
    cli->changed = cli->changed || (may_act && !only_reads(request));
}

/* The command as it was typed, without its options: "set pump 35". */
static void add_typed(const struct cli *cli, struct text *text)
{
    text_add(text, cli->command->name);
    for (int i = 0; i < cli->typed->count; i++)
        text_add_format(text, " %s", cli->typed->words[i]);
}

int cli_unanswered(struct cli *cli, const Labgate__Request *request, const char *attempt, int result)
{
    struct text typed = {0};
    char waited[TIMES_TEXT];
    bool reads = only_reads(request), lost = result == CLIENT_UNREACHABLE;
    const char *what = client_result_text(result);
    enum cli_exit exit = CLI_UNKNOWN_OUTCOME;
    times_duration(cli->timeout, waited);
    add_typed(cli, &typed);
    if (!cli->changed && (reads || lost)) {
        exit = CLI_UNREACHABLE;
        fail(cli, exit, "cannot %s: %s (%s, after %s); nothing was done: %s", text_get(&typed), what,
             cli->url, waited,
             lost ? "is the address right, and is the gateway running?" : "it can be repeated");
    } else if (reads) {
        fail(cli, exit, "cannot tell what became of '%s': cannot %s: %s (%s, after %s); %s", text_get(&typed),
             attempt, what, cli->url, waited, remedy(LABGATE__REQUEST__BODY__NOT_SET));
    } else if (lost) {
        fail(cli, exit, "cannot %s: %s (%s, after %s); that was not done, but what '%s' did before it was",
             attempt, what, cli->url, waited, text_get(&typed));
    } else {
        fail(cli, exit, "cannot tell whether this was done: %s: %s (%s, after %s); %s", attempt, what,
             cli->url, waited, remedy(request->body_case));
    }
    text_finish(&typed);
    return exit;
}
