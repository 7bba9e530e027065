/* book. */
#include "gateway/cli/bookings.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/school.h"
#include "gateway/cli/times.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- several at once, and every week --- */

struct bundle {
    Labgate__Wish *wishes;
    Labgate__Wish **list;
    size_t count;
    char *party[17]; /* one more than a booking has: the gateway refuses it */
    size_t party_count;
    char *party_words; /* what party points into */
};

static void split_party(const struct arguments *arguments, struct bundle *bundle)
{
    const char *text = arguments_option(arguments, "party");
    char *state = NULL;
    bundle->party_words = require_copy(text);
    for (char *word = strtok_r(bundle->party_words, ",", &state); word && bundle->party_count < 17;
         word = strtok_r(NULL, ",", &state))
        bundle->party[bundle->party_count++] = word;
}

/* Things times weeks. */
static void bundle_make(struct bundle *bundle, const struct arguments *arguments, size_t weeks,
                        const Labgate__Book *first, int64_t starts)
{
    const char *capability = arguments_option(arguments, "capability");
    const char *holder = arguments_option(arguments, "holder");
    size_t things = (size_t)arguments->count + (capability ? 1 : 0);
    bundle->count = things * weeks;
    bundle->wishes = require_memory(bundle->count, sizeof *bundle->wishes);
    bundle->list = require_memory(bundle->count, sizeof *bundle->list);
    split_party(arguments, bundle);
    size_t count = 0;
    for (size_t week = 0; week < weeks; week++)
        for (size_t thing = 0; thing < things; thing++) {
            Labgate__Wish *wish = bundle->list[count] = &bundle->wishes[count];
            count++;
            labgate__wish__init(wish);
            if (thing < (size_t)arguments->count)
                wish->rig = (char *)arguments->words[thing];
            else
                wish->capability = (char *)capability;
            wish->holder = (char *)(holder ? holder : "");
            wish->party = bundle->party;
            wish->n_party = bundle->party_count;
            wish->starts = week ? (uint64_t)times_add_weeks(starts, week) : first->starts;
            wish->ends = week ? (uint64_t)times_add_weeks((int64_t)first->ends, week) : first->ends;
        }
}

static void bundle_finish(struct bundle *bundle)
{
    free(bundle->wishes);
    free(bundle->list);
    free(bundle->party_words);
}

/* --- by the term --- */

struct by_term {
    Labgate__Meetings meetings;
    Labgate__Slot slot, *slots[1];
    struct text weeks;
};

static int read_term(struct cli *cli, const struct arguments *arguments, struct by_term *by_term)
{
    const char *weeks = arguments_option(arguments, "weeks"),
               *weekday = arguments_option(arguments, "weekday");
    const char *periods = arguments_option(arguments, "periods");
    const char *between = arguments_option(arguments, "between");
    labgate__meetings__init(&by_term->meetings);
    labgate__slot__init(&by_term->slot);
    by_term->slots[0] = &by_term->slot;
    by_term->meetings.slots = by_term->slots;
    by_term->meetings.n_slots = 1;
    by_term->meetings.term = (char *)arguments_option(arguments, "term");
    if (!weeks || !weekday || !periods == !between)
        return fail(cli, CLI_USAGE,
                    "--term needs --weeks 1-16, --weekday tue, and --periods 3-4 or --between 14:00-15:30");
    if (arguments_flag(arguments, "from") || arguments_flag(arguments, "for") ||
        arguments_flag(arguments, "until") || arguments_flag(arguments, "weekly"))
        return fail(cli, CLI_USAGE, "--term says when: without --from, --for, --until and --weekly");
    if (!school_weeks(weeks, &by_term->weeks))
        return fail(cli, CLI_USAGE, "--weeks %s: weeks are written like 1-16, odd, or 1-8,10-16", weeks);
    by_term->meetings.weeks = (char *)text_get(&by_term->weeks);
    by_term->slot.weekday = (uint32_t)school_weekday(weekday);
    if (!by_term->slot.weekday)
        return fail(cli, CLI_USAGE, "--weekday %s: weekdays are written like tue, Tuesday, 2, or 星期二",
                    weekday);
    if (periods && !school_periods(periods, &by_term->slot.first_period, &by_term->slot.last_period))
        return fail(cli, CLI_USAGE, "--periods %s: periods are written like 3-4", periods);
    if (between && (!school_times(between, &by_term->slot.from, &by_term->slot.until) ||
                    by_term->slot.from >= by_term->slot.until))
        return fail(cli, CLI_USAGE, "--between %s: times are written like 14:00-15:30", between);
    return CLI_OK;
}

