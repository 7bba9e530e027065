/* book, bookings, cancel. */
#include "gateway/cli/bookings.h"
#include "gateway/cli/columns.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/roles.h"
#include "gateway/cli/times.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static void booking_json(struct json *json, const char *key, const Labgate__Booking *booking)
{
    json_open_object(json, key);
    json_unsigned(json, "id", booking->id);
    json_string(json, "rig", booking->rig);
    json_instant(json, "starts", (int64_t)booking->starts);
    json_instant(json, "ends", (int64_t)booking->ends);
    json_string(json, "state", booking_state_name(booking->state));
    json_string(json, "holder", booking->holder);
    json_boolean(json, "mine", booking->mine);
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

static void begin_bookings(struct columns *columns)
{
    static const char *const headings[] = {">ID",   "RIG", "FROM",      "UNTIL",
                                           "STATE", "WHO", "JOIN CODE", "SESSION"};
    columns_init(columns, 8, headings);
}

static void add_bookings(struct columns *columns, const Labgate__BookingList *list)
{
    for (size_t i = 0; i < list->n_bookings; i++) {
        const Labgate__Booking *booking = list->bookings[i];
        char from[TIMES_TEXT], until[TIMES_TEXT];
        columns_add(columns, STYLE_PLAIN, "%" PRIu64, booking->id);
        columns_add(columns, STYLE_STRONG, "%s", booking->rig);
        columns_add(columns, STYLE_PLAIN, "%s", times_local_short((int64_t)booking->starts, from));
        columns_add(columns, STYLE_PLAIN, "%s", times_local_short((int64_t)booking->ends, until));
        columns_add(columns, booking->state == LABGATE__BOOKING_STATE__LIVE ? STYLE_GOOD : STYLE_PLAIN, "%s",
                    booking_state_name(booking->state));
        columns_add(columns, STYLE_PLAIN, "%s", booking->mine ? "you" : booking->holder);
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

int bookings_instant(struct cli *cli, const char *option, const char *text, int64_t now, int64_t *ms)
{
    int result = times_parse_instant(text, now, ms);
    if (result != TIMES_OK)
        return fail(cli, CLI_USAGE, "--%s %s: %s", option, text, times_result_text(result));
    return CLI_OK;
}

static int read_interval(struct cli *cli, const struct arguments *arguments, int64_t now, Labgate__Book *book)
{
    const char *from = arguments_option(arguments, "from"), *until = arguments_option(arguments, "until");
    const char *duration = arguments_option(arguments, "for");
    int64_t starts = now, ends = 0, ns = 0;
    int result = from ? bookings_instant(cli, "from", from, now, &starts) : CLI_OK;
    if (result == CLI_OK && until)
        result = bookings_instant(cli, "until", until, starts, &ends);
    if (result != CLI_OK)
        return result;
    if (duration) {
        int parsed = times_parse_duration(duration, &ns);
        if (parsed != TIMES_OK)
            return fail(cli, CLI_USAGE, "--for %s: %s", duration, times_result_text(parsed));
        ends = starts + ns / NS_PER_MS;
    }
    if (ends <= starts)
        return fail(cli, CLI_USAGE,
                    "the booking would end before it starts; give a later --until or a longer --for");
    book->starts = from && starts > now ? (uint64_t)starts : 0;
    book->ends = (uint64_t)ends;
    return CLI_OK;
}

/* A repeat of the request across a drop is known by this and books nothing twice. */
static int make_key(struct cli *cli, char key[33])
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
    char from[TIMES_TEXT], until[TIMES_TEXT];
    if (cli->json_wanted) {
        booking_json(&cli->json, NULL, booking);
        return;
    }
    say(cli, "booking %" PRIu64 ": %s from %s until %s (%s)", booking->id, booking->rig,
        times_local_short((int64_t)booking->starts, from), times_local_short((int64_t)booking->ends, until),
        booking_state_name(booking->state));
    if (booking->join_code[0])
        say(cli, "others may watch with the join code %s", booking->join_code);
}

/* What was free when the gateway said no. */
static void tell_alternatives(struct cli *cli, const Labgate__Answer *answer)
{
    if (answer->body_case != LABGATE__ANSWER__BODY_ALTERNATIVES)
        return;
    const Labgate__AlternativeList *list = answer->alternatives;
    if (cli->json_wanted) {
        json_open_object(&cli->json, NULL);
        json_open_array(&cli->json, "alternatives");
    }
    for (size_t i = 0; i < list->n_alternatives; i++) {
        const Labgate__Alternative *one = list->alternatives[i];
        char from[TIMES_TEXT], until[TIMES_TEXT];
        if (cli->json_wanted) {
            json_open_object(&cli->json, NULL);
            json_string(&cli->json, "rig", one->rig);
            json_instant(&cli->json, "starts", (int64_t)one->starts);
            json_instant(&cli->json, "ends", (int64_t)one->ends);
            json_close_object(&cli->json);
        } else
            warn(cli, "free instead: %s from %s until %s", one->rig,
                 times_local_short((int64_t)one->starts, from), times_local_short((int64_t)one->ends, until));
    }
    if (cli->json_wanted) {
        json_close_array(&cli->json);
        json_close_object(&cli->json);
    }
}

/* --- several at once, and every week --- */

struct bundle {
    Labgate__Wish *wishes;
    Labgate__Wish **list;
    size_t count;
};

/* Things times weeks. False: no memory. */
static bool bundle_make(struct bundle *bundle, const struct arguments *arguments, size_t weeks,
                        const Labgate__Book *first, int64_t starts)
{
    const char *capability = arguments_option(arguments, "capability");
    size_t things = (size_t)arguments->count + (capability ? 1 : 0);
    bundle->count = things * weeks;
    bundle->wishes = calloc(bundle->count, sizeof *bundle->wishes);
    bundle->list = calloc(bundle->count, sizeof *bundle->list);
    if (!bundle->wishes || !bundle->list)
        return false;
    for (size_t i = 0; i < bundle->count; i++) {
        Labgate__Wish *wish = bundle->list[i] = &bundle->wishes[i];
        size_t thing = i % things, week = i / things;
        labgate__wish__init(wish);
        if (thing < (size_t)arguments->count)
            wish->rig = (char *)arguments->words[thing];
        else
            wish->capability = (char *)capability;
        wish->starts = week ? (uint64_t)times_add_weeks(starts, week) : first->starts;
        wish->ends = (uint64_t)times_add_weeks((int64_t)first->ends, week);
    }
    return true;
}

static void bundle_finish(struct bundle *bundle)
{
    free(bundle->wishes);
    free(bundle->list);
}

static int send_book(struct cli *cli, Labgate__Book *book, const char *what)
{
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    struct text attempt = {0};
    request.body_case = LABGATE__REQUEST__BODY_BOOK;
    request.book = book;
    text_add_format(&attempt, "book %s", what);
    int result = cli_ask(cli, &request, text_get(&attempt), &answer);
    if (result == CLI_OK && !answer->ok) {
        result = cli_refused(cli, answer, text_get(&attempt));
        tell_alternatives(cli, answer);
    } else if (result == CLI_OK && answer->body_case != LABGATE__ANSWER__BODY_BOOKINGS) {
        result = fail(cli, CLI_FAULT, "cannot %s: the answer has no booking", text_get(&attempt));
    } else if (result == CLI_OK) {
        for (size_t i = 0; i < answer->bookings->n_bookings; i++)
            bookings_tell(cli, answer->bookings->bookings[i]);
    }
    client_free(answer);
    text_finish(&attempt);
    return result;
}

static int read_weeks(struct cli *cli, const struct arguments *arguments, size_t *weeks)
{
    const char *text = arguments_option(arguments, "weekly");
    char *end = NULL;
    *weeks = 1;
    if (text)
        *weeks = strtoul(text, &end, 10);
    if (text && (*end || !*weeks || *weeks > 60))
        return fail(cli, CLI_USAGE, "--weekly %s: say for how many weeks, 1 to 60", text);
    return CLI_OK;
}

static int check_book(struct cli *cli, const struct arguments *arguments)
{
    if (!arguments->count == !arguments_flag(arguments, "capability"))
        return fail(cli, CLI_USAGE, "say what to book: rigs by name, or --capability NAME");
    if (!arguments_flag(arguments, "for") == !arguments_flag(arguments, "until"))
        return fail(cli, CLI_USAGE, "say how long with --for DURATION, or until when with --until TIME");
    return cli_require_login(cli);
}

static int run_book(struct cli *cli, const struct arguments *arguments)
{
    Labgate__Book book = LABGATE__BOOK__INIT;
    struct bundle bundle = {0};
    const char *group = arguments_option(arguments, "group");
    char key[33];
    int64_t now = 0;
    size_t weeks = 1;
    int result = check_book(cli, arguments);
    if (result == CLI_OK)
        result = read_weeks(cli, arguments, &weeks);
    if (result == CLI_OK)
        result = bookings_now(cli, &now);
    if (result == CLI_OK)
        result = read_interval(cli, arguments, now, &book);
    if (result == CLI_OK)
        result = make_key(cli, key);
    if (result != CLI_OK)
        return result;
    book.key = key;
    book.group = (char *)(group ? group : "");
    if (bundle_make(&bundle, arguments, weeks, &book, book.starts ? (int64_t)book.starts : now)) {
        book.wishes = bundle.list;
        book.n_wishes = bundle.count;
        book.starts = book.ends = 0;
        result = send_book(
            cli, &book, arguments->count ? arguments->words[0] : arguments_option(arguments, "capability"));
    } else
        result = fail(cli, CLI_LOCAL, "cannot book: no memory");
    bundle_finish(&bundle);
    return result;
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
            booking_json(&cli->json, NULL, list->bookings[i]);
        if (!cli->json_wanted)
            add_bookings(&columns, list);
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
    int64_t instant = 0;
    int result = cli_require_login(cli);
    if (result == CLI_OK && from)
        result = bookings_instant(cli, "from", from, times_now_ms(), &instant);
    bookings.from = (uint64_t)instant;
    instant = 0;
    if (result == CLI_OK && until)
        result = bookings_instant(cli, "until", until, times_now_ms(), &instant);
    if (result != CLI_OK)
        return result;
    bookings.until = (uint64_t)instant;
    bookings.rig = (char *)(rig ? rig : "");
    bookings.everyone = arguments_flag(arguments, "all");
    return list_bookings(cli, &bookings);
}

int bookings_number(struct cli *cli, const char *what, const char *text, uint64_t *number)
{
    char *end;
    errno = 0;
    *number = strtoull(text, &end, 10);
    if (errno || *end || text[0] == '-' || *number == 0)
        return fail(cli, CLI_USAGE, "%s is not a %s's number; labctl %s lists them", text, what,
                    !strcmp(what, "ticket") ? "queue list" : "bookings");
    return CLI_OK;
}

int bookings_ask(struct cli *cli, Labgate__Request *request, const char *attempt)
{
    Labgate__Answer *answer;
    int result = cli_call(cli, request, attempt, LABGATE__ANSWER__BODY_BOOKINGS, &answer);
    if (result != CLI_OK)
        return result;
    for (size_t i = 0; i < answer->bookings->n_bookings; i++)
        bookings_tell(cli, answer->bookings->bookings[i]);
    client_free(answer);
    return CLI_OK;
}

static int run_cancel(struct cli *cli, const struct arguments *arguments)
{
    Labgate__Cancel cancel = LABGATE__CANCEL__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    struct text attempt = {0};
    int result = bookings_number(cli, "booking", arguments->words[0], &cancel.booking);
    if (result == CLI_OK)
        result = cli_require_login(cli);
    if (result != CLI_OK)
        return result;
    request.body_case = LABGATE__REQUEST__BODY_CANCEL;
    request.cancel = &cancel;
    text_add_format(&attempt, "cancel booking %" PRIu64, cancel.booking);
    result = bookings_ask(cli, &request, text_get(&attempt));
    text_finish(&attempt);
    return result;
}

static const struct option_row book_options[] = {
    {"from",       "TIME",     "when it starts (default: now)"                                           },
    {"for",        "DURATION", "how long: 45m, 1h30m"                                                    },
    {"until",      "TIME",     "instead of --for: when it ends"                                          },
    {"capability", "NAME",     "instead of a rig: whichever has it; which one may change until it starts"},
    {"group",      "GROUP",    "whom it is for (default: your group)"                                    },
    {"weekly",     "COUNT",    "the same every week, COUNT times: all of them or none"                   },
    {NULL,         NULL,       NULL                                                                      },
};

static const struct option_row bookings_options[] = {
    {"rig",   "RIG",  "only of this rig"               },
    {"all",   NULL,   "everybody's, not only yours"    },
    {"from",  "TIME", "only those that end after it"   },
    {"until", "TIME", "only those that start before it"},
    {NULL,    NULL,   NULL                             },
};

const struct command command_book = {
    .name = "book",
    .group = GROUP_TIMETABLE,
    .arguments = "[RIG...]",
    .least = 0,
    .most = -1,
    .summary = "book a rig, or several at once: all of them or none",
    .text = "Times are written as now, +10m, 14:00 (the next one), tomorrow 08:30, \"2026-11-23 08:30\" or "
            "with an offset\n"
            "as 2026-11-23T08:30+08:00; without an offset this machine's time zone counts.",
    .options = book_options,
    .examples = "labctl book tank-1 --for 45m\n"
                "labctl book tank-1 --from \"tomorrow 14:00\" --for 1h30m\n"
                "labctl book --capability process-control --from \"tomorrow 14:00\" --for 1h --weekly 8",
    .run = run_book,
};

const struct command command_bookings = {
    .name = "bookings",
    .group = GROUP_TIMETABLE,
    .arguments = "",
    .summary = "list bookings",
    .options = bookings_options,
    .run = run_bookings,
};

const struct command command_cancel = {
    .name = "cancel",
    .group = GROUP_TIMETABLE,
    .arguments = "BOOKING",
    .least = 1,
    .most = 1,
    .summary = "cancel a booking by its number",
    .run = run_cancel,
};
