/* Edges: the end of control, a hand-over, a departure from the safe state. */
#include "gateway/cli/proof_steps.h"
#include "gateway/cli/proof_tests.h"
#include "gateway/cli/session.h"
#include "gateway/cli/times.h"

enum proof_verdict proof_test_release(struct proof_walk *walk, struct proof_case *test)
{
    struct proof_effects effects;
    struct proof_view view = {.walk = walk, .test = test, .effects = &effects};
    proof_effects_of(walk, NULL, &effects);
    enum proof_verdict ready = proof_prepare(walk, test, &effects);
    if (ready != PROOF_PASSED)
        return ready;
    int64_t since = times_monotonic();
    proof_release(walk);
    if (!proof_await(&view, proof_is_safe, NULL))
        return proof_fail(test, "the outputs do not show the safe state");
    proof_note_time(test, since);
    return PROOF_PASSED;
}

static uint32_t other_seat(const struct proof_view *view)
{
    const Labgate__RigStatus *status = proof_status(view);
    for (size_t i = 0; i < status->n_seats; i++)
        if (status->seats[i]->present && status->seats[i]->id != view->walk->cli->seat.seat)
            return status->seats[i]->id;
    return 0;
}

static bool somebody_sits(struct proof_view *view)
{
    view->epoch = other_seat(view);
    return view->epoch != 0;
}

static bool other_has_control(struct proof_view *view)
{
    return proof_status(view)->condition == LABGATE__CONDITION__CONTROLLED &&
           proof_status(view)->controller == other_seat(view) && proof_effects_show(view);
}

enum proof_verdict proof_test_handover(struct proof_walk *walk, struct proof_case *test)
{
    struct proof_effects effects;
    struct proof_view view = {.walk = walk, .test = test, .effects = &effects};
    struct text ask = {0};
    Labgate__Answer *answer = NULL;
    proof_effects_of(walk, NULL, &effects);
    text_add_format(&ask, "have somebody of the staff take a seat: labctl join %s", walk->rig);
    bool sits = walk->force ? proof_await(&view, somebody_sits, NULL)
                            : proof_bring(&view, "on", text_get(&ask), somebody_sits, NULL) == PROOF_PASSED;
    text_finish(&ask);
    if (!sits)
        return proof_skip(test, "nobody sat in another seat");
    uint32_t seat = (uint32_t)view.epoch;
    enum proof_verdict ready = proof_prepare(walk, test, &effects);
    if (ready != PROOF_PASSED)
        return ready;
    if (session_ask_take(walk->cli, true, seat, &answer) != CLI_OK)
        return proof_fail(test, "control was not handed over");
    client_free(answer);
    if (!proof_await(&view, other_has_control, NULL))
        return proof_fail(test, "the other had control of outputs that were not safe, or not at all");
    return session_take(walk->cli, true) == CLI_OK ? PROOF_PASSED
                                                   : proof_fail(test, "control was not given back");
}

static bool was_made_safe(struct proof_view *view)
{
    return proof_status(view)->epoch > view->epoch &&
           proof_status(view)->condition == LABGATE__CONDITION__SAFE && proof_effects_show(view);
}

static bool is_anything(struct proof_view *view)
{
    (void)view;
    return true;
}

enum proof_verdict proof_test_departure(struct proof_walk *walk, struct proof_case *test)
{
    struct proof_effects effects;
    struct proof_view view = {.walk = walk, .test = test, .effects = &effects};
    proof_effects_of(walk, NULL, &effects);
    proof_release(walk);
    if (!proof_await(&view, proof_is_safe, NULL))
        return proof_fail(test, "the rig did not become safe");
    enum proof_verdict begun =
        proof_bring(&view, "on", "move an output from its safe value by other means", was_made_safe, NULL);
    if (walk->force)
        proof_bring(&view, "off", "", is_anything, NULL);
    if (begun == PROOF_SKIPPED)
        return proof_skip(test, "skipped");
    return begun == PROOF_PASSED ? PROOF_PASSED : proof_fail(test, "it was not made safe again");
}
