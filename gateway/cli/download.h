/* download.h - files of a session's recording, read in parts; a part is asked for by its offset, so that a
 * drop of the line costs the part that was on its way and nothing else. */
#ifndef GATEWAY_CLI_DOWNLOAD_H
#define GATEWAY_CLI_DOWNLOAD_H

#include "gateway/cli/cli.h"
#include "gateway/cli/progress.h"
#include "gateway/cli/trace.h"

struct download {
    uint64_t session;
    const char *name;
    uint64_t offset; /* from there to the end */
    uint64_t size;   /* of the whole file, once a part has come */
    /* Takes a part; false: it cannot (errno). */
    bool (*take)(void *context, const uint8_t *bytes, size_t length);
    void *context;
    struct progress *progress;
};

/* Complains. Tries for `timeout` without any part before it gives up; Ctrl-C ends it. */
int download(struct cli *cli, struct download *download);

/* The codes of a capture, into memory of *codes, which is the caller's to free(). The file must be complete.
 */
int download_codes(struct cli *cli, const Labgate__CaptureDone *capture, uint8_t **codes);
/* The trace that codes and description make together. False: the description makes no sense. */
bool download_trace(const Labgate__CaptureDone *capture, const uint8_t *codes, struct trace *trace);
/* Writes it to `path`, whole or not at all; complains. */
int download_write_trace(struct cli *cli, const struct trace *trace, const char *path, trace_writer *write);

#endif
