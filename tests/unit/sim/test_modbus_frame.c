/* Framing against vectors from the specifications, and the promise that a burst of 16 bits is always
 * revealed. */
#include "drivers/sim/modbus_frame.h"
#include "drivers/sim/noise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void crc_matches_the_specification(void **state)
{
    (void)state;
    /* MODBUS over Serial Line V1.02, section 6.2.2: 02 07 has CRC 1241h, low byte first on the line. */
    assert_int_equal(modbus_crc16((const uint8_t[]){0x02, 0x07}, 2), 0x1241);
    assert_int_equal(modbus_crc16((const uint8_t[]){0x01, 0x03, 0x00, 0x00, 0x00, 0x0A}, 6), 0xCDC5);
    assert_int_equal(modbus_crc16(NULL, 0), 0xFFFF);
}

static void tcp_request_is_taken_apart(void **state)
{
    (void)state;
    /* MODBUS Messaging on TCP/IP V1.0b, section 3.1.3 by example: read one holding register at 4 of unit FF.
     */
    const uint8_t bytes[] = {0x15, 0x01, 0, 0, 0, 6, 0xFF, 0x03, 0, 4, 0, 1, /* the next begins */ 0x15};
    struct modbus_message message;
    size_t consumed = 0;
    for (size_t length = 0; length < 12; length++)
        assert_int_equal(modbus_scan_tcp(bytes, length, &message, &consumed), MODBUS_INCOMPLETE);
    assert_int_equal(modbus_scan_tcp(bytes, sizeof bytes, &message, &consumed), MODBUS_MESSAGE);
    assert_int_equal(consumed, 12);
    assert_int_equal(message.transaction, 0x1501);
    assert_int_equal(message.unit, 0xFF);
    assert_int_equal(message.length, 5);
    assert_memory_equal(message.pdu, bytes + 7, 5);

    uint8_t frame[MODBUS_FRAME_MAX];
    assert_int_equal(modbus_build_tcp(&message, frame), 12);
    assert_memory_equal(frame, bytes, 12);
}

static void tcp_nonsense_is_refused(void **state)
{
    (void)state;
    struct modbus_message message;
    size_t consumed;
    const uint8_t other_protocol[] = {0, 1, 0, 7, 0, 6, 1, 3, 0, 0, 0, 1};
    const uint8_t too_long[] = {0, 1, 0, 0, 1, 0, 1, 3, 0, 0, 0, 1};
    const uint8_t no_function[] = {0, 1, 0, 0, 0, 1, 1, 3};
    assert_int_equal(modbus_scan_tcp(other_protocol, 12, &message, &consumed), MODBUS_REFUSED);
    assert_int_equal(modbus_scan_tcp(too_long, 12, &message, &consumed), MODBUS_REFUSED);
    assert_int_equal(modbus_scan_tcp(no_function, 8, &message, &consumed), MODBUS_REFUSED);
}

static size_t rtu_frame(uint8_t unit, const uint8_t *pdu, size_t length, uint8_t *frame)
{
    struct modbus_message message = {.unit = unit, .length = length};
    memcpy(message.pdu, pdu, length);
    return modbus_build_rtu(&message, frame);
}

static void rtu_requests_of_known_functions_end_by_their_length(void **state)
{
    (void)state;
    static const struct {
        uint8_t pdu[16];
        size_t length;
    } requests[] = {
        {{0x01, 0, 0, 0, 8},                      5 },
        {{0x02, 0, 0, 0, 8},                      5 },
        {{0x03, 0, 0, 0, 8},                      5 },
        {{0x04, 0, 0, 0, 8},                      5 },
        {{0x05, 0, 1, 0xFF, 0},                   5 },
        {{0x06, 0, 1, 0, 3},                      5 },
        {{0x0F, 0, 0, 0, 3, 1, 5},                7 },
        {{0x10, 0, 0, 0, 1, 2, 0, 1},             8 },
        {{0x16, 0, 2, 0, 0xF2, 0, 0x25},          7 },
        {{0x17, 0, 0, 0, 1, 0, 0, 0, 1, 2, 0, 7}, 12},
    };
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        uint8_t frame[MODBUS_FRAME_MAX];
        struct modbus_message message;
        size_t consumed, length = rtu_frame(17, requests[i].pdu, requests[i].length, frame);
        for (size_t part = 0; part < length; part++)
            assert_int_equal(modbus_scan_rtu(frame, part, false, &message, &consumed), MODBUS_INCOMPLETE);
        assert_int_equal(modbus_scan_rtu(frame, length, false, &message, &consumed), MODBUS_MESSAGE);
        assert_int_equal(consumed, length);
        assert_int_equal(message.unit, 17);
        assert_int_equal(message.length, requests[i].length);
        assert_memory_equal(message.pdu, requests[i].pdu, requests[i].length);
    }
}

static void rtu_unknown_functions_end_by_silence(void **state)
{
    (void)state;
    const uint8_t pdu[] = {0x2B, 0x0E, 0x01, 0x00};
    uint8_t frame[MODBUS_FRAME_MAX];
    struct modbus_message message;
    size_t consumed, length = rtu_frame(2, pdu, sizeof pdu, frame);
    assert_int_equal(modbus_scan_rtu(frame, length, false, &message, &consumed), MODBUS_INCOMPLETE);
    assert_int_equal(modbus_scan_rtu(frame, length, true, &message, &consumed), MODBUS_MESSAGE);
    assert_int_equal(message.pdu[0], 0x2B);
}

static void rtu_fragments_are_dropped_after_silence(void **state)
{
    (void)state;
    const uint8_t fragment[] = {0x01, 0x03, 0x00};
    struct modbus_message message;
    size_t consumed = 0;
    assert_int_equal(modbus_scan_rtu(fragment, 3, true, &message, &consumed), MODBUS_REFUSED);
    assert_int_equal(consumed, 3);
}

static void every_burst_of_sixteen_bits_is_refused(void **state)
{
    (void)state;
    const uint8_t pdu[] = {0x10, 0x00, 0x04, 0x00, 0x02, 0x04, 0x3F, 0x80, 0x00, 0x00};
    uint8_t intact[MODBUS_FRAME_MAX], frame[MODBUS_FRAME_MAX];
    size_t length = rtu_frame(1, pdu, sizeof pdu, intact), bits = length * 8;
    struct noise noise = {7};
    for (size_t burst = 1; burst <= 16; burst++)
        for (size_t first = 0; first + burst <= bits; first++) {
            uint32_t pattern = burst == 1 ? 1
                                          : 1u | 1u << (burst - 1) |
                                                (noise_below(&noise, 0x10000) & ((1u << (burst - 1)) - 1));
            memcpy(frame, intact, length);
            for (size_t i = 0; i < burst; i++)
                frame[(first + i) / 8] ^= (uint8_t)((pattern >> i & 1) << (first + i) % 8);
            uint16_t crc = modbus_crc16(frame, length - 2);
            assert_false(frame[length - 2] == (crc & 0xFF) && frame[length - 1] == crc >> 8);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crc_matches_the_specification),
        cmocka_unit_test(tcp_request_is_taken_apart),
        cmocka_unit_test(tcp_nonsense_is_refused),
        cmocka_unit_test(rtu_requests_of_known_functions_end_by_their_length),
        cmocka_unit_test(rtu_unknown_functions_end_by_silence),
        cmocka_unit_test(rtu_fragments_are_dropped_after_silence),
        cmocka_unit_test(every_burst_of_sixteen_bits_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
