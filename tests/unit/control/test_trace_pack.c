/* Packing and unpacking again gives the codes, or the extremes of their columns, within the budget. The
 * unpacker is written after docs/protocol.md, "Traces". */
#include "gateway/control/trace_pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

struct reader {
    const uint8_t *bytes;
    size_t at;
};

static unsigned take(struct reader *reader, unsigned bits)
{
    unsigned value = 0;
    for (; bits > 0; bits--, reader->at++)
        value = value << 1 | (reader->bytes[reader->at / 8] >> (7 - reader->at % 8) & 1u);
    return value;
}

static void unpack(struct reader *reader, uint8_t *codes, const uint8_t *lows, size_t count)
{
    unsigned predictor = take(reader, 2), sum = 4, seen = 1;
    for (size_t i = 0; i < count; i++) {
        unsigned k = 0, quotient = 0;
        while (seen << k < sum)
            k++;
        while (quotient < 11 && !take(reader, 1))
            quotient++;
        unsigned residual = quotient == 11 ? take(reader, 8) : quotient << k | take(reader, k);
        int guess = i ? codes[i - 1] : 128;
        if (predictor == 1 && i > 1)
            guess = 2 * codes[i - 1] - codes[i - 2];
        if (predictor == 2)
            guess = i ? lows[i] + codes[i - 1] - lows[i - 1] : lows[i];
        int difference = residual % 2 ? -(int)(residual + 1) / 2 : (int)residual / 2;
        codes[i] = (uint8_t)(guess + difference);
        sum += residual < 4u << k ? residual : 4u << k;
        if (++seen == 32) {
            sum /= 2;
            seen = 16;
        }
    }
}

static uint32_t random_state = 1;
static unsigned next_random(void)
{
    random_state = random_state * 1664525u + 1013904223u;
    return random_state >> 16;
}

enum signal { SINE, SQUARE, NOISE, LEVEL, NOISY_SINE, SPIKES, SIGNALS };

static void make(enum signal signal, uint8_t *codes, size_t count, double period)
{
    for (size_t i = 0; i < count; i++) {
        double phase = fmod((double)i / period, 1), sine = sin(phase * 6.283185307);
        int noise = (int)(next_random() % 7) - 3;
        int values[SIGNALS] = {
            [SINE] = 128 + (int)(100 * sine),
            [SQUARE] = phase < 0.5 ? 28 : 228,
            [NOISE] = (int)(next_random() % 256),
            [LEVEL] = 255,
            [NOISY_SINE] = 128 + (int)(100 * sine) + noise,
            [SPIKES] = next_random() % 50 ? 128 : (int)(next_random() % 256),
        };
        codes[i] = (uint8_t)values[signal];
    }
}

static void check_columns(const uint8_t *codes, size_t count, const uint8_t *packed,
                          const struct trace_shape *shape)
{
    struct reader reader = {.bytes = packed};
    uint8_t lows[TRACE_SAMPLES_MAX], highs[TRACE_SAMPLES_MAX];
    unpack(&reader, lows, NULL, shape->columns);
    if (!shape->extremes) {
        assert_int_equal(shape->columns, count);
        assert_memory_equal(lows, codes, count);
        return;
    }
    unpack(&reader, highs, lows, shape->columns);
    for (size_t column = 0; column < shape->columns; column++) {
        uint8_t low = 255, high = 0;
        for (size_t i = column * count / shape->columns; i < (column + 1) * count / shape->columns; i++) {
            low = codes[i] < low ? codes[i] : low;
            high = codes[i] > high ? codes[i] : high;
        }
        assert_int_equal(lows[column], low);
        assert_int_equal(highs[column], high);
    }
}

static void test_what_is_packed_can_be_unpacked(void **state)
{
    (void)state;
    static const size_t budgets[] = {60, 130, 380, 800, 4000},
                        counts[] = {1, 2, 3, 37, 600, 1200, TRACE_SAMPLES_MAX};
    for (enum signal signal = SINE; signal < SIGNALS; signal++)
        for (size_t b = 0; b < sizeof budgets / sizeof *budgets; b++)
            for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
                uint8_t codes[TRACE_SAMPLES_MAX], packed[4096];
                struct trace_shape shape;
                make(signal, codes, counts[c], 3 + next_random() % 700);
                memset(packed, 0xa5, sizeof packed);
                size_t length = trace_pack(codes, counts[c], packed, budgets[b], &shape);
                assert_in_range(length, 1, budgets[b]);
                assert_int_equal(packed[budgets[b]], 0xa5);
                check_columns(codes, counts[c], packed, &shape);
            }
}

static void test_a_screen_fits_as_finely_as_was_promised(void **state)
{
    (void)state;
    static const struct {
        enum signal signal;
        size_t budget, columns;
    } promises[] = {
        {SINE,       380, 1200},
        {SQUARE,     380, 1200},
        {NOISY_SINE, 380, 300 },
        {NOISE,      380, 150 },
        {SINE,       100, 100 },
        {NOISY_SINE, 100, 50  },
    };
    for (size_t i = 0; i < sizeof promises / sizeof *promises; i++) {
        uint8_t codes[1200], packed[4096];
        struct trace_shape shape;
        make(promises[i].signal, codes, sizeof codes, 500);
        assert_true(trace_pack(codes, sizeof codes, packed, promises[i].budget, &shape) > 0);
        assert_in_range(shape.columns, promises[i].columns, sizeof codes);
    }
}

static void test_where_nothing_fits_nothing_is_packed(void **state)
{
    (void)state;
    uint8_t codes[1200], packed[8];
    struct trace_shape shape;
    make(NOISE, codes, sizeof codes, 100);
    assert_int_equal(trace_pack(codes, sizeof codes, packed, sizeof packed, &shape), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_packed_can_be_unpacked),
        cmocka_unit_test(test_a_screen_fits_as_finely_as_was_promised),
        cmocka_unit_test(test_where_nothing_fits_nothing_is_packed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
