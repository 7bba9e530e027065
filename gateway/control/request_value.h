/* request_value.h - a value as a person or program gave it, turned into the number that a point carries. */
#ifndef GATEWAY_CONTROL_REQUEST_VALUE_H
#define GATEWAY_CONTROL_REQUEST_VALUE_H

#include "gateway/control/request.h"

/* Choices by name, booleans by the point's own words (on/off where it has none), numbers with or without
 * their unit (converted). False: not of the point's type. */
bool request_number(const struct rig_point_spec *point, const struct request *request, double *number);

#endif
