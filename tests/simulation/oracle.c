/* oracle.c - the promises, checked after every event against the oracle's own reckoning. It shares no rule,
 * unit or state with the core: conditions are written out here in C, and what is safe is looked up in the
 * plant itself. */
#include "tests/simulation/oracle.h"

#include <math.h>
#include <string.h>

static const struct person *sitting(const struct lab *lab, uint32_t seat)
{
    for (size_t i = 0; i < PEOPLE; i++)
        if (seat != 0 && lab->people[i].seat == seat)
            return &lab->people[i];
    return NULL;
}

void oracle_begin(struct lab *lab)
{
    struct oracle *o = &lab->oracle;
    struct oracle kept = *o;
    memset(o, 0, sizeof *o);
    o->epoch = rig_epoch(lab->rig);
    CHECK(lab, o->epoch > kept.epoch, "S4: a restart begins with an epoch that is not new");
    o->recording = true;
    o->edge_at = o->beat_at = lab->now;
    for (size_t i = 0; i < OUTPUTS; i++)
        o->written[oracle_outputs[i]] = lab->spec.points[oracle_outputs[i]].safe;
    o->grants = kept.grants;
    o->safe_done = kept.safe_done;
    o->quarantines = kept.quarantines;
    o->trips = kept.trips;
    o->commands = kept.commands;
    o->verified = kept.verified;
    memcpy(o->refusals, kept.refusals, sizeof o->refusals);
    memcpy(o->edges, kept.edges, sizeof o->edges);
}

static void note_samples(struct lab *lab, const struct rig_event *event)
{
    for (size_t i = 0; i < event->samples.count; i++) {
        const struct rig_sample *sample = &event->samples.list[i];
        if (!lab->oracle.up[lab->spec.points[sample->point].instrument])
            continue;
        struct rig_value *value = &lab->oracle.delivered[sample->point];
        value->quality = sample->good && isfinite(sample->number) ? RIG_GOOD : RIG_BAD;
        value->number = value->quality == RIG_GOOD ? sample->number : value->number;
        value->at = event->samples.at;
        lab->oracle.asked[sample->point] = event->samples.asked;
    }
}

static void note_instrument(struct lab *lab, const struct rig_event *event)
{
    struct oracle *o = &lab->oracle;
    o->up[event->instrument.instrument] = event->instrument.up;
    o->up_since[event->instrument.instrument] = lab->now;
    for (size_t i = 0; !event->instrument.up && i < POINTS; i++)
        if (lab->spec.points[i].instrument == event->instrument.instrument)
            o->delivered[i].quality = RIG_BAD;
}

void oracle_before(struct lab *lab, const struct rig_event *event)
{
    struct oracle *o = &lab->oracle;
    struct before *before = &o->before;
    before->condition = rig_condition(lab->rig);
    before->epoch = rig_epoch(lab->rig);
    before->session = rig_session(lab->rig);
    before->revision = rig_revision(lab->rig);
    before->status_revision = rig_status_revision(lab->rig);
    before->controller = rig_controller(lab->rig);
    before->durable = *rig_durable(lab->rig);
    before->making_safe = rig_is_making_safe(lab->rig);
    rig_seats(lab->rig, &before->seats);
    memcpy(before->values, rig_values(lab->rig), sizeof before->values);
    memset(o->tripped_now, 0, sizeof o->tripped_now);
    if (event->kind == RIG_EVENT_SAMPLES)
        note_samples(lab, event);
    else if (event->kind == RIG_EVENT_INSTRUMENT)
        note_instrument(lab, event);
    else if (event->kind == RIG_EVENT_EPOCH_ACK)
        o->acknowledged[event->epoch_ack.link] = event->epoch_ack.epoch;
    else if (event->kind == RIG_EVENT_RECORDING)
        o->recording = event->recording.takes;
    else if (event->kind == RIG_EVENT_SHUTDOWN)
        o->closing = true;
}

static void note_edge(struct lab *lab)
{
    lab->oracle.safe_since_edge = false;
    lab->oracle.edge_event = lab->events;
    lab->oracle.edge_at = lab->now;
}

