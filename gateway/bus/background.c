#include "gateway/bus/background.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#define NICENESS      10
#define NICENESS_TEXT "10"

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
    (void)!write(session, NICENESS_TEXT, sizeof NICENESS_TEXT - 1);
    close(session);
}
