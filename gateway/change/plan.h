/* plan.h - what another configuration would change and break, in words or as JSON. */
#ifndef GATEWAY_CHANGE_PLAN_H
#define GATEWAY_CHANGE_PLAN_H

#include "gateway/config/config.h"

struct plan {
    const struct config_lab *before, *after;
    const struct civil_zone *zone; /* offsets of the time zone of `after` */
    bool json;
};

/* As an exit status: 0 no booking is broken, 3 some are, 1 it could not be said, for the reason in `why`.
 * Bookings are those of the ledger in the state directory of `before`: a copy of a configuration
 * that is being changed has none. */
int plan_print(const struct plan *plan, FILE *file, char *why, size_t why_size);

#endif
