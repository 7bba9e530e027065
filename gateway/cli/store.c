#include "gateway/cli/store.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file is lines of "key value"; the tables say which keys, and where in the struct they live. */
struct field {
    const char *key;
    size_t offset;
    bool is_text;
};

#define TEXT_FIELD(type, name)                                                                               \
    {                                                                                                        \
#name, offsetof(struct type, name), true                                                             \
    }
#define NUMBER_FIELD(type, name)                                                                             \
    {                                                                                                        \
#name, offsetof(struct type, name), false                                                            \
    }

static const struct field login_fields[] = {
    TEXT_FIELD(login, server), TEXT_FIELD(login, authority), TEXT_FIELD(login, server_name),
    TEXT_FIELD(login, token),  TEXT_FIELD(login, name),      TEXT_FIELD(login, rig),
    NUMBER_FIELD(login, role), NUMBER_FIELD(login, expires), {NULL, 0, false},
};

static const struct field seat_fields[] = {
    TEXT_FIELD(seat, rig),        NUMBER_FIELD(seat, seat),
    NUMBER_FIELD(seat, session),  NUMBER_FIELD(seat, epoch),
    NUMBER_FIELD(seat, sequence), NUMBER_FIELD(seat, ends),
    NUMBER_FIELD(seat, presence), {NULL, 0, false},
};

__attribute__((format(printf, 2, 3))) static int failed(struct store *store, const char *format, ...)
{
    int error = errno;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(store->why, sizeof store->why, format, arguments);
    va_end(arguments);
    if (length > 0 && (size_t)length < sizeof store->why)
        snprintf(store->why + length, sizeof store->why - (size_t)length, ": %s", strerror(error));
    return STORE_FAILED;
}

static bool good_profile(const char *profile)
{
    size_t length = strlen(profile);
    if (length == 0 || length >= STORE_PROFILE_MAX || profile[0] == '.')
        return false;
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)profile[i]) && !strchr("-_.", profile[i]))
            return false;
    return true;
}

static int make_directories(struct store *store, char *path)
{
    for (char *slash = path + 1; *slash; slash++) {
        if (*slash != '/')
            continue;
        *slash = '\0';
        int result = mkdir(path, 0700);
        int error = errno;
        if (result != 0 && error != EEXIST) {
            errno = error;
            return failed(store, "cannot make the directory %s", path);
        }
        *slash = '/';
    }
    return STORE_OK;
}

/* "$VARIABLE/labctl/" or "$HOME/FALLBACK/labctl/" (XDG Base Directory Specification 0.8). */
static int find_directory(struct store *store, const char *variable, const char *fallback, char *path,
                          size_t size)
{
    const char *base = getenv(variable), *home = getenv("HOME");
    int length;
    if (base && base[0] == '/')
        length = snprintf(path, size, "%s/labctl/", base);
    else if (home && home[0] == '/')
        length = snprintf(path, size, "%s/%s/labctl/", home, fallback);
    else {
        errno = ENOENT;
        return failed(store, "neither %s nor HOME names a directory to keep the login in", variable);
    }
    /* Leaves room for a profile's name and an ending. */
    if (length < 0 || (size_t)length >= size - STORE_PROFILE_MAX - 32) {
        errno = ENAMETOOLONG;
        return failed(store, "the directory that %s names cannot be used", variable);
    }
    return make_directories(store, path);
}

int store_open(struct store *store, const char *profile)
{
    *store = (struct store){0};
    if (!good_profile(profile))
        return STORE_BAD_PROFILE;
    snprintf(store->profile, sizeof store->profile, "%s", profile);
    char *paths[] = {store->seat_path, store->seat_lock_path, store->keeper_path};
    static const char *const endings[] = {"seat", "seat.lock", "keeper"};
    int result =
        find_directory(store, "XDG_CONFIG_HOME", ".config", store->login_path, sizeof store->login_path);
    if (result != STORE_OK)
        return result;
    size_t length = strlen(store->login_path);
    snprintf(store->login_path + length, sizeof store->login_path - length, "%s.login", profile);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        result = find_directory(store, "XDG_STATE_HOME", ".local/state", paths[i], STORE_PATH_MAX);
        if (result != STORE_OK)
            return result;
        length = strlen(paths[i]);
        snprintf(paths[i] + length, STORE_PATH_MAX - length, "%s.%s", profile, endings[i]);
    }
    return STORE_OK;
}

