/* Any bytes as the reply to any Modbus request over TCP: what is accepted is of that transaction, unit and
 * function, of the length that was asked for, and echoes what was written; and any accepted data decodes as
 * any kind of point. */
#include "drivers/fault.h"
#include "drivers/modbus.h"
#include "drivers/registers_line.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* Nine bytes that choose a request. */
static struct registers_request choose(const uint8_t *seed)
{
    static const enum registers_function functions[] = {
        REGISTERS_READ_COILS, REGISTERS_READ_DISCRETE,  REGISTERS_READ_HOLDING,    REGISTERS_READ_INPUT,
        REGISTERS_WRITE_COIL, REGISTERS_WRITE_REGISTER, REGISTERS_WRITE_REGISTERS, REGISTERS_MASK_WRITE};
    static uint16_t values[REGISTERS_WRITE_MAX];
    struct registers_request request = {
        .unit = seed[0],
        .function = functions[seed[1] % 8],
        .address = (uint16_t)(seed[2] << 8 | seed[3]),
        .quantity = (uint16_t)(1 + seed[4] % REGISTERS_WRITE_MAX),
        .value = seed[5],
        .and_mask = seed[6],
        .or_mask = seed[7],
        .values = values,
    };
    if (request.function == REGISTERS_WRITE_COIL)
        request.value &= 1;
    return request;
}

static void decode(const struct registers_request *request, const uint8_t *data)
{
    bool bits = request->function == REGISTERS_READ_COILS || request->function == REGISTERS_READ_DISCRETE;
    for (int encoding = MODBUS_BIT; encoding <= MODBUS_STRING; encoding++) {
        for (int order = MODBUS_ABCD; order <= MODBUS_DCBA; order++) {
            bool wide = encoding >= MODBUS_INT32;
            struct modbus_place place = {
                .table = bits ? MODBUS_COIL : MODBUS_HOLDING,
                .encoding = bits ? MODBUS_BIT : (enum modbus_encoding)encoding,
                .order = (enum modbus_order)order,
                .address = request->address,
                .width = bits   ? 1
                         : wide ? 2
                                : 1,
                .scale = 0.1,
            };
            if (place.width > request->quantity)
                continue;
            const struct driver_point point = {.name = "a",
                                               .type = place.encoding == MODBUS_STRING ? DRIVER_TEXT
                                                       : place.encoding == MODBUS_BIT  ? DRIVER_BOOLEAN
                                                                                       : DRIVER_NUMBER};
            struct driver_sample sample = {0};
            modbus_decode(&point, &place, data, request->address, &sample);
            require(!sample.good || point.type == DRIVER_TEXT || isfinite(sample.value.number));
        }
    }
}

static void receive(struct registers_request *request, const uint8_t *reply, size_t size)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        abort();
    const struct driver_line_spec spec = {.timeout = 1000000000};
    struct driver_line line = {
        .spec = &spec, .carrier = &registers_tcp, .descriptor = pair[0], .transaction = 0x0102};
    if (size > 0)
        require(send(pair[1], reply, size, MSG_NOSIGNAL) == (ssize_t)size);
    shutdown(pair[1], SHUT_WR);
    struct registers_frame frame;
    struct driver_fault fault;
    const char *why;
    int result = registers_tcp.receive(&line, request, &frame, driver_now() + 1000000000, &why);
    require(result == 0 || result == DRIVER_GARBLED || result == DRIVER_DISCONNECTED);
    if (result == 0) {
        require(reply[0] == 1 && reply[1] == 2 && reply[6] == request->unit);
        result = registers_check(request, frame.pdu, frame.pdu_length, &fault);
        if (result == 0) {
            require(frame.pdu[0] == request->function && frame.pdu_length == registers_reply_size(request));
            if (registers_data_size(request) > 0)
                decode(request, frame.pdu + 2);
        }
    }
    close(pair[0]);
    close(pair[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct driver_fault fault;
    if (size < 8 || size > 1024)
        return 0;
    struct registers_request request = choose(data);
    registers_check(&request, data + 8, size - 8, &fault);
    receive(&request, data + 8, size - 8);
    /* The same with a header that is right, so that what lies behind it is reached. */
    uint8_t reply[1040] = {1, 2, 0, 0, (uint8_t)((size - 7) >> 8), (uint8_t)(size - 7), request.unit};
    memcpy(reply + 7, data + 8, size - 8);
    receive(&request, reply, size - 1);
    return 0;
}
