/* modbus.h - what the files of the modbus dialect share: options, codec and planner. Private to drivers/.
 *
 * Addresses are those of the protocol, from 0 (Modbus Application Protocol V1.1b3, section 4.4), not the
 * 40001 style of some manuals. value = raw * scale + offset. */
#ifndef DRIVERS_MODBUS_H
#define DRIVERS_MODBUS_H

#include "drivers/driver.h"

enum modbus_table { MODBUS_COIL, MODBUS_DISCRETE, MODBUS_INPUT, MODBUS_HOLDING };

/* In the order of the choices of `as`. */
enum modbus_encoding {
    MODBUS_AUTO, /* a bit in coils, discrete inputs and where `bit` is given; otherwise uint16 */
    MODBUS_BIT,
    MODBUS_INT16,
    MODBUS_UINT16,
    MODBUS_INT32,
    MODBUS_UINT32,
    MODBUS_FLOAT32,
    MODBUS_STRING,
};

/* How the bytes A (most significant) to D of a 32-bit value lie in two registers. For strings and 16-bit
 * values only the order within a register counts: badc and dcba swap it. */
enum modbus_order { MODBUS_ABCD, MODBUS_CDAB, MODBUS_BADC, MODBUS_DCBA };

enum modbus_mask_write { MODBUS_MASK_AUTO, MODBUS_MASK_ALWAYS, MODBUS_MASK_NEVER };
enum modbus_write_function { MODBUS_WRITE_SINGLE, MODBUS_WRITE_MULTIPLE };

#define MODBUS_NO_BIT (-1)

struct modbus_instrument_options {
    int64_t unit;
    int mask_write;     /* enum modbus_mask_write */
    int write_function; /* enum modbus_write_function */
    int64_t gap;
};

struct modbus_point_options {
    int table; /* enum modbus_table */
    int64_t address;
    int as;    /* enum modbus_encoding */
    int order; /* enum modbus_order */
    double scale, offset;
    int64_t length; /* registers of a string */
    int64_t bit;
    bool alone;
};

extern const struct option_table modbus_instrument_options;
extern const struct option_table modbus_point_options;

#endif
