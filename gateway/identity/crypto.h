/* crypto.h - every use of libsodium: passwords, tokens, the audit's chain and signature, random bytes.
 *
 *   passwords  argon2id (RFC 9106), crypto_pwhash_str: 64 MiB and two passes; slow on purpose, so it runs
 *              in a thread of its own
 *   tokens     keyed BLAKE2b-256 (RFC 7693) over fixed-size claims. Only the gateway checks its tokens, so
 *              a shared-key code does: 1 us for each request, where Ed25519 takes 50. The key outlives a
 *              restart, and so do the tokens.
 *   chain      mac[n] = BLAKE2b-256(key, mac[n-1] || record)
 *   heads      Ed25519 (RFC 8032), so that whoever keeps published heads can check them with the public key
 *              alone
 *
 * The three keys are independent random bytes in DIRECTORY/keys (mode 0600), made on the first start. Losing
 * the file voids tokens and makes the old part of the audit unverifiable; reading it allows to forge both.
 * Secrets are kept in locked memory that is left out of core dumps, and wiped. Comparisons of secrets take
 * constant time. */
#ifndef GATEWAY_IDENTITY_CRYPTO_H
#define GATEWAY_IDENTITY_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum crypto_result {
    CRYPTO_OK = 0,
    CRYPTO_NO_MEMORY = -1,
    CRYPTO_BAD_KEYS = -2, /* the key file is damaged or readable by others */
    CRYPTO_IO = -3,       /* the key file cannot be read or made */
    CRYPTO_INVALID = -4,  /* not one of ours: malformed or forged */
    CRYPTO_EXPIRED = -5,
};

#define CRYPTO_MAC_SIZE       32
#define CRYPTO_SIGNATURE_SIZE 64
#define CRYPTO_PUBLIC_SIZE    32
#define CRYPTO_HASH_MAX       128 /* of a password, with its NUL */
#define CRYPTO_TOKEN_ID_SIZE  12
#define CRYPTO_TOKEN_MAX      97 /* characters with the NUL */
#define CRYPTO_CODE_MAX       17 /* join code with the NUL */

struct crypto;

/* Reads DIRECTORY/keys, or makes it. `why` is for people. */
int crypto_open(const char *directory, struct crypto **crypto, char *why, size_t why_size);
void crypto_close(struct crypto *crypto); /* accepts NULL */

#define CRYPTO_CHECK_KEY_MAX 160
/* What somebody elsewhere needs to check a copy of the audit, one line: "labgate-audit-check 1 PUBLIC AUDIT",
 * the public key of heads in base64url and the key of the chain in hexadecimal. It signs no head and makes no
 * token; the chain itself can be continued with it, so it is for people who are trusted with the audit. */
void crypto_check_key(const struct crypto *crypto, char text[CRYPTO_CHECK_KEY_MAX]);
/* Can check with that, and nothing else. CRYPTO_INVALID: it is no such line. */
int crypto_open_check_key(const char *text, struct crypto **crypto, char *why, size_t why_size);

/* ---- passwords ----------------------------------------------------------------------------------------- */

struct crypto_password_cost {
    uint64_t passes;
    size_t memory; /* bytes */
};
extern const struct crypto_password_cost crypto_password_interactive; /* 2 passes, 64 MiB */
extern const struct crypto_password_cost crypto_password_least;       /* for tests only: 1 pass, 8 KiB */

/* Blocks for about 100 ms with the interactive cost. CRYPTO_NO_MEMORY when the memory is not to be had. */
int crypto_hash_password(const char *password, size_t length, const struct crypto_password_cost *cost,
                         char hash[CRYPTO_HASH_MAX]);
/* CRYPTO_OK: it is the password; CRYPTO_INVALID: it is not; CRYPTO_NO_MEMORY: nothing is known. */
int crypto_check_password(const char *hash, const char *password, size_t length);
/* A well-formed hash of `cost` that no password is known for: checking it takes as long as checking a real
 * one. */
int crypto_dummy_hash(const struct crypto_password_cost *cost, char hash[CRYPTO_HASH_MAX]);

/* ---- tokens -------------------------------------------------------------------------------------------- */

enum crypto_token_kind { CRYPTO_TOKEN_ACCOUNT = 1, CRYPTO_TOKEN_SPECTATOR = 2 };

struct crypto_claims {
    enum crypto_token_kind kind;
    uint8_t role;                     /* when it was issued; the account's own role counts */
    uint64_t subject;                 /* account id; of a spectator the session */
    uint64_t password_version;        /* of the account, when it was issued */
    int64_t expires;                  /* ms since 1970 */
    uint8_t id[CRYPTO_TOKEN_ID_SIZE]; /* random: names the token for logout */
};

/* Fills claims->id and writes the token, base64url without padding. */
void crypto_issue_token(const struct crypto *crypto, struct crypto_claims *claims,
                        char token[CRYPTO_TOKEN_MAX]);
/* CRYPTO_OK, CRYPTO_INVALID or CRYPTO_EXPIRED (*claims is filled then too: the token is ours, but old). */
int crypto_read_token(const struct crypto *crypto, const char *token, int64_t now,
                      struct crypto_claims *claims);

/* ---- audit --------------------------------------------------------------------------------------------- */

/* `mac` may be `previous`. */
void crypto_chain(const struct crypto *crypto, const uint8_t previous[CRYPTO_MAC_SIZE], const void *record,
                  size_t length, uint8_t mac[CRYPTO_MAC_SIZE]);
void crypto_sign_head(const struct crypto *crypto, const void *bytes, size_t length,
                      uint8_t signature[CRYPTO_SIGNATURE_SIZE]);
bool crypto_check_signature(const struct crypto *crypto, const void *bytes, size_t length,
                            const uint8_t signature[CRYPTO_SIGNATURE_SIZE]);
void crypto_public_key(const struct crypto *crypto, uint8_t key[CRYPTO_PUBLIC_SIZE]);

/* ---- small things -------------------------------------------------------------------------------------- */

void crypto_random(void *bytes, size_t length);
/* 16 characters that are hard to misread (80 bits). */
void crypto_make_code(char code[CRYPTO_CODE_MAX]);
bool crypto_equal(const void *a, const void *b, size_t length);
void crypto_wipe(void *bytes, size_t length);
/* BLAKE2b of 16 bytes without a key: whether two texts are the same. */
#define CRYPTO_DIGEST_SIZE 16
void crypto_digest(const void *bytes, size_t length, uint8_t digest[CRYPTO_DIGEST_SIZE]);
/* SipHash-2-4 under a key of the caller's, for hash tables that strangers fill. */
uint64_t crypto_short_hash(const uint8_t key[16], const void *bytes, size_t length);
/* Base64url without padding. Encode: false when `text` is too small. Decode: false unless it is exactly
 * `length` bytes. */
bool crypto_encode(const void *bytes, size_t length, char *text, size_t size);
bool crypto_decode(const char *text, size_t text_length, void *bytes, size_t length);
/* The same in lower-case hexadecimal. */
bool crypto_encode_hex(const void *bytes, size_t length, char *text, size_t size);
bool crypto_decode_hex(const char *text, size_t text_length, void *bytes, size_t length);

#endif
