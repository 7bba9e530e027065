#include "drivers/modbus.h"

#include "drivers/fault.h"
#include "drivers/text.h"

#include <math.h>
#include <string.h>

/* --- settling a point's options --- */

static enum modbus_encoding settle_encoding(const struct modbus_point_options *options)
{
    if (options->as != MODBUS_AUTO)
        return (enum modbus_encoding)options->as;
    return modbus_is_bit_table((enum modbus_table)options->table) || options->bit != MODBUS_NO_BIT
               ? MODBUS_BIT
               : MODBUS_UINT16;
}

static uint16_t width_of(enum modbus_encoding encoding, int64_t length)
{
    switch (encoding) {
    case MODBUS_INT32:
    case MODBUS_UINT32:
    case MODBUS_FLOAT32:
        return 2;
    case MODBUS_STRING:
        return (uint16_t)length;
    default:
        return 1;
    }
}

static bool is_whole(double number)
{
    return number == trunc(number);
}

/* What is wrong with the combination; NULL: nothing. */
static const char *find_contradiction(const struct driver_point *point, const struct modbus_place *place,
                                      const struct modbus_point_options *options)
{
    bool bits = modbus_is_bit_table(place->table);
    bool is_bit = place->encoding == MODBUS_BIT;
    bool is_text = place->encoding == MODBUS_STRING;
    bool is_scaled = options->scale != 1 || options->offset != 0;
    if (bits && (!is_bit || options->bit != MODBUS_NO_BIT))
        return "coils and discrete inputs are single bits: leave out `as` and `bit`";
    if (!bits && is_bit != (options->bit != MODBUS_NO_BIT))
        return "`bit` and `as: bit` belong together in a register";
    if (is_text != (point->type == DRIVER_TEXT))
        return "a text needs `as: string`, and only a text can have it";
    if (is_text != (options->length > 0))
        return "`length` is needed for strings and only there";
    if ((point->type == DRIVER_BOOLEAN) != is_bit && point->type != DRIVER_CHOICE)
        return "a boolean is a coil, a discrete input or a `bit` of a register, and these are booleans or "
               "choices";
    if (point->type == DRIVER_CHOICE && (place->encoding == MODBUS_FLOAT32 || is_scaled))
        return "a choice needs a whole encoding without `scale` and `offset`";
    if (is_scaled && (is_bit || is_text))
        return "`scale` and `offset` are for numbers";
    if (options->scale == 0)
        return "`scale` must not be 0";
    if (point->type == DRIVER_INTEGER &&
        (place->encoding == MODBUS_FLOAT32 || !is_whole(options->scale) || !is_whole(options->offset)))
        return "an integer needs a whole encoding, `scale` and `offset`; make it a number";
    if (point->writable && (place->table == MODBUS_DISCRETE || place->table == MODBUS_INPUT))
        return "discrete inputs and input registers cannot be written";
    if (options->address + place->width > 65536)
        return "it reaches beyond address 65535";
    return NULL;
}

int modbus_place_point(const struct driver_point *point, struct modbus_place *place,
                       struct driver_fault *fault)
{
    const struct modbus_point_options *options = point->options;
    enum modbus_encoding encoding = settle_encoding(options);
    *place = (struct modbus_place){
        .table = (enum modbus_table)options->table,
        .encoding = encoding,
        .order = (enum modbus_order)options->order,
        .address = (uint16_t)options->address,
        .width = width_of(encoding, options->length),
        .bit = (uint8_t)(options->bit == MODBUS_NO_BIT ? 0 : options->bit),
        .alone = options->alone || point->type == DRIVER_TEXT,
        .scale = options->scale,
        .offset = options->offset,
    };
    const char *contradiction = find_contradiction(point, place, options);
    if (contradiction)
        return driver_fail(fault, DRIVER_INVALID, 0, "point %s: %s", point->name, contradiction);
    return 0;
}

/* --- registers to numbers and back --- */

static uint16_t swap_bytes(uint16_t value)
{
    return (uint16_t)(value << 8 | value >> 8);
}

static bool swaps_bytes(enum modbus_order order)
{
    return order == MODBUS_BADC || order == MODBUS_DCBA;
}

static bool swaps_words(enum modbus_order order)
{
    return order == MODBUS_CDAB || order == MODBUS_DCBA;
}

static uint16_t fetch(const uint8_t *data, enum modbus_order order)
{
    uint16_t value = (uint16_t)(data[0] << 8 | data[1]);
    return swaps_bytes(order) ? swap_bytes(value) : value;
}

static uint32_t fetch_pair(const uint8_t *data, enum modbus_order order)
{
    uint32_t first = fetch(data, order), second = fetch(data + 2, order);
    return swaps_words(order) ? second << 16 | first : first << 16 | second;
}

static double raw_number(const struct modbus_place *place, const uint8_t *data)
{
    switch (place->encoding) {
    case MODBUS_INT16:
        return (int16_t)fetch(data, place->order);
    case MODBUS_INT32:
        return (int32_t)fetch_pair(data, place->order);
    case MODBUS_UINT32:
        return fetch_pair(data, place->order);
    case MODBUS_FLOAT32: {
        uint32_t image = fetch_pair(data, place->order);
        float number;
        memcpy(&number, &image, sizeof number);
        return (double)number;
    }
    default:
        return fetch(data, place->order);
    }
}

