/* reaction.h - the worst reaction time of each rule, with its reasons (promise S12). Times in ns. */
#ifndef GATEWAY_ANALYSIS_REACTION_H
#define GATEWAY_ANALYSIS_REACTION_H

#include "gateway/analysis/line.h"
#include "gateway/rig/spec.h"

/* Where a rig's point is. */
struct analysis_place {
    uint16_t line, unit, point;
};

struct analysis_rig {
    uint16_t index; /* in the lab's rigs */
    const struct rig_spec *spec;
    const struct analysis_place *places;      /* by the rig's point */
    const struct analysis_line *const *lines; /* by the lab's link */
};

/* From the moment when the condition comes true in the instrument's registers, which is just after a read. */
struct analysis_reaction {
    uint16_t input; /* the one that is seen last; RIG_NONE: the rule reads nothing */
    int64_t period; /* until its next read is due */
    int64_t ahead;  /* what goes on the line before that read */
    int64_t read;   /* the read itself */
    bool by_age; /* the input counts as stale before that, which acts too: then `period` is its stale_after,
                    and `ahead` is 0 */
    int64_t debounce; /* `for`, or `confirm` more reads */
    int64_t decision;
    int64_t blocked; /* before the first write: in flight with timeout and holds, safe writes of other rigs */
    int64_t writes;  /* until the last output is acknowledged */
    int64_t total;   /* the sum of these: all outputs are written */
    int64_t readback; /* and then, until the gateway has read their read-backs, behind the later steps; what
                         the plant takes to follow comes on top */
    int64_t
        blind;    /* the total when the input's instrument stops answering instead; ANALYSIS_NEVER: ignored */
    int64_t lost; /* the total when one request or reply on the way is lost or wrong: of the read that would
                     show it, or of a write. `reaction:` has to hold then, too. */
    bool untellable; /* of that: a late answer could be taken for the one to the next try, which waits for it
                      */
    bool anew;       /* of that: the input counts as stale meanwhile, and `for` or `confirm` begins again */
    int64_t last; /* the whole safe sequence: until its last step has written. What drives some outputs: until
                     these are written when nobody has control, because that runs the sequence instead */
};

void analysis_trip(const struct analysis_rig *rig, size_t trip, struct analysis_reaction *reaction);
/* Of an output that is driven to safe when its permissive is lost; not for `only_to_start`. */
void analysis_permissive(const struct analysis_rig *rig, size_t permissive,
                         struct analysis_reaction *reaction);
/* Of an output that is driven to safe when its time on or its total is used up: from the end of the time, or
 * from when what flows changes in the instrument. Not for a limit that only refuses. */
void analysis_limit(const struct analysis_rig *rig, size_t limit, struct analysis_reaction *reaction);
bool analysis_limit_drives(const struct rig_limit_spec *limit);
/* E-stop, and every other edge that needs no reading: from the decision to the first step's last write. */
void analysis_stop(const struct analysis_rig *rig, struct analysis_reaction *reaction);
/* Of local mode that comes on; the rig has it. */
void analysis_local(const struct analysis_rig *rig, struct analysis_reaction *reaction);
/* Of the verified point whose departure from safe is acted on last; false: none is verified. */
bool analysis_departure(const struct analysis_rig *rig, struct analysis_reaction *reaction);
/* Of an instrument that stops answering, just after it did, until the first step that can reach another one
 * has written; `last`: the last of these. False: nothing can be reached, all outputs are the lost one's. */
bool analysis_lost(const struct analysis_rig *rig, uint16_t instrument, unsigned lost_after,
                   struct analysis_reaction *reaction);

/* How old a point can become on a line where others fail: when that is more than its stale_after it counts as
 * stale without need. ANALYSIS_NEVER when there is no bound; 0 when it is not polled. */
int64_t analysis_oldest(const struct analysis_rig *rig, uint16_t point);
/* What the writes of one step take at most, with what may be in their way; 0 when there are none. */
int64_t analysis_step(const struct analysis_rig *rig, const struct rig_assignment *items, size_t count);
/* The least that they take. */
int64_t analysis_step_alone(const struct analysis_rig *rig, const struct rig_assignment *items, size_t count);
/* The same of reading what a verify step looks at; what the plant takes to follow comes on top. Where there
 * is no bound ANALYSIS_NEVER. */
int64_t analysis_verify(const struct analysis_rig *rig, const struct rig_assignment *items, size_t count);
int64_t analysis_verify_alone(const struct analysis_rig *rig, const struct rig_assignment *items,
                              size_t count);

#endif
