#include "gateway/control/reloader.h"

#include "gateway/change/change.h"
#include "gateway/change/plan.h"
#include "gateway/identity/crypto.h"
#include "gateway/thread/thread.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STACK_SIZE ((size_t)1024 * 1024)

struct reloader {
    struct reloader_options options;
    struct reloader_result result;
    char *directory;
    pthread_t thread;
    atomic_bool done;
};

static void add_restart(void *context, const struct change_restart *restart)
{
    struct reloader_result *result = context;
    size_t length = strlen(result->restart);
    snprintf(result->restart + length, sizeof result->restart - length, "%s%s", length ? ", " : "",
             restart->what);
    result->whole |= restart->whole;
}

/* One message has to have room for both. */
#define ERRORS_MAX 60000
#define PLAN_MAX   150000

static void clip(char *text, size_t most)
{
    static const char more[] = "... and more\n";
    if (strlen(text) <= most)
        return;
    size_t length = most - sizeof more;
    while (length && text[length - 1] != '\n')
        length--;
    memcpy(text + length, more, sizeof more);
}

static char *errors_of(const struct config *config)
{
    char *text = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);
    if (!file)
        return NULL;
    if (!config_lab(config))
        config_print_errors(config, file);
    if (fclose(file) == 0) {
        clip(text, ERRORS_MAX);
        return text;
    }
    free(text);
    return NULL;
}

/* What cannot be said of bookings is said in their place: it is no reason to keep the old configuration. */
static char *plan_of(const struct reloader_options *options, const struct config_lab *after)
{
    char *text = NULL, why[512] = "";
    size_t length = 0;
    const struct plan plan = {.before = options->before, .after = after, .zone = options->zone};
    FILE *file = open_memstream(&text, &length);
    if (!file)
        return NULL;
    if (plan_print(&plan, file, why, sizeof why) == 1)
        fprintf(file, "%s\n", why);
    if (fclose(file) == 0) {
        clip(text, PLAN_MAX);
        return text;
    }
    free(text);
    return NULL;
}

static void compare(const struct reloader_options *options, struct reloader_result *result)
{
    const struct config_lab *after = config_lab(result->config);
    result->plan = plan_of(options, after);
    result->touched = calloc(after->rig_count + 1, sizeof *result->touched);
    if (result->touched)
        change_touched(options->before, after, result->touched);
    change_needs_restart(options->start, options->before, after, add_restart, result);
}

static void read_again(const struct reloader_options *options, struct reloader_result *result)
{
    result->config = config_load_again(options->source, options->directory, options->before);
    if (!result->config)
        return;
    result->errors = errors_of(result->config);
    bool good = result->errors && fingerprint_sources(result->config, result->digest);
    result->same = good && !strcmp(result->digest, options->digest);
    if (good && config_lab(result->config))
        compare(options, result);
    if (good && (!config_lab(result->config) || (result->plan && result->touched)))
        return;
    config_destroy(result->config);
    result->config = NULL;
}

static void *work(void *context)
{
    struct reloader *reloader = context;
    int wake = reloader->options.wake;
    read_again(&reloader->options, &reloader->result);
    atomic_store_explicit(&reloader->done, true, memory_order_release);
    const uint64_t one = 1;
    (void)!write(wake, &one, sizeof one);
    return NULL;
}

struct reloader *reloader_start(const struct reloader_options *options)
{
    struct reloader *reloader = calloc(1, sizeof *reloader);
    if (!reloader)
        return NULL;
    reloader->options = *options;
    if (options->directory)
        reloader->options.directory = reloader->directory = strdup(options->directory);
    atomic_init(&reloader->done, false);
    if ((!options->directory || reloader->directory) &&
        thread_start(&reloader->thread, STACK_SIZE, 0, work, reloader) == 0)
        return reloader;
    free(reloader->directory);
    free(reloader);
    return NULL;
}

bool reloader_is_done(struct reloader *reloader)
{
    return atomic_load_explicit(&reloader->done, memory_order_acquire);
}

void reloader_finish(struct reloader *reloader, struct reloader_result *result)
{
    pthread_join(reloader->thread, NULL);
    *result = reloader->result;
    free(reloader->directory);
    free(reloader);
}

void reloader_release(struct reloader_result *result)
{
    config_destroy(result->config);
    free(result->errors);
    free(result->plan);
    free(result->touched);
    *result = (struct reloader_result){0};
}

/* ---- written down ---------------------------------------------------------------------------- */

struct reloader_keeper {
    atomic_bool done;
    const struct config *config;
    struct journal *journal;
    pthread_t thread;
    char path[512];
};

static void *keep(void *context)
{
    struct reloader_keeper *keeper = context;
    if (!config_save(keeper->config, keeper->path))
        journal_write(keeper->journal, JOURNAL_WARNING,
                      "%s cannot be written (%s): labgate plan has nothing to compare with", keeper->path,
                      strerrordesc_np(errno));
    atomic_store_explicit(&keeper->done, true, memory_order_release);
    return NULL;
}

struct reloader_keeper *reloader_keep(const struct config *config, const char *path, struct journal *journal)
{
    struct reloader_keeper *keeper = calloc(1, sizeof *keeper);
    if (keeper) {
        keeper->config = config;
        keeper->journal = journal;
        snprintf(keeper->path, sizeof keeper->path, "%s", path);
        if (thread_start(&keeper->thread, STACK_SIZE, 0, keep, keeper) == 0)
            return keeper;
    }
    free(keeper);
    journal_write(journal, JOURNAL_WARNING, "%s cannot be written: no memory, or no thread", path);
    return NULL;
}

bool reloader_keep_is_done(const struct reloader_keeper *keeper)
{
    return !keeper || atomic_load_explicit(&keeper->done, memory_order_acquire);
}

void reloader_keep_finish(struct reloader_keeper *keeper)
{
    if (!keeper)
        return;
    pthread_join(keeper->thread, NULL);
    free(keeper);
}
