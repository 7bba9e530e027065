/* arguments.h - the command line: which instruments on which endpoints. */
#ifndef DRIVERS_SIM_ARGUMENTS_H
#define DRIVERS_SIM_ARGUMENTS_H

#include <stdio.h>

struct simulator;

/* "tank:1,motor:2@rtu:/tmp/line,baud=19200": makes the endpoint, opens it and adds its instruments. On
 * failure the simulator's problem says why, and -1 is returned. */
int arguments_add(struct simulator *simulator, const char *argument);
void arguments_help(FILE *file);

#endif
