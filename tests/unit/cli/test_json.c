/* JSON that a strict reader takes, whatever strangers put into names. */
#include "gateway/cli/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

struct written {
    struct json json;
    char *bytes;
    size_t size;
};

static void begin(struct written *written)
{
    *written = (struct written){0};
    written->json.file = open_memstream(&written->bytes, &written->size);
    assert_non_null(written->json.file);
}

static void expect(struct written *written, const char *expected)
{
    fclose(written->json.file);
    assert_string_equal(written->bytes, expected);
    free(written->bytes);
}

static void test_commas_and_nesting(void **state)
{
    (void)state;
    struct written written;
    begin(&written);
    json_open_object(&written.json, NULL);
    json_string(&written.json, "a", "x");
    json_open_array(&written.json, "b");
    json_integer(&written.json, NULL, -1);
    json_open_object(&written.json, NULL);
    json_close_object(&written.json);
    json_boolean(&written.json, NULL, true);
    json_close_array(&written.json);
    json_null(&written.json, "c");
    json_close_object(&written.json);
    json_unsigned(&written.json, NULL, UINT64_MAX);
    expect(&written, "{\"a\":\"x\",\"b\":[-1,{},true],\"c\":null}\n18446744073709551615\n");
}

static void test_escapes(void **state)
{
    (void)state;
    struct written written;
    begin(&written);
    json_string(&written.json, NULL, "\"quoted\\\" \n\t\x01");
    json_string(&written.json, NULL, "水箱 \u202e");
    json_string(&written.json, NULL, "x\U000e0041");
    json_string(&written.json, NULL, "cut \xe6\xb0");
    expect(&written, "\"\\\"quoted\\\\\\\" \\u000a\\u0009\\u0001\"\n"
                     "\"水箱 \\u202e\"\n"
                     "\"x\\udb40\\udc41\"\n"
                     "\"cut \\ufffd\\ufffd\"\n");
}

static void test_numbers(void **state)
{
    (void)state;
    struct written written;
    begin(&written);
    json_number(&written.json, NULL, 35);
    json_number(&written.json, NULL, 0.1);
    json_number(&written.json, NULL, 1.0 / 3);
    json_number(&written.json, NULL, NAN);
    json_number(&written.json, NULL, -INFINITY);
    json_number(&written.json, NULL, 1e-300);
    expect(&written, "35\n0.1\n0.3333333333333333\nnull\nnull\n1e-300\n");
}

static void test_instants(void **state)
{
    (void)state;
    struct written written;
    begin(&written);
    json_instant(&written.json, NULL, INT64_C(1795413600007));
    json_instant(&written.json, NULL, 0);
    expect(&written, "\"2026-11-23T06:00:00.007Z\"\nnull\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commas_and_nesting),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_instants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
