/* lease.c - the right to control: epochs, grant, hand-over and loss (promise S4). */
#include "gateway/rig/state.h"

void lease_fence(struct rig *rig)
{
    rig->fence_wanted = false;
    rig->lease.epoch++;
    rig->lease.granted = false;
    for (size_t i = 0; i < rig->spec->link_count; i++)
        emit(rig, RIG_ACTION_EPOCH)->link = (uint16_t)i;
    command_supersede_all(rig);
    ramp_end_all(rig);
    touch_status(rig);
}

void lease_epoch_ack(struct rig *rig, const struct rig_event *event)
{
    uint16_t link = event->epoch_ack.link;
    if (link < rig->spec->link_count && event->epoch_ack.epoch == rig->lease.epoch)
        rig->lease.acknowledged[link] = rig->lease.epoch;
}

static bool all_acknowledged(const struct rig *rig)
{
    for (size_t i = 0; i < rig->spec->link_count; i++)
        if (rig->lease.acknowledged[i] != rig->lease.epoch)
            return false;
    return true;
}

static void answer_take(struct rig *rig, enum rig_refusal refusal)
{
    emit_answer(rig, rig->lease.request, rig->lease.holder, refusal, NULL);
    rig->lease.request = 0;
}

static void arm_presence(struct rig *rig)
{
    const struct rig_seat *seat = seat_find(rig, rig->lease.holder);
    int64_t due = time_after(seat->heard, rig->spec->presence);
    if (rig->lease.missing)
        due = time_after(due, rig->spec->resume_window);
    timer_set(rig, TIMER_PRESENCE, 0, due);
}

void lease_grant(struct rig *rig)
{
    struct lease *lease = &rig->lease;
    if (lease->holder == 0 || lease->granted || lease->needs_safe || admit_unfit(rig) != RIG_ACCEPTED ||
        !all_acknowledged(rig))
        return;
    lease->granted = true;
    touch_status(rig);
    if (lease->held)
        return;
    lease->held = true;
    struct rig_seat *seat = seat_find(rig, lease->holder);
    seat->kind = RIG_SEAT_CONTROLLER;
    struct rig_action *record = emit_record(rig, RIG_RECORD_GRANT);
    record->seat = seat->id;
    record->account = seat->account;
    answer_take(rig, RIG_ACCEPTED);
}

/* The caller asks for the edge, or has another way to make sure that nothing of the old holder's acts any
 * more. */
void lease_end(struct rig *rig, enum rig_refusal why)
{
    struct lease *lease = &rig->lease;
    if (lease->holder == 0)
        return;
    struct rig_seat *seat = seat_find(rig, lease->holder);
    answer_take(rig, why);
    if (lease->held) {
        struct rig_action *record = emit_record(rig, RIG_RECORD_REVOKE);
        record->seat = lease->holder;
        record->account = seat->account;
        record->refusal = why;
        emit(rig, RIG_ACTION_CANCEL_CAPTURES);
    }
    seat->kind = seat_memory(rig, seat)->wanted;
    lease->holder = 0;
    lease->held = lease->granted = lease->missing = false;
    timer_set(rig, TIMER_PRESENCE, 0, DEADLINE_NEVER);
    touch_status(rig);
}

static void await_grant(struct rig *rig, const struct rig_seat *seat, uint64_t request)
{
    struct lease *lease = &rig->lease;
    lease->holder = seat->id;
    lease->held = lease->granted = lease->missing = false;
    lease->request = request;
    rig->fence_wanted = true;
    arm_presence(rig);
    touch_status(rig);
}

/* To oneself, or to another seat: staff whose session it is give control to anybody, and whoever has it calls
 * staff in, who may give it back. */
