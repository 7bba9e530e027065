/* queue join, wait, leave, take, list. */
#include "gateway/cli/bookings.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/columns.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/grammar.h"
#include "gateway/cli/times.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

static void ticket_json(struct json *json, const Labgate__Ticket *ticket)
{
    json_open_object(json, NULL);
    json_unsigned(json, "ticket", ticket->id);
    json_unsigned(json, "place", ticket->place);
    json_string(json, "rig", ticket->rig);
    json_string(json, "capability", ticket->capability);
    json_string(json, "group", ticket->group);
    json_string(json, "who", ticket->who);
    json_boolean(json, "mine", ticket->mine);
    json_unsigned(json, "length_ms", ticket->length);
    json_instant(json, "until", (int64_t)ticket->until);
    if (ticket->estimate)
        json_instant(json, "estimate", (int64_t)ticket->estimate);
    if (ticket->offered[0]) {
        json_string(json, "offered", ticket->offered);
        json_instant(json, "take_until", (int64_t)ticket->take_until);
    }
    json_close_object(json);
}

static void print_queue(struct cli *cli, const Labgate__QueueList *list)
{
    static const char *const headings[] = {">PLACE", ">TICKET", "WHO",    "WAITS FOR",
                                           "FOR",    "ABOUT",   "OFFERED"};
    struct columns columns;
    columns_init(&columns, 7, headings);
    for (size_t i = 0; i < list->n_tickets; i++) {
        const Labgate__Ticket *ticket = list->tickets[i];
        char text[TIMES_TEXT];
        columns_add(&columns, STYLE_PLAIN, "%" PRIu32, ticket->place);
        columns_add(&columns, STYLE_PLAIN, "%" PRIu64, ticket->id);
        columns_add(&columns, STYLE_PLAIN, "%s", ticket->mine ? "you" : ticket->who);
        columns_add(&columns, STYLE_STRONG, "%s", ticket->rig[0] ? ticket->rig : ticket->capability);
        columns_add(&columns, STYLE_PLAIN, "%s", times_duration((int64_t)ticket->length * NS_PER_MS, text));
        columns_add(&columns, STYLE_PLAIN, "%s",
                    ticket->estimate ? times_local_short((int64_t)ticket->estimate, text) : "not foreseen");
        if (ticket->offered[0])
            columns_add(&columns, STYLE_GOOD, "%s, take it until %s", ticket->offered,
                        times_local_short((int64_t)ticket->take_until, text));
        else
            columns_add(&columns, STYLE_PLAIN, "%s", "");
    }
    columns_print(&columns, cli, 0);
}

static int ask(struct cli *cli, Labgate__Request *request, const char *attempt)
{
    Labgate__Answer *answer;
    int result = cli_call(cli, request, attempt, LABGATE__ANSWER__BODY_QUEUE, &answer);
    if (result != CLI_OK)
        return result;
    if (cli->json_wanted) {
        json_open_array(&cli->json, NULL);
        for (size_t i = 0; i < answer->queue->n_tickets; i++)
            ticket_json(&cli->json, answer->queue->tickets[i]);
        json_close_array(&cli->json);
    } else if (answer->queue->n_tickets)
        print_queue(cli, answer->queue);
    else
        say(cli, "nobody waits");
    client_free(answer);
    return CLI_OK;
}

static int run_list(struct cli *cli, const struct arguments *arguments)
{
    (void)arguments;
    Labgate__Queue queue = LABGATE__QUEUE__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    int result = cli_require_login(cli);
    if (result != CLI_OK)
        return result;
    request.body_case = LABGATE__REQUEST__BODY_QUEUE;
    request.queue = &queue;
    return ask(cli, &request, "read the queue");
}

static int read_enqueue(struct cli *cli, const struct arguments *arguments, Labgate__Enqueue *enqueue)
{
    const char *length = arguments_option(arguments, "for"), *until = arguments_option(arguments, "until");
    const char *capability = arguments_option(arguments, "capability");
    const char *group = arguments_option(arguments, "group");
    int64_t ns = 0, now = 0, last = 0;
    if (!arguments->count == !capability || !length)
        return fail(cli, CLI_USAGE, "say what to wait for, RIG or --capability NAME, and --for how long");
    int result = grammar_duration(cli, "--for", length, &ns);
    if (result == CLI_OK && ns < NS_PER_MS)
        result = fail(cli, CLI_USAGE, "--for %s is no time at all; give a longer one", length);
    if (result == CLI_OK)
        result = cli_require_login(cli);
    if (result == CLI_OK)
        result = bookings_now(cli, &now);
    if (result == CLI_OK)
        result = bookings_instant(cli, "--until", until ? until : "+4h", now, &last);
    enqueue->rig = (char *)(arguments->count ? arguments->words[0] : "");
    enqueue->capability = (char *)(capability ? capability : "");
    enqueue->group = (char *)(group ? group : "");
    enqueue->length = (uint64_t)(ns / NS_PER_MS);
    enqueue->until = (uint64_t)last;
    return result;
}

