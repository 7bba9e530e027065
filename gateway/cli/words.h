/* words.h - a line split into words at blanks, with 'single' and "double" quotes and backslashes as in a
 * shell. */
#ifndef GATEWAY_CLI_WORDS_H
#define GATEWAY_CLI_WORDS_H

#include <stdbool.h>

#define WORDS_MAX 64

struct words {
    char *list[WORDS_MAX];
    int count;
};

/* False: a quote is not closed, or there are too many words. words_finish() in either case. */
bool words_split(const char *line, struct words *words);
void words_finish(struct words *words);

#endif
