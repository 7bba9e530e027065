/* The option tables themselves, ours and the drivers': what a row promises must be so. And the reference that
 * is printed from them. */
#include "tests/unit/config/fixture.h"

#include "gateway/config/lab.h"
#include "gateway/config/rigs.h"
#include "gateway/config/scalar.h"

static size_t size_of(const struct option *row)
{
    static const size_t sizes[] = {
        [OPTION_BOOLEAN] = sizeof(bool),  [OPTION_INTEGER] = sizeof(int64_t),
        [OPTION_NUMBER] = sizeof(double), [OPTION_DURATION] = sizeof(int64_t),
        [OPTION_SIZE] = sizeof(int64_t),  [OPTION_TEXT] = sizeof(char *),
        [OPTION_CHOICE] = sizeof(int),
    };
    return sizes[row->type];
}

static bool is_taken(const struct option *row, long long count, const char *unit)
{
    struct arena arena = {0};
    int64_t field;
    char text[40], why[SCALAR_WHY];
    snprintf(text, sizeof(text), "%lld%s", count, unit);
    return scalar_read(row, (struct scalar){text, false}, &arena, &field, why);
}

/* The least and the most are taken, and nothing beyond them. */
static void check_bounds(const struct option *row)
{
    bool duration = row->type == OPTION_DURATION;
    if (!duration && row->type != OPTION_INTEGER)
        return;
    const char *unit = duration ? " ms" : "";
    double scale = duration ? 1000 : 1;
    long long least = (long long)(row->minimum * scale), most = (long long)(row->maximum * scale);
    if (!is_taken(row, least, unit) || !is_taken(row, most, unit))
        fail_msg("%s: does not take its own bounds", row->name);
    if (is_taken(row, least - 1, unit) || is_taken(row, most + 1, unit))
        fail_msg("%s: takes what is beyond its bounds", row->name);
}

static void check_row(const struct option *row, const struct option *all, size_t size)
{
    jmp_buf exhausted;
    struct arena arena = {.left = 1 << 20, .exhausted = &exhausted};
    assert_int_equal(setjmp(exhausted), 0);
    union {
        bool truth;
        int64_t integer;
        double number;
        char *text;
        int choice;
    } field;
    char why[SCALAR_WHY];
    if (!row->help || !*row->help || row->help[strlen(row->help) - 1] == '.')
        fail_msg("%s: help is one sentence without a full stop", row->name);
    if ((row->type == OPTION_CHOICE) != (row->choices != NULL))
        fail_msg("%s: choices belong to OPTION_CHOICE", row->name);
    bool bounded = row->type != OPTION_BOOLEAN && row->type != OPTION_CHOICE;
    if (bounded && row->minimum >= row->maximum)
        fail_msg("%s: empty bounds", row->name);
    check_bounds(row);
    if (size && row->offset + size_of(row) > size)
        fail_msg("%s: outside its structure", row->name);
    for (const struct option *other = all; other != row; other++)
        if (!strcmp(other->name, row->name) || other->offset == row->offset)
            fail_msg("%s: twice", row->name);
    struct option open = *row;
    open.minimum = -1e300;
    open.maximum = 1e300;
    if (row->fallback &&
        !scalar_read(&open, (struct scalar){row->fallback, row->type == OPTION_TEXT}, &arena, &field, why))
        fail_msg("%s: default: %s", row->name, why);
    arena_release(&arena);
}

static void check_rows(const struct option *rows, size_t size)
{
    for (const struct option *row = rows; row && row->name; row++)
        check_row(row, rows, size);
}

static void each_row_keeps_its_promise(void **state)
{
    (void)state;
    for (size_t i = 0; config_sections[i]; i++)
        check_rows(config_sections[i]->options, 0);
    for (const struct driver *const *driver = driver_table; *driver; driver++) {
        const struct option_table *const tables[] = {(*driver)->instrument_options, (*driver)->point_options,
                                                     (*driver)->waveform_options};
        for (size_t i = 0; i < 3; i++)
            if (tables[i])
                check_rows(tables[i]->options, tables[i]->size);
    }
}

/* At a rig's instrument our keys, the line's and the driver's stand side by side. */
static void keys_that_stand_together_differ(void **state)
{
    (void)state;
    for (const struct driver *const *driver = driver_table; *driver; driver++) {
        const struct option_table *table = (*driver)->instrument_options;
        for (const struct option *row = table ? table->options : NULL; row && row->name; row++) {
            const struct section *const ours[] = {&section_instrument, &section_line};
            for (size_t i = 0; i < 2; i++)
                for (const struct option *other = ours[i]->options; other->name; other++)
                    assert_string_not_equal(row->name, other->name);
        }
    }
}

static void the_reference_names_every_row(void **state)
{
    (void)state;
    char *text = NULL, wanted[80];
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    config_print_reference(file);
    fclose(file);
    for (size_t i = 0; config_sections[i]; i++) {
        snprintf(wanted, sizeof(wanted), "\n## %s\n", config_sections[i]->title);
        if (!strstr(text, wanted))
            fail_msg("no section %s", config_sections[i]->title);
        for (const struct option *row = config_sections[i]->options; row && row->name; row++) {
            snprintf(wanted, sizeof(wanted), "| `%s` | ", row->name);
            assert_non_null(strstr(text, wanted));
        }
        for (const struct part *part = config_sections[i]->parts; part && part->name; part++) {
            snprintf(wanted, sizeof(wanted), "| `%s` | ", part->name);
            assert_non_null(strstr(text, wanted));
        }
    }
    for (const struct driver *const *driver = driver_table; *driver; driver++) {
        snprintf(wanted, sizeof(wanted), "\n# Driver %s\n", (*driver)->name);
        assert_non_null(strstr(text, wanted));
    }
    assert_non_null(strstr(text, "- temperature: `K` `degC` `degF`\n"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_keeps_its_promise),
        cmocka_unit_test(keys_that_stand_together_differ),
        cmocka_unit_test(the_reference_names_every_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
