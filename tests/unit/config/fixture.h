/* fixture.h - a copy of good/ in a directory of its own, with one thing changed.
 *
 * A change replaces one text of one file, which must stand there exactly once. A ^ in the new text is no part
 * of it: it marks where an error is expected. */
#ifndef TESTS_UNIT_CONFIG_FIXTURE_H
#define TESTS_UNIT_CONFIG_FIXTURE_H

#include "gateway/config/config.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <ftw.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIXTURE_MARKS 8

struct fixture_mark {
    size_t line, column;
};

struct fixture {
    char directory[64];
    struct fixture_mark marks[FIXTURE_MARKS];
    size_t mark_count;
};

static inline const char *fixture_good(void)
{
    static char path[sizeof(__FILE__) + 8];
    char file[] = __FILE__;
    snprintf(path, sizeof(path), "%s/good", dirname(file));
    return path;
}

static inline char *fixture_read(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("cannot open %s: run from the root of the tree", path);
    char *text = calloc(1, 1 << 16);
    assert_non_null(text);
    size_t length = fread(text, 1, (1 << 16) - 1, file);
    assert_true(length > 0);
    fclose(file);
    return text;
}

static inline void fixture_write(const struct fixture *fixture, const char *name, const char *text,
                                 size_t length)
{
    char path[PATH_MAX];
    assert_true((size_t)snprintf(path, sizeof(path), "%s/%s", fixture->directory, name) < sizeof(path));
    for (char *slash = path + strlen(fixture->directory) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = 0;
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static inline void fixture_make(struct fixture *fixture)
{
    *fixture = (struct fixture){.directory = "/tmp/labgate-config-XXXXXX"};
    assert_non_null(mkdtemp(fixture->directory));
}

static inline void fixture_copy(struct fixture *fixture)
{
    static const char *const files[] = {"lab.yaml", "rigs/line-2.yaml", "profiles/test/tank.yaml",
                                        "profiles/test/meter.yaml"};
    fixture_make(fixture);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof(path), "%s/%s", fixture_good(), files[i]);
        char *text = fixture_read(path);
        fixture_write(fixture, files[i], text, strlen(text));
        free(text);
    }
}

/* Takes the marks out of a text and notes where they stood in it; columns count characters. */
static inline void fixture_strip(struct fixture *fixture, char *text)
{
    struct fixture_mark at = {1, 1};
    char *to = text;
    fixture->mark_count = 0;
    for (const char *from = text; *from; from++) {
        if (*from == '^') {
            assert_true(fixture->mark_count < FIXTURE_MARKS);
            fixture->marks[fixture->mark_count++] = at;
            continue;
        }
        *to++ = *from;
        if (*from == '\n')
            at = (struct fixture_mark){at.line + 1, 1};
        else
            at.column += ((unsigned char)*from & 0xC0) != 0x80;
    }
    *to = 0;
}

static inline void fixture_change(struct fixture *fixture, const char *name, const char *find,
                                  const char *replace)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/%s", fixture->directory, name);
    char *text = fixture_read(path), *changed = calloc(1, 1 << 17);
    assert_non_null(changed);
    char *place = strstr(text, find);
    if (!place || strstr(place + 1, find))
        fail_msg("%s must hold once: %s", name, find);
    strcat(strcat(strncat(changed, text, (size_t)(place - text)), replace), place + strlen(find));
    fixture_strip(fixture, changed);
    fixture_write(fixture, name, changed, strlen(changed));
    free(changed);
    free(text);
}

static inline int fixture_remove_entry(const char *path, const struct stat *status, int kind,
                                       struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static inline void fixture_remove(struct fixture *fixture)
{
    nftw(fixture->directory, fixture_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* What config_print_errors() prints, without the directory's name. The caller frees it. */
static inline char *fixture_errors(const struct fixture *fixture, const struct config *config)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    config_print_errors(config, file);
    fclose(file);
    size_t prefix = strlen(fixture->directory) + 1;
    char with_slash[sizeof(fixture->directory) + 1];
    snprintf(with_slash, sizeof(with_slash), "%s/", fixture->directory);
    for (char *place; (place = strstr(text, with_slash));)
        memmove(place, place + prefix, strlen(place + prefix) + 1);
    return text;
}

#endif
