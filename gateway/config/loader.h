/* loader.h - what one run of config_load() carries: two arenas, the errors, the variables, the profiles.
 *
 * `memory` becomes the configuration's; `scratch` holds trees and what is only needed while loading. */
#ifndef GATEWAY_CONFIG_LOADER_H
#define GATEWAY_CONFIG_LOADER_H

#include "gateway/config/arena.h"
#include "gateway/config/config.h"
#include "gateway/config/tree.h"

#include <dirent.h>

#define CONFIG_ERRORS_MAX 200
#define CONFIG_MEMORY_MAX ((size_t)128 * 1024 * 1024)

struct program_list {
    struct rig_program *program;
    struct program_list *next;
};

struct config {
    struct arena memory;
    struct config_lab lab;
    struct config_error *errors; /* CONFIG_ERRORS_MAX, made with the first */
    size_t error_count;
    struct config_error *remarks; /* likewise: what is right, and worth a look */
    size_t remark_count;
    size_t errors_not_kept, errors_repeated;
    struct program_list *programs; /* compiled rules are on the heap */
    /* What it was read from, for config_save(). */
    const char *directory, *profiles;
    const char *const *defines;
    size_t define_count;
    const struct saved_file *files;
};

struct link_build;
struct profile;
struct tree_reader;
struct variable;

struct loader {
    struct config *config;
    struct arena *memory;
    struct arena scratch;
    const char *directory, *profiles;
    struct tree_reader *reader; /* of the tree that is being read */
    struct variable *variables;
    struct profile *profile_list;
    struct link_build *links; /* by index */
    const struct driver *instrument_driver;
    struct driver_instrument *instrument; /* made to be checked; NULL between */
    DIR *listing;                         /* of rigs/; NULL between */
    const struct config_lab *running;     /* whose rigs keep their numbers; NULL: none runs */
    bool copy; /* of a configuration that runs: files that it names need not be there */
};

void loader_drop_instrument(struct loader *loader);

/* config_load() of a copy of what runs: the files that it names, as certificates, need not be there. */
struct config *config_load_copy(const char *directory, const char *const *defines, size_t define_count);
/* config_load() with a bound on the memory that it may take: how exhaustion is tested. */
struct config *config_load_within(size_t memory, const char *directory, const char *profiles,
                                  const char *const *defines, size_t define_count);

/* Errors read "path: what is wrong; what to do". report() points at the node, report_key() at its key. */
void report(struct loader *loader, const struct node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void report_key(struct loader *loader, const struct node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* What is no error. */
void remark(struct loader *loader, const struct node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* `offset` bytes into the text of a scalar, where its columns can be counted. */
void report_in(struct loader *loader, const struct node *node, size_t offset, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Where there is no node: a place in a file, line 0 for the file as such. */
void report_file(struct loader *loader, const char *file, struct mark at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* All so far, kept or not: whether a part went well shows in the difference. */
size_t reported(const struct loader *loader);
void sort_errors(struct config *config);

#endif
