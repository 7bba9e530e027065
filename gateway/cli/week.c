/* timetable: a week of all rigs, as a picture of characters. */
#include "gateway/cli/week.h"

#include "gateway/cli/bookings.h"
#include "gateway/cli/calendar.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/days.h"
#include "gateway/cli/times.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAYS          7
#define CELLS_PER_DAY 12 /* of two hours each */
#define CELLS         (DAYS * CELLS_PER_DAY)

struct row {
    const char *rig, *out; /* of the answer that lists the rigs */
    char cells[CELLS];
};

struct week {
    int64_t
        edges[CELLS + 1]; /* ms since 1970; a day that a clock change makes longer has a longer last cell */
    struct row *rows;
    size_t count;
    struct days days;
};

/* The Monday before, local time. */
static void set_edges(struct week *week, int64_t instant)
{
    time_t seconds = (time_t)(instant / 1000);
    struct tm parts;
    localtime_r(&seconds, &parts);
    int monday = parts.tm_mday - (parts.tm_wday + 6) % 7;
    for (int i = 0; i <= CELLS; i++) {
        struct tm edge = parts;
        edge.tm_mday = monday + i / CELLS_PER_DAY;
        edge.tm_hour = i % CELLS_PER_DAY * 24 / CELLS_PER_DAY;
        edge.tm_min = edge.tm_sec = 0;
        edge.tm_isdst = -1;
        week->edges[i] = (int64_t)mktime(&edge) * 1000;
    }
}

const char *week_out(const struct cli *cli, const Labgate__RigSummary *rig)
{
    Labgate__Condition condition =
        rig->status ? rig->status->condition : LABGATE__CONDITION__CONDITION_NOT_SAID;
    if (condition == LABGATE__CONDITION__QUARANTINED)
        return cli->chinese ? "现已停用（隔离）" : "quarantined now";
    if (condition == LABGATE__CONDITION__UNAVAILABLE)
        return cli->chinese ? "现无应答" : "does not answer now";
    return "";
}

/* What says more takes the place of what says less. Maintenance is nobody's own, whoever booked it. */
static char stronger(char there, const Labgate__Booking *booking)
{
    bool maintenance = booking->kind == LABGATE__BOOKING_KIND__MAINTENANCE;
    if (there == '*' || (booking->mine && !maintenance))
        return '*';
    return maintenance && there != '#' ? 'm' : '#';
}

static void mark(struct week *week, const Labgate__Booking *booking)
{
    if (booking->state == LABGATE__BOOKING_STATE__CANCELLED)
        return;
    for (size_t i = 0; i < week->count; i++)
        for (size_t k = 0; k < CELLS && !strcmp(week->rows[i].rig, booking->rig); k++)
            if ((int64_t)booking->starts < week->edges[k + 1] && week->edges[k] < (int64_t)booking->ends)
                week->rows[i].cells[k] = stronger(week->rows[i].cells[k], booking);
}

int week_each(struct cli *cli, int64_t from, int64_t until, week_take *take, void *context)
{
    Labgate__Bookings bookings = LABGATE__BOOKINGS__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    bookings.everyone = true;
    bookings.from = (uint64_t)from;
    bookings.until = (uint64_t)until;
    request.body_case = LABGATE__REQUEST__BODY_BOOKINGS;
    request.bookings = &bookings;
    for (bool more = true; more;) {
        Labgate__Answer *answer;
        int result = cli_call(cli, &request, "list bookings", LABGATE__ANSWER__BODY_BOOKINGS, &answer);
        if (result != CLI_OK)
            return result;
        const Labgate__BookingList *list = answer->bookings;
        take(context, list);
        more = list->more && list->n_bookings;
        if (more)
            bookings.after = list->bookings[list->n_bookings - 1]->id;
        client_free(answer);
    }
    return CLI_OK;
}

static void mark_all(void *context, const Labgate__BookingList *list)
{
    for (size_t i = 0; i < list->n_bookings; i++)
        mark(context, list->bookings[i]);
}

static void print_line(struct cli *cli, const struct row *row)
{
    struct text line = {0};
    text_add_format(&line, "%-12.12s ", row->rig);
    for (size_t i = 0; i < CELLS; i++) {
        bool styled = cli->color && strchr("*#m", row->cells[i]);
        text_add(&line, i % CELLS_PER_DAY ? "" : " ");
        if (styled)
            text_add(&line, style_begin(row->cells[i] == '*' ? STYLE_GOOD : STYLE_WARNING));
        text_add_format(&line, "%c", row->cells[i]);
        if (styled)
            text_add(&line, style_end());
    }
    if (row->out[0])
        text_add_format(&line, "  %s%s%s", cli->color ? style_begin(STYLE_BAD) : "", row->out,
                        cli->color ? style_end() : "");
    fprintf(stdout, "%s\n", text_get(&line));
    text_finish(&line);
}

