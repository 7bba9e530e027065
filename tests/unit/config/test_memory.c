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
    for (size_t limit = 0; !config; limit += 8 * 1024) {
        assert_true(limit < CONFIG_MEMORY_MAX);
        config = config_load_within(limit, fixture.directory, NULL, NULL, 0);
        refused += !config;
    }
    assert_true(refused > 100); /* a file's buffer alone is 1 MiB */
    assert_non_null(config_lab(config));
    config_destroy(config);
    config_destroy(NULL);
    fixture_remove(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(exhaustion_anywhere_ends_in_null)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
