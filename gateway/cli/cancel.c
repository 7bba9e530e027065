/* cancel: one booking, several, or all that were booked together. */
#include "gateway/cli/bookings.h"
#include "gateway/cli/commands.h"

#include <inttypes.h>
#include <stdlib.h>

struct numbers {
    uint64_t *list;
    size_t count, room;
};

static void add(struct numbers *numbers, uint64_t number)
{
    for (size_t i = 0; i < numbers->count; i++)
        if (numbers->list[i] == number)
            return;
    if (numbers->count == numbers->room) {
        size_t room = numbers->room ? 2 * numbers->room : 16;
        uint64_t *grown = require_memory(room, sizeof *grown);
        for (size_t i = 0; i < numbers->count; i++)
            grown[i] = numbers->list[i];
        free(numbers->list);
        numbers->list = grown;
        numbers->room = room;
    }
    numbers->list[numbers->count++] = number;
}

static bool is_to_come(const Labgate__Booking *booking)
{
    return booking->state == LABGATE__BOOKING_STATE__CONFIRMED ||
           booking->state == LABGATE__BOOKING_STATE__PENDING;
}

typedef void looker(void *context, const Labgate__Booking *booking);

/* What has not ended, page by page. */
static int read_bookings(struct cli *cli, looker *look_at, void *context)
{
    Labgate__Bookings bookings = LABGATE__BOOKINGS__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    int64_t now = 0;
    int result = bookings_now(cli, &now);
    bookings.from = (uint64_t)now;
    bookings.everyone = true;
    request.body_case = LABGATE__REQUEST__BODY_BOOKINGS;
    request.bookings = &bookings;
    for (bool more = true; more && result == CLI_OK;) {
        Labgate__Answer *answer;
        result = cli_call(cli, &request, "list bookings", LABGATE__ANSWER__BODY_BOOKINGS, &answer);
        if (result != CLI_OK)
            break;
        const Labgate__BookingList *list = answer->bookings;
        for (size_t i = 0; i < list->n_bookings; i++)
            look_at(context, list->bookings[i]);
        more = list->more && list->n_bookings > 0;
        if (more)
            bookings.after = list->bookings[list->n_bookings - 1]->id;
        client_free(answer);
    }
    return result;
}

/* First which bundles are meant, then what is in them. */
struct together {
    struct numbers *numbers, bundles;
    bool find_bundles;
    bool mine; /* whoever cancels their own has no say in the rest of a class */
};

static void look(void *context, const Labgate__Booking *booking)
{
    struct together *together = context;
    const struct numbers *wanted = together->find_bundles ? together->numbers : &together->bundles;
    uint64_t number = together->find_bundles ? booking->id : booking->bundle;
    bool counts = together->find_bundles || (is_to_come(booking) && (booking->mine || !together->mine));
    if (!booking->bundle || !counts)
        return;
    for (size_t i = 0; i < wanted->count; i++)
        if (wanted->list[i] == number) {
            together->mine |= together->find_bundles && booking->mine;
            add(together->find_bundles ? &together->bundles : together->numbers,
                together->find_bundles ? booking->bundle : booking->id);
            return;
        }
}

static int add_together(struct cli *cli, struct numbers *numbers)
{
    struct together together = {.numbers = numbers, .find_bundles = true};
    int result = read_bookings(cli, look, &together);
    together.find_bundles = false;
    if (result == CLI_OK && together.bundles.count)
        result = read_bookings(cli, look, &together);
    free(together.bundles.list);
    return result;
}

static int cancel(struct cli *cli, uint64_t number)
{
    Labgate__Cancel cancel = LABGATE__CANCEL__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    struct text attempt = {0};
    cancel.booking = number;
    request.body_case = LABGATE__REQUEST__BODY_CANCEL;
    request.cancel = &cancel;
    text_add_format(&attempt, "cancel booking %" PRIu64, number);
    int result = bookings_ask(cli, &request, text_get(&attempt));
    text_finish(&attempt);
    return result;
}

/* What one no says of one booking says nothing of the others; a gateway that does not answer does. */
static int cancel_all(struct cli *cli, const struct numbers *numbers)
{
    int result = CLI_OK;
    size_t done = 0;
    for (size_t i = 0; i < numbers->count && (result == CLI_OK || result == CLI_REFUSED); i++) {
        int one = cancel(cli, numbers->list[i]);
        done += one == CLI_OK;
        if (one != CLI_OK)
            result = one;
    }
    if (result != CLI_OK && numbers->count > 1)
        warn(cli, "%zu of %zu bookings are cancelled", done, numbers->count);
    return result;
}

static int run_cancel(struct cli *cli, const struct arguments *arguments)
{
    struct numbers numbers = {0};
    int result = CLI_OK;
    for (int i = 0; i < arguments->count && result == CLI_OK; i++) {
        uint64_t number = 0;
        result = bookings_number(cli, BOOKINGS_BOOKING, arguments->words[i], &number);
        if (result == CLI_OK)
            add(&numbers, number);
    }
    if (result == CLI_OK)
        result = cli_require_login(cli);
    if (result == CLI_OK && arguments_flag(arguments, "together"))
        result = add_together(cli, &numbers);
    if (result == CLI_OK)
        result = cancel_all(cli, &numbers);
    free(numbers.list);
    return result;
}

static const struct option_row cancel_options[] = {
    {"together", NULL, "also what was booked together with it and has not begun: every week, a whole course"},
    {NULL,       NULL, NULL                                                                                 },
};

const struct command command_cancel = {
    .name = "cancel",
    .group = GROUP_TIMETABLE,
    .arguments = "BOOKING...",
    .least = 1,
    .most = -1,
    .summary = "cancel bookings by their numbers",
    .text = "Each is cancelled by itself: one that cannot be keeps none of the others. With --together, "
            "whose own "
            "booking it is cancels only their own.",
    .options = cancel_options,
    .examples = "labctl cancel 17\n"
                "labctl cancel 11 --together",
    .run = run_cancel,
};
