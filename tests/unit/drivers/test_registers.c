/* A reply is accepted only when everything in it belongs to the request: each way of being wrong, over TCP
 * and RTU. */
#include "drivers/registers.h"

#include "tests/unit/drivers/stall.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* Bytes from the unit on; the peer adds header or checksum around them. */
struct script {
    uint8_t reply[260];
    size_t length;
    bool silent;             /* no answer */
    bool too_late;           /* the reader is kept from it until its time is over */
    bool hang_up;            /* instead of an answer */
    bool bad_checksum;       /* RTU */
    size_t cut;              /* bytes to leave out at the end of the frame */
    uint16_t transaction_by; /* TCP: how far off */
    uint16_t protocol;       /* TCP */
    int length_by;           /* TCP: how far off the header's length is */
    const char *extra;       /* follows the frame in one piece */
};

static uint16_t checksum(const uint8_t *bytes, size_t length)
{
    uint16_t sum = 0xFFFF;
    for (size_t i = 0; i < length; i++) {
        sum ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            sum = sum & 1 ? (uint16_t)(sum >> 1 ^ 0xA001) : (uint16_t)(sum >> 1);
    }
    return sum;
}

static size_t frame_rtu(const struct script *script, uint8_t *frame)
{
    memcpy(frame, script->reply, script->length);
    uint16_t sum = checksum(frame, script->length);
    if (script->bad_checksum)
        sum ^= 0x0100;
    frame[script->length] = (uint8_t)sum;
    frame[script->length + 1] = (uint8_t)(sum >> 8);
    return script->length + 2;
}

static size_t frame_tcp(const struct script *script, const uint8_t *request, uint8_t *frame)
{
    uint16_t transaction = (uint16_t)((request[0] << 8 | request[1]) + script->transaction_by);
    size_t length = script->length + (size_t)script->length_by;
    const uint8_t header[6] = {(uint8_t)(transaction >> 8),      (uint8_t)transaction,
                               (uint8_t)(script->protocol >> 8), (uint8_t)script->protocol,
                               (uint8_t)(length >> 8),           (uint8_t)length};
    memcpy(frame, header, sizeof header);
    memcpy(frame + 6, script->reply, script->length);
    return 6 + script->length;
}

/* All requests of this file but one have 5 bytes of function and data; a mask write has 7, FC16 of 2
 * registers 10. */
static bool take_request(struct peer *peer, uint8_t *request)
{
    size_t head = peer->serial ? 2 : 8;
    if (!peer_take(peer, request, head))
        return false;
    uint8_t function = request[head - 1];
    size_t rest = function == 0x16 ? 6 : function == 0x10 ? 9 : 4;
    return peer_take(peer, request + head, rest + (peer->serial ? 2 : 0));
}

static void serve(struct peer *peer)
{
    const struct script *script = peer->context;
    uint8_t request[64], frame[300];
    while (take_request(peer, request)) {
        if (script->hang_up)
            return;
        if (script->silent)
            continue;
        size_t length = peer->serial ? frame_rtu(script, frame) : frame_tcp(script, request, frame);
        length -= script->cut;
        if (script->extra) {
            memcpy(frame + length, script->extra, strlen(script->extra));
            length += strlen(script->extra);
        }
        script->too_late ? stall_answer(peer, frame, length) : peer_give(peer, frame, length);
    }
}

struct outcome {
    int result;
    struct driver_fault fault;
    uint8_t data[REGISTERS_DATA_MAX];
};

static struct outcome transact(bool serial, const struct registers_request *request, struct script *script,
                               int64_t timeout)
{
    struct peer peer;
    peer_start(&peer, serial, serve, script);
    struct driver_line_spec spec = peer_line(&peer);
    if (timeout)
        spec.timeout = timeout;
    struct outcome outcome = {0};
    memset(outcome.data, 0xEE, sizeof outcome.data);
    struct driver_line *line;
    int64_t deadline = peer_now() + 20 * PEER_SECOND;
    outcome.result = registers_transport.open(&spec, deadline, &line, &outcome.fault);
    assert_int_equal(outcome.result, 0);
    bool is_read = request->function <= REGISTERS_READ_INPUT;
    outcome.result =
        registers_transact(line, request, is_read ? outcome.data : NULL, deadline, &outcome.fault);
    registers_transport.close(line);
    peer_stop(&peer);
    return outcome;
}

static const struct registers_request read_two = {
    .unit = 3, .function = REGISTERS_READ_HOLDING, .address = 10, .quantity = 2};
