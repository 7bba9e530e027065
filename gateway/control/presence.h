/* presence.h - whether those who wait in the queue are there: whoever asked for anything on the bus within
 * the timetable's `presence` is. The timetable passes over who is not, and keeps their place. */
#ifndef GATEWAY_CONTROL_PRESENCE_H
#define GATEWAY_CONTROL_PRESENCE_H

#include "gateway/control/state.h"

void presence_load(struct control *control); /* at the start: nobody who waits has been heard yet */
/* An account was heard; 0: nobody's. */
void presence_heard(struct control *control, uint64_t account);
/* It has asked for a ticket and has it, so it is there. */
void presence_waits(struct control *control, uint64_t account);
/* Tells the timetable of those who were not heard for too long. When it is due next, monotonic. */
int64_t presence_tick(struct control *control);

#endif
