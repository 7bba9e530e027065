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
/* For the rigs, calendar, policies and people of another configuration, while bookings go on. The timetable
 * is settled. False: no memory, and nothing has changed. */
bool timetable_remake(struct control *control, const struct config_lab *after);

void booking_to_row(const struct control *control, const struct booking *booking, struct ledger_booking *row);
/* By name; BOOKING_NO_GROUP, BOOKING_NO_CAPABILITY, BOOKING_ANY_RIG: there is none. */
uint16_t find_group(const struct control *control, const char *name);
uint16_t find_capability(const struct control *control, const char *name);
uint16_t find_rig(const struct control *control, const char *name);
/* rig BOOKING_ANY_RIG: it is not configured any more; a group or a capability that is not becomes none. The
 * party is the row's. */
void booking_from_row(const struct control *control, const struct ledger_booking *row,
                      struct booking *booking);
/* Places in the queue, likewise; `offered` is filled for `place` to point to. */
void ticket_to_row(const struct control *control, const struct timetable_ticket *place,
                   struct ledger_ticket *row);
void ticket_from_row(const struct control *control, const struct ledger_ticket *row,
                     struct timetable_ticket *place, struct booking *offered);

#endif
