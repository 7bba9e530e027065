/* rule_parse.c - text to tree, by recursive descent over the grammar in rule.h. */
#include "gateway/rig/rule_token.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int rule_mistake(struct rule_tree *tree, size_t column, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    tree->error->column = column;
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): va_start is one line up */
    vsnprintf(tree->error->text, sizeof tree->error->text, format, arguments);
    va_end(arguments);
    return -1;
}

int rule_shown(const char *text, size_t length)
{
    size_t most = length < RULE_SHOWN_MAX ? length : RULE_SHOWN_MAX;
    while (most < length && ((unsigned char)text[most] & 0xC0) == 0x80) /* no half character */
        most--;
    return (int)most;
}

int rule_no_point(struct rule_tree *tree, size_t column, size_t length)
{
    tree->error->name = length;
    return rule_mistake(tree, column, "there is no point \"%.*s\"", rule_shown(tree->text + column, length),
                        tree->text + column);
}

int rule_node_add(struct rule_tree *tree, enum rule_op op, size_t column, int left, int right)
{
    if (tree->count == RULE_NODES_MAX)
        return rule_mistake(tree, column, "the rule has more than %d values and operators: split it",
                            RULE_NODES_MAX);
    struct rule_node *node = &tree->nodes[tree->count];
    *node = (struct rule_node){.op = op, .column = column, .left = left, .right = right, .band = -1};
    return tree->count++;
}

static int parse_or(struct parser *parser);

static int parse_point_function(struct parser *parser, enum rule_op op)
{
    struct rule_tree *tree = parser->tree;
    size_t column = parser->token.column;
    token_advance(parser);
    if (!token_accept(parser, "("))
        return token_unexpected(parser, "\"(\"");
    struct token name = parser->token;
    if (name.kind != TOKEN_NAME)
        return token_unexpected(parser, "the name of a point");
    int node = rule_node_add(tree, op, column, -1, -1);
    if (node < 0)
        return -1;
    if (!tree->resolve(tree->context, tree->text + name.column, name.length, &tree->nodes[node].point))
        return rule_no_point(tree, name.column, name.length);
    token_advance(parser);
    return token_accept(parser, ")") ? node : token_unexpected(parser, "\")\"");
}

static int parse_number_function(struct parser *parser, enum rule_op op)
{
    struct rule_tree *tree = parser->tree;
    size_t column = parser->token.column;
    token_advance(parser);
    if (!token_accept(parser, "("))
        return token_unexpected(parser, "\"(\"");
    int left = parse_or(parser);
    while (left >= 0 && op != RULE_ABS && token_accept(parser, ",")) {
        int right = parse_or(parser);
        left = right < 0 ? -1 : rule_node_add(tree, op, column, left, right);
    }
    if (left < 0)
        return -1;
    if (!token_accept(parser, ")"))
        return token_unexpected(parser, "\")\"");
    return op == RULE_ABS ? rule_node_add(tree, op, column, left, -1) : left;
}

static const struct {
    const char *name;
    enum rule_op op;
    int (*parse)(struct parser *parser, enum rule_op op);
} functions[] = {
    {"age",     RULE_AGE,     parse_point_function },
    {"quality", RULE_QUALITY, parse_point_function },
    {"abs",     RULE_ABS,     parse_number_function},
    {"min",     RULE_MIN,     parse_number_function},
    {"max",     RULE_MAX,     parse_number_function},
};

/* A point, or a word whose meaning its partner in a comparison gives. */
static int parse_name(struct parser *parser)
{
    struct rule_tree *tree = parser->tree;
    struct token token = parser->token;
    const char *word = tree->text + token.column;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (token_is(parser, functions[i].name))
            return functions[i].parse(parser, functions[i].op);
    if (token.kind == TOKEN_NAME && token_is_capital_keyword(word, token.length))
        return token_unexpected(parser, "a value");
    int node = rule_node_add(tree, RULE_WORD, token.column, -1, -1);
    if (node < 0)
        return -1;
    if (token.kind == TOKEN_NAME &&
        tree->resolve(tree->context, word, token.length, &tree->nodes[node].point)) {
        tree->nodes[node].op = RULE_POINT;
    } else if (token.kind == TOKEN_NAME && memchr(word, '.', token.length)) {
        return rule_no_point(tree, token.column, token.length);
    } else {
        bool quoted = token.kind == TOKEN_QUOTED;
        tree->nodes[node].word = word + quoted;
        tree->nodes[node].word_length = token.length - 2 * quoted;
    }
    token_advance(parser);
    if (tree->nodes[node].op == RULE_WORD && token_is(parser, "("))
        return rule_mistake(tree, token.column,
                            "there is no function \"%.*s\"; there are abs, min, max, age and quality",
                            rule_shown(word, token.length), word);
    return node;
}

static int parse_primary(struct parser *parser)
{
    if (parser->token.kind == TOKEN_NUMBER)
        return literal_parse(parser);
    if (parser->token.kind == TOKEN_QUOTED)
        return parse_name(parser);
    if (parser->token.kind == TOKEN_NAME &&
        !token_is_keyword(parser->tree->text + parser->token.column, parser->token.length))
        return parse_name(parser);
    if (!token_accept(parser, "("))
        return token_unexpected(parser, "a value");
    int node = parse_or(parser);
    if (node < 0)
        return -1;
    return token_accept(parser, ")") ? node : token_unexpected(parser, "\")\"");
}

