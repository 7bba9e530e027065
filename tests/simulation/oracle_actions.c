/* oracle_actions.c - what must hold of each action of the core, at the moment when it is asked for. */
#include "tests/simulation/oracle.h"

#include "tests/simulation/world.h"

#include <math.h>
#include <string.h>

static bool is_command(const struct rig_action *write)
{
    return !write->safe && !write->heartbeat;
}

/* ---- commands
 * ------------------------------------------------------------------------------------------------- */

static void command_has_lease(struct lab *lab, const struct rig_event *event, const struct rig_action *write)
{
    (void)event;
    struct oracle *o = &lab->oracle;
    if (!is_command(write))
        return;
    CHECK(lab, write->epoch == o->epoch, "a command is written under another epoch than the present");
    for (size_t i = 0; i < LINKS; i++)
        CHECK(lab, o->acknowledged[i] == o->epoch, "a command is written before line %zu knows the epoch", i);
    CHECK(lab, write->seat == o->before.controller && sitting(lab, write->seat),
          "a command is written for who is not in control");
    CHECK(lab, write->until <= lab->now + 2 * S, "a command may go on the line for ever");
}

static void command_meets_safe_rig(struct lab *lab, const struct rig_event *event,
                                   const struct rig_action *write)
{
    (void)event;
    if (!is_command(write))
        return;
    CHECK(lab, lab->oracle.safe_since_edge,
          "a command is written without a verified safe state since the last edge");
    CHECK(lab, required_up(lab), "a command is written while an instrument is down");
}

static void command_is_not_barred(struct lab *lab, const struct rig_event *event,
                                  const struct rig_action *write)
{
    (void)event;
    const struct oracle *o = &lab->oracle;
    const struct rig_durable *durable = &o->before.durable;
    if (is_command(write))
        CHECK(lab, !durable->stopped && durable->lockout_count == 0 && !durable->quarantined && !o->closing,
              "a command is written against stop, lock-out, quarantine or shutdown");
}

static void command_can_be_recorded(struct lab *lab, const struct rig_event *event,
                                    const struct rig_action *write)
{
    (void)event;
    if (is_command(write))
        CHECK(lab, lab->oracle.recording, "a command is written while nothing is recorded");
}

static void command_is_not_local(struct lab *lab, const struct rig_event *event,
                                 const struct rig_action *write)
{
    (void)event;
    if (is_command(write) && lab->spec.rig.local_mode != RIG_NONE)
        CHECK(lab, fresh(lab, LOCAL) && lab->oracle.delivered[LOCAL].number == 0,
              "a command is written in local mode");
}

static void command_is_of_role(struct lab *lab, const struct rig_event *event, const struct rig_action *write)
{
    (void)event;
    const struct person *person = is_command(write) ? sitting(lab, write->seat) : NULL;
    if (!person)
        return;
    CHECK(lab, person->role != RIG_SCHEDULER, "a scheduler commands");
    CHECK(lab, write->point != LAMP || person->role >= RIG_TEACHER, "a student commands what is a teacher's");
    double maximum = lab->spec.points[write->point].maximum;
    if (write->point == VOLTAGE && person->role == RIG_STUDENT)
        maximum = 9;
    CHECK(lab, write->number >= 0 && write->number <= maximum, "%s is written to %g",
          lab->spec.points[write->point].name, write->number);
}

static void command_is_of_type(struct lab *lab, const struct rig_event *event, const struct rig_action *write)
{
    (void)event;
    if (!is_command(write))
        return;
    CHECK(lab, lab->spec.points[write->point].output, "an input is written");
    CHECK(lab, lab->spec.points[write->point].type == RIG_NUMBER || write->number == 0 || write->number == 1,
          "a boolean is written to %g", write->number);
}

static void command_meets_no_trip(struct lab *lab, const struct rig_event *event,
                                  const struct rig_action *write)
{
    (void)event;
    const struct oracle *o = &lab->oracle;
    for (int trip = 0; is_command(write) && trip < TRIPS; trip++)
        CHECK(lab,
              !((latched(&o->before.durable, trip) || o->tripped_now[trip]) && drives(trip, write->point)),
              "a command is written against a latched trip (%s)", lab->spec.trips[trip].name);
}

