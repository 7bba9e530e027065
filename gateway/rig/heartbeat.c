/* heartbeat.c - the sign of life for the rig's own controller (promise S10). It ends a decision cycle, so a
 * core that hangs does not beat; it goes on in every condition, also while tripped, unless its own instrument
 * is down, or a technician holds it to see the controller act; never in a student's session. */
#include "gateway/rig/state.h"

static double next_number(const struct rig *rig)
{
    const struct rig_point_spec *point = &rig->spec->points[rig->spec->heartbeat.point];
    if (point->type == RIG_BOOLEAN)
        return rig->heartbeat.number == 0;
    double number = rig->heartbeat.number + 1;
    return number > point->maximum || number < point->minimum ? point->minimum : number;
}

void heartbeat_beat(struct rig *rig)
{
    const struct rig_heartbeat_spec *spec = &rig->spec->heartbeat;
    if (spec->point == RIG_NONE || rig->now < rig->heartbeat.due)
        return;
    rig->heartbeat.due += spec->every;
    if (rig->heartbeat.due <= rig->now)
        rig->heartbeat.due = time_after(rig->now, spec->every);
    timer_set(rig, TIMER_HEARTBEAT, 0, rig->heartbeat.due);
    if (rig->heartbeat.ticket != 0 || rig->now < rig->heartbeat.held_until ||
        !image_point_up(rig, spec->point))
        return; /* one in the queue at a time */
    rig->heartbeat.number = next_number(rig);
    rig->heartbeat.ticket = ticket_make(rig, TICKET_HEARTBEAT, 0);
    struct rig_action *write = emit(rig, RIG_ACTION_WRITE);
    write->point = spec->point;
    write->number = rig->heartbeat.number;
    write->ticket = rig->heartbeat.ticket;
    write->heartbeat = true;
}

void heartbeat_written(struct rig *rig, const struct rig_written *written)
{
    /* whatever came of it: the next beat is the next try */
    if (written->ticket == rig->heartbeat.ticket)
        rig->heartbeat.ticket = 0;
}

static enum rig_refusal hold_objection(const struct rig *rig, const struct rig_event *event)
{
    int64_t length = event->hold_heartbeat.until - rig->now;
    if (rig->spec->heartbeat.point == RIG_NONE)
        return RIG_UNKNOWN_POINT;
    if (!role_covers(event->hold_heartbeat.role, RIG_TECHNICIAN))
        return RIG_NOT_ALLOWED;
    if (length <= 0)
        return RIG_ACCEPTED; /* ending it only makes safer */
    if (!rig->recording)
        return RIG_NO_RECORD;
    if (length > RIG_HOLD_MAX)
        return RIG_TOO_LONG;
    return rig->session != 0 && rig->student_session ? RIG_STUDENTS_SESSION : RIG_ACCEPTED;
}

void heartbeat_hold(struct rig *rig, const struct rig_event *event)
{
    enum rig_refusal refusal = hold_objection(rig, event);
    if (refusal == RIG_ACCEPTED) {
        rig->heartbeat.held_until = event->hold_heartbeat.until;
        emit_record(rig, RIG_RECORD_HEARTBEAT_HELD)->account = event->hold_heartbeat.account;
    }
    emit_answer(rig, event->request, 0, refusal, NULL);
}
