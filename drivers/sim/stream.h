/* stream.h - one connection's bytes: what has come in, and what is to go out and when.
 *
 * Outgoing messages are sent in the order of their start times, each whole before the next, at once or at the
 * pace of a serial line. Nothing here blocks. */
#ifndef DRIVERS_SIM_STREAM_H
#define DRIVERS_SIM_STREAM_H

#include "drivers/sim/clock.h"

#include <stddef.h>

#define STREAM_INPUT_MAX 8192

struct outgoing;

struct stream {
    int fd;
    uint8_t input[STREAM_INPUT_MAX];
    size_t input_length;
    int64_t first_byte_at, last_byte_at; /* of the input that waits */
    int64_t look_again_at;               /* the protocol wants to see the input again; CLOCK_NEVER */
    struct outgoing *queue;
    int64_t line_free_at; /* when the last message's last byte leaves, and the line's silence is over */
    int64_t silence;      /* between messages on a paced line, ns */
    bool blocked;         /* the peer doesn't read */
};

void stream_init(struct stream *stream, int fd, int64_t silence);
void stream_finish(struct stream *stream); /* closes nothing */

enum stream_result { STREAM_OK = 0, STREAM_CLOSED = -1 };

/* Takes what the peer sent; what doesn't fit is thrown away, as a full receive buffer does. */
int stream_receive(struct stream *stream, int64_t now);
void stream_consume(struct stream *stream, size_t bytes, int64_t now);

/* Copies the message. `per_byte`: ns between bytes, 0 for all at once. */
void stream_send(struct stream *stream, const void *bytes, size_t length, int64_t start, int64_t per_byte);
/* Writes what is due. */
int stream_flush(struct stream *stream, int64_t now);
/* When stream_flush or the protocol has something to do next. */
int64_t stream_deadline(const struct stream *stream);
void stream_drop_output(struct stream *stream);

#endif
