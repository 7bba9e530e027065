/* store.h - what labctl remembers between two commands, for each profile: the login in
 * $XDG_CONFIG_HOME/labctl/, the seat in $XDG_STATE_HOME/labctl/. Files are 0600 in directories of 0700,
 * replaced whole (write, fsync, rename, fsync of the directory), so that kill -9 leaves the old or the new
 * one. */
#ifndef GATEWAY_CLI_STORE_H
#define GATEWAY_CLI_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_PATH_MAX    4096
#define STORE_TEXT_MAX    1024 /* bytes of a stored text with its NUL */
#define STORE_PROFILE_MAX 64

enum store_result {
    STORE_OK = 0,
    STORE_NONE = -1,        /* nothing of the kind is stored */
    STORE_FAILED = -2,      /* `why` says what the system said */
    STORE_BAD_PROFILE = -3, /* a profile's name is letters, digits, '-', '_' and '.' */
    STORE_BUSY = -4,        /* another labctl holds the lock */
};

struct store {
    char profile[STORE_PROFILE_MAX];
    char login_path[STORE_PATH_MAX];
    char seat_path[STORE_PATH_MAX];
    char seat_lock_path[STORE_PATH_MAX];
    char keeper_path[STORE_PATH_MAX]; /* locked while a keeper lives; holds its process id */
    char why[STORE_PATH_MAX + 256];
};

struct login {
    char server[STORE_TEXT_MAX];
    char authority[STORE_TEXT_MAX];   /* file of the trusted certificate, "" */
    char server_name[STORE_TEXT_MAX]; /* name in the server's certificate, "" */
    char token[STORE_TEXT_MAX];
    char name[STORE_TEXT_MAX];
    char rig[STORE_TEXT_MAX]; /* a spectator's */
    uint64_t role;            /* Labgate__Role */
    uint64_t expires;         /* ms since 1970 */
};

struct seat {
    char rig[STORE_TEXT_MAX];
    uint64_t seat, session, epoch;
    uint64_t sequence; /* of the last command that was, or may have been, sent */
    uint64_t ends;     /* ms since 1970 */
    uint64_t presence; /* ns: say something at least this often */
};

int store_open(struct store *store, const char *profile); /* makes the directories */

int store_load_login(struct store *store, struct login *login);
int store_save_login(struct store *store, const struct login *login);

int store_load_seat(struct store *store, struct seat *seat);
int store_save_seat(struct store *store, const struct seat *seat);
int store_remove_seat(struct store *store);

/* An exclusive lock that ends with store_unlock() or with the process. Waits when `wait`. *lock is a
 * descriptor. */
int store_lock(struct store *store, const char *path, bool wait, int *lock);
void store_unlock(int lock); /* accepts -1 */

/* The next command number of the seat, durable before it is returned, so that no number is ever used twice,
 * whatever dies when. The caller holds the lock on seat_lock_path until the answer is there: commands of a
 * seat go in order. */
int store_next_sequence(struct store *store, struct seat *seat);

#endif
