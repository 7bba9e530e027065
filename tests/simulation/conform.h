/* conform.h - the core's traces are traces of the model (docs/model/README.md). */
#ifndef TESTS_SIMULATION_CONFORM_H
#define TESTS_SIMULATION_CONFORM_H

#include "tests/simulation/lab.h"

void conform_start(struct lab *lab); /* a new life of the rig */
void conform_event(struct lab *lab, const struct rig_event *event);

#endif
