/* The command line against the commands' rows; help and completion know every row (tests/docs/manuals:
 * the man page too). */
#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct words words;
static struct command_line line;

static int read_command_line(const char *text)
{
    assert_true(words_split(text, &words));
    return command_line_read(&line, commands, words.count, words.list);
}

static void done(void)
{
    command_line_finish(&line);
    words_finish(&words);
}

static void test_words_and_options_in_any_order(void **state)
{
    (void)state;
    assert_int_equal(read_command_line("--json book --for 45m tank-1 --from='tomorrow 14:00' --profile x"),
                     COMMAND_LINE_OK);
    assert_ptr_equal(line.arguments.command, &command_book);
    assert_int_equal(line.arguments.count, 1);
    assert_string_equal(line.arguments.words[0], "tank-1");
    assert_string_equal(arguments_option(&line.arguments, "for"), "45m");
    assert_string_equal(arguments_option(&line.arguments, "from"), "tomorrow 14:00");
    assert_null(arguments_option(&line.arguments, "until"));
    done();
}

static void test_negative_numbers_are_values(void **state)
{
    (void)state;
    assert_int_equal(read_command_line("set voltage -5 V torque -.5"), COMMAND_LINE_OK);
    assert_int_equal(line.arguments.count, 5);
    assert_string_equal(line.arguments.words[1], "-5");
    done();
    assert_int_equal(read_command_line("lockout tank-1 -- --remove is no reason"), COMMAND_LINE_OK);
    assert_false(arguments_flag(&line.arguments, "remove"));
    assert_int_equal(line.arguments.count, 5);
    done();
}

static void test_two_word_commands(void **state)
{
    (void)state;
    assert_int_equal(read_command_line("account add lina --role student"), COMMAND_LINE_OK);
    assert_ptr_equal(line.arguments.command, &command_account_add);
    assert_int_equal(line.arguments.count, 1);
    done();
    assert_int_equal(read_command_line("account"), COMMAND_LINE_UNKNOWN);
    assert_non_null(strstr(line.why, "add, import, disable, list"));
    done();
}

static void expect_wrong(const char *text, int result, const char *hint)
{
    assert_int_equal(read_command_line(text), result);
    assert_non_null(strstr(line.why, hint));
    done();
}

static void test_mistakes_are_explained(void **state)
{
    (void)state;
    expect_wrong("boook tank-1", COMMAND_LINE_UNKNOWN, "did you mean \"book\"?");
    expect_wrong("capt", COMMAND_LINE_UNKNOWN, "did you mean \"capture\"?");
    expect_wrong("xyzzyx", COMMAND_LINE_UNKNOWN, "labctl --help lists them");
    expect_wrong("\033[31m", COMMAND_LINE_UNKNOWN, "\\u{1b}[31m");
    expect_wrong("book tank-1 --fro now", COMMAND_LINE_WRONG, "did you mean --from?");
    expect_wrong("book tank-1 --for", COMMAND_LINE_WRONG, "--for needs a DURATION");
    expect_wrong("watch --json=yes", COMMAND_LINE_WRONG, "--json takes no value");
    expect_wrong("show", COMMAND_LINE_WRONG, "labctl show RIG");
    expect_wrong("show a b", COMMAND_LINE_WRONG, "too many");
    expect_wrong("--deep capture x", COMMAND_LINE_WRONG, "behind the command");
    assert_int_equal(read_command_line("kepp"), COMMAND_LINE_UNKNOWN);
    assert_null(strstr(line.why, "keep")); /* which is hidden */
    done();
    assert_int_equal(read_command_line(""), COMMAND_LINE_EMPTY);
    done();
}

static void test_help_needs_no_arguments(void **state)
{
    (void)state;
    assert_int_equal(read_command_line("show --help"), COMMAND_LINE_OK);
    assert_true(line.help);
    done();
    assert_int_equal(read_command_line("show -h"), COMMAND_LINE_OK);
    assert_true(line.help);
    done();
}

