#include "drivers/sim/plant.h"

bool plant_watchdog_step(struct plant_watchdog *watchdog, uint16_t heartbeat, double limit, double seconds)
{
    if (heartbeat != watchdog->last) {
        watchdog->last = heartbeat;
        watchdog->armed = true;
        watchdog->dropped = false;
        watchdog->silent = 0;
    } else if (watchdog->armed) {
        watchdog->silent += seconds;
        watchdog->dropped = watchdog->silent > limit;
    }
    return watchdog->dropped;
}
