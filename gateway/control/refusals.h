/* refusals.h - the record of what people were refused (promise S11), made where the refusal is answered
 * (respond.h). Commands are not among these: the rig's core records its own.
 *
 * Nobody may fill the audit with refusals, since a full one stops every command. So the first refusal of its
 * kind (who, what, on which rig, why) is recorded at once; the same again within REFUSALS_WINDOW is counted,
 * and the count recorded at the window's end. What is remembered for that has a bound for each account and
 * one for all; what lies beyond it, and what strangers without a token of ours are refused, is counted and
 * recorded as a number in each window. */
#ifndef GATEWAY_CONTROL_REFUSALS_H
#define GATEWAY_CONTROL_REFUSALS_H

#include "gateway/control/state.h"

#define REFUSALS_WINDOW (60 * INT64_C(1000000000)) /* ns */
#define REFUSALS_EACH   32                         /* of one account in a window, recorded one by one */

/* `rule`: NULL where none. */
void refusals_note(struct control *control, const struct asker *asker, const char *reason, const char *rule);
/* What somebody on the gateway's own socket, who has no account, is about to do. */
void refusals_note_operator(struct control *control, const struct asker *asker);
/* Records the counts that are due; returns when to be called next. */
int64_t refusals_tick(struct control *control);
/* All of them, at the end. */
void refusals_finish(struct control *control);

#endif
