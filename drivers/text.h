/* text.h - texts that instruments send. Private to drivers/. */
#ifndef DRIVERS_TEXT_H
#define DRIVERS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Valid UTF-8 (RFC 3629) without control characters: fit to be shown to people and stored. */
bool text_is_printable(const char *text, size_t length);

#endif
