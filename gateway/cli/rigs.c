/* rigs, show. */
#include "gateway/cli/columns.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/points.h"
#include "gateway/cli/roles.h"
#include "gateway/cli/times.h"

#include <inttypes.h>

static void proof_json(struct json *json, const Labgate__ProofState *proof)
{
    json_open_object(json, "proof_test");
    json_boolean(json, "overdue", proof->overdue);
    json_string(json, "why", proof->why);
    json_instant(json, "tested", (int64_t)proof->tested);
    json_string(json, "by", proof->by);
    json_boolean(json, "passed", proof->passed);
    json_instant(json, "due", (int64_t)proof->due);
    json_string(json, "configuration", proof->fingerprint);
    json_close_object(json);
}

static void status_json(struct json *json, const Labgate__RigStatus *status)
{
    json_string(json, "condition", status ? condition_name(status->condition) : "?");
    if (!status)
        return;
    json_boolean(json, "stopped", status->stopped);
    json_boolean(json, "locked_out", status->locked_out);
    json_open_array(json, "trips");
    for (size_t i = 0; i < status->n_trips; i++)
        json_string(json, NULL, status->trips[i]);
    json_close_array(json);
    json_unsigned(json, "session", status->session);
    json_instant(json, "ends", (int64_t)status->ends);
    json_unsigned(json, "epoch", status->epoch);
    json_unsigned(json, "controller", status->controller);
    json_string(json, "controller_name", status->controller_name);
    json_open_array(json, "seats");
    for (size_t i = 0; i < status->n_seats; i++) {
        json_open_object(json, NULL);
        json_unsigned(json, "seat", status->seats[i]->id);
        json_string(json, "name", status->seats[i]->name);
        json_string(json, "kind", status->seats[i]->kind);
        json_boolean(json, "present", status->seats[i]->present);
        json_close_object(json);
    }
    json_close_array(json);
    json_string(json, "why", status->why);
    json_open_array(json, "bypasses");
    for (size_t i = 0; i < status->n_bypasses; i++) {
        json_open_object(json, NULL);
        json_string(json, "rule", status->bypasses[i]->rule);
        json_instant(json, "until", (int64_t)status->bypasses[i]->until);
        json_string(json, "reason", status->bypasses[i]->reason);
        json_close_object(json);
    }
    json_close_array(json);
    if (status->proof)
        proof_json(json, status->proof);
    json_unsigned(json, "spectators", status->spectators);
}

static void summary_json(struct json *json, const char *key, const Labgate__RigSummary *rig)
{
    json_open_object(json, key);
    json_string(json, "name", rig->name);
    json_string(json, "title", rig->title);
    json_string(json, "title_zh", rig->title_zh);
    json_open_array(json, "capabilities");
    for (size_t i = 0; i < rig->n_capabilities; i++)
        json_string(json, NULL, rig->capabilities[i]);
    json_close_array(json);
    status_json(json, rig->status);
    json_instant(json, "free_from", (int64_t)rig->free_from);
    json_instant(json, "free_until", (int64_t)rig->free_until);
    json_close_object(json);
}

static void add_free(struct columns *columns, const Labgate__RigSummary *rig, int64_t now)
{
    char from[TIMES_TEXT], until[TIMES_TEXT];
    if ((int64_t)rig->free_from <= now)
        snprintf(from, sizeof from, "now");
    else
        times_local_short((int64_t)rig->free_from, from);
    if (rig->free_until)
        columns_add(columns, STYLE_PLAIN, "%s, until %s", from,
                    times_local_short((int64_t)rig->free_until, until));
    else
        columns_add(columns, STYLE_PLAIN, "%s", from);
}

