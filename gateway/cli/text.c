#include "gateway/cli/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define EXIT_LOCAL 6 /* CLI_LOCAL; cli.h is above this file */

static void *or_exit(void *memory)
{
    if (!memory) {
        fputs("labctl: no memory is left; close something and repeat\n", stderr);
        exit(EXIT_LOCAL);
    }
    return memory;
}

void *require_memory(size_t count, size_t size)
{
    return or_exit(calloc(count ? count : 1, size ? size : 1));
}

void *require_larger(void *memory, size_t size)
{
    return or_exit(realloc(memory, size ? size : 1));
}

char *require_copy(const char *string)
{
    return or_exit(strdup(string ? string : ""));
}

void text_finish(struct text *text)
{
    free(text->data);
    *text = (struct text){0};
}

void text_clear(struct text *text)
{
    text->length = 0;
    if (text->data)
        text->data[0] = '\0';
}

const char *text_get(const struct text *text)
{
    return text->data ? text->data : "";
}

static void reserve(struct text *text, size_t more)
{
    size_t needed = text->length + more + 1;
    if (needed <= text->capacity)
        return;
    size_t capacity = text->capacity ? text->capacity : 64;
    while (capacity < needed)
        capacity *= 2;
    text->data = require_larger(text->data, capacity);
    text->capacity = capacity;
}

void text_add_bytes(struct text *text, const void *bytes, size_t length)
{
    reserve(text, length);
    memcpy(text->data + text->length, bytes, length);
    text->length += length;
    text->data[text->length] = '\0';
}

void text_add(struct text *text, const char *string)
{
    text_add_bytes(text, string, strlen(string));
}

void text_add_format(struct text *text, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length > 0) {
        reserve(text, (size_t)length);
        vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
}

void text_add_code(struct text *text, uint32_t code)
{
    char bytes[4];
    size_t length;
    if (code < 0x80) {
        bytes[0] = (char)code;
        length = 1;
    } else if (code < 0x800) {
        bytes[0] = (char)(0xc0 | code >> 6);
        bytes[1] = (char)(0x80 | (code & 0x3f));
        length = 2;
    } else if (code < 0x10000) {
        bytes[0] = (char)(0xe0 | code >> 12);
        bytes[1] = (char)(0x80 | (code >> 6 & 0x3f));
        bytes[2] = (char)(0x80 | (code & 0x3f));
        length = 3;
    } else {
        bytes[0] = (char)(0xf0 | code >> 18);
        bytes[1] = (char)(0x80 | (code >> 12 & 0x3f));
        bytes[2] = (char)(0x80 | (code >> 6 & 0x3f));
        bytes[3] = (char)(0x80 | (code & 0x3f));
        length = 4;
    }
    text_add_bytes(text, bytes, length);
}

uint32_t text_decode(const char **string, const char *end)
{
    /* By the number of leading ones of the first byte: payload bits of it, and the least code that needs the
     * length. */
    static const struct {
        uint8_t mask, lead, payload;
        uint32_t least;
        size_t more;
    } forms[] = {
        {0x80, 0x00, 0x7f, 0,       0},
        {0xe0, 0xc0, 0x1f, 0x80,    1},
        {0xf0, 0xe0, 0x0f, 0x800,   2},
        {0xf8, 0xf0, 0x07, 0x10000, 3},
    };
    const uint8_t *bytes = (const uint8_t *)*string;
    size_t left = (size_t)(end - *string);
    *string += 1;
    for (size_t form = 0; form < sizeof forms / sizeof *forms; form++) {
        if ((bytes[0] & forms[form].mask) != forms[form].lead)
            continue;
        if (left <= forms[form].more)
            return TEXT_NOT_UTF8;
        uint32_t code = bytes[0] & forms[form].payload;
        for (size_t i = 1; i <= forms[form].more; i++) {
            if ((bytes[i] & 0xc0) != 0x80)
                return TEXT_NOT_UTF8;
            code = code << 6 | (bytes[i] & 0x3f);
        }
        if (code < forms[form].least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
            return TEXT_NOT_UTF8;
        *string += forms[form].more;
        return code;
    }
    return TEXT_NOT_UTF8;
}

bool text_is_dangerous(uint32_t code)
{
    /* Controls, bidirectional marks, what is invisible, what ends lines, tags, private use. */
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x0000,  0x001f  },
        {0x007f,  0x009f  },
        {0x00ad,  0x00ad  },
        {0x061c,  0x061c  },
        {0x115f,  0x1160  },
        {0x180e,  0x180e  },
        {0x200b,  0x200f  },
        {0x2028,  0x202e  },
        {0x2060,  0x206f  },
        {0x3164,  0x3164  },
        {0xe000,  0xf8ff  },
        {0xfe00,  0xfe0f  },
        {0xfeff,  0xfeff  },
        {0xfff0,  0xfffb  },
        {0xfffe,  0xffff  },
        {0xe0000, 0xe0fff },
        {0xf0000, 0x10ffff},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

void text_add_safe(struct text *text, const char *string, size_t length)
{
    const char *end = string + length;
    while (string < end) {
        const char *start = string;
        uint32_t code = text_decode(&string, end);
        if (code == TEXT_NOT_UTF8)
            text_add_format(text, "\\x%02x", (unsigned)(uint8_t)*start);
        else if (text_is_dangerous(code))
            text_add_format(text, "\\u{%x}", (unsigned)code);
        else
            text_add_bytes(text, start, (size_t)(string - start));
    }
}

static size_t code_width(uint32_t code)
{
    int width = code == TEXT_NOT_UTF8 ? 1 : wcwidth((wchar_t)code);
    return width < 0 ? 1 : (size_t)width;
}

size_t text_width(const char *string)
{
    const char *end = string + strlen(string);
    size_t width = 0;
    while (string < end)
        width += code_width(text_decode(&string, end));
    return width;
}

size_t text_fit(const char *string, size_t columns)
{
    const char *start = string, *end = string + strlen(string);
    size_t width = 0;
    while (string < end) {
        const char *before = string;
        width += code_width(text_decode(&string, end));
        if (width > columns)
            return (size_t)(before - start);
    }
    return (size_t)(string - start);
}
