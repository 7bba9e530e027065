/* What a proof test does to the rig: takes control, moves outputs, presses and resets. */
#include "gateway/cli/points.h"
#include "gateway/cli/proof_walk.h"
#include "gateway/cli/session.h"

#include <math.h>
#include <string.h>

bool proof_request(struct proof_walk *walk, Labgate__Request *request, const char *attempt, char reason[40])
{
    Labgate__Answer *answer = NULL;
    reason[0] = '\0';
    if (!walk->error)
        walk->error = cli_ask(walk->cli, request, attempt, &answer);
    if (walk->error) {
        snprintf(reason, 40, "no answer");
        return false;
    }
    bool yes = answer->ok;
    if (!yes)
        snprintf(reason, 40, "%.39s", answer->reason);
    client_free(answer);
    return yes;
}

/* --- control ------------------------------------------------------------------------------------- */

static bool is_ready(struct proof_view *view)
{
    const Labgate__RigStatus *status = view->rig->rig->status;
    return status->condition == LABGATE__CONDITION__SAFE ||
           (status->condition == LABGATE__CONDITION__CONTROLLED &&
            status->controller == view->walk->cli->seat.seat);
}

bool proof_hold(struct proof_walk *walk)
{
    struct proof_view view = {.walk = walk};
    if (!proof_await(&view, is_ready, NULL))
        return false;
    if (session_take(walk->cli, true) != CLI_OK)
        return false;
    walk->epoch = walk->cli->seat.epoch;
    return true;
}

bool proof_take_refused(struct proof_walk *walk, char reason[40])
{
    Labgate__Take take = LABGATE__TAKE__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    request.body_case = LABGATE__REQUEST__BODY_TAKE;
    request.take = &take;
    return !proof_request(walk, &request, "take control", reason);
}

void proof_release(struct proof_walk *walk)
{
    Labgate__Release release = LABGATE__RELEASE__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    char reason[40];
    request.body_case = LABGATE__REQUEST__BODY_RELEASE;
    request.release = &release;
    proof_request(walk, &request, "release control", reason);
}

/* A no means that the condition is not gone yet. */
void proof_reset(struct proof_walk *walk)
{
    Labgate__Reset reset = LABGATE__RESET__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    char reason[40];
    reset.rig = (char *)walk->rig;
    request.body_case = LABGATE__REQUEST__BODY_RESET;
    request.reset = &reset;
    proof_request(walk, &request, "reset", reason);
}

/* --- outputs ------------------------------------------------------------------------------------- */

/* Three tenths of the range away, to the side that has room. */
double proof_elsewhere(const Labgate__Point *point, double from)
{
    double range = point->maximum - point->minimum, step = isfinite(range) ? 0.3 * range : 1;
    switch (point->type) {
    case LABGATE__TYPE__BOOLEAN:
        return from == 0;
    case LABGATE__TYPE__CHOICE:
        for (size_t i = 0; i < point->n_choices; i++)
            if (point->choices[i]->number != from)
                return point->choices[i]->number;
        return from;
    case LABGATE__TYPE__INTEGER:
        step = ceil(step);
        break;
    default:
        break;
    }
    return from + step <= point->maximum ? from + step : from - step;
}

static void fill_scalar(const Labgate__Point *point, double number, Labgate__Scalar *scalar)
{
    labgate__scalar__init(scalar);
    scalar->kind_case = LABGATE__SCALAR__KIND_NUMBER;
    scalar->number = number;
    if (point->type == LABGATE__TYPE__BOOLEAN) {
        scalar->kind_case = LABGATE__SCALAR__KIND_BOOLEAN;
        scalar->boolean = number != 0;
    }
    for (size_t i = 0; point->type == LABGATE__TYPE__CHOICE && i < point->n_choices; i++)
        if (point->choices[i]->number == number) {
            scalar->kind_case = LABGATE__SCALAR__KIND_TEXT;
            scalar->text = point->choices[i]->name;
        }
}

bool proof_set(struct proof_walk *walk, const Labgate__Point *point, double number, bool *ramping,
               char reason[40], char rule[80])
{
    Labgate__Set set = LABGATE__SET__INIT;
    Labgate__Scalar scalar;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer = NULL;
    struct cli *cli = walk->cli;
    reason[0] = rule[0] = '\0';
    int lock = -1, kept = store_lock(&cli->store, cli->store.seat_lock_path, true, &lock);
    if (kept == STORE_OK)
        kept = store_next_sequence(&cli->store, &cli->seat);
    if (kept != STORE_OK)
        walk->error = fail(cli, CLI_LOCAL, "the number of a command cannot be kept: %s", cli->store.why);
    fill_scalar(point, number, &scalar);
    set.point = point->name;
    set.value = &scalar;
    set.epoch = walk->epoch;
    set.sequence = cli->seat.sequence;
    request.body_case = LABGATE__REQUEST__BODY_SET;
    request.set = &set;
    if (!walk->error)
        walk->error = cli_ask(cli, &request, "set an output", &answer);
    store_unlock(lock);
    if (walk->error)
        return false;
    bool yes = answer->ok;
    *ramping = answer->body_case == LABGATE__ANSWER__BODY_SET && answer->set->ramping;
    snprintf(reason, 40, "%.39s", answer->reason);
    snprintf(rule, 80, "%.79s", answer->rule);
    client_free(answer);
    return yes;
}

static bool is_elsewhere(struct proof_view *view)
{
    return !proof_shows(view->rig, view->effects->points[0], view->effects->wanted[0]);
}

static bool move(struct proof_walk *walk, const Labgate__Point *output, double from, char reason[40],
                 char rule[80])
{
    struct proof_effects only = {.points = {output}, .wanted = {from}, .count = 1};
    struct proof_view view = {.walk = walk, .effects = &only};
    bool ramping;
    if (!proof_set(walk, output, proof_elsewhere(output, from), &ramping, reason, rule))
        return false;
    return !output->readback[0] || proof_await(&view, is_elsewhere, NULL);
}

/* Twice over, because some outputs may move only when others have. */
size_t proof_move(struct proof_walk *walk, struct proof_effects *effects, struct text *note)
{
    size_t moved = 0;
    char reason[40] = "", rule[80] = "";
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < effects->count && !walk->error; i++) {
            const Labgate__Point *output = effects->points[i];
            if (effects->moved[i])
                continue;
            effects->moved[i] = move(walk, output, effects->wanted[i], reason, rule);
            moved += effects->moved[i];
            if (!effects->moved[i] && pass == 1 && effects->count == 1)
                text_add_format(note, "%s was not moved: %s%s%s", output->name, reason, rule[0] ? ", " : "",
                                rule);
        }
    bool first = true;
    for (size_t i = 0; i < effects->count; i++) {
        if (!effects->moved[i])
            continue;
        text_add_format(note, "%s%s", first ? note->length ? ", from " : "from " : ", ",
                        effects->points[i]->name);
        text_add(note, " ");
        point_format(effects->points[i], proof_elsewhere(effects->points[i], effects->wanted[i]), NULL, true,
                     note);
        first = false;
    }
    return moved;
}
