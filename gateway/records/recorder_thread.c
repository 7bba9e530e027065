/* recorder_thread.c - the side of the recorder that may wait for the disk. */
#include "gateway/records/capture_file.h"
#include "gateway/records/recorder_private.h"
#include "gateway/records/recordings.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define COLLECT 100000000 /* ns that changes are collected before they are written */

/* ---- events -------------------------------------------------------------------------------------------- */

static struct event_node *make_event(enum recorder_event_kind kind)
{
    struct event_node *node = calloc(1, sizeof *node);
    if (node != NULL)
        node->event.kind = kind;
    return node;
}

static void send_event(struct recorder *recorder, struct event_node *node)
{
    if (node == NULL)
        return;
    pthread_mutex_lock(&recorder->mutex);
    node->next = NULL;
    *recorder->last_event = node;
    recorder->last_event = &node->next;
    pthread_mutex_unlock(&recorder->mutex);
    uint64_t one = 1;
    if (write(recorder->options.wake, &one, sizeof one) < 0)
        return; /* the eventfd is full: the loop is awake */
}

static void trouble(struct recorder *recorder, uint64_t session, const char *why)
{
    struct event_node *node = recorder->troubled ? NULL : make_event(RECORDER_EVENT_TROUBLE);
    recorder->troubled = true;
    if (node == NULL)
        return;
    node->event.session = session;
    snprintf(node->event.why, sizeof node->event.why, "%s", why);
    send_event(recorder, node);
}

/* ---- retention ----------------------------------------------------------------------------------------- */

static bool is_kept(void *context, uint64_t session)
{
    struct recorder *recorder = context;
    bool kept = false;
    for (const struct capture_slot *capture = recorder->captures; capture != NULL; capture = capture->next)
        kept = kept || capture->session == session;
    pthread_mutex_lock(&recorder->mutex);
    for (const struct session_slot *slot = recorder->slots; slot != NULL; slot = slot->next)
        kept = kept || slot->session.session == session;
    pthread_mutex_unlock(&recorder->mutex);
    return kept;
}

static void deleted(void *context, uint64_t session, const char *why)
{
    struct event_node *node = make_event(RECORDER_EVENT_DELETED);
    if (node == NULL)
        return;
    node->event.session = session;
    snprintf(node->event.why, sizeof node->event.why, "%s", why);
    send_event(context, node);
}

static void retain(struct recorder *recorder, int64_t wall)
{
    struct recordings_retention retention = {
        .before = wall != 0 && recorder->options.life != 0 ? wall - recorder->options.life / 1000000 : 0,
        .budget = recorder->options.budget,
        .is_kept = is_kept,
        .deleted = deleted,
        .context = recorder,
    };
    recorder->total = recordings_retain(recorder->root, &retention);
    bool over = recorder->options.budget != 0 && recorder->total > recorder->options.budget;
    if (over && !recorder->over_budget)
        trouble(recorder, 0,
                "the budget of the recordings is used up by sessions that are live: raise "
                "`recording_budget`, or end one");
    recorder->over_budget = over;
}

/* The folder is only looked through when it must be: it may hold thousands of recordings. */
static void count_written(struct recorder *recorder, uint64_t bytes)
{
    recorder->total += (int64_t)bytes;
    if (recorder->options.budget != 0 && recorder->total > recorder->options.budget && !recorder->over_budget)
        retain(recorder, 0);
}

/* What was live may go now. */
static void look_again(struct recorder *recorder)
{
    if (recorder->over_budget)
        retain(recorder, 0);
}

/* ---- changes ------------------------------------------------------------------------------------------- */

static void begin_session(struct recorder *recorder, struct session_slot *slot)
{
    char why[160] = "no memory for a recording";
    slot->recording = recording_open(recorder->root, &slot->session, why, sizeof why);
    if (slot->recording == NULL)
        trouble(recorder, slot->session.session, why);
}

static void flush_session(struct recorder *recorder, struct session_slot *slot)
{
    if (slot->recording == NULL)
        return;
    recording_flush(slot->recording, recorder->monotonic);
    uint64_t written = recording_written(slot->recording) - slot->counted;
    slot->counted += written;
    const char *why = recording_trouble(slot->recording);
    if (why != NULL) {
        trouble(recorder, slot->session.session, why);
    } else if (recorder->troubled && written > 0) {
        recorder->troubled = false;
        send_event(recorder, make_event(RECORDER_EVENT_WORKS));
    }
    count_written(recorder, written);
}

static void unlink_slot(struct recorder *recorder, const struct session_slot *slot)
{
    pthread_mutex_lock(&recorder->mutex);
    for (struct session_slot **at = &recorder->slots; *at != NULL; at = &(*at)->next) {
        if (*at == slot) {
            *at = slot->next;
            break;
        }
    }
    pthread_mutex_unlock(&recorder->mutex);
}

static void take_dropped(struct recorder *recorder, struct session_slot *slot)
{
    pthread_mutex_lock(&recorder->mutex);
    uint64_t dropped = slot->dropped;
    slot->dropped = 0;
    pthread_mutex_unlock(&recorder->mutex);
    if (dropped > 0 && slot->recording != NULL)
        recording_lost(slot->recording, dropped, recorder->monotonic);
}

