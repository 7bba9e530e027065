/* policy.h - what the people of a group may book: one table of options, and the checks that they drive.
 *
 * The configuration reads policies by this table, prints its reference from it, and a check's message names
 * the option and its value. A number of 0 means that there is no such limit. Quotas count the bookings of one
 * person whose `charged` is set; a booking counts on the day and in the week in which it starts, in the lab's
 * zone. */
#ifndef GATEWAY_BOOKING_POLICY_H
#define GATEWAY_BOOKING_POLICY_H

#include "gateway/booking/civil.h"
#include "gateway/booking/result.h"

#include <stddef.h>

enum policy_approval { POLICY_APPROVAL_NONE, POLICY_APPROVAL_TEACHER, POLICY_APPROVAL_SCHEDULER };

/* X(field, kind, least, most, default as it is written, refusal or OK where nothing is refused by it, help).
 * Kinds: DURATION int64_t (ms here; bounds in seconds), COUNT int64_t, FLAG bool, NAME const char * ("" for
 * none), APPROVAL int. In the order of the checks. */
#define POLICY_OPTIONS(X)                                                                                    \
    X(horizon, DURATION, 0, 400 * 86400, "14 d", TOO_FAR, "how far ahead a booking may start")               \
    X(latest_start, DURATION, 0, 30 * 86400, "0 s", TOO_LATE,                                                \
      "how long before its start a booking must have been made; 0 s: free time can be used at once")         \
    X(shortest, DURATION, 0, 86400, "5 min", TOO_SHORT, "least length of a booking")                         \
    X(longest, DURATION, 0, 7 * 86400, "4 h", TOO_LONG, "greatest length of a booking, with its extensions") \
    X(open_bookings, COUNT, 0, 10000, "0", TOO_MANY, "bookings of one person that are to come or live")      \
    X(bookings_per_day, COUNT, 0, 1000, "0", QUOTA_BOOKINGS, "bookings of one person on one day")            \
    X(bookings_per_week, COUNT, 0, 1000, "0", QUOTA_BOOKINGS, "bookings of one person in one week")          \
    X(hours_per_day, DURATION, 0, 86400, "0 s", QUOTA_HOURS, "time that one person may book on one day")     \
    X(hours_per_week, DURATION, 0, 7 * 86400, "0 s", QUOTA_HOURS, "time that one person may book in a week") \
    X(gap, DURATION, 0, 30 * 86400, "0 s", GAP, "least time between two bookings of one person")             \
    X(one_at_a_time, FLAG, 0, 0, "false", PERSON_BUSY,                                                       \
      "whether a person has at most one place at a time, also as somebody's partner or in a class")          \
    X(qualification, NAME, 0, 40, "", NOT_QUALIFIED, "qualification that a person must hold")                \
    X(rehearsal, NAME, 0, 40, "", NOT_REHEARSED,                                                             \
      "capability, of a simulator, that a person must have used in a session before")                        \
    X(no_show_penalty, DURATION, 0, 90 * 86400, "0 s", NO_SHOW,                                              \
      "how long after an unused booking nothing can be booked ahead")                                        \
    X(grace, DURATION, 0, 86400, "10 min", OK,                                                               \
      "how long after its start an unused booking is kept; 0 s: until it ends")                              \
    X(cancel_until, DURATION, 0, 30 * 86400, "0 s", OK,                                                      \
      "a booking cancelled later than this before its start counts as used")                                 \
    X(priority, COUNT, 0, 9, "0", OK, "whom the queue serves first; among equals fair share decides")        \
    X(approval, APPROVAL, 0, 0, "none", OK, "who must approve a booking before it holds for certain")        \
    X(extend, FLAG, 0, 0, "true", OK, "whether a session may be extended while nobody waits")                \
    X(substitute, FLAG, 0, 0, "true", OK, "whether another rig of the same capabilities will do")

#define POLICY_TYPE_DURATION int64_t
#define POLICY_TYPE_COUNT    int64_t
#define POLICY_TYPE_FLAG     bool
#define POLICY_TYPE_NAME     const char *
#define POLICY_TYPE_APPROVAL int

struct booking_policy {
    const char *name;
#define POLICY_FIELD(field, kind, least, most, fallback, refusal, help) POLICY_TYPE_##kind field;
    POLICY_OPTIONS(POLICY_FIELD)
#undef POLICY_FIELD
};

enum policy_option {
#define POLICY_CONSTANT(field, kind, least, most, fallback, refusal, help) POLICY_##field,
    POLICY_OPTIONS(POLICY_CONSTANT)
#undef POLICY_CONSTANT
        POLICY_OPTION_COUNT
};
const char *policy_option_name(enum policy_option option);
/* The value of an option that is a number: a DURATION in ms, or a COUNT. False: it is none. */
bool policy_option_bound(const struct booking_policy *policy, enum policy_option option, int64_t *bound,
                         bool *is_duration);
/* The value of an option that is a NAME; NULL: it is none. */
const char *policy_option_named(const struct booking_policy *policy, enum policy_option option);

/* One interval of a person's. */
struct policy_interval {
    int64_t starts, ends;
    bool to_come;     /* or live: counts as open */
    bool other_thing; /* on another rig or capability: no gap is asked for between them */
};

/* What a wish would add to. */
struct policy_usage {
    int64_t open, on_day, in_week; /* bookings */
    int64_t ms_on_day, ms_in_week;
    int64_t nearest; /* ms to the nearest other booking of the person; INT64_MAX: there is none */
    bool busy;       /* there is another place at that time, charged or not */
};

/* Adds one of a person's charged intervals, in any order, around a wish. The usage begins with nearest at
 * INT64_MAX and the rest at 0. */
void policy_add(struct policy_usage *usage, const struct civil_zone *zone,
                const struct policy_interval *interval, int64_t starts, int64_t ends);

struct policy_wish {
    int64_t now, starts, ends;
    struct policy_usage usage; /* without the wish itself */
    bool qualified, rehearsed; /* holds what the policy names */
    int64_t no_show;           /* when the person last left a booking unused; 0: never */
    bool planned; /* by a scheduler, for a class: the quota, horizon and penalty rows do not bind */
    bool extends; /* it was granted, and gets a later end: only rows about length bind */
};

/* OK, or the refusal of the first row that forbids it; *option is that row. */
enum booking_result policy_check(const struct booking_policy *policy, const struct policy_wish *wish,
                                 enum policy_option *option);

#endif
