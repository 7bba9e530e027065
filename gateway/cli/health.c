/* health: of all lines, or of what a rig stands on, with its reaction times. */
#include "gateway/cli/columns.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/times.h"

#include <inttypes.h>

#define NO_BOUND ((uint64_t)INT64_MAX)

/* ---- for programs ---------------------------------------------------------------------------- */

static void failures_json(struct json *json, const char *key, const Labgate__Failures *failures)
{
    json_open_object(json, key);
    if (failures) {
        json_unsigned(json, "timeouts", failures->timeouts);
        json_unsigned(json, "garbled", failures->garbled);
        json_unsigned(json, "rejected", failures->rejected);
        json_unsigned(json, "disconnected", failures->disconnected);
    }
    json_close_object(json);
}

/* Seconds since then; null: never. */
static void age_json(struct json *json, uint64_t then, uint64_t now)
{
    if (then)
        json_number(json, "last_reply", (double)(int64_t)(now - then) / 1e9);
    else
        json_null(json, "last_reply");
}

static void instrument_json(struct json *json, const Labgate__InstrumentHealth *instrument, uint64_t now)
{
    json_open_object(json, NULL);
    json_string(json, "rig", instrument->rig);
    json_string(json, "name", instrument->name);
    json_string(json, "profile", instrument->profile);
    json_boolean(json, "up", instrument->up);
    json_string(json, "why", instrument->why);
    age_json(json, instrument->last_reply, now);
    json_unsigned(json, "transactions", instrument->transactions);
    json_number(json, "per_second", instrument->rate);
    failures_json(json, "failures", instrument->failures);
    failures_json(json, "recent", instrument->recent);
    json_close_object(json);
}

static void link_json(struct json *json, const Labgate__LinkHealth *link, uint64_t now)
{
    json_open_object(json, NULL);
    json_string(json, "name", link->name);
    json_boolean(json, "open", link->open);
    json_unsigned(json, "transactions", link->transactions);
    json_number(json, "per_second", link->rate);
    json_unsigned(json, "timeouts", link->timeouts);
    json_unsigned(json, "garbled", link->garbled);
    json_unsigned(json, "rejected", link->rejected);
    json_unsigned(json, "disconnected", link->disconnected);
    json_unsigned(json, "unopened", link->unopened);
    json_unsigned(json, "reconnects", link->reconnects);
    json_unsigned(json, "recoveries", link->recoveries);
    json_number(json, "load", link->load);
    json_number(json, "recent_load", link->recent_load);
    json_number(json, "planned_load", link->planned_load);
    failures_json(json, "recent", link->recent);
    age_json(json, link->last_reply, now);
    json_open_array(json, "instruments");
    for (size_t i = 0; i < link->n_instruments; i++)
        instrument_json(json, link->instruments[i], now);
    json_close_array(json);
    json_close_object(json);
}

/* ms, as labgate check has them; null: no bound. */
static void time_json(struct json *json, const char *key, uint64_t time)
{
    if (time == NO_BOUND)
        json_null(json, key);
    else
        json_number(json, key, (double)time / 1e6);
}

static void reaction_json(struct json *json, const Labgate__Reaction *reaction)
{
    json_open_object(json, NULL);
    json_string(json, "kind", reaction->kind);
    json_string(json, "name", reaction->name);
    json_string(json, "input", reaction->input);
    time_json(json, "total", reaction->total);
    time_json(json, "next_read", reaction->next_read);
    time_json(json, "ahead", reaction->ahead);
    time_json(json, "read", reaction->read);
    time_json(json, "debounce", reaction->debounce);
    time_json(json, "gateway", reaction->gateway);
    time_json(json, "line_free", reaction->line_free);
    time_json(json, "writes", reaction->writes);
    time_json(json, "read_back", reaction->read_back);
    time_json(json, "lost_reply", reaction->lost_reply);
    time_json(json, "unanswered", reaction->unanswered);
    time_json(json, "last_write", reaction->last_write);
    if (reaction->wanted)
        time_json(json, "wanted", reaction->wanted);
    json_boolean(json, "by_age", reaction->by_age);
    json_close_object(json);
}

