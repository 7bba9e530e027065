/* What people press: the e-stop, a lock-out. */
#include "gateway/cli/proof_steps.h"
#include "gateway/cli/proof_tests.h"
#include "gateway/cli/times.h"

static bool is_stopped(struct proof_view *view)
{
    return proof_status(view)->stopped && proof_status(view)->condition == LABGATE__CONDITION__SAFE &&
           proof_effects_show(view);
}
static bool is_not_stopped(struct proof_view *view)
{
    return !proof_status(view)->stopped;
}
static bool is_locked_out(struct proof_view *view)
{
    return proof_status(view)->locked_out && proof_status(view)->condition == LABGATE__CONDITION__SAFE &&
           proof_effects_show(view);
}
/* What was pressed made the rig safe, and nobody gets it. */
static enum proof_verdict see_pressed(struct proof_view *view, proof_fact *is_so)
{
    char reason[40];
    int64_t since = times_monotonic();
    if (!proof_await(view, is_so, NULL))
        return proof_fail(view->test, "the outputs do not show the safe state");
    proof_note_time(view->test, since);
    if (!proof_take_refused(view->walk, reason))
        return proof_fail(view->test, "control was given meanwhile");
    text_add_format(&view->test->note, "; control was refused: %s", reason);
    return PROOF_PASSED;
}

enum proof_verdict proof_test_stop(struct proof_walk *walk, struct proof_case *test)
{
    Labgate__Stop stop = LABGATE__STOP__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    struct proof_effects effects;
    struct proof_view view = {.walk = walk, .test = test, .effects = &effects};
    char reason[40];
    proof_effects_of(walk, NULL, &effects);
    enum proof_verdict ready = proof_prepare(walk, test, &effects);
    if (ready != PROOF_PASSED)
        return ready;
    stop.rig = (char *)walk->rig;
    request.body_case = LABGATE__REQUEST__BODY_STOP;
    request.stop = &stop;
    if (!proof_request(walk, &request, "stop", reason))
        return proof_fail(test, "the stop was refused");
    enum proof_verdict verdict = see_pressed(&view, is_stopped);
    if (!proof_await(&view, is_not_stopped, proof_reset))
        return proof_fail(test, "it could not be reset");
    return verdict;
}

static bool lock_out(struct proof_walk *walk, bool remove)
{
    Labgate__Lockout lockout = LABGATE__LOCKOUT__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    char reason[40];
    lockout.rig = (char *)walk->rig;
    lockout.reason = (char *)(remove ? "proof test over" : "proof test");
    lockout.remove = remove;
    request.body_case = LABGATE__REQUEST__BODY_LOCKOUT;
    request.lockout = &lockout;
    return proof_request(walk, &request, remove ? "remove the lock-out" : "lock out", reason);
}

enum proof_verdict proof_test_lockout(struct proof_walk *walk, struct proof_case *test)
{
    struct proof_effects effects;
    struct proof_view view = {.walk = walk, .test = test, .effects = &effects};
    proof_effects_of(walk, NULL, &effects);
    enum proof_verdict ready = proof_prepare(walk, test, &effects);
    if (ready != PROOF_PASSED)
        return ready;
    if (!lock_out(walk, false))
        return proof_fail(test, "it was refused");
    enum proof_verdict verdict = see_pressed(&view, is_locked_out);
    if (!lock_out(walk, true) || !proof_await(&view, proof_is_safe, NULL))
        return proof_fail(test, "the rig did not come back");
    return verdict;
}