static int run_join(struct cli *cli, const struct arguments *arguments)
{
    Labgate__Enqueue enqueue = LABGATE__ENQUEUE__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    int result = read_enqueue(cli, arguments, &enqueue);
    if (result != CLI_OK)
        return result;
    request.body_case = LABGATE__REQUEST__BODY_ENQUEUE;
    request.enqueue = &enqueue;
    return ask(cli, &request, "wait in the queue");
}

static int run_leave(struct cli *cli, const struct arguments *arguments)
{
    Labgate__LeaveQueue leave = LABGATE__LEAVE_QUEUE__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    int result = bookings_number(cli, BOOKINGS_TICKET, arguments->words[0], &leave.ticket);
    if (result == CLI_OK)
        result = cli_require_login(cli);
    if (result != CLI_OK)
        return result;
    request.body_case = LABGATE__REQUEST__BODY_LEAVE_QUEUE;
    request.leave_queue = &leave;
    result = cli_call(cli, &request, "leave the queue", LABGATE__ANSWER__BODY__NOT_SET, &answer);
    if (result != CLI_OK)
        return result;
    say(cli, "left the queue");
    client_free(answer);
    return CLI_OK;
}

/* Who has two minutes to take an offer need not look its number up. */
static int find_offered(struct cli *cli, uint64_t *ticket)
{
    Labgate__Queue queue = LABGATE__QUEUE__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    request.body_case = LABGATE__REQUEST__BODY_QUEUE;
    request.queue = &queue;
    int result = cli_call(cli, &request, "read the queue", LABGATE__ANSWER__BODY_QUEUE, &answer);
    if (result != CLI_OK)
        return result;
    for (size_t i = 0; i < answer->queue->n_tickets && !*ticket; i++)
        if (answer->queue->tickets[i]->mine && answer->queue->tickets[i]->offered[0])
            *ticket = answer->queue->tickets[i]->id;
    client_free(answer);
    return *ticket ? CLI_OK
                   : fail(cli, CLI_REFUSED,
                          "nothing is offered to you now; labctl queue wait stays until something is");
}

static int run_take(struct cli *cli, const struct arguments *arguments)
{
    Labgate__TakeOffer take = LABGATE__TAKE_OFFER__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    int result = CLI_OK;
    if (arguments->count)
        result = bookings_number(cli, BOOKINGS_TICKET, arguments->words[0], &take.ticket);
    if (result == CLI_OK)
        result = cli_require_login(cli);
    if (result == CLI_OK && !take.ticket)
        result = find_offered(cli, &take.ticket);
    if (result != CLI_OK)
        return result;
    request.body_case = LABGATE__REQUEST__BODY_TAKE_OFFER;
    request.take_offer = &take;
    return bookings_ask(cli, &request, "take the offer");
}

/* ---- waiting ----------------------------------------------------------------------------------------- */

#define WAIT_PAUSE_MS 3000 /* whoever is not heard is passed over */

#define SOON 60000 /* ms: an estimate that is no further moves along with the clock */

struct wait_order {
    uint64_t ticket; /* 0: any of one's own */
    uint64_t offered;
    char told[2 * TIMES_TEXT]; /* of the place, last */
    bool found;
};

/* What one waits for, as far as it is told: place, and to a minute when. */
static void tell_place(struct cli *cli, const Labgate__Ticket *ticket, struct wait_order *order)
{
    char time[TIMES_TEXT], line[sizeof order->told];
    const char *about = !ticket->estimate ? "not foreseen"
                        : (int64_t)ticket->estimate <= times_now_ms() + SOON
                            ? "any moment"
                            : times_local_short((int64_t)ticket->estimate, time);
    snprintf(line, sizeof line, "place %" PRIu32 ", about %s", ticket->place, about);
    if (strcmp(line, order->told) == 0)
        return;
    memcpy(order->told, line, sizeof line);
    say(cli, "%s", line);
}

