/* explain.h - the words of a rig's no, for people: what was attempted, on what, why not, and what whoever
 * asked may do about it. */
#ifndef GATEWAY_CONTROL_EXPLAIN_H
#define GATEWAY_CONTROL_EXPLAIN_H

#include "gateway/control/pending.h"
#include "gateway/control/state.h"

/* "setting plc.pump on tank-1: the value is outside the point's range; the nearest that is legal is 80 %". */
void explain(const struct control *control, const struct control_rig *rig, const struct pending *pending,
             const struct rig_action *action, char *text, size_t size);

#endif
