/* The modbus dialect: points are registers and bits. Reads are merged (modbus_plan.c), writes touch one
 * point only. */
#include "drivers/modbus.h"

#include "drivers/fault.h"
#include "drivers/registers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODBUS_OTHER_WAYS 7 /* of reading the same points */

/* One call of plan() and what it made. */
struct plan {
    struct plan *next;
    struct driver_read *reads, *others;
    uint16_t *indices;
};

struct driver_instrument {
    const struct driver_instrument_spec *spec;
    const struct modbus_instrument_options *options;
    struct modbus_place *places; /* by point */
    struct plan *plans;
    bool mask_write; /* function 16h is tried */
};

static const enum registers_function read_functions[] = {
    [MODBUS_COIL] = REGISTERS_READ_COILS,
    [MODBUS_DISCRETE] = REGISTERS_READ_DISCRETE,
    [MODBUS_INPUT] = REGISTERS_READ_INPUT,
    [MODBUS_HOLDING] = REGISTERS_READ_HOLDING,
};

/* --- life --- */

static void destroy_plan(struct plan *plan)
{
    if (!plan)
        return;
    free(plan->reads);
    free(plan->others);
    free(plan->indices);
    free(plan);
}

static void modbus_destroy(struct driver_instrument *instrument)
{
    if (!instrument)
        return;
    while (instrument->plans) {
        struct plan *next = instrument->plans->next;
        destroy_plan(instrument->plans);
        instrument->plans = next;
    }
    free(instrument->places);
    free(instrument);
}

static int modbus_create(const struct driver_instrument_spec *spec, struct driver_instrument **created,
                         struct driver_fault *fault)
{
    *created = NULL;
    struct driver_instrument *instrument = calloc(1, sizeof *instrument);
    struct modbus_place *places = calloc(spec->point_count + 1, sizeof *places);
    if (!instrument || !places) {
        free(instrument);
        free(places);
        return driver_fail(fault, DRIVER_NO_MEMORY, 0, "making %s: out of memory", spec->name);
    }
    instrument->spec = spec;
    instrument->options = spec->options;
    instrument->places = places;
    instrument->mask_write = instrument->options->mask_write != MODBUS_MASK_NEVER;
    for (size_t i = 0; i < spec->point_count; i++) {
        int result = modbus_place_point(&spec->points[i], &places[i], fault);
        if (result) {
            modbus_destroy(instrument);
            return result;
        }
    }
    *created = instrument;
    return 0;
}

/* --- reading --- */

/* A reply over RTU tells unit, function and length, so these are what late answers can be confused by. */
static uint32_t shape_of(const struct driver_instrument *instrument, const struct modbus_range *range)
{
    uint32_t bytes = modbus_is_bit_table(range->table) ? (range->quantity + 7u) / 8 : 2u * range->quantity;
    return (uint32_t)instrument->options->unit << 16 | (uint32_t)read_functions[range->table] << 8 | bytes;
}

/* A longer read has a reply of another length. It takes no register that only a read of its own may touch. */
static bool may_lengthen(const struct driver_instrument *instrument, const struct modbus_range *range,
                         const struct driver_read *read, unsigned by)
{
    unsigned step = modbus_is_bit_table(range->table) ? 8 : 1;
    unsigned limit = modbus_is_bit_table(range->table) ? REGISTERS_READ_BITS : REGISTERS_READ_MAX;
    unsigned end = (unsigned)range->first + range->quantity, new_end = end + by * step;
    if (by > instrument->options->gap || range->quantity + by * step > limit || new_end > UINT16_MAX ||
        instrument->places[read->points[0]].alone)
        return false;
    for (size_t i = 0; i < instrument->spec->point_count; i++) {
        const struct modbus_place *place = &instrument->places[i];
        if (place->alone && place->table == range->table && place->address < new_end &&
            (unsigned)place->address + place->width > end)
            return false;
    }
    return true;
}

/* Whether it ends behind the last of the points that are known: there the instrument's map may end. */
static bool is_beyond(const struct driver_instrument *instrument, const struct modbus_range *range)
{
    unsigned known = 0;
    for (size_t i = 0; i < instrument->spec->point_count; i++) {
        const struct modbus_place *place = &instrument->places[i];
        unsigned end = (unsigned)place->address + place->width;
        if (place->table == range->table && end > known)
            known = end;
    }
    return (unsigned)range->first + range->quantity > known;
}

/* Over TCP a reply names its request. */
static void add_other_ways(const struct driver_instrument *instrument, const struct driver_line_spec *line,
                           struct driver_read *read, struct driver_read *others)
{
    struct modbus_range range = modbus_range_of(instrument->places, read->points, read->count);
    uint16_t step = modbus_is_bit_table(range.table) ? 8 : 1;
    for (uint16_t by = 1; line->serial && by <= MODBUS_OTHER_WAYS; by++) {
        if (!may_lengthen(instrument, &range, read, by))
            return;
        struct modbus_range longer = {range.table, range.first, (uint16_t)(range.quantity + by * step)};
        struct driver_read *other = &others[by - 1];
        *other = *read;
        other->other = NULL;
        other->variant = by;
        other->shape = shape_of(instrument, &longer);
        other->typical = modbus_read_time(line, &longer);
        if (by > 1)
            others[by - 2].other = other;
        else
            read->other = other;
        if (by == 1)
            read->unsure = is_beyond(instrument, &longer);
    }
}

