#include "gateway/cli/times.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define MS_PER_S INT64_C(1000)
#define WEEK_MS  (7 * 24 * 3600 * MS_PER_S)

int64_t times_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * MS_PER_S + now.tv_nsec / NS_PER_MS;
}

int64_t times_monotonic(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static const char *skip_space(const char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    return text;
}

int times_parse_duration(const char *text, int64_t *ns)
{
    static const struct {
        const char *name;
        int64_t ns;
    } units[] = {
        {"ms",  NS_PER_MS       },
        {"s",   NS_PER_S        },
        {"sec", NS_PER_S        },
        {"m",   60 * NS_PER_S   },
        {"min", 60 * NS_PER_S   },
        {"h",   3600 * NS_PER_S },
        {"d",   86400 * NS_PER_S},
    };
    const double longest = 3650.0 * 86400.0 * 1e9;
    double total = 0;
    text = skip_space(text);
    do {
        if (!isdigit((unsigned char)*text) && *text != '.')
            return TIMES_NOT_UNDERSTOOD;
        char *end;
        double number = strtod(text, &end);
        text = skip_space(end);
        size_t length = 0;
        while (isalpha((unsigned char)text[length]))
            length++;
        if (length == 0)
            return *text ? TIMES_NOT_UNDERSTOOD : TIMES_NO_UNIT;
        size_t unit = 0, count = sizeof units / sizeof *units;
        while (unit < count &&
               (strlen(units[unit].name) != length || strncmp(units[unit].name, text, length) != 0))
            unit++;
        if (unit == count)
            return TIMES_NOT_UNDERSTOOD;
        total += number * (double)units[unit].ns;
        if (!(total <= longest))
            return TIMES_TOO_LONG;
        text = skip_space(text + length);
    } while (*text);
    *ns = (int64_t)(total + 0.5);
    return TIMES_OK;
}

/* Exactly `digits` digits; advances over them. */
static bool read_digits(const char **text, int digits, int *value)
{
    *value = 0;
    for (int i = 0; i < digits; i++) {
        if (!isdigit((unsigned char)(*text)[i]))
            return false;
        *value = *value * 10 + ((*text)[i] - '0');
    }
    *text += digits;
    return true;
}

static bool read_char(const char **text, char expected)
{
    if (**text != expected)
        return false;
    ++*text;
    return true;
}

struct clock_time {
    int hour, minute, second, ms;
};

static bool read_clock(const char **text, struct clock_time *clock)
{
    *clock = (struct clock_time){0};
    if (!read_digits(text, 2, &clock->hour) || !read_char(text, ':') || !read_digits(text, 2, &clock->minute))
        return false;
    if (read_char(text, ':') && !read_digits(text, 2, &clock->second))
        return false;
    if (read_char(text, '.')) {
        if (!isdigit((unsigned char)**text))
            return false;
        for (int scale = 100; isdigit((unsigned char)**text); scale /= 10)
            clock->ms += (*(*text)++ - '0') * scale;
    }
    return clock->hour < 24 && clock->minute < 60 && clock->second < 60;
}

/* "Z" or "+08:00" in minutes east; false when the text has neither. */
static bool read_offset(const char **text, int *minutes)
{
    *minutes = 0;
    if (read_char(text, 'Z') || read_char(text, 'z'))
        return true;
    int sign = **text == '+' ? 1 : **text == '-' ? -1 : 0;
    if (!sign)
        return false;
    const char *after = *text + 1;
    int hour, minute;
    if (!read_digits(&after, 2, &hour) || !read_char(&after, ':') || !read_digits(&after, 2, &minute))
        return false;
    if (hour > 23 || minute > 59)
        return false;
    *minutes = sign * (hour * 60 + minute);
    *text = after;
    return true;
}

static void set_clock(struct tm *when, const struct clock_time *clock)
{
    when->tm_hour = clock->hour;
    when->tm_min = clock->minute;
    when->tm_sec = clock->second;
    when->tm_isdst = -1;
}

static bool same_time(const struct tm *a, const struct tm *b)
{
    return a->tm_year == b->tm_year && a->tm_mon == b->tm_mon && a->tm_mday == b->tm_mday &&
           a->tm_hour == b->tm_hour && a->tm_min == b->tm_min && a->tm_sec == b->tm_sec;
}

/* mktime() moves a time that does not exist to one that does; that would book another hour than was asked
 * for. */
static int to_instant(const struct tm *asked, bool local, int offset, int ms, int64_t *result)
{
    struct tm when = *asked, summer = *asked;
    time_t seconds = local ? mktime(&when) : timegm(&when);
    struct tm anywhere = *asked;
    timegm(&anywhere);
    if (!same_time(&anywhere, asked))
        return TIMES_NO_SUCH_TIME;
    if (!same_time(&when, asked))
        return TIMES_SKIPPED;
    summer.tm_isdst = !when.tm_isdst; /* a time that comes twice is the first of the two */
    time_t other = local ? mktime(&summer) : seconds;
    if (same_time(&summer, asked) && other < seconds)
        seconds = other;
    *result = ((int64_t)seconds - (int64_t)offset * 60) * MS_PER_S + ms;
    return TIMES_OK;
}

static int parse_clock_only(const char *text, int64_t now_ms, int days, bool next, int64_t *ms)
{
    struct clock_time clock;
    int offset = 0;
    if (!read_clock(&text, &clock))
        return TIMES_NOT_UNDERSTOOD;
    text = skip_space(text);
    bool here = !read_offset(&text, &offset);
    if (*skip_space(text))
        return TIMES_NOT_UNDERSTOOD;
    for (int attempt = 0; attempt < 2; attempt++) {
        time_t now = (time_t)(now_ms / MS_PER_S) + (here ? 0 : offset * 60); /* there: its wall as UTC */
        struct tm when;
        if (here)
            localtime_r(&now, &when);
        else
            gmtime_r(&now, &when);
        /* Through noon, so that the day is right where summer time begins or ends. */
        when.tm_mday += days + attempt;
        when.tm_hour = 12;
        when.tm_min = when.tm_sec = 0;
        when.tm_isdst = here ? -1 : 0;
        if (here)
            mktime(&when);
        else
            timegm(&when);
        set_clock(&when, &clock);
        when.tm_isdst = here ? -1 : 0;
        int result = to_instant(&when, here, offset, clock.ms, ms);
        if (result != TIMES_OK || !next || *ms >= now_ms)
            return result;
    }
    return TIMES_OK;
}

static int parse_date(const char *text, int64_t *ms)
{
    struct tm when = {0};
    struct clock_time clock = {0};
    int year, month, day, offset = 0;
    if (!read_digits(&text, 4, &year) || !read_char(&text, '-') || !read_digits(&text, 2, &month) ||
        !read_char(&text, '-') || !read_digits(&text, 2, &day))
        return TIMES_NOT_UNDERSTOOD;
    bool local = true;
    if (*text == 'T' || *text == 't' || *text == ' ') {
        text = skip_space(text + 1);
        if (!read_clock(&text, &clock))
            return TIMES_NOT_UNDERSTOOD;
        text = skip_space(text);
        local = !read_offset(&text, &offset);
    }
    if (*skip_space(text))
        return TIMES_NOT_UNDERSTOOD;
    when.tm_year = year - 1900;
    when.tm_mon = month - 1;
    when.tm_mday = day;
    set_clock(&when, &clock);
    if (!local)
        when.tm_isdst = 0;
    return to_instant(&when, local, offset, clock.ms, ms);
}

int times_parse_instant(const char *text, int64_t now_ms, int64_t *ms)
{
    static const struct {
        const char *word;
        int days;
    } days[] = {
        {"today ",    0},
        {"tomorrow ", 1},
    };
    text = skip_space(text);
    if (strcasecmp(text, "now") == 0) {
        *ms = now_ms;
        return TIMES_OK;
    }
    if (*text == '+') {
        int64_t ns = 0;
        int result = times_parse_duration(text + 1, &ns);
        *ms = now_ms + ns / NS_PER_MS;
        return result;
    }
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
        size_t length = strlen(days[i].word);
        if (strncasecmp(text, days[i].word, length) == 0)
            return parse_clock_only(skip_space(text + length), now_ms, days[i].days, false, ms);
    }
    if (isdigit((unsigned char)text[0]) && isdigit((unsigned char)text[1]) && text[2] == ':')
        return parse_clock_only(text, now_ms, 0, true, ms);
    return parse_date(text, ms);
}

