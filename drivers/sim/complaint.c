#include "drivers/sim/complaint.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#define LINE_MAX_LENGTH 4096

void complain(const char *format, ...)
{
    char line[LINE_MAX_LENGTH];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    fputs("labsim: ", stderr);
    for (const char *at = line; *at; at++) {
        unsigned char byte = (unsigned char)*at, next = (unsigned char)at[1];
        bool c1 = byte == 0xc2 && next >= 0x80 && next < 0xa0; /* in UTF-8 */
        fprintf(stderr, byte < ' ' || byte == 0x7f || c1 ? "\\x%02x" : "%c", byte);
        if (c1)
            fprintf(stderr, "\\x%02x", (unsigned char)*++at);
    }
    fputc('\n', stderr);
}
