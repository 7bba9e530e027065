/* oracle_state.c - what must hold of the rig's state after every event, whatever the event was. */
#include "tests/simulation/oracle.h"

#include "tests/simulation/world.h"

#include <math.h>
#include <string.h>

const uint16_t oracle_outputs[OUTPUTS] = {PUMP, HEATER, FILL, DRAIN, VOLTAGE, LAMP};

const struct person *sitting(const struct lab *lab, uint32_t seat)
{
    for (size_t i = 0; i < PEOPLE; i++)
        if (seat != 0 && lab->people[i].sitting == seat)
            return &lab->people[i];
    return NULL;
}

enum trip_rule trip_named(const struct lab *lab, const char *name)
{
    int trip = 0;
    while (trip < TRIPS && strcmp(lab->spec.trips[trip].name, name) != 0)
        trip++;
    return (enum trip_rule)trip;
}

bool required_up(const struct lab *lab)
{
    for (size_t i = 0; i < INSTRUMENTS; i++)
        if (!lab->oracle.up[i] && !lab->spec.instruments[i].on_loss_continue)
            return false;
    return true;
}

bool fresh(const struct lab *lab, uint16_t point)
{
    const struct rig_value *value = &lab->oracle.delivered[point];
    const struct rig_point_spec *spec = &lab->spec.points[point];
    return value->quality == RIG_GOOD && lab->oracle.up[spec->instrument] &&
           lab->now - value->at <= spec->stale_after;
}

bool latched(const struct rig_durable *durable, enum trip_rule trip)
{
    return durable->trips[0] >> trip & 1;
}

/* A condition with a hysteresis holds until its value is back by the band; what cannot be read is forgotten.
 */
static bool holds(const struct lab *lab, bool held, uint16_t point, double above, double band)
{
    return fresh(lab, point) && lab->oracle.delivered[point].number > above - (held ? band : 0);
}

bool level_permits(const struct lab *lab)
{
    return holds(lab, lab->oracle.level_held, LEVEL, 0.15, lab->spec.level_band);
}

void oracle_hold(struct lab *lab)
{
    struct oracle *o = &lab->oracle;
    o->level_held = level_permits(lab);
    o->heat_held = holds(lab, o->heat_held, TEMPERATURE, 80, lab->spec.heat_band);
    lab->world->tally.held += (o->level_held && o->delivered[LEVEL].number <= 0.15) ||
                              (o->heat_held && o->delivered[TEMPERATURE].number <= 80);
}

/* ---- interlocks, from the values as they were delivered
 * ------------------------------------------------------ */

static void conditions_trip(struct lab *lab)
{
    const struct oracle *o = &lab->oracle;
    const struct rig_durable *durable = rig_durable(lab->rig);
    bool guard_open = fresh(lab, GUARD) && o->delivered[GUARD].number != 0;
    bool hot = fresh(lab, TEMPERATURE) && o->delivered[TEMPERATURE].number > 80;
    bool overvoltage = fresh(lab, VOLTAGE_SHOWN) && o->delivered[VOLTAGE_SHOWN].number > 8;
    CHECK(lab, !guard_open || bypassed(lab, GUARD_OPEN) || latched(durable, GUARD_OPEN),
          "the guard is open and nothing tripped");
    CHECK(lab,
          !hot || bypassed(lab, OVERHEAT) || lab->spec.trips[OVERHEAT].hold > 0 || latched(durable, OVERHEAT),
          "too hot and not tripped");
    CHECK(lab,
          !overvoltage || bypassed(lab, OVERVOLTAGE) || lab->spec.trips[OVERVOLTAGE].confirm > 1 ||
              latched(durable, OVERVOLTAGE),
          "overvoltage and not tripped");
}

static void bad_inputs_trip(struct lab *lab)
{
    CHECK(lab,
          !lab->oracle.armed || fresh(lab, GUARD) || bypassed(lab, GUARD_OPEN) ||
              latched(rig_durable(lab->rig), GUARD_OPEN),
          "the guard cannot be read and nothing tripped");
}