int times_check_instant(const char *text)
{
    int64_t now = times_now_ms(), ms;
    int result = times_parse_instant(text, now, &ms);
    /* The hour that summer time leaves out is missing on one day of the year. */
    return result == TIMES_SKIPPED ? times_parse_instant(text, now + WEEK_MS, &ms) : result;
}

const char *times_result_text(int result)
{
    static const struct {
        int result;
        const char *text;
    } rows[] = {
        {TIMES_NO_UNIT,      "a duration needs a unit: 45m, 1h30m, 30s"                                         },
        {TIMES_NO_SUCH_TIME, "the calendar has no such day"                                                     },
        {TIMES_SKIPPED,      "clocks are put forward over that time on that day; give an earlier or a later one"},
        {TIMES_TOO_LONG,     "that is longer than ten years"                                                    },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].result == result)
            return rows[i].text;
    return "write times as now, +10m, 14:00, tomorrow 08:30, \"2026-11-23 08:30\" or 2026-11-23T08:30+08:00, "
           "and "
           "durations as 45m, 1h30m or 30s";
}

static const char *local(int64_t ms, bool with_seconds, char *text)
{
    time_t seconds = (time_t)(ms / MS_PER_S);
    struct tm when;
    localtime_r(&seconds, &when);
    size_t length = with_seconds ? strftime(text, TIMES_TEXT - 8, "%Y-%m-%d %H:%M:%S", &when)
                                 : strftime(text, TIMES_TEXT - 8, "%Y-%m-%d %H:%M", &when);
    long offset = when.tm_gmtoff / 60;
    long east = offset < 0 ? -offset : offset;
    snprintf(text + length, TIMES_TEXT - length, " %c%02ld:%02ld", offset < 0 ? '-' : '+', east / 60 % 24,
             east % 60);
    return text;
}

