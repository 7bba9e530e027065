/* oracle.h - what the two halves of the oracle share: how it judges actions, and how it judges the state
 * after them. */
#ifndef TESTS_SIMULATION_ORACLE_H
#define TESTS_SIMULATION_ORACLE_H

#include "tests/simulation/lab.h"

#define CHECK(lab, holds, ...)                                                                               \
    do {                                                                                                     \
        if (!(holds))                                                                                        \
            lab_fail(lab, __VA_ARGS__);                                                                      \
    } while (0)

/* The outputs of the safe sequence. */
enum { OUTPUTS = 6 };
extern const uint16_t oracle_outputs[OUTPUTS];

bool required_up(const struct lab *lab);
bool fresh(const struct lab *lab, uint16_t point);
bool latched(const struct rig_durable *durable, enum trip_rule trip);
bool drives(enum trip_rule trip, uint16_t point);
void check_state(struct lab *lab);

#endif
