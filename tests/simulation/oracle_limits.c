/* oracle_limits.c - the limits of outputs by the oracle's own reckoning: from the writes that were emitted
 * and the samples that were delivered, it knows when an output was on, how often it was turned on in the
 * session, and what has flowed since the session began. Where the core counts until an output is confirmed to
 * be off, the oracle counts until it was written off, so it never counts more. */
#include "tests/simulation/oracle.h"

#include "tests/simulation/world.h"

#include <math.h>

static struct tally_of *tally_at(struct lab *lab, uint16_t point)
{
    return &lab->oracle.tallies[point];
}

static const struct rig_limit_spec *limit_at(const struct lab *lab, uint16_t point)
{
    for (size_t i = 0; i < LIMITS; i++)
        if (lab->spec.limits[i].of == point)
            return &lab->spec.limits[i];
    return NULL;
}

static bool is_safe(const struct lab *lab, uint16_t point, double number)
{
    return number == lab->spec.points[point].safe;
}

/* ---- reckoning
 * ----------------------------------------------------------------------------------------------- */

void oracle_limits_begin(struct lab *lab)
{
    for (uint16_t i = 0; i < POINTS; i++) /* nobody knows what was before */
        *tally_at(lab, i) = (struct tally_of){.on_at = lab->now, .flowed_at = lab->now};
}

void oracle_limits_session(struct lab *lab)
{
    for (uint16_t i = 0; i < POINTS; i++) {
        tally_at(lab, i)->starts = 0;
        tally_at(lab, i)->flowed = 0;
    }
}

/* What flows now: the last value read; the most that it can be while it cannot be read. */
static double flow(const struct lab *lab, const struct rig_limit_spec *limit)
{
    const struct oracle *o = &lab->oracle;
    if (is_safe(lab, limit->of, o->written[limit->of]))
        return 0;
    if (limit->totalized == RIG_NONE)
        return limit->flow;
    if (!fresh(lab, limit->totalized))
        return lab->spec.points[limit->totalized].maximum;
    return fmax(0, o->delivered[limit->totalized].number);
}

void oracle_limits_before(struct lab *lab)
{
    for (size_t i = 0; i < LIMITS; i++) {
        struct tally_of *tally = tally_at(lab, lab->spec.limits[i].of);
        tally->flowed += tally->flow * (double)(lab->now - tally->flowed_at) / (double)S;
        tally->flowed_at = lab->now;
    }
}

void oracle_limits_after(struct lab *lab)
{
    for (size_t i = 0; i < LIMITS; i++)
        tally_at(lab, lab->spec.limits[i].of)->flow = flow(lab, &lab->spec.limits[i]);
}

void oracle_limits_wrote(struct lab *lab, const struct rig_action *write)
{
    struct tally_of *tally = tally_at(lab, write->point);
    bool was_on = !is_safe(lab, write->point, lab->oracle.written[write->point]);
    bool on = !is_safe(lab, write->point, write->number);
    if (was_on || on)
        tally->on_at = lab->now;
    tally->starts += on && !was_on;
    if (!write->safe)
        tally->commanded_at = lab->now;
}

/* Where other hands move an output it rests from when it was last seen on. */
void oracle_limits_sample(struct lab *lab, uint16_t point, double number)
{
    for (size_t i = 0; i < OUTPUTS; i++) {
        const struct rig_point_spec *output = &lab->spec.points[oracle_outputs[i]];
        if (output->readback == point && fabs(number - output->safe) > output->tolerance)
            tally_at(lab, oracle_outputs[i])->seen_at = lab->now;
    }
}

/* ---- invariants
 * ---------------------------------------------------------------------------------------------- */

static bool turns_on(const struct lab *lab, const struct rig_action *write)
{
    return !write->safe && !write->heartbeat && !is_safe(lab, write->point, write->number) &&
           is_safe(lab, write->point, lab->oracle.written[write->point]);
}

void command_finds_rested(struct lab *lab, const struct rig_event *event, const struct rig_action *write)
{
    (void)event;
    const struct rig_limit_spec *limit = limit_at(lab, write->point);
    if (!limit || limit->off_for == 0 || !turns_on(lab, write))
        return;
    const struct tally_of *tally = tally_at(lab, write->point);
    int64_t since = tally->on_at > tally->seen_at ? tally->on_at : tally->seen_at;
    CHECK(lab, lab->now - since >= limit->off_for, "%s is turned on %.3f s after it was on",
          lab->spec.points[write->point].name, (double)(lab->now - since) / 1e9);
}

void command_keeps_starts(struct lab *lab, const struct rig_event *event, const struct rig_action *write)
{
    (void)event;
    const struct rig_limit_spec *limit = limit_at(lab, write->point);
    if (limit && limit->starts > 0 && turns_on(lab, write))
        CHECK(lab, tally_at(lab, write->point)->starts < limit->starts, "%s is turned on more than %u times",
              lab->spec.points[write->point].name, limit->starts);
}

void command_finds_some_left(struct lab *lab, const struct rig_event *event, const struct rig_action *write)
{
    (void)event;
    const struct rig_limit_spec *limit = limit_at(lab, write->point);
    bool on = !write->safe && !write->heartbeat && !is_safe(lab, write->point, write->number);
    if (limit && limit->total > 0 && on)
        CHECK(lab, tally_at(lab, write->point)->flowed < limit->total * (1 - 1e-9),
              "%s is turned on and its total is used up", lab->spec.points[write->point].name);
}

void spent_is_true(struct lab *lab, const struct rig_event *event, const struct rig_action *record)
{
    (void)event;
    const struct rig_limit_spec *limit = limit_at(lab, record->point);
    if (record->record != RIG_RECORD_REFUSAL || record->refusal != RIG_SPENT)
        return;
    CHECK(lab, limit && (limit->total > 0 || tally_at(lab, record->point)->starts >= limit->starts),
          "%s is refused as spent, and is not", lab->spec.points[record->point].name);
}

/* Steps of a ramp are one command. */
void command_keeps_rate(struct lab *lab, const struct rig_event *event, const struct rig_action *write)
{
    (void)event;
    const struct rig_limit_spec *limit = limit_at(lab, write->point);
    int64_t before = tally_at(lab, write->point)->commanded_at;
    bool to_safe = write->number == lab->spec.points[write->point].safe;
    if (write->safe || write->heartbeat || to_safe || !limit || limit->rate <= 0 || before == 0)
        return;
    CHECK(lab, (double)(lab->now - before) * limit->rate >= (double)S, "%s is commanded after %.3f s",
          lab->spec.points[write->point].name, (double)(lab->now - before) / 1e9);
}

void totals_drive(struct lab *lab)
{
    for (size_t i = 0; i < LIMITS; i++) {
        const struct rig_limit_spec *limit = &lab->spec.limits[i];
        const struct tally_of *tally = tally_at(lab, limit->of);
        double late = tally->flow * 2e-3; /* the loop wakes late */
        if (limit->total > 0 && tally->flowed > limit->total * (1 + 1e-9) + late)
            CHECK(lab, lab->oracle.written[limit->of] == kept(lab, limit->of),
                  "%s stays on and its total is used up", lab->spec.points[limit->of].name);
    }
}
