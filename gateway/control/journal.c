#include "gateway/control/journal.h"

#include "gateway/thread/thread.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define JOURNAL_LINES 128
#define JOURNAL_LINE  512
#define STACK_SIZE    65536

struct journal {
    int fd;
    bool levels; /* standard error is a journal stream */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t more;
    size_t first, count;
    unsigned long lost;
    bool stopping;
    char lines[JOURNAL_LINES][JOURNAL_LINE];
};

static void put(const struct journal *journal, const char *line)
{
    size_t length = 0;
    while (line[length])
        length++;
    while (length) {
        ssize_t written = write(journal->fd, line, length);
        if (written <= 0)
            return;
        line += written;
        length -= (size_t)written;
    }
}

static void report_lost(const struct journal *journal, unsigned long lost)
{
    char line[80];
    snprintf(line, sizeof line, "%slabgate: %lu log lines were lost: this output was too slow\n",
             journal->levels ? "<4>" : "", lost);
    put(journal, line);
}

static void *run(void *argument)
{
    struct journal *journal = argument;
    char line[JOURNAL_LINE];
    pthread_mutex_lock(&journal->lock);
    for (;;) {
        while (!journal->count && !journal->stopping)
            pthread_cond_wait(&journal->more, &journal->lock);
        if (!journal->count)
            break;
        memcpy(line, journal->lines[journal->first], JOURNAL_LINE);
        journal->first = (journal->first + 1) % JOURNAL_LINES;
        journal->count--;
        unsigned long lost = journal->count ? 0 : journal->lost;
        if (lost)
            journal->lost = 0;
        pthread_mutex_unlock(&journal->lock);
        put(journal, line);
        if (lost)
            report_lost(journal, lost);
        pthread_mutex_lock(&journal->lock);
    }
    pthread_mutex_unlock(&journal->lock);
    return NULL;
}

struct journal *journal_create(int fd)
{
    struct journal *journal = calloc(1, sizeof *journal);
    if (!journal)
        return NULL;
    journal->fd = fd;
    journal->levels = getenv("JOURNAL_STREAM") != NULL;
    thread_mutex_init(&journal->lock);
    pthread_cond_init(&journal->more, NULL);
    if (thread_start(&journal->thread, STACK_SIZE, 0, run, journal) != 0) {
        free(journal);
        return NULL;
    }
    return journal;
}

void journal_destroy(struct journal *journal)
{
    if (!journal)
        return;
    pthread_mutex_lock(&journal->lock);
    journal->stopping = true;
    pthread_cond_signal(&journal->more);
    pthread_mutex_unlock(&journal->lock);
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    if (pthread_timedjoin_np(journal->thread, NULL, &until) != 0)
        return; /* the output is stuck: the memory stays with the thread, and both go with the process */
    pthread_cond_destroy(&journal->more);
    pthread_mutex_destroy(&journal->lock);
    free(journal);
}

void journal_write(struct journal *journal, enum journal_level level, const char *format, ...)
{
    char text[JOURNAL_LINE - 16];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
    char level_text[8] = "";
    if (journal->levels)
        snprintf(level_text, sizeof level_text, "<%d>", (int)level);

    pthread_mutex_lock(&journal->lock);
    if (journal->count == JOURNAL_LINES) {
        journal->lost++;
    } else {
        char *line = journal->lines[(journal->first + journal->count) % JOURNAL_LINES];
        snprintf(line, JOURNAL_LINE, "%s%s\n", level_text, text);
        journal->count++;
        pthread_cond_signal(&journal->more);
    }
    pthread_mutex_unlock(&journal->lock);
}
