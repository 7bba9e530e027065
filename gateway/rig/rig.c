/* rig.c - the way in: what is due, the event, and what follows from both. */
#include "gateway/rig/state.h"

static void beat_due(struct rig *rig, size_t unused)
{
    (void)rig;
    (void)unused; /* heartbeat_beat() ends every cycle */
}

static void (*const timer_handlers[TIMER_FAMILIES])(struct rig *rig, size_t index) = {
    [TIMER_SEQUENCE] = sequence_due,
    [TIMER_HEARTBEAT] = beat_due,
    [TIMER_PRESENCE] = lease_presence_due,
    [TIMER_SESSION] = seat_session_due,
    [TIMER_STALE] = image_point_aged,
    [TIMER_DRIVE] = drive_due,
    [TIMER_TRIP] = trip_due,
    [TIMER_PERMISSIVE] = permissive_due,
    [TIMER_RAMP] = ramp_due,
    [TIMER_ON_FOR] = limit_on_for_due,
    [TIMER_TOTAL] = limit_total_due,
    [TIMER_COMMAND] = command_due,
    [TIMER_BYPASS] = bypass_due,
    [TIMER_STOP] = protect_stop_due,
};

static void (*const write_handlers[TICKET_KINDS])(struct rig *rig, const struct rig_written *written) = {
    [TICKET_SEQUENCE] = sequence_written,   [TICKET_COMMAND] = command_written,
    [TICKET_DRIVE] = drive_written,         [TICKET_RAMP] = ramp_written,
    [TICKET_HEARTBEAT] = heartbeat_written,
};

static void on_tick(struct rig *rig, const struct rig_event *event)
{
    (void)rig;
    (void)event;
}

static void on_written(struct rig *rig, const struct rig_event *event)
{
    enum ticket_kind kind = ticket_kind(event->written.ticket);
    if (kind < TICKET_KINDS && write_handlers[kind])
        write_handlers[kind](rig, &event->written);
}

static void (*const event_handlers[])(struct rig *rig, const struct rig_event *event) = {
    [RIG_EVENT_TICK] = on_tick,
    [RIG_EVENT_SAMPLES] = image_samples,
    [RIG_EVENT_INSTRUMENT] = image_instrument,
    [RIG_EVENT_EPOCH_ACK] = lease_epoch_ack,
    [RIG_EVENT_WRITTEN] = on_written,
    [RIG_EVENT_SESSION_BEGIN] = seat_session_begin,
    [RIG_EVENT_SESSION_END_AT] = seat_session_end_at,
    [RIG_EVENT_SESSION_END] = seat_session_end,
    [RIG_EVENT_JOIN] = seat_join,
    [RIG_EVENT_LEAVE] = seat_leave,
    [RIG_EVENT_HEARD] = seat_was_heard,
    [RIG_EVENT_TAKE] = lease_take,
    [RIG_EVENT_RELEASE] = lease_release,
    [RIG_EVENT_COMMAND] = command_set,
    [RIG_EVENT_CAPTURE] = command_capture,
    [RIG_EVENT_STOP] = protect_stop,
    [RIG_EVENT_RESET] = protect_reset,
    [RIG_EVENT_LOCKOUT] = protect_lockout,
    [RIG_EVENT_CLEAR] = protect_clear,
    [RIG_EVENT_RECORDING] = protect_recording,
    [RIG_EVENT_BYPASS] = bypass_set,
    [RIG_EVENT_HOLD_HEARTBEAT] = heartbeat_hold,
    [RIG_EVENT_SHUTDOWN] = protect_shutdown,
};

static void run_timers(struct rig *rig)
{
    size_t timer;
    while (deadlines_take(&rig->deadlines, rig->now, &timer)) {
        size_t family = TIMER_FAMILIES - 1;
        while (timer < rig->timer_first[family])
            family--;
        timer_handlers[family](rig, timer - rig->timer_first[family]);
    }
}

/* The order makes the fence come before every write of the same event. */
static void settle_once(struct rig *rig)
{
    interlock_evaluate(rig);
    limit_count(rig);
    if (rig->image.sampled) {
        command_check(rig);
        ramp_check(rig);
        drive_check(rig);
        rig->image.sampled = false;
    }
    if (rig->sequence.wanted)
        sequence_apply_edge(rig);
    else if (rig->fence_wanted)
        lease_fence(rig);
    drive_emit(rig);
    sequence_advance(rig);
}

/* A rig that has just been verified safe for the first time is judged by all its rules before anybody gets
 * it; and a trip that resets itself then gives back what it has driven. After the second time no edge and no
 * fence is wanted: behind them only the end of a run wants more, and a run that begins here waits for
 * acknowledgements, which no event brings twice. So no step of a ramp meets a wanted edge, and no deadline
 * has to be looked for. */
static void settle(struct rig *rig)
{
    settle_once(rig);
    if (rig->interlocks.dirty_count > 0 || rig->sequence.wanted || rig->fence_wanted)
        settle_once(rig);
    lease_grant(rig);
}

void rig_handle(struct rig *rig, const struct rig_event *event, int64_t now, struct rig_actions *actions)
{
    rig->out = actions;
    rig->now = now > rig->now ? now : rig->now;
    rig->changed = false;
    run_timers(rig);
    settle(rig);
    if ((size_t)event->kind < sizeof event_handlers / sizeof *event_handlers) {
        event_handlers[event->kind](rig, event);
        settle(rig);
    }
    if (rig->ramp_is_due) {
        ramps_step(rig);
        settle(rig);
    }
    limit_watch(rig);
    heartbeat_beat(rig);
    rig->out = NULL;
}

int64_t rig_next_deadline(const struct rig *rig)
{
    return rig->sequence.wanted ? INT64_MIN : deadlines_next(&rig->deadlines);
}

enum rig_condition rig_condition(const struct rig *rig)
{
    if (rig->durable.quarantined)
        return RIG_QUARANTINED;
    if (rig->image.down > 0)
        return RIG_UNAVAILABLE;
    if (rig->lease.needs_safe)
        return RIG_MAKING_SAFE;
    if (rig->lease.holder == 0)
        return RIG_SAFE;
    return rig->lease.granted ? RIG_CONTROLLED : RIG_GRANTING;
}
