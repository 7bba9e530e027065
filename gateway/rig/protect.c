/* protect.c - the means that go over everybody's head: e-stop, reset, lock-out, the end of a quarantine,
 * shutdown. */
#include "gateway/rig/state.h"

struct person {
    uint32_t seat;
    uint64_t account;
    enum rig_role role;
    bool known;
};

/* Seat 0 is whom the shell vouches for. */
static struct person who(struct rig *rig, const struct rig_event *event)
{
    if (event->seat == 0)
        return (struct person){0, event->person.account, event->person.role, true};
    const struct rig_seat *seat = seat_heard(rig, event->seat);
    return seat ? (struct person){seat->id, seat->account, seat->role, true} : (struct person){0};
}

static struct rig_action *record(struct rig *rig, enum rig_record_kind kind, const struct person *person)
{
    struct rig_action *action = emit_record(rig, kind);
    action->seat = person->seat;
    action->account = person->account;
    return action;
}

void protect_stop(struct rig *rig, const struct rig_event *event)
{
    struct person person = who(rig, event);
    if (!person.known) {
        emit_answer(rig, event->request, event->seat, rig->session ? RIG_NO_SEAT : RIG_NO_SESSION, NULL);
        return;
    }
    bool already = rig->durable.stopped;
    rig->durable.stopped = true;
    lease_end(rig, RIG_STOPPED);
    rig_edge(rig, RIG_EDGE_STOP, NULL);
    record(rig, RIG_RECORD_STOP, &person);
    if (!already) {
        emit_durable(rig);
        emit_notice(rig, RIG_RECORD_STOP)->account = person.account;
    }
    emit_answer(rig, event->request, event->seat, RIG_ACCEPTED, NULL);
}

/* A teacher only in their own session: from a seat that may have control. */
static bool may_reset_stop(struct rig *rig, const struct person *person)
{
    if (role_covers(person->role, RIG_TECHNICIAN))
        return true;
    const struct rig_seat *seat = seat_find(rig, person->seat);
    return rig->spec->teacher_reset && seat && role_covers(person->role, RIG_TEACHER) &&
           seat_memory(rig, seat)->may_control;
}

/* Resets what can be reset; the answer is about what remains. */
void protect_reset(struct rig *rig, const struct rig_event *event)
{
    struct person person = who(rig, event);
    enum rig_refusal refusal = person.known ? RIG_ACCEPTED : rig->session ? RIG_NO_SEAT : RIG_NO_SESSION;
    const char *rule = NULL;
    if (person.known && !rig->recording)
        refusal = RIG_NO_RECORD;
    if (refusal != RIG_ACCEPTED) {
        emit_answer(rig, event->request, event->seat, refusal, NULL);
        return;
    }
    if (rig->durable.stopped && may_reset_stop(rig, &person)) {
        rig->durable.stopped = false;
        emit_durable(rig);
        record(rig, RIG_RECORD_RESET, &person);
    } else if (rig->durable.stopped) {
        refusal = RIG_NOT_ALLOWED;
    }
    trip_reset(rig, event, person.role, person.account, &refusal, &rule);
    emit_answer(rig, event->request, event->seat, refusal, rule);
}

void protect_lockout(struct rig *rig, const struct rig_event *event)
{
    struct rig_durable *durable = &rig->durable;
    bool set = event->lockout.set;
    if (!set && durable->locked_out && !event->lockout.reasoned &&
        durable->lockout_account != event->lockout.account) {
        emit_answer(rig, event->request, 0, RIG_NOT_ALLOWED, NULL);
        return;
    }
    if (set != durable->locked_out) {
        durable->locked_out = set;
        durable->lockout_account = set ? event->lockout.account : 0;
        emit_durable(rig);
        emit_record(rig, set ? RIG_RECORD_LOCKOUT : RIG_RECORD_UNLOCK)->account = event->lockout.account;
        emit_notice(rig, set ? RIG_RECORD_LOCKOUT : RIG_RECORD_UNLOCK)->account = event->lockout.account;
    }
    if (set)
        lease_end(rig, RIG_LOCKED_OUT);
    rig_edge(rig, RIG_EDGE_LOCKOUT, NULL);
    emit_answer(rig, event->request, 0, RIG_ACCEPTED, NULL);
}

void protect_clear(struct rig *rig, const struct rig_event *event)
{
    struct person person = who(rig, event);
    if (!person.known || !role_covers(person.role, RIG_TECHNICIAN)) {
        emit_answer(rig, event->request, event->seat, RIG_NOT_ALLOWED, NULL);
        return;
    }
    if (rig->durable.quarantined) {
        rig->durable.quarantined = false;
        rig->sequence.tries = 0;
        emit_durable(rig);
        record(rig, RIG_RECORD_CLEAR, &person);
        rig_edge(rig, RIG_EDGE_CLEAR, NULL);
    }
    emit_answer(rig, event->request, event->seat, RIG_ACCEPTED, NULL);
}

void protect_recording(struct rig *rig, const struct rig_event *event)
{
    if (rig->recording != event->recording.takes)
        touch_status(rig);
    rig->recording = event->recording.takes;
}

void protect_shutdown(struct rig *rig, const struct rig_event *event)
{
    rig->closing = true;
    lease_end(rig, RIG_CLOSING);
    rig_edge(rig, RIG_EDGE_SHUTDOWN, NULL);
    emit_answer(rig, event->request, 0, RIG_ACCEPTED, NULL);
}
