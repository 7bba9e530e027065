#include "drivers/registers.h"

#include "drivers/fault.h"

#include <stdio.h>
#include <string.h>

#define EXCEPTION_FLAG 0x80

static const struct {
    enum registers_function function;
    const char *doing;
} functions[] = {
    {REGISTERS_READ_COILS,      "reading coils"            },
    {REGISTERS_READ_DISCRETE,   "reading discrete inputs"  },
    {REGISTERS_READ_HOLDING,    "reading holding registers"},
    {REGISTERS_READ_INPUT,      "reading input registers"  },
    {REGISTERS_WRITE_COIL,      "writing coil"             },
    {REGISTERS_WRITE_REGISTER,  "writing register"         },
    {REGISTERS_WRITE_REGISTERS, "writing registers"        },
    {REGISTERS_MASK_WRITE,      "writing bits of register" },
};

static const char *const exceptions[] = {
    [0x01] = "illegal function",           [0x02] = "illegal data address",
    [0x03] = "illegal data value",         [0x04] = "device failure",
    [0x05] = "acknowledged, not done yet", [0x06] = "busy",
    [0x07] = "negative acknowledge",       [0x08] = "memory parity error",
    [0x0A] = "gateway has no path",        [0x0B] = "gateway got no answer from the unit",
};

static bool is_read(const struct registers_request *request)
{
    return request->function <= REGISTERS_READ_INPUT;
}

static bool is_bits(const struct registers_request *request)
{
    return request->function <= REGISTERS_READ_DISCRETE;
}

static void put(uint8_t *bytes, uint16_t value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

size_t registers_data_size(const struct registers_request *request)
{
    return is_bits(request) ? (request->quantity + 7u) / 8 : 2u * request->quantity;
}

size_t registers_encode(const struct registers_request *request, uint8_t pdu[REGISTERS_PDU_MAX])
{
    pdu[0] = (uint8_t)request->function;
    put(pdu + 1, request->address);
    switch (request->function) {
    case REGISTERS_WRITE_COIL:
        put(pdu + 3, request->value ? 0xFF00 : 0);
        return 5;
    case REGISTERS_WRITE_REGISTER:
        put(pdu + 3, request->value);
        return 5;
    case REGISTERS_MASK_WRITE:
        put(pdu + 3, request->and_mask);
        put(pdu + 5, request->or_mask);
        return 7;
    case REGISTERS_WRITE_REGISTERS:
        put(pdu + 3, request->quantity);
        pdu[5] = (uint8_t)(2 * request->quantity);
        for (size_t i = 0; i < request->quantity; i++)
            put(pdu + 6 + 2 * i, request->values[i]);
        return 6 + 2u * request->quantity;
    default:
        put(pdu + 3, request->quantity);
        return 5;
    }
}

size_t registers_reply_size(const struct registers_request *request)
{
    if (is_read(request))
        return 2 + registers_data_size(request);
    return request->function == REGISTERS_MASK_WRITE ? 7 : 5;
}

void registers_describe(const struct registers_request *request, char *text, size_t capacity)
{
    const char *doing = "sending";
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (functions[i].function == request->function)
            doing = functions[i].doing;
    bool many = (is_read(request) || request->function == REGISTERS_WRITE_REGISTERS) && request->quantity > 1;
    if (many)
        snprintf(text, capacity, "%s %u-%u of unit %u", doing, request->address,
                 request->address + request->quantity - 1u, request->unit);
    else
        snprintf(text, capacity, "%s %u of unit %u", doing, request->address, request->unit);
}

static int check_exception(const struct registers_request *request, uint8_t code, struct driver_fault *fault)
{
    char what[80];
    registers_describe(request, what, sizeof what);
    const char *name = code < sizeof exceptions / sizeof *exceptions ? exceptions[code] : NULL;
    int result = driver_fail(fault, code == REGISTERS_NO_TARGET ? DRIVER_TIMED_OUT : DRIVER_REJECTED, code,
                             "%s: exception %02X (%s)", what, code, name ? name : "not in the standard");
    if (fault)
        fault->beyond = code == REGISTERS_NO_ADDRESS;
    return result;
}

/* A read's reply has the byte count that was asked for; every write's reply repeats the beginning of its
 * request. */
static const char *find_mismatch(const struct registers_request *request, const uint8_t *pdu, size_t length)
{
    if (length != registers_reply_size(request) ||
        (is_read(request) && pdu[1] != registers_data_size(request)))
        return "the answer's length is not that of the question";
    if (is_read(request))
        return NULL;
    uint8_t sent[REGISTERS_PDU_MAX];
    registers_encode(request, sent);
    if (memcmp(sent + 1, pdu + 1, 2) != 0)
        return "the answer names another address";
    return memcmp(sent + 3, pdu + 3, length - 3) != 0 ? "the answer repeats another value" : NULL;
}

int registers_check(const struct registers_request *request, const uint8_t *pdu, size_t length,
                    struct driver_fault *fault)
{
    if (length == REGISTERS_EXCEPTION_SIZE && pdu[0] == (request->function | EXCEPTION_FLAG))
        return check_exception(request, pdu[1], fault);
    const char *mismatch = length < 2 || pdu[0] != request->function ? "the answer is to another function"
                                                                     : find_mismatch(request, pdu, length);
    if (!mismatch)
        return 0;
    char what[80];
    registers_describe(request, what, sizeof what);
    driver_fail(fault, DRIVER_GARBLED, 0, "%s: %s", what, mismatch);
    if (fault)
        fault->stray = true; /* its checksum was right: it is an answer, to something else */
    return DRIVER_GARBLED;
}
