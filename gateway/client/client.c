#include "gateway/client/client.h"

#include "gateway/client/line.h"
#include "gateway/client/translate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define SECOND INT64_C(1000000000)
#define ID_BIT 0x80000000u /* marks the end of the ids that a request carries */
/* A better estimate of the gateway's clock is kept this long, then the next one counts: clocks drift apart.
 */
#define ESTIMATE_LIFE (60 * SECOND)
#define CONNECT_SLICE (SECOND / 4)
#define CREDIT        16u
#define RENEW_AT      8u
#define FRAMES_KEPT   (2 * CREDIT)
#define CALL_SILENCE  (6 * SECOND)  /* a call that heard nothing for so long gives its connection up */
#define WATCH_SILENCE (12 * SECOND) /* the gateway answers every 5 s: the connection or the watch is dead */

/* One watch: frames that came while a call waited are kept, as many as were asked for. */
struct watch {
    char *rig;        /* NULL: none */
    uint32_t request; /* 0: to be asked for anew */
    unsigned epoch;   /* of the connection it was asked on */
    bool has_cursor;
    uint64_t boot, frame; /* last one given to the caller */
    bool resumed;         /* a frame of this request has been given */
    unsigned taken;       /* frames since the last renewal */
    int64_t heard;
    Labgate__Answer *kept[FRAMES_KEPT];
    unsigned first, count;
};

struct client {
    struct line *line;
    char *token;
    uint32_t seat, next_id;
    bool was_connected, had_connection;
    void (*connection)(void *context, bool connected);
    void *context;
    /* The gateway's clock: at our time `at` it had reached at least `seen`. */
    uint64_t boot, seen;
    int64_t at;
    int64_t heard; /* anything */
    struct watch watch;
};

/* --- life
 * ---------------------------------------------------------------------------------------------------------------
 */

int client_create(const struct client_options *options, struct client **out, char *why, size_t why_size)
{
    struct client *client = calloc(1, sizeof *client);
    if (!client) {
        snprintf(why, why_size, "no memory");
        return CLIENT_NO_MEMORY;
    }
    client->connection = options->connection;
    client->context = options->context;
    if (getrandom(&client->next_id, sizeof client->next_id, 0) != sizeof client->next_id)
        client->next_id = (uint32_t)line_now(); /* ids only have to differ within a connection */
    int result = strncmp(options->url, "local:", 6) == 0
                     ? line_local_create(options->url + 6, &client->line, why, why_size)
                     : line_nng_create(options, &client->line, why, why_size);
    if (result == CLIENT_OK && options->token) {
        client->token = strdup(options->token);
        result = client->token ? CLIENT_OK : CLIENT_NO_MEMORY;
    }
    if (result != CLIENT_OK) {
        client_destroy(client);
        return result;
    }
    *out = client;
    return CLIENT_OK;
}

static void forget_token(struct client *client)
{
    if (client->token)
        explicit_bzero(client->token, strlen(client->token));
    free(client->token);
    client->token = NULL;
}

static void forget_frames(struct watch *watch)
{
    while (watch->count > 0) {
        client_free(watch->kept[watch->first]);
        watch->first = (watch->first + 1) % FRAMES_KEPT;
        watch->count--;
    }
}

void client_destroy(struct client *client)
{
    if (!client)
        return;
    forget_frames(&client->watch);
    free(client->watch.rig);
    if (client->line)
        client->line->operations->destroy(client->line);
    forget_token(client);
    free(client);
}

void client_set_token(struct client *client, const char *token)
{
    char *copy = token ? strdup(token) : NULL;
    forget_token(client);
    client->token = copy;
}

void client_set_seat(struct client *client, uint32_t seat)
{
    client->seat = seat;
}

