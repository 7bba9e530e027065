/* change.h - what a new configuration would change, and which bookings it would break: rigs, rules and
 * limits, the calendar, policies, groups; and every coming booking judged as if it were asked for under the
 * new one.
 *
 * Nothing here runs or stores anything. Rows come in a fixed order: rigs first, bookings last. */
#ifndef GATEWAY_CHANGE_CHANGE_H
#define GATEWAY_CHANGE_CHANGE_H

#include "gateway/config/config.h"
#include "gateway/ledger/ledger.h"

enum change_how { CHANGE_ADDED, CHANGE_REMOVED, CHANGE_CHANGED };
const char *change_how_name(enum change_how how);

struct change_row {
    const char *kind; /* "rig", "term", "policy", ... */
    const char *name; /* of what; "" where there is one of its kind */
    const char *part; /* that is added, removed or changed of it: "trip overheat", "longest"; "": all */
    enum change_how how;
    const char *before, *after; /* as text; "" where there is none, or too much */
};
typedef void change_taker(void *context, const struct change_row *row);

/* Calls `take` for everything that differs. False: no memory. */
bool change_compare(const struct config_lab *before, const struct config_lab *after, change_taker *take,
                    void *context);

struct change_booking {
    const struct ledger_booking *booking;
    const char *holder;          /* "": not known */
    const char *reason, *option; /* docs/names.md; the policy's row, or "" */
    const char *text;
    bool live; /* a session that the restart ends, or that its rig's change does */
};
typedef void change_booking_taker(void *context, const struct change_booking *booking);

/* Calls `take` for each booking, coming or live, that the new configuration would refuse, and for each live
 * one whose rig it changes. `now`: ms since 1970. *looked: how many were looked at. False: no memory, or the
 * zone cannot be read. */
bool change_judge(const struct config_lab *before, const struct config_lab *after,
                  const struct ledger_contents *contents, int64_t now, change_booking_taker *take,
                  void *context, size_t *looked);

/* Whether a rig differs in anything but what only the timetable reads: then it is made safe and begins anew.
 */
bool change_touches_rig(const struct config_lab *before, const struct config_lab *after, const char *rig);

#endif
