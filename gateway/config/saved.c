/* The configuration that runs, kept as it was read: one file, so that it is there whole or not at all. */
#include "gateway/config/saved.h"

#include "gateway/config/loader.h"
#include "gateway/config/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_MAX_LENGTH 512

void saved_keep(struct loader *loader, const struct source *source)
{
    struct saved_file *file = arena_allocate(loader->memory, sizeof *file);
    *file = (struct saved_file){
        .path = source->path,
        .text = arena_copy(loader->memory, source->text, source->length),
        .length = source->length,
        .next = loader->config->files,
    };
    loader->config->files = file;
}

void saved_begin(struct loader *loader, const char *const *defines, size_t define_count)
{
    struct config *config = loader->config;
    config->directory = arena_copy(loader->memory, loader->directory, strlen(loader->directory));
    if (loader->profiles)
        config->profiles = arena_copy(loader->memory, loader->profiles, strlen(loader->profiles));
    const char **kept = arena_allocate(loader->memory, (define_count + 1) * sizeof *kept);
    for (size_t i = 0; i < define_count; i++)
        kept[i] = arena_copy(loader->memory, defines[i], strlen(defines[i]));
    config->defines = kept;
    config->define_count = define_count;
}

/* ---- writing
 * ----------------------------------------------------------------------------------------------- */

static const char *within(const char *path, const char *folder)
{
    size_t length = folder ? strlen(folder) : 0;
    if (!length || strncmp(path, folder, length) != 0)
        return NULL;
    path += length;
    while (*path == '/')
        path++;
    return path;
}

/* Where it stands in a folder that holds all of it. */
static bool name_of(const struct config *config, const char *path, char name[NAME_MAX_LENGTH])
{
    const char *inside = within(path, config->directory);
    const char *profile = inside ? NULL : within(path, config->profiles);
    if (!inside && !profile)
        return false;
    return snprintf(name, NAME_MAX_LENGTH, "%s%s", profile ? "profiles/" : "", inside ? inside : profile) <
           NAME_MAX_LENGTH;
}

bool config_print_sources(const struct config *config, FILE *file)
{
    char name[NAME_MAX_LENGTH];
    for (size_t i = 0; i < config->define_count; i++)
        fprintf(file, "define %zu %s\n", strlen(config->defines[i]), config->defines[i]);
    for (const struct saved_file *one = config->files; one; one = one->next) {
        if (!name_of(config, one->path, name))
            continue;
        fprintf(file, "file %zu %s\n", one->length, name);
        fwrite(one->text, 1, one->length, file);
        fputc('\n', file);
    }
    return fflush(file) == 0 && !ferror(file);
}

bool config_save(const struct config *config, const char *path)
{
    char fresh[NAME_MAX_LENGTH];
    if (snprintf(fresh, sizeof fresh, "%s.new", path) >= (int)sizeof fresh)
        return false;
    int descriptor = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    if (!file) {
        if (descriptor >= 0)
            close(descriptor);
        return false;
    }
    bool written = config_print_sources(config, file) && fsync(fileno(file)) == 0;
    written = fclose(file) == 0 && written;
    if (written && rename(fresh, path) == 0)
        return true;
    unlink(fresh);
    return false;
}

/* ---- reading
 * ----------------------------------------------------------------------------------------------- */

#define DEFINES_MAX 256

struct unpacking {
    char folder[256];
    char *defines[DEFINES_MAX];
    size_t define_count;
};

/* Names came from us, and are checked all the same: the folder is what another user could have written to. */
static bool is_plain(const char *name)
{
    return name[0] != '/' && !strstr(name, "..") && name[0];
}

static bool make_folders(const char *path)
{
    char folder[NAME_MAX_LENGTH];
    for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
        if (mkdir(folder, 0700) != 0 && errno != EEXIST)
            return false;
    }
    return true;
}

static bool write_file(const char *path, const char *text, size_t length)
{
    FILE *file = fopen(path, "wxe");
    if (!file)
        return false;
    bool good = fwrite(text, 1, length, file) == length;
    return fclose(file) == 0 && good;
}

static bool unpack_file(const struct unpacking *unpacking, const char *name, size_t length, FILE *from)
{
    char path[2 * NAME_MAX_LENGTH];
    char *text = length <= TREE_FILE_MAX ? malloc(length + 1) : NULL;
    if (!text)
        return false;
    snprintf(path, sizeof path, "%s/%s", unpacking->folder, name);
    bool good = fread(text, 1, length, from) == length && getc(from) == '\n' && is_plain(name) &&
                make_folders(path) && write_file(path, text, length);
    free(text);
    return good;
}

static bool unpack(struct unpacking *unpacking, FILE *file)
{
    char kind[8], name[NAME_MAX_LENGTH];
    size_t length;
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the definitions are config_load_saved()'s to free */
    while (fscanf(file, "%7s %zu%*1[ ]", kind, &length) == 2) {
        if (!fgets(name, sizeof name, file) || !strchr(name, '\n'))
            return false;
        *strchr(name, '\n') = '\0';
        bool define = !strcmp(kind, "define") && length == strlen(name);
        if (define && unpacking->define_count < DEFINES_MAX)
            unpacking->defines[unpacking->define_count++] = strdup(name);
        else if (strcmp(kind, "file") != 0 || !unpack_file(unpacking, name, length, file))
            return false;
    }
    return feof(file);
}

static void remove_tree(const char *folder)
{
    DIR *listing = opendir(folder);
    char path[2 * NAME_MAX_LENGTH];
    for (struct dirent *entry; listing && (entry = readdir(listing));) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (unlink(path) != 0)
            remove_tree(path);
    }
    if (listing)
        closedir(listing);
    rmdir(folder);
}

struct config *config_load_saved(const char *path)
{
    struct unpacking unpacking = {0};
    const char *temporary = getenv("TMPDIR");
    struct config *config = NULL;
    FILE *file = fopen(path, "re");
    if (!file)
        return NULL;
    int length = snprintf(unpacking.folder, sizeof unpacking.folder, "%s/labgate-plan-XXXXXX",
                          temporary && temporary[0] ? temporary : "/tmp");
    if (length < (int)sizeof unpacking.folder && mkdtemp(unpacking.folder)) {
        if (unpack(&unpacking, file))
            config = config_load_copy(unpacking.folder, (const char *const *)unpacking.defines,
                                      unpacking.define_count);
        remove_tree(unpacking.folder);
    }
    for (size_t i = 0; i < unpacking.define_count; i++)
        free(unpacking.defines[i]);
    fclose(file);
    return config;
}
