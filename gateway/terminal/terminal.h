/* terminal.h - text for people that repeats what somebody typed or wrote into a file. */
#ifndef GATEWAY_TERMINAL_TERMINAL_H
#define GATEWAY_TERMINAL_TERMINAL_H

#include <stdio.h>

/* One line and its end. What a terminal would obey (ECMA-48: C0, DEL, C1) is shown as \u{1b}, a byte that is
 * no UTF-8 as \x9b. */
void terminal_print(FILE *file, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
