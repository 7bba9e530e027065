/* rule_evaluate.c - runs a rule's program on a stack of doubles.
 *
 * Unknown is NaN: arithmetic carries it on by itself, a comparison with it is unknown, and the connectives
 * follow Kleene (Introduction to Metamathematics, 1952, section 64). True is 1, false 0. */
#include "gateway/rig/rule_tree.h"

#include <math.h>

#define SECOND 1e9 /* ns */

static double compare(enum rule_op op, double a, double b)
{
    if (!isfinite(a) || !isfinite(b))
        return NAN;
    switch (op) {
    case RULE_LESS:
        return a < b;
    case RULE_LESS_EQUAL:
        return a <= b;
    case RULE_GREATER:
        return a > b;
    case RULE_GREATER_EQUAL:
        return a >= b;
    case RULE_EQUAL:
        return a == b;
    default:
        return a != b;
    }
}

/* A comparison that holds is judged against a set point that its hysteresis has moved away. */
static double compare_held(const struct rule_instruction *code, rig_rule_held *held, double a, double b)
{
    rig_rule_held bit = (rig_rule_held)1 << code->point;
    bool less = code->op == RULE_LESS || code->op == RULE_LESS_EQUAL;
    if (*held & bit)
        b += less ? code->number : -code->number;
    double result = compare((enum rule_op)code->op, a, b);
    *held = result == 1 ? *held | bit : *held & ~bit;
    return result;
}

static double both(double a, double b)
{
    return a == 0 || b == 0 ? 0 : a * b;
}

static double either(double a, double b)
{
    return a == 1 || b == 1 ? 1 : a + b;
}

static double combine(enum rule_op op, double a, double b)
{
    switch (op) {
    case RULE_MIN:
        return isnan(a) || a < b ? a : b;
    case RULE_MAX:
        return isnan(a) || a > b ? a : b;
    case RULE_ADD:
        return a + b;
    case RULE_SUBTRACT:
        return a - b;
    case RULE_MULTIPLY:
        return a * b;
    case RULE_DIVIDE:
        return a / b;
    case RULE_AND:
        return both(a, b);
    case RULE_OR:
        return either(a, b);
    default:
        return compare(op, a, b);
    }
}

static double load(const struct rule_instruction *code, const struct rig_value *values, int64_t now)
{
    const struct rig_value *value = &values[code->point];
    switch ((enum rule_op)code->op) {
    case RULE_POINT:
        return value->quality == RIG_GOOD ? value->number : NAN;
    case RULE_AGE:
        return value->at == 0 || value->quality == RIG_BAD ? NAN : (double)(now - value->at) / SECOND;
    case RULE_QUALITY:
        return value->quality;
    default:
        return code->number;
    }
}

static double transform(const struct rule_instruction *code, double a)
{
    switch ((enum rule_op)code->op) {
    case RULE_CONVERT:
        return a * code->number + code->offset;
    case RULE_NEGATE:
        return -a;
    case RULE_ABS:
        return fabs(a);
    default:
        return 1 - a; /* not */
    }
}

enum rig_truth rig_rule_evaluate(const struct rig_program *program, rig_rule_held *held,
                                 const struct rig_value *values, int64_t now)
{
    rig_rule_held none = 0;
    double stack[RULE_STACK_MAX] = {0};
    size_t top = 0;
    for (const struct rule_instruction *code = program->code; code < program->code + program->count; code++) {
        if (code->op <= RULE_QUALITY) {
            stack[top++] = load(code, values, now);
        } else if (code->op <= RULE_NOT) {
            stack[top - 1] = transform(code, stack[top - 1]);
        } else {
            top--;
            stack[top - 1] = code->number > 0
                                 ? compare_held(code, held ? held : &none, stack[top - 1], stack[top])
                                 : combine((enum rule_op)code->op, stack[top - 1], stack[top]);
        }
    }
    return isnan(stack[0]) ? RIG_UNKNOWN : stack[0] != 0 ? RIG_TRUE : RIG_FALSE;
}

/* A number as a straight line in time: what it is now, and its growth a second. The check has made sure that
 * nothing in a rule bends but abs, min and max, and those where their arguments cross. */
struct line {
    double number, slope;
};

/* The instant when two lines meet, if that is now or later. */
static void note_meeting(struct line a, struct line b, int64_t now, int64_t *next)
{
    double seconds = -(a.number - b.number) / (a.slope - b.slope);
    if (a.slope == b.slope || !(seconds >= 0) || seconds > 1e9)
        return;
    double wait = ceil(seconds * SECOND);
    int64_t instant = now + (wait < 1 ? 1 : (int64_t)wait);
    if (instant < *next)
        *next = instant;
}

/* Either edge of a hysteresis is such an instant, beside the set point. */
static void note_band(double band, struct line a, struct line b, int64_t now, int64_t *next)
{
    note_meeting(a, (struct line){b.number + band, b.slope}, now, next);
    note_meeting(a, (struct line){b.number - band, b.slope}, now, next);
}

static struct line line_combine(enum rule_op op, struct line a, struct line b, int64_t now, int64_t *next)
{
    struct line result = {combine(op, a.number, b.number), 0};
    switch (op) {
    case RULE_ADD:
        result.slope = a.slope + b.slope;
        break;
    case RULE_SUBTRACT:
        result.slope = a.slope - b.slope;
        break;
    case RULE_MULTIPLY:
        result.slope = a.slope * b.number + b.slope * a.number;
        break;
    case RULE_DIVIDE:
        result.slope = a.slope / b.number;
        break;
    case RULE_AND:
    case RULE_OR:
        break;
    case RULE_MIN:
    case RULE_MAX:
        result.slope = result.number == a.number ? a.slope : b.slope;
        note_meeting(a, b, now, next);
        break;
    default:
        note_meeting(a, b, now, next);
    }
    return result;
}

static struct line line_transform(const struct rule_instruction *code, struct line a, int64_t now,
                                  int64_t *next)
{
    struct line result = {transform(code, a.number), 0};
    if (code->op == RULE_CONVERT)
        result.slope = a.slope * code->number;
    else if (code->op == RULE_NEGATE)
        result.slope = -a.slope;
    else if (code->op == RULE_ABS) {
        result.slope = a.number < 0 ? -a.slope : a.slope;
        note_meeting(a, (struct line){0, 0}, now, next);
    }
    return result;
}

int64_t rig_rule_next_change(const struct rig_program *program, const struct rig_value *values, int64_t now)
{
    int64_t next = INT64_MAX;
    if (!program->grows)
        return next;
    struct line stack[RULE_STACK_MAX] = {
        {0, 0}
    };
    size_t top = 0;
    for (const struct rule_instruction *code = program->code; code < program->code + program->count; code++) {
        if (code->op <= RULE_QUALITY) {
            stack[top++] = (struct line){load(code, values, now), code->op == RULE_AGE};
        } else if (code->op <= RULE_NOT) {
            stack[top - 1] = line_transform(code, stack[top - 1], now, &next);
        } else {
            top--;
            if (code->number > 0)
                note_band(code->number, stack[top - 1], stack[top], now, &next);
            stack[top - 1] = line_combine((enum rule_op)code->op, stack[top - 1], stack[top], now, &next);
        }
    }
    return next;
}
