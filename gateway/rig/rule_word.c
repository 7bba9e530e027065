/* rule_word.c - what is no number: states, choices, qualities. A word means what its partner in a comparison
 * makes of it. */
#include "gateway/rig/rule_tree.h"

#include <stdio.h>
#include <string.h>

static const char *const kinds[] = {
    [RULE_IS_NUMBER] = "a number", [RULE_IS_TRUTH] = "a state such as on or off",
    [RULE_IS_CHOICE] = "a choice", [RULE_IS_QUALITY] = "a quality",
    [RULE_IS_WORD] = "a word",
};

enum { WANTED_TEXT = 140 };

static bool word_is(const struct rule_node *word, const char *text)
{
    return strlen(text) == word->word_length && memcmp(text, word->word, word->word_length) == 0;
}

static int wrong_word(struct rule_tree *tree, const struct rule_node *word, const char *wanted)
{
    return rule_mistake(tree, word->column, "\"%.*s\" is not %s", rule_shown(word->word, word->word_length),
                        word->word, wanted);
}

/* A word that nothing gives a meaning: it can only have been meant for a point, or for what is compared with
 * one. */
static int no_meaning(struct rule_tree *tree, const struct rule_node *word)
{
    static const struct {
        const char *word, *is, *example;
    } lone[] = {
        {"on",     "state",   "p == on"           },
        {"off",    "state",   "p == off"          },
        {"open",   "state",   "p == open"         },
        {"closed", "state",   "p == closed"       },
        {"true",   "state",   "p == on"           },
        {"false",  "state",   "p == off"          },
        {"good",   "quality", "quality(p) == good"},
        {"stale",  "quality", "quality(p) == good"},
        {"bad",    "quality", "quality(p) == good"},
    };
    size_t column = (size_t)(word->word - tree->text);
    struct rig_rule_point point;
    for (size_t i = 0; i < sizeof lone / sizeof *lone; i++)
        if (word_is(word, lone[i].word))
            return rule_mistake(tree, word->column, "\"%s\" is a %s and needs a point that has one, as in %s",
                                lone[i].word, lone[i].is, lone[i].example);
    if (tree->resolve(tree->context, word->word, word->word_length, &point))
        return rule_mistake(tree, word->column, "a point has no quotes: write %.*s",
                            rule_shown(word->word, word->word_length), word->word);
    return rule_no_point(tree, column, word->word_length);
}

/* --- one of the kinds ----------------------------------------------------------------------------- */

static const char *on_of(const struct rig_rule_point *point)
{
    return point->on ? point->on : "on";
}

static const char *off_of(const struct rig_rule_point *point)
{
    return point->off ? point->off : "off";
}

static int boolean_word(struct rule_tree *tree, struct rule_node *word, const struct rig_rule_point *point)
{
    char wanted[WANTED_TEXT];
    if (word_is(word, on_of(point)) || word_is(word, "true")) {
        word->number = 1;
    } else if (word_is(word, off_of(point)) || word_is(word, "false")) {
        word->number = 0;
    } else {
        snprintf(wanted, sizeof wanted, "a state of this point: %s or %s", on_of(point), off_of(point));
        return wrong_word(tree, word, wanted);
    }
    word->op = RULE_CONSTANT;
    word->kind = RULE_IS_TRUTH;
    return 0;
}

int word_as_truth(struct rule_tree *tree, struct rule_node *word)
{
    static const struct rig_rule_point any;
    static const char *const states[] = {"on", "true", "off", "false"};
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (word_is(word, states[i]))
            return boolean_word(tree, word, &any);
    return no_meaning(tree, word);
}

static int no_choice(struct rule_tree *tree, const struct rule_node *word, const struct rig_choice *choices)
{
    char wanted[WANTED_TEXT] = "a choice of this point:";
    for (const struct rig_choice *choice = choices; choice->name; choice++) {
        size_t length = strlen(wanted);
        snprintf(wanted + length, sizeof wanted - length, "%s %s", choice == choices ? "" : ",",
                 choice->name);
    }
    return wrong_word(tree, word, wanted);
}

static int choice_word(struct rule_tree *tree, struct rule_node *word, const struct rig_choice *choices)
{
    for (const struct rig_choice *choice = choices; choice->name; choice++) {
        if (word_is(word, choice->name)) {
            word->op = RULE_CONSTANT;
            word->kind = RULE_IS_CHOICE;
            word->number = choice->number;
            return 0;
        }
    }
    return no_choice(tree, word, choices);
}

static int quality_word(struct rule_tree *tree, struct rule_node *word)
{
    for (int quality = RIG_BAD; quality <= RIG_GOOD; quality++) {
        if (word_is(word, rig_quality_name((enum rig_quality)quality))) {
            word->op = RULE_CONSTANT;
            word->kind = RULE_IS_QUALITY;
            word->number = quality;
            return 0;
        }
    }
    return wrong_word(tree, word, "a quality: good, stale or bad");
}

int word_meaning(struct rule_tree *tree, struct rule_node *word, const struct rule_node *partner)
{
    switch (partner->kind) {
    case RULE_IS_TRUTH:
        return boolean_word(tree, word, &partner->point);
    case RULE_IS_CHOICE:
        return choice_word(tree, word, partner->point.choices); /* only points are choices */
    case RULE_IS_QUALITY:
        return quality_word(tree, word);
    default:
        return no_meaning(tree, word);
    }
}

/* --- what does not go together -------------------------------------------------------------------- */

int word_kinds_differ(struct rule_tree *tree, size_t column, const struct rule_node *left,
                      const struct rule_node *right)
{
    const struct rule_node *named = left->kind == RULE_IS_NUMBER ? right : left;
    char states[WANTED_TEXT];
    snprintf(states, sizeof states, "%s or %s", on_of(&named->point), off_of(&named->point));
    const char *const write[] = {[RULE_IS_TRUTH] = states,
                                 [RULE_IS_CHOICE] = "the choice by its name",
                                 [RULE_IS_QUALITY] = "good, stale or bad"};
    return rule_mistake(tree, column, "%s does not compare with %s: write %s", kinds[left->kind],
                        kinds[right->kind], write[named->kind]);
}

int word_no_truth(struct rule_tree *tree, const struct rule_node *node)
{
    static const char *const compare[] = {[RULE_IS_NUMBER] = "p > 3 m",
                                          [RULE_IS_CHOICE] = "p == forward",
                                          [RULE_IS_QUALITY] = "quality(p) == good"};
    return rule_mistake(tree, node->column, "%s is not true or false: compare it with something, as in %s",
                        kinds[node->kind], compare[node->kind]);
}
