#include "gateway/identity/crypto.h"
#include "gateway/identity/keys.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

_Static_assert(CRYPTO_MAC_SIZE <= crypto_generichash_BYTES_MAX, "the chain's code is a BLAKE2b of this size");
_Static_assert(CRYPTO_SIGNATURE_SIZE == crypto_sign_BYTES, "Ed25519");
_Static_assert(CRYPTO_PUBLIC_SIZE == crypto_sign_PUBLICKEYBYTES, "Ed25519");
_Static_assert(CRYPTO_HASH_MAX == crypto_pwhash_STRBYTES, "a password's hash with its NUL");
_Static_assert(KEYS_SIZE == crypto_generichash_KEYBYTES, "one size for all keys");
_Static_assert(KEYS_SIZE == crypto_sign_SEEDBYTES, "one size for all keys");

struct crypto {
    struct keys keys;
    uint8_t sign_secret[crypto_sign_SECRETKEYBYTES];
    uint8_t sign_public[crypto_sign_PUBLICKEYBYTES];
};

const struct crypto_password_cost crypto_password_interactive = {
    .passes = crypto_pwhash_OPSLIMIT_INTERACTIVE,
    .memory = crypto_pwhash_MEMLIMIT_INTERACTIVE,
};
const struct crypto_password_cost crypto_password_least = {
    .passes = crypto_pwhash_OPSLIMIT_MIN,
    .memory = crypto_pwhash_MEMLIMIT_MIN,
};

/* Locked, surrounded by guard pages, left out of core dumps, wiped when freed. NULL: complained. */
static struct crypto *allocate(char *why, size_t why_size)
{
    if (sodium_init() < 0) {
        snprintf(why, why_size, "the cryptographic library does not start: is /dev/urandom there?");
        return NULL;
    }
    struct crypto *crypto = sodium_malloc(sizeof *crypto);
    if (crypto == NULL)
        snprintf(why, why_size,
                 "no locked memory for the keys: raise the limit of locked memory (ulimit -l)");
    return crypto;
}

int crypto_open(const char *directory, struct crypto **result, char *why, size_t why_size)
{
    struct crypto *crypto = allocate(why, why_size);
    if (crypto == NULL)
        return CRYPTO_NO_MEMORY;
    int status = keys_open(directory, &crypto->keys, why, why_size);
    if (status != CRYPTO_OK) {
        sodium_free(crypto);
        return status;
    }
    crypto_sign_seed_keypair(crypto->sign_public, crypto->sign_secret, crypto->keys.key[KEYS_HEAD]);
    sodium_mprotect_readonly(crypto);
    *result = crypto;
    return CRYPTO_OK;
}

void crypto_close(struct crypto *crypto)
{
    sodium_free(crypto);
}

/* ---- keys for checking elsewhere ----------------------------------------------------------------------- */

static const char check_heading[] = "labgate-audit-check 1 ";

void crypto_check_key(const struct crypto *crypto, char text[CRYPTO_CHECK_KEY_MAX])
{
    char public_text[2 * CRYPTO_PUBLIC_SIZE], audit[2 * KEYS_SIZE + 1];
    crypto_encode(crypto->sign_public, sizeof crypto->sign_public, public_text, sizeof public_text);
    crypto_encode_hex(crypto->keys.key[KEYS_AUDIT], KEYS_SIZE, audit, sizeof audit);
    snprintf(text, CRYPTO_CHECK_KEY_MAX, "%s%s %s", check_heading, public_text, audit);
    sodium_memzero(audit, sizeof audit);
}

int crypto_open_check_key(const char *text, struct crypto **result, char *why, size_t why_size)
{
    const char *public_text = text + strlen(check_heading);
    bool headed = strncmp(text, check_heading, strlen(check_heading)) == 0;
    const char *blank = headed ? strchr(public_text, ' ') : NULL;
    struct crypto *crypto = allocate(why, why_size);
    if (crypto == NULL)
        return CRYPTO_NO_MEMORY;
    memset(crypto, 0, sizeof *crypto);
    if (blank == NULL ||
        !crypto_decode(public_text, (size_t)(blank - public_text), crypto->sign_public,
                       sizeof crypto->sign_public) ||
        !crypto_decode_hex(blank + 1, strcspn(blank + 1, "\r\n"), crypto->keys.key[KEYS_AUDIT], KEYS_SIZE)) {
        snprintf(why, why_size, "it does not hold a key that labgate audit-key wrote (\"%s...\")",
                 check_heading);
        sodium_free(crypto);
        return CRYPTO_INVALID;
    }
    sodium_mprotect_readonly(crypto);
    *result = crypto;
    return CRYPTO_OK;
}