static void test_a_family_of_commands_explains_itself(void **state)
{
    (void)state;
    assert_int_equal(read_command_line("account --help"), COMMAND_LINE_OK);
    assert_true(line.help);
    assert_null(line.arguments.command);
    assert_string_equal(line.family, "account");
    done();
    assert_int_equal(read_command_line("accounts --help"), COMMAND_LINE_UNKNOWN);
    done();
}

static void test_quotes(void **state)
{
    (void)state;
    struct words split;
    assert_true(words_split("  set  \"plc.pump\" '35 %' a\\ b # a remark", &split));
    assert_int_equal(split.count, 4);
    assert_string_equal(split.list[2], "35 %");
    assert_string_equal(split.list[3], "a b");
    words_finish(&split);
    assert_false(words_split("set 'pump", &split));
    words_finish(&split);
}

/* --- what must know every row --- */

static char *captured;
static size_t captured_size;

static FILE *capture(void)
{
    FILE *file = open_memstream(&captured, &captured_size);
    assert_non_null(file);
    return file;
}

static void test_help_covers_every_command_and_option(void **state)
{
    (void)state;
    FILE *file = capture();
    help_all(file);
    fclose(file);
    for (const struct command *const *row = commands; *row; row++)
        if (!(*row)->hidden)
            assert_non_null(strstr(captured, (*row)->summary));
    free(captured);
    for (const struct command *const *row = commands; *row; row++) {
        file = capture();
        help_command(file, *row);
        fclose(file);
        assert_non_null(strstr(captured, (*row)->name));
        for (const struct option_row *option = (*row)->options; option && option->name; option++)
            assert_non_null(strstr(captured, option->help));
        free(captured);
    }
}

static void expect_completion(const char *shell)
{
    /* Written to stdout by the command itself; here through its run function with stdout turned aside. */
    struct cli cli = {.json.file = stdout};
    char line_text[32];
    FILE *aside = tmpfile();
    assert_non_null(aside);
    fflush(stdout);
    int kept = dup(STDOUT_FILENO);
    dup2(fileno(aside), STDOUT_FILENO);
    snprintf(line_text, sizeof line_text, "completion %s", shell);
    int read = read_command_line(line_text);
    int result = read == COMMAND_LINE_OK ? command_completion.run(&cli, &line.arguments) : -1;
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    done();
    assert_int_equal(result, CLI_OK);
    rewind(aside);
    FILE *file = capture();
    for (int byte = getc(aside); byte != EOF; byte = getc(aside))
        fputc(byte, file);
    fclose(file);
    fclose(aside);
    for (const struct command *const *row = commands; *row; row++) {
        const char *space = strchr((*row)->name, ' ');
        if ((*row)->hidden)
            continue;
        assert_non_null(strstr(captured, space ? space + 1 : (*row)->name));
        for (const struct option_row *option = (*row)->options; option && option->name; option++)
            assert_non_null(strstr(captured, option->name));
    }
    assert_null(strstr(captured, command_keep.summary));
    free(captured);
}

static void test_completion_covers_every_command_and_option(void **state)
{
    (void)state;
    expect_completion("bash");
    expect_completion("zsh");
    expect_completion("fish");
}

static void test_options_fit_their_tables(void **state)
{
    (void)state;
    for (const struct command *const *row = commands; *row; row++) {
        size_t count = 0;
        for (const struct option_row *option = (*row)->options; option && option->name; option++)
            count++;
        assert_true(count < OPTIONS_MAX);
        assert_non_null((*row)->arguments);
        assert_non_null((*row)->run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_and_options_in_any_order),
        cmocka_unit_test(test_negative_numbers_are_values),
        cmocka_unit_test(test_two_word_commands),
        cmocka_unit_test(test_mistakes_are_explained),
        cmocka_unit_test(test_help_needs_no_arguments),
        cmocka_unit_test(test_a_family_of_commands_explains_itself),
        cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_help_covers_every_command_and_option),
        cmocka_unit_test(test_completion_covers_every_command_and_option),
        cmocka_unit_test(test_options_fit_their_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
