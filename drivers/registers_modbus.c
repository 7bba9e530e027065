/* Modbus frames over serial lines (RTU) through libmodbus, used for what it does well: the port's
 * settings, the frames with their CRC, and reading a reply to its end. Done here instead of by 3.1.6:
 * - a reply of another unit is refused; the library returns 0 for it, without a look at its CRC.
 * - a baud rate that it does not know is refused; the library runs at 9600 then.
 * - the silence between frames is kept, the device is held alone, and nothing waits without a deadline.
 * Its error recovery stays off. */
#include "drivers/fault.h"
#include "drivers/registers_line.h"

#include <errno.h>
#include <modbus/modbus.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <termios.h>
#include <unistd.h>

#define CHECKSUM_SIZE   2
#define WAKES_LATE_MOST (200 * MICROSECOND)
#define SHORTEST_FRAME  5 /* an exception */

/* --- opening and closing --- */

static bool is_at_rate(int descriptor, int baud)
{
    struct termios settings;
    return baud == 9600 || (!tcgetattr(descriptor, &settings) && cfgetospeed(&settings) != B9600);
}

static int connect_library(struct driver_line *line, struct driver_fault *fault)
{
    static const char parity[] = {'N', 'E', 'O'};
    const struct driver_line_spec *spec = line->spec;
    line->library =
        modbus_new_rtu(line->device.path, spec->baud, parity[spec->parity], spec->data_bits, spec->stop_bits);
    if (!line->library)
        return driver_fail(fault, DRIVER_NO_MEMORY, errno, "opening %.60s: %s", spec->device,
                           strerror(errno));
    if (modbus_connect(line->library))
        return driver_fail(fault, DRIVER_DISCONNECTED, errno, "opening %.60s: %s", spec->device,
                           strerror(errno));
    int descriptor = modbus_get_socket(line->library);
    if (descriptor >= FD_SETSIZE) /* the library select()s */
        return driver_fail(fault, DRIVER_DISCONNECTED, EMFILE, "opening %.60s: too many open files",
                           spec->device);
    if (!is_at_rate(descriptor, spec->baud))
        return driver_fail(fault, DRIVER_INVALID, 0,
                           "opening %.60s: %d baud is not a rate that it can run at", spec->device,
                           spec->baud);
    modbus_set_byte_timeout(line->library, 0, 0); /* the whole reply within the response timeout */
    line->descriptor = descriptor;
    return 0;
}

static int rtu_open(struct driver_line *line, int64_t deadline, struct driver_fault *fault)
{
    (void)deadline; /* opening a port does not wait */
    int result = serial_device_claim(&line->device, line->spec->device, fault);
    if (!result)
        result = connect_library(line, fault);
    if (result)
        return result;
    serial_device_seal(&line->device);
    tcflush(line->descriptor, TCIOFLUSH);
    line->silent_until = driver_now() + registers_silence(line->spec->baud);
    return 0;
}

static void rtu_close(struct driver_line *line)
{
    if (line->descriptor >= 0)
        tcflush(line->descriptor, TCIOFLUSH); /* closing would wait until it is sent */
    if (line->library) {
        modbus_close(line->library);
        modbus_free(line->library);
    }
    line->library = NULL;
    line->descriptor = -1;
    serial_device_release(&line->device);
}

/* --- recovery --- */

static int rtu_recover(struct driver_line *line, int64_t quiet, int64_t deadline, struct driver_fault *fault)
{
    int64_t least = registers_silence(line->spec->baud);
    quiet = quiet > least ? quiet : least;
    for (int64_t now = driver_now(); now + quiet <= deadline; now = driver_now()) {
        int events = driver_poll(line->descriptor, POLLIN, now + quiet);
        if (!events) {
            line->silent_until = now + quiet;
            return 0;
        }
        uint8_t bytes[REGISTERS_FRAME_MAX];
        ssize_t got = events > 0 ? read(line->descriptor, bytes, sizeof bytes) : -1;
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
            return driver_fail(fault, DRIVER_DISCONNECTED, got ? errno : 0,
                               "recovering %.60s: the line is gone", line->spec->device);
    }
    return driver_fail(fault, DRIVER_TIMED_OUT, 0, "waiting for silence on %.60s: it did not come in time",
                       line->spec->device);
}

/* --- one transaction --- */

static int fail(int result, const char *reason, const char **why)
{
    *why = reason;
    return result;
}

/* Whatever is readable before the question is not its answer; of two answers, neither is known to be the
 * one. */
static int check_in_step(struct driver_line *line, const char **why)
{
    int events = driver_poll(line->descriptor, POLLIN, 0);
    if (!events)
        return 0;
    int waiting = 0;
    if (events > 0 && !ioctl(line->descriptor, FIONREAD, &waiting) && waiting > 0) {
        line->stray = waiting >= SHORTEST_FRAME;
        return fail(DRIVER_GARBLED, "an answer came that nobody had asked for", why);
    }
    return fail(DRIVER_DISCONNECTED, "the other end has closed the line", why);
}

