/* Modbus frames through libmodbus, used for what it does well: serial settings, RTU frames with their CRC,
 * and reading a reply to its end. Of 3.1.6 the following is done here instead:
 * - modbus_send_raw_request() sends transaction id 0 always, so the MBAP header is made here;
 * modbus_receive_confirmation() compares neither transaction, protocol, length nor unit over TCP.
 * - over RTU it ignores a reply of another unit by returning 0, and reads a baud rate that it does not know
 * as 9600.
 * - it keeps no silence between frames, locks no device, and connects with a timeout of its own. */
#include "drivers/registers.h"

#include "drivers/fault.h"
#include "drivers/serial_device.h"
#include "drivers/tcp_connect.h"

#include <errno.h>
#include <modbus/modbus.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#define MBAP_SIZE      7
#define CHARACTER_BITS 11 /* Modbus over Serial Line 2.5.1.1; 8N1 lines are a little faster than computed */

struct driver_line {
    const struct driver_line_spec *spec;
    modbus_t *context;
    struct serial_device device;
    uint16_t transaction;
    int64_t silent_until; /* RTU: the next frame may begin then */
};

/* --- timing
 * ------------------------------------------------------------------------------------------------------ */

int64_t registers_silence(int baud)
{
    return baud > 19200 ? 1750 * MICROSECOND : serial_time(baud, CHARACTER_BITS, 7) / 2;
}

int64_t registers_time(const struct driver_line_spec *spec, size_t request_bytes, size_t reply_bytes)
{
    if (!spec->serial)
        return spec->turnaround + 100 * MICROSECOND +
               (int64_t)(request_bytes + reply_bytes) * MICROSECOND / 10;
    int64_t frames = serial_time(spec->baud, CHARACTER_BITS, (int64_t)(request_bytes + reply_bytes + 6));
    return frames + 2 * registers_silence(spec->baud) + spec->turnaround;
}

/* --- opening and closing
 * ------------------------------------------------------------------------------------------ */

static int attach_tcp(struct driver_line *line, int64_t deadline, struct driver_fault *fault)
{
    int connection;
    int result = tcp_connect(line->spec->host, line->spec->port, deadline, &connection, fault);
    if (result)
        return result;
    if (connection >= FD_SETSIZE) { /* the library select()s */
        close(connection);
        return driver_fail(fault, DRIVER_DISCONNECTED, EMFILE, "connecting to %.60s: too many open files",
                           line->spec->host);
    }
    modbus_set_socket(line->context, connection);
    return 0;
}

static int open_tcp(struct driver_line *line, int64_t deadline, struct driver_fault *fault)
{
    line->context = modbus_new_tcp("0.0.0.0", 0); /* where to is ours to say, in attach_tcp() */
    if (!line->context)
        return driver_fail(fault, DRIVER_NO_MEMORY, errno, "connecting to %.60s: out of memory",
                           line->spec->host);
    return attach_tcp(line, deadline, fault);
}

static bool baud_accepted(int descriptor, int baud)
{
    struct termios settings;
    return baud == 9600 || (!tcgetattr(descriptor, &settings) && cfgetospeed(&settings) != B9600);
}

static int open_rtu(struct driver_line *line, struct driver_fault *fault)
{
    const struct driver_line_spec *spec = line->spec;
    int result = serial_device_claim(&line->device, spec->device, fault);
    if (result)
        return result;
    static const char parity[] = {'N', 'E', 'O'};
    line->context =
        modbus_new_rtu(line->device.path, spec->baud, parity[spec->parity], spec->data_bits, spec->stop_bits);
    if (!line->context)
        return driver_fail(fault, DRIVER_NO_MEMORY, errno, "opening %.60s: %s", spec->device,
                           strerror(errno));
    if (modbus_connect(line->context))
        return driver_fail(fault, DRIVER_DISCONNECTED, errno, "opening %.60s: %s", spec->device,
                           strerror(errno));
    int descriptor = modbus_get_socket(line->context);
    if (descriptor >= FD_SETSIZE)
        return driver_fail(fault, DRIVER_DISCONNECTED, EMFILE, "opening %.60s: too many open files",
                           spec->device);
    if (!baud_accepted(descriptor, spec->baud))
        return driver_fail(fault, DRIVER_INVALID, 0,
                           "opening %.60s: %d baud is not a rate that it can run at", spec->device,
                           spec->baud);
    serial_device_seal(&line->device);
    tcflush(descriptor, TCIOFLUSH);
    line->silent_until = driver_now() + registers_silence(spec->baud);
    return 0;
}

static void registers_close(struct driver_line *line)
{
    if (!line)
        return;
    if (line->context) {
        if (line->spec->serial && modbus_get_socket(line->context) >= 0)
            tcflush(modbus_get_socket(line->context), TCIOFLUSH); /* closing would wait until it is sent */
        modbus_close(line->context);
        modbus_free(line->context);
    }
    serial_device_release(&line->device);
    free(line);
}

