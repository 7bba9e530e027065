/* The cause-and-effect matrix of a configuration, and what makes a proof test void. */
#include "gateway/matrix/matrix.h"
#include "tests/unit/config/fixture.h"

#include <string.h>

#define PROFILE "profiles/test/tank.yaml"

static const struct matrix_stamp stamp = {"0123456789abcdef", "2026-01-31"};

typedef void print(const struct matrix *matrix, const struct matrix_stamp *stamp, FILE *file);

static char *printed(const struct config *config, print *print_it)
{
    const struct config_lab *lab = config_lab(config);
    struct matrix matrix;
    char *text = NULL;
    size_t size;
    assert_non_null(lab);
    assert_true(matrix_init(&matrix, lab, &lab->rigs[0]));
    FILE *file = open_memstream(&text, &size);
    print_it(&matrix, &stamp, file);
    fclose(file);
    matrix_finish(&matrix);
    return text;
}

/* What a drawing says, its lines joined by blanks. */
static char *drawn_text(const struct config *config)
{
    char *svg = printed(config, matrix_print_svg), *to = svg;
    for (const char *from = svg; (from = strstr(from, "<text"));) {
        from = strchr(from, '>') + 1;
        size_t length = strcspn(from, "<");
        memmove(to, from, length);
        to += length;
        *to++ = ' ';
        from += length;
    }
    *to = 0;
    for (char *escaped; (escaped = strstr(svg, "&gt;"));) {
        *escaped = '>';
        memmove(escaped + 1, escaped + 4, strlen(escaped + 4) + 1);
    }
    return svg;
}

static size_t count_of(const char *text, const char *find)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, find)); at += strlen(find))
        count++;
    return count;
}

static struct config *load(const char *directory)
{
    struct config *config = config_load(directory, NULL, NULL, 0);
    assert_non_null(config);
    return config;
}

static void the_table_says_what_each_cause_does(void **state)
{
    (void)state;
    struct config *config = load(fixture_good());
    char *text = printed(config, matrix_print_markdown);
    assert_non_null(strstr(
        text, "| Cause | Name | When | plc.pump | plc.heater | plc.fill | After | Reaction | Reset |"));
    assert_non_null(strstr(text, "| trip | overheat | plc.temperature > 176 degF, or not known | 0 % | off | "
                                 "closed | 200 ms | 1382 ms, "
                                 "all 1770 ms | technician (fault: itself) |"));
    assert_non_null(strstr(
        text, "| trip | guard | not plc.guard (on_bad: ignore: not while it is unknown) | 0 % |  |  |  |"));
    assert_non_null(strstr(text, "| permissive | heater-needs-water | not (plc.level > 15 cm and "
                                 "age(plc.level) < 1 s), or not known |  | "
                                 "off |  |"));
    assert_non_null(
        strstr(text, "| exclusive | plc.fill or plc.heater | another one is away from its safe value |  | no "
                     "start | no start |"));
    assert_non_null(strstr(text, "| e-stop |"));
    assert_non_null(
        strstr(text, "| heartbeat | plc.heartbeat | no change seen by the rig's own controller | dropped | "
                     "dropped | dropped | 1 s |"));
    assert_non_null(strstr(text,
                           "| lost | plc | 2 polls in a row failed, or its line is gone; and its return | "
                           "0 % on return | off on return | closed on return |  | "
                           "—: nothing can be written before its return |"));
    assert_non_null(strstr(text, "; start: —, once its lines answer |"));
    assert_null(strstr(text, "hand-over")); /* on_handover: keep */
    assert_non_null(strstr(text, "configuration 0123456789abcdef, printed 2026-01-31"));
    free(text);
    config_destroy(config);
}

/* What a technician signs for, in both forms. */
static void the_rows_say_all_that_was_configured(void **state)
{
    (void)state;
    static const struct {
        const char *find, *replace, *says;
    } changes[] = {
        {"range: 0 % .. 60 %", "range: {student: 0 % .. 60 %, teacher: 0 % .. 70 %}",
         "slew 20 %/s, on_for 10 min, rate 2 /s, range student 0 % .. 60 %, teacher 0 % .. 70 %; others 0 % "
         ".. 80 %"                                                                                                                                                                  },
        {"range: 0 % .. 60 %", "range: 0 % .. 60 %",                                      "range student 0 % .. 60 %; others 0 % .. 80 %"                                           },
        {"range: 0 % .. 60 %",
         "range: {student: 0 % .. 50 %, teacher: 0 % .. 60 %, technician: 0 % .. 70 %}\n        ramp_step: "
         "100 ms",                                                                        "range student 0 % .. 50 %, teacher 0 % .. 60 %, technician 0 % .. 70 %, ramp_step 100 ms"},
        {"range: 0 % .. 60 %",
         "off_for: 3 s\n        starts: 6\n        total: 2 Wh\n        totalizes: 2 kW", "off_for 3 s, starts 6, total 2 Wh, totalizes 2 kW"                                       },
        {"on_bad: ignore",     "reset_on_fault: technician",                              "teacher (fault: the same)"                                                               },
        {"on_bad: ignore",     "for: 1 s\n        confirm: 3",                            "1 s, 3 reads"                                                                            },
        {"plc.level > 15 cm",  "plc.level > 15 cm hysteresis 2 cm",                       "plc.level > 15 cm hysteresis 2 cm"                                                       },
        {"of: plc.heater",     "of: plc.heater\n        for: 2 s",                        "back after 2 s"                                                                          },
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct fixture fixture;
        fixture_copy(&fixture);
        fixture_change(&fixture, "lab.yaml", changes[i].find, changes[i].replace);
        struct config *config = load(fixture.directory);
        char *table = printed(config, matrix_print_markdown), *drawing = drawn_text(config);
        if (!strstr(table, changes[i].says) || !strstr(drawing, changes[i].says))
            fail_msg("%s\n%s\n%s", changes[i].says, table, drawing);
        free(table);
        free(drawing);
        config_destroy(config);
        fixture_remove(&fixture);
    }
}

