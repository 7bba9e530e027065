/* extend, shorten, transfer, move, approve, decline. */
#include "gateway/cli/bookings.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/times.h"

#include <inttypes.h>

static int change(struct cli *cli, Labgate__ChangeBooking *wanted, const char *number, const char *verb)
{
    Labgate__Request request = LABGATE__REQUEST__INIT;
    struct text attempt = {0};
    int result = bookings_number(cli, BOOKINGS_BOOKING, number, &wanted->booking);
    if (result != CLI_OK)
        return result;
    request.body_case = LABGATE__REQUEST__BODY_CHANGE_BOOKING;
    request.change_booking = wanted;
    text_add_format(&attempt, "%s booking %" PRIu64, verb, wanted->booking);
    result = bookings_ask(cli, &request, text_get(&attempt));
    text_finish(&attempt);
    return result;
}

static int change_end(struct cli *cli, const struct arguments *arguments, Labgate__ChangeBooking__Kind kind,
                      const char *verb)
{
    Labgate__ChangeBooking wanted = LABGATE__CHANGE_BOOKING__INIT;
    int64_t now = 0, ends = 0;
    int result = cli_require_login(cli);
    if (result == CLI_OK)
        result = bookings_now(cli, &now);
    if (result == CLI_OK)
        result = bookings_instant(cli, "TIME", arguments->words[1], now, &ends);
    if (result != CLI_OK)
        return result;
    wanted.kind = kind;
    wanted.ends = (uint64_t)ends;
    return change(cli, &wanted, arguments->words[0], verb);
}

static int run_extend(struct cli *cli, const struct arguments *arguments)
{
    return change_end(cli, arguments, LABGATE__CHANGE_BOOKING__KIND__EXTEND, "extend");
}

static int run_shorten(struct cli *cli, const struct arguments *arguments)
{
    return change_end(cli, arguments, LABGATE__CHANGE_BOOKING__KIND__SHORTEN, "shorten");
}

static int run_transfer(struct cli *cli, const struct arguments *arguments)
{
    Labgate__ChangeBooking wanted = LABGATE__CHANGE_BOOKING__INIT;
    const char *group = arguments_option(arguments, "group");
    int result = cli_require_login(cli);
    if (result != CLI_OK)
        return result;
    wanted.kind = LABGATE__CHANGE_BOOKING__KIND__TRANSFER;
    wanted.to = (char *)arguments->words[1];
    wanted.group = (char *)(group ? group : "");
    return change(cli, &wanted, arguments->words[0], "transfer");
}

/* What is not said stays as it is: the gateway knows it. */
static int read_place(struct cli *cli, const struct arguments *arguments, Labgate__ChangeBooking *wanted)
{
    const char *rig = arguments_option(arguments, "rig"), *until = arguments_option(arguments, "until");
    const char *from = arguments->count > 1 ? arguments->words[1] : NULL;
    int64_t now = 0, starts = 0, ends = 0;
    if (!rig && !from && !until)
        return fail(cli, CLI_USAGE, "say where to: another TIME, --until TIME or --rig RIG");
    int result = bookings_now(cli, &now);
    if (result == CLI_OK && from)
        result = bookings_instant(cli, "TIME", from, now, &starts);
    if (result == CLI_OK && until)
        result = bookings_instant(cli, "--until", until, from ? starts : now, &ends);
    wanted->starts = (uint64_t)starts;
    wanted->ends = (uint64_t)ends;
    wanted->rig = (char *)(rig ? rig : "");
    return result;
}

static int run_move(struct cli *cli, const struct arguments *arguments)
{
    Labgate__ChangeBooking wanted = LABGATE__CHANGE_BOOKING__INIT;
    int result = cli_require_login(cli);
    if (result == CLI_OK)
        result = bookings_read_also(cli, arguments);
    if (result == CLI_OK)
        result = read_place(cli, arguments, &wanted);
    wanted.kind = LABGATE__CHANGE_BOOKING__KIND__MOVE;
    if (result == CLI_OK)
        result = change(cli, &wanted, arguments->words[0], "move");
    bookings_finish_also(cli);
    return result;
}

static int run_approve(struct cli *cli, const struct arguments *arguments)
{
    Labgate__ChangeBooking wanted = LABGATE__CHANGE_BOOKING__INIT;
    int result = cli_require_login(cli);
    if (result != CLI_OK)
        return result;
    bool decline = arguments_flag(arguments, "decline");
    wanted.kind = decline ? LABGATE__CHANGE_BOOKING__KIND__DECLINE : LABGATE__CHANGE_BOOKING__KIND__APPROVE;
    return change(cli, &wanted, arguments->words[0], decline ? "decline" : "approve");
}

static const struct option_row transfer_options[] = {
    {"group", "GROUP", "whom it is for then (default: the other person's group)"},
    {NULL,    NULL,    NULL                                                     },
};

static const struct option_row move_options[] = {
    {"rig",   "RIG",  "to this rig (default: the one that it is on)"     },
    {"until", "TIME", "it ends then (default: it stays as long as it is)"},
    {"also",  "ZONE", "show times in this zone, too: Asia/Urumqi"        },
    {NULL,    NULL,   NULL                                               },
};

static const struct option_row approve_options[] = {
    {"decline", NULL, "cancel it instead"},
    {NULL,      NULL, NULL               },
};

const struct command command_extend = {
    .name = "extend",
    .group = GROUP_TIMETABLE,
    .arguments = "BOOKING TIME",
    .least = 2,
    .most = 2,
    .summary = "let a booking end later, while nobody waits and the time is free",
    .examples = "labctl extend 17 +30m",
    .run = run_extend,
};

const struct command command_shorten = {
    .name = "shorten",
    .group = GROUP_TIMETABLE,
    .arguments = "BOOKING TIME",
    .least = 2,
    .most = 2,
    .summary = "let a booking end earlier; others can have the rest",
    .run = run_shorten,
};

const struct command command_transfer = {
    .name = "transfer",
    .group = GROUP_TIMETABLE,
    .arguments = "BOOKING NAME",
    .least = 2,
    .most = 2,
    .summary = "hand a booking that has not begun to somebody else",
    .options = transfer_options,
    .run = run_transfer,
};

const struct command command_move = {
    .name = "move",
    .group = GROUP_TIMETABLE,
    .arguments = "BOOKING [TIME]",
    .least = 1,
    .most = 2,
    .summary = "put a booking that has not begun at another time or on another rig (scheduler, technician)",
    .text = "It begins at TIME (default: when it does now). It keeps its place until it has the new one; who "
            "holds it and takes part is told. A no says what is free instead.",
    .options = move_options,
    .examples = "labctl move 17 \"2026-11-24 10:00\"\nlabctl move 17 --rig tank-2",
    .run = run_move,
};

const struct command command_approve = {
    .name = "approve",
    .group = GROUP_TIMETABLE,
    .arguments = "BOOKING",
    .least = 1,
    .most = 1,
    .summary = "approve a booking that waits for it (staff)",
    .options = approve_options,
    .run = run_approve,
};
