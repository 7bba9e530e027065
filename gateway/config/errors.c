/* The list of errors: made while loading, sorted and printed after. */
#include "gateway/config/loader.h"
#include "gateway/terminal/terminal.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define PATH_MAX_TEXT 400
#define MESSAGE_MAX   1200

/* "rigs.tank-1.safe[2].set" */
static size_t write_path(const struct node *node, char *path, size_t size)
{
    if (!node || !node->parent)
        return 0;
    size_t length = write_path(node->parent, path, size);
    int more;
    if (node->key && !node->key[0])
        return length; /* the key itself is what is wrong */
    if (node->key)
        more = snprintf(path + length, size - length, "%s%s", length ? "." : "", node->key);
    else
        more = snprintf(path + length, size - length, "[%zu]", node->index + 1);
    if (more < 0 || (size_t)more >= size - length)
        return size - 1;
    return length + (size_t)more;
}

/* What several instruments have from one profile is said once. */
static bool is_known(const struct config_error *list, size_t count, const struct config_error *error)
{
    for (size_t i = 0; i < count; i++) {
        const struct config_error *other = &list[i];
        if (other->line == error->line && other->column == error->column &&
            !strcmp(other->file, error->file) && !strcmp(other->text, error->text))
            return true;
    }
    return false;
}

static void add(struct loader *loader, struct config_error **list, size_t *count,
                const struct config_error *error)
{
    if (!*list)
        *list = arena_array(loader->memory, CONFIG_ERRORS_MAX, sizeof(**list));
    struct config_error *kept = &(*list)[*count];
    *kept = *error;
    kept->file = arena_copy(loader->memory, error->file, strlen(error->file));
    kept->text = arena_copy(loader->memory, error->text, strlen(error->text));
    ++*count;
}

static void keep_error(struct loader *loader, const struct config_error *error)
{
    struct config *config = loader->config;
    if (is_known(config->errors, config->error_count, error))
        config->errors_repeated++;
    else if (config->error_count == CONFIG_ERRORS_MAX)
        config->errors_not_kept++;
    else
        add(loader, &config->errors, &config->error_count, error);
}

static void keep_remark(struct loader *loader, const struct config_error *error)
{
    struct config *config = loader->config;
    if (config->remark_count < CONFIG_ERRORS_MAX && !is_known(config->remarks, config->remark_count, error))
        add(loader, &config->remarks, &config->remark_count, error);
}

typedef void keeper(struct loader *loader, const struct config_error *error);

static void make(struct loader *loader, keeper *keep_it, const char *file, struct mark at,
                 const struct node *node, const char *format, va_list arguments)
{
    char path[PATH_MAX_TEXT] = "", message[MESSAGE_MAX], text[PATH_MAX_TEXT + MESSAGE_MAX];
    size_t path_length = write_path(node, path, sizeof(path));
    vsnprintf(message, sizeof(message), format, arguments);
    snprintf(text, sizeof(text), "%s%s%s", path, path_length ? ": " : "", message);
    struct config_error error = {.file = file, .line = at.line, .column = at.column, .text = text};
    keep_it(loader, &error);
}

static void keep(struct loader *loader, const char *file, struct mark at, const struct node *node,
                 const char *format, va_list arguments)
{
    make(loader, keep_error, file, at, node, format, arguments);
}

void remark(struct loader *loader, const struct node *node, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    make(loader, keep_remark, node->file, node->key ? node->key_at : node->at, node, format, arguments);
    va_end(arguments);
}

void report(struct loader *loader, const struct node *node, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    keep(loader, node->file, node->at, node, format, arguments);
    va_end(arguments);
}

void report_key(struct loader *loader, const struct node *node, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    keep(loader, node->file, node->key ? node->key_at : node->at, node, format, arguments);
    va_end(arguments);
}

void report_in(struct loader *loader, const struct node *node, size_t offset, const char *format, ...)
{
    struct mark at = node->at;
    if (node->exact) {
        at.column += node->quoted;
        for (size_t i = 0; i < offset && i < node->length; i++)
            at.column += ((unsigned char)node->text[i] & 0xC0) != 0x80;
    }
    va_list arguments;
    va_start(arguments, format);
    keep(loader, node->file, at, node, format, arguments);
    va_end(arguments);
}

void report_file(struct loader *loader, const char *file, struct mark at, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    keep(loader, file, at, NULL, format, arguments);
    va_end(arguments);
}

size_t reported(const struct loader *loader)
{
    const struct config *config = loader->config;
    return config->error_count + config->errors_not_kept + config->errors_repeated;
}

static int compare_errors(const void *left, const void *right)
{
    const struct config_error *a = left, *b = right;
    int order = strcmp(a->file, b->file);
    if (order)
        return order;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    if (a->column != b->column)
        return a->column < b->column ? -1 : 1;
    return strcmp(a->text, b->text);
}

void sort_errors(struct config *config)
{
    if (config->error_count)
        qsort(config->errors, config->error_count, sizeof(*config->errors), compare_errors);
    if (config->remark_count)
        qsort(config->remarks, config->remark_count, sizeof(*config->remarks), compare_errors);
}

void config_print_errors(const struct config *config, FILE *file)
{
    for (size_t i = 0; i < config->error_count; i++) {
        const struct config_error *error = &config->errors[i];
        if (error->line)
            terminal_print(file, "%s:%zu:%zu: %s", error->file, error->line, error->column, error->text);
        else
            terminal_print(file, "%s: %s", error->file, error->text);
    }
    if (config->errors_not_kept)
        fprintf(file, "and %zu more\n", config->errors_not_kept);
}
