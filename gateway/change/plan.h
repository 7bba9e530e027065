/* plan.h - labgate plan: what a restart with another configuration would change and break, in words or as
 * JSON. */
#ifndef GATEWAY_CHANGE_PLAN_H
#define GATEWAY_CHANGE_PLAN_H

#include "gateway/config/config.h"

/* Exit status: 0 no booking is broken, 3 some are, 1 it could not be said, and why is on standard error. */
int plan_print(const struct config_lab *before, const struct config_lab *after, bool json);

#endif
