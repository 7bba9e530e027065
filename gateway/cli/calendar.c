/* timetable --ics, and feeds: calendars for programs that show calendars. */
#include "gateway/cli/calendar.h"

#include "gateway/cli/bookings.h"
#include "gateway/cli/columns.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/markup.h"
#include "gateway/cli/times.h"
#include "gateway/ical/bookings.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

int calendar_save(struct cli *cli, const char *rig, const char *path)
{
    Labgate__Calendar calendar = LABGATE__CALENDAR__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    struct ical ical;
    bool cut;
    calendar.rig = (char *)(rig ? rig : "");
    request.body_case = LABGATE__REQUEST__BODY_CALENDAR;
    request.calendar = &calendar;
    int result = cli_call(cli, &request, "read the calendar", LABGATE__ANSWER__BODY_CALENDAR, &answer);
    if (result != CLI_OK)
        return result;
    if (!ical_of_bookings(&ical, answer->calendar, cli->chinese, &cut))
        result = fail(cli, CLI_LOCAL, "cannot write the calendar: no memory");
    else
        result = markup_save(cli, path, ical.bytes, ical.length);
    if (result == CLI_OK && (cut || answer->calendar->more))
        warn(cli, "the calendar ends after its first %zu events", answer->calendar->n_events);
    free(ical.bytes);
    client_free(answer);
    return result;
}

/* ---- feeds --------------------------------------------------------------------------------------------- */

