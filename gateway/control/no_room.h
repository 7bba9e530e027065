/* no_room.h - who found no room for what, stored for the report (report.c): whose request was refused because
 * every rig that would do is taken or out of service, and who waited in vain. */
#ifndef GATEWAY_CONTROL_NO_ROOM_H
#define GATEWAY_CONTROL_NO_ROOM_H

#include "gateway/control/state.h"

/* A refused request for a booking, of which `wish` is what was refused. Counts only if it was for lack of
 * rigs; who plans for others tries what fits, and is not counted, nor is who stands in their own way. */
void no_room_refused(struct control *control, const struct booking_action *refusal,
                     const struct booking_wish *wish, uint64_t account, bool planned);
/* A place in the queue that ended with nothing. Who is not there any more is passed over, and not counted. */
void no_room_waited(struct control *control, const struct timetable_ticket *place);

#endif
