#include "drivers/stream.h"

#include "drivers/fault.h"
#include "drivers/stream_port.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_SIZE 4096

struct driver_line {
    const struct driver_line_spec *spec;
    struct stream_port port;
    bool after_block;  /* a terminator may come that belongs to the block before it */
    size_t begin, end; /* of what was received and not yet taken */
    char buffer[BUFFER_SIZE];
};

/* --- opening and closing --- */

static int open_port(struct driver_line *line, int64_t deadline, struct driver_fault *fault)
{
    return line->spec->serial ? stream_open_serial(&line->port, line->spec, fault)
                              : stream_open_tcp(&line->port, line->spec, deadline, fault);
}

static void close_port(struct driver_line *line)
{
    if (line->spec->serial)
        stream_close_serial(&line->port);
    else
        stream_close_tcp(&line->port);
}

static void stream_close(struct driver_line *line)
{
    if (!line)
        return;
    close_port(line);
    free(line);
}

static int stream_open(const struct driver_line_spec *spec, int64_t deadline, struct driver_line **opened,
                       struct driver_fault *fault)
{
    *opened = NULL;
    struct driver_line *line = calloc(1, sizeof *line);
    if (!line)
        return driver_fail(fault, DRIVER_NO_MEMORY, 0, "opening a line: out of memory");
    line->spec = spec;
    line->port.descriptor = -1;
    line->port.device.lock = -1;
    int result = open_port(line, deadline, fault);
    if (result)
        stream_close(line);
    else
        *opened = line;
    return result;
}

const struct driver_line_spec *stream_spec(const struct driver_line *line)
{
    return line->spec;
}

int64_t stream_time(const struct driver_line_spec *spec, size_t bytes)
{
    return spec->serial ? serial_time(spec->baud, serial_character_bits(spec), (int64_t)bytes) : 0;
}

/* --- bytes --- */

static int disconnected(int error, struct driver_fault *fault)
{
    return driver_fail(fault, DRIVER_DISCONNECTED, error, "the line is gone: %s",
                       error ? strerror(error) : "the other end has closed it");
}

/* Receives what is there, at most `capacity`, waiting for the first byte until `deadline`. *got > 0 on
 * success. */
static int receive(struct driver_line *line, char *bytes, size_t capacity, size_t *got, int64_t deadline,
                   struct driver_fault *fault)
{
    if (line->port.descriptor < 0)
        return disconnected(0, fault);
    for (;;) {
        int events = driver_poll(line->port.descriptor, POLLIN, deadline);
        if (!events)
            return driver_fail(fault, DRIVER_TIMED_OUT, 0, "no complete answer in time");
        ssize_t count = events > 0 ? read(line->port.descriptor, bytes, capacity) : -1;
        if (count > 0) {
            *got = (size_t)count;
            return 0;
        }
        if (count == 0 || (errno != EAGAIN && errno != EINTR))
            return disconnected(count ? errno : 0, fault);
    }
}

/* Makes line->buffer hold at least one byte. */
static int fill(struct driver_line *line, int64_t deadline, struct driver_fault *fault)
{
    if (line->begin < line->end)
        return 0;
    size_t got = 0;
    int result = receive(line, line->buffer, sizeof line->buffer, &got, deadline, fault);
    if (result)
        return result;
    line->begin = 0;
    line->end = got;
    return 0;
}

/* A reader that was kept from the processor finds what came meanwhile; it may be the answer to an older
 * question, and only the time would have told. */
static int in_time(int result, int64_t deadline, struct driver_fault *fault)
{
    if (!result && driver_now() > deadline)
        return driver_fail(fault, DRIVER_TIMED_OUT, 0, "no complete answer in time");
    return result;
}

static void skip_block_terminator(struct driver_line *line)
{
    while (line->after_block && line->begin < line->end) {
        char next = line->buffer[line->begin];
        line->after_block = next == '\r';
        line->begin += next == '\r' || next == '\n';
    }
}

int stream_check_in_step(struct driver_line *line, struct driver_fault *fault)
{
    int result = fill(line, 0, fault);
    if (result == DRIVER_TIMED_OUT)
        return 0;
    if (result)
        return result;
    skip_block_terminator(line);
    if (line->begin == line->end)
        return 0;
    driver_fail(fault, DRIVER_GARBLED, 0, "an answer came that nobody had asked for");
    if (fault)
        fault->stray = memchr(line->buffer + line->begin, '\n', line->end - line->begin);
    return DRIVER_GARBLED;
}

static ssize_t put(struct driver_line *line, const char *bytes, size_t length)
{
    if (line->spec->serial)
        return write(line->port.descriptor, bytes, length);
    return send(line->port.descriptor, bytes, length, MSG_NOSIGNAL);
}

int stream_send(struct driver_line *line, const char *bytes, size_t length, int64_t deadline,
                struct driver_fault *fault)
{
    if (line->port.descriptor < 0)
        return disconnected(0, fault);
    while (length > 0) {
        int events = driver_poll(line->port.descriptor, POLLOUT, deadline);
        if (!events)
            return driver_fail(fault, DRIVER_TIMED_OUT, 0, "the line takes no more bytes");
        ssize_t count = events > 0 ? put(line, bytes, length) : -1;
        if (count < 0 && errno != EAGAIN && errno != EINTR)
            return disconnected(errno, fault);
        if (count > 0) {
            bytes += count;
            length -= (size_t)count;
        }
    }
    return 0;
}

