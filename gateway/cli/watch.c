/* watch: live values. On a terminal a table that is redrawn in place; otherwise a line for each change. */
#include "gateway/cli/commands.h"
#include "gateway/cli/grammar.h"
#include "gateway/cli/live.h"
#include "gateway/cli/points.h"
#include "gateway/cli/session.h"
#include "gateway/cli/times.h"

#include <inttypes.h>
#include <string.h>

#define FRAME_WAIT (200 * NS_PER_MS)
/* A Watch is answered at least every 5 s: three times that without a frame, and the line is dead. */
#define SILENCE_LIMIT (15 * NS_PER_S)

struct limits {
    uint64_t count;   /* frames; 0: no limit */
    int64_t deadline; /* 0: none */
};

static int read_limits(struct cli *cli, const struct arguments *arguments, struct limits *limits)
{
    const char *count = arguments_option(arguments, "count"), *duration = arguments_option(arguments, "for");
    *limits = (struct limits){0};
    if (count && !arguments_whole(count, 1, UINT64_MAX, &limits->count))
        return fail(cli, CLI_USAGE, "--count %s: give a number of updates, 1 or more", count);
    int64_t ns = 0;
    int result = duration ? grammar_duration(cli, "--for", duration, &ns) : CLI_OK;
    limits->deadline = duration ? times_monotonic() + ns : 0;
    return result;
}

static void frame_json(struct cli *cli, const struct live *live, const Labgate__Answer *answer)
{
    const Labgate__Frame *frame = answer->frame;
    struct json *json = &cli->json;
    json_open_object(json, NULL);
    json_instant(json, "time", (int64_t)answer->wall);
    json_string(json, "rig", live->rig);
    json_boolean(json, "full", frame->full);
    json_boolean(json, "gap", frame->gap);
    if (frame->status) {
        json_string(json, "condition", condition_name(frame->status->condition));
        json_boolean(json, "stopped", frame->status->stopped);
        json_boolean(json, "locked_out", frame->status->locked_out);
        json_open_array(json, "trips");
        for (size_t i = 0; i < frame->status->n_trips; i++)
            json_string(json, NULL, frame->status->trips[i]);
        json_close_array(json);
        json_string(json, "controller_name", frame->status->controller_name);
    }
    json_open_array(json, "values");
    for (size_t i = 0; i < live->count; i++)
        if (live->rows[i].changed)
            point_json(json, NULL, live->rows[i].point, live->rows[i].seen ? &live->rows[i].value : NULL);
    json_close_array(json);
    json_close_object(json);
    fflush(cli->json.file);
}

static void print_changes(struct cli *cli, struct live *live, const Labgate__Answer *answer)
{
    char when[TIMES_TEXT];
    times_local(answer->wall ? (int64_t)answer->wall : times_now_ms(), when);
    if (answer->frame->gap)
        say(cli, "%s  (some changes are gone: the line was down for longer than the gateway's memory)", when);
    if (live->status_changed)
        say(cli, "%s  %s  %s", when, live->rig, text_get(&live->status));
    for (size_t i = 0; i < live->count; i++) {
        const struct live_row *row = &live->rows[i];
        struct text value = {0};
        if (!row->changed)
            continue;
        point_format_value(row->point, &row->value, true, &value);
        say(cli, "%s  %s  %s  %s", when, row->point->name, text_get(&value),
            quality_name(row->value.quality));
        text_finish(&value);
    }
    fflush(stdout);
}

static void show_frame(struct cli *cli, struct live *live, const Labgate__Answer *answer)
{
    if (cli->json_wanted)
        frame_json(cli, live, answer);
    else if (!cli->terminal)
        print_changes(cli, live, answer);
    else
        live_draw(cli, live);
}

/* 1: goes on. */
static int take_frame(struct cli *cli, struct live *live, Labgate__Answer *answer)
{
    if (!answer->ok)
        return cli_refused(cli, answer, "watch");
    if (answer->body_case != LABGATE__ANSWER__BODY_FRAME)
        return fail(cli, CLI_FAULT, "cannot watch %s: the gateway's answer is of another kind", live->rig);
    if (answer->frame->layout && answer->frame->layout != live->detail->layout) {
        /* The indices mean other points now. */
        int result = live_reload(cli, live);
        return result == CLI_OK ? 1 : result;
    }
    live_take(live, answer->frame);
    show_frame(cli, live, answer);
    if (answer->frame->last) {
        live_end(cli, live);
        warn(cli, "the watch has ended: %s", answer->message[0] ? answer->message : answer->reason);
        return CLI_OK;
    }
    return 1;
}

static int follow(struct cli *cli, struct live *live, const struct limits *limits)
{
    int64_t heard = times_monotonic(), said = heard;
    for (uint64_t frames = 0; !interruption_seen() && (!limits->count || frames < limits->count);) {
        Labgate__Answer *answer = NULL;
        int64_t now = times_monotonic();
        if (limits->deadline && now >= limits->deadline)
            return CLI_OK;
        if (cli->interactive) /* nobody else holds the seat */
            session_say_here(cli, &said);
        int result = client_next_frame(cli->client, FRAME_WAIT, &answer);
        if (result == CLIENT_OK) {
            heard = now;
            frames++;
            result = take_frame(cli, live, answer);
            client_free(answer);
            if (result != 1)
                return result;
            if (ferror(stdout))
                return CLI_OK; /* main() tells it for every command */
        } else if (result != CLIENT_TIMED_OUT && result != CLIENT_UNREACHABLE) {
            return fail(cli, CLI_FAULT, "cannot watch %s: %s", live->rig, client_result_text(result));
        } else {
            live_tick(cli, live, now - heard > SILENCE_LIMIT);
        }
    }
    return CLI_OK;
}

static int run_watch(struct cli *cli, const struct arguments *arguments)
{
    struct live live = {0};
    struct limits limits;
    const char *rig;
    int result = read_limits(cli, arguments, &limits);
    if (result == CLI_OK)
        result = values_choose_rig(cli, arguments, &rig);
    if (result == CLI_OK)
        result = live_begin(cli, &live, rig, arguments);
    if (result != CLI_OK)
        return result;
    int watching = client_watch(cli->client, rig);
    if (watching != CLIENT_OK) {
        result = fail(cli, CLI_UNREACHABLE, "cannot watch %s: %s", rig, client_result_text(watching));
    } else {
        interruption_catch();
        result = follow(cli, &live, &limits);
        live_end(cli, &live);
        client_unwatch(cli->client);
        interruption_release();
    }
    live_finish(&live);
    return result;
}

static const struct option_row watch_options[] = {
    {"rig",   "RIG",      "this rig (default: the one of the seat)"},
    {"count", "N",        "end after N updates"                    },
    {"for",   "DURATION", "end after this time"                    },
    {NULL,    NULL,       NULL                                     },
};

const struct command command_watch = {
    .name = "watch",
    .group = GROUP_RIG,
    .arguments = "[POINT...]",
    .most = -1,
    .summary = "follow values as they change, until Ctrl-C",
    .text = "On a terminal the table is redrawn in place; into a pipe or a file each change is a line, and "
            "with --json\n"
            "each update is a JSON document on a line.",
    .options = watch_options,
    .examples = "labctl watch level temperature\nlabctl watch --rig tank-1 --for 30s --json",
    .run = run_watch,
};
