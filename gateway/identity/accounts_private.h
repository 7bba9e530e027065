/* accounts_private.h - what the files of accounts.h share. */
#ifndef GATEWAY_IDENTITY_ACCOUNTS_PRIVATE_H
#define GATEWAY_IDENTITY_ACCOUNTS_PRIVATE_H

#include "gateway/identity/accounts.h"
#include "gateway/identity/guessing.h"
#include "gateway/identity/revoked.h"

struct accounts {
    const struct crypto *crypto;
    struct account **list; /* by id; each with its texts in one allocation */
    size_t count, room;
    uint32_t
        *names; /* open addressing by name: 1 + index in list, 0: free; a power of two, at most half full */
    size_t name_slots;
    uint8_t hash_key[16]; /* of this start */
    struct revoked *revoked;
    struct guessing *guessing;
    char dummy[CRYPTO_HASH_MAX];
};

#endif