/* The page listens on every address of its host: then its name is the one that this program uses. */
static void add_page(const struct cli *cli, const char *page, struct text *text)
{
    static const char *const anywhere[] = {"://0.0.0.0:", "://[::]:", "://:"};
    for (size_t i = 0; i < sizeof anywhere / sizeof *anywhere; i++) {
        const char *at = strstr(page, anywhere[i]), *host = cli->url ? strstr(cli->url, "://") : NULL;
        if (!at || !host)
            continue;
        host += 3;
        text_add_bytes(text, page, (size_t)(at - page) + 3);
        text_add_bytes(text, host, host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/"));
        text_add(text, strrchr(page, ':'));
        return;
    }
    text_add(text, page);
}

static void show_made(struct cli *cli, const Labgate__FeedMade *made)
{
    struct text url = {0};
    add_page(cli, made->page, &url);
    text_add_format(&url, "/calendar/%s.ics", made->key);
    if (cli->json_wanted) {
        json_open_object(&cli->json, NULL);
        json_unsigned(&cli->json, "feed", made->feed);
        json_string(&cli->json, "url", text_get(&url));
        json_close_object(&cli->json);
    } else {
        say(cli, "%s", text_get(&url));
        warn(cli,
             "whoever knows this address sees this calendar, and nothing else; it is shown once. "
             "To end it: labctl feed revoke %" PRIu64,
             made->feed);
        if (!made->page[0])
            warn(cli, "this gateway has no page: no ws:// or wss:// listener");
    }
    text_finish(&url);
}

static int run_make(struct cli *cli, const struct arguments *arguments)
{
    Labgate__FeedMake make = LABGATE__FEED_MAKE__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    const char *rig = arguments_option(arguments, "rig");
    int result = cli_require_login(cli);
    if (result != CLI_OK)
        return result;
    make.rig = (char *)(rig ? rig : "");
    request.body_case = LABGATE__REQUEST__BODY_FEED_MAKE;
    request.feed_make = &make;
    result = cli_call(cli, &request, "make a feed", LABGATE__ANSWER__BODY_FEED_MADE, &answer);
    if (result != CLI_OK)
        return result;
    show_made(cli, answer->feed_made);
    client_free(answer);
    return CLI_OK;
}

static void list_feeds(struct cli *cli, const Labgate__FeedList *list)
{
    static const char *const headings[] = {">FEED", "WHOSE", "SHOWS", "MADE"};
    struct columns columns;
    char text[TIMES_TEXT];
    columns_init(&columns, 4, headings);
    for (size_t i = 0; i < list->n_feeds; i++) {
        const Labgate__CalendarFeed *feed = list->feeds[i];
        columns_add(&columns, STYLE_STRONG, "%" PRIu64, feed->feed);
        columns_add(&columns, STYLE_PLAIN, "%s", feed->whose);
        columns_add(&columns, STYLE_PLAIN, "%s", feed->rig[0] ? feed->rig : "own bookings");
        columns_add(&columns, STYLE_PLAIN, "%s", times_local_short((int64_t)feed->made, text));
    }
    columns_print(&columns, cli, 0);
}

static void list_feeds_json(struct cli *cli, const Labgate__FeedList *list)
{
    json_open_array(&cli->json, NULL);
    for (size_t i = 0; i < list->n_feeds; i++) {
        json_open_object(&cli->json, NULL);
        json_unsigned(&cli->json, "feed", list->feeds[i]->feed);
        json_string(&cli->json, "whose", list->feeds[i]->whose);
        json_string(&cli->json, "rig", list->feeds[i]->rig);
        json_instant(&cli->json, "made", (int64_t)list->feeds[i]->made);
        json_close_object(&cli->json);
    }
    json_close_array(&cli->json);
}

static int run_list(struct cli *cli, const struct arguments *arguments)
{
    Labgate__Feeds feeds = LABGATE__FEEDS__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    int result = cli_require_login(cli);
    if (result != CLI_OK)
        return result;
    feeds.everyone = arguments_flag(arguments, "all");
    request.body_case = LABGATE__REQUEST__BODY_FEEDS;
    request.feeds = &feeds;
    result = cli_call(cli, &request, "list the feeds", LABGATE__ANSWER__BODY_FEEDS, &answer);
    if (result != CLI_OK)
        return result;
    if (cli->json_wanted)
        list_feeds_json(cli, answer->feeds);
    else if (answer->feeds->n_feeds)
        list_feeds(cli, answer->feeds);
    else
        say(cli, "there is none");
    client_free(answer);
    return CLI_OK;
}

static int run_revoke(struct cli *cli, const struct arguments *arguments)
{
    Labgate__FeedRevoke revoke = LABGATE__FEED_REVOKE__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    int result = bookings_number(cli, BOOKINGS_FEED, arguments->words[0], &revoke.feed);
    if (result == CLI_OK)
        result = cli_require_login(cli);
    if (result != CLI_OK)
        return result;
    request.body_case = LABGATE__REQUEST__BODY_FEED_REVOKE;
    request.feed_revoke = &revoke;
    result = cli_call(cli, &request, "revoke the feed", LABGATE__ANSWER__BODY__NOT_SET, &answer);
    if (result != CLI_OK)
        return result;
    say(cli, "revoked: its address opens nothing any more");
    client_free(answer);
    return CLI_OK;
}

static const struct option_row make_options[] = {
    {"rig", "RIG", "what is booked on a rig, instead of your own bookings"},
    {NULL,  NULL,  NULL                                                   },
};

static const struct option_row list_options[] = {
    {"all", NULL, "everybody's (technicians)"},
    {NULL,  NULL, NULL                       },
};

const struct command command_feed_make = {
    .name = "feed make",
    .group = GROUP_TIMETABLE,
    .arguments = "",
    .summary = "make an address that a phone or a calendar program can subscribe to",
    .text = "The address has a key of its own: whoever knows it sees this one calendar and can do nothing.",
    .options = make_options,
    .examples = "labctl feed make\n"
                "labctl feed make --rig tank-1",
    .run = run_make,
};

const struct command command_feed_list = {
    .name = "feed list",
    .group = GROUP_TIMETABLE,
    .arguments = "",
    .summary = "list the feeds that you have made",
    .options = list_options,
    .run = run_list,
};

const struct command command_feed_revoke = {
    .name = "feed revoke",
    .group = GROUP_TIMETABLE,
    .arguments = "FEED",
    .least = 1,
    .most = 1,
    .summary = "end a feed by its number",
    .run = run_revoke,
};
