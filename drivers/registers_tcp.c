/* Modbus frames over TCP. They are made and read here: libmodbus 3.1.6 sends transaction id 0 for raw
 * requests and compares neither transaction, protocol, length nor unit when it receives one. */
#include "drivers/fault.h"
#include "drivers/registers_line.h"
#include "drivers/tcp_connect.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MBAP_SIZE   7 /* transaction, protocol, length, unit */
#define MBAP_BEFORE 6 /* bytes that the length does not count */

/* A reply is usually waited for with one system call: in recv(), for as long as the kernel's own timeout,
 * which is coarse and so ends well before the instrument's. Only what is left of that is waited for with
 * poll. */
#define COARSE (50 * MILLISECOND)

static int tcp_open(struct driver_line *line, int64_t deadline, struct driver_fault *fault)
{
    int result = tcp_connect(line->spec->host, line->spec->port, deadline, &line->descriptor, fault);
    int64_t patience = line->spec->timeout - COARSE;
    struct timeval wait = {.tv_sec = patience / SECOND, .tv_usec = patience % SECOND / MICROSECOND};
    line->waits_in_recv = result == 0 && patience > 0 &&
                          !setsockopt(line->descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) &&
                          !fcntl(line->descriptor, F_SETFL, 0);
    return result;
}

static void tcp_close(struct driver_line *line)
{
    if (line->descriptor >= 0)
        close(line->descriptor);
    line->descriptor = -1;
}

/* The old connection takes a late answer with it. The pause is for gateways, which may still be waiting
 * for their own line's answer and would hand it to whoever asks next. */
static int tcp_recover(struct driver_line *line, int64_t quiet, int64_t deadline, struct driver_fault *fault)
{
    tcp_close(line);
    int64_t until = driver_now() + quiet;
    driver_wait_until(until < deadline ? until : deadline);
    return tcp_open(line, deadline, fault);
}

static int fail(int result, const char *reason, const char **why)
{
    *why = reason;
    return result;
}

static int fail_received(ssize_t got, const char **why)
{
    return fail(DRIVER_DISCONNECTED, got ? strerror(errno) : "the other end has closed the line", why);
}

/* Whatever is readable before the question is not its answer. */
static int check_in_step(int connection, const char **why)
{
    char byte;
    ssize_t got = recv(connection, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got > 0)
        return fail(DRIVER_GARBLED, "an answer came that nobody had asked for", why);
    return got < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : fail_received(got, why);
}

static int tcp_send(struct driver_line *line, const struct registers_request *request, int64_t deadline,
                    const char **why)
{
    (void)deadline; /* a request always fits into the connection's buffer: there is never more than one */
    int result = check_in_step(line->descriptor, why);
    if (result)
        return result;
    uint8_t frame[REGISTERS_FRAME_MAX] = {0};
    size_t length = registers_encode(request, frame + MBAP_SIZE);
    line->transaction++;
    frame[0] = (uint8_t)(line->transaction >> 8);
    frame[1] = (uint8_t)line->transaction;
    frame[5] = (uint8_t)(length + MBAP_SIZE - MBAP_BEFORE);
    frame[6] = request->unit;
    ssize_t sent = send(line->descriptor, frame, MBAP_SIZE + length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent == (ssize_t)(MBAP_SIZE + length))
        return 0;
    return fail(DRIVER_DISCONNECTED, sent < 0 ? strerror(errno) : "the line takes no more bytes", why);
}

/* Length of the whole frame, as its header says. */
static size_t announced(const struct registers_frame *frame)
{
    return MBAP_BEFORE + (size_t)(frame->bytes[4] << 8 | frame->bytes[5]);
}

/* Of the header as far as it is there. */
static const char *find_mismatch(const struct driver_line *line, const struct registers_request *request,
                                 const struct registers_frame *frame)
{
    const uint8_t *bytes = frame->bytes;
    if (frame->length < MBAP_SIZE)
        return NULL;
    size_t length = announced(frame) - MBAP_SIZE;
    if (bytes[0] != line->transaction >> 8 || bytes[1] != (line->transaction & 0xFF))
        return "the answer belongs to another transaction";
    if (bytes[2] || bytes[3])
        return "the answer is of another protocol";
    if (length != registers_reply_size(request) && length != REGISTERS_EXCEPTION_SIZE)
        return "the answer's length is not that of the question";
    if (bytes[6] != request->unit)
        return "another unit answered";
    return frame->length > announced(frame) ? "more than one answer came" : NULL;
}

static int tcp_receive(struct driver_line *line, const struct registers_request *request,
                       struct registers_frame *frame, int64_t until, const char **why)
{
    bool patient = line->waits_in_recv && until - driver_now() >= line->spec->timeout - COARSE / 2;
    frame->length = 0;
    while (frame->length < MBAP_SIZE || frame->length < announced(frame)) {
        if (!patient && driver_poll(line->descriptor, POLLIN, until) == 0)
            return fail(DRIVER_TIMED_OUT, "no complete answer in time", why);
        ssize_t got = recv(line->descriptor, frame->bytes + frame->length,
                           sizeof frame->bytes - frame->length, patient ? 0 : MSG_DONTWAIT);
        patient = false;
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
            return fail_received(got, why);
        frame->length += got > 0 ? (size_t)got : 0;
        const char *mismatch = find_mismatch(line, request, frame);
        if (mismatch)
            return fail(DRIVER_GARBLED, mismatch, why);
    }
    frame->pdu = frame->bytes + MBAP_SIZE;
    frame->pdu_length = frame->length - MBAP_SIZE;
    return 0;
}

const struct registers_carrier registers_tcp = {
    .open = tcp_open,
    .close = tcp_close,
    .recover = tcp_recover,
    .send = tcp_send,
    .receive = tcp_receive,
};