static void command_excludes(struct lab *lab, const struct rig_event *event, const struct rig_action *write)
{
    (void)event;
    const double *written = lab->oracle.written;
    if (is_command(write))
        CHECK(lab,
              !(write->point == FILL && write->number == 1 && written[DRAIN] == 0) &&
                  !(write->point == DRAIN && write->number == 0 && written[FILL] == 1),
              "both outputs of an exclusion are on");
}

static void command_keeps_slew(struct lab *lab, const struct rig_event *event, const struct rig_action *write)
{
    (void)event;
    const struct oracle *o = &lab->oracle;
    if (!is_command(write) || write->point != PUMP)
        return;
    double change = fabs(write->number - o->written[PUMP]);
    double span =
        o->written_at[PUMP] == 0 ? 0.25 : fmin(0.25, (double)(lab->now - o->written_at[PUMP]) / 1e9);
    CHECK(lab, change <= 20 * span + 1e-6, "the pump's slew is exceeded: %g in %g s", change, span);
}

/* What a permissive is refused or driven for is true: hysteresis holds what ripples. */
static void permissive_is_false(struct lab *lab, const struct rig_event *event,
                                const struct rig_action *record)
{
    (void)event;
    bool refused = record->record == RIG_RECORD_REFUSAL && record->refusal == RIG_NOT_PERMITTED;
    if ((refused || record->record == RIG_RECORD_PERMISSIVE_LOST) && record->rule &&
        strcmp(record->rule, "heater-needs-water") == 0)
        CHECK(lab, !level_permits(lab) || lab->now - lab->oracle.delivered[LEVEL].at >= S,
              "the heater's permissive is true, and it is lost or refused for");
}

/* ---- other writes
 * --------------------------------------------------------------------------------------------- */

static void heartbeat_toggles(struct lab *lab, const struct rig_event *event, const struct rig_action *write)
{
    (void)event;
    if (!write->heartbeat)
        return;
    CHECK(lab, write->point == BEAT && write->number != lab->oracle.beat, "the heartbeat does not toggle");
    CHECK(lab, lab->oracle.up[PLC], "a heartbeat to a dead line");
}

static void safe_write_is_safe(struct lab *lab, const struct rig_event *event, const struct rig_action *write)
{
    (void)event;
    if (!write->safe)
        return;
    CHECK(lab, write->number == lab->spec.points[write->point].safe || is_demanded(lab, write),
          "a safe write of %g to %s", write->number, lab->spec.points[write->point].name);
    CHECK(lab, lab->oracle.commanded_epoch[write->point] < lab->oracle.epoch,
          "a command may follow a safe write on the line");
}

/* ---- records and answers
 * -------------------------------------------------------------------------------------- */

/* Verified is what was kept until this event: with the safe state some trips reset themselves. */
static void safe_is_true(struct lab *lab, const struct rig_event *event, const struct rig_action *record)
{
    (void)event;
    const struct oracle *o = &lab->oracle;
    if (record->record != RIG_RECORD_SAFE_DONE)
        return;
    plant_step(&lab->plant, lab->now);
    CHECK(lab,
          plant_is_safe(&lab->plant, o->before.kept[PUMP], o->before.kept[VOLTAGE]) ||
              lab->plant.tampered_at > o->begun_at - S,
          "the rig is called safe and the plant is not");
}

static void sequence_writes_all(struct lab *lab, const struct rig_event *event,
                                const struct rig_action *record)
{
    (void)event;
    const struct oracle *o = &lab->oracle;
    for (size_t i = 0; record->record == RIG_RECORD_SAFE_DONE && i < OUTPUTS; i++)
        CHECK(lab,
              o->written[oracle_outputs[i]] == o->before.kept[oracle_outputs[i]] &&
                  o->written_at[oracle_outputs[i]] >= o->begun_at,
              "the safe sequence did not write %s", lab->spec.points[oracle_outputs[i]].name);
}

static void grant_meets_safe_rig(struct lab *lab, const struct rig_event *event,
                                 const struct rig_action *record)
{
    (void)event;
    const struct oracle *o = &lab->oracle;
    if (record->record != RIG_RECORD_GRANT)
        return;
    CHECK(lab, o->safe_since_edge, "control is granted without a verified safe state");
    for (size_t i = 0; i < LINKS; i++)
        CHECK(lab, o->acknowledged[i] == o->epoch, "granted before line %zu acknowledged the epoch", i);
}