#define HOURS_EVERY 6 /* cells, so that 00:00 and 12:00 are shown */

/* When the day's parts begin on the clocks of another zone. */
static void print_hours(struct cli *cli, const struct week *week, const struct civil_zone *zone)
{
    struct text line = {0};
    text_add_format(&line, "%-12.12s ", zone->name);
    for (size_t cell = 0; cell < CELLS; cell += HOURS_EVERY) {
        char time[CIVIL_TEXT];
        int32_t day;
        int64_t clock;
        civil_local(zone, week->edges[cell], &day, &clock);
        text_add_format(&line, "%s%-*s", cell % CELLS_PER_DAY ? "" : " ", HOURS_EVERY,
                        civil_time_text(clock, time));
    }
    say(cli, "%s", text_get(&line));
    text_finish(&line);
}

/* Holidays and make-up workdays, below the days. */
static void print_remarks(struct cli *cli, const struct week *week)
{
    struct text line = {0};
    bool any = false;
    text_add_format(&line, "%-12s ", "");
    for (size_t day = 0; day < DAYS; day++) {
        char remark[DAYS_TEXT];
        days_remark(cli, days_at(&week->days, week->edges[day * CELLS_PER_DAY]), remark);
        remark[text_fit(remark, CELLS_PER_DAY)] = '\0';
        any |= remark[0];
        text_add_format(&line, " %s%*s", remark, (int)(CELLS_PER_DAY - text_width(remark)), "");
    }
    if (any)
        say(cli, "%s", text_get(&line));
    text_finish(&line);
}

static void print_week(struct cli *cli, const struct week *week)
{
    struct text line = {0};
    char term[DAYS_TEXT];
    if (days_week(cli, days_at(&week->days, week->edges[0]), term)[0])
        say(cli, "%s", term);
    text_add_format(&line, "%-12s ", "");
    for (size_t day = 0; day < DAYS; day++) {
        time_t seconds = (time_t)(week->edges[day * CELLS_PER_DAY] / 1000);
        struct tm parts;
        char name[32];
        localtime_r(&seconds, &parts);
        strftime(name, sizeof name, "%a %m-%d", &parts);
        text_add_format(&line, " %-*s", CELLS_PER_DAY, name);
    }
    say(cli, "%s", text_get(&line));
    text_finish(&line);
    print_remarks(cli, week);
    if (cli->also.count)
        print_hours(cli, week, &cli->also);
    for (size_t i = 0; i < week->count; i++)
        print_line(cli, &week->rows[i]);
    say(cli, "each character is two hours: . free, # taken, * yours, m maintenance, blank: closed");
}

static void json_week(struct cli *cli, const struct week *week)
{
    json_open_array(&cli->json, NULL);
    for (size_t i = 0; i < week->count; i++) {
        char cells[CELLS + 1] = "";
        memcpy(cells, week->rows[i].cells, CELLS);
        json_open_object(&cli->json, NULL);
        json_string(&cli->json, "rig", week->rows[i].rig);
        json_instant(&cli->json, "from", week->edges[0]);
        json_string(&cli->json, "two_hours_each", cells);
        json_close_object(&cli->json);
    }
    json_close_array(&cli->json);
}

static int show(struct cli *cli, struct week *week, const Labgate__RigList *rigs)
{
    week->rows = calloc(rigs->n_rigs + 1, sizeof *week->rows);
    if (!week->rows)
        return fail(cli, CLI_LOCAL, "cannot show the timetable: no memory");
    int result = days_ask(cli, week->edges[0], week->edges[CELLS], &week->days);
    for (size_t i = 0; i < rigs->n_rigs; i++) {
        if (rigs->rigs[i]->practice_of[0]) /* a simulator is not booked */
            continue;
        struct row *row = &week->rows[week->count++];
        row->rig = rigs->rigs[i]->name;
        row->out = week_out(cli, rigs->rigs[i]);
        for (size_t k = 0; k < CELLS; k++)
            row->cells[k] = days_any_open(&week->days, week->edges[k], week->edges[k + 1]) ? '.' : ' ';
    }
    if (result == CLI_OK)
        result = week_each(cli, week->edges[0], week->edges[CELLS], mark_all, week);
    if (result == CLI_OK && cli->json_wanted)
        json_week(cli, week);
    else if (result == CLI_OK)
        print_week(cli, week);
    free(week->rows);
    days_finish(&week->days);
    return result;
}

