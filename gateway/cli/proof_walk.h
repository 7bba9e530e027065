/* proof_walk.h - what the parts of a proof test share: the walk, looking at the rig, and moving it.
 *
 * The walk sits in the rig as its controller, in a session of the technician's own, and is heard while it
 * waits for hands. */
#ifndef GATEWAY_CLI_PROOF_WALK_H
#define GATEWAY_CLI_PROOF_WALK_H

#include "gateway/cli/cli.h"
#include "gateway/cli/proof_force.h"

struct proof_walk {
    struct cli *cli;
    const char *rig, *by;
    struct proof_force *force;  /* NULL: by hand */
    int64_t wait;               /* ns until a fact counts as missing */
    int error;                  /* CLI_OK, or why the walk ends here */
    uint64_t epoch;             /* of the lease, as last seen: what interlocks do raises it */
    Labgate__Answer *described; /* the rig as the walk found it: points, rules */
};

enum proof_verdict { PROOF_FAILED, PROOF_PASSED, PROOF_SKIPPED };

/* A cause that is tested, and what was seen of it. */
struct proof_case {
    const Labgate__ProofItem *item;
    const Labgate__Interlock *rule; /* NULL: an edge */
    char key[80];                   /* in a file that says how to force it: "overheat", "lost.plc" */
    struct text note;
};

/* --- looking (proof_look.c) --- */

/* Outputs and where they must be. */
#define PROOF_OUTPUTS_MAX 1500 /* a rig has no more points */
struct proof_effects {
    const Labgate__Point *points[PROOF_OUTPUTS_MAX];
    double wanted[PROOF_OUTPUTS_MAX];
    bool moved[PROOF_OUTPUTS_MAX]; /* the walk has seen it elsewhere */
    size_t count;
    size_t left_out; /* more of them than there is room for: proof_prepare() refuses */
};

struct held;
struct proof_view {
    struct proof_walk *walk;
    struct proof_case *test;
    struct proof_effects *effects; /* may be NULL */
    uint64_t epoch;                /* of before */
    struct held *held;             /* what a fact has tried; may be NULL */
    const Labgate__RigDetail *rig; /* now */
};
typedef bool proof_fact(struct proof_view *view);

const Labgate__Point *proof_point(const Labgate__RigDetail *rig, const char *name);
const Labgate__Interlock *proof_rule(const Labgate__RigDetail *rig, const char *name);
/* Of the rule, or every output at its safe value where it names none. */
void proof_effects_of(const struct proof_walk *walk, const Labgate__Interlock *rule,
                      struct proof_effects *effects);
bool proof_effects_show(struct proof_view *view);
bool proof_is_tripped(const Labgate__RigDetail *rig, const char *name);
bool proof_shows(const Labgate__RigDetail *rig, const Labgate__Point *output, double wanted);
/* Looks until it is so, or `wait` is over; on_look (may be NULL) is done before each look. */
bool proof_await(struct proof_view *view, proof_fact *is_so, void (*on_look)(struct proof_walk *walk));
/* Brings a condition about (`state` "on") or ends it ("off"), by the simulator or by whoever stands there,
 * until the fact shows. PROOF_SKIPPED: nobody did. */
enum proof_verdict proof_bring(struct proof_view *view, const char *state, const char *what,
                               proof_fact *is_so, void (*on_look)(struct proof_walk *walk));
/* The first letter of the answer; 0 for a bare Enter, 'q' at the end of the input. */
char proof_ask(struct proof_walk *walk, const char *question);
/* Adds the values of the points that the text names: "plc.level 0.31 m". */
void proof_note_values(struct proof_view *view, const char *names, struct text *note);

/* --- moving (proof_hands.c) --- */

/* Waits until the rig is safe, and has control. False: it could not. */
bool proof_hold(struct proof_walk *walk);
/* Moves outputs from where the cause must bring them, as far as they may; says so in the note. How many were.
 */
size_t proof_move(struct proof_walk *walk, struct proof_effects *effects, struct text *note);
/* Sets a point. `reason` and `rule` of a refusal, "" when it was accepted. */
bool proof_set(struct proof_walk *walk, const Labgate__Point *point, double number, bool *ramping,
               char reason[40], char rule[80]);
double proof_elsewhere(const Labgate__Point *point, double from);
/* Yes or no; `reason` of the no. */
bool proof_request(struct proof_walk *walk, Labgate__Request *request, const char *attempt, char reason[40]);
bool proof_take_refused(struct proof_walk *walk, char reason[40]);
void proof_release(struct proof_walk *walk);
void proof_reset(struct proof_walk *walk);

/* --- testing (proof_tests.c) --- */

enum proof_verdict proof_try(struct proof_walk *walk, struct proof_case *test);

#endif