static bool accepted(const struct lab *lab, const struct rig_event *event)
{
    for (size_t i = 0; i < lab->actions.count; i++) {
        const struct rig_action *action = &lab->actions.list[i];
        if (action->kind == RIG_ACTION_ANSWER && action->request == event->request)
            return action->refusal == RIG_ACCEPTED;
    }
    return false;
}

/* S2: what the design lists as an edge, as far as it can be seen from outside. */
static bool is_edge(const struct lab *lab, const struct rig_event *event)
{
    switch (event->kind) {
    case RIG_EVENT_INSTRUMENT:
        return !lab->spec.instruments[event->instrument.instrument].on_loss_continue;
    case RIG_EVENT_STOP:
    case RIG_EVENT_RELEASE:
    case RIG_EVENT_LOCKOUT:
    case RIG_EVENT_SHUTDOWN:
        return accepted(lab, event);
    default:
        return lab->oracle.before.session != 0 && rig_session(lab->rig) != lab->oracle.before.session;
    }
}

static void check_lease(struct lab *lab, const struct rig_action *write)
{
    struct oracle *o = &lab->oracle;
    const struct rig_durable *durable = &o->before.durable;
    CHECK(lab, write->epoch == o->epoch, "S4: a command is written under another epoch than the present");
    for (size_t i = 0; i < LINKS; i++)
        CHECK(lab, o->acknowledged[i] == o->epoch, "S4: a command is written before line %zu knows the epoch",
              i);
    CHECK(lab, o->safe_since_edge,
          "S3: a command is written without a verified safe state since the last edge");
    CHECK(lab, required_up(lab), "S3: a command is written while an instrument is down");
    CHECK(lab, !durable->stopped && !durable->locked_out && !durable->quarantined && !o->closing,
          "S8: a command is written against stop, lock-out, quarantine or shutdown");
    CHECK(lab, o->recording, "S11: a command is written while nothing is recorded");
    CHECK(lab, write->until <= lab->now + 2 * S, "a command may go on the line for ever");
    const struct person *person = sitting(lab, write->seat);
    CHECK(lab, write->seat == o->before.controller && person,
          "S4: a command is written for who is not in control");
    CHECK(lab, person->role != RIG_SCHEDULER, "a scheduler commands");
    CHECK(lab, write->point != LAMP || person->role >= RIG_TEACHER, "a student commands what is a teacher's");
    if (lab->spec.rig.local_mode != RIG_NONE)
        CHECK(lab, fresh(lab, LOCAL) && o->delivered[LOCAL].number == 0,
              "S15: a command is written in local mode");
}

static void check_command_write(struct lab *lab, const struct rig_action *write)
{
    struct oracle *o = &lab->oracle;
    uint16_t point = write->point;
    double number = write->number, change = fabs(number - o->written[point]);
    check_lease(lab, write);
    CHECK(lab, lab->spec.points[point].output, "an input is written");
    for (int trip = 0; trip < TRIPS; trip++)
        CHECK(lab, !((latched(&o->before.durable, trip) || o->tripped_now[trip]) && drives(trip, point)),
              "S7: a command is written against a latched trip (%d)", trip);
    double maximum = lab->spec.points[point].maximum;
    if (point == VOLTAGE && sitting(lab, write->seat)->role == RIG_STUDENT)
        maximum = 9;
    CHECK(lab, number >= 0 && number <= maximum, "%s is written to %g", lab->spec.points[point].name, number);
    CHECK(lab, lab->spec.points[point].type == RIG_NUMBER || number == 0 || number == 1,
          "a boolean is written to %g", number);
    CHECK(lab,
          !(point == FILL && number == 1 && o->written[DRAIN] == 0) &&
              !(point == DRAIN && number == 0 && o->written[FILL] == 1),
          "both outputs of an exclusion are on");
    double span =
        o->written_at[PUMP] == 0 ? 0.25 : fmin(0.25, (double)(lab->now - o->written_at[PUMP]) / 1e9);
    CHECK(lab, point != PUMP || change <= 20 * span + 1e-6, "the pump's slew is exceeded: %g in %g s", change,
          span);
    o->untouched = false;
    o->commanded_epoch[point] = o->epoch;
    o->commands++;
}

