/* civil.h - dates, weekdays and times of day, and the zones that tie them to instants.
 *
 * A day is counted from 1970-01-01, which is 0, in the proleptic Gregorian calendar; years 1900 to 2200. A
 * time of day is ms since midnight by the wall. Weekdays are those of ISO 8601: Monday 1 to Sunday 7.
 * Conversions between days and dates follow H. Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
#ifndef GATEWAY_BOOKING_CIVIL_H
#define GATEWAY_BOOKING_CIVIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CIVIL_DAY      INT64_C(86400000) /* ms */
#define CIVIL_HOUR     INT64_C(3600000)
#define CIVIL_MINUTE   INT64_C(60000)
#define CIVIL_YEAR_MIN 1900
#define CIVIL_YEAR_MAX 2200

struct civil_date {
    int year, month, day; /* month and day from 1 */
};

bool civil_date_exists(struct civil_date date);
int32_t civil_day(struct civil_date date); /* of one that exists */
struct civil_date civil_date(int32_t day);
int civil_weekday(int32_t day);
/* The Monday of its week. */
int32_t civil_monday(int32_t day);

/* "2026-09-07". False: not written so, or there is no such date, as 30 February. */
bool civil_read_date(const char *text, size_t length, int32_t *day);
/* "08:00", and "24:00" for the end of a day. */
bool civil_read_time(const char *text, size_t length, int64_t *time);
#define CIVIL_TEXT 16
const char *civil_date_text(int32_t day, char text[CIVIL_TEXT]);
const char *civil_time_text(int64_t time, char text[CIVIL_TEXT]); /* to the minute */

/* From this instant on local time is `offset` ms ahead of UTC. */
struct civil_change {
    int64_t at;
    int32_t offset;
};

/* Sorted; changes[0].at is INT64_MIN, so that every instant has an offset. */
struct civil_zone {
    const char *name; /* "Asia/Shanghai" */
    const struct civil_change *changes;
    size_t count;
};

int32_t civil_offset(const struct civil_zone *zone, int64_t instant);
void civil_local(const struct civil_zone *zone, int64_t instant, int32_t *day, int64_t *time);

/* What a wall shows once, never (a clock was set forward over it), or twice (set back). */
enum civil_count { CIVIL_ONCE, CIVIL_NEVER, CIVIL_TWICE };
/* The instants at which the wall shows this; once: both are the same; never: both are the clock's change. */
enum civil_count civil_instant(const struct civil_zone *zone, int32_t day, int64_t time, int64_t *first,
                               int64_t *last);

#endif
