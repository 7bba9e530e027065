/* reload.h - another configuration is taken up while the gateway runs (promise S2: a change of a rig's
 * configuration is an edge).
 *
 * It is read beside the one that runs, on a thread of its own (reloader.h), and any error keeps the old one.
 * Then
 *
 *   CLOSING  rigs that change: their sessions end, their safe sequence runs once more, as the old
 * configuration has it, and nothing else is admitted; then their lines end. Whatever waits for the ledger
 * with numbers of the old configuration is waited for. All other rigs go on. (taken)  between two turns of
 * the loop everything is exchanged: from then on the new configuration counts. What changed is made anew, as
 * at a start, with what it must remember and with higher epochs. OPENING  until the changed rigs are verified
 * safe, or are known not to be: then whoever asked is told.
 *
 * A rig that did not change keeps its core and its lines, and with them the memory of the configuration that
 * they were made of, which says the same about them. */
#ifndef GATEWAY_CONTROL_RELOAD_H
#define GATEWAY_CONTROL_RELOAD_H

#include "gateway/control/reloader.h"
#include "gateway/control/request.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct control;

enum reload_stage { RELOAD_IDLE, RELOAD_READING, RELOAD_CLOSING, RELOAD_OPENING };

struct reload {
    const struct config_lab *start; /* what the gateway was started with */
    const struct config *config;    /* what runs */
    struct config *taken; /* the same, when it is ours; NULL: still what the gateway was started with */
    char digest[FINGERPRINT_TEXT];  /* of what runs */
    struct reloader_keeper *keeper; /* writes down what is kept */
    const struct config *kept;      /* the last that was given to it */
    enum reload_stage stage;
    struct reloader *reloader;
    struct reloader_result read;
    bool dry, again;  /* again: a signal asks for another */
    uint64_t request; /* who waits for it; 0: SIGHUP */
    uint64_t account;
    int64_t until; /* monotonic: no longer waited for */
    /* Former ones. Cores, lines and what writes recordings may still read them. */
    struct reload_former {
        struct config *config;
        int64_t since; /* monotonic */
    } * former;
    size_t former_count;
};

/* Keeps what runs where labgate plan finds it. False: no memory. */
bool reload_start(struct control *control, char *why, size_t why_size);
void reload_finish(struct control *control);
/* A signal asked for it. */
void reload_signal(struct control *control);
/* What is due; returns when to be called next. */
int64_t reload_tick(struct control *control);
/* Numbers of groups and the like are about to change: such a request would keep some for later. */
bool reload_holds(const struct control *control, enum request_kind kind);

#endif
