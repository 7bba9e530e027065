#include "drivers/sim/complaint.h"

#include <stdarg.h>
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
    for (const char *at = line; *at; at++)
        fprintf(stderr, (unsigned char)*at < ' ' || *at == 0x7f ? "\\x%02x" : "%c", (unsigned char)*at);
    fputc('\n', stderr);
}
