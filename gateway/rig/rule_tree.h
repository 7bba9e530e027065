/* rule_tree.h - what the stages of the rule compiler share: text -> words (rule_token.c, rule_literal.c) ->
 * tree (rule_parse.c) -> checked tree with units (rule_check.c, rule_word.c) -> program (rule_compile.c),
 * which rule_evaluate.c runs. Private to gateway/rig/rule_*.c. */
#ifndef GATEWAY_RIG_RULE_TREE_H
#define GATEWAY_RIG_RULE_TREE_H

#include "gateway/rig/rule.h"

#define RULE_NODES_MAX   256
#define RULE_NESTING_MAX 48 /* of parentheses and "not"; also bounds the evaluator's stack */
#define RULE_STACK_MAX   (RULE_NESTING_MAX + 8)

enum rule_op {
    RULE_CONSTANT,
    RULE_POINT,
    RULE_AGE,
    RULE_QUALITY,
    RULE_CONVERT, /* x * number + offset */
    RULE_NEGATE,
    RULE_ABS,
    RULE_NOT,
    RULE_MIN,
    RULE_MAX,
    RULE_ADD,
    RULE_SUBTRACT,
    RULE_MULTIPLY,
    RULE_DIVIDE,
    RULE_LESS,
    RULE_LESS_EQUAL,
    RULE_GREATER,
    RULE_GREATER_EQUAL,
    RULE_EQUAL,
    RULE_NOT_EQUAL,
    RULE_AND,
    RULE_OR,
    RULE_WORD, /* "closed", "forward": becomes a constant once its partner in a comparison is known */
};

enum rule_kind { RULE_IS_NUMBER, RULE_IS_TRUTH, RULE_IS_CHOICE, RULE_IS_QUALITY, RULE_IS_WORD };

/* How a number with an offset unit may be combined: degC + degC is nonsense, degC - degC is a difference. */
enum rule_nature { RULE_PLAIN, RULE_ABSOLUTE, RULE_DIFFERENCE };

struct rule_node {
    enum rule_op op;
    size_t column;
    int left, right;             /* nodes; -1: none */
    int band;                    /* of a comparison: the node of its hysteresis; -1: none */
    double number, offset;       /* of a comparison: its hysteresis, 0 for none */
    const struct rig_unit *unit; /* of a literal; NULL: written without */
    const char *word;
    size_t word_length;
    struct rig_rule_point point;
    /* From the check: */
    enum rule_kind kind;
    struct rig_dimension dimension;
    double factor, zero; /* base = number * factor + zero */
    enum rule_nature nature;
    bool literal, grows; /* grows: changes with time alone */
};

struct rule_tree {
    const char *text;
    rig_rule_resolve *resolve;
    void *context;
    struct rig_rule_error *error;
    struct rule_node nodes[RULE_NODES_MAX];
    int count;
};

struct rule_instruction {
    uint8_t op;     /* enum rule_op */
    uint16_t point; /* of a comparison with hysteresis: its bit in rig_rule_held */
    double number, offset;
};

struct rig_program {
    size_t count, input_count;
    uint16_t held_count;
    bool grows;
    uint16_t *inputs;
    struct rule_instruction code[];
};

/* rule_range.c: what an expression can come to; *notes gathers what is met on the way. */
struct rule_notes {
    bool sticks, may_divide_by_zero, divides_by_zero;
};
struct rig_interval rule_interval(const struct rule_instruction *code, size_t count,
                                  const struct rig_interval *ranges, struct rule_notes *notes);

/* Says what is wrong at a column; returns -1. */
__attribute__((format(printf, 3, 4))) int rule_mistake(struct rule_tree *tree, size_t column,
                                                       const char *format, ...);
/* How much of a text is shown. */
#define RULE_SHOWN_MAX 40
int rule_shown(const char *text, size_t length);
/* The same as rule_mistake(), of a word that could only be the name of a point, and is none. */
int rule_no_point(struct rule_tree *tree, size_t column, size_t length);
/* Index of a new node, or -1 when the rule is too long. */
int rule_node_add(struct rule_tree *tree, enum rule_op op, size_t column, int left, int right);

/* rule_word.c: all return 0, or -1 with the error filled in. */
int word_meaning(struct rule_tree *tree, struct rule_node *word, const struct rule_node *partner);
int word_as_truth(struct rule_tree *tree, struct rule_node *word); /* standing by itself */
int word_kinds_differ(struct rule_tree *tree, size_t column, const struct rule_node *left,
                      const struct rule_node *right);
int word_no_truth(struct rule_tree *tree, const struct rule_node *node);

/* Both return the root's index, or -1 with the error filled in. */
int rule_parse(struct rule_tree *tree);
int rule_check(struct rule_tree *tree, int root);

#endif
