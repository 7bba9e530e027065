#include "gateway/records/recordings.h"
#include "gateway/records/capture_file.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char changes_name[] = "changes.csv";
static const char capture_suffix[] = ".capture";
static const char session_name[] = "session.json";

/* ---- names --------------------------------------------------------------------------------------------- */

bool recordings_name_valid(const char *name, enum recorder_file_kind *kind)
{
    *kind = RECORDER_CHANGES;
    if (strcmp(name, changes_name) == 0)
        return true;
    size_t length = strnlen(name, RECORDER_NAME_MAX), suffix = strlen(capture_suffix);
    size_t digits = strspn(name, "0123456789");
    if (length >= RECORDER_NAME_MAX || digits == 0 || digits > 9 || name[digits] != '-' ||
        length <= digits + 1 + suffix || strcmp(name + length - suffix, capture_suffix) != 0)
        return false;
    for (size_t i = digits + 1; i < length; i++)
        if (!isalnum((unsigned char)name[i]) && strchr("._-", name[i]) == NULL)
            return false;
    *kind = RECORDER_CAPTURE;
    return true;
}

/* 0: not the name of a session's folder. */
static uint64_t session_of(const char *name)
{
    size_t digits = strspn(name, "0123456789");
    return name[digits] == '\0' && digits > 0 && digits < 20 && name[0] != '0' ? strtoull(name, NULL, 10) : 0;
}

