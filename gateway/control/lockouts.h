/* lockouts.h - who locks a rig out, and why, as people say it. Which accounts do is the core's to know
 * (rig_durable); their reasons are kept here and stored with them. */
#ifndef GATEWAY_CONTROL_LOCKOUTS_H
#define GATEWAY_CONTROL_LOCKOUTS_H

#include "gateway/control/state.h"

#define LOCKOUTS_TEXT_MAX 256

bool lockouts_has(const struct control_rig *rig, uint64_t account); /* it locks the rig out */
/* Before the core hears of the lock-out, whose record carries it. */
void lockouts_keep_reason(struct control_rig *rig, uint64_t account, const char *reason);
/* "changing a hose; hands in the tank"; with `names`, "tian: changing a hose; ..." for staff. What does not
 * fit is counted. */
void lockouts_list(const struct control *control, const struct control_rig *rig, bool names, char *text,
                   size_t size);
/* The account that is called so, or has this number, and locks the rig out. An account that was erased has
 * only the number left; whoever asked on the gateway's own socket without a login is "operator". */
bool lockouts_find(const struct control *control, const struct control_rig *rig, const char *name,
                   uint64_t *account);

#endif
