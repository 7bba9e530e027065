/* Files that are no configuration, by accident or by design: each ends in an error with a place, in bounded
 * time. */
#include "tests/unit/config/fixture.h"

#include "gateway/config/loader.h"

static char *load_text(const char *text, size_t length)
{
    struct fixture fixture;
    fixture_make(&fixture);
    fixture_write(&fixture, "lab.yaml", text, length);
    struct config *config = config_load(fixture.directory, NULL, NULL, 0);
    assert_non_null(config);
    assert_null(config_lab(config));
    char *errors = fixture_errors(&fixture, config);
    config_destroy(config);
    fixture_remove(&fixture);
    return errors;
}

/* One of the lines begins so. */
static void expect_line(const char *text, size_t length, const char *expected)
{
    char *errors = load_text(text, length);
    bool found = false;
    for (const char *line = errors; line && !found; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
        found = !strncmp(line, expected, strlen(expected));
    if (!found)
        print_message("expected: %s\nfound: %.600s", expected, errors);
    free(errors);
    assert_true(found);
}

#define EXPECT(text, expected) expect_line(text, sizeof(text) - 1, expected)

static void what_yaml_offers_beyond_plain_data_is_refused(void **state)
{
    (void)state;
    EXPECT("name: &n lab\n", "lab.yaml:1:7: name: anchors (&n) are not allowed");
    EXPECT("name: *n\n", "lab.yaml:1:7: name: aliases (*n) are not allowed");
    EXPECT("rigs: &r {}\n", "lab.yaml:1:7: rigs: anchors (&r) are not allowed");
    EXPECT("name: !!str lab\n", "lab.yaml:1:7: name: tags (tag:yaml.org,2002:str) are not allowed");
    EXPECT("name: !lab lab\n", "lab.yaml:1:7: name: tags (!lab) are not allowed");
    EXPECT("rigs:\n  <<: {a: 1}\n", "lab.yaml:2:3: rigs: merge keys (<<) are not allowed");
    EXPECT("name: lab\n---\nname: lab\n", "lab.yaml:2:1: a second document begins; a file holds one");
    EXPECT("? [a]\n: b\n", "lab.yaml:1:3: a key must be a word");
    EXPECT("? {a: 1}\n: b\n", "lab.yaml:1:3: a key must be a word");
    EXPECT("? \n: b\n", "lab.yaml:1:2: a key must be a word");
}

static void what_is_not_yaml_has_a_place(void **state)
{
    (void)state;
    EXPECT("", "lab.yaml:1:1: the file is empty");
    EXPECT("# nothing\n", "lab.yaml:1:1: the file is empty");
    EXPECT("just a word\n", "lab.yaml:1:1: must be a table (key: value), not one value");
    EXPECT("- a\n- b\n", "lab.yaml:1:1: must be a table (key: value), not a list");
    EXPECT("rigs:\n\tname: lab\n", "lab.yaml:2:1: not YAML: a tab cannot stand here; indent with spaces");
    EXPECT("name: [a, b\n", "lab.yaml:2:1: not YAML: did not find expected ',' or ']'");
    EXPECT("name: \"lab\n", "lab.yaml:2:1: not YAML: found unexpected end of stream");
    EXPECT("name: lab\n  title: x\n",
           "lab.yaml:2:8: not YAML: mapping values are not allowed in this context");
    EXPECT("a: 1\n b: 2\n", "lab.yaml:2:3: not YAML: mapping values are not allowed in this context");
}

static void what_is_not_text_has_a_place(void **state)
{
    (void)state;
    EXPECT("name: a\0b\n", "lab.yaml:1:8: control character U+0000; remove it");
    EXPECT("name: lab\ntitle: \x1b[31m\n", "lab.yaml:2:8: control character U+001B; remove it");
    EXPECT("name: 水\xff\n", "lab.yaml:1:8: byte 0xFF is not UTF-8; save the file as UTF-8");
    EXPECT("name: \xc0\xaf\n", "lab.yaml:1:7: byte 0xC0 is not UTF-8");
    EXPECT("name: \xed\xa0\x80\n", "lab.yaml:1:7: byte 0xED is not UTF-8");
    EXPECT("name: \xf4\x90\x80\x80\n", "lab.yaml:1:7: byte 0xF4 is not UTF-8");
    EXPECT("name: \xe6\xb0", "lab.yaml:1:7: byte 0xE6 is not UTF-8");
    EXPECT("\xff\xfen\0a\0", "lab.yaml:1:1: byte 0xFF is not UTF-8");
    EXPECT("name: \"a\\0b\"\n",
           "lab.yaml:1:7: name: an escape makes the control character U+0000; remove it");
    EXPECT("name: \"a\\x1bb\"\n", "lab.yaml:1:7: name: an escape makes the control character U+001B");
    EXPECT("name: \"a\xe2\x80\xae"
           "b\"\n",
           "lab.yaml:1:9: control character U+202E; remove it");
}

static void a_byte_order_mark_is_only_that(void **state)
{
    (void)state;
    EXPECT("\xef\xbb\xbfname: ^\n", "lab.yaml:1:");
    char *errors = load_text("\xef\xbb\xbfnam: lab\n", 12);
    assert_non_null(strstr(errors, "nam: unknown key; did you mean name?"));
    free(errors);
}

static char *repeated(const char *begin, const char *unit, size_t count, const char *end)
{
    char *text = malloc(strlen(begin) + strlen(unit) * count + strlen(end) + 1);
    assert_non_null(text);
    char *to = stpcpy(text, begin);
    for (size_t i = 0; i < count; i++)
        to = stpcpy(to, unit);
    strcpy(to, end);
    return text;
}

static void expect_repeated(const char *begin, const char *unit, size_t count, const char *expected)
{
    char *text = repeated(begin, unit, count, "\n");
    expect_line(text, strlen(text), expected);
    free(text);
}

static void what_grows_is_bounded(void **state)
{
    (void)state;
    expect_repeated("name: ", "[", 100000, "lab.yaml:1:23: name[1][1]");
    expect_repeated("name: ", "{a: ", 100000, "lab.yaml:1:");
    expect_repeated("name: ", "- ", 1000, "lab.yaml:1:7: not YAML");
    expect_repeated("name: ", "x", 5000, "lab.yaml:1:7: name: 5000 bytes of text; at most 4096 are allowed");
    expect_repeated("name: [", "1,", 250000, "lab.yaml:1:400");
    expect_repeated("# ", "x", 1100000, "lab.yaml: is larger than 1 MiB; split it");
    expect_repeated("", "a: 1\n", 50000, "lab.yaml:2:1: a: given twice, first in line 1; remove one");
}

static void a_bomb_of_aliases_is_refused_at_its_first(void **state)
{
    (void)state;
    static const char bomb[] = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n";
    EXPECT(bomb, "lab.yaml:1:4: a: anchors (&a) are not allowed");
    EXPECT(bomb, "lab.yaml:2:8: b[1]: aliases (*a) are not allowed");
}

static void errors_beyond_the_limit_are_counted(void **state)
{
    (void)state;
    char text[8000] = "";
    for (int i = 0; i < 300; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "key%d: 1\n", i);
    char *errors = load_text(text, strlen(text)), *place = errors;
    size_t lines = 0;
    for (; (place = strchr(place, '\n')); place++)
        lines++;
    assert_int_equal(lines, CONFIG_ERRORS_MAX + 1);
    /* 300 keys, and name, listeners and rigs are missing */
    assert_non_null(strstr(errors, "\nand 103 more\n"));
    free(errors);
}

static void what_is_no_file_is_named(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_make(&fixture);
    struct config *config = config_load(fixture.directory, NULL, NULL, 0);
    char *errors = fixture_errors(&fixture, config);
    assert_string_equal(errors, "lab.yaml: cannot be read: No such file or directory\n");
    free(errors);
    config_destroy(config);
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/lab.yaml", fixture.directory);
    assert_int_equal(mkfifo(path, 0600), 0);
    config = config_load(fixture.directory, NULL, NULL, 0);
    errors = fixture_errors(&fixture, config);
    assert_string_equal(errors, "lab.yaml: is not a regular file\n");
    free(errors);
    config_destroy(config);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    config = config_load(fixture.directory, NULL, NULL, 0);
    errors = fixture_errors(&fixture, config);
    assert_string_equal(errors, "lab.yaml: is a directory\n");
    free(errors);
    config_destroy(config);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(symlink("/proc/version", path), 0); /* longer than its size says */
    config = config_load(fixture.directory, NULL, NULL, 0);
    errors = fixture_errors(&fixture, config);
    assert_string_equal(errors, "lab.yaml: cannot be read: it grew meanwhile; try again\n");
    free(errors);
    config_destroy(config);
    fixture_remove(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_yaml_offers_beyond_plain_data_is_refused),
        cmocka_unit_test(what_is_not_yaml_has_a_place),
        cmocka_unit_test(what_is_not_text_has_a_place),
        cmocka_unit_test(a_byte_order_mark_is_only_that),
        cmocka_unit_test(what_grows_is_bounded),
        cmocka_unit_test(a_bomb_of_aliases_is_refused_at_its_first),
        cmocka_unit_test(errors_beyond_the_limit_are_counted),
        cmocka_unit_test(what_is_no_file_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
