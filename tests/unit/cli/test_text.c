/* What strangers wrote is shown, and cannot act: control characters, bidirectional marks, bytes that are not
 * UTF-8. */
#include "gateway/cli/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <string.h>

static void expect_safe(const char *raw, const char *shown)
{
    struct text text = {0};
    text_add_safe(&text, raw, strlen(raw));
    assert_string_equal(text_get(&text), shown);
    text_finish(&text);
}

static void test_harmless_text_stays(void **state)
{
    (void)state;
    expect_safe("", "");
    expect_safe("Water tank, 水箱液位控制, 25 \u00b0C", "Water tank, 水箱液位控制, 25 \u00b0C");
}

static void test_controls_are_shown(void **state)
{
    (void)state;
    expect_safe("\033[2Jgone", "\\u{1b}[2Jgone");
    expect_safe("one\nlabctl: done", "one\\u{a}labctl: done");
    expect_safe("back\b\b\b\b\r", "back\\u{8}\\u{8}\\u{8}\\u{8}\\u{d}");
    expect_safe("\x7f", "\\u{7f}");
    expect_safe("\xc2\x9b"
                "31m",
                "\\u{9b}31m"); /* CSI as one C1 character */
}

static void test_marks_that_reorder_or_hide_are_shown(void **state)
{
    (void)state;
    expect_safe("valve \u202enepo", "valve \\u{202e}nepo");
    expect_safe("a\u2066b\u2069", "a\\u{2066}b\\u{2069}");
    expect_safe("ad\u200bmin", "ad\\u{200b}min");
    expect_safe("\ufeffx", "\\u{feff}x");
    expect_safe("x\U000e0041", "x\\u{e0041}");
}

static void test_bytes_that_are_not_utf8_are_shown(void **state)
{
    (void)state;
    expect_safe("\x9b"
                "31m",
                "\\x9b31m");
    expect_safe("\xc0\xaf", "\\xc0\\xaf");          /* overlong '/' */
    expect_safe("\xed\xa0\x80", "\\xed\\xa0\\x80"); /* a surrogate */
    expect_safe("\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80");
    expect_safe("cut \xe6\xb0", "cut \\xe6\\xb0");
}

static void test_width_counts_terminal_columns(void **state)
{
    (void)state;
    setlocale(LC_CTYPE, "C.UTF-8");
    assert_int_equal(text_width("level"), 5);
    assert_int_equal(text_width("水箱"), 4);
    assert_int_equal(text_width("e\u0301"), 1);
    assert_int_equal(text_fit("水箱液位", 5), strlen("水箱"));
    assert_int_equal(text_fit("abc", 5), 3);
}

static void test_codes_come_back(void **state)
{
    (void)state;
    static const uint32_t codes[] = {0x24, 0xa2, 0x939, 0x2800, 0xffff, 0x10348, 0x10ffff};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        struct text text = {0};
        text_add_code(&text, codes[i]);
        const char *at = text_get(&text);
        assert_int_equal(text_decode(&at, text_get(&text) + text.length), codes[i]);
        assert_ptr_equal(at, text_get(&text) + text.length);
        text_finish(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_harmless_text_stays),
        cmocka_unit_test(test_controls_are_shown),
        cmocka_unit_test(test_marks_that_reorder_or_hide_are_shown),
        cmocka_unit_test(test_bytes_that_are_not_utf8_are_shown),
        cmocka_unit_test(test_width_counts_terminal_columns),
        cmocka_unit_test(test_codes_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