static void tell_fallen(struct cli *cli, const Labgate__BookingList *list)
{
    for (size_t i = 0; i < list->n_fallen_out; i++) {
        const Labgate__FallenOut *one = list->fallen_out[i];
        bool moved = !strcmp(one->result, "moved");
        warn(cli, "week %u: %s %s%s%s", one->week, moved ? "held on the make-up workday" : "nothing on",
             one->date,
             moved         ? ""
             : one->why[0] ? ", "
                           : ", which has another day's classes",
             moved ? "" : title_of(cli, one->why, one->why_zh));
    }
}

/* Who wants it now can wait for it. */
static void tell_queue(struct cli *cli, const Labgate__Book *book, const Labgate__Answer *answer)
{
    const Labgate__Wish *wish = book->n_wishes == 1 && !book->meetings ? book->wishes[0] : NULL;
    bool taken = !strcmp(answer->reason, "overlaps") || !strcmp(answer->reason, "others-wait");
    if (!wish || wish->starts > answer->wall || wish->holder[0] || !taken)
        return;
    int64_t minutes = ((int64_t)wish->ends - (int64_t)wish->starts + 59999) / 60000;
    warn(cli, "or wait for it: labctl queue join %s%s --for %" PRId64 "m",
         wish->rig[0] ? "" : "--capability ", wish->rig[0] ? wish->rig : wish->capability, minutes);
}

static int send_book(struct cli *cli, Labgate__Book *book, const char *what)
{
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    struct text attempt = {0};
    request.body_case = LABGATE__REQUEST__BODY_BOOK;
    request.book = book;
    text_add_format(&attempt, "book %s", what);
    int result = cli_ask(cli, &request, text_get(&attempt), &answer);
    if (result == CLI_OK && !answer->ok) {
        result = bookings_refused(cli, answer, text_get(&attempt));
        tell_queue(cli, book, answer);
    } else if (result == CLI_OK && answer->body_case != LABGATE__ANSWER__BODY_BOOKINGS) {
        result = fail(cli, CLI_FAULT, "cannot %s: the answer has no booking", text_get(&attempt));
    } else if (result == CLI_OK) {
        for (size_t i = 0; i < answer->bookings->n_bookings; i++)
            bookings_tell(cli, answer->bookings->bookings[i]);
        if (answer->bookings->more)
            warn(cli, "... and more: labctl bookings lists them");
        tell_fallen(cli, answer->bookings);
    }
    client_free(answer);
    text_finish(&attempt);
    return result;
}

static int read_weeks(struct cli *cli, const struct arguments *arguments, size_t *weeks)
{
    const char *text = arguments_option(arguments, "weekly");
    uint64_t read = 1;
    if (text && !arguments_whole(text, 1, 60, &read))
        return fail(cli, CLI_USAGE, "--weekly %s: say for how many weeks, 1 to 60", text);
    *weeks = (size_t)read;
    return CLI_OK;
}

static int check_book(struct cli *cli, const struct arguments *arguments)
{
    static const char *const of_term[] = {"weeks", "weekday", "periods", "between"};
    if (!arguments->count == !arguments_flag(arguments, "capability"))
        return fail(cli, CLI_USAGE, "say what to book: rigs by name, or --capability NAME");
    for (size_t i = 0; i < sizeof of_term / sizeof *of_term; i++)
        if (arguments_flag(arguments, of_term[i]) && !arguments_flag(arguments, "term"))
            return fail(cli, CLI_USAGE, "--%s needs --term NAME", of_term[i]);
    for (int i = 1; i < arguments->count; i++)
        for (int k = 0; k < i; k++)
            if (!strcmp(arguments->words[i], arguments->words[k]))
                return fail(cli, CLI_USAGE, "%s is named twice; a booking takes each rig once",
                            arguments->words[i]);
    return CLI_OK;
}

