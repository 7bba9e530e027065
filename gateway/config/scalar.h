/* scalar.h - one written value to one typed field, by its option row. Strict: what YAML 1.1 would read in a
 * way that surprises people (no, off, 012, 1:30, 1_000, an empty value) is refused with the way to write it.
 */
#ifndef GATEWAY_CONFIG_SCALAR_H
#define GATEWAY_CONFIG_SCALAR_H

#include "drivers/option.h"
#include "gateway/config/arena.h"

#include <stdbool.h>

struct scalar {
    const char *text;
    bool quoted;
};

#define SCALAR_WHY 320

/* Writes the field of the row's type at `field`, text into `arena`. False: `why` (SCALAR_WHY bytes) says what
 * is wrong and how to write it; the field is not touched. */
bool scalar_read(const struct option *row, struct scalar scalar, struct arena *arena, void *field, char *why);

/* A number with something after it: *rest is without the blanks between. */
bool scalar_quantity(const char *text, double *number, const char **rest, char *why);
bool scalar_duration(const char *text, int64_t *nanoseconds, char *why);
/* "90 s" */
const char *duration_text(int64_t nanoseconds, char *text, size_t size);

#endif
