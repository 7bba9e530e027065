/* How long outputs stay on when the line to them is gone, or the gateway is: until the rig's own controller
 * misses the heartbeat. An output of another instrument than the heartbeat's has nobody who drops it. */
#include "gateway/config/config.h"
#include "gateway/config/rigs.h"
#include "gateway/config/scalar.h"

struct config_stays_on config_stays_on(const struct rig_spec *spec)
{
    struct config_stays_on result = {.point = RIG_NONE};
    uint16_t heartbeat = spec->heartbeat.point;
    for (uint16_t i = 0; i < spec->point_count; i++) {
        if (!spec->points[i].output || i == heartbeat)
            continue;
        if (heartbeat == RIG_NONE || spec->points[i].instrument != spec->points[heartbeat].instrument)
            return (struct config_stays_on){.longest = CONFIG_UNBOUNDED, .point = i};
        result.longest = spec->heartbeat.drops_after;
    }
    return result;
}

void config_print_stays_on(const struct rig_spec *spec, FILE *file)
{
    struct config_stays_on stays_on = config_stays_on(spec);
    char longest[40];
    if (stays_on.longest == CONFIG_UNBOUNDED)
        fprintf(file, "  when its line is lost outputs may stay on without bound: nothing drops %s\n",
                spec->points[stays_on.point].name);
    else if (stays_on.longest)
        fprintf(file, "  when its line is lost outputs may stay on up to %s\n",
                duration_text(stays_on.longest, longest, sizeof(longest)));
}
