#include "gateway/cli/grammar.h"

#include "gateway/cli/bookings.h"
#include "gateway/cli/times.h"

#include <string.h>

/* As grammar_duration(). */
typedef int check(struct cli *cli, const char *name, const char *text);

static int times_verdict(struct cli *cli, const char *name, const char *text, int result)
{
    return result == TIMES_OK ? CLI_OK
                              : fail(cli, CLI_USAGE, "%s %s: %s", name, text, times_result_text(result));
}

static int check_time(struct cli *cli, const char *name, const char *text)
{
    return times_verdict(cli, name, text, times_check_instant(text));
}

int grammar_duration(struct cli *cli, const char *name, const char *text, int64_t *ns)
{
    return times_verdict(cli, name, text, times_parse_duration(text, ns));
}

static int check_duration(struct cli *cli, const char *name, const char *text)
{
    int64_t ns;
    return grammar_duration(cli, name, text, &ns);
}

static int check_zone(struct cli *cli, const char *name, const char *text)
{
    return bookings_check_zone(cli, name + strspn(name, "-"), text);
}

static int check_booking(struct cli *cli, const char *name, const char *text)
{
    uint64_t number;
    (void)name;
    return bookings_number(cli, BOOKINGS_BOOKING, text, &number);
}

static int check_ticket(struct cli *cli, const char *name, const char *text)
{
    uint64_t number;
    (void)name;
    return bookings_number(cli, BOOKINGS_TICKET, text, &number);
}

int grammar_seat(struct cli *cli, const char *name, const char *text, uint32_t *seat)
{
    uint64_t number;
    if (!arguments_whole(text, 1, UINT32_MAX, &number))
        return fail(cli, CLI_USAGE, "%s %s: give a seat's number; labctl show RIG lists them", name, text);
    *seat = (uint32_t)number;
    return CLI_OK;
}

static int check_seat(struct cli *cli, const char *name, const char *text)
{
    uint32_t seat;
    return grammar_seat(cli, name, text, &seat);
}

static check *check_of(const char *kind, size_t length)
{
    static const struct {
        const char *kind;
        check *check;
    } rows[] = {
        {"TIME",     check_time    },
        {"DURATION", check_duration},
        {"ZONE",     check_zone    },
        {"BOOKING",  check_booking },
        {"TICKET",   check_ticket  },
        {"SEAT",     check_seat    },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strlen(rows[i].kind) == length && !strncmp(rows[i].kind, kind, length))
            return rows[i].check;
    return NULL;
}

static int check_options(struct cli *cli, const struct arguments *arguments)
{
    const struct option_row *rows = arguments->command->options;
    int result = CLI_OK;
    for (size_t i = 0; result == CLI_OK && rows && rows[i].name; i++) {
        check *is_right = rows[i].argument && arguments->options[i]
                              ? check_of(rows[i].argument, strlen(rows[i].argument))
                              : NULL;
        char name[80];
        snprintf(name, sizeof name, "--%s", rows[i].name);
        if (is_right)
            result = is_right(cli, name, arguments->options[i]);
    }
    return result;
}

/* The words in turn against "BOOKING [TIME]". */
static int check_words(struct cli *cli, const struct arguments *arguments)
{
    const char *at = arguments->command->arguments;
    int result = CLI_OK;
    for (int i = 0; result == CLI_OK && i < arguments->count; i++) {
        at += strspn(at, " [");
        size_t length = strcspn(at, " ].");
        check *is_right = check_of(at, length);
        char name[80];
        snprintf(name, sizeof name, "%.*s", (int)length, at);
        if (is_right)
            result = is_right(cli, name, arguments->words[i]);
        at += strcspn(at, " ");
    }
    return result;
}

int grammar_check(struct cli *cli, const struct arguments *arguments)
{
    int result = check_words(cli, arguments);
    return result == CLI_OK ? check_options(cli, arguments) : result;
}
