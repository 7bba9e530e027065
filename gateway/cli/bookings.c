/* bookings, and what all commands about bookings share. */
#include "gateway/cli/bookings.h"
#include "gateway/cli/columns.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/grammar.h"
#include "gateway/cli/roles.h"
#include "gateway/cli/times.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

void bookings_json(struct json *json, const char *key, const Labgate__Booking *booking)
{
    json_open_object(json, key);
    json_unsigned(json, "id", booking->id);
    json_string(json, "rig", booking->rig);
    json_instant(json, "starts", (int64_t)booking->starts);
    json_instant(json, "ends", (int64_t)booking->ends);
    json_string(json, "state", booking_state_name(booking->state));
    json_string(json, "holder", booking->holder);
    json_boolean(json, "mine", booking->mine);
    if (booking->takes_part)
        json_boolean(json, "takes_part", true);
    if (booking->join_code[0])
        json_string(json, "join_code", booking->join_code);
    if (booking->session)
        json_unsigned(json, "session", booking->session);
    if (booking->group[0])
        json_string(json, "group", booking->group);
    if (booking->capability[0])
        json_string(json, "capability", booking->capability);
    if (booking->bundle)
        json_unsigned(json, "bundle", booking->bundle);
    if (booking->why[0])
        json_string(json, "why", booking->why);
    json_boolean(json, "used", booking->used);
    json_close_object(json);
}

void bookings_json_alternatives(struct json *json, Labgate__Alternative *const *list, size_t count)
{
    json_open_array(json, "alternatives");
    for (size_t i = 0; i < count; i++) {
        json_open_object(json, NULL);
        json_string(json, "rig", list[i]->rig);
        json_instant(json, "starts", (int64_t)list[i]->starts);
        json_instant(json, "ends", (int64_t)list[i]->ends);
        json_close_object(json);
    }
    json_close_array(json);
}

void bookings_json_conflicts(struct json *json, Labgate__CourseConflict *const *list, size_t count)
{
    json_open_array(json, "conflicts");
    for (size_t i = 0; i < count; i++) {
        const Labgate__CourseConflict *conflict = list[i];
        json_open_object(json, NULL);
        json_string(json, "reason", conflict->reason);
        json_string(json, "text", conflict->text);
        json_string(json, "rig", conflict->rig);
        json_instant(json, "starts", (int64_t)conflict->starts);
        json_instant(json, "ends", (int64_t)conflict->ends);
        json_unsigned(json, "week", conflict->week);
        json_unsigned(json, "booking", conflict->booking);
        json_string(json, "holder", conflict->holder);
        json_open_array(json, "people");
        for (size_t k = 0; k < conflict->n_people; k++)
            json_string(json, NULL, conflict->people[k]);
        json_close_array(json);
        bookings_json_alternatives(json, conflict->alternatives, conflict->n_alternatives);
        json_boolean(json, "taken", conflict->taken);
        json_close_object(json);
    }
    json_close_array(json);
}

/* --- times ------------------------------------------------------------------------------------ */

static int no_zone(struct cli *cli, const char *option, const char *name)
{
    return fail(cli, CLI_USAGE, "--%s %s: this machine knows no such time zone; Asia/Urumqi is one", option,
                name);
}

/* Zones are read before there is a connection, and so before there are threads. */
int bookings_read_also(struct cli *cli, const struct arguments *arguments)
{
    const char *zone = arguments_option(arguments, "also");
    return !zone || zone_read(zone, &cli->also) ? CLI_OK : no_zone(cli, "also", zone);
}

int bookings_check_zone(struct cli *cli, const char *option, const char *name)
{
    return zone_exists(name) ? CLI_OK : no_zone(cli, option, name);
}

void bookings_finish_also(struct cli *cli)
{
    zone_finish(&cli->also);
}

