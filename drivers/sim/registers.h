/* registers.h - a Modbus device's register map as a table, and reading and writing through it.
 *
 * A row places one member of a plant's structure at an address, with its encoding. Nothing is cached: a read
 * shows the plant as it is at that instant, and a write changes the plant at that instant or not at all.
 * Addresses are those of the protocol data unit, from 0 (Modbus Application Protocol V1.1b3, section 4.4). */
#ifndef DRIVERS_SIM_REGISTERS_H
#define DRIVERS_SIM_REGISTERS_H

#include "drivers/sim/field.h"

enum register_table { TABLE_COIL, TABLE_DISCRETE, TABLE_INPUT, TABLE_HOLDING };

enum register_encoding {
    AS_BIT, /* one coil or discrete input */
    AS_INT16,
    AS_UINT16,
    AS_INT32,
    AS_UINT32,
    AS_FLOAT32, /* IEEE 754 binary32 */
    AS_STRING,  /* two bytes a register, the first in the high half, padded with NUL */
};

/* How four bytes A (most significant) to D lie in two registers. */
enum word_order { ORDER_ABCD, ORDER_CDAB, ORDER_BADC, ORDER_DCBA };

struct register_row {
    enum register_table table;
    uint16_t address;
    enum register_encoding as;
    enum word_order order;
    double scale; /* register * scale = value; 0 is taken as 1 */
    const char *name;
    enum field_type type;
    size_t offset;
    bool writable;
    double minimum, maximum; /* of the value; a write outside gets exception 03 */
    uint16_t registers;      /* AS_STRING: how many; otherwise 0 */
};

/* Addresses that may be read. Those without a row inside a window are reserved: they read 0, and can't be
 * written. */
struct register_window {
    enum register_table table;
    uint16_t first, last;
};

struct register_map {
    const struct register_row *rows; /* in order of table and address, none overlapping */
    size_t row_count;
    const struct register_window *windows;
    size_t window_count;
};

/* Registers whose answers are held while the plant goes on. */
#define OVERLAY_MAX 64
struct register_overlay {
    size_t count;
    struct {
        enum register_table table;
        uint16_t address, content;
        int64_t until; /* for whoever thaws them */
    } held[OVERLAY_MAX];
};

/* What a master may be told; the numbers are Modbus exception codes. */
enum register_result { REGISTERS_OK = 0, REGISTERS_NO_ADDRESS = 0x02, REGISTERS_NO_VALUE = 0x03 };

/* Bits are carried as words 0 and 1. `overlay` may be NULL. Returns an enum register_result. */
int registers_read(const struct register_map *map, const void *plant, const struct register_overlay *overlay,
                   enum register_table table, uint16_t address, size_t count, uint16_t *words);
/* All of it or nothing. */
int registers_write(const struct register_map *map, void *plant, enum register_table table, uint16_t address,
                    size_t count, const uint16_t *words);

size_t register_row_width(const struct register_row *row);  /* registers that it takes */
const char *register_table_name(enum register_table table); /* "holding" */

#endif
