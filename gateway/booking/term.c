#include "gateway/booking/term.h"

#include <string.h>

static const struct {
    const char *name, *text;
} results[] = {
#define TERM_RESULT_ROW(constant, name, text) {name, text},
    TERM_RESULTS(TERM_RESULT_ROW)
#undef TERM_RESULT_ROW
};

const char *term_result_name(enum term_result result)
{
    return results[result].name;
}

const char *term_result_text(enum term_result result)
{
    return results[result].text;
}

const struct term *term_find(const struct term_calendar *calendar, const char *name)
{
    for (size_t i = 0; i < calendar->term_count; i++)
        if (strcmp(calendar->terms[i].name, name) == 0)
            return &calendar->terms[i];
    return NULL;
}

int term_week_of(const struct term *term, int32_t day)
{
    if (day < term->start || day >= term->start + 7 * term->weeks)
        return 0;
    return (day - term->start) / 7 + 1;
}

const struct term_holiday *term_holiday_on(const struct term_calendar *calendar, int32_t day)
{
    size_t low = 0, high = calendar->holiday_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (calendar->holidays[middle].last < day)
            low = middle + 1;
        else
            high = middle;
    }
    return low < calendar->holiday_count && calendar->holidays[low].from <= day ? &calendar->holidays[low]
                                                                                : NULL;
}

static const struct term_makeup *makeup_on(const struct term_calendar *calendar, int32_t day)
{
    for (size_t i = 0; i < calendar->makeup_count; i++)
        if (calendar->makeups[i].on == day)
            return &calendar->makeups[i];
    return NULL;
}

static const struct term_makeup *makeup_as(const struct term_calendar *calendar, int32_t day)
{
    for (size_t i = 0; i < calendar->makeup_count; i++)
        if (calendar->makeups[i].as == day)
            return &calendar->makeups[i];
    return NULL;
}

/* ---- meetings ------------------------------------------------------------------------------------------ */

static bool has_times(const struct term_meeting *meeting)
{
    return meeting->times.from != 0 || meeting->times.until != 0;
}

static enum term_result check_meeting(const struct term_calendar *calendar,
                                      const struct term_meeting *meeting)
{
    if (meeting->term >= calendar->term_count)
        return TERM_NO_TERM;
    if (meeting->week < 1 || meeting->week > calendar->terms[meeting->term].weeks)
        return TERM_NO_WEEK;
    if (meeting->weekday < 1 || meeting->weekday > 7)
        return TERM_NO_WEEKDAY;
    if (has_times(meeting))
        return meeting->times.from >= 0 && meeting->times.until > meeting->times.from &&
                       meeting->times.until <= CIVIL_DAY
                   ? TERM_OK
                   : TERM_EMPTY;
    if (meeting->first_period < 1 || meeting->last_period < meeting->first_period ||
        meeting->last_period > TERM_PERIODS_MAX)
        return TERM_NO_PERIOD;
    for (int period = meeting->first_period; period <= meeting->last_period; period++)
        if (calendar->periods[period - 1].until == 0)
            return TERM_NO_PERIOD;
    return TERM_OK;
}

/* The day on which a day's classes are held. */
static enum term_result find_day(const struct term_calendar *calendar, int32_t *day)
{
    const struct term_makeup *instead = makeup_as(calendar, *day);
    if (instead != NULL) {
        *day = instead->on;
        return TERM_MOVED;
    }
    if (makeup_on(calendar, *day) != NULL)
        return TERM_DISPLACED;
    return term_holiday_on(calendar, *day) != NULL ? TERM_HOLIDAY : TERM_OK;
}

enum term_result term_find_meeting(const struct term_calendar *calendar, const struct term_meeting *meeting,
                                   int32_t *day, int64_t *starts, int64_t *ends)
{
    enum term_result result = check_meeting(calendar, meeting);
    if (result != TERM_OK)
        return result;
    *day = calendar->terms[meeting->term].start + 7 * (meeting->week - 1) + meeting->weekday - 1;
    result = find_day(calendar, day);
    if (result != TERM_OK && result != TERM_MOVED)
        return result;
    int64_t unused, from = meeting->times.from, until = meeting->times.until;
    if (!has_times(meeting)) {
        from = calendar->periods[meeting->first_period - 1].from;
        until = calendar->periods[meeting->last_period - 1].until;
    }
    if (civil_instant(&calendar->zone, *day, from, starts, &unused) == CIVIL_NEVER ||
        civil_instant(&calendar->zone, *day, until, ends, &unused) == CIVIL_NEVER)
        return TERM_SKIPPED;
    return result;
}

/* ---- weeks as they are written ------------------------------------------------------------------------- */

struct weeks_text {
    const char *text;
    size_t at;
    int weeks;
};

static void skip_blanks(struct weeks_text *reader)
{
    while (reader->text[reader->at] == ' ')
        reader->at++;
}

