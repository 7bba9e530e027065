#include "gateway/config/config.h"

#include "gateway/config/lab.h"
#include "gateway/config/loader.h"

#include <stdlib.h>

void loader_drop_instrument(struct loader *loader)
{
    if (loader->instrument)
        loader->instrument_driver->destroy(loader->instrument);
    loader->instrument = NULL;
}

static void release_loader(struct loader *loader)
{
    tree_abandon(loader);
    loader_drop_instrument(loader);
    if (loader->listing)
        closedir(loader->listing);
    arena_release(&loader->scratch);
    free(loader);
}

/* False: memory was out. */
static bool load(struct loader *loader, const char *const *defines, size_t define_count)
{
    jmp_buf exhausted;
    loader->scratch.exhausted = &exhausted;
    loader->memory->exhausted = &exhausted;
    if (setjmp(exhausted))
        return false;
    lab_read(loader, &loader->config->lab, defines, define_count);
    return true;
}

/* How it is loaded, apart from what. */
struct manner {
    size_t memory;
    const struct config_lab *running;
    bool copy;
};

static struct config *load_as(const struct manner *manner, const char *directory, const char *profiles,
                              const char *const *defines, size_t define_count)
{
    struct config *config = calloc(1, sizeof(*config));
    struct loader *loader = calloc(1, sizeof(*loader));
    if (!config || !loader) {
        free(config);
        free(loader);
        return NULL;
    }
    config->memory.left = manner->memory;
    *loader = (struct loader){.config = config,
                              .memory = &config->memory,
                              .scratch = {.left = manner->memory},
                              .directory = directory,
                              .profiles = profiles,
                              .running = manner->running,
                              .copy = manner->copy};
    bool loaded = load(loader, defines, define_count);
    release_loader(loader);
    if (!loaded) {
        config_destroy(config);
        return NULL;
    }
    sort_errors(config);
    return config;
}

struct config *config_load_within(size_t memory, const char *directory, const char *profiles,
                                  const char *const *defines, size_t define_count)
{
    const struct manner manner = {.memory = memory};
    return load_as(&manner, directory, profiles, defines, define_count);
}

struct config *config_load_copy(const char *directory, const char *const *defines, size_t define_count)
{
    const struct manner manner = {.memory = CONFIG_MEMORY_MAX, .copy = true};
    return load_as(&manner, directory, NULL, defines, define_count);
}

struct config *config_load(const char *directory, const char *profiles, const char *const *defines,
                           size_t define_count)
{
    return config_load_within(CONFIG_MEMORY_MAX, directory, profiles, defines, define_count);
}

struct config *config_load_again(const struct config *source, const char *directory,
                                 const struct config_lab *running)
{
    const struct manner manner = {.memory = CONFIG_MEMORY_MAX, .running = running};
    return load_as(&manner, directory ? directory : source->directory, source->profiles, source->defines,
                   source->define_count);
}

const struct config_error *config_remarks(const struct config *config, size_t *count)
{
    *count = config->remark_count;
    return config->remarks;
}

const char *config_directory(const struct config *config)
{
    return config->directory;
}

void config_destroy(struct config *config)
{
    if (!config)
        return;
    for (struct program_list *entry = config->programs; entry; entry = entry->next)
        rig_rule_destroy(entry->program);
    arena_release(&config->memory);
    free(config);
}

const struct config_lab *config_lab(const struct config *config)
{
    return config->error_count ? NULL : &config->lab;
}
