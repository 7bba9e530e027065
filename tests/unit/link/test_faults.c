/* Promise S14 on a real line: with replies late, lost, cut, dribbled, damaged, of other units and functions,
 * no wrong value is taken, and nearly all of the polls are made. */
#include "tests/unit/link/faulty_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void print(const char *name, const struct faulty_run *run)
{
    print_message(
        "%s: %zu of %zu samples, %zu wrong (worst %.3f s), %llu faults, polls %llu, timeouts %llu, garbled "
        "%llu, losses %zu, missed %llu, back after %.2f s, held %.2f s, busy %.2f s\n",
        name, run->taken, run->expected, run->wrong, run->worst, (unsigned long long)run->struck,
        (unsigned long long)(run->after.polls - run->before.polls),
        (unsigned long long)(run->after.all.timeouts - run->before.all.timeouts),
        (unsigned long long)(run->after.all.garbled - run->before.all.garbled), run->losses,
        (unsigned long long)(run->after.missed_polls - run->before.missed_polls),
        (double)run->back / LAB_SECOND, (double)(run->after.held - run->before.held) / LAB_SECOND,
        (double)(run->after.busy - run->before.busy) / LAB_SECOND);
}

/* The rates that are asserted leave room for a loaded machine; the benchmark has the real bounds. */
static void no_wrong_value_is_taken(void **state)
{
    struct faulty_run run = {
        .tanks = 4, .period = 100 * LAB_MS, .lasts = 6 * LAB_SECOND, .fault = "any 400ms rate 8"};
    (void)state;
    faulty_go(&run);
    print("8 %", &run);
    assert_true(run.struck > 10);
    assert_int_equal(run.wrong, 0);
    assert_true(run.taken >= run.expected / 5);
    assert_true(run.back >= 0);
}

static void late_replies_are_not_taken_for_newer_ones(void **state)
{
    struct faulty_run run = {
        .tanks = 2, .period = 50 * LAB_MS, .lasts = 6 * LAB_SECOND, .fault = "late 333ms rate 15"};
    (void)state;
    faulty_go(&run);
    print("late", &run);
    assert_true(run.struck > 10);
    assert_int_equal(run.wrong, 0);
    assert_true(run.back >= 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_wrong_value_is_taken),
        cmocka_unit_test(late_replies_are_not_taken_for_newer_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
