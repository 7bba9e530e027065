/* modbus_answer.h - what a Modbus server answers to a request, by the function codes of Modbus Application
 * Protocol V1.1b3, section 6: 01-06, 0F, 10, 16 and 17 (hexadecimal). Pure. */
#ifndef DRIVERS_SIM_MODBUS_ANSWER_H
#define DRIVERS_SIM_MODBUS_ANSWER_H

#include "drivers/sim/modbus_frame.h"
#include "drivers/sim/registers.h"

enum modbus_exception {
    MODBUS_ILLEGAL_FUNCTION = 0x01,
    MODBUS_ILLEGAL_ADDRESS = 0x02,
    MODBUS_ILLEGAL_VALUE = 0x03,
    MODBUS_NO_TARGET = 0x0B, /* gateway target device failed to respond */
};

struct modbus_server {
    const struct register_map *map;
    void *plant;
    struct register_overlay overlay;
};

/* `reply` has room for MODBUS_PDU_MAX. Returns the length of the reply. */
size_t modbus_answer(struct modbus_server *server, const uint8_t *request, size_t length, uint8_t *reply);
size_t modbus_exception_reply(uint8_t function, uint8_t code, uint8_t *reply);

/* What a request is about, for the trace and for faults; false for functions unknown here. */
struct modbus_subject {
    enum register_table table;
    uint16_t address, count;
    bool writes;
};
bool modbus_subject(const uint8_t *request, size_t length, struct modbus_subject *subject);

#endif