static int too_deep(struct parser *parser)
{
    return rule_mistake(parser->tree, parser->token.column,
                        "the rule is nested more than %d deep: leave out parentheses, or split it",
                        RULE_NESTING_MAX);
}

static int parse_unary(struct parser *parser)
{
    size_t column = parser->token.column;
    if (!token_is(parser, "-") && !token_is(parser, "+"))
        return parse_primary(parser);
    bool negate = token_is(parser, "-");
    token_advance(parser);
    if (++parser->nesting > RULE_NESTING_MAX)
        return too_deep(parser);
    int node = parse_unary(parser);
    parser->nesting--;
    if (node < 0 || !negate)
        return node;
    if (parser->tree->nodes[node].op == RULE_CONSTANT) {
        parser->tree->nodes[node].number = -parser->tree->nodes[node].number;
        return node;
    }
    return rule_node_add(parser->tree, RULE_NEGATE, column, node, -1);
}

struct infix {
    const char *symbol;
    enum rule_op op;
};

static const struct infix *infix_here(const struct parser *parser, const struct infix *list)
{
    while (list->symbol && !token_is(parser, list->symbol))
        list++;
    return list->symbol ? list : NULL;
}

static int parse_chain(struct parser *parser, const struct infix *list, int (*operand)(struct parser *parser))
{
    int left = operand(parser);
    const struct infix *infix;
    while (left >= 0 && (infix = infix_here(parser, list))) {
        size_t column = parser->token.column;
        token_advance(parser);
        int right = operand(parser);
        left = right < 0 ? -1 : rule_node_add(parser->tree, infix->op, column, left, right);
    }
    return left;
}

static int parse_product(struct parser *parser)
{
    static const struct infix list[] = {
        {"*",  RULE_MULTIPLY},
        {"/",  RULE_DIVIDE  },
        {NULL, 0            }
    };
    return parse_chain(parser, list, parse_unary);
}

static int parse_sum(struct parser *parser)
{
    static const struct infix list[] = {
        {"+",  RULE_ADD     },
        {"-",  RULE_SUBTRACT},
        {NULL, 0            }
    };
    return parse_chain(parser, list, parse_product);
}

/* The band behind a comparison, if there is one. */
static int parse_hysteresis(struct parser *parser, int comparison)
{
    if (!token_accept(parser, "hysteresis"))
        return comparison;
    if (parser->token.kind != TOKEN_NUMBER)
        return token_unexpected(parser, "the width of the hysteresis, a number with its unit,");
    int band = literal_parse(parser);
    if (band < 0)
        return -1;
    parser->tree->nodes[comparison].band = band;
    return comparison;
}

static int parse_comparison(struct parser *parser)
{
    static const struct infix list[] = {
        {"<",  RULE_LESS         },
        {"<=", RULE_LESS_EQUAL   },
        {">",  RULE_GREATER      },
        {">=", RULE_GREATER_EQUAL},
        {"==", RULE_EQUAL        },
        {"!=", RULE_NOT_EQUAL    },
        {NULL, 0                 },
    };
    int left = parse_sum(parser);
    const struct infix *infix = infix_here(parser, list);
    if (left < 0 || !infix)
        return left;
    size_t column = parser->token.column;
    token_advance(parser);
    int right = parse_sum(parser);
    int node = right < 0 ? -1 : rule_node_add(parser->tree, infix->op, column, left, right);
    if (node >= 0)
        node = parse_hysteresis(parser, node);
    if (node >= 0 && (infix_here(parser, list) || token_is(parser, "=")))
        return rule_mistake(parser->tree, parser->token.column,
                            "comparisons cannot be chained: join two with \"and\"");
    return node;
}

static int parse_not(struct parser *parser)
{
    size_t column = parser->token.column;
    if (!token_accept(parser, "not"))
        return parse_comparison(parser);
    if (++parser->nesting > RULE_NESTING_MAX)
        return too_deep(parser);
    int node = parse_not(parser);
    parser->nesting--;
    return node < 0 ? -1 : rule_node_add(parser->tree, RULE_NOT, column, node, -1);
}

static int parse_and(struct parser *parser)
{
    static const struct infix list[] = {
        {"and", RULE_AND},
        {NULL,  0       }
    };
    return parse_chain(parser, list, parse_not);
}

static int parse_or(struct parser *parser)
{
    static const struct infix list[] = {
        {"or", RULE_OR},
        {NULL, 0      }
    };
    if (++parser->nesting > RULE_NESTING_MAX)
        return too_deep(parser);
    int node = parse_chain(parser, list, parse_and);
    parser->nesting--;
    return node;
}

int rule_parse(struct rule_tree *tree)
{
    struct parser parser = {.tree = tree};
    token_advance(&parser);
    int root = parse_or(&parser);
    if (root >= 0 && token_is(&parser, "="))
        return rule_mistake(tree, parser.token.column, "to compare, write \"==\"");
    if (root >= 0 && parser.token.kind != TOKEN_END)
        return token_unexpected(&parser, "an operator or the end");
    return root;
}
