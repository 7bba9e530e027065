/* roles.h - words for roles, conditions and states. */
#ifndef GATEWAY_CLI_ROLES_H
#define GATEWAY_CLI_ROLES_H

#include "gateway/cli/cli.h"

const char *role_name(Labgate__Role role);
bool role_find(const char *name, Labgate__Role *role);
const char *condition_name(Labgate__Condition condition);
const char *booking_state_name(Labgate__BookingState state);
/* "controlled, STOPPED": the condition with what stands beside it; `why` is left to the caller. Not
 * sanitised. */
enum style status_describe(const Labgate__RigStatus *status, struct text *text);

#endif
