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

static void capture_trouble(struct recorder *recorder, uint64_t session)
{
    char why[160];
    snprintf(why, sizeof why, "recording a capture of session %" PRIu64 " failed: %s; %s", session,
             strerror(errno), recording_advice(errno));
    recorder_trouble(recorder, session, why);
}

void recorder_begin_capture(struct recorder *recorder, const struct recorder_job *job)
{
    struct capture_slot *capture = calloc(1, sizeof *capture);
    struct event_node *node = recorder_event_make(RECORDER_EVENT_CAPTURE);
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
    recorder_event_send(recorder, node);
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
        if (!taken && capture != NULL && capture->fd >= 0) {
            capture_trouble(recorder, capture->session);
            close(capture->fd);
            capture->fd = -1;
        }
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
    if (capture->fd >= 0) {
        fsync(capture->fd);
        close(capture->fd);
    }
    *at = capture->next;
    free(capture);
    release_data(recorder);
    recorder_look_again(recorder);
}
