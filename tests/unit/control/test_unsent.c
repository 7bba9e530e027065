/* What people are to be told waits for the ledger in its order, up to a bound, and one more never costs a
 * copy of what waits. */
#include "gateway/control/unsent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define PIECE_AT_MOST 65536

static size_t largest;
static bool memory_is_out;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_realloc(void *memory, size_t size);

void *__wrap_malloc(size_t size)
{
    largest = size > largest ? size : largest;
    return memory_is_out ? NULL : __real_malloc(size);
}
void *__wrap_realloc(void *memory, size_t size)
{
    (void)memory, (void)size;
    fail_msg("what waits is copied");
    return NULL;
}

static bool put(struct unsent *unsent, uint64_t booking)
{
    return unsent_put(unsent, &(struct ledger_notice){.booking = booking});
}

static void assert_next(struct unsent *unsent, uint64_t booking)
{
    assert_non_null(unsent_next(unsent));
    assert_int_equal(unsent_next(unsent)->booking, booking);
    unsent_remove(unsent);
}

static void test_so_many_may_wait_and_no_more(void **state)
{
    (void)state;
    struct unsent unsent = {0};
    largest = 0;
    for (uint64_t i = 0; i < UNSENT_MOST; i++)
        assert_true(put(&unsent, i));
    assert_false(put(&unsent, UNSENT_MOST));
    assert_next(&unsent, 0);
    assert_true(put(&unsent, UNSENT_MOST));
    assert_false(put(&unsent, UNSENT_MOST + 1));
    for (uint64_t i = 1; i <= UNSENT_MOST; i++)
        assert_next(&unsent, i);
    assert_null(unsent_next(&unsent));
    assert_in_range(largest, 1, PIECE_AT_MOST);
    unsent_finish(&unsent);
}

/* However they come and go. */
static void test_they_go_in_the_order_in_which_they_came(void **state)
{
    (void)state;
    struct unsent unsent = {0};
    uint64_t put_in = 0, taken = 0;
    for (size_t turn = 0; turn < 400; turn++) {
        for (size_t i = 0; i < turn * 37 % 101; i++)
            assert_true(put(&unsent, put_in++));
        for (size_t i = 0; i < turn * 53 % 103 && taken < put_in; i++)
            assert_next(&unsent, taken++);
        assert_int_equal(unsent.count, put_in - taken);
    }
    unsent_finish(&unsent);
    assert_null(unsent_next(&unsent));
}

static void test_without_memory_what_waits_stays(void **state)
{
    (void)state;
    struct unsent unsent = {0};
    uint64_t count = 0;
    assert_true(put(&unsent, count++));
    memory_is_out = true;
    while (put(&unsent, count))
        count++;
    memory_is_out = false;
    assert_true(put(&unsent, count++));
    for (uint64_t i = 0; i < count; i++)
        assert_next(&unsent, i);
    unsent_finish(&unsent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_so_many_may_wait_and_no_more),
        cmocka_unit_test(test_they_go_in_the_order_in_which_they_came),
        cmocka_unit_test(test_without_memory_what_waits_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