const char *bookings_when(const struct cli *cli, int64_t ms, char text[BOOKINGS_WHEN])
{
    char own[TIMES_TEXT], date[CIVIL_TEXT], time[CIVIL_TEXT];
    int32_t day, own_day;
    int64_t clock;
    times_local_short(ms, own);
    if (!cli->also.count) {
        snprintf(text, BOOKINGS_WHEN, "%s", own);
        return text;
    }
    civil_local(&cli->also, ms, &day, &clock);
    bool same_day = civil_read_date(own, 10, &own_day) && own_day == day;
    snprintf(text, BOOKINGS_WHEN, "%s | %s%s%s %s", own, same_day ? "" : civil_date_text(day, date),
             same_day ? "" : " ", civil_time_text(clock, time), cli->also.name);
    return text;
}

static void begin_bookings(struct columns *columns)
{
    static const char *const headings[] = {">ID",   "RIG", "FROM",      "UNTIL",
                                           "STATE", "WHO", "JOIN CODE", "SESSION"};
    columns_init(columns, 8, headings);
}

static void add_bookings(struct cli *cli, struct columns *columns, const Labgate__BookingList *list)
{
    for (size_t i = 0; i < list->n_bookings; i++) {
        const Labgate__Booking *booking = list->bookings[i];
        char from[BOOKINGS_WHEN], until[BOOKINGS_WHEN];
        columns_add(columns, STYLE_PLAIN, "%" PRIu64, booking->id);
        columns_add(columns, STYLE_STRONG, "%s", booking->rig);
        columns_add(columns, STYLE_PLAIN, "%s", bookings_when(cli, (int64_t)booking->starts, from));
        columns_add(columns, STYLE_PLAIN, "%s", bookings_when(cli, (int64_t)booking->ends, until));
        columns_add(columns, booking->state == LABGATE__BOOKING_STATE__LIVE ? STYLE_GOOD : STYLE_PLAIN, "%s",
                    booking_state_name(booking->state));
        columns_add(columns, STYLE_PLAIN, "%s%s", booking->takes_part ? "you, with " : "",
                    booking->mine ? "you" : booking->holder);
        columns_add(columns, STYLE_PLAIN, "%s", booking->join_code);
        if (booking->session)
            columns_add(columns, STYLE_PLAIN, "%" PRIu64, booking->session);
        else
            columns_add(columns, STYLE_PLAIN, "%s", "");
    }
}

/* The gateway's clock decides what "now" and "+10m" are: the one here may be wrong. */
int bookings_now(struct cli *cli, int64_t *now)
{
    Labgate__Rigs rigs = LABGATE__RIGS__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    request.body_case = LABGATE__REQUEST__BODY_RIGS;
    request.rigs = &rigs;
    int result = cli_call(cli, &request, "ask for the gateway's time", LABGATE__ANSWER__BODY_RIGS, &answer);
    if (result != CLI_OK)
        return result;
    *now = answer->wall ? (int64_t)answer->wall : times_now_ms();
    client_free(answer);
    return CLI_OK;
}

int bookings_instant(struct cli *cli, const char *what, const char *text, int64_t now, int64_t *ms)
{
    int result = times_parse_instant(text, now, ms);
    if (result != TIMES_OK)
        return fail(cli, CLI_USAGE, "%s %s: %s", what, text, times_result_text(result));
    return CLI_OK;
}

int bookings_check_interval(struct cli *cli, const struct arguments *arguments)
{
    const char *duration = arguments_option(arguments, "for");
    int64_t ns = NS_PER_MS;
    int result = CLI_OK;
    if (!duration == !arguments_flag(arguments, "until"))
        return fail(cli, CLI_USAGE, "say how long with --for DURATION, or until when with --until TIME");
    if (duration)
        result = grammar_duration(cli, "--for", duration, &ns);
    if (result == CLI_OK && ns < NS_PER_MS)
        result = fail(cli, CLI_USAGE, "--for %s is no time at all; give a longer one", duration);
    return result;
}

/* What begins now is said to begin when the gateway's clock was read, not when the request arrives: it is as
 * long as was asked for. */