/* A week that the term has. */
static enum term_result read_week(struct weeks_text *reader, int *week)
{
    size_t begins = reader->at;
    *week = 0;
    for (; reader->text[reader->at] >= '0' && reader->text[reader->at] <= '9'; reader->at++)
        if (*week <= TERM_WEEKS_MAX)
            *week = *week * 10 + (reader->text[reader->at] - '0');
    if (reader->at == begins)
        return TERM_BAD_WEEKS;
    bool there = *week >= 1 && *week <= reader->weeks;
    if (!there)
        reader->at = begins;
    return there ? TERM_OK : TERM_NO_WEEK;
}

static enum term_result read_range(struct weeks_text *reader, term_weeks *read)
{
    int first, last;
    size_t begins = reader->at;
    enum term_result result = read_week(reader, &first);
    last = first;
    if (result == TERM_OK && reader->text[reader->at] == '-') {
        reader->at++;
        result = read_week(reader, &last);
    }
    if (result != TERM_OK)
        return result;
    for (int week = first; week <= last; week++) {
        term_weeks bit = UINT64_C(1) << (week - 1);
        if ((*read & bit) != 0) {
            reader->at = begins;
            return TERM_NO_WEEK;
        }
        *read |= bit;
    }
    reader->at = last < first ? begins : reader->at;
    return last < first ? TERM_BAD_WEEKS : TERM_OK;
}

static enum term_result read_ranges(struct weeks_text *reader, term_weeks *read)
{
    for (;;) {
        enum term_result result = read_range(reader, read);
        if (result != TERM_OK)
            return result;
        skip_blanks(reader);
        if (reader->text[reader->at] != ',')
            return TERM_OK;
        reader->at++;
        skip_blanks(reader);
    }
}

enum term_result term_read_weeks(const char *text, int weeks, term_weeks *read, size_t *at)
{
    static const struct {
        const char *word;
        term_weeks weeks;
    } words[] = {
        {"odd",  UINT64_C(0x5555555555555555)},
        {"even", UINT64_C(0xaaaaaaaaaaaaaaaa)},
    };
    struct weeks_text reader = {.text = text, .weeks = weeks};
    term_weeks listed = 0;
    enum term_result result = TERM_OK;
    skip_blanks(&reader);
    if (text[reader.at] >= '0' && text[reader.at] <= '9')
        result = read_ranges(&reader, &listed);
    else
        listed = weeks < 64 ? (UINT64_C(1) << weeks) - 1 : UINT64_MAX;
    skip_blanks(&reader);
    bool word_given = false;
    for (size_t i = 0; result == TERM_OK && i < sizeof words / sizeof *words; i++) {
        size_t length = strlen(words[i].word);
        if (strncmp(text + reader.at, words[i].word, length) != 0)
            continue;
        listed &= words[i].weeks;
        reader.at += length;
        word_given = true;
        break;
    }
    skip_blanks(&reader);
    bool rest = text[reader.at] != '\0' || (reader.at == 0 && !word_given);
    *at = reader.at;
    if (result == TERM_OK && (rest || listed == 0))
        result = TERM_BAD_WEEKS;
    if (result == TERM_OK)
        *read = listed;
    return result;
}

/* ---- opening hours ------------------------------------------------------------------------------------- */

static struct term_hours hours_on(const struct term_calendar *calendar, int32_t day)
{
    const struct term_makeup *makeup = makeup_on(calendar, day);
    if (makeup == NULL && term_holiday_on(calendar, day) != NULL)
        return (struct term_hours){0, 0};
    return calendar->hours[civil_weekday(makeup != NULL ? makeup->as : day) - 1];
}

bool term_open_on(const struct term_calendar *calendar, int32_t day, int64_t *from, int64_t *until)
{
    struct term_hours hours = {0, CIVIL_DAY};
    int64_t unused;
    if (calendar->has_hours)
        hours = hours_on(calendar, day);
    if (hours.until == 0)
        return false;
    civil_instant(&calendar->zone, day, hours.from, from, &unused);
    civil_instant(&calendar->zone, day, hours.until, until, &unused);
    return *until > *from;
}

bool term_next_open(const struct term_calendar *calendar, int64_t from, int64_t end, int64_t *opens,
                    int64_t *closes)
{
    if (!calendar->has_hours) {
        *opens = from;
        *closes = end;
        return from < end;
    }
    int32_t day;
    int64_t time, begins, until;
    bool found = false;
    civil_local(&calendar->zone, from, &day, &time);
    for (;; day++) {
        int64_t midnight, unused;
        civil_instant(&calendar->zone, day, 0, &midnight, &unused);
        if (midnight >= end)
            break;
        bool is_open = term_open_on(calendar, day, &begins, &until) && until > from && begins < end;
        if (found && (!is_open || begins > *closes))
            break;
        if (!is_open)
            continue;
        if (!found)
            *opens = begins > from ? begins : from;
        found = true;
        *closes = until < end ? until : end;
    }
    return found;
}

bool term_is_open(const struct term_calendar *calendar, int64_t starts, int64_t ends)
{
    int64_t opens, closes;
    return term_next_open(calendar, starts, ends, &opens, &closes) && opens == starts && closes == ends;
}
