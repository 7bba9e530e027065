/* What another configuration would change, as labgate plan and labctl reload print it. */
#include "gateway/change/plan.h"

#include "gateway/change/change.h"
#include "gateway/ledger/inspect.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define INSTANT_TEXT (2 * CIVIL_TEXT + 16)

struct printing {
    FILE *file;
    const struct civil_zone *zone;
    bool json, bookings;
    size_t changes, refused, live;
};

/* JSON's string, and what a terminal shows as text (names are the configuration's, and people's). */
static void print_text(FILE *file, const char *text, bool json)
{
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (json && (byte == '"' || byte == '\\'))
            fprintf(file, "\\%c", byte);
        else if (byte < 0x20 || byte == 0x7f)
            fprintf(file, "\\u%04x", byte);
        else
            fputc(byte, file);
    }
}

static void print_field(FILE *file, const char *key, const char *text, const char *after)
{
    fprintf(file, "\"%s\": \"", key);
    print_text(file, text, true);
    fprintf(file, "\"%s", after);
}

static void print_change(void *context, const struct change_row *row)
{
    struct printing *printing = context;
    FILE *file = printing->file;
    printing->changes++;
    if (printing->json) {
        fprintf(file, "%s\n    {", printing->changes > 1 ? "," : "");
        print_field(file, "kind", row->kind, ", ");
        print_field(file, "name", row->name, ", ");
        print_field(file, "part", row->part, ", ");
        print_field(file, "how", change_how_name(row->how), ", ");
        print_field(file, "before", row->before, ", ");
        print_field(file, "after", row->after, "}");
        return;
    }
    fprintf(file, "%s%s%s%s%s: ", row->kind, row->name[0] ? " " : "", row->name, row->part[0] ? ", " : "",
            row->part);
    if (row->before[0] || row->after[0])
        fprintf(file, "%s -> %s\n", row->before[0] ? row->before : "none",
                row->after[0] ? row->after : "none");
    else
        fprintf(file, "%s\n", change_how_name(row->how));
}

/* By the laboratory's clock, wherever this runs. */
static const char *instant_text(const struct civil_zone *zone, int64_t ms, char text[INSTANT_TEXT])
{
    char date[CIVIL_TEXT], clock[CIVIL_TEXT];
    int32_t day;
    int64_t time;
    civil_local(zone, ms, &day, &time);
    int64_t offset = (day * (int64_t)CIVIL_DAY + time - ms) / CIVIL_MINUTE;
    int64_t size = offset < 0 ? -offset : offset;
    snprintf(text, INSTANT_TEXT, "%s %s %c%02d:%02d", civil_date_text(day, date),
             civil_time_text(time, clock), offset < 0 ? '-' : '+', (int)(size / 60), (int)(size % 60));
    return text;
}

static void print_booking(void *context, const struct change_booking *one)
{
    struct printing *printing = context;
    FILE *file = printing->file;
    const struct ledger_booking *booking = one->booking;
    char starts[INSTANT_TEXT], ends[INSTANT_TEXT];
    bool refused = strcmp(one->reason, "accepted") != 0;
    const char *text = refused ? one->text : "its rig is made safe, and the session ends";
    printing->refused += refused;
    printing->live += one->live;
    if (printing->json) {
        fprintf(file,
                "%s\n    {\"booking\": %" PRIu64 ", \"starts\": %" PRId64 ", \"ends\": %" PRId64
                ", \"live\": %s, ",
                printing->bookings ? "," : "", booking->id, booking->starts, booking->ends,
                one->live ? "true" : "false");
        print_field(file, "rig", booking->rig, ", ");
        print_field(file, "holder", one->holder, ", ");
        print_field(file, "reason", refused ? one->reason : "", ", ");
        print_field(file, "option", one->option, "}");
    } else {
        fprintf(file, "booking %" PRIu64 " of %s on %s, %s to %s%s: %s", booking->id,
                one->holder[0] ? one->holder : "?", booking->rig,
                instant_text(printing->zone, booking->starts, starts),
                instant_text(printing->zone, booking->ends, ends), one->live ? ", live" : "", text);
        if (refused)
            fprintf(file, " (%s%s%s)", one->reason, one->option[0] ? ": the policy's " : "", one->option);
        fputc('\n', file);
    }
    printing->bookings = true;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Without a ledger there are no bookings. */
static bool read_ledger(const char *state, struct ledger_contents *contents, char *why, size_t why_size)
{
    char path[PATH_MAX], detail[256] = "";
    snprintf(path, sizeof path, "%s/ledger.sqlite", state);
    int result = ledger_peek(path, contents, detail, sizeof detail);
    if (result == LEDGER_OK || result == LEDGER_NOT_FOUND)
        return true;
    snprintf(why, why_size, "reading the bookings of %s: %s", path, detail);
    return false;
}

int plan_print(const struct plan *plan, FILE *file, char *why, size_t why_size)
{
    const struct config_lab *before = plan->before, *after = plan->after;
    bool json = plan->json;
    struct printing printing = {.file = file, .zone = plan->zone, .json = json};
    struct ledger_contents contents = {0};
    size_t looked = 0;
    if (!read_ledger(before->state, &contents, why, why_size))
        return 1;
    if (json)
        fprintf(file, "{\n  \"changes\": [");
    bool good = change_compare(before, after, print_change, &printing);
    if (json)
        fprintf(file, "\n  ],\n  \"bookings\": [");
    good = good &&
           change_judge(before, after, plan->zone, &contents, now_ms(), print_booking, &printing, &looked);
    if (json)
        fprintf(file, "\n  ],\n  \"looked_at\": %zu\n}\n", looked);
    else
        fprintf(file,
                "%zu changes; of %zu bookings to come %zu would be refused, and %zu live sessions end\n",
                printing.changes, looked, printing.refused, printing.live);
    ledger_free_contents(&contents);
    if (good)
        return printing.bookings ? 3 : 0;
    snprintf(why, why_size, "planning: no memory");
    return 1;
}