/* What was moved, or cannot be seen any more: nothing else takes a rig that is safe away. */
static void departure_is_departure(struct lab *lab, const struct rig_event *event,
                                   const struct rig_action *record)
{
    (void)event;
    const struct oracle *o = &lab->oracle;
    if (record->record != RIG_RECORD_SAFE_BEGIN || record->edge != RIG_EDGE_DEPARTED)
        return;
    bool departed = false;
    for (size_t i = 0; i < 5; i++) {
        const struct rig_assignment *shown = &lab->spec.shown[i];
        double number = shown->point == PUMP_SPEED      ? o->before.kept[PUMP]
                        : shown->point == VOLTAGE_SHOWN ? o->before.kept[VOLTAGE]
                                                        : shown->number;
        departed |= !fresh(lab, shown->point) || fabs(o->delivered[shown->point].number - number) > 1e-9;
    }
    CHECK(lab, departed, "made safe for a departure, and everything shows the safe state");
}

/* Heard of within presence and resume window: then the seat is still theirs, however many buses died
 * meanwhile. */
static void loss_is_loss(struct lab *lab, const struct rig_event *event, const struct rig_action *record)
{
    (void)event;
    if (record->record != RIG_RECORD_SAFE_BEGIN || record->edge != RIG_EDGE_CONTROLLER_LOST)
        return;
    const struct person *person = sitting(lab, lab->oracle.before.controller);
    CHECK(lab, !person || lab->now - person->heard >= 28 * S, "taken as lost after %.3f s",
          (double)(lab->now - (person ? person->heard : 0)) / 1e9);
}

static void command_acts_once(struct lab *lab, const struct rig_event *event, const struct rig_action *record)
{
    (void)event;
    if (record->record != RIG_RECORD_COMMAND)
        return;
    struct person *person = (struct person *)sitting(lab, record->seat);
    struct sent *sent = person ? &person->sent[record->sequence % SENT] : NULL;
    if (sent && sent->sequence == record->sequence && sent->seat == record->seat)
        CHECK(lab, ++sent->writes == 1, "a repeated command acts twice");
}

static void fault_resets_itself(struct lab *lab, const struct rig_event *event,
                                const struct rig_action *record)
{
    (void)event;
    if (record->record != RIG_RECORD_RESET || !record->rule || record->account != 0)
        return;
    enum trip_rule trip = trip_named(lab, record->rule);
    CHECK(lab, lab->oracle.before.durable.faults[0] >> trip & 1,
          "a trip reset itself that was no mere fault");
    CHECK(lab, !lab->spec.trips[trip].fault_needs_reset, "a trip reset itself that needs a technician");
}

static void reset_is_asked_for(struct lab *lab, const struct rig_event *event,
                               const struct rig_action *record)
{
    if (record->record != RIG_RECORD_RESET || !record->rule || record->account == 0)
        return;
    CHECK(lab, event->kind == RIG_EVENT_RESET, "a trip is reset without an edge");
    const struct person *person = sitting(lab, event->seat);
    enum rig_role role = person ? person->role : event->person.role;
    CHECK(lab, role <= RIG_TECHNICIAN && role >= lab->spec.trips[trip_named(lab, record->rule)].reset,
          "reset by a role that may not");
}

static void reset_meets_no_cause(struct lab *lab, const struct rig_event *event,
                                 const struct rig_action *record)
{
    (void)event;
    if (record->record != RIG_RECORD_RESET || !record->rule)
        return;
    const struct rig_value *delivered = lab->oracle.delivered;
    enum trip_rule trip = trip_named(lab, record->rule);
    CHECK(lab,
          trip != GUARD_OPEN || bypassed(lab, GUARD_OPEN) ||
              (fresh(lab, GUARD) && delivered[GUARD].number == 0),
          "reset while the guard is open");
    double cool = lab->oracle.heat_held ? 80 - lab->spec.heat_band : 80;
    CHECK(lab,
          trip != OVERHEAT || bypassed(lab, OVERHEAT) ||
              (fresh(lab, TEMPERATURE) && delivered[TEMPERATURE].number <= cool),
          "reset while hot");
}

