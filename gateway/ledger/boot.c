#include "gateway/ledger/boot.h"
#include "gateway/ledger/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int boot_open_directory(const char *path, int *directory, char *why, size_t why_size)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        snprintf(why, why_size,
                 "cannot make the state directory %s: %s; make it, or name another with `state:`", path,
                 strerror(errno));
        return LEDGER_STORAGE;
    }
    *directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*directory < 0) {
        snprintf(why, why_size, "cannot open the state directory %s: %s", path, strerror(errno));
        return LEDGER_STORAGE;
    }
    return LEDGER_OK;
}

static int lock_failed(int fd, const char *path, char *why, size_t why_size)
{
    int error = errno;
    if (error != EWOULDBLOCK) {
        snprintf(why, why_size, "cannot lock %s/ledger.lock: %s", path, strerror(error));
        return LEDGER_STORAGE;
    }
    char pid[24] = "";
    ssize_t got = pread(fd, pid, sizeof pid - 1, 0);
    pid[got > 0 ? got : 0] = '\0';
    pid[strcspn(pid, "\n")] = '\0';
    snprintf(why, why_size, "%s is in use by another labgate (process %s): stop it, or name another `state:`",
             path, pid[0] != '\0' ? pid : "unknown");
    return LEDGER_LOCKED;
}

int boot_lock(int directory, const char *path, int *lock, char *why, size_t why_size)
{
    int fd = openat(directory, "ledger.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        snprintf(why, why_size, "cannot write in %s: %s; it must belong to the gateway's user", path,
                 strerror(errno));
        return LEDGER_STORAGE;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int result = lock_failed(fd, path, why, why_size);
        close(fd);
        return result;
    }
    char pid[24];
    int length = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, pid, (size_t)length, 0) != length) {
        snprintf(why, why_size, "cannot write %s/ledger.lock: %s", path, strerror(errno));
        close(fd);
        return LEDGER_STORAGE;
    }
    *lock = fd;
    return LEDGER_OK;
}

int boot_private_file(int directory, const char *name, char *why, size_t why_size)
{
    int fd = openat(directory, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || fchmod(fd, 0600) != 0) {
        snprintf(why, why_size,
                 "cannot write %s in the state directory: %s; it must belong to the gateway's user", name,
                 strerror(errno));
        if (fd >= 0)
            close(fd);
        return LEDGER_STORAGE;
    }
    close(fd);
    return LEDGER_OK;
}

int boot_read(int directory, uint64_t *counter, char *why, size_t why_size)
{
    *counter = 0;
    int fd = openat(directory, "boot", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT)
        return LEDGER_OK;
    char text[24] = "";
    ssize_t got = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0)
        close(fd);
    char *end = text;
    if (got > 0)
        *counter = strtoull(text, &end, 10);
    if (got <= 0 || end == text || *end != '\n') {
        snprintf(why, why_size,
                 "the boot counter (file `boot` in the state directory) is damaged: write a number into "
                 "it that is larger than any before");
        return LEDGER_STORAGE;
    }
    return LEDGER_OK;
}

int boot_write(int directory, uint64_t counter, char *why, size_t why_size)
{
    int fd = openat(directory, "boot.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    char text[24];
    int length = snprintf(text, sizeof text, "%" PRIu64 "\n", counter);
    bool written = fd >= 0 && write(fd, text, (size_t)length) == length && fsync(fd) == 0;
    int error = errno;
    if (fd >= 0)
        close(fd);
    errno = error;
    if (written && renameat(directory, "boot.new", directory, "boot") == 0 && fsync(directory) == 0)
        return LEDGER_OK;
    snprintf(why, why_size, "cannot store the boot counter in the state directory: %s", strerror(errno));
    return LEDGER_STORAGE;
}
