/* text.h - growing text, and text that strangers wrote made fit for a terminal.
 *
 * Names, titles and reasons come from a server that need not be honest: an escape sequence in one could
 * rewrite the screen, a bidirectional mark could make "closed" read as something else (Unicode TR36, section
 * 2). What could is shown as \u{202e}; a byte that is not UTF-8 as \x9b. */
#ifndef GATEWAY_CLI_TEXT_H
#define GATEWAY_CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    char *data; /* NUL-terminated once something was added; NULL before */
    size_t length, capacity;
};

void text_finish(struct text *text);
void text_clear(struct text *text);
const char *text_get(const struct text *text); /* "" when empty */
void text_add_bytes(struct text *text, const void *bytes, size_t length);
void text_add(struct text *text, const char *string);
void text_add_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Adds `length` bytes of anybody's text so that a terminal shows it as one line and nothing else. */
void text_add_safe(struct text *text, const char *string, size_t length);
/* Adds one code point as UTF-8. */
void text_add_code(struct text *text, uint32_t code);

#define TEXT_NOT_UTF8 UINT32_MAX
/* One code point from *string, which advances at least a byte; TEXT_NOT_UTF8 for what is not UTF-8 (RFC
 * 3629). */
uint32_t text_decode(const char **string, const char *end);
bool text_is_dangerous(uint32_t code);
/* Terminal columns that safe text takes; wide characters take two, combining ones none. */
size_t text_width(const char *string);
/* Bytes of the longest beginning that takes at most `columns`. */
size_t text_fit(const char *string, size_t columns);

/* Memory for a program that can do nothing without it: says so and exits (6) instead of returning NULL. */
void *require_memory(size_t count, size_t size); /* zeroed */
void *require_larger(void *memory, size_t size);
char *require_copy(const char *string); /* "" for NULL */

#endif
