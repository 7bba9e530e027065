#include "gateway/control/service.h"

/* A safe rig need not be one that anybody may command: what bars all commands is no time of a student's. */
enum booking_rig_state service_of(const struct rig *rig, bool closing)
{
    static const enum booking_rig_state states[] = {
        [RIG_UNAVAILABLE] = BOOKING_RIG_UNAVAILABLE,
        [RIG_MAKING_SAFE] = BOOKING_RIG_READY,
        [RIG_SAFE] = BOOKING_RIG_READY,
        [RIG_GRANTING] = BOOKING_RIG_READY,
        [RIG_CONTROLLED] = BOOKING_RIG_READY,
        [RIG_QUARANTINED] = BOOKING_RIG_QUARANTINED,
    };
    const struct rig_durable *durable = rig_durable(rig);
    enum booking_rig_state state = states[rig_condition(rig)];
    if (state != BOOKING_RIG_READY)
        return state;
    if (closing || durable->lockout_count > 0 || rig_is_local(rig))
        return BOOKING_RIG_UNAVAILABLE;
    return durable->stopped ? BOOKING_RIG_STOPPED : BOOKING_RIG_READY;
}
