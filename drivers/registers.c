#include "drivers/registers.h"

#include "drivers/fault.h"
#include "drivers/registers_line.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define RTU_OVERHEAD   3  /* bytes of a frame around function and data: address and checksum */
#define CHARACTER_BITS 11 /* Modbus over Serial Line 2.5.1.1; 8N1 lines are a little faster than computed */

/* --- timing --- */

int64_t registers_silence(int baud)
{
    return baud > 19200 ? 1750 * MICROSECOND : serial_time(baud, CHARACTER_BITS, 7) / 2;
}

int64_t registers_time(const struct driver_line_spec *spec, size_t request_bytes, size_t reply_bytes)
{
    if (!spec->serial)
        return spec->turnaround + 100 * MICROSECOND +
               (int64_t)(request_bytes + reply_bytes) * MICROSECOND / 10;
    int64_t characters = (int64_t)(request_bytes + reply_bytes) + 2 * RTU_OVERHEAD;
    return serial_time(spec->baud, CHARACTER_BITS, characters) + 2 * registers_silence(spec->baud) +
           spec->turnaround;
}

/* --- the line --- */

static void registers_close(struct driver_line *line)
{
    if (!line)
        return;
    line->carrier->close(line);
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
    line->carrier = spec->serial ? &registers_rtu : &registers_tcp;
    line->descriptor = -1;
    line->device.lock = -1;
    int result = line->carrier->open(line, deadline, fault);
    if (result)
        registers_close(line);
    else
        *opened = line;
    return result;
}

bool registers_are_numbered(const struct driver_line *line)
{
    return !line->spec->serial;
}

static int registers_recover(struct driver_line *line, int64_t quiet, int64_t deadline,
                             struct driver_fault *fault)
{
    return line->carrier->recover(line, quiet, deadline, fault);
}

static bool registers_listen(struct driver_line *line, int64_t until)
{
    return driver_poll(line->descriptor, POLLIN, until) != 0;
}

/* --- one transaction --- */

static int complain(const struct registers_request *request, int result, const char *why,
                    struct driver_fault *fault)
{
    char what[80];
    registers_describe(request, what, sizeof what);
    return driver_fail(fault, result, 0, "%s: %s", what, why);
}

static int complain_of_line(struct driver_line *line, const struct registers_request *request, int result,
                            const char *why, struct driver_fault *fault)
{
    complain(request, result, why, fault);
    if (fault)
        fault->stray = line->stray;
    return result;
}

/* When the reply must be there at the latest. The time that the line needs to carry the request away is no
 * part of the instrument's time to answer. */
static int64_t reply_deadline(const struct driver_line *line, const struct registers_request *request,
                              int64_t deadline)
{
    uint8_t pdu[REGISTERS_PDU_MAX];
    int64_t until = driver_now() + line->spec->timeout;
    if (line->spec->serial)
        until += serial_time(line->spec->baud, CHARACTER_BITS,
                             (int64_t)registers_encode(request, pdu) + RTU_OVERHEAD);
    return until < deadline ? until : deadline;
}

int registers_transact(struct driver_line *line, const struct registers_request *request, uint8_t *data,
                       int64_t deadline, struct driver_fault *fault)
{
    const char *why = NULL;
    struct registers_frame frame;
    if (line->descriptor < 0)
        return complain(request, DRIVER_DISCONNECTED, "the line is not open", fault);
    line->stray = false;
    int result = line->carrier->send(line, request, deadline, &why);
    if (!result)
        result = line->carrier->receive(line, request, &frame, reply_deadline(line, request, deadline), &why);
    if (result)
        return complain_of_line(line, request, result, why, fault);
    result = registers_check(request, frame.pdu, frame.pdu_length, fault);
    if (!result && data)
        memcpy(data, frame.pdu + 2, registers_data_size(request));
    return result;
}

const struct driver_transport registers_transport = {
    .name = "registers",
    .open = registers_open,
    .close = registers_close,
    .recover = registers_recover,
    .listen = registers_listen,
};