/* ---- passwords ----------------------------------------------------------------------------------------- */

int crypto_hash_password(const char *password, size_t length, const struct crypto_password_cost *cost,
                         char hash[CRYPTO_HASH_MAX])
{
    return crypto_pwhash_str(hash, password, length, cost->passes, cost->memory) == 0 ? CRYPTO_OK
                                                                                      : CRYPTO_NO_MEMORY;
}

int crypto_check_password(const char *hash, const char *password, size_t length)
{
    errno = 0;
    if (crypto_pwhash_str_verify(hash, password, length) == 0)
        return CRYPTO_OK;
    return errno == ENOMEM ? CRYPTO_NO_MEMORY : CRYPTO_INVALID;
}

/* Random salt and hash in libsodium's form of RFC 9106: only checking it has to cost what a real one costs.
 */
int crypto_dummy_hash(const struct crypto_password_cost *cost, char hash[CRYPTO_HASH_MAX])
{
    uint8_t salt[crypto_pwhash_SALTBYTES], output[32];
    char salt_text[sodium_base64_ENCODED_LEN(sizeof salt, sodium_base64_VARIANT_ORIGINAL_NO_PADDING)];
    char output_text[sodium_base64_ENCODED_LEN(sizeof output, sodium_base64_VARIANT_ORIGINAL_NO_PADDING)];
    randombytes_buf(salt, sizeof salt);
    randombytes_buf(output, sizeof output);
    sodium_bin2base64(salt_text, sizeof salt_text, salt, sizeof salt,
                      sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    sodium_bin2base64(output_text, sizeof output_text, output, sizeof output,
                      sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    snprintf(hash, CRYPTO_HASH_MAX, "$argon2id$v=19$m=%zu,t=%llu,p=1$%s$%s", cost->memory / 1024,
             (unsigned long long)cost->passes, salt_text, output_text);
    return crypto_pwhash_str_needs_rehash(hash, cost->passes, cost->memory) == 0 ? CRYPTO_OK : CRYPTO_INVALID;
}

/* ---- tokens -------------------------------------------------------------------------------------------- */

/* version, kind, role, 0, subject, password version, expires (little-endian), id; then the code over them. */
#define TOKEN_VERSION 1
#define CLAIMS_SIZE   (4 + 8 + 8 + 8 + CRYPTO_TOKEN_ID_SIZE)
#define TOKEN_SIZE    (CLAIMS_SIZE + CRYPTO_MAC_SIZE)
_Static_assert(TOKEN_SIZE % 3 == 0 && TOKEN_SIZE / 3 * 4 + 1 == CRYPTO_TOKEN_MAX, "base64 without padding");

static void put_number(uint8_t *bytes, uint64_t number)
{
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(number >> (8 * i));
}

static uint64_t get_number(const uint8_t *bytes)
{
    uint64_t number = 0;
    for (int i = 0; i < 8; i++)
        number |= (uint64_t)bytes[i] << (8 * i);
    return number;
}

static void token_code(const struct crypto *crypto, const uint8_t *claims, uint8_t *code)
{
    crypto_generichash(code, CRYPTO_MAC_SIZE, claims, CLAIMS_SIZE, crypto->keys.key[KEYS_TOKEN], KEYS_SIZE);
}

void crypto_issue_token(const struct crypto *crypto, struct crypto_claims *claims,
                        char token[CRYPTO_TOKEN_MAX])
{
    uint8_t bytes[TOKEN_SIZE] = {TOKEN_VERSION, (uint8_t)claims->kind, claims->role, 0};
    randombytes_buf(claims->id, sizeof claims->id);
    put_number(bytes + 4, claims->subject);
    put_number(bytes + 12, claims->password_version);
    put_number(bytes + 20, (uint64_t)claims->expires);
    memcpy(bytes + 28, claims->id, CRYPTO_TOKEN_ID_SIZE);
    token_code(crypto, bytes, bytes + CLAIMS_SIZE);
    crypto_encode(bytes, sizeof bytes, token, CRYPTO_TOKEN_MAX);
    sodium_memzero(bytes, sizeof bytes);
}

int crypto_read_token(const struct crypto *crypto, const char *token, int64_t now,
                      struct crypto_claims *claims)
{
    uint8_t bytes[TOKEN_SIZE], code[CRYPTO_MAC_SIZE];
    if (!crypto_decode(token, strnlen(token, CRYPTO_TOKEN_MAX), bytes, sizeof bytes))
        return CRYPTO_INVALID;
    token_code(crypto, bytes, code);
    bool ours = sodium_memcmp(code, bytes + CLAIMS_SIZE, sizeof code) == 0;
    sodium_memzero(code, sizeof code);
    if (!ours || bytes[0] != TOKEN_VERSION)
        return CRYPTO_INVALID;
    *claims = (struct crypto_claims){
        .kind = (enum crypto_token_kind)bytes[1],
        .role = bytes[2],
        .subject = get_number(bytes + 4),
        .password_version = get_number(bytes + 12),
        .expires = (int64_t)get_number(bytes + 20),
    };
    memcpy(claims->id, bytes + 28, CRYPTO_TOKEN_ID_SIZE);
    return now < claims->expires ? CRYPTO_OK : CRYPTO_EXPIRED;
}

/* ---- audit --------------------------------------------------------------------------------------------- */

void crypto_chain(const struct crypto *crypto, const uint8_t previous[CRYPTO_MAC_SIZE], const void *record,
                  size_t length, uint8_t mac[CRYPTO_MAC_SIZE])
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, crypto->keys.key[KEYS_AUDIT], KEYS_SIZE, CRYPTO_MAC_SIZE);
    crypto_generichash_update(&state, previous, CRYPTO_MAC_SIZE);
    crypto_generichash_update(&state, record, length);
    crypto_generichash_final(&state, mac, CRYPTO_MAC_SIZE);
    sodium_memzero(&state, sizeof state);
}

