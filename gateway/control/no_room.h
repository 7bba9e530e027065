/* no_room.h - who found no room for what, stored for the report (report.c): whose request was refused because
 * every rig that would do is taken or out of service, and who waited in vain.
 *
 * A refusal costs whoever asks nothing, and a program may repeat it all day. So what says nothing new (the
 * ledger keeps the longest time that somebody asked for of one thing and day) is not stored again, as far as
 * the newest NO_ROOM_KNOWN of them are remembered, and few are in the ledger's queue at once: it is for
 * bookings first. */
#ifndef GATEWAY_CONTROL_NO_ROOM_H
#define GATEWAY_CONTROL_NO_ROOM_H

#include "gateway/control/state.h"

/* A refused request for a booking, of which `wish` is what was refused. Counts only if it was for lack of
 * rigs; who plans for others tries what fits, and is not counted, nor is who stands in their own way. */
void no_room_refused(struct control *control, const struct booking_action *refusal,
                     const struct booking_wish *wish, uint64_t account, bool planned);
/* A place in the queue that ended with nothing. Who is not there any more is passed over, and not counted. */
void no_room_waited(struct control *control, const struct timetable_ticket *place);

/* Hands what waits to the ledger, as far as it has room; returns when to be called next, monotonic. */
int64_t no_room_send(struct control *control);
/* The ledger's answer to a LEDGER_FOR_NO_ROOM. */
void no_room_stored(struct control *control, const struct ledger_event *event);
size_t no_room_unstored(const struct control *control);

#endif