const char *times_local(int64_t ms, char *text)
{
    return local(ms, true, text);
}

const char *times_local_short(int64_t ms, char *text)
{
    return local(ms, false, text);
}

const char *times_utc(int64_t ms, char *text)
{
    time_t seconds = (time_t)(ms / MS_PER_S);
    struct tm when;
    gmtime_r(&seconds, &when);
    size_t length = strftime(text, TIMES_TEXT, "%Y-%m-%dT%H:%M:%S", &when);
    snprintf(text + length, TIMES_TEXT - length, ".%03dZ", (int)(ms % MS_PER_S));
    return text;
}

const char *times_duration(int64_t ns, char *text)
{
    int64_t seconds = ns / NS_PER_S;
    if (ns < NS_PER_S)
        snprintf(text, TIMES_TEXT, "%" PRId64 " ms", ns / NS_PER_MS);
    else if (seconds < 120)
        snprintf(text, TIMES_TEXT, "%" PRId64 " s", seconds);
    else if (seconds < 7200 && seconds % 60)
        snprintf(text, TIMES_TEXT, "%" PRId64 " min %" PRId64 " s", seconds / 60, seconds % 60);
    else if (seconds < 3600)
        snprintf(text, TIMES_TEXT, "%" PRId64 " min", seconds / 60);
    else if (seconds % 3600 < 60)
        snprintf(text, TIMES_TEXT, "%" PRId64 " h", seconds / 3600);
    else
        snprintf(text, TIMES_TEXT, "%" PRId64 " h %" PRId64 " min", seconds / 3600, seconds / 60 % 60);
    return text;
}

int64_t times_add_weeks(int64_t ms, size_t weeks)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm parts;
    if (!weeks || !localtime_r(&seconds, &parts))
        return ms;
    parts.tm_mday += (int)(7 * weeks);
    parts.tm_isdst = -1;
    return (int64_t)mktime(&parts) * 1000 + ms % 1000;
}
