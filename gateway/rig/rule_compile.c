/* rule_compile.c - checked tree to program: the nodes in postfix order, and the points it reads. */
#include "gateway/rig/rule_tree.h"

#include <stdlib.h>
#include <string.h>

static bool reads_point(enum rule_op op)
{
    return op == RULE_POINT || op == RULE_AGE || op == RULE_QUALITY;
}

static void emit(const struct rule_tree *tree, int index, struct rig_program *program)
{
    const struct rule_node *node = &tree->nodes[index];
    uint16_t bit = node->band >= 0 ? program->held_count++ : 0;
    if (node->left >= 0)
        emit(tree, node->left, program);
    if (node->right >= 0)
        emit(tree, node->right, program);
    program->code[program->count++] =
        (struct rule_instruction){.op = (uint8_t)node->op,
                                  .point = reads_point(node->op) ? node->point.index : bit,
                                  .number = node->number,
                                  .offset = node->offset};
    if (reads_point(node->op))
        program->inputs[program->input_count++] = node->point.index;
}

static size_t stack_needed(const struct rule_tree *tree, int index)
{
    const struct rule_node *node = &tree->nodes[index];
    size_t left = node->left >= 0 ? stack_needed(tree, node->left) : 1;
    size_t right = node->right >= 0 ? 1 + stack_needed(tree, node->right) : 0;
    return left > right ? left : right;
}

static int ascending(const void *a, const void *b)
{
    uint16_t left = *(const uint16_t *)a, right = *(const uint16_t *)b;
    return (left > right) - (left < right);
}

static void sort_inputs(struct rig_program *program)
{
    if (program->input_count == 0)
        return;
    qsort(program->inputs, program->input_count, sizeof *program->inputs, ascending);
    size_t kept = 1;
    for (size_t i = 1; i < program->input_count; i++)
        if (program->inputs[i] != program->inputs[kept - 1])
            program->inputs[kept++] = program->inputs[i];
    program->input_count = kept;
}

static struct rig_program *generate(struct rule_tree *tree, int root)
{
    if (stack_needed(tree, root) > RULE_STACK_MAX) {
        rule_mistake(tree, 0, "the rule is nested too deeply");
        return NULL;
    }
    size_t nodes = (size_t)tree->count;
    struct rig_program *program =
        calloc(1, sizeof *program + nodes * sizeof *program->code + nodes * sizeof *program->inputs);
    if (!program) {
        rule_mistake(tree, 0, "no memory for the rule");
        return NULL;
    }
    program->inputs = (uint16_t *)&program->code[nodes];
    program->grows = tree->nodes[root].grows;
    emit(tree, root, program);
    if (program->held_count > RIG_RULE_HELD_MAX) {
        rule_mistake(tree, 0, "the rule has more than %d hystereses: split it", RIG_RULE_HELD_MAX);
        free(program);
        return NULL;
    }
    sort_inputs(program);
    return program;
}

struct rig_program *rig_rule_compile(const char *text, rig_rule_resolve *resolve, void *context,
                                     struct rig_rule_error *error)
{
    memset(error, 0, sizeof *error);
    struct rule_tree *tree = malloc(sizeof *tree);
    if (!tree) {
        struct rule_tree report = {.error = error};
        rule_mistake(&report, 0, "no memory for the rule");
        return NULL;
    }
    tree->text = text;
    tree->resolve = resolve;
    tree->context = context;
    tree->error = error;
    tree->count = 0;
    int root = rule_parse(tree);
    if (root >= 0)
        root = rule_check(tree, root);
    struct rig_program *program = root < 0 ? NULL : generate(tree, root);
    free(tree);
    return program;
}

void rig_rule_destroy(struct rig_program *program)
{
    free(program);
}

bool rig_rule_ages(const struct rig_program *program)
{
    return program->grows;
}

const uint16_t *rig_rule_inputs(const struct rig_program *program, size_t *count)
{
    *count = program->input_count;
    return program->inputs;
}
