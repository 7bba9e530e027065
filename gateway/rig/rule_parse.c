/* rule_parse.c - text to tree, by recursive descent over the grammar in rule.h. */
#include "gateway/rig/rule_tree.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum token_kind {
    TOKEN_END,
    TOKEN_NUMBER,
    TOKEN_NAME,
    TOKEN_QUOTED,
    TOKEN_SYMBOL,
    TOKEN_STRANGE,
};

struct token {
    enum token_kind kind;
    size_t column, length;
};

struct parser {
    struct rule_tree *tree;
    size_t at; /* behind the token */
    struct token token;
    unsigned nesting;
};

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

int rule_no_point(struct rule_tree *tree, size_t column, size_t length)
{
    tree->error->name = length;
    return rule_mistake(tree, column, "there is no point \"%.*s\"", (int)(length < 80 ? length : 80),
                        tree->text + column);
}

int rule_node_add(struct rule_tree *tree, enum rule_op op, size_t column, int left, int right)
{
    if (tree->count == RULE_NODES_MAX)
        return rule_mistake(tree, column, "the rule is too long: split it");
    struct rule_node *node = &tree->nodes[tree->count];
    *node = (struct rule_node){.op = op, .column = column, .left = left, .right = right, .band = -1};
    return tree->count++;
}

static bool name_begins(char c)
{
    return isalpha((unsigned char)c) || c == '_';
}

static bool name_goes_on(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '.';
}

static size_t number_length(const char *text)
{
    size_t n = strspn(text, "0123456789");
    if (text[n] == '.')
        n += 1 + strspn(text + n + 1, "0123456789");
    if (text[n] == 'e' || text[n] == 'E') {
        size_t sign = text[n + 1] == '+' || text[n + 1] == '-';
        size_t digits = strspn(text + n + 1 + sign, "0123456789");
        if (digits > 0)
            n += 1 + sign + digits;
    }
    return n;
}

static size_t symbol_length(const char *text)
{
    if (strchr("<>=!", text[0]))
        return text[1] == '=' ? 2 : text[0] != '!';
    return strchr("()+-*/,", text[0]) != NULL;
}

static void advance(struct parser *parser)
{
    const char *text = parser->tree->text;
    size_t at = parser->at + strspn(text + parser->at, " \t\r\n");
    struct token token = {TOKEN_END, at, 0};
    const char *start = text + at;
    if (*start == '\0') {
        token.kind = TOKEN_END;
    } else if (isdigit((unsigned char)*start) || (*start == '.' && isdigit((unsigned char)start[1]))) {
        token = (struct token){TOKEN_NUMBER, at, number_length(start)};
    } else if (name_begins(*start)) {
        token.kind = TOKEN_NAME;
        while (name_goes_on(start[token.length]))
            token.length++;
    } else if ((*start == '\'' || *start == '"') && strchr(start + 1, *start)) {
        token = (struct token){TOKEN_QUOTED, at, (size_t)(strchr(start + 1, *start) - start) + 1};
    } else if (symbol_length(start) > 0) {
        token = (struct token){TOKEN_SYMBOL, at, symbol_length(start)};
    } else {
        token = (struct token){TOKEN_STRANGE, at, 1};
        while (((unsigned char)start[token.length] & 0xC0) == 0x80) /* the rest of a character */
            token.length++;
    }
    parser->token = token;
    parser->at = at + token.length;
}

static bool is(const struct parser *parser, const char *what)
{
    const struct token *token = &parser->token;
    return (token->kind == TOKEN_SYMBOL || token->kind == TOKEN_NAME) && strlen(what) == token->length &&
           memcmp(parser->tree->text + token->column, what, token->length) == 0;
}

static bool accept(struct parser *parser, const char *what)
{
    if (!is(parser, what))
        return false;
    advance(parser);
    return true;
}

