/* standings.h - what people are, or may do, by somebody's word: members of groups, qualified, rehearsed. The
 * loop's copy of what the ledger has. */
#ifndef GATEWAY_CONTROL_STANDINGS_H
#define GATEWAY_CONTROL_STANDINGS_H

#include "gateway/control/state.h"

bool standings_load(struct control *control, const struct ledger_contents *contents); /* false: no memory */
bool standings_has(const struct control *control, uint64_t account, enum standing_kind kind,
                   const char *name);
/* The group that a person without a word about it books for: the first they are a member of. */
uint16_t standings_group(const struct control *control, uint64_t account);

/* Whether somebody is what the policy of a group asks for. */
struct standings_fitness {
    bool qualified, rehearsed;
};
struct standings_fitness standings_fit(const struct control *control, uint64_t account, uint16_t group);
void standings_rehearse(struct control *control, uint64_t account, const char *capability);
void standings_rehearsal_stored(struct control *control, const struct ledger_event *event);
/* A session of the booking was used: its people have rehearsed with the rig's capabilities. */
void standings_rehearsed(struct control *control, const struct booking *booking);

#endif
