/* Any text as a token: only what was issued is taken, to the letter, and with what was issued in it. */
#include "gateway/identity/crypto.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static char directory[] = "/dev/shm/labgate-fuzz-XXXXXX";

static void remove_directory(void)
{
    char path[64];
    snprintf(path, sizeof path, "%s/keys", directory);
    remove(path);
    remove(directory);
}

static struct crypto *open_keys(void)
{
    struct crypto *crypto;
    char why[200];
    if (!mkdtemp(directory))
        abort();
    atexit(remove_directory);
    if (crypto_open(directory, &crypto, why, sizeof why) != CRYPTO_OK)
        abort();
    return crypto;
}

/* The input, put over a right token from its first byte's place on. */
static void alter(const struct crypto *crypto, const uint8_t *data, size_t size)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    struct crypto_claims claims = {.kind = CRYPTO_TOKEN_ACCOUNT, .role = 1, .subject = 7, .expires = 5000},
                         read;
    char token[CRYPTO_TOKEN_MAX], altered[CRYPTO_TOKEN_MAX];
    crypto_issue_token(crypto, &claims, token);
    strcpy(altered, token);
    size_t length = strlen(token);
    for (size_t i = 1; i < size; i++)
        altered[(data[0] + i) % length] = letters[data[i] % 64];
    int result = crypto_read_token(crypto, altered, 0, &read);
    require(result == (strcmp(token, altered) == 0 ? CRYPTO_OK : CRYPTO_INVALID));
    require(crypto_read_token(crypto, token, 0, &read) == CRYPTO_OK && read.subject == 7);
    require(crypto_read_token(crypto, token, 5001, &read) == CRYPTO_EXPIRED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct crypto *crypto;
    struct crypto_claims read;
    if (!crypto)
        crypto = open_keys();
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    require(crypto_read_token(crypto, text, 0, &read) == CRYPTO_INVALID);
    uint8_t bytes[64];
    for (size_t length = 0; length < sizeof bytes; length += 21) {
        crypto_decode(text, size, bytes, length);
        crypto_decode_hex(text, size, bytes, length);
    }
    if (size > 0)
        alter(crypto, data, size);
    free(text);
    return 0;
}
