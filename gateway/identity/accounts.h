/* accounts.h - who people are: accounts in memory, tokens, and what slows down the guessing of passwords.
 *
 * The ledger is the truth; accounts_stored() brings a row here once the ledger has it.
 *
 * A token is void after its time, after a change of the password, when the account is disabled, and after
 * logout. Logout voids that one token only, so that leaving a classroom's computer does not log the phone
 * out: its id goes into a set that is kept in the ledger too (it must stay void after a restart) until nobody
 * asks for it any more. When the set is full logout raises the password version instead, which voids all the
 * account's tokens: never none.
 *
 * Guessing. A whole school may share one address, and nobody may lock somebody else out, so:
 *  - The wait after failures belongs to the pair of name and address (IPv6: the /64). Five attempts are free,
 * then 1, 2, 4, 8, 15 s, never more; failures are forgotten by half every ten minutes. An attempt counts when
 * it begins, so that attempts side by side gain nothing, and no longer when it succeeds.
 *  - Who has logged in before shows it by sending an old token with the login (expired ones count, and those
 * logged out; not those before a change of password). Then name and token make the pair, which no one at the
 * same address can slow down.
 *  - Many failures for one name from anywhere, or from one address for any names, make nobody wait: attempts
 * without such a history go to the end of the hasher's queue (`patient`), and for the name have one free
 * attempt, not five.
 *  - Unknown names are treated, and take as long, as known ones: a dummy hash is checked.
 * All this lives in bounded tables; what fails most is dropped last. */
#ifndef GATEWAY_IDENTITY_ACCOUNTS_H
#define GATEWAY_IDENTITY_ACCOUNTS_H

#include "gateway/identity/crypto.h"
#include "gateway/ledger/ledger.h"
#include "gateway/rig/spec.h"

struct accounts;

enum accounts_result {
    ACCOUNTS_OK = 0,
    ACCOUNTS_NO_MEMORY = -1,
    ACCOUNTS_INVALID = -2, /* no token of ours, or of an account that is gone */
    ACCOUNTS_EXPIRED = -3, /* identity.account is set when that was less than ACCOUNTS_LATE ago */
    ACCOUNTS_VOID = -4, /* logged out, account disabled, or password changed: then identity.account is set */
    ACCOUNTS_BAD_NAME = -5,
    ACCOUNTS_BAD_PASSWORD = -6, /* too short, too long, or the name itself */
    ACCOUNTS_FULL = -7,
    ACCOUNTS_WAIT = -8, /* too many failures: try again after `wait` */
};
const char *accounts_result_text(int result); /* for people */

/* ms. So long an expired token still says whose it was, for what makes a rig safe and nothing else; so does
 * one that a change of the password made void. */
#define ACCOUNTS_LATE (24 * INT64_C(3600000))

#define ACCOUNTS_PASSWORD_LEAST 8   /* characters */
#define ACCOUNTS_PASSWORD_MOST  256 /* bytes */

struct account {
    uint64_t id;
    const char *name, *title, *hash;
    const char *email; /* "": none */
    enum rig_role role;
    bool disabled;
    bool no_mail; /* wants no mail */
    uint64_t password_version;
};

/* `dummy_cost`: of the hash that is checked for unknown names; the hasher's. */
int accounts_create(const struct crypto *crypto, const struct ledger_contents *contents,
                    const struct crypto_password_cost *dummy_cost, struct accounts **accounts);
void accounts_destroy(struct accounts *accounts); /* accepts NULL */

/* Valid until the next accounts_stored(). NULL: there is none. */
const struct account *accounts_find(const struct accounts *accounts, const char *name);
const struct account *accounts_get(const struct accounts *accounts, uint64_t id);
size_t accounts_count(const struct accounts *accounts);
const struct account *accounts_at(const struct accounts *accounts, size_t index); /* by id */
/* A row that the ledger has just stored, new or changed. Its version of the password may only be newer than
 * the one here, which a logout has raised before the ledger has. */
int accounts_stored(struct accounts *accounts, const struct ledger_account *row);
/* The account as a ledger row, to change and store. */
void accounts_row(const struct account *account, struct ledger_account *row);

/* A name: 1 to 63 bytes of UTF-8 without control characters, characters that reorder or hide text, spaces at
 * either end. */
int accounts_check_name(const char *name);
int accounts_check_password(const char *name, const char *password);
/* An address that mail can be sent to: printable ASCII without spaces and quotation marks, one @ inside it;
 * up to 254 bytes (RFC 5321, 4.5.3.1, without quoted local parts and address literals). */
bool accounts_check_email(const char *email);

/* ---- tokens -------------------------------------------------------------------------------------------- */

struct identity {
    bool spectator;
    uint64_t session;   /* spectator: the only one they may watch */
    uint64_t account;   /* 0: spectator */
    enum rig_role role; /* of the account as it is now; not of a spectator */
    struct crypto_claims claims;
};

void accounts_issue(struct accounts *accounts, const struct account *account, int64_t expires,
                    char token[CRYPTO_TOKEN_MAX]);
void accounts_issue_spectator(struct accounts *accounts, uint64_t session, int64_t expires,
                              char token[CRYPTO_TOKEN_MAX]);
/* `now`: ms since 1970. Takes constant time in the token's secret part; allocates nothing. Whether a
 * spectator's session is still live is the caller's to look up. */
int accounts_identify(const struct accounts *accounts, const char *token, int64_t now,
                      struct identity *identity);
/* Logout. ACCOUNTS_OK: void from now on; hand the same to ledger_revoke() to make it durable. ACCOUNTS_FULL:
 * raise the account's password_version in the ledger instead. */
int accounts_revoke(struct accounts *accounts, const struct identity *identity, int64_t now);

/* ---- login --------------------------------------------------------------------------------------------- */

struct accounts_attempt {
    uint64_t account; /* 0: unknown name, or disabled */
    const char *hash; /* what to check the password against; valid until the next accounts_stored() */
    bool patient;     /* for struct hasher_job */
    int64_t wait;     /* ACCOUNTS_WAIT: ns */
    uint64_t pair, name, address, password_version; /* of this module */
    bool known;
};

/* `address`: IPv6 or IPv4-mapped, zero for local. `token`: what came with the login, NULL or "" when nothing.
 * `now`: monotonic ns. ACCOUNTS_OK: hash, then call accounts_end_login(). ACCOUNTS_WAIT: refuse. */
int accounts_begin_login(struct accounts *accounts, const char *name, const uint8_t address[16],
                         const char *token, int64_t now, struct accounts_attempt *attempt);
/* The account that is logged in; NULL: wrong name or password (say no more than that). */
const struct account *accounts_end_login(struct accounts *accounts, const struct accounts_attempt *attempt,
                                         bool matches, int64_t now);
/* The hasher had no room: the attempt was none. */
void accounts_abandon_login(struct accounts *accounts, const struct accounts_attempt *attempt, int64_t now);

#endif