int recordings_open(int root, uint64_t session, bool make)
{
    char name[24];
    snprintf(name, sizeof name, "%" PRIu64, session);
    if (make && mkdirat(root, name, 0700) != 0 && errno != EEXIST)
        return -1;
    return openat(root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

/* A stream of the folder's names; the descriptor stays the caller's. */
static DIR *open_names(int directory)
{
    int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *names = copy >= 0 ? fdopendir(copy) : NULL;
    if (names == NULL && copy >= 0)
        close(copy);
    return names;
}

unsigned recordings_next_capture(int directory)
{
    unsigned long highest = 0;
    DIR *names = open_names(directory);
    for (struct dirent *entry; names != NULL && (entry = readdir(names)) != NULL;) {
        enum recorder_file_kind kind;
        if (recordings_name_valid(entry->d_name, &kind) && kind == RECORDER_CAPTURE) {
            unsigned long number = strtoul(entry->d_name, NULL, 10);
            highest = number > highest ? number : highest;
        }
    }
    if (names != NULL)
        closedir(names);
    return (unsigned)highest + 1;
}

/* ---- session.json -------------------------------------------------------------------------------------- */

bool recordings_write_session(int directory, uint64_t session, const struct recordings_session *what)
{
    char line[512];
    snprintf(line, sizeof line, "{\"labgate-recording\":1,\"session\":%" PRIu64 ",\"rig\":", session);
    if (!member_quote(line, sizeof line, what->rig))
        return false;
    size_t length = strlen(line);
    length += (size_t)snprintf(line + length, sizeof line - length,
                               ",\"account\":%" PRIu64 ",\"starts\":%" PRId64 ",\"ends\":%" PRId64
                               ",\"ended\":%" PRId64 "}\n",
                               what->account, what->starts, what->ends, what->ended);
    int fd = openat(directory, "session.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return false;
    bool written = write(fd, line, length) == (ssize_t)length && fsync(fd) == 0;
    int error = errno;
    close(fd);
    if (written)
        return renameat(directory, "session.new", directory, session_name) == 0 && fsync(directory) == 0;
    unlinkat(directory, "session.new", 0);
    errno = error;
    return false;
}

bool recordings_read_session(int directory, struct recordings_session *what)
{
    char line[512];
    int64_t account = 0;
    *what = (struct recordings_session){0};
    int fd = openat(directory, session_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t got = fd >= 0 ? read(fd, line, sizeof line - 1) : -1;
    if (fd >= 0)
        close(fd);
    if (got <= 0)
        return false;
    line[got] = '\0';
    bool good = member_text(line, "rig", what->rig, sizeof what->rig) &&
                member_integer(line, "account", &account) && member_integer(line, "starts", &what->starts) &&
                member_integer(line, "ends", &what->ends) && member_integer(line, "ended", &what->ended);
    what->account = (uint64_t)account;
    return good;
}

/* ---- lists and parts ----------------------------------------------------------------------------------- */

static bool describe(int directory, const char *name, struct recorder_file *file)
{
    struct stat status;
    *file = (struct recorder_file){0};
    if (!recordings_name_valid(name, &file->kind))
        return false;
    memcpy(file->name, name, strlen(name) + 1); /* a valid name fits */
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool good = fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    char header[CAPTURE_HEADER_SIZE];
    if (good)
        file->bytes = (uint64_t)status.st_size;
    if (good && file->kind == RECORDER_CAPTURE)
        good = pread(fd, header, sizeof header, 0) == (ssize_t)sizeof header && capture_parse(header, file);
    if (fd >= 0)
        close(fd);
    return good;
}

static int by_name(const void *a, const void *b)
{
    const struct recorder_file *one = a, *other = b;
    if (one->kind != other->kind)
        return one->kind < other->kind ? -1 : 1;
    long difference = strtol(one->name, NULL, 10) - strtol(other->name, NULL, 10);
    return difference != 0 ? (difference < 0 ? -1 : 1) : strcmp(one->name, other->name);
}

static int gather(int directory, struct recorder_event *event)
{
    DIR *names = open_names(directory);
    if (names == NULL)
        return RECORDER_IO;
    size_t room = 0;
    int result = RECORDER_OK;
    for (struct dirent *entry; result == RECORDER_OK && (entry = readdir(names)) != NULL;) {
        struct recorder_file file;
        if (!describe(directory, entry->d_name, &file))
            continue;
        if (event->count == room) {
            room = room > 0 ? 2 * room : 8;
            struct recorder_file *grown = realloc(event->files, room * sizeof *grown);
            if (grown == NULL) {
                result = RECORDER_NO_MEMORY;
                break;
            }
            event->files = grown;
        }
        event->files[event->count++] = file;
    }
    closedir(names);
    if (event->count > 0)
        qsort(event->files, event->count, sizeof *event->files, by_name);
    return result;
}

static int no_session(uint64_t session, struct recorder_event *event)
{
    snprintf(event->why, sizeof event->why, "there is no recording of session %" PRIu64 " (any more)",
             session);
    return RECORDER_NOT_FOUND;
}

void recordings_list(int root, uint64_t session, struct recorder_event *event)
{
    int directory = recordings_open(root, session, false);
    if (directory < 0) {
        event->result = no_session(session, event);
        return;
    }
    struct recordings_session what;
    recordings_read_session(directory, &what);
    snprintf(event->rig, sizeof event->rig, "%s", what.rig);
    event->account = what.account;
    event->starts = what.starts;
    event->ends = what.ended != 0 ? what.ended : what.ends;
    event->result = gather(directory, event);
    if (event->result != RECORDER_OK)
        snprintf(event->why, sizeof event->why, "the recording of session %" PRIu64 " cannot be listed: %s",
                 session, strerror(errno));
    close(directory);
}

static int read_part(int fd, uint32_t length, struct recorder_event *event)
{
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
        return RECORDER_IO;
    event->size = (uint64_t)status.st_size;
    uint64_t left = event->offset < event->size ? event->size - event->offset : 0;
    size_t wanted = length < RECORDER_PART_MAX ? length : RECORDER_PART_MAX;
    if (wanted > left)
        wanted = (size_t)left;
    event->bytes = malloc(wanted > 0 ? wanted : 1);
    if (event->bytes == NULL)
        return RECORDER_NO_MEMORY;
    ssize_t got = pread(fd, event->bytes, wanted, (off_t)event->offset);
    event->length = got > 0 ? (size_t)got : 0;
    return got < 0 ? RECORDER_IO : RECORDER_OK;
}

void recordings_read(int root, uint64_t session, const char *name, uint64_t offset, uint32_t length,
                     struct recorder_event *event)
{
    enum recorder_file_kind kind;
    event->offset = offset;
    if (!recordings_name_valid(name, &kind)) {
        event->result = RECORDER_BAD_NAME;
        snprintf(event->why, sizeof event->why,
                 "this is not the name of a recorded file; list the session's files");
        return;
    }
    int directory = recordings_open(root, session, false);
    if (directory < 0) {
        event->result = no_session(session, event);
        return;
    }
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    int error = errno;
    event->result = fd >= 0           ? read_part(fd, length, event)
                    : error == ENOENT ? RECORDER_NOT_FOUND
                                      : RECORDER_IO;
    if (event->result != RECORDER_OK)
        snprintf(event->why, sizeof event->why, "%s of session %" PRIu64 " cannot be read: %s", name, session,
                 strerror(fd >= 0 ? errno : error));
    if (fd >= 0)
        close(fd);
    close(directory);
}

/* ---- retention ----------------------------------------------------------------------------------------- */

struct kept {
    uint64_t session;
    int64_t bytes, ended;
};

static void measure(int root, struct kept *recording)
{
    recording->bytes = 0;
    recording->ended = 0;
    int directory = recordings_open(root, recording->session, false);
    DIR *names = directory >= 0 ? open_names(directory) : NULL;
    for (struct dirent *entry; names != NULL && (entry = readdir(names)) != NULL;) {
        struct stat status;
        if (fstatat(directory, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode))
            continue;
        recording->bytes += status.st_size;
        int64_t changed = (int64_t)status.st_mtim.tv_sec * 1000;
        recording->ended = changed > recording->ended ? changed : recording->ended;
    }
    struct recordings_session what;
    if (directory >= 0 && recordings_read_session(directory, &what) && what.ended != 0)
        recording->ended = what.ended;
    if (names != NULL)
        closedir(names);
    if (directory >= 0)
        close(directory);
}

static int by_session(const void *a, const void *b)
{
    const struct kept *one = a, *other = b;
    return one->session < other->session ? -1 : one->session > other->session;
}

/* Oldest first: sessions are numbered in their order, whatever the clock said. */
static struct kept *scan(int root, size_t *count)
{
    struct kept *list = NULL;
    size_t room = 0;
    *count = 0;
    DIR *names = open_names(root);
    for (struct dirent *entry; names != NULL && (entry = readdir(names)) != NULL;) {
        struct kept recording = {.session = session_of(entry->d_name)};
        if (recording.session == 0)
            continue;
        if (*count == room) {
            room = room > 0 ? 2 * room : 64;
            struct kept *grown = realloc(list, room * sizeof *grown);
            if (grown == NULL)
                break;
            list = grown;
        }
        measure(root, &recording);
        list[(*count)++] = recording;
    }
    if (names != NULL)
        closedir(names);
    if (*count > 0)
        qsort(list, *count, sizeof *list, by_session);
    return list;
}

static bool delete_recording(int root, uint64_t session)
{
    int directory = recordings_open(root, session, false);
    DIR *names = directory >= 0 ? open_names(directory) : NULL;
    for (struct dirent *entry; names != NULL && (entry = readdir(names)) != NULL;)
        unlinkat(directory, entry->d_name, 0);
    if (names != NULL)
        closedir(names);
    if (directory >= 0)
        close(directory);
    char name[24];
    snprintf(name, sizeof name, "%" PRIu64, session);
    return unlinkat(root, name, AT_REMOVEDIR) == 0;
}

int64_t recordings_retain(int root, const struct recordings_retention *retention)
{
    size_t count;
    struct kept *list = scan(root, &count);
    int64_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += list[i].bytes;
    for (size_t i = 0; i < count; i++) {
        bool old = retention->before != 0 && list[i].ended < retention->before;
        bool much = retention->budget != 0 && total > retention->budget;
        if ((!old && !much) || retention->is_kept(retention->context, list[i].session))
            continue;
        if (delete_recording(root, list[i].session)) {
            total -= list[i].bytes;
            retention->deleted(retention->context, list[i].session,
                               old ? "its time is over" : "the recordings take more than their budget");
        }
    }
    free(list);
    return total;
}
