/* timeline.h - a session's past, from two sources on one clock: the records of the audit, and the changes of
 * the recording.
 *
 * Times are seconds from the session's start by the gateway's monotonic clock, as in changes.csv
 * (docs/ledger.md): a clock that was set meanwhile moves nothing. After a restart of the gateway in
 * mid-session both begin a new count at the wall clock's time. */
#ifndef GATEWAY_CLI_TIMELINE_H
#define GATEWAY_CLI_TIMELINE_H

#include "gateway/cli/cli.h"

struct timeline_change {
    char *fields[6]; /* of changes.csv: time, seconds, point, value, unit, quality */
    int count;
};

struct timeline {
    uint64_t session;
    char *rig;
    int64_t starts; /* ms since 1970 */
    /* the audit, page by page */
    Labgate__Log request;
    Labgate__Answer *page; /* NULL before the first */
    size_t at;
    bool more;
    double offset; /* s; of a record's time by the gateway's clock */
    /* the recording; NULL: there is none */
    FILE *changes;
    size_t line;
    struct timeline_change change;
};

/* What comes next: one of the two is set. Valid until the next call. */
struct timeline_item {
    double seconds;
    const Labgate__LogRecord *record;
    const struct timeline_change *change;
};

/* Each complains. The recording may be gone already (retention): then there is only the audit. */
int timeline_open(struct cli *cli, struct timeline *timeline, uint64_t session);
/* CLI_OK with an item, or with neither record nor change at the end. */
int timeline_next(struct cli *cli, struct timeline *timeline, struct timeline_item *item);
void timeline_close(struct timeline *timeline);

/* The members of a record, in an object that is open. */
void log_record_json(struct json *json, const Labgate__LogRecord *record);

#endif
