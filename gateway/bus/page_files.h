/* page_files.h - the files of the console, compiled in: the bus opens none. gateway/console/build.mjs writes
 * the table. */
#ifndef GATEWAY_BUS_PAGE_FILES_H
#define GATEWAY_BUS_PAGE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct page_bytes {
    const uint8_t *bytes; /* NULL: not in this form */
    size_t size;
};

struct page_file {
    const char *path; /* "/" or "/NAME" */
    const char *type; /* Content-Type */
    const char *etag; /* with its quotes */
    bool immutable;   /* its name has the hash of its content */
    bool part;        /* of a document: a script or style that no browser shows or runs by itself */
    struct page_bytes plain, gzip, brotli;
};

extern const struct page_file page_files[];
extern const size_t page_file_count;

#endif