static void check_write(struct lab *lab, const struct rig_action *write)
{
    struct oracle *o = &lab->oracle;
    if (write->heartbeat) {
        CHECK(lab, write->point == BEAT && write->number != o->beat, "S10: the heartbeat does not toggle");
        CHECK(lab, o->up[PLC], "a heartbeat to a dead line");
        o->beat = write->number;
        o->beat_at = lab->now;
        return;
    }
    if (write->safe)
        CHECK(lab, o->commanded_epoch[write->point] < o->epoch,
              "S4: a command may follow a safe write on the line");
    if (write->safe)
        CHECK(lab, write->number == lab->spec.points[write->point].safe, "a safe write of %g to %s",
              write->number, lab->spec.points[write->point].name);
    else
        check_command_write(lab, write);
    bool on = write->number != lab->spec.points[write->point].safe;
    o->on_since[write->point] = !on ? 0 : o->on_since[write->point] ? o->on_since[write->point] : lab->now;
    o->written[write->point] = write->number;
    o->written_at[write->point] = lab->now;
}

static enum trip_rule trip_named(const struct lab *lab, const char *name)
{
    int trip = 0;
    while (trip < TRIPS && strcmp(lab->spec.trips[trip].name, name) != 0)
        trip++;
    return (enum trip_rule)trip;
}

static void check_safe_done(struct lab *lab)
{
    struct oracle *o = &lab->oracle;
    o->safe_done++;
    plant_step(&lab->plant, lab->now);
    CHECK(lab, plant_is_safe(&lab->plant) || lab->plant.tampered_at > o->begun_at - S,
          "S3: the rig is called safe and the plant is not");
    for (size_t i = 0; i < OUTPUTS; i++)
        CHECK(lab,
              o->written[oracle_outputs[i]] == lab->spec.points[oracle_outputs[i]].safe &&
                  o->written_at[oracle_outputs[i]] >= o->begun_at,
              "S2: the safe sequence did not write %s", lab->spec.points[oracle_outputs[i]].name);
    o->safe_since_edge = required_up(lab) && o->begun_event >= o->edge_event;
    o->untouched = o->armed = o->safe_since_edge;
}

static void check_reset(struct lab *lab, const struct rig_event *event, const struct rig_action *record)
{
    if (!record->rule)
        return;
    enum trip_rule trip = trip_named(lab, record->rule);
    if (record->account == 0) {
        CHECK(lab, lab->oracle.before.durable.faults[0] >> trip & 1,
              "S7: a trip reset itself that was no mere fault");
        CHECK(lab, !lab->spec.trips[trip].fault_needs_reset,
              "S7: a trip reset itself that needs a technician");
    } else {
        CHECK(lab, event->kind == RIG_EVENT_RESET, "S7: a trip is reset without an edge");
        const struct person *person = sitting(lab, event->seat);
        enum rig_role role = person ? person->role : event->person.role;
        CHECK(lab, role <= RIG_TECHNICIAN && role >= lab->spec.trips[trip].reset,
              "S7: reset by a role that may not");
    }
    if (trip == GUARD_OPEN)
        CHECK(lab, fresh(lab, GUARD) && lab->oracle.delivered[GUARD].number == 0,
              "S7: reset while the guard is open");
    if (trip == OVERHEAT)
        CHECK(lab, fresh(lab, TEMPERATURE) && lab->oracle.delivered[TEMPERATURE].number <= 80,
              "S7: reset while hot");
}

