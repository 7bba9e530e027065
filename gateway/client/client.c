#include "gateway/client/client.h"

#include "gateway/client/client_private.h"
#include "gateway/client/translate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define ID_BIT 0x80000000u /* marks the end of the ids that a request carries */
/* A better estimate of the gateway's clock is kept this long, then the next one counts: clocks drift apart.
 */
#define ESTIMATE_LIFE (60 * SECOND)
#define CONNECT_SLICE (SECOND / 4)
#define CALL_SILENCE  (3 * SECOND) /* then a call asks whether anybody is there */
#define SEND_MOST     (5 * SECOND)
#define PROBE_MOST    (3 * SECOND) /* for the answer to that */

/* --- life ------------------------------------------------------------------------------------- */

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

void client_destroy(struct client *client)
{
    if (!client)
        return;
    client_forget_watch(client);
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
        [-CLIENT_TOO_LARGE] = "the request is larger than a gateway takes, 64 KiB",
    };
    size_t at = result <= 0 ? (size_t)-result : sizeof texts;
    return at < sizeof texts / sizeof *texts ? texts[at] : "unknown result";
}

/* --- connection and clock --------------------------------------------------------------------- */

uint32_t client_take_id(struct client *client)
{
    return ID_BIT | (client->next_id++ & ~ID_BIT);
}

static void tell(struct client *client, bool connected)
{
    if (client->connection)
        client->connection(client->context, connected);
}

/* Tells the caller what became of the connection since it was told last; the first one goes without saying.
 */
static void tell_connection(struct client *client)
{
    bool connected = client->line->operations->connected(client->line);
    unsigned epoch = client->line->operations->epoch(client->line);
    bool was_lost = client->was_connected && (!connected || epoch != client->told_epoch);
    bool is_found = connected && epoch != client->told_epoch && client->had_connection;
    client->was_connected = connected;
    client->had_connection = client->had_connection || connected;
    client->told_epoch = connected ? epoch : client->told_epoch;
    if (was_lost)
        tell(client, false);
    if (is_found)
        tell(client, true);
}

/* Waits for a connection and tells the caller what happened to it. CLIENT_OK, CLIENT_UNREACHABLE at the
 * deadline, or CLIENT_UNTRUSTED as soon as a certificate was refused: trying on doesn't change it. */
int client_await_connection(struct client *client, int64_t deadline)
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

