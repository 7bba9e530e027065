/* recorder_captures.c - a capture's file: made with its header, filled from the ring, closed. On the
 * recorder's thread. */
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
#include <unistd.h>

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

/* Once for each capture; `error`: errno, 0 when it is whole. */
static void tell_end(struct recorder *recorder, struct capture_slot *capture, int error)
{
    struct event_node *node = capture->end;
    if (node == NULL)
        return;
    capture->end = NULL;
    if (error != 0) {
        node->event.result = RECORDER_IO;
        snprintf(node->event.why, sizeof node->event.why, "the record could not be stored: %s; %s",
                 strerror(error), recording_advice(error));
    }
    recorder_event_send(recorder, node);
}

static void give_up(struct recorder *recorder, struct capture_slot *capture, int error)
{
    char why[160];
    snprintf(why, sizeof why, "recording a capture of session %" PRIu64 " failed: %s; %s", capture->session,
             strerror(error), recording_advice(error));
    recorder_trouble(recorder, capture->session, why);
    if (capture->fd >= 0)
        close(capture->fd);
    capture->fd = -1;
    tell_end(recorder, capture, error);
}

static struct event_node *event_of(enum recorder_event_kind kind, const struct recorder_job *job)
{
    struct event_node *node = recorder_event_make(kind);
    if (node == NULL)
        return NULL;
    node->event.session = job->capture.session;
    node->event.file = job->file;
    return node;
}

void recorder_begin_capture(struct recorder *recorder, const struct recorder_job *job)
{
    struct capture_slot *capture = calloc(1, sizeof *capture);
    struct event_node *named = event_of(RECORDER_EVENT_CAPTURE, job);
    struct event_node *end = event_of(RECORDER_EVENT_CAPTURED, job);
    if (capture == NULL || named == NULL || end == NULL) {
        free(capture);
        free(named);
        free(end);
        return;
    }
    *capture = (struct capture_slot){
        .next = recorder->captures, .file = job->file, .session = job->capture.session, .end = end};
    recorder->captures = capture;
    capture->fd = make_capture(recorder->root, &job->capture, named->event.name);
    if (capture->fd >= 0) {
        recorder_event_send(recorder, named);
        return;
    }
    free(named);
    give_up(recorder, capture, errno);
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

void recorder_write_capture(struct recorder *recorder, uint64_t file, size_t length)
{
    struct capture_slot *capture = *find_capture(recorder, file);
    while (length > 0) {
        const uint8_t *piece;
        size_t size = recorder_ring_piece(&recorder->data, length, &piece);
        errno = EDQUOT;
        bool taken = !recorder->over_budget &&
                     (capture == NULL || capture->fd < 0 || write_piece(capture->fd, piece, size));
        if (!taken && capture != NULL && capture->fd >= 0)
            give_up(recorder, capture, errno);
        pthread_mutex_lock(&recorder->mutex);
        recorder_ring_drop(&recorder->data, size);
        pthread_mutex_unlock(&recorder->mutex);
        recorder_count_written(recorder, size);
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

void recorder_end_capture(struct recorder *recorder, uint64_t file)
{
    struct capture_slot **at = find_capture(recorder, file);
    struct capture_slot *capture = *at;
    if (capture == NULL)
        return;
    if (capture->fd >= 0 && fsync(capture->fd) != 0) {
        give_up(recorder, capture, errno);
    } else if (capture->fd >= 0) {
        close(capture->fd);
        tell_end(recorder, capture, 0);
    }
    *at = capture->next;
    free(capture);
    release_data(recorder);
    recorder_look_again(recorder);
}
