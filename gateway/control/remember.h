/* remember.h - what a rig must not forget over a restart (e-stop, quarantine, lock-out, latched trips): on
 * its way to the ledger, and the answers that wait for it.
 *
 * What is set acts at once. Its answer waits until the ledger has it, for at most REMEMBER_WAIT: an answer
 * that comes without says so (Control.durable in proto/lab.proto). */
#ifndef GATEWAY_CONTROL_REMEMBER_H
#define GATEWAY_CONTROL_REMEMBER_H

#include "gateway/control/state.h"

#define REMEMBER_WAIT (200 * INT64_C(1000000)) /* ns; a commit takes some ms, on a slow card 60 */

/* A LEDGER_FOR_RIG is about a rig's memory: its version times this, and the rig's index. */
#define REMEMBER_INDICES 65536

/* The rig's core has something new to remember. */
void remember(struct control *control, struct control_rig *rig);
/* The ledger has answered a LEDGER_FOR_RIG. What it could not store is tried again every second. */
void remember_stored(struct control *control, const struct ledger_event *event);
/* Is all of it in the ledger? */
bool remember_is_durable(const struct control_rig *rig);
/* True: respond_durable() answers the request when the ledger has what it set, or has not had it for too
 * long. False: there is nothing to wait for, or no place to wait in. */
bool remember_waits(struct control *control, struct control_rig *rig, uint64_t request);
/* Does what is due; returns when to be called next. */
int64_t remember_tick(struct control *control, struct control_rig *rig);

#endif
