/* proof_steps.h - what the tests of a rig's causes have in common: outputs are moved away from where the
 * cause must bring them, the cause is brought about, its effect is seen, nobody can move them meanwhile, and
 * it is ended. Each says what it saw in the case's note. */
#ifndef GATEWAY_CLI_PROOF_STEPS_H
#define GATEWAY_CLI_PROOF_STEPS_H

#include "gateway/cli/proof_walk.h"

const Labgate__RigStatus *proof_status(const struct proof_view *view);

/* The verdict, with the reason in the note. */
enum proof_verdict proof_fail(struct proof_case *test, const char *why);
enum proof_verdict proof_skip(struct proof_case *test, const char *why);
void proof_note_time(struct proof_case *test, int64_t since); /* since: monotonic, ns */

/* Control, and the outputs where they can be seen to go: where none moved, nothing would be shown. effects:
 * NULL where nothing is to be moved. PROOF_PASSED: go on. */
enum proof_verdict proof_prepare(struct proof_walk *walk, struct proof_case *test,
                                 struct proof_effects *effects);
/* Nothing moves one of the outputs while the cause stands, and it is the cause that refuses it, with
 * `expected` (NULL: whatever it is): a limit of the rate, or the safe sequence, would have refused it without
 * the rule. */
bool proof_is_held(struct proof_walk *walk, struct proof_case *test, struct proof_effects *effects,
                   const char *expected);
/* A fact: nothing locks the rig out, and it is verified safe. Keeps the lease's epoch in the view. */
bool proof_is_safe(struct proof_view *view);
/* Yes or no of whoever stands there; with a simulator nobody does, which skips. */
enum proof_verdict proof_ask_technician(struct proof_walk *walk, struct proof_case *test,
                                        const char *question);

struct proof_condition {
    const char *begin, *end; /* what the technician is asked to do */
    proof_fact *acted, *gone;
    void (*on_look)(struct proof_walk *walk); /* while it is to go */
    const char *not_acted, *not_gone;
    const char *refusal; /* of commands while it stands; NULL: any */
};

/* The whole of it for a cause that begins, is seen, and ends. */
enum proof_verdict proof_condition(struct proof_walk *walk, struct proof_case *test,
                                   struct proof_effects *effects, const struct proof_condition *condition);

#endif
