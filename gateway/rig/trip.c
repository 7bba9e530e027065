/* trip.c - conditions that drive the rig, or some outputs, safe and latch (promises S6 and S7). */
#include "gateway/rig/state.h"

static bool bit(const uint64_t *set, size_t index)
{
    return set[index / 64] >> index % 64 & 1;
}

static void set_bit(uint64_t *set, size_t index, bool on)
{
    uint64_t mask = (uint64_t)1 << index % 64;
    set[index / 64] = on ? set[index / 64] | mask : set[index / 64] & ~mask;
}

bool trip_is_latched(const struct rig *rig, size_t index)
{
    return bit(rig->durable.trips, index);
}

/* Until the first safe state is verified there is no session to protect, and inputs that were not read yet
 * say nothing: only a definite condition trips. */
static bool condition_holds(const struct rig *rig, size_t index, enum rig_truth truth)
{
    if (bypass_holds(rig, index))
        return false;
    if (truth == RIG_UNKNOWN)
        return !rig->spec->trips[index].ignore_bad && rig->interlocks.armed;
    return truth == RIG_TRUE;
}

static void note_reads(struct rig *rig, size_t index)
{
    size_t count;
    const uint16_t *inputs = rig_rule_inputs(rig->spec->trips[index].when, &count);
    uint32_t *then = rig->interlocks.reads_then + rig->interlocks.trips[index].first_read;
    for (size_t i = 0; i < count; i++)
        then[i] = rig->image.reads[inputs[i]];
}

/* `confirm` reads in a row of every input show it. What became unknown because nothing is read cannot be
 * confirmed by reading. */
static bool is_confirmed(const struct rig *rig, size_t index)
{
    const struct rig_trip_spec *spec = &rig->spec->trips[index];
    const struct trip *trip = &rig->interlocks.trips[index];
    if (spec->confirm <= 1 || trip->unread)
        return true;
    size_t count;
    const uint16_t *inputs = rig_rule_inputs(spec->when, &count);
    const uint32_t *then = rig->interlocks.reads_then + trip->first_read;
    for (size_t i = 0; i < count; i++)
        if (rig->spec->points[inputs[i]].poll > 0 &&
            rig->image.reads[inputs[i]] - then[i] + 1 < spec->confirm)
            return false;
    return true;
}

/* What made the condition unknown, where an input did: RIG_NONE for a result that is no number. */
static uint16_t bad_input(const struct rig *rig, size_t index)
{
    size_t count;
    const uint16_t *inputs = rig_rule_inputs(rig->spec->trips[index].when, &count);
    for (size_t i = 0; i < count && rig->interlocks.trips[index].truth == RIG_UNKNOWN; i++)
        if (rig->image.values[inputs[i]].quality != RIG_GOOD)
            return inputs[i];
    return RIG_NONE;
}

static void latch(struct rig *rig, size_t index)
{
    const struct rig_trip_spec *spec = &rig->spec->trips[index];
    struct trip *trip = &rig->interlocks.trips[index];
    bool fault = trip->truth == RIG_UNKNOWN && !spec->fault_needs_reset;
    if (trip_is_latched(rig, index)) {
        if (!fault && bit(rig->durable.faults, index)) {
            set_bit(rig->durable.faults, index, false); /* the condition itself has come true meanwhile */
            emit_durable(rig);
        }
        return;
    }
    set_bit(rig->durable.trips, index, true);
    set_bit(rig->durable.faults, index, fault);
    trip->latched_at = rig->now;
    trip->settled = false;
    emit_durable(rig);
    uint16_t because = bad_input(rig, index);
    struct rig_action *record = emit_record(rig, RIG_RECORD_TRIP);
    record->rule = spec->name;
    record->point = because;
    struct rig_action *notice = emit_notice(rig, RIG_RECORD_TRIP);
    notice->rule = spec->name;
    notice->point = because;
    demand_refresh(rig);
    if (!spec->drives)
        rig_edge(rig, RIG_EDGE_TRIP, spec->name);
    for (size_t i = 0; spec->drives && i < spec->drive_count; i++)
        drive_want(rig, spec->drives[i].point, demand_of(rig, spec->drives[i].point), spec->name);
}

/* What the trip has moved away from safe goes back, or to where another wants it; and what it has held at
 * safe goes to where another wants it. */
