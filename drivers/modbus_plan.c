/* Which points to read together. Sorted by address, the best partition into blocks is found by dynamic
 * programming: the least time for the first i points is the least, over where the last block begins, of
 * the time for the points before it and its own. A block is never reordered, so that is optimal for points
 * sorted by where they begin; limits are checked as the block grows. */
#include "drivers/modbus.h"

#include "drivers/fault.h"
#include "drivers/registers.h"

#include <stdlib.h>

static unsigned end_of(const struct modbus_place *place)
{
    return (unsigned)place->address + place->width;
}

struct modbus_range modbus_range_of(const struct modbus_place *places, const uint16_t *points, size_t count)
{
    const struct modbus_place *place = &places[points[0]];
    unsigned first = place->address, end = end_of(place);
    for (size_t i = 1; i < count; i++) {
        place = &places[points[i]];
        first = place->address < first ? place->address : first;
        end = end_of(place) > end ? end_of(place) : end;
    }
    return (struct modbus_range){place->table, (uint16_t)first, (uint16_t)(end - first)};
}

int64_t modbus_read_time(const struct driver_line_spec *line, const struct modbus_range *range)
{
    size_t data = modbus_is_bit_table(range->table) ? (range->quantity + 7u) / 8 : 2u * range->quantity;
    return registers_time(line, 5, 2 + data);
}

struct planning {
    const struct modbus_place *places;
    const struct driver_line_spec *line;
    uint16_t gap;
    const uint16_t *sorted; /* point indices by place */
};

static int compare_places(const void *left, const void *right, void *context)
{
    const struct modbus_place *places = context;
    uint16_t left_index = *(const uint16_t *)left, right_index = *(const uint16_t *)right;
    const struct modbus_place *a = &places[left_index], *b = &places[right_index];
    if (a->table != b->table)
        return a->table < b->table ? -1 : 1;
    if (a->alone != b->alone)
        return a->alone ? 1 : -1;
    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    return left_index < right_index ? -1 : left_index > right_index;
}

/* Grows `range` to take in `place` as well; false, and no use for it, when it must not. */
static bool extend(const struct planning *planning, struct modbus_range *range,
                   const struct modbus_place *place)
{
    bool bits = modbus_is_bit_table(range->table);
    unsigned limit = bits ? REGISTERS_READ_BITS : REGISTERS_READ_MAX;
    unsigned gap = bits ? 16u * planning->gap : planning->gap;
    unsigned end = (unsigned)range->first + range->quantity;
    unsigned new_end = end_of(place) > end ? end_of(place) : end;
    if (place->table != range->table || place->alone || place->address > end + gap ||
        new_end - range->first > limit)
        return false;
    range->quantity = (uint16_t)(new_end - range->first);
    return modbus_read_time(planning->line, range) <= driver_longest(planning->line);
}

struct step {
    int64_t time;  /* least for the points before this one */
    size_t before; /* where the last block of that begins */
};

static void relax(const struct planning *planning, size_t begin, size_t count, struct step *steps)
{
    const struct modbus_place *first = &planning->places[planning->sorted[begin]];
    struct modbus_range range = {first->table, first->address, first->width};
    for (size_t end = begin + 1; end <= count && end - begin <= DRIVER_READ_POINTS_MAX; end++) {
        int64_t time = steps[begin].time + modbus_read_time(planning->line, &range);
        if (time < steps[end].time)
            steps[end] = (struct step){time, begin};
        if (first->alone || end == count ||
            !extend(planning, &range, &planning->places[planning->sorted[end]]))
            return;
    }
}

static int compare_indices(const void *left, const void *right)
{
    return *(const uint16_t *)left - *(const uint16_t *)right;
}

int modbus_plan_reads(const struct modbus_place *places, const struct driver_line_spec *line, uint16_t gap,
                      const uint16_t *points, size_t count, struct driver_read *reads, uint16_t *indices)
{
    struct step *steps = malloc((count + 1) * sizeof *steps);
    if (!steps)
        return DRIVER_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        indices[i] = points[i];
    qsort_r(indices, count, sizeof *indices, compare_places, (void *)places);
    struct planning planning = {places, line, gap, indices};
    steps[0] = (struct step){0, 0};
    for (size_t i = 1; i <= count; i++)
        steps[i] = (struct step){INT64_MAX, 0};
    for (size_t begin = 0; begin < count; begin++)
        relax(&planning, begin, count, steps);

    int read_count = 0;
    for (size_t end = count; end > 0; end = steps[end].before) {
        size_t begin = steps[end].before;
        struct modbus_range range = modbus_range_of(places, indices + begin, end - begin);
        qsort(indices + begin, end - begin, sizeof *indices, compare_indices);
        reads[read_count++] = (struct driver_read){
            .points = indices + begin,
            .count = end - begin,
            .typical = modbus_read_time(line, &range),
        };
    }
    free(steps);
    return read_count;
}
