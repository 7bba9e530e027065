#include "drivers/sim/modbus_frame.h"

#include <string.h>

#define RTU_OVERHEAD             3 /* unit and CRC */
#define RTU_MAX                  256
#define MBAP_HEADER              7
#define CRC_REFLECTED_POLYNOMIAL 0xA001

uint16_t modbus_crc16(const uint8_t *bytes, size_t length)
{
    unsigned crc = 0xFFFF;
    for (size_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ CRC_REFLECTED_POLYNOMIAL : crc >> 1;
    }
    return (uint16_t)crc;
}

bool modbus_function_writes(uint8_t function)
{
    return function == 0x05 || function == 0x06 || function == 0x0F || function == 0x10 || function == 0x16 ||
           function == 0x17;
}

enum modbus_scan modbus_scan_tcp(const uint8_t *bytes, size_t length, struct modbus_message *message,
                                 size_t *consumed)
{
    if (length < MBAP_HEADER)
        return MODBUS_INCOMPLETE;
    size_t rest = (size_t)bytes[4] << 8 | bytes[5]; /* unit and PDU */
    message->transaction = (uint16_t)(bytes[0] << 8 | bytes[1]);
    message->protocol = (uint16_t)(bytes[2] << 8 | bytes[3]);
    message->unit = bytes[6];
    if (message->protocol != 0 || rest < 2 || rest > MODBUS_PDU_MAX + 1) {
        *consumed = length;
        return MODBUS_REFUSED;
    }
    if (length < MBAP_HEADER - 1 + rest)
        return MODBUS_INCOMPLETE;
    message->length = rest - 1;
    memcpy(message->pdu, bytes + MBAP_HEADER, message->length);
    *consumed = MBAP_HEADER - 1 + rest;
    return MODBUS_MESSAGE;
}

/* Bytes of an RTU request with its unit and CRC, as its function code tells; 0 while unknown. */
static size_t request_length(const uint8_t *bytes, size_t length)
{
    static const struct {
        uint8_t function, fixed, count_at; /* without a count: count_at is 0 */
    } shapes[] = {
        {0x01, 8,  0 },
        {0x02, 8,  0 },
        {0x03, 8,  0 },
        {0x04, 8,  0 },
        {0x05, 8,  0 },
        {0x06, 8,  0 },
        {0x0F, 9,  6 },
        {0x10, 9,  6 },
        {0x16, 10, 0 },
        {0x17, 13, 10},
    };
    if (length < 2)
        return 0;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        if (shapes[i].function != bytes[1])
            continue;
        if (!shapes[i].count_at)
            return shapes[i].fixed;
        return length > shapes[i].count_at ? (size_t)shapes[i].fixed + bytes[shapes[i].count_at] : 0;
    }
    return 0;
}

static bool crc_fits(const uint8_t *bytes, size_t length)
{
    uint16_t crc = modbus_crc16(bytes, length - 2);
    return bytes[length - 2] == (crc & 0xFF) && bytes[length - 1] == crc >> 8;
}

enum modbus_scan modbus_scan_rtu(const uint8_t *bytes, size_t length, bool silent,
                                 struct modbus_message *message, size_t *consumed)
{
    size_t frame = request_length(bytes, length);
    if (silent && (!frame || frame > length))
        frame = length; /* an unknown function, or a fragment */
    if (frame == 0 || frame > length)
        return length < RTU_MAX ? MODBUS_INCOMPLETE : (*consumed = length, MODBUS_REFUSED);
    if (frame <= RTU_OVERHEAD || frame > RTU_MAX || !crc_fits(bytes, frame)) {
        if (!silent)
            return MODBUS_INCOMPLETE;
        *consumed = length;
        return MODBUS_REFUSED;
    }
    *message = (struct modbus_message){.unit = bytes[0], .length = frame - RTU_OVERHEAD};
    memcpy(message->pdu, bytes + 1, message->length);
    *consumed = frame;
    return MODBUS_MESSAGE;
}

size_t modbus_build_tcp(const struct modbus_message *message, uint8_t *frame)
{
    size_t rest = message->length + 1;
    const uint8_t header[MBAP_HEADER] = {
        (uint8_t)(message->transaction >> 8),
        (uint8_t)message->transaction,
        (uint8_t)(message->protocol >> 8),
        (uint8_t)message->protocol,
        (uint8_t)(rest >> 8),
        (uint8_t)rest,
        message->unit,
    };
    memcpy(frame, header, MBAP_HEADER);
    memcpy(frame + MBAP_HEADER, message->pdu, message->length);
    return MBAP_HEADER + message->length;
}

size_t modbus_build_rtu(const struct modbus_message *message, uint8_t *frame)
{
    frame[0] = message->unit;
    memcpy(frame + 1, message->pdu, message->length);
    uint16_t crc = modbus_crc16(frame, message->length + 1);
    frame[message->length + 1] = (uint8_t)crc;
    frame[message->length + 2] = (uint8_t)(crc >> 8);
    return message->length + RTU_OVERHEAD;
}
