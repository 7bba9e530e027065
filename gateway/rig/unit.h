/* unit.h - the units that points and rules may carry, with conversion.
 *
 * A unit is a dimension, a factor and an offset to that dimension's base (SI Brochure 9th ed., section 2;
 * degC and degF have offsets). Prefixes and rates are written out as rows, so that "mm" and "min" cannot be
 * confused. Products and quotients of dimensions are reckoned with the exponents of the base quantities
 * (ibid., section 2.3.3); the plane angle counts as one here, so that rpm and Hz, which differ by 2 pi, do
 * not convert. */
#ifndef GATEWAY_RIG_UNIT_H
#define GATEWAY_RIG_UNIT_H

#include <stdbool.h>
#include <stddef.h>

enum rig_base {
    RIG_LENGTH,
    RIG_MASS,
    RIG_TIME,
    RIG_CURRENT,
    RIG_TEMPERATURE,
    RIG_AMOUNT,
    RIG_LIGHT,
    RIG_ANGLE,
    RIG_BASES
};

struct rig_dimension {
    signed char exponent[RIG_BASES];
};

struct rig_unit {
    const char *name;      /* "degC" */
    const char *dimension; /* "temperature"; units convert within one dimension */
    double factor, offset; /* base = number * factor + offset */
    struct rig_dimension of;
};

/* NULL when there is no such unit. "" is the dimensionless unit 1, as is "%" with factor 0.01. */
const struct rig_unit *rig_unit_find(const char *name, size_t length);
/* The table, for the generated reference; ends with a NULL name. */
const struct rig_unit *rig_unit_table(void);
/* False when the dimensions differ. `difference`: convert a difference or a rate (no offset). */
bool rig_unit_convert(const struct rig_unit *from, const struct rig_unit *to, bool difference, double number,
                      double *result);

#endif
