/* rule_token.c - text to words, and advice for what people write who have another language at heart. */
#include "gateway/rig/rule_token.h"

#include <ctype.h>
#include <string.h>

static bool name_begins(char c)
{
    return isalpha((unsigned char)c) || c == '_';
}

/* What is not ASCII is in no name; with it the whole word is shown. */
static bool name_goes_on(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '.' || (unsigned char)c >= 0x80;
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

/* --- what people write instead ------------------------------------------------------------------- */

struct habit {
    const char *writes, *advice;
};

/* One that begins another stands after it. */
static const struct habit symbols[] = {
    {"=>",  "; write >="                                                    },
    {"=<",  "; write <="                                                    },
    {"<>",  "; write !="                                                    },
    {">>",  "; write >"                                                     },
    {"<<",  "; write <"                                                     },
    {"**",  "; there are no powers: write p * p"                            },
    {"&&",  "; write and"                                                   },
    {"||",  "; write or"                                                    },
    {"^",   "; there are no powers: write p * p"                            },
    {"&",   "; write and"                                                   },
    {"|",   "; write or"                                                    },
    {"!",   "; write not"                                                   },
    {",",   "; decimals have a point, and only min and max take more values"},
    {"[",   "; write ("                                                     },
    {"{",   "; write ("                                                     },
    {"'",   "; a text that begins with it has to end with it"               },
    {"\"",  "; a text that begins with it has to end with it"               },
    {"≥", "; write >="                                                    },
    {"≤", "; write <="                                                    },
    {"≠", "; write !="                                                    },
    {"＞", "; write >"                                                     },
    {"＜", "; write <"                                                     },
    {"＝", "; write =="                                                    },
    {"（", "; write ("                                                     },
    {"）", "; write )"                                                     },
    {"，", "; write ,"                                                     },
    {"×",  "; write *"                                                     },
    {"÷",  "; write /"                                                     },
    {"−", "; write -"                                                     },
    {"–", "; write -"                                                     },
    {"°",  "; write degC, degF or deg"                                     },
    {"µ",  "; write u for micro, like um"                                  },
    {"Ω",  "; write ohm"                                                   },
    {NULL,  ""                                                              },
};
static const struct habit words[] = {
    {"AND", "; write and"                                                    },
    {"OR",  "; write or"                                                     },
    {"NOT", "; write not"                                                    },
    {"is",  "; write =="                                                     },
    {"for", "; how long it must last is a key of its own, for:, beside when:"},
    {NULL,  ""                                                               },
};

static bool same_letters(const char *name, const char *text, size_t length)
{
    return strncasecmp(name, text, length) == 0 && name[length] == '\0';
}

static size_t matching(const char *begins, const char *text)
{
    size_t length = strlen(begins);
    return strncmp(text, begins, length) == 0 ? length : 0;
}

static const struct habit *symbol_habit(const char *text)
{
    const struct habit *habit = symbols;
    while (habit->writes && !matching(habit->writes, text))
        habit++;
    return habit;
}

static const struct habit *word_habit(const char *word, size_t length)
{
    const struct habit *habit = words;
    while (habit->writes && !same_letters(habit->writes, word, length))
        habit++;
    return habit;
}

static const char *advice(const struct token *token, const char *text)
{
    if (token->kind != TOKEN_NAME)
        return symbol_habit(text)->advice;
    return token_is_keyword(text, token->length) ? "" : word_habit(text, token->length)->advice;
}

/* --- tokens -------------------------------------------------------------------------------------- */

/* Of two operators that make none together, the whole. */
static size_t wrong_operator_length(const char *text)
{
    static const char *const wrong[] = {"=>", "=<", "<>", ">>", "<<", "**"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (strncmp(text, wrong[i], 2) == 0)
            return 2;
    return 0;
}

static size_t strange_length(const char *text)
{
    size_t known = symbol_habit(text)->writes ? strlen(symbol_habit(text)->writes) : 0, length = 1;
    while ((unsigned char)text[length] >= 0x80)
        length++;
    return known > 0 ? known : length;
}

static struct token token_at(const char *start, size_t at)
{
    struct token token = {TOKEN_END, at, 0};
    if (*start == '\0')
        return token;
    if (isdigit((unsigned char)*start) || (*start == '.' && isdigit((unsigned char)start[1])))
        return (struct token){TOKEN_NUMBER, at, number_length(start)};
    if (name_begins(*start)) {
        token.kind = TOKEN_NAME;
        while (name_goes_on(start[token.length]))
            token.length++;
        return token;
    }
    if ((*start == '\'' || *start == '"') && strchr(start + 1, *start))
        return (struct token){TOKEN_QUOTED, at, (size_t)(strchr(start + 1, *start) - start) + 1};
    if (wrong_operator_length(start) > 0)
        return (struct token){TOKEN_STRANGE, at, wrong_operator_length(start)};
    if (symbol_length(start) > 0)
        return (struct token){TOKEN_SYMBOL, at, symbol_length(start)};
    return (struct token){TOKEN_STRANGE, at, strange_length(start)};
}

void token_advance(struct parser *parser)
{
    const char *text = parser->tree->text;
    size_t at = parser->at + strspn(text + parser->at, " \t\r\n");
    parser->token = token_at(text + at, at);
    parser->at = at + parser->token.length;
}

bool token_is(const struct parser *parser, const char *what)
{
    const struct token *token = &parser->token;
    return (token->kind == TOKEN_SYMBOL || token->kind == TOKEN_NAME) && strlen(what) == token->length &&
           memcmp(parser->tree->text + token->column, what, token->length) == 0;
}

bool token_accept(struct parser *parser, const char *what)
{
    if (!token_is(parser, what))
        return false;
    token_advance(parser);
    return true;
}

static const char *const keywords[] = {"and", "or", "not", "hysteresis"};

bool token_is_keyword(const char *word, size_t length)
{
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (strlen(keywords[i]) == length && memcmp(keywords[i], word, length) == 0)
            return true;
    return false;
}

bool token_is_capital_keyword(const char *word, size_t length)
{
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (same_letters(keywords[i], word, length))
            return !token_is_keyword(word, length);
    return false;
}

int token_unexpected(struct parser *parser, const char *wanted)
{
    const struct token *token = &parser->token;
    const char *text = parser->tree->text + token->column;
    if (token->kind == TOKEN_END)
        return rule_mistake(parser->tree, token->column, "the rule ends where %s should stand", wanted);
    return rule_mistake(parser->tree, token->column, "\"%.*s\" stands where %s should%s",
                        rule_shown(text, token->length), text, wanted, advice(token, text));
}
