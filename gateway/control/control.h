/* control.h - the control process: rigs, bookings, ledger and lines, in one loop (docs/architecture.md). */
#ifndef GATEWAY_CONTROL_CONTROL_H
#define GATEWAY_CONTROL_CONTROL_H

#include "gateway/config/config.h"

/* Serves the lab until SIGTERM or SIGINT, makes every rig safe, and returns the exit status: 0 after an
 * orderly stop, 1 when it could not start or had to give up; why is on standard error. The config must have
 * no errors. */
int control_run(const struct config *config);

#endif