static int modbus_plan(struct driver_instrument *instrument, const struct driver_line_spec *line,
                       const uint16_t *points, size_t count, const struct driver_read **reads,
                       size_t *read_count)
{
    *reads = NULL;
    *read_count = 0;
    struct plan *plan = calloc(1, sizeof *plan);
    if (!plan)
        return DRIVER_NO_MEMORY;
    plan->reads = calloc(count + 1, sizeof *plan->reads);
    plan->others = calloc((count + 1) * MODBUS_OTHER_WAYS, sizeof *plan->others);
    plan->indices = calloc(count + 1, sizeof *plan->indices);
    int made = DRIVER_NO_MEMORY;
    if (plan->reads && plan->others && plan->indices)
        made = modbus_plan_reads(instrument->places, line, (uint16_t)instrument->options->gap, points, count,
                                 plan->reads, plan->indices);
    if (made < 0) {
        destroy_plan(plan);
        return made;
    }
    for (int i = 0; i < made; i++) {
        struct modbus_range range =
            modbus_range_of(instrument->places, plan->reads[i].points, plan->reads[i].count);
        plan->reads[i].shape = shape_of(instrument, &range);
        add_other_ways(instrument, line, &plan->reads[i], &plan->others[i * MODBUS_OTHER_WAYS]);
    }
    plan->next = instrument->plans;
    instrument->plans = plan;
    *reads = plan->reads;
    *read_count = (size_t)made;
    return 0;
}

/* Says what to do when the refused address may be one that no point asked for. */
static void add_gap_advice(const struct driver_instrument *instrument, const struct modbus_range *range,
                           const struct driver_read *read, struct driver_fault *fault)
{
    unsigned wanted = 0;
    for (size_t i = 0; i < read->count; i++)
        wanted += instrument->places[read->points[i]].width;
    if (!fault || fault->code != REGISTERS_NO_ADDRESS || wanted >= range->quantity)
        return;
    size_t length = strlen(fault->text);
    snprintf(fault->text + length, sizeof fault->text - length,
             "; the read crosses unused addresses: try gap: 0");
}

static int modbus_read(struct driver_instrument *instrument, struct driver_line *line,
                       const struct driver_read *read, struct driver_sample *samples, int64_t deadline,
                       struct driver_fault *fault)
{
    struct modbus_range range = modbus_range_of(instrument->places, read->points, read->count);
    struct registers_request request = {
        .unit = (uint8_t)instrument->options->unit,
        .function = read_functions[range.table],
        .address = range.first,
        .quantity = (uint16_t)(range.quantity + read->variant * (modbus_is_bit_table(range.table) ? 8 : 1)),
    };
    uint8_t data[REGISTERS_DATA_MAX];
    int result = registers_transact(line, &request, data, deadline, fault);
    if (result) {
        add_gap_advice(instrument, &range, read, fault);
        return result;
    }
    for (size_t i = 0; i < read->count; i++)
        modbus_decode(&instrument->spec->points[read->points[i]], &instrument->places[read->points[i]], data,
                      range.first, &samples[i]);
    return 0;
}

/* --- writing --- */

#define REWRITE_READINGS 3

/* The other bits of the register. Where replies carry nothing of their request, the one that comes may be the
 * late one to an older question; the right one is then taken for the next reading's. So what is believed was
 * read twice in a row. */
static int read_neighbours(struct driver_line *line, const struct registers_request *mask, int64_t deadline,
                           uint16_t *neighbours, struct driver_fault *fault)
{
    struct registers_request request = *mask;
    request.function = REGISTERS_READ_HOLDING;
    request.quantity = 1;
    uint16_t before = 0;
    for (int reading = 0; reading < REWRITE_READINGS; reading++) {
        uint8_t data[2];
        int result = registers_transact(line, &request, data, deadline, fault);
        if (result)
            return result;
        *neighbours = (uint16_t)((data[0] << 8 | data[1]) & mask->and_mask);
        if (registers_are_numbered(line) || (reading > 0 && *neighbours == before))
            return DRIVER_OK;
        before = *neighbours;
    }
    driver_fail(
        fault, DRIVER_GARBLED, 0,
        "writing a bit of register %u of unit %u: its other bits are not the same from one reading to the "
        "next, so none can be believed",
        mask->address, mask->unit);
    if (fault)
        fault->stray = true;
    return DRIVER_GARBLED;
}

/* Between the reading and the writing the instrument may change another bit of the register, which is then
 * undone; so this is only for instruments that cannot do better. */
