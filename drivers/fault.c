#include "drivers/fault.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

int driver_fail(struct driver_fault *fault, int result, int code, const char *format, ...)
{
    if (!fault)
        return result;
    fault->code = code;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(fault->text, sizeof fault->text, format, arguments);
    va_end(arguments);
    return result;
}

int64_t driver_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SECOND + now.tv_nsec;
}

void driver_wait_until(int64_t moment)
{
    struct timespec at = {.tv_sec = moment / SECOND, .tv_nsec = moment % SECOND};
    while (moment > 0 && clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
        continue;
}

int driver_poll(int descriptor, short events, int64_t deadline)
{
    struct pollfd entry = {.fd = descriptor, .events = events};
    for (;;) {
        int64_t left = deadline - driver_now();
        if (left < 0)
            left = 0;
        struct timespec wait = {.tv_sec = left / SECOND, .tv_nsec = left % SECOND};
        int ready = ppoll(&entry, 1, &wait, NULL);
        if (ready >= 0)
            return ready ? entry.revents : 0;
        if (errno != EINTR)
            return -1;
    }
}
