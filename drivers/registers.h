/* registers.h - Modbus transactions on a line: one request out, one reply in, and nothing accepted that is
 * not that request's reply. Private to drivers/; registers_modbus.c carries them over TCP and serial lines
 * (RTU).
 *
 * Sources: Modbus Application Protocol V1.1b3 (functions, section 6; exceptions, section 7), Modbus over
 * Serial Line V1.02 (frames and silences, section 2.5.1), Modbus Messaging on TCP/IP V1.0b (MBAP header,
 * section 3.1.3). */
#ifndef DRIVERS_REGISTERS_H
#define DRIVERS_REGISTERS_H

#include "drivers/driver.h"

enum registers_function {
    REGISTERS_READ_COILS = 0x01,
    REGISTERS_READ_DISCRETE = 0x02,
    REGISTERS_READ_HOLDING = 0x03,
    REGISTERS_READ_INPUT = 0x04,
    REGISTERS_WRITE_COIL = 0x05,
    REGISTERS_WRITE_REGISTER = 0x06,
    REGISTERS_WRITE_REGISTERS = 0x10,
    REGISTERS_MASK_WRITE = 0x16,
};

#define REGISTERS_PDU_MAX     253 /* function and data */
#define REGISTERS_DATA_MAX    250 /* of a read's reply */
#define REGISTERS_READ_MAX    125
#define REGISTERS_READ_BITS   2000
#define REGISTERS_WRITE_MAX   123
#define REGISTERS_NO_FUNCTION 0x01 /* exception codes */
#define REGISTERS_NO_ADDRESS  0x02
#define REGISTERS_NO_TARGET   0x0B

struct registers_request {
    uint8_t unit;
    enum registers_function function;
    uint16_t address;
    uint16_t quantity;          /* reads and 10h: registers or bits */
    uint16_t value;             /* 05h: 0 or 1; 06h */
    uint16_t and_mask, or_mask; /* 16h: new = (old & and_mask) | (or_mask & ~and_mask) */
    const uint16_t *values;     /* 10h, `quantity` of them */
};

/* Data bytes of a read's reply. */
size_t registers_data_size(const struct registers_request *request);

/* Bytes of function and data of the reply, when it is no exception. */
size_t registers_reply_size(const struct registers_request *request);
#define REGISTERS_EXCEPTION_SIZE 2 /* the same of an exception */

/* Writes function and data, returns their length. */
size_t registers_encode(const struct registers_request *request, uint8_t pdu[REGISTERS_PDU_MAX]);

/* Is this (function and data, as received) the reply to that request? 0, or DRIVER_REJECTED for an
 * exception, or DRIVER_GARBLED. Exception 0Bh comes from a gateway whose target did not answer it in time:
 * DRIVER_TIMED_OUT, because the target's late answer may still reach the gateway. 05h and 06h (accepted
 * but not done, busy) are rejections: there is no value, the line is in order, and the next poll or
 * read-back shows what became of it. */
int registers_check(const struct registers_request *request, const uint8_t *pdu, size_t length,
                    struct driver_fault *fault);

/* "reading holding registers 10-19 of unit 2" */
void registers_describe(const struct registers_request *request, char *text, size_t capacity);

/* One transaction. A read's data goes to `data` (registers_data_size() bytes, big-endian as on the line),
 * which is not touched on failure; NULL for writes. */
int registers_transact(struct driver_line *line, const struct registers_request *request, uint8_t *data,
                       int64_t deadline, struct driver_fault *fault);

/* Does a reply say which request it answers? Over TCP it does, by the transaction's number. */
bool registers_are_numbered(const struct driver_line *line);

/* What a transaction takes when all goes well, from its numbers of bytes in both directions without
 * address, header and checksum. */
int64_t registers_time(const struct driver_line_spec *spec, size_t request_bytes, size_t reply_bytes);
/* Silence that separates two RTU frames. */
int64_t registers_silence(int baud);

extern const struct driver_transport registers_transport;

#endif
