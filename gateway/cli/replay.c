/* replay: a session once more, from the audit and the recording: who was in control, what was commanded, what
 * was refused by which rule, what tripped, and what the plant showed. */
#include "gateway/cli/commands.h"
#include "gateway/cli/grammar.h"
#include "gateway/cli/points.h"
#include "gateway/cli/timeline.h"
#include "gateway/cli/times.h"

#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define POLL_MS     100
#define SPEED_LEAST 1e-3
#define SPEED_MOST  1e6

/* How records read; others by the name of their kind. */
static const struct wording {
    const char *kind, *words;
    enum style style;
} wordings[] = {
    {"command",         "sets",                    STYLE_STRONG },
    {"refusal",         "is refused",              STYLE_WARNING},
    {"confirmed",       "reads back",              STYLE_GOOD   },
    {"not-confirmed",   "does not read back",      STYLE_BAD    },
    {"superseded",      "is overtaken",            STYLE_FAINT  },
    {"take",            "asks for control",        STYLE_PLAIN  },
    {"grant",           "is in control",           STYLE_STRONG },
    {"revoke",          "is no longer in control", STYLE_STRONG },
    {"join",            "takes a seat",            STYLE_PLAIN  },
    {"leave",           "leaves the seat",         STYLE_PLAIN  },
    {"trip",            "TRIP",                    STYLE_BAD    },
    {"stop",            "presses the e-stop",      STYLE_BAD    },
    {"reset",           "resets",                  STYLE_PLAIN  },
    {"permissive-lost", "permissive lost",         STYLE_WARNING},
    {"driven",          "driven to safe",          STYLE_WARNING},
    {"lockout",         "locks the rig out:",      STYLE_BAD    },
    {"unlock",          "removes the lock-out",    STYLE_PLAIN  },
    {"session-begin",   "begins the session",      STYLE_PLAIN  },
    {"session-end",     "ends the session",        STYLE_PLAIN  },
    {"safe-begin",      "making safe after",       STYLE_WARNING},
    {"safe-done",       "verified safe after",     STYLE_GOOD   },
    {"safe-failed",     "NOT verified safe after", STYLE_BAD    },
};

struct shown {
    char *point;
    struct text value;
    bool changed;
};

struct replay {
    struct cli *cli;
    struct timeline timeline;
    Labgate__Answer *rig; /* its description, NULL: it is not configured any more */
    const char *const *points;
    int point_count; /* 0: those that the session is about, or all */
    bool all;
    double speed, every;  /* 0: at once; each change */
    struct shown *values; /* what changed since the last line of values */
    size_t value_count;
    double values_from; /* when the first of them did */
    bool values_wait;
    char *controller;
    int64_t began; /* monotonic */
    double first;
    bool started;
};

/* ---- pace -------------------------------------------------------------------------------------- */

static void keep_pace(struct replay *replay, double seconds)
{
    if (replay->speed <= 0 || !isfinite(seconds))
        return;
    if (!replay->started) {
        replay->started = true;
        replay->began = times_monotonic();
        replay->first = seconds;
    }
    int64_t due = replay->began + (int64_t)((seconds - replay->first) / replay->speed * 1e9), left;
    fflush(stdout);
    while (!interruption_seen() && (left = due - times_monotonic()) > 0) {
        int64_t wait = left / NS_PER_MS + 1;
        poll(NULL, 0, wait < POLL_MS ? (int)wait : POLL_MS);
    }
}

/* ---- values ------------------------------------------------------------------------------------ */

/* "level" means plc.level. */
static bool means(const char *word, const char *point)
{
    size_t length = strlen(point), wanted = strlen(word);
    return wanted <= length && strcmp(point + length - wanted, word) == 0 &&
           (wanted == length || point[length - wanted - 1] == '.');
}

