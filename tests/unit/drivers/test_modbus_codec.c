/* Encodings round trip for every type and byte order, against images worked out by hand. */
#include "drivers/modbus.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct modbus_point_options options(enum modbus_table table, enum modbus_encoding as,
                                           enum modbus_order order)
{
    return (struct modbus_point_options){
        .table = table, .as = as, .order = order, .scale = 1, .bit = MODBUS_NO_BIT, .address = 7};
}

static struct modbus_place settle(const struct driver_point *point)
{
    struct modbus_place place;
    struct driver_fault fault = {0};
    int result = modbus_place_point(point, &place, &fault);
    if (result)
        fail_msg("%s", fault.text);
    return place;
}

static struct driver_sample decode(const struct driver_point *point, const uint8_t *data)
{
    struct modbus_place place = settle(point);
    struct driver_sample sample;
    modbus_decode(point, &place, data, place.address, &sample);
    return sample;
}

static void decodes_known_images(void **state)
{
    (void)state;
    static const struct {
        enum modbus_encoding as;
        enum modbus_order order;
        uint8_t data[4];
        double value;
    } cases[] = {
        {MODBUS_INT16,   MODBUS_ABCD, {0xFF, 0xFE},             -2                 },
        {MODBUS_INT16,   MODBUS_BADC, {0xFE, 0xFF},             -2                 },
        {MODBUS_UINT16,  MODBUS_ABCD, {0xFF, 0xFE},             65534              },
        {MODBUS_INT32,   MODBUS_ABCD, {0xFF, 0xFF, 0xFF, 0xFD}, -3                 },
        {MODBUS_UINT32,  MODBUS_ABCD, {0x12, 0x34, 0x56, 0x78}, 0x12345678         },
        {MODBUS_UINT32,  MODBUS_CDAB, {0x56, 0x78, 0x12, 0x34}, 0x12345678         },
        {MODBUS_UINT32,  MODBUS_BADC, {0x34, 0x12, 0x78, 0x56}, 0x12345678         },
        {MODBUS_UINT32,  MODBUS_DCBA, {0x78, 0x56, 0x34, 0x12}, 0x12345678         },
        {MODBUS_FLOAT32, MODBUS_ABCD, {0xC0, 0x49, 0x0F, 0xDB}, -3.1415927410125732},
        {MODBUS_FLOAT32, MODBUS_CDAB, {0x0F, 0xDB, 0xC0, 0x49}, -3.1415927410125732},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct modbus_point_options chosen = options(MODBUS_INPUT, cases[i].as, cases[i].order);
        struct driver_point point = {.name = "p", .type = DRIVER_NUMBER, .options = &chosen};
        struct driver_sample sample = decode(&point, cases[i].data);
        assert_true(sample.good);
        if (sample.value.number != cases[i].value)
            fail_msg("case %zu: %.17g", i, sample.value.number);
    }
}

/* Registers as they go out, seen as the bytes of a reply. */
static void to_bytes(const uint16_t *registers, size_t count, uint8_t *bytes)
{
    for (size_t i = 0; i < count; i++) {
        bytes[2 * i] = (uint8_t)(registers[i] >> 8);
        bytes[2 * i + 1] = (uint8_t)registers[i];
    }
}

static double random_raw(enum modbus_encoding as)
{
    uint32_t bits = (uint32_t)mrand48();
    float number;
    switch (as) {
    case MODBUS_INT16:
        return (int16_t)bits;
    case MODBUS_UINT16:
        return (uint16_t)bits;
    case MODBUS_INT32:
        return (int32_t)bits;
    case MODBUS_UINT32:
        return bits;
    default:
        memcpy(&number, &bits, sizeof number);
        return isfinite(number) ? (double)number : 0;
    }
}

static void every_number_round_trips(void **state)
{
    (void)state;
    srand48(20240601);
    for (int as = MODBUS_INT16; as <= MODBUS_FLOAT32; as++)
        for (int order = MODBUS_ABCD; order <= MODBUS_DCBA; order++)
            for (int i = 0; i < 2000; i++) {
                struct modbus_point_options chosen = options(MODBUS_HOLDING, as, order);
                struct driver_point point = {
                    .name = "p", .type = DRIVER_NUMBER, .writable = true, .options = &chosen};
                struct modbus_place place = settle(&point);
                struct driver_value value = {.number = random_raw(as)};
                uint16_t registers[MODBUS_PLACE_MAX];
                assert_int_equal(modbus_encode(&point, &place, &value, registers, NULL), 0);
                uint8_t bytes[4];
                to_bytes(registers, place.width, bytes);
                struct driver_sample sample = decode(&point, bytes);
                assert_true(sample.good);
                assert_true(sample.value.number == value.number);
            }
}

