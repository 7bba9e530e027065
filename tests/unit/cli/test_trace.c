/* Waveforms as CSV, NumPy, PNG and braille: read back by other means than those that wrote them. */
#include "gateway/cli/font.h"
#include "gateway/cli/trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t three_codes[] = {118, 128, 138};

static struct trace three_samples(void)
{
    return (struct trace){
        .waveform = "scope.ch1",
        .unit = "V",
        .format = TRACE_UINT8,
        .samples = 3,
        .time_first = -0.001,
        .time_step = 0.001,
        .code_zero = 128,
        .value_step = 0.05,
        .codes = three_codes,
    };
}

static char *written(const struct trace *trace, trace_writer *write, size_t *size)
{
    char *bytes = NULL;
    FILE *file = open_memstream(&bytes, size);
    assert_true(write(trace, file));
    fclose(file);
    return bytes;
}

static void expect_near(double a, double b)
{
    assert_true(fabs(a - b) <= 1e-9 * (1 + fabs(b)));
}

static void test_scaling(void **state)
{
    (void)state;
    static const uint8_t words[] = {0x00, 0x80, 0xff, 0x7f}; /* -32768, 32767 */
    static const uint8_t floats[] = {0x00, 0x00, 0xc0, 0x3f, 0x00, 0x00,
                                     0xc0, 0x7f, 0x00, 0x00, 0x80, 0x7f}; /* 1.5, NaN, infinity */
    struct trace trace = three_samples();
    double least, most;
    expect_near(trace_value(&trace, 0), -0.5);
    expect_near(trace_time(&trace, 2), 0.001);
    trace.format = TRACE_INT16_LITTLE;
    trace.codes = words;
    trace.code_zero = 0;
    trace.value_step = 1;
    expect_near(trace_value(&trace, 0), -32768);
    expect_near(trace_value(&trace, 1), 32767);
    trace.format = TRACE_FLOAT32_LITTLE;
    trace.codes = floats;
    assert_true(trace_extent(&trace, 0, 3, &least, &most));
    expect_near(least, 1.5);
    expect_near(most, 1.5);
    assert_false(trace_extent(&trace, 1, 3, &least, &most));
}

static void test_csv(void **state)
{
    (void)state;
    struct trace trace = three_samples();
    size_t size;
    char *bytes = written(&trace, trace_write_csv, &size);
    assert_string_equal(bytes, "time [s],scope.ch1 [V]\r\n-0.001,-0.5\r\n0,0\r\n0.001,0.5\r\n");
    free(bytes);
    trace.waveform = "a \"b\", c";
    bytes = written(&trace, trace_write_csv, &size);
    assert_memory_equal(bytes, "time [s],\"a \"\"b\"\", c [V]\"\r\n", 27);
    free(bytes);
}

static void test_npy(void **state)
{
    (void)state;
    static const char header[] = "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }";
    struct trace trace = three_samples();
    size_t size;
    double rows[3][2];
    char *bytes = written(&trace, trace_write_npy, &size);
    assert_memory_equal(bytes, "\x93NUMPY\x01\x00", 8);
    size_t length = (uint8_t)bytes[8] | (size_t)(uint8_t)bytes[9] << 8;
    assert_int_equal((10 + length) % 64, 0);
    assert_memory_equal(bytes + 10, header, sizeof header - 1);
    for (size_t i = 10 + sizeof header - 1; i < 10 + length - 1; i++)
        assert_int_equal(bytes[i], ' ');
    assert_int_equal(bytes[10 + length - 1], '\n');
    assert_int_equal(size, 10 + length + sizeof rows);
    memcpy(rows, bytes + 10 + length, sizeof rows); /* little endian, as x86 and ARM are */
    expect_near(rows[0][0], -0.001);
    expect_near(rows[0][1], -0.5);
    expect_near(rows[2][0], 0.001);
    expect_near(rows[2][1], 0.5);
    free(bytes);
}

/* A picture with libpng's simplified reader; rows of RGB. */
static uint8_t *decode(const char *bytes, size_t size, png_image *image)
{
    memset(image, 0, sizeof *image);
    image->version = PNG_IMAGE_VERSION;
    assert_true(png_image_begin_read_from_memory(image, bytes, size));
    image->format = PNG_FORMAT_RGB;
    uint8_t *dots = malloc(PNG_IMAGE_SIZE(*image));
    assert_non_null(dots);
    assert_true(png_image_finish_read(image, NULL, dots, 0, NULL));
    return dots;
}

static bool is_trace(const uint8_t *dot)
{
    return dot[0] > 200 && dot[1] > 150 && dot[2] < 120;
}

