/* oracle_demands.c - what latched trips ask of single outputs, written out once more: in the order in which
 * they decide, away from safe and back, on the one line and on the other. */
#include "tests/simulation/oracle.h"

#include "tests/simulation/world.h"

static const struct demanded {
    enum trip_rule trip;
    enum point output;
    double number;
} demanded[] = {
    {OVERVOLTAGE, VOLTAGE, 0 },
    {COOLING,     HEATER,  0 },
    {COOLING,     PUMP,    30},
    {COOLING,     LAMP,    1 },
    {VENTING,     HEATER,  0 },
    {VENTING,     VOLTAGE, 4 },
    {VENTING,     PUMP,    60},
};
enum { DEMANDED = sizeof demanded / sizeof *demanded };

/* A trip that names no outputs drives all. */
bool drives(enum trip_rule trip, uint16_t point)
{
    bool names = false;
    for (size_t i = 0; i < DEMANDED; i++) {
        if (demanded[i].trip == trip && demanded[i].output == point)
            return true;
        names |= demanded[i].trip == trip;
    }
    return !names;
}

double kept(const struct lab *lab, uint16_t output)
{
    const struct rig_durable *durable = rig_durable(lab->rig);
    bool hands = durable->lockout_count > 0 || rig_is_local(lab->rig);
    for (size_t i = 0; !hands && i < DEMANDED; i++)
        if (demanded[i].output == output && latched(durable, demanded[i].trip))
            return demanded[i].number;
    return lab->spec.points[output].safe;
}

/* By a trip that was latched before the event, in it, or is after it. */
bool is_demanded(const struct lab *lab, const struct rig_action *write)
{
    const struct oracle *o = &lab->oracle;
    for (size_t i = 0; i < DEMANDED; i++) {
        enum trip_rule trip = demanded[i].trip;
        if (demanded[i].output == write->point && demanded[i].number == write->number &&
            (o->tripped_now[trip] || latched(rig_durable(lab->rig), trip) ||
             latched(&o->before.durable, trip)))
            return true;
    }
    return false;
}

static bool is_written(const struct lab *lab, uint16_t point, double number)
{
    for (size_t i = 0; i < lab->actions.count; i++) {
        const struct rig_action *action = &lab->actions.list[i];
        if (action->kind == RIG_ACTION_WRITE && action->point == point && action->number == number)
            return true;
    }
    return false;
}

/* The sequence gives back in the order of its steps. */
static bool comes_later(const struct lab *lab, uint16_t output)
{
    const struct rig_step_spec *second = &lab->spec.steps[1];
    bool later = false;
    for (size_t i = 0; i < second->count; i++)
        later |= second->items[i].point == output;
    return later && rig_is_making_safe(lab->rig);
}

/* In the event that changes what is asked of an output, whatever else the rig does and on whichever line. */
void demands_are_written(struct lab *lab, const struct rig_event *event)
{
    (void)event;
    const struct before *before = &lab->oracle.before;
    for (size_t i = 0; i < OUTPUTS; i++) {
        uint16_t output = oracle_outputs[i];
        double number = kept(lab, output), safe = lab->spec.points[output].safe;
        if (number == before->kept[output] || (number == safe && comes_later(lab, output)))
            continue;
        lab->world->tally.driven += number != safe;
        lab->world->tally.driven_meanwhile += number != safe && before->making_safe;
        lab->world->tally.given_back += number == safe;
        CHECK(lab, is_written(lab, output, number), "%s is to be at %g from now on, and that is not written",
              lab->spec.points[output].name, number);
    }
}
