/* guessing.h - what slows the guessing of passwords down; accounts.h says how it must behave.
 *
 * Three bounded tables of failures: of pairs (name and address, or name and old token), of names and of
 * addresses. Keys are keyed hashes made by the caller. Failures halve every ten minutes. Times are monotonic
 * ns. */
#ifndef GATEWAY_IDENTITY_GUESSING_H
#define GATEWAY_IDENTITY_GUESSING_H

#include <stdbool.h>
#include <stdint.h>

struct guessing;

struct guess {
    uint64_t pair, name, address;
    bool known; /* the pair is vouched for by an old token */
};

struct guessing *guessing_create(void);           /* NULL: no memory */
void guessing_destroy(struct guessing *guessing); /* accepts NULL */

/* 0, or how long to wait: ns, and the attempt is none. What begins counts as a failure until it ends
 * otherwise. */
int64_t guessing_begin(struct guessing *guessing, const struct guess *guess, int64_t now, bool *patient);
void guessing_succeed(struct guessing *guessing, const struct guess *guess, int64_t now);
void guessing_abandon(struct guessing *guessing, const struct guess *guess, int64_t now);

#endif
