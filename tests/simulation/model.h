/* model.h - the steps of docs/model/steps.h, as C. model.c alone includes that text. */
#ifndef TESTS_SIMULATION_MODEL_H
#define TESTS_SIMULATION_MODEL_H

#include <stdbool.h>
#include <stdint.h>

enum model_step {
    MODEL_START,
    MODEL_FENCE,
    MODEL_ACK,
    MODEL_EDGE,
    MODEL_BEGIN,
    MODEL_VERIFY,
    MODEL_FAIL,
    MODEL_QUARANTINE,
    MODEL_CLEAR,
    MODEL_TAKE,
    MODEL_GRANT,
    MODEL_END,
    MODEL_COMMAND,
    MODEL_STOP,
    MODEL_RESET,
    MODEL_SESSION_BEGIN,
    MODEL_SESSION_END,
};

struct model {
    uint64_t epoch;
    uint32_t holder, acked;
    unsigned down, required, all_lines;
    bool owes_fence, held, granted, needs_safe, running, again, session, stopped, quarantined, barred;
};

/* False: the step may not be taken now, and nothing has changed. `who`: seat, or the bit of a line. */
bool model_take(struct model *model, enum model_step step, uint64_t epoch, uint32_t who);
const char *model_step_name(enum model_step step);

#endif
