/* Trips and permissives: what acts by itself when its condition says so. */
#include "gateway/cli/proof_steps.h"
#include "gateway/cli/proof_tests.h"

static bool trip_acted(struct proof_view *view)
{
    bool acted = proof_is_tripped(view->rig, view->test->rule->name) &&
                 proof_status(view)->condition != LABGATE__CONDITION__MAKING_SAFE && proof_effects_show(view);
    if (acted)
        proof_note_values(view, view->test->rule->text, &view->test->note);
    return acted;
}

static bool trip_gone(struct proof_view *view)
{
    return !proof_is_tripped(view->rig, view->test->rule->name);
}

static bool permissive_acted(struct proof_view *view)
{
    const Labgate__Interlock *now = proof_rule(view->rig, view->test->rule->name);
    bool acted = now && !now->permits && (now->only_to_start || proof_effects_show(view));
    if (acted)
        proof_note_values(view, view->test->rule->text, &view->test->note);
    return acted;
}

static bool permissive_back(struct proof_view *view)
{
    const Labgate__Interlock *now = proof_rule(view->rig, view->test->rule->name);
    return now && now->permits;
}

enum proof_verdict proof_test_trip(struct proof_walk *walk, struct proof_case *test)
{
    struct proof_effects effects;
    struct text begin = {0};
    proof_effects_of(walk, test->rule, &effects);
    enum proof_verdict ready = proof_prepare(walk, test, &effects);
    if (ready != PROOF_PASSED)
        return ready;
    text_add_format(&begin, "make this true: %s", test->rule->text);
    enum proof_verdict verdict = proof_condition(
        walk, test, &effects,
        &(struct proof_condition){text_get(&begin), "end that", trip_acted, trip_gone, proof_reset,
                                  "it did not act, or its outputs do not show what the matrix says",
                                  "it could not be reset", "tripped"});
    text_finish(&begin);
    return verdict;
}

/* What does not hold cannot be lost: it is brought about first. */
static bool make_it_permit(struct proof_walk *walk, struct proof_case *test)
{
    struct proof_view view = {.walk = walk, .test = test};
    struct text ask = {0};
    int64_t wait = walk->wait;
    walk->wait = 0;
    bool permits = proof_await(&view, permissive_back, NULL);
    walk->wait = wait;
    text_add_format(&ask, "make this true first: %s; outputs can be set from another terminal: labctl set",
                    test->rule->text);
    if (!permits && !walk->force)
        proof_hold(walk);
    permits = permits || proof_bring(&view, "before", text_get(&ask), permissive_back, NULL) == PROOF_PASSED;
    text_finish(&ask);
    return permits;
}

enum proof_verdict proof_test_permissive(struct proof_walk *walk, struct proof_case *test)
{
    struct proof_effects effects;
    struct text begin = {0};
    proof_effects_of(walk, test->rule, &effects);
    if (!make_it_permit(walk, test))
        return proof_skip(test, "it did not permit before");
    enum proof_verdict ready = proof_prepare(walk, test, test->rule->only_to_start ? NULL : &effects);
    if (ready != PROOF_PASSED)
        return ready;
    text_add_format(&begin, "make this false: %s", test->rule->text);
    enum proof_verdict verdict = proof_condition(
        walk, test, &effects,
        &(struct proof_condition){text_get(&begin), "end that", permissive_acted, permissive_back, NULL,
                                  "it did not act, or its output does not show what the matrix says",
                                  "it does not permit again", "not-permitted"});
    text_finish(&begin);
    return verdict;
}
