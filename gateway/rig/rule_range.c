/* rule_range.c - what a rule can come to at all, by interval arithmetic over its program.
 *
 * Each value is an interval that holds every number which it can have while the inputs are good and in their
 * ranges (Moore, Interval Analysis, 1966). Two uses of one point are taken as independent, so the result may
 * hold too much and never too little: what is said to be impossible is impossible. A truth is an interval in
 * 0 .. 1. */
#include "gateway/rig/rule_tree.h"

#include <math.h>

static struct rig_interval point_range(const struct rule_instruction *code, const struct rig_interval *ranges)
{
    switch ((enum rule_op)code->op) {
    case RULE_POINT:
        return ranges[code->point];
    case RULE_AGE:
        return (struct rig_interval){0, INFINITY};
    case RULE_QUALITY:
        return (struct rig_interval){fmin(RIG_BAD, RIG_GOOD), fmax(RIG_BAD, fmax(RIG_GOOD, RIG_STALE))};
    default:
        return (struct rig_interval){code->number, code->number};
    }
}

/* An end that is not known is none: 0 * infinity and infinity - infinity. */
static struct rig_interval between(double low, double high)
{
    return (struct rig_interval){isnan(low) ? -INFINITY : low, isnan(high) ? INFINITY : high};
}

static struct rig_interval transformed(const struct rule_instruction *code, struct rig_interval a)
{
    switch ((enum rule_op)code->op) {
    case RULE_CONVERT: /* by a factor that is never negative */
        return between(a.low * code->number + code->offset, a.high * code->number + code->offset);
    case RULE_NEGATE:
        return (struct rig_interval){-a.high, -a.low};
    case RULE_ABS:
        return (struct rig_interval){a.low > 0    ? a.low
                                     : a.high < 0 ? -a.high
                                                  : 0,
                                     fmax(fabs(a.low), fabs(a.high))};
    default: /* not */
        return (struct rig_interval){1 - a.high, 1 - a.low};
    }
}

static struct rig_interval hull(double a, double b, double c, double d)
{
    if (isnan(a) || isnan(b) || isnan(c) || isnan(d))
        return (struct rig_interval){-INFINITY, INFINITY};
    return (struct rig_interval){fmin(fmin(a, b), fmin(c, d)), fmax(fmax(a, b), fmax(c, d))};
}

static struct rig_interval product(struct rig_interval a, struct rig_interval b)
{
    return hull(a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high);
}

static struct rig_interval quotient(struct rig_interval a, struct rig_interval b)
{
    if (b.low <= 0 && b.high >= 0)
        return (struct rig_interval){-INFINITY, INFINITY};
    return hull(a.low / b.low, a.low / b.high, a.high / b.low, a.high / b.high);
}

/* `always` and `never` for every pair of numbers from the two. */
static struct rig_interval truth(bool always, bool never)
{
    return (struct rig_interval){always ? 1 : 0, never ? 0 : 1};
}

static struct rig_interval equal(struct rig_interval a, struct rig_interval b)
{
    bool one = a.low == a.high && b.low == b.high && a.low == b.low;
    return truth(one, a.high < b.low || b.high < a.low);
}

static struct rig_interval combined(enum rule_op op, struct rig_interval a, struct rig_interval b)
{
    switch (op) {
    case RULE_MIN:
    case RULE_AND:
        return (struct rig_interval){fmin(a.low, b.low), fmin(a.high, b.high)};
    case RULE_MAX:
    case RULE_OR:
        return (struct rig_interval){fmax(a.low, b.low), fmax(a.high, b.high)};
    case RULE_ADD:
        return between(a.low + b.low, a.high + b.high);
    case RULE_SUBTRACT:
        return between(a.low - b.high, a.high - b.low);
    case RULE_MULTIPLY:
        return product(a, b);
    case RULE_DIVIDE:
        return quotient(a, b);
    case RULE_LESS:
        return truth(a.high < b.low, a.low >= b.high);
    case RULE_LESS_EQUAL:
        return truth(a.high <= b.low, a.low > b.high);
    case RULE_GREATER:
        return truth(a.low > b.high, a.high <= b.low);
    case RULE_GREATER_EQUAL:
        return truth(a.low >= b.high, a.high < b.low);
    case RULE_EQUAL:
        return equal(a, b);
    default: {
        struct rig_interval same = equal(a, b);
        return (struct rig_interval){1 - same.high, 1 - same.low};
    }
    }
}

/* With the set point moved away as far as the hysteresis does it the comparison is true for every pair. */
static bool sticks(const struct rule_instruction *code, struct rig_interval a, struct rig_interval b)
{
    bool less = code->op == RULE_LESS || code->op == RULE_LESS_EQUAL;
    double away = less ? code->number : -code->number;
    struct rig_interval held = {b.low + away, b.high + away};
    return combined((enum rule_op)code->op, a, b).low < 1 &&
           combined((enum rule_op)code->op, a, held).low >= 1;
}

static void note_divisor(struct rig_interval divisor, struct rule_notes *notes)
{
    if (divisor.low > 0 || divisor.high < 0)
        return;
    notes->may_divide_by_zero = true;
    notes->divides_by_zero |= divisor.low == divisor.high;
}

struct rig_interval rule_interval(const struct rule_instruction *code, size_t count,
                                  const struct rig_interval *ranges, struct rule_notes *notes)
{
    struct rig_interval stack[RULE_STACK_MAX] = {
        {0, 0}
    };
    size_t top = 0;
    for (const struct rule_instruction *end = code + count; code < end; code++) {
        if (code->op <= RULE_QUALITY) {
            stack[top++] = point_range(code, ranges);
        } else if (code->op <= RULE_NOT) {
            stack[top - 1] = transformed(code, stack[top - 1]);
        } else {
            top--;
            notes->sticks |= code->number > 0 && sticks(code, stack[top - 1], stack[top]);
            if (code->op == RULE_DIVIDE)
                note_divisor(stack[top], notes);
            stack[top - 1] = combined((enum rule_op)code->op, stack[top - 1], stack[top]);
        }
    }
    return stack[0];
}

struct rig_possible rig_rule_possible(const struct rig_program *program, const struct rig_interval *ranges)
{
    struct rule_notes notes = {0};
    struct rig_interval result = rule_interval(program->code, program->count, ranges, &notes);
    return (struct rig_possible){.becomes_true = result.high >= 1,
                                 .becomes_false = result.low <= 0,
                                 .sticks = notes.sticks,
                                 .may_divide_by_zero = notes.may_divide_by_zero,
                                 .divides_by_zero = notes.divides_by_zero};
}
