/* ramp.c - a set beyond the slew limit, as visible steps. Each is checked by the interlocks like a command; a
 * fence, a newer command or a step that is refused or fails ends the ramp where it is. */
#include "gateway/rig/state.h"

#include <math.h>

double ramp_next(const struct rig *rig, const struct rig_limit_spec *limit, double target)
{
    double from = rig->outputs[limit->of].written;
    double step = limit->slew * (double)limit->ramp_step / (double)SECOND;
    if (rig->spec->points[limit->of].type == RIG_INTEGER)
        step = fmax(1, floor(step));
    return fabs(target - from) <= step ? target : target > from ? from + step : from - step;
}

void ramp_begin(struct rig *rig, size_t limit, const struct rig_seat *seat, double target, int64_t first_due)
{
    rig->ramps[limit] =
        (struct ramp){.state = RAMP_CLIMBING, .target = target, .seat = seat->id, .account = seat->account};
    timer_set(rig, TIMER_RAMP, limit, first_due);
    touch_status(rig);
}

static struct rig_action *record_ramp(struct rig *rig, size_t limit, enum rig_record_kind kind)
{
    const struct ramp *ramp = &rig->ramps[limit];
    struct rig_action *record = emit_record(rig, kind);
    record->seat = ramp->seat;
    record->account = ramp->account;
    record->point = rig->spec->limits[limit].of;
    record->before = rig->outputs[record->point].written;
    record->number = ramp->target;
    return record;
}

void ramp_end(struct rig *rig, size_t limit, enum rig_refusal why, const char *rule)
{
    struct ramp *ramp = &rig->ramps[limit];
    if (ramp->state == RAMP_NONE)
        return;
    struct rig_action *record = record_ramp(rig, limit, RIG_RECORD_RAMP_ENDED);
    record->refusal = why;
    record->rule = rule;
    record->verified = why == RIG_ACCEPTED;
    ramp->state = RAMP_NONE;
    ramp->due = false;
    ramp->ticket = 0;
    timer_set(rig, TIMER_RAMP, limit, DEADLINE_NEVER);
    touch_status(rig);
}

void ramp_end_all(struct rig *rig)
{
    for (size_t i = 0; i < rig->spec->limit_count; i++)
        ramp_end(rig, i, RIG_SUPERSEDED, NULL);
}

static void write_step(struct rig *rig, size_t index)
{
    const struct rig_limit_spec *limit = &rig->spec->limits[index];
    struct ramp *ramp = &rig->ramps[index];
    double next = ramp_next(rig, limit, ramp->target);
    record_ramp(rig, index, RIG_RECORD_RAMP_STEP)->number = next;
    ramp->ticket = ticket_make(rig, TICKET_RAMP, index);
    ramp->until = time_after(rig->now, output_within(rig, limit->of));
    rig->verified = false;
    output_wrote(rig, limit->of, next);
    struct rig_action *write = emit(rig, RIG_ACTION_WRITE);
    write->point = limit->of;
    write->number = next;
    write->ticket = ramp->ticket;
    write->until = ramp->until;
    write->seat = ramp->seat;
    write->read_back = next == ramp->target && rig->spec->points[limit->of].readback != RIG_NONE;
    timer_set(rig, TIMER_RAMP, index, time_after(rig->now, limit->ramp_step));
}

void ramp_due(struct rig *rig, size_t index)
{
    rig->ramps[index].due = rig->ramp_is_due = true;
}

static void move_on(struct rig *rig, size_t index)
{
    const struct rig_limit_spec *limit = &rig->spec->limits[index];
    struct ramp *ramp = &rig->ramps[index];
    if ((ramp->ticket != 0 || ramp->state == RAMP_CONFIRMING) && rig->now >= ramp->until) {
        ramp_end(rig, index, RIG_NOT_CONFIRMED, NULL);
        return;
    }
    bool waits = ramp->ticket != 0 || command_pending_on(rig, limit->of);
    if (ramp->state == RAMP_CONFIRMING || waits) {
        if (ramp->state == RAMP_CONFIRMING)
            emit_read(rig, rig->spec->points[limit->of].readback);
        int64_t next = time_after(rig->now, waits ? limit->ramp_step : ASK_EVERY);
        timer_set(rig, TIMER_RAMP, index, waits || next < ramp->until ? next : ramp->until);
        return;
    }
    double next = ramp_next(rig, limit, ramp->target);
    struct objection objection = {0};
    enum rig_refusal refusal = admit_interlocks(rig, limit->of, next, &objection);
    if (refusal == RIG_ACCEPTED && !rig->recording)
        refusal = RIG_NO_RECORD;
    if (refusal != RIG_ACCEPTED || !rig->lease.granted) {
        ramp_end(rig, index, refusal == RIG_ACCEPTED ? RIG_SUPERSEDED : refusal, objection.rule);
        return;
    }
    write_step(rig, index);
}

void ramps_step(struct rig *rig)
{
    rig->ramp_is_due = false;
    for (size_t i = 0; i < rig->spec->limit_count; i++) {
        if (!rig->ramps[i].due)
            continue;
        rig->ramps[i].due = false;
        move_on(rig, i);
    }
}

void ramp_written(struct rig *rig, const struct rig_written *written)
{
    size_t index = ticket_slot(written->ticket);
    if (index >= rig->spec->limit_count || rig->ramps[index].ticket != written->ticket)
        return;
    struct ramp *ramp = &rig->ramps[index];
    uint16_t point = rig->spec->limits[index].of;
    ramp->ticket = 0;
    if (written->result != RIG_WRITE_DONE) {
        ramp_end(rig, index,
                 written->result == RIG_WRITE_OLD_EPOCH ? RIG_SUPERSEDED : RIG_WRITE_FAILED_ON_LINE, NULL);
        return;
    }
    if (rig->outputs[point].written != ramp->target)
        return;
    if (rig->spec->points[point].readback == RIG_NONE) {
        ramp_end(rig, index, RIG_ACCEPTED, NULL);
        return;
    }
    ramp->state = RAMP_CONFIRMING;
    ramp->since = written->at ? written->at : rig->now;
    ramp->until = time_after(ramp->since, output_within(rig, point));
    if (!written->read_back)
        emit_read(rig, rig->spec->points[point].readback);
    timer_set(rig, TIMER_RAMP, index, time_after(rig->now, ASK_EVERY));
}

void ramp_check(struct rig *rig)
{
    for (size_t i = 0; i < rig->spec->limit_count; i++) {
        const struct ramp *ramp = &rig->ramps[i];
        uint16_t point = rig->spec->limits[i].of;
        if (ramp->state != RAMP_CONFIRMING || !image_output_shows(rig, point, ramp->target, ramp->since))
            continue;
        if (ramp->target == rig->spec->points[point].safe)
            output_set_on(rig, point, false);
        ramp_end(rig, i, RIG_ACCEPTED, NULL);
    }
}

bool rig_ramp(const struct rig *rig, uint16_t point, double *target)
{
    if (point >= rig->spec->point_count || !limit_of(rig, point))
        return false;
    const struct ramp *ramp = &rig->ramps[rig->limit_of[point]];
    *target = ramp->target;
    return ramp->state != RAMP_NONE;
}
