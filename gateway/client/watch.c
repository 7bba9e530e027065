#include "gateway/client/client_private.h"

#include <stdlib.h>
#include <string.h>

#define RENEW_AT      8u
#define QUIET         (7 * SECOND)  /* the gateway answers every 5 s: then it is asked whether it is there */
#define WATCH_SILENCE (15 * SECOND) /* it is there, and the watch isn't */

static void forget_frames(struct watch *watch)
{
    while (watch->count > 0) {
        client_free(watch->kept[watch->first]);
        watch->first = (watch->first + 1) % FRAMES_KEPT;
        watch->count--;
    }
}

void client_forget_watch(struct client *client)
{
    forget_frames(&client->watch);
    free(client->watch.rig);
    client->watch = (struct watch){0};
}

void client_keep_frame(struct client *client, Labgate__Answer *answer)
{
    struct watch *watch = &client->watch;
    watch->heard = line_now();
    if (watch->count == FRAMES_KEPT) { /* more than was asked for */
        client_free(answer);
        return;
    }
    watch->kept[(watch->first + watch->count++) % FRAMES_KEPT] = answer;
}

/* Sends a Watch under the present id, or under a new one when there is none. */
static enum line_result ask(struct client *client, unsigned credit, int64_t deadline)
{
    struct watch *watch = &client->watch;
    struct request_envelope envelope = client_envelope(client);
    struct watch_request request = {.rig = watch->rig,
                                    .credit = credit,
                                    .has_cursor = watch->has_cursor,
                                    .boot = watch->boot,
                                    .frame = watch->frame};
    size_t size;
    uint8_t *bytes = translate_watch(&envelope, &request, &size);
    if (!bytes)
        return LINE_TIMED_OUT;
    if (watch->request == 0) {
        watch->request = client_take_id(client);
        watch->resumed = false;
        watch->heard = line_now();
        forget_frames(watch);
    }
    watch->epoch = client->line->operations->epoch(client->line);
    watch->taken = 0;
    struct line_request packed = {watch->request, bytes, size};
    enum line_result result = client_say(client, watch->epoch, &packed, deadline);
    free(bytes);
    return result;
}

int client_watch(struct client *client, const char *rig)
{
    client_unwatch(client);
    client->watch.rig = strdup(rig);
    return client->watch.rig ? CLIENT_OK : CLIENT_NO_MEMORY;
}

void client_unwatch(struct client *client)
{
    struct watch *watch = &client->watch;
    const struct line_operations *line = client->line->operations;
    if (watch->rig && watch->request != 0 && line->connected(client->line) &&
        watch->epoch == line->epoch(client->line))
        (void)ask(client, 0, line_now() + SECOND);
    client_forget_watch(client);
}

/* Should the caller have this frame? Repeats are dropped. Numbers may jump: a frame holds all that changed
 * since the one before it under the same id. */
static bool accept_frame(struct client *client, const Labgate__Answer *answer)
{
    struct watch *watch = &client->watch;
    if (!answer->ok || answer->body_case != LABGATE__ANSWER__BODY_FRAME || !answer->frame->cursor) {
        if (!answer->ok)
            watch->request = 0; /* refused or ended: the next call asks again */
        return true;
    }
    const Labgate__Frame *frame = answer->frame;
    bool same_boot = watch->has_cursor && frame->cursor->boot == watch->boot;
    if (same_boot && watch->resumed && frame->cursor->frame <= watch->frame)
        return false;
    watch->has_cursor = watch->resumed = true;
    watch->boot = frame->cursor->boot;
    watch->frame = frame->cursor->frame;
    watch->taken++;
    if (frame->last)
        watch->request = 0;
    return true;
}

/* Asks for the watch, anew or for more, when it is time to. */
static enum line_result keep_asking(struct client *client, int64_t deadline)
{
    struct watch *watch = &client->watch;
    if (watch->request != 0 && watch->epoch != client->line->operations->epoch(client->line))
        watch->request = 0;
    if (watch->request != 0 && line_now() - watch->heard > WATCH_SILENCE)
        watch->request = 0;
    return watch->request == 0 || watch->taken >= RENEW_AT ? ask(client, CREDIT, deadline) : LINE_OK;
}

static Labgate__Answer *take_kept(struct client *client)
{
    struct watch *watch = &client->watch;
    while (watch->count > 0) {
        Labgate__Answer *answer = watch->kept[watch->first];
        watch->first = (watch->first + 1) % FRAMES_KEPT;
        watch->count--;
        if (accept_frame(client, answer))
            return answer;
        client_free(answer);
    }
    return NULL;
}

int client_next_frame(struct client *client, int64_t timeout, Labgate__Answer **answer)
{
    int64_t deadline = line_now() + timeout;
    bool was_asked = false;
    *answer = NULL;
    if (!client->watch.rig)
        return CLIENT_BAD_ADDRESS;
    for (;;) {
        int reached = client_await_connection(client, deadline);
        if (reached != CLIENT_OK)
            return reached == CLIENT_UNREACHABLE && was_asked ? CLIENT_TIMED_OUT : reached;
        enum line_result result = keep_asking(client, deadline);
        was_asked = was_asked || result == LINE_OK;
        if ((*answer = take_kept(client)))
            return CLIENT_OK;
        int fault = CLIENT_OK;
        struct client_awaited awaited = {client->watch.epoch, 0, deadline, QUIET};
        if (result == LINE_OK && client->watch.request != 0)
            result = client_listen(client, &awaited, answer, &fault);
        if (result == LINE_TIMED_OUT && line_now() >= deadline)
            return CLIENT_TIMED_OUT;
    }
}
