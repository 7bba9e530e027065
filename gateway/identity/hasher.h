/* hasher.h - the thread that hashes passwords: argon2id takes 64 MiB and about 100 ms, so one at a time and
 * never in the loop. Logins go first; what can wait (imports, logins under attack) goes when none waits.
 *
 * The memory is taken for a hash and given back after it. Passwords are wiped as soon as they are hashed. */
#ifndef GATEWAY_IDENTITY_HASHER_H
#define GATEWAY_IDENTITY_HASHER_H

#include "gateway/identity/crypto.h"

struct hasher;

enum hasher_result {
    HASHER_OK = 0,
    HASHER_FULL = -1,
    HASHER_NO_MEMORY = -2,
    HASHER_NO_THREAD = -3,
    HASHER_TOO_LONG = -4
};

#define HASHER_PASSWORD_MAX 256 /* bytes */
#define HASHER_QUEUE_MAX    64  /* waiting, of each class: a whole class logs in at once */

enum hasher_kind { HASHER_CHECK, HASHER_MAKE };

struct hasher_job {
    uint64_t request; /* of the caller */
    enum hasher_kind kind;
    bool patient;         /* may wait for all who may not */
    const char *password; /* copied */
    size_t length;
    const char *hash; /* CHECK: copied */
};

struct hasher_done {
    uint64_t request;
    enum hasher_kind kind;
    int result;                 /* HASHER_OK or HASHER_NO_MEMORY: nothing is known about the password then */
    bool matches;               /* CHECK */
    char hash[CRYPTO_HASH_MAX]; /* MAKE */
};

/* `wake`: an eventfd written after each result. */
int hasher_create(const struct crypto_password_cost *cost, int wake, struct hasher **hasher);
/* Waits for the hash in hand, drops the rest. Accepts NULL. */
void hasher_destroy(struct hasher *hasher);
/* HASHER_FULL: nothing was taken; answer `busy`. */
int hasher_submit(struct hasher *hasher, const struct hasher_job *job);
bool hasher_next(struct hasher *hasher, struct hasher_done *done);

#endif
