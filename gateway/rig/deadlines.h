/* deadlines.h - a fixed set of timers, each with a small number, in an indexed binary heap: the earliest is
 * read at once, any may be moved. The arrays, of `count` each, are the caller's. (Sedgewick & Wayne,
 * Algorithms, 4th ed., section 2.4.) */
#ifndef GATEWAY_RIG_DEADLINES_H
#define GATEWAY_RIG_DEADLINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEADLINE_NEVER INT64_MAX

struct deadlines {
    int64_t *due;    /* by timer; DEADLINE_NEVER: not armed */
    uint32_t *heap;  /* armed timers */
    uint32_t *place; /* by timer: where it is in the heap */
    size_t armed, count;
};

void deadlines_init(struct deadlines *deadlines); /* none is armed */
/* Arms, moves, or with DEADLINE_NEVER disarms. */
void deadlines_set(struct deadlines *deadlines, size_t timer, int64_t due);
int64_t deadlines_next(const struct deadlines *deadlines);
/* Takes a timer out that is due at `now`; false when none is. */
bool deadlines_take(struct deadlines *deadlines, int64_t now, size_t *timer);

#endif
