/* control.h - the Unix socket through which tests and technicians look into the simulator and break things.
 *
 * A request is a line of words. The answer is any number of lines and then "ok", or one line "error: ...".
 * Words may not contain blanks. `labsim ctl SOCKET WORDS...` is the client. */
#ifndef DRIVERS_SIM_CONTROL_H
#define DRIVERS_SIM_CONTROL_H

#include <stdio.h>

struct simulator;

int control_open(struct simulator *simulator, const char *path);
void control_close(struct simulator *simulator);
void control_bury(struct simulator *simulator); /* frees clients that have gone */

/* The client: sends the words, prints the answer, returns the program's exit status. */
int control_client(const char *path, char *const *words, size_t count);
void control_help(FILE *file);

#endif
