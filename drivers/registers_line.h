/* registers_line.h - what the two carriers of Modbus frames share: TCP (registers_tcp.c) and serial lines
 * (registers_modbus.c). Private to registers*.c. */
#ifndef DRIVERS_REGISTERS_LINE_H
#define DRIVERS_REGISTERS_LINE_H

#include "drivers/registers.h"
#include "drivers/serial_device.h"

#define REGISTERS_FRAME_MAX 260 /* MBAP header and PDU */

struct registers_frame {
    uint8_t bytes[REGISTERS_FRAME_MAX];
    size_t length;
    const uint8_t *pdu; /* function and data, within bytes */
    size_t pdu_length;
};

/* Results are those of driver.h; *why says for people what was wrong, and is left alone on success. */
struct registers_carrier {
    /* line->descriptor is open afterwards, or nothing is. */
    int (*open)(struct driver_line *line, int64_t deadline, struct driver_fault *fault);
    void (*close)(struct driver_line *line); /* of what open() made, also in part */
    int (*recover)(struct driver_line *line, int64_t quiet, int64_t deadline, struct driver_fault *fault);
    /* Sends the request when the line is free for it; DRIVER_GARBLED when an unasked answer stands there. */
    int (*send)(struct driver_line *line, const struct registers_request *request, int64_t deadline,
                const char **why);
    /* Receives a whole frame, checks all of it but the PDU against the request, and finds the PDU. */
    int (*receive)(struct driver_line *line, const struct registers_request *request,
                   struct registers_frame *frame, int64_t until, const char **why);
};

extern const struct registers_carrier registers_tcp, registers_rtu;

struct driver_line {
    const struct driver_line_spec *spec;
    const struct registers_carrier *carrier;
    int descriptor;       /* -1: none */
    uint16_t transaction; /* TCP: of the last request */
    bool waits_in_recv;   /* TCP: recv() blocks, for a little less than the instrument's timeout */
    void *library;        /* RTU: libmodbus's context */
    struct serial_device device;
    int64_t silent_until; /* RTU: the next frame may begin then */
    int64_t wakes_late;   /* RTU: by how much, lately */
    bool stray;           /* RTU: what failed just now was an answer to another question */
};

#endif