static void print_rigs(struct cli *cli, const Labgate__RigList *list, int64_t now)
{
    static const char *const headings[] = {"RIG", "CONDITION", "FREE FROM", "TITLE"};
    struct columns columns;
    columns_init(&columns, 4, headings);
    for (size_t i = 0; i < list->n_rigs; i++) {
        const Labgate__RigSummary *rig = list->rigs[i];
        struct text status = {0};
        enum style style = status_describe(rig->status, &status);
        columns_add(&columns, STYLE_STRONG, "%s", rig->name);
        columns_add(&columns, style, "%s", text_get(&status));
        add_free(&columns, rig, now);
        columns_add(&columns, STYLE_PLAIN, "%s", title_of(cli, rig->title, rig->title_zh));
        text_finish(&status);
    }
    columns_print(&columns, cli, 0);
    for (size_t i = 0; i < list->n_rigs; i++)
        if (list->rigs[i]->status && list->rigs[i]->status->why[0])
            say_styled(cli, STYLE_WARNING, "%s: %s", list->rigs[i]->name, list->rigs[i]->status->why);
    for (size_t i = 0; i < list->n_rigs; i++)
        if (list->rigs[i]->status && list->rigs[i]->status->proof && list->rigs[i]->status->proof->overdue)
            say_styled(cli, STYLE_WARNING, "%s: %s", list->rigs[i]->name, list->rigs[i]->status->proof->why);
    if (list->n_rigs == 0)
        say(cli, "no rigs");
}

static int run_rigs(struct cli *cli, const struct arguments *arguments)
{
    const char *capability = arguments_option(arguments, "capability");
    Labgate__Rigs rigs = LABGATE__RIGS__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    rigs.capability = (char *)(capability ? capability : "");
    request.body_case = LABGATE__REQUEST__BODY_RIGS;
    request.rigs = &rigs;
    int result = cli_require_login(cli);
    if (result == CLI_OK)
        result = cli_call(cli, &request, "list the rigs", LABGATE__ANSWER__BODY_RIGS, &answer);
    if (result != CLI_OK)
        return result;
    if (cli->json_wanted) {
        json_open_array(&cli->json, NULL);
        for (size_t i = 0; i < answer->rigs->n_rigs; i++)
            summary_json(&cli->json, NULL, answer->rigs->rigs[i]);
        json_close_array(&cli->json);
    } else {
        print_rigs(cli, answer->rigs, answer->wall ? (int64_t)answer->wall : times_now_ms());
    }
    client_free(answer);
    return CLI_OK;
}

static void point_row_json(struct json *json, const Labgate__Point *point, const Labgate__Value *value)
{
    struct text range = {0};
    json_open_object(json, NULL);
    json_string(json, "name", point->name);
    json_string(json, "title", point->title);
    json_string(json, "title_zh", point->title_zh);
    json_string(json, "type", type_name(point->type));
    json_string(json, "unit", point->unit);
    json_boolean(json, "output", point->output);
    point_describe_range(point, &range);
    json_string(json, "range", text_get(&range));
    text_finish(&range);
    json_number(json, "minimum", point->minimum);
    json_number(json, "maximum", point->maximum);
    if (point->output)
        point_json_number(json, "safe", point, point->safe, NULL);
    if (point->readback[0])
        json_string(json, "readback", point->readback);
    if (value && value->time)
        point_json_number(json, "value", point, value->number, value->text);
    else
        json_null(json, "value");
    json_string(json, "quality", value ? quality_name(value->quality) : "bad");
    json_close_object(json);
}

void cli_json_stays_on(struct cli *cli, uint64_t stays_on)
{
    if (stays_on == INT64_MAX)
        json_null(&cli->json, "stays_on");
    else
        json_number(&cli->json, "stays_on", (double)stays_on / 1e9);
}

