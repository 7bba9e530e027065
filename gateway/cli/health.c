/* health. */
#include "gateway/cli/columns.h"
#include "gateway/cli/commands.h"

#include <inttypes.h>

static void report_json(struct json *json, const Labgate__HealthReport *report)
{
    json_open_object(json, NULL);
    json_open_array(json, "links");
    for (size_t i = 0; i < report->n_links; i++) {
        const Labgate__LinkHealth *link = report->links[i];
        json_open_object(json, NULL);
        json_string(json, "name", link->name);
        json_unsigned(json, "transactions", link->transactions);
        json_unsigned(json, "timeouts", link->timeouts);
        json_unsigned(json, "garbled", link->garbled);
        json_unsigned(json, "rejected", link->rejected);
        json_unsigned(json, "reconnects", link->reconnects);
        json_unsigned(json, "recoveries", link->recoveries);
        json_number(json, "load", link->load);
        json_close_object(json);
    }
    json_close_array(json);
    json_open_object(json, "counters");
    for (size_t i = 0; i < report->n_counters; i++)
        json_unsigned(json, report->counters[i]->name, report->counters[i]->value);
    json_close_object(json);
    json_close_object(json);
}

static void print_report(struct cli *cli, const Labgate__HealthReport *report)
{
    static const char *const headings[] = {"LINK",      ">TRANSACTIONS", ">TIMEOUTS",   ">GARBLED",
                                           ">REJECTED", ">RECONNECTS",   ">RECOVERIES", ">LOAD"};
    struct columns columns;
    columns_init(&columns, 8, headings);
    for (size_t i = 0; i < report->n_links; i++) {
        const Labgate__LinkHealth *link = report->links[i];
        columns_add(&columns, STYLE_STRONG, "%s", link->name);
        columns_add(&columns, STYLE_PLAIN, "%" PRIu64, link->transactions);
        columns_add(&columns, link->timeouts ? STYLE_WARNING : STYLE_PLAIN, "%" PRIu64, link->timeouts);
        columns_add(&columns, link->garbled ? STYLE_WARNING : STYLE_PLAIN, "%" PRIu64, link->garbled);
        columns_add(&columns, STYLE_PLAIN, "%" PRIu64, link->rejected);
        columns_add(&columns, STYLE_PLAIN, "%" PRIu64, link->reconnects);
        columns_add(&columns, STYLE_PLAIN, "%" PRIu64, link->recoveries);
        columns_add(&columns, link->load > 0.9 ? STYLE_WARNING : STYLE_PLAIN, "%.0f %%", link->load * 100);
    }
    columns_print(&columns, cli, 0);
    static const char *const counted[] = {"COUNTER", ">VALUE"};
    columns_init(&columns, 2, counted);
    for (size_t i = 0; i < report->n_counters; i++) {
        columns_add(&columns, STYLE_STRONG, "%s", report->counters[i]->name);
        columns_add(&columns, STYLE_PLAIN, "%" PRIu64, report->counters[i]->value);
    }
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
    if (cli->json_wanted)
        report_json(&cli->json, answer->health);
    else
        print_report(cli, answer->health);
    client_free(answer);
    return CLI_OK;
}

const struct command command_health = {
    .name = "health",
    .group = GROUP_STAFF,
    .arguments = "[RIG]",
    .most = 1,
    .summary = "show how the lines to the instruments and the gateway itself are doing",
    .run = run_health,
};