static void check_record(struct lab *lab, const struct rig_event *event, const struct rig_action *record)
{
    struct oracle *o = &lab->oracle;
    switch (record->record) {
    case RIG_RECORD_SAFE_BEGIN:
        o->edges[record->edge]++;
        o->begun_event = lab->events;
        o->begun_at = lab->now;
        if (record->edge != RIG_EDGE_RETRY)
            note_edge(lab);
        o->safe_since_edge = false;
        break;
    case RIG_RECORD_SAFE_DONE:
        check_safe_done(lab);
        break;
    case RIG_RECORD_TRIP: {
        enum trip_rule trip = trip_named(lab, record->rule);
        o->trips++;
        o->tripped_now[trip] = true;
        if (!lab->spec.trips[trip].drives)
            note_edge(lab);
        break;
    }
    case RIG_RECORD_GRANT:
        o->grants++;
        CHECK(lab, o->safe_since_edge, "S4: control is granted without a verified safe state");
        for (size_t i = 0; i < LINKS; i++)
            CHECK(lab, o->acknowledged[i] == o->epoch, "S4: granted before line %zu acknowledged the epoch",
                  i);
        break;
    case RIG_RECORD_COMMAND: {
        struct person *person = (struct person *)sitting(lab, record->seat);
        struct sent *sent = person ? &person->sent[record->sequence % SENT] : NULL;
        if (sent && sent->sequence == record->sequence && sent->seat == record->seat)
            CHECK(lab, ++sent->writes == 1, "S4: a repeated command acts twice");
        break;
    }
    case RIG_RECORD_REFUSAL:
        o->refusals[record->refusal]++;
        break;
    case RIG_RECORD_QUARANTINE:
        o->quarantines++;
        break;
    case RIG_RECORD_RESET:
        check_reset(lab, event, record);
        break;
    default:
        break;
    }
}

/* An answer that says "verified" rests on a sample that was asked for after the write. */
static void check_answer(struct lab *lab, const struct rig_event *event, const struct rig_action *answer)
{
    struct oracle *o = &lab->oracle;
    if (!answer->verified || event->kind == RIG_EVENT_COMMAND)
        return;
    uint16_t readback = lab->spec.points[answer->point].readback;
    o->verified++;
    CHECK(lab, readback != RIG_NONE && fresh(lab, readback), "S9: verified without a fresh read-back");
    CHECK(lab, o->asked[readback] > o->written_at[answer->point],
          "S9: verified by a sample older than the write");
    CHECK(lab,
          fabs(o->delivered[readback].number - o->written[answer->point]) <=
              lab->spec.points[answer->point].tolerance,
          "S9: verified, but it shows another value");
}

static void check_actions(struct lab *lab, const struct rig_event *event)
{
    for (size_t i = 0; i < lab->actions.count; i++) {
        const struct rig_action *action = &lab->actions.list[i];
        if (action->kind == RIG_ACTION_WRITE)
            check_write(lab, action);
        else if (action->kind == RIG_ACTION_RECORD)
            check_record(lab, event, action);
        else if (action->kind == RIG_ACTION_ANSWER)
            check_answer(lab, event, action);
        else if (action->kind == RIG_ACTION_EPOCH)
            lab->oracle.epoch = action->epoch;
    }
}

void oracle_after(struct lab *lab, const struct rig_event *event)
{
    struct oracle *o = &lab->oracle;
    bool ended = o->before.controller != 0 && rig_controller(lab->rig) != o->before.controller;
    CHECK(lab, !ended || rig_epoch(lab->rig) > o->before.epoch,
          "S4: control ended and the epoch is as it was");
    bool kept =
        event->kind == RIG_EVENT_TAKE && lab->spec.rig.handover_keep && o->before.condition == RIG_CONTROLLED;
    bool quarantined =
        rig_durable(lab->rig)->quarantined && !o->before.durable.quarantined; /* tried and failed */
    if (is_edge(lab, event) || (ended && !kept && !quarantined)) {
        note_edge(lab);
        CHECK(lab, rig_is_making_safe(lab->rig), "S2: event %d is an edge and nothing is made safe",
              (int)event->kind);
        CHECK(lab, rig_epoch(lab->rig) > o->before.epoch, "S4: an edge leaves the epoch as it was");
    }
    check_actions(lab, event);
    check_state(lab);
    CHECK(lab, rig_next_deadline(lab->rig) > lab->now, "a deadline is left behind");
    CHECK(lab, !o->up[PLC] || lab->now - o->up_since[PLC] < 2 * S || lab->now - o->beat_at < 2 * S,
          "S10: the heartbeat has stopped");
}

void oracle_write_executes(struct lab *lab, const struct line *line, const struct item *item)
{
    (void)line;
    if (!item->safe && !item->heartbeat)
        CHECK(lab, lab->oracle.safe_since_edge && item->epoch == lab->oracle.epoch,
              "S4: a command goes on the line after an edge");
}
