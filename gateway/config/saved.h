/* saved.h - the files that a configuration was read from, kept for config_save(). */
#ifndef GATEWAY_CONFIG_SAVED_H
#define GATEWAY_CONFIG_SAVED_H

#include <stddef.h>

struct loader;
struct source;

struct saved_file {
    const char *path, *text;
    size_t length;
    const struct saved_file *next;
};

/* Once, and for each file that was read. */
void saved_begin(struct loader *loader, const char *const *defines, size_t define_count);
void saved_keep(struct loader *loader, const struct source *source);

#endif
