/* plant.c - what the instruments control. Registers take what is written at once; actuators follow, unless
 * stuck. */
#include "tests/simulation/lab.h"

#include <math.h>

static const struct {
    enum point output;
    double safe, speed; /* units a second */
} actuators[] = {
    {HEATER,  0, 10 },
    {PUMP,    0, 80 },
    {FILL,    0, 1.5},
    {DRAIN,   1, 1.2},
    {VOLTAGE, 0, 40 },
    {LAMP,    0, 100}
};

static double towards(double from, double to, double step)
{
    return fabs(to - from) <= step ? to : to > from ? from + step : from - step;
}

void plant_step(struct plant *plant, int64_t now)
{
    double seconds = (double)(now - plant->at) / (double)S;
    plant->at = now;
    for (size_t i = 0; i < sizeof actuators / sizeof *actuators; i++) {
        enum point output = actuators[i].output;
        if (now >= plant->stuck_until[output])
            plant->position[output] =
                towards(plant->position[output], plant->set[output], actuators[i].speed * seconds);
    }
    double flow =
        0.03 * plant->position[FILL] - 0.012 * plant->position[DRAIN] - 0.0001 * plant->position[PUMP];
    plant->level = fmin(1, fmax(0, plant->level + flow * seconds));
    double target = plant->position[HEATER] > 0.5 ? 95 : 20;
    plant->temperature += (target - plant->temperature) * (1 - exp(-seconds / 60));
}

double plant_read(const struct plant *plant, uint16_t point)
{
    switch (point) {
    case LEVEL:
        return plant->level;
    case TEMPERATURE:
        return plant->temperature;
    case GUARD:
        return plant->guard_open;
    case LOCAL:
        return plant->local;
    case PUMP_SPEED:
        return plant->position[PUMP];
    case HEATER_ON:
        return plant->position[HEATER] > 0.01;
    case FILL_ON:
        return plant->position[FILL] > 0.01;
    case DRAIN_OPEN:
        return plant->position[DRAIN] > 0.99;
    case VOLTAGE_SHOWN:
        return plant->position[VOLTAGE];
    default:
        return 0;
    }
}

/* Everything that can be read back. */
bool plant_is_safe(const struct plant *plant, double pump, double voltage)
{
    return plant->position[HEATER] <= 0.01 && fabs(plant->position[PUMP] - pump) <= 1.001 &&
           plant->position[FILL] <= 0.01 && fabs(plant->position[VOLTAGE] - voltage) <= 0.0501 &&
           plant->position[DRAIN] >= 0.99;
}
