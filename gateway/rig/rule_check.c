/* rule_check.c - gives each node of a rule its kind and its unit, and inserts conversions.
 *
 * A number is carried in the unit it comes in; only where two units meet is one converted, and a literal is
 * converted here, once. So "plc.level > 150 mm" compares the sample as it came with 0.15. Products multiply
 * the factors of their units instead of converting. */
#include "gateway/rig/rule_tree.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool same_dimension(const struct rule_node *a, const struct rule_node *b)
{
    return memcmp(&a->dimension, &b->dimension, sizeof a->dimension) == 0;
}

static bool dimensionless(const struct rule_node *node)
{
    static const struct rig_dimension none;
    return memcmp(&node->dimension, &none, sizeof none) == 0;
}

/* "degC" of a literal or point, the dimension's name, or "a product of units". */
static const char *unit_text(const struct rule_node *node)
{
    if (node->unit)
        return node->unit->name[0] ? node->unit->name : "1";
    if (dimensionless(node))
        return "1";
    for (const struct rig_unit *unit = rig_unit_table(); unit->name; unit++)
        if (memcmp(&unit->of, &node->dimension, sizeof node->dimension) == 0)
            return unit->dimension;
    return "a product of units";
}

enum { UNIT_TEXT = 60 };

/* "degC (temperature)" */
static const char *quantity_text(const struct rule_node *node, char text[UNIT_TEXT])
{
    if (!node->unit)
        return unit_text(node);
    snprintf(text, UNIT_TEXT, "%s (%s)", unit_text(node), node->unit->dimension);
    return text;
}

static void take_unit(struct rule_node *node, const struct rig_unit *unit)
{
    if (!unit)
        unit = rig_unit_find("", 0);
    node->kind = RULE_IS_NUMBER;
    node->dimension = unit->of;
    node->factor = unit->factor;
    node->zero = unit->offset;
    node->nature = unit->offset != 0 ? RULE_ABSOLUTE : RULE_PLAIN;
}

static int check_leaf(struct rule_tree *tree, int index)
{
    struct rule_node *node = &tree->nodes[index];
    switch (node->op) {
    case RULE_CONSTANT:
        take_unit(node, node->unit);
        return index;
    case RULE_WORD:
        node->kind = RULE_IS_WORD;
        return index;
    case RULE_AGE:
        take_unit(node, rig_unit_find("s", 1));
        node->unit = rig_unit_find("s", 1);
        node->grows = true;
        return index;
    case RULE_QUALITY:
        node->kind = RULE_IS_QUALITY;
        return index;
    default:
        break;
    }
    switch (node->point.type) {
    case RIG_BOOLEAN:
        node->kind = RULE_IS_TRUTH;
        return index;
    case RIG_CHOICE:
        node->kind = RULE_IS_CHOICE;
        return index;
    case RIG_TEXT:
        return rule_mistake(tree, node->column,
                            "a text has no place in a rule, except in age() and quality()");
    default:
        take_unit(node, node->point.unit);
        node->unit = node->point.unit;
        return index;
    }
}

/* Makes `index` carry its number in the unit (factor, zero); returns the node that does. */
static int convert(struct rule_tree *tree, int index, double factor, double zero, bool difference)
{
    struct rule_node *node = &tree->nodes[index];
    double from_zero = difference ? 0 : node->zero, to_zero = difference ? 0 : zero;
    if (node->factor == factor && from_zero == to_zero)
        return index;
    double scale = node->factor / factor, offset = (from_zero - to_zero) / factor;
    if (node->literal) {
        node->number = (node->number * node->factor + from_zero - to_zero) / factor;
        if (!isfinite(node->number))
            return rule_mistake(tree, node->column, "the number is too large");
        node->factor = factor;
        node->zero = zero;
        return index;
    }
    int made = rule_node_add(tree, RULE_CONVERT, node->column, index, -1);
    if (made < 0)
        return -1;
    struct rule_node *converted = &tree->nodes[made];
    struct rule_node before = tree->nodes[index];
    before.op = RULE_CONVERT;
    before.left = index;
    before.right = -1;
    before.number = scale;
    before.offset = offset;
    before.factor = factor;
    before.zero = zero;
    *converted = before;
    return made;
}

