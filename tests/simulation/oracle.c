/* oracle.c - what the oracle reckons from events and actions, and the walk over its invariants. */
#include "tests/simulation/oracle.h"

#include "tests/simulation/conform.h"
#include "tests/simulation/world.h"

#include <math.h>
#include <string.h>

void oracle_begin(struct lab *lab)
{
    struct oracle *o = &lab->oracle;
    struct oracle kept = *o;
    memset(o, 0, sizeof *o);
    o->promise = "S4";
    o->epoch = rig_epoch(lab->rig);
    CHECK(lab, o->epoch > kept.epoch, "a restart begins with an epoch that is not new");
    o->recording = true;
    o->edge_at = o->beat_at = lab->now;
    oracle_limits_begin(lab);
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
        if (value->quality == RIG_GOOD)
            oracle_limits_sample(lab, sample->point, value->number);
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
    for (size_t i = 0; i < OUTPUTS; i++)
        before->kept[oracle_outputs[i]] = kept(lab, oracle_outputs[i]);
    const struct rig_seat *seats = rig_seats(lab->rig, &before->seats);
    for (size_t i = 0; event->kind == RIG_EVENT_COMMAND && i < before->seats; i++)
        if (seats[i].id == event->seat)
            before->sequence = seats[i].sequence;
    memcpy(before->values, rig_values(lab->rig), sizeof before->values);
    memcpy(before->bypassed_until, o->bypassed_until, sizeof before->bypassed_until);
    memset(o->tripped_now, 0, sizeof o->tripped_now);
    oracle_limits_before(lab);
    oracle_bypass_event(lab, event);
    o->command_writes = o->command_records = 0;
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

/* ---- what actions tell
 * --------------------------------------------------------------------------------------- */

static void note_write(struct lab *lab, const struct rig_action *write)
{
    struct oracle *o = &lab->oracle;
    if (write->heartbeat) {
        o->beat = write->number;
        o->beat_at = lab->now;
        return;
    }
    oracle_limits_wrote(lab, write);
    bool driven = write->safe && !rig_is_making_safe(lab->rig); /* alone, by an interlock */
    o->untouched &= !driven || write->number == o->written[write->point];
    bool on = write->number != lab->spec.points[write->point].safe;
    o->on_since[write->point] = !on ? 0 : o->on_since[write->point] ? o->on_since[write->point] : lab->now;
    o->written[write->point] = write->number;
    o->written_at[write->point] = lab->now;
    if (write->safe)
        return;
    o->untouched = false;
    o->commanded_epoch[write->point] = o->epoch;
    o->commands++;
    o->command_writes++;
}

static void note_record(struct lab *lab, const struct rig_event *event, const struct rig_action *record)
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
        o->safe_done++;
        o->safe_since_edge = required_up(lab) && o->begun_event >= o->edge_event;
        o->untouched = o->safe_since_edge;
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
        break;
    case RIG_RECORD_SESSION_BEGIN:
        oracle_limits_session(lab);
        break;
    case RIG_RECORD_BYPASS:
    case RIG_RECORD_BYPASS_ENDED:
        oracle_bypass_record(lab, event, record);
        break;
    case RIG_RECORD_COMMAND:
    case RIG_RECORD_RAMP_STEP:
        o->command_records++;
        break;
    case RIG_RECORD_REFUSAL:
        o->refusals[record->refusal]++;
        lab->world->tally.resting += record->refusal == RIG_RESTING;
        lab->world->tally.spent += record->refusal == RIG_SPENT;
        break;
    case RIG_RECORD_QUARANTINE:
        o->quarantines++;
        break;
    default:
        break;
    }
}

