/* hand, feed: a session as a lesson. */
#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/grammar.h"
#include "gateway/cli/points.h"
#include "gateway/cli/session.h"
#include "gateway/cli/times.h"

#include <inttypes.h>
#include <string.h>

#define FRAME_WAIT (200 * NS_PER_MS)

/* ---- hand ------------------------------------------------------------------------------------ */

static int run_hand(struct cli *cli, const struct arguments *arguments)
{
    Labgate__Hand hand = LABGATE__HAND__INIT;
    const char *seat = arguments_option(arguments, "seat");
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    int result = seat ? grammar_seat(cli, "--seat", seat, &hand.seat) : CLI_OK;
    if (result == CLI_OK)
        result = cli_require_login(cli);
    if (result == CLI_OK)
        result = cli_require_seat(cli);
    if (result != CLI_OK)
        return result;
    hand.up = !arguments_flag(arguments, "down");
    request.body_case = LABGATE__REQUEST__BODY_HAND;
    request.hand = &hand;
    result = cli_call(cli, &request, hand.up ? "raise your hand" : "lower the hand",
                      LABGATE__ANSWER__BODY__NOT_SET, &answer);
    if (result != CLI_OK)
        return result;
    client_free(answer);
    if (cli->json_wanted) {
        json_open_object(&cli->json, NULL);
        json_boolean(&cli->json, "ok", true);
        json_close_object(&cli->json);
    } else if (hand.up) {
        say(cli, "your hand is raised on %s; it goes down when you are given control", cli->seat.rig);
    } else {
        say(cli, "%s is lowered", hand.seat ? "that hand" : "your hand");
    }
    return CLI_OK;
}

/* ---- feed ------------------------------------------------------------------------------------ */

struct feed {
    const char *rig;
    Labgate__Answer *shown; /* owns `detail` */
    const Labgate__RigDetail *detail;
    uint64_t last;       /* number of the newest press that was told */
    uint64_t unsettled;  /* the lowest number whose outcome is not known yet; 0: none */
    uint64_t time, wall; /* of the latest answer: what a press's time is for people */
};

static const char *outcome_name(Labgate__Outcome outcome)
{
    static const char *const names[] = {
        [LABGATE__OUTCOME__OUTCOME_NOT_SAID] = "",
        [LABGATE__OUTCOME__UNDER_WAY] = "under way",
        [LABGATE__OUTCOME__VERIFIED] = "verified",
        [LABGATE__OUTCOME__SENT] = "sent, not verified",
        [LABGATE__OUTCOME__RAMPING] = "ramping",
        [LABGATE__OUTCOME__REFUSED] = "refused",
        [LABGATE__OUTCOME__FAILED] = "failed",
        [LABGATE__OUTCOME__REPLACED] = "replaced by a later command",
    };
    return (size_t)outcome < sizeof names / sizeof *names ? names[outcome] : "";
}

static const Labgate__Point *find_point(const struct feed *feed, const char *name)
{
    for (size_t i = 0; i < feed->detail->n_points; i++)
        if (!strcmp(feed->detail->points[i]->name, name))
            return feed->detail->points[i];
    return NULL;
}

static int64_t wall_of(const struct feed *feed, const Labgate__Press *press)
{
    return (int64_t)feed->wall - (int64_t)(feed->time - press->time) / NS_PER_MS;
}

static void press_json(struct cli *cli, const struct feed *feed, const Labgate__Press *press)
{
    const Labgate__Point *point = find_point(feed, press->point);
    struct json *json = &cli->json;
    json_open_object(json, NULL);
    json_unsigned(json, "number", press->number);
    json_instant(json, "time", wall_of(feed, press));
    json_string(json, "who", press->who);
    json_unsigned(json, "seat", press->seat);
    json_string(json, "kind", press->kind);
    if (point) {
        json_string(json, "point", press->point);
        point_json_number(json, "before", point, press->before, NULL);
        point_json_number(json, "value", point, press->value, NULL);
    }
    json_string(json, "outcome", outcome_name(press->outcome));
    json_string(json, "reason", press->reason);
    json_string(json, "rule", press->rule);
    json_unsigned(json, "times", press->times ? press->times : 1);
    json_close_object(json);
    fflush(json->file);
}

static void print_press(struct cli *cli, const struct feed *feed, const Labgate__Press *press)
{
    char when[TIMES_TEXT];
    const Labgate__Point *point = find_point(feed, press->point);
    struct text line = {0};
    text_add(&line, press->who[0] ? press->who : "labgate");
    text_add(&line, "  ");
    text_add(&line, press->kind);
    if (point) {
        text_add(&line, "  ");
        text_add(&line, press->point);
        text_add(&line, " ");
        point_format(point, press->value, NULL, true, &line);
    }
    const char *const parts[] = {outcome_name(press->outcome), press->reason, press->rule};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        text_add(&line, parts[i][0] ? "  " : "");
        text_add(&line, parts[i]);
    }
    say_styled(cli, press->outcome == LABGATE__OUTCOME__REFUSED ? STYLE_WARNING : STYLE_PLAIN, "%s  %s",
               times_local(wall_of(feed, press), when), text_get(&line));
    if (press->times > 1)
        say_styled(cli, STYLE_FAINT, "    %" PRIu32 " times", press->times);
    text_finish(&line);
}