static void scaled_values_round_to_the_nearest_step(void **state)
{
    (void)state;
    struct modbus_point_options chosen = options(MODBUS_HOLDING, MODBUS_INT16, MODBUS_ABCD);
    chosen.scale = 0.1;
    chosen.offset = -40;
    struct driver_point point = {.name = "p", .type = DRIVER_NUMBER, .writable = true, .options = &chosen};
    struct modbus_place place = settle(&point);
    struct driver_value value = {.number = 21.34};
    uint16_t registers[MODBUS_PLACE_MAX];
    assert_int_equal(modbus_encode(&point, &place, &value, registers, NULL), 0);
    assert_int_equal(registers[0], 613);
    uint8_t bytes[2];
    to_bytes(registers, 1, bytes);
    assert_true(fabs(decode(&point, bytes).value.number - 21.3) < 1e-9);
}

static void refuses_what_has_no_encoding(void **state)
{
    (void)state;
    static const struct {
        enum driver_type type;
        enum modbus_encoding as;
        double number;
    } cases[] = {
        {DRIVER_NUMBER,  MODBUS_INT16,   32768        },
        {DRIVER_NUMBER,  MODBUS_INT16,   -32769       },
        {DRIVER_NUMBER,  MODBUS_UINT16,  -1           },
        {DRIVER_NUMBER,  MODBUS_UINT32,  4294967296.0 },
        {DRIVER_NUMBER,  MODBUS_UINT16,  NAN          },
        {DRIVER_NUMBER,  MODBUS_FLOAT32, INFINITY     },
        {DRIVER_NUMBER,  MODBUS_FLOAT32, 1e39         },
        {DRIVER_INTEGER, MODBUS_UINT16,  1.5          },
        {DRIVER_NUMBER,  MODBUS_INT32,   -2147483649.0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct modbus_point_options chosen = options(MODBUS_HOLDING, cases[i].as, MODBUS_ABCD);
        struct driver_point point = {
            .name = "p", .type = cases[i].type, .writable = true, .options = &chosen};
        struct modbus_place place = settle(&point);
        struct driver_value value = {.number = cases[i].number};
        struct driver_fault fault;
        uint16_t registers[MODBUS_PLACE_MAX];
        if (modbus_encode(&point, &place, &value, registers, &fault) != DRIVER_INVALID)
            fail_msg("case %zu was encoded", i);
    }
}

static void not_a_number_is_not_good(void **state)
{
    (void)state;
    struct modbus_point_options chosen = options(MODBUS_INPUT, MODBUS_FLOAT32, MODBUS_ABCD);
    struct driver_point point = {.name = "p", .type = DRIVER_NUMBER, .options = &chosen};
    assert_false(decode(&point, (const uint8_t[]){0x7F, 0xC0, 0, 0}).good);
    assert_false(decode(&point, (const uint8_t[]){0xFF, 0x80, 0, 0}).good);
    assert_true(decode(&point, (const uint8_t[]){0x7F, 0x7F, 0xFF, 0xFF}).good);
}

static void bits_are_found_in_both_kinds_of_table(void **state)
{
    (void)state;
    struct modbus_point_options chosen = options(MODBUS_HOLDING, MODBUS_AUTO, MODBUS_ABCD);
    chosen.bit = 9;
    struct driver_point point = {.name = "p", .type = DRIVER_BOOLEAN, .options = &chosen};
    assert_true(decode(&point, (const uint8_t[]){0x02, 0x00}).value.number == 1);
    assert_true(decode(&point, (const uint8_t[]){0xFD, 0xFF}).value.number == 0);

    struct modbus_point_options coil = options(MODBUS_COIL, MODBUS_AUTO, MODBUS_ABCD);
    point.options = &coil;
    struct modbus_place place = settle(&point);
    struct driver_sample sample;
    /* Address 7 of a read from -3 on: bit 10, in the second byte. */
    place.address = 10;
    modbus_decode(&point, &place, (const uint8_t[]){0x00, 0x04}, 0, &sample);
    assert_true(sample.good && sample.value.number == 1);
    modbus_decode(&point, &place, (const uint8_t[]){0xFF, 0xFB}, 0, &sample);
    assert_true(sample.good && sample.value.number == 0);
}

static void choices_are_known_or_not_good(void **state)
{
    (void)state;
    static const struct driver_choice choices[] = {
        {"idle", 0},
        {"run",  3},
        {NULL,   0}
    };
    struct modbus_point_options chosen = options(MODBUS_HOLDING, MODBUS_UINT16, MODBUS_ABCD);
    struct driver_point point = {
        .name = "p", .type = DRIVER_CHOICE, .writable = true, .choices = choices, .options = &chosen};
    assert_true(decode(&point, (const uint8_t[]){0, 3}).good);
    assert_false(decode(&point, (const uint8_t[]){0, 2}).good);
    struct modbus_place place = settle(&point);
    uint16_t registers[MODBUS_PLACE_MAX];
    struct driver_fault fault;
    assert_int_equal(modbus_encode(&point, &place, &(struct driver_value){.number = 3}, registers, &fault),
                     0);
    assert_int_equal(modbus_encode(&point, &place, &(struct driver_value){.number = 2}, registers, &fault),
                     DRIVER_INVALID);
}

static void texts_round_trip_and_noise_is_not_good(void **state)
{
    (void)state;
    for (int order = MODBUS_ABCD; order <= MODBUS_DCBA; order++) {
        struct modbus_point_options chosen = options(MODBUS_HOLDING, MODBUS_STRING, order);
        chosen.length = 4;
        struct driver_point point = {.name = "p", .type = DRIVER_TEXT, .writable = true, .options = &chosen};
        struct modbus_place place = settle(&point);
        static const char *const texts[] = {"", "a", "ab", "tank 1", "12345678", "\xE6\xB0\xB4"};
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
            struct driver_value value = {0};
            strcpy(value.text, texts[i]);
            uint16_t registers[MODBUS_PLACE_MAX];
            assert_int_equal(modbus_encode(&point, &place, &value, registers, NULL), 0);
            uint8_t bytes[8];
            to_bytes(registers, 4, bytes);
            struct driver_sample sample = decode(&point, bytes);
            assert_true(sample.good);
            assert_string_equal(sample.value.text, texts[i]);
        }
        struct driver_value too_long = {.text = "123456789"};
        uint16_t registers[MODBUS_PLACE_MAX];
        assert_int_equal(modbus_encode(&point, &place, &too_long, registers, NULL), DRIVER_INVALID);
        assert_false(decode(&point, (const uint8_t[]){'a', 'b', 0, 0, 'c', 'd', 0, 0}).good);
        assert_false(decode(&point, (const uint8_t[]){'a', 'b', 7, 7, 'c', 'd', 'e', 'f'}).good);
        assert_false(decode(&point, (const uint8_t[]){0xC3, 0xC3, 'a', 'a', 'c', 'd', 'e', 'f'}).good);
    }
}

