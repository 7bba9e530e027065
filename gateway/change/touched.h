/* touched.h - which rigs a new configuration touches; change_touched() is for everybody (change.h), these are
 * for the comparison that explains it. */
#ifndef GATEWAY_CHANGE_TOUCHED_H
#define GATEWAY_CHANGE_TOUCHED_H

#include "gateway/config/config.h"

/* By name; NULL: there is none. */
const struct config_rig *change_find_rig(const struct config_lab *lab, const char *name);
/* By itself, without what its neighbours do to its lines. Without memory it does. */
bool change_rig_differs(const struct config_lab *before, const struct config_rig *was,
                        const struct config_lab *after, const struct config_rig *is);

#endif