int client_connect(struct client *client, int64_t timeout)
{
    return client_await_connection(client, line_now() + timeout);
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

struct request_envelope client_envelope(const struct client *client)
{
    return (struct request_envelope){.token = client->token,
                                     .seat = client->seat,
                                     .seen = client->seen,
                                     .elapsed = client->seen != 0 ? (uint64_t)(line_now() - client->at) : 0};
}

/* --- what comes in ---------------------------------------------------------------------------- */

/* Takes one message in until `until`: frames of the watch are kept, the awaited answer goes to *answer, all
 * else is dropped. LINE_OK: something came; CLIENT_MALFORMED in *fault when it was the awaited one and cannot
 * be read. */
static enum line_result take_message(struct client *client, const struct client_awaited *awaited,
                                     int64_t until, Labgate__Answer **answer, int *fault)
{
    struct line_message message;
    enum line_result result =
        client->line->operations->receive(client->line, awaited->epoch, until, &message);
    if (result != LINE_OK)
        return result;
    bool is_frame = client->watch.request != 0 && message.request == client->watch.request;
    bool is_answer = awaited->request != 0 && message.request == awaited->request;
    Labgate__Answer *came = is_frame || is_answer ? translate_unpack(message.bytes, message.size) : NULL;
    client->line->operations->release(client->line, &message);
    if (is_answer && !came)
        *fault = CLIENT_MALFORMED;
    if (!came)
        return LINE_OK;
    note_clock(client, came);
    if (is_frame) {
        client_keep_frame(client, came);
    } else {
        *answer = came;
    }
    return LINE_OK;
}

/* --- calls ------------------------------------------------------------------------------------ */

/* Asks whether anybody is there; any answer will do. nng may have missed that a connection died, or it died
 * without a word. */
static enum line_result probe(struct client *client, unsigned epoch, int64_t deadline)
{
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Presence presence = LABGATE__PRESENCE__INIT;
    struct request_envelope envelope = client_envelope(client);
    translate_envelope(&request, &envelope);
    request.body_case = LABGATE__REQUEST__BODY_PRESENCE;
    request.presence = &presence;
    struct line_request packed = {.id = client_take_id(client)};
    uint8_t *bytes = translate_pack(&request, &packed.size);
    if (!bytes)
        return LINE_TIMED_OUT;
    packed.bytes = bytes;
    enum line_result result = client->line->operations->send(client->line, epoch, &packed, deadline);
    free(bytes);
    return result;
}

static void note_heard(struct client *client)
{
    client->quiet_since = line_now();
    client->unanswered = false;
    client->probed = 0;
}

enum line_result client_say(struct client *client, unsigned epoch, const struct line_request *request,
                            int64_t deadline)
{
    const struct line_operations *line = client->line->operations;
    int64_t until = line_now() + SEND_MOST;
    bool is_final = line->is_unnumbered || until >= deadline;
    if (epoch != client->heard_epoch) {
        client->heard_epoch = epoch;
        note_heard(client);
    }
    enum line_result result = line->send(client->line, epoch, request, is_final ? deadline : until);
    if (result == LINE_TIMED_OUT && !is_final) { /* it is dead, and nng doesn't know */
        line->reset(client->line);
        return LINE_CHANGED;
    }
    if (result == LINE_OK && !client->unanswered) {
        client->unanswered = true;
        client->quiet_since = line_now();
    }
    return result;
}

enum line_result client_listen(struct client *client, const struct client_awaited *awaited,
                               Labgate__Answer **answer, int *fault)
{
    const struct line_operations *line = client->line->operations;
    for (;;) {
        int64_t until = client->probed ? client->probed + PROBE_MOST : client->quiet_since + awaited->silence;
        bool is_final = line->is_unnumbered || until >= awaited->deadline;
        enum line_result result =
            take_message(client, awaited, is_final ? awaited->deadline : until, answer, fault);
        if (result == LINE_OK)
            note_heard(client);
        if (result != LINE_TIMED_OUT || is_final)
            return result;
        if (client->probed) {
            line->reset(client->line);
            return LINE_CHANGED;
        }
        result = probe(client, awaited->epoch, awaited->deadline);
        if (result != LINE_OK)
            return result;
        client->probed = line_now();
    }
}

/* Sends the bytes on each new connection until the answer is there. */
static int exchange(struct client *client, const uint8_t *bytes, size_t size, int64_t deadline,
                    Labgate__Answer **answer)
{
    const struct line_operations *line = client->line->operations;
    struct line_request request = {client_take_id(client), bytes, size};
    bool sent = false;
    int fault = CLIENT_OK;
    while (!*answer && fault == CLIENT_OK) {
        int reached = client_await_connection(client, deadline);
        if (reached != CLIENT_OK)
            return reached == CLIENT_UNREACHABLE && sent ? CLIENT_TIMED_OUT : reached;
        struct client_awaited awaited = {line->epoch(client->line), request.id, deadline, CALL_SILENCE};
        enum line_result result = client_say(client, awaited.epoch, &request, deadline);
        sent = sent || result == LINE_OK;
        while (result == LINE_OK && !*answer && fault == CLIENT_OK)
            result = client_listen(client, &awaited, answer, &fault);
        if (result == LINE_TIMED_OUT) {
            if (line->is_unnumbered)
                line->reset(client->line); /* or a late answer would be taken for the next one's */
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
    struct request_envelope envelope = client_envelope(client);
    translate_envelope(request, &envelope);
    size_t size;
    uint8_t *bytes = translate_pack(request, &size);
    if (!bytes)
        return CLIENT_NO_MEMORY;
    bool fits = size <= CLIENT_REQUEST_MAX || client->line->operations->is_unnumbered;
    int result = fits ? exchange(client, bytes, size, deadline, answer) : CLIENT_TOO_LARGE;
    explicit_bzero(bytes, size); /* a password or a token */
    free(bytes);
    return result;
}
