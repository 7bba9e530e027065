/* rule_literal.c - a number and its unit. */
#include "gateway/rig/rule_token.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One that differs in its capitals only. NULL: none, or several ("MHZ": mHz or MHz), of which none is
 * guessed. */
static const char *unit_like(const char *text, size_t length)
{
    const char *found = NULL;
    for (const struct rig_unit *unit = rig_unit_table(); unit->name; unit++) {
        if (strlen(unit->name) != length || strncasecmp(unit->name, text, length) != 0)
            continue;
        if (found)
            return NULL;
        found = unit->name;
    }
    return found;
}

/* What cannot be typed everywhere is written out. NULL: nothing of the kind. */
static const char *spelling(const char *text, size_t length)
{
    static const struct {
        const char *writes, *advice;
    } spellings[] = {
        {"°C", "write degC"                },
        {"℃", "write degC"                },
        {"°F", "write degF"                },
        {"℉", "write degF"                },
        {"°",  "write degC, degF or deg"   },
        {"µ",  "write u for micro, like um"},
        {"μ",  "write u for micro, like um"},
        {"Ω",  "write ohm, like kohm"      },
        {"Ω", "write ohm, like kohm"      },
        {"²",  "write m2, cm2 or mm2"      },
        {"³",  "write m3"                  },
    };
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
        if (memmem(text, length, spellings[i].writes, strlen(spellings[i].writes)))
            return spellings[i].advice;
    return NULL;
}

static int no_unit(struct rule_tree *tree, size_t start, size_t length)
{
    const char *text = tree->text + start, *spelt = spelling(text, length), *near = unit_like(text, length);
    int shown = rule_shown(text, length);
    if (spelt)
        return rule_mistake(tree, start, "there is no unit \"%.*s\"; %s", shown, text, spelt);
    if (near)
        return rule_mistake(tree, start, "there is no unit \"%.*s\"; did you mean %s?", shown, text, near);
    return rule_mistake(tree, start, "there is no unit \"%.*s\"; `labgate reference` lists them", shown,
                        text);
}

static bool is_letter(char c)
{
    return isalpha((unsigned char)c) || (unsigned char)c >= 0x80;
}

static size_t word_length(const char *text)
{
    size_t length = text[0] == '%';
    while (is_letter(text[length]))
        length++;
    return length;
}

/* A word that begins with anything else is no unit that is misspelt. */
static bool may_be_unit(const char *text, size_t length)
{
    return length > 0 && !token_is_keyword(text, length) &&
           ((unsigned char)text[0] < 0x80 || spelling(text, length));
}

/* The longest text after a number that is a unit and ends where a word ends: "20 %/s", but "20 m / plc.x". */
static int parse_unit(struct parser *parser, const struct rig_unit **unit)
{
    const char *text = parser->tree->text;
    size_t start = parser->at + strspn(text + parser->at, " \t");
    size_t word = word_length(text + start);
    *unit = NULL;
    if (!may_be_unit(text + start, word))
        return 0;
    size_t longest = word;
    while (isalnum((unsigned char)text[start + longest]) || text[start + longest] == '/')
        longest++;
    for (size_t length = longest; length > 0; length--) {
        bool goes_on = is_letter(text[start + length]) || isdigit((unsigned char)text[start + length]);
        if (goes_on && text[start + length - 1] != '%')
            continue;
        *unit = rig_unit_find(text + start, length);
        if (*unit) {
            parser->at = start + length;
            return 0;
        }
    }
    return no_unit(parser->tree, start, word);
}

int literal_parse(struct parser *parser)
{
    struct rule_tree *tree = parser->tree;
    const struct token token = parser->token;
    const char *start = tree->text + token.column;
    char digits[64];
    if (token.length >= sizeof digits)
        return rule_mistake(tree, token.column, "the number has too many digits");
    if (start[token.length] == 'x')
        return rule_mistake(tree, token.column, "a number is decimal: write it without x");
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
    token_advance(parser);
    return node;
}
