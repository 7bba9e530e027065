/* Accounts from CSV: quotes, spreadsheets' habits, and every wrong line told. */
#include "gateway/cli/import.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct cli cli;

static char *write_file(const char *content)
{
    char *path = strdup("/tmp/labctl-import-XXXXXX");
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, content, strlen(content)), strlen(content));
    close(descriptor);
    return path;
}

static int import_text(const char *content, struct import *import)
{
    char *path = write_file(content);
    int result = import_read(&cli, path, import);
    unlink(path);
    free(path);
    return result;
}

static void test_accounts(void **state)
{
    (void)state;
    struct import import;
    assert_int_equal(import_text("\xef\xbb\xbfname,title,password,role\r\n"
                                 "lina,\"Li, \"\"Nana\"\"\",p w,student\r\n"
                                 "\r\n"
                                 "zhao,,\"line\nbreak\",teacher",
                                 &import),
                     CLI_OK);
    assert_int_equal(import.count, 2);
    assert_string_equal(import.accounts[0]->name, "lina");
    assert_string_equal(import.accounts[0]->title, "Li, \"Nana\"");
    assert_int_equal(import.accounts[0]->role, LABGATE__ROLE__STUDENT);
    assert_string_equal(import.passwords[0], "p w");
    assert_string_equal(import.passwords[1], "line\nbreak");
    assert_int_equal(import.accounts[1]->role, LABGATE__ROLE__TEACHER);
    import_finish(&import);
}

static void test_wrong_files(void **state)
{
    (void)state;
    static const char *const files[] = {
        "",
        "name,role\nlina,student\n",
        "name,role,password\n",
        "name,role,password\nlina,king,x\n",
        "name,role,password\nzhao,teacher,y\nlina,king,x\n",
        "name,role,password\nlina,student,\n",
        "name,role,password\n,student,x\n",
        "name,role,password\nlina,spectator,x\n",
        "name,role,password\nlina,student,\"x\n",
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct import import;
        assert_int_equal(import_text(files[i], &import), CLI_USAGE);
        assert_int_equal(import.count, 0);
    }
}

static void test_lines_are_counted(void **state)
{
    (void)state;
    char text[] = "a,b\n\"1\n2\",3\n\n\nx,y\n";
    FILE *file = fmemopen(text, sizeof text - 1, "r");
    char *fields[4];
    static const int counts[] = {2, 2, 2, 0};
    static const size_t begun[] = {1, 2, 6, 7};
    size_t line = 1, first;
    for (size_t i = 0; i < 4; i++) {
        int count = csv_read_record(file, fields, 4, &line, &first);
        assert_int_equal(count, counts[i]);
        assert_int_equal(first, begun[i]);
        while (count > 0)
            free(fields[--count]);
    }
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accounts),
        cmocka_unit_test(test_wrong_files),
        cmocka_unit_test(test_lines_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
