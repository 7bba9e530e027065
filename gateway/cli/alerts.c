/* alerts: what staff must know at once. */
#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/times.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>

#define SOCKET_POLL_MS 1000

static void tell(struct cli *cli, const Labgate__Alert *alert)
{
    if (cli->json_wanted) {
        json_open_object(&cli->json, NULL);
        json_unsigned(&cli->json, "number", alert->number);
        json_instant(&cli->json, "time", (int64_t)alert->wall);
        json_string(&cli->json, "rig", alert->rig);
        json_string(&cli->json, "text", alert->text);
        json_close_object(&cli->json);
        return;
    }
    char when[TIMES_TEXT];
    say_styled(cli, STYLE_BAD, "%s  %s%s%s", times_local((int64_t)alert->wall, when), alert->rig,
               alert->rig[0] ? ": " : "", alert->text);
}

struct alerts_order {
    uint64_t after, boot;
    bool follow;
};

static int ask(struct cli *cli, struct alerts_order *order)
{
    Labgate__Alerts alerts = LABGATE__ALERTS__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    alerts.after = order->after;
    alerts.wait = order->follow && order->boot;
    request.body_case = LABGATE__REQUEST__BODY_ALERTS;
    request.alerts = &alerts;
    int result = cli_call(cli, &request, "read the alerts", LABGATE__ANSWER__BODY_ALERTS, &answer);
    if (result != CLI_OK)
        return result;
    bool restarted = order->boot && order->boot != answer->boot;
    for (size_t i = 0; !restarted && i < answer->alerts->n_alerts; i++)
        tell(cli, answer->alerts->alerts[i]);
    fflush(stdout);
    order->after = restarted ? 0 : answer->alerts->next;
    order->boot = answer->boot;
    client_free(answer);
    return CLI_OK;
}

static int run_alerts(struct cli *cli, const struct arguments *arguments)
{
    struct alerts_order order = {.follow = arguments_flag(arguments, "follow")};
    int result = cli_require_login(cli);
    if (result != CLI_OK)
        return result;
    interruption_catch();
    do {
        result = ask(cli, &order);
        if (order.follow && cli->use_socket && result == CLI_OK)
            poll(NULL, 0, SOCKET_POLL_MS);
    } while (order.follow && result == CLI_OK && !interruption_seen());
    interruption_release();
    return result;
}

static const struct option_row alerts_options[] = {
    {"follow", NULL, "go on as they come, until Ctrl-C"},
    {NULL,     NULL, NULL                              },
};

const struct command command_alerts = {
    .name = "alerts",
    .group = GROUP_STAFF,
    .arguments = "",
    .summary =
        "show what staff must know at once: trips, e-stops, quarantines, lost instruments, a full disk",
    .text =
        "The newest since the gateway's start, and with --follow each as it comes. A program can read them "
        "from there\nand write to whoever is on duty; with --socket it needs no login.",
    .options = alerts_options,
    .examples = "labctl alerts --follow",
    .run = run_alerts,
};
