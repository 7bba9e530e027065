/* forgetful_disk.c - preloaded into a program, keeps beside a folder what a disk would hold of it if the
 * power went now: the files as they were at their last fsync(), and the names as they were at the folder's.
 *
 *   FORGETFUL_FOLDER   the folder that is watched (its own files, not those of folders in it)
 *   FORGETFUL_DISK     where the disk is kept: a file for each inode, and `names`, a line "KEY NAME" for each
 *
 * tests/scenario/power.py cuts the power. What was written and not synced is in the folder itself (the
 * program was killed, the kernel was not), and it is chosen there which sectors of it reached the disk. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

/* An inode's number may come again; with its time of birth it does not. */
static bool key_of(int fd, char *key, size_t size, mode_t *mode)
{
    struct statx status;
    if (statx(fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_INO | STATX_BTIME, &status) != 0)
        return false;
    *mode = status.stx_mode;
    snprintf(key, size, "%llu-%lld-%u", (unsigned long long)status.stx_ino,
             (long long)status.stx_btime.tv_sec, status.stx_btime.tv_nsec);
    return true;
}

/* The path that was opened, if it is the watched folder or a file in it. */
static bool is_watched(int fd, bool *folder)
{
    const char *watched = getenv("FORGETFUL_FOLDER");
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = watched != NULL ? readlink(link, path, sizeof path - 1) : -1;
    if (length < 0)
        return false;
    path[length] = '\0';
    size_t prefix = strlen(watched);
    if (strncmp(path, watched, prefix) != 0)
        return false;
    *folder = path[prefix] == '\0';
    return *folder || (path[prefix] == '/' && strchr(path + prefix + 1, '/') == NULL);
}

static void fail(const char *what)
{
    fprintf(stderr, "forgetful disk: %s: %s\n", what, strerror(errno));
    abort();
}

/* A file of the disk is replaced as a whole: whoever is killed meanwhile leaves the one before. */
static int begin(char *path, size_t size, char *fresh, size_t fresh_size, const char *name)
{
    snprintf(path, size, "%s/%s", getenv("FORGETFUL_DISK"), name);
    snprintf(fresh, fresh_size, "%s.%d", path, (int)gettid());
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        fail(fresh);
    return fd;
}

static void keep_file(int fd, const char *key)
{
    char path[PATH_MAX], fresh[PATH_MAX + 16], from[64];
    int to = begin(path, sizeof path, fresh, sizeof fresh, key);
    snprintf(from, sizeof from, "/proc/self/fd/%d", fd);
    int source = open(from, O_RDONLY | O_CLOEXEC); /* an offset of its own, and readable */
    if (source < 0)
        fail(from);
    char bytes[4096]; /* stacks are small, and what is local to a thread is in them */
    for (ssize_t got; (got = read(source, bytes, sizeof bytes)) != 0;)
        if (got < 0 || write(to, bytes, (size_t)got) != got)
            fail("copying what was synced");
    close(source);
    close(to);
    if (rename(fresh, path) != 0)
        fail(path);
}

static void keep_names(void)
{
    char path[PATH_MAX], fresh[PATH_MAX + 16], key[80];
    FILE *names = fdopen(begin(path, sizeof path, fresh, sizeof fresh, "names"), "w");
    DIR *folder = opendir(getenv("FORGETFUL_FOLDER"));
    if (names == NULL || folder == NULL)
        fail("reading the names");
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        int fd = openat(dirfd(folder), entry->d_name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        mode_t mode;
        if (fd >= 0 && key_of(fd, key, sizeof key, &mode) && S_ISREG(mode))
            fprintf(names, "%s %s\n", key, entry->d_name);
        if (fd >= 0)
            close(fd);
    }
    closedir(folder);
    fclose(names);
    if (rename(fresh, path) != 0)
        fail(path);
}

static int keep(int fd, int result)
{
    int error = errno;
    bool folder;
    char key[80];
    mode_t mode;
    if (result == 0 && is_watched(fd, &folder)) {
        if (folder)
            keep_names();
        else if (key_of(fd, key, sizeof key, &mode) && S_ISREG(mode))
            keep_file(fd, key);
    }
    errno = error;
    return result;
}

EXPORT int fsync(int fd)
{
    return keep(fd, (int)syscall(SYS_fsync, fd));
}

EXPORT int fdatasync(int fd)
{
    return keep(fd, (int)syscall(SYS_fdatasync, fd));
}