/* An answer that says "verified" rests on a sample that was asked for after the write. */
static void verified_is_read(struct lab *lab, const struct rig_event *event, const struct rig_action *answer)
{
    const struct oracle *o = &lab->oracle;
    if (!answer->verified || event->kind == RIG_EVENT_COMMAND)
        return;
    uint16_t readback = lab->spec.points[answer->point].readback;
    CHECK(lab, readback != RIG_NONE && fresh(lab, readback), "verified without a fresh read-back");
    CHECK(lab, o->asked[readback] > o->written_at[answer->point],
          "verified by a sample older than the write");
    CHECK(lab,
          fabs(o->delivered[readback].number - o->written[answer->point]) <=
              lab->spec.points[answer->point].tolerance,
          "verified, but it shows another value");
}

const struct action_invariant oracle_of_actions[] = {
    {RIG_ACTION_WRITE,  "S4",  "a command has the lease, and its epoch",                    command_has_lease      },
    {RIG_ACTION_WRITE,  "S3",  "a command meets a rig that was verified safe",              command_meets_safe_rig },
    {RIG_ACTION_WRITE,  "S8",  "no command against stop, lock-out or quarantine",           command_is_not_barred  },
    {RIG_ACTION_WRITE,  "S11", "no command while nothing is recorded",                      command_can_be_recorded},
    {RIG_ACTION_WRITE,  "S15", "no command in local mode",                                  command_is_not_local   },
    {RIG_ACTION_WRITE,  "S5",  "a command is within its role and range",                    command_is_of_role     },
    {RIG_ACTION_WRITE,  "S5",  "a command is of its point's type",                          command_is_of_type     },
    {RIG_ACTION_WRITE,  "S7",  "no command against a latched trip",                         command_meets_no_trip  },
    {RIG_ACTION_WRITE,  "S5",  "exclusions hold",                                           command_excludes       },
    {RIG_ACTION_WRITE,  "S5",  "slew limits hold",                                          command_keeps_slew     },
    {RIG_ACTION_WRITE,  "S5",  "what was on has rested before it starts again",             command_finds_rested   },
    {RIG_ACTION_WRITE,  "S5",  "starts of a session are counted",                           command_keeps_starts   },
    {RIG_ACTION_WRITE,  "S5",  "what is used up stays off",                                 command_finds_some_left},
    {RIG_ACTION_WRITE,  "S5",  "the rate of commands is kept",                              command_keeps_rate     },
    {RIG_ACTION_WRITE,  "S10", "the heartbeat toggles",                                     heartbeat_toggles      },
    {RIG_ACTION_WRITE,  "S4",  "a safe write writes the safe value, and nothing after",     safe_write_is_safe     },
    {RIG_ACTION_RECORD, "S3",  "safe means that the plant is safe",                         safe_is_true           },
    {RIG_ACTION_RECORD, "S2",  "the safe sequence writes every output",                     sequence_writes_all    },
    {RIG_ACTION_RECORD, "S4",  "a grant waits for a safe rig and every line",               grant_meets_safe_rig   },
    {RIG_ACTION_RECORD, "S2",  "a controller is lost when the resume window is over",       loss_is_loss           },
    {RIG_ACTION_RECORD, "S3",  "a departure is one",                                        departure_is_departure },
    {RIG_ACTION_RECORD, "S4",  "a command acts once",                                       command_acts_once      },
    {RIG_ACTION_RECORD, "S7",  "only a mere fault resets itself",                           fault_resets_itself    },
    {RIG_ACTION_RECORD, "S7",  "a reset is an edge, by who may",                            reset_is_asked_for     },
    {RIG_ACTION_RECORD, "S7",  "a reset needs the condition gone",                          reset_meets_no_cause   },
    {RIG_ACTION_RECORD, "S6",  "a permissive is lost, or refused for, when it is false",    permissive_is_false    },
    {RIG_ACTION_RECORD, "S5",  "spent is what is used up",                                  spent_is_true          },
    {RIG_ACTION_RECORD, "S15", "a bypass is a technician's, recorded, and ends within 8 h",
     bypass_is_technicians                                                                                         },
    {RIG_ACTION_RECORD, "S15", "a bypassed rule does not act",                              bypassed_does_not_act  },
    {RIG_ACTION_ANSWER, "S9",  "verified means read back after the write",                  verified_is_read       },
    {RIG_ACTION_ANSWER, NULL,  NULL,                                                        NULL                   },
};
