/* invariants.c - what must hold of the rig's state after every event, whatever the event was. */
#include "tests/simulation/oracle.h"

#include <math.h>
#include <string.h>

const uint16_t oracle_outputs[OUTPUTS] = {PUMP, HEATER, FILL, DRAIN, VOLTAGE, LAMP};

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

bool drives(enum trip_rule trip, uint16_t point)
{
    return trip != OVERVOLTAGE || point == VOLTAGE;
}

/* S6, S7: what must be tripped and driven, from the values as they were delivered. */
static void check_interlocks(struct lab *lab)
{
    struct oracle *o = &lab->oracle;
    const struct rig_durable *durable = rig_durable(lab->rig);
    bool guard_open = fresh(lab, GUARD) && o->delivered[GUARD].number != 0;
    bool hot = fresh(lab, TEMPERATURE) && o->delivered[TEMPERATURE].number > 80;
    CHECK(lab, !guard_open || latched(durable, GUARD_OPEN), "the guard is open and nothing tripped");
    CHECK(lab, !o->armed || fresh(lab, GUARD) || latched(durable, GUARD_OPEN),
          "S6: a bad input does not trip");
    CHECK(lab, !hot || lab->spec.trips[OVERHEAT].hold > 0 || latched(durable, OVERHEAT),
          "too hot and not tripped");
    if (lab->spec.trips[OVERVOLTAGE].confirm <= 1)
        CHECK(lab,
              !(fresh(lab, VOLTAGE_SHOWN) && o->delivered[VOLTAGE_SHOWN].number > 8) ||
                  latched(durable, OVERVOLTAGE),
              "overvoltage and not tripped");
    for (int trip = 0; trip < TRIPS; trip++)
        for (size_t i = 0; latched(durable, trip) && !rig_is_making_safe(lab->rig) && i < OUTPUTS; i++)
            CHECK(lab,
                  !drives(trip, oracle_outputs[i]) ||
                      o->written[oracle_outputs[i]] == lab->spec.points[oracle_outputs[i]].safe,
                  "S7: trip %d is latched and %s not driven", trip, lab->spec.points[oracle_outputs[i]].name);
    bool water = fresh(lab, LEVEL) && o->delivered[LEVEL].number > 0.15;
    CHECK(lab, water || o->written[HEATER] == 0, "S6: the heater is on without its permissive");
    for (size_t i = 0; i < OUTPUTS; i++)
        CHECK(lab,
              oracle_outputs[i] != PUMP || o->on_since[PUMP] == 0 ||
                  lab->now - o->on_since[PUMP] <= 60 * S + 2 * MS,
              "the pump is on for longer than it may");
}

static void check_condition(struct lab *lab)
{
    struct oracle *o = &lab->oracle;
    enum rig_condition condition = rig_condition(lab->rig);
    bool available = condition == RIG_SAFE || condition == RIG_GRANTING || condition == RIG_CONTROLLED;
    CHECK(lab, !available || o->safe_since_edge, "S3: %s without a verified safe state",
          rig_condition_name(condition));
    CHECK(lab, !available || required_up(lab), "S3: %s with a dead instrument",
          rig_condition_name(condition));
    CHECK(lab, condition != RIG_MAKING_SAFE || rig_is_making_safe(lab->rig),
          "S2: nothing makes the rig safe");
    CHECK(lab, !rig_is_making_safe(lab->rig) || lab->now - o->edge_at < 90 * S, "S2: making safe never ends");
    const struct rig_durable *durable = rig_durable(lab->rig);
    bool hands = durable->locked_out || rig_is_local(lab->rig);
    for (size_t i = 0; available && o->untouched && !hands && i < 5; i++) {
        const struct rig_assignment *shown = &lab->spec.shown[i];
        double tolerance = shown->point == PUMP_SPEED ? 1 : shown->point == VOLTAGE_SHOWN ? 0.05 : 0;
        CHECK(lab,
              fresh(lab, shown->point) &&
                  fabs(o->delivered[shown->point].number - shown->number) <= tolerance,
              "S3: %s departed from safe, or cannot be seen, and that is no edge",
              lab->spec.points[shown->point].name);
    }
    CHECK(lab, memcmp(durable, &lab->stored, sizeof *durable) == 0,
          "what must survive a restart was not stored");
    CHECK(lab, !(durable->stopped || durable->locked_out) || rig_controller(lab->rig) == 0,
          "S8: somebody is in control of a stopped or locked rig");
}

static void check_people(struct lab *lab)
{
    size_t count, controllers = 0;
    const struct rig_seat *seats = rig_seats(lab->rig, &count);
    uint32_t controller = rig_controller(lab->rig);
    for (size_t i = 0; i < count; i++) {
        bool controls = seats[i].kind == RIG_SEAT_CONTROLLER;
        controllers += controls;
        CHECK(lab, controls == (seats[i].id == controller),
              "S4: seat and lease disagree about who is in control");
        CHECK(lab, seats[i].id != controller || lab->now - seats[i].heard <= 28 * S + 2 * MS,
              "S2: the controller is gone and nothing happens");
        for (size_t j = i + 1; j < count; j++)
            CHECK(lab, seats[i].account != seats[j].account, "an account has two seats");
    }
    CHECK(lab, controllers == (controller != 0), "S4: %zu controllers", controllers);
    CHECK(lab, rig_session(lab->rig) != 0 || count == 0, "seats without a session");
}

static void check_values(struct lab *lab)
{
    struct oracle *o = &lab->oracle;
    const struct rig_value *values = rig_values(lab->rig);
    for (uint16_t i = 0; i < POINTS; i++) {
        if (lab->spec.points[i].poll == 0)
            continue;
        bool good = values[i].quality == RIG_GOOD;
        CHECK(lab, good == fresh(lab, i), "S14: the quality of %s is %s", lab->spec.points[i].name,
              rig_quality_name(values[i].quality));
        CHECK(lab, !good || i == LABEL || values[i].number == o->delivered[i].number,
              "the image shows another value");
        bool changed = memcmp(&values[i].number, &o->before.values[i].number, sizeof(double)) != 0 ||
                       values[i].quality != o->before.values[i].quality;
        CHECK(lab, !changed || rig_point_revision(lab->rig, i) > o->before.revision,
              "a change of %s has no revision", lab->spec.points[i].name);
    }
}

static void check_revisions(struct lab *lab)
{
    const struct before *before = &lab->oracle.before;
    size_t seats;
    rig_seats(lab->rig, &seats);
    CHECK(lab,
          rig_revision(lab->rig) >= before->revision &&
              rig_status_revision(lab->rig) <= rig_revision(lab->rig),
          "revisions run backwards");
    CHECK(lab, rig_epoch(lab->rig) >= before->epoch && rig_epoch(lab->rig) == lab->oracle.epoch,
          "S4: a wrong epoch");
    bool changed = before->condition != rig_condition(lab->rig) ||
                   before->controller != rig_controller(lab->rig) || before->epoch != rig_epoch(lab->rig) ||
                   before->seats != seats ||
                   memcmp(&before->durable, rig_durable(lab->rig), sizeof before->durable) != 0;
    CHECK(lab, !changed || rig_status_revision(lab->rig) > before->status_revision,
          "a change of status has no revision");
}

void check_state(struct lab *lab)
{
    check_interlocks(lab);
    check_condition(lab);
    check_people(lab);
    check_values(lab);
    check_revisions(lab);
}