static void detail_json(struct cli *cli, const Labgate__RigDetail *rig)
{
    struct json *json = &cli->json;
    json_open_object(json, NULL);
    summary_json(json, "rig", rig->rig);
    cli_json_stays_on(cli, rig->stays_on);
    json_string(json, "undropped", rig->undropped);
    json_open_array(json, "points");
    for (size_t i = 0; i < rig->n_points; i++)
        point_row_json(json, rig->points[i], point_value(rig->points[i], rig->values, rig->n_values));
    json_close_array(json);
    json_open_array(json, "waveforms");
    for (size_t i = 0; i < rig->n_waveforms; i++) {
        json_open_object(json, NULL);
        json_string(json, "name", rig->waveforms[i]->name);
        json_string(json, "title", rig->waveforms[i]->title);
        json_string(json, "unit", rig->waveforms[i]->unit);
        json_close_object(json);
    }
    json_close_array(json);
    json_open_array(json, "interlocks");
    for (size_t i = 0; i < rig->n_interlocks; i++) {
        json_open_object(json, NULL);
        json_string(json, "kind", rig->interlocks[i]->kind);
        json_string(json, "name", rig->interlocks[i]->name);
        json_string(json, "text", rig->interlocks[i]->text);
        json_close_object(json);
    }
    json_close_array(json);
    json_close_object(json);
}

static void print_points(struct cli *cli, const Labgate__RigDetail *rig)
{
    static const char *const headings[] = {"POINT", ">VALUE", "QUALITY", "", "RANGE", "TITLE"};
    struct columns columns;
    columns_init(&columns, 6, headings);
    for (size_t i = 0; i < rig->n_points; i++) {
        const Labgate__Point *point = rig->points[i];
        const Labgate__Value *value = point_value(point, rig->values, rig->n_values);
        Labgate__Quality quality = value ? value->quality : LABGATE__QUALITY__BAD;
        struct text shown = {0}, range = {0};
        point_format_value(point, value, true, &shown);
        if (point->output)
            point_describe_range(point, &range);
        columns_add(&columns, STYLE_STRONG, "%s", point->name);
        columns_add(&columns, STYLE_PLAIN, "%s", text_get(&shown));
        columns_add(&columns, quality_style(quality), "%s", quality_name(quality));
        columns_add(&columns, STYLE_FAINT, "%s", point->output ? "set" : "read");
        columns_add(&columns, STYLE_PLAIN, "%s", text_get(&range));
        columns_add(&columns, STYLE_PLAIN, "%s", title_of(cli, point->title, point->title_zh));
        text_finish(&shown);
        text_finish(&range);
    }
    columns_print(&columns, cli, 0);
}

static void print_rules(struct cli *cli, const Labgate__RigDetail *rig)
{
    static const char *const headings[] = {"WAVEFORM", "UNIT", "TITLE"}, *const rules[] = {"RULE", "NAME",
                                                                                           "TEXT"};
    struct columns columns;
    columns_init(&columns, 3, headings);
    for (size_t i = 0; i < rig->n_waveforms; i++) {
        columns_add(&columns, STYLE_STRONG, "%s", rig->waveforms[i]->name);
        columns_add(&columns, STYLE_PLAIN, "%s", rig->waveforms[i]->unit);
        columns_add(&columns, STYLE_PLAIN, "%s",
                    title_of(cli, rig->waveforms[i]->title, rig->waveforms[i]->title_zh));
    }
    if (rig->n_waveforms) {
        say(cli, "%s", "");
        columns_print(&columns, cli, 0);
    }
    columns_init(&columns, 3, rules);
    for (size_t i = 0; i < rig->n_interlocks; i++) {
        columns_add(&columns, STYLE_FAINT, "%s", rig->interlocks[i]->kind);
        columns_add(&columns, STYLE_STRONG, "%s", rig->interlocks[i]->name);
        columns_add(&columns, STYLE_PLAIN, "%s", rig->interlocks[i]->text);
    }
    if (rig->n_interlocks) {
        say(cli, "%s", "");
        columns_print(&columns, cli, 0);
    }
}

