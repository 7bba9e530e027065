/* proof.h - proof tests: that somebody has tried a rig's interlocks, when, who, and whether what was tried is
 * still what is configured. What is tested are the rows of its cause-and-effect matrix, in one walk or in
 * several; a test is whole when each has passed in one round. The state is kept in the ledger beside what the
 * rig must remember; each result is in the audit. */
#ifndef GATEWAY_CONTROL_PROOF_H
#define GATEWAY_CONTROL_PROOF_H

#include "gateway/control/state.h"

#define PROOF_WHY_MAX 160

/* At the start, once for each rig. False: no memory. */
bool proof_read(struct control *control, struct control_rig *rig);
/* The same for a rig whose configuration, of this lab, is to take the place of another: without what was
 * tested. It takes as long as printing the rig does. */
bool proof_make(const struct config_lab *lab, struct control_rig *rig);
/* `rig` is tested by what proof_make() made of `other`, and the other way round: pointers only. */
void proof_exchange(struct control_rig *rig, struct control_rig *other);
/* What was tested counts while the fingerprint is the same. */
void proof_take(struct control_rig *rig, const struct control_rig *before);
void proof_finish(struct control_rig *rig);
/* Why it is overdue, for people; "" when it is not, or none is wanted. */
const char *proof_overdue(const struct control *control, const struct control_rig *rig,
                          char why[PROOF_WHY_MAX]);
/* Tells staff of those that are overdue, once a day. */
void proof_tend(struct control *control);

#endif