static void end_session(struct recorder *recorder, struct session_slot *slot, int64_t wall)
{
    take_dropped(recorder, slot);
    flush_session(recorder, slot);
    recording_close(slot->recording, wall);
    unlink_slot(recorder, slot);
    free(slot);
    look_again(recorder);
}

static void change(struct recorder *recorder, const struct message *message, const char *text)
{
    struct recording_change what = {
        .point = message->point,
        .quality = (enum rig_quality)message->quality,
        .sampled = message->sampled,
        .number = message->number,
        .text = text,
        .at = message->at,
    };
    recorder->monotonic = message->at;
    if (message->slot->recording == NULL)
        return;
    if (recorder->over_budget)
        recording_lost(message->slot->recording, 1, message->at);
    else
        recording_change(message->slot->recording, &what);
}

/* What was collected goes to the files; slots are only freed by this thread. */
static void flush_all(struct recorder *recorder)
{
    pthread_mutex_lock(&recorder->mutex);
    struct session_slot *slot = recorder->slots;
    pthread_mutex_unlock(&recorder->mutex);
    for (; slot != NULL; slot = slot->next) {
        take_dropped(recorder, slot);
        flush_session(recorder, slot);
    }
}

/* ---- captures ------------------------------------------------------------------------------------------ */

static struct capture_slot **find_capture(struct recorder *recorder, uint64_t file)
{
    struct capture_slot **at = &recorder->captures;
    while (*at != NULL && (*at)->file != file)
        at = &(*at)->next;
    return at;
}

static void name_capture(unsigned number, const char *waveform, char name[RECORDER_NAME_MAX])
{
    int length = snprintf(name, RECORDER_NAME_MAX, "%u-", number);
    size_t at = (size_t)length;
    for (; *waveform != '\0' && at + sizeof ".capture" < RECORDER_NAME_MAX; waveform++) {
        bool plain = isalnum((unsigned char)*waveform) || strchr("._-", *waveform) != NULL;
        name[at++] = plain ? *waveform : '_';
    }
    memcpy(name + at, ".capture", sizeof ".capture");
}

/* The header is in the file, or -1 with errno. */
static int make_capture(int root, const struct recorder_capture *capture, char name[RECORDER_NAME_MAX])
{
    char header[CAPTURE_HEADER_SIZE];
    errno = ENAMETOOLONG;
    int directory = capture_header(capture, header) ? recordings_open(root, capture->session, true) : -1;
    if (directory < 0)
        return -1;
    name_capture(recordings_next_capture(directory), capture->waveform, name);
    int fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0 && write(fd, header, sizeof header) != (ssize_t)sizeof header) {
        int error = errno;
        close(fd);
        unlinkat(directory, name, 0);
        errno = error;
        fd = -1;
    }
    close(directory);
    return fd;
}

static void capture_trouble(struct recorder *recorder, uint64_t session)
{
    char why[160];
    snprintf(why, sizeof why, "recording a capture of session %" PRIu64 " failed: %s; free space on the disk",
             session, strerror(errno));
    trouble(recorder, session, why);
}

static void begin_capture(struct recorder *recorder, const struct recorder_job *job)
{
    struct capture_slot *capture = calloc(1, sizeof *capture);
    struct event_node *node = make_event(RECORDER_EVENT_CAPTURE);
    if (capture == NULL || node == NULL) {
        free(capture);
        free(node);
        return;
    }
    *capture =
        (struct capture_slot){.next = recorder->captures, .file = job->file, .session = job->capture.session};
    capture->fd = make_capture(recorder->root, &job->capture, node->event.name);
    recorder->captures = capture;
    node->event.session = capture->session;
    node->event.file = capture->file;
    if (capture->fd < 0) {
        node->event.result = RECORDER_IO;
        snprintf(node->event.why, sizeof node->event.why, "the capture's file cannot be made: %s",
                 strerror(errno));
        capture_trouble(recorder, capture->session);
    }
    send_event(recorder, node);
}

static bool write_piece(int fd, const uint8_t *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, bytes, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes += written;
        length -= (size_t)written;
    }
    return true;
}

/* Straight from the ring to the file. What a disk does not take is dropped: the file is shorter than its
 * header says. */
static void write_capture(struct recorder *recorder, uint64_t file, size_t length)
{
    struct capture_slot *capture = *find_capture(recorder, file);
    while (length > 0) {
        const uint8_t *piece;
        size_t size = recorder_ring_piece(&recorder->data, length, &piece);
        errno = EDQUOT;
        bool taken = !recorder->over_budget &&
                     (capture == NULL || capture->fd < 0 || write_piece(capture->fd, piece, size));
        if (!taken && capture != NULL && capture->fd >= 0) {
            capture_trouble(recorder, capture->session);
            close(capture->fd);
            capture->fd = -1;
        }
        pthread_mutex_lock(&recorder->mutex);
        recorder_ring_drop(&recorder->data, size);
        pthread_mutex_unlock(&recorder->mutex);
        count_written(recorder, size);
        length -= size;
    }
}

