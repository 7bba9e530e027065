#include "gateway/control/privileges.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DEPTH_MAX 8 /* of directories under the state directory */

/* Adds a sentence to a note that may hold one. */
static void add_note(char *note, size_t size, const char *format, const char *first, const char *second)
{
    size_t used = strlen(note);
    if (used > 0 && used + 2 < size) {
        strcpy(note + used, "; ");
        used += 2;
    }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(note + used, size - used, format, first, second);
#pragma GCC diagnostic pop
}

int privileges_find_user(const char *name, struct privileges_user *user, char *note, size_t note_size)
{
    const struct passwd *entry = getpwnam(name);
    user->fallback = entry == NULL;
    if (!entry)
        entry = getpwnam("nobody");
    if (!entry) {
        add_note(note, note_size,
                 "there is neither a user %s nor a user %s: create the first (adduser --system)", name,
                 "nobody");
        return -1;
    }
    if (user->fallback)
        add_note(note, note_size,
                 "there is no user %s, so `%s` is used: create it (adduser --system --group)", name,
                 "nobody");
    user->user = entry->pw_uid;
    user->group = entry->pw_gid;
    return 0;
}

/* --- directories ------------------------------------------------------------------------------ */

/* Gives what is in the directory away; closes it. */
static int own_contents(int directory, const struct privileges_user *user, int depth)
{
    DIR *entries = fdopendir(directory);
    if (!entries) {
        close(directory);
        return -1;
    }
    int result = 0;
    const struct dirent *entry;
    while (result == 0 && (entry = readdir(entries))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        result = fchownat(dirfd(entries), entry->d_name, user->user, user->group, AT_SYMLINK_NOFOLLOW);
        int inner =
            result == 0 ? openat(dirfd(entries), entry->d_name, O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
        if (inner >= 0 && depth < DEPTH_MAX)
            result = own_contents(inner, user, depth + 1);
        else if (inner >= 0)
            close(inner);
    }
    closedir(entries);
    return result;
}

/* Is it labgate's to take: closed to others, or empty? */
static bool is_takeable(int directory, const struct stat *status)
{
    if ((status->st_mode & 077) == 0)
        return true;
    int copy = openat(directory, ".", O_DIRECTORY | O_CLOEXEC);
    DIR *entries = copy >= 0 ? fdopendir(copy) : NULL;
    if (!entries)
        return false;
    size_t count = 0;
    while (readdir(entries))
        count++;
    closedir(entries);
    return count <= 2; /* . and .. */
}

int privileges_own_directory(const char *directory, const struct privileges_user *user, char *note,
                             size_t note_size)
{
    if (mkdir(directory, 0700) != 0 && errno != EEXIST) {
        add_note(note, note_size, "cannot make the directory %s: %s", directory, strerror(errno));
        return -1;
    }
    if (geteuid() != 0)
        return 0;
    struct stat status;
    int fd = open(directory, O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int result = fd >= 0 ? fstat(fd, &status) : -1;
    bool is_theirs = result == 0 && status.st_uid == user->user;
    if (result == 0 && !is_theirs && !is_takeable(fd, &status)) {
        errno = EPERM;
        result = -1;
    }
    if (fd >= 0 && (result != 0 || is_theirs))
        close(fd);
    if (result == 0 && !is_theirs)
        result = own_contents(fd, user,
                              0); /* the directory itself comes last: an interrupted start begins again */
    if (result == 0 && !is_theirs)
        result = lchown(directory, user->user, user->group);
    if (result != 0)
        add_note(note, note_size,
                 "cannot give the directory %s to its user: %s; name one that is labgate's alone", directory,
                 strerror(errno));
    return result;
}

/* --- dropping --------------------------------------------------------------------------------- */

static int keep_only(int capability)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};
    data[0].effective = data[0].permitted = data[0].inheritable = 1u << capability;
    if (syscall(SYS_capset, &header, data) != 0)
        return -1;
    return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0);
}

static int become(const struct privileges_user *user, const gid_t *groups, size_t group_count)
{
    if (setgroups(group_count, groups) != 0 || setresgid(user->group, user->group, user->group) != 0)
        return -1;
    return setresuid(user->user, user->user, user->user);
}

static int raise_limit(__rlimit_resource_t resource, rlim_t most)
{
    struct rlimit limit = {most, most};
    return setrlimit(resource, &limit);
}

int privileges_drop_launcher(const struct privileges_user *user, char *note, size_t note_size)
{
    int result = 0;
    if (user && geteuid() == 0) {
        (void)raise_limit(RLIMIT_NOFILE,
                          16384); /* a container may forbid it; the bus then takes fewer connections */
        result = prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
        for (int capability = 0; result == 0 && prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0;
             capability++)
            if (capability != CAP_NET_BIND_SERVICE)
                result = prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
        if (result == 0)
            result = become(user, NULL, 0);
        if (result == 0)
            result = keep_only(CAP_NET_BIND_SERVICE);
    }
    if (result == 0)
        result = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (result != 0)
        add_note(note, note_size, "the launcher cannot give its privileges up: %s%s", strerror(errno), "");
    return result;
}

/* The group's number in *group: 1; no such group is noted: 0. */
static size_t find_device_group(const char *name, gid_t *group, char *note, size_t note_size)
{
    if (!name || name[0] == '\0')
        return 0;
    const struct group *entry = getgrnam(name);
    if (!entry) {
        add_note(note, note_size,
                 "there is no group %s, so devices open only to %s: set device_group to the group of the "
                 "serial ports",
                 name, "everybody work");
        return 0;
    }
    *group = entry->gr_gid;
    return 1;
}

static int become_control(const struct privileges_control *options, char *note, size_t note_size)
{
    struct privileges_user user;
    if (privileges_find_user(options->user, &user, note, note_size) != 0)
        return -1;
    if (options->state && privileges_own_directory(options->state, &user, note, note_size) != 0)
        return -1;
    gid_t devices = 0;
    size_t groups = find_device_group(options->device_group, &devices, note, note_size);
    /* Without it the safety path's memory cannot be locked; that is said where it is tried. */
    (void)raise_limit(RLIMIT_MEMLOCK, RLIM_INFINITY);
    if (become(&user, &devices, groups) != 0) {
        add_note(note, note_size, "cannot switch to user %s: %s", options->user, strerror(errno));
        return -1;
    }
    return 0;
}

int privileges_drop_control(const struct privileges_control *options, char *note, size_t note_size)
{
    note[0] = '\0';
    if (geteuid() == 0 && become_control(options, note, note_size) != 0)
        return -1;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        add_note(note, note_size, "cannot forbid new privileges: %s%s", strerror(errno), "");
        return -1;
    }
    return 0;
}
