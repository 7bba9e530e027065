/* What a rig must remember survives a restart, also under a configuration that numbers its trips anew. */
#include "gateway/control/durable.h"

#include "gateway/ledger/ledger.h"

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
    const durable_reasons reasons = {
        {true, 7,                            "a hose"           },
        {true, UINT64_C(0x123456789abcdef0), "hands in the tank"}
    };
    struct rig_durable durable =
                           {
                               .lockouts = {UINT64_C(0x123456789abcdef0), 7},
                                 .lockout_count = 2
    },
                       read;
    durable.trips[0] = 1 << 0 | 1 << 2; /* overheat, guard */
    durable.faults[0] = 1 << 2;
    uint8_t bytes[256];
    durable_reasons kept;
    size_t length = durable_encode(&old, &durable, reasons, bytes, sizeof bytes);
    assert_true(length > 0);
    assert_true(durable_decode(&new, bytes, length, &read, kept));
    assert_string_equal(durable_reason(kept, durable.lockouts[0]), "hands in the tank");
    assert_string_equal(durable_reason(kept, 7), "a hose");
    assert_string_equal(durable_reason(kept, 0), "");
    assert_true(!read.stopped && !read.quarantined);
    assert_memory_equal(read.lockouts, durable.lockouts, sizeof read.lockouts);
    assert_int_equal(read.lockout_count, 2);
    assert_int_equal(read.trips[0], 1 << 2 | 1 << 0);
    assert_int_equal(read.faults[0], 1 << 0);
}

static void test_too_many_trips_latch_all(void **state)
{
    (void)state;
    struct rig_spec spec = {.trips = before, .trip_count = 3};
    struct rig_durable durable = {.trips = {7}}, read;
    uint8_t bytes[256];
    durable_reasons reasons = {0};
    size_t length = durable_encode(&spec, &durable, reasons, bytes, 3 + 1 + 5); /* room for one */
    assert_true(durable_decode(&spec, bytes, length, &read, reasons));
    assert_int_equal(read.trips[0], 7);
}

static void test_all_that_a_rig_can_remember_fits(void **state)
{
    (void)state;
    static struct rig_trip_spec trips[RIG_TRIPS_MAX];
    struct rig_spec spec = {.trips = trips, .trip_count = RIG_TRIPS_MAX};
    struct rig_durable durable = {.lockout_count = RIG_LOCKOUTS_MAX}, read;
    durable_reasons reasons = {0}, kept;
    memset(durable.trips, 0xff, sizeof durable.trips);
    for (size_t i = 0; i < RIG_TRIPS_MAX; i++)
        trips[i].name = "t";
    for (size_t i = 0; i < RIG_LOCKOUTS_MAX; i++) {
        durable.lockouts[i] = reasons[i].account = UINT64_MAX - i;
        reasons[i].used = true;
        memset(reasons[i].text, 'a' + (int)i, DURABLE_REASON_MAX - 1);
    }
    uint8_t bytes[LEDGER_RIG_STATE_MAX];
    size_t length = durable_encode(&spec, &durable, reasons, bytes, sizeof bytes);
    assert_true(durable_decode(&spec, bytes, length, &read, kept));
    assert_memory_equal(kept, reasons, sizeof kept);
    assert_memory_equal(&read, &durable, sizeof read);
    assert_int_equal(durable_encode(&spec, &durable, reasons, bytes, 1000), 0);
    assert_int_equal(durable_encode(&spec, &durable, reasons, bytes, 3), 0);
    bytes[2] = RIG_LOCKOUTS_MAX + 1;
    assert_false(durable_decode(&spec, bytes, length, &read, kept));
}

/* As gateways have written it that knew one lock-out: of account 0x0102, stopped, `overflow` latched by a
 * fault. */
static void test_the_version_before_is_read(void **state)
{
    (void)state;
    static const uint8_t before_hash[] = {0x6b, 0xa7, 0x5c, 0x99};
    struct rig_spec spec = {.trips = before, .trip_count = 3};
    uint8_t bytes[] = {2, 1 | 4, 2, 1, 0, 0, 0, 0, 0, 0, 4, 'h', 'o', 's', 'e', 1, 0, 0, 0, 0, 1};
    memcpy(bytes + 16, before_hash, 4);
    struct rig_durable read;
    durable_reasons kept;
    assert_true(durable_decode(&spec, bytes, sizeof bytes, &read, kept));
    assert_true(read.stopped && !read.quarantined && read.lockout_count == 1 && read.lockouts[0] == 0x0102);
    assert_string_equal(durable_reason(kept, 0x0102), "hose");
    assert_int_equal(read.trips[0], 1 << 1);
    assert_int_equal(read.faults[0], 1 << 1);
    bytes[1] = 2; /* its account and reason stand there also when nobody locks out */
    assert_true(durable_decode(&spec, bytes, sizeof bytes, &read, kept));
    assert_true(!read.stopped && read.quarantined && read.lockout_count == 0 && read.lockouts[0] == 0);
    assert_string_equal(durable_reason(kept, 0x0102), "");
    for (size_t cut = 0; cut < sizeof bytes; cut++) {
        assert_false(durable_decode(&spec, bytes, cut, &read, kept));
        assert_true(read.quarantined);
    }
}

static void test_damage_means_quarantine(void **state)
{
    (void)state;
    struct rig_spec spec = {.trips = before, .trip_count = 3};
    struct rig_durable durable = {.trips = {1}, .lockouts = {5}, .lockout_count = 1}, read;
    uint8_t bytes[256];
    durable_reasons reasons =
                        {
                            {true, 5, "why"}
    },
                    kept;
    size_t length = durable_encode(&spec, &durable, reasons, bytes, sizeof bytes);
    for (size_t cut = 0; cut < length; cut++) {
        assert_false(durable_decode(&spec, bytes, cut, &read, kept));
        assert_true(read.quarantined && read.lockout_count == 0);
    }
    bytes[0] = 9;
    assert_false(durable_decode(&spec, bytes, length, &read, kept));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trips_are_kept_by_name),
        cmocka_unit_test(test_too_many_trips_latch_all),
        cmocka_unit_test(test_all_that_a_rig_can_remember_fits),
        cmocka_unit_test(test_the_version_before_is_read),
        cmocka_unit_test(test_damage_means_quarantine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