static void report_json(struct json *json, const Labgate__HealthReport *report, uint64_t now)
{
    json_open_object(json, NULL);
    json_number(json, "window", (double)report->window / 1e9);
    json_open_array(json, "links");
    for (size_t i = 0; i < report->n_links; i++)
        link_json(json, report->links[i], now);
    json_close_array(json);
    json_open_array(json, "reactions");
    for (size_t i = 0; i < report->n_reactions; i++)
        reaction_json(json, report->reactions[i]);
    json_close_array(json);
    json_open_object(json, "counters");
    for (size_t i = 0; i < report->n_counters; i++)
        json_unsigned(json, report->counters[i]->name, report->counters[i]->value);
    json_close_object(json);
    json_close_object(json);
}

/* ---- for people ------------------------------------------------------------------------------ */

static void add_count(struct columns *columns, uint64_t count)
{
    columns_add(columns, count ? STYLE_WARNING : STYLE_PLAIN, "%" PRIu64, count);
}

static void add_age(struct columns *columns, uint64_t then, uint64_t now)
{
    char text[TIMES_TEXT];
    int64_t age = (int64_t)(now - then);
    if (!then)
        columns_add(columns, STYLE_WARNING, "never");
    else if (age < NS_PER_S)
        columns_add(columns, STYLE_PLAIN, "now");
    else
        columns_add(columns, STYLE_PLAIN, "%s ago", times_duration(age / NS_PER_S * NS_PER_S, text));
}

static void print_links(struct cli *cli, const Labgate__HealthReport *report)
{
    static const char *const headings[] = {"LINK",     ">LOAD",     ">PLAN", ">/S",         ">TIMEOUTS",
                                           ">GARBLED", ">REJECTED", ">LOST", ">RECONNECTS", ">RECOVERIES"};
    struct columns columns;
    columns_init(&columns, 10, headings);
    for (size_t i = 0; i < report->n_links; i++) {
        const Labgate__LinkHealth *link = report->links[i];
        columns_add(&columns, link->open ? STYLE_STRONG : STYLE_WARNING, "%s%s", link->name,
                    link->open ? "" : " (closed)");
        columns_add(&columns, link->recent_load > 0.9 ? STYLE_WARNING : STYLE_PLAIN, "%.0f %%",
                    link->recent_load * 100);
        columns_add(&columns, STYLE_FAINT, "%.0f %%", link->planned_load * 100);
        columns_add(&columns, STYLE_PLAIN, "%.1f", link->rate);
        add_count(&columns, link->timeouts);
        add_count(&columns, link->garbled);
        add_count(&columns, link->rejected);
        add_count(&columns, link->disconnected);
        columns_add(&columns, STYLE_PLAIN, "%" PRIu64, link->reconnects);
        columns_add(&columns, STYLE_PLAIN, "%" PRIu64, link->recoveries);
    }
    columns_print(&columns, cli, 0);
}

static void add_instrument(struct columns *columns, const Labgate__InstrumentHealth *instrument, uint64_t now)
{
    const Labgate__Failures none = LABGATE__FAILURES__INIT;
    const Labgate__Failures *failures = instrument->failures ? instrument->failures : &none;
    const Labgate__Failures *recent = instrument->recent ? instrument->recent : &none;
    columns_add(columns, STYLE_STRONG, "%s.%s", instrument->rig, instrument->name);
    columns_add(columns, instrument->up ? STYLE_PLAIN : STYLE_BAD, "%s", instrument->up ? "answers" : "lost");
    add_age(columns, instrument->last_reply, now);
    columns_add(columns, STYLE_PLAIN, "%.1f", instrument->rate);
    add_count(columns, failures->timeouts);
    add_count(columns, failures->garbled);
    add_count(columns, failures->rejected);
    add_count(columns, failures->disconnected);
    add_count(columns, recent->timeouts + recent->garbled + recent->rejected + recent->disconnected);
}

