/* utf8.h - characters of UTF-8 (RFC 3629, section 4). */
#ifndef GATEWAY_UTF8_UTF8_H
#define GATEWAY_UTF8_UTF8_H

#include <stddef.h>

/* Bytes of the character at `at`, 1 to 4; 0: there is none. Reads no further than the first byte that does
 * not belong to it, so that text may end with NUL. */
size_t utf8_length(const unsigned char *at);

#endif
