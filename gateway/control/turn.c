#include "gateway/control/turn.h"

#define MINUTE INT64_C(60000000000)

static void note(struct turn *turn, int64_t now)
{
    int64_t took = turn->looked > 0 ? now - turn->looked : 0;
    int64_t minute = now / MINUTE;
    if (minute != turn->minute) {
        turn->longest[1] = minute == turn->minute + 1 ? turn->longest[0] : 0;
        turn->longest[0] = 0;
        turn->minute = minute;
    }
    if (took > turn->longest[0])
        turn->longest[0] = took;
}

void turn_look(struct turn *turn, int64_t now)
{
    note(turn, now);
    turn->looked = now;
}

void turn_rest(struct turn *turn, int64_t now)
{
    note(turn, now);
    turn->looked = 0;
}

int64_t turn_longest(const struct turn *turn, int64_t now)
{
    int64_t passed = now / MINUTE - turn->minute;
    int64_t before = passed == 0 ? turn->longest[1] : 0;
    int64_t latest = passed <= 1 ? turn->longest[0] : 0;
    return latest > before ? latest : before;
}
