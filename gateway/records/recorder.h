/* recorder.h - what sessions leave behind: files, written by a thread of their own.
 *
 *     STATE/recordings/SESSION/session.json       rig, holder, start, end
 *                              changes.csv        every change of every point
 *                              1-scope.ch1.capture ...
 *
 * Nothing here makes the loop wait: changes go through a bounded ring, and what finds it full is counted and
 * becomes a
 * `(gap)` line; captures pause (their line's own buffer holds them); reads are answered with events. The
 * files' forms are in docs/ledger.md.
 *
 * Retention: recordings older than `life` go, and while all of them together take more than `budget` the
 * oldest that is not live goes. A full disk is reported, the recording has a gap, and writing is tried again
 * every second. */
#ifndef GATEWAY_RECORDS_RECORDER_H
#define GATEWAY_RECORDS_RECORDER_H

#include "drivers/driver.h"
#include "gateway/rig/spec.h"

struct recorder;

enum recorder_result {
    RECORDER_OK = 0,
    RECORDER_FULL = -1, /* too much is waiting: try again after the next event */
    RECORDER_NO_MEMORY = -2,
    RECORDER_NO_THREAD = -3,
    RECORDER_NOT_FOUND = -4,
    RECORDER_BAD_NAME = -5,
    RECORDER_IO = -6,
};

#define RECORDER_NAME_MAX 96
#define RECORDER_PART_MAX 60000u /* bytes of a file in one event */

struct recorder_options {
    const char *state; /* directory; recordings/ is made in it */
    int64_t budget;    /* bytes of all recordings, 0: no limit */
    int64_t life;      /* ns, 0: for ever */
    int wake;          /* an eventfd written after each event */
};
int recorder_create(const struct recorder_options *options, struct recorder **recorder, char *why,
                    size_t why_size);
/* Writes what is queued and syncs it. Accepts NULL. */
void recorder_destroy(struct recorder *recorder);

/* ---- writing ------------------------------------------------------------------------------------------- */

struct recorder_session {
    uint64_t session;
    const char *rig; /* copied */
    uint64_t account;
    const struct rig_spec *spec; /* must live until recorder_destroy() */
    int64_t starts, ends; /* ms since 1970: of the session; a session that began before a restart goes on */
    int64_t wall, monotonic; /* now, the same instant: ms since 1970 and ns */
};
int recorder_begin(struct recorder *recorder, const struct recorder_session *session);
/* Syncs the session's files. `wall`: now. */
int recorder_end(struct recorder *recorder, uint64_t session, int64_t wall);
/* Changes of one instant. Texts are copied. Never waits; what does not fit becomes a gap. */
void recorder_change(struct recorder *recorder, uint64_t session, uint16_t point,
                     const struct rig_value *value, const char *text, int64_t at);

struct recorder_capture {
    uint64_t session;
    const char *waveform; /* "scope.ch1", copied */
    const char *unit;
    struct driver_record record;
    int64_t wall; /* ms since 1970 */
};
/* *file: the number to append under. The name comes with the event RECORDER_EVENT_CAPTURE. */
int recorder_capture_begin(struct recorder *recorder, const struct recorder_capture *capture, uint64_t *file);
/* How many bytes recorder_capture_data() takes now. When it was 0, RECORDER_EVENT_SPACE follows. */
size_t recorder_capture_space(struct recorder *recorder);
/* Takes all of it or, when it is more than the space, nothing (RECORDER_FULL). */
int recorder_capture_data(struct recorder *recorder, uint64_t file, const void *codes, size_t length);
/* The file is synced and closed. A file that is shorter than its header says was cut off. */
int recorder_capture_end(struct recorder *recorder, uint64_t file);

/* Deletes what is too old or too much. `wall`: now, and plausible: nothing is deleted for its age otherwise.
 * Also done for the budget's sake whenever a session or capture ends. Call it at start and once an hour. */
int recorder_retain(struct recorder *recorder, int64_t wall);

/* ---- reading ------------------------------------------------------------------------------------------- */

/* Each is answered by one event with `request`. */
int recorder_list(struct recorder *recorder, uint64_t request, uint64_t session);
int recorder_read(struct recorder *recorder, uint64_t request, uint64_t session, const char *name,
                  uint64_t offset, uint32_t length);

enum recorder_file_kind { RECORDER_CHANGES, RECORDER_CAPTURE };

struct recorder_file {
    char name[RECORDER_NAME_MAX];
    enum recorder_file_kind kind;
    uint64_t bytes;
    char waveform[64], unit[16]; /* CAPTURE, with the record */
    struct driver_record record;
    uint64_t data; /* CAPTURE: bytes of codes, without the header */
    bool complete;
    int64_t wall;
};

enum recorder_event_kind {
    RECORDER_EVENT_LIST,
    RECORDER_EVENT_PART,
    RECORDER_EVENT_CAPTURE,  /* the file is there, under `name` */
    RECORDER_EVENT_CAPTURED, /* it is whole and on disk; or, at once, why it will not be: `result`, `why` */
    RECORDER_EVENT_SPACE,
    RECORDER_EVENT_TROUBLE, /* a recording has a gap, for `why`; said once until it works again */
    RECORDER_EVENT_WORKS,   /* again */
    RECORDER_EVENT_DELETED, /* the recording of `session`, for `why`: for the audit */
};

struct recorder_event {
    enum recorder_event_kind kind;
    uint64_t request;
    int result; /* LIST, PART, CAPTURED */
    uint64_t session, file;
    char name[RECORDER_NAME_MAX];
    char why[192];
    /* LIST: who may read is the caller's to judge */
    char rig[64];
    uint64_t account;
    int64_t starts, ends;
    struct recorder_file *files; /* the caller's to free() */
    size_t count;
    /* PART */
    void *bytes; /* the caller's to free() */
    size_t length;
    uint64_t offset, size; /* size: of the whole file now */
};
bool recorder_next_event(struct recorder *recorder, struct recorder_event *event);

#endif
