#include "gateway/ledger/backup.h"

#include "gateway/ledger/boot.h"
#include "gateway/ledger/inspect.h"
#include "gateway/ledger/store.h"
#include "gateway/thread/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY       "backup.sqlite"
#define UNFINISHED "backup.sqlite.new"
#define STACK_SIZE ((size_t)256 * 1024)

/* The path of a file beside the ledger. */
static void beside(const struct backup *backup, const char *name, char *path, size_t size)
{
    const char *slash = strrchr(backup->ledger, '/');
    int folder = slash != NULL ? (int)(slash - backup->ledger) + 1 : 0;
    snprintf(path, size, "%.*s%s", folder, backup->ledger, name);
}

static int failed(sqlite3 *db, const char *attempt, char *why)
{
    snprintf(why, BACKUP_WHY_MAX, "%s failed: %s", attempt, db != NULL ? sqlite3_errmsg(db) : "no memory");
    return LEDGER_STORAGE;
}

/* VACUUM INTO reads in one transaction, which keeps nobody from writing, and leaves out what was deleted. */
static int copy(struct backup *backup, const char *to, char *why)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *vacuum = NULL;
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    int result = LEDGER_OK;
    if (sqlite3_open_v2(backup->ledger, &db, flags, NULL) != SQLITE_OK)
        result = failed(db, "opening the ledger for a copy", why);
    pthread_mutex_lock(backup->mutex);
    backup->reader = db;
    if (backup->stopping)
        sqlite3_interrupt(db);
    pthread_mutex_unlock(backup->mutex);
    if (result == LEDGER_OK && (sqlite3_prepare_v2(db, "VACUUM INTO ?1", -1, &vacuum, NULL) != SQLITE_OK ||
                                sqlite3_bind_text(vacuum, 1, to, -1, SQLITE_STATIC) != SQLITE_OK ||
                                sqlite3_step(vacuum) != SQLITE_DONE))
        result = failed(db, "copying the ledger", why);
    sqlite3_finalize(vacuum);
    pthread_mutex_lock(backup->mutex);
    backup->reader = NULL;
    pthread_mutex_unlock(backup->mutex);
    sqlite3_close(db);
    return result;
}

static int make_durable(int directory, uint64_t *size, char *why)
{
    struct stat status;
    int fd = openat(directory, UNFINISHED, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    bool good = fd >= 0 && fsync(fd) == 0 && fstat(fd, &status) == 0 &&
                renameat(directory, UNFINISHED, directory, COPY) == 0 && fsync(directory) == 0;
    if (good)
        *size = (uint64_t)status.st_size;
    else
        snprintf(why, BACKUP_WHY_MAX, "storing the copy failed: %s", strerror(errno));
    if (fd >= 0)
        close(fd);
    return good ? LEDGER_OK : LEDGER_STORAGE;
}

static int make(struct backup *backup, uint64_t *size, char *why)
{
    char path[4096];
    struct ledger_inspection found;
    backup_forget(backup->directory);
    beside(backup, UNFINISHED, path, sizeof path);
    int result = boot_private_file(backup->directory, UNFINISHED, why, BACKUP_WHY_MAX);
    if (result == LEDGER_OK)
        result = copy(backup, path, why);
    if (result == LEDGER_OK)
        result = store_mark_copy(path, why, BACKUP_WHY_MAX);
    /* A copy that nobody has looked at is none. */
    if (result == LEDGER_OK)
        result = ledger_inspect(path, &found, why, BACKUP_WHY_MAX);
    if (result == LEDGER_OK)
        result = make_durable(backup->directory, size, why);
    if (result != LEDGER_OK)
        backup_forget(backup->directory);
    return result;
}

static void *work(void *context)
{
    struct backup *backup = context;
    char why[BACKUP_WHY_MAX] = "";
    uint64_t size = 0;
    int result = make(backup, &size, why);
    pthread_mutex_lock(backup->mutex);
    backup->running = false;
    backup->done(backup->context, result, size, why);
    pthread_mutex_unlock(backup->mutex);
    return NULL;
}

int backup_start(struct backup *backup)
{
    if (backup->running)
        return LEDGER_FULL;
    if (backup->joinable) /* has ended: what it does after it gave the mutex up is to return */
        pthread_join(backup->thread, NULL);
    backup->joinable = false;
    backup->joinable = thread_start(&backup->thread, STACK_SIZE, 0, work, backup) == 0;
    backup->running = backup->joinable;
    return backup->joinable ? LEDGER_OK : LEDGER_NO_MEMORY;
}

void backup_finish(struct backup *backup)
{
    pthread_mutex_lock(backup->mutex);
    backup->stopping = true;
    if (backup->reader != NULL)
        sqlite3_interrupt(backup->reader);
    bool joinable = backup->joinable;
    backup->joinable = false;
    pthread_mutex_unlock(backup->mutex);
    if (joinable)
        pthread_join(backup->thread, NULL);
    backup_forget(backup->directory);
}

int backup_read(int directory, uint64_t offset, size_t length, uint8_t **bytes, size_t *count, uint64_t *size,
                char *why, size_t why_size)
{
    struct stat status;
    int fd = openat(directory, COPY, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &status) != 0) {
        snprintf(why, why_size, "there is no copy of the ledger any more: make a new one");
        if (fd >= 0)
            close(fd);
        return LEDGER_NOT_FOUND;
    }
    *bytes = malloc(length > 0 ? length : 1);
    ssize_t got = *bytes != NULL ? pread(fd, *bytes, length, (off_t)offset) : -1;
    close(fd);
    if (got < 0) {
        snprintf(why, why_size, "reading the copy failed: %s", strerror(*bytes != NULL ? errno : ENOMEM));
        free(*bytes);
        *bytes = NULL;
        return LEDGER_STORAGE;
    }
    *count = (size_t)got;
    *size = (uint64_t)status.st_size;
    if (offset + *count >= *size)
        backup_forget(directory);
    return LEDGER_OK;
}

void backup_forget(int directory)
{
    unlinkat(directory, COPY, 0);
    unlinkat(directory, UNFINISHED, 0);
}