/* The ring's memory is only held while something is acquired. */
static void release_data(struct recorder *recorder)
{
    pthread_mutex_lock(&recorder->mutex);
    if (recorder->captures == NULL && recorder->data.used == 0)
        recorder_ring_release(&recorder->data);
    pthread_mutex_unlock(&recorder->mutex);
}

static void end_capture(struct recorder *recorder, uint64_t file)
{
    struct capture_slot **at = find_capture(recorder, file);
    struct capture_slot *capture = *at;
    if (capture == NULL)
        return;
    if (capture->fd >= 0) {
        fsync(capture->fd);
        close(capture->fd);
    }
    *at = capture->next;
    free(capture);
    release_data(recorder);
    look_again(recorder);
}

/* ---- messages ------------------------------------------------------------------------------------------ */

static void answer(struct recorder *recorder, enum message_kind kind, const struct recorder_job *job)
{
    struct event_node *node = make_event(kind == MESSAGE_LIST ? RECORDER_EVENT_LIST : RECORDER_EVENT_PART);
    if (node == NULL) {
        pthread_mutex_lock(&recorder->mutex);
        recorder->asked--;
        pthread_mutex_unlock(&recorder->mutex);
        return;
    }
    flush_all(recorder);
    node->event.request = job->request;
    node->event.session = job->session;
    if (kind == MESSAGE_LIST)
        recordings_list(recorder->root, job->session, &node->event);
    else
        recordings_read(recorder->root, job->session, job->name, job->offset, job->length, &node->event);
    send_event(recorder, node);
}

static void handle(struct recorder *recorder, const struct message *message, const char *text)
{
    switch ((enum message_kind)message->kind) {
    case MESSAGE_CHANGE:
        change(recorder, message, text);
        break;
    case MESSAGE_BEGIN:
        begin_session(recorder, message->slot);
        break;
    case MESSAGE_END:
        end_session(recorder, message->slot, message->at);
        break;
    case MESSAGE_CAPTURE_BEGIN:
        begin_capture(recorder, message->job);
        free(message->job);
        break;
    case MESSAGE_CAPTURE_DATA:
        write_capture(recorder, message->file, message->length);
        break;
    case MESSAGE_CAPTURE_END:
        end_capture(recorder, message->file);
        break;
    case MESSAGE_RETAIN:
        retain(recorder, message->at);
        break;
    case MESSAGE_LIST:
    case MESSAGE_READ:
        answer(recorder, message->kind, message->job);
        free(message->job);
        break;
    }
}

/* Handles what `used` bytes of messages hold. */
static void drain(struct recorder *recorder, size_t used)
{
    while (used > 0) {
        struct message message;
        char text[RIG_TEXT_MAX] = "";
        recorder_ring_peek(&recorder->messages, 0, &message, sizeof message);
        recorder_ring_peek(&recorder->messages, sizeof message, text, message.text);
        size_t size = sizeof message + message.text;
        handle(recorder, &message, text);
        pthread_mutex_lock(&recorder->mutex);
        recorder_ring_drop(&recorder->messages, size);
        pthread_mutex_unlock(&recorder->mutex);
        used -= size;
    }
}

static void offer_space(struct recorder *recorder)
{
    pthread_mutex_lock(&recorder->mutex);
    bool offers = recorder->wants_space && recorder_ring_room(&recorder->data) >= recorder->data.size / 2;
    if (offers)
        recorder->wants_space = false;
    pthread_mutex_unlock(&recorder->mutex);
    if (offers)
        send_event(recorder, make_event(RECORDER_EVENT_SPACE));
}

/* With the mutex. Changes alone wake nobody: they are looked at every COLLECT while a session is recorded. */
static void wait_for_work(struct recorder *recorder)
{
    recorder->sleeping = true;
    if (recorder->slots == NULL) {
        pthread_cond_wait(&recorder->work, &recorder->mutex);
    } else {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += COLLECT;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&recorder->work, &recorder->mutex, &until);
    }
    recorder->sleeping = false;
}

/* At the end of the gateway sessions go on: their files are synced and not marked as ended. */
static void finish(struct recorder *recorder)
{
    while (recorder->captures != NULL)
        end_capture(recorder, recorder->captures->file);
    for (struct session_slot *slot = recorder->slots, *next; slot != NULL; slot = next) {
        next = slot->next;
        take_dropped(recorder, slot);
        recording_close(slot->recording, 0);
        free(slot);
    }
    recorder->slots = NULL;
}

void *recorder_work(void *context)
{
    struct recorder *recorder = context;
    retain(recorder, 0);
    pthread_mutex_lock(&recorder->mutex);
    while (!recorder->stopping || recorder->messages.used > 0) {
        if (recorder->messages.used == 0)
            wait_for_work(recorder);
        size_t used = recorder->messages.used;
        pthread_mutex_unlock(&recorder->mutex);
        drain(recorder, used);
        flush_all(recorder);
        offer_space(recorder);
        pthread_mutex_lock(&recorder->mutex);
    }
    pthread_mutex_unlock(&recorder->mutex);
    finish(recorder);
    return NULL;
}
