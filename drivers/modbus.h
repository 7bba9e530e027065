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

/* Where a point lies, after what `as: auto` means is settled. */
struct modbus_place {
    enum modbus_table table;
    enum modbus_encoding encoding;
    enum modbus_order order;
    uint16_t address;
    uint16_t width; /* registers, or 1 bit in the bit tables */
    uint8_t bit;    /* MODBUS_BIT in a register */
    bool alone;
    double scale, offset;
};

/* --- modbus_codec.c: no I/O --- */

static inline bool modbus_is_bit_table(enum modbus_table table)
{
    return table == MODBUS_COIL || table == MODBUS_DISCRETE;
}

/* Settles and checks one point's options. DRIVER_INVALID names the point and what to change. */
int modbus_place_point(const struct driver_point *point, struct modbus_place *place,
                       struct driver_fault *fault);

/* `data` is a read's reply, whose first register or bit is `first`; it covers the place. */
void modbus_decode(const struct driver_point *point, const struct modbus_place *place, const uint8_t *data,
                   uint16_t first, struct driver_sample *sample);

#define MODBUS_PLACE_MAX 31 /* registers of the widest point, a text */
_Static_assert(2 * MODBUS_PLACE_MAX < DRIVER_TEXT_MAX, "a text of so many registers and its NUL fit");

/* The registers to write, place->width of them (one for a bit: 0 or 1). DRIVER_INVALID when the value has
 * no encoding: out of the encoding's range, not finite, too long. */
int modbus_encode(const struct driver_point *point, const struct modbus_place *place,
                  const struct driver_value *value, uint16_t registers[MODBUS_PLACE_MAX],
                  struct driver_fault *fault);

/* --- modbus_plan.c: no I/O --- */

/* What one transaction reads. */
struct modbus_range {
    enum modbus_table table;
    uint16_t first, quantity; /* registers, or bits in the bit tables */
};

/* The least range that covers these points of one table; count > 0. */
struct modbus_range modbus_range_of(const struct modbus_place *places, const uint16_t *points, size_t count);

/* What a read of it takes on this line, ns. */
int64_t modbus_read_time(const struct driver_line_spec *line, const struct modbus_range *range);

/* Partitions `points` into the reads that together take the least time, none beyond the protocol's limits,
 * none that crosses more than `gap` unused registers (16 * gap bits) between two neighbours, none with
 * more than DRIVER_READ_POINTS_MAX points, and alone those that must be. `reads` and `indices` have room
 * for `count`; reads point into indices; their shapes are left 0. Returns the number of reads, or
 * DRIVER_NO_MEMORY. */
int modbus_plan_reads(const struct modbus_place *places, const struct driver_line_spec *line, uint16_t gap,
                      const uint16_t *points, size_t count, struct driver_read *reads, uint16_t *indices);

extern const struct option_table modbus_instrument_options;
extern const struct option_table modbus_point_options;

#endif
