/* report: what was used, by whom, and the share that each was due and got. */
#include "gateway/cli/bookings.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/columns.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/markup.h"
#include "gateway/cli/report_picture.h"
#include "gateway/cli/times.h"

#include <inttypes.h>
#include <string.h>

#define HOUR  3600000.0
#define MONTH (30 * INT64_C(86400000))

static bool read_per(const char *name, Labgate__Report__Per *per)
{
    static const char *const names[] = {[LABGATE__REPORT__PER__SCHOOL] = "school",
                                        [LABGATE__REPORT__PER__GROUP] = "group",
                                        [LABGATE__REPORT__PER__RIG] = "rig",
                                        [LABGATE__REPORT__PER__WEEK] = "week"};
    for (size_t i = 1; i < sizeof names / sizeof *names; i++)
        if (!strcmp(name, names[i])) {
            *per = (Labgate__Report__Per)i;
            return true;
        }
    return false;
}

static double hours(uint64_t time)
{
    return (double)time / HOUR;
}

static double idle(const Labgate__ReportRow *row)
{
    double left = hours(row->open) - hours(row->booked) - hours(row->maintenance);
    return left > 0 ? left : 0;
}

/* A text of CSV (RFC 4180); one that a spreadsheet would take for a formula is led by an apostrophe. */
static void add_field(struct text *csv, const char *field)
{
    text_add(csv, "\"");
    if (field[0] && strchr("=+-@\t\r", field[0]))
        text_add(csv, "'");
    for (; *field; field++) {
        text_add_bytes(csv, field, 1);
        if (*field == '"')
            text_add(csv, "\"");
    }
    text_add(csv, "\"");
}

static void write_csv(struct text *csv, const Labgate__ReportData *data)
{
    text_add(csv, "name,title,title_zh,share_due,share_got,hours_used,hours_booked,hours_open,hours_idle,"
                  "hours_maintenance,"
                  "bookings,no_shows,cancelled,lost_by_the_laboratory,of,of_title,of_title_zh,no_room,"
                  "hours_no_room,is_capability\r\n");
    for (size_t i = 0; i < data->n_rows; i++) {
        const Labgate__ReportRow *row = data->rows[i];
        add_field(csv, row->name);
        text_add(csv, ",");
        add_field(csv, row->title);
        text_add(csv, ",");
        add_field(csv, row->title_zh);
        text_add_format(
            csv, ",%.6f,%.6f,%.4f,%.4f,%.4f,%.4f,%.4f,%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",",
            row->share_due, row->share_got, hours(row->used), hours(row->booked), hours(row->open), idle(row),
            hours(row->maintenance), row->bookings, row->no_shows, row->cancelled, row->lost);
        add_field(csv, row->of);
        text_add(csv, ",");
        add_field(csv, row->of_title);
        text_add(csv, ",");
        add_field(csv, row->of_title_zh);
        text_add_format(csv, ",%" PRIu32 ",%.4f,%d\r\n", row->no_room, hours(row->no_room_time),
                        row->capability);
    }
}

static void print_table(struct cli *cli, const Labgate__ReportData *data, const Labgate__Report *report)
{
    static const char *const headings[] = {"",          "",           ">DUE",    ">GOT",
                                           ">USED h",   ">BOOKED h",  ">OPEN h", ">BOOKINGS",
                                           ">NO-SHOWS", ">CANCELLED", ">LOST",   ">NO ROOM"};
    bool shares = report->of || report->per == LABGATE__REPORT__PER__SCHOOL ||
                  report->per == LABGATE__REPORT__PER__GROUP;
    const char *last = "";
    struct columns columns;
    columns_init(&columns, 12, headings);
    for (size_t i = 0; i < data->n_rows; i++) {
        const Labgate__ReportRow *row = data->rows[i];
        char title[REPORT_TITLE_MAX];
        bool again = report->of && !strcmp(last, row->name);
        columns_add(&columns, STYLE_STRONG, "%s",
                    again ? "" : report_row_title(cli, row, report->per, title));
        columns_add(&columns, STYLE_PLAIN, "%s", report->of ? report_row_of(cli, row) : "");
        last = row->name;
        if (shares) {
            columns_add(&columns, STYLE_PLAIN, "%.1f %%", 100 * row->share_due);
            columns_add(&columns, STYLE_PLAIN, "%.1f %%", 100 * row->share_got);
        } else {
            columns_add(&columns, STYLE_FAINT, "%s", "");
            columns_add(&columns, STYLE_FAINT, "%s", "");
        }
        columns_add(&columns, STYLE_PLAIN, "%.1f", hours(row->used));
        columns_add(&columns, STYLE_PLAIN, "%.1f", hours(row->booked));
        if (shares)
            columns_add(&columns, STYLE_FAINT, "%s", "");
        else
            columns_add(&columns, STYLE_PLAIN, "%.1f", hours(row->open));
        columns_add(&columns, STYLE_PLAIN, "%" PRIu32, row->bookings);
        columns_add(&columns, row->no_shows ? STYLE_WARNING : STYLE_PLAIN, "%" PRIu32, row->no_shows);
        columns_add(&columns, STYLE_PLAIN, "%" PRIu32, row->cancelled);
        columns_add(&columns, row->lost ? STYLE_WARNING : STYLE_PLAIN, "%" PRIu32, row->lost);
        columns_add(&columns, row->no_room ? STYLE_WARNING : STYLE_PLAIN, "%" PRIu32, row->no_room);
    }
    columns_print(&columns, cli, 0);
}

