/* bypass.c - a technician takes a trip or a permissive out of force for some hours (promise S15). Never in a
 * student's session: one that a student booked, or in which a student has sat. Nothing of it survives a
 * restart.
 *
 * Rules are numbered as everywhere, trips first. A rule that comes back into force is judged at once, and
 * acts. */
#include "gateway/rig/state.h"

bool bypass_holds(const struct rig *rig, size_t rule)
{
    return rig->interlocks.bypassed_until[rule] != 0;
}

static const char *name_of(const struct rig_spec *spec, size_t rule)
{
    return rule < spec->trip_count ? spec->trips[rule].name : spec->permissives[rule - spec->trip_count].name;
}

static void tell(struct rig *rig, enum rig_record_kind kind, size_t rule, uint64_t account)
{
    struct rig_action *record = emit_record(rig, kind);
    record->rule = name_of(rig->spec, rule);
    record->account = account;
    struct rig_action *notice = emit_notice(rig, kind);
    notice->rule = record->rule;
    notice->account = account;
    touch_status(rig);
}

static void end(struct rig *rig, size_t rule, uint64_t account)
{
    if (!bypass_holds(rig, rule))
        return;
    rig->interlocks.bypassed_until[rule] = 0;
    timer_set(rig, TIMER_BYPASS, rule, DEADLINE_NEVER);
    tell(rig, RIG_RECORD_BYPASS_ENDED, rule, account);
    interlock_mark(rig, rule);
}

void bypass_due(struct rig *rig, size_t rule)
{
    end(rig, rule, 0);
}

void bypass_student(struct rig *rig)
{
    rig->student_session = true;
    rig->heartbeat.held_until = 0;
    for (size_t rule = 0; rule < rig->spec->trip_count + rig->spec->permissive_count; rule++)
        end(rig, rule, 0);
}

static enum rig_refusal objection(const struct rig *rig, const struct rig_event *event)
{
    int64_t length = event->bypass.until - rig->now;
    if (event->bypass.rule >= rig->spec->trip_count + rig->spec->permissive_count)
        return RIG_UNKNOWN_RULE;
    if (!role_covers(event->bypass.role, RIG_TECHNICIAN))
        return RIG_NOT_ALLOWED;
    if (!event->bypass.set)
        return RIG_ACCEPTED; /* ending one only makes safer */
    if (!rig->recording)
        return RIG_NO_RECORD;
    if (length <= 0 || length > RIG_BYPASS_MAX)
        return RIG_TOO_LONG;
    return rig->session != 0 && rig->student_session ? RIG_STUDENTS_SESSION : RIG_ACCEPTED;
}

void bypass_set(struct rig *rig, const struct rig_event *event)
{
    size_t rule = event->bypass.rule;
    enum rig_refusal refusal = objection(rig, event);
    if (refusal == RIG_ACCEPTED && !event->bypass.set) {
        end(rig, rule, event->bypass.account);
    } else if (refusal == RIG_ACCEPTED) {
        rig->interlocks.bypassed_until[rule] = event->bypass.until;
        timer_set(rig, TIMER_BYPASS, rule, event->bypass.until);
        tell(rig, RIG_RECORD_BYPASS, rule, event->bypass.account);
        interlock_mark(rig, rule);
    }
    emit_answer(rig, event->request, 0, refusal, NULL);
}
