#include "drivers/sim/plant.h"

bool plant_watchdog_step(struct plant_watchdog *watchdog, uint16_t heartbeat, double limit, double seconds)
{
    if (heartbeat != watchdog->last) {
        watchdog->last = heartbeat;
        watchdog->armed = true;
        watchdog->silent = 0;
    } else {
        watchdog->silent += seconds;
    }
    watchdog->dropped = watchdog->armed && watchdog->silent > limit;
    return watchdog->dropped;
}
