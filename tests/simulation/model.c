/* model.c - the text that spin verifies, compiled: what is checked there is what is checked here. */
#include "tests/simulation/model.h"

static const char *const names[] = {
    "start", "fence", "ack", "edge",    "begin", "verify", "fail",          "quarantine",  "clear",
    "take",  "grant", "end", "command", "stop",  "reset",  "session-begin", "session-end",
};

const char *model_step_name(enum model_step step)
{
    return names[step];
}

/* The variables of steps.h are those of the model that is at hand. */
#define epoch       model->epoch
#define holder      model->holder
#define acked       model->acked
#define down        model->down
#define owes_fence  model->owes_fence
#define held        model->held
#define granted     model->granted
#define needs_safe  model->needs_safe
#define running     model->running
#define again       model->again
#define session     model->session
#define stopped     model->stopped
#define quarantined model->quarantined
#define barred      model->barred
#define LINES       model->required
#define ALL_LINES   model->all_lines
#define IS_NEW(e)   (e > epoch)
#define skip        (void)0
#include "docs/model/steps.h"

#define STEP(name, may, effect)                                                                              \
    case MODEL_##name:                                                                                       \
        if (!(may))                                                                                          \
            return false;                                                                                    \
        effect;                                                                                              \
        return true

bool model_take(struct model *model, enum model_step step, uint64_t e, uint32_t who)
{
    switch (step) {
        STEP(START, MAY_START(e), DO_START(e));
        STEP(FENCE, MAY_FENCE(e), DO_FENCE(e));
        STEP(ACK, MAY_ACK(who, e), DO_ACK(who, e));
        STEP(EDGE, MAY_EDGE, DO_EDGE);
        STEP(BEGIN, MAY_BEGIN, DO_BEGIN);
        STEP(VERIFY, MAY_VERIFY, DO_VERIFY);
        STEP(FAIL, MAY_FAIL, DO_FAIL);
        STEP(QUARANTINE, MAY_QUARANTINE, DO_QUARANTINE);
        STEP(CLEAR, MAY_CLEAR, DO_CLEAR);
        STEP(TAKE, MAY_TAKE(who), DO_TAKE(who));
        STEP(GRANT, MAY_GRANT, DO_GRANT);
        STEP(END, MAY_END, DO_END);
        STEP(COMMAND, MAY_COMMAND(who, e), DO_COMMAND(who, e));
        STEP(STOP, MAY_STOP, DO_STOP);
        STEP(RESET, MAY_RESET, DO_RESET);
        STEP(SESSION_BEGIN, MAY_SESSION_BEGIN, DO_SESSION_BEGIN);
        STEP(SESSION_END, MAY_SESSION_END, DO_SESSION_END);
    }
    return false;
}
