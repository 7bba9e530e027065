/* reloader.h - reads the configuration again on a thread of its own, beside the one that runs: what takes
 * disk and time is done before the loop hears of it. */
#ifndef GATEWAY_CONTROL_RELOADER_H
#define GATEWAY_CONTROL_RELOADER_H

#include "gateway/booking/term.h"
#include "gateway/config/config.h"
#include "gateway/control/fingerprint.h"
#include "gateway/control/journal.h"

#define RELOADER_RESTART_MAX 512

/* What was read. */
struct reloader_result {
    struct config *config; /* NULL: no memory */
    char *errors;          /* a line each, "file:line:column: ..."; "": it can be taken up */
    char *plan;            /* what differs and which bookings are affected, a line each */
    char digest[FINGERPRINT_TEXT];
    char restart[RELOADER_RESTART_MAX]; /* what waits for a restart, or needs one; "": nothing */
    bool whole;                         /* nothing can be taken up without a restart */
    bool same;                          /* the files are those that run */
    bool *touched;                      /* by its rigs: see change_touched() */
};

struct reloader;

struct reloader_options {
    const struct config *source;     /* whose directory is read again */
    const char *directory;           /* or another, whose bookings are those of what runs; NULL. Copied */
    const struct config_lab *start;  /* what the gateway was started with */
    const struct config_lab *before; /* what runs; neither may go before reloader_finish() */
    const char *digest;              /* of it */
    const struct civil_zone *zone;   /* its time zone's offsets */
    int wake;                        /* an eventfd, written when it is done */
};

/* Starts reading. NULL: no memory, or no thread. */
struct reloader *reloader_start(const struct reloader_options *options);
bool reloader_is_done(struct reloader *reloader);
/* Waits until it is done, and ends the reloader. What is in *result is the caller's. */
void reloader_finish(struct reloader *reloader, struct reloader_result *result);
void reloader_release(struct reloader_result *result); /* the configuration too, unless it was taken out */

/* Writes what a configuration was read from into one file (config_save()); the journal says when it cannot.
 * NULL: it says so at once. */
struct reloader_keeper;
struct reloader_keeper *reloader_keep(const struct config *config, const char *path, struct journal *journal);
bool reloader_keep_is_done(const struct reloader_keeper *keeper); /* NULL: it is */
void reloader_keep_finish(struct reloader_keeper *keeper);        /* waits for it; accepts NULL */

#endif
