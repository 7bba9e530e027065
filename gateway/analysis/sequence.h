/* sequence.h - whether what makes a rig safe keeps the rig's own rules. Safe steps bypass permissives and
 * limits on purpose, so that is only pointed out; two outputs that exclude each other must not be on together
 * even then, and a trip that it sets off itself could not be reset. */
#ifndef GATEWAY_ANALYSIS_SEQUENCE_H
#define GATEWAY_ANALYSIS_SEQUENCE_H

#include "gateway/analysis/reaction.h"

enum analysis_fault {
    ANALYSIS_EXCLUDED,           /* error: sets `point` away from safe while `other` may be so */
    ANALYSIS_UNPERMITTED,        /* remark: sets `point` away from safe, and a permissive is not asked */
    ANALYSIS_BEYOND_LIMIT,       /* remark: outside the range that its limit leaves students */
    ANALYSIS_TOO_LONG,           /* error: the writes of a step need `time`, more than its `within` */
    ANALYSIS_MAY_BE_TOO_LONG,    /* remark: they may, with what can be in their way */
    ANALYSIS_UNREADABLE_IN_TIME, /* error: reading what a step verifies takes `time`, more than there is */
    ANALYSIS_MAY_BE_READ_LATE,   /* remark: it may, with what can be in its way */
    ANALYSIS_TRIPPED_BY_SAFE,    /* error: `trip` is true in the state that the sequence verifies */
    ANALYSIS_TRIPPED_BY_STEP, /* error: and where a step sets `point`, if the trip acts at once: whether the
                                 step is shorter than its `for` or `confirm` is not looked at */
};

/* Of TRIPPED_BY_SAFE there is neither step nor point, of TOO_LONG and MAY_BE_TOO_LONG no point. */
struct analysis_finding {
    enum analysis_fault fault;
    size_t step;           /* of the safe sequence, or SIZE_MAX: what `trip` drives */
    size_t trip;           /* TRIPPED_*, and where there is no step */
    uint16_t point, other; /* other: EXCLUDED */
    const char *rule;      /* exclusive, permissive or limit; of TRIPPED_* the trip */
    int64_t time;          /* of those about it */
};

typedef void analysis_report(void *context, const struct analysis_finding *finding);
void analysis_sequence(const struct analysis_rig *rig, analysis_report *report, void *context);
void analysis_drives(const struct analysis_rig *rig, size_t trip, analysis_report *report, void *context);
/* Whatever the other points show, within their ranges. room: for as many as the rig has points. */
void analysis_safe_state(const struct analysis_rig *rig, struct rig_interval *room, analysis_report *report,
                         void *context);

#endif
