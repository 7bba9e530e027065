/* interlock.c - which rules are to be evaluated: those whose inputs changed, aged or came due. */
#include "gateway/rig/state.h"

enum { DIRTY = 1, BY_READ = 2 };

static void mark(struct rig *rig, size_t rule, uint8_t why)
{
    struct interlocks *interlocks = &rig->interlocks;
    if (interlocks->dirty_why[rule] == 0)
        interlocks->dirty[interlocks->dirty_count++] = (uint16_t)rule;
    interlocks->dirty_why[rule] |= DIRTY | why;
}

void interlock_mark(struct rig *rig, size_t rule)
{
    mark(rig, rule, 0);
}

void interlock_dirty(struct rig *rig, uint16_t point, bool read)
{
    const struct interlocks *interlocks = &rig->interlocks;
    for (size_t i = interlocks->of_point[point]; i < interlocks->of_point[point + 1]; i++)
        mark(rig, interlocks->rules[i], read ? BY_READ : 0);
}

void interlock_read(struct rig *rig, uint16_t point)
{
    const struct interlocks *interlocks = &rig->interlocks;
    for (size_t i = interlocks->of_point[point]; i < interlocks->of_point[point + 1]; i++)
        if (interlocks->by_read[interlocks->rules[i]])
            mark(rig, interlocks->rules[i], BY_READ);
}

void interlock_dirty_all(struct rig *rig)
{
    size_t count = rig->spec->trip_count + rig->spec->permissive_count;
    for (size_t i = 0; i < count; i++)
        mark(rig, i, 0);
}

void interlock_evaluate(struct rig *rig)
{
    struct interlocks *interlocks = &rig->interlocks;
    size_t trips = rig->spec->trip_count;
    for (size_t i = 0; i < interlocks->dirty_count; i++) {
        size_t rule = interlocks->dirty[i];
        bool read = interlocks->dirty_why[rule] & BY_READ;
        interlocks->dirty_why[rule] = 0;
        if (rule < trips)
            trip_evaluate(rig, rule, read);
        else
            permissive_evaluate(rig, rule - trips);
    }
    interlocks->dirty_count = 0;
}
