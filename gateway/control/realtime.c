#include "gateway/control/realtime.h"

#include "gateway/thread/thread.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define RUNAWAY    2000000u /* us */
#define REST_EVERY INT64_C(100000000)
#define REST       20000 /* ns */

int realtime_begin(int priority, char *note, size_t note_size)
{
    note[0] = '\0';
    int error = priority ? thread_set_priority(priority) : 0;
    (void)setrlimit(RLIMIT_RTPRIO, &(struct rlimit){0, 0});
    if (!error)
        return priority;
    snprintf(
        note, note_size,
        "the system does not permit real-time scheduling (SCHED_FIFO %d: %s): while the machine is busy the "
        "reaction times do not hold; start as root, set LimitRTPRIO=%d in the service, or do without by "
        "realtime_priority: 0 in lab.yaml",
        priority, strerror(error), priority);
    return 0;
}

void realtime_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_RTTIME, &limit) != 0 || limit.rlim_cur <= RUNAWAY)
        return;
    limit.rlim_cur = RUNAWAY;
    (void)setrlimit(RLIMIT_RTTIME, &limit);
}

void realtime_rest(int64_t *rested, int64_t now)
{
    const struct timespec moment = {.tv_nsec = REST};
    if (now - *rested < REST_EVERY)
        return;
    clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, NULL);
    *rested = now;
}