static void take_action(struct lab *lab, const struct rig_event *event, const struct rig_action *action)
{
    struct oracle *o = &lab->oracle;
    for (const struct action_invariant *row = oracle_of_actions; row->check; row++) {
        if (row->kind != action->kind)
            continue;
        o->promise = row->promise;
        o->text = row->text;
        row->check(lab, event, action);
    }
    if (action->kind == RIG_ACTION_WRITE)
        note_write(lab, action);
    else if (action->kind == RIG_ACTION_RECORD)
        note_record(lab, event, action);
    else if (action->kind == RIG_ACTION_EPOCH)
        o->epoch = action->epoch;
    else if (action->kind == RIG_ACTION_ANSWER)
        o->verified += action->verified && event->kind != RIG_EVENT_COMMAND;
}

/* ---- the step that an event made
 * ------------------------------------------------------------------------------ */

bool accepted(const struct lab *lab, const struct rig_event *event)
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
    if (lab->oracle.stop.edge)
        return true;
    switch (event->kind) {
    case RIG_EVENT_INSTRUMENT:
        return !lab->spec.instruments[event->instrument.instrument].on_loss_continue;
    case RIG_EVENT_RELEASE:
    case RIG_EVENT_LOCKOUT:
    case RIG_EVENT_SHUTDOWN:
        return accepted(lab, event);
    default:
        return lab->oracle.before.session != 0 && rig_session(lab->rig) != lab->oracle.before.session;
    }
}

static bool control_ended(const struct lab *lab)
{
    uint32_t before = lab->oracle.before.controller;
    return before != 0 && rig_controller(lab->rig) != before;
}

static void edge_makes_safe(struct lab *lab, const struct rig_event *event)
{
    const struct before *before = &lab->oracle.before;
    bool kept =
        event->kind == RIG_EVENT_TAKE && lab->spec.rig.handover_keep && before->condition == RIG_CONTROLLED;
    bool quarantined =
        rig_durable(lab->rig)->quarantined && !before->durable.quarantined; /* tried and failed */
    if (!is_edge(lab, event) && (!control_ended(lab) || kept || quarantined))
        return;
    note_edge(lab);
    CHECK(lab, rig_is_making_safe(lab->rig), "event %d is an edge and nothing is made safe",
          (int)event->kind);
    CHECK(lab, rig_epoch(lab->rig) > before->epoch, "event %d is an edge and leaves the epoch as it was",
          (int)event->kind);
}

static void end_moves_epoch(struct lab *lab, const struct rig_event *event)
{
    (void)event;
    CHECK(lab, !control_ended(lab) || rig_epoch(lab->rig) > lab->oracle.before.epoch,
          "control ended and the epoch is as it was");
}

static const struct step_invariant before_actions[] = {
    {"S4", "the end of control moves the epoch",         end_moves_epoch},
    {"S2", "every edge makes safe, under a newer epoch", edge_makes_safe},
    {NULL, NULL,                                         NULL           },
};

static void commands_are_recorded(struct lab *lab, const struct rig_event *event)
{
    (void)event;
    CHECK(lab, lab->oracle.command_writes <= lab->oracle.command_records,
          "%u commands are written and %u recorded", lab->oracle.command_writes, lab->oracle.command_records);
}

static void refusals_are_recorded(struct lab *lab, const struct rig_event *event)
{
    if (event->kind != RIG_EVENT_COMMAND)
        return;
    unsigned records = 0;
    enum rig_refusal refusal = RIG_ACCEPTED;
    for (size_t i = 0; i < lab->actions.count; i++) {
        const struct rig_action *action = &lab->actions.list[i];
        if (action->kind == RIG_ACTION_ANSWER && action->request == event->request)
            refusal = action->refusal;
        records += action->kind == RIG_ACTION_RECORD &&
                   (action->record == RIG_RECORD_REFUSAL || action->record == RIG_RECORD_COMMAND);
    }
    bool repeat = event->command.sequence <= lab->oracle.before.sequence;
    CHECK(lab, refusal == RIG_ACCEPTED || repeat || records > 0,
          "a command is refused (%s) and that is not recorded", rig_refusal_name(refusal));
}

static void time_passes(struct lab *lab, const struct rig_event *event)
{
    (void)event;
    CHECK(lab, rig_next_deadline(lab->rig) > lab->now, "a deadline is left behind");
}