static void read_field(const struct field *field, void *record, const char *value)
{
    char *place = (char *)record + field->offset;
    if (field->is_text)
        snprintf(place, STORE_TEXT_MAX, "%s", value);
    else
        *(uint64_t *)(void *)place = strtoull(value, NULL, 10);
}

static int load(struct store *store, const char *path, const struct field *fields, void *record)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return errno == ENOENT ? STORE_NONE : failed(store, "cannot read %s", path);
    char line[STORE_TEXT_MAX + 64];
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        char *value = strchr(line, ' ');
        if (!value)
            continue;
        *value++ = '\0';
        for (const struct field *field = fields; field->key; field++)
            if (strcmp(field->key, line) == 0)
                read_field(field, record, value);
    }
    fclose(file);
    return STORE_OK;
}

static void write_fields(FILE *file, const struct field *fields, const void *record)
{
    for (const struct field *field = fields; field->key; field++) {
        const char *place = (const char *)record + field->offset;
        if (field->is_text)
            fprintf(file, "%s %s\n", field->key, place);
        else
            fprintf(file, "%s %" PRIu64 "\n", field->key, *(const uint64_t *)(const void *)place);
    }
}

static int sync_directory(struct store *store, const char *path)
{
    char directory[STORE_PATH_MAX];
    snprintf(directory, sizeof directory, "%s", path);
    *(strrchr(directory, '/') + 1) = '\0';
    int descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return failed(store, "cannot open %s", directory);
    int result = fsync(descriptor) == 0 ? STORE_OK : failed(store, "cannot make %s durable", directory);
    close(descriptor);
    return result;
}

static int save(struct store *store, const char *path, const struct field *fields, const void *record)
{
    char temporary[STORE_PATH_MAX + 32];
    snprintf(temporary, sizeof temporary, "%s.%ld", path, (long)getpid());
    int descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    if (!file) {
        int result = failed(store, "cannot write %s", temporary);
        if (descriptor >= 0)
            close(descriptor);
        return result;
    }
    write_fields(file, fields, record);
    bool written = fflush(file) == 0 && fsync(descriptor) == 0;
    int error = errno;
    fclose(file);
    errno = error;
    if (!written || rename(temporary, path) != 0) {
        int result = failed(store, "cannot write %s", path);
        unlink(temporary);
        return result;
    }
    return sync_directory(store, path);
}

static int discard(struct store *store, const char *path)
{
    if (unlink(path) == 0)
        return STORE_OK;
    return errno == ENOENT ? STORE_NONE : failed(store, "cannot remove %s", path);
}

int store_load_login(struct store *store, struct login *login)
{
    *login = (struct login){0};
    return load(store, store->login_path, login_fields, login);
}

int store_save_login(struct store *store, const struct login *login)
{
    return save(store, store->login_path, login_fields, login);
}

int store_load_seat(struct store *store, struct seat *seat)
{
    *seat = (struct seat){0};
    return load(store, store->seat_path, seat_fields, seat);
}

int store_save_seat(struct store *store, const struct seat *seat)
{
    return save(store, store->seat_path, seat_fields, seat);
}

int store_remove_seat(struct store *store)
{
    return discard(store, store->seat_path);
}

int store_lock(struct store *store, const char *path, bool wait, int *lock)
{
    int descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return failed(store, "cannot open %s", path);
    int result;
    do
        result = flock(descriptor, wait ? LOCK_EX : LOCK_EX | LOCK_NB);
    while (result != 0 && errno == EINTR && wait);
    if (result != 0) {
        result = errno == EWOULDBLOCK ? STORE_BUSY : failed(store, "cannot lock %s", path);
        close(descriptor);
        return result;
    }
    *lock = descriptor;
    return STORE_OK;
}

void store_unlock(int lock)
{
    if (lock >= 0)
        close(lock);
}

int store_next_sequence(struct store *store, struct seat *seat)
{
    int result = store_load_seat(store, seat);
    if (result != STORE_OK)
        return result;
    seat->sequence++;
    return store_save_seat(store, seat);
}
