/* recorder_private.h - what the two sides of the recorder share: recorder.c is the loop's, recorder_thread.c
 * and recorder_captures.c are the thread's. */
#ifndef GATEWAY_RECORDS_RECORDER_PRIVATE_H
#define GATEWAY_RECORDS_RECORDER_PRIVATE_H

#include "gateway/records/recorder.h"
#include "gateway/records/recorder_ring.h"
#include "gateway/records/recording.h"

#include <pthread.h>

enum message_kind {
    MESSAGE_CHANGE, /* followed by its text */
    MESSAGE_BEGIN,  /* the session's slot */
    MESSAGE_END,
    MESSAGE_CAPTURE_BEGIN, /* of the job */
    MESSAGE_CAPTURE_DATA,  /* `length` bytes in the other ring */
    MESSAGE_CAPTURE_END,
    MESSAGE_RETAIN,
    MESSAGE_LIST, /* of the job */
    MESSAGE_READ,
};

struct message {
    uint8_t kind, quality;
    bool sampled;
    uint16_t point, text; /* text: its length with the NUL */
    uint32_t length;
    int64_t at; /* CHANGE: monotonic; END, RETAIN: wall */
    uint64_t file;
    double number;
    union {
        struct session_slot *slot;
        struct recorder_job *job; /* the thread frees it */
    };
};

/* A session that is being recorded. Made by the loop, freed by the thread with its MESSAGE_END. */
struct session_slot {
    struct session_slot *next; /* guarded by the mutex */
    struct recorder_session session;
    char rig[64];
    uint64_t dropped;            /* guarded: changes that found the ring full */
    bool ending;                 /* the loop's: no more changes */
    uint64_t counted;            /* bytes of it that are in the total; the thread's */
    struct recording *recording; /* the thread's; NULL: could not be made */
};

struct recorder_job {
    uint64_t request, session, offset, file;
    uint32_t length;
    struct recorder_capture capture;
    char name[RECORDER_NAME_MAX], unit[16]; /* of the file, or of the waveform */
};

/* A capture that is being written. The thread's. */
struct capture_slot {
    struct capture_slot *next;
    uint64_t file, session;
    int fd;                 /* -1: it could not be made, or the disk did not take it */
    struct event_node *end; /* says what became of it; NULL: said */
};

struct event_node {
    struct event_node *next;
    struct recorder_event event;
};

struct recorder {
    struct recorder_options options;
    int root;
    pthread_t thread;

    pthread_mutex_t mutex; /* guards what follows; held for moments only */
    pthread_cond_t work;
    bool stopping, sleeping, wants_space;
    struct recorder_ring messages, data;
    struct session_slot *slots;
    struct event_node *events, **last_event;
    size_t asked; /* LIST and READ that were not answered, or whose event was not taken */
    uint64_t next_file;

    struct capture_slot *captures; /* the thread's from here on */
    bool troubled;
    int64_t total;     /* bytes of all recordings */
    bool over_budget;  /* by live ones alone: nothing is written */
    int64_t monotonic; /* newest time of a change */
};

void *recorder_work(void *recorder);

/* The thread's: recorder_thread.c */
struct event_node *recorder_event_make(enum recorder_event_kind kind); /* NULL: no memory */
void recorder_event_send(struct recorder *recorder,
                         struct event_node *node); /* takes it; NULL sends nothing */
void recorder_trouble(struct recorder *recorder, uint64_t session,
                      const char *why); /* said once until it works again */
/* The folder is only looked through when it must be: it may hold thousands of recordings. */
void recorder_count_written(struct recorder *recorder, uint64_t bytes);
void recorder_look_again(struct recorder *recorder); /* what was live may go now */

/* recorder_captures.c */
void recorder_begin_capture(struct recorder *recorder, const struct recorder_job *job);
/* Straight from the ring to the file. What a disk does not take is dropped: the file is shorter than its
 * header says. */
void recorder_write_capture(struct recorder *recorder, uint64_t file, size_t length);
void recorder_end_capture(struct recorder *recorder, uint64_t file);

#endif
