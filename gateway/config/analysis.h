/* analysis.h - what is computed about a configuration once its lines and rigs are read. */
#ifndef GATEWAY_CONFIG_ANALYSIS_H
#define GATEWAY_CONFIG_ANALYSIS_H

#include "gateway/config/rigs.h"

/* What the instrument that was `made` puts on its line. */
void analysis_gather(struct loader *loader, const struct instrument_build *build,
                     const struct config_link *link, const struct config_instrument *place,
                     struct driver_instrument *made, struct analysis_unit *unit);
/* In this order, once all rigs are read: loads; then each rig's rules. */
void analysis_lines(struct loader *loader, struct config_lab *lab);
void analysis_rules(struct rig_build *rig, const struct config_lab *lab);
/* What a rule can come to, and that it is not always the same. `output`: of a permissive; NULL for a trip.
 * `unknown`: what it does while it is unknown. */
void analysis_range(struct rig_build *rig, const struct node *when, const struct rig_program *program,
                    const char *output, const char *unknown);
/* Once all interlocks of the rig are read: that two permissives of an output, or one and a trip, leave it
 * room to be moved at all. */
void analysis_conflicts(struct rig_build *rig);

/* Rounded up; "12 ms", "no bound" for ANALYSIS_NEVER. */
const char *milliseconds_text(int64_t nanoseconds, char text[40]);

enum { REACTION_PARTS = 7 };
struct reaction_texts {
    char total[40], parts[REACTION_PARTS][40]; /* from `period` to `writes`: they add up to the total */
};
void reaction_texts(const struct analysis_reaction *reaction, struct reaction_texts *texts);

#endif
