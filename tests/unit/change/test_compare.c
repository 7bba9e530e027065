/* A plan tells of every option of the timetable that differs: the table of options is walked. */
#include "gateway/change/change.h"

#include "gateway/config/section.h"
#include "gateway/config/timetable.h"
#include "tests/unit/config/fixture.h"

struct told {
    size_t count;
    char kind[40], part[40];
};

static void note(void *context, const struct change_row *row)
{
    struct told *told = context;
    told->count++;
    snprintf(told->kind, sizeof told->kind, "%s", row->kind);
    snprintf(told->part, sizeof told->part, "%s", row->part);
}

/* good/ with this much of an option of its timetable. */
static struct config *load(const struct option *option, double seconds)
{
    struct fixture fixture;
    char line[100];
    bool given = !strcmp(option->name, "half_life");
    snprintf(line, sizeof line, "%s  %s: %.0f s\n", given ? "" : "  half_life: 7 d\n", option->name, seconds);
    fixture_copy(&fixture);
    fixture_change(&fixture, "lab.yaml", "  half_life: 7 d\n", line);
    struct config *config = config_load(fixture.directory, NULL, NULL, 0);
    fixture_remove(&fixture);
    assert_non_null(config);
    if (!config_lab(config))
        fail_msg("%s: %s", option->name, fixture_errors(&fixture, config));
    return config;
}

static void every_option_of_the_timetable_is_compared(void **state)
{
    (void)state;
    for (const struct option *option = section_timetable.options; option->name; option++) {
        struct told told = {0};
        assert_int_equal(option->type, OPTION_DURATION);
        struct config *before = load(option, option->minimum), *after = load(option, option->maximum);
        assert_true(change_compare(config_lab(before), config_lab(after), note, &told));
        if (told.count != 1 || strcmp(told.kind, "timetable") != 0 || strcmp(told.part, option->name) != 0)
            fail_msg("timetable: %s changes, and %zu changes are told", option->name, told.count);
        config_destroy(before);
        config_destroy(after);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_option_of_the_timetable_is_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
