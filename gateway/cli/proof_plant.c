/* What happens at the rig itself: local mode, a line that is unplugged, a gateway that does not beat. */
#include "gateway/cli/points.h"
#include "gateway/cli/proof_steps.h"
#include "gateway/cli/proof_tests.h"
#include "gateway/cli/times.h"

#include <string.h>

#define HOLD_MARGIN_S 5
#define HOLD_MAX_S    60

static bool is_local(struct proof_view *view)
{
    const Labgate__Point *point = proof_point(view->rig, view->test->item->name);
    const Labgate__Value *value = point ? point_value(point, view->rig->values, view->rig->n_values) : NULL;
    return value && value->number != 0 && proof_status(view)->controller == 0 &&
           proof_status(view)->condition != LABGATE__CONDITION__CONTROLLED;
}

enum proof_verdict proof_test_local(struct proof_walk *walk, struct proof_case *test)
{
    struct proof_effects effects;
    struct proof_view view = {.walk = walk, .test = test};
    char reason[40] = "";
    proof_effects_of(walk, NULL, &effects);
    enum proof_verdict ready = proof_prepare(walk, test, &effects);
    if (ready != PROOF_PASSED)
        return ready;
    enum proof_verdict begun = proof_bring(&view, "on", "switch the rig to local operation", is_local, NULL);
    if (begun == PROOF_SKIPPED)
        return proof_skip(test, "skipped");
    bool refused = begun == PROOF_PASSED && proof_take_refused(walk, reason);
    view.effects = &effects;
    if (proof_bring(&view, "off", "switch it back", proof_is_safe, NULL) != PROOF_PASSED)
        return proof_fail(test, "the rig did not come back safe");
    if (!refused)
        return proof_fail(test, "control was not taken away");
    text_add_format(&test->note, "; control was refused: %s", reason);
    return PROOF_PASSED;
}

static bool is_unavailable(struct proof_view *view)
{
    return proof_status(view)->condition == LABGATE__CONDITION__UNAVAILABLE;
}

/* Trips of what could not be read may wait for a technician. */
static bool is_back(struct proof_view *view)
{
    return (proof_status(view)->condition == LABGATE__CONDITION__SAFE ||
            proof_status(view)->condition == LABGATE__CONDITION__CONTROLLED) &&
           proof_status(view)->n_trips == 0 && proof_effects_show(view);
}

enum proof_verdict proof_test_lost(struct proof_walk *walk, struct proof_case *test)
{
    struct proof_effects effects;
    struct text begin = {0};
    proof_effects_of(walk, NULL, &effects);
    enum proof_verdict ready = proof_prepare(walk, test, &effects);
    if (ready != PROOF_PASSED)
        return ready;
    text_add_format(&begin, "unplug the line of %s", test->item->name);
    enum proof_verdict verdict = proof_condition(
        walk, test, &effects,
        &(struct proof_condition){text_get(&begin), "connect it again", is_unavailable, is_back, proof_reset,
                                  "the rig did not become unavailable", "it did not come back safe", NULL});
    text_finish(&begin);
    return verdict;
}

/* The rig's own controller drops its outputs when the gateway does not beat. Only what was moved shows it. */
static bool have_dropped(struct proof_view *view)
{
    for (size_t i = 0; i < view->effects->count; i++)
        if (view->effects->moved[i] && view->effects->points[i]->readback[0] &&
            !proof_shows(view->rig, view->effects->points[i], view->effects->points[i]->safe))
            return false;
    return true;
}

static bool hold_heartbeat(struct proof_walk *walk, uint64_t seconds, char reason[40])
{
    Labgate__HoldHeartbeat hold = LABGATE__HOLD_HEARTBEAT__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    hold.rig = (char *)walk->rig;
    hold.seconds = (uint32_t)(seconds < HOLD_MAX_S ? seconds : HOLD_MAX_S);
    request.body_case = LABGATE__REQUEST__BODY_HOLD_HEARTBEAT;
    request.hold_heartbeat = &hold;
    return proof_request(walk, &request, "hold the heartbeat", reason);
}

/* Outputs that show, of the instrument whose heartbeat it is. */
static void outputs_behind(const struct proof_walk *walk, const char *heartbeat, struct proof_effects *own)
{
    struct proof_effects all;
    size_t instrument = strcspn(heartbeat, ".") + 1;
    proof_effects_of(walk, NULL, &all);
    for (size_t i = 0; i < all.count; i++)
        if (!strncmp(all.points[i]->name, heartbeat, instrument) && all.points[i]->readback[0]) {
            own->points[own->count] = all.points[i];
            own->wanted[own->count++] = all.wanted[i];
        }
}

enum proof_verdict proof_test_heartbeat(struct proof_walk *walk, struct proof_case *test)
{
    struct proof_effects own = {0};
    struct proof_view view = {.walk = walk, .test = test, .effects = &own};
    char reason[40];
    outputs_behind(walk, test->item->name, &own);
    if (!own.count)
        return proof_skip(test, "it has no output that shows: try it by hand");
    enum proof_verdict ready = proof_prepare(walk, test, &own);
    if (ready != PROOF_PASSED)
        return ready;
    int64_t since = times_monotonic();
    if (!hold_heartbeat(walk, walk->described->show->stays_on / NS_PER_S + HOLD_MARGIN_S, reason))
        return proof_fail(test, reason);
    bool dropped = proof_await(&view, have_dropped, NULL);
    if (dropped)
        proof_note_time(test, since);
    hold_heartbeat(walk, 0, reason);
    return dropped ? PROOF_PASSED : proof_fail(test, "the rig's own controller did not drop its outputs");
}
