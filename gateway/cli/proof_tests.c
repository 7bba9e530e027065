/* One test for each kind of cause in a rig's cause-and-effect matrix. Each moves the outputs that the cause
 * concerns from where it must bring them, brings it about, sees what the matrix says, sees that nobody can
 * move them meanwhile, and ends it. */
#include "gateway/cli/points.h"
#include "gateway/cli/proof_walk.h"
#include "gateway/cli/session.h"
#include "gateway/cli/times.h"

#include <string.h>

#define HOLD_MARGIN_S 5
#define HOLD_MAX_S    60

static const Labgate__RigStatus *status_of(const struct proof_view *view)
{
    return view->rig->rig->status;
}

static enum proof_verdict fail_with(struct proof_case *test, const char *why)
{
    text_add_format(&test->note, "%s%s", test->note.length ? "; " : "", why);
    return PROOF_FAILED;
}

static enum proof_verdict skip_with(struct proof_case *test, const char *why)
{
    fail_with(test, why);
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
static enum proof_verdict prepare(struct proof_walk *walk, struct proof_case *test,
                                  struct proof_effects *effects)
{
    if (walk->force)
        proof_force_send(walk->force, test->key, "before");
    if (!proof_hold(walk))
        return fail_with(test, "control of the rig could not be taken");
    if (effects && effects->count && !move_away(walk, test, effects))
        return skip_with(test, "no output could be moved before");
    return walk->error ? PROOF_FAILED : PROOF_PASSED;
}

static void note_time(struct proof_case *test, int64_t since)
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
static bool is_held(struct proof_walk *walk, struct proof_case *test, struct proof_effects *effects,
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

/* --- trips and permissives ----------------------------------------------------------------------- */

static bool trip_acted(struct proof_view *view)
{
    bool acted = proof_is_tripped(view->rig, view->test->rule->name) &&
                 status_of(view)->condition != LABGATE__CONDITION__MAKING_SAFE && proof_effects_show(view);
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

struct condition {
    const char *begin, *end; /* what the technician is asked to do */
    proof_fact *acted, *gone;
    void (*on_look)(struct proof_walk *walk); /* while it is to go */
    const char *not_acted, *not_gone;
    const char *refusal; /* of commands while it stands; NULL: any */
};

static enum proof_verdict test_condition(struct proof_walk *walk, struct proof_case *test,
                                         struct proof_effects *effects, const struct condition *condition)
{
    struct proof_view view = {.walk = walk, .test = test, .effects = effects};
    int64_t since = times_monotonic();
    enum proof_verdict begun = proof_bring(&view, "on", condition->begin, condition->acted, NULL);
    if (begun == PROOF_SKIPPED)
        return skip_with(test, "skipped");
    if (begun == PROOF_PASSED && walk->force)
        note_time(test, since);
    bool held = begun == PROOF_PASSED && is_held(walk, test, effects, condition->refusal);
    enum proof_verdict ended = proof_bring(&view, "off", condition->end, condition->gone, condition->on_look);
    if (begun != PROOF_PASSED)
        return fail_with(test, condition->not_acted);
    if (ended != PROOF_PASSED)
        return fail_with(test, condition->not_gone);
    return held ? PROOF_PASSED : PROOF_FAILED;
}

static enum proof_verdict test_trip(struct proof_walk *walk, struct proof_case *test)
{
    struct proof_effects effects;
    struct text begin = {0};
    proof_effects_of(walk, test->rule, &effects);
    enum proof_verdict ready = prepare(walk, test, &effects);
    if (ready != PROOF_PASSED)
        return ready;
    text_add_format(&begin, "make this true: %s", test->rule->text);
    enum proof_verdict verdict =
        test_condition(walk, test, &effects,
                       &(struct condition){text_get(&begin), "end that", trip_acted, trip_gone, proof_reset,
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

static enum proof_verdict test_permissive(struct proof_walk *walk, struct proof_case *test)
{
    struct proof_effects effects;
    struct text begin = {0};
    proof_effects_of(walk, test->rule, &effects);
    if (!make_it_permit(walk, test))
        return skip_with(test, "it did not permit before");
    enum proof_verdict ready = prepare(walk, test, test->rule->only_to_start ? NULL : &effects);
    if (ready != PROOF_PASSED)
        return ready;
    text_add_format(&begin, "make this false: %s", test->rule->text);
    enum proof_verdict verdict = test_condition(
        walk, test, &effects,
        &(struct condition){text_get(&begin), "end that", permissive_acted, permissive_back, NULL,
                            "it did not act, or its output does not show what the matrix says",
                            "it does not permit again", "not-permitted"});
    text_finish(&begin);
    return verdict;
}

/* --- exclusives and limits ----------------------------------------------------------------------- */

static enum proof_verdict ask_technician(struct proof_walk *walk, struct proof_case *test,
                                         const char *question)
{
    if (walk->force)
        return skip_with(test, "has to be tried by hand");
    char said = proof_ask(walk, question);
    if (said != 'y' && said != 'n')
        return skip_with(test, "skipped");
    text_add_format(&test->note, "%sas the technician saw it", test->note.length ? "; " : "");
    return said == 'y' ? PROOF_PASSED : PROOF_FAILED;
}

/* One away from its safe value, and then another. */
static enum proof_verdict test_exclusive(struct proof_walk *walk, struct proof_case *test)
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
        if (prepare(walk, test, &one) == PROOF_FAILED)
            return PROOF_FAILED;
        if (!one.moved[0])
            continue;
        bool moved = proof_set(walk, other, proof_elsewhere(other, other->safe), &ramping, reason, rule);
        if (moved)
            return fail_with(test, "both could be moved from their safe values");
        if (strcmp(rule, test->rule->name) != 0)
            continue; /* something else was in the way */
        text_add_format(&test->note, "; %s was refused: %s", other->name, reason);
        return PROOF_PASSED;
    }
    text_clear(&test->note);
    return ask_technician(
        walk, test,
        "move one of them from its safe value, then another: is it refused? (y, n, s: skip, "
        "q: quit)");
}

static enum proof_verdict test_limit(struct proof_walk *walk, struct proof_case *test)
{
    const Labgate__Point *point = proof_point(walk->described->show, test->rule->points[0]);
    char reason[40], rule[80];
    bool ramping = false, tried = false;
    struct text question = {0};
    if (!point || prepare(walk, test, NULL) != PROOF_PASSED)
        return PROOF_FAILED;
    double away = proof_elsewhere(point, point->safe);
    bool moved = proof_set(walk, point, away, &ramping, reason, rule);
    if (moved && point->slew > 0) {
        tried = true;
        text_add_format(&test->note, "slew: a large set %s", ramping ? "became a ramp" : "went at once");
        if (!ramping)
            return PROOF_FAILED;
    }
    if (moved && strstr(test->rule->text, "rate")) {
        tried = true;
        if (proof_set(walk, point, away, &ramping, reason, rule))
            return fail_with(test, "rate: a second set was taken at once");
        if (strcmp(reason, "too-fast") != 0)
            return fail_with(test, "rate: a second set was refused for another reason");
        text_add_format(&test->note, "%srate: a second set was refused: %s", test->note.length ? "; " : "",
                        reason);
    }
    if (tried && (walk->force || !strchr(test->rule->text, ',')))
        return PROOF_PASSED;
    text_add_format(&question, "does %s keep to: %s? (y, n, s: skip, q: quit)", point->name,
                    test->rule->text);
    enum proof_verdict verdict = ask_technician(walk, test, text_get(&question));
    text_finish(&question);
    return verdict;
}

/* --- what people press --------------------------------------------------------------------------- */

static bool is_stopped(struct proof_view *view)
{
    return status_of(view)->stopped && status_of(view)->condition == LABGATE__CONDITION__SAFE &&
           proof_effects_show(view);
}
static bool is_not_stopped(struct proof_view *view)
{
    return !status_of(view)->stopped;
}
static bool is_locked_out(struct proof_view *view)
{
    return status_of(view)->locked_out && status_of(view)->condition == LABGATE__CONDITION__SAFE &&
           proof_effects_show(view);
}
static bool is_safe(struct proof_view *view)
{
    view->epoch = status_of(view)->epoch;
    return !status_of(view)->locked_out && status_of(view)->condition == LABGATE__CONDITION__SAFE &&
           proof_effects_show(view);
}

/* What was pressed made the rig safe, and nobody gets it. */
static enum proof_verdict see_pressed(struct proof_view *view, proof_fact *is_so)
{
    char reason[40];
    int64_t since = times_monotonic();
    if (!proof_await(view, is_so, NULL))
        return fail_with(view->test, "the outputs do not show the safe state");
    note_time(view->test, since);
    if (!proof_take_refused(view->walk, reason))
        return fail_with(view->test, "control was given meanwhile");
    text_add_format(&view->test->note, "; control was refused: %s", reason);
    return PROOF_PASSED;
}

static enum proof_verdict test_stop(struct proof_walk *walk, struct proof_case *test)
{
    Labgate__Stop stop = LABGATE__STOP__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    struct proof_effects effects;
    struct proof_view view = {.walk = walk, .test = test, .effects = &effects};
    char reason[40];
    proof_effects_of(walk, NULL, &effects);
    enum proof_verdict ready = prepare(walk, test, &effects);
    if (ready != PROOF_PASSED)
        return ready;
    stop.rig = (char *)walk->rig;
    request.body_case = LABGATE__REQUEST__BODY_STOP;
    request.stop = &stop;
    if (!proof_request(walk, &request, "stop", reason))
        return fail_with(test, "the stop was refused");
    enum proof_verdict verdict = see_pressed(&view, is_stopped);
    if (!proof_await(&view, is_not_stopped, proof_reset))
        return fail_with(test, "it could not be reset");
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

static enum proof_verdict test_lockout(struct proof_walk *walk, struct proof_case *test)
{
    struct proof_effects effects;
    struct proof_view view = {.walk = walk, .test = test, .effects = &effects};
    proof_effects_of(walk, NULL, &effects);
    enum proof_verdict ready = prepare(walk, test, &effects);
    if (ready != PROOF_PASSED)
        return ready;
    if (!lock_out(walk, false))
        return fail_with(test, "it was refused");
    enum proof_verdict verdict = see_pressed(&view, is_locked_out);
    if (!lock_out(walk, true) || !proof_await(&view, is_safe, NULL))
        return fail_with(test, "the rig did not come back");
    return verdict;
}

/* --- edges --------------------------------------------------------------------------------------- */

static bool is_local(struct proof_view *view)
{
    const Labgate__Point *point = proof_point(view->rig, view->test->item->name);
    const Labgate__Value *value = point ? point_value(point, view->rig->values, view->rig->n_values) : NULL;
    return value && value->number != 0 && status_of(view)->controller == 0 &&
           status_of(view)->condition != LABGATE__CONDITION__CONTROLLED;
}

static enum proof_verdict test_local(struct proof_walk *walk, struct proof_case *test)
{
    struct proof_effects effects;
    struct proof_view view = {.walk = walk, .test = test};
    char reason[40] = "";
    proof_effects_of(walk, NULL, &effects);
    enum proof_verdict ready = prepare(walk, test, &effects);
    if (ready != PROOF_PASSED)
        return ready;
    enum proof_verdict begun = proof_bring(&view, "on", "switch the rig to local operation", is_local, NULL);
    if (begun == PROOF_SKIPPED)
        return skip_with(test, "skipped");
    bool refused = begun == PROOF_PASSED && proof_take_refused(walk, reason);
    view.effects = &effects;
    if (proof_bring(&view, "off", "switch it back", is_safe, NULL) != PROOF_PASSED)
        return fail_with(test, "the rig did not come back safe");
    if (!refused)
        return fail_with(test, "control was not taken away");
    text_add_format(&test->note, "; control was refused: %s", reason);
    return PROOF_PASSED;
}

static bool is_unavailable(struct proof_view *view)
{
    return status_of(view)->condition == LABGATE__CONDITION__UNAVAILABLE;
}

/* Trips of what could not be read may wait for a technician. */
static bool is_back(struct proof_view *view)
{
    return (status_of(view)->condition == LABGATE__CONDITION__SAFE ||
            status_of(view)->condition == LABGATE__CONDITION__CONTROLLED) &&
           status_of(view)->n_trips == 0 && proof_effects_show(view);
}

static enum proof_verdict test_lost(struct proof_walk *walk, struct proof_case *test)
{
    struct proof_effects effects;
    struct text begin = {0};
    proof_effects_of(walk, NULL, &effects);
    enum proof_verdict ready = prepare(walk, test, &effects);
    if (ready != PROOF_PASSED)
        return ready;
    text_add_format(&begin, "unplug the line of %s", test->item->name);
    enum proof_verdict verdict = test_condition(
        walk, test, &effects,
        &(struct condition){text_get(&begin), "connect it again", is_unavailable, is_back, proof_reset,
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

static enum proof_verdict test_heartbeat(struct proof_walk *walk, struct proof_case *test)
{
    struct proof_effects own = {0};
    struct proof_view view = {.walk = walk, .test = test, .effects = &own};
    char reason[40];
    outputs_behind(walk, test->item->name, &own);
    if (!own.count)
        return skip_with(test, "it has no output that shows: try it by hand");
    enum proof_verdict ready = prepare(walk, test, &own);
    if (ready != PROOF_PASSED)
        return ready;
    int64_t since = times_monotonic();
    if (!hold_heartbeat(walk, walk->described->show->stays_on / NS_PER_S + HOLD_MARGIN_S, reason))
        return fail_with(test, reason);
    bool dropped = proof_await(&view, have_dropped, NULL);
    if (dropped)
        note_time(test, since);
    hold_heartbeat(walk, 0, reason);
    return dropped ? PROOF_PASSED : fail_with(test, "the rig's own controller did not drop its outputs");
}

static enum proof_verdict test_release(struct proof_walk *walk, struct proof_case *test)
{
    struct proof_effects effects;
    struct proof_view view = {.walk = walk, .test = test, .effects = &effects};
    proof_effects_of(walk, NULL, &effects);
    enum proof_verdict ready = prepare(walk, test, &effects);
    if (ready != PROOF_PASSED)
        return ready;
    int64_t since = times_monotonic();
    proof_release(walk);
    if (!proof_await(&view, is_safe, NULL))
        return fail_with(test, "the outputs do not show the safe state");
    note_time(test, since);
    return PROOF_PASSED;
}

static uint32_t other_seat(const struct proof_view *view)
{
    const Labgate__RigStatus *status = status_of(view);
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
    return status_of(view)->condition == LABGATE__CONDITION__CONTROLLED &&
           status_of(view)->controller == other_seat(view) && proof_effects_show(view);
}

static enum proof_verdict test_handover(struct proof_walk *walk, struct proof_case *test)
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
        return skip_with(test, "nobody sat in another seat");
    uint32_t seat = (uint32_t)view.epoch;
    enum proof_verdict ready = prepare(walk, test, &effects);
    if (ready != PROOF_PASSED)
        return ready;
    if (session_ask_take(walk->cli, true, seat, &answer) != CLI_OK)
        return fail_with(test, "control was not handed over");
    client_free(answer);
    if (!proof_await(&view, other_has_control, NULL))
        return fail_with(test, "the other had control of outputs that were not safe, or not at all");
    return session_take(walk->cli, true) == CLI_OK ? PROOF_PASSED
                                                   : fail_with(test, "control was not given back");
}

static bool was_made_safe(struct proof_view *view)
{
    return status_of(view)->epoch > view->epoch && status_of(view)->condition == LABGATE__CONDITION__SAFE &&
           proof_effects_show(view);
}

static bool is_anything(struct proof_view *view)
{
    (void)view;
    return true;
}

static enum proof_verdict test_departure(struct proof_walk *walk, struct proof_case *test)
{
    struct proof_effects effects;
    struct proof_view view = {.walk = walk, .test = test, .effects = &effects};
    proof_effects_of(walk, NULL, &effects);
    proof_release(walk);
    if (!proof_await(&view, is_safe, NULL))
        return fail_with(test, "the rig did not become safe");
    enum proof_verdict begun =
        proof_bring(&view, "on", "move an output from its safe value by other means", was_made_safe, NULL);
    if (walk->force)
        proof_bring(&view, "off", "", is_anything, NULL);
    if (begun == PROOF_SKIPPED)
        return skip_with(test, "skipped");
    return begun == PROOF_PASSED ? PROOF_PASSED : fail_with(test, "it was not made safe again");
}

/* --- the table ----------------------------------------------------------------------------------- */

static const struct {
    const char *kind, *name; /* of the matrix; NULL: any */
    enum proof_verdict (*test)(struct proof_walk *walk, struct proof_case *test);
} tests[] = {
    {"trip",       NULL,             test_trip      },
    {"permissive", NULL,             test_permissive},
    {"exclusive",  NULL,             test_exclusive },
    {"limit",      NULL,             test_limit     },
    {"e-stop",     NULL,             test_stop      },
    {"lock-out",   NULL,             test_lockout   },
    {"local mode", NULL,             test_local     },
    {"heartbeat",  NULL,             test_heartbeat },
    {"lost",       NULL,             test_lost      },
    {"edge",       "end of control", test_release   },
    {"edge",       "hand-over",      test_handover  },
    {"edge",       "departure",      test_departure },
};

enum proof_verdict proof_try(struct proof_walk *walk, struct proof_case *test)
{
    const Labgate__ProofItem *item = test->item;
    test->rule = proof_rule(walk->described->show, item->name);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        if (!strcmp(tests[i].kind, item->kind) && (!tests[i].name || !strcmp(tests[i].name, item->name))) {
            enum proof_verdict verdict = tests[i].test(walk, test);
            proof_release(walk); /* the next one begins from the safe state */
            return walk->error ? PROOF_SKIPPED : verdict;
        }
    return ask_technician(walk, test, "does it do what the matrix says? (y, n, s: skip, q: quit)");
}