static const struct registers_request write_one = {
    .unit = 3, .function = REGISTERS_WRITE_REGISTER, .address = 10, .value = 0x1234};
static const struct registers_request write_coil = {
    .unit = 3, .function = REGISTERS_WRITE_COIL, .address = 10, .value = 1};
static const uint16_t pair[] = {1, 2};
static const struct registers_request write_two = {
    .unit = 3, .function = REGISTERS_WRITE_REGISTERS, .address = 10, .quantity = 2, .values = pair};
static const struct registers_request mask = {
    .unit = 3, .function = REGISTERS_MASK_WRITE, .address = 10, .and_mask = 0xFFFB, .or_mask = 4};

#define REPLY(...) .reply = {__VA_ARGS__}, .length = sizeof((uint8_t[]){__VA_ARGS__})

enum { TCP_TOO = 1, RTU_TOO = 2, BOTH = 3 };

static const struct {
    const char *name;
    int where;
    const struct registers_request *request;
    struct script script;
    int result;
} cases[] = {
    {"a right reply",                BOTH,    &read_two,   {REPLY(3, 3, 4, 0, 1, 0, 2)},                       DRIVER_OK          },
    {"another unit",                 BOTH,    &read_two,   {REPLY(4, 3, 4, 0, 1, 0, 2)},                       DRIVER_GARBLED     },
    {"unit 0",                       BOTH,    &read_two,   {REPLY(0, 3, 4, 0, 1, 0, 2)},                       DRIVER_GARBLED     },
    {"another function",             BOTH,    &read_two,   {REPLY(3, 4, 4, 0, 1, 0, 2)},                       DRIVER_GARBLED     },
    {"fewer registers",              BOTH,    &read_two,   {REPLY(3, 3, 2, 0, 1)},                             DRIVER_GARBLED     },
    {"more registers",               BOTH,    &read_two,   {REPLY(3, 3, 6, 0, 1, 0, 2, 0, 3)},                 DRIVER_GARBLED     },
    {"no registers",                 BOTH,    &read_two,   {REPLY(3, 3, 0)},                                   DRIVER_GARBLED     },
    {"exception 02",                 BOTH,    &read_two,   {REPLY(3, 0x83, 2)},                                DRIVER_REJECTED    },
    {"exception 05",                 BOTH,    &read_two,   {REPLY(3, 0x83, 5)},                                DRIVER_REJECTED    },
    {"exception 06",                 BOTH,    &read_two,   {REPLY(3, 0x83, 6)},                                DRIVER_REJECTED    },
    {"exception 0A",                 BOTH,    &read_two,   {REPLY(3, 0x83, 0x0A)},                             DRIVER_REJECTED    },
    {"exception 0B",                 BOTH,    &read_two,   {REPLY(3, 0x83, 0x0B)},                             DRIVER_TIMED_OUT   },
    {"exception 63",                 BOTH,    &read_two,   {REPLY(3, 0x83, 0x63)},                             DRIVER_REJECTED    },
    {"another function's exception", BOTH,    &read_two,   {REPLY(3, 0x84, 2)},                                DRIVER_GARBLED     },
    {"bad checksum",                 RTU_TOO, &read_two,   {REPLY(3, 3, 4, 0, 1, 0, 2), .bad_checksum = true}, DRIVER_GARBLED     },
    {"another transaction",
     TCP_TOO,                                 &read_two,
     {REPLY(3, 3, 4, 0, 1, 0, 2), .transaction_by = 1},
     DRIVER_GARBLED                                                                                                               },
    {"the transaction before",
     TCP_TOO,                                 &read_two,
     {REPLY(3, 3, 4, 0, 1, 0, 2), .transaction_by = 0xFFFF},
     DRIVER_GARBLED                                                                                                               },
    {"protocol 0001",                TCP_TOO, &read_two,   {REPLY(3, 3, 4, 0, 1, 0, 2), .protocol = 1},        DRIVER_GARBLED     },
    {"protocol 0100",                TCP_TOO, &read_two,   {REPLY(3, 3, 4, 0, 1, 0, 2), .protocol = 0x100},    DRIVER_GARBLED     },
    {"header too long",              TCP_TOO, &read_two,   {REPLY(3, 3, 4, 0, 1, 0, 2), .length_by = 1},       DRIVER_GARBLED     },
    {"header too short",             TCP_TOO, &read_two,   {REPLY(3, 3, 4, 0, 1, 0, 2), .length_by = -1},      DRIVER_GARBLED     },
    {"hang-up",                      TCP_TOO, &read_two,   {.hang_up = true},                                  DRIVER_DISCONNECTED},
    {"a right echo",                 BOTH,    &write_one,  {REPLY(3, 6, 0, 10, 0x12, 0x34)},                   DRIVER_OK          },
    {"an echo of another address",   BOTH,    &write_one,  {REPLY(3, 6, 0, 11, 0x12, 0x34)},                   DRIVER_GARBLED     },
    {"an echo of another value",     BOTH,    &write_one,  {REPLY(3, 6, 0, 10, 0x12, 0x35)},                   DRIVER_GARBLED     },
    {"a coil's echo",                BOTH,    &write_coil, {REPLY(3, 5, 0, 10, 0xFF, 0)},                      DRIVER_OK          },
    {"a coil's echo, off",           BOTH,    &write_coil, {REPLY(3, 5, 0, 10, 0, 0)},                         DRIVER_GARBLED     },
    {"several written",              BOTH,    &write_two,  {REPLY(3, 0x10, 0, 10, 0, 2)},                      DRIVER_OK          },
    {"several written, elsewhere",   BOTH,    &write_two,  {REPLY(3, 0x10, 0, 9, 0, 2)},                       DRIVER_GARBLED     },
    {"fewer written",                BOTH,    &write_two,  {REPLY(3, 0x10, 0, 10, 0, 1)},                      DRIVER_GARBLED     },
    {"a mask's echo",                BOTH,    &mask,       {REPLY(3, 0x16, 0, 10, 0xFF, 0xFB, 0, 4)},          DRIVER_OK          },
    {"a mask's echo, other bits",    BOTH,    &mask,       {REPLY(3, 0x16, 0, 10, 0xFF, 0xFB, 0, 0)},          DRIVER_GARBLED     },
    {"a mask refused",               BOTH,    &mask,       {REPLY(3, 0x96, 1)},                                DRIVER_REJECTED    },
};

