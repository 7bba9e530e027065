#include "gateway/cli/proof_steps.h"

#include "gateway/cli/times.h"

#include <string.h>

const Labgate__RigStatus *proof_status(const struct proof_view *view)
{
    return view->rig->rig->status;
}

enum proof_verdict proof_fail(struct proof_case *test, const char *why)
{
    text_add_format(&test->note, "%s%s", test->note.length ? "; " : "", why);
    return PROOF_FAILED;
}

enum proof_verdict proof_skip(struct proof_case *test, const char *why)
{
    proof_fail(test, why);
    return PROOF_SKIPPED;
}

static bool has_moved(struct proof_view *view)
{
    text_clear(&view->test->note);
    return proof_move(view->walk, view->effects, &view->test->note) > 0;
}

/* What was forced beforehand shows to the rules only with the next samples. */
static bool move_away(struct proof_walk *walk, struct proof_case *test, struct proof_effects *effects)
{
    struct proof_view view = {.walk = walk, .test = test, .effects = effects};
    return walk->force ? proof_await(&view, has_moved, NULL) : has_moved(&view);
}

/* Control, and the outputs where they can be seen to go: where none moved, nothing would be shown. */
enum proof_verdict proof_prepare(struct proof_walk *walk, struct proof_case *test,
                                 struct proof_effects *effects)
{
    if (effects && effects->left_out)
        return proof_fail(test, "it moves more outputs than this labctl can look at; use a newer one");
    if (walk->force)
        proof_force_send(walk->force, test->key, "before");
    if (!proof_hold(walk))
        return proof_fail(test, "control of the rig could not be taken");
    if (effects && effects->count && !move_away(walk, test, effects))
        return proof_skip(test, "no output could be moved before");
    return walk->error ? PROOF_FAILED : PROOF_PASSED;
}

void proof_note_time(struct proof_case *test, int64_t since)
{
    text_add_format(&test->note, ", seen after %.1f s", (double)(times_monotonic() - since) / NS_PER_S);
}

/* What the cause refuses a command with, and what one may meet on the way to that. */
struct held {
    const char *expected; /* NULL: whatever it is */
    char reason[40], rule[80];
    bool moved;
};

static bool has_answered(struct proof_view *view)
{
    struct held *held = view->held;
    const Labgate__Point *output = view->effects->points[0];
    bool ramping;
    held->moved = proof_set(view->walk, output, proof_elsewhere(output, view->effects->wanted[0]), &ramping,
                            held->reason, held->rule);
    return held->moved || !held->expected || !strcmp(held->reason, held->expected);
}

/* Nothing moves one of the outputs while the cause stands, and it is the cause that refuses it: a limit of
 * the rate, or the safe sequence, would have refused it without the rule. */
bool proof_is_held(struct proof_walk *walk, struct proof_case *test, struct proof_effects *effects,
                   const char *expected)
{
    struct held held = {.expected = expected};
    struct proof_view view = {.walk = walk, .test = test, .effects = effects, .held = &held};
    if (!effects->count)
        return true;
    bool answered = proof_await(&view, has_answered, NULL);
    if (held.moved)
        text_add_format(&test->note, "; %s could be moved meanwhile", effects->points[0]->name);
    else
        text_add_format(&test->note, "; a command was refused: %s%s%s%s", held.reason,
                        held.rule[0] ? ", " : "", held.rule, answered ? "" : ", which shows nothing of this");
    return answered && !held.moved && !walk->error;
}

enum proof_verdict proof_ask_technician(struct proof_walk *walk, struct proof_case *test,
                                        const char *question)
{
    if (walk->force)
        return proof_skip(test, "has to be tried by hand");
    char said = proof_ask(walk, question);
    if (said != 'y' && said != 'n')
        return proof_skip(test, "skipped");
    text_add_format(&test->note, "%sas the technician saw it", test->note.length ? "; " : "");
    return said == 'y' ? PROOF_PASSED : PROOF_FAILED;
}

enum proof_verdict proof_condition(struct proof_walk *walk, struct proof_case *test,
                                   struct proof_effects *effects, const struct proof_condition *condition)
{
    struct proof_view view = {.walk = walk, .test = test, .effects = effects};
    int64_t since = times_monotonic();
    enum proof_verdict begun = proof_bring(&view, "on", condition->begin, condition->acted, NULL);
    if (begun == PROOF_SKIPPED)
        return proof_skip(test, "skipped");
    if (begun == PROOF_PASSED && walk->force)
        proof_note_time(test, since);
    bool held = begun == PROOF_PASSED && proof_is_held(walk, test, effects, condition->refusal);
    enum proof_verdict ended = proof_bring(&view, "off", condition->end, condition->gone, condition->on_look);
    if (begun != PROOF_PASSED)
        return proof_fail(test, condition->not_acted);
    if (ended != PROOF_PASSED)
        return proof_fail(test, condition->not_gone);
    return held ? PROOF_PASSED : PROOF_FAILED;
}

bool proof_is_safe(struct proof_view *view)
{
    view->epoch = proof_status(view)->epoch;
    return !proof_status(view)->locked_out && proof_status(view)->condition == LABGATE__CONDITION__SAFE &&
           proof_effects_show(view);
}
