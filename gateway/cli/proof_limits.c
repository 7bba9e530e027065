/* Exclusives and limits: what only refuses. */
#include "gateway/cli/proof_steps.h"
#include "gateway/cli/proof_tests.h"

#include <string.h>

/* One away from its safe value, and then another. */
enum proof_verdict proof_test_exclusive(struct proof_walk *walk, struct proof_case *test)
{
    struct proof_effects effects;
    char reason[40], rule[80];
    bool ramping;
    proof_effects_of(walk, test->rule, &effects);
    for (size_t first = 0; first < effects.count; first++) {
        struct proof_effects one = {
            .points = {effects.points[first]}, .wanted = {effects.wanted[first]}, .count = 1};
        const Labgate__Point *other = effects.points[first ? 0 : 1];
        text_clear(&test->note);
        if (proof_prepare(walk, test, &one) == PROOF_FAILED)
            return PROOF_FAILED;
        if (!one.moved[0])
            continue;
        bool moved = proof_set(walk, other, proof_elsewhere(other, other->safe), &ramping, reason, rule);
        if (moved)
            return proof_fail(test, "both could be moved from their safe values");
        if (strcmp(rule, test->rule->name) != 0)
            continue; /* something else was in the way */
        text_add_format(&test->note, "; %s was refused: %s", other->name, reason);
        return PROOF_PASSED;
    }
    text_clear(&test->note);
    return proof_ask_technician(
        walk, test,
        "move one of them from its safe value, then another: is it refused? (y, n, s: skip, "
        "q: quit)");
}

/* The rule's text is "rate 1 /s, totalizes plc.flow_rate". */
static bool has_key(const char *text, const char *key)
{
    size_t length = strlen(key);
    for (const char *item = text; item; item = strstr(item, ", ")) {
        item += item == text ? 0 : 2;
        if (!strncmp(item, key, length) && item[length] == ' ')
            return true;
    }
    return false;
}

enum proof_verdict proof_test_limit(struct proof_walk *walk, struct proof_case *test)
{
    const Labgate__Point *point = proof_point(walk->described->show, test->rule->points[0]);
    char reason[40], rule[80];
    bool ramping = false, tried = false;
    struct text question = {0};
    if (!point || proof_prepare(walk, test, NULL) != PROOF_PASSED)
        return PROOF_FAILED;
    double away = proof_elsewhere(point, point->safe);
    bool moved = proof_set(walk, point, away, &ramping, reason, rule);
    if (moved && point->slew > 0) {
        tried = true;
        text_add_format(&test->note, "slew: a large set %s", ramping ? "became a ramp" : "went at once");
        if (!ramping)
            return PROOF_FAILED;
    }
    if (moved && has_key(test->rule->text, "rate")) {
        tried = true;
        if (proof_set(walk, point, away, &ramping, reason, rule))
            return proof_fail(test, "rate: a second set was taken at once");
        if (strcmp(reason, "too-fast") != 0)
            return proof_fail(test, "rate: a second set was refused for another reason");
        text_add_format(&test->note, "%srate: a second set was refused: %s", test->note.length ? "; " : "",
                        reason);
    }
    if (tried && (walk->force || !strchr(test->rule->text, ',')))
        return PROOF_PASSED;
    text_add_format(&question, "does %s keep to: %s? (y, n, s: skip, q: quit)", point->name,
                    test->rule->text);
    enum proof_verdict verdict = proof_ask_technician(walk, test, text_get(&question));
    text_finish(&question);
    return verdict;
}