static void only_the_requests_reply_is_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int serial = 0; serial < 2; serial++) {
            if (!(cases[i].where & (serial ? RTU_TOO : TCP_TOO)))
                continue;
            struct script script = cases[i].script;
            struct outcome outcome = transact(serial, cases[i].request, &script, 0);
            if (outcome.result != cases[i].result)
                fail_msg("%s over %s: %s (%s)", cases[i].name, serial ? "RTU" : "TCP",
                         driver_result_name(outcome.result), outcome.fault.text);
            if (outcome.result)
                assert_int_equal(outcome.data[0], 0xEE);
        }
}

static void data_arrives_as_sent(void **state)
{
    (void)state;
    for (int serial = 0; serial < 2; serial++) {
        struct script script = {REPLY(3, 3, 4, 0x11, 0x22, 0x33, 0x44)};
        struct outcome outcome = transact(serial, &read_two, &script, 0);
        assert_int_equal(outcome.result, 0);
        assert_memory_equal(outcome.data, ((uint8_t[]){0x11, 0x22, 0x33, 0x44, 0xEE}), 5);
    }
}

static void silence_and_cut_replies_time_out(void **state)
{
    (void)state;
    for (int serial = 0; serial < 2; serial++) {
        struct script silent = {.silent = true};
        struct outcome outcome = transact(serial, &read_two, &silent, PEER_SECOND / 20);
        assert_int_equal(outcome.result, DRIVER_TIMED_OUT);
        for (size_t cut = 1; cut < 9; cut++) {
            struct script script = {REPLY(3, 3, 4, 0, 1, 0, 2), .cut = cut};
            outcome = transact(serial, &read_two, &script, PEER_SECOND / 20);
            assert_int_equal(outcome.result, DRIVER_TIMED_OUT);
        }
    }
}

static void faults_say_what_was_attempted(void **state)
{
    (void)state;
    struct script script = {REPLY(3, 0x83, 2)};
    struct outcome outcome = transact(false, &read_two, &script, 0);
    assert_int_equal(outcome.fault.code, 2);
    assert_true(outcome.fault.beyond);
    assert_string_equal(outcome.fault.text,
                        "reading holding registers 10-11 of unit 3: exception 02 (illegal data address)");
}