static int registers_open(const struct driver_line_spec *spec, int64_t deadline, struct driver_line **opened,
                          struct driver_fault *fault)
{
    *opened = NULL;
    struct driver_line *line = calloc(1, sizeof *line);
    if (!line)
        return driver_fail(fault, DRIVER_NO_MEMORY, 0, "opening a line: out of memory");
    line->spec = spec;
    line->device.lock = -1;
    int result = spec->serial ? open_rtu(line, fault) : open_tcp(line, deadline, fault);
    if (result)
        registers_close(line);
    else
        *opened = line;
    return result;
}

/* --- recovery
 * ----------------------------------------------------------------------------------------------------- */

static int discard_until_silent(struct driver_line *line, int64_t quiet, int64_t deadline,
                                struct driver_fault *fault)
{
    int descriptor = modbus_get_socket(line->context);
    for (int64_t now = driver_now(); now + quiet <= deadline; now = driver_now()) {
        int events = driver_poll(descriptor, POLLIN, now + quiet);
        if (!events)
            return 0;
        uint8_t bytes[256];
        ssize_t got = events > 0 ? read(descriptor, bytes, sizeof bytes) : -1;
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
            return driver_fail(fault, DRIVER_DISCONNECTED, got ? errno : 0,
                               "recovering %.60s: the line is gone", line->spec->device);
    }
    return driver_fail(fault, DRIVER_TIMED_OUT, 0, "waiting for silence on %.60s: it did not come in time",
                       line->spec->device);
}

/* The old connection takes a late answer with it. The pause is for gateways, which may still be waiting for
 * their own line's answer and would hand it to whoever asks next. */
static int reconnect(struct driver_line *line, int64_t quiet, int64_t deadline, struct driver_fault *fault)
{
    modbus_close(line->context);
    modbus_set_socket(line->context, -1);
    int64_t until = driver_now() + quiet;
    driver_wait_until(until < deadline ? until : deadline);
    return attach_tcp(line, deadline, fault);
}

static int registers_recover(struct driver_line *line, int64_t quiet, int64_t deadline,
                             struct driver_fault *fault)
{
    if (!line->spec->serial)
        return reconnect(line, quiet, deadline, fault);
    int64_t least = registers_silence(line->spec->baud);
    int result = discard_until_silent(line, quiet > least ? quiet : least, deadline, fault);
    line->silent_until = driver_now();
    return result;
}

/* --- one transaction
 * ---------------------------------------------------------------------------------------------- */

static int complain(const struct registers_request *request, int result, int code, const char *why,
                    struct driver_fault *fault)
{
    char what[80];
    registers_describe(request, what, sizeof what);
    return driver_fail(fault, result, code, "%s: %s", what, why);
}

/* Whatever is readable before the question is not its answer; of two answers, neither is known to be the one.
 */
static int check_in_step(struct driver_line *line, const struct registers_request *request,
                         struct driver_fault *fault)
{
    int descriptor = modbus_get_socket(line->context);
    if (descriptor < 0)
        return complain(request, DRIVER_DISCONNECTED, 0, "the line is not open", fault);
    int events = driver_poll(descriptor, POLLIN, 0);
    if (!events)
        return 0;
    int waiting = 0;
    if (events > 0 && !ioctl(descriptor, FIONREAD, &waiting) && waiting > 0)
        return complain(request, DRIVER_GARBLED, 0, "an answer came that nobody had asked for", fault);
    return complain(request, DRIVER_DISCONNECTED, 0, "the other end has closed the line", fault);
}

static int send_tcp(struct driver_line *line, const struct registers_request *request)
{
    uint8_t frame[MBAP_SIZE + REGISTERS_PDU_MAX];
    size_t length = registers_encode(request, frame + MBAP_SIZE);
    line->transaction++;
    const uint8_t header[MBAP_SIZE] = {(uint8_t)(line->transaction >> 8),
                                       (uint8_t)line->transaction,
                                       0,
                                       0,
                                       0,
                                       (uint8_t)(length + 1),
                                       request->unit};
    memcpy(frame, header, sizeof header);
    ssize_t sent = send(modbus_get_socket(line->context), frame, MBAP_SIZE + length, MSG_NOSIGNAL);
    if (sent >= 0 && sent < (ssize_t)(MBAP_SIZE + length)) {
        errno = EPIPE;
        return -1;
    }
    return sent < 0 ? -1 : 0;
}

static int send_rtu(struct driver_line *line, const struct registers_request *request)
{
    uint8_t frame[1 + REGISTERS_PDU_MAX];
    frame[0] = request->unit;
    size_t length = registers_encode(request, frame + 1);
    return modbus_send_raw_request(line->context, frame, (int)length + 1) < 0 ? -1 : 0;
}

