/* fingerprint.h - which configuration of a rig was tested, signed or is in force: a short name for all that
 * matrix_fingerprint() prints. */
#ifndef GATEWAY_CONTROL_FINGERPRINT_H
#define GATEWAY_CONTROL_FINGERPRINT_H

#include "gateway/config/config.h"

#define FINGERPRINT_TEXT 33 /* 32 hexadecimal digits and NUL */

/* Of one rig, and of all files that a configuration was read from. False: no memory. */
bool fingerprint_make(const struct config_lab *lab, const struct config_rig *rig,
                      char text[FINGERPRINT_TEXT]);
bool fingerprint_sources(const struct config *config, char text[FINGERPRINT_TEXT]);

#endif
