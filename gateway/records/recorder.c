#include "gateway/records/recorder_private.h"

#include "gateway/thread/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MESSAGES_SIZE ((size_t)512 * 1024)
#define DATA_SIZE     ((size_t)1024 * 1024)
#define RESERVED      ((size_t)64 * 1024) /* of the messages, that changes may not fill */
#define WAKE_AT       ((size_t)64 * 1024) /* changes that wait wake the thread; fewer are collected */
#define ASKED_MAX     32
#define STACK_SIZE    ((size_t)192 * 1024)

/* ---- start and end ------------------------------------------------------------------------------------- */

static int open_root(const char *state, char *why, size_t why_size)
{
    int directory = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int root = -1;
    if (directory >= 0 && (mkdirat(directory, "recordings", 0700) == 0 || errno == EEXIST))
        root = openat(directory, "recordings", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (root < 0)
        snprintf(why, why_size,
                 "cannot make the folder of recordings in %s: %s; it must belong to the gateway's user",
                 state, strerror(errno));
    if (directory >= 0)
        close(directory);
    return root;
}

static void init_lock(struct recorder *recorder)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&recorder->work, &attributes);
    pthread_condattr_destroy(&attributes);
    thread_mutex_init(&recorder->mutex);
}

static void release(struct recorder *recorder)
{
    recorder_ring_finish(&recorder->messages);
    recorder_ring_finish(&recorder->data);
    if (recorder->root >= 0)
        close(recorder->root);
    free(recorder);
}

int recorder_create(const struct recorder_options *options, struct recorder **result, char *why,
                    size_t why_size)
{
    struct recorder *recorder = calloc(1, sizeof *recorder);
    if (recorder == NULL)
        return RECORDER_NO_MEMORY;
    recorder->options = *options;
    recorder->options.state = NULL;
    recorder->last_event = &recorder->events;
    recorder->next_file = 1;
    int status = RECORDER_IO;
    recorder->root = open_root(options->state, why, why_size);
    if (recorder->root < 0)
        goto failed;
    status = RECORDER_NO_MEMORY;
    snprintf(why, why_size, "no memory for the recorder");
    if (!recorder_ring_init(&recorder->messages, MESSAGES_SIZE) ||
        !recorder_ring_init(&recorder->data, DATA_SIZE))
        goto failed;
    init_lock(recorder);
    if (thread_start(&recorder->thread, STACK_SIZE, 0, recorder_work, recorder) != 0) {
        status = RECORDER_NO_THREAD;
        goto failed;
    }
    *result = recorder;
    return RECORDER_OK;
failed:
    release(recorder);
    return status;
}

void recorder_destroy(struct recorder *recorder)
{
    if (recorder == NULL)
        return;
    pthread_mutex_lock(&recorder->mutex);
    recorder->stopping = true;
    pthread_cond_signal(&recorder->work);
    pthread_mutex_unlock(&recorder->mutex);
    pthread_join(recorder->thread, NULL);
    struct recorder_event event;
    while (recorder_next_event(recorder, &event)) {
        free(event.files);
        free(event.bytes);
    }
    pthread_cond_destroy(&recorder->work);
    pthread_mutex_destroy(&recorder->mutex);
    release(recorder);
}

/* ---- messages ------------------------------------------------------------------------------------------ */

static void wake(struct recorder *recorder)
{
    if (recorder->sleeping)
        pthread_cond_signal(&recorder->work);
}

/* With the mutex. */
static bool put(struct recorder *recorder, const struct message *message)
{
    if (recorder_ring_room(&recorder->messages) < sizeof *message)
        return false;
    recorder_ring_put(&recorder->messages, message, sizeof *message);
    wake(recorder);
    return true;
}

static int send(struct recorder *recorder, const struct message *message)
{
    pthread_mutex_lock(&recorder->mutex);
    bool sent = put(recorder, message);
    pthread_mutex_unlock(&recorder->mutex);
    return sent ? RECORDER_OK : RECORDER_FULL;
}

static struct session_slot *find_slot(struct recorder *recorder, uint64_t session)
{
    struct session_slot *slot = recorder->slots;
    while (slot != NULL && (slot->session.session != session || slot->ending))
        slot = slot->next;
    return slot;
}

int recorder_begin(struct recorder *recorder, const struct recorder_session *session)
{
    struct session_slot *slot = calloc(1, sizeof *slot);
    if (slot == NULL)
        return RECORDER_NO_MEMORY;
    slot->session = *session;
    snprintf(slot->rig, sizeof slot->rig, "%s", session->rig);
    slot->session.rig = slot->rig;
    pthread_mutex_lock(&recorder->mutex);
    bool there = find_slot(recorder, session->session) != NULL;
    bool taken = !there && put(recorder, &(struct message){.kind = MESSAGE_BEGIN, .slot = slot});
    if (taken) {
        slot->next = recorder->slots;
        recorder->slots = slot;
    }
    pthread_mutex_unlock(&recorder->mutex);
    if (!taken)
        free(slot);
    return taken || there ? RECORDER_OK : RECORDER_FULL;
}

int recorder_end(struct recorder *recorder, uint64_t session, int64_t wall)
{
    pthread_mutex_lock(&recorder->mutex);
    struct session_slot *slot = find_slot(recorder, session);
    int status = slot != NULL ? RECORDER_FULL : RECORDER_NOT_FOUND;
    if (slot != NULL && put(recorder, &(struct message){.kind = MESSAGE_END, .slot = slot, .at = wall})) {
        slot->ending = true;
        status = RECORDER_OK;
    }
    pthread_mutex_unlock(&recorder->mutex);
    return status;
}