/* What people write who have another language at heart. */
static const char *advice(const char *text)
{
    static const struct {
        const char *begins, *advice;
    } habits[] = {
        {"&",    "; write and"                                                    },
        {"|",    "; write or"                                                     },
        {"!",    "; write not"                                                    },
        {",",    "; decimals have a point, and only min and max take more values" },
        {"for ", "; how long it must last is a key of its own, for:, beside when:"},
        {"°",   "; write degC, degF or deg"                                      },
        {"µ",   "; write u for micro, like um"                                   },
        {"Ω",   "; write ohm"                                                    },
    };
    for (size_t i = 0; i < sizeof habits / sizeof *habits; i++)
        if (strncmp(text, habits[i].begins, strlen(habits[i].begins)) == 0)
            return habits[i].advice;
    return "";
}

static int unexpected(struct parser *parser, const char *wanted)
{
    const struct token *token = &parser->token;
    if (token->kind == TOKEN_END)
        return rule_mistake(parser->tree, token->column, "the rule ends where %s should stand", wanted);
    int length = token->length < 40 ? (int)token->length : 40;
    const char *text = parser->tree->text + token->column;
    return rule_mistake(parser->tree, token->column, "\"%.*s\" stands where %s should%s", length, text,
                        wanted, advice(text));
}

static bool is_keyword(const char *word, size_t length)
{
    static const char *const keywords[] = {"and", "or", "not", "hysteresis"};
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (strlen(keywords[i]) == length && memcmp(keywords[i], word, length) == 0)
            return true;
    return false;
}

/* But for capitals. */
static bool same_letters(const char *name, const char *text, size_t length)
{
    return strncasecmp(name, text, length) == 0 && name[length] == '\0';
}

/* One that differs in its capitals only. NULL: none, or several ("MHZ": mHz or MHz), of which none is
 * guessed. */
static const char *unit_like(const char *text, size_t length)
{
    const char *found = NULL;
    for (const struct rig_unit *unit = rig_unit_table(); unit->name; unit++) {
        if (!same_letters(unit->name, text, length))
            continue;
        if (found)
            return NULL;
        found = unit->name;
    }
    return found;
}

/* The longest text after a number that is a unit and ends where a word ends: "20 %/s", but "20 m / plc.x". */
static int parse_unit(struct parser *parser, const struct rig_unit **unit)
{
    const char *text = parser->tree->text;
    size_t start = parser->at + strspn(text + parser->at, " \t");
    size_t word = text[start] == '%' ? 1 : 0;
    while (isalpha((unsigned char)text[start + word]))
        word++;
    *unit = NULL;
    if (word == 0 || is_keyword(text + start, word))
        return 0;
    size_t longest = word;
    while (isalnum((unsigned char)text[start + longest]) || text[start + longest] == '/')
        longest++;
    for (size_t length = longest; length > 0; length--) {
        if (isalnum((unsigned char)text[start + length]) && text[start + length - 1] != '%')
            continue;
        *unit = rig_unit_find(text + start, length);
        if (*unit) {
            parser->at = start + length;
            return 0;
        }
    }
    const char *near = unit_like(text + start, word);
    if (near)
        return rule_mistake(parser->tree, start, "there is no unit \"%.*s\"; did you mean %s?", (int)word,
                            text + start, near);
    return rule_mistake(parser->tree, start, "there is no unit \"%.*s\"", (int)(word < 40 ? word : 40),
                        text + start);
}

static int parse_number(struct parser *parser)
{
    struct rule_tree *tree = parser->tree;
    const struct token token = parser->token;
    const char *start = tree->text + token.column;
    char digits[64];
    if (token.length >= sizeof digits)
        return rule_mistake(tree, token.column, "the number has too many digits");
    if (start[0] == '0' && token.length > 1 && isdigit((unsigned char)start[1]))
        return rule_mistake(tree, token.column, "a number may not begin with 0: it could be meant as octal");
    memcpy(digits, start, token.length);
    digits[token.length] = '\0';
    int node = rule_node_add(tree, RULE_CONSTANT, token.column, -1, -1);
    if (node < 0)
        return -1;
    tree->nodes[node].number = strtod(digits, NULL);
    if (!isfinite(tree->nodes[node].number))
        return rule_mistake(tree, token.column, "the number is too large");
    tree->nodes[node].literal = true;
    if (parse_unit(parser, &tree->nodes[node].unit) < 0)
        return -1;
    advance(parser);
    return node;
}

static int parse_or(struct parser *parser);