static void trips_drive(struct lab *lab)
{
    const struct rig_durable *durable = rig_durable(lab->rig);
    if (rig_is_making_safe(lab->rig))
        return;
    for (int trip = 0; durable->trips[0] && trip < TRIPS; trip++)
        for (size_t i = 0; latched(durable, trip) && i < OUTPUTS; i++)
            CHECK(lab,
                  !drives(trip, oracle_outputs[i]) ||
                      lab->oracle.written[oracle_outputs[i]] == kept(lab, oracle_outputs[i]),
                  "trip %s is latched and %s not driven", lab->spec.trips[trip].name,
                  lab->spec.points[oracle_outputs[i]].name);
}

static void permissives_hold(struct lab *lab)
{
    const struct oracle *o = &lab->oracle;
    CHECK(lab, o->level_held || bypassed(lab, TRIPS) || o->written[HEATER] == 0,
          "the heater is on without its permissive");
}

static void on_time_is_limited(struct lab *lab)
{
    int64_t since = lab->oracle.on_since[PUMP];
    CHECK(lab, since == 0 || kept(lab, PUMP) != 0 || lab->now - since <= 60 * S + 2 * MS,
          "the pump is on for longer than it may");
}

/* ---- the rig's condition
 * -------------------------------------------------------------------------------------- */

static bool available(const struct lab *lab)
{
    enum rig_condition condition = rig_condition(lab->rig);
    return condition == RIG_SAFE || condition == RIG_GRANTING || condition == RIG_CONTROLLED;
}

static void available_is_verified(struct lab *lab)
{
    if (!available(lab))
        return;
    const char *name = rig_condition_name(rig_condition(lab->rig));
    CHECK(lab, lab->oracle.safe_since_edge, "%s without a verified safe state", name);
    CHECK(lab, required_up(lab), "%s with a dead instrument", name);
}

static void making_safe_ends(struct lab *lab)
{
    bool making_safe = rig_is_making_safe(lab->rig);
    CHECK(lab, rig_condition(lab->rig) != RIG_MAKING_SAFE || making_safe, "nothing makes the rig safe");
    CHECK(lab, !making_safe || lab->now - lab->oracle.edge_at < 90 * S, "making safe never ends");
}

static void departure_is_edge(struct lab *lab)
{
    const struct oracle *o = &lab->oracle;
    bool hands = rig_durable(lab->rig)->lockout_count > 0 || rig_is_local(lab->rig);
    if (!o->untouched || hands || !available(lab))
        return;
    for (size_t i = 0; i < 5; i++) {
        const struct rig_assignment *shown = &lab->spec.shown[i];
        double number = shown->point == PUMP_SPEED      ? kept(lab, PUMP)
                        : shown->point == VOLTAGE_SHOWN ? kept(lab, VOLTAGE)
                                                        : shown->number;
        double tolerance = shown->point == PUMP_SPEED ? 1 : shown->point == VOLTAGE_SHOWN ? 0.05 : 0;
        CHECK(lab, fresh(lab, shown->point) && fabs(o->delivered[shown->point].number - number) <= tolerance,
              "%s departed from safe, or cannot be seen, and that is no edge",
              lab->spec.points[shown->point].name);
    }
}

static void durable_is_handed_over(struct lab *lab)
{
    CHECK(lab, memcmp(rig_durable(lab->rig), &lab->handed, sizeof lab->handed) == 0,
          "what must survive a restart was not stored");
}

static void stop_ends_control(struct lab *lab)
{
    const struct rig_durable *durable = rig_durable(lab->rig);
    CHECK(lab, !(durable->stopped || durable->lockout_count > 0) || rig_controller(lab->rig) == 0,
          "somebody is in control of a stopped or locked rig");
}

static void heartbeat_goes_on(struct lab *lab)
{
    const struct oracle *o = &lab->oracle;
    int64_t most = 2 * lab->spec.rig.heartbeat.drops_after;
    CHECK(lab, !o->up[PLC] || lab->now - o->up_since[PLC] < most || lab->now - o->beat_at < most,
          "the heartbeat has stopped");
}

/* ---- people
 * --------------------------------------------------------------------------------------------------- */

