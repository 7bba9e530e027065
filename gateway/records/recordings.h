/* recordings.h - the folder of all recordings: names, lists, parts of files, and which ones must go. For the
 * recorder's thread. Every path is made of a session's number and a name of the forms below, and is opened
 * without following links. */
#ifndef GATEWAY_RECORDS_RECORDINGS_H
#define GATEWAY_RECORDS_RECORDINGS_H

#include "gateway/records/recorder.h"

/* "changes.csv" or "NUMBER-WAVEFORM.capture", nothing else. */
bool recordings_name_valid(const char *name, enum recorder_file_kind *kind);
/* A descriptor of the session's folder, or -1 with errno. */
int recordings_open(int root, uint64_t session, bool make);
/* What comes after the highest NUMBER of a capture there is. */
unsigned recordings_next_capture(int directory);

/* session.json, replaced whole. `ended`: ms since 1970, 0 while it goes on. */
struct recordings_session {
    char rig[64];
    uint64_t account;
    int64_t starts, ends, ended;
};
bool recordings_write_session(int directory, uint64_t session, const struct recordings_session *what);
bool recordings_read_session(int directory, struct recordings_session *what);

/* Fill an event: result, and what LIST and PART carry. */
void recordings_list(int root, uint64_t session, struct recorder_event *event);
void recordings_read(int root, uint64_t session, const char *name, uint64_t offset, uint32_t length,
                     struct recorder_event *event);

/* Deletes the recordings that ended before `before` (0: none for that reason), then the oldest until all that
 * is left takes at most `budget` bytes (0: no limit). `is_kept` says which must stay, `deleted` hears of
 * each. Returns the bytes that are left. */
struct recordings_retention {
    int64_t before, budget;
    bool (*is_kept)(void *context, uint64_t session);
    void (*deleted)(void *context, uint64_t session, const char *why);
    void *context;
};
int64_t recordings_retain(int root, const struct recordings_retention *retention);

#endif