/* Sleeps until the line may be used. A sleeper is woken late, by much the same each time; on a fast line that
 * would be a twentieth of each transaction. So it asks to be woken earlier by as much, and waits for the rest
 * awake. */
static void keep_silence(struct driver_line *line)
{
    if (line->silent_until <= driver_now())
        return;
    int64_t wake = line->silent_until - line->wakes_late;
    driver_wait_until(wake);
    int64_t late = driver_now() - wake, most = line->wakes_late + WAKES_LATE_MOST / 8;
    line->wakes_late += ((late < most ? late : most) - line->wakes_late) / 8;
    if (line->wakes_late > WAKES_LATE_MOST)
        line->wakes_late = WAKES_LATE_MOST;
    while (driver_now() < line->silent_until)
        continue;
}

static int rtu_send(struct driver_line *line, const struct registers_request *request, int64_t deadline,
                    const char **why)
{
    if (modbus_set_slave(line->library, request->unit))
        return fail(DRIVER_INVALID, "units are 1 to 247", why);
    if (line->silent_until >= deadline)
        return fail(DRIVER_TIMED_OUT, "no time was left to send it", why);
    keep_silence(line);
    int result = check_in_step(line, why);
    if (result)
        return result;
    uint8_t frame[1 + REGISTERS_PDU_MAX] = {request->unit};
    size_t length = 1 + registers_encode(request, frame + 1);
    if (modbus_send_raw_request(line->library, frame, (int)length) >= 0)
        return 0;
    return fail(DRIVER_DISCONNECTED, strerror(errno), why);
}

static int explain_receive_error(int error, const char **why)
{
    switch (error) {
    case ETIMEDOUT:
        return fail(DRIVER_TIMED_OUT, "no complete answer in time", why);
    case EMBBADCRC:
        return fail(DRIVER_GARBLED, "the answer's checksum is wrong", why);
    case EMBBADDATA:
        return fail(DRIVER_GARBLED, "the answer is longer than any can be", why);
    default:
        return fail(DRIVER_DISCONNECTED, strerror(error), why);
    }
}

/* CRC-16/MODBUS (Modbus over Serial Line 2.5.1.2), least significant byte first on the line; so over a frame
 * with its checksum it is 0. */
static uint16_t checksum(const uint8_t *bytes, size_t length)
{
    uint16_t sum = 0xFFFF;
    for (size_t i = 0; i < length * 8; i++) {
        bool bit = (sum ^ bytes[i / 8] >> i % 8) & 1;
        sum = (uint16_t)(sum >> 1 ^ (bit ? 0xA001 : 0));
    }
    return sum;
}

/* Of another unit's frame the library tells no length and checks no sum. */
static bool is_sound(const uint8_t *frame)
{
    size_t length = frame[1] & 0x80                    ? SHORTEST_FRAME
                    : frame[1] <= REGISTERS_READ_INPUT ? SHORTEST_FRAME + (size_t)frame[2]
                    : frame[1] == REGISTERS_MASK_WRITE ? 10
                                                       : 8;
    return length <= REGISTERS_FRAME_MAX && checksum(frame, length) == 0;
}

static int rtu_receive(struct driver_line *line, const struct registers_request *request,
                       struct registers_frame *frame, int64_t until, const char **why)
{
    int64_t left = until - driver_now();
    if (left < MICROSECOND)
        left = MICROSECOND; /* 0 would mean for ever */
    modbus_set_response_timeout(line->library, (uint32_t)(left / SECOND),
                                (uint32_t)(left % SECOND / MICROSECOND));
    int received = modbus_receive_confirmation(line->library, frame->bytes);
    int error = errno;
    int64_t now = driver_now();
    line->silent_until = now + registers_silence(line->spec->baud);
    if (received < 0)
        return explain_receive_error(error, why);
    if (now > until) /* this thread was kept from the processor: it may be an older answer */
        return explain_receive_error(ETIMEDOUT, why);
    if (received == 0 || frame->bytes[0] != request->unit) {
        line->stray = is_sound(frame->bytes);
        return fail(DRIVER_GARBLED, "another unit answered", why);
    }
    frame->length = (size_t)received;
    frame->pdu = frame->bytes + 1;
    frame->pdu_length = frame->length - 1 - CHECKSUM_SIZE;
    return check_in_step(line, why);
}

const struct registers_carrier registers_rtu = {
    .open = rtu_open,
    .close = rtu_close,
    .recover = rtu_recover,
    .send = rtu_send,
    .receive = rtu_receive,
};
