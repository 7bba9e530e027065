/* plan.h - a class over rigs and weeks as one bundle of wishes: its roster (roster.h) times its meetings.
 *
 * Sections of a class meet at slots of their own. What falls out, on a holiday or because another day's
 * classes are held, is no wish, and the rotation goes on where it was. */
#ifndef GATEWAY_BOOKING_PLAN_H
#define GATEWAY_BOOKING_PLAN_H

#include "gateway/booking/attend.h"
#include "gateway/booking/booking.h"
#include "gateway/booking/roster.h"
#include "gateway/booking/term.h"

/* When a section meets, every week of the plan. */
struct plan_slot {
    int weekday;
    int first_period, last_period;
    struct term_hours times; /* instead of periods; both 0: periods */
};

struct plan_meeting {
    int64_t starts, ends; /* both 0: it falls out */
    int week;
    int32_t day;
    enum term_result result; /* OK, MOVED, HOLIDAY, DISPLACED */
};

/* Meeting m of section s becomes meetings[m * sections + s]; there is room for every week of the plan. Other
 * results than OK: nothing is planned, and *section is whose slot is wrong. */
enum term_result plan_schedule(const struct term_calendar *calendar, size_t term, term_weeks weeks,
                               const struct plan_slot *slots, size_t sections, struct plan_meeting *meetings,
                               size_t *meeting_count, size_t *section);

struct plan {
    const struct roster *roster;
    const uint64_t *students;            /* accounts; roster->students of them */
    const uint16_t *rigs;                /* roster->rigs of them; NULL: any with the capability */
    uint16_t capability;                 /* without rigs */
    const struct plan_meeting *meetings; /* roster->meetings times the sections */
    struct booking_attend attend;
};

/* Two places of one student. False: everybody is there once. */
bool plan_find_duplicate(const uint64_t *students, size_t count, const struct booking_attend *attend,
                         size_t *first, size_t *second);

/* The wishes, by meeting, section and rig; the first of a group holds it, the others are its party, for which
 * `parties` has room for a student and a meeting each. Codes are empty. Returns how many there are, of which
 * at most `capacity` were written. */
size_t plan_wishes(const struct plan *plan, struct booking_wish *wishes, size_t capacity, uint64_t *parties);

#endif
