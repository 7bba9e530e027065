#include "drivers/modbus.h"

static const char *const mask_write_choices[] = {"auto", "always", "never", NULL};
static const char *const write_function_choices[] = {"single", "multiple", NULL};

static const struct option instrument_rows[] = {
    {.name = "unit",
     .type = OPTION_INTEGER,
     .offset = offsetof(struct modbus_instrument_options, unit),
     .minimum = 1,
     .maximum = 247,
     .fallback = "1",
     .help = "unit (slave) address of the instrument on its line"},
    {.name = "mask_write",
     .type = OPTION_CHOICE,
     .offset = offsetof(struct modbus_instrument_options, mask_write),
     .choices = mask_write_choices,
     .fallback = "auto",
     .help = "how one bit of a register is written: by function 16h; auto falls back to reading and writing "
             "the whole "
             "register where the instrument does not know 16h; never does so from the start"},
    {.name = "write_function",
     .type = OPTION_CHOICE,
     .offset = offsetof(struct modbus_instrument_options, write_function),
     .choices = write_function_choices,
     .fallback = "single",
     .help =
         "how one register is written: single is function 06h, multiple is 10h for instruments without 06h"},
    {.name = "gap",
     .type = OPTION_INTEGER,
     .offset = offsetof(struct modbus_instrument_options, gap),
     .minimum = 0,
     .maximum = 124,
     .fallback = "0",
     .help =
         "most registers without a point (bits: 16 for each) that a read may cross to join two points, where "
         "that is faster; only for instruments that answer for such addresses, most refuse them"},
    {.name = NULL                                                  },
};

static const char *const table_choices[] = {"coil", "discrete", "input", "holding", NULL};
static const char *const as_choices[] = {"auto",   "bit",     "int16",  "uint16", "int32",
                                         "uint32", "float32", "string", NULL};
static const char *const order_choices[] = {"abcd", "cdab", "badc", "dcba", NULL};

static const struct option point_rows[] = {
    {.name = "table",
     .type = OPTION_CHOICE,
     .offset = offsetof(struct modbus_point_options, table),
     .choices = table_choices,
     .help = "which of the four tables the point lives in"},
    {.name = "address",
     .type = OPTION_INTEGER,
     .offset = offsetof(struct modbus_point_options, address),
     .minimum = 0,
     .maximum = 65535,
     .help = "address in that table, from 0 as on the line (manuals that count 40001 mean 0)"},
    {.name = "as",
     .type = OPTION_CHOICE,
     .offset = offsetof(struct modbus_point_options, as),
     .choices = as_choices,
     .fallback = "auto",
     .help = "encoding; auto is bit in coils, discrete inputs and where `bit` is given, otherwise uint16"},
    {.name = "order",
     .type = OPTION_CHOICE,
     .offset = offsetof(struct modbus_point_options, order),
     .choices = order_choices,
     .fallback = "abcd",
     .help = "order of the bytes of a 32-bit value on the line, most significant first in abcd"},
    {.name = "scale",
     .type = OPTION_NUMBER,
     .offset = offsetof(struct modbus_point_options, scale),
     .minimum = -1e12,
     .maximum = 1e12,
     .fallback = "1",
     .help = "value = raw * scale + offset"},
    {.name = "offset",
     .type = OPTION_NUMBER,
     .offset = offsetof(struct modbus_point_options, offset),
     .minimum = -1e12,
     .maximum = 1e12,
     .fallback = "0",
     .help = "value = raw * scale + offset"},
    {.name = "length",
     .type = OPTION_INTEGER,
     .offset = offsetof(struct modbus_point_options, length),
     .minimum = 0,
     .maximum = MODBUS_PLACE_MAX,
     .fallback = "0",
     .help = "registers of a string, two characters each"},
    {.name = "bit",
     .type = OPTION_INTEGER,
     .offset = offsetof(struct modbus_point_options, bit),
     .minimum = MODBUS_NO_BIT,
     .maximum = 15,
     .fallback = "-1",
     .help = "bit of the register, 0 the least significant; -1: the whole register"},
    {.name = "alone",
     .type = OPTION_BOOLEAN,
     .offset = offsetof(struct modbus_point_options, alone),
     .fallback = "false",
     .help = "read this point in a transaction of its own, for registers that act when they are read"},
    {.name = NULL                                          },
};

const struct option_table modbus_instrument_options = {
    "modbus instrument", sizeof(struct modbus_instrument_options), instrument_rows};
const struct option_table modbus_point_options = {"modbus point", sizeof(struct modbus_point_options),
                                                  point_rows};