static void tell(struct cli *cli, struct feed *feed, const Labgate__Answer *answer,
                 Labgate__Press *const *presses, size_t count)
{
    feed->time = answer->time;
    feed->wall = answer->wall;
    for (size_t i = 0; i < count; i++) {
        const Labgate__Press *press = presses[i];
        bool waits =
            press->outcome == LABGATE__OUTCOME__UNDER_WAY || press->outcome == LABGATE__OUTCOME__RAMPING;
        if (press->number > feed->last)
            feed->last = press->number;
        if (waits && (!feed->unsettled || press->number < feed->unsettled))
            feed->unsettled = press->number;
        if (cli->json_wanted)
            press_json(cli, feed, press);
        else
            print_press(cli, feed, press);
    }
}

/* Tells what is newer than `after`. */
static int ask_feed(struct cli *cli, struct feed *feed, uint64_t after)
{
    Labgate__Feed body = LABGATE__FEED__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    body.rig = (char *)(uintptr_t)feed->rig;
    body.after = after;
    request.body_case = LABGATE__REQUEST__BODY_FEED;
    request.feed = &body;
    int result = cli_call(cli, &request, "read what was pressed", LABGATE__ANSWER__BODY_FEED, &answer);
    if (result != CLI_OK)
        return result;
    if (answer->feed->gap && !cli->json_wanted)
        say_styled(cli, STYLE_FAINT, "(more was pressed than the gateway keeps)");
    feed->unsettled = 0;
    tell(cli, feed, answer, answer->feed->presses, answer->feed->n_presses);
    client_free(answer);
    return CLI_OK;
}

/* A full frame has no presses, only the number of the newest. */
static int take_frame(struct cli *cli, struct feed *feed, const Labgate__Answer *answer)
{
    if (!answer->ok)
        return cli_refused(cli, answer, "watch");
    if (answer->body_case != LABGATE__ANSWER__BODY_FRAME)
        return CLI_OK;
    const Labgate__Frame *frame = answer->frame;
    tell(cli, feed, answer, frame->presses, frame->n_presses);
    if (frame->full && (frame->press > feed->last || feed->unsettled))
        return ask_feed(cli, feed, feed->unsettled ? feed->unsettled - 1 : feed->last);
    return CLI_OK;
}

static int follow(struct cli *cli, struct feed *feed, int64_t deadline)
{
    int64_t said = times_monotonic();
    int result = client_watch(cli->client, feed->rig) == CLIENT_OK
                     ? CLI_OK
                     : fail(cli, CLI_UNREACHABLE, "cannot watch %s", feed->rig);
    interruption_catch();
    while (result == CLI_OK && !interruption_seen() && (!deadline || times_monotonic() < deadline)) {
        Labgate__Answer *answer = NULL;
        if (cli->interactive) /* nobody else holds the seat */
            session_say_here(cli, &said);
        int got = client_next_frame(cli->client, FRAME_WAIT, &answer);
        if (got == CLIENT_OK)
            result = take_frame(cli, feed, answer);
        else if (got != CLIENT_TIMED_OUT && got != CLIENT_UNREACHABLE)
            result = fail(cli, CLI_FAULT, "cannot watch %s: %s", feed->rig, client_result_text(got));
        bool last = answer && answer->body_case == LABGATE__ANSWER__BODY_FRAME && answer->frame->last;
        client_free(answer);
        if (last)
            break;
    }
    client_unwatch(cli->client);
    interruption_release();
    return result;
}

static int run_feed(struct cli *cli, const struct arguments *arguments)
{
    const char *length = arguments_option(arguments, "for");
    int64_t ns = 0;
    struct feed feed = {0};
    int result = length ? grammar_duration(cli, "--for", length, &ns) : CLI_OK;
    if (result == CLI_OK)
        result = values_choose_rig(cli, arguments, &feed.rig);
    if (result == CLI_OK)
        result = cli_show(cli, feed.rig, &feed.shown);
    if (result != CLI_OK)
        return result;
    feed.detail = feed.shown->show;
    result = ask_feed(cli, &feed, 0);
    if (result == CLI_OK && arguments_flag(arguments, "follow"))
        result = follow(cli, &feed, length ? times_monotonic() + ns : 0);
    else if (result == CLI_OK && !feed.last && !cli->json_wanted)
        say(cli, "nothing was pressed on %s in this session", feed.rig);
    client_free(feed.shown);
    return result;
}

static const struct option_row hand_options[] = {
    {"down", NULL,   "lower it"                                              },
    {"seat", "SEAT", "with --down: another's hand (teachers and technicians)"},
    {NULL,   NULL,   NULL                                                    },
};

static const struct option_row feed_options[] = {
    {"rig",    "RIG",      "this rig (default: the one of the seat)"},
    {"follow", NULL,       "go on telling, until Ctrl-C"            },
    {"for",    "DURATION", "with --follow: end after this time"     },
    {NULL,     NULL,       NULL                                     },
};

const struct command command_hand = {
    .name = "hand",
    .group = GROUP_RIG,
    .arguments = "",
    .summary = "raise your hand in a session, so that the teacher sees that you would like to have control",
    .text =
        "Hands are kept in order. Yours goes down by itself when you are given control, leave, or are not "
        "heard any more.",
    .options = hand_options,
    .run = run_hand,
};

const struct command command_feed = {
    .name = "feed",
    .group = GROUP_RIG,
    .arguments = "",
    .summary = "tell what was pressed in the live session, by whom, and what it did",
    .text = "The latest 64 presses, and what interlocks did. A press whose outcome is not known yet is told "
            "again with\n--follow when it is.",
    .options = feed_options,
    .examples = "labctl feed --follow",
    .run = run_feed,
};