int bookings_read_interval(struct cli *cli, const struct arguments *arguments, Labgate__Book *book)
{
    const char *from = arguments_option(arguments, "from"), *until = arguments_option(arguments, "until");
    const char *duration = arguments_option(arguments, "for");
    int64_t now, starts, ends = 0, ns = 0;
    char when[TIMES_TEXT];
    int result = bookings_now(cli, &now);
    if (result != CLI_OK)
        return result;
    starts = now;
    if (from)
        result = bookings_instant(cli, "--from", from, now, &starts);
    if (result == CLI_OK && until)
        result = bookings_instant(cli, "--until", until, starts, &ends);
    if (result == CLI_OK && duration)
        result = grammar_duration(cli, "--for", duration, &ns);
    if (result != CLI_OK)
        return result;
    if (duration)
        ends = starts + ns / NS_PER_MS;
    if (ends <= now)
        return fail(cli, CLI_USAGE, "that time is past: it would end at %s; give a later one",
                    times_local_short(ends, when));
    if (ends <= starts)
        return fail(cli, CLI_USAGE,
                    "it would end when it starts, or before; give a later --until or a longer --for");
    book->starts = (uint64_t)starts;
    book->ends = (uint64_t)ends;
    return CLI_OK;
}

/* A repeat of the request across a drop is known by this and books nothing twice. */
int bookings_key(struct cli *cli, char key[BOOKINGS_KEY])
{
    unsigned char bytes[16];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return fail(cli, CLI_LOCAL, "cannot book: the system gives no random numbers: %s", strerror(errno));
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(key + 2 * i, 3, "%02x", bytes[i]);
    return CLI_OK;
}

void bookings_tell(struct cli *cli, const Labgate__Booking *booking)
{
    char from[BOOKINGS_WHEN], until[BOOKINGS_WHEN];
    if (cli->json_wanted) {
        bookings_json(&cli->json, NULL, booking);
        return;
    }
    say(cli, "booking %" PRIu64 ": %s from %s until %s (%s)", booking->id, booking->rig,
        bookings_when(cli, (int64_t)booking->starts, from), bookings_when(cli, (int64_t)booking->ends, until),
        booking_state_name(booking->state));
    bool can_be_watched = booking->kind != LABGATE__BOOKING_KIND__MAINTENANCE &&
                          booking->state != LABGATE__BOOKING_STATE__CANCELLED &&
                          booking->state != LABGATE__BOOKING_STATE__ENDED;
    if (booking->join_code[0] && can_be_watched)
        say(cli, "others may watch with the join code %s", booking->join_code);
}

/* Page by page, as one list. */
static int list_bookings(struct cli *cli, Labgate__Bookings *bookings)
{
    Labgate__Request request = LABGATE__REQUEST__INIT;
    struct columns columns;
    size_t count = 0;
    int result = CLI_OK;
    request.body_case = LABGATE__REQUEST__BODY_BOOKINGS;
    request.bookings = bookings;
    begin_bookings(&columns);
    if (cli->json_wanted)
        json_open_array(&cli->json, NULL);
    for (bool more = true; more && result == CLI_OK;) {
        Labgate__Answer *answer;
        result = cli_call(cli, &request, "list bookings", LABGATE__ANSWER__BODY_BOOKINGS, &answer);
        if (result != CLI_OK)
            break;
        const Labgate__BookingList *list = answer->bookings;
        for (size_t i = 0; cli->json_wanted && i < list->n_bookings; i++)
            bookings_json(&cli->json, NULL, list->bookings[i]);
        if (!cli->json_wanted)
            add_bookings(cli, &columns, list);
        count += list->n_bookings;
        more = list->more && list->n_bookings > 0;
        if (more)
            bookings->after = list->bookings[list->n_bookings - 1]->id;
        client_free(answer);
    }
    if (cli->json_wanted)
        json_close_array(&cli->json);
    else if (count)
        columns_print(&columns, cli, 0);
    else if (result == CLI_OK)
        say(cli, "no bookings; labctl book RIG --for 45m makes one");
    return result;
}

