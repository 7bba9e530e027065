/* scratch.h - a folder for one test, and what many of these tests need. */
#ifndef TESTS_UNIT_SCRATCH_H
#define TESTS_UNIT_SCRATCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct scratch {
    char directory[64];
    int wake;
};

static inline int scratch_remove(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status, (void)type, (void)where;
    return remove(path);
}

static inline void scratch_init(struct scratch *scratch)
{
    *scratch = (struct scratch){.directory = "/tmp/labgate-control-XXXXXX"};
    assert_non_null(mkdtemp(scratch->directory));
    scratch->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    assert_true(scratch->wake >= 0);
}

static inline void scratch_finish(struct scratch *scratch)
{
    close(scratch->wake);
    nftw(scratch->directory, scratch_remove, 8, FTW_DEPTH | FTW_PHYS);
}

/* Waits until the eventfd was written; at most a minute. */
static inline void scratch_wait(const struct scratch *scratch)
{
    struct pollfd poll_for = {.fd = scratch->wake, .events = POLLIN};
    assert_int_equal(poll(&poll_for, 1, 60000), 1);
    uint64_t count;
    assert_int_equal(read(scratch->wake, &count, sizeof count), sizeof count);
}

static inline char *scratch_path(const struct scratch *scratch, const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", scratch->directory, name);
    return path;
}

/* The whole file with a NUL after it; the caller's to free(). */
static inline char *scratch_read(const struct scratch *scratch, const char *name, size_t *length)
{
    FILE *file = fopen(scratch_path(scratch, name), "rb");
    assert_non_null(file);
    char *text = malloc(1 << 20);
    *length = fread(text, 1, (1 << 20) - 1, file);
    text[*length] = '\0';
    fclose(file);
    return text;
}

#endif