/* Of two answers neither is known to be the one. */
static void a_second_reply_is_found_and_recovered_from(void **state)
{
    (void)state;
    for (int serial = 0; serial < 2; serial++) {
        struct script script = {REPLY(3, 3, 4, 0, 1, 0, 2), .extra = "late"};
        struct peer peer;
        peer_start(&peer, serial, serve, &script);
        struct driver_line_spec spec = peer_line(&peer);
        struct driver_line *line;
        struct driver_fault fault;
        uint8_t data[REGISTERS_DATA_MAX];
        int64_t deadline = peer_now() + 20 * PEER_SECOND;
        assert_int_equal(registers_transport.open(&spec, deadline, &line, &fault), 0);
        assert_int_equal(registers_transact(line, &read_two, data, deadline, &fault), DRIVER_GARBLED);
        script.extra = NULL;
        assert_int_equal(registers_transport.recover(line, PEER_SECOND / 10, deadline, &fault), 0);
        assert_int_equal(registers_transact(line, &read_two, data, deadline, &fault), 0);
        registers_transport.close(line);
        peer_stop(&peer);
    }
}

/* A reply that is right in everything, but was there before its question. */
static void a_reply_before_the_question_is_none(void **state)
{
    (void)state;
    for (int serial = 0; serial < 2; serial++) {
        struct script script = {REPLY(3, 3, 4, 0, 1, 0, 2), .silent = true};
        struct peer peer;
        peer_start(&peer, serial, serve, &script);
        struct driver_line_spec spec = peer_line(&peer);
        spec.timeout = PEER_SECOND / 5;
        struct driver_line *line;
        struct driver_fault fault;
        uint8_t data[REGISTERS_DATA_MAX], frame[16];
        int64_t deadline = peer_now() + 20 * PEER_SECOND;
        assert_int_equal(registers_transport.open(&spec, deadline, &line, &fault), 0);
        assert_int_equal(registers_transact(line, &read_two, data, deadline, &fault), DRIVER_TIMED_OUT);
        const uint8_t next_request[] = {0, 2};
        size_t length = serial ? frame_rtu(&script, frame) : frame_tcp(&script, next_request, frame);
        peer_give(&peer, frame, length);
        assert_int_equal(registers_transact(line, &read_two, data, deadline, &fault), DRIVER_GARBLED);
        registers_transport.close(line);
        peer_stop(&peer);
    }
}

/* On TCP its transaction tells whose reply it is. */
static void a_reply_that_is_read_after_its_time_is_none(void **state)
{
    (void)state;
    struct script script = {REPLY(3, 3, 4, 0, 1, 0, 2), .too_late = true};
    struct peer peer;
    stall_start(&peer, true, serve, &script);
    struct driver_line_spec spec = peer_line(&peer);
    spec.timeout = 10 * PEER_SECOND;
    struct driver_line *line;
    struct driver_fault fault;
    uint8_t data[REGISTERS_DATA_MAX];
    assert_int_equal(registers_transport.open(&spec, peer_now() + 20 * PEER_SECOND, &line, &fault), 0);
    int64_t deadline = peer_now() + PEER_SECOND / 20;
    stall_soon(deadline);
    assert_int_equal(registers_transact(line, &read_two, data, deadline, &fault), DRIVER_TIMED_OUT);
    assert_true(atomic_load(&stall.answered));
    registers_transport.close(line);
    peer_stop(&peer);
}

/* What no framing lets through by itself. */
static void lengths_are_checked_without_a_line(void **state)
{
    (void)state;
    const uint8_t right[] = {3, 4, 0, 1, 0, 2}, wrong[] = {3, 2, 0, 1, 0, 2};
    assert_int_equal(registers_check(&read_two, right, sizeof right, NULL), DRIVER_OK);
    assert_int_equal(registers_check(&read_two, wrong, sizeof wrong, NULL), DRIVER_GARBLED);
    for (size_t length = 0; length < sizeof right; length++)
        assert_int_equal(registers_check(&read_two, right, length, NULL), DRIVER_GARBLED);
}

