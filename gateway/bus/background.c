#include "gateway/bus/background.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define NICENESS      10
#define NICENESS_TEXT "10"
#define TRIES         5

/* Where the kernel groups processes by session (CONFIG_SCHED_AUTOGROUP) niceness counts within a session
 * only, and sessions share the processors by a niceness of their own. */
void background_enter(void)
{
    (void)setpriority(PRIO_PROCESS, 0, NICENESS);
    if (setsid() < 0)
        return;
    int session = open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC);
    if (session < 0)
        return;
    /* The whole machine may do that ten times a second (EAGAIN): others may have begun just now. */
    for (int tries = 0; tries < TRIES; tries++) {
        if (write(session, NICENESS_TEXT, sizeof NICENESS_TEXT - 1) >= 0 || errno != EAGAIN)
            break;
        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    }
    close(session);
}
