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
    bool live; /* a session that ends with it, or that its rig's change ends */
};
typedef void change_booking_taker(void *context, const struct change_booking *booking);

/* Calls `take` for each booking, coming or live, that the new configuration would refuse, and for each live
 * one whose rig it changes. `zone`: the time zone's offsets; `now`: ms since 1970. *looked: how many were
 * looked at. False: no memory. */
bool change_judge(const struct config_lab *before, const struct config_lab *after,
                  const struct civil_zone *zone, const struct ledger_contents *contents, int64_t now,
                  change_booking_taker *take, void *context, size_t *looked);

/* touched[i]: the i-th rig of `after` is new, or differs in anything but what only the timetable and people
 * read, or shares a line with one that does: then it is made safe and begins anew. Without memory all are. */
void change_touched(const struct config_lab *before, const struct config_lab *after, bool *touched);

/* What cannot be taken up while the gateway runs. */
struct change_restart {
    const char *what; /* "listeners", "rig tank-2 was removed" */
    bool whole;       /* nothing of the new configuration can be taken up; otherwise all but this */
};
typedef void change_restart_taker(void *context, const struct change_restart *restart);
/* Calls `take` for each. `start`: the configuration that the gateway was started with. */
void change_needs_restart(const struct config_lab *start, const struct config_lab *before,
                          const struct config_lab *after, change_restart_taker *take, void *context);

#endif
