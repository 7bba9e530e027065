/* accounts_login.c - tokens, and how they are come by. */
#include "gateway/identity/accounts_private.h"

#include <string.h>

void accounts_issue(struct accounts *accounts, const struct account *account, int64_t expires,
                    char token[CRYPTO_TOKEN_MAX])
{
    struct crypto_claims claims = {
        .kind = CRYPTO_TOKEN_ACCOUNT,
        .role = (uint8_t)account->role,
        .subject = account->id,
        .password_version = account->password_version,
        .expires = expires,
    };
    crypto_issue_token(accounts->crypto, &claims, token);
}

void accounts_issue_spectator(struct accounts *accounts, uint64_t session, int64_t expires,
                              char token[CRYPTO_TOKEN_MAX])
{
    struct crypto_claims claims = {.kind = CRYPTO_TOKEN_SPECTATOR, .subject = session, .expires = expires};
    crypto_issue_token(accounts->crypto, &claims, token);
}

static int identify_account(const struct accounts *accounts, struct identity *identity)
{
    const struct account *account = accounts_get(accounts, identity->claims.subject);
    if (account == NULL)
        return ACCOUNTS_INVALID;
    if (account->disabled)
        return ACCOUNTS_VOID;
    identity->account = account->id;
    identity->role = account->role;
    return account->password_version == identity->claims.password_version ? ACCOUNTS_OK : ACCOUNTS_VOID;
}

int accounts_identify(const struct accounts *accounts, const char *token, int64_t now,
                      struct identity *identity)
{
    *identity = (struct identity){0};
    int status = crypto_read_token(accounts->crypto, token, now, &identity->claims);
    if (status != CRYPTO_OK && status != CRYPTO_EXPIRED)
        return ACCOUNTS_INVALID;
    bool is_account = identity->claims.kind == CRYPTO_TOKEN_ACCOUNT;
    if (status == CRYPTO_EXPIRED && (!is_account || now - identity->claims.expires >= ACCOUNTS_LATE))
        return ACCOUNTS_EXPIRED;
    if (revoked_has(accounts->revoked, identity->claims.id))
        return ACCOUNTS_VOID;
    if (is_account) {
        int result = identify_account(accounts, identity);
        return result == ACCOUNTS_OK && status == CRYPTO_EXPIRED ? ACCOUNTS_EXPIRED : result;
    }
    if (identity->claims.kind != CRYPTO_TOKEN_SPECTATOR)
        return ACCOUNTS_INVALID;
    identity->spectator = true;
    identity->session = identity->claims.subject;
    return ACCOUNTS_OK;
}

int accounts_revoke(struct accounts *accounts, const struct identity *identity, int64_t now)
{
    const struct crypto_claims *claims = &identity->claims;
    return revoked_add(accounts->revoked, claims->id, claims->expires, now) ? ACCOUNTS_OK : ACCOUNTS_FULL;
}

/* ---- login --------------------------------------------------------------------------------------------- */

/* Subscribers get whole /64 networks of IPv6: one of those is one address here. */
static void network_of(const uint8_t address[16], uint8_t network[16])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    bool is_v4 = memcmp(address, mapped, sizeof mapped) == 0;
    memcpy(network, address, 16);
    if (!is_v4)
        memset(network + 8, 0, 8);
}

/* Kinds keep the hashes of different things apart. */
enum hashed { HASHED_NAME, HASHED_ADDRESS, HASHED_PAIR, HASHED_DEVICE };

static uint64_t hash_of(const struct accounts *accounts, enum hashed kind, const char *name,
                        const uint8_t *bytes, size_t length)
{
    uint8_t room[1 + LEDGER_NAME_MAX + 16] = {(uint8_t)kind};
    size_t name_length = strnlen(name, LEDGER_NAME_MAX);
    memcpy(room + 1, name, name_length);
    if (length > 0)
        memcpy(room + 1 + LEDGER_NAME_MAX, bytes, length);
    uint64_t hash = crypto_short_hash(accounts->hash_key, room, sizeof room);
    return hash != 0 ? hash : 1;
}

/* They have logged in before, with the present password: this token is the proof. */
static bool is_known(const struct accounts *accounts, const struct account *account, const char *token,
                     struct crypto_claims *claims)
{
    if (account == NULL || token == NULL || token[0] == '\0')
        return false;
    int status = crypto_read_token(accounts->crypto, token, 0, claims);
    return status == CRYPTO_OK && claims->kind == CRYPTO_TOKEN_ACCOUNT && claims->subject == account->id &&
           claims->password_version == account->password_version;
}

int accounts_begin_login(struct accounts *accounts, const char *name, const uint8_t address[16],
                         const char *token, int64_t now, struct accounts_attempt *attempt)
{
    const struct account *account = accounts_find(accounts, name);
    uint8_t network[16];
    network_of(address, network);
    struct crypto_claims claims;
    bool known = is_known(accounts, account, token, &claims);
    bool usable = account != NULL && !account->disabled;
    *attempt = (struct accounts_attempt){
        .account = usable ? account->id : 0,
        .hash = usable ? account->hash : accounts->dummy,
        .pair = known ? hash_of(accounts, HASHED_DEVICE, name, claims.id, sizeof claims.id)
                      : hash_of(accounts, HASHED_PAIR, name, network, sizeof network),
        .name = hash_of(accounts, HASHED_NAME, name, NULL, 0),
        .address = hash_of(accounts, HASHED_ADDRESS, "", network, sizeof network),
        .password_version = usable ? account->password_version : 0,
        .known = known,
    };
    struct guess guess = {attempt->pair, attempt->name, attempt->address, known};
    attempt->wait = guessing_begin(accounts->guessing, &guess, now, &attempt->patient);
    return attempt->wait == 0 ? ACCOUNTS_OK : ACCOUNTS_WAIT;
}

const struct account *accounts_end_login(struct accounts *accounts, const struct accounts_attempt *attempt,
                                         bool matches, int64_t now)
{
    const struct account *account = accounts_get(accounts, attempt->account);
    /* It may have been disabled, and its password changed, while the hash was made. */
    if (!matches || account == NULL || account->disabled ||
        account->password_version != attempt->password_version)
        return NULL;
    struct guess guess = {attempt->pair, attempt->name, attempt->address, attempt->known};
    guessing_succeed(accounts->guessing, &guess, now);
    return account;
}

void accounts_abandon_login(struct accounts *accounts, const struct accounts_attempt *attempt, int64_t now)
{
    struct guess guess = {attempt->pair, attempt->name, attempt->address, attempt->known};
    guessing_abandon(accounts->guessing, &guess, now);
}