static void one_controller(struct lab *lab)
{
    size_t count, controllers = 0;
    const struct rig_seat *seats = rig_seats(lab->rig, &count);
    uint32_t controller = rig_controller(lab->rig);
    for (size_t i = 0; i < count; i++) {
        bool controls = seats[i].kind == RIG_SEAT_CONTROLLER;
        controllers += controls;
        CHECK(lab, controls == (seats[i].id == controller),
              "seat and lease disagree about who is in control");
        for (size_t j = i + 1; j < count; j++)
            CHECK(lab, seats[i].account != seats[j].account, "an account has two seats");
    }
    CHECK(lab, controllers == (controller != 0), "%zu controllers", controllers);
    CHECK(lab, rig_session(lab->rig) != 0 || count == 0, "seats without a session");
}

static void lost_controller_is_edge(struct lab *lab)
{
    const struct person *person = sitting(lab, rig_controller(lab->rig));
    CHECK(lab, !person || lab->now - person->heard <= 28 * S + 2 * MS,
          "the controller is gone and nothing happens");
}

/* ---- what others see
 * ------------------------------------------------------------------------------------------ */

static void image_is_true(struct lab *lab)
{
    struct oracle *o = &lab->oracle;
    const struct rig_value *values = rig_values(lab->rig);
    for (uint16_t i = 0; i < POINTS; i++) {
        if (lab->spec.points[i].poll == 0)
            continue;
        bool good = values[i].quality == RIG_GOOD;
        CHECK(lab, good == fresh(lab, i), "the quality of %s is %s", lab->spec.points[i].name,
              rig_quality_name(values[i].quality));
        CHECK(lab, !good || i == LABEL || values[i].number == o->delivered[i].number,
              "the image shows another value");
        bool changed = memcmp(&values[i].number, &o->before.values[i].number, sizeof(double)) != 0 ||
                       values[i].quality != o->before.values[i].quality;
        CHECK(lab, !changed || rig_point_revision(lab->rig, i) > o->before.revision,
              "a change of %s has no revision", lab->spec.points[i].name);
    }
}

static void changes_show(struct lab *lab)
{
    const struct before *before = &lab->oracle.before;
    size_t seats;
    rig_seats(lab->rig, &seats);
    CHECK(lab,
          rig_revision(lab->rig) >= before->revision &&
              rig_status_revision(lab->rig) <= rig_revision(lab->rig),
          "revisions run backwards");
    CHECK(lab, rig_epoch(lab->rig) >= before->epoch && rig_epoch(lab->rig) == lab->oracle.epoch,
          "a wrong epoch");
    bool changed = before->condition != rig_condition(lab->rig) ||
                   before->controller != rig_controller(lab->rig) || before->epoch != rig_epoch(lab->rig) ||
                   before->seats != seats ||
                   memcmp(&before->durable, rig_durable(lab->rig), sizeof before->durable) != 0;
    CHECK(lab, !changed || rig_status_revision(lab->rig) > before->status_revision,
          "a change of status has no revision");
}

const struct state_invariant oracle_of_state[] = {
    {"S7",  "a condition trips",                                      conditions_trip              },
    {"S6",  "bad and stale inputs trip",                              bad_inputs_trip              },
    {"S7",  "a latched trip keeps what it drives where it drives it", trips_drive                  },
    {"S6",  "no output without its permissive",                       permissives_hold             },
    {"S5",  "on-time limits hold",                                    on_time_is_limited           },
    {"S5",  "an output whose total is used up is driven to safe",     totals_drive                 },
    {"S15", "no rule is bypassed in a student's session",             no_bypass_in_students_session},
    {"S15", "a bypass shows, and ends in time",                       bypasses_show                },
    {"S3",  "available means verified safe since the last edge",      available_is_verified        },
    {"S2",  "making safe ends",                                       making_safe_ends             },
    {"S3",  "a departure from safe is an edge",                       departure_is_edge            },
    {"S8",  "a stop or a lock-out ends control",                      stop_ends_control            },
    {"S7",  "what must survive a restart is handed to the ledger",    durable_is_handed_over       },
    {"S10", "the heartbeat goes on",                                  heartbeat_goes_on            },
    {"S4",  "at most one controller, and seat and lease agree",       one_controller               },
    {"S2",  "a controller who is gone loses control",                 lost_controller_is_edge      },
    {"S14", "the image shows what was delivered, with its quality",   image_is_true                },
    {NULL,  "every change has a revision, and the epoch only grows",  changes_show                 },
    {NULL,  NULL,                                                     NULL                         },
};
