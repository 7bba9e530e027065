#include "gateway/booking/civil.h"

#include <stdio.h>

#define DAYS_400_YEARS 146097
#define DAYS_TO_1970   719468 /* from 0000-03-01 */

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

bool civil_date_exists(struct civil_date date)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (date.year < CIVIL_YEAR_MIN || date.year > CIVIL_YEAR_MAX || date.month < 1 || date.month > 12)
        return false;
    int length = lengths[date.month - 1] + (date.month == 2 && is_leap(date.year));
    return date.day >= 1 && date.day <= length;
}

/* Years begin in March here, so that the leap day is their last. */
int32_t civil_day(struct civil_date date)
{
    int year = date.year - (date.month <= 2), era = year / 400, year_of_era = year % 400;
    int month = (date.month + 9) % 12;
    int day_of_year = (153 * month + 2) / 5 + date.day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_400_YEARS + day_of_era - DAYS_TO_1970;
}

struct civil_date civil_date(int32_t day)
{
    int days = day + DAYS_TO_1970, era = days / DAYS_400_YEARS, day_of_era = days % DAYS_400_YEARS;
    int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int month = (5 * day_of_year + 2) / 153;
    struct civil_date date = {
        .year = year_of_era + era * 400 + (month >= 10),
        .month = month < 10 ? month + 3 : month - 9,
        .day = day_of_year - (153 * month + 2) / 5 + 1,
    };
    return date;
}

/* 1970-01-01 was a Thursday. */
int civil_weekday(int32_t day)
{
    return (int)(((day + 3) % 7 + 7) % 7) + 1;
}

int32_t civil_monday(int32_t day)
{
    return day - civil_weekday(day) + 1;
}

/* ---- text ---------------------------------------------------------------------------------------------- */

/* As many digits as there are in `format`, where other characters stand for themselves; `numbers` has room
 * for its groups of digits. */
static bool read_digits(const char *text, size_t length, const char *format, int *numbers)
{
    bool in_number = false;
    for (size_t i = 0; format[i] != '\0'; i++) {
        if (i >= length)
            return false;
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (format[i] != '0') {
            if (text[i] != format[i])
                return false;
            in_number = false;
            continue;
        }
        if (!digit)
            return false;
        if (!in_number)
            *numbers++ = 0;
        in_number = true;
        numbers[-1] = numbers[-1] * 10 + (text[i] - '0');
        if (format[i + 1] == '\0')
            return length == i + 1;
    }
    return false;
}

bool civil_read_date(const char *text, size_t length, int32_t *day)
{
    int numbers[3];
    if (!read_digits(text, length, "0000-00-00", numbers))
        return false;
    struct civil_date date = {numbers[0], numbers[1], numbers[2]};
    if (!civil_date_exists(date))
        return false;
    *day = civil_day(date);
    return true;
}

bool civil_read_time(const char *text, size_t length, int64_t *time)
{
    int numbers[2];
    if (!read_digits(text, length, "00:00", numbers))
        return false;
    int64_t read = numbers[0] * CIVIL_HOUR + numbers[1] * CIVIL_MINUTE;
    if (numbers[1] > 59 || read > CIVIL_DAY)
        return false;
    *time = read;
    return true;
}

const char *civil_date_text(int32_t day, char text[CIVIL_TEXT])
{
    struct civil_date date = civil_date(day);
    snprintf(text, CIVIL_TEXT, "%04d-%02u-%02u", date.year, (unsigned)date.month % 100,
             (unsigned)date.day % 100);
    return text;
}

const char *civil_time_text(int64_t time, char text[CIVIL_TEXT])
{
    snprintf(text, CIVIL_TEXT, "%02u:%02u", (unsigned)(time / CIVIL_HOUR) % 100,
             (unsigned)(time % CIVIL_HOUR / CIVIL_MINUTE) % 100);
    return text;
}

/* ---- zones --------------------------------------------------------------------------------------------- */

/* The change that is in force at an instant. */
static size_t change_at(const struct civil_zone *zone, int64_t instant)
{
    size_t low = 1, high = zone->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->changes[middle].at <= instant)
            low = middle + 1;
        else
            high = middle;
    }
    return low - 1;
}

int32_t civil_offset(const struct civil_zone *zone, int64_t instant)
{
    return zone->changes[change_at(zone, instant)].offset;
}

void civil_local(const struct civil_zone *zone, int64_t instant, int32_t *day, int64_t *time)
{
    int64_t local = instant + civil_offset(zone, instant);
    int64_t days = local / CIVIL_DAY - (local % CIVIL_DAY < 0);
    *day = (int32_t)days;
    *time = local - days * CIVIL_DAY;
}

/* Offsets are less than a day either way, so only the changes within a day of it can matter. */
enum civil_count civil_instant(const struct civil_zone *zone, int32_t day, int64_t time, int64_t *first,
                               int64_t *last)
{
    int64_t local = day * CIVIL_DAY + time;
    size_t from = change_at(zone, local - CIVIL_DAY), to = change_at(zone, local + CIVIL_DAY);
    size_t found = 0;
    for (size_t i = from; i <= to; i++) {
        int64_t instant = local - zone->changes[i].offset;
        bool begun = i == 0 || instant >= zone->changes[i].at;
        bool over = i + 1 < zone->count && instant >= zone->changes[i + 1].at;
        if (!begun || over)
            continue;
        if (found++ == 0)
            *first = instant;
        *last = instant;
    }
    if (found > 0)
        return found == 1 ? CIVIL_ONCE : CIVIL_TWICE;
    /* Between two changes' local times: the change after which the wall is already beyond it. */
    size_t after = from + 1;
    while (after < to && local - zone->changes[after].offset >= zone->changes[after].at)
        after++;
    *first = *last = zone->changes[after].at;
    return CIVIL_NEVER;
}
