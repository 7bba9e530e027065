#include "drivers/sim/registers.h"

#include <math.h>
#include <string.h>

#define WIDEST 32 /* registers of the longest string */

size_t register_row_width(const struct register_row *row)
{
    switch (row->as) {
    case AS_INT32:
    case AS_UINT32:
    case AS_FLOAT32:
        return 2;
    case AS_STRING:
        return row->registers;
    default:
        return 1;
    }
}

const char *register_table_name(enum register_table table)
{
    static const char *const names[] = {"coil", "discrete", "input", "holding"};
    return names[table];
}

/* The row that covers an address, or NULL. */
static const struct register_row *row_at(const struct register_map *map, enum register_table table,
                                         uint16_t address)
{
    size_t low = 0, high = map->row_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct register_row *row = &map->rows[middle];
        if (row->table < table || (row->table == table && row->address + register_row_width(row) <= address))
            low = middle + 1;
        else
            high = middle;
    }
    if (low == map->row_count || map->rows[low].table != table || map->rows[low].address > address)
        return NULL;
    return &map->rows[low];
}

static bool readable(const struct register_map *map, enum register_table table, uint16_t address,
                     size_t count)
{
    for (size_t i = 0; i < map->window_count; i++) {
        const struct register_window *window = &map->windows[i];
        if (window->table == table && address >= window->first && address + count - 1 <= window->last)
            return true;
    }
    return false;
}

static uint16_t swapped(uint16_t word)
{
    return (uint16_t)(word << 8 | word >> 8);
}

static void split(uint32_t bits, enum word_order order, uint16_t words[2])
{
    uint16_t high = (uint16_t)(bits >> 16), low = (uint16_t)bits;
    bool low_first = order == ORDER_CDAB || order == ORDER_DCBA;
    bool bytes_swapped = order == ORDER_BADC || order == ORDER_DCBA;
    uint16_t first = low_first ? low : high, second = low_first ? high : low;
    words[0] = bytes_swapped ? swapped(first) : first;
    words[1] = bytes_swapped ? swapped(second) : second;
}

static uint32_t joined(const uint16_t words[2], enum word_order order)
{
    bool low_first = order == ORDER_CDAB || order == ORDER_DCBA;
    bool bytes_swapped = order == ORDER_BADC || order == ORDER_DCBA;
    uint16_t first = bytes_swapped ? swapped(words[0]) : words[0];
    uint16_t second = bytes_swapped ? swapped(words[1]) : words[1];
    return low_first ? (uint32_t)second << 16 | first : (uint32_t)first << 16 | second;
}

/* Rounded and held within what the register can show; NaN becomes the lowest number, as many transmitters do.
 */
static double fitting(double value, double lowest, double highest)
{
    if (isnan(value))
        return lowest;
    value = nearbyint(value);
    return value < lowest ? lowest : value > highest ? highest : value;
}

static void encode_text(const char *text, size_t registers, uint16_t *words)
{
    size_t length = strlen(text);
    for (size_t i = 0; i < registers; i++) {
        unsigned high = 2 * i < length ? (unsigned char)text[2 * i] : 0;
        unsigned low = 2 * i + 1 < length ? (unsigned char)text[2 * i + 1] : 0;
        words[i] = (uint16_t)(high << 8 | low);
    }
}

static void encode(const struct register_row *row, const void *plant, uint16_t *words)
{
    double value = field_get(plant, row->type, row->offset) / (row->scale != 0 ? row->scale : 1);
    float single = (float)value;
    uint32_t bits;
    switch (row->as) {
    case AS_BIT:
        words[0] = value != 0;
        break;
    case AS_INT16:
        words[0] = (uint16_t)(int16_t)fitting(value, INT16_MIN, INT16_MAX);
        break;
    case AS_UINT16:
        words[0] = (uint16_t)fitting(value, 0, UINT16_MAX);
        break;
    case AS_INT32:
        split((uint32_t)(int32_t)fitting(value, INT32_MIN, INT32_MAX), row->order, words);
        break;
    case AS_UINT32:
        split((uint32_t)fitting(value, 0, UINT32_MAX), row->order, words);
        break;
    case AS_FLOAT32:
        memcpy(&bits, &single, sizeof bits);
        split(bits, row->order, words);
        break;
    case AS_STRING:
        encode_text((const char *)plant + row->offset, row->registers, words);
        break;
    }
}

