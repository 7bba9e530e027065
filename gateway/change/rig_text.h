/* rig_text.h - what makes a rig what it is, as text: two rigs with the same text run the same. */
#ifndef GATEWAY_CHANGE_RIG_TEXT_H
#define GATEWAY_CHANGE_RIG_TEXT_H

#include "gateway/config/config.h"

/* A line for each part, whose first two words say of what it is: "trip overheat ...". All that the core and
 * the lines are made of is in it; what only the timetable and people read is not. The caller's to free();
 * NULL: no memory. */
char *change_rig_text(const struct config_lab *lab, const struct config_rig *rig);

#endif