static const Labgate__Point *described(const struct replay *replay, const char *name)
{
    for (size_t i = 0; replay->rig && i < replay->rig->show->n_points; i++)
        if (strcmp(replay->rig->show->points[i]->name, name) == 0)
            return replay->rig->show->points[i];
    return NULL;
}

static bool is_of_name(char letter)
{
    return letter == '_' || letter == '.' || (letter >= '0' && letter <= '9') ||
           (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
}

/* "plc.level" stands in "plc.level > 0.45 m", and not in "plc.level_low". */
static bool stands_in(const char *name, const char *rule)
{
    size_t length = strlen(name);
    for (const char *at = rule; (at = strstr(at, name)); at++)
        if ((at == rule || !is_of_name(at[-1])) && !is_of_name(at[length]))
            return true;
    return false;
}

/* What is commanded, what shows it, and what rules go by. Everything else, a clock for one, changes by
 * itself. */
static bool is_concerned(const Labgate__RigDetail *rig, const char *name)
{
    for (size_t i = 0; i < rig->n_points; i++)
        if (strcmp(rig->points[i]->readback, name) == 0 ||
            (rig->points[i]->output && strcmp(rig->points[i]->name, name) == 0))
            return true;
    for (size_t i = 0; i < rig->n_interlocks; i++)
        if (stands_in(name, rig->interlocks[i]->text))
            return true;
    return false;
}

static bool is_wanted(const struct replay *replay, const char *point)
{
    for (int i = 0; i < replay->point_count; i++)
        if (means(replay->points[i], point))
            return true;
    if (replay->point_count > 0)
        return false;
    return replay->all || !replay->rig || !described(replay, point) || is_concerned(replay->rig->show, point);
}

static void add_value(const struct replay *replay, const struct timeline_change *change, struct text *text)
{
    const char *value = change->fields[3], *unit = change->fields[4], *quality = change->fields[5];
    const Labgate__Point *point = described(replay, change->fields[2]);
    char *end;
    double number = strtod(value, &end);
    if (point && *value && !*end)
        point_format(point, number, NULL, true, text);
    else
        text_add_format(text, "%s%s%s", *value ? value : "?", *unit ? " " : "", unit);
    if (strcmp(quality, "good") != 0)
        text_add_format(text, " (%s)", quality);
}

static struct shown *shown_of(struct replay *replay, const char *point)
{
    for (size_t i = 0; i < replay->value_count; i++)
        if (strcmp(replay->values[i].point, point) == 0)
            return &replay->values[i];
    replay->values = require_larger(replay->values, (replay->value_count + 1) * sizeof *replay->values);
    struct shown *shown = &replay->values[replay->value_count++];
    *shown = (struct shown){.point = require_copy(point)};
    return shown;
}

static void say_values(struct replay *replay)
{
    struct text line = {0};
    if (!replay->values_wait)
        return;
    replay->values_wait = false;
    text_add_format(&line, "%10.3f s", replay->values_from);
    const char *before = "  ";
    for (size_t i = 0; i < replay->value_count; i++) {
        struct shown *shown = &replay->values[i];
        if (shown->changed)
            text_add_format(&line, "%s%s %s", before, shown->point, text_get(&shown->value));
        before = shown->changed ? ", " : before;
        shown->changed = false;
    }
    say_styled(replay->cli, STYLE_FAINT, "%s", text_get(&line));
    text_finish(&line);
}

static void change_json(struct replay *replay, const struct timeline_item *item)
{
    const struct timeline_change *change = item->change;
    const Labgate__Point *point = described(replay, change->fields[2]);
    struct json *json = &replay->cli->json;
    json_open_object(json, NULL);
    json_number(json, "seconds", item->seconds);
    json_string(json, "time", change->fields[0]);
    json_string(json, "point", change->fields[2]);
    if (!change->fields[3][0])
        json_null(json, "value");
    else if (point)
        point_json_number(json, "value", point, strtod(change->fields[3], NULL), change->fields[3]);
    else
        json_string(json, "value", change->fields[3]);
    json_string(json, "unit", change->fields[4]);
    json_string(json, "quality", change->fields[5]);
    json_close_object(json);
}

static void take_change(struct replay *replay, const struct timeline_item *item)
{
    if (!is_wanted(replay, item->change->fields[2]))
        return;
    if (replay->cli->json_wanted) {
        keep_pace(replay, item->seconds);
        change_json(replay, item);
        return;
    }
    struct shown *shown = shown_of(replay, item->change->fields[2]);
    text_clear(&shown->value);
    add_value(replay, item->change, &shown->value);
    shown->changed = true;
    replay->values_from = replay->values_wait ? replay->values_from : item->seconds;
    replay->values_wait = true;
}

/* ---- records ----------------------------------------------------------------------------------- */

static const struct wording *wording_of(const char *kind)
{
    for (size_t i = 0; i < sizeof wordings / sizeof *wordings; i++)
        if (strcmp(wordings[i].kind, kind) == 0)
            return &wordings[i];
    return NULL;
}

static void add_number(const struct replay *replay, const char *name, double number, struct text *text)
{
    const Labgate__Point *point = described(replay, name);
    if (isnan(number))
        text_add(text, "?");
    else if (point)
        point_format(point, number, NULL, true, text);
    else
        text_add_format(text, "%.6g", number);
}

static void say_record(struct replay *replay, double seconds, const Labgate__LogRecord *record)
{
    const struct wording *wording = wording_of(record->kind);
    struct text line = {0};
    text_add_format(&line, "%10.3f s  %s %s", seconds, record->who, wording ? wording->words : record->kind);
    if (record->point[0])
        text_add_format(&line, " %s", record->point);
    if (record->has_values) {
        text_add(&line, " ");
        add_number(replay, record->point, record->before, &line);
        text_add(&line, " -> ");
        add_number(replay, record->point, record->after, &line);
    }
    if (record->text[0])
        text_add_format(&line, " %s", record->text);
    if (record->reason[0])
        text_add_format(&line, ": %s", record->reason);
    if (record->rule[0])
        text_add_format(&line, " (rule %s)", record->rule);
    say_styled(replay->cli, wording ? wording->style : STYLE_PLAIN, "%s", text_get(&line));
    text_finish(&line);
}

static void take_record(struct replay *replay, const struct timeline_item *item)
{
    const Labgate__LogRecord *record = item->record;
    bool granted = strcmp(record->kind, "grant") == 0;
    if (granted || strcmp(record->kind, "revoke") == 0) {
        free(replay->controller);
        replay->controller = granted ? require_copy(record->who) : NULL;
    }
    keep_pace(replay, item->seconds);
    if (!replay->cli->json_wanted) {
        say_record(replay, item->seconds, record);
        return;
    }
    struct json *json = &replay->cli->json;
    json_open_object(json, NULL);
    json_number(json, "seconds", item->seconds);
    log_record_json(json, record);
    json_string(json, "controller", replay->controller ? replay->controller : "");
    json_close_object(json);
}

/* ---- all of it --------------------------------------------------------------------------------- */

static int play(struct replay *replay)
{
    struct timeline_item item = {0};
    int result;
    while ((result = timeline_next(replay->cli, &replay->timeline, &item)) == CLI_OK &&
           !interruption_seen()) {
        bool waited = !(item.seconds < replay->values_from + replay->every);
        if (replay->values_wait && (item.record || waited)) {
            keep_pace(replay, replay->values_from);
            say_values(replay);
        }
        if (item.record)
            take_record(replay, &item);
        else if (item.change)
            take_change(replay, &item);
        else
            break;
    }
    return result == CLI_OK && interruption_seen() ? CLI_INTERRUPTED : result;
}

static int read_options(struct cli *cli, const struct arguments *arguments, struct replay *replay,
                        uint64_t *session)
{
    const char *speed = arguments_option(arguments, "speed"), *every = arguments_option(arguments, "every");
    char *end;
    if (!arguments_whole(arguments->words[0], 1, UINT64_MAX, session))
        return fail(cli, CLI_USAGE, "%s is not a session's number; labctl bookings shows them",
                    arguments->words[0]);
    replay->speed = speed ? strtod(speed, &end) : 0;
    if (speed && (*end || end == speed || !(replay->speed >= SPEED_LEAST && replay->speed <= SPEED_MOST)))
        return fail(cli, CLI_USAGE, "--speed %s: give how many times as fast as it was, 0.001 to 1000000",
                    speed);
    int64_t ns = NS_PER_S;
    int result = every ? grammar_duration(cli, "--every", every, &ns) : CLI_OK;
    replay->every = (double)ns / 1e9;
    replay->all = arguments_flag(arguments, "all");
    replay->points = arguments->words + 1;
    replay->point_count = arguments->count - 1;
    return result;
}

/* The names of choices and the like; a rig that is gone is shown without. */
static int describe(struct replay *replay)
{
    Labgate__Show show = LABGATE__SHOW__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    show.rig = replay->timeline.rig;
    request.body_case = LABGATE__REQUEST__BODY_SHOW;
    request.show = &show;
    int result = cli_ask(replay->cli, &request, "describe the rig", &replay->rig);
    if (result == CLI_OK && !(replay->rig->ok && replay->rig->body_case == LABGATE__ANSWER__BODY_SHOW)) {
        client_free(replay->rig);
        replay->rig = NULL;
    }
    return result;
}

/* An old session may have had points that the rig has no more. */
static void tell_unknown_points(const struct replay *replay)
{
    for (int i = 0; replay->rig && i < replay->point_count; i++) {
        const Labgate__RigDetail *rig = replay->rig->show;
        size_t k = 0;
        while (k < rig->n_points && !means(replay->points[i], rig->points[k]->name))
            k++;
        if (k == rig->n_points)
            warn(replay->cli, "%s has no point %s; what was recorded of one, if anything, is shown",
                 replay->timeline.rig, replay->points[i]);
    }
}

static int run_replay(struct cli *cli, const struct arguments *arguments)
{
    struct replay replay = {.cli = cli};
    uint64_t session;
    int result = read_options(cli, arguments, &replay, &session);
    if (result == CLI_OK)
        result = cli_require_login(cli);
    if (result != CLI_OK)
        return result;
    interruption_catch();
    result = timeline_open(cli, &replay.timeline, session);
    if (result == CLI_OK)
        result = describe(&replay);
    if (result == CLI_OK)
        tell_unknown_points(&replay);
    if (result == CLI_OK)
        result = play(&replay);
    interruption_release();
    timeline_close(&replay.timeline);
    client_free(replay.rig);
    for (size_t i = 0; i < replay.value_count; i++) {
        free(replay.values[i].point);
        text_finish(&replay.values[i].value);
    }
    free(replay.values);
    free(replay.controller);
    return result;
}

static const struct option_row replay_options[] = {
    {"speed", "N",        "pace it, N times as fast as it was (default: all at once)"    },
    {"every", "DURATION", "a line of values at most so often (default 1 s)"              },
    {"all",   NULL,       "values of all points, also of those that change by themselves"},
    {NULL,    NULL,       NULL                                                           },
};

const struct command command_replay = {
    .name = "replay",
    .group = GROUP_RECORDS,
    .arguments = "SESSION [POINT...]",
    .least = 1,
    .most = -1,
    .summary = "play a session again: commands, refusals and their rules, trips, who had control, values",
    .text =
        "Values are those of outputs, of what shows them, and of what rules go by, unless points are named. "
        "Times are seconds from the session's start. With --json each record and each change is a document "
        "on a line.",
    .options = replay_options,
    .examples = "labctl replay 12\nlabctl replay 12 level temperature --speed 10",
    .run = run_replay,
};
