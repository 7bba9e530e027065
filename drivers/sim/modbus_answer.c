#include "drivers/sim/modbus_answer.h"

#include <string.h>

#define BITS_READ_MAX       2000
#define BITS_WRITE_MAX      1968
#define REGISTERS_READ_MAX  125
#define REGISTERS_WRITE_MAX 123
#define EXCHANGE_WRITE_MAX  121

static uint16_t word_at(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static void put_word(uint8_t *bytes, uint16_t word)
{
    bytes[0] = (uint8_t)(word >> 8);
    bytes[1] = (uint8_t)word;
}

static void words_from(const uint8_t *bytes, size_t count, uint16_t *words)
{
    for (size_t i = 0; i < count; i++)
        words[i] = word_at(bytes + 2 * i);
}

/* Each handler fills *reply after the function code and returns 0 or an exception code; *length is the
 * reply's. */
typedef int handler(struct modbus_server *server, const uint8_t *request, size_t request_length,
                    uint8_t *reply, size_t *length);

static int read_bits(struct modbus_server *server, enum register_table table, const uint8_t *request,
                     size_t request_length, uint8_t *reply, size_t *length)
{
    uint16_t count = word_at(request + 3), bits[BITS_READ_MAX];
    if (request_length != 5 || count < 1 || count > BITS_READ_MAX)
        return MODBUS_ILLEGAL_VALUE;
    int result = registers_read(server->map, server->plant, &server->overlay, table, word_at(request + 1),
                                count, bits);
    if (result)
        return result;
    size_t bytes = (count + 7u) / 8;
    reply[1] = (uint8_t)bytes;
    memset(reply + 2, 0, bytes);
    for (size_t i = 0; i < count; i++)
        reply[2 + i / 8] |= (uint8_t)(bits[i] << i % 8);
    *length = 2 + bytes;
    return 0;
}

static int read_registers(struct modbus_server *server, enum register_table table, uint16_t address,
                          uint16_t count, uint8_t *reply, size_t *length)
{
    uint16_t words[REGISTERS_READ_MAX];
    if (count < 1 || count > REGISTERS_READ_MAX)
        return MODBUS_ILLEGAL_VALUE;
    int result = registers_read(server->map, server->plant, &server->overlay, table, address, count, words);
    if (result)
        return result;
    reply[1] = (uint8_t)(2 * count);
    for (size_t i = 0; i < count; i++)
        put_word(reply + 2 + 2 * i, words[i]);
    *length = 2u + 2u * count;
    return 0;
}

static int read_coils(struct modbus_server *server, const uint8_t *request, size_t request_length,
                      uint8_t *reply, size_t *length)
{
    return read_bits(server, TABLE_COIL, request, request_length, reply, length);
}

static int read_discrete(struct modbus_server *server, const uint8_t *request, size_t request_length,
                         uint8_t *reply, size_t *length)
{
    return read_bits(server, TABLE_DISCRETE, request, request_length, reply, length);
}

static int read_holding(struct modbus_server *server, const uint8_t *request, size_t request_length,
                        uint8_t *reply, size_t *length)
{
    if (request_length != 5)
        return MODBUS_ILLEGAL_VALUE;
    return read_registers(server, TABLE_HOLDING, word_at(request + 1), word_at(request + 3), reply, length);
}

static int read_input(struct modbus_server *server, const uint8_t *request, size_t request_length,
                      uint8_t *reply, size_t *length)
{
    if (request_length != 5)
        return MODBUS_ILLEGAL_VALUE;
    return read_registers(server, TABLE_INPUT, word_at(request + 1), word_at(request + 3), reply, length);
}

static int echoed(const uint8_t *request, size_t bytes, uint8_t *reply, size_t *length)
{
    memcpy(reply, request, bytes);
    *length = bytes;
    return 0;
}

static int write_coil(struct modbus_server *server, const uint8_t *request, size_t request_length,
                      uint8_t *reply, size_t *length)
{
    uint16_t value = word_at(request + 3);
    if (request_length != 5 || (value != 0xFF00 && value != 0x0000))
        return MODBUS_ILLEGAL_VALUE;
    uint16_t bit = value != 0;
    int result = registers_write(server->map, server->plant, TABLE_COIL, word_at(request + 1), 1, &bit);
    return result ? result : echoed(request, 5, reply, length);
}

static int write_register(struct modbus_server *server, const uint8_t *request, size_t request_length,
                          uint8_t *reply, size_t *length)
{
    if (request_length != 5)
        return MODBUS_ILLEGAL_VALUE;
    uint16_t word = word_at(request + 3);
    int result = registers_write(server->map, server->plant, TABLE_HOLDING, word_at(request + 1), 1, &word);
    return result ? result : echoed(request, 5, reply, length);
}

static int write_coils(struct modbus_server *server, const uint8_t *request, size_t request_length,
                       uint8_t *reply, size_t *length)
{
    uint16_t count = word_at(request + 3), bits[BITS_WRITE_MAX];
    if (count < 1 || count > BITS_WRITE_MAX || request[5] != (count + 7) / 8 ||
        request_length != 6u + request[5])
        return MODBUS_ILLEGAL_VALUE;
    for (size_t i = 0; i < count; i++)
        bits[i] = request[6 + i / 8] >> i % 8 & 1;
    int result = registers_write(server->map, server->plant, TABLE_COIL, word_at(request + 1), count, bits);
    return result ? result : echoed(request, 5, reply, length);
}

static int write_registers(struct modbus_server *server, const uint8_t *request, size_t request_length,
                           uint8_t *reply, size_t *length)
{
    uint16_t count = word_at(request + 3), words[REGISTERS_WRITE_MAX];
    if (count < 1 || count > REGISTERS_WRITE_MAX || request[5] != 2 * count ||
        request_length != 6u + request[5])
        return MODBUS_ILLEGAL_VALUE;
    words_from(request + 6, count, words);
    int result =
        registers_write(server->map, server->plant, TABLE_HOLDING, word_at(request + 1), count, words);
    return result ? result : echoed(request, 5, reply, length);
}

static int mask_write(struct modbus_server *server, const uint8_t *request, size_t request_length,
                      uint8_t *reply, size_t *length)
{
    if (request_length != 7)
        return MODBUS_ILLEGAL_VALUE;
    uint16_t address = word_at(request + 1), and_mask = word_at(request + 3), or_mask = word_at(request + 5),
             word;
    int result = registers_read(server->map, server->plant, NULL, TABLE_HOLDING, address, 1, &word);
    if (result)
        return result;
    word = (uint16_t)((word & and_mask) | (or_mask & ~and_mask));
    result = registers_write(server->map, server->plant, TABLE_HOLDING, address, 1, &word);
    return result ? result : echoed(request, 7, reply, length);
}

/* The write comes first (section 6.17). A read that would fail must not leave a write behind. */
static int exchange(struct modbus_server *server, const uint8_t *request, size_t request_length,
                    uint8_t *reply, size_t *length)
{
    uint16_t read_count = word_at(request + 3), write_count = word_at(request + 7), words[EXCHANGE_WRITE_MAX];
    if (write_count < 1 || write_count > EXCHANGE_WRITE_MAX || request[9] != 2 * write_count ||
        request_length != 10u + request[9])
        return MODBUS_ILLEGAL_VALUE;
    int result = read_registers(server, TABLE_HOLDING, word_at(request + 1), read_count, reply, length);
    if (result)
        return result;
    words_from(request + 10, write_count, words);
    result =
        registers_write(server->map, server->plant, TABLE_HOLDING, word_at(request + 5), write_count, words);
    if (result)
        return result;
    return read_registers(server, TABLE_HOLDING, word_at(request + 1), read_count, reply, length);
}

static const struct function {
    uint8_t code;
    enum register_table table;
    bool writes;
    size_t shortest; /* of a request */
    handler *answer;
} functions[] = {
    {0x01, TABLE_COIL,     false, 5,  read_coils     },
    {0x02, TABLE_DISCRETE, false, 5,  read_discrete  },
    {0x03, TABLE_HOLDING,  false, 5,  read_holding   },
    {0x04, TABLE_INPUT,    false, 5,  read_input     },
    {0x05, TABLE_COIL,     true,  5,  write_coil     },
    {0x06, TABLE_HOLDING,  true,  5,  write_register },
    {0x0F, TABLE_COIL,     true,  7,  write_coils    },
    {0x10, TABLE_HOLDING,  true,  8,  write_registers},
    {0x16, TABLE_HOLDING,  true,  7,  mask_write     },
    {0x17, TABLE_HOLDING,  true,  12, exchange       },
};

static const struct function *function_find(uint8_t code)
{
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (functions[i].code == code)
            return &functions[i];
    return NULL;
}

size_t modbus_exception_reply(uint8_t function, uint8_t code, uint8_t *reply)
{
    reply[0] = function | 0x80;
    reply[1] = code;
    return 2;
}

size_t modbus_answer(struct modbus_server *server, const uint8_t *request, size_t length, uint8_t *reply)
{
    const struct function *function = function_find(request[0]);
    if (!function)
        return modbus_exception_reply(request[0], MODBUS_ILLEGAL_FUNCTION, reply);
    size_t reply_length = 0;
    reply[0] = request[0];
    int exception = length < function->shortest
                        ? MODBUS_ILLEGAL_VALUE
                        : function->answer(server, request, length, reply, &reply_length);
    return exception ? modbus_exception_reply(request[0], (uint8_t)exception, reply) : reply_length;
}

bool modbus_subject(const uint8_t *request, size_t length, struct modbus_subject *subject)
{
    const struct function *function = function_find(request[0]);
    if (!function || length < function->shortest)
        return false;
    bool single = request[0] == 0x05 || request[0] == 0x06 || request[0] == 0x16;
    *subject = (struct modbus_subject){
        .table = function->table,
        .address = word_at(request + 1),
        .count = single ? 1 : word_at(request + 3),
        .writes = function->writes,
    };
    return true;
}
