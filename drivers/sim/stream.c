#include "drivers/sim/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PACING_GRAIN CLOCK_MILLISECOND /* bytes of a paced message leave in groups no longer than this */

struct outgoing {
    struct outgoing *next;
    int64_t start, per_byte;
    int64_t begun_at; /* -1: not yet */
    size_t length, sent;
    uint8_t bytes[];
};

void stream_init(struct stream *stream, int fd, int64_t silence)
{
    *stream = (struct stream){.fd = fd, .look_again_at = CLOCK_NEVER, .silence = silence};
}

void stream_finish(struct stream *stream)
{
    stream_drop_output(stream);
}

void stream_drop_output(struct stream *stream)
{
    while (stream->queue) {
        struct outgoing *message = stream->queue;
        stream->queue = message->next;
        free(message);
    }
    stream->blocked = false;
}

int stream_receive(struct stream *stream, int64_t now)
{
    for (;;) {
        uint8_t spill[512];
        size_t space = sizeof stream->input - stream->input_length;
        void *target = space ? stream->input + stream->input_length : spill;
        ssize_t got = read(stream->fd, target, space ? space : sizeof spill);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return STREAM_OK;
        if (got <= 0)
            return STREAM_CLOSED;
        if (stream->input_length == 0)
            stream->first_byte_at = now;
        stream->last_byte_at = now;
        if (space)
            stream->input_length += (size_t)got;
    }
}

void stream_consume(struct stream *stream, size_t bytes, int64_t now)
{
    stream->input_length -= bytes;
    memmove(stream->input, stream->input + bytes, stream->input_length);
    stream->first_byte_at = now;
    stream->look_again_at = CLOCK_NEVER;
}

void stream_send(struct stream *stream, const void *bytes, size_t length, int64_t start, int64_t per_byte)
{
    struct outgoing *message = malloc(sizeof *message + length);
    if (!message)
        return; /* a reply that is lost for want of memory is a lost reply */
    *message = (struct outgoing){.start = start, .per_byte = per_byte, .begun_at = -1, .length = length};
    memcpy(message->bytes, bytes, length);
    struct outgoing **place = &stream->queue;
    while (*place && ((*place)->begun_at >= 0 || (*place)->start <= start))
        place = &(*place)->next;
    message->next = *place;
    *place = message;
}

/* How many bytes of a message may have left by now. */
static size_t due_bytes(struct stream *stream, struct outgoing *message, int64_t now)
{
    if (message->begun_at < 0) {
        int64_t begin = message->start > stream->line_free_at ? message->start : stream->line_free_at;
        if (now < begin)
            return 0;
        message->begun_at = begin;
    }
    if (!message->per_byte)
        return message->length;
    int64_t passed = (now - message->begun_at) / message->per_byte;
    return passed >= (int64_t)message->length ? message->length : (size_t)passed;
}

int stream_flush(struct stream *stream, int64_t now)
{
    stream->blocked = false;
    while (stream->queue) {
        struct outgoing *message = stream->queue;
        size_t due = due_bytes(stream, message, now);
        while (message->sent < due) {
            ssize_t written = write(stream->fd, message->bytes + message->sent, due - message->sent);
            if (written < 0 && errno == EINTR)
                continue;
            if (written < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
                stream->blocked = true;
                return STREAM_OK;
            }
            if (written <= 0)
                return STREAM_CLOSED;
            message->sent += (size_t)written;
        }
        if (message->sent < message->length)
            return STREAM_OK;
        int64_t end = message->begun_at + message->per_byte * (int64_t)message->length;
        stream->line_free_at = end + stream->silence;
        stream->queue = message->next;
        free(message);
    }
    return STREAM_OK;
}

static int64_t output_deadline(const struct stream *stream)
{
    const struct outgoing *message = stream->queue;
    if (!message)
        return CLOCK_NEVER;
    if (message->begun_at < 0) {
        int64_t begin = message->start > stream->line_free_at ? message->start : stream->line_free_at;
        return message->per_byte ? begin + message->per_byte : begin;
    }
    int64_t end = message->begun_at + message->per_byte * (int64_t)message->length;
    int64_t grain = message->per_byte > PACING_GRAIN ? message->per_byte : PACING_GRAIN;
    int64_t next = message->begun_at + message->per_byte * (int64_t)message->sent + grain;
    return next < end ? next : end;
}

int64_t stream_deadline(const struct stream *stream)
{
    if (stream->blocked) /* the loop hears when the peer reads again */
        return CLOCK_NEVER;
    int64_t output = output_deadline(stream);
    return output < stream->look_again_at ? output : stream->look_again_at;
}