static void is_run_of_model(struct lab *lab, const struct rig_event *event)
{
    conform_event(lab, event);
}

static bool locks_out(const struct rig_durable *durable, uint64_t account)
{
    for (size_t i = 0; i < durable->lockout_count; i++)
        if (durable->lockouts[i] == account)
            return true;
    return false;
}

/* S15: nobody's lock-out goes with another's, and none is taken without being there afterwards. */
static void lock_outs_are_their_own(struct lab *lab, const struct rig_event *event)
{
    const struct rig_durable *before = &lab->oracle.before.durable, *after = rig_durable(lab->rig);
    bool lockout = event->kind == RIG_EVENT_LOCKOUT;
    for (size_t i = 0; i < before->lockout_count; i++)
        CHECK(lab,
              locks_out(after, before->lockouts[i]) ||
                  (lockout && !event->lockout.set && event->lockout.whose == before->lockouts[i]),
              "the lock-out of %llu is gone, and nobody removed it", (unsigned long long)before->lockouts[i]);
    if (lockout && event->lockout.set)
        CHECK(lab, locks_out(after, event->lockout.account), "a lock-out was set and is not there");
}

/* Or the sequence wrote all that it drives. Whatever the rig's condition: in quarantine and while an
 * instrument is lost too. */
static void trips_act(struct lab *lab, const struct rig_event *event)
{
    (void)event;
    bool writes = rig_is_making_safe(lab->rig) || lab->oracle.before.making_safe, tripped = false;
    for (size_t i = 0; i < lab->actions.count; i++) {
        const struct rig_action *action = &lab->actions.list[i];
        writes |= action->kind == RIG_ACTION_WRITE && action->safe;
        tripped |= action->kind == RIG_ACTION_RECORD && action->record == RIG_RECORD_TRIP;
    }
    CHECK(lab, !tripped || writes, "a trip has latched, and nothing is written");
}

static const struct step_invariant after_actions[] = {
    {"S2-S4, S8", "what the core does is a run of the model",                        is_run_of_model        },
    {"S11",       "each command that acts is recorded",                              commands_are_recorded  },
    {"S11",       "each refusal is recorded",                                        refusals_are_recorded  },
    {"S15",       "a lock-out is its account's",                                     lock_outs_are_their_own},
    {"S7",        "a trip that latches writes",                                      trips_act              },
    {"S7",        "what a trip asks of an output, or no longer, is written at once", demands_are_written    },
    {"S8",        "presses of a latched stop are one edge a second",                 presses_are_few        },
    {"S8",        "a press is written within a second",                              presses_are_written    },
    {NULL,        "what is due is done",                                             time_passes            },
    {NULL,        NULL,                                                              NULL                   },
};

static void check_step(struct lab *lab, const struct rig_event *event, const struct step_invariant *row)
{
    for (; row->check; row++) {
        lab->oracle.promise = row->promise;
        lab->oracle.text = row->text;
        row->check(lab, event);
    }
}

void oracle_after(struct lab *lab, const struct rig_event *event)
{
    struct oracle *o = &lab->oracle;
    oracle_stop_event(lab, event);
    check_step(lab, event, before_actions);
    for (size_t i = 0; i < lab->actions.count; i++)
        take_action(lab, event, &lab->actions.list[i]);
    o->armed |= o->safe_since_edge && !rig_is_making_safe(lab->rig);
    oracle_hold(lab);
    oracle_limits_after(lab);
    check_step(lab, event, after_actions);
    for (const struct state_invariant *row = oracle_of_state; row->check; row++) {
        o->promise = row->promise;
        o->text = row->text;
        row->check(lab);
    }
    o->promise = o->text = NULL;
}

void oracle_write_executes(struct lab *lab, const struct item *item)
{
    if (item->safe || item->heartbeat)
        return;
    lab->oracle.promise = "S4";
    CHECK(lab, lab->oracle.safe_since_edge && item->epoch == lab->oracle.epoch,
          "a command goes on the line after an edge");
    lab->oracle.promise = NULL;
}
