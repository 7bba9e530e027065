/* progress.h - a line that shows how far something is, with rate and time left; on a terminal's stderr only.
 */
#ifndef GATEWAY_CLI_PROGRESS_H
#define GATEWAY_CLI_PROGRESS_H

#include "gateway/cli/cli.h"

struct progress {
    bool shown;
    const char *what; /* "reading" */
    int64_t began, drawn;
    uint64_t first; /* bytes that were there when it began: not of this rate */
};

void progress_begin(struct cli *cli, struct progress *progress, const char *what, uint64_t first);
void progress_step(struct progress *progress, uint64_t done, uint64_t all); /* all 0: not known */
void progress_end(struct progress *progress);

/* "12.3 MB" */
void bytes_describe(uint64_t bytes, struct text *text);

#endif
