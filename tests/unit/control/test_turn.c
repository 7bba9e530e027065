/* The loop's longest turn, of the last minutes. */
#include "gateway/control/turn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MS     INT64_C(1000000)
#define MINUTE (60000 * MS)

static void only_what_is_between_two_looks_counts(void **state)
{
    (void)state;
    struct turn turn = {0};
    int64_t now = 7 * MINUTE;
    turn_look(&turn, now);
    turn_look(&turn, now += 3 * MS); /* in the middle of long work */
    turn_rest(&turn, now += 2 * MS);
    turn_look(&turn, now += 500 * MS); /* it slept */
    turn_rest(&turn, now += MS);
    assert_int_equal(turn_longest(&turn, now), 3 * MS);
}

static void a_long_one_is_shown_for_a_minute_at_least_and_two_at_most(void **state)
{
    (void)state;
    struct turn turn = {0};
    int64_t now = 7 * MINUTE;
    turn_look(&turn, now);
    turn_rest(&turn, now + 40 * MS);
    assert_int_equal(turn_longest(&turn, now + MINUTE + 41 * MS),
                     40 * MS); /* also when nothing happened since */
    assert_int_equal(turn_longest(&turn, now + 2 * MINUTE), 0);
    turn_look(&turn, now + MINUTE);
    turn_rest(&turn, now + MINUTE + 5 * MS);
    assert_int_equal(turn_longest(&turn, now + 2 * MINUTE - 1), 40 * MS);
    assert_int_equal(turn_longest(&turn, now + 2 * MINUTE), 5 * MS);
    turn_look(&turn, now + 9 * MINUTE);
    turn_rest(&turn, now + 9 * MINUTE + MS);
    assert_int_equal(turn_longest(&turn, now + 9 * MINUTE + MS), MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_between_two_looks_counts),
        cmocka_unit_test(a_long_one_is_shown_for_a_minute_at_least_and_two_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
