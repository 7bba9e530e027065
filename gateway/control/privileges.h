/* privileges.h - giving privileges up, for control and for the launcher. Each function says in `note` what an
 * operator should know: on failure why, on success nothing or a fall-back that was taken. */
#ifndef GATEWAY_CONTROL_PRIVILEGES_H
#define GATEWAY_CONTROL_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct privileges_user {
    uid_t user;
    gid_t group;
    bool fallback; /* the user named doesn't exist; this is `nobody` */
};

/* The user called name, or `nobody` when there is none. 0 or -1. */
int privileges_find_user(const char *name, struct privileges_user *user, char *note, size_t note_size);

/* Makes `directory` (its parents exist) and gives it to user, with what is inside, if this process is root
 * and it isn't theirs already. A directory that others may enter and that isn't empty is refused: it could be
 * anybody's. Symbolic links are not followed. 0 or -1. */
int privileges_own_directory(const char *directory, const struct privileges_user *user, char *note,
                             size_t note_size);

struct privileges_control {
    const char *user;         /* configuration's control_user */
    const char *device_group; /* the only supplementary group, if it exists; NULL or "": none */
    const char *state;        /* directory of ledger, keys and recordings: becomes the user's */
};

/* For control, after the launcher is forked and before ledger and links open: when this process is root,
 * switches to the user with device_group as the only supplementary group and no capability; it may still lock
 * memory, by a resource limit, and keeps its priority. When it isn't root, leaves all that as it is.
 * Sets no_new_privs in both cases. 0 or -1. */
int privileges_drop_control(const struct privileges_control *options, char *note, size_t note_size);

/* For the launcher: as above, without any supplementary group, keeping only the capability to bind low ports,
 * also across exec. `user` NULL: stays who it is. 0 or -1. */
int privileges_drop_launcher(const struct privileges_user *user, char *note, size_t note_size);

#endif
