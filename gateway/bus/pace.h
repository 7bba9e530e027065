/* pace.h - who waits for a time of its own: a wheel of slots, so that thousands cost no more than those whose
 * time has come.
 *
 * Times are ns and are rounded up to PACE_TICK, which also lets those that are due together be served
 * together. */
#ifndef GATEWAY_BUS_PACE_H
#define GATEWAY_BUS_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ns. Of thousands of watchers few are due in one, so that an answer never waits behind a burst of frames. */
#define PACE_TICK  INT64_C(2000000)
#define PACE_SLOTS 2048u /* so that nobody may wait longer than PACE_MOST */
#define PACE_MOST  ((int64_t)(PACE_SLOTS - 2) * PACE_TICK)

/* Embedded in what waits; zeroed, it does not. */
struct pace_entry {
    struct pace_entry *next, **link;
};

struct pace {
    struct pace_entry *slots[PACE_SLOTS];
    int64_t tick; /* the slots before it are empty */
    size_t count;
};

static inline bool pace_waits(const struct pace_entry *entry)
{
    return entry->link != NULL;
}

/* due: at most PACE_MOST after now. */
void pace_add(struct pace *pace, struct pace_entry *entry, int64_t due, int64_t now);
void pace_remove(struct pace *pace, struct pace_entry *entry);

/* Removes one whose time has come; NULL: none. */
struct pace_entry *pace_take(struct pace *pace, int64_t now);

/* When to ask again: INT64_MAX when nobody waits. */
int64_t pace_next(const struct pace *pace);

#endif