static void print_json(struct cli *cli, const Labgate__ReportData *data, bool of)
{
    json_open_array(&cli->json, NULL);
    for (size_t i = 0; i < data->n_rows; i++) {
        const Labgate__ReportRow *row = data->rows[i];
        json_open_object(&cli->json, NULL);
        json_string(&cli->json, "name", row->name);
        if (of)
            json_string(&cli->json, "of", row->of);
        json_number(&cli->json, "share_due", row->share_due);
        json_number(&cli->json, "share_got", row->share_got);
        json_unsigned(&cli->json, "used_ms", row->used);
        json_unsigned(&cli->json, "booked_ms", row->booked);
        json_unsigned(&cli->json, "open_ms", row->open);
        json_unsigned(&cli->json, "maintenance_ms", row->maintenance);
        json_unsigned(&cli->json, "bookings", row->bookings);
        json_unsigned(&cli->json, "no_shows", row->no_shows);
        json_unsigned(&cli->json, "cancelled", row->cancelled);
        json_unsigned(&cli->json, "lost", row->lost);
        json_unsigned(&cli->json, "no_room", row->no_room);
        json_unsigned(&cli->json, "no_room_ms", row->no_room_time);
        if (row->capability)
            json_boolean(&cli->json, "capability", true);
        json_close_object(&cli->json);
    }
    json_close_array(&cli->json);
}

static int save(struct cli *cli, const struct arguments *arguments, const Labgate__ReportData *data,
                const Labgate__Report *report)
{
    const char *csv = arguments_option(arguments, "csv"), *svg = arguments_option(arguments, "svg");
    struct text text = {0};
    int result = CLI_OK;
    if (csv) {
        write_csv(&text, data);
        result = markup_save(cli, csv, text_get(&text), text.length);
    }
    text_clear(&text);
    if (svg && result == CLI_OK) {
        report_picture(&text, cli, data, report);
        result = markup_save(cli, svg, text_get(&text), text.length);
    }
    text_finish(&text);
    if (!csv && !svg && cli->json_wanted)
        print_json(cli, data, report->of);
    else if (!csv && !svg)
        print_table(cli, data, report);
    return result;
}

static int read_span(struct cli *cli, const struct arguments *arguments, Labgate__Report *report)
{
    const char *from = arguments_option(arguments, "from"), *until = arguments_option(arguments, "until");
    int64_t now = 0, first, last;
    int result = bookings_now(cli, &now);
    first = now - MONTH;
    last = now;
    if (result == CLI_OK && until)
        result = bookings_instant(cli, "--until", until, now, &last);
    if (result == CLI_OK && from)
        result = bookings_instant(cli, "--from", from, now, &first);
    report->from = (uint64_t)first;
    report->until = (uint64_t)last;
    return result;
}

static int run_report(struct cli *cli, const struct arguments *arguments)
{
    Labgate__Report report = LABGATE__REPORT__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    const char *by = arguments_option(arguments, "by"), *of = arguments_option(arguments, "of");
    if (!read_per(by ? by : "school", &report.per))
        return fail(cli, CLI_USAGE, "--by is school, group, rig or week, not %s", by);
    if (of && (!read_per(of, &report.of) || report.of > LABGATE__REPORT__PER__GROUP ||
               report.per < LABGATE__REPORT__PER__RIG))
        return fail(cli, CLI_USAGE, "--of divides rigs and weeks, and is school or group, not %s", of);
    int result = cli_require_login(cli);
    if (result == CLI_OK)
        result = read_span(cli, arguments, &report);
    if (result != CLI_OK)
        return result;
    request.body_case = LABGATE__REQUEST__BODY_REPORT;
    request.report = &report;
    result = cli_call(cli, &request, "report what was used", LABGATE__ANSWER__BODY_REPORT, &answer);
    if (result != CLI_OK)
        return result;
    result = save(cli, arguments, answer->report, &report);
    client_free(answer);
    return result;
}

static const struct option_row report_options[] = {
    {"from",  "TIME", "begins there (default: 30 days ago)"                                              },
    {"until", "TIME", "ends there (default: now)"                                                        },
    {"by",    "WHAT", "a row for each school (the default), group, rig or week"                          },
    {"of",    "WHAT", "of each rig or week a row for each school or group: what it was due and got there"},
    {"csv",   "FILE", "as a table for a spreadsheet; - for standard output"                              },
    {"svg",   "FILE", "as a picture; - for standard output"                                              },
    {NULL,    NULL,   NULL                                                                               },
};

const struct command command_report = {
    .name = "report",
    .group = GROUP_STAFF,
    .arguments = "",
    .summary = "show what was used, by whom, the share that each was due and got, and who found no room",
    .options = report_options,
    .examples =
        "labctl report --from 2026-09-07 --until 2027-01-11 --by group --csv autumn.csv --svg autumn.svg\n"
        "labctl report --by week --of school --svg weeks.svg",
    .run = run_report,
};