/* When, as far as the line says it: by the term, or for how long and how many weeks. */
static int read_when(struct cli *cli, const struct arguments *arguments, Labgate__Book *book,
                     struct by_term *by_term, size_t *weeks)
{
    *weeks = 1;
    if (arguments_flag(arguments, "term")) {
        book->meetings = &by_term->meetings;
        return read_term(cli, arguments, by_term);
    }
    int result = read_weeks(cli, arguments, weeks);
    return result == CLI_OK ? bookings_check_interval(cli, arguments) : result;
}

static int run_book(struct cli *cli, const struct arguments *arguments)
{
    Labgate__Book book = LABGATE__BOOK__INIT;
    struct by_term by_term = {0};
    struct bundle bundle = {0};
    const char *group = arguments_option(arguments, "group");
    char key[BOOKINGS_KEY];
    size_t weeks = 1;
    int result = check_book(cli, arguments);
    if (result == CLI_OK)
        result = bookings_read_also(cli, arguments);
    if (result == CLI_OK)
        result = read_when(cli, arguments, &book, &by_term, &weeks);
    if (result == CLI_OK)
        result = cli_require_login(cli);
    if (result == CLI_OK && !book.meetings)
        result = bookings_read_interval(cli, arguments, &book);
    if (result == CLI_OK)
        result = bookings_key(cli, key);
    if (result == CLI_OK) {
        book.key = key;
        book.group = (char *)(group ? group : "");
        bundle_make(&bundle, arguments, weeks, &book, (int64_t)book.starts);
        book.wishes = bundle.list;
        book.n_wishes = bundle.count;
        book.starts = book.ends = 0;
        result = send_book(
            cli, &book, arguments->count ? arguments->words[0] : arguments_option(arguments, "capability"));
    }
    bundle_finish(&bundle);
    text_finish(&by_term.weeks);
    bookings_finish_also(cli);
    return result;
}

static const struct option_row book_options[] = {
    {"from",       "TIME",        "when it starts (default: now)"                                           },
    {"for",        "DURATION",    "how long: 45m, 1h30m"                                                    },
    {"until",      "TIME",        "instead of --for: when it ends"                                          },
    {"capability", "NAME",        "instead of a rig: whichever has it; which one may change until it starts"},
    {"group",      "GROUP",       "whom it is for (default: your group)"                                    },
    {"weekly",     "COUNT",       "the same every week, COUNT times: all of them or none"                   },
    {"term",       "NAME",        "instead of --from: by the laboratory's calendar, with:"                  },
    {"weeks",      "WEEKS",       "its weeks: 1-16, odd, 1-16odd, 1-8,10-16"                                },
    {"weekday",    "DAY",         "tue, Tuesday, 2, 星期二"                                              },
    {"periods",    "FIRST-LAST",  "class periods: 3-4"                                                      },
    {"between",    "HH:MM-HH:MM", "instead of --periods: times of day, where the laboratory is"             },
    {"holder",     "NAME",        "whose booking it is, instead of yours (staff)"                           },
    {"party",      "NAME,...",    "who takes part beside the holder (staff)"                                },
    {"also",       "ZONE",        "show times in this zone, too: Asia/Urumqi"                               },
    {NULL,         NULL,          NULL                                                                      },
};

const struct command command_book = {
    .name = "book",
    .group = GROUP_TIMETABLE,
    .arguments = "[RIG...]",
    .least = 0,
    .most = -1,
    .summary = "book a rig, or several at once: all of them or none",
    .text = "Times are written as now, +10m, 14:00 (the next one), tomorrow 08:30, \"2026-11-23 08:30\" or "
            "with an offset\n"
            "as 2026-11-23T08:30+08:00 or 01:30+02:00; without an offset this machine's time zone counts, "
            "and of a\n"
            "time that comes twice, where clocks are set back, the first.",
    .options = book_options,
    .examples = "labctl book tank-1 --for 45m\n"
                "labctl book tank-1 --from \"tomorrow 14:00\" --for 1h30m\n"
                "labctl book --capability process-control --from \"tomorrow 14:00\" --for 1h --weekly 8\n"
                "labctl book tank-1 --term autumn-2026 --weeks 1-16 --weekday tue --periods 3-4",
    .run = run_book,
};
