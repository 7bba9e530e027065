/* Function codes and exceptions on a small map, with the examples of Modbus Application Protocol V1.1b3 where
 * their values fit, and the encodings against images worked out by hand. */
#include "drivers/sim/modbus_answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct machine {
    bool coil[12];
    double real, single, tenths;
    uint16_t word;
    uint32_t count;
    char text[FIELD_TEXT_MAX];
};

#define AT(member) offsetof(struct machine, member)
#define COIL(i)                                                                                              \
    {                                                                                                        \
        TABLE_COIL, i, AS_BIT, 0, 0, "coil", FIELD_FLAG, AT(coil) + (i) * sizeof(bool), true, 0, 1, 0        \
    }

static const struct register_row rows[] = {
    COIL(0),
    COIL(1),
    COIL(2),
    COIL(3),
    COIL(4),
    COIL(5),
    COIL(6),
    COIL(7),
    COIL(8),
    COIL(9),
    {TABLE_INPUT,   0,  AS_FLOAT32, ORDER_ABCD, 0,   "real",   FIELD_REAL,  AT(real),   false, 0,   0,      0},
    {TABLE_INPUT,   2,  AS_FLOAT32, ORDER_CDAB, 0,   "real",   FIELD_REAL,  AT(real),   false, 0,   0,      0},
    {TABLE_INPUT,   4,  AS_FLOAT32, ORDER_BADC, 0,   "real",   FIELD_REAL,  AT(real),   false, 0,   0,      0},
    {TABLE_INPUT,   6,  AS_FLOAT32, ORDER_DCBA, 0,   "real",   FIELD_REAL,  AT(real),   false, 0,   0,      0},
    {TABLE_INPUT,   8,  AS_UINT32,  ORDER_CDAB, 0,   "count",  FIELD_COUNT, AT(count),  false, 0,   0,      0},
    {TABLE_INPUT,   10, AS_INT16,   0,          0.1, "tenths", FIELD_REAL,  AT(tenths), false, 0,   0,      0},
    {TABLE_HOLDING, 0,  AS_UINT16,  0,          0,   "word",   FIELD_WORD,  AT(word),   true,  0,   0xFFFF, 0},
    {TABLE_HOLDING, 1,  AS_FLOAT32, ORDER_ABCD, 0,   "single", FIELD_REAL,  AT(single), true,  -10, 10,     0},
    {TABLE_HOLDING, 3,  AS_INT16,   0,          0.1, "tenths", FIELD_REAL,  AT(tenths), true,  -40, 95,     0},
    {TABLE_HOLDING, 5,  AS_STRING,  0,          0,   "text",   FIELD_TEXT,  AT(text),   false, 0,   0,      3},
};
static const struct register_window windows[] = {
    {TABLE_COIL,    0, 9 },
    {TABLE_INPUT,   0, 10},
    {TABLE_HOLDING, 0, 7 }
};
static const struct register_map map = {rows, sizeof rows / sizeof *rows, windows, 3};

struct bench {
    struct machine machine;
    struct modbus_server server;
    uint8_t reply[MODBUS_PDU_MAX];
    size_t length;
};

static void set_up(struct bench *bench)
{
    *bench = (struct bench){
        .machine = {.real = 12.5, .tenths = -1.5, .word = 0x12, .count = 0x01020304}
    };
    memcpy(bench->machine.text, "AbC", 4);
    bench->server = (struct modbus_server){.map = &map, .plant = &bench->machine};
}

static void ask(struct bench *bench, size_t length, const uint8_t *request)
{
    bench->length = modbus_answer(&bench->server, request, length, bench->reply);
}

#define ASK(bench, ...) ask(bench, sizeof((const uint8_t[]){__VA_ARGS__}), (const uint8_t[]){__VA_ARGS__})
#define ANSWERS(bench, ...)                                                                                  \
    do {                                                                                                     \
        assert_int_equal((bench)->length, sizeof((const uint8_t[]){__VA_ARGS__}));                           \
        assert_memory_equal((bench)->reply, ((const uint8_t[]){__VA_ARGS__}), (bench)->length);              \
    } while (0)

static void encodings_are_as_worked_out_by_hand(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    ASK(&bench, 0x04, 0, 0, 0, 11); /* 12.5 is 41 48 00 00; -1.5 in tenths is -15 */
    ANSWERS(&bench, 0x04, 22, 0x41, 0x48, 0, 0, 0, 0, 0x41, 0x48, 0x48, 0x41, 0, 0, 0, 0, 0x48, 0x41, 0x03,
            0x04, 0x01, 0x02, 0xFF, 0xF1);
    ASK(&bench, 0x03, 0, 5, 0, 3);
    ANSWERS(&bench, 0x03, 6, 'A', 'b', 'C', 0, 0, 0);
}

