/* rule_narrow.c - what a rule's inputs can be while it is true, from its program backwards.
 *
 * The way back of a hull-consistency contractor (Benhamou et al., Revising hull and box consistency, 1999),
 * for what rules are made of: "and", "or", "not", and points that are compared with something. What stands
 * deeper in arithmetic is not narrowed, which is safe: ranges hold too much and never too little. */
#include "gateway/rig/rule_tree.h"

#include <math.h>

static size_t operands(const struct rule_instruction *code)
{
    return code->op <= RULE_QUALITY ? 0 : code->op <= RULE_NOT ? 1 : 2;
}

/* Where the expression begins that ends here. */
static size_t begin_of(const struct rig_program *program, size_t end)
{
    size_t wanted = operands(&program->code[end]), at = end;
    while (wanted > 0)
        wanted += operands(&program->code[--at]) - 1;
    return at;
}

static void bound(struct rig_interval *range, double low, double high)
{
    range->low = fmax(range->low, low);
    range->high = fmin(range->high, high);
}

/* Both ends are in; without the only value that it can be, what is left begins beside it. */
static void exclude(struct rig_interval *range, struct rig_interval other)
{
    if (other.low != other.high)
        return;
    if (range->low == other.low)
        range->low = nextafter(range->low, INFINITY);
    if (range->high == other.high)
        range->high = nextafter(range->high, -INFINITY);
}

/* point OP other, whose set point a hysteresis may have moved by `band`. */
static void bound_by(struct rig_interval *range, enum rule_op op, struct rig_interval other, double band)
{
    switch (op) {
    case RULE_LESS:
        bound(range, -INFINITY, nextafter(other.high + band, -INFINITY));
        break;
    case RULE_LESS_EQUAL:
        bound(range, -INFINITY, other.high + band);
        break;
    case RULE_GREATER:
        bound(range, nextafter(other.low - band, INFINITY), INFINITY);
        break;
    case RULE_GREATER_EQUAL:
        bound(range, other.low - band, INFINITY);
        break;
    case RULE_EQUAL:
        bound(range, other.low, other.high);
        break;
    default:
        exclude(range, other);
    }
}

/* a OP b is b MIRRORED[OP] a, and is false where a OPPOSITE[OP] b is true. */
static const enum rule_op mirrored[] = {
    [RULE_LESS] = RULE_GREATER, [RULE_LESS_EQUAL] = RULE_GREATER_EQUAL,
    [RULE_GREATER] = RULE_LESS, [RULE_GREATER_EQUAL] = RULE_LESS_EQUAL,
    [RULE_EQUAL] = RULE_EQUAL,  [RULE_NOT_EQUAL] = RULE_NOT_EQUAL,
};
static const enum rule_op opposite[] = {
    [RULE_LESS] = RULE_GREATER_EQUAL, [RULE_LESS_EQUAL] = RULE_GREATER, [RULE_GREATER] = RULE_LESS_EQUAL,
    [RULE_GREATER_EQUAL] = RULE_LESS, [RULE_EQUAL] = RULE_NOT_EQUAL,    [RULE_NOT_EQUAL] = RULE_EQUAL,
};

static void require_comparison(const struct rig_program *program, size_t end, bool truth,
                               struct rig_interval *ranges)
{
    const struct rule_instruction *code = program->code;
    enum rule_op op = truth ? (enum rule_op)code[end].op : opposite[code[end].op];
    double band = truth ? code[end].number : 0;
    size_t right = end - 1, middle = begin_of(program, right), left = middle - 1;
    size_t begin = begin_of(program, left);
    struct rule_notes notes = {0};
    if (code[left].op == RULE_POINT)
        bound_by(&ranges[code[left].point], op, rule_interval(&code[middle], end - middle, ranges, &notes),
                 band);
    if (code[right].op == RULE_POINT)
        bound_by(&ranges[code[right].point], mirrored[op],
                 rule_interval(&code[begin], middle - begin, ranges, &notes), band);
}

/* The expression that ends here has to be true, or false. */
static void require(const struct rig_program *program, size_t end, bool truth, struct rig_interval *ranges)
{
    const struct rule_instruction *code = &program->code[end];
    if (code->op == RULE_POINT) {
        bound(&ranges[code->point], truth, truth);
    } else if (code->op == RULE_NOT) {
        require(program, end - 1, !truth, ranges);
    } else if (code->op == (truth ? RULE_AND : RULE_OR)) {
        require(program, end - 1, truth, ranges);
        require(program, begin_of(program, end - 1) - 1, truth, ranges);
    } else if (code->op >= RULE_LESS && code->op <= RULE_NOT_EQUAL) {
        require_comparison(program, end, truth, ranges);
    }
}

bool rig_rule_narrow(const struct rig_program *program, struct rig_interval *ranges)
{
    require(program, program->count - 1, true, ranges);
    for (size_t i = 0; i < program->input_count; i++)
        if (ranges[program->inputs[i]].low > ranges[program->inputs[i]].high)
            return false;
    return program->held_count > 0 || rig_rule_possible(program, ranges).becomes_true;
}
