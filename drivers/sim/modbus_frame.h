/* modbus_frame.h - Modbus framing on a server's side: bytes to requests, replies to bytes.
 *
 * Sources: MODBUS Application Protocol Specification V1.1b3 (function codes, section 6), MODBUS over Serial
 * Line V1.02 (RTU framing, section 2.5.1; CRC, section 6.2.2), MODBUS Messaging on TCP/IP V1.0b (MBAP header,
 * section 3.1.3). */
#ifndef DRIVERS_SIM_MODBUS_FRAME_H
#define DRIVERS_SIM_MODBUS_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODBUS_PDU_MAX   253
#define MODBUS_FRAME_MAX 260 /* MBAP header and PDU; an RTU frame is at most 256 */
#define MODBUS_BROADCAST 0

struct modbus_message {
    uint16_t transaction, protocol; /* TCP only; protocol is 0 */
    uint8_t unit;
    size_t length; /* of pdu, at least 1 */
    uint8_t pdu[MODBUS_PDU_MAX];
};

enum modbus_scan {
    MODBUS_INCOMPLETE, /* more bytes are needed; nothing consumed */
    MODBUS_MESSAGE,    /* *message is filled, *consumed bytes are its */
    MODBUS_REFUSED,    /* not Modbus: TCP closes the connection, RTU drops *consumed bytes */
};

uint16_t modbus_crc16(const uint8_t *bytes, size_t length);

enum modbus_scan modbus_scan_tcp(const uint8_t *bytes, size_t length, struct modbus_message *message,
                                 size_t *consumed);
/* `silent`: at least 3.5 characters have passed since the last byte, so what is there is all there will be.
 * Without silence only a request whose length its function code tells, and whose CRC fits, is taken. */
enum modbus_scan modbus_scan_rtu(const uint8_t *bytes, size_t length, bool silent,
                                 struct modbus_message *message, size_t *consumed);

/* `frame` has room for MODBUS_FRAME_MAX. Returns the bytes written. */
size_t modbus_build_tcp(const struct modbus_message *message, uint8_t *frame);
size_t modbus_build_rtu(const struct modbus_message *message, uint8_t *frame);

/* Function codes whose requests carry values to be stored. */
bool modbus_function_writes(uint8_t function);

#endif
