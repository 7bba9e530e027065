/* failing_disk.c - preloaded into a program, makes writing to a folder fail, or wait, while a file says so.
 *
 *   FAILING_FOLDER   everything below it
 *   FAILING_HOW      a file; its first word is `full`, `readonly`, `broken` or `stalled`, anything else: all
 * is well */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

static int below(int fd)
{
    const char *folder = getenv("FAILING_FOLDER");
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = folder != NULL ? readlink(link, path, sizeof path - 1) : -1;
    if (length < 0)
        return 0;
    path[length] = '\0';
    return strncmp(path, folder, strlen(folder)) == 0;
}

static int how(void)
{
    static const struct {
        const char *word;
        int error;
    } words[] = {
        {"full",     ENOSPC     },
        {"readonly", EROFS      },
        {"broken",   EIO        },
        {"stalled",  EINPROGRESS}
    };
    const char *path = getenv("FAILING_HOW");
    char text[16] = "";
    int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return 0;
    if (read(fd, text, sizeof text - 1) < 0)
        text[0] = '\0';
    close(fd);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strncmp(text, words[i].word, strlen(words[i].word)) == 0)
            return words[i].error;
    return 0;
}

/* 0, or -1 with errno when the disk fails. While it is stalled, waits. */
static int ask(int fd)
{
    int error = 0;
    int before = errno;
    while (below(fd) && (error = how()) == EINPROGRESS)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    errno = error != 0 ? error : before;
    return error != 0 ? -1 : 0;
}

EXPORT ssize_t write(int fd, const void *bytes, size_t count)
{
    return ask(fd) != 0 ? -1 : (ssize_t)syscall(SYS_write, fd, bytes, count);
}

EXPORT ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset)
{
    return ask(fd) != 0 ? -1 : (ssize_t)syscall(SYS_pwrite64, fd, bytes, count, offset);
}

EXPORT ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset)
{
    return pwrite(fd, bytes, count, offset);
}

EXPORT int fsync(int fd)
{
    return ask(fd) != 0 ? -1 : (int)syscall(SYS_fsync, fd);
}

EXPORT int fdatasync(int fd)
{
    return ask(fd) != 0 ? -1 : (int)syscall(SYS_fdatasync, fd);
}
