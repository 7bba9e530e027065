/* interlocks.h - what may stand in one interlock of any kind, between its tables and its reader. */
#ifndef GATEWAY_CONFIG_INTERLOCKS_H
#define GATEWAY_CONFIG_INTERLOCKS_H

#include "gateway/config/rigs.h"

struct interlock_form {
    const struct node *node; /* the whole */
    char *name;
    const struct node *when, *drives, *of, *exclusive, *slew, *rate, *range, *total, *totalizes;
    int64_t hold, confirm, reaction, ramp_step, on_for, off_for, starts;
    int reset, reset_on_fault, on_bad;
    bool only_to_start;
};

/* limits.c: the limit of an output. */
void limit_read(struct rig_build *rig, const struct interlock_form *form, uint16_t index,
                struct rig_limit_spec *limit);
/* interlocks.c: a point that a rule or a limit goes by, read and polled; otherwise reported. */
bool interlock_input(struct rig_build *rig, const struct node *node, uint16_t index);

#endif
