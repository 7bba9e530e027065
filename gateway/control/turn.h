/* turn.h - for how long the loop did not look at what the lines report: the gateway's own part of a reaction
 * time (docs/safety.md, "Reaction times"), as it was and not as it should be. */
#ifndef GATEWAY_CONTROL_TURN_H
#define GATEWAY_CONTROL_TURN_H

#include <stdint.h>

struct turn {
    int64_t looked;     /* monotonic ns: when it began to look, or woke up; 0: it sleeps */
    int64_t minute;     /* of the monotonic clock */
    int64_t longest[2]; /* ns, in this minute and the one before */
};

/* It looks at the lines now. */
void turn_look(struct turn *turn, int64_t now);
/* It sleeps: whatever the lines report wakes it. */
void turn_rest(struct turn *turn, int64_t now);
/* The longest that has ended, of one to two minutes; ns. */
int64_t turn_longest(const struct turn *turn, int64_t now);

#endif