static int parse_point_function(struct parser *parser, enum rule_op op)
{
    struct rule_tree *tree = parser->tree;
    size_t column = parser->token.column;
    advance(parser);
    if (!accept(parser, "("))
        return unexpected(parser, "\"(\"");
    struct token name = parser->token;
    if (name.kind != TOKEN_NAME)
        return unexpected(parser, "the name of a point");
    int node = rule_node_add(tree, op, column, -1, -1);
    if (node < 0)
        return -1;
    if (!tree->resolve(tree->context, tree->text + name.column, name.length, &tree->nodes[node].point))
        return rule_no_point(tree, name.column, name.length);
    advance(parser);
    return accept(parser, ")") ? node : unexpected(parser, "\")\"");
}

static int parse_number_function(struct parser *parser, enum rule_op op)
{
    struct rule_tree *tree = parser->tree;
    size_t column = parser->token.column;
    advance(parser);
    if (!accept(parser, "("))
        return unexpected(parser, "\"(\"");
    int left = parse_or(parser);
    while (left >= 0 && op != RULE_ABS && accept(parser, ",")) {
        int right = parse_or(parser);
        left = right < 0 ? -1 : rule_node_add(tree, op, column, left, right);
    }
    if (left < 0)
        return -1;
    if (!accept(parser, ")"))
        return unexpected(parser, "\")\"");
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
        if (is(parser, functions[i].name))
            return functions[i].parse(parser, functions[i].op);
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
    advance(parser);
    if (tree->nodes[node].op == RULE_WORD && is(parser, "("))
        return rule_mistake(tree, token.column,
                            "there is no function \"%.*s\"; there are abs, min, max, age and quality",
                            (int)(token.length < 40 ? token.length : 40), word);
    return node;
}

static int parse_primary(struct parser *parser)
{
    if (parser->token.kind == TOKEN_NUMBER)
        return parse_number(parser);
    if (parser->token.kind == TOKEN_QUOTED)
        return parse_name(parser);
    if (parser->token.kind == TOKEN_NAME &&
        !is_keyword(parser->tree->text + parser->token.column, parser->token.length))
        return parse_name(parser);
    if (!accept(parser, "("))
        return unexpected(parser, "a value");
    int node = parse_or(parser);
    if (node < 0)
        return -1;
    return accept(parser, ")") ? node : unexpected(parser, "\")\"");
}

static int too_deep(struct parser *parser)
{
    return rule_mistake(parser->tree, parser->token.column, "the rule is nested too deeply");
}

static int parse_unary(struct parser *parser)
{
    size_t column = parser->token.column;
    if (!is(parser, "-") && !is(parser, "+"))
        return parse_primary(parser);
    bool negate = is(parser, "-");
    advance(parser);
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
    while (list->symbol && !is(parser, list->symbol))
        list++;
    return list->symbol ? list : NULL;
}

static int parse_chain(struct parser *parser, const struct infix *list, int (*operand)(struct parser *parser))
{
    int left = operand(parser);
    const struct infix *infix;
    while (left >= 0 && (infix = infix_here(parser, list))) {
        size_t column = parser->token.column;
        advance(parser);
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
    if (!accept(parser, "hysteresis"))
        return comparison;
    if (parser->token.kind != TOKEN_NUMBER)
        return unexpected(parser, "the width of the hysteresis, a number with its unit,");
    int band = parse_number(parser);
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
    advance(parser);
    int right = parse_sum(parser);
    int node = right < 0 ? -1 : rule_node_add(parser->tree, infix->op, column, left, right);
    if (node >= 0)
        node = parse_hysteresis(parser, node);
    if (node >= 0 && infix_here(parser, list))
        return rule_mistake(parser->tree, parser->token.column,
                            "comparisons cannot be chained: join two with \"and\"");
    return node;
}

static int parse_not(struct parser *parser)
{
    size_t column = parser->token.column;
    if (!accept(parser, "not"))
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
    advance(&parser);
    int root = parse_or(&parser);
    if (root >= 0 && is(&parser, "="))
        return rule_mistake(tree, parser.token.column, "to compare, write \"==\"");
    if (root >= 0 && parser.token.kind != TOKEN_END)
        return unexpected(&parser, "an operator or the end");
    return root;
}