static void the_table_is_signed_by_who_checked_and_who_approved(void **state)
{
    (void)state;
    static const char *const who[] = {"\nChecked by: ___", "\nApproved by: ___"};
    struct config *config = load(fixture_good());
    char *text = printed(config, matrix_print_markdown);
    for (size_t i = 0; i < 2; i++) {
        const char *line = strstr(text, who[i]);
        assert_non_null(line);
        const char *date = strstr(line, "___ Date: ___"), *signature = strstr(line, "___ Signature: ___");
        const char *end = strchr(line + 1, '\n');
        assert_true(date && signature && end && date < signature && signature < end);
    }
    free(text);
    config_destroy(config);
}

static void the_drawing_has_room_for_signatures(void **state)
{
    (void)state;
    struct config *config = load(fixture_good());
    char *text = printed(config, matrix_print_svg);
    assert_true(!strncmp(text, "<svg ", 5) && strstr(text, "</svg>\n"));
    assert_non_null(strstr(text, "width=\"297mm\" height=\"210mm\""));
    assert_non_null(strstr(text, ">Checked on the rig by</text>"));
    assert_non_null(strstr(text, ">Approved by</text>"));
    assert_int_equal(count_of(text, ">Date</text>"), 2);
    assert_int_equal(count_of(text, ">Signature</text>"), 2);
    assert_non_null(strstr(text, "0123456789abcdef"));
    assert_non_null(strstr(text, "plc.temperature &gt; 176 degF"));
    free(text);
    config_destroy(config);
}

/* Prints smaller than 7 points (2.47 mm) are hard to read, and nothing may stand beside the page. */
static void check_sizes(const char *svg)
{
    double size, x, y, width;
    for (const char *at = svg; (at = strstr(at, "font-size=\"")); at++) {
        assert_int_equal(sscanf(at, "font-size=\"%lf", &size), 1);
        assert_true(size >= 2.47);
    }
    for (const char *at = svg; (at = strstr(at, "<rect x=")); at++) {
        assert_int_equal(sscanf(at, "<rect x=\"%lf\" y=\"%lf\" width=\"%lf", &x, &y, &width), 3);
        assert_true(x + width <= 287.05);
    }
    assert_null(strstr(svg, "scale("));
}

static void every_rig_has_one(void **state)
{
    (void)state;
    struct config *config = config_load("configs/demo", "configs/profiles", NULL, 0);
    const struct config_lab *lab = config_lab(config);
    assert_non_null(lab);
    for (size_t i = 0; i < lab->rig_count; i++) { /* simulators of a rig too */
        struct matrix matrix;
        assert_true(matrix_init(&matrix, lab, &lab->rigs[i]));
        for (size_t row = 0; row < matrix.row_count; row++) /* an edge that drives all says how soon */
            assert_true(!matrix.rows[row].cells[0][0] || matrix.rows[row].reaction[0] ||
                        !strstr("e-stop lock-out local mode lost edge", matrix.rows[row].kind));
        matrix_finish(&matrix);
    }
    config_destroy(config);
}

static void many_outputs_stand_on_several_pages(void **state)
{
    (void)state;
    struct config *config = config_load("configs/demo", "configs/profiles", NULL, 0);
    const struct config_lab *lab = config_lab(config);
    struct matrix matrix;
    char *text = NULL;
    assert_non_null(lab);
    size_t size, bench = lab->rig_count;
    while (bench-- > 0 && strcmp(lab->rigs[bench].spec.name, "bench-1") != 0)
        ;
    assert_true(matrix_init(&matrix, lab, &lab->rigs[bench]));
    FILE *file = open_memstream(&text, &size);
    matrix_print_svg(&matrix, &stamp, file);
    fclose(file);

    size_t pages = count_of(text, "Cause and effect: bench-1");
    char last[40];
    snprintf(last, sizeof last, "Page %zu of %zu.", pages, pages);
    assert_true(pages >= 2);
    assert_int_equal(count_of(text, last), 1);
    assert_int_equal(count_of(text, "Checked on the rig by"), 1);
    assert_true(strstr(text, "Checked on the rig by") > strstr(text, "Outputs 8 to "));
    for (size_t i = 0; i < matrix.effect_count; i++) {
        char name[80];
        snprintf(name, sizeof name, ">%s</text>", lab->rigs[bench].spec.points[matrix.effects[i]].name);
        assert_int_equal(count_of(text, name), 1);
    }
    assert_int_equal(count_of(text, ">e-stop</text>"), pages); /* causes are repeated */
    assert_int_equal(count_of(text, ">When</text>"), 1);
    check_sizes(text);
    matrix_finish(&matrix);
    free(text);
    config_destroy(config);
}

