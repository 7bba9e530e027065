#include "gateway/rig/deadlines.h"

void deadlines_init(struct deadlines *deadlines)
{
    deadlines->armed = 0;
    for (size_t i = 0; i < deadlines->count; i++)
        deadlines->due[i] = DEADLINE_NEVER;
}

static void put(struct deadlines *deadlines, size_t place, uint32_t timer)
{
    deadlines->heap[place] = timer;
    deadlines->place[timer] = (uint32_t)place;
}

static void rise(struct deadlines *deadlines, size_t place)
{
    uint32_t timer = deadlines->heap[place];
    while (place > 0) {
        size_t parent = (place - 1) / 2;
        if (deadlines->due[deadlines->heap[parent]] <= deadlines->due[timer])
            break;
        put(deadlines, place, deadlines->heap[parent]);
        place = parent;
    }
    put(deadlines, place, timer);
}

static void sink(struct deadlines *deadlines, size_t place)
{
    uint32_t timer = deadlines->heap[place];
    for (;;) {
        size_t child = 2 * place + 1;
        if (child >= deadlines->armed)
            break;
        if (child + 1 < deadlines->armed &&
            deadlines->due[deadlines->heap[child + 1]] < deadlines->due[deadlines->heap[child]])
            child++;
        if (deadlines->due[deadlines->heap[child]] >= deadlines->due[timer])
            break;
        put(deadlines, place, deadlines->heap[child]);
        place = child;
    }
    put(deadlines, place, timer);
}

void deadlines_set(struct deadlines *deadlines, size_t timer, int64_t due)
{
    int64_t before = deadlines->due[timer];
    if (before == due)
        return;
    deadlines->due[timer] = due;
    if (before == DEADLINE_NEVER) {
        put(deadlines, deadlines->armed++, (uint32_t)timer);
        rise(deadlines, deadlines->armed - 1);
        return;
    }
    size_t place = deadlines->place[timer];
    if (due == DEADLINE_NEVER) {
        uint32_t last = deadlines->heap[--deadlines->armed];
        if (last == timer)
            return;
        put(deadlines, place, last);
        rise(deadlines, place);
        place = deadlines->place[last];
    }
    if (due < before)
        rise(deadlines, place);
    else /* nearly always: every sample moves its point's deadline on */
        sink(deadlines, place);
}

int64_t deadlines_next(const struct deadlines *deadlines)
{
    return deadlines->armed > 0 ? deadlines->due[deadlines->heap[0]] : DEADLINE_NEVER;
}

bool deadlines_take(struct deadlines *deadlines, int64_t now, size_t *timer)
{
    if (deadlines->armed == 0 || deadlines_next(deadlines) > now)
        return false;
    *timer = deadlines->heap[0];
    deadlines_set(deadlines, *timer, DEADLINE_NEVER);
    return true;
}
