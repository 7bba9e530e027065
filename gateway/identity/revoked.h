/* revoked.h - the bounded set of tokens that were logged out. The ids are random, so their own bits place
 * them. */
#ifndef GATEWAY_IDENTITY_REVOKED_H
#define GATEWAY_IDENTITY_REVOKED_H

#include "gateway/identity/crypto.h"

#define REVOKED_LEAST 4096 /* ids that it takes at least */

struct revoked;

/* `expected`: ids that are there at the start; it takes REVOKED_LEAST more. NULL: no memory. */
struct revoked *revoked_create(size_t expected);
void revoked_destroy(struct revoked *revoked); /* accepts NULL */
bool revoked_has(const struct revoked *revoked, const uint8_t id[CRYPTO_TOKEN_ID_SIZE]);
/* `now`, `expires`: ms since 1970. Ids whose time has been over for a day make room (a day, because clocks
 * get set back). False: full. */
bool revoked_add(struct revoked *revoked, const uint8_t id[CRYPTO_TOKEN_ID_SIZE], int64_t expires,
                 int64_t now);

#endif
