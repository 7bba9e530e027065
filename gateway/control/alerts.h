/* alerts.h - what staff must know at once (promise S3): to the system's journal, and to whoever of them
 * listens on the bus.
 *
 * The newest are kept in a ring, numbered from 1 at each start, so that who asks again missed none unless the
 * ring went round meanwhile. */
#ifndef GATEWAY_CONTROL_ALERTS_H
#define GATEWAY_CONTROL_ALERTS_H

#include "gateway/control/state.h"

/* `rig`: NULL when it is about none. */
__attribute__((format(printf, 3, 4))) void
alerts_raise(struct control *control, const struct control_rig *rig, const char *format, ...);
/* Answers who has waited for ALERTS_WAIT; returns when to be called next. */
int64_t alerts_tick(struct control *control);

#endif
