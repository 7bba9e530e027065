/* check.h - the parts of what `labgate check` prints. */
#ifndef GATEWAY_CONFIG_CHECK_H
#define GATEWAY_CONFIG_CHECK_H

#include "gateway/config/config.h"

/* A row for each rule that drives something, and one for the e-stop. */
void print_reactions(const struct config_rig *rig, FILE *file);
/* How the table is to be read, and what it rests on. */
void print_assumptions(FILE *file);

#endif
