/* fault.h - how drivers fill a struct driver_fault, and the clock that their deadlines refer to. Private
 * to drivers/. */
#ifndef DRIVERS_FAULT_H
#define DRIVERS_FAULT_H

#include "drivers/driver.h"

#define SECOND      INT64_C(1000000000)
#define MILLISECOND INT64_C(1000000)
#define MICROSECOND INT64_C(1000)

/* Fills *fault (NULL: nothing) and returns `result`, so that a failing function can return it in one line. */
int driver_fail(struct driver_fault *fault, int result, int code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Longest transaction that the line may be kept busy with, ns. */
static inline int64_t driver_longest(const struct driver_line_spec *spec)
{
    return spec->longest ? spec->longest : 250 * MILLISECOND;
}

/* CLOCK_MONOTONIC, ns. */
int64_t driver_now(void);
/* Returns at that moment; at once when it has passed. */
void driver_wait_until(int64_t moment);
/* Waits for `events` (POLLIN, POLLOUT) on a descriptor: what poll() reported, 0 at the deadline, -1 with
 * errno. */
int driver_poll(int descriptor, short events, int64_t deadline);

#endif