static void print_instruments(struct cli *cli, const Labgate__HealthReport *report, uint64_t now)
{
    static const char *const headings[] = {"INSTRUMENT", "STATE",     ">LAST REPLY",
                                           ">/S",        ">TIMEOUTS", ">GARBLED",
                                           ">REJECTED",  ">LOST",     ">LAST MINUTE"};
    struct columns columns;
    columns_init(&columns, 9, headings);
    for (size_t i = 0; i < report->n_links; i++)
        for (size_t j = 0; j < report->links[i]->n_instruments; j++)
            add_instrument(&columns, report->links[i]->instruments[j], now);
    say(cli, "%s", "");
    columns_print(&columns, cli, 0);
    for (size_t i = 0; i < report->n_links; i++)
        for (size_t j = 0; j < report->links[i]->n_instruments; j++)
            if (report->links[i]->instruments[j]->why[0])
                say_styled(cli, STYLE_WARNING, "%s.%s: %s", report->links[i]->instruments[j]->rig,
                           report->links[i]->instruments[j]->name, report->links[i]->instruments[j]->why);
}

static void add_time(struct columns *columns, enum style style, uint64_t time)
{
    if (time == NO_BOUND)
        columns_add(columns, STYLE_WARNING, "no bound");
    else if (time)
        columns_add(columns, style, "%.1f ms", (double)time / 1e6);
    else
        columns_add(columns, STYLE_FAINT, "-");
}

static void print_reactions(struct cli *cli, const Labgate__HealthReport *report)
{
    static const char *const headings[] = {"RULE",        "KIND",        ">WORST",  ">READ BACK",
                                           ">REPLY LOST", ">UNANSWERED", ">WANTED", "INPUT"};
    struct columns columns;
    columns_init(&columns, 8, headings);
    for (size_t i = 0; i < report->n_reactions; i++) {
        const Labgate__Reaction *reaction = report->reactions[i];
        columns_add(&columns, STYLE_STRONG, "%s", reaction->name[0] ? reaction->name : reaction->kind);
        columns_add(&columns, STYLE_FAINT, "%s", reaction->kind);
        add_time(&columns, STYLE_PLAIN, reaction->total);
        add_time(&columns, STYLE_FAINT, reaction->read_back);
        add_time(&columns, STYLE_FAINT, reaction->lost_reply);
        add_time(&columns, STYLE_FAINT, reaction->unanswered);
        add_time(&columns, STYLE_PLAIN, reaction->wanted);
        columns_add(&columns, STYLE_FAINT, "%s", reaction->input);
    }
    if (!report->n_reactions)
        return;
    say(cli, "%s", "");
    columns_print(&columns, cli, 0);
}

static void print_counters(struct cli *cli, const Labgate__HealthReport *report)
{
    static const char *const headings[] = {"COUNTER", ">VALUE"};
    struct columns columns;
    columns_init(&columns, 2, headings);
    for (size_t i = 0; i < report->n_counters; i++) {
        columns_add(&columns, STYLE_STRONG, "%s", report->counters[i]->name);
        columns_add(&columns, STYLE_PLAIN, "%" PRIu64, report->counters[i]->value);
    }
    say(cli, "%s", "");
    columns_print(&columns, cli, 0);
}

static int run_health(struct cli *cli, const struct arguments *arguments)
{
    Labgate__Health health = LABGATE__HEALTH__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    health.rig = (char *)(arguments->count ? arguments->words[0] : "");
    request.body_case = LABGATE__REQUEST__BODY_HEALTH;
    request.health = &health;
    int result = cli_require_login(cli);
    if (result == CLI_OK)
        result = cli_call(cli, &request, "read the lab's health", LABGATE__ANSWER__BODY_HEALTH, &answer);
    if (result != CLI_OK)
        return result;
    if (cli->json_wanted) {
        report_json(&cli->json, answer->health, answer->time);
    } else {
        print_links(cli, answer->health);
        print_instruments(cli, answer->health, answer->time);
        print_reactions(cli, answer->health);
        if (!arguments->count)
            print_counters(cli, answer->health);
    }
    client_free(answer);
    return CLI_OK;
}

const struct command command_health = {
    .name = "health",
    .group = GROUP_STAFF,
    .arguments = "[RIG]",
    .most = 1,
    .summary = "show how the lines, the instruments and the gateway itself are doing",
    .text = "LOAD, /S and LAST MINUTE are of the last minute, what failed counts since the gateway's start. "
            "Of one "
            "rig: its instruments, and the worst reaction times of its rules as labgate check reckons them.",
    .examples = "labctl health\nlabctl health tank-1",
    .run = run_health,
};
