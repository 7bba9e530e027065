/* attend.h - what cannot wait for the end of a long piece of the loop's work.
 *
 * A course of thousands of bookings takes the loop longer than a safe write may wait. So such work calls
 * attend() between its parts (so does the timetable, of which it changes nothing), and every 0.1 ms of it the
 * lines' reports are taken, what is due for the rigs is done, and e-stop and release are answered. Everything
 * else comes when the work is done. */
#ifndef GATEWAY_CONTROL_ATTEND_H
#define GATEWAY_CONTROL_ATTEND_H

#include "gateway/control/state.h"

/* What the lines report must not wait for many requests; those that are left keep their descriptor readable.
 */
#define ATTEND_REQUESTS      64
#define ATTEND_REQUESTS_TIME INT64_C(100000) /* ns */

/* Costs a look at the clock when nothing can be waiting yet. control->now and ->wall move on, answer_bytes is
 * overwritten; a request's own memory is not. */
void attend(struct control *control);
/* The same, for the timetable. */
struct booking_attend attend_for(struct control *control);

/* Sets control->now and ->wall. */
void attend_tell_time(struct control *control);

#endif
