#include "gateway/control/refusals.h"

#include "gateway/control/notes.h"
#include "gateway/control/requests.h"

#include <stdio.h>
#include <string.h>

#define WHAT_MAX 160

/* "take", "bypass overheat", "clear by uid 0" */
static void name_what(const struct asker *asker, char what[WHAT_MAX])
{
    const char *name = requests_name(asker->kind);
    int at = snprintf(what, WHAT_MAX, "%s%s%s", name ? name : "", asker->about[0] ? " " : "", asker->about);
    if (asker->who == ASKER_OPERATOR)
        snprintf(what + at, WHAT_MAX - (size_t)at, " by uid %u", asker->uid);
    else if (asker->who == ASKER_SPECTATOR)
        snprintf(what + at, WHAT_MAX - (size_t)at, " by a spectator");
}

static const struct control_rig *rig_of(const struct control *control, const struct asker *asker)
{
    return asker->rig < control->rig_count ? &control->rigs[asker->rig] : NULL;
}

static bool is_same(const struct refusal *refusal, const struct asker *asker, const char *reason)
{
    const struct asker *before = &refusal->asker;
    return before->who == asker->who && before->account == asker->account && before->uid == asker->uid &&
           before->kind == asker->kind && before->rig == asker->rig && !strcmp(refusal->reason, reason) &&
           !strcmp(before->about, asker->about);
}

/* Counts one that is not recorded by itself. */
static void count(struct control *control, uint64_t *counter)
{
    struct refusals *refusals = &control->refusals;
    if (!refusals->due)
        refusals->due = control->now + REFUSALS_WINDOW;
    ++*counter;
}

void refusals_note(struct control *control, const struct asker *asker, const char *reason, const char *rule)
{
    struct refusals *refusals = &control->refusals;
    size_t of_account = 0;
    const struct control_rig *rig = rig_of(control, asker);
    /* Presence asks for nothing, and programs say it all the time; what is done on a simulator moves nothing.
     */
    if (asker->kind == REQUEST_PRESENCE || (rig && rig->plant))
        return;
    if (asker->who == ASKER_STRANGER) {
        count(control, &refusals->strangers);
        return;
    }
    for (size_t i = 0; i < refusals->count; i++) {
        struct refusal *refusal = &refusals->list[i];
        if (is_same(refusal, asker, reason)) {
            refusal->more++;
            return;
        }
        of_account += refusal->asker.who == asker->who && refusal->asker.account == asker->account;
    }
    if (of_account == REFUSALS_EACH || refusals->count == REFUSALS_MAX) {
        count(control, &refusals->others);
        return;
    }
    struct refusal *refusal = &refusals->list[refusals->count++];
    *refusal = (struct refusal){.asker = *asker, .until = control->now + REFUSALS_WINDOW};
    snprintf(refusal->reason, sizeof refusal->reason, "%s", reason);
    char what[WHAT_MAX];
    name_what(asker, what);
    notes_refusal(control, asker->account, rig, what, reason, rule);
}

void refusals_note_operator(struct control *control, const struct asker *asker)
{
    char what[WHAT_MAX];
    name_what(asker, what);
    notes_event(control, "operator", 0, rig_of(control, asker), "", what);
}

static void conclude(struct control *control, const struct refusal *refusal)
{
    char what[WHAT_MAX], text[WHAT_MAX + 40];
    if (!refusal->more)
        return;
    name_what(&refusal->asker, what);
    snprintf(text, sizeof text, "%s, %llu times more", what, (unsigned long long)refusal->more);
    notes_refusal(control, refusal->asker.account, rig_of(control, &refusal->asker), text, refusal->reason,
                  NULL);
}

static void conclude_count(struct control *control, uint64_t *counter, const char *whose)
{
    char text[100];
    if (!*counter)
        return;
    snprintf(text, sizeof text, "%llu refusals%s", (unsigned long long)*counter, whose);
    notes_refusal(control, 0, NULL, text, NULL, NULL);
    *counter = 0;
}

int64_t refusals_tick(struct control *control)
{
    struct refusals *refusals = &control->refusals;
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < refusals->count;) {
        struct refusal *refusal = &refusals->list[i];
        if (refusal->until <= control->now) {
            conclude(control, refusal);
            *refusal = refusals->list[--refusals->count];
            continue;
        }
        if (refusal->more && refusal->until < next)
            next = refusal->until;
        i++;
    }
    if (refusals->due && refusals->due <= control->now) {
        conclude_count(control, &refusals->strangers, " of strangers");
        conclude_count(control, &refusals->others, ", each of a kind of its own, beyond those recorded");
        refusals->due = 0;
    }
    return refusals->due && refusals->due < next ? refusals->due : next;
}

void refusals_finish(struct control *control)
{
    struct refusals *refusals = &control->refusals;
    for (size_t i = 0; i < refusals->count; i++)
        refusals->list[i].until = control->now;
    if (refusals->due)
        refusals->due = control->now;
    refusals_tick(control);
}