static char *fingerprint(const char *file_name, const char *find, const char *replace)
{
    struct fixture fixture;
    fixture_copy(&fixture);
    if (find)
        fixture_change(&fixture, file_name, find, replace);
    struct config *config = load(fixture.directory);
    const struct config_lab *lab = config_lab(config);
    char *text = NULL;
    size_t size;
    assert_non_null(lab);
    FILE *file = open_memstream(&text, &size);
    matrix_fingerprint(lab, &lab->rigs[0], file);
    fclose(file);
    config_destroy(config);
    fixture_remove(&fixture);
    return text;
}

static void a_change_of_an_interlock_makes_another_fingerprint(void **state)
{
    (void)state;
    static const struct {
        const char *find, *replace, *file; /* NULL: lab.yaml */
        bool same;
    } changes[] = {
        {"for: 200 ms",                                                             "for: 210 ms",                                NULL,    false},
        {"176 degF",                                                                "177 degF",                                   NULL,    false},
        {"reset: teacher",                                                          "reset: technician",                          NULL,    false},
        {"drives: {plc.pump: 0 %}",                                                 "drives: {plc.heater: off}",                  NULL,    false},
        {"age(plc.level) < 1 s",                                                    "age(plc.level) < 2 s",                       NULL,    false},
        {"slew: 20 %/s",                                                            "slew: 21 %/s",                               NULL,    false},
        {"range: 0 % .. 80 %",                                                      "range: 0 % .. 81 %",                         NULL,    false},
        {"wait: 100 ms",                                                            "wait: 200 ms",                               NULL,    false},
        {"drops_after: 1 s",                                                        "drops_after: 2 s",                           NULL,    false},
        {"lost_after: 2",                                                           "lost_after: 3",                              NULL,    false},
        {"title: {en: Water tank, zh: 水箱}",                                     "title: {en: Tank, zh: 水箱}",              NULL,    true },
        {"token_life: 8 h",                                                         "token_life: 9 h",                            NULL,    true },
        {"reaction: 1500 ms",                                                       "reaction: 1600 ms",                          NULL,    true },
        {"unit: 3",                                                                 "unit: 4",                                    NULL,    false},
        {"tank: 127.0.0.1:15502",                                                   "tank: 127.0.0.1:15522",                      NULL,    false},
        {"address: 2, as: float32",                                                 "address: 6, as: float32",                    PROFILE, false},
        {"as: int16, scale: 0.1",                                                   "as: int16, scale: 0.01",                     PROFILE, false},
        {"as: float32, order: abcd",                                                "as: float32, order: cdab",                   PROFILE, false},
        {"address: 4, as: int16",                                                   "address: 4, as: uint16",                     PROFILE, false},
        {"guard: {type: boolean, poll: 200 ms, at: {table: discrete, address: 5}}",
         "guard: {type: boolean, poll: 200 ms, at: {table: coil, address: 5}}",                                                   PROFILE, false},
        {"choices: {stop: 0, forward: 1, reverse: 2}",                              "choices: {stop: 0, forward: 2, reverse: 1}", PROFILE,
         false                                                                                                                                  },
        {"title: Tank for tests",                                                   "title: Tank",                                PROFILE, true },
    };
    char *before = fingerprint(NULL, NULL, NULL);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        char *after =
            fingerprint(changes[i].file ? changes[i].file : "lab.yaml", changes[i].find, changes[i].replace);
        if (changes[i].same != !strcmp(before, after))
            fail_msg("%s", changes[i].replace);
        free(after);
    }
    free(before);
}

static void a_range_of_one_role_is_in_the_fingerprint(void **state)
{
    (void)state;
    char *before =
        fingerprint("lab.yaml", "range: 0 % .. 60 %", "range: {student: 0 % .. 60 %, teacher: 0 % .. 70 %}");
    char *after =
        fingerprint("lab.yaml", "range: 0 % .. 60 %", "range: {student: 0 % .. 60 %, teacher: 0 % .. 80 %}");
    assert_string_not_equal(before, after);
    free(before);
    free(after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_says_what_each_cause_does),
        cmocka_unit_test(the_rows_say_all_that_was_configured),
        cmocka_unit_test(the_table_is_signed_by_who_checked_and_who_approved),
        cmocka_unit_test(the_drawing_has_room_for_signatures),
        cmocka_unit_test(every_rig_has_one),
        cmocka_unit_test(many_outputs_stand_on_several_pages),
        cmocka_unit_test(a_change_of_an_interlock_makes_another_fingerprint),
        cmocka_unit_test(a_range_of_one_role_is_in_the_fingerprint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