static void coils_are_packed_from_the_lowest_bit(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    ASK(&bench, 0x0F, 0, 0, 0, 10, 2, 0xCD, 0x01); /* the specification's example, moved to address 0 */
    ANSWERS(&bench, 0x0F, 0, 0, 0, 10);
    const bool wanted[10] = {1, 0, 1, 1, 0, 0, 1, 1, 1, 0};
    assert_memory_equal(bench.machine.coil, wanted, sizeof wanted);
    ASK(&bench, 0x01, 0, 1, 0, 9);
    ANSWERS(&bench, 0x01, 2, 0xE6, 0x00);
    ASK(&bench, 0x05, 0, 1, 0xFF, 0);
    ANSWERS(&bench, 0x05, 0, 1, 0xFF, 0);
    assert_true(bench.machine.coil[1]);
    ASK(&bench, 0x05, 0, 1, 0x12, 0x34);
    ANSWERS(&bench, 0x85, 0x03);
}

static void mask_write_is_the_specifications_example(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    ASK(&bench, 0x16, 0, 0, 0, 0xF2, 0, 0x25);
    ANSWERS(&bench, 0x16, 0, 0, 0, 0xF2, 0, 0x25);
    assert_int_equal(bench.machine.word, 0x17);
}

static void exchange_writes_before_it_reads(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    ASK(&bench, 0x17, 0, 0, 0, 1, 0, 0, 0, 1, 2, 0xAB, 0xCD);
    ANSWERS(&bench, 0x17, 2, 0xAB, 0xCD);
    ASK(&bench, 0x17, 0, 9, 0, 1, 0, 0, 0, 1, 2, 0, 1); /* the read fails: nothing may be written */
    ANSWERS(&bench, 0x97, 0x02);
    assert_int_equal(bench.machine.word, 0xABCD);
}

static void writes_are_whole_or_not_at_all(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    /* word is fine, single is 100.0, out of range */
    ASK(&bench, 0x10, 0, 0, 0, 3, 6, 0, 7, 0x42, 0xC8, 0, 0);
    ANSWERS(&bench, 0x90, 0x03);
    assert_int_equal(bench.machine.word, 0x12);
    ASK(&bench, 0x10, 0, 0, 0, 3, 6, 0, 7, 0x40, 0x20, 0, 0); /* 2.5 */
    ANSWERS(&bench, 0x10, 0, 0, 0, 3);
    assert_int_equal(bench.machine.word, 7);
    assert_true(bench.machine.single == 2.5);
    ASK(&bench, 0x06, 0, 1, 0x40, 0x60); /* one half: 3.5 */
    assert_true(bench.machine.single == 3.5);
    ASK(&bench, 0x06, 0, 1, 0x7F, 0xC0); /* NaN */
    ANSWERS(&bench, 0x86, 0x03);
    ASK(&bench, 0x06, 0, 3, 0xFF, 0x9C); /* -10.0 degC */
    assert_true(bench.machine.tenths > -10.001 && bench.machine.tenths < -9.999);
}

static void refusals_bear_their_code(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    ASK(&bench, 0x2B, 0x0E, 0x01, 0x00);
    ANSWERS(&bench, 0xAB, 0x01);
    ASK(&bench, 0x03, 0, 7, 0, 2); /* over the window's end */
    ANSWERS(&bench, 0x83, 0x02);
    ASK(&bench, 0x03, 0xFF, 0xFF, 0, 2);
    ANSWERS(&bench, 0x83, 0x02);
    ASK(&bench, 0x06, 0, 4, 0, 1); /* reserved: reads 0, is not written */
    ANSWERS(&bench, 0x86, 0x02);
    ASK(&bench, 0x06, 0, 5, 0, 1); /* read only */
    ANSWERS(&bench, 0x86, 0x02);
    ASK(&bench, 0x03, 0, 0, 0, 0);
    ANSWERS(&bench, 0x83, 0x03);
    ASK(&bench, 0x03, 0, 0, 0, 126);
    ANSWERS(&bench, 0x83, 0x03);
    ASK(&bench, 0x01, 0, 0, 0x07, 0xD1); /* 2001 */
    ANSWERS(&bench, 0x81, 0x03);
    ASK(&bench, 0x10, 0, 0, 0, 1, 4, 0, 1, 0, 1); /* the byte count disagrees */
    ANSWERS(&bench, 0x90, 0x03);
    ASK(&bench, 0x03, 0, 0);
    ANSWERS(&bench, 0x83, 0x03);
}

static void frozen_registers_answer_what_they_held(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    bench.server.overlay.count = 1;
    bench.server.overlay.held[0].table = TABLE_HOLDING;
    bench.server.overlay.held[0].content = 0x55;
    ASK(&bench, 0x03, 0, 0, 0, 1);
    ANSWERS(&bench, 0x03, 2, 0, 0x55);
    ASK(&bench, 0x06, 0, 0, 0, 9);
    assert_int_equal(bench.machine.word, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodings_are_as_worked_out_by_hand),
        cmocka_unit_test(coils_are_packed_from_the_lowest_bit),
        cmocka_unit_test(mask_write_is_the_specifications_example),
        cmocka_unit_test(exchange_writes_before_it_reads),
        cmocka_unit_test(writes_are_whole_or_not_at_all),
        cmocka_unit_test(refusals_bear_their_code),
        cmocka_unit_test(frozen_registers_answer_what_they_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
