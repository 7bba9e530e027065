/* keys.h - the key file: DIRECTORY/keys, a line for each key, "NAME 64-HEX-DIGITS" after the line
 * "labgate-keys 1".
 *
 * It is made whole or not at all: written under another name, synced, linked into place (never over one that
 * is there), and the directory synced. It must be readable by its owner only. */
#ifndef GATEWAY_IDENTITY_KEYS_H
#define GATEWAY_IDENTITY_KEYS_H

#include <stddef.h>
#include <stdint.h>

#define KEYS_SIZE 32

enum keys_name { KEYS_TOKEN, KEYS_AUDIT, KEYS_HEAD, KEYS_COUNT };

struct keys {
    uint8_t key[KEYS_COUNT][KEYS_SIZE];
};

/* Reads them, or makes them. 0 or a negative crypto_result; `why` is for people. */
int keys_open(const char *directory, struct keys *keys, char *why, size_t why_size);

#endif
