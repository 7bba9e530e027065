#include "gateway/ical/ical.h"

#include "gateway/utf8/utf8.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LINE_MOST 75 /* bytes without the line break: RFC 5545, 3.1 */
#define END_MOST  64 /* bytes that END:VCALENDAR needs */

/* ---- bytes ------------------------------------------------------------------------------------------- */

static void put(struct ical *ical, const char *bytes, size_t count)
{
    if (ical->failed)
        return;
    if (ical->length + count + 1 > ical->room) {
        size_t room = 2 * (ical->length + count + 1) + 1024;
        char *grown = realloc(ical->bytes, room);
        if (!grown) {
            ical->failed = true;
            return;
        }
        ical->bytes = grown;
        ical->room = room;
    }
    memcpy(ical->bytes + ical->length, bytes, count);
    ical->length += count;
    ical->bytes[ical->length] = '\0';
}

/* ---- lines ------------------------------------------------------------------------------------------- */

/* One content line on its way: what would pass the 75th byte goes on the next, behind a space. */
struct line {
    struct ical *ical;
    size_t used;
};

static void put_whole(struct line *line, const char *bytes, size_t count)
{
    if (line->used + count > LINE_MOST) {
        put(line->ical, "\r\n ", 3);
        line->used = 1;
    }
    put(line->ical, bytes, count);
    line->used += count;
}

/* TEXT, RFC 5545, 3.3.11. */
static void put_text(struct line *line, const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at;) {
        size_t length = utf8_length(at);
        bool control = length == 1 && (*at < 0x20 || *at == 0x7f);
        if (*at == '\n')
            put_whole(line, "\\n", 2);
        else if (*at == '\\' || *at == ';' || *at == ',')
            put_whole(line, (const char[]){'\\', (char)*at}, 2);
        else if (length == 0 || (control && *at != '\t'))
            put_whole(line, "\xef\xbf\xbd", 3);
        else
            put_whole(line, (const char *)at, length);
        at += length ? length : 1;
    }
}

static void text_line(struct ical *ical, const char *name, const char *text)
{
    struct line line = {.ical = ical};
    if (!text[0])
        return;
    put_whole(&line, name, strlen(name));
    put_whole(&line, ":", 1);
    put_text(&line, text);
    put(ical, "\r\n", 2);
}

/* Of values that need neither escapes nor folding. */
static void plain_line(struct ical *ical, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void plain_line(struct ical *ical, const char *format, ...)
{
    char text[LINE_MOST + 1];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    put(ical, text, strlen(text));
    put(ical, "\r\n", 2);
}

/* A DATE-TIME in UTC, RFC 5545, 3.3.5. */
static void instant_line(struct ical *ical, const char *name, int64_t instant)
{
    time_t seconds = (time_t)(instant / 1000);
    struct tm parts;
    char text[32] = "19700101T000000Z";
    if (gmtime_r(&seconds, &parts))
        strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts);
    plain_line(ical, "%s:%s", name, text);
}

/* ---- the calendar ------------------------------------------------------------------------------------ */

void ical_begin(struct ical *ical, const struct ical_calendar *calendar)
{
    *ical = (struct ical){0};
    plain_line(ical, "BEGIN:VCALENDAR");
    plain_line(ical, "VERSION:2.0");
    plain_line(ical, "PRODID:-//labgate//labgate " LABGATE_VERSION "//EN");
    plain_line(ical, "CALSCALE:GREGORIAN");
    text_line(ical, "NAME", calendar->name);
    text_line(ical, "X-WR-CALNAME", calendar->name);
    text_line(ical, "X-WR-TIMEZONE", calendar->zone);
    plain_line(ical, "REFRESH-INTERVAL;VALUE=DURATION:PT%dM", calendar->refresh);
    plain_line(ical, "X-PUBLISHED-TTL:PT%dM", calendar->refresh);
}

static void alarm_lines(struct ical *ical, const struct ical_event *event)
{
    plain_line(ical, "BEGIN:VALARM");
    plain_line(ical, "ACTION:DISPLAY");
    text_line(ical, "DESCRIPTION", event->summary[0] ? event->summary : event->uid);
    plain_line(ical, "TRIGGER:-PT%dM", event->alarm);
    plain_line(ical, "END:VALARM");
}

void ical_add(struct ical *ical, const struct ical_event *event)
{
    static const char *const names[] = {
        [ICAL_CONFIRMED] = "CONFIRMED", [ICAL_TENTATIVE] = "TENTATIVE", [ICAL_CANCELLED] = "CANCELLED"};
    size_t before = ical->length;
    if (ical->cut)
        return;
    plain_line(ical, "BEGIN:VEVENT");
    text_line(ical, "UID", event->uid);
    instant_line(ical, "DTSTAMP", event->revised);
    instant_line(ical, "LAST-MODIFIED", event->revised);
    plain_line(ical, "SEQUENCE:%" PRIu32, event->sequence);
    instant_line(ical, "DTSTART", event->starts);
    instant_line(ical, "DTEND", event->ends);
    text_line(ical, "SUMMARY", event->summary);
    text_line(ical, "LOCATION", event->location);
    text_line(ical, "DESCRIPTION", event->description);
    plain_line(ical, "STATUS:%s", names[event->status]);
    plain_line(ical, "TRANSP:%s", event->status == ICAL_CANCELLED ? "TRANSPARENT" : "OPAQUE");
    if (event->alarm > 0 && event->status != ICAL_CANCELLED)
        alarm_lines(ical, event);
    plain_line(ical, "END:VEVENT");
    if (ical->failed || ical->length + END_MOST <= ICAL_BYTES_MOST)
        return;
    ical->length = before;
    ical->bytes[before] = '\0';
    ical->cut = true;
}

bool ical_end(struct ical *ical, bool *cut)
{
    plain_line(ical, "END:VCALENDAR");
    *cut = ical->cut;
    if (!ical->failed)
        return true;
    free(ical->bytes);
    *ical = (struct ical){.failed = true};
    return false;
}

/* FNV-1a (Fowler, Noll, Vo; 64 bits). */
void ical_etag(const char *bytes, size_t length, char etag[ICAL_ETAG_MAX])
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
    snprintf(etag, ICAL_ETAG_MAX, "\"%016" PRIx64 "\"", hash);
}
