/* Looking at the rig in a proof test, and asking whoever stands before it. */
#include "gateway/cli/points.h"
#include "gateway/cli/proof_walk.h"
#include "gateway/cli/times.h"

#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOOK_EVERY_MS 100

/* --- the rig ------------------------------------------------------------------------------------- */

const Labgate__Point *proof_point(const Labgate__RigDetail *rig, const char *name)
{
    for (size_t i = 0; i < rig->n_points; i++)
        if (!strcmp(rig->points[i]->name, name))
            return rig->points[i];
    return NULL;
}

const Labgate__Interlock *proof_rule(const Labgate__RigDetail *rig, const char *name)
{
    for (size_t i = 0; i < rig->n_interlocks; i++)
        if (!strcmp(rig->interlocks[i]->name, name))
            return rig->interlocks[i];
    return NULL;
}

bool proof_is_tripped(const Labgate__RigDetail *rig, const char *name)
{
    const Labgate__RigStatus *status = rig->rig->status;
    for (size_t i = 0; i < status->n_trips; i++)
        if (!strcmp(status->trips[i], name))
            return true;
    return false;
}

/* Numbers within 2 % of their range: what a read-back is allowed to be off is the gateway's to judge. An
 * output without a read-back shows nothing. */
bool proof_shows(const Labgate__RigDetail *rig, const Labgate__Point *output, double wanted)
{
    const Labgate__Point *shown = proof_point(rig, output->readback);
    const Labgate__Value *value = shown ? point_value(shown, rig->values, rig->n_values) : NULL;
    double range = output->maximum - output->minimum;
    double tolerance = output->type == LABGATE__TYPE__NUMBER && isfinite(range) ? range / 50 : 1e-6;
    return !shown ||
           (value && value->quality == LABGATE__QUALITY__GOOD && fabs(value->number - wanted) <= tolerance);
}

void proof_effects_of(const struct proof_walk *walk, const Labgate__Interlock *rule,
                      struct proof_effects *effects)
{
    const Labgate__RigDetail *rig = walk->described->show;
    memset(effects, 0, sizeof *effects);
    for (size_t i = 0; i < rig->n_points; i++) {
        const Labgate__Point *output = rig->points[i];
        bool concerned = output->output && (!rule || !rule->n_points);
        double wanted = output->safe;
        for (size_t k = 0; output->output && rule && k < rule->n_points; k++)
            if (!strcmp(rule->points[k], output->name)) {
                concerned = true;
                wanted = k < rule->n_values ? rule->values[k] : output->safe;
            }
        if (!concerned)
            continue;
        if (effects->count == PROOF_OUTPUTS_MAX) {
            effects->left_out++;
            continue;
        }
        effects->points[effects->count] = output;
        effects->wanted[effects->count++] = wanted;
    }
}

bool proof_effects_show(struct proof_view *view)
{
    for (size_t i = 0; view->effects && i < view->effects->count; i++)
        if (!proof_shows(view->rig, view->effects->points[i], view->effects->wanted[i]))
            return false;
    return true;
}

/* A point is named where neither side goes on as a name. */
static bool names(const char *text, const char *point)
{
    size_t length = strlen(point);
    for (const char *at = text; (at = strstr(at, point)); at++) {
        char before = at == text ? ' ' : at[-1], after = at[length];
        if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789_.-", before) &&
            (!after || !strchr("abcdefghijklmnopqrstuvwxyz0123456789_.-", after)))
            return true;
    }
    return false;
}

void proof_note_values(struct proof_view *view, const char *text, struct text *note)
{
    for (size_t i = 0; view->rig && i < view->rig->n_points; i++) {
        const Labgate__Point *point = view->rig->points[i];
        if (!names(text, point->name))
            continue;
        text_add_format(note, "%s%s ", note->length ? ", " : "", point->name);
        point_format_value(point, point_value(point, view->rig->values, view->rig->n_values), true, note);
    }
}

/* --- waiting ------------------------------------------------------------------------------------- */

/* One look; true: it is so. What was seen stays in *answer until the next. */
static bool look(struct proof_view *view, proof_fact *is_so, void (*on_look)(struct proof_walk *walk),
                 Labgate__Answer **answer)
{
    struct proof_walk *walk = view->walk;
    if (on_look)
        on_look(walk);
    client_free(*answer);
    *answer = NULL;
    view->rig = NULL;
    if (interruption_seen())
        walk->error = CLI_INTERRUPTED;
    if (!walk->error)
        walk->error = cli_show(walk->cli, walk->rig, answer);
    if (walk->error || !(*answer)->show->rig->status)
        return false;
    view->rig = (*answer)->show;
    const Labgate__RigStatus *status = view->rig->rig->status;
    if (status->controller && status->controller == walk->cli->seat.seat)
        walk->epoch = status->epoch;
    return is_so(view);
}