/* Rows between which a column's trace lies. */
static bool find_trace(const uint8_t *dots, const png_image *image, unsigned column, unsigned *top,
                       unsigned *bottom)
{
    bool found = false;
    for (unsigned row = 0; row < image->height; row++)
        if (is_trace(dots + ((size_t)row * image->width + column) * 3)) {
            if (!found)
                *top = row;
            *bottom = row;
            found = true;
        }
    return found;
}

static void test_png_shows_the_wave(void **state)
{
    (void)state;
    enum { SAMPLES = 4000 };
    uint8_t *codes = malloc(SAMPLES);
    assert_non_null(codes);
    for (size_t i = 0; i < SAMPLES; i++) /* low in the first half, high in the second */
        codes[i] = i < SAMPLES / 2 ? 28 : 228;
    struct trace trace = three_samples();
    trace.codes = codes;
    trace.samples = SAMPLES;
    trace.time_first = 0;
    trace.time_step = 0.01 / SAMPLES;
    png_image image;
    size_t size;
    char *bytes = written(&trace, trace_write_png, &size);
    uint8_t *dots = decode(bytes, size, &image);
    unsigned top = 0, low = 0, high = 0;
    assert_true(find_trace(dots, &image, image.width / 4, &low, &top));
    assert_true(find_trace(dots, &image, image.width * 3 / 4, &high, &top));
    assert_true(low > high + image.height / 3);
    free(dots);
    free(bytes);
    free(codes);
}

static void test_png_of_a_constant_and_of_one_sample(void **state)
{
    (void)state;
    struct trace trace = three_samples();
    png_image image;
    size_t size;
    trace.value_step = 0;
    char *bytes = written(&trace, trace_write_png, &size);
    free(decode(bytes, size, &image));
    free(bytes);
    trace.samples = 1;
    bytes = written(&trace, trace_write_png, &size);
    free(decode(bytes, size, &image));
    free(bytes);
}

static void test_plot(void **state)
{
    (void)state;
    struct trace trace = three_samples();
    struct text text = {0};
    trace_plot(&trace, 40, 9, &text);
    size_t lines = 0, dots = 0;
    const char *at = text_get(&text), *end = at + text.length;
    while (at < end) {
        uint32_t code = text_decode(&at, end);
        lines += code == '\n';
        dots += code > 0x2800 && code <= 0x28ff;
    }
    assert_int_equal(lines, 9);
    assert_true(dots >= 3);
    assert_non_null(strstr(text_get(&text), "500 mV"));
    assert_non_null(strstr(text_get(&text), "-1 ms"));
    text_finish(&text);
}

static void expect_engineering(double value, const char *unit, const char *expected)
{
    struct text text = {0};
    engineering(value, unit, true, &text);
    assert_string_equal(text_get(&text), expected);
    text_finish(&text);
}

static void test_engineering_numbers(void **state)
{
    (void)state;
    expect_engineering(0.0000125, "s", "12.5 us");
    expect_engineering(0.001, "s", "1 ms");
    expect_engineering(0, "V", "0 V");
    expect_engineering(-2200, "Hz", "-2.2 kHz");
    expect_engineering(35, "%", "35 %");
    expect_near(nice_step(1.0, 10), 0.1);
    expect_near(nice_step(1.3, 10), 0.2);
    expect_near(nice_step(90, 8), 20);
}

static void test_writers_by_ending(void **state)
{
    (void)state;
    assert_ptr_equal(trace_writer_for("a.CSV"), trace_write_csv);
    assert_ptr_equal(trace_writer_for("dir.csv/a.npy"), trace_write_npy);
    assert_ptr_equal(trace_writer_for("a.png"), trace_write_png);
    assert_null(trace_writer_for("a.jpg"));
    assert_null(trace_writer_for(".csv"));
}

static void test_every_printable_letter_has_a_shape_of_its_own(void **state)
{
    (void)state;
    const uint8_t *none = font_glyph(0x4e00);
    for (uint32_t a = 0x21; a < 0x7f; a++) {
        assert_memory_not_equal(font_glyph(a), none, FONT_HEIGHT);
        for (uint32_t b = a + 1; b < 0x7f; b++)
            assert_memory_not_equal(font_glyph(a), font_glyph(b), FONT_HEIGHT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scaling),
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_npy),
        cmocka_unit_test(test_png_shows_the_wave),
        cmocka_unit_test(test_png_of_a_constant_and_of_one_sample),
        cmocka_unit_test(test_plot),
        cmocka_unit_test(test_engineering_numbers),
        cmocka_unit_test(test_writers_by_ending),
        cmocka_unit_test(test_every_printable_letter_has_a_shape_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