const char *client_result_text(int result)
{
    static const char *const texts[] = {
        [-CLIENT_OK] = "done",
        [-CLIENT_UNREACHABLE] = "no connection",
        [-CLIENT_TIMED_OUT] = "no answer in time",
        [-CLIENT_MALFORMED] = "what came back is no answer of this protocol",
        [-CLIENT_UNTRUSTED] = "the server's certificate is not trusted",
        [-CLIENT_NO_MEMORY] = "no memory",
        [-CLIENT_BAD_ADDRESS] = "not an address of a gateway",
    };
    size_t at = result <= 0 ? (size_t)-result : sizeof texts;
    return at < sizeof texts / sizeof *texts ? texts[at] : "unknown result";
}

/* --- connection and clock
 * -------------------------------------------------------------------------------------------------- */

static uint32_t take_id(struct client *client)
{
    return ID_BIT | (client->next_id++ & ~ID_BIT);
}

/* Tells the caller when the connection came or went since it was told last. */
static void tell_connection(struct client *client)
{
    bool connected = client->line->operations->connected(client->line);
    if (connected == client->was_connected)
        return;
    client->was_connected = connected;
    bool is_first = connected && !client->had_connection;
    client->had_connection = true;
    if (client->connection && !is_first)
        client->connection(client->context, connected);
}

/* Waits for a connection and tells the caller what happened to it. CLIENT_OK, CLIENT_UNREACHABLE at the
 * deadline, or CLIENT_UNTRUSTED as soon as a certificate was refused: trying on doesn't change it. */
static int await_connection(struct client *client, int64_t deadline)
{
    const struct line_operations *line = client->line->operations;
    tell_connection(client);
    for (;;) {
        int64_t now = line_now(), slice = now + CONNECT_SLICE;
        if (line->connect(client->line, slice < deadline ? slice : deadline) == LINE_OK)
            break;
        if (line->trouble(client->line) == CLIENT_UNTRUSTED)
            return CLIENT_UNTRUSTED;
        if (now >= deadline)
            return CLIENT_UNREACHABLE;
    }
    tell_connection(client);
    return CLIENT_OK;
}

/* An answer says what the gateway's clock had reached when it was made. A frame may have waited in the
 * gateway: of two estimates the later one is nearer to the truth. */
static void note_clock(struct client *client, const Labgate__Answer *answer)
{
    if (answer->time == 0)
        return;
    int64_t now = line_now();
    bool is_better = answer->boot != client->boot || client->seen == 0 || now - client->at > ESTIMATE_LIFE ||
                     answer->time > client->seen + (uint64_t)(now - client->at);
    if (!is_better)
        return;
    client->boot = answer->boot;
    client->seen = answer->time;
    client->at = now;
}

static struct request_envelope envelope_now(const struct client *client)
{
    return (struct request_envelope){.token = client->token,
                                     .seat = client->seat,
                                     .seen = client->seen,
                                     .elapsed = client->seen != 0 ? (uint64_t)(line_now() - client->at) : 0};
}

/* --- what comes in
 * ---------------------------------------------------------------------------------------------------------
 */

static void keep_frame(struct watch *watch, Labgate__Answer *answer)
{
    if (watch->count == FRAMES_KEPT) { /* more than was asked for */
        client_free(answer);
        return;
    }
    watch->kept[(watch->first + watch->count++) % FRAMES_KEPT] = answer;
}

/* Takes one message in: frames of the watch are kept, the answer to `request` goes to *answer, all else is
 * dropped. LINE_OK: something came; CLIENT_MALFORMED in *fault when it was the awaited one and cannot be
 * read. */
static enum line_result take_message(struct client *client, uint32_t request, int64_t deadline,
                                     Labgate__Answer **answer, int *fault)
{
    struct line_message message;
    enum line_result result = client->line->operations->receive(client->line, deadline, &message);
    if (result != LINE_OK)
        return result;
    bool is_frame = client->watch.request != 0 && message.request == client->watch.request;
    bool is_answer = request != 0 && message.request == request;
    Labgate__Answer *came = is_frame || is_answer ? translate_unpack(message.bytes, message.size) : NULL;
    client->line->operations->release(client->line, &message);
    client->heard = line_now();
    if (is_answer && !came)
        *fault = CLIENT_MALFORMED;
    if (!came)
        return LINE_OK;
    note_clock(client, came);
    if (is_frame) {
        client->watch.heard = line_now();
        keep_frame(&client->watch, came);
    } else {
        *answer = came;
    }
    return LINE_OK;
}

