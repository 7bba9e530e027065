/* recording.h - the changes of one session on their way into changes.csv. For the recorder's thread.
 *
 *     time,seconds,point,value,unit,quality
 *     2026-03-01T08:00:00.250Z,0.250000,plc.level,0.31,m,good
 *
 * RFC 4180. `time` is UTC, `seconds` counts from the start of the session by the monotonic clock. Points in
 * parentheses are remarks: (gap) with the number of changes that were lost, (resumed) where the gateway was
 * started again. */
#ifndef GATEWAY_RECORDS_RECORDING_H
#define GATEWAY_RECORDS_RECORDING_H

#include "gateway/records/recorder.h"

struct recording;

struct recording_change {
    uint16_t point;
    enum rig_quality quality;
    bool sampled; /* the value means something */
    double number;
    const char *text;
    int64_t at; /* monotonic */
};

/* Opens or continues the session's files. NULL: `why` says so. The rig's name is copied. */
struct recording *recording_open(int root, const struct recorder_session *session, char *why,
                                 size_t why_size);
/* Syncs. `ended`: ms since 1970, or 0 when the session goes on after a restart. Accepts NULL. */
void recording_close(struct recording *recording, int64_t ended);

void recording_change(struct recording *recording, const struct recording_change *change);
void recording_lost(struct recording *recording, uint64_t changes, int64_t at); /* before they got here */
/* Writes what is buffered. `now`: monotonic; what comes within a second after a failure is lost at once. */
void recording_flush(struct recording *recording, int64_t now);
const char *
recording_trouble(const struct recording *recording); /* why the disk does not take it; NULL: it does */
const char *recording_advice(int error);              /* what to do about an errno of writing */
uint64_t recording_written(const struct recording *recording); /* bytes since it was opened */

#endif
