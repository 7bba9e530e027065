/* term.h - a university's calendar: terms, weeks, class periods, holidays, make-up workdays, opening hours.
 *
 * A meeting of a class is written as term, week, weekday and periods, and becomes an interval of instants
 * here and nowhere else. Everything is in the lab's zone. The structures are the configuration's and do not
 * change. */
#ifndef GATEWAY_BOOKING_TERM_H
#define GATEWAY_BOOKING_TERM_H

#include "gateway/booking/civil.h"

#define TERM_WEEKS_MAX   60
#define TERM_PERIODS_MAX 24

/* Week n is bit n - 1. */
typedef uint64_t term_weeks;

struct term {
    const char *name;
    int32_t start;                /* a Monday */
    int weeks;                    /* 1 to TERM_WEEKS_MAX */
    const char *title, *title_zh; /* NULL: the name */
};

struct term_hours {
    int64_t from, until; /* time of day; until > from, or both 0: closed (not a period) */
};

struct term_holiday {
    int32_t from, last; /* days, both in it */
    const char *name, *name_zh;
};

/* On this day the classes of another are held. */
struct term_makeup {
    int32_t on, as;
};

struct term_calendar {
    struct civil_zone zone;
    const struct term *terms;
    size_t term_count;
    struct term_hours periods[TERM_PERIODS_MAX]; /* period n at n - 1; in order, without overlap */
    const struct term_holiday *holidays;         /* sorted, without overlap */
    size_t holiday_count;
    const struct term_makeup *makeups; /* no day twice, on either side */
    size_t makeup_count;
    bool has_hours;             /* false: open always, holidays too */
    struct term_hours hours[7]; /* Monday at 0 */
};

/* X(constant, name, what a person reads). The names are stable. */
#define TERM_RESULTS(X)                                                                                      \
    X(TERM_OK, "accepted", "accepted")                                                                       \
    X(TERM_MOVED, "moved", "it is held on a make-up workday")                                                \
    X(TERM_HOLIDAY, "holiday", "that day is a holiday")                                                      \
    X(TERM_DISPLACED, "displaced", "that day is a make-up workday, on which another day's classes are held") \
    X(TERM_NO_TERM, "unknown-term", "there is no such term")                                                 \
    X(TERM_NO_WEEK, "unknown-week", "the term has no such week")                                             \
    X(TERM_NO_WEEKDAY, "unknown-weekday", "there is no such weekday")                                        \
    X(TERM_NO_PERIOD, "unknown-period", "there is no such class period")                                     \
    X(TERM_SKIPPED, "skipped-time", "the clock skips that time on that day")                                 \
    X(TERM_BAD_WEEKS, "bad-weeks", "weeks are written like 1-16, odd, 1-16 even, or 1-8,10,12-16")           \
    X(TERM_EMPTY, "empty-interval", "it must end after it starts, on the same day")

enum term_result {
#define TERM_RESULT_CONSTANT(constant, name, text) constant,
    TERM_RESULTS(TERM_RESULT_CONSTANT)
#undef TERM_RESULT_CONSTANT
};
const char *term_result_name(enum term_result result);
const char *term_result_text(enum term_result result);

/* "1-16", "odd", "1-16 even", "1-8,10,12-16" of a term with so many weeks. On failure *at is where in the
 * text it went wrong: TERM_BAD_WEEKS, or TERM_NO_WEEK for a week that the term does not have, or that is
 * named twice. */
enum term_result term_read_weeks(const char *text, int weeks, term_weeks *read, size_t *at);

struct term_meeting {
    size_t term; /* in the calendar's */
    int week;    /* from 1 */
    int weekday; /* ISO 8601 */
    int first_period, last_period;
    struct term_hours times; /* instead of periods; both 0: periods */
};

/* OK or MOVED: *day is when it is held, [*starts, *ends) the interval. HOLIDAY, DISPLACED: *day is the day on
 * which it falls out. A time that comes twice is the first of the two. */
enum term_result term_find_meeting(const struct term_calendar *calendar, const struct term_meeting *meeting,
                                   int32_t *day, int64_t *starts, int64_t *ends);

/* The term's week that a day lies in; 0: it lies in none. */
int term_week_of(const struct term *term, int32_t day);
/* By name, NULL: there is none. */
const struct term *term_find(const struct term_calendar *calendar, const char *name);
const struct term_holiday *term_holiday_on(const struct term_calendar *calendar, int32_t day);

/* The instants between which the lab is open on a day. False: it is closed. */
bool term_open_on(const struct term_calendar *calendar, int32_t day, int64_t *from, int64_t *until);
/* Whether it is open all through [starts, ends). */
bool term_is_open(const struct term_calendar *calendar, int64_t starts, int64_t ends);
/* The first time at or after `from`, and before `end`, when it is open, and how long it stays so: nights
 * that it is open through are no end. False: it stays closed. */
bool term_next_open(const struct term_calendar *calendar, int64_t from, int64_t end, int64_t *opens,
                    int64_t *closes);

#endif