void crypto_sign_head(const struct crypto *crypto, const void *bytes, size_t length,
                      uint8_t signature[CRYPTO_SIGNATURE_SIZE])
{
    crypto_sign_detached(signature, NULL, bytes, length, crypto->sign_secret);
}

bool crypto_check_signature(const struct crypto *crypto, const void *bytes, size_t length,
                            const uint8_t signature[CRYPTO_SIGNATURE_SIZE])
{
    return crypto_sign_verify_detached(signature, bytes, length, crypto->sign_public) == 0;
}

void crypto_public_key(const struct crypto *crypto, uint8_t key[CRYPTO_PUBLIC_SIZE])
{
    memcpy(key, crypto->sign_public, CRYPTO_PUBLIC_SIZE);
}

/* ---- small things -------------------------------------------------------------------------------------- */

void crypto_random(void *bytes, size_t length)
{
    randombytes_buf(bytes, length);
}

void crypto_make_code(char code[CRYPTO_CODE_MAX])
{
    /* Without i, l, o, u: 32 characters, so that a byte's lower bits choose evenly. */
    static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
    uint8_t bytes[CRYPTO_CODE_MAX - 1];
    randombytes_buf(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        code[i] = alphabet[bytes[i] & 31];
    code[sizeof bytes] = '\0';
}

bool crypto_equal(const void *a, const void *b, size_t length)
{
    return sodium_memcmp(a, b, length) == 0;
}

void crypto_wipe(void *bytes, size_t length)
{
    sodium_memzero(bytes, length);
}

void crypto_digest(const void *bytes, size_t length, uint8_t digest[CRYPTO_DIGEST_SIZE])
{
    crypto_generichash(digest, CRYPTO_DIGEST_SIZE, bytes, length, NULL, 0);
}

uint64_t crypto_short_hash(const uint8_t key[16], const void *bytes, size_t length)
{
    uint8_t hash[crypto_shorthash_BYTES];
    crypto_shorthash(hash, bytes, length, key);
    return get_number(hash);
}

bool crypto_encode(const void *bytes, size_t length, char *text, size_t size)
{
    if (sodium_base64_ENCODED_LEN(length, sodium_base64_VARIANT_URLSAFE_NO_PADDING) > size)
        return false;
    sodium_bin2base64(text, size, bytes, length, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return true;
}

bool crypto_decode(const char *text, size_t text_length, void *bytes, size_t length)
{
    size_t got = 0;
    return sodium_base642bin(bytes, length, text, text_length, NULL, &got, NULL,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 &&
           got == length;
}

bool crypto_encode_hex(const void *bytes, size_t length, char *text, size_t size)
{
    if (size < 2 * length + 1)
        return false;
    sodium_bin2hex(text, size, bytes, length);
    return true;
}

bool crypto_decode_hex(const char *text, size_t text_length, void *bytes, size_t length)
{
    size_t got = 0;
    return text_length == 2 * length &&
           sodium_hex2bin(bytes, length, text, text_length, NULL, &got, NULL) == 0 && got == length;
}