void recorder_change(struct recorder *recorder, uint64_t session, uint16_t point,
                     const struct rig_value *value, const char *text, int64_t at)
{
    struct message message = {
        .kind = MESSAGE_CHANGE,
        .quality = (uint8_t)value->quality,
        .sampled = value->at != 0,
        .point = point,
        .text = text != NULL ? (uint16_t)(strnlen(text, RIG_TEXT_MAX - 1) + 1) : 0,
        .at = at,
        .number = value->number,
    };
    pthread_mutex_lock(&recorder->mutex);
    message.slot = find_slot(recorder, session);
    struct recorder_ring *ring = &recorder->messages;
    if (message.slot != NULL && recorder_ring_room(ring) < RESERVED + sizeof message + message.text) {
        message.slot->dropped++;
    } else if (message.slot != NULL) {
        recorder_ring_put(ring, &message, sizeof message);
        if (message.text > 1)
            recorder_ring_put(ring, text, message.text - 1u);
        if (message.text > 0)
            recorder_ring_put(ring, "", 1);
        if (ring->used >= WAKE_AT)
            wake(recorder);
    }
    pthread_mutex_unlock(&recorder->mutex);
}

/* ---- captures ------------------------------------------------------------------------------------------ */

int recorder_capture_begin(struct recorder *recorder, const struct recorder_capture *capture, uint64_t *file)
{
    struct recorder_job *job = calloc(1, sizeof *job);
    if (job == NULL)
        return RECORDER_NO_MEMORY;
    job->capture = *capture;
    snprintf(job->name, sizeof job->name, "%s", capture->waveform);
    snprintf(job->unit, sizeof job->unit, "%s", capture->unit != NULL ? capture->unit : "");
    job->capture.waveform = job->name;
    job->capture.unit = job->unit;
    pthread_mutex_lock(&recorder->mutex);
    job->file = recorder->next_file;
    bool taken = put(recorder, &(struct message){.kind = MESSAGE_CAPTURE_BEGIN, .job = job});
    if (taken)
        *file = recorder->next_file++;
    pthread_mutex_unlock(&recorder->mutex);
    if (!taken)
        free(job);
    return taken ? RECORDER_OK : RECORDER_FULL;
}

/* With the mutex. Half of the reserve stays for what begins and ends. */
static size_t data_space(const struct recorder *recorder)
{
    bool room = recorder_ring_room(&recorder->messages) >= RESERVED / 2 + sizeof(struct message);
    return room ? recorder_ring_room(&recorder->data) : 0;
}

size_t recorder_capture_space(struct recorder *recorder)
{
    pthread_mutex_lock(&recorder->mutex);
    size_t space = data_space(recorder);
    recorder->wants_space = recorder->wants_space || space == 0;
    pthread_mutex_unlock(&recorder->mutex);
    return space;
}

int recorder_capture_data(struct recorder *recorder, uint64_t file, const void *codes, size_t length)
{
    struct message message = {.kind = MESSAGE_CAPTURE_DATA, .file = file, .length = (uint32_t)length};
    pthread_mutex_lock(&recorder->mutex);
    bool fits = data_space(recorder) >= length;
    if (fits) {
        recorder_ring_put(&recorder->data, codes, length);
        put(recorder, &message);
    }
    recorder->wants_space = recorder->wants_space || !fits;
    pthread_mutex_unlock(&recorder->mutex);
    return fits ? RECORDER_OK : RECORDER_FULL;
}

int recorder_capture_end(struct recorder *recorder, uint64_t file)
{
    return send(recorder, &(struct message){.kind = MESSAGE_CAPTURE_END, .file = file});
}

int recorder_retain(struct recorder *recorder, int64_t wall)
{
    return send(recorder, &(struct message){.kind = MESSAGE_RETAIN, .at = wall});
}

/* ---- reading ------------------------------------------------------------------------------------------- */

static int ask(struct recorder *recorder, enum message_kind kind, const struct recorder_job *wanted)
{
    struct recorder_job *job = malloc(sizeof *job);
    if (job == NULL)
        return RECORDER_NO_MEMORY;
    *job = *wanted;
    pthread_mutex_lock(&recorder->mutex);
    bool taken =
        recorder->asked < ASKED_MAX && put(recorder, &(struct message){.kind = (uint8_t)kind, .job = job});
    recorder->asked += taken;
    pthread_mutex_unlock(&recorder->mutex);
    if (!taken)
        free(job);
    return taken ? RECORDER_OK : RECORDER_FULL; /* NOLINT(clang-analyzer-unix.Malloc): the message has it */
}

int recorder_list(struct recorder *recorder, uint64_t request, uint64_t session)
{
    return ask(recorder, MESSAGE_LIST, &(struct recorder_job){.request = request, .session = session});
}

int recorder_read(struct recorder *recorder, uint64_t request, uint64_t session, const char *name,
                  uint64_t offset, uint32_t length)
{
    struct recorder_job job = {.request = request, .session = session, .offset = offset, .length = length};
    if (strnlen(name, RECORDER_NAME_MAX) == RECORDER_NAME_MAX)
        return RECORDER_BAD_NAME;
    memcpy(job.name, name, strlen(name) + 1);
    return ask(recorder, MESSAGE_READ, &job);
}

bool recorder_next_event(struct recorder *recorder, struct recorder_event *event)
{
    pthread_mutex_lock(&recorder->mutex);
    struct event_node *node = recorder->events;
    if (node != NULL) {
        recorder->events = node->next;
        if (node->next == NULL)
            recorder->last_event = &recorder->events;
        if (node->event.kind == RECORDER_EVENT_LIST || node->event.kind == RECORDER_EVENT_PART)
            recorder->asked--;
    }
    pthread_mutex_unlock(&recorder->mutex);
    if (node == NULL)
        return false;
    *event = node->event;
    free(node);
    return true;
}