static void unlatch(struct rig *rig, size_t index, const struct rig_seat *seat, uint64_t account)
{
    const struct rig_trip_spec *spec = &rig->spec->trips[index];
    set_bit(rig->durable.trips, index, false);
    set_bit(rig->durable.faults, index, false);
    emit_durable(rig);
    struct rig_action *record = emit_record(rig, RIG_RECORD_RESET);
    record->rule = spec->name;
    record->seat = seat ? seat->id : 0;
    record->account = account;
    demand_refresh(rig);
    for (size_t i = 0; i < spec->drive_count; i++)
        if (demand_changed(rig, spec->drives[i].point))
            drive_want(rig, spec->drives[i].point, demand_of(rig, spec->drives[i].point), spec->name);
}

static void reset_by_itself(struct rig *rig, size_t index)
{
    const struct trip *trip = &rig->interlocks.trips[index];
    if (trip_is_latched(rig, index) && bit(rig->durable.faults, index) &&
        !rig->spec->trips[index].fault_needs_reset && trip->settled && !trip->holds &&
        trip->truth == RIG_FALSE)
        unlatch(rig, index, NULL, 0);
}

void trip_evaluate(struct rig *rig, size_t index, bool read)
{
    const struct rig_trip_spec *spec = &rig->spec->trips[index];
    struct trip *trip = &rig->interlocks.trips[index];
    trip->truth = rig_rule_evaluate(spec->when, &rig->interlocks.held[index], rig->image.values, rig->now);
    int64_t due = rig_rule_next_change(spec->when, rig->image.values, rig->now);
    if (!condition_holds(rig, index, trip->truth)) {
        trip->holds = trip->unread = false;
        timer_set(rig, TIMER_TRIP, index, due);
        reset_by_itself(rig, index);
        return;
    }
    if (!trip->holds) {
        trip->holds = true;
        trip->since = rig->now;
        if (spec->confirm > 1)
            note_reads(rig, index);
    }
    trip->unread |= trip->truth == RIG_UNKNOWN && !read;
    int64_t held_at = time_after(trip->since, spec->hold);
    if (held_at <= rig->now && is_confirmed(rig, index))
        latch(rig, index);
    else if (held_at > rig->now && held_at < due)
        due = held_at;
    timer_set(rig, TIMER_TRIP, index, due);
}

void trip_due(struct rig *rig, size_t index)
{
    interlock_mark(rig, index);
}

/* All that the trip drives has been seen at what it was driven to. */
static bool driven_outputs_show(const struct rig *rig, size_t index)
{
    const struct rig_trip_spec *spec = &rig->spec->trips[index];
    if (!spec->drives)
        return false;
    for (size_t i = 0; i < spec->drive_count; i++)
        if (!image_output_shows(rig, spec->drives[i].point, spec->drives[i].number,
                                rig->interlocks.trips[index].latched_at))
            return false;
    return true;
}

void trip_safe_verified(struct rig *rig)
{
    const bool verified = rig->verified; /* a reset that gives a drive back ends it */
    for (size_t i = 0; i < rig->spec->trip_count; i++) {
        if (!trip_is_latched(rig, i))
            continue;
        if (verified || driven_outputs_show(rig, i))
            rig->interlocks.trips[i].settled = true;
        reset_by_itself(rig, i);
    }
}

void trip_reset(struct rig *rig, const struct rig_event *event, enum rig_role role, uint64_t account,
                enum rig_refusal *refusal, const char **rule)
{
    for (size_t i = 0; i < rig->spec->trip_count; i++) {
        if (!trip_is_latched(rig, i))
            continue;
        const struct rig_trip_spec *spec = &rig->spec->trips[i];
        enum rig_truth truth =
            rig_rule_evaluate(spec->when, &rig->interlocks.held[i], rig->image.values, rig->now);
        bool gone = truth == RIG_FALSE || bypass_holds(rig, i);
        bool allowed = role_covers(role, spec->reset);
        if (gone && allowed) {
            unlatch(rig, i, seat_find(rig, event->seat), account);
        } else if (*refusal == RIG_ACCEPTED) {
            *refusal = gone ? RIG_NOT_ALLOWED : RIG_NOT_GONE;
            *rule = spec->name;
        }
    }
}

const char *trip_on(const struct rig *rig, uint16_t point)
{
    for (size_t i = 0; i < rig->spec->trip_count; i++) {
        const struct rig_trip_spec *spec = &rig->spec->trips[i];
        if (!trip_is_latched(rig, i))
            continue;
        if (!spec->drives)
            return spec->name;
        for (size_t j = 0; j < spec->drive_count; j++)
            if (spec->drives[j].point == point)
                return spec->name;
    }
    return NULL;
}
