/* respond.h - answers on their way back to whoever asked, through the bus or the local socket. */
#ifndef GATEWAY_CONTROL_RESPOND_H
#define GATEWAY_CONTROL_RESPOND_H

#include "gateway/control/state.h"

/* A fresh buffer over control->answer_bytes, and the head of an answer that says yes. */
struct answer_buffer respond_begin(struct control *control, struct answer_head *head);
void respond_send(struct control *control, const struct origin *origin, const struct answer_buffer *buffer);

/* Yes, and nothing else. */
void respond_done(struct control *control, const struct origin *origin);
/* No, to whoever asked and on record (refusals.h): `reason` is a name from docs/names.md. There is no other
 * way to say no, but for respond_deny(). */
__attribute__((format(printf, 4, 5))) void respond_refuse(struct control *control,
                                                          const struct origin *origin, const char *reason,
                                                          const char *format, ...);

/* Turns the head of an answer that says more than no into a no. Its record is the caller's to make, in words
 * of its own (notes.h). */
void respond_deny(struct answer_head *head, const char *reason, const char *message);

/* Yes, with who controls the rig now. */
void respond_control(struct control *control, const struct origin *origin, const struct control_rig *rig,
                     bool durable);
/* The same, and that there was nothing to be done. */
void respond_nothing(struct control *control, const struct origin *origin, const struct control_rig *rig);

/* The core's answer to a request that waits in control->pending. A yes to what must survive a restart waits
 * for the ledger (remember.h). */
void respond_action(struct control *control, struct control_rig *rig, const struct rig_action *action);
/* That yes. */
void respond_durable(struct control *control, const struct control_rig *rig, uint64_t request, bool durable);

#endif
