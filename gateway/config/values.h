/* values.h - values as people write them for a point: `off`, `12.5 %`, `80 degF`, `0 m .. 0.5 m`, `20 %/s`.
 *
 * Units must be given where the point has one and are converted to it. Every function reports what is wrong
 * and then returns false. */
#ifndef GATEWAY_CONFIG_VALUES_H
#define GATEWAY_CONFIG_VALUES_H

#include "gateway/config/loader.h"

bool value_read(struct loader *loader, const struct node *node, const struct rig_point_spec *point,
                double *number);
/* A value that may be commanded: inside the point's range. */
bool value_read_legal(struct loader *loader, const struct node *node, const struct rig_point_spec *point,
                      double *number);
bool value_read_range(struct loader *loader, const struct node *node, const struct rig_point_spec *point,
                      double *minimum, double *maximum);
/* A distance between two values: 0 or more, converted without offset. */
bool value_read_difference(struct loader *loader, const struct node *node, const struct rig_point_spec *point,
                           double *number);
/* A change in time, `20 %/s`: units of the point a second. */
bool value_read_slew(struct loader *loader, const struct node *node, const struct rig_point_spec *point,
                     double *number);
/* An amount in its own unit, `0.5 kWh`, to that of `unit` times seconds: what adds up in time. */
bool value_read_total(struct loader *loader, const struct node *node, const struct rig_unit *per_second,
                      const char *of, double *number);
/* `2 kW`: a quantity of any unit. */
bool value_read_flow(struct loader *loader, const struct node *node, const struct rig_unit **unit,
                     double *number);
/* How often, `2 /s` or `30 /min`: a second. */
bool value_read_rate(struct loader *loader, const struct node *node, double *number);

#define VALUE_TEXT 96
const char *value_text(const struct rig_point_spec *point, double number, char text[VALUE_TEXT]);

#endif