static int send_request(struct driver_line *line, const struct registers_request *request, int64_t deadline,
                        struct driver_fault *fault)
{
    if (modbus_set_slave(line->context, request->unit))
        return complain(request, DRIVER_INVALID, errno, "units are 1 to 247", fault);
    if (line->spec->serial) {
        if (line->silent_until >= deadline)
            return complain(request, DRIVER_TIMED_OUT, 0, "no time was left to send it", fault);
        driver_wait_until(line->silent_until);
    }
    int result = check_in_step(line, request, fault);
    if (result)
        return result;
    if (!(line->spec->serial ? send_rtu(line, request) : send_tcp(line, request)))
        return 0;
    return complain(request, DRIVER_DISCONNECTED, errno, strerror(errno), fault);
}

static int explain_receive_error(const struct registers_request *request, int error,
                                 struct driver_fault *fault)
{
    switch (error) {
    case ETIMEDOUT:
        return complain(request, DRIVER_TIMED_OUT, error, "no complete answer in time", fault);
    case EMBBADCRC:
        return complain(request, DRIVER_GARBLED, 0, "the answer's checksum is wrong", fault);
    case EMBBADDATA:
        return complain(request, DRIVER_GARBLED, 0, "the answer is longer than any can be", fault);
    default:
        return complain(request, DRIVER_DISCONNECTED, error, strerror(error), fault);
    }
}

/* The time that the line needs to carry the request away is no part of the instrument's time to answer. */
static int64_t transmission(const struct driver_line_spec *spec, const struct registers_request *request)
{
    uint8_t pdu[REGISTERS_PDU_MAX];
    size_t length = registers_encode(request, pdu);
    return spec->serial ? serial_time(spec->baud, CHARACTER_BITS, (int64_t)length + 3) : 0;
}

static int receive(struct driver_line *line, const struct registers_request *request, uint8_t *frame,
                   int *length, int64_t deadline, struct driver_fault *fault)
{
    int64_t now = driver_now();
    int64_t until = now + line->spec->timeout + transmission(line->spec, request);
    int64_t left = (until < deadline ? until : deadline) - now;
    if (left < MICROSECOND)
        left = MICROSECOND;
    modbus_set_response_timeout(line->context, (uint32_t)(left / SECOND),
                                (uint32_t)(left % SECOND / MICROSECOND));
    modbus_set_byte_timeout(line->context, 0, 0); /* the whole reply within the response timeout */
    *length = modbus_receive_confirmation(line->context, frame);
    int error = errno;
    if (line->spec->serial)
        line->silent_until = driver_now() + registers_silence(line->spec->baud);
    /* 0: the library ignored another unit's reply without checking it; find_header_mismatch() says so. */
    return *length < 0 ? explain_receive_error(request, error, fault) : 0;
}

static const char *find_header_mismatch(const struct driver_line *line,
                                        const struct registers_request *request, const uint8_t *frame,
                                        int length)
{
    if (line->spec->serial)
        return frame[0] == request->unit ? NULL : "another unit answered";
    if (frame[0] != line->transaction >> 8 || frame[1] != (line->transaction & 0xFF))
        return "the answer belongs to another transaction";
    if (frame[2] || frame[3])
        return "the answer is of another protocol";
    if ((frame[4] << 8 | frame[5]) != length - 6)
        return "the answer's header gives a wrong length";
    return frame[6] == request->unit ? NULL : "another unit answered";
}

int registers_transact(struct driver_line *line, const struct registers_request *request, uint8_t *data,
                       int64_t deadline, struct driver_fault *fault)
{
    int result = send_request(line, request, deadline, fault);
    if (result)
        return result;
    uint8_t frame[MODBUS_MAX_ADU_LENGTH];
    int length;
    result = receive(line, request, frame, &length, deadline, fault);
    if (result)
        return result;
    const char *mismatch = find_header_mismatch(line, request, frame, length);
    if (mismatch)
        return complain(request, DRIVER_GARBLED, 0, mismatch, fault);
    const uint8_t *pdu = frame + (line->spec->serial ? 1 : MBAP_SIZE);
    size_t pdu_length = (size_t)length - (line->spec->serial ? 3 : MBAP_SIZE);
    result = registers_check(request, pdu, pdu_length, fault);
    if (!result)
        result = check_in_step(line, request, fault);
    if (!result && data)
        memcpy(data, pdu + 2, registers_data_size(request));
    return result;
}

static bool registers_listen(struct driver_line *line, int64_t until)
{
    return driver_poll(modbus_get_socket(line->context), POLLIN, until) != 0;
}

const struct driver_transport registers_transport = {
    .name = "registers",
    .open = registers_open,
    .close = registers_close,
    .recover = registers_recover,
    .listen = registers_listen,
};