static bool may_give(const struct rig *rig, const struct rig_seat *asker, const struct rig_seat *candidate)
{
    const struct seat_memory *memory = &rig->memories[asker - rig->seats];
    if (asker == candidate)
        return memory->may_control;
    if (role_covers(asker->role, RIG_TEACHER) && memory->own)
        return true;
    bool back = rig->memories[candidate - rig->seats].own;
    return rig->lease.holder == asker->id && (role_covers(candidate->role, RIG_TEACHER) || back);
}

static enum rig_refusal take_objection(const struct rig *rig, const struct rig_seat *asker,
                                       const struct rig_seat *candidate, const struct rig_event *event)
{
    if (rig->session == 0)
        return RIG_NO_SESSION;
    if (!asker || !candidate)
        return RIG_NO_SEAT;
    enum rig_refusal refusal = admit_unfit(rig);
    if (refusal != RIG_ACCEPTED)
        return refusal;
    bool staff = role_covers(asker->role, RIG_TEACHER);
    if (!may_give(rig, asker, candidate))
        return RIG_NOT_ALLOWED;
    if (asker != candidate && time_after(candidate->heard, rig->spec->presence) <= rig->now)
        return RIG_ABSENT;
    bool taken = rig->lease.holder != 0 && rig->lease.holder != candidate->id;
    bool own = rig->lease.holder == asker->id;
    bool forced = event->take.force && staff;
    return taken && !own && !forced ? RIG_NOT_CONTROLLER : RIG_ACCEPTED;
}

void lease_take(struct rig *rig, const struct rig_event *event)
{
    struct lease *lease = &rig->lease;
    struct rig_seat *asker = seat_heard(rig, event->seat);
    struct rig_seat *candidate = event->take.to ? seat_find(rig, event->take.to) : asker;
    enum rig_refusal refusal = take_objection(rig, asker, candidate, event);
    if (refusal != RIG_ACCEPTED) {
        emit_answer(rig, event->request, event->seat, refusal, NULL);
        return;
    }
    seat_memory(rig, candidate)->may_control = true;
    if (lease->holder == candidate->id) {
        if (lease->held) {
            emit_answer(rig, event->request, event->seat, RIG_ACCEPTED, NULL);
            return;
        }
        answer_take(rig, RIG_SUPERSEDED);
        lease->request = event->request;
        return;
    }
    struct rig_action *record = emit_record(rig, RIG_RECORD_TAKE);
    record->seat = candidate->id;
    record->account = asker->account;
    record->whose = candidate->account;
    bool handover = lease->holder != 0;
    bool keeps = rig->spec->handover_keep && lease->granted;
    lease_end(rig, RIG_NOT_CONTROLLER);
    if (handover && !keeps)
        rig_edge(rig, RIG_EDGE_HANDOVER, NULL);
    await_grant(rig, candidate, event->request);
}

void lease_release(struct rig *rig, const struct rig_event *event)
{
    const struct rig_seat *seat = seat_heard(rig, event->seat);
    bool holds = seat && rig->lease.holder == seat->id;
    emit_answer(rig, event->request, event->seat,
                holds               ? RIG_ACCEPTED
                : rig->session == 0 ? RIG_NO_SESSION
                : !seat             ? RIG_NO_SEAT
                                    : RIG_NOT_CONTROLLER,
                NULL);
    if (!holds)
        return;
    lease_end(rig, RIG_NOT_CONTROLLER);
    rig_edge(rig, RIG_EDGE_RELEASE, NULL);
}

void lease_heard(struct rig *rig)
{
    if (rig->lease.missing) {
        rig->lease.missing = false;
        touch_status(rig);
    }
    arm_presence(rig);
}

void lease_presence_due(struct rig *rig, size_t unused)
{
    (void)unused;
    if (!rig->lease.missing) {
        rig->lease.missing = true;
        touch_status(rig);
        arm_presence(rig);
        return;
    }
    lease_end(rig, RIG_NOT_CONTROLLER);
    rig_edge(rig, RIG_EDGE_CONTROLLER_LOST, NULL);
}
