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

static void stop_edge(struct rig *rig)
{
    rig->stop.next_edge = time_after(rig->now, RIG_STOP_EDGES_APART);
    rig->stop.put_off = false;
    timer_set(rig, TIMER_STOP, 0, DEADLINE_NEVER);
    rig_edge(rig, RIG_EDGE_STOP, NULL);
}

/* Several within the time are one edge at its end. */
static void press_again(struct rig *rig)
{
    if (rig->now >= rig->stop.next_edge) {
        stop_edge(rig);
        return;
    }
    rig->stop.put_off = true;
    timer_set(rig, TIMER_STOP, 0, rig->stop.next_edge);
}

void protect_stop_due(struct rig *rig, size_t unused)
{
    (void)unused;
    stop_edge(rig);
}

/* Each press is accepted, recorded, and ends the lease; the first is an edge at once, whatever came before.
 */
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
    if (already)
        press_again(rig);
    else
        stop_edge(rig);
    record(rig, RIG_RECORD_STOP, &person);
    if (!already) {
        emit_durable(rig);
        emit_notice(rig, RIG_RECORD_STOP)->account = person.account;
    }
    emit_answer(rig, event->request, event->seat, RIG_ACCEPTED, NULL);
}

/* A teacher only in their own session: being given control in another's does not make it theirs. */
static bool may_reset_stop(struct rig *rig, const struct person *person)
{
    if (role_covers(person->role, RIG_TECHNICIAN))
        return true;
    const struct rig_seat *seat = seat_find(rig, person->seat);
    return rig->spec->teacher_reset && seat && role_covers(person->role, RIG_TEACHER) &&
           seat_memory(rig, seat)->own;
}

/* A press that was put off is an edge before anybody can have control again, and none after. */
static void reset_stop(struct rig *rig, const struct person *person)
{
    rig->durable.stopped = false;
    if (rig->stop.put_off)
        stop_edge(rig);
    emit_durable(rig);
    record(rig, RIG_RECORD_RESET, person);
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
    if (rig->durable.stopped && may_reset_stop(rig, &person))
        reset_stop(rig, &person);
    else if (rig->durable.stopped)
        refusal = RIG_NOT_ALLOWED;
    trip_reset(rig, event, person.role, person.account, &refusal, &rule);
    emit_answer(rig, event->request, event->seat, refusal, rule);
}

/* Where the account's lock-out stands; lockout_count: nowhere. */
static size_t lockout_of(const struct rig_durable *durable, uint64_t account)
{
    size_t place = 0;
    while (place < durable->lockout_count && durable->lockouts[place] != account)
        place++;
    return place;
}

static enum rig_refusal add_lockout(struct rig_durable *durable, uint64_t account)
{
    size_t place = lockout_of(durable, account);
    if (place == RIG_LOCKOUTS_MAX)
        return RIG_FULL;
    if (place == durable->lockout_count)
        durable->lockouts[durable->lockout_count++] = account;
    return RIG_ACCEPTED;
}

static enum rig_refusal remove_lockout(struct rig_durable *durable, uint64_t whose)
{
    size_t place = lockout_of(durable, whose);
    if (place == durable->lockout_count)
        return RIG_NOT_ALLOWED;
    durable->lockout_count--;
    for (; place < durable->lockout_count; place++)
        durable->lockouts[place] = durable->lockouts[place + 1];
    durable->lockouts[durable->lockout_count] = 0;
    return RIG_ACCEPTED;
}

static void tell_lockout(struct rig *rig, const struct rig_event *event)
{
    enum rig_record_kind kind = event->lockout.set ? RIG_RECORD_LOCKOUT : RIG_RECORD_UNLOCK;
    struct rig_action *told[] = {emit_record(rig, kind), emit_notice(rig, kind)};
    for (size_t i = 0; i < 2; i++) {
        told[i]->account = event->lockout.account;
        told[i]->whose = event->lockout.set ? event->lockout.account : event->lockout.whose;
    }
    emit_durable(rig);
}

/* Everybody who has hands in the rig locks it out for themselves, as with padlocks on one hasp. Setting one's
 * own again gives another reason. */
void protect_lockout(struct rig *rig, const struct rig_event *event)
{
    struct rig_durable *durable = &rig->durable;
    if (event->lockout.set || durable->lockout_count > 0) {
        enum rig_refusal refusal = event->lockout.set ? add_lockout(durable, event->lockout.account)
                                   : !rig->recording  ? RIG_NO_RECORD
                                                      : remove_lockout(durable, event->lockout.whose);
        if (refusal != RIG_ACCEPTED) {
            emit_answer(rig, event->request, 0, refusal, NULL);
            return;
        }
        tell_lockout(rig, event);
    }
    if (event->lockout.set)
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
    if (!rig->recording) {
        emit_answer(rig, event->request, event->seat, RIG_NO_RECORD, NULL);
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
