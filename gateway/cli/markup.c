#include "gateway/cli/markup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *entity(uint32_t code)
{
    switch (code) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return code == TEXT_NOT_UTF8 || text_is_dangerous(code) ? "\xef\xbf\xbd" : NULL;
    }
}

void markup_add(struct text *text, const char *string)
{
    const char *end = string + strlen(string);
    while (string < end) {
        uint32_t code = text_decode(&string, end);
        if (entity(code))
            text_add(text, entity(code));
        else
            text_add_code(text, code);
    }
}

int markup_save(struct cli *cli, const char *path, const char *bytes, size_t length)
{
    bool out = strcmp(path, "-") == 0;
    FILE *file = out ? stdout : fopen(path, "we");
    if (!file)
        return fail(cli, CLI_LOCAL, "cannot write %s: %s", path, strerror(errno));
    bool written = fwrite(bytes, 1, length, file) == length && fflush(file) == 0;
    int error = errno;
    if (!out && fclose(file) != 0) {
        written = false;
        error = errno;
    }
    return written ? CLI_OK : fail(cli, CLI_LOCAL, "cannot write %s: %s", path, strerror(error));
}
