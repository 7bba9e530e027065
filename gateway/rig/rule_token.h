/* rule_token.h - the words of a rule, and what is said where another should stand. Private to
 * gateway/rig/rule_*.c. */
#ifndef GATEWAY_RIG_RULE_TOKEN_H
#define GATEWAY_RIG_RULE_TOKEN_H

#include "gateway/rig/rule_tree.h"

enum token_kind {
    TOKEN_END,
    TOKEN_NUMBER,
    TOKEN_NAME,
    TOKEN_QUOTED,
    TOKEN_SYMBOL,
    TOKEN_STRANGE, /* no part of the language */
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

/* Takes the next token. */
void token_advance(struct parser *parser);
bool token_is(const struct parser *parser, const char *what);
/* Takes the token where it is this one. */
bool token_accept(struct parser *parser, const char *what);
/* "and", "or", "not" or "hysteresis", in small letters. */
bool token_is_keyword(const char *word, size_t length);
/* One of these with capitals. */
bool token_is_capital_keyword(const char *word, size_t length);
/* Says that `wanted` should stand where the token does; returns -1. */
int token_unexpected(struct parser *parser, const char *wanted);

/* rule_literal.c: the number that is the token, with the unit behind it. Index of its node, or -1. */
int literal_parse(struct parser *parser);

#endif
