#include "drivers/sim/scpi.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool reserve(struct scpi_text *text, size_t more)
{
    if (text->length + more <= text->capacity)
        return true;
    size_t capacity = text->capacity ? text->capacity : 256;
    while (capacity < text->length + more)
        capacity *= 2;
    char *bytes = realloc(text->bytes, capacity);
    if (!bytes)
        return false;
    text->bytes = bytes;
    text->capacity = capacity;
    return true;
}

void scpi_text_add(struct scpi_text *text, const void *bytes, size_t length)
{
    if (!reserve(text, length))
        return; /* a reply cut short for want of memory is a faulty reply, and readers check */
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
}

void scpi_text_print(struct scpi_text *text, const char *format, ...)
{
    char line[256];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (length > 0)
        scpi_text_add(text, line, (size_t)length < sizeof line ? (size_t)length : sizeof line - 1);
}

void scpi_text_free(struct scpi_text *text)
{
    free(text->bytes);
    *text = (struct scpi_text){0};
}