static int rewrite_register(struct driver_instrument *instrument, struct driver_line *line,
                            const struct registers_request *mask, int64_t deadline,
                            struct driver_fault *fault)
{
    struct registers_request request = *mask;
    uint16_t neighbours;
    int result = read_neighbours(line, mask, deadline, &neighbours, fault);
    if (result)
        return result;
    uint16_t new = (uint16_t)(neighbours | (mask->or_mask & ~mask->and_mask));
    request.quantity = 1;
    bool multiple = instrument->options->write_function == MODBUS_WRITE_MULTIPLE;
    request.function = multiple ? REGISTERS_WRITE_REGISTERS : REGISTERS_WRITE_REGISTER;
    request.value = new;
    request.values = &new;
    return registers_transact(line, &request, NULL, deadline, fault);
}

static int write_register_bit(struct driver_instrument *instrument, struct driver_line *line,
                              const struct modbus_place *place, bool on, int64_t deadline,
                              struct driver_fault *fault)
{
    uint16_t bit = (uint16_t)(1u << place->bit);
    struct registers_request request = {
        .unit = (uint8_t)instrument->options->unit,
        .function = REGISTERS_MASK_WRITE,
        .address = place->address,
        .and_mask = (uint16_t)~bit,
        .or_mask = on ? bit : 0,
    };
    if (instrument->mask_write) {
        struct driver_fault refusal = {0};
        int result = registers_transact(line, &request, NULL, deadline, &refusal);
        bool unknown = result == DRIVER_REJECTED && refusal.code == REGISTERS_NO_FUNCTION;
        if (!unknown || instrument->options->mask_write == MODBUS_MASK_ALWAYS) {
            if (result && fault)
                *fault = refusal;
            return result;
        }
        instrument->mask_write = false;
    }
    return rewrite_register(instrument, line, &request, deadline, fault);
}

static int modbus_write(struct driver_instrument *instrument, struct driver_line *line, uint16_t point,
                        const struct driver_value *value, int64_t deadline, struct driver_fault *fault)
{
    const struct driver_point *described = &instrument->spec->points[point];
    const struct modbus_place *place = &instrument->places[point];
    if (!described->writable)
        return driver_fail(fault, DRIVER_UNSUPPORTED, 0, "writing %s: it is read only", described->name);
    uint16_t registers[MODBUS_PLACE_MAX];
    int result = modbus_encode(described, place, value, registers, fault);
    if (result)
        return result;
    if (place->table == MODBUS_HOLDING && place->encoding == MODBUS_BIT)
        return write_register_bit(instrument, line, place, registers[0], deadline, fault);

    bool multiple = place->width > 1 || instrument->options->write_function == MODBUS_WRITE_MULTIPLE;
    struct registers_request request = {
        .unit = (uint8_t)instrument->options->unit,
        .function = multiple ? REGISTERS_WRITE_REGISTERS : REGISTERS_WRITE_REGISTER,
        .address = place->address,
        .quantity = place->width,
        .value = registers[0],
        .values = registers,
    };
    if (place->table == MODBUS_COIL)
        request.function = REGISTERS_WRITE_COIL;
    return registers_transact(line, &request, NULL, deadline, fault);
}

/* Sizes of function and data. Where the instrument may not know 16h, it says so to the first write after a
 * start, and the register is read and written from then on. */
static int64_t modbus_write_time(const struct driver_instrument *instrument,
                                 const struct driver_line_spec *line, uint16_t point)
{
    enum { SINGLE = 5, MASK = 7, READ = 5, READ_REPLY = 4, MULTIPLE = 6, MULTIPLE_REPLY = 5 };
    const struct modbus_place *place = &instrument->places[point];
    int64_t many = registers_time(line, MULTIPLE + 2u * place->width, MULTIPLE_REPLY);
    bool multiple = place->width > 1 || instrument->options->write_function == MODBUS_WRITE_MULTIPLE;
    int64_t plain = multiple && place->table != MODBUS_COIL ? many : registers_time(line, SINGLE, SINGLE);
    if (place->table != MODBUS_HOLDING || place->encoding != MODBUS_BIT)
        return plain;
    int64_t mask = registers_time(line, MASK, MASK), reading = registers_time(line, READ, READ_REPLY);
    int64_t rewrite = (line->serial ? REWRITE_READINGS : 1) * reading + plain;
    switch ((enum modbus_mask_write)instrument->options->mask_write) {
    case MODBUS_MASK_ALWAYS:
        return mask;
    case MODBUS_MASK_NEVER:
        return rewrite;
    default:
        return mask > rewrite ? mask : rewrite;
    }
}

const struct driver driver_modbus = {
    .name = "modbus",
    .help = "Modbus instruments, over TCP and serial lines (RTU)",
    .transport = &registers_transport,
    .instrument_options = &modbus_instrument_options,
    .point_options = &modbus_point_options,
    .create = modbus_create,
    .destroy = modbus_destroy,
    .plan = modbus_plan,
    .read = modbus_read,
    .write = modbus_write,
    .write_time = modbus_write_time,
};
