/* Fair shares. */
#include "gateway/booking/share.h"

#include "gateway/booking/civil.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <math.h>

#define HOUR       3600.0
#define NEAR(a, b) assert_true(fabs((a) - (b)) <= 1e-9 * fabs(b))
#define NOW        (1000 * CIVIL_DAY)

static void the_example_of_the_document(void **state)
{
    (void)state;
    int64_t half_life = 7 * CIVIL_DAY;
    struct share a = {.weight = 1}, b = {.weight = 3}, everybody = {.weight = 1};
    const struct share *const in_a[] = {&a, &everybody, &everybody};
    const struct share *const in_b[] = {&b, &everybody, &everybody};
    share_charge(&a, half_life, NOW - 14 * CIVIL_DAY, 8 * HOUR);
    share_charge(&b, half_life, NOW - 7 * CIVIL_DAY, 9 * HOUR);
    NEAR(share_usage(&a, half_life, NOW), 2 * HOUR);
    NEAR(share_usage(&b, half_life, NOW), 4.5 * HOUR);
    struct share_rank rank_a = share_rank(in_a, half_life, NOW, 0, 1, 1);
    struct share_rank rank_b = share_rank(in_b, half_life, NOW, 0, 2, 2);
    assert_true(share_compare(&rank_b, &rank_a) < 0);
    share_charge(&b, half_life, NOW, 2 * HOUR);
    rank_b = share_rank(in_b, half_life, NOW, 0, 2, 2);
    assert_true(share_compare(&rank_a, &rank_b) < 0);
}

/* One number for all that was used is the sum over every use. */
static void usage_is_the_decayed_sum(void **state)
{
    (void)state;
    int64_t half_life = 3 * CIVIL_DAY;
    struct share share = {.weight = 1};
    double sum = 0;
    for (int64_t day = 0; day < 100; day++) {
        double used = (double)(day * 7 % 11) * HOUR;
        share_charge(&share, half_life, NOW + day * CIVIL_DAY, used);
        sum += used * exp2(-(double)(100 - day) / 3);
    }
    NEAR(share_usage(&share, half_life, NOW + 100 * CIVIL_DAY), sum);
    NEAR(share_usage(&share, 0, NOW + 100 * CIVIL_DAY), share.usage);
}

static void nothing_is_given_by_a_clock_set_back_or_a_refund_too_many(void **state)
{
    (void)state;
    struct share share = {.weight = 1};
    share_charge(&share, CIVIL_DAY, NOW, HOUR);
    NEAR(share_usage(&share, CIVIL_DAY, NOW - 50 * CIVIL_DAY), HOUR);
    share_charge(&share, CIVIL_DAY, NOW - 50 * CIVIL_DAY, HOUR);
    NEAR(share_usage(&share, CIVIL_DAY, NOW), 2 * HOUR);
    share_charge(&share, CIVIL_DAY, NOW, -3 * HOUR);
    assert_true(share.usage == 0);
}

static void each_level_counts_only_when_those_above_are_equal(void **state)
{
    (void)state;
    /* In the order in which they are served. */
    static const struct share_rank ranks[] = {
        {.priority = 5, .level = {9, 9, 9}, .asked = 9, .id = 9},
        {.priority = 0, .level = {1, 9, 9}, .asked = 9, .id = 8},
        {.priority = 0, .level = {2, 1, 9}, .asked = 9, .id = 7},
        {.priority = 0, .level = {2, 2, 1}, .asked = 9, .id = 6},
        {.priority = 0, .level = {2, 2, 2}, .asked = 1, .id = 5},
        {.priority = 0, .level = {2, 2, 2}, .asked = 2, .id = 3},
        {.priority = 0, .level = {2, 2, 2}, .asked = 2, .id = 4},
    };
    size_t count = sizeof ranks / sizeof *ranks;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++) {
            int order = share_compare(&ranks[i], &ranks[j]);
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_the_document),
        cmocka_unit_test(usage_is_the_decayed_sum),
        cmocka_unit_test(nothing_is_given_by_a_clock_set_back_or_a_refund_too_many),
        cmocka_unit_test(each_level_counts_only_when_those_above_are_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