static int run_bookings(struct cli *cli, const struct arguments *arguments)
{
    const char *from = arguments_option(arguments, "from"), *until = arguments_option(arguments, "until");
    const char *rig = arguments_option(arguments, "rig");
    Labgate__Bookings bookings = LABGATE__BOOKINGS__INIT;
    int64_t now = 0, starts = 0, ends = 0;
    int result = cli_require_login(cli);
    if (result == CLI_OK)
        result = bookings_read_also(cli, arguments);
    if (result == CLI_OK && (from || until))
        result = bookings_now(cli, &now);
    if (result == CLI_OK && from)
        result = bookings_instant(cli, "--from", from, now, &starts);
    if (result == CLI_OK && until)
        result = bookings_instant(cli, "--until", until, now, &ends);
    bookings.from = (uint64_t)starts;
    bookings.until = (uint64_t)ends;
    bookings.rig = (char *)(rig ? rig : "");
    bookings.everyone = arguments_flag(arguments, "all");
    if (result == CLI_OK)
        result = list_bookings(cli, &bookings);
    bookings_finish_also(cli);
    return result;
}

int bookings_number(struct cli *cli, enum bookings_numbered what, const char *text, uint64_t *number)
{
    static const struct {
        const char *name, *lists;
    } kinds[] = {
        [BOOKINGS_BOOKING] = {"booking", "bookings"  },
        [BOOKINGS_TICKET] = {"ticket",  "queue list"},
        [BOOKINGS_FEED] = {"feed",    "feed list" },
    };
    if (arguments_whole(text, 1, UINT64_MAX, number))
        return CLI_OK;
    return fail(cli, CLI_USAGE, "%s is not a %s's number; labctl %s lists them", text, kinds[what].name,
                kinds[what].lists);
}

/* What was free when the gateway said no. */
static void tell_alternatives(struct cli *cli, const Labgate__Answer *answer)
{
    if (answer->body_case != LABGATE__ANSWER__BODY_ALTERNATIVES)
        return;
    const Labgate__AlternativeList *list = answer->alternatives;
    if (cli->json_wanted) {
        json_open_object(&cli->json, NULL);
        bookings_json_alternatives(&cli->json, list->alternatives, list->n_alternatives);
        json_close_object(&cli->json);
        return;
    }
    for (size_t i = 0; i < list->n_alternatives; i++) {
        const Labgate__Alternative *one = list->alternatives[i];
        char from[BOOKINGS_WHEN], until[BOOKINGS_WHEN];
        warn(cli, "free instead: %s from %s until %s", one->rig,
             bookings_when(cli, (int64_t)one->starts, from), bookings_when(cli, (int64_t)one->ends, until));
    }
}

int bookings_refused(struct cli *cli, const Labgate__Answer *answer, const char *attempt)
{
    int result = cli_refused(cli, answer, attempt);
    tell_alternatives(cli, answer);
    return result;
}

int bookings_ask(struct cli *cli, Labgate__Request *request, const char *attempt)
{
    Labgate__Answer *answer;
    int result = cli_ask(cli, request, attempt, &answer);
    if (result == CLI_OK && !answer->ok)
        result = bookings_refused(cli, answer, attempt);
    else if (result == CLI_OK && answer->body_case != LABGATE__ANSWER__BODY_BOOKINGS)
        result = fail(cli, CLI_FAULT, "cannot %s: the answer has no booking", attempt);
    for (size_t i = 0; result == CLI_OK && i < answer->bookings->n_bookings; i++)
        bookings_tell(cli, answer->bookings->bookings[i]);
    client_free(answer);
    return result;
}

static const struct option_row bookings_options[] = {
    {"rig",   "RIG",  "only of this rig"                                         },
    {"all",   NULL,   "everybody's, not only those that you hold or take part in"},
    {"from",  "TIME", "only those that end after it"                             },
    {"until", "TIME", "only those that start before it"                          },
    {"also",  "ZONE", "show times in this zone, too: Asia/Urumqi"                },
    {NULL,    NULL,   NULL                                                       },
};

const struct command command_bookings = {
    .name = "bookings",
    .group = GROUP_TIMETABLE,
    .arguments = "",
    .summary = "list bookings",
    .options = bookings_options,
    .run = run_bookings,
};
