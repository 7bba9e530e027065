/* recorder_thread.c - the side of the recorder that may wait for the disk. */
#include "gateway/records/recorder_private.h"
#include "gateway/records/recordings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define COLLECT 100000000 /* ns that changes are collected before they are written */

/* ---- events -------------------------------------------------------------------------------------------- */

struct event_node *recorder_event_make(enum recorder_event_kind kind)
{
    struct event_node *node = calloc(1, sizeof *node);
    if (node != NULL)
        node->event.kind = kind;
    return node;
}

void recorder_event_send(struct recorder *recorder, struct event_node *node)
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

void recorder_trouble(struct recorder *recorder, uint64_t session, const char *why)
{
    struct event_node *node = recorder->troubled ? NULL : recorder_event_make(RECORDER_EVENT_TROUBLE);
    recorder->troubled = true;
    if (node == NULL)
        return;
    node->event.session = session;
    snprintf(node->event.why, sizeof node->event.why, "%s", why);
    recorder_event_send(recorder, node);
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
    struct event_node *node = recorder_event_make(RECORDER_EVENT_DELETED);
    if (node == NULL)
        return;
    node->event.session = session;
    snprintf(node->event.why, sizeof node->event.why, "%s", why);
    recorder_event_send(context, node);
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
        recorder_trouble(recorder, 0,
                         "the budget of the recordings is used up by sessions that are live: raise "
                         "`recording_budget`, or end one");
    recorder->over_budget = over;
}

void recorder_count_written(struct recorder *recorder, uint64_t bytes)
{
    recorder->total += (int64_t)bytes;
    if (recorder->options.budget != 0 && recorder->total > recorder->options.budget && !recorder->over_budget)
        retain(recorder, 0);
}

void recorder_look_again(struct recorder *recorder)
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
        recorder_trouble(recorder, slot->session.session, why);
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
        recorder_trouble(recorder, slot->session.session, why);
    } else if (recorder->troubled && written > 0) {
        recorder->troubled = false;
        recorder_event_send(recorder, recorder_event_make(RECORDER_EVENT_WORKS));
    }
    recorder_count_written(recorder, written);
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
    recorder_look_again(recorder);
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

/* ---- messages ------------------------------------------------------------------------------------------ */

static void answer(struct recorder *recorder, enum message_kind kind, const struct recorder_job *job)
{
    struct event_node *node =
        recorder_event_make(kind == MESSAGE_LIST ? RECORDER_EVENT_LIST : RECORDER_EVENT_PART);
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
    recorder_event_send(recorder, node);
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
        recorder_begin_capture(recorder, message->job);
        free(message->job);
        break;
    case MESSAGE_CAPTURE_DATA:
        recorder_write_capture(recorder, message->file, message->length);
        break;
    case MESSAGE_CAPTURE_END:
        recorder_end_capture(recorder, message->file);
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
        recorder_event_send(recorder, recorder_event_make(RECORDER_EVENT_SPACE));
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
        recorder_end_capture(recorder, recorder->captures->file);
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