static void a_late_reply_does_not_survive_recovery(void **state)
{
    (void)state;
    for (int serial = 0; serial < 2; serial++) {
        struct script script = {REPLY(3, 3, 4, 0, 1, 0, 2), .silent = true};
        struct peer peer;
        peer_start(&peer, serial, serve, &script);
        struct driver_line_spec spec = peer_line(&peer);
        spec.timeout = PEER_SECOND / 20;
        struct driver_line *line;
        struct driver_fault fault;
        uint8_t data[REGISTERS_DATA_MAX], frame[16];
        int64_t deadline = peer_now() + 20 * PEER_SECOND;
        assert_int_equal(registers_transport.open(&spec, deadline, &line, &fault), 0);
        assert_int_equal(registers_transact(line, &read_two, data, deadline, &fault), DRIVER_TIMED_OUT);
        const uint8_t request[] = {0, 1};
        const struct script late = {REPLY(3, 3, 4, 9, 9, 9, 9)};
        size_t length = serial ? frame_rtu(&late, frame) : frame_tcp(&late, request, frame);
        peer_give(&peer, frame, length);
        assert_int_equal(registers_transport.recover(line, PEER_SECOND / 10, deadline, &fault), 0);
        script.silent = false;
        spec.timeout = 10 * PEER_SECOND;
        assert_int_equal(registers_transact(line, &read_two, data, deadline, &fault), 0);
        assert_int_equal(data[0], 0);
        registers_transport.close(line);
        peer_stop(&peer);
    }
}

static void a_serial_device_is_held_alone(void **state)
{
    (void)state;
    struct script script = {REPLY(3, 3, 4, 0, 1, 0, 2)};
    struct peer peer;
    peer_start(&peer, true, serve, &script);
    struct driver_line_spec spec = peer_line(&peer);
    struct driver_line *line, *second;
    struct driver_fault fault;
    int64_t deadline = peer_now() + 20 * PEER_SECOND;
    assert_int_equal(registers_transport.open(&spec, deadline, &line, &fault), 0);
    assert_int_equal(registers_transport.open(&spec, deadline, &second, &fault), DRIVER_DISCONNECTED);
    assert_null(second);
    assert_non_null(strstr(fault.text, "another program"));
    registers_transport.close(line);
    assert_int_equal(registers_transport.open(&spec, deadline, &line, &fault), 0);
    registers_transport.close(line);
    peer_stop(&peer);
}

static void opening_fails_with_a_reason(void **state)
{
    (void)state;
    struct driver_line *line;
    struct driver_fault fault;
    int64_t deadline = peer_now() + 20 * PEER_SECOND;
    struct driver_line_spec spec = {.serial = true, .device = "/dev/no-such-port", .baud = 9600};
    assert_int_equal(registers_transport.open(&spec, deadline, &line, &fault), DRIVER_DISCONNECTED);
    assert_non_null(strstr(fault.text, "/dev/no-such-port"));
    spec.device = "/dev/null";
    assert_int_equal(registers_transport.open(&spec, deadline, &line, &fault), DRIVER_DISCONNECTED);
    assert_non_null(strstr(fault.text, "not a serial device"));

    struct peer peer;
    peer_start(&peer, true, serve, NULL);
    spec = peer_line(&peer);
    spec.baud = 12345;
    assert_int_equal(registers_transport.open(&spec, deadline, &line, &fault), DRIVER_INVALID);
    assert_non_null(strstr(fault.text, "12345 baud"));
    peer_stop(&peer);
    spec = (struct driver_line_spec){.host = "no-such-host.invalid", .port = 502};
    assert_int_equal(registers_transport.open(&spec, deadline, &line, &fault), DRIVER_INVALID);
    assert_non_null(strstr(fault.text, "/etc/hosts"));
}

/* 11-bit characters and two silences, as in the standard: 115200 baud, one register. */
static void times_follow_the_lines_arithmetic(void **state)
{
    (void)state;
    struct driver_line_spec spec = {.serial = true, .baud = 115200};
    int64_t time = registers_time(&spec, 5, 4);
    assert_int_equal(time, 15 * 11 * PEER_SECOND / 115200 + 2 * 1750000);
    spec.baud = 9600;
    time = registers_time(&spec, 5, 4);
    assert_int_equal((int)(10 * PEER_SECOND / time), 396); /* 39.7 transactions/s, rounded down */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_requests_reply_is_accepted),
        cmocka_unit_test(data_arrives_as_sent),
        cmocka_unit_test(silence_and_cut_replies_time_out),
        cmocka_unit_test(faults_say_what_was_attempted),
        cmocka_unit_test(a_second_reply_is_found_and_recovered_from),
        cmocka_unit_test(a_reply_before_the_question_is_none),
        cmocka_unit_test(lengths_are_checked_without_a_line),
        cmocka_unit_test(a_reply_that_is_read_after_its_time_is_none),
        cmocka_unit_test(a_late_reply_does_not_survive_recovery),
        cmocka_unit_test(a_serial_device_is_held_alone),
        cmocka_unit_test(opening_fails_with_a_reason),
        cmocka_unit_test(times_follow_the_lines_arithmetic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