/* --- calls
 * ------------------------------------------------------------------------------------------------------------------
 */

/* Sends the bytes on each new connection until the answer is there. */
static int exchange(struct client *client, const uint8_t *bytes, size_t size, int64_t deadline,
                    Labgate__Answer **answer)
{
    const struct line_operations *line = client->line->operations;
    uint32_t request = take_id(client);
    int64_t begun = line_now();
    bool sent = false;
    int fault = CLIENT_OK;
    while (!*answer && fault == CLIENT_OK) {
        int reached = await_connection(client, deadline);
        if (reached != CLIENT_OK)
            return reached == CLIENT_UNREACHABLE && sent ? CLIENT_TIMED_OUT : reached;
        enum line_result result = line->send(client->line, request, bytes, size, deadline);
        sent = sent || result == LINE_OK;
        while (result == LINE_OK && !*answer && fault == CLIENT_OK)
            result = take_message(client, request, deadline, answer, &fault);
        if (result == LINE_TIMED_OUT) {
            /* A connection that died without a word looks just like this. */
            int64_t heard = client->heard > begun ? client->heard : begun;
            if (line->is_unnumbered || line_now() - heard > CALL_SILENCE)
                line->reset(client->line);
            return CLIENT_TIMED_OUT;
        }
    }
    return fault;
}

int client_call(struct client *client, Labgate__Request *request, int64_t timeout, Labgate__Answer **answer)
{
    *answer = NULL;
    int64_t deadline = line_now() + timeout;
    /* The age of a command counts from here, however often it must be sent: what a bad line held back for
     * long is refused and not done late. */
    struct request_envelope envelope = envelope_now(client);
    translate_envelope(request, &envelope);
    size_t size;
    uint8_t *bytes = translate_pack(request, &size);
    if (!bytes)
        return CLIENT_NO_MEMORY;
    int result = exchange(client, bytes, size, deadline, answer);
    explicit_bzero(bytes, size); /* a password or a token */
    free(bytes);
    return result;
}

/* --- watching
 * ----------------------------------------------------------------------------------------------------------------
 */

/* Sends a Watch under the present id, or under a new one when there is none. */
static enum line_result ask(struct client *client, unsigned credit, int64_t deadline)
{
    struct watch *watch = &client->watch;
    struct request_envelope envelope = envelope_now(client);
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
        watch->request = take_id(client);
        watch->resumed = false;
        watch->heard = line_now();
        forget_frames(watch);
    }
    watch->epoch = client->line->operations->epoch(client->line);
    watch->taken = 0;
    enum line_result result =
        client->line->operations->send(client->line, watch->request, bytes, size, deadline);
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
    forget_frames(watch);
    free(watch->rig);
    *watch = (struct watch){0};
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
    if (watch->request != 0 && line_now() - watch->heard > WATCH_SILENCE) {
        watch->request = 0;
        client->line->operations->reset(client->line);
        return LINE_CHANGED;
    }
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
        int reached = await_connection(client, deadline);
        if (reached != CLIENT_OK)
            return reached == CLIENT_UNREACHABLE && was_asked ? CLIENT_TIMED_OUT : reached;
        enum line_result result = keep_asking(client, deadline);
        was_asked = was_asked || result == LINE_OK;
        if ((*answer = take_kept(client)))
            return CLIENT_OK;
        int fault = CLIENT_OK;
        int64_t silent = client->watch.heard + WATCH_SILENCE;
        if (result == LINE_OK && client->watch.request != 0)
            result = take_message(client, 0, silent < deadline ? silent : deadline, answer, &fault);
        if (result == LINE_TIMED_OUT && line_now() >= deadline)
            return CLIENT_TIMED_OUT;
    }
}
