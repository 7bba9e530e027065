/* option.h - a table of options: what may be written in YAML, and where it goes in memory.
 *
 * One row is the whole truth about an option. The configuration parses by it, reports errors by it, and
 * prints the reference by it; drivers export tables for their instruments and points and parse nothing
 * themselves. */
#ifndef DRIVERS_OPTION_H
#define DRIVERS_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_type {
    OPTION_BOOLEAN,  /* true | false -> bool */
    OPTION_INTEGER,  /* decimal or 0x -> int64_t, within [minimum, maximum] */
    OPTION_NUMBER,   /* -> double, within [minimum, maximum], finite; in `unit` when the row names one */
    OPTION_DURATION, /* "250 ms", "2 s", "10 min", "8 h" -> int64_t nanoseconds; minimum and maximum in
                        seconds */
    OPTION_SIZE,     /* "256 KiB", "10 GB" -> int64_t bytes; minimum and maximum in bytes */
    OPTION_TEXT,   /* -> char *, UTF-8 without control characters, allocated; minimum and maximum in bytes */
    OPTION_CHOICE, /* one of choices[] -> int, its index */
};

struct option {
    const char *name;
    enum option_type type;
    size_t offset; /* of the field in the structure that the table describes */
    double minimum, maximum;
    const char *unit;           /* canonical unit that a number must carry; NULL for a plain number */
    const char *const *choices; /* OPTION_CHOICE: NULL-terminated; otherwise NULL */
    const char *fallback;       /* default, as it would be written; NULL: the option must be given */
    const char *help;           /* one sentence, without a full stop at the end */
};

struct option_table {
    const char *title;            /* heading in the reference, "modbus point" */
    size_t size;                  /* of the structure */
    const struct option *options; /* ends with a row whose name is NULL */
};

#endif
