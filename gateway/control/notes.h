/* notes.h - what is written down: the audit's records, the session's recording, and lines for the operator.
 */
#ifndef GATEWAY_CONTROL_NOTES_H
#define GATEWAY_CONTROL_NOTES_H

#include "gateway/control/state.h"

/* The core's records and notices. */
void notes_record(struct control *control, const struct control_rig *rig, const struct rig_action *action);
void notes_notice(struct control *control, struct control_rig *rig, const struct rig_action *action);
/* Points whose value or quality changed since revision `before` go into the live session's recording. */
void notes_changes(struct control *control, const struct control_rig *rig, uint64_t before);

/* What the shell itself did or refused. rig NULL: none. */
/* For refusals.h: `what` is what was asked for. */
void notes_refusal(struct control *control, uint64_t account, const struct control_rig *rig, const char *what,
                   const char *reason, const char *rule);
void notes_event(struct control *control, const char *kind, uint64_t account, const struct control_rig *rig,
                 const char *refusal, const char *text);
/* Tells the cores when the audit's buffer begins or ends to refuse. */
void notes_tend(struct control *control);

#endif