static void contradictions_are_named(void **state)
{
    (void)state;
    static const struct {
        enum driver_type type;
        bool writable;
        struct modbus_point_options options;
    } cases[] = {
        {DRIVER_BOOLEAN, false, {.table = MODBUS_COIL, .as = MODBUS_UINT16, .scale = 1, .bit = -1}                  },
        {DRIVER_BOOLEAN, false, {.table = MODBUS_COIL, .scale = 1, .bit = 3}                                        },
        {DRIVER_BOOLEAN, false, {.table = MODBUS_HOLDING, .as = MODBUS_UINT16, .scale = 1, .bit = -1}               },
        {DRIVER_BOOLEAN, false, {.table = MODBUS_HOLDING, .as = MODBUS_BIT, .scale = 1, .bit = -1}                  },
        {DRIVER_NUMBER,  false, {.table = MODBUS_HOLDING, .scale = 0, .bit = -1}                                    },
        {DRIVER_NUMBER,  false, {.table = MODBUS_HOLDING, .scale = 1, .bit = -1, .length = 2}                       },
        {DRIVER_TEXT,    false, {.table = MODBUS_HOLDING, .as = MODBUS_STRING, .scale = 1, .bit = -1}               },
        {DRIVER_TEXT,    false, {.table = MODBUS_HOLDING, .as = MODBUS_UINT16, .scale = 1, .bit = -1}               },
        {DRIVER_INTEGER, false, {.table = MODBUS_HOLDING, .scale = 0.5, .bit = -1}                                  },
        {DRIVER_CHOICE,  false, {.table = MODBUS_HOLDING, .scale = 2, .bit = -1}                                    },
        {DRIVER_NUMBER,  true,  {.table = MODBUS_INPUT, .scale = 1, .bit = -1}                                      },
        {DRIVER_BOOLEAN, true,  {.table = MODBUS_DISCRETE, .scale = 1, .bit = -1}                                   },
        {DRIVER_NUMBER,
         false,                 {.table = MODBUS_INPUT, .as = MODBUS_INT32, .scale = 1, .bit = -1, .address = 65535}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct driver_point point = {.name = "the-point",
                                     .type = cases[i].type,
                                     .readable = true,
                                     .writable = cases[i].writable,
                                     .options = &cases[i].options};
        struct modbus_place place;
        struct driver_fault fault = {0};
        if (modbus_place_point(&point, &place, &fault) != DRIVER_INVALID)
            fail_msg("case %zu was accepted", i);
        assert_non_null(strstr(fault.text, "the-point"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_known_images),
        cmocka_unit_test(every_number_round_trips),
        cmocka_unit_test(scaled_values_round_to_the_nearest_step),
        cmocka_unit_test(refuses_what_has_no_encoding),
        cmocka_unit_test(not_a_number_is_not_good),
        cmocka_unit_test(bits_are_found_in_both_kinds_of_table),
        cmocka_unit_test(choices_are_known_or_not_good),
        cmocka_unit_test(texts_round_trip_and_noise_is_not_good),
        cmocka_unit_test(contradictions_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
