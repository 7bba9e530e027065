/* How much there can be of each thing, what belongs in rigs/, and a rig that nothing can show to be safe. */
#include "tests/unit/config/fixture.h"

static const char lab_head[] = "name: lab\nlisteners: [{url: \"tcp://127.0.0.1:7600\"}]\nrigs:\n";

static void append(char **text, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void append(char **text, const char *format, ...)
{
    char more[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(more, sizeof(more), format, arguments);
    va_end(arguments);
    *text = realloc(*text, strlen(*text) + strlen(more) + 1);
    assert_non_null(*text);
    strcat(*text, more);
}

static void expect_among(struct fixture *fixture, const char *file, char *text, const char *expected)
{
    if (text)
        fixture_write(fixture, file, text, strlen(text));
    free(text);
    struct config *config = config_load(fixture->directory, NULL, NULL, 0);
    assert_non_null(config);
    char *errors = fixture_errors(fixture, config);
    if (!strstr(errors, expected))
        fail_msg("expected: %s\nfound: %.2000s", expected, errors);
    assert_null(config_lab(config));
    free(errors);
    config_destroy(config);
}

static void each_thing_has_its_bound(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_copy(&fixture);
    char *text = strdup(lab_head);
    append(&text, "  r:\n    instruments:\n");
    for (int i = 0; i < 65; i++)
        append(&text, "      i%d: {profile: test/meter, link: tcp://127.0.0.1:%d}\n", i, 1000 + i);
    expect_among(&fixture, "lab.yaml", text,
                 "lab.yaml:5:5: rigs.r.instruments: 65 instruments; a rig can have at most 64\n");
    text = strdup(lab_head);
    append(&text, "  r:\n    capabilities: [");
    for (int i = 0; i < 33; i++)
        append(&text, "%sc%d", i ? ", " : "", i);
    append(&text, "]\n    interlocks:\n");
    for (int i = 0; i < 257; i++)
        append(&text, "      - {}\n");
    append(&text, "    instruments: {m: {profile: test/meter, link: tcp://127.0.0.1:1000}}\n");
    char *again = strdup(text);
    expect_among(&fixture, "lab.yaml", text, "rigs.r.capabilities: at most 32 capabilities\n");
    expect_among(&fixture, "lab.yaml", again,
                 "rigs.r.interlocks: 257 interlocks; a rig can have at most 256\n");
    text = strdup(lab_head);
    for (int i = 0; i < 256; i++)
        append(&text, "  r%d: {instruments: {}}\n", i);
    expect_among(&fixture, "lab.yaml", text,
                 "lab.yaml:259:9: rigs.r255: more than 255 rigs, those for practice included\n");
    fixture_remove(&fixture);
}

static void profiles_have_their_bounds(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_copy(&fixture);
    char *text = strdup("profile: test/meter\ndriver: scpi-rigol-ds1000z\nwaveforms:\n");
    for (int i = 0; i < 65; i++)
        append(&text, "  w%d: {at: {source: CHAN1}}\n", i);
    expect_among(&fixture, "profiles/test/meter.yaml", text,
                 "profiles/test/meter.yaml:3:1: waveforms: 65 waveforms; at most 64\n");
    text = strdup("profile: test/meter\ndriver: scpi\npoints:\n");
    for (int i = 0; i < 1400; i++)
        append(&text, "  p%d: {type: boolean, at: {query: \"A?\"}}\n", i);
    char *twice = strdup(lab_head);
    append(&twice, "  r:\n    instruments:\n      a: {profile: test/meter, link: tcp://127.0.0.1:1}\n"
                   "      b: {profile: test/meter, link: tcp://127.0.0.1:2}\n");
    fixture_write(&fixture, "lab.yaml", twice, strlen(twice));
    free(twice);
    char *more = strdup(text);
    expect_among(&fixture, "profiles/test/meter.yaml", text,
                 "rigs.r: 2800 points; a rig can have at most 1500\n");
    for (int i = 1400; i < 1501; i++)
        append(&more, "  p%d: {type: boolean, at: {query: \"A?\"}}\n", i);
    expect_among(&fixture, "profiles/test/meter.yaml", more,
                 "points: 1501 points; a rig can have at most 1500\n");
    fixture_remove(&fixture);
}

static void a_variable_cannot_make_a_value_too_long(void **state)
{
    (void)state;
    struct fixture fixture;
    char define[6000] = "tank=";
    const char *const defines[] = {define};
    memset(define + 5, 'x', 5000);
    fixture_copy(&fixture);
    struct config *config = config_load(fixture.directory, NULL, defines, 1);
    assert_non_null(config);
    char *errors = fixture_errors(&fixture, config);
    assert_string_equal(errors,
                        "lab.yaml:16:39: rigs.tank-1.instruments.plc.link: more than 4096 bytes of text\n");
    free(errors);
    config_destroy(config);
    fixture_remove(&fixture);
}

static void only_rigs_belong_in_rigs(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_copy(&fixture);
    expect_among(&fixture, "rigs/line-3.yml", strdup("rig: line-3\n"),
                 "rigs/line-3.yml: only rigs belong here, in files named NAME.yaml; move it\n");
    fixture_remove(&fixture);
    fixture_make(&fixture);
    char *text = strdup(lab_head);
    append(&text, "  r: {instruments: {}}\n");
    fixture_write(&fixture, "rigs", "", 0);
    expect_among(&fixture, "lab.yaml", text, "rigs: cannot be read: Not a directory\n");
    fixture_remove(&fixture);
}

static void a_rig_that_nothing_shows_to_be_safe_is_refused(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_copy(&fixture);
    char *text = strdup("profile: test/meter\ndriver: scpi\npoints:\n"
                        "  output: {type: boolean, access: write, safe: off, at: {set: \"OUTP {}\"}}\n");
    fixture_write(&fixture, "profiles/test/meter.yaml", text, strlen(text));
    free(text);
    text = strdup(lab_head);
    append(&text,
           "  r: {instruments: {m: {profile: test/meter, link: \"tcp://127.0.0.1:1\"}}, safe: [set: all]}\n");
    expect_among(&fixture, "lab.yaml", text,
                 "lab.yaml:4:75: rigs.r.safe: has no verify: step, so the rig could never be known to be "
                 "safe; add one\n");
    fixture_remove(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_thing_has_its_bound),
        cmocka_unit_test(profiles_have_their_bounds),
        cmocka_unit_test(a_variable_cannot_make_a_value_too_long),
        cmocka_unit_test(only_rigs_belong_in_rigs),
        cmocka_unit_test(a_rig_that_nothing_shows_to_be_safe_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
