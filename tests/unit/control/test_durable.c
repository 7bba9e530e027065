/* What a rig must remember survives a restart, also under a configuration that numbers its trips anew. */
#include "gateway/control/durable.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct rig_trip_spec before[] = {{.name = "overheat"}, {.name = "overflow"}, {.name = "guard"}};
static const struct rig_trip_spec after[] = {{.name = "guard"}, {.name = "new"}, {.name = "overheat"}};

static void test_trips_are_kept_by_name(void **state)
{
    (void)state;
    struct rig_spec old = {.trips = before, .trip_count = 3}, new = {.trips = after, .trip_count = 3};
    struct rig_durable durable = {.locked_out = true, .lockout_account = UINT64_C(0x123456789abcdef0)}, read;
    durable.trips[0] = 1 << 0 | 1 << 2; /* overheat, guard */
    durable.faults[0] = 1 << 2;
    uint8_t bytes[256];
    char reason[DURABLE_REASON_MAX];
    size_t length = durable_encode(&old, &durable, "hands in the tank", bytes, sizeof bytes);
    assert_true(length > 0);
    assert_true(durable_decode(&new, bytes, length, &read, reason));
    assert_string_equal(reason, "hands in the tank");
    assert_true(read.locked_out && !read.stopped && !read.quarantined);
    assert_true(read.lockout_account == durable.lockout_account);
    assert_int_equal(read.trips[0], 1 << 2 | 1 << 0);
    assert_int_equal(read.faults[0], 1 << 0);
}

static void test_too_many_trips_latch_all(void **state)
{
    (void)state;
    struct rig_spec spec = {.trips = before, .trip_count = 3};
    struct rig_durable durable = {.trips = {7}}, read;
    uint8_t bytes[256];
    char reason[DURABLE_REASON_MAX];
    size_t length = durable_encode(&spec, &durable, "", bytes, 11 + 1 + 5); /* room for one */
    assert_true(durable_decode(&spec, bytes, length, &read, reason));
    assert_int_equal(read.trips[0], 7);
}

static void test_damage_means_quarantine(void **state)
{
    (void)state;
    struct rig_spec spec = {.trips = before, .trip_count = 3};
    struct rig_durable durable = {.trips = {1}}, read;
    uint8_t bytes[256];
    char reason[DURABLE_REASON_MAX];
    size_t length = durable_encode(&spec, &durable, "why", bytes, sizeof bytes);
    for (size_t cut = 0; cut < length; cut++) {
        assert_false(durable_decode(&spec, bytes, cut, &read, reason));
        assert_true(read.quarantined);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trips_are_kept_by_name),
        cmocka_unit_test(test_too_many_trips_latch_all),
        cmocka_unit_test(test_damage_means_quarantine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
