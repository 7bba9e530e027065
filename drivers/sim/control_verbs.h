/* control_verbs.h - what the control socket understands, as a table. */
#ifndef DRIVERS_SIM_CONTROL_VERBS_H
#define DRIVERS_SIM_CONTROL_VERBS_H

#include <stdint.h>
#include <stdio.h>

struct simulator;

/* Carries out one line, which it may change, and writes what there is to show. On failure the simulator's
 * problem says why and -1 is returned. */
int control_perform(struct simulator *simulator, char *line, int64_t now, FILE *answer);

#endif
