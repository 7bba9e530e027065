/* request_value.h - points and values as a person or program named them: an index, and the number that it
 * carries. */
#ifndef GATEWAY_CONTROL_REQUEST_VALUE_H
#define GATEWAY_CONTROL_REQUEST_VALUE_H

#include "gateway/control/request.h"

/* Choices by name, booleans by the point's own words (on/off where it has none), numbers with or without
 * their unit (converted). False: not of the point's type. */
bool request_number(const struct rig_point_spec *point, const struct request *request, double *number);
/* The index of the rig's point of that name; RIG_NONE: it has none. */
uint16_t request_point(const struct rig_spec *spec, const char *name);

/* As much of the text as there is room for, without half a character at its end: watchers refuse broken
 * UTF-8. */
void request_copy_text(char *to, size_t size, const char *from);

#endif
