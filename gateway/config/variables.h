/* variables.h - ${name} in the values of lab.yaml and rigs/: declared with defaults under `variables`,
 * overridden by the defines that config_load() is given. $${ stands for ${ itself. */
#ifndef GATEWAY_CONFIG_VARIABLES_H
#define GATEWAY_CONFIG_VARIABLES_H

#include "gateway/config/loader.h"

/* `declared` is the table under `variables`; NULL: there is none. */
void variables_read(struct loader *loader, const struct node *declared, const char *const *defines,
                    size_t define_count);
/* Replaces in every scalar below `node`, but not in `declared` itself. Reports what is not declared. */
void variables_apply(struct loader *loader, struct node *node, const struct node *declared);

#endif
