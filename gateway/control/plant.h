/* plant.h - a simulator's process and the lines to it: opened when somebody practises, closed after. */
#ifndef GATEWAY_CONTROL_PLANT_H
#define GATEWAY_CONTROL_PLANT_H

#include "gateway/control/state.h"

/* A new plant, a new core and new lines. False: something was not to be had; the journal says what. */
bool plant_open(struct control *control, struct control_rig *rig);
/* The plant is gone at once; its lines end as soon as their threads have. */
void plant_close(struct control *control, struct control_rig *rig);
/* Frees lines whose threads have ended; the rig is parked when none is left. Never waits. */
void plant_bury(struct control *control, struct control_rig *rig);

#endif
