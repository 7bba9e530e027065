/* Every value has a published name of its own, and what is none has one too. */
#include "tests/unit/rig/bench.h"

typedef const char *name_of(int value);

static const char *refusal(int value)
{
    return rig_refusal_name((enum rig_refusal)value);
}

static const char *refusal_text(int value)
{
    return rig_refusal_text((enum rig_refusal)value);
}

static const char *quality(int value)
{
    return rig_quality_name((enum rig_quality)value);
}

static const char *condition(int value)
{
    return rig_condition_name((enum rig_condition)value);
}

static const char *record(int value)
{
    return rig_record_name((enum rig_record_kind)value);
}

static const char *edge(int value)
{
    return rig_edge_name((enum rig_edge)value);
}

static void check(name_of *name, int count, const char *unknown)
{
    for (int i = 0; i < count; i++) {
        assert_non_null(name(i));
        assert_string_not_equal(name(i), unknown);
        for (int other = 0; other < i; other++)
            assert_string_not_equal(name(i), name(other));
    }
    assert_string_equal(name(count), unknown);
    assert_string_equal(name(-1), unknown);
}

static void test_names(void **state)
{
    (void)state;
    check(refusal, RIG_STUDENTS_SESSION + 1, "unknown");
    check(refusal_text, RIG_STUDENTS_SESSION + 1, "unknown refusal");
    check(quality, RIG_GOOD + 1, "unknown");
    check(condition, RIG_QUARANTINED + 1, "unknown");
    check(record, RIG_RECORD_TAKE + 1, "unknown");
    check(edge, RIG_EDGE_RETRY + 1, "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
