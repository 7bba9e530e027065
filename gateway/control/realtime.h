/* realtime.h - the loop and the lines' threads run before whatever else the machine does, where the system
 * permits it (sched(7), SCHED_FIFO). */
#ifndef GATEWAY_CONTROL_REALTIME_H
#define GATEWAY_CONTROL_REALTIME_H

#include <stddef.h>
#include <stdint.h>

/* For the loop's thread, while this process still has the privileges that it started with: afterwards nothing
 * in it can raise a priority. Returns the priority in force, also for the lines; 0 is ordinary scheduling,
 * and `note` says why when that was not wanted. */
int realtime_begin(int priority, char *note, size_t note_size);

/* From now on a thread that computes for 2 s at real-time priority without once sleeping ends the process
 * (SIGXCPU): a loop that hangs keeps everything else from its processor, while whoever supervises the gateway
 * starts it again, which makes every rig safe. */
void realtime_limit(void);

/* For each turn of the loop that did not have to wait. A loop that always finds more to do does not hang:
 * every 0.1 s it sleeps for a moment. `rested`: when it last slept, kept by the caller; `now`: monotonic ns.
 */
void realtime_rest(int64_t *rested, int64_t now);

#endif
