#include "gateway/terminal/terminal.h"

#include "gateway/utf8/utf8.h"

#include <stdarg.h>
#include <stdlib.h>

static const unsigned char *print_one(const unsigned char *at, FILE *file)
{
    if (*at < 0x80) {
        fprintf(file, *at < ' ' || *at == 0x7f ? "\\u{%x}" : "%c", *at);
        return at + 1;
    }
    size_t length = utf8_length(at);
    if (length == 0)
        fprintf(file, "\\x%02x", *at++);
    else if (at[0] == 0xc2 && at[1] < 0xa0)
        fprintf(file, "\\u{%x}", at[1]);
    else
        fwrite(at, 1, length, file);
    return at + length;
}

void terminal_print(FILE *file, const char *format, ...)
{
    char *text;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0) {
        fputs("no memory\n", file);
        return;
    }
    for (const unsigned char *at = (const unsigned char *)text; *at;)
        at = print_one(at, file);
    fputc('\n', file);
    free(text);
}
