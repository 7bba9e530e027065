/* suggest.h - "did you mean": the nearest of some names. */
#ifndef GATEWAY_CONFIG_SUGGEST_H
#define GATEWAY_CONFIG_SUGGEST_H

#include <stddef.h>

#define SUGGESTION_MAX 64 /* bytes with NUL; longer names are not offered */

struct suggestion {
    const char *wanted;
    char best[SUGGESTION_MAX]; /* "": nothing is near */
    size_t distance;
};

void suggest_begin(struct suggestion *suggestion, const char *wanted);
void suggest_offer(struct suggestion *suggestion, const char *name);
/* "; did you mean NAME?" or "". Returns `text`. */
const char *suggest_text(const struct suggestion *suggestion, char *text, size_t size);
/* Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment). */
size_t suggest_distance(const char *left, const char *right);

#endif
