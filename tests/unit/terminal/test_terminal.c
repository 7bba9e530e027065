/* What a terminal would obey is shown, and everything else as it is. */
#include "gateway/terminal/terminal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
    const char *text, *shown;
} rows[] = {
    {"",                             ""                                    },
    {"plain ~ \\ %s",                "plain ~ \\ %s"                       },
    {"\x1b[31m\n\r\t\x7f",           "\\u{1b}[31m\\u{a}\\u{d}\\u{9}\\u{7f}"},
    {"gr\xc3\xbc\xc3\x9f",           "gr\xc3\xbc\xc3\x9f"                  },
    {"\xe5\xae\x9e\xf0\x9f\x94\xac", "\xe5\xae\x9e\xf0\x9f\x94\xac"        },
    {"\xc2\x80\xc2\x9b\xc2\x9f",     "\\u{80}\\u{9b}\\u{9f}"               },
    {"\xc2\xa0",                     "\xc2\xa0"                            },
    {"\x9b"
     "31m",                     "\\x9b31m"                            },
    {"\xc0\x9b",                     "\\xc0\\x9b"                          }, /* too long for what it says */
    {"\xe0\x82\x9b",                 "\\xe0\\x82\\x9b"                     },
    {"\xf0\x80\x82\x9b",             "\\xf0\\x80\\x82\\x9b"                },
    {"\xed\xa0\x80",                 "\\xed\\xa0\\x80"                     }, /* a surrogate */
    {"\xf4\x90\x80\x80",             "\\xf4\\x90\\x80\\x80"                },
    {"\xf5\xff",                     "\\xf5\\xff"                          },
    {"\xe5\xae",                     "\\xe5\\xae"                          }, /* cut off */
    {"\xf0\x9f\x94",                 "\\xf0\\x9f\\x94"                     },
    {"\xc3\x1b",                     "\\xc3\\u{1b}"                        },
};

static void each_is_shown(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text = NULL, expected[100];
        size_t size = 0;
        FILE *file = open_memstream(&text, &size);
        assert_non_null(file);
        terminal_print(file, "%s|%d", rows[i].text, 7);
        fclose(file);
        snprintf(expected, sizeof expected, "%s|7\n", rows[i].shown);
        assert_string_equal(text, expected);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_is_shown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
