/* health.h - how real lines and their instruments are doing: since the start, and lately.
 *
 * Their own counters (gateway/link/link.h) are read every 5 s into a window of a minute, so that a rate is
 * there for whoever asks, at the first question. Simulators' lines come and go with who practises, and are
 * not in it. */
#ifndef GATEWAY_CONTROL_HEALTH_H
#define GATEWAY_CONTROL_HEALTH_H

#include "gateway/control/state.h"

/* Of lines that begin at this instant, monotonic ns; 0: when the gateway does. NULL: no memory. */
struct health *health_make(const struct config_lab *lab, int64_t began);
void health_free(struct health *health); /* accepts NULL */
/* After a reload `next`, which it owns then, takes the place of what there is. kept: each line's new number,
 * UINT16_MAX when it has ended. */
void health_exchange(struct control *control, struct health *next, const uint16_t *kept);

/* An instrument was lost, or answers again. */
void health_state(struct control *control, size_t link, const struct link_report *report);
/* Looks at the counters when it is time; returns when to be called next. Monotonic ns. */
int64_t health_tick(struct control *control);
/* Answers with all lines; with `rig`, those that it stands on, its instruments and its reaction times. */
void health_answer(struct control *control, const struct origin *origin, const struct control_rig *rig);

#endif
