/* interlocks.h - what may stand in one interlock of any kind, between its tables and its reader. */
#ifndef GATEWAY_CONFIG_INTERLOCKS_H
#define GATEWAY_CONFIG_INTERLOCKS_H

#include "gateway/config/rigs.h"

struct interlock_form {
    char *name;
    const struct node *when, *drives, *of, *exclusive, *slew, *rate, *range;
    int64_t hold, confirm, reaction, ramp_step, on_for;
    int reset, reset_on_fault, on_bad;
    bool only_to_start;
};

#endif
