/* conform.c - is what the core did a run of the model (docs/model)? Each of its actions is named as a step of
 * the model, whose guard must hold; and after each event the model must be in the condition that the core
 * shows. */
#include "tests/simulation/conform.h"

#include "tests/simulation/oracle.h"

static void take(struct lab *lab, enum model_step step, uint64_t epoch, uint32_t who)
{
    CHECK(lab, model_take(&lab->model, step, epoch, who), "the model does not allow the step %s here",
          model_step_name(step));
}

static bool barred_now(const struct lab *lab)
{
    const struct oracle *o = &lab->oracle;
    return o->closing || !o->recording || rig_durable(lab->rig)->lockout_count > 0 || rig_is_local(lab->rig);
}

static bool is_required(const struct lab *lab, uint16_t instrument)
{
    const struct rig_instrument_spec *spec = &lab->spec.instruments[instrument];
    return spec->outputs || !spec->on_loss_continue;
}

void conform_start(struct lab *lab)
{
    struct model *model = &lab->model;
    model->all_lines = (1u << LINKS) - 1;
    model->required = 0;
    for (uint16_t i = 0; i < INSTRUMENTS; i++)
        model->required += is_required(lab, i);
    model->stopped = rig_durable(lab->rig)->stopped;
    model->quarantined = rig_durable(lab->rig)->quarantined;
    take(lab, MODEL_START, rig_epoch(lab->rig), 0);
}

static bool is_refused(const struct lab *lab, uint64_t request)
{
    for (size_t i = 0; i < lab->actions.count; i++)
        if (lab->actions.list[i].kind == RIG_ACTION_ANSWER && lab->actions.list[i].request == request)
            return lab->actions.list[i].refusal != RIG_ACCEPTED;
    return false;
}

/* An edge, or who waits for control from now on, shows first by its fence. */
static void fence(struct lab *lab, const struct rig_event *event, const struct rig_action *action)
{
    struct model *model = &lab->model;
    uint32_t candidate = event->take.to ? event->take.to : event->seat;
    bool takes =
        event->kind == RIG_EVENT_TAKE && candidate != model->holder && !is_refused(lab, event->request);
    bool mere_take = takes && !lab->conform.ended;
    if (rig_is_making_safe(lab->rig) && !mere_take)
        take(lab, MODEL_EDGE, 0, 0);
    if (takes) {
        take(lab, MODEL_TAKE, 0, candidate);
        lab->conform.waits = event->request;
    }
    take(lab, MODEL_FENCE, action->epoch, 0);
}

static void end(struct lab *lab)
{
    take(lab, MODEL_END, 0, 0);
    lab->conform.ended = true;
}

/* Who waited for control and was never given it leaves no record, but gets an answer. */
static void answer(struct lab *lab, const struct rig_event *event, const struct rig_action *action)
{
    struct model *model = &lab->model;
    if (model->holder == 0 || model->held || action->request != lab->conform.waits)
        return;
    if (action->refusal == RIG_SUPERSEDED)
        lab->conform.waits = event->request; /* the same person asks again */
    else if (action->refusal != RIG_ACCEPTED)
        end(lab);
}

static void record(struct lab *lab, const struct rig_action *action)
{
    struct model *model = &lab->model;
    switch (action->record) {
    case RIG_RECORD_SAFE_BEGIN:
        take(lab, MODEL_BEGIN, 0, 0);
        break;
    case RIG_RECORD_SAFE_DONE:
        if (!model_take(model, MODEL_VERIFY, 0, 0))
            take(lab, MODEL_FAIL, 0, 0);
        break;
    case RIG_RECORD_SAFE_FAILED:
        take(lab, MODEL_FAIL, 0, 0);
        break;
    case RIG_RECORD_GRANT:
        if (!model_take(model, MODEL_GRANT, 0, 0)) {
            model->barred = barred_now(lab);
            take(lab, MODEL_GRANT, 0, 0);
        }
        break;
    case RIG_RECORD_REVOKE:
        if (model->held)
            end(lab);
        break;
    case RIG_RECORD_STOP:
        take(lab, MODEL_STOP, 0, 0);
        break;
    case RIG_RECORD_RESET:
        if (!action->rule)
            take(lab, MODEL_RESET, 0, 0);
        break;
    case RIG_RECORD_QUARANTINE:
        take(lab, MODEL_QUARANTINE, 0, 0);
        break;
    case RIG_RECORD_CLEAR:
        take(lab, MODEL_CLEAR, 0, 0);
        break;
    case RIG_RECORD_SESSION_BEGIN:
        take(lab, MODEL_SESSION_BEGIN, 0, 0);
        break;
    case RIG_RECORD_SESSION_END:
        take(lab, MODEL_SESSION_END, 0, 0);
        break;
    case RIG_RECORD_INSTRUMENT_LOST:
    case RIG_RECORD_INSTRUMENT_BACK:
        if (is_required(lab, action->instrument))
            model->down += action->record == RIG_RECORD_INSTRUMENT_LOST ? 1u : -1u;
        break;
    default:
        break;
    }
}

static enum rig_condition condition_of(const struct model *model)
{
    return model->quarantined   ? RIG_QUARANTINED
           : model->down > 0    ? RIG_UNAVAILABLE
           : model->needs_safe  ? RIG_MAKING_SAFE
           : model->holder == 0 ? RIG_SAFE
           : model->granted     ? RIG_CONTROLLED
                                : RIG_GRANTING;
}

void conform_event(struct lab *lab, const struct rig_event *event)
{
    struct model *model = &lab->model;
    if (event->kind == RIG_EVENT_EPOCH_ACK)
        model_take(model, MODEL_ACK, event->epoch_ack.epoch, 1u << event->epoch_ack.link);
    lab->conform.ended = false;
    for (size_t i = 0; i < lab->actions.count; i++) {
        const struct rig_action *action = &lab->actions.list[i];
        if (action->kind == RIG_ACTION_EPOCH && action->link == 0)
            fence(lab, event, action);
        else if (action->kind == RIG_ACTION_RECORD)
            record(lab, action);
        else if (action->kind == RIG_ACTION_ANSWER)
            answer(lab, event, action);
        else if (action->kind == RIG_ACTION_WRITE && !action->safe && !action->heartbeat)
            take(lab, MODEL_COMMAND, action->epoch, action->seat);
    }
    model->barred = barred_now(lab);
    /* The controller goes on under a new epoch without another grant. */
    if (rig_condition(lab->rig) == RIG_CONTROLLED && !model->granted)
        take(lab, MODEL_GRANT, 0, 0);
    CHECK(lab, condition_of(model) == rig_condition(lab->rig), "the core is %s, the model %s",
          rig_condition_name(rig_condition(lab->rig)), rig_condition_name(condition_of(model)));
    uint32_t controller = model->held ? model->holder : 0;
    CHECK(lab,
          controller == rig_controller(lab->rig) && model->epoch == rig_epoch(lab->rig) && !model->owes_fence,
          "controller or epoch are not the model's");
}
