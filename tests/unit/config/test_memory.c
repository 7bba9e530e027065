/* Memory that runs out anywhere ends in NULL, with nothing left behind (leaks show under the address
 * sanitizer). */
#include "tests/unit/config/fixture.h"

#include "gateway/config/loader.h"

static void exhaustion_anywhere_ends_in_null(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_copy(&fixture);
    size_t refused = 0;
    struct config *config = NULL;
    for (size_t limit = 0; !config; limit += 4096) {
        assert_true(limit < CONFIG_MEMORY_MAX);
        config = config_load_within(limit, fixture.directory, NULL, NULL, 0);
        refused += !config;
    }
    assert_true(refused > 10);
    assert_non_null(config_lab(config));
    config_destroy(config);
    config_destroy(NULL);
    fixture_remove(&fixture);
}

static void a_large_laboratory_takes_little(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_copy(&fixture);
    for (int i = 0; i < 200; i++) {
        char name[40], text[400];
        snprintf(name, sizeof(name), "rigs/r%d.yaml", i);
        snprintf(text, sizeof(text),
                 "instruments: {a: {profile: test/tank, link: \"tcp://10.0.0.1:%d\"}}\nsafe: [set: all, "
                 "verify: all]\n",
                 1000 + i);
        fixture_write(&fixture, name, text, strlen(text));
    }
    struct config *config = config_load_within(8 * 1024 * 1024, fixture.directory, NULL, NULL, 0);
    assert_non_null(config);
    assert_non_null(config_lab(config));
    assert_int_equal(config_lab(config)->rig_count, 202);
    config_destroy(config);
    fixture_remove(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exhaustion_anywhere_ends_in_null),
        cmocka_unit_test(a_large_laboratory_takes_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