/* Padding with NUL or blanks at the end is not part of the text. */
static bool decode_text(const struct modbus_place *place, const uint8_t *data, char text[DRIVER_TEXT_MAX])
{
    size_t length = 2u * place->width;
    for (size_t i = 0; i < place->width; i++) {
        uint16_t value = fetch(data + 2 * i, place->order);
        text[2 * i] = (char)(value >> 8);
        text[2 * i + 1] = (char)(value & 0xFF);
    }
    text[length] = '\0';
    for (size_t i = strlen(text); i < length; i++)
        if (text[i])
            return false;
    length = strlen(text);
    while (length > 0 && text[length - 1] == ' ')
        text[--length] = '\0';
    return text_is_printable(text, length);
}

static bool is_known_choice(const struct driver_choice *choices, double number)
{
    for (const struct driver_choice *choice = choices; choice && choice->name; choice++)
        if (choice->number == number)
            return true;
    return false;
}

void modbus_decode(const struct driver_point *point, const struct modbus_place *place, const uint8_t *data,
                   uint16_t first, struct driver_sample *sample)
{
    size_t index = (size_t)(place->address - first);
    memset(sample, 0, sizeof *sample);
    struct driver_value *value = &sample->value;
    if (modbus_is_bit_table(place->table)) {
        value->number = data[index / 8] >> (index % 8) & 1;
    } else if (place->encoding == MODBUS_BIT) {
        value->number = fetch(data + 2 * index, MODBUS_ABCD) >> place->bit & 1;
    } else if (place->encoding == MODBUS_STRING) {
        sample->good = decode_text(place, data + 2 * index, value->text);
        return;
    } else {
        value->number = raw_number(place, data + 2 * index) * place->scale + place->offset;
    }
    sample->good = isfinite(value->number) &&
                   (point->type != DRIVER_CHOICE || is_known_choice(point->choices, value->number));
}

static void store_pair(uint16_t *registers, uint32_t image, enum modbus_order order)
{
    uint16_t high = (uint16_t)(image >> 16), low = (uint16_t)image;
    registers[0] = swaps_words(order) ? low : high;
    registers[1] = swaps_words(order) ? high : low;
    for (size_t i = 0; swaps_bytes(order) && i < 2; i++)
        registers[i] = swap_bytes(registers[i]);
}

static const struct {
    double minimum, maximum;
} whole_ranges[] = {
    [MODBUS_BIT] = {0,         1         },
    [MODBUS_INT16] = {INT16_MIN, INT16_MAX },
    [MODBUS_UINT16] = {0,         UINT16_MAX},
    [MODBUS_INT32] = {INT32_MIN, INT32_MAX },
    [MODBUS_UINT32] = {0,         UINT32_MAX},
};

static bool encode_number(const struct modbus_place *place, double number, uint16_t *registers)
{
    double raw = (number - place->offset) / place->scale;
    if (place->encoding == MODBUS_FLOAT32) {
        float narrow = (float)raw;
        uint32_t image;
        memcpy(&image, &narrow, sizeof image);
        store_pair(registers, image, place->order);
        return isfinite(narrow);
    }
    raw = round(raw);
    if (!(raw >= whole_ranges[place->encoding].minimum && raw <= whole_ranges[place->encoding].maximum))
        return false;
    uint32_t image = (uint32_t)(int64_t)raw;
    if (place->width == 2)
        store_pair(registers, image, place->order);
    else
        registers[0] = swaps_bytes(place->order) ? swap_bytes((uint16_t)image) : (uint16_t)image;
    return true;
}

static bool encode_text(const struct modbus_place *place, const char *text, uint16_t *registers)
{
    size_t length = strnlen(text, DRIVER_TEXT_MAX);
    if (length > 2u * place->width || !text_is_printable(text, length))
        return false;
    for (size_t i = 0; i < place->width; i++) {
        uint8_t high = 2 * i < length ? (uint8_t)text[2 * i] : 0;
        uint8_t low = 2 * i + 1 < length ? (uint8_t)text[2 * i + 1] : 0;
        uint16_t value = (uint16_t)(high << 8 | low);
        registers[i] = swaps_bytes(place->order) ? swap_bytes(value) : value;
    }
    return true;
}

int modbus_encode(const struct driver_point *point, const struct modbus_place *place,
                  const struct driver_value *value, uint16_t registers[MODBUS_PLACE_MAX],
                  struct driver_fault *fault)
{
    if (place->encoding == MODBUS_STRING) {
        if (encode_text(place, value->text, registers))
            return 0;
        return driver_fail(fault, DRIVER_INVALID, 0, "writing %s: at most %u printable bytes", point->name,
                           2u * place->width);
    }
    bool whole_only = point->type != DRIVER_NUMBER;
    if (isfinite(value->number) && (!whole_only || is_whole(value->number)) &&
        (point->type != DRIVER_CHOICE || is_known_choice(point->choices, value->number)) &&
        encode_number(place, value->number, registers))
        return 0;
    return driver_fail(fault, DRIVER_INVALID, 0, "writing %s: %g has no encoding there", point->name,
                       value->number);
}