static double decode(const struct register_row *row, const uint16_t *words)
{
    double raw = 0;
    float single;
    uint32_t bits;
    switch (row->as) {
    case AS_BIT:
        raw = words[0] != 0;
        break;
    case AS_INT16:
        raw = (int16_t)words[0];
        break;
    case AS_UINT16:
        raw = words[0];
        break;
    case AS_INT32:
        raw = (int32_t)joined(words, row->order);
        break;
    case AS_UINT32:
        raw = joined(words, row->order);
        break;
    case AS_FLOAT32:
        bits = joined(words, row->order);
        memcpy(&single, &bits, sizeof single);
        raw = single;
        break;
    case AS_STRING:
        break;
    }
    return raw * (row->scale != 0 ? row->scale : 1);
}

static uint16_t held_or(const struct register_overlay *overlay, enum register_table table, uint16_t address,
                        uint16_t content)
{
    for (size_t i = 0; overlay && i < overlay->count; i++)
        if (overlay->held[i].table == table && overlay->held[i].address == address)
            return overlay->held[i].content;
    return content;
}

int registers_read(const struct register_map *map, const void *plant, const struct register_overlay *overlay,
                   enum register_table table, uint16_t address, size_t count, uint16_t *words)
{
    if (!readable(map, table, address, count))
        return REGISTERS_NO_ADDRESS;
    const struct register_row *row = NULL;
    uint16_t content[WIDEST];
    for (size_t i = 0; i < count; i++) {
        uint16_t at = (uint16_t)(address + i);
        if (!row || at >= row->address + register_row_width(row)) {
            row = row_at(map, table, at);
            if (row)
                encode(row, plant, content);
        }
        words[i] = held_or(overlay, table, at, row ? content[at - row->address] : 0);
    }
    return REGISTERS_OK;
}

/* Merges the written words into what the row holds and checks the value that results. */
static int written_value(const struct register_row *row, const void *plant, uint16_t address, size_t count,
                         const uint16_t *words, double *value)
{
    uint16_t content[WIDEST];
    if (!row->writable || row->as == AS_STRING)
        return REGISTERS_NO_ADDRESS;
    encode(row, plant, content);
    for (size_t i = 0; i < register_row_width(row); i++) {
        size_t at = row->address + i;
        if (at >= address && at < address + count)
            content[i] = words[at - address];
    }
    *value = decode(row, content);
    /* Half a unit of the last place, so that a limit that binary cannot hold exactly is itself admitted. */
    double slack = row->scale != 0 ? row->scale * 0.5 : 0;
    if (!(*value >= row->minimum - slack && *value <= row->maximum + slack))
        return REGISTERS_NO_VALUE;
    *value = fmin(fmax(*value, row->minimum), row->maximum);
    return REGISTERS_OK;
}

int registers_write(const struct register_map *map, void *plant, enum register_table table, uint16_t address,
                    size_t count, const uint16_t *words)
{
    if (!readable(map, table, address, count))
        return REGISTERS_NO_ADDRESS;
    for (int apply = 0; apply <= 1; apply++) {
        for (size_t at = address; at < address + count;) {
            const struct register_row *row = row_at(map, table, (uint16_t)at);
            double value;
            int result =
                row ? written_value(row, plant, address, count, words, &value) : REGISTERS_NO_ADDRESS;
            if (result)
                return result;
            if (apply)
                field_set(plant, row->type, row->offset, value);
            at = row->address + register_row_width(row);
        }
    }
    return REGISTERS_OK;
}