/* The letter that is all there is on a line, in lower case; the line's end for Enter alone. 0: there is more.
 */
static char only_key(const char *line, size_t length)
{
    size_t at = strspn(line, " \t"), rest = line[at] == '\n' ? at : at + 1;
    if (rest > length || rest + strspn(line + rest, " \t\n") != length)
        return 0;
    return line[at] >= 'A' && line[at] <= 'Z' ? (char)(line[at] - 'A' + 'a') : line[at];
}

/* What was typed, when it is one of `keys`. 0: it is not, and nothing comes of a slip of the finger. */
static char read_key(const struct proof_view *view, const char *keys)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t length = getline(&line, &size, stdin);
    char key = length > 0 ? only_key(line, (size_t)length) : 'q';
    free(line);
    if (key && strchr(keys, key))
        return key;
    say(view->walk->cli, "  that is no answer here; %s",
        keys[0] == 'y' ? "y: yes, n: no, s: skip, q: quit" : "Enter: done, s: skip, q: quit");
    fflush(stdout);
    return 0;
}

/* `keys`: what may be typed meanwhile, NULL: nothing. What a fact notes of the rig it notes while it looks;
 * afterwards nothing is there. */
static bool await(struct proof_view *view, proof_fact *is_so, void (*on_look)(struct proof_walk *walk),
                  int64_t wait, const char *keys, char *said)
{
    Labgate__Answer *answer = NULL;
    int64_t deadline = wait < 0 ? INT64_MAX : times_monotonic() + wait;
    bool seen = false;
    *said = 0;
    while (!(seen = look(view, is_so, on_look, &answer)) && !view->walk->error &&
           times_monotonic() < deadline) {
        struct pollfd input = {.fd = keys ? STDIN_FILENO : -1, .events = POLLIN};
        if (poll(&input, 1, LOOK_EVERY_MS) > 0 && keys && (*said = read_key(view, keys)))
            break;
    }
    client_free(answer);
    view->rig = NULL;
    return seen;
}

bool proof_await(struct proof_view *view, proof_fact *is_so, void (*on_look)(struct proof_walk *walk))
{
    char said;
    return await(view, is_so, on_look, view->walk->wait, NULL, &said);
}

/* --- whoever stands there ------------------------------------------------------------------------ */

static bool never(struct proof_view *view)
{
    (void)view;
    return false;
}

char proof_ask(struct proof_walk *walk, const char *question)
{
    struct proof_view view = {.walk = walk};
    char said;
    say(walk->cli, "  %s", question);
    fflush(stdout);
    await(&view, never, NULL, -1, "ynsq", &said);
    if (said == 'q')
        walk->error = CLI_INTERRUPTED;
    return said;
}

static enum proof_verdict bring_by_force(struct proof_view *view, const char *state, proof_fact *is_so,
                                         void (*on_look)(struct proof_walk *walk))
{
    struct proof_walk *walk = view->walk;
    int sent = proof_force_send(walk->force, view->test->key, state);
    if (sent < 0)
        walk->error = fail(walk->cli, CLI_LOCAL, "%s", proof_force_why(walk->force));
    if (sent <= 0)
        return PROOF_SKIPPED;
    return proof_await(view, is_so, on_look) ? PROOF_PASSED : PROOF_FAILED;
}

/* Goes on by itself as soon as it is so: hands are in the rig, not at the keyboard. Enter: it is done, and
 * must show within the wait. */
enum proof_verdict proof_bring(struct proof_view *view, const char *state, const char *what,
                               proof_fact *is_so, void (*on_look)(struct proof_walk *walk))
{
    struct proof_walk *walk = view->walk;
    char said;
    if (walk->force)
        return bring_by_force(view, state, is_so, on_look);
    say(walk->cli, "  %s (goes on when it is seen; Enter: done, s: skip, q: quit)", what);
    fflush(stdout);
    if (await(view, is_so, on_look, -1, "\nsq", &said))
        return PROOF_PASSED;
    if (said == 'q' && !walk->error)
        walk->error = CLI_INTERRUPTED;
    if (walk->error || said == 's')
        return PROOF_SKIPPED;
    return proof_await(view, is_so, on_look) ? PROOF_PASSED : PROOF_FAILED;
}
