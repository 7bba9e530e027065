#include "drivers/sim/simulator.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

static uint64_t path_hash(const char *path)
{
    uint64_t hash = 0;
    for (; *path; path++)
        hash = noise_hash(hash ^ (unsigned char)*path);
    return hash;
}

/* An abstract socket's name is taken as long as its owner lives, however it ends, and cannot be left behind.
 */
int pty_claim(struct simulator *simulator, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat status;
    int length = snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "labsim-line-%016llx",
                          (unsigned long long)path_hash(path));
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return simulator_fail(simulator, "cannot make a socket: %s", strerror(errno));
    if (bind(fd, (struct sockaddr *)&address,
             (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length))) {
        close(fd);
        return simulator_fail(
            simulator, "%s belongs to another labsim that runs; end that one or choose another path", path);
    }
    if (!lstat(path, &status) && !S_ISLNK(status.st_mode)) {
        close(fd);
        return simulator_fail(simulator,
                              "%s exists and is no link to a pty; remove it or choose another path", path);
    }
    return fd;
}

static int link_atomically(const char *target, const char *path)
{
    char temporary[PATH_LENGTH + 16];
    snprintf(temporary, sizeof temporary, "%s.%d", path, (int)getpid());
    unlink(temporary);
    if (symlink(target, temporary))
        return -1;
    if (rename(temporary, path)) {
        unlink(temporary);
        return -1;
    }
    return 0;
}

static void make_raw(const char *device)
{
    struct termios settings;
    int fd = open(device, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (!tcgetattr(fd, &settings)) {
        cfmakeraw(&settings);
        tcsetattr(fd, TCSANOW, &settings);
    }
    close(fd);
}

/* Real serial ports belong to this group on Debian, and their users are in it. Works for root only. */
static void share(const char *device)
{
    const struct group *group = getgrnam("dialout");
    if (group && chown(device, (uid_t)-1, group->gr_gid) == 0)
        chmod(device, 0660);
}

int pty_open(struct simulator *simulator, const char *path)
{
    char device[64];
    int fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || grantpt(fd) || unlockpt(fd) || ptsname_r(fd, device, sizeof device)) {
        simulator_fail(simulator, "cannot make a pty for %s: %s", path, strerror(errno));
        goto fail;
    }
    share(device);
    make_raw(device); /* so that nothing is echoed before the master has set its own mode */
    if (link_atomically(device, path)) {
        simulator_fail(simulator, "cannot link %s to %s: %s; does the folder exist, and may it be written?",
                       path, device, strerror(errno));
        goto fail;
    }
    return fd;
fail:
    if (fd >= 0)
        close(fd);
    return -1;
}
