/* backup.h - a copy of the ledger while it works: made and checked in a thread of its own, as of one instant,
 * then read in parts by the ledger's thread. It lies beside the ledger until its last byte was read, another
 * one is made, or the ledger is opened again. */
#ifndef GATEWAY_LEDGER_BACKUP_H
#define GATEWAY_LEDGER_BACKUP_H

#include "gateway/ledger/ledger.h"

#include <pthread.h>
#include <sqlite3.h>

#define BACKUP_WHY_MAX 160

struct backup {
    int directory;          /* of the ledger */
    const char *ledger;     /* path of ledger.sqlite; lives as long as the store is open */
    pthread_mutex_t *mutex; /* of the ledger, for all below and for done() */
    /* Called in the thread, with the mutex held, when the copy is there or has failed. */
    void (*done)(void *context, int result, uint64_t size, const char *why);
    void *context;

    bool running, joinable, stopping;
    pthread_t thread;
    sqlite3 *reader; /* to be interrupted; NULL: not open */
};

/* With the mutex held. LEDGER_FULL: one is being made. */
int backup_start(struct backup *backup);
/* Without it: interrupts a copy that is being made and waits for its thread. */
void backup_finish(struct backup *backup);

/* A part of the copy, for the caller to free(); *size: of the whole. With its last part the copy goes. */
int backup_read(int directory, uint64_t offset, size_t length, uint8_t **bytes, size_t *count, uint64_t *size,
                char *why, size_t why_size);
void backup_forget(int directory);

#endif