static void print_bypasses(struct cli *cli, const Labgate__RigStatus *status)
{
    char when[TIMES_TEXT];
    for (size_t i = 0; status && i < status->n_bypasses; i++)
        say_styled(cli, STYLE_BAD, "%s is bypassed until %s: %s", status->bypasses[i]->rule,
                   times_local_short((int64_t)status->bypasses[i]->until, when), status->bypasses[i]->reason);
    if (status && status->proof && status->proof->overdue)
        say_styled(cli, STYLE_WARNING, "%s", status->proof->why);
    else if (status && status->proof)
        say(cli, "proof test passed, by %s; due again %s", status->proof->by,
            times_local_short((int64_t)status->proof->due, when));
}

static void print_status(struct cli *cli, const Labgate__RigSummary *rig)
{
    const Labgate__RigStatus *status = rig->status;
    struct text line = {0};
    char when[TIMES_TEXT];
    enum style style = status_describe(status, &line);
    say_styled(cli, STYLE_STRONG, "%s  %s", rig->name, title_of(cli, rig->title, rig->title_zh));
    if (rig->practice_of[0])
        say_styled(cli, STYLE_WARNING, "a simulation of %s: nothing real moves", rig->practice_of);
    say_styled(cli, style, "%s", text_get(&line));
    text_finish(&line);
    if (rig->practice)
        say(cli, "%" PRIu32 " of %" PRIu32 " simulators are free: labctl practise %s",
            rig->practice->available, rig->practice->at_most, rig->name);
    if (status && status->why[0])
        say_styled(cli, STYLE_WARNING, "%s", status->why);
    print_bypasses(cli, status);
    if (!status || !status->session)
        return;
    say(cli, "session %" PRIu64 " until %s%s%s, %" PRIu32 " watching", status->session,
        times_local_short((int64_t)status->ends, when), status->controller_name[0] ? ", in control: " : "",
        status->controller_name, status->spectators);
    for (size_t i = 0; i < status->n_seats; i++)
        say(cli, "  seat %" PRIu32 "  %s  %s%s", status->seats[i]->id, status->seats[i]->kind,
            status->seats[i]->name, status->seats[i]->present ? "" : " (not heard)");
}

void cli_say_stays_on(struct cli *cli, uint64_t stays_on, const char *undropped)
{
    char longest[TIMES_TEXT];
    if (stays_on == INT64_MAX)
        say(cli, "if its line is lost, outputs may stay on without bound%s%s",
            undropped[0] ? ": nothing drops " : "", undropped);
    else if (stays_on)
        say(cli, "if its line is lost, outputs may stay on up to %s",
            times_duration((int64_t)stays_on, longest));
}

static int run_show(struct cli *cli, const struct arguments *arguments)
{
    Labgate__Answer *answer;
    int result = cli_require_login(cli);
    if (result == CLI_OK)
        result = cli_show(cli, arguments->words[0], &answer);
    if (result != CLI_OK)
        return result;
    if (cli->json_wanted) {
        detail_json(cli, answer->show);
    } else {
        print_status(cli, answer->show->rig);
        cli_say_stays_on(cli, answer->show->stays_on, answer->show->undropped);
        say(cli, "%s", "");
        print_points(cli, answer->show);
        print_rules(cli, answer->show);
    }
    client_free(answer);
    return CLI_OK;
}

static const struct option_row rigs_options[] = {
    {"capability", "NAME", "only rigs that share this capability"},
    {NULL,         NULL,   NULL                                  },
};

const struct command command_rigs = {
    .name = "rigs",
    .group = GROUP_TIMETABLE,
    .arguments = "",
    .summary = "list the rigs, what they are doing, and from when they are free",
    .options = rigs_options,
    .examples = "labctl rigs\nlabctl rigs --capability process-control --json",
    .run = run_rigs,
};

const struct command command_show = {
    .name = "show",
    .group = GROUP_TIMETABLE,
    .arguments = "RIG",
    .least = 1,
    .most = 1,
    .summary = "show a rig: state, seats, points with values and ranges, waveforms, interlocks",
    .examples = "labctl show tank-1",
    .run = run_show,
};