static int show_week(struct cli *cli, const struct arguments *arguments, const Labgate__RigList *rigs,
                     int64_t instant)
{
    struct week week = {0};
    struct week_page page = {.rigs = rigs,
                             .instant = instant,
                             .zone = arguments_option(arguments, "zone"),
                             .beside = arguments_option(arguments, "beside")
                                           ? arguments_option(arguments, "beside")
                                           : arguments_option(arguments, "also"),
                             .path = arguments_option(arguments, "html")};
    if (page.path)
        return week_page(cli, &page);
    set_edges(&week, instant);
    return show(cli, &week, rigs);
}

/* What would be of no effect is not what was meant. */
static int check_timetable(struct cli *cli, const struct arguments *arguments)
{
    static const struct {
        const char *option, *with;
    } rows[] = {
        {"zone",   "html"},
        {"beside", "html"},
        {"rig",    "ics" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (arguments_option(arguments, rows[i].option) && !arguments_option(arguments, rows[i].with))
            return fail(cli, CLI_USAGE, "--%s needs --%s FILE", rows[i].option, rows[i].with);
    if (arguments_option(arguments, "html") && arguments_option(arguments, "ics"))
        return fail(cli, CLI_USAGE, "--html and --ics: ask for one after the other");
    return CLI_OK;
}

/* The one that --week is in, or this week by the gateway's clock. */
static int show_week_of(struct cli *cli, const struct arguments *arguments, const Labgate__Answer *answer)
{
    const char *day = arguments_option(arguments, "week");
    int64_t instant = answer->wall ? (int64_t)answer->wall : times_now_ms();
    int result = day ? bookings_instant(cli, "--week", day, instant, &instant) : CLI_OK;
    return result == CLI_OK ? show_week(cli, arguments, answer->rigs, instant) : result;
}

static int run_timetable(struct cli *cli, const struct arguments *arguments)
{
    const char *ics = arguments_option(arguments, "ics");
    Labgate__Rigs rigs = LABGATE__RIGS__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer = NULL;
    request.body_case = LABGATE__REQUEST__BODY_RIGS;
    request.rigs = &rigs;
    int result = check_timetable(cli, arguments);
    if (result == CLI_OK)
        result = cli_require_login(cli);
    if (result == CLI_OK)
        result = bookings_read_also(cli, arguments);
    if (result == CLI_OK && ics)
        result = calendar_save(cli, arguments_option(arguments, "rig"), ics);
    else if (result == CLI_OK)
        result = cli_call(cli, &request, "list the rigs", LABGATE__ANSWER__BODY_RIGS, &answer);
    if (result == CLI_OK && !ics)
        result = show_week_of(cli, arguments, answer);
    if (answer)
        client_free(answer);
    bookings_finish_also(cli);
    return result;
}

static const struct option_row timetable_options[] = {
    {"week",   "TIME", "the week that this is in (default: this week)"                               },
    {"also",   "ZONE", "when each day begins in this zone, too: Asia/Urumqi"                         },
    {"html",   "FILE", "as a page to print or to send; - for standard output"                        },
    {"zone",   "ZONE", "of the page's times, as Asia/Shanghai (default: this machine's)"             },
    {"beside", "ZONE", "the page shows its times too, as Asia/Urumqi"                                },
    {"ics",    "FILE", "your bookings instead, as a calendar file (iCalendar); - for standard output"},
    {"rig",    "RIG",  "with --ics: a rig's bookings"                                                },
    {NULL,     NULL,   NULL                                                                          },
};

const struct command command_timetable = {
    .name = "timetable",
    .group = GROUP_TIMETABLE,
    .arguments = "",
    .summary = "show a week of all rigs: what is free, taken and yours",
    .options = timetable_options,
    .examples = "labctl timetable --week \"2026-11-23 08:00\"\n"
                "labctl timetable --also Asia/Urumqi\n"
                "labctl timetable --html week.html --zone Asia/Shanghai --beside Asia/Urumqi\n"
                "labctl timetable --ics mine.ics",
    .run = run_timetable,
};
