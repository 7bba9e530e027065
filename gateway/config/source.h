/* source.h - a file's bytes, checked to be text: regular, bounded, UTF-8 (RFC 3629), no control characters.
 */
#ifndef GATEWAY_CONFIG_SOURCE_H
#define GATEWAY_CONFIG_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

struct loader;

struct source {
    const char *path; /* the loader's memory */
    const char *text;
    size_t length;
};

/* False: reported. The text lives in the loader's scratch. */
bool source_read(struct loader *loader, const char *path, struct source *source);

/* Length in bytes of the UTF-8 character at text, and its code point; 0 when it is none. */
size_t source_character(const char *text, size_t length, unsigned *code);
/* Characters that no scalar may hold: C0 but newline and tab, DEL, C1, and those that reorder lines or
 * letters. */
bool source_is_control(unsigned code);
/* The byte at a place, 0 beyond the text. */
char source_at(const struct source *source, size_t line, size_t column);

#endif
