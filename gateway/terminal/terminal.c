#include "gateway/terminal/terminal.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* Bytes of the character at `text`, of which the first is none of ASCII; 0: it is no UTF-8 (RFC 3629). */
static int length_of(const unsigned char *text)
{
    static const struct {
        unsigned char first, last, least, most; /* of the first byte, of the second */
        int length;
    } rows[] = {
        {0xc2, 0xdf, 0x80, 0xbf, 2},
        {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3},
        {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4},
        {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (text[0] < rows[i].first || text[0] > rows[i].last)
            continue;
        if (text[1] < rows[i].least || text[1] > rows[i].most)
            return 0;
        for (int k = 2; k < rows[i].length; k++)
            if ((text[k] & 0xc0) != 0x80)
                return 0;
        return rows[i].length;
    }
    return 0;
}

static const unsigned char *print_one(const unsigned char *at, FILE *file)
{
    if (*at < 0x80) {
        fprintf(file, *at < ' ' || *at == 0x7f ? "\\u{%x}" : "%c", *at);
        return at + 1;
    }
    int length = length_of(at);
    if (length == 0)
        fprintf(file, "\\x%02x", *at++);
    else if (at[0] == 0xc2 && at[1] < 0xa0)
        fprintf(file, "\\u{%x}", at[1]);
    else
        fwrite(at, 1, (size_t)length, file);
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
