/* session.h - taking a seat and control, for the commands and for the prompt. */
#ifndef GATEWAY_CLI_SESSION_H
#define GATEWAY_CLI_SESSION_H

#include "gateway/cli/cli.h"

/* Takes (or resumes) a seat on the rig and stores it; complains. *may_control says whether control is this
 * account's. */
int session_join(struct cli *cli, const char *rig, bool *may_control);
/* Asks for control, or with `to` to give it to that seat; the answer has a `control`. */
int session_ask_take(struct cli *cli, bool force, uint32_t to, Labgate__Answer **answer);
/* Asks for control and waits until it is given; stores the epoch. */
int session_take(struct cli *cli, bool force);
enum session_hold { HOLDS_NOTHING, HOLDS_SEAT, HOLDS_CONTROL };
/* Joins, and takes control when the session is of this account's own booking and `observe` is false;
 * complains. */
int session_begin(struct cli *cli, const char *rig, bool observe, enum session_hold *hold);
/* What the gateway says of the stored seat's session: its end may have changed, or it is over and the seat is
 * forgotten. Without an answer within a second the seat stays as it was written down, and that is said.
 * CLI_OK, or it has complained that it cannot even ask. */
int session_refresh(struct cli *cli);
/* Gives the seat back and forgets it. */
int session_leave(struct cli *cli);

/* Says "here" for the seat when `*said` is so long ago that it is time. False: the gateway does not know the
 * seat. */
bool session_say_here(struct cli *cli, int64_t *said);

#endif