static void look(struct cli *cli, const Labgate__QueueList *list, struct wait_order *order)
{
    char text[TIMES_TEXT];
    order->found = false;
    for (size_t i = 0; i < list->n_tickets && !order->offered; i++) {
        const Labgate__Ticket *ticket = list->tickets[i];
        if (!ticket->mine || (order->ticket && ticket->id != order->ticket))
            continue;
        bool first = !order->found;
        order->found = true;
        if (ticket->offered[0]) {
            order->offered = ticket->id;
            if (!cli->json_wanted)
                say_styled(cli, STYLE_GOOD, "%s is kept for you until %s: labctl queue take %" PRIu64,
                           ticket->offered, times_local_short((int64_t)ticket->take_until, text), ticket->id);
            else
                ticket_json(&cli->json, ticket);
        } else if (first && !cli->json_wanted)
            tell_place(cli, ticket, order);
    }
    fflush(stdout);
}

static int wait_for_offer(struct cli *cli, struct wait_order *order)
{
    Labgate__Queue queue = LABGATE__QUEUE__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    request.body_case = LABGATE__REQUEST__BODY_QUEUE;
    request.queue = &queue;
    for (;;) {
        int result = cli_call(cli, &request, "wait in the queue", LABGATE__ANSWER__BODY_QUEUE, &answer);
        if (result != CLI_OK)
            return result;
        look(cli, answer->queue, order);
        client_free(answer);
        if (order->offered)
            return CLI_OK;
        if (!order->found)
            return fail(cli, CLI_FAULT,
                        "you wait for nothing, or no longer: see labctl notices and labctl queue list");
        poll(NULL, 0, WAIT_PAUSE_MS);
        if (interruption_seen())
            return fail(cli, CLI_INTERRUPTED,
                        "interrupted; your place is kept, and passed over while you are not there");
    }
}

static int run_wait(struct cli *cli, const struct arguments *arguments)
{
    struct wait_order order = {0};
    int result = CLI_OK;
    if (arguments->count)
        result = bookings_number(cli, BOOKINGS_TICKET, arguments->words[0], &order.ticket);
    if (result == CLI_OK)
        result = cli_require_login(cli);
    if (result != CLI_OK)
        return result;
    interruption_catch();
    result = wait_for_offer(cli, &order);
    interruption_release();
    return result;
}

static const struct option_row join_options[] = {
    {"for",        "DURATION", "how long you want it"                   },
    {"until",      "TIME",     "wait no longer than that (default: +4h)"},
    {"capability", "NAME",     "instead of a rig: whichever has it"     },
    {"group",      "GROUP",    "whom it is for (default: your group)"   },
    {NULL,         NULL,       NULL                                     },
};

const struct command command_queue_join = {
    .name = "queue join",
    .group = GROUP_TIMETABLE,
    .arguments = "[RIG]",
    .least = 0,
    .most = 1,
    .summary = "wait for time that becomes free",
    .text =
        "Who waits is served by fair share: the school and the group with the least use of late come first.\n"
        "Freed time is offered for a short while: labctl queue take takes it.",
    .options = join_options,
    .examples = "labctl queue join tank-1 --for 30m\n"
                "labctl queue join --capability process-control --for 1h --until 18:00",
    .run = run_join,
};

const struct command command_queue_list = {
    .name = "queue list",
    .group = GROUP_TIMETABLE,
    .arguments = "",
    .summary = "show who waits, in the order in which they are served now, and about when",
    .run = run_list,
};

const struct command command_queue_wait = {
    .name = "queue wait",
    .group = GROUP_TIMETABLE,
    .arguments = "[TICKET]",
    .least = 0,
    .most = 1,
    .summary = "stay until something is offered to you",
    .text = "Offers go to who is there: whoever says nothing for a minute (the laboratory may have set "
            "another time) is "
            "passed\nover and keeps their place. This command, notices --follow, watch and an open page are "
            "there.",
    .examples = "labctl queue join tank-1 --for 30m && labctl queue wait",
    .run = run_wait,
};

const struct command command_queue_leave = {
    .name = "queue leave",
    .group = GROUP_TIMETABLE,
    .arguments = "TICKET",
    .least = 1,
    .most = 1,
    .summary = "give a place in the queue back, and what is offered to it",
    .run = run_leave,
};

const struct command command_queue_take = {
    .name = "queue take",
    .group = GROUP_TIMETABLE,
    .arguments = "[TICKET]",
    .least = 0,
    .most = 1,
    .summary = "take what is offered: it becomes a booking",
    .text = "Without a TICKET the first of your places that something is offered to.",
    .run = run_take,
};
