#include "gateway/config/source.h"
#include "gateway/config/saved.h"

#include "gateway/config/loader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

size_t source_character(const char *text, size_t length, unsigned *code)
{
    static const struct {
        unsigned char mask, lead;
        unsigned least;
    } forms[] = {
        {0x80, 0x00, 0      },
        {0xE0, 0xC0, 0x80   },
        {0xF0, 0xE0, 0x800  },
        {0xF8, 0xF0, 0x10000}
    };
    const unsigned char *bytes = (const unsigned char *)text;
    for (size_t more = 0; length && more < 4; more++) {
        if ((bytes[0] & forms[more].mask) != forms[more].lead)
            continue;
        if (more >= length)
            return 0;
        unsigned value = bytes[0] & (unsigned char)~forms[more].mask;
        for (size_t i = 1; i <= more; i++) {
            if ((bytes[i] & 0xC0) != 0x80)
                return 0;
            value = value << 6 | (bytes[i] & 0x3F);
        }
        if (value < forms[more].least || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
            return 0;
        *code = value;
        return more + 1;
    }
    return 0;
}

bool source_is_control(unsigned code)
{
    static const struct {
        unsigned first, last;
    } ranges[] = {
        {0x00,   0x08  },
        {0x0B,   0x1F  },
        {0x7F,   0x9F  }, /* C0 and C1 */
        {0x200E, 0x200F},
        {0x2028, 0x202E}, /* separators of lines, marks of direction */
        {0x2066, 0x2069},
        {0xFFFE, 0xFFFF},
    };
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

static bool check_text(struct loader *loader, const struct source *source)
{
    struct mark at = {1, 1};
    for (size_t i = 0; i < source->length;) {
        unsigned code = 0;
        size_t length = source_character(source->text + i, source->length - i, &code);
        if (!length) {
            report_file(loader, source->path, at, "byte 0x%02X is not UTF-8; save the file as UTF-8",
                        (unsigned char)source->text[i]);
            return false;
        }
        if (source_is_control(code) && code != '\r') {
            report_file(loader, source->path, at, "control character U+%04X; remove it", code);
            return false;
        }
        i += length;
        if (code == '\n')
            at = (struct mark){at.line + 1, 1};
        else
            at.column++;
    }
    return true;
}

/* -1: errno says why. Stops one byte beyond what is allowed. */
static ssize_t read_all(int file, char *buffer, size_t size)
{
    size_t length = 0;
    while (length < size) {
        ssize_t got = read(file, buffer + length, size - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        length += (size_t)got;
    }
    return (ssize_t)length;
}

/* The file is open only here, where nothing can jump away. Fills at most `size` bytes. */
static int read_file(const char *path, char *buffer, size_t size, ssize_t *length)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0)
        return errno;
    *length = read_all(file, buffer, size);
    int result = *length < 0 ? errno : 0;
    close(file);
    return result;
}

/* Why a file of this status is not read; NULL: it can be. */
static const char *refusal(const struct stat *status)
{
    if (S_ISDIR(status->st_mode))
        return "is a directory";
    if (!S_ISREG(status->st_mode))
        return "is not a regular file";
    if (status->st_size > TREE_FILE_MAX)
        return "is larger than 1 MiB; split it: rigs may have files of their own in rigs/";
    return NULL;
}

bool source_read(struct loader *loader, const char *path, struct source *source)
{
    const struct mark whole = {0, 0};
    struct stat status;
    path = arena_copy(loader->memory, path, strlen(path));
    if (stat(path, &status) != 0) {
        report_file(loader, path, whole, "cannot be read: %s", strerrordesc_np(errno));
        return false;
    }
    const char *why = refusal(&status);
    if (why) {
        report_file(loader, path, whole, "%s", why);
        return false;
    }
    size_t size = (size_t)status.st_size + 1;
    char *buffer = arena_allocate(&loader->scratch, size);
    ssize_t length = 0;
    int error = read_file(path, buffer, size, &length);
    if (error || length > status.st_size) {
        report_file(loader, path, whole, "cannot be read: %s",
                    error ? strerrordesc_np(error) : "it grew meanwhile; try again");
        return false;
    }
    *source = (struct source){.path = path, .text = buffer, .length = (size_t)length};
    if (!check_text(loader, source))
        return false;
    saved_keep(loader, source);
    return true;
}

char source_at(const struct source *source, size_t line, size_t column)
{
    struct mark at = {1, 1};
    for (size_t i = 0; i < source->length; i++) {
        if (at.line == line && at.column == column)
            return source->text[i];
        if (source->text[i] == '\n')
            at = (struct mark){at.line + 1, 1};
        else if (i + 1 < source->length && ((unsigned char)source->text[i + 1] & 0xC0) != 0x80)
            at.column++;
    }
    return 0;
}
