/* maintenance: rigs out of use for a time, over what others have booked. */
#include "gateway/cli/bookings.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/times.h"

#include <inttypes.h>
#include <string.h>

static void tell(struct cli *cli, const Labgate__MaintenancePlan *plan)
{
    char when[BOOKINGS_WHEN];
    for (size_t i = 0; i < plan->n_affected; i++) {
        const Labgate__Affected *affected = plan->affected[i];
        const Labgate__Booking *booking = affected->booking;
        if (!booking)
            continue;
        say(cli, "booking %" PRIu64 " of %s: %s, %s: %s%s", booking->id, booking->holder, booking->rig,
            bookings_when(cli, (int64_t)booking->starts, when),
            affected->rig[0] ? "moves to " : "is cancelled, nothing is charged", affected->rig);
    }
    if (plan->affected_count > plan->n_affected)
        say(cli, "... and %zu more", plan->affected_count - plan->n_affected);
    for (size_t i = 0; i < plan->n_conflicts; i++) {
        const Labgate__CourseConflict *conflict = plan->conflicts[i];
        say_styled(cli, STYLE_BAD, "in the way on %s: %s (%s), booking %" PRIu64 " of %s", conflict->rig,
                   conflict->text, conflict->reason, conflict->booking, conflict->holder);
    }
    say(cli, "bookings affected: %u, in the way: %zu", plan->affected_count, plan->n_conflicts);
    for (size_t i = 0; i < plan->n_bookings; i++)
        bookings_tell(cli, plan->bookings[i]);
    if (!plan->stored)
        say(cli, "nothing was booked");
}

static void json_maintenance(struct json *json, const Labgate__MaintenancePlan *plan)
{
    json_open_object(json, NULL);
    json_boolean(json, "stored", plan->stored);
    json_unsigned(json, "affected_count", plan->affected_count);
    json_open_array(json, "affected");
    for (size_t i = 0; i < plan->n_affected; i++) {
        json_open_object(json, NULL);
        if (plan->affected[i]->booking)
            bookings_json(json, "booking", plan->affected[i]->booking);
        json_string(json, "moves_to", plan->affected[i]->rig);
        json_close_object(json);
    }
    json_close_array(json);
    bookings_json_conflicts(json, plan->conflicts, plan->n_conflicts);
    json_open_array(json, "bookings");
    for (size_t i = 0; i < plan->n_bookings; i++)
        bookings_json(json, NULL, plan->bookings[i]);
    json_close_array(json);
    json_close_object(json);
}

static int send_request(struct cli *cli, Labgate__Maintain *message)
{
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    request.body_case = LABGATE__REQUEST__BODY_MAINTAIN;
    request.maintain = message;
    int result = cli_ask(cli, &request, "book maintenance", &answer);
    if (result != CLI_OK)
        return result;
    bool has_plan = answer->body_case == LABGATE__ANSWER__BODY_MAINTAIN;
    if (has_plan && cli->json_wanted)
        json_maintenance(&cli->json, answer->maintain);
    else if (has_plan)
        tell(cli, answer->maintain);
    if (!answer->ok)
        result = cli_refused(cli, answer, "book maintenance");
    client_free(answer);
    return result;
}

static int run_maintenance(struct cli *cli, const struct arguments *arguments)
{
    Labgate__Maintain message = LABGATE__MAINTAIN__INIT;
    Labgate__Book times = LABGATE__BOOK__INIT;
    const char *reason = arguments_option(arguments, "reason");
    char key[BOOKINGS_KEY];
    message.every_rig = arguments_flag(arguments, "every-rig");
    if (message.every_rig == (arguments->count > 0))
        return fail(cli, CLI_USAGE, "name the rigs, or say --every-rig");
    if (!reason)
        return fail(cli, CLI_USAGE, "say why with --reason TEXT: who is affected reads it");
    int result = bookings_check_interval(cli, arguments);
    if (result == CLI_OK)
        result = cli_require_login(cli);
    if (result == CLI_OK)
        result = bookings_read_also(cli, arguments);
    if (result == CLI_OK)
        result = bookings_read_interval(cli, arguments, &times);
    if (result == CLI_OK)
        result = bookings_key(cli, key);
    if (result == CLI_OK) {
        message.rigs = (char **)arguments->words;
        message.n_rigs = (size_t)arguments->count;
        message.starts = times.starts;
        message.ends = times.ends;
        message.reason = (char *)reason;
        message.key = key;
        message.dry_run = arguments_flag(arguments, "dry-run");
        result = send_request(cli, &message);
    }
    bookings_finish_also(cli);
    return result;
}

static const struct option_row maintenance_options[] = {
    {"from",      "TIME",     "when it starts (default: now)"                    },
    {"for",       "DURATION", "how long: 4h, 1 d"                                },
    {"until",     "TIME",     "instead of --for: when it ends"                   },
    {"reason",    "TEXT",     "why; who is affected reads it"                    },
    {"every-rig", NULL,       "instead of rigs by name: the laboratory is closed"},
    {"dry-run",   NULL,       "only show who would be affected"                  },
    {"also",      "ZONE",     "show times in this zone, too: Asia/Urumqi"        },
    {NULL,        NULL,       NULL                                               },
};

const struct command command_maintenance = {
    .name = "maintenance",
    .group = GROUP_STAFF,
    .arguments = "[RIG...]",
    .least = 0,
    .most = -1,
    .summary = "take rigs out of use for a time, over what others have booked (technician, scheduler)",
    .text =
        "Bookings in the way move to another rig of their capability or are cancelled; whoever is affected\n"
        "is told, and nothing is charged. A live session is not ended: it is named as being in the way.\n"
        "Cancel it like any booking with 'labctl cancel'.",
    .options = maintenance_options,
    .examples =
        "labctl maintenance tank-1 --from \"tomorrow 08:00\" --for 4h --reason \"new pump\" --dry-run",
    .run = run_maintenance,
};
