/* What is wrong in a configuration, where that is said, and in which words: the cases of mistakes/. */
#include "tests/unit/config/fixture.h"

#define TEXT_MAX   4096
#define ERRORS_MAX 8

/* One case, as it is read: what follows "= ", "@ ", "- ", "+ ", "! " and "~ ". */
struct mistake {
    char name[120], file[80], find[TEXT_MAX], replace[TEXT_MAX];
    char errors[ERRORS_MAX][1024], remarks[ERRORS_MAX][1024];
    size_t error_count, remark_count;
};

static void add_line(char *text, size_t size, bool first, const char *line)
{
    size_t used = strlen(text);
    assert_true(used + strlen(line) + 2 < size);
    snprintf(text + used, size - used, "%s%s", first ? "" : "\n", line);
}

/* False at the end of the file. */
static bool next_mistake(FILE *file, struct mistake *mistake)
{
    char line[TEXT_MAX];
    bool finds = false, replaces = false;
    *mistake = (struct mistake){0};
    while (fgets(line, sizeof(line), file)) {
        line[strcspn(line, "\n")] = 0;
        const char *text = line[0] && line[1] ? line + 2 : "";
        if (!line[0] && mistake->name[0])
            return true;
        if (line[0] == '=')
            add_line(mistake->name, sizeof(mistake->name), true, text);
        if (line[0] == '@')
            add_line(mistake->file, sizeof(mistake->file), true, text);
        if (line[0] == '-')
            add_line(mistake->find, sizeof(mistake->find), !finds, text);
        if (line[0] == '+')
            add_line(mistake->replace, sizeof(mistake->replace), !replaces, text);
        if (line[0] == '!') {
            assert_true(mistake->error_count < ERRORS_MAX);
            add_line(mistake->errors[mistake->error_count++], sizeof(mistake->errors[0]), true, text);
        }
        if (line[0] == '~') {
            assert_true(mistake->remark_count < ERRORS_MAX);
            add_line(mistake->remarks[mistake->remark_count++], sizeof(mistake->remarks[0]), true, text);
        }
        finds |= line[0] == '-';
        replaces |= line[0] == '+';
    }
    return mistake->name[0] != 0;
}

static bool names_a_file(const char *text)
{
    const char *name = strstr(text, ".yaml:");
    return name && !memchr(text, ' ', (size_t)(name - text));
}

static size_t expect(const struct mistake *mistake, const struct fixture *fixture, char *expected,
                     size_t size)
{
    size_t marks = 0;
    expected[0] = 0;
    for (size_t i = 0; i < mistake->error_count; i++) {
        const char *error = mistake->errors[i];
        size_t used = strlen(expected);
        if (names_a_file(error)) {
            snprintf(expected + used, size - used, "%s\n", error);
            continue;
        }
        if (marks == fixture->mark_count)
            fail_msg("%s: a ^ is missing", mistake->name);
        snprintf(expected + used, size - used, "%s:%zu:%zu: %s\n", mistake->file, fixture->marks[marks].line,
                 fixture->marks[marks].column, error);
        marks++;
    }
    if (marks + mistake->remark_count != fixture->mark_count)
        fail_msg("%s: as many ^ as texts", mistake->name);
    return marks;
}

/* Others may be there: what good/ has already. */
static bool is_remarked(const struct config *config, const char *text, const struct fixture_mark *at)
{
    size_t count;
    const struct config_error *remarks = config_remarks(config, &count);
    for (size_t i = 0; i < count; i++)
        if (!strcmp(remarks[i].text, text) && remarks[i].line == at->line && remarks[i].column == at->column)
            return true;
    print_message("at %zu:%zu nobody remarks: %s\n", at->line, at->column, text);
    for (size_t i = 0; i < count; i++)
        print_message("%zu:%zu: %s\n", remarks[i].line, remarks[i].column, remarks[i].text);
    return false;
}

static bool is_as_expected(const struct mistake *mistake)
{
    struct fixture fixture;
    char expected[ERRORS_MAX * 1200];
    fixture_copy(&fixture);
    fixture_change(&fixture, mistake->file, mistake->find, mistake->replace);
    size_t marks = expect(mistake, &fixture, expected, sizeof(expected));
    struct config *config = config_load(fixture.directory, NULL, NULL, 0);
    assert_non_null(config);
    char *found = fixture_errors(&fixture, config);
    bool same = !strcmp(found, expected);
    if (!same)
        print_message("%s\nexpected:\n%sfound:\n%s", mistake->name, expected, found);
    for (size_t i = 0; i < mistake->remark_count; i++)
        same &= is_remarked(config, mistake->remarks[i], &fixture.marks[marks + i]);
    assert_int_equal(config_lab(config) == NULL, *found != 0);
    free(found);
    config_destroy(config);
    fixture_remove(&fixture);
    return same;
}

static void check_file(const char *name, size_t least)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/../mistakes/%s", fixture_good(), name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    static struct mistake mistake;
    size_t count = 0, wrong = 0;
    for (; next_mistake(file, &mistake); count++)
        wrong += !is_as_expected(&mistake);
    fclose(file);
    assert_true(count >= least);
    assert_int_equal(wrong, 0);
}

static void mistakes_in_the_lab_are_named_in_their_place(void **state)
{
    (void)state;
    check_file("lab.txt", 40);
}

static void mistakes_in_a_profile_are_named_in_their_place(void **state)
{
    (void)state;
    check_file("profile.txt", 40);
}

static void mistakes_in_a_rig_are_named_in_their_place(void **state)
{
    (void)state;
    check_file("rig.txt", 60);
}

static void mistakes_of_the_timetable_are_found(void **state)
{
    (void)state;
    check_file("timetable.txt", 30);
}

static void what_is_right_and_worth_a_look_is_remarked(void **state)
{
    (void)state;
    check_file("remarks.txt", 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_in_the_lab_are_named_in_their_place),
        cmocka_unit_test(mistakes_in_a_profile_are_named_in_their_place),
        cmocka_unit_test(mistakes_in_a_rig_are_named_in_their_place),
        cmocka_unit_test(mistakes_of_the_timetable_are_found),
        cmocka_unit_test(what_is_right_and_worth_a_look_is_remarked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