/* --- lines and blocks --- */

int stream_read_line(struct driver_line *line, char *text, size_t capacity, int64_t deadline,
                     struct driver_fault *fault)
{
    size_t length = 0;
    for (;;) {
        int result = in_time(fill(line, deadline, fault), deadline, fault);
        if (result)
            return result;
        skip_block_terminator(line);
        if (line->begin == line->end)
            continue;
        const char *from = line->buffer + line->begin;
        size_t there = line->end - line->begin;
        const char *newline = memchr(from, '\n', there);
        size_t taken = newline ? (size_t)(newline - from) : there;
        if (length + taken >= capacity)
            return driver_fail(fault, DRIVER_GARBLED, 0, "the answer is longer than %zu bytes", capacity - 1);
        memcpy(text + length, from, taken);
        length += taken;
        line->begin += taken + (newline != NULL);
        if (newline)
            break;
    }
    if (length > 0 && text[length - 1] == '\r')
        length--;
    text[length] = '\0';
    return 0;
}

/* Reads exactly so many bytes. */
static int stream_read_exactly(struct driver_line *line, void *bytes, size_t length, int64_t deadline,
                               struct driver_fault *fault)
{
    char *to = bytes;
    size_t there = line->end - line->begin;
    size_t taken = there < length ? there : length;
    memcpy(to, line->buffer + line->begin, taken);
    line->begin += taken;
    while (taken < length) {
        size_t got;
        int result =
            in_time(receive(line, to + taken, length - taken, &got, deadline, fault), deadline, fault);
        if (result)
            return result;
        taken += got;
    }
    return 0;
}

static int read_block_length(struct driver_line *line, size_t *length, int64_t deadline,
                             struct driver_fault *fault)
{
    int result;
    do {
        result = in_time(fill(line, deadline, fault), deadline, fault);
        if (result)
            return result;
        skip_block_terminator(line);
    } while (line->begin == line->end);
    char head[2];
    result = stream_read_exactly(line, head, sizeof head, deadline, fault);
    if (result)
        return result;
    if (head[0] != '#' || !isdigit((unsigned char)head[1]))
        return driver_fail(fault, DRIVER_GARBLED, 0, "the answer is not a block: it begins with %02X %02X",
                           (unsigned char)head[0], (unsigned char)head[1]);
    if (head[1] == '0')
        return driver_fail(fault, DRIVER_GARBLED, 0,
                           "the block has no length (#0): it cannot be known whether it is complete");
    char digits[10] = "";
    result = stream_read_exactly(line, digits, (size_t)(head[1] - '0'), deadline, fault);
    if (result)
        return result;
    if (strspn(digits, "0123456789") != (size_t)(head[1] - '0'))
        return driver_fail(fault, DRIVER_GARBLED, 0, "the block's length is not a number");
    *length = strtoul(digits, NULL, 10);
    return 0;
}

int stream_read_block(struct driver_line *line, void *bytes, size_t length, int64_t deadline,
                      struct driver_fault *fault)
{
    size_t announced = 0;
    int result = read_block_length(line, &announced, deadline, fault);
    if (result)
        return result;
    if (announced != length)
        return driver_fail(fault, DRIVER_GARBLED, 0, "the block has %zu bytes, not the %zu asked for",
                           announced, length);
    result = stream_read_exactly(line, bytes, length, deadline, fault);
    line->after_block = !result;
    return result;
}

/* --- recovery --- */

int stream_drain(struct driver_line *line, int64_t quiet, int64_t deadline, struct driver_fault *fault)
{
    line->after_block = false;
    for (int64_t now = driver_now(); now + quiet <= deadline; now = driver_now()) {
        line->begin = line->end = 0;
        int result = fill(line, now + quiet, fault);
        if (result)
            return result == DRIVER_TIMED_OUT ? 0 : result;
    }
    return driver_fail(fault, DRIVER_TIMED_OUT, 0, "waiting for silence: it did not come in time");
}

/* The old connection takes a late answer with it. The pause is for adapters from TCP to serial lines,
 * which would hand an answer that is still on its way to the next connection. */
static int stream_recover(struct driver_line *line, int64_t quiet, int64_t deadline,
                          struct driver_fault *fault)
{
    if (line->spec->serial)
        return stream_drain(line, quiet, deadline, fault);
    close_port(line);
    line->begin = line->end = 0;
    line->after_block = false;
    int64_t until = driver_now() + quiet;
    driver_wait_until(until < deadline ? until : deadline);
    return open_port(line, deadline, fault);
}

static bool stream_listen(struct driver_line *line, int64_t until)
{
    return line->begin < line->end || driver_poll(line->port.descriptor, POLLIN, until) != 0;
}

const struct driver_transport stream_transport = {
    .name = "stream",
    .open = stream_open,
    .close = stream_close,
    .recover = stream_recover,
    .listen = stream_listen,
};
