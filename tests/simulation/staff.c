/* staff.c - technicians at the rig, and trouble with it. */
#include "tests/simulation/world.h"

/* Mostly as it should be; sometimes too long, for no rule, or by who may not. */
static void bypass(struct lab *lab)
{
    struct random *random = &lab->random;
    struct rig_event event = {.kind = RIG_EVENT_BYPASS};
    event.bypass.set = random_chance(random, 0.8);
    event.bypass.rule = (uint16_t)random_below(random, TRIPS + PERMISSIVES + 1);
    event.bypass.until = lab->now + random_time(random, S, 5 * 60 * S);
    if (random_chance(random, 0.1))
        event.bypass.until = lab->now + (random_chance(random, 0.5) ? 9 * 3600 * S : -S);
    event.bypass.account = 900;
    event.bypass.role = random_chance(random, 0.1) ? RIG_TEACHER : RIG_TECHNICIAN;
    event.request = people_request(lab, &(struct request){.kind = RIG_EVENT_BYPASS});
    lab_handle(lab, &event);
}

void staff_event(struct lab *lab, enum rig_event_kind kind, bool set)
{
    struct rig_event event = {.kind = kind};
    if (kind == RIG_EVENT_LOCKOUT) {
        event.lockout.set = set;
        event.lockout.account = 900 + random_below(&lab->random, 3);
        event.lockout.whose =
            random_chance(&lab->random, 0.7) ? event.lockout.account : 900 + random_below(&lab->random, 3);
    } else {
        event.person.account = 900;
        event.person.role = RIG_TECHNICIAN;
    }
    event.request = people_request(lab, &(struct request){.kind = kind});
    lab_handle(lab, &event);
}

void staff_step(struct lab *lab)
{
    struct random *random = &lab->random;
    const struct rig_durable *durable = rig_durable(lab->rig);
    lab->staff_at = lab->now + random_time(random, S, 30 * S);
    if (rig_condition(lab->rig) == RIG_QUARANTINED && random_chance(random, lab->staff_is_far ? 0.01 : 0.3))
        staff_event(lab, RIG_EVENT_CLEAR, true);
    if (durable->stopped && random_chance(random, 0.4))
        staff_event(lab, RIG_EVENT_RESET, true);
    bool locked_out = durable->lockout_count > 0;
    if (random_chance(random, locked_out ? 0.6 : 0.004))
        staff_event(lab, RIG_EVENT_LOCKOUT, !locked_out || random_chance(random, 0.2));
    if (random_chance(random, 0.3))
        staff_event(lab, RIG_EVENT_RESET, true);
    if (random_chance(random, lab->among_staff ? 0.3 : 0.02))
        bypass(lab);
    if (random_chance(random, 0.001))
        staff_event(lab, RIG_EVENT_SHUTDOWN, true);
    if (lab->oracle.closing && random_chance(random, 0.5))
        lab->world->crash_wanted = true;
}

void trouble_step(struct lab *lab)
{
    static const uint16_t stuck[] = {PUMP, HEATER, FILL, DRAIN, VOLTAGE},
                          bad[] = {LEVEL, TEMPERATURE, GUARD, DRAIN_OPEN};
    struct random *random = &lab->random;
    struct plant *plant = &lab->plant;
    lab->trouble_at = lab->now + random_time(random, S, 60 * S);
    plant_step(plant, lab->now);
    const struct weather *weather = &lab->world->weather;
    struct tally *tally = &lab->world->tally;
    double die = random_between(random, 0, 1);
    if (lab->staff_is_far && weather->stuck && random_chance(random, 0.1))
        die = 0.06;
    if (die < 0.05 && weather->dead_line) {
        struct line *line = &lab->lines[random_below(random, LINKS)];
        line->dead_until = lab->now + random_time(random, 100 * MS, 20 * S);
        tally->dead_line++;
    } else if (die < 0.09 && weather->stuck) {
        plant->stuck_until[stuck[random_below(random, 5)]] =
            lab->now + random_time(random, S, lab->staff_is_far ? 600 * S : 60 * S);
        tally->stuck++;
    } else if (die < 0.13 && weather->bad_value) {
        plant->bad_until[bad[random_below(random, 4)]] = lab->now + random_time(random, 100 * MS, 10 * S);
        tally->bad_value++;
    } else if (die < 0.18 && weather->tampering) {
        uint16_t point = stuck[random_below(random, 5)];
        plant->set[point] = point == PUMP ? 30 : point == VOLTAGE ? 3 : !(lab->spec.points[point].safe != 0);
        plant->tampered_at = lab->now;
        tally->tampering++;
    } else if ((die < 0.22 && weather->hands) || plant->guard_open) {
        plant->guard_open = !plant->guard_open;
        tally->hands++;
    } else if ((die < 0.24 && weather->hands) || plant->local) {
        plant->local = !plant->local;
        tally->hands++;
    } else if (die < 0.3 && weather->process) {
        plant->temperature = random_between(random, 60, 90);
        tally->process++;
    } else if (die < 0.36 && weather->process) {
        plant->level = random_between(random, 0, 0.3);
        tally->process++;
    }
}
