/* slow_codes.c - preloaded into the gateway, makes each random number of the loop take 4 ms while a file is
 * there, and so a course of hundreds of bookings, each of which has a code to join with, a second or two.
 *
 *   SLOW_CODES   the file; `.begun` beside it, which must be there, gets a byte for each that was slow */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT ssize_t getrandom(void *bytes, size_t length, unsigned flags)
{
    const struct timespec moment = {.tv_nsec = 4000000};
    const char *path = getenv("SLOW_CODES");
    if (path != NULL && syscall(SYS_gettid) == getpid() && access(path, F_OK) == 0) {
        char begun[256];
        snprintf(begun, sizeof begun, "%s.begun", path);
        int fd = open(begun, O_WRONLY | O_APPEND);
        if (fd >= 0 && write(fd, ".", 1) == 1)
            nanosleep(&moment, NULL);
        close(fd);
    }
    return syscall(SYS_getrandom, bytes, length, flags);
}
