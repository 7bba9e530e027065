/* timetable_make.h - the timetable as the configuration describes it, and its bookings as the ledger's rows.
 *
 * The ledger knows rigs, groups and capabilities by name, so that it outlives a configuration; the timetable
 * has them by number. */
#ifndef GATEWAY_CONTROL_TIMETABLE_MAKE_H
#define GATEWAY_CONTROL_TIMETABLE_MAKE_H

#include "gateway/control/state.h"

/* Before there are threads: the zone is read. False: `why` says what is missing. */
bool timetable_make(struct control *control, const struct ledger_contents *contents, char *why,
                    size_t why_size);
void timetable_unmake(struct control *control);

void booking_to_row(const struct control *control, const struct booking *booking, struct ledger_booking *row);
/* rig BOOKING_ANY_RIG: it is not configured any more; a group or a capability that is not becomes none. The
 * party is the row's. */
void booking_from_row(const struct control *control, const struct ledger_booking *row,
                      struct booking *booking);

#endif