static int unit_missing(struct rule_tree *tree, const struct rule_node *bare, const struct rule_node *other)
{
    if (!other->unit)
        return rule_mistake(tree, bare->column, "a unit is missing: the other side is in %s",
                            unit_text(other));
    return rule_mistake(tree, bare->column,
                        "a unit is missing: the other side is in %s; write %.10g %s if that is meant",
                        unit_text(other), bare->number, unit_text(other));
}

/* The letter that people say. */
static const char *letter_meant(const char *left, const char *right)
{
    static const char *const pairs[][3] = {
        {"degC", "C", "; 80 C is a charge, write 80 degC"  },
        {"K",    "C", "; 80 C is a charge, write 80 degC"  },
        {"degF", "F", "; 80 F is a capacity, write 80 degF"},
        {"degC", "F", "; 80 F is a capacity, write 80 degF"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (strcmp(left, pairs[i][0]) == 0 && strcmp(right, pairs[i][1]) == 0)
            return pairs[i][2];
    return "; both sides need units of one quantity";
}

/* A bare number beside a percentage is ambiguous: 50 or 50 %? */
static int check_meeting(struct rule_tree *tree, const struct rule_node *at, const struct rule_node *left,
                         const struct rule_node *right)
{
    if (left->kind != RULE_IS_NUMBER || right->kind != RULE_IS_NUMBER)
        return rule_mistake(tree, at->column, "both sides must be numbers here");
    if (!same_dimension(left, right)) {
        const struct rule_node *bare = left->literal && !left->unit     ? left
                                       : right->literal && !right->unit ? right
                                                                        : NULL;
        if (bare)
            return unit_missing(tree, bare, bare == left ? right : left);
        char one[UNIT_TEXT], other[UNIT_TEXT];
        return rule_mistake(tree, at->column, "%s and %s do not go together%s", quantity_text(left, one),
                            quantity_text(right, other), letter_meant(unit_text(left), unit_text(right)));
    }
    const struct rule_node *sides[] = {left, right};
    for (int i = 0; i < 2; i++)
        if (sides[i]->literal && !sides[i]->unit && sides[1 - i]->factor != 1)
            return unit_missing(tree, sides[i], sides[1 - i]);
    return 0;
}

/* Comparison, min, max: both sides in one unit, that of the side which is not a literal. */
static int align(struct rule_tree *tree, int index)
{
    struct rule_node *node = &tree->nodes[index];
    struct rule_node *left = &tree->nodes[node->left], *right = &tree->nodes[node->right];
    if (check_meeting(tree, node, left, right) < 0)
        return -1;
    if (!left->literal && !right->literal &&
        ((left->nature == RULE_DIFFERENCE && right->nature == RULE_ABSOLUTE) ||
         (left->nature == RULE_ABSOLUTE && right->nature == RULE_DIFFERENCE)))
        return rule_mistake(tree, node->column,
                            "a difference of temperatures does not compare with a temperature");
    bool difference = left->nature == RULE_DIFFERENCE || right->nature == RULE_DIFFERENCE;
    bool towards_right = left->literal && !right->literal;
    const struct rule_node model = towards_right ? *right : *left;
    int *moved = towards_right ? &node->left : &node->right;
    int made = convert(tree, *moved, model.factor, model.zero, difference);
    if (made < 0)
        return -1;
    *moved = made;
    node->factor = model.factor;
    node->zero = model.zero;
    node->dimension = model.dimension;
    node->nature = difference ? RULE_DIFFERENCE : model.nature;
    node->unit = model.unit;
    return index;
}

/* In a sum beside an absolute temperature, a literal or a plain number is a difference. */
static int check_sum(struct rule_tree *tree, int index)
{
    struct rule_node *node = &tree->nodes[index];
    struct rule_node *left = &tree->nodes[node->left], *right = &tree->nodes[node->right];
    bool subtract = node->op == RULE_SUBTRACT;
    if (check_meeting(tree, node, left, right) < 0)
        return -1;
    if (right->literal && left->nature != RULE_PLAIN)
        right->nature = RULE_DIFFERENCE;
    else if (left->literal && right->nature != RULE_PLAIN && !subtract)
        left->nature = RULE_DIFFERENCE;
    bool left_absolute = left->nature == RULE_ABSOLUTE, right_absolute = right->nature == RULE_ABSOLUTE;
    if (left_absolute && right_absolute && !subtract)
        return rule_mistake(tree, node->column, "two temperatures cannot be added, only a difference to one");
    if (right_absolute && !left_absolute && subtract)
        return rule_mistake(tree, node->column, "a temperature cannot be subtracted from a difference");
    bool towards_right = (right_absolute && !left_absolute) || (left->literal && !right->literal);
    const struct rule_node model = towards_right ? *right : *left;
    enum rule_nature nature = left_absolute != right_absolute ? RULE_ABSOLUTE
                              : left_absolute                 ? RULE_DIFFERENCE
                              : left->nature == RULE_DIFFERENCE || right->nature == RULE_DIFFERENCE
                                  ? RULE_DIFFERENCE
                                  : RULE_PLAIN;
    int *moved = towards_right ? &node->left : &node->right;
    int made = convert(tree, *moved, model.factor, model.zero, !(left_absolute && right_absolute));
    if (made < 0)
        return -1;
    *moved = made;
    node->kind = RULE_IS_NUMBER;
    node->dimension = model.dimension;
    node->factor = model.factor;
    node->zero = nature == RULE_DIFFERENCE ? 0 : model.zero;
    node->nature = nature;
    node->unit = model.unit;
    return index;
}

static int check_product(struct rule_tree *tree, int index)
{
    struct rule_node *node = &tree->nodes[index];
    const struct rule_node *left = &tree->nodes[node->left], *right = &tree->nodes[node->right];
    bool divide = node->op == RULE_DIVIDE;
    if (left->kind != RULE_IS_NUMBER || right->kind != RULE_IS_NUMBER)
        return rule_mistake(tree, node->column, "only numbers multiply and divide");
    if (left->nature == RULE_ABSOLUTE || right->nature == RULE_ABSOLUTE)
        return rule_mistake(tree, node->column,
                            "a temperature in degC or degF does not multiply or divide: use K");
    if (divide && right->literal && right->number == 0)
        return rule_mistake(tree, node->column, "a division by 0 is never known");
    if (right->grows && (divide || left->grows))
        return rule_mistake(tree, node->column,
                            "an age may be multiplied or divided only by what does not age");
    for (int i = 0; i < RIG_BASES; i++) {
        int exponent = left->dimension.exponent[i] + (divide ? -1 : 1) * right->dimension.exponent[i];
        if (exponent < -12 || exponent > 12)
            return rule_mistake(tree, node->column, "no quantity has such a unit");
        node->dimension.exponent[i] = (signed char)exponent;
    }
    node->kind = RULE_IS_NUMBER;
    node->factor = divide ? left->factor / right->factor : left->factor * right->factor;
    return index;
}

/* The band is a difference in the unit that the sides were aligned to. */
static int check_band(struct rule_tree *tree, int index, bool ordering)
{
    struct rule_node *node = &tree->nodes[index], *band = &tree->nodes[node->band];
    if (node->kind != RULE_IS_NUMBER || !ordering)
        return rule_mistake(tree, band->column, "only <, <=, > and >= between numbers have a hysteresis");
    take_unit(band, band->unit);
    if (check_meeting(tree, band, band, node) < 0)
        return -1;
    node->number = band->number * band->factor / node->factor;
    if (!(node->number > 0) || !isfinite(node->number))
        return rule_mistake(tree, band->column, "a hysteresis is more than 0");
    return 0;
}

static int check_comparison(struct rule_tree *tree, int index)
{
    struct rule_node *node = &tree->nodes[index];
    struct rule_node *left = &tree->nodes[node->left], *right = &tree->nodes[node->right];
    bool ordering = node->op != RULE_EQUAL && node->op != RULE_NOT_EQUAL;
    if (left->kind == RULE_IS_WORD && word_meaning(tree, left, right) < 0)
        return -1;
    if (right->kind == RULE_IS_WORD && word_meaning(tree, right, left) < 0)
        return -1;
    if (left->kind != right->kind)
        return word_kinds_differ(tree, node->column, left, right);
    if (left->kind == RULE_IS_NUMBER) {
        if (align(tree, index) < 0)
            return -1;
    } else if (ordering) {
        return rule_mistake(tree, node->column, "only numbers are smaller or greater: use == or !=");
    } else if (left->kind == RULE_IS_CHOICE && left->op == RULE_POINT && right->op == RULE_POINT &&
               left->point.choices != right->point.choices) {
        return rule_mistake(tree, node->column, "the two points do not have the same choices");
    }
    node = &tree->nodes[index];
    node->kind = left->kind;
    if (node->band >= 0 && check_band(tree, index, ordering) < 0)
        return -1;
    node->kind = RULE_IS_TRUTH;
    node->nature = RULE_PLAIN;
    return index;
}

static int check_logic(struct rule_tree *tree, int index)
{
    struct rule_node *node = &tree->nodes[index];
    const int sides[] = {node->left, node->right};
    for (int i = 0; i < 2; i++) {
        if (sides[i] < 0)
            continue;
        struct rule_node *side = &tree->nodes[sides[i]];
        if (side->kind == RULE_IS_WORD && word_as_truth(tree, side) < 0)
            return -1;
        if (side->kind != RULE_IS_TRUTH)
            return word_no_truth(tree, side);
    }
    node->kind = RULE_IS_TRUTH;
    return index;
}

static int check_sign(struct rule_tree *tree, int index)
{
    struct rule_node *node = &tree->nodes[index];
    const struct rule_node *of = &tree->nodes[node->left];
    if (of->kind != RULE_IS_NUMBER)
        return rule_mistake(tree, of->column, "this must be a number");
    if (of->nature == RULE_ABSOLUTE)
        return rule_mistake(tree, of->column, "a temperature in degC or degF has no sign: take a difference");
    node->kind = RULE_IS_NUMBER;
    node->dimension = of->dimension;
    node->factor = of->factor;
    node->nature = of->nature;
    node->unit = of->unit;
    return index;
}

static int check_extreme(struct rule_tree *tree, int index)
{
    if (align(tree, index) < 0)
        return -1;
    tree->nodes[index].kind = RULE_IS_NUMBER;
    return index;
}

static int check_node(struct rule_tree *tree, int index)
{
    struct rule_node *node = &tree->nodes[index];
    if (node->left < 0)
        return check_leaf(tree, index);
    if (check_node(tree, node->left) < 0 || (node->right >= 0 && check_node(tree, node->right) < 0))
        return -1;
    node->grows = tree->nodes[node->left].grows || (node->right >= 0 && tree->nodes[node->right].grows);
    switch (node->op) {
    case RULE_NEGATE:
    case RULE_ABS:
        return check_sign(tree, index);
    case RULE_MIN:
    case RULE_MAX:
        return check_extreme(tree, index);
    case RULE_ADD:
    case RULE_SUBTRACT:
        return check_sum(tree, index);
    case RULE_MULTIPLY:
    case RULE_DIVIDE:
        return check_product(tree, index);
    case RULE_NOT:
    case RULE_AND:
    case RULE_OR:
        return check_logic(tree, index);
    default:
        return check_comparison(tree, index);
    }
}

int rule_check(struct rule_tree *tree, int root)
{
    if (check_node(tree, root) < 0)
        return -1;
    if (tree->nodes[root].kind == RULE_IS_WORD && word_as_truth(tree, &tree->nodes[root]) < 0)
        return -1;
    if (tree->nodes[root].kind != RULE_IS_TRUTH)
        return word_no_truth(tree, &tree->nodes[root]);
    return root;
}
